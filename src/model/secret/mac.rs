//! Message authentication codes under keys that are derived from the secret: keyed BLAKE3.
//!
//! Who can write a file and does not hold the secret cannot make a code that fits what was written. Each use has a key of
//! its own, so that a code of one is of no use for another.

use crate::model::secret::pseudonym::{Secret, derive_key};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The key of one use.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct MacKey([u8; 32]);

/// A message authentication code. A prefix of it is one, too.
pub type Mac = [u8; 32];

impl MacKey {
    /// The key of the evidence: of the check behind each frame, and of the pages of an index.
    #[must_use]
    pub fn of_evidence(secret: &Secret) -> Self {
        Self(derive_key("izingate 2026 evidence", secret))
    }

    /// The key of snapshots of the index.
    #[must_use]
    pub fn of_snapshots(secret: &Secret) -> Self {
        Self(derive_key("izingate 2026 index snapshot", secret))
    }

    /// A key of 32 bytes, for tests.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The code of pieces in a row. All but one of them have a length that their use fixes, so that no two messages are one.
    #[must_use]
    pub fn mac(&self, pieces: &[&[u8]]) -> Mac {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for piece in pieces {
            hasher.update(piece);
        }
        *hasher.finalize().as_bytes()
    }

    /// A key for one object of this key's use, such as a file: codes of another object do not fit it.
    #[must_use]
    pub fn for_object(&self, object: &[u8]) -> Self {
        Self(self.mac(&[b"object", object]))
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::hex::to_hex;

    #[test]
    fn codes_are_pinned() {
        let secret = Secret::from_bytes([7; 32]);
        let code = |key: &MacKey| to_hex(&key.mac(&[b"one", b"two"])[..8]);
        let evidence = MacKey::of_evidence(&secret);
        let codes = [code(&evidence), code(&MacKey::of_snapshots(&secret)), code(&evidence.for_object(b"file"))];
        assert_eq!(codes, ["d14d2f0194a81604", "b68a8806c86d9640", "310ed177d7b1e24a"]);
    }

    #[test]
    fn pieces_are_one_message() {
        let key = MacKey::from_bytes([1; 32]);
        assert_eq!(key.mac(&[b"ab", b"c"]), key.mac(&[b"abc"]));
        assert_ne!(key.mac(&[b"abc"]), MacKey::from_bytes([2; 32]).mac(&[b"abc"]));
        assert_eq!(format!("{key:?}"), "MacKey(…)");
    }
}
