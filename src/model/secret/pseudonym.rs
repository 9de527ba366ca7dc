//! The secret and the pseudonyms made under it.
//!
//! A phone is a number that fits one cipher block, so its pseudonym is that block under AES-128: a
//! permutation, without any collision, and cheap in groups. An e-mail takes SipHash-2-4 with 128 bits
//! of output. Each has a key of its own, derived from the secret by BLAKE3, so that neither tells
//! anything about the other. The passwords under which İYS pushes come from the same secret.

use crate::model::address::recipient::{Email, Phone, Recipient};
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::model::consent::key::Pseudonym;
use crate::model::text::hex::{from_hex, to_hex};
use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 256 bits from which every key is derived. Whoever holds it can turn a phone's pseudonym back.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

/// The text is not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is 64 hexadecimal digits")]
pub struct InvalidSecret;

/// Which secret made a pseudonym; stored beside whatever holds pseudonyms, so that a later secret can
/// be told from this one.
pub const KEY_ID: u8 = 1;

/// Turns addresses into pseudonyms.
#[derive(Clone)]
pub struct Pseudonymizer {
    phones: Aes128,
    emails: SipHasher24,
    check: [u8; 16],
    push: PushKeys,
}

/// Makes the password under which İYS pushes one channel of one brand: nothing has to be stored, and whoever
/// knows one password knows no other.
#[derive(Clone)]
pub struct PushKeys([u8; 32]);

/// Blocks that the cipher is given at a time.
const BLOCKS: usize = 32;

/// The first byte of a phone's block: no other use of the cipher may share its inputs.
const PHONE_DOMAIN: u8 = 1;

impl Secret {
    /// Reads 64 hexadecimal digits; white space around them is dropped.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let bytes = from_hex(&text.trim().to_ascii_lowercase()).ok_or(InvalidSecret)?;
        let bytes = bytes.try_into().map_err(|_| InvalidSecret)?;
        Ok(Self(bytes))
    }

    /// A secret of random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 64 digits that [`Secret::parse`] reads.
    #[must_use]
    pub fn to_hex(&self) -> String {
        to_hex(&self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Pseudonymizer {
    /// Derives the keys.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let phone_key = derive("izingate 2026 phone pseudonym", secret);
        let email_key = derive("izingate 2026 e-mail pseudonym", secret);
        Self {
            phones: Aes128::new(&Array(phone_key)),
            emails: SipHasher24::new_with_key(&email_key),
            check: derive("izingate 2026 key check", secret),
            push: PushKeys::new(secret),
        }
    }

    /// The passwords of pushes under the same secret.
    #[must_use]
    pub const fn push_keys(&self) -> &PushKeys {
        &self.push
    }

    /// A value that tells this secret from another without telling the secret.
    #[must_use]
    pub const fn key_check(&self) -> [u8; 16] {
        self.check
    }

    /// The pseudonym of an address.
    #[must_use]
    pub fn recipient(&self, recipient: &Recipient) -> Pseudonym {
        match recipient {
            Recipient::Phone(phone) => self.phone(*phone),
            Recipient::Email(email) => self.email(email),
        }
    }

    /// The pseudonym of a phone.
    #[must_use]
    pub fn phone(&self, phone: Phone) -> Pseudonym {
        let mut block = Array(phone_block(phone));
        self.phones.encrypt_block(&mut block);
        Pseudonym(block.0)
    }

    /// The pseudonyms of many phones, each in its place: the cipher works on several at a time. What stands
    /// in the place of none means nothing.
    pub fn phones(&self, phones: &[Option<Phone>], pseudonyms: &mut [Pseudonym]) {
        let mut blocks = [Array([0; 16]); BLOCKS];
        for (phones, pseudonyms) in phones.chunks(BLOCKS).zip(pseudonyms.chunks_mut(BLOCKS)) {
            for (block, phone) in blocks.iter_mut().zip(phones) {
                *block = Array(phone.map_or([0; 16], phone_block));
            }
            self.phones.encrypt_blocks(&mut blocks[..phones.len()]);
            for (pseudonym, block) in pseudonyms.iter_mut().zip(&blocks) {
                *pseudonym = Pseudonym(block.0);
            }
        }
    }

    /// The pseudonym of an e-mail.
    #[must_use]
    pub fn email(&self, email: &Email) -> Pseudonym {
        let mut hasher = self.emails;
        hasher.write(email.as_bytes());
        Pseudonym(hasher.finish128().as_bytes())
    }
}

impl PushKeys {
    /// Derives the key.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(blake3::derive_key("izingate 2026 push password", &secret.0))
    }

    /// The password of a brand and channel: 32 hexadecimal digits.
    #[must_use]
    pub fn password(&self, brand: BrandCode, channel: Channel) -> String {
        let [a, b, c, d] = brand.get().to_be_bytes();
        let hash = blake3::keyed_hash(&self.0, &[a, b, c, d, channel as u8]);
        to_hex(&hash.as_bytes()[..16])
    }
}

