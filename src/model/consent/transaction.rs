//! İYS's `transactionId`: proof that a movement is recorded there.

use xxhash_rust::xxh3::xxh3_128;

/// An opaque id, at most 64 characters: hex digits in practice, sometimes a UUID. Two movements of the
/// same second may share one, so it is no key (F§1.6).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransactionId(Box<str>);

/// The text cannot be an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a transactionId is 1 to 64 letters, digits, '-' and '_', and not a number that could be a phone")]
pub struct InvalidTransactionId;

impl TransactionId {
    /// Reads an id.
    ///
    /// # Errors
    /// Other letters, over 64 of them, or digits alone as a phone number has: an address in the wrong
    /// column must not reach the disk.
    pub fn parse(text: &str) -> Result<Self, InvalidTransactionId> {
        let text = text.trim();
        if !(1..=64).contains(&text.len()) {
            return Err(InvalidTransactionId);
        }
        // One pass without a branch a letter: this is the longest field of every row.
        let (mut kinds, mut digits) = (0, 0_usize);
        for letter in text.bytes() {
            let kind = KINDS[usize::from(letter)];
            kinds |= kind;
            digits += usize::from(kind == DIGIT);
        }
        let could_be_a_phone = kinds & LETTER == 0 && (7..=17).contains(&digits);
        if kinds & OTHER != 0 || could_be_a_phone {
            return Err(InvalidTransactionId);
        }
        Ok(Self(text.into()))
    }

    /// The id as İYS wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A short stand-in for comparing and storing: 128 bits of xxh3. Not a proof, only an order.
    #[must_use]
    pub fn hash(&self) -> u128 {
        Self::hash_text(self.0.as_bytes())
    }

    /// [`TransactionId::hash`] of an id's text; 0 for the empty text, which stands for no id.
    #[must_use]
    pub fn hash_text(text: &[u8]) -> u128 {
        if text.is_empty() { 0 } else { xxh3_128(text) }
    }
}

const DIGIT: u8 = 1;
const LETTER: u8 = 2;
const MARK: u8 = 4;
const OTHER: u8 = 8;

/// What each byte is in an id.
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'-' | b'_' => MARK,
            _ => OTHER,
        };
        byte += 1;
    }
    kinds
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_opaque_but_never_an_address() {
        for text in ["ff", "632cc0", "0f8fad5b-d9cb-469f-a165-70867728950e", &"9".repeat(64), &"a".repeat(64)] {
            assert_eq!(TransactionId::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "+905321234567", "905321234567", "532-123-4567", "a@b.cc", "a b", &"a".repeat(65)] {
            assert_eq!(TransactionId::parse(text), Err(InvalidTransactionId), "{text}");
        }
    }
}
