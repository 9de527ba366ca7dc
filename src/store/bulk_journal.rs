//! How sorted files of several families become one batch.
//!
//! A family takes one file in at once, but each family by itself. So what is about to be done is written
//! to `meta` first (the intent, synced), then the families take their files in, then one batch puts the
//! revision and cursors in place and removes the intent. A start that finds an intent finishes it before
//! anything else; nothing of it was visible or acknowledged before.
//!
//! A file that is not there any more was either taken in, which its first entry shows, or removed by
//! somebody. Removed before any family took its file in, the whole intent is dropped: nothing of it is in
//! the store. Removed later, the batch cannot be made whole and the store is not opened.

use super::codec::{self, BulkPosition, InvalidBytes};
use super::error::StoreError;
use super::meta::{COMMITTED, REVISION};
use super::rocks::{Family, Store};
use super::staged::{Staged, StagedFile};
use crate::model::brand::BrandCode;
use crate::model::consent::source::Source;
use crate::model::time::IysTime;
use std::fs::{self, File};
use std::io::ErrorKind;
use xxhash_rust::xxh3::xxh3_64;

const INTENT: &[u8] = b"intent";
const VERSION: u8 = 1;

/// What is written in the batch that ends an intent, beside its revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion(Vec<(Family, Vec<u8>, Vec<u8>)>);

/// What is about to be done.
#[derive(Debug, PartialEq, Eq)]
struct Intent {
    staged: Staged,
    completion: Completion,
}

/// Where a file of an intent is found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the store.
    TakenIn,
    /// Beside it, whole.
    Waiting,
    /// Nowhere, or not whole.
    Lost,
}

impl Completion {
    /// The batch is committed at this moment: nothing is received before it.
    pub fn committed(&mut self, at: IysTime) {
        self.0.push((Family::Meta, COMMITTED.to_vec(), at.unix().to_be_bytes().to_vec()));
    }

    /// Data was taken in for a brand.
    pub fn import_cursor(&mut self, brand: BrandCode, as_of: IysTime) {
        self.0.push((Family::Cursors, codec::import_cursor_key(brand).to_vec(), codec::encode_cursor(as_of).to_vec()));
    }

    /// How far the import has come.
    pub fn bulk_position(&mut self, position: &BulkPosition) {
        self.0.push((Family::Cursors, codec::BULK_KEY.to_vec(), codec::encode_bulk(position)));
    }

    /// The name of a source outside the table.
    pub fn source(&mut self, source: &Source) {
        self.0.push((Family::Registry, codec::source_key(source.code()).to_vec(), source.name().as_bytes().to_vec()));
    }
}

impl Store {
    /// Makes staged files part of the store, durably: all of them with `completion`, or nothing. After an
    /// error the store must be opened anew, which finishes or drops what was begun.
    pub fn commit_staged(&self, staged: Staged, completion: Completion) -> Result<(), StoreError> {
        let intent = Intent { staged, completion };
        self.write_intent(&intent)?;
        for file in &intent.staged.files {
            self.ingest(file.family, &self.staging().join(&file.name))?;
        }
        self.complete(&intent)
    }

    /// The same where nothing changed and there are no files.
    pub fn commit_completion(&self, completion: &Completion) -> Result<(), StoreError> {
        let mut writes = self.writes();
        for (family, key, value) in &completion.0 {
            writes.put(*family, key, value)?;
        }
        writes.commit()
    }

    /// How far the last bulk import came.
    pub fn bulk_position(&self) -> Result<Option<BulkPosition>, StoreError> {
        let stored = self.get(Family::Cursors, codec::BULK_KEY)?;
        let read = |bytes: Vec<u8>| codec::decode_bulk(&bytes);
        stored.map(read).transpose().map_err(|source| StoreError::Corrupt { family: "cursors", source })
    }

    /// Whether a batch of a bulk import is partly in the store: under way, or broken off by a kill and
    /// finished by the next start. What a reader beside it counts may include part of that batch.
    pub fn has_open_intent(&self) -> Result<bool, StoreError> {
        Ok(self.get(Family::Meta, INTENT)?.is_some())
    }

