//! Growth: shards are written anew, a little larger, one at a time and never while a reader waits.
//!
//! Uniform hashes fill all shards in step, so they are moved in turn: for every [`STEP`] by which the
//! table grows the sweep goes round once, oldest shard first, and leaves each [`FRESH`] full. A shard
//! that fills up out of turn is moved at once. Memory therefore stays within a few per cent of what the
//! slots need, at every size and at every moment.

use super::Table;
use super::log::Piece;
use super::region::LINE_BYTES;
use super::slot::{Header, Path, SLOTS, slot, state_of, tag_of};
use super::writer::{Full, TableWriter, put};
use crate::index::sync::{Ordering, yield_now};
use crate::model::consent::state::State;

/// How full a shard is after it was moved. Just before, it is fuller by [`STEP`].
const FRESH: (usize, usize) = (4, 5);
/// By how much the table grows while the sweep goes round once.
const STEP: f64 = 0.07;
/// A shard of which more than nineteen in twenty slots are taken is moved out of turn.
const CROWDED: (usize, usize) = (19, 20);
/// Below this many relations a shard on average, sizes are too uneven for a sweep to pay: shards are
/// moved when they are crowded.
const SWEPT: u64 = 32;
/// The sweep also goes on while more than one line in this many is a hole.
const HOLES: u64 = 32;
/// Shards moved for one insertion at most, so that each is quick.
const MOVES: usize = 4;
/// Bytes that may wait for readers to let go; beyond it the writer waits for them.
const RETIRED: u64 = 64 << 20;
/// Times that the writer yields to readers before it goes on without them: seconds, where a reader is pinned for microseconds. What waits
/// for a reader that does not run counts as memory in use.
const YIELDS: u32 = 1 << 22;

impl TableWriter {
    /// Moves a shard to the head, into so many lines or more.
    pub(super) fn grow(&mut self, table: &Table, shard: usize, lines: usize) -> Result<(), Full> {
        let old = table.header(shard);
        let slots = table.slots(old).filter(|slot| state_of(*slot) != State::EMPTY);
        self.settle(table, shard, lines, &slots)?;
        if old != table.nothing {
            self.log.leave(old.lines);
            table.moved.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Writes slots into new lines at the head, so many or more, and then publishes them as the shard.
    pub(super) fn settle(
        &mut self,
        table: &Table,
        shard: usize,
        mut lines: usize,
        slots: &(impl Iterator<Item = u64> + Clone),
    ) -> Result<(), Full> {
        loop {
            let piece = self.take(table, shard, lines)?;
            let new = Header { offset: piece.offset, lines };
            if let Some(used) = self.fill(table, new, slots.clone()) {
                table.publish(shard, new);
                self.used[shard] = used;
                return Ok(());
            }
            // Some path was full, which is rare: what was begun is a hole now.
            self.log.leave(lines);
            lines += 1;
        }
    }

    /// After an insertion: moves the shards whose turn has come.
    pub(super) fn keep_pace(&mut self, table: &Table) {
        let (relations, shards) = (table.relations(), table.shards as f64);
        if relations >= SWEPT * table.shards as u64 {
            self.debt += shards / (STEP * relations as f64);
        }
        for _ in 0..MOVES {
            let holes = self.log.holes() > self.log.live() / HOLES + self.log.page_lines() / 2;
            if self.debt < 1.0 && !holes {
                break;
            }
            self.debt = (self.debt - 1.0).max(0.0);
            if self.sweep(table).is_err() {
                // No room to move: shards fill up, and the insertion that finds no slot says so.
                break;
            }
        }
    }

    /// Moves the oldest shard to the head and the tail past it.
    pub(super) fn sweep(&mut self, table: &Table) -> Result<(), Full> {
        let Some(oldest) = self.log.oldest() else { return Ok(()) };
        if let Some(shard) = owner(table, oldest) {
            self.grow(table, shard, lines_for(self.used[shard].into()))?;
        }
        self.log.pass();
        if self.log.retire(table.epochs.now()) {
            self.give_back(table);
        }
        self.publish_memory(table);
        Ok(())
    }

    /// Room at the head, if need be after readers have let go of what is retired. There is none if they do not, or if the system does
    /// not take memory back.
    fn take(&mut self, table: &Table, shard: usize, lines: usize) -> Result<Piece, Full> {
        for _ in 0..YIELDS {
            let fits = self.log.resident_with(lines as u64) <= self.most_lines;
            if let Some(piece) = fits.then(|| self.log.take(shard as u32, lines)).flatten() {
                self.publish_memory(table);
                return Ok(piece);
            }
            if !self.log.has_retired() || !self.release(table) {
                break;
            }
            yield_now();
        }
        Err(self.full(table.relations() + 1))
    }

    /// Puts slots into new lines, which are empty. They come nearly in the order of tags, so lines are
    /// filled nearly from first to last. None if a path is full.
    fn fill(&mut self, table: &Table, new: Header, slots: impl Iterator<Item = u64>) -> Option<u32> {
        let lines = &table.region.lines()[new.offset..][..new.lines];
        self.filled.clear();
        self.filled.resize(new.lines, 0);
        let mut moved = 0;
        for value in slots {
            let tag = tag_of(value);
            let value = slot(tag, state_of(value));
            let first = Path::of(tag, new).line() - new.offset;
            let filled = &mut self.filled[first];
            if usize::from(*filled) < SLOTS {
                lines[first].0[usize::from(*filled)].store(value, Ordering::Relaxed);
                *filled += 1;
            } else {
                let line = put(table, new, value)?;
                self.filled[line - new.offset] += 1;
            }
            moved += 1;
        }
        Some(moved)
    }

    /// Gives back what readers have let go of; waits for them if that is more than [`RETIRED`].
    pub(super) fn give_back(&mut self, table: &Table) {
        for _ in 0..YIELDS {
            if !self.release(table) || self.log.retired() * LINE_BYTES as u64 <= RETIRED {
                return;
            }
            yield_now();
        }
    }

    /// Gives back what readers have let go of. Says whether the system took it; that it does not is logged once.
    fn release(&mut self, table: &Table) -> bool {
        let (pinned, before) = (table.epochs.advance(), self.log.retired());
        let released = self.log.release(&table.region, pinned);
        self.publish_memory(table);
        match released {
            Err(error) if !std::mem::replace(&mut self.is_release_failing, true) => {
                tracing::error!(%error, "memory of the index cannot be given back: it counts as in use until it can");
            }
            // Where readers hold everything, nothing was tried.
            Ok(()) if self.log.retired() < before && std::mem::take(&mut self.is_release_failing) => {
                tracing::info!("memory of the index is given back again");
            }
            Ok(()) | Err(_) => {}
        }
        !self.is_release_failing
    }

    pub(super) fn publish_memory(&self, table: &Table) {
        table.resident.store(self.log.resident(), Ordering::Relaxed);
        table.retired.store(self.log.retired(), Ordering::Relaxed);
    }
}

/// The shard that lives in a piece; none if it has moved.
fn owner(table: &Table, piece: Piece) -> Option<usize> {
    let shard = piece.shard? as usize;
    let here = Header { offset: piece.offset, lines: piece.lines };
    (table.header(shard) == here).then_some(shard)
}

/// Whether a shard is to be moved before it holds so many relations.
pub(super) const fn is_crowded(lines: usize, used: u32) -> bool {
    used as usize * CROWDED.1 > lines * SLOTS * CROWDED.0
}

/// Lines for a shard of so many relations.
pub(super) fn lines_for(used: u64) -> usize {
    (used as usize * FRESH.1).div_ceil(SLOTS * FRESH.0).max(1)
}
