//! The only folder that names RocksDB: opening, reading and writing bytes by family.

mod checkpoint;
mod figures;
mod handle;
mod log_check;
mod options;
mod rewrite;
mod scan;
mod sst;

pub use figures::{FamilyFigures, Pressure};
pub use options::{Compression, Options};
pub(super) use sst::SstWriter;

use super::error::StoreError;
use super::evidence::{MarkInBatch, PendingMark};
use crate::sys::clock::Clock;
use crate::sys::shortage;
use crate::sys::shortage::Shortage;
use handle::Handle;
use options::{base_options, families, follower_options, look_options, reader_options};
use rocksdb::{ColumnFamily, DB, ErrorKind, IteratorMode, ReadOptions, WriteBatch, WriteOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

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
    db: Handle,
    path: PathBuf,
    /// None of a store that is only read.
    writable: Option<Options>,
    sst: sst::SstOptions,
    /// Held by a step of the pass over the history.
    pub(super) stepping: Mutex<()>,
    /// Row that is to be remembered of the evidence.
    pub(super) mark: PendingMark,
    /// The clock whose latest reading is kept.
    pub(super) clock: OnceLock<Clock>,
    /// The sequence number of the last write that was there when it was opened.
    pub(super) opened_at: u64,
    /// The sequence number up to which writes are synced, of those that this process made.
    synced: AtomicU64,
}

/// How often a store is tried to be opened beside its writer, at most.
const READ_ATTEMPTS: u32 = 5;

