//! What the store takes up on disk.

use super::{Family, Store, failed};
use crate::store::error::StoreError;
use rocksdb::properties;
use std::fs;

/// One column family on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyFigures {
    /// Its name.
    pub name: &'static str,
    /// RocksDB's estimate of its entries: what was overwritten or removed and not yet compacted blurs it.
    pub entries: u64,
    /// Sorted files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Store {
    /// Every family with its size.
    pub fn families(&self) -> Result<Vec<FamilyFigures>, StoreError> {
        let files = self.db.live_files().map_err(failed)?;
        let figures = |family: Family| {
            let own = || files.iter().filter(|file| file.column_family_name == family.name());
            let entries = self.db.property_int_value_cf(self.family(family)?, properties::ESTIMATE_NUM_KEYS).map_err(failed)?;
            Ok(FamilyFigures {
                name: family.name(),
                entries: entries.unwrap_or(0),
                files: own().count() as u64,
                bytes: own().map(|file| file.size as u64).sum(),
            })
        };
        Family::ALL.into_iter().map(figures).collect()
    }

    /// Bytes of the write-ahead log: what the next start has to read again, at most.
    pub fn log_bytes(&self) -> Result<u64, StoreError> {
        let unreadable = |error: std::io::Error| StoreError::Rocks(error.to_string());
        let mut bytes = 0;
        for entry in fs::read_dir(self.db.path()).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let is_log = entry.path().extension().is_some_and(|kind| kind == "log");
            // A log that the writer has just let go is none any more.
            bytes += if is_log { entry.metadata().map_or(0, |found| found.len()) } else { 0 };
        }
        Ok(bytes)
    }
}
