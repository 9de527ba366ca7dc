//! Signed notes (C2SP signed-note): text that an Ed25519 key stands for, and that any tool of that form verifies.
//!
//! ```text
//! izingate-0000abcd          origin: the name of the key
//! 17                         segments in the tree
//! nND3nM9wL…                 the tree's root, Base64
//!
//! — izingate-0000abcd Zm9v…  Base64 of four bytes that name the key, and the signature
//! ```

use super::merkle::Hash;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::fmt;

/// What a key of this kind is called in a note.
const ED25519_KEY: u8 = 1;

/// Who signs: a name and an Ed25519 key.
pub struct Signer {
    name: String,
    pair: Ed25519KeyPair,
}

/// Who is believed: `name+hash+key` in text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: [u8; 32],
}

/// A tree of segments at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The node whose it is.
    pub origin: String,
    /// Segments in the tree.
    pub size: u64,
    /// The root of the tree.
    pub root: Hash,
}

/// Why a note is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is no note, or its text is no checkpoint.
    #[error("the checkpoint is malformed")]
    Malformed,
    /// Nobody who is known signed it.
    #[error("the checkpoint is not signed by the key that is known")]
    Unsigned,
    /// The signature is not that of the text.
    #[error("the checkpoint's signature is wrong")]
    WrongSignature,
    /// The text of a key is no key.
    #[error("a public key is written name+8 hexadecimal digits+Base64")]
    InvalidKey,
}

/// The name under which a node signs.
fn name_of(node: u32) -> String {
    format!("izingate-{node:08x}")
}

impl Signer {
    /// The signer of a node.
    #[must_use]
    pub fn of_node(node: u32, seed: &[u8; 32]) -> Option<Self> {
        Self::new(name_of(node), seed)
    }

    /// The signer of a name and a seed; none if the system's library refuses the seed.
    #[must_use]
    pub fn new(name: String, seed: &[u8; 32]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(|pair| Self { name, pair })
    }

    /// Its public half.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        let key = self.pair.public_key().as_ref().try_into().unwrap_or_default();
        Verifier { name: self.name.clone(), key }
    }

    /// The note of a checkpoint.
    #[must_use]
    pub fn sign(&self, size: u64, root: &Hash) -> String {
        let text = Checkpoint { origin: self.name.clone(), size, root: *root }.to_string();
        let mut signature = self.verifier().id().to_vec();
        signature.extend(self.pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n— {} {}\n", self.name, STANDARD.encode(signature))
    }
}

impl Verifier {
    /// The key of a node.
    #[must_use]
    pub fn of_node(node: u32, key: [u8; 32]) -> Self {
        Self { name: name_of(node), key }
    }

    /// The key itself, without the name.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Eight hexadecimal digits that name the key.
    #[must_use]
    pub fn short(&self) -> String {
        crate::model::text::hex::to_hex(&self.id())
    }

    /// Reads the text of a key.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::InvalidKey);
        };
        let key = STANDARD.decode(key).map_err(|_| NoteError::InvalidKey)?;
        let key = key.strip_prefix(&[ED25519_KEY]).and_then(|key| key.try_into().ok()).ok_or(NoteError::InvalidKey)?;
        let verifier = Self { name: name.to_owned(), key };
        let named = !name.is_empty() && !name.contains(char::is_whitespace);
        let same = crate::model::text::hex::to_hex(&verifier.id()) == id;
        if named && same { Ok(verifier) } else { Err(NoteError::InvalidKey) }
    }

    /// The checkpoint of a note that this key signed.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let text = format!("{text}\n");
        let ours = signatures.lines().filter_map(|line| line.strip_prefix("— ")?.split_once(' '));
        let ours = ours.filter(|(name, _)| *name == self.name).filter_map(|(_, signature)| STANDARD.decode(signature).ok());
        let mut ours = ours.filter_map(|signature| Some(signature.strip_prefix(&self.id())?.to_vec()));
        let signature = ours.next().ok_or(NoteError::Unsigned)?;
        let key = UnparsedPublicKey::new(&ED25519, self.key);
        key.verify(text.as_bytes(), &signature).map_err(|_| NoteError::WrongSignature)?;
        Checkpoint::parse(&text)
    }

    /// Four bytes that name the key.
    fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ED25519_KEY]);
        hasher.update(self.key);
        let hash: Hash = hasher.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl Checkpoint {
    fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(NoteError::Malformed);
        };
        // No leading zeros or signs: one checkpoint has one text.
        let size = size.parse().ok().filter(|read: &u64| read.to_string() == size).ok_or(NoteError::Malformed)?;
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(NoteError::Malformed)?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root))
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519_KEY];
        key.extend(self.key);
        write!(f, "{}+{}+{}", self.name, crate::model::text::hex::to_hex(&self.id()), STANDARD.encode(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        Signer::new("izingate-0000abcd".to_owned(), &[7; 32]).unwrap()
    }

    #[test]
    fn a_note_is_pinned_and_opens() {
        let note = signer().sign(17, &[9; 32]);
        let text = "izingate-0000abcd\n17\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n\n— izingate-0000abcd ";
        assert_eq!(note.strip_prefix(text).map(str::len), Some(4 * 23 + 1), "{note}");
        let key = signer().verifier();
        let checkpoint = Checkpoint { origin: "izingate-0000abcd".to_owned(), size: 17, root: [9; 32] };
        assert_eq!(key.open(&note), Ok(checkpoint));
        assert_eq!(Verifier::parse(&key.to_string()), Ok(key));
    }

    #[test]
    fn a_changed_note_is_not_believed() {
        let (note, key) = (signer().sign(17, &[9; 32]), signer().verifier());
        for (place, byte) in note.bytes().enumerate() {
            let mut changed = note.clone().into_bytes();
            changed[place] = byte ^ 1;
            let opened = String::from_utf8(changed).map(|changed| key.open(&changed));
            // The last character of Base64 carries bits that nobody reads; the library refuses those too.
            assert!(!matches!(opened, Ok(Ok(_))) || place + 1 == note.len(), "byte {place}");
        }
        let other = Signer::new("izingate-0000abcd".to_owned(), &[8; 32]).unwrap().verifier();
        assert_eq!(other.open(&note), Err(NoteError::Unsigned));
        assert_eq!(key.open("izingate\n"), Err(NoteError::Malformed));
        assert_eq!(Verifier::parse("izingate+00000000+AQ=="), Err(NoteError::InvalidKey));
    }
}
