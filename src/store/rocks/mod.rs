//! The only folder that names RocksDB: opening, reading and writing bytes by family.

mod checkpoint;
mod figures;
mod options;
mod rewrite;
mod sst;
mod walk;

pub use figures::{FamilyFigures, Pressure};
pub use options::{Compression, Options};
pub(super) use sst::SstWriter;

use super::error::StoreError;
use options::{base_options, families, follower_options, reader_options};
use rocksdb::{ColumnFamily, DB, IteratorMode, ReadOptions, WriteBatch, WriteOptions};
use std::path::Path;
use std::sync::Mutex;

/// The column families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Consent,
    History,
    Changes,
    Recipients,
    Cursors,
    Registry,
    Meta,
}

/// The store. One process at a time holds it open for writing.
pub struct Store {
    db: DB,
    sst: sst::SstOptions,
    /// Held by a step of the pass over the history.
    pub(super) stepping: Mutex<()>,
}

/// How often a store is tried to be opened beside its writer, at most.
const READ_ATTEMPTS: u32 = 5;

/// Writes that become durable together or not at all.
pub(super) struct Writes<'a> {
    store: &'a Store,
    batch: WriteBatch,
}

impl Family {
    pub(super) const ALL: [Self; 7] =
        [Self::Consent, Self::History, Self::Changes, Self::Recipients, Self::Cursors, Self::Registry, Self::Meta];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::History => "history",
            Self::Changes => "changes",
            Self::Recipients => "recipients",
            Self::Cursors => "cursors",
            Self::Registry => "registry",
            Self::Meta => "meta",
        }
    }
}

impl Store {
    /// Opens the store for writing; makes it if the folder holds none.
    pub(super) fn open_writable(path: &Path, options: &Options) -> Result<Self, StoreError> {
        refuse_unknown_families(path)?;
        let mut db_options = base_options(options.open_files).map_err(failed)?;
        db_options.create_if_missing(true);
        db_options.create_missing_column_families(true);
        let db = DB::open_cf_descriptors(&db_options, path, families(options)).map_err(|error| unusable(path, &error))?;
        Ok(Self { db, sst: sst::SstOptions::of(options), stepping: Mutex::default() })
    }

    /// Opens the store for reading, beside a process that writes: what it has committed until now.
    pub(super) fn open_readable(path: &Path, options: &Options) -> Result<Self, StoreError> {
        if !path.join("CURRENT").exists() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        refuse_unknown_families(path)?;
        let db_options = reader_options().map_err(failed)?;
        let open = || DB::open_cf_descriptors_read_only(&db_options, path, families(options), false);
        // A writer may remove a file between our reading its name and opening it; the next list of files
        // does not name it any more.
        let db = (1..READ_ATTEMPTS).find_map(|_| open().ok()).map_or_else(open, Ok).map_err(|error| unusable(path, &error))?;
        Ok(Self { db, sst: sst::SstOptions::of(options), stepping: Mutex::default() })
    }

    /// Opens the store for following, beside a process that may be writing: as it is now, and with [`Store::follow`] as
    /// it became. `own` is a folder for this process alone.
    pub(super) fn open_follower(path: &Path, own: &Path, options: &Options) -> Result<Self, StoreError> {
        if !path.join("CURRENT").exists() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        refuse_unknown_families(path)?;
        let db_options = follower_options().map_err(failed)?;
        let open = || DB::open_cf_descriptors_as_secondary(&db_options, path, own, families(options));
        // As for reading: a file may go while it is being opened.
        let db = (1..READ_ATTEMPTS).find_map(|_| open().ok()).map_or_else(open, Ok).map_err(|error| unusable(path, &error))?;
        Ok(Self { db, sst: sst::SstOptions::of(options), stepping: Mutex::default() })
    }

    /// Has a follower see what was committed until now.
    pub fn follow(&self) -> Result<(), StoreError> {
        self.db.try_catch_up_with_primary().map_err(failed)
    }

    /// The store's folder.
    pub(super) fn path(&self) -> &Path {
        self.db.path()
    }

    fn family(&self, family: Family) -> Result<&ColumnFamily, StoreError> {
        self.db.cf_handle(family.name()).ok_or_else(|| StoreError::Rocks(format!("family {} is not open", family.name())))
    }

