//! The bytes of a snapshot. Numbers are little-endian; the tests pin the preface.

use crate::model::secret::mac::MacKey;
use std::path::PathBuf;

/// The first bytes of every snapshot.
const MAGIC: [u8; 8] = *b"IZGSNAP\n";
/// The version that is written, and the only one that is read: what version 1 said, anybody could have written, and in
/// version 2 a sweep's approval could hide a refusal.
pub(super) const VERSION: u32 = 3;

/// Path of a snapshot, and the key that authenticates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// The file.
    pub path: PathBuf,
    /// The key of snapshots.
    pub key: MacKey,
}

/// Which data a snapshot was taken of. A file with another identity is foreign, even if it comes from a
/// copy of this data that has gone its own way since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Which secret made the pseudonyms, by its number.
    pub key_id: u8,
    /// A value that only the same secret makes.
    pub key_check: [u8; 16],
    /// The number of the node.
    pub node: u32,
    /// Every batch up to it is in the snapshot.
    pub revision: u64,
    /// A hash of that batch as the change log holds it; 0 before the first.
    pub fingerprint: u128,
}

/// What stands before the blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preface {
    /// Of which data it is.
    pub identity: Identity,
    /// Number of shards, as a power of two.
    pub shard_bits: u32,
    /// Random bytes that make the key of this file: no part of another one fits into it.
    pub nonce: [u8; 16],
}

impl Preface {
    /// Bytes of a preface with its checksum.
    pub(super) const LENGTH: usize = 8 + 4 + 4 + 1 + 16 + 4 + 8 + 16 + 16 + SEAL;

    pub(super) fn encode(&self, key: &MacKey) -> Vec<u8> {
        let Identity { key_id, key_check, node, revision, fingerprint } = self.identity;
        let mut bytes = Vec::with_capacity(Self::LENGTH);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.shard_bits.to_le_bytes());
        bytes.push(key_id);
        bytes.extend(key_check);
        bytes.extend(node.to_le_bytes());
        bytes.extend(revision.to_le_bytes());
        bytes.extend(fingerprint.to_le_bytes());
        bytes.extend(self.nonce);
        seal(&mut bytes, key, PREFACE);
        bytes
    }

    /// The key of the blocks behind it.
    pub(super) fn block_key(&self, key: &MacKey) -> MacKey {
        key.for_object(&self.encode(key))
    }

    /// The preface of these bytes, or what is wrong with them.
    pub(super) fn decode(bytes: &[u8; Self::LENGTH], key: &MacKey) -> Result<Self, &'static str> {
        let mut reader = Reader(bytes);
        if reader.take()? != MAGIC {
            return Err("it is no snapshot of an index");
        }
        // Before the code: another version may have another one.
        if u32::from_le_bytes(reader.take()?) != VERSION {
            return Err("it has another format version");
        }
        if !is_sealed(bytes, key, PREFACE) {
            return Err("its preface is damaged, or was not written under this secret");
        }
        let shard_bits = u32::from_le_bytes(reader.take()?);
        let [key_id] = reader.take()?;
        let identity = Identity {
            key_id,
            key_check: reader.take()?,
            node: u32::from_le_bytes(reader.take()?),
            revision: u64::from_le_bytes(reader.take()?),
            fingerprint: u128::from_le_bytes(reader.take()?),
        };
        Ok(Self { identity, shard_bits, nonce: reader.take()? })
    }
}

/// The place of the preface, for its code; blocks count from 0.
const PREFACE: u64 = u64::MAX;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Shards, one after another: number of slots, then the slots.
    Shards,
    /// The exact side table.
    Collisions,
    /// The end: relations, and the revision through which parts of batches may be in the file.
    End,
}

/// Bytes of a block's head: kind, length of what follows without the code.
pub(super) const HEAD: usize = 5;
/// Bytes of a code.
pub(super) const SEAL: usize = 16;
/// What follows a head at most: beyond it a length is damage, not a reason to take memory. A single shard
/// of so many bytes would be one of a table of 10¹² relations.
pub(super) const LONGEST: usize = 128 << 20;

impl Kind {
    const ALL: [Self; 3] = [Self::Shards, Self::Collisions, Self::End];

    const fn code(self) -> u8 {
        match self {
            Self::Shards => b'S',
            Self::Collisions => b'C',
            Self::End => b'E',
        }
    }
}

/// The head of a block of so many bytes.
pub(super) fn head(kind: Kind, length: usize) -> [u8; HEAD] {
    let [a, b, c, d] = (length as u32).to_le_bytes();
    [kind.code(), a, b, c, d]
}

/// Kind and length of a head; none if it is damaged.
pub(super) fn read_head([code, length @ ..]: [u8; HEAD]) -> Option<(Kind, usize)> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.code() == code)?;
    let length = u32::from_le_bytes(length) as usize;
    (length <= LONGEST).then_some((kind, length))
}

/// Appends the code of the part at `place`.
pub(super) fn seal(bytes: &mut Vec<u8>, key: &MacKey, place: u64) {
    let code = code(bytes, key, place);
    bytes.extend(code);
}

/// Whether the last bytes are the code of those before, at `place`.
pub(super) fn is_sealed(bytes: &[u8], key: &MacKey, place: u64) -> bool {
    bytes.split_last_chunk::<SEAL>().is_some_and(|(content, found)| *found == code(content, key, place))
}

fn code(content: &[u8], key: &MacKey, place: u64) -> [u8; SEAL] {
    *key.mac(&[&place.to_le_bytes(), content]).first_chunk().unwrap_or(&[0; SEAL])
}

/// Takes bytes off the front, or says that they ended.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn slice(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }
}

const SHORT: &str = "a block holds less than it says";