/// Writes that become durable together or not at all.
pub(super) struct Writes<'a> {
    store: &'a Store,
    /// The database that the families of the batch are of; none before the first of it.
    db: Option<Arc<DB>>,
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
        let db = open_for_writing(path, options)?;
        Ok(Self::of(db, path, options, Some(*options)))
    }

    /// Opens the store for writing without what is behind a damaged place of its write-ahead log: for an operator who accepts that loss. It
    /// is to be flushed before it is closed, or the next start reads the damaged log again.
    pub(super) fn open_behind_damage(path: &Path, options: &Options) -> Result<Self, StoreError> {
        log_check::check_names(path)?;
        log_check::cut_behind_damage(path)?;
        refuse_unknown_families(path)?;
        let mut db_options = writer_options(path, options)?;
        db_options.set_wal_recovery_mode(rocksdb::DBRecoveryMode::PointInTime);
        let db = open_with(path, options, &db_options)?;
        Ok(Self::of(db, path, options, Some(*options)))
    }

    /// Opens the store for reading, beside a process that writes: what it has committed until now.
    pub(super) fn open_readable(path: &Path, options: &Options) -> Result<Self, StoreError> {
        if !path.join("CURRENT").exists() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        refuse_unknown_families(path)?;
        let db_options = reader_options().map_err(|error| unusable(path, &error))?;
        let open = || DB::open_cf_descriptors_read_only(&db_options, path, families(options), false);
        // A writer may remove a file between our reading its name and opening it; the next list of files
        // does not name it any more.
        let db = (1..READ_ATTEMPTS).find_map(|_| open().ok()).map_or_else(open, Ok).map_err(|error| unusable(path, &error))?;
        Ok(Self::of(db, path, options, None))
    }

    /// Opens a store that no process has open for reading. None where there is none, or its families were never all made.
    pub(super) fn open_unchanged(path: &Path, options: &Options) -> Result<Option<Self>, StoreError> {
        log_check::check_names(path)?;
        if !path.join("CURRENT").exists() {
            return Ok(None);
        }
        log_check::check(path)?;
        let found = known_families(path)?;
        let is_named = |family: Family| found.iter().any(|name| name == family.name());
        if !Family::ALL.into_iter().any(is_named) {
            let left = log_check::first_of(path, &["sst"]).map_err(|error| StoreError::unusable(path, error.to_string()))?;
            let Some(left) = left else { return Ok(None) };
            let reason = format!("the list of files names none, and there is {}", left.display());
            return Err(StoreError::Damaged { path: path.to_owned(), reason, in_log: false });
        }
        if !Family::ALL.into_iter().all(is_named) {
            return Ok(None);
        }
        let db_options = look_options(options.open_files).map_err(|error| unusable(path, &error))?;
        let db = DB::open_cf_descriptors_read_only(&db_options, path, families(options), false);
        Ok(Some(Self::of(db.map_err(|error| damage_of(path, options, &error))?, path, options, None)))
    }

    /// Opens the store for following, beside a process that may be writing: as it is now, and with [`Store::follow`] as
    /// it became. `own` is a folder for this process alone.
    pub(super) fn open_follower(path: &Path, own: &Path, options: &Options) -> Result<Self, StoreError> {
        if !path.join("CURRENT").exists() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        refuse_unknown_families(path)?;
        let db_options = follower_options().map_err(|error| unusable(path, &error))?;
        let open = || DB::open_cf_descriptors_as_secondary(&db_options, path, own, families(options));
        // As for reading: a file may go while it is being opened.
        let db = (1..READ_ATTEMPTS).find_map(|_| open().ok()).map_or_else(open, Ok).map_err(|error| unusable(path, &error))?;
        Ok(Self::of(db, path, options, None))
    }

    fn of(db: DB, path: &Path, options: &Options, writable: Option<Options>) -> Self {
        let (mark, opened_at) = (PendingMark::default(), db.latest_sequence_number());
        Self {
            db: Handle::new(db),
            path: path.to_owned(),
            writable,
            sst: sst::SstOptions::of(options),
            stepping: Mutex::default(),
            mark,
            clock: OnceLock::new(),
            opened_at,
            synced: AtomicU64::new(0),
        }
    }

    /// Closes the database and opens it again, as a start does: afterwards it holds every write that was acknowledged, and
    /// of one that failed all or nothing. Reads that come meanwhile fail. On an error it may be closed; the next call
    /// opens it then.
    pub(super) fn reopen_database(&self) -> Result<(), StoreError> {
        let options = self.writable.ok_or(StoreError::Closed)?;
        self.db.reopen(|| open_for_writing(&self.path, &options))
    }

    /// Whether there is room and descriptors for the store to be written.
    pub(super) fn probe(&self) -> Result<(), StoreError> {
        shortage::probe(&self.path).map_err(|error| of_system(Shortage::of(&error), format!("{}: {error}", self.path.display())))
    }

    /// Has a follower see what was committed until now.
    pub fn follow(&self) -> Result<(), StoreError> {
        self.db()?.try_catch_up_with_primary().map_err(|error| self.failed(&error))
    }

    /// The sequence number up to which every write of this process is synced; 0 before the first.
    pub fn synced(&self) -> u64 {
        self.synced.load(Ordering::Acquire)
    }

    /// The sequence number of the last write that is there.
    pub(super) fn last_write(&self) -> Result<u64, StoreError> {
        Ok(self.db()?.latest_sequence_number())
    }

    /// The store's folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn db(&self) -> Result<Arc<DB>, StoreError> {
        self.db.get()
    }

    /// The error that RocksDB reports. The binding has its status as a text, of which the first words are the status' own
    /// name; what the system said behind it is asked of the system.
    fn failed(&self, error: &rocksdb::Error) -> StoreError {
        let text = error.to_string();
        match error.kind() {
            ErrorKind::Corruption => StoreError::Corruption(text),
            ErrorKind::IOError if self.writable.is_some() => of_system(shortage::suspect(&self.path), text),
            _ => StoreError::Rocks(text),
        }
    }

    pub(super) fn get(&self, family: Family, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db()?;
        db.get_cf(handle_of(&db, family)?, key).map_err(|error| self.failed(&error))
    }

    /// The values of many keys, in their order. The keys are in ascending order.
    pub(super) fn get_sorted<K: AsRef<[u8]>, T>(
        &self,
        family: Family,
        keys: &[K],
        mut decode: impl FnMut(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Vec<Option<T>>, StoreError> {
        let db = self.db()?;
        let values = db.batched_multi_get_cf(handle_of(&db, family)?, keys, true);
        let decoded = |value: Result<_, rocksdb::Error>| {
            let value: Option<rocksdb::DBPinnableSlice<'_>> = value.map_err(|error| self.failed(&error))?;
            value.map(|bytes| decode(&bytes)).transpose()
        };
        values.into_iter().map(decoded).collect()
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
        let db = self.db()?;
        let mut rows = db.raw_iterator_cf_opt(handle_of(&db, family)?, options);
        rows.seek_to_first();
        while let Some((key, value)) = rows.item() {
            each(key, value)?;
            rows.next();
        }
        rows.status().map_err(|error| self.failed(&error))
    }

    /// The first key of a family.
    pub(super) fn first_key(&self, family: Family) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db()?;
        let first = db.iterator_cf(handle_of(&db, family)?, IteratorMode::Start).next();
        first.map(|entry| entry.map(|(key, _)| key.into_vec()).map_err(|error| self.failed(&error))).transpose()
    }

    /// Whether a family holds any key from `first` to `last`, both included. Far cheaper than asking for
    /// every key of a range where nothing is.
    pub(super) fn holds_any(&self, family: Family, first: &[u8], last: &[u8]) -> Result<bool, StoreError> {
        let mut options = ReadOptions::default();
        options.set_total_order_seek(true);
        let db = self.db()?;
        let mut found = db.raw_iterator_cf_opt(handle_of(&db, family)?, options);
        found.seek(first);
        found.status().map_err(|error| self.failed(&error))?;
        Ok(found.key().is_some_and(|key| key <= last))
    }

    /// Begins a batch of writes.
    pub(super) fn writes(&self) -> Writes<'_> {
        Writes { store: self, db: None, batch: WriteBatch::default() }
    }

    /// Writes memory to disk, so that the next start has no log to read.
    pub fn flush(&self) -> Result<(), StoreError> {
        let db = self.db()?;
        for family in Family::ALL {
            db.flush_cf(handle_of(&db, family)?).map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }
}

