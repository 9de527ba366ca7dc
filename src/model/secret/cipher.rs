//! Addresses that have to be read again: sealed with AES-256-GCM-SIV under a key of their own.
//!
//! A pseudonym is all that is kept of an address, save of a closed line whose closure İYS is still to be told
//! (11/9): that one must be named. Every sealed phone has the same length, and a nonce of its own, so that
//! neither its country nor a repetition shows.

use crate::model::address::recipient::Phone;
use crate::model::secret::pseudonym::{Secret, derive_key};
use aes_gcm_siv::aead::Aead;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit};

/// Seals and unseals.
#[derive(Clone)]
pub struct Sealer(Aes256GcmSiv);

/// A phone that only the holder of the secret can read: nonce ‖ number as u64 BE, encrypted ‖ tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedPhone([u8; SealedPhone::LENGTH]);

/// Why nothing was sealed or unsealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    NoRandom(String),
    /// It was sealed under another secret, or changed since.
    #[error("it was not sealed under this secret, or it is damaged")]
    Unreadable,
}

const NONCE: usize = 12;

impl SealedPhone {
    /// Length in bytes.
    pub const LENGTH: usize = NONCE + 8 + 16;

    /// A sealed phone of stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// As it is stored.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; Self::LENGTH] {
        self.0
    }
}

impl Sealer {
    /// Derives the key.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(Aes256GcmSiv::new(&derive_key("izingate 2026 sealed address", secret).into()))
    }

    /// Seals a phone under a random nonce.
    ///
    /// # Errors
    /// [`SealError::NoRandom`].
    pub fn seal(&self, phone: Phone) -> Result<SealedPhone, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| SealError::NoRandom(error.to_string()))?;
        self.seal_with(phone, nonce)
    }

    fn seal_with(&self, phone: Phone, nonce: [u8; NONCE]) -> Result<SealedPhone, SealError> {
        let sealed = self.0.encrypt(&nonce.into(), &phone.packed().to_be_bytes()[..]);
        // Eight bytes are never too many for the cipher.
        let sealed = sealed.map_err(|_| SealError::Unreadable)?;
        let mut bytes = [0; SealedPhone::LENGTH];
        let (head, rest) = bytes.split_at_mut(NONCE);
        head.copy_from_slice(&nonce);
        rest.copy_from_slice(&sealed);
        Ok(SealedPhone(bytes))
    }

    /// Reads a sealed phone.
    ///
    /// # Errors
    /// [`SealError::Unreadable`].
    pub fn unseal(&self, sealed: &SealedPhone) -> Result<Phone, SealError> {
        let (nonce, sealed) = sealed.0.split_first_chunk::<NONCE>().ok_or(SealError::Unreadable)?;
        let opened = self.0.decrypt(&(*nonce).into(), sealed).map_err(|_| SealError::Unreadable)?;
        let packed: [u8; 8] = opened.try_into().map_err(|_| SealError::Unreadable)?;
        Phone::from_packed(u64::from_be_bytes(packed)).ok_or(SealError::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::hex::to_hex;

    fn sealer(first: u8) -> Sealer {
        let mut bytes = [7; 32];
        bytes[0] = first;
        Sealer::new(&Secret::from_bytes(bytes))
    }

    fn phone() -> Phone {
        Phone::parse("+905321234567").unwrap()
    }

    #[test]
    fn bytes_are_pinned() {
        let sealed = sealer(7).seal_with(phone(), *b"twelve bytes").unwrap();
        let expected = "7477656c7665206279746573aa30a593fd218b2aef40ccf3a7cfde007ab5e962737b37d2";
        assert_eq!(to_hex(&sealed.to_bytes()), expected);
        assert_eq!(sealer(7).unseal(&SealedPhone::from_bytes(sealed.to_bytes())), Ok(phone()));
    }

    #[test]
    fn no_two_look_alike_and_the_number_is_not_in_them() {
        let (one, other) = (sealer(7).seal(phone()).unwrap(), sealer(7).seal(phone()).unwrap());
        assert_ne!(one, other);
        for sealed in [one, other] {
            assert_eq!(sealer(7).unseal(&sealed), Ok(phone()));
            let number = phone().packed().to_be_bytes();
            assert!(!sealed.to_bytes().windows(5).any(|window| window == &number[3..]));
        }
    }

    #[test]
    fn another_secret_and_every_changed_bit_are_errors() {
        let sealed = sealer(7).seal(phone()).unwrap();
        assert_eq!(sealer(8).unseal(&sealed), Err(SealError::Unreadable));
        for bit in 0..SealedPhone::LENGTH * 8 {
            let mut bytes = sealed.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(sealer(7).unseal(&SealedPhone::from_bytes(bytes)), Err(SealError::Unreadable), "bit {bit}");
        }
    }
}
