//! Boot: the index is filled from the store.

use super::snapshot::{self, LoadError};
use crate::index::snapshot::Rejected;
use crate::index::{Full, Index, StreamFreshness};
use crate::model::key::RelationHash;
use crate::model::state::State;
use crate::store::{Store, StoreError};
use std::path::Path;

/// Why the index could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are more relations than fit in memory.
    #[error(transparent)]
    Full(#[from] Full),
}

/// Relations put in together: what the memory works on at a time.
const GROUP: usize = 1024;

/// What filled the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A snapshot of this revision, and the batches since.
    Snapshot {
        /// Of the snapshot.
        revision: u64,
        /// Committed since.
        batches: u64,
    },
    /// Nothing: no answers are asked of it.
    Nothing,
    /// A scan of the store: there was no snapshot.
    Scan,
    /// A scan of the store: the snapshot is of no use, for this reason.
    Fallback(String),
}

/// Fills `index`, which is empty, with every relation, brand and the revision of `store`, and marks it
/// loaded: from the snapshot at this path if there is one that fits, else by a scan, which brings the same.
pub fn restore(store: &Store, index: &Index, snapshot: Option<&Path>) -> Result<Origin, RestoreError> {
    restore_brands(store, index)?;
    let origin = fill(store, index, snapshot)?;
    index.revision().publish(store.revision()?);
    index.mark_loaded();
    Ok(origin)
}

/// The brands on file with how fresh each one's data is, and their declarations.
pub(super) fn restore_brands(store: &Store, index: &Index) -> Result<(), StoreError> {
    for brand in store.brands()? {
        let (code, imported) = (brand.code, store.import_cursor(brand.code)?);
        index.brands().put(brand);
        index.brands().note(code, |freshness| imported.into_iter().for_each(|at| freshness.imported(at)));
    }
    index.declarations().fill(store.declarations()?);
    for (brand, stream, position) in store.positions()? {
        index.brands().note(brand, |freshness| freshness.followed(stream, StreamFreshness::of(&position)));
    }
    for gap in store.gaps()? {
        index.brands().note(gap.brand, |freshness| freshness.set_gap(Some((gap.from, gap.to))));
    }
    Ok(())
}

fn fill(store: &Store, index: &Index, snapshot: Option<&Path>) -> Result<Origin, RestoreError> {
    let unusable = match snapshot.map(|path| snapshot::load(store, index, path)) {
        Some(Ok((revision, batches))) => return Ok(Origin::Snapshot { revision, batches }),
        Some(Err(error)) => Some(error),
        None => None,
    };
    let origin = match unusable.map(LoadError::into_fatal) {
        Some(Ok(fatal)) => return Err(fatal),
        None | Some(Err(LoadError::Rejected(Rejected::Missing))) => Origin::Scan,
        Some(Err(error)) => Origin::Fallback(error.to_string()),
    };
    index.write().clear();
    scan(store, index)?;
    Ok(origin)
}

/// Every relation of the store.
fn scan(store: &Store, index: &Index) -> Result<(), RestoreError> {
    let mut writing = index.write();
    let mut group: Vec<(RelationHash, State)> = Vec::with_capacity(GROUP);
    let mut full = None;
    store.each_record(|relation, record| {
        group.push((relation.hash(), record.state()));
        if group.len() == GROUP {
            full = full.or_else(|| writing.insert_many(&group).err());
            group.clear();
        }
    })?;
    full.map_or(Ok(()), Err)?;
    Ok(writing.insert_many(&group)?)
}
