//! An index beside the writer's own: filled as at a start, and brought up to what was committed since.
//!
//! Whoever follows a store beside its writer sees it in pieces: first its list of files is read, then the log behind them, and the
//! writer goes on in between. So what is seen may be ahead of the last revision that is seen, where a bulk import has handed over the
//! files of a batch and not yet ended it; and it may lack batches before that revision, where a log was let go before it was read.
//! Both pass with the next look. Therefore states come from the change log alone, batch by batch without a hole, up to the revision
//! that is seen; what is ahead of it waits, and behind a hole nothing is taken until the hole is gone.

use super::restore::{Origin, RestoreError, fill_beside_writer, restore_brands, restore_freshness};
use super::snapshot::{ReplayError, replay};
use crate::index::snapshot::{Loaded, SnapshotFile};
use crate::index::{Full, Index};
use crate::store::{Store, StoreError};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Why an index cannot be brought up.
#[derive(Debug, thiserror::Error)]
pub enum CatchUpError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are more relations than fit in memory.
    #[error(transparent)]
    Full(#[from] Full),
    /// A batch that was committed is not among the changes.
    #[error("the change log has no batch {missing}, and the store is at revision {committed}")]
    Hole {
        /// The revision of the batch.
        missing: u64,
        /// The last one that is committed.
        committed: u64,
    },
}

/// Looks in a row at a store of which nothing new can be had, although there is something: after these it is not followed.
const IN_VAIN: u32 = 8;

/// An index that follows a store beside its writer.
pub struct StoreFollower {
    store: Store,
    index: Index,
    /// Parts of batches up to this revision may be in the index.
    through: u64,
}

impl StoreFollower {
    /// Fills `index`, which is empty, from a store that was opened for following: from this snapshot if there is one that fits, else
    /// by a scan.
    pub fn fill(store: Store, index: Index, snapshot: Option<&SnapshotFile>) -> Result<(Self, Origin), RestoreError> {
        // Of what was committed up to here, this view may lack something, but not the next: what has left the log by now is in the
        // list of files.
        let whole = store.revision()?;
        store.follow()?;
        restore_brands(&store, &index)?;
        let (origin, Loaded { revision, through, .. }) = fill_beside_writer(&store, &index, snapshot, whole)?;
        index.revision().publish(revision);
        let mut follower = Self { store, index, through };
        // Nobody is answered from less than what is committed.
        let mut looks = 0;
        while let Err(error) = follower.catch_up() {
            looks += 1;
            match error {
                CatchUpError::Full(full) => return Err(full.into()),
                CatchUpError::Store(_) | CatchUpError::Hole { .. } if looks < IN_VAIN => {}
                CatchUpError::Store(error) => return Err(error.into()),
                hole @ CatchUpError::Hole { .. } => return Err(StoreError::Rocks(hole.to_string()).into()),
            }
        }
        follower.index.mark_loaded();
        Ok((follower, origin))
    }

    /// Brings the index up to what is committed now. Returns the revision.
    ///
    /// # Errors
    /// The index holds every batch up to its own revision, which may be a later one than before.
    pub fn catch_up(&mut self) -> Result<u64, CatchUpError> {
        self.store.follow()?;
        let caught_up = bring_up(&self.store, &self.index, self.through);
        self.through = self.through.max(self.index.revision().get());
        caught_up
    }

    /// Follows what is committed until nobody needs it, from one look to the next in this time.
    ///
    /// # Errors
    /// Nothing new could be had for so many looks that waiting does not help.
    pub fn follow_until(mut self, ended: &Receiver<()>, every: Duration) -> Result<(), CatchUpError> {
        let (mut in_vain, mut seen) = (0, self.index.revision().get());
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(every) {
            let caught_up = self.catch_up();
            let revision = self.index.revision().get();
            in_vain = if caught_up.is_ok() || revision > seen { 0 } else { in_vain + 1 };
            seen = revision;
            match caught_up {
                Err(error) if in_vain > IN_VAIN || matches!(error, CatchUpError::Full(_)) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Brings up an index that holds every batch up to its revision, and may hold parts of those up to `through`. Returns the revision.
pub(super) fn bring_up(store: &Store, index: &Index, through: u64) -> Result<u64, CatchUpError> {
    let (revision, committed) = (index.revision().get(), store.revision()?);
    // Brands and how fresh they are change without a batch, too. What makes a brand's data worse comes before the data,
    // what makes it better behind it: a brand is never taken for fresh on states that are not there yet.
    restore_brands(store, index)?;
    let reached = replay(store, index, &Loaded { revision, through, relations: 0 }).map_err(|error| match error {
        ReplayError::Store(error) => CatchUpError::Store(error),
        ReplayError::Full(full) => CatchUpError::Full(full),
    })?;
    index.revision().publish(reached);
    if reached < committed {
        return Err(CatchUpError::Hole { missing: reached + 1, committed });
    }
    restore_freshness(store, index)?;
    Ok(reached)
}

#[cfg(test)]
#[path = "catch_up_tests.rs"]
mod tests;
