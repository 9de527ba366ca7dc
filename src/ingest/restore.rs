//! Boot: the index is filled from the store.

use super::snapshot::{self, LoadError};
use crate::index::snapshot::{Loaded, Rejected, SnapshotFile};
use crate::index::{Full, Index, StreamFreshness};
use crate::model::brand::{Brand, BrandCode};
use crate::model::consent::key::RelationHash;
use crate::model::consent::state::State;
use crate::store::{Store, StoreError};
use std::collections::HashSet;
use std::fmt;

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

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot { revision, batches } => write!(f, "the snapshot of revision {revision} and {batches} batches since"),
            Self::Scan => f.write_str("a scan of the store: there is no snapshot"),
            Self::Fallback(reason) => write!(f, "a scan of the store: the snapshot is of no use, {reason}"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

/// Fills `index`, which is empty, with every relation, brand and the revision of `store`: from this snapshot if there is one that fits,
/// else by a scan, which brings the same. Nobody may write to the store meanwhile. Whoever starts a gateway marks it loaded when nothing
/// else is to come before the first answer.
pub fn restore(store: &Store, index: &Index, snapshot: Option<&SnapshotFile>) -> Result<Origin, RestoreError> {
    restore_brands(store, index)?;
    restore_freshness(store, index)?;
    let committed = store.revision()?;
    let is_whole = |loaded: &Loaded| loaded.revision == committed;
    let origin = match fill(store, index, snapshot, is_whole)? {
        Filled::FromSnapshot(origin, _) | Filled::ByScan(origin) => origin,
    };
    index.revision().publish(committed);
    Ok(origin)
}

/// Fills `index`, which is empty, with the relations of a store that a writer may be writing, of which every batch up to `whole` is
/// seen and parts of later ones may be. Returns what the index holds then.
pub(super) fn fill_beside_writer(
    store: &Store,
    index: &Index,
    snapshot: Option<&SnapshotFile>,
    whole: u64,
) -> Result<(Origin, Loaded), RestoreError> {
    // The batch behind the last one may be on its way in.
    let through = store.revision()? + 1;
    Ok(match fill(store, index, snapshot, |_| true)? {
        Filled::FromSnapshot(origin, loaded) => (origin, loaded),
        Filled::ByScan(origin) => (origin, Loaded { revision: whole, through, relations: index.relations() }),
    })
}

/// The brands on file, their declarations, and what is missing of their data.
pub(super) fn restore_brands(store: &Store, index: &Index) -> Result<(), StoreError> {
    index.brands().fill(store.brands()?);
    index.declarations().fill(store.declarations()?);
    for gap in store.gaps()? {
        index.brands().note(gap.brand, |freshness| freshness.set_gap(Some((gap.from, gap.to))));
    }
    Ok(())
}

/// How fresh each brand's data is, and that nothing is missing of it any more: not before the data itself.
pub(super) fn restore_freshness(store: &Store, index: &Index) -> Result<(), StoreError> {
    let gaps: HashSet<BrandCode> = store.gaps()?.into_iter().map(|gap| gap.brand).collect();
    for Brand { code, .. } in store.brands()? {
        let imported = store.import_cursor(code)?;
        index.brands().note(code, |freshness| {
            if let Some(at) = imported {
                freshness.imported(at);
            }
            if !gaps.contains(&code) {
                freshness.set_gap(None);
            }
        });
    }
    for (brand, stream, position) in store.positions()? {
        index.brands().note(brand, |freshness| freshness.followed(stream, StreamFreshness::of(&position)));
    }
    Ok(())
}

/// What filled the index, and of a snapshot what it holds then.
enum Filled {
    FromSnapshot(Origin, Loaded),
    ByScan(Origin),
}

fn fill(
    store: &Store,
    index: &Index,
    snapshot: Option<&SnapshotFile>,
    is_enough: impl Fn(&Loaded) -> bool,
) -> Result<Filled, RestoreError> {
    let unusable = match snapshot.map(|of| snapshot::load(store, index, of)) {
        Some(Ok((revision, loaded))) if is_enough(&loaded) => {
            let origin = Origin::Snapshot { revision, batches: loaded.revision - revision };
            return Ok(Filled::FromSnapshot(origin, loaded));
        }
        Some(Ok(_)) => Some(LoadError::Unusable("the changes since have a hole")),
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
    Ok(Filled::ByScan(origin))
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
