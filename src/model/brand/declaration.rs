//! What a sender declared: that its messages of a purpose are exempt (6/5, 11/8).

use crate::model::brand::{BrandCode, one_line};
use crate::model::text::hex::{from_hex, to_hex};
use crate::model::time::{IysTime, Moment};
use std::fmt;

/// An exemption that a sender may declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exemption {
    /// 6(1): about goods or services already taken.
    Article61 = 1,
    /// 6(2): running subscriptions, collection, delivery and the like.
    Article62 = 2,
    /// 6(4): capital-market intermediaries informing their clients.
    Article64 = 4,
}

/// SHA-256 of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DocumentHash(pub [u8; 32]);

/// What is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Of which sender.
    pub brand: BrandCode,
    /// Which of its messages are exempt.
    pub exemption: Exemption,
    /// Who declared it, for people, at most [`Declared::LONGEST_NAME`] bytes.
    pub by: String,
    /// When.
    pub at: IysTime,
    /// The document.
    pub document: DocumentHash,
    /// Not valid from then on; none for no end.
    pub valid_until: Option<IysTime>,
}

/// A declaration on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Its number, greater than those before it. It is in evidence and given to no other, ever.
    pub id: u64,
    /// What is declared.
    pub declared: Declared,
    /// When it was revoked; it stays on file.
    pub revoked: Option<IysTime>,
}

impl Exemption {
    /// Every exemption, in the order of its number.
    pub const ALL: [Self; 3] = [Self::Article61, Self::Article62, Self::Article64];

    /// The exemption of a stored number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|exemption| *exemption as u8 == code)
    }
}

impl Declared {
    /// How many a brand may have on file: a check looks through them.
    pub const MOST_OF_A_BRAND: usize = 1_000;
    /// The longest name of who declared, in bytes.
    pub const LONGEST_NAME: usize = 200;

    /// Reads who declared: one line, not empty; white space around it is dropped.
    #[must_use]
    pub fn name(text: &str) -> Option<String> {
        one_line(text, Self::LONGEST_NAME)
    }
}

impl Declaration {
    /// Whether it stands behind a message at a moment.
    #[must_use]
    pub fn is_valid(&self, at: Moment) -> bool {
        let ended = |end: Option<IysTime>| end.is_some_and(|end| end <= at.latest);
        self.declared.at <= at.now && !ended(self.declared.valid_until) && !ended(self.revoked)
    }
}

impl DocumentHash {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        from_hex(&text.to_ascii_lowercase())?.try_into().ok().map(Self)
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: IysTime = IysTime::from_unix(1_800_000_000);

    fn declaration(valid_until: Option<IysTime>, revoked: Option<IysTime>) -> Declaration {
        let declared = Declared {
            brand: BrandCode::new(7).unwrap(),
            exemption: Exemption::Article62,
            by: "Ayşe Yılmaz".to_owned(),
            at: AT,
            document: DocumentHash([7; 32]),
            valid_until,
        };
        Declaration { id: 1, declared, revoked }
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_valid_again() {
        let set_back = Moment { now: AT.plus(1), latest: AT.plus(10) };
        for (valid_until, revoked) in [(Some(AT.plus(9)), None), (None, Some(AT.plus(9)))] {
            assert!(!declaration(valid_until, revoked).is_valid(set_back));
        }
        assert!(declaration(None, None).is_valid(set_back));
        assert!(!declaration(None, None).is_valid(Moment { now: AT.minus(1), latest: AT.plus(10) }), "it has not begun");
    }

    #[test]
    fn it_is_valid_from_when_it_was_made_until_it_ends() {
        let at =
            |declaration: &Declaration| [0, 1, 9, 10, 11].map(|after| declaration.is_valid(Moment::of(AT.minus(1).plus(after))));
        assert_eq!(at(&declaration(None, None)), [false, true, true, true, true]);
        for ended in [declaration(Some(AT.plus(9)), None), declaration(None, Some(AT.plus(9)))] {
            assert_eq!(at(&ended), [false, true, true, false, false], "not valid from its end on");
        }
        assert_eq!(at(&declaration(Some(AT.plus(9)), Some(AT.plus(8)))), [false, true, false, false, false]);
    }

    #[test]
    fn a_hash_is_64_digits() {
        let text = "00ff".repeat(16);
        assert_eq!(DocumentHash::parse(&text.to_uppercase()).map(|hash| hash.to_string()), Some(text.clone()));
        for text in ["", &text[1..], &text[2..], &format!("{text}00"), &"g".repeat(64)] {
            assert_eq!(DocumentHash::parse(text), None, "{text}");
        }
    }
}
