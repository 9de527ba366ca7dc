//! The keys under which a relation is kept and found.

use crate::model::brand::{BrandCode, RetailerCode};
use xxhash_rust::xxh3::xxh3_128;

/// What stands in for an address everywhere inside: 128 bits that only the holder of the secret can
/// make. Still personal data, since that holder can try every phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym(pub [u8; 16]);

impl Pseudonym {
    /// Keeps the place of what is no address among the recipients of a batch, in memory and in its evidence. Whether an
    /// address was read is said by the answer (`INVALID_RECIPIENT`), never by this.
    pub const NOBODY: Self = Self([0; 16]);
}

/// (recipient, brand, retailer): the unit of the index and the store. With retailer 0 it holds the
/// consent of every cell; with another retailer that one's access to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationKey {
    /// The recipient.
    pub pseudonym: Pseudonym,
    /// The sender.
    pub brand: BrandCode,
    /// Who sends under the brand's consent.
    pub retailer: RetailerCode,
}

/// The place of a relation in the index: xxh3-128 of its key's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RelationHash(pub u128);

/// The bytes do not hold a relation key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a relation key is 24 bytes with a brand in it")]
pub struct InvalidKey;

impl RelationKey {
    /// Length of a key in bytes.
    pub const LENGTH: usize = 24;

    /// A brand's own consent relation.
    #[must_use]
    pub const fn of_brand(pseudonym: Pseudonym, brand: BrandCode) -> Self {
        Self { pseudonym, brand, retailer: RetailerCode::BRAND }
    }

    /// Whether it holds consents; else it holds a retailer's access to them.
    #[must_use]
    pub fn is_of_brand(&self) -> bool {
        self.retailer == RetailerCode::BRAND
    }

    /// pseudonym ‖ brand (big-endian) ‖ retailer (big-endian): one recipient's relations lie together.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..16].copy_from_slice(&self.pseudonym.0);
        bytes[16..20].copy_from_slice(&self.brand.get().to_be_bytes());
        bytes[20..].copy_from_slice(&self.retailer.get().to_be_bytes());
        bytes
    }

    /// The key of stored bytes.
    ///
    /// # Errors
    /// Not 24 bytes, or no brand in them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidKey> {
        let (pseudonym, rest) = bytes.split_first_chunk::<16>().ok_or(InvalidKey)?;
        let (brand, rest) = rest.split_first_chunk::<4>().ok_or(InvalidKey)?;
        let retailer: [u8; 4] = rest.try_into().map_err(|_| InvalidKey)?;
        let brand = BrandCode::new(u32::from_be_bytes(*brand)).ok_or(InvalidKey)?;
        Ok(Self { pseudonym: Pseudonym(*pseudonym), brand, retailer: RetailerCode::new(u32::from_be_bytes(retailer)) })
    }

    /// The place in the index.
    #[must_use]
    pub fn hash(&self) -> RelationHash {
        RelationHash(xxh3_128(&self.to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_pinned() {
        let key = RelationKey {
            pseudonym: Pseudonym(*b"0123456789abcdef"),
            brand: BrandCode::new(601_234).unwrap(),
            retailer: RetailerCode::new(7),
        };
        assert_eq!(key.to_bytes(), *b"0123456789abcdef\x00\x09\x2c\x92\x00\x00\x00\x07");
        assert_eq!(RelationKey::from_bytes(&key.to_bytes()), Ok(key));
        assert_eq!(key.hash(), RelationHash(xxh3_128(&key.to_bytes())));
    }

    #[test]
    fn short_long_and_empty_keys_are_errors() {
        for bytes in [&[][..], &[0; 23], &[1; 25], &[0; 24]] {
            assert_eq!(RelationKey::from_bytes(bytes), Err(InvalidKey));
        }
    }
}
