//! Boot: the index is filled from the store.

use crate::index::Index;
use crate::store::{Store, StoreError};

/// Fills `index` with every relation, brand and the revision of `store`, and marks it loaded.
pub fn restore(store: &Store, index: &Index) -> Result<(), StoreError> {
    for brand in store.brands()? {
        let as_of = store.import_cursor(brand.code)?;
        index.brands().put(brand, as_of);
    }
    store.each_record(|relation, record| index.set(relation.hash(), record.state()))?;
    index.revision().publish(store.revision()?);
    index.mark_loaded();
    Ok(())
}