    pub(super) fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.get_cf(self.family(family)?, key).map_err(failed)
    }

    /// The values of many keys, in their order. The keys are in ascending order.
    pub(super) fn get_sorted<K: AsRef<[u8]>, T>(
        &self,
        family: Family,
        keys: &[K],
        mut decode: impl FnMut(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Vec<Option<T>>, StoreError> {
        let values = self.db.batched_multi_get_cf(self.family(family)?, keys, true);
        values.into_iter().map(|value| value.map_err(failed)?.map(|bytes| decode(&bytes)).transpose()).collect()
    }

    /// Every entry whose key starts with `prefix`, in the order of keys.
    pub(super) fn scan(
        &self,
        family: Family,
        prefix: &[u8],
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut options = ReadOptions::default();
        options.set_total_order_seek(true);
        options.set_readahead_size(2 << 20);
        if prefix.is_empty() {
            // A scan of everything reads each block once: it must not push the hot ones out.
            options.fill_cache(false);
        } else {
            options.set_iterate_range(rocksdb::PrefixRange(prefix));
        }
        let mut rows = self.db.raw_iterator_cf_opt(self.family(family)?, options);
        rows.seek_to_first();
        while let Some((key, value)) = rows.item() {
            each(key, value)?;
            rows.next();
        }
        rows.status().map_err(failed)
    }

    /// The first key of a family.
    pub(super) fn first_key(&self, family: Family) -> Result<Option<Vec<u8>>, StoreError> {
        let first = self.db.iterator_cf(self.family(family)?, IteratorMode::Start).next();
        first.map(|entry| entry.map(|(key, _)| key.into_vec()).map_err(failed)).transpose()
    }

    /// Whether a family holds any key from `first` to `last`, both included. Far cheaper than asking for
    /// every key of a range where nothing is.
    pub(super) fn holds_any(&self, family: Family, first: &[u8], last: &[u8]) -> Result<bool, StoreError> {
        let mut options = ReadOptions::default();
        options.set_total_order_seek(true);
        let mut found = self.db.raw_iterator_cf_opt(self.family(family)?, options);
        found.seek(first);
        found.status().map_err(failed)?;
        Ok(found.key().is_some_and(|key| key <= last))
    }

    /// Begins a batch of writes.
    pub(super) fn writes(&self) -> Writes<'_> {
        Writes { store: self, batch: WriteBatch::default() }
    }

    /// Writes memory to disk, so that the next start has no log to read.
    pub fn flush(&self) -> Result<(), StoreError> {
        for family in Family::ALL {
            self.db.flush_cf(self.family(family)?).map_err(failed)?;
        }
        Ok(())
    }
}

impl Writes<'_> {
    pub(super) fn put(&mut self, family: Family, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.batch.put_cf(self.store.family(family)?, key, value);
        Ok(())
    }

    pub(super) fn delete(&mut self, family: Family, key: &[u8]) -> Result<(), StoreError> {
        self.batch.delete_cf(self.store.family(family)?, key);
        Ok(())
    }

    /// Makes the writes durable: in the write-ahead log and synced when this returns.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.store.db.write_opt(self.batch, &options).map_err(failed)
    }
}

/// A family that we do not know was made by a later version: refuse before anything is changed.
fn refuse_unknown_families(path: &Path) -> Result<(), StoreError> {
    if !path.join("CURRENT").exists() {
        return Ok(());
    }
    let found = DB::list_cf(&rocksdb::Options::default(), path).map_err(|error| unusable(path, &error))?;
    let known = |name: &str| name == "default" || Family::ALL.into_iter().any(|family| family.name() == name);
    match found.into_iter().find(|name| !known(name)) {
        Some(name) => {
            let found = format!("with a family {name:?}");
            Err(StoreError::NewerFormat { path: path.to_owned(), found, known: super::codec::FORMAT })
        }
        None => Ok(()),
    }
}

fn unusable(path: &Path, error: &rocksdb::Error) -> StoreError {
    StoreError::Unusable { path: path.to_owned(), reason: error.to_string() }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn failed(error: rocksdb::Error) -> StoreError {
    let text = error.to_string();
    if text.contains("No space left on device") { StoreError::DiskFull(text) } else { StoreError::Rocks(text) }
}
