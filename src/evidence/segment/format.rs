//! Header, seal, kinds and hashes: the bytes of a segment.

use crate::evidence::tree::merkle::{Hash, hash, leaf};
use crate::model::decision::id::DecisionId;
use crate::model::secret::mac::MacKey;
use crate::model::secret::pseudonym::KEY_ID;

/// Bytes of a header.
pub const HEADER_LENGTH: usize = 58;
/// Bytes of a seal.
pub const SEAL_LENGTH: usize = 173;

const MAGIC: [u8; 4] = *b"IZEV";
/// The version of a seal, which is the same in segments of either version.
const SEAL_VERSION: u8 = 1;

/// Bytes of a frame's body at most: [`crate::evidence::segment::codec::MOST_DECISIONS`] with the longest references and callers, and
/// far more than any event has.
pub(super) const LONGEST: usize = 1 << 20;

pub(super) const DECISIONS: u8 = 1;
pub(super) const EVENT: u8 = 2;
pub(super) const SEAL: u8 = 3;
/// Decisions whose columns stand there as they are.
pub(super) const PLAIN: u8 = 4;

/// Bytes of the check that stands behind each frame.
pub(super) const CHECK: usize = 8;

/// The version of a segment's format: what the check behind each frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// The first bytes of the chain, which anybody can compute. Read for ever, written no more.
    Chained = 1,
    /// A code of the chain under a key that is derived from the secret.
    Authenticated = 2,
}

/// The beginning of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of its format.
    pub version: Version,
    /// The node that writes it.
    pub node: u32,
    /// Its place in the log, from 1.
    pub number: u64,
    /// The chain at the end of the segment before; zeros before the first.
    pub previous: Hash,
    /// When it was made, in Unix milliseconds.
    pub made: u64,
}

/// What a sealed segment is: the leaf of the tree over all segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The node that wrote it.
    pub node: u32,
    /// Its place in the log.
    pub number: u64,
    /// Frames in it, without the seal.
    pub frames: u64,
    /// Decisions in it.
    pub decisions: u64,
    /// The least and the greatest id in it; zeros where there is none.
    pub ids: (DecisionId, DecisionId),
    /// The earliest and the latest moment of anything in it, in Unix seconds.
    pub times: (u32, u32),
    /// The chain at the end of the segment before.
    pub previous: Hash,
    /// The chain up to the seal.
    pub chain: Hash,
    /// The root of the tree over the leaves of its frames.
    pub root: Hash,
    /// Bytes of the file before the seal's frame.
    pub bytes: u64,
}

impl Header {
    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_LENGTH] {
        let mut bytes = [0; HEADER_LENGTH];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&[self.version as u8, KEY_ID]);
        bytes[6..10].copy_from_slice(&self.node.to_be_bytes());
        bytes[10..18].copy_from_slice(&self.number.to_be_bytes());
        bytes[18..50].copy_from_slice(&self.previous);
        bytes[50..].copy_from_slice(&self.made.to_be_bytes());
        bytes
    }

    /// Reads its bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; HEADER_LENGTH]) -> Option<Self> {
        let (version, rest) = bytes.strip_prefix(&MAGIC)?.split_first()?;
        let version = [Version::Chained, Version::Authenticated].into_iter().find(|known| *known as u8 == *version)?;
        let mut rest = rest.strip_prefix(&[KEY_ID])?;
        let node = u32::from_be_bytes(take(&mut rest)?);
        let number = u64::from_be_bytes(take(&mut rest)?);
        Some(Self { version, node, number, previous: take(&mut rest)?, made: u64::from_be_bytes(take(&mut rest)?) })
    }

    /// Where the chain begins.
    pub(super) fn chain(&self) -> Hash {
        hash(3, &[&self.to_bytes()])
    }
}

impl Seal {
    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; SEAL_LENGTH] {
        const { assert!(SEAL_LENGTH == 1 + 4 + 3 * 8 + 2 * 16 + 2 * 4 + 3 * 32 + 8, "the length of its parts") };
        let mut bytes = [0; SEAL_LENGTH];
        bytes[0] = SEAL_VERSION;
        bytes[1..5].copy_from_slice(&self.node.to_be_bytes());
        bytes[5..29].copy_from_slice([self.number, self.frames, self.decisions].map(u64::to_be_bytes).as_flattened());
        bytes[29..61].copy_from_slice([self.ids.0.get(), self.ids.1.get()].map(u128::to_be_bytes).as_flattened());
        bytes[61..69].copy_from_slice([self.times.0, self.times.1].map(u32::to_be_bytes).as_flattened());
        bytes[69..165].copy_from_slice([self.previous, self.chain, self.root].as_flattened());
        bytes[165..].copy_from_slice(&self.bytes.to_be_bytes());
        bytes
    }

    /// Reads its bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[SEAL_VERSION])?;
        let rest = &mut rest;
        let seal = Self {
            node: u32::from_be_bytes(take(rest)?),
            number: u64::from_be_bytes(take(rest)?),
            frames: u64::from_be_bytes(take(rest)?),
            decisions: u64::from_be_bytes(take(rest)?),
            ids: (id(rest)?, id(rest)?),
            times: (u32::from_be_bytes(take(rest)?), u32::from_be_bytes(take(rest)?)),
            previous: take(rest)?,
            chain: take(rest)?,
            root: take(rest)?,
            bytes: u64::from_be_bytes(take(rest)?),
        };
        rest.is_empty().then_some(seal)
    }

    /// Its leaf in the tree over all segments.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        leaf(&[&self.to_bytes()])
    }

    /// The chain behind its frame, with which the next segment begins.
    #[must_use]
    pub fn end(&self) -> Hash {
        let length = ((1 + SEAL_LENGTH + CHECK) as u32).to_be_bytes();
        link(&self.chain, &leaf(&[&[SEAL], &self.to_bytes()]), &[&length, &[SEAL]])
    }
}

/// The check behind a frame: none if it takes a key to tell and there is none.
pub(super) fn check(version: Version, key: Option<&MacKey>, chain: &Hash) -> Option<[u8; CHECK]> {
    match version {
        Version::Chained => chain.first_chunk().copied(),
        Version::Authenticated => key?.mac(&[chain]).first_chunk().copied(),
    }
}

/// The chain behind a frame: `shown` is what is on disk of it and not under its leaf.
pub(super) fn link(chain: &Hash, leaf: &Hash, shown: &[&[u8]]) -> Hash {
    let mut pieces = vec![&chain[..], &leaf[..]];
    pieces.extend(shown);
    hash(2, &pieces)
}

/// The leaf of a frame of decisions: the same with zstd and without.
pub(super) fn decisions_leaf(columns: &[u8], recipients: &[u8]) -> Hash {
    leaf(&[&[DECISIONS], &(columns.len() as u32).to_be_bytes(), columns, recipients])
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    bytes.split_off(..N)?.try_into().ok()
}

fn id(bytes: &mut &[u8]) -> Option<DecisionId> {
    let id = u128::from_be_bytes(take(bytes)?);
    Some(DecisionId::of((id >> 96) as u32, (id >> 64) as u32, id as u64))
}
