//! What changed since a revision.

use super::ReadError;
use crate::model::consent::key::RelationKey;
use crate::model::consent::state::State;
use crate::model::time::IysTime;

/// A place in the change log: a change of a batch. Before all others: the earliest batch that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ChangePlace {
    /// The batch.
    pub revision: u64,
    /// Changes of it that come before.
    pub change: usize,
}

/// A committed batch, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangePart {
    /// Where it begins.
    pub place: ChangePlace,
    /// When the batch was committed.
    pub committed: IysTime,
    /// The relations that changed, with what each holds since.
    pub changes: Vec<(RelationKey, State)>,
    /// Further parts of the batch follow.
    pub more: bool,
}

impl ChangePart {
    /// Changes in one part at most: some 350 kB as a message.
    pub const MOST_CHANGES: usize = 10_000;

    /// The place behind it.
    #[must_use]
    pub const fn end(&self) -> ChangePlace {
        let ChangePlace { revision, change } = self.place;
        if self.more {
            return ChangePlace { revision, change: change + self.changes.len() };
        }
        ChangePlace { revision: revision + 1, change: 0 }
    }
}

/// Why no changes were read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangesError {
    /// They are not kept any more, or never were.
    #[error("the changes asked for are not kept; the earliest that are kept from there on are of revision {earliest}")]
    Gap {
        /// The first revision from which the log goes on.
        earliest: u64,
    },
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Reads the change log, for whoever follows it. Blocks.
pub trait ChangeReader: Send + Sync {
    /// What comes at `from` and behind it, in order and without a hole, up to the whole batch of revision
    /// `through`: as many parts as take `bytes` of memory, and at least one if there is any.
    fn changes(&self, from: ChangePlace, through: u64, bytes: usize) -> Result<Vec<ChangePart>, ChangesError>;
}
