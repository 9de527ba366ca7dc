//! What a slice of a bulk import leaves, written as sorted files beside the store and not yet part of it.

use super::codec::{self, HistoryBytes};
use super::error::StoreError;
use super::rocks::{Family, SstWriter, Store};
use crate::model::consent::key::RelationKey;
use crate::model::consent::record::Record;
use crate::model::consent::state::State;
use crate::model::time::IysTime;
use crate::sys::private_file::make_folder;
use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_64;

/// Files being written for one revision: `REVISION.FAMILY.sst` in [`Store::staging`].
pub struct Staging<'a> {
    store: &'a Store,
    revision: u64,
    now: IysTime,
    history: Option<Writing<'a>>,
    consent: Option<Writing<'a>>,
    /// relation ‖ state of relations that were not on record before, and of the others.
    new: Vec<u8>,
    known: Vec<u8>,
    value: Vec<u8>,
}

/// One file being written.
struct Writing<'a> {
    writer: SstWriter<'a>,
    file: StagedFile,
}

/// Files that are whole and synced, to be committed together.
#[derive(Debug, PartialEq, Eq)]
pub struct Staged {
    pub(super) revision: u64,
    pub(super) files: Vec<StagedFile>,
}

/// One file, and how to know it again once a family has taken it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StagedFile {
    pub(super) family: Family,
    pub(super) name: String,
    /// Bytes; 0 while it is written.
    pub(super) size: u64,
    /// Its first key and xxh3-64 of that key's value. A file holds only what it changes and is taken in
    /// whole, so the family holds this value if and only if it has taken the file in.
    pub(super) first: (Vec<u8>, u64),
}

impl Store {
    /// Where sorted files wait: beside the store's folder, on its disk.
    #[must_use]
    pub fn staging(&self) -> PathBuf {
        self.path().with_file_name("import")
    }

    /// Begins the files of a revision. Several may be written at once, for different revisions.
    pub fn stage(&self, revision: u64, now: IysTime) -> Result<Staging<'_>, StoreError> {
        let staging = self.staging();
        make_folder(&staging).map_err(|error| StoreError::staging(&staging, &error))?;
        let (new, known, value) = (Vec::with_capacity(1 << 20), Vec::new(), Vec::new());
        Ok(Staging { store: self, revision, now, history: None, consent: None, new, known, value })
    }
}

impl Staging<'_> {
    /// A movement; `value` is as [`codec::encode_history`] makes it. Keys come in ascending order.
    pub fn history(&mut self, key: &HistoryBytes, value: &[u8]) -> Result<(), StoreError> {
        put(self.store, &mut self.history, (Family::History, self.revision), key, value)
    }

    /// What a relation holds now. Relations come in ascending order.
    /// `is_new` says that it was not on record before.
    pub fn record(&mut self, relation: &RelationKey, record: &Record, state: State, is_new: bool) -> Result<(), StoreError> {
        let key = relation.to_bytes();
        self.value.clear();
        codec::push_record(record, &mut self.value);
        let change = if is_new { &mut self.new } else { &mut self.known };
        change.extend_from_slice(&key);
        change.push(state.byte());
        put(self.store, &mut self.consent, (Family::Consent, self.revision), &key, &self.value)
    }

    /// Ends the files; none if there was nothing to write.
    pub fn finish(self) -> Result<Option<Staged>, StoreError> {
        let Self { store, revision, now, history, consent, new, known, .. } = self;
        // Every change of a consent comes with a movement.
        let Some(history) = history else { return Ok(None) };
        let change = codec::join_change(now, &new, &known);
        let mut changes = None;
        put(store, &mut changes, (Family::Changes, revision), &revision.to_be_bytes(), &change)?;
        let files = [Some(history), consent, changes].into_iter().flatten().map(Writing::finish).collect::<Result<_, _>>()?;
        Ok(Some(Staged { revision, files }))
    }
}

fn put<'a>(
    store: &'a Store,
    writing: &mut Option<Writing<'a>>,
    (family, revision): (Family, u64),
    key: &[u8],
    value: &[u8],
) -> Result<(), StoreError> {
    if let Some(writing) = writing {
        return writing.writer.put(key, value);
    }
    let name = format!("{revision:020}.{}.sst", family.name());
    let writer = store.sst_writer(family, &store.staging().join(&name))?;
    let file = StagedFile { family, name, size: 0, first: (key.to_vec(), xxh3_64(value)) };
    writing.insert(Writing { writer, file }).writer.put(key, value)
}

impl Writing<'_> {
    fn finish(self) -> Result<StagedFile, StoreError> {
        Ok(StagedFile { size: self.writer.finish()?, ..self.file })
    }
}
