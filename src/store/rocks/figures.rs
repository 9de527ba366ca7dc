//! What the store takes up on disk.

use super::{Family, Store, handle_of};
use crate::store::error::StoreError;
use rocksdb::{ColumnFamily, properties};
use std::fs;

/// RocksDB's own number of levels, which we leave as it is.
const LEVELS: usize = 7;

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

/// What the store has on its hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Pressure {
    /// Sorted files in use.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of writes in memory.
    pub memtables: u64,
    /// Bytes of blocks in the cache, which all families share.
    pub cache: u64,
    /// Bytes that are still to be compacted, by RocksDB's estimate.
    pub pending: u64,
    /// Compactions under way.
    pub compactions: u64,
    /// Writes are slowed down.
    pub delayed: bool,
    /// Writes stand.
    pub stopped: bool,
}

impl Store {
    /// What the store has on its hands, from what RocksDB keeps in memory.
    pub fn pressure(&self) -> Result<Pressure, StoreError> {
        let db = self.db()?;
        let failed = |error: rocksdb::Error| self.failed(&error);
        let of_all = |name: &properties::PropName| db.property_int_value(name).map_err(failed).map(Option::unwrap_or_default);
        let mut pressure = Pressure {
            compactions: of_all(properties::NUM_RUNNING_COMPACTIONS)?,
            delayed: of_all(properties::ACTUAL_DELAYED_WRITE_RATE)? > 0,
            stopped: of_all(properties::IS_WRITE_STOPPED)? > 0,
            ..Pressure::default()
        };
        let value = |family: &ColumnFamily, name: &properties::PropName| {
            db.property_int_value_cf(family, name).map_err(failed).map(Option::unwrap_or_default)
        };
        // Any of them tells of the one cache.
        pressure.cache = value(handle_of(&db, Family::Consent)?, properties::BLOCK_CACHE_USAGE)?;
        for family in Family::ALL {
            let family = handle_of(&db, family)?;
            let of = |name: &properties::PropName| value(family, name);
            pressure.bytes += of(properties::LIVE_SST_FILES_SIZE)?;
            pressure.memtables += of(properties::CUR_SIZE_ALL_MEM_TABLES)?;
            pressure.pending += of(properties::ESTIMATE_PENDING_COMPACTION_BYTES)?;
            for level in 0..LEVELS {
                let files = db.property_value_cf(family, properties::num_files_at_level(level)).map_err(failed)?;
                pressure.files += files.and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
            }
        }
        Ok(pressure)
    }

    /// Every family with its size.
    pub fn families(&self) -> Result<Vec<FamilyFigures>, StoreError> {
        let db = self.db()?;
        let files = db.live_files().map_err(|error| self.failed(&error))?;
        let figures = |family: Family| {
            let own = || files.iter().filter(|file| file.column_family_name == family.name());
            let entries = db.property_int_value_cf(handle_of(&db, family)?, properties::ESTIMATE_NUM_KEYS);
            let entries = entries.map_err(|error| self.failed(&error))?;
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
        for entry in fs::read_dir(self.path()).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let is_log = entry.path().extension().is_some_and(|kind| kind == "log");
            // A log that the writer has just let go is none any more.
            bytes += if is_log { entry.metadata().map_or(0, |found| found.len()) } else { 0 };
        }
        Ok(bytes)
    }
}