    /// Finishes what a kill or a full disk left open, and removes the files of slices that were never
    /// begun to be committed.
    pub(super) fn recover(&self) -> Result<(), StoreError> {
        self.finish_intent()?;
        let Ok(entries) = fs::read_dir(self.staging()) else { return Ok(()) };
        let staged =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|kind| kind == "sst"));
        // One that stays takes room and does no harm.
        staged.for_each(|path| drop(fs::remove_file(path)));
        Ok(())
    }

    fn finish_intent(&self) -> Result<(), StoreError> {
        let Some(bytes) = self.get(Family::Meta, INTENT)? else { return Ok(()) };
        let intent = Intent::decode(&bytes).map_err(|source| StoreError::Corrupt { family: "meta", source })?;
        let places: Vec<Place> = intent.staged.files.iter().map(|file| self.place_of(file)).collect::<Result<_, _>>()?;
        if let Some(lost) = places.iter().position(|place| *place == Place::Lost) {
            if places.contains(&Place::TakenIn) {
                let path = self.staging().join(&intent.staged.files[lost].name);
                return Err(StoreError::ImportFileLost { path });
            }
            return self.drop_intent(&intent);
        }
        for (file, place) in intent.staged.files.iter().zip(places) {
            if place == Place::Waiting {
                self.ingest(file.family, &self.staging().join(&file.name))?;
            }
        }
        self.complete(&intent)?;
        tracing::warn!(revision = intent.staged.revision, "finished a batch of a bulk import that was broken off");
        Ok(())
    }

    fn place_of(&self, file: &StagedFile) -> Result<Place, StoreError> {
        let held = self.get(file.family, &file.first.0)?;
        if held.is_some_and(|value| xxh3_64(&value) == file.first.1) {
            return Ok(Place::TakenIn);
        }
        let path = self.staging().join(&file.name);
        match fs::metadata(&path) {
            Ok(found) if found.len() == file.size => Ok(Place::Waiting),
            Ok(_) => Ok(Place::Lost),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Place::Lost),
            Err(error) => Err(StoreError::staging(&path, &error)),
        }
    }

    fn drop_intent(&self, intent: &Intent) -> Result<(), StoreError> {
        let mut writes = self.writes();
        writes.delete(Family::Meta, INTENT)?;
        writes.commit()?;
        tracing::warn!(
            revision = intent.staged.revision,
            "dropped a batch of a bulk import whose files are gone: nothing of it was visible; import the same files again"
        );
        Ok(())
    }

    fn write_intent(&self, intent: &Intent) -> Result<(), StoreError> {
        // The files are synced; their names have to be, too.
        let staging = self.staging();
        File::open(&staging).and_then(|folder| folder.sync_all()).map_err(|error| StoreError::staging(&staging, &error))?;
        let mut writes = self.writes();
        writes.put(Family::Meta, INTENT, &intent.encode())?;
        writes.commit()
    }

    fn complete(&self, intent: &Intent) -> Result<(), StoreError> {
        let mut writes = self.writes();
        for (family, key, value) in &intent.completion.0 {
            writes.put(*family, key, value)?;
        }
        writes.put(Family::Meta, REVISION, &intent.staged.revision.to_be_bytes())?;
        writes.delete(Family::Meta, INTENT)?;
        writes.commit()
    }
}

impl Intent {
    /// version ‖ revision ‖ count ‖ (family ‖ name ‖ size ‖ first key ‖ hash of its value)… ‖
    /// count ‖ (family ‖ key ‖ value)…; texts and bytes behind their length as u32.
    fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend(self.staged.revision.to_be_bytes());
        push_count(self.staged.files.len(), &mut out);
        for file in &self.staged.files {
            out.push(family_code(file.family));
            push_bytes(file.name.as_bytes(), &mut out);
            out.extend(file.size.to_be_bytes());
            push_bytes(&file.first.0, &mut out);
            out.extend(file.first.1.to_be_bytes());
        }
        push_count(self.completion.0.len(), &mut out);
        for (family, key, value) in &self.completion.0 {
            out.push(family_code(*family));
            push_bytes(key, &mut out);
            push_bytes(value, &mut out);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, InvalidBytes> {
        let mut rest = bytes;
        if take::<1>(&mut rest)? != [VERSION] {
            return Err(InvalidBytes::Version);
        }
        let revision = u64::from_be_bytes(take(&mut rest)?);
        let mut files = Vec::new();
        for _ in 0..u32::from_be_bytes(take(&mut rest)?) {
            let family = family_of(take(&mut rest)?)?;
            let name = String::from_utf8(take_bytes(&mut rest)?).map_err(|_| InvalidBytes::Code)?;
            if name.contains(['/', '\\']) {
                return Err(InvalidBytes::Code);
            }
            let size = u64::from_be_bytes(take(&mut rest)?);
            let first = (take_bytes(&mut rest)?, u64::from_be_bytes(take(&mut rest)?));
            files.push(StagedFile { family, name, size, first });
        }
        let mut puts = Vec::new();
        for _ in 0..u32::from_be_bytes(take(&mut rest)?) {
            puts.push((family_of(take(&mut rest)?)?, take_bytes(&mut rest)?, take_bytes(&mut rest)?));
        }
        if !rest.is_empty() {
            return Err(InvalidBytes::Length);
        }
        Ok(Self { staged: Staged { revision, files }, completion: Completion(puts) })
    }
}

/// The stored number of a family; never changes.
const fn family_code(family: Family) -> u8 {
    match family {
        Family::Consent => 1,
        Family::History => 2,
        Family::Changes => 3,
        Family::Recipients => 4,
        Family::Cursors => 5,
        Family::Registry => 6,
        Family::Meta => 7,
    }
}

fn family_of([code]: [u8; 1]) -> Result<Family, InvalidBytes> {
    Family::ALL.into_iter().find(|family| family_code(*family) == code).ok_or(InvalidBytes::Code)
}

/// Three files, a cursor a brand, some thousand names at most: all counts and lengths fit.
fn push_count(count: usize, out: &mut Vec<u8>) {
    out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

fn push_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    push_count(bytes.len(), out);
    out.extend(bytes);
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], InvalidBytes> {
    let (taken, after) = rest.split_first_chunk().ok_or(InvalidBytes::Length)?;
    *rest = after;
    Ok(*taken)
}

fn take_bytes(rest: &mut &[u8]) -> Result<Vec<u8>, InvalidBytes> {
    let length = u32::from_be_bytes(take(rest)?) as usize;
    let (taken, after) = rest.split_at_checked(length).ok_or(InvalidBytes::Length)?;
    *rest = after;
    Ok(taken.to_vec())
}

#[cfg(test)]
#[path = "bulk_journal_tests.rs"]
mod tests;
