//! The erasure of a recipient (KVKK): why, and what is on file of it for good.

use super::key::Pseudonym;
use crate::model::brand::BrandCode;
use crate::model::time::IysTime;

/// Why records that 13/2 still has kept are erased all the same: an operator's words, for the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(Box<str>);

/// The text cannot be a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reason is 1 to 500 characters on one line, with no address in it: no '@', no seven digits in a row")]
pub struct InvalidReason;

/// What keeps an erased recipient out: movements of `erased` or before are ignored, whenever they come. Of
/// several the latest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Who was erased.
    pub recipient: Pseudonym,
    /// For which brand; none for every one.
    pub brand: Option<BrandCode>,
    /// Up to which moment.
    pub erased: IysTime,
    /// Whether a [`Reason`] was given.
    pub reasoned: bool,
    /// The revision of our commit of it.
    pub revision: u64,
    /// The time of our commit of it.
    pub known_since: IysTime,
}

impl Reason {
    /// Characters at most.
    const LONGEST: usize = 500;

    /// Reads a reason; white space around it is dropped.
    ///
    /// # Errors
    /// It is empty, too long, of several lines, or holds what may be an address: no address may reach the disk.
    pub fn parse(text: &str) -> Result<Self, InvalidReason> {
        let text = text.trim();
        let long_number = text.as_bytes().windows(7).any(|run| run.iter().all(u8::is_ascii_digit));
        let length = text.chars().count();
        let sound = (1..=Self::LONGEST).contains(&length) && !text.chars().any(char::is_control);
        if sound && !long_number && !text.contains('@') { Ok(Self(text.into())) } else { Err(InvalidReason) }
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_words_and_no_address() {
        assert_eq!(Reason::parse(" KVKK 11/1-e, başvuru 2026/114 ").unwrap().as_str(), "KVKK 11/1-e, başvuru 2026/114");
        assert!(Reason::parse("2026-11-20 09:00:00").is_ok());
        for text in ["", " ", "a\nb", "ayse@ornek.com.tr", "0532 1234567", &"a".repeat(501)] {
            assert_eq!(Reason::parse(text), Err(InvalidReason), "{text:?}");
        }
    }
}
