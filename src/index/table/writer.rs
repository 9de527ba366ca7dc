//! The one writer of a table.

use super::collisions::Place;
use super::log::Log;
use super::region::LINE_BYTES;
use super::slot::{ASK, Header, PATH, Path, is_passed, slot, state_of, tag_of, with_passed, with_state};
use super::{Table, grow};
use crate::index::sync::{AtomicU64, Ordering};
use crate::model::consent::key::RelationHash;
use crate::model::consent::state::State;

/// The writers' side: exists once for a table.
#[derive(Debug)]
pub(in crate::index) struct TableWriter {
    /// Slots taken, by shard.
    pub(super) used: Vec<u32>,
    pub(super) log: Log,
    /// Slots taken, by line of the shard that is being moved.
    pub(super) filled: Vec<u8>,
    /// Shards that the sweep is behind.
    pub(super) debt: f64,
    /// Lines that may be backed by memory.
    pub(super) most_lines: u64,
    /// Whether the system did not take memory back when it was last asked to.
    pub(super) is_release_failing: bool,
}

/// The table has no room under its memory limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the index is full: {relations} relations need more than its limit of {limit} bytes; raise index.memory_bytes or the memory of the machine"
)]
pub struct Full {
    /// How many relations there would be.
    pub relations: u64,
    /// Bytes that the index may take.
    pub limit: u64,
}

/// Where a tag stands or would stand.
pub(super) enum Spot<'a> {
    /// In this slot, which holds this.
    Taken(&'a AtomicU64, u64),
    /// It is on no line of its path.
    Nowhere,
}

impl TableWriter {
    /// The writer of a table that may take `bytes` of memory.
    pub(in crate::index) fn new(table: &Table, bytes: u64) -> Self {
        Self {
            used: vec![0; table.shards],
            log: Log::new(&table.region),
            filled: Vec::new(),
            debt: 0.0,
            most_lines: bytes / LINE_BYTES as u64,
            is_release_failing: false,
        }
    }

    /// Sets the state of a relation, whether it is there or not. Nothing is changed if there is no room.
    pub(in crate::index) fn set(&mut self, table: &Table, hash: RelationHash, state: State) -> Result<(), Full> {
        let place = table.place(hash);
        if let Spot::Taken(slot, value) = spot(table, place) {
            let before = if state_of(value) == ASK {
                table.collisions.set(place, hash, state)
            } else {
                slot.store(with_state(value, state), Ordering::Relaxed);
                state_of(value)
            };
            turned(table, before, state);
            return Ok(());
        }
        if state == State::EMPTY {
            return Ok(());
        }
        self.add(table, place, state)
    }

    /// Puts in a relation that was not on record before. If another one stands in its place, both are
    /// told apart from now on.
    pub(in crate::index) fn insert(&mut self, table: &Table, hash: RelationHash, state: State) -> Result<(), Full> {
        if !collides(table, hash) {
            return self.set(table, hash, state);
        }
        if state == State::EMPTY {
            // What is not there is answered so anyway; the place is another's.
            return Ok(());
        }
        let place = table.place(hash);
        if let Spot::Taken(slot, value) = spot(table, place) {
            let before = table.collisions.add(place, state_of(value), hash, state);
            slot.store(with_state(value, ASK), Ordering::Relaxed);
            turned(table, before, state);
        }
        Ok(())
    }

    /// Whether `more` relations have room.
    pub(in crate::index) fn room_for(&self, table: &Table, more: u64) -> Result<(), Full> {
        let shards = table.shards as u64;
        let after = table.relations() + more;
        // As full as a shard is when it is moved, a line of rounding each, what growth needs, and what cannot be given back.
        let stuck = if self.is_release_failing { self.log.retired() } else { 0 };
        let needed = grow::lines_for(after) as u64 + shards.min(after) + self.log.page_lines() * 4 + stuck;
        if needed <= self.most_lines { Ok(()) } else { Err(self.full(after)) }
    }

    pub(super) const fn full(&self, relations: u64) -> Full {
        Full { relations, limit: self.most_lines * LINE_BYTES as u64 }
    }

    pub(super) fn add(&mut self, table: &Table, (shard, tag): Place, state: State) -> Result<(), Full> {
        let header = table.header(shard);
        if header == table.nothing || grow::is_crowded(header.lines, self.used[shard] + 1) {
            self.grow(table, shard, grow::lines_for(u64::from(self.used[shard]) + 1))?;
        }
        // A path without room is rare, and in a larger shard it leads elsewhere.
        while put(table, table.header(shard), slot(tag, state)).is_none() {
            let larger = table.header(shard).lines + 1;
            self.grow(table, shard, larger.max(grow::lines_for(u64::from(self.used[shard]) + 1)))?;
        }
        self.used[shard] += 1;
        turned(table, State::EMPTY, state);
        self.keep_pace(table);
        Ok(())
    }
}

/// Whether the place of a relation that is not on record is another's.
fn collides(table: &Table, hash: RelationHash) -> bool {
    match spot(table, table.place(hash)) {
        Spot::Taken(_, value) => state_of(value) != State::EMPTY,
        Spot::Nowhere => false,
    }
}

/// Looks for a tag as a reader does.
pub(super) fn spot(table: &Table, (shard, tag): Place) -> Spot<'_> {
    let mut path = Path::of(tag, table.header(shard));
    for _ in 0..PATH {
        let line = &table.region.lines()[path.line()].0;
        for slot in line {
            let value = slot.load(Ordering::Relaxed);
            if tag_of(value) == tag {
                return Spot::Taken(slot, value);
            }
        }
        if !is_passed(line[tag.passed_at()].load(Ordering::Relaxed)) {
            return Spot::Nowhere;
        }
        path = path.next();
    }
    Spot::Nowhere
}

/// Puts a slot into the first line of its path that has room, and tells the full ones before it that
/// something passed. Returns the line; none if the whole path is full.
pub(super) fn put(table: &Table, header: Header, value: u64) -> Option<usize> {
    let tag = tag_of(value);
    let mut path = Path::of(tag, header);
    for _ in 0..PATH {
        let line = &table.region.lines()[path.line()].0;
        if let Some(free) = line.iter().find(|slot| slot.load(Ordering::Relaxed) == 0) {
            free.store(value, Ordering::Relaxed);
            return Some(path.line());
        }
        let passed = &line[tag.passed_at()];
        passed.store(with_passed(passed.load(Ordering::Relaxed)), Ordering::Relaxed);
        path = path.next();
    }
    None
}

/// Keeps the number of relations that have a state, when one turns into another.
fn turned(table: &Table, before: State, after: State) {
    recount(table, u64::from(before != State::EMPTY), u64::from(after != State::EMPTY));
}

/// Keeps the number of relations that have a state. Plain stores: there is one writer.
pub(super) fn recount(table: &Table, less: u64, more: u64) {
    let relations = table.relations.load(Ordering::Relaxed);
    table.relations.store(relations + more - less, Ordering::Relaxed);
}
