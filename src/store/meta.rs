//! What the store says of itself: format, key check, node, revision.

use super::codec::{self, FORMAT};
use super::error::StoreError;
use super::rocks::{Family, Options, Store};
use crate::model::secret::pseudonym::{KEY_ID, Pseudonymizer};
use crate::model::time::IysTime;
use std::path::Path;

const FORMAT_KEY: &[u8] = b"format";
const KEY_CHECK: &[u8] = b"key_check";
const NODE: &[u8] = b"node";
pub(super) const REVISION: &[u8] = b"revision";
/// When the last batch was committed, by the clock of the receipts.
pub(super) const COMMITTED: &[u8] = b"committed";

impl Store {
    /// Opens the store for writing, or makes it; `node` is kept if it is new.
    pub fn open(path: &Path, options: &Options, pseudonymizer: &Pseudonymizer, node: u32) -> Result<Self, StoreError> {
        let store = Self::open_writable(path, options)?;
        if store.get(Family::Meta, FORMAT_KEY)?.is_none() {
            store.initialise(pseudonymizer, node)?;
        }
        store.begin_writing(path, pseudonymizer)
    }

    /// Opens a store for writing whose write-ahead log is damaged, without what is behind the damage.
    pub fn open_accepting_damage(path: &Path, options: &Options, pseudonymizer: &Pseudonymizer) -> Result<Self, StoreError> {
        Self::open_behind_damage(path, options)?.begin_writing(path, pseudonymizer)
    }

    fn begin_writing(self, path: &Path, pseudonymizer: &Pseudonymizer) -> Result<Self, StoreError> {
        let store = self;
        store.check_format(path)?;
        store.check_secret(pseudonymizer)?;
        store.raise_format()?;
        store.recover()?;
        Ok(store)
    }

    /// Opens a store that there is for writing, without its secret: for work that needs no address.
    pub fn open_existing(path: &Path, options: &Options) -> Result<Self, StoreError> {
        if !path.join("CURRENT").exists() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        let store = Self::open_writable(path, options)?;
        store.check_format(path)?;
        Ok(store)
    }

    /// Opens the store for reading, beside a process that may be writing.
    pub fn open_read_only(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let store = Self::open_readable(path, options)?;
        store.check_format(path)?;
        Ok(store)
    }

    /// Opens a store that no process has open for reading, with what its write-ahead log holds, before it is opened for writing: nothing
    /// is changed. None where there is no store, or one that was never completed.
    pub fn look(path: &Path, options: &Options) -> Result<Option<Self>, StoreError> {
        let Some(store) = Self::open_unchanged(path, options)? else { return Ok(None) };
        store.check_format(path)?;
        let is_complete = store.get(Family::Meta, FORMAT_KEY)?.is_some();
        Ok(Some(store).filter(|_| is_complete))
    }

    /// Opens the store for following, beside a process that may be writing; `own` is a folder for this process alone.
    pub fn open_following(path: &Path, own: &Path, options: &Options) -> Result<Self, StoreError> {
        let store = Self::open_follower(path, own, options)?;
        store.check_format(path)?;
        Ok(store)
    }

    /// Opens the store again after a write that failed, as a start would: what an import left open is finished, every write
    /// that was acknowledged is there, and of the one that failed all or nothing. Reads that come meanwhile fail.
    ///
    /// Everything that is then in it is written to new files, whose sync tells the truth: a log whose sync failed once may
    /// read well from the memory of the system and not be on the disk.
    ///
    /// # Errors
    /// There is still too little of something, and nothing was done; or it cannot be opened or written, and may be closed.
    /// Both may be tried again.
    pub fn reopen(&self) -> Result<(), StoreError> {
        self.probe()?;
        self.reopen_database()?;
        self.check_format(self.path())?;
        self.recover()?;
        self.flush()
    }

    /// The revision of the last committed batch; 0 before the first.
    pub fn revision(&self) -> Result<u64, StoreError> {
        let stored = self.get(Family::Meta, REVISION)?;
        stored.map_or(Ok(0), |bytes| codec::decode_u64(&bytes).map_err(corrupt))
    }

    /// When the last batch was committed; `None` before the first. A store of an older format says it in its change
    /// log alone.
    pub fn committed(&self) -> Result<Option<IysTime>, StoreError> {
        if let Some(stored) = self.get(Family::Meta, COMMITTED)? {
            return codec::decode_u32(&stored).map(IysTime::from_unix).map(Some).map_err(corrupt);
        }
        let newest = self.get(Family::Changes, &self.revision()?.to_be_bytes())?;
        newest.map(|row| codec::decode_change_time(&row)).transpose().map_err(corrupt)
    }

    /// The number of this node, which makes its decision ids its own.
    pub fn node(&self) -> Result<u32, StoreError> {
        let stored = self.get(Family::Meta, NODE)?;
        stored.map_or(Ok(0), |bytes| codec::decode_u32(&bytes).map_err(corrupt))
    }

    /// The format on disk.
    pub fn format(&self) -> Result<u32, StoreError> {
        let stored = self.get(Family::Meta, FORMAT_KEY)?;
        stored.map_or(Ok(0), |bytes| codec::decode_u32(&bytes).map_err(corrupt))
    }

    fn initialise(&self, pseudonymizer: &Pseudonymizer, node: u32) -> Result<(), StoreError> {
        let mut writes = self.writes();
        writes.put(Family::Meta, FORMAT_KEY, &FORMAT.to_be_bytes())?;
        writes.put(Family::Meta, KEY_CHECK, &key_check(pseudonymizer))?;
        writes.put(Family::Meta, NODE, &node.to_be_bytes())?;
        writes.commit()
    }

    /// An older format is part of this one; what is written from now on may not be read by a version before.
    fn raise_format(&self) -> Result<(), StoreError> {
        if self.format()? == FORMAT {
            return Ok(());
        }
        let mut writes = self.writes();
        writes.put(Family::Meta, FORMAT_KEY, &FORMAT.to_be_bytes())?;
        writes.commit()
    }

    fn check_format(&self, path: &Path) -> Result<(), StoreError> {
        let found = self.format()?;
        if found > FORMAT {
            return Err(StoreError::NewerFormat { path: path.to_owned(), found: found.to_string(), known: FORMAT });
        }
        Ok(())
    }

    /// Key id and key check: which secret the pseudonyms were made with. None in a store that was never
    /// completed.
    pub fn key_check(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(Family::Meta, KEY_CHECK)
    }

    /// Whether the pseudonyms were made with this secret.
    pub fn check_secret(&self, pseudonymizer: &Pseudonymizer) -> Result<(), StoreError> {
        let stored = self.key_check()?;
        if stored.as_deref() == Some(&key_check(pseudonymizer)[..]) { Ok(()) } else { Err(StoreError::WrongSecret) }
    }
}

/// key id ‖ a value that only the same secret makes.
pub(super) fn key_check(pseudonymizer: &Pseudonymizer) -> Vec<u8> {
    let mut bytes = vec![KEY_ID];
    bytes.extend(pseudonymizer.key_check());
    bytes
}

pub(super) const fn corrupt(source: codec::InvalidBytes) -> StoreError {
    StoreError::Corrupt { family: "meta", source }
}
