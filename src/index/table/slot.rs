//! What a slot holds and where it stands: pure arithmetic on a relation's hash.
//!
//! ```text
//! hash, 128 bits:  tag 55 ‖ 9 ‖ shard 17 ‖ 47; the rest is looked at by the exact side table alone
//! slot,  64 bits:  tag 55 ‖ passed 1 ‖ state 8
//! ```
//! Shard and tag together are the 72 bits by which a relation is known: among 10⁹ relations a stranger
//! is taken for one of them with a probability of 2·10⁻¹³. Tag 0 is stored as 1, so that a slot without
//! a tag is empty.
//!
//! The eight `passed` bits of a line tell, by the last three bits of a tag, whether any relation found the
//! line full and went on. Seven in eight searches that would go on in vain so end at the first line.

use crate::model::consent::key::RelationHash;
use crate::model::consent::state::State;

/// Slots in a line: one cache line.
pub(super) const SLOTS: usize = 8;

/// The state that no relation has: ask the exact side table.
pub(super) const ASK: State = State::from_byte(0xFF);

/// Shards, as a power of two.
pub(in crate::index) const SHARD_BITS: u32 = 17;

/// The least tag in its place; what is less than that is `passed` bit and state.
const TAG: u64 = 1 << 9;
const PASSED: u64 = 1 << 8;

/// The tag of a relation in its place in a slot, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Tag(u64);

impl Tag {
    #[inline]
    pub(super) fn of(hash: RelationHash) -> Self {
        Self(((hash.0 >> 64) as u64 & !(TAG - 1)).max(TAG))
    }

    /// In which slot of a line its `passed` bit is.
    #[inline]
    pub(super) const fn passed_at(self) -> usize {
        (self.0 / TAG) as usize % SLOTS
    }
}

/// The shard of a relation where there are 2^(64 − `shift`).
#[inline]
pub(super) const fn shard_of(hash: RelationHash, shift: u32) -> usize {
    (hash.0 as u64).wrapping_shr(shift) as usize
}

/// A slot's value.
#[inline]
pub(super) const fn slot(tag: Tag, state: State) -> u64 {
    tag.0 | state.byte() as u64
}

/// The slot with another state.
pub(super) const fn with_state(slot: u64, state: State) -> u64 {
    slot & !0xFF | state.byte() as u64
}

/// The slot with its `passed` bit set.
pub(super) const fn with_passed(slot: u64) -> u64 {
    slot | PASSED
}

/// Whether the `passed` bit of a slot is set.
#[inline]
pub(super) const fn is_passed(slot: u64) -> bool {
    slot & PASSED != 0
}

/// The tag of a slot that is not empty.
pub(super) const fn tag_of(slot: u64) -> Tag {
    Tag(slot & !(TAG - 1))
}

/// How a slot differs from that of a tag: by less than [`SAME`] if it is the tag's.
#[inline]
pub(super) const fn difference(slot: u64, tag: Tag) -> u64 {
    slot ^ tag.0
}

/// See [`difference`].
pub(super) const SAME: u64 = TAG;

/// The state of a slot, or of a difference that is the same.
#[inline]
pub(super) const fn state_of(slot: u64) -> State {
    State::from_byte(slot as u8)
}

/// Where a shard's lines are in the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) offset: usize,
    pub(super) lines: usize,
}

/// Bits of [`Header::lines`] in a word: 2^24 lines are a gigabyte, for one shard of 131,072.
const LINES_BITS: u32 = 24;

impl Header {
    #[inline]
    pub(super) const fn unpack(word: u64) -> Self {
        Self { offset: (word >> LINES_BITS) as usize, lines: (word & ((1 << LINES_BITS) - 1)) as usize }
    }

    pub(super) const fn pack(self) -> u64 {
        (self.offset as u64) << LINES_BITS | self.lines as u64
    }
}

/// The lines of a shard in which a tag is looked for: the first in proportion to the tag, so that any
/// number of lines will do and a shard stands nearly in the order of its tags; those after it anywhere,
/// so that full lines do not pile up beside each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    at: u64,
    header: Header,
}

/// Lines that a path has at most; a relation that finds no room in them makes its shard grow.
pub(super) const PATH: usize = 32;

impl Path {
    #[inline]
    pub(super) const fn of(tag: Tag, header: Header) -> Self {
        Self { at: tag.0, header }
    }

    /// The line to look in, by its number in the region.
    #[inline]
    pub(super) const fn line(self) -> usize {
        let within = (self.at as u128 * self.header.lines as u128) >> 64;
        self.header.offset.wrapping_add(within as usize)
    }

    /// The path from the next line on.
    #[inline]
    pub(super) const fn next(self) -> Self {
        // An odd multiplier with its bits well spread: each tag goes a way of its own.
        Self { at: self.at.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.at >> 29, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What a relation is known by.
    fn place(hash: u128) -> (usize, Tag) {
        (shard_of(RelationHash(hash), 64 - SHARD_BITS), Tag::of(RelationHash(hash)))
    }

    #[test]
    fn seventy_two_bits_tell_relations_apart() {
        let hash = u128::MAX;
        let identity = (0..128).filter(|bit| place(hash ^ 1 << bit) != place(hash));
        assert_eq!(identity.collect::<Vec<_>>(), (47..64).chain(73..128).collect::<Vec<_>>());
        assert_eq!(place(hash).0, (1 << SHARD_BITS) - 1);
    }

    #[test]
    fn an_empty_slot_is_nobody() {
        assert_eq!(place(0), (0, Tag(TAG)));
        assert!(difference(0, Tag::of(RelationHash(0))) >= SAME);
    }

    #[test]
    fn the_parts_of_a_slot_do_not_touch_each_other() {
        let (tag, state) = (Tag::of(RelationHash(u128::MAX)), State::from_byte(0xAA));
        let plain = slot(tag, state);
        let passed = with_passed(plain);
        assert_eq!((is_passed(plain), is_passed(passed)), (false, true));
        let changed = with_state(passed, State::from_byte(0x55));
        assert_eq!((tag_of(changed), is_passed(changed), state_of(changed)), (tag, true, State::from_byte(0x55)));
        let difference = difference(changed, tag);
        assert_eq!((difference < SAME, state_of(difference)), (true, State::from_byte(0x55)));
    }

    #[test]
    fn a_header_is_one_word() {
        for header in [Header { offset: 0, lines: 0 }, Header { offset: 1 << 39, lines: (1 << LINES_BITS) - 1 }] {
            assert_eq!(Header::unpack(header.pack()), header);
        }
    }

    #[test]
    fn first_lines_cover_a_shard_in_order() {
        let first = |tag| Path::of(Tag(tag), Header { offset: 100, lines: 50 }).line();
        assert_eq!([first(TAG), first(u64::MAX / 2), first(u64::MAX)], [100, 124, 149]);
    }

    #[test]
    fn paths_of_neighbours_part_and_reach_every_line() {
        let path = |tag| {
            let first = Path::of(Tag(tag), Header { offset: 3, lines: 13 });
            std::iter::successors(Some(first), |path| Some(path.next())).map(Path::line)
        };
        let (one, other): (Vec<_>, Vec<_>) = (path(7 * TAG).take(8).collect(), path(8 * TAG).take(8).collect());
        assert_eq!(one[0], other[0]);
        assert_ne!(one[1..], other[1..]);
        assert_eq!(path(7 * TAG).take(200).collect::<BTreeSet<_>>(), (3..16).collect());
    }
}
