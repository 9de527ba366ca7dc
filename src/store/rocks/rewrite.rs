//! Writing files anew, so that what was removed or replaced is not in them any more.

use super::{Family, Store, handle_of};
use crate::store::error::StoreError;
use rocksdb::{BottommostLevelCompaction, CompactOptions, properties};

impl Store {
    /// Writes the files anew that hold anything from the first key to the last, both included, or all of a
    /// family, down to the last level: nothing that was removed or replaced before is in them afterwards.
    /// What is still in memory is not looked at.
    pub(in crate::store) fn rewrite(&self, family: Family, keys: Option<(&[u8], &[u8])>) -> Result<(), StoreError> {
        let before = self.background_errors(family)?;
        let mut options = CompactOptions::default();
        // A file on the last level may hold a key beside its replacement or its removal above.
        options.set_bottommost_level_compaction(BottommostLevelCompaction::ForceOptimized);
        // What goes on by itself goes on.
        options.set_exclusive_manual_compaction(false);
        let (first, last) = keys.unzip();
        let db = self.db()?;
        db.compact_range_cf_opt(handle_of(&db, family)?, first, last, &options);
        // The binding does not say how it went.
        if self.background_errors(family)? == before {
            return Ok(());
        }
        Err(StoreError::Rocks(format!("files of {} could not be written anew; RocksDB's LOG says why", family.name())))
    }

    fn background_errors(&self, family: Family) -> Result<u64, StoreError> {
        let db = self.db()?;
        let errors = db.property_int_value_cf(handle_of(&db, family)?, properties::BACKGROUND_ERRORS);
        Ok(errors.map_err(|error| self.failed(&error))?.unwrap_or(0))
    }
}