impl Writes<'_> {
    /// The database of the batch, and the batch itself.
    fn parts(&mut self) -> Result<(&DB, &mut WriteBatch), StoreError> {
        let db = match self.db.take() {
            Some(db) => db,
            None => self.store.db()?,
        };
        Ok((self.db.insert(db), &mut self.batch))
    }

    pub(super) fn put(&mut self, family: Family, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let (db, batch) = self.parts()?;
        batch.put_cf(handle_of(db, family)?, key, value);
        Ok(())
    }

    pub(super) fn delete(&mut self, family: Family, key: &[u8]) -> Result<(), StoreError> {
        let (db, batch) = self.parts()?;
        batch.delete_cf(handle_of(db, family)?, key);
        Ok(())
    }

    /// Makes the writes durable: in the write-ahead log and synced when this returns.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        if self.batch.is_empty() { Ok(()) } else { self.commit_with_mark() }
    }

    /// Makes the writes durable, and with them what is new to be remembered of the evidence, be they nothing else.
    pub(super) fn commit_with_mark(mut self) -> Result<(), StoreError> {
        let store = self.store;
        let is_mark_alone = self.batch.is_empty();
        let mark = store.mark.put_into(&mut self)?;
        if mark.is_some() {
            store.put_clock(&mut self)?;
        }
        if self.batch.is_empty() {
            return Ok(());
        }
        let (db, batch) = self.parts()?;
        // Every write of the batch gets a number beyond this one.
        let (before, writes) = (db.latest_sequence_number(), batch.len() as u64);
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.write(&options)?;
        mark.into_iter().for_each(MarkInBatch::written);
        // What the store remembers of the evidence is no news for the evidence: each would lead to the other for ever.
        if !is_mark_alone {
            store.synced.fetch_max(before + writes, Ordering::Release);
        }
        Ok(())
    }

    fn write(mut self, options: &WriteOptions) -> Result<(), StoreError> {
        let batch = std::mem::take(&mut self.batch);
        let Some(db) = self.db.filter(|_| !batch.is_empty()) else { return Ok(()) };
        db.write_opt(batch, options).map_err(|error| StoreError::NotWritten(Box::new(self.store.failed(&error))))
    }
}

