//! Ids of decisions: ordered by time, unique across nodes, counted on inside a batch.

use crate::model::time::IysTime;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// 128 bits: Unix seconds (32) ‖ node (32) ‖ number (64). Result i of a batch has the batch's id + i.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecisionId(u128);

/// Gives ids out.
pub struct DecisionIds {
    node: u32,
    next: AtomicU64,
}

impl DecisionIds {
    /// Ids of `node`, counted on from `start`: a fresh process takes the nanoseconds of its clock, so
    /// that a restart within one second does not give an id twice.
    #[must_use]
    pub const fn new(node: u32, start: u64) -> Self {
        Self { node, next: AtomicU64::new(start) }
    }

    /// The first of `count` ids in a row.
    #[must_use]
    pub fn take(&self, now: IysTime, count: u64) -> DecisionId {
        let number = self.next.fetch_add(count, Ordering::Relaxed);
        DecisionId::of(now.unix(), self.node, number)
    }

    /// The number that the next decision gets.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// The node whose they are.
    #[must_use]
    pub const fn node(&self) -> u32 {
        self.node
    }
}

impl DecisionId {
    /// The id of its three parts: Unix seconds, node, number.
    #[must_use]
    pub const fn of(asked: u32, node: u32, number: u64) -> Self {
        Self((asked as u128) << 96 | (node as u128) << 64 | number as u128)
    }

    /// The id of 32 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        if digits { u128::from_str_radix(text, 16).ok().map(Self) } else { None }
    }

    /// All 128 bits.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0
    }

    /// When it was asked.
    #[must_use]
    pub const fn asked(self) -> IysTime {
        IysTime::from_unix((self.0 >> 96) as u32)
    }

    /// Which node answered.
    #[must_use]
    pub const fn node(self) -> u32 {
        (self.0 >> 64) as u32
    }

    /// Its number on that node.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0 as u64
    }

    /// The id of result `place` of a batch that begins with this one.
    #[must_use]
    pub const fn plus(self, place: u64) -> Self {
        Self(self.0.wrapping_add(place as u128))
    }

    /// The 32 digits of an answer. By a table: the formatting machinery takes longer than the decision.
    fn digits(self) -> [u8; 32] {
        let mut digits = [0; 32];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0.to_be_bytes()) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xF)]];
        }
        digits
    }
}

const DIGITS: [u8; 16] = *b"0123456789abcdef";

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_pinned_and_counted_on() {
        let ids = DecisionIds::new(0xABCD, 5);
        let now = IysTime::from_unix(0x6543_2100);
        assert_eq!(ids.take(now, 100).to_string(), "654321000000abcd0000000000000005");
        assert_eq!(ids.take(now, 1).to_string(), "654321000000abcd0000000000000069");
        assert_eq!(ids.take(now, 3).plus(2).plus(1), ids.take(now, 1), "three on from the first is the next");
        assert_eq!(DecisionId(u128::MAX).to_string(), "f".repeat(32));
        assert_eq!(DecisionId(0x0123_4567_89AB_CDEF).to_string(), "00000000000000000123456789abcdef");
        assert!(ids.take(now, 1) < ids.take(now.plus(1), 1));
    }
}
