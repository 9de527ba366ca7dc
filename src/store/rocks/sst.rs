//! Sorted files written beside the store and then taken in whole: far cheaper than one write a key, and
//! each family takes its file in at once or not at all.

use super::{Family, Store, handle_of, options};
use crate::store::error::StoreError;
use rocksdb::{Cache, IngestExternalFileOptions, SstFileWriter};
use std::path::Path;

/// The families that take files in, each with the options that its files are written under.
pub(super) struct SstOptions([(Family, rocksdb::Options); 3]);

/// A sorted file being written.
pub(in crate::store) struct SstWriter<'a> {
    store: &'a Store,
    writer: SstFileWriter<'a>,
}

impl SstOptions {
    pub(super) fn of(options: &options::Options) -> Self {
        // Writing reads no block; the options want a cache all the same.
        let cache = Cache::new_lru_cache(1 << 20);
        let families = [Family::Consent, Family::History, Family::Changes];
        Self(families.map(|family| (family, options::family_options(family, options, &cache))))
    }
}

impl Store {
    /// Begins a sorted file for `family`; replaces one of that name.
    pub(in crate::store) fn sst_writer(&self, family: Family, path: &Path) -> Result<SstWriter<'_>, StoreError> {
        let made_for = self.sst.0.iter().find(|(made_for, _)| *made_for == family);
        let (_, options) = made_for.ok_or_else(|| StoreError::Rocks(format!("{} takes no files in", family.name())))?;
        let writer = SstFileWriter::create(options);
        writer.open(path).map_err(|error| self.failed(&error))?;
        Ok(SstWriter { store: self, writer })
    }

    /// Takes a sorted file in, all of it or nothing; the file is moved. What memory holds of the same
    /// keys is flushed before, so that the file is the newer one.
    pub(in crate::store) fn ingest(&self, family: Family, path: &Path) -> Result<(), StoreError> {
        let mut options = IngestExternalFileOptions::default();
        options.set_move_files(true);
        let db = self.db()?;
        let taken = db.ingest_external_file_cf_opts(handle_of(&db, family)?, &options, vec![path]);
        taken.map_err(|error| StoreError::NotWritten(Box::new(self.failed(&error))))
    }
}

impl SstWriter<'_> {
    /// Adds an entry; keys come in ascending order, each once.
    pub(in crate::store) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.writer.put(key, value).map_err(|error| self.store.failed(&error))
    }

    /// Ends the file and syncs it; how many bytes it has.
    pub(in crate::store) fn finish(mut self) -> Result<u64, StoreError> {
        self.writer.finish().map_err(|error| self.store.failed(&error))?;
        Ok(self.writer.file_size())
    }
}
