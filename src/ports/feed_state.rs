//! What is on file of the feed.

use super::ReadError;
use crate::model::brand::retailer::Retailer;
use crate::model::brand::{Brand, BrandCode};
use crate::model::consent::channel::Cell;
use crate::model::consent::key::Pseudonym;
use crate::model::consent::movement::Movement;
use crate::model::feed::{Position, Stream};
use crate::model::time::IysTime;
use std::collections::HashSet;

/// A movement of a brand as İYS registered it, by what tells two of them apart: İYS's file may show those of one
/// cell and second as one line (F§8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Registered {
    /// Whose.
    pub recipient: Pseudonym,
    /// Of which cell.
    pub cell: Cell,
    /// When İYS registered it.
    pub created: IysTime,
}

impl Registered {
    /// What is left of a movement.
    #[must_use]
    pub const fn of(movement: &Movement) -> Self {
        let Movement { relation, cell, created, .. } = *movement;
        Self { recipient: relation.pseudonym, cell, created }
    }
}

/// Why the movements of a time were not looked up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uncounted {
    /// They are found by what changed since.
    #[error("the changes since that day are not kept any more")]
    NotKept,
    /// They would take too much memory or time.
    #[error("more has changed since that day than is looked through")]
    TooMany,
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// What is on file of the feed. Blocks, for as long as a disk takes: it is read when a task starts.
pub trait FeedBook: Send + Sync {
    /// Every brand.
    fn brands(&self) -> Result<Vec<Brand>, ReadError>;
    /// How far every stream was followed.
    fn positions(&self) -> Result<Vec<(BrandCode, Stream, Position)>, ReadError>;
    /// The moment of the last panel export that was taken in whole for a brand.
    fn exported(&self, brand: BrandCode) -> Result<Option<IysTime>, ReadError>;
    /// Every movement of a brand that İYS registered in [from, to), without what came from elsewhere: refusals that
    /// were told here, panel exports, sweeps. Ends early, with whatever it has, once it is not `wanted` any more.
    fn registered(
        &self,
        brand: BrandCode,
        from: IysTime,
        to: IysTime,
        wanted: &dyn Fn() -> bool,
    ) -> Result<HashSet<Registered>, Uncounted>;
    /// The retailers that have access to a recipient's consent.
    fn retailers(&self, recipient: Pseudonym, brand: BrandCode, cell: Cell) -> Result<Vec<Retailer>, ReadError>;
}
