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
        let letters = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let could_be_a_phone = digits >= 7 && !text.bytes().any(|b| b.is_ascii_alphabetic());
        if !letters || (could_be_a_phone && digits <= 17) {
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
        xxh3_128(self.0.as_bytes())
    }
}

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