fn open_for_writing(path: &Path, options: &Options) -> Result<DB, StoreError> {
    log_check::check_names(path)?;
    refuse_unknown_families(path)?;
    open_with(path, options, &writer_options(path, options)?)
}

fn writer_options(path: &Path, options: &Options) -> Result<rocksdb::Options, StoreError> {
    let mut db_options = base_options(options.open_files).map_err(|error| unusable(path, &error))?;
    db_options.create_if_missing(true);
    db_options.create_missing_column_families(true);
    Ok(db_options)
}

fn open_with(path: &Path, options: &Options, db_options: &rocksdb::Options) -> Result<DB, StoreError> {
    DB::open_cf_descriptors(db_options, path, families(options)).map_err(|error| damage_of(path, options, &error))
}

/// The error of an opening, which says whether the store can be opened without the end of its write-ahead log.
fn damage_of(path: &Path, options: &Options, error: &rocksdb::Error) -> StoreError {
    let opens_without_end = || {
        let mut db_options = look_options(options.open_files)?;
        db_options.set_wal_recovery_mode(rocksdb::DBRecoveryMode::PointInTime);
        DB::open_cf_descriptors_read_only(&db_options, path, families(options), false)
    };
    match unusable(path, error) {
        StoreError::Damaged { path, reason, .. } => StoreError::Damaged { path, reason, in_log: opens_without_end().is_ok() },
        other => other,
    }
}

fn handle_of(db: &DB, family: Family) -> Result<&ColumnFamily, StoreError> {
    db.cf_handle(family.name()).ok_or_else(|| StoreError::Rocks(format!("family {} is not open", family.name())))
}

/// An error whose cause is a shortage, or something else of the system.
fn of_system(shortage: Option<Shortage>, text: String) -> StoreError {
    match shortage {
        Some(Shortage::Disk) => StoreError::DiskFull(text),
        Some(Shortage::Descriptors) => StoreError::NoDescriptors(text),
        None => StoreError::Rocks(text),
    }
}

/// A family that we do not know was made by a later version: refuse before anything is changed.
fn refuse_unknown_families(path: &Path) -> Result<(), StoreError> {
    if !path.join("CURRENT").exists() {
        return Ok(());
    }
    log_check::check(path)?;
    known_families(path).map(drop)
}

/// Names of the families that are there, which are all ones that this program knows.
fn known_families(path: &Path) -> Result<Vec<String>, StoreError> {
    let found = DB::list_cf(&rocksdb::Options::default(), path).map_err(|error| unusable(path, &error))?;
    let known = |name: &str| name == "default" || Family::ALL.into_iter().any(|family| family.name() == name);
    match found.iter().find(|name| !known(name)) {
        Some(name) => {
            let found = format!("with a family {name:?}");
            Err(StoreError::NewerFormat { path: path.to_owned(), found, known: super::codec::FORMAT })
        }
        None => Ok(found),
    }
}

fn unusable(path: &Path, error: &rocksdb::Error) -> StoreError {
    let (path, reason) = (path.to_owned(), error.to_string());
    match error.kind() {
        ErrorKind::Corruption => StoreError::Damaged { path, reason, in_log: false },
        _ => StoreError::unusable(&path, reason),
    }
}
