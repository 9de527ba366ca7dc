//! The table of relations: hash to packed state in 8 bytes a slot, read without waiting.
//!
//! 2^17 shards by the leading bits of the hash; a shard is a run of lines of eight slots in one
//! [`region`]; a relation stands in the first line of its [`slot::Path`] that had room. Readers load a
//! shard's header and then its lines; nothing that they can hold on to is changed but slot by slot. There
//! is one writer: [`writer`] sets slots, [`grow`] moves shards, [`log`] knows whose lines are whose,
//! [`epoch`] when old ones can be used again. [`collisions`] keeps what 72 bits cannot tell apart.
//!
//! What a reader sees: a slot is filled by one atomic store, and from then on only its state and its
//! `passed` bit change. Every full line that a relation passed on its path has the bit that the relation's
//! tag asks for, so a line without it ends the search. A shard is moved by filling new lines and then
//! publishing its new header; a reader with the old one still finds every relation that was there when it
//! loaded it. It loads headers after the revision, so it sees every batch up to that.

mod batch;
mod collisions;
mod epoch;
mod grow;
mod log;
mod region;
mod slot;
mod transfer;
mod writer;

pub(super) use slot::SHARD_BITS;
pub use writer::Full;
pub(super) use writer::TableWriter;

use super::sync::{AtomicU64, Ordering};
use crate::model::consent::key::RelationHash;
use crate::model::consent::state::State;
use collisions::{Collisions, Place};
use epoch::Epochs;
use region::{LINE_BYTES, Line, Region};
use slot::{ASK, Header, PATH, Path, SAME, SLOTS, Tag, difference, is_passed, shard_of, state_of};
use std::io;

/// The readers' side.
#[derive(Debug)]
pub(super) struct Table {
    region: Region,
    /// One a shard, eight a line: in a region of their own, so that they too lie on huge pages.
    headers: Region,
    shards: usize,
    /// Of shards without relations.
    nothing: Header,
    /// 64 less the shards as a power of two.
    shift: u32,
    epochs: Epochs,
    collisions: Collisions,
    /// Relations with a state.
    relations: AtomicU64,
    /// Lines backed by memory, and those of them that wait to be given back.
    resident: AtomicU64,
    retired: AtomicU64,
    /// Shards that were written anew.
    moved: AtomicU64,
}

/// Lines that hold so many bytes.
pub(super) const fn lines_of(bytes: u64) -> usize {
    (bytes / LINE_BYTES as u64) as usize
}

impl Table {
    /// A table of 2^`shard_bits` shards in a region of at least `lines` lines.
    pub(super) fn new(shard_bits: u32, lines: usize) -> io::Result<Self> {
        let shards = 1_usize << shard_bits;
        let (region, headers) = (Region::reserve(lines)?, Region::reserve(shards.div_ceil(SLOTS))?);
        // A shard without relations has a line that is always empty, so that readers need no other case.
        let nothing = Header { offset: region.lines().len() - 1, lines: 1 };
        let table = Self {
            region,
            headers,
            shards,
            nothing,
            shift: 64 - shard_bits,
            epochs: Epochs::new(),
            collisions: Collisions::default(),
            relations: AtomicU64::new(0),
            resident: AtomicU64::new(0),
            retired: AtomicU64::new(0),
            moved: AtomicU64::new(0),
        };
        (0..shards).for_each(|shard| table.publish(shard, nothing));
        Ok(table)
    }

    /// The state of a relation; empty if there is none.
    pub(super) fn get(&self, hash: RelationHash) -> State {
        let tag = Tag::of(hash);
        let pin = self.epochs.pin();
        let state = self.find(Path::of(tag, self.header(self.shard(hash))), tag);
        drop(pin);
        if state == ASK { self.collisions.get(self.place(hash), hash) } else { state }
    }

    /// How many relations have a state.
    pub(super) fn relations(&self) -> u64 {
        self.relations.load(Ordering::Relaxed)
    }

    /// Bytes in use, and those of them that wait for readers to let go.
    pub(super) fn memory(&self) -> (u64, u64) {
        let headers = (self.shards * size_of::<u64>()) as u64;
        let bytes = |lines: &AtomicU64| lines.load(Ordering::Relaxed) * LINE_BYTES as u64;
        (bytes(&self.resident) + headers, bytes(&self.retired))
    }

    /// Shards that were written anew as the table grew.
    pub(super) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// The slots of some lines.
    fn slots(&self, header: Header) -> impl Iterator<Item = u64> + Clone {
        let lines = &self.region.lines()[header.offset..][..header.lines];
        lines.iter().flat_map(|line| &line.0).map(|slot| slot.load(Ordering::Relaxed))
    }

    #[inline]
    const fn shard(&self, hash: RelationHash) -> usize {
        shard_of(hash, self.shift)
    }

    fn place(&self, hash: RelationHash) -> Place {
        (self.shard(hash), Tag::of(hash))
    }

    /// Acquire: with a header come the lines that it leads to.
    #[inline]
    fn header(&self, shard: usize) -> Header {
        Header::unpack(self.headers.slots()[shard].load(Ordering::Acquire))
    }

    /// Release: see [`Table::header`]. For the writer.
    fn publish(&self, shard: usize, header: Header) {
        self.headers.slots()[shard].store(header.pack(), Ordering::Release);
    }

    /// The state of a tag along a path; empty if it is not there.
    fn find(&self, mut path: Path, tag: Tag) -> State {
        for _ in 0..PATH {
            let seen = look(&self.region.lines()[path.line()], tag);
            if seen.found || !seen.passed {
                return seen.state;
            }
            path = path.next();
        }
        State::EMPTY
    }
}

/// What one line says of a tag.
struct Seen {
    /// Empty if it is not here.
    state: State,
    found: bool,
    /// Relations went on from here, and it may be one of them.
    passed: bool,
}

/// Looks for a tag in one line. Every slot is looked at: cheaper than a branch that is guessed wrong.
#[inline]
fn look(line: &Line, tag: Tag) -> Seen {
    // Relaxed: a slot stands for itself, and what it must reflect came with the revision.
    let of = |slot: usize| difference(line.0[slot].load(Ordering::Relaxed), tag);
    let pair = |slot: usize| of(slot).min(of(slot + 1));
    let least = pair(0).min(pair(2)).min(pair(4).min(pair(6)));
    let found = least < SAME;
    let passed = is_passed(line.0[tag.passed_at()].load(Ordering::Relaxed));
    Seen { state: State::from_byte(state_of(least).byte() & u8::from(found).wrapping_neg()), found, passed }
}

#[cfg(test)]
#[cfg(izingate_loom)]
mod loom_tests;
#[cfg(test)]
#[cfg(not(izingate_loom))]
mod tests;
