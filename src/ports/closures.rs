//! Closed lines of which İYS is still to be told.

use super::ReadError;
use crate::model::secret::cipher::SealedPhone;
use crate::model::time::IysTime;

/// A closed line of which İYS is still to be told (11/9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreportedClosure {
    /// The revision of our first commit of it: its place in the queue.
    pub id: u64,
    /// When the line was closed.
    pub closed: IysTime,
    /// When we heard of it.
    pub noted: IysTime,
    /// Its number.
    pub sealed: SealedPhone,
}

/// Reads the closures of which İYS is still to be told: for operators. Blocks.
pub trait ClosureQueue: Send + Sync {
    /// The oldest of those behind the id `after`, `most` at most; 0 begins with the oldest.
    fn unreported(&self, after: u64, most: usize) -> Result<Vec<UnreportedClosure>, ReadError>;
}
