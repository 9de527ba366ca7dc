//! Memory of the evidence in a second place: the store, in rows that become durable with batches that are written anyway.

/// Progress of the evidence when it was last noted: all that it names was on disk before.
///
/// So whatever a kill leaves, the evidence is an extension of every mark that the store holds, never less. A folder that does not
/// extend it was changed by somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EvidenceMark {
    /// Time at which the last run began, in Unix milliseconds.
    pub begun: u64,
    /// Time at which it ended in order, in Unix milliseconds; 0 while it has not.
    pub ended: u64,
    /// The Ed25519 public key that signs checkpoints.
    pub public_key: [u8; 32],
    /// Segments in the tree that was last signed.
    pub tree_size: u64,
    /// The root of that tree.
    pub tree_root: [u8; 32],
    /// The first segment whose frames are authenticated under the secret; those before it are of an earlier version.
    pub authenticated_from: u64,
    /// The segment that was being written.
    pub segment: u64,
    /// Bytes of its file up to the end of the last frame that was synced.
    pub bytes: u64,
    /// The chain behind that frame.
    pub chain: [u8; 32],
    /// The id of the last decision that was synced; 0 before the first.
    pub decision: u128,
}

/// Progress of a store. Both only grow, and are durable before anybody hears of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The revision up to which it has every batch.
    pub revision: u64,
    /// Writes that are synced, at least: those that no revision tells of, such as of brands and gaps, too.
    pub writes: u64,
}

impl Reached {
    /// Returns whether something that the other has reached is not reached.
    #[must_use]
    pub const fn is_behind(&self, other: &Self) -> bool {
        self.revision < other.revision || self.writes < other.writes
    }

    /// As far as both together.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        Self { revision: self.revision.max(other.revision), writes: self.writes.max(other.writes) }
    }
}

/// Row that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recalled {
    /// Progress of the evidence.
    Mark(EvidenceMark),
    /// The store came out of a backup, which holds no evidence: what it remembered was of another directory.
    Restored {
        /// The revision of the backup.
        revision: u64,
        /// Time at which it was restored, in Unix seconds.
        at: u32,
    },
}

/// The memory cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what the store remembers of the evidence: {0}")]
pub struct MemoryError(pub String);

/// Remembers how far the evidence was.
pub trait EvidenceMemory: Send + Sync {
    /// Reads what is remembered; none if nothing ever was.
    fn recall(&self) -> Result<Option<Recalled>, MemoryError>;

    /// Hands over a mark for the next batch that is written. Never waits.
    fn offer(&self, mark: &EvidenceMark);

    /// Makes the mark that was offered last durable. Blocks for as long as a disk takes.
    fn keep(&self) -> Result<(), MemoryError>;
}

/// No second place: for a record that lies beside a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMemory;

impl EvidenceMemory for NoMemory {
    fn recall(&self) -> Result<Option<Recalled>, MemoryError> {
        Ok(None)
    }

    fn offer(&self, _: &EvidenceMark) {}

    fn keep(&self) -> Result<(), MemoryError> {
        Ok(())
    }
}
