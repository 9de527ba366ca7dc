//! An index beside the writer's own: filled as at a start, and brought up to what was committed since.

use super::restore::{restore_brands, restore_freshness};
use super::snapshot::{LoadError, replay};
use crate::index::Index;
use crate::index::snapshot::Loaded;
use crate::store::{Store, StoreError};

/// Why an index cannot be brought up.
#[derive(Debug, thiserror::Error)]
pub enum CatchUpError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was committed since is not to be had as changes: a bulk import, or a log that was let go.
    #[error("the store has moved on in a way that only a new start follows: {0}")]
    NewStart(String),
}

/// Brings `index`, which holds `store` as it was, up to what is committed now. Returns the revision.
pub fn catch_up(store: &Store, index: &Index) -> Result<u64, CatchUpError> {
    store.follow()?;
    bring_up(store, index)
}

/// The same of the writer's own index, after its store was opened again.
pub(super) fn bring_up(store: &Store, index: &Index) -> Result<u64, CatchUpError> {
    let (revision, now) = (index.revision().get(), store.revision()?);
    // Brands and how fresh they are change without a batch, too. What makes a brand's data worse comes before the data,
    // what makes it better behind it: a brand is never taken for fresh on states that are not there yet.
    restore_brands(store, index)?;
    if now != revision {
        let held = Loaded { revision, through: revision, relations: 0 };
        replay(store, index, &held).map_err(|error| match error {
            LoadError::Store(error) => CatchUpError::Store(error),
            other => CatchUpError::NewStart(other.to_string()),
        })?;
    }
    restore_freshness(store, index)?;
    index.revision().publish(now);
    Ok(now)
}

#[cfg(test)]
#[path = "catch_up_tests.rs"]
mod tests;
