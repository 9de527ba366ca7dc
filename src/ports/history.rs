//! What is on file of a recipient.

use super::ReadError;
use crate::model::consent::channel::Cell;
use crate::model::consent::key::RelationKey;
use crate::model::consent::state::Status;
use crate::model::time::IysTime;

/// One movement of a cell as it was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// What the consent became.
    pub status: Status,
    /// When İYS registered it.
    pub created: IysTime,
    /// When the recipient gave or withdrew it.
    pub consented: Option<IysTime>,
    /// Where it came from; empty if none was given.
    pub source: String,
    /// İYS's id; empty if there is none.
    pub transaction: String,
    /// The revision of our first commit of it.
    pub revision: u64,
    /// The time of our first commit of it.
    pub known_since: IysTime,
}

/// A cell with everything known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellHistory {
    /// Which cell.
    pub cell: Cell,
    /// What it holds now; none if what was approved is not listed at İYS any more.
    pub status: Option<Status>,
    /// Every movement, newest first.
    pub history: Vec<HistoryEntry>,
}

/// Reads what the disk knows: for people, never on the answer path. Blocks.
pub trait HistoryReader: Send + Sync {
    /// Every cell on record for a relation.
    fn cells(&self, relation: &RelationKey) -> Result<Vec<CellHistory>, ReadError>;
    /// The earliest revision whose changes are kept; none if there are no changes.
    fn earliest_revision(&self) -> Result<Option<u64>, ReadError>;
}