fn phone_block(phone: Phone) -> [u8; 16] {
    let mut block = [0; 16];
    block[0] = PHONE_DOMAIN;
    block[8..].copy_from_slice(&phone.packed().to_be_bytes());
    block
}

/// 256 bits for one use, by BLAKE3's key derivation.
pub(super) fn derive_key(context: &str, secret: &Secret) -> [u8; 32] {
    blake3::derive_key(context, &secret.0)
}

/// 128 bits for one use, by BLAKE3's key derivation.
fn derive(context: &str, secret: &Secret) -> [u8; 16] {
    let key = derive_key(context, secret);
    let mut half = [0; 16];
    half.copy_from_slice(&key[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn pseudonymizer(first: u8) -> Pseudonymizer {
        let mut bytes = [7; 32];
        bytes[0] = first;
        Pseudonymizer::new(&Secret::from_bytes(bytes))
    }

    fn pseudonym(of: &Pseudonymizer, text: &str, channel: Channel) -> String {
        let Pseudonym(bytes) = of.recipient(&Recipient::parse(text, channel).unwrap());
        to_hex(&bytes)
    }

    #[test]
    fn bytes_are_pinned() {
        let one = pseudonymizer(7);
        assert_eq!(to_hex(&one.key_check()), "bdcaabcf918c053fc7040c7ca955b0ac");
        assert_eq!(pseudonym(&one, "05321234567", Channel::Mesaj), "7c88ee38388d62af66dcbca7f858fcf2");
        assert_eq!(pseudonym(&one, "ayse@ornek.com.tr", Channel::Eposta), "47c584a722fcb6562f6163ddc7badefb");
    }

    #[test]
    fn push_passwords_are_pinned_and_all_differ() {
        let keys = |first| pseudonymizer(first).push_keys().clone();
        let brand = |code| BrandCode::new(code).unwrap();
        assert_eq!(keys(7).password(brand(601_234), Channel::Mesaj), "cdbbae13b558e5972f3cb9cf6f1acdab");
        let some = [(7, 601_234, Channel::Mesaj), (7, 601_234, Channel::Arama), (7, 601_235, Channel::Mesaj)];
        let all = some.into_iter().chain([(8, 601_234, Channel::Mesaj)]);
        let passwords: HashSet<String> = all.map(|(first, code, channel)| keys(first).password(brand(code), channel)).collect();
        assert_eq!(passwords.len(), 4);
    }

    #[test]
    fn another_secret_makes_other_pseudonyms() {
        let (one, other) = (pseudonymizer(7), pseudonymizer(8));
        assert_ne!(one.key_check(), other.key_check());
        for (text, channel) in [("05321234567", Channel::Arama), ("ayse@ornek.com.tr", Channel::Eposta)] {
            assert_ne!(pseudonym(&one, text, channel), pseudonym(&other, text, channel));
        }
    }

    #[test]
    fn many_phones_at_once_are_as_one_by_one() {
        let one = pseudonymizer(7);
        let phones: Vec<Option<Phone>> =
            (0..101).map(|i| Phone::from_packed(if i % 7 == 0 { 0 } else { 905_320_000_000 + i })).collect();
        let mut pseudonyms = vec![Pseudonym::NOBODY; phones.len()];
        one.phones(&phones, &mut pseudonyms);
        for (phone, pseudonym) in phones.iter().zip(pseudonyms) {
            assert!(phone.is_none_or(|phone| one.phone(phone) == pseudonym));
        }
    }

    #[test]
    fn phones_never_collide() {
        let one = pseudonymizer(7);
        let numbers = 905_320_000_000..905_320_010_000_u64;
        let seen: HashSet<Pseudonym> = numbers.clone().filter_map(Phone::from_packed).map(|phone| one.phone(phone)).collect();
        assert_eq!(seen.len(), numbers.count());
    }

    #[test]
    fn a_secret_is_64_digits_and_stays_hidden() {
        let secret = Secret::from_bytes([0xAB; 32]);
        assert_eq!(Secret::parse(&format!(" {}\n", secret.to_hex())).unwrap().to_hex(), "ab".repeat(32));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        for text in ["", "ab", &"g".repeat(64), &"a".repeat(65), &"é".repeat(32)] {
            assert!(Secret::parse(text).is_err(), "{text}");
        }
    }
}
