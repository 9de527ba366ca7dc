//! Snapshots of the index: which one belongs to a store, taking one, starting from one.

use super::restore::RestoreError;
use crate::index::snapshot::{self, Identity, Loaded, Rejected, SnapshotFile, Written};
use crate::index::{Full, Index};
use crate::model::consent::key::{RelationHash, RelationKey};
use crate::model::consent::state::State;
use crate::store::codec::Change;
use crate::store::{Store, StoreError};
use std::io;
use std::ops::ControlFlow::{Break, Continue};
use std::path::Path;

/// Why no snapshot was taken. The one before stays.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("the snapshot cannot be written: {0}")]
    Io(#[from] io::Error),
    /// Writing it would leave the store too little room.
    #[error("the snapshot needs {needed} bytes, and only {free} are free: the store comes first")]
    NoRoom {
        /// Bytes of the file, and what is left for the store.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
}

/// Bytes that a snapshot leaves free: the store must not fail for want of room because of it.
const LEFT_FREE: u64 = 256 << 20;

/// Takes a snapshot of `index`, which holds `store`, beside whatever goes on. Returns its revision.
pub fn save(store: &Store, index: &Index, to: &SnapshotFile) -> Result<(u64, Written), SaveError> {
    // First of all: whatever is copied later is at least this new.
    let revision = index.revision().get();
    let identity = identity(store, revision)?.ok_or_else(|| io::Error::other("its batch is not in the change log"))?;
    let needed = index.relations() * size_of::<u64>() as u64 + LEFT_FREE;
    let free = free_bytes(&to.path)?;
    if free < needed {
        return Err(SaveError::NoRoom { needed, free });
    }
    Ok((revision, snapshot::write(index, identity, to)?))
}

/// Fills `index`, which is empty, from a snapshot and the changes since. Returns the revision of the snapshot, and what the index holds
/// now. The index may be half filled if that fails.
pub(super) fn load(store: &Store, index: &Index, of: &SnapshotFile) -> Result<(u64, Loaded), LoadError> {
    let revision = snapshot::preface(of)?.identity.revision;
    let Some(expected) = identity(store, revision)? else {
        return Err(LoadError::Unusable("the changes since are not kept any more"));
    };
    let loaded = snapshot::load(index, of, &expected)?;
    let reached = replay(store, index, &loaded)?;
    Ok((revision, Loaded { revision: reached, through: loaded.through.max(reached), ..loaded }))
}

/// Why changes could not be set again.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReplayError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Full(#[from] Full),
}

impl From<ReplayError> for LoadError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Store(error) => Self::Store(error),
            ReplayError::Full(full) => Self::Full(full),
        }
    }
}

/// Why a start from a snapshot is not possible.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error(transparent)]
    Rejected(#[from] Rejected),
    #[error("{0}")]
    Unusable(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Full(#[from] Full),
}

impl LoadError {
    /// What no scan would mend either.
    pub(super) fn into_fatal(self) -> Result<RestoreError, Self> {
        match self {
            Self::Store(error) => Ok(error.into()),
            Self::Full(full) | Self::Rejected(Rejected::Full(full)) => Ok(full.into()),
            other => Err(other),
        }
    }
}

/// Which snapshot of `revision` belongs to the store; none if that batch is not kept.
fn identity(store: &Store, revision: u64) -> Result<Option<Identity>, StoreError> {
    let key = store.key_check()?.unwrap_or_default();
    let (Some(fingerprint), Some((key_id, check))) = (store.change_fingerprint(revision)?, key.split_first()) else {
        return Ok(None);
    };
    let key_check = check.first_chunk().copied().unwrap_or_default();
    Ok(Some(Identity { key_id: *key_id, key_check, node: store.node()?, revision, fingerprint }))
}

/// Sets the changes behind what is loaded again, up to the last batch that is committed, or up to the first that is missing. Returns the
/// revision up to which the index holds every batch then.
pub(super) fn replay(store: &Store, index: &Index, loaded: &Loaded) -> Result<u64, ReplayError> {
    let mut writing = index.write();
    let (mut reached, committed, mut full) = (loaded.revision, store.revision()?, None);
    store.each_change_after(loaded.revision, |revision, Change { states, new, .. }| {
        // A batch of a bulk import may stand in the log before it is committed.
        if revision != reached + 1 || revision > committed {
            return Break(());
        }
        // Parts of a batch up to `through` may be there, so its new relations are not new to the index; of
        // later ones nothing is, and a new relation that stands there is another one.
        let new = if revision > loaded.through { new } else { 0 };
        let (new, known) = states.split_at(new);
        full = writing.insert_many(&hashed(new)).and_then(|()| writing.set_many(&hashed(known))).err();
        if full.is_some() {
            return Break(());
        }
        reached = revision;
        Continue(())
    })?;
    full.map_or(Ok(reached), |full| Err(full.into()))
}

fn hashed(states: &[(RelationKey, State)]) -> Vec<(RelationHash, State)> {
    states.iter().map(|(relation, state)| (relation.hash(), *state)).collect()
}

/// Bytes free for this process where `path` lies.
fn free_bytes(path: &Path) -> io::Result<u64> {
    let folder = rustix::fs::statvfs(path.parent().unwrap_or(Path::new(".")))?;
    Ok(folder.f_bavail * folder.f_frsize)
}
