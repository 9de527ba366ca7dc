//! Which addresses came before, in bounded memory.
//!
//! A phone of Türkiye is one of nine billion numbers, so a bit for each says it exactly: pages of a million numbers
//! are made as they come, all mobile numbers take 125 MB and every number there is 1.1 GB, however many rows there are.
//! Everything else is remembered by 128 bits of its hash, up to [`MOST_OTHERS`]; what comes beyond is said to be
//! unknown.

use super::block::Block;
use super::layout::Kind;
use super::output::Before;
use crate::model::address::recipient::Email;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_128;

/// Numbers of a page.
const PAGE: u64 = 1_000_000;
/// The first phone of Türkiye, and how many there can be.
const FIRST: u64 = 901_000_000_000;
const COUNT: u64 = 9_000_000_000;
/// Addresses that are no phone of Türkiye: in a table of 142 MB.
pub const MOST_OTHERS: usize = 7_000_000;

/// A number that is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

/// The addresses of a list so far.
pub struct Seen {
    pages: Vec<Option<Box<[u64]>>>,
    others: HashSet<u128, BuildHasherDefault<AsItIs>>,
    most_others: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self::with_most_others(MOST_OTHERS)
    }
}

impl Seen {
    fn with_most_others(most_others: usize) -> Self {
        Self { pages: vec![None; (COUNT / PAGE) as usize], others: HashSet::default(), most_others }
    }

    /// Whether an address of each row came before, phones if those are asked about; an address that is none never did.
    pub fn note(&mut self, block: &Block) -> Vec<Before> {
        let phones = block.columns(Kind::Phone);
        (0..block.rows())
            .map(|row| {
                if phones.is_empty() {
                    return block.columns(Kind::Email).map(|column| self.email(&block.cell(column, row))).fold(Before::No, or);
                }
                let is_new = |column: &usize| (0..*column).all(|before| block.phone(before, row) != block.phone(*column, row));
                phones.clone().filter(is_new).map(|column| self.phone(block.phone(column, row))).fold(Before::No, or)
            })
            .collect()
    }

    fn phone(&mut self, phone: u64) -> Before {
        if phone == 0 {
            return Before::No;
        }
        let Some(number) = phone.checked_sub(FIRST).filter(|number| *number < COUNT) else {
            return self.other(xxh3_128(&phone.to_le_bytes()));
        };
        let page = self.pages[(number / PAGE) as usize].get_or_insert_with(|| vec![0; (PAGE / 64) as usize].into());
        let (word, bit) = (&mut page[(number % PAGE / 64) as usize], 1_u64 << (number % PAGE % 64));
        let before = *word & bit != 0;
        *word |= bit;
        if before { Before::Yes } else { Before::No }
    }

    fn email(&mut self, email: &str) -> Before {
        Email::parse(email).map_or(Before::No, |email| self.other(xxh3_128(email.as_bytes())))
    }

    fn other(&mut self, hash: u128) -> Before {
        if self.others.contains(&hash) {
            return Before::Yes;
        }
        if self.others.len() >= self.most_others {
            return Before::Unknown;
        }
        self.others.insert(hash);
        Before::No
    }
}

/// Of two addresses of a row: that one came before outweighs that nothing is known of the other.
const fn or(one: Before, other: Before) -> Before {
    match (one, other) {
        (Before::Yes, _) | (_, Before::Yes) => Before::Yes,
        (Before::Unknown, _) | (_, Before::Unknown) => Before::Unknown,
        (Before::No, Before::No) => Before::No,
    }
}

#[cfg(test)]
mod tests {
    use super::Before::{No, Unknown, Yes};
    use super::*;

    #[test]
    fn an_address_is_known_when_it_comes_again() {
        let mut seen = Seen::with_most_others(2);
        let phones = [905_321_234_567, 905_321_234_568, 905_321_234_567, 0, 0, 4_915_112_345_678, 4_915_112_345_678];
        let told: Vec<Before> = phones.iter().map(|phone| seen.phone(*phone)).collect();
        assert_eq!(told, [No, No, Yes, No, No, No, Yes]);
        assert_eq!(seen.phone(901_000_000_000), No);
        assert_eq!(seen.phone(909_999_999_999), No);
        assert_eq!([seen.email("A@b.cc "), seen.email("a@B.cc."), seen.email("c@b.cc"), seen.email("")], [No, Yes, Unknown, No]);
    }
}
