//! Boot: the index is filled from the store.

use crate::index::{Full, Index};
use crate::model::key::RelationHash;
use crate::model::state::State;
use crate::store::{Store, StoreError};

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

/// Fills `index` with every relation, brand and the revision of `store`, and marks it loaded.
pub fn restore(store: &Store, index: &Index) -> Result<(), RestoreError> {
    for brand in store.brands()? {
        let as_of = store.import_cursor(brand.code)?;
        index.brands().put(brand, as_of);
    }
    scan(store, index)?;
    index.revision().publish(store.revision()?);
    index.mark_loaded();
    Ok(())
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
