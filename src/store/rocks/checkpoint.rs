//! A copy of the store at one moment, made beside whatever is going on.

use super::Store;
use crate::store::error::StoreError;
use rocksdb::checkpoint::Checkpoint;
use std::path::Path;

impl Store {
    /// Makes a copy at `folder`, which must not exist: every batch up to a moment during this call, whole.
    /// Sorted files, which never change, are linked rather than copied where the file system allows it, so
    /// it takes little time and room. The copy's files are synced when this returns.
    pub(in crate::store) fn checkpoint(&self, folder: &Path) -> Result<(), StoreError> {
        let db = self.db()?;
        let made = Checkpoint::new(&db).and_then(|checkpoint| checkpoint.create_checkpoint(folder));
        made.map_err(|error| self.failed(&error))
    }
}
