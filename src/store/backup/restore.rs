//! Copying a backup back. What is copied is compared once more on its way, and looked at as a store before
//! anyone can take it for one.

use super::manifest::sync_folder;
use super::{BackupError, Manifest, STORE, open_copy};
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use crate::store::error::StoreError;
use crate::store::rocks::{Options, Store};
use crate::store::scan::Census;
use crate::sys::private_file::{make_folder, new_file};
use std::path::Path;

/// Copies the files of a backup that was verified into `folder`, which must exist and hold no store, and
/// opens what came of it. Returns what it holds. The caller gives the folder its name.
pub fn copy(manifest: &Manifest, from: &Path, folder: &Path, secret: Option<&Pseudonymizer>) -> Result<Census, BackupError> {
    let store = folder.join(STORE);
    make_folder(&store).map_err(|source| BackupError::Failed { path: store.clone(), source })?;
    for file in &manifest.files {
        let path = folder.join(&file.name);
        let failed = |source| BackupError::Failed { path: path.clone(), source };
        let mut copy = new_file().open(&path).map_err(failed)?;
        file.compare(&from.join(&file.name), &mut copy)?;
        copy.sync_all().map_err(failed)?;
    }
    sync_folder(&store)?;
    sync_folder(folder)?;
    look_at(manifest, folder, secret)
}

/// Whether the store is the one that the manifest tells of, and what it holds.
fn look_at(manifest: &Manifest, folder: &Path, secret: Option<&Pseudonymizer>) -> Result<Census, BackupError> {
    let store = open_copy(folder)?;
    secret.map_or(Ok(()), |secret| store.check_secret(secret))?;
    let found = (store.format()?, store.revision()?, store.node()?, store.key_check()?.map(|check| to_hex(&check)));
    if found != (manifest.store_format, manifest.revision, manifest.node, Some(manifest.key_check.clone())) {
        let problem = format!("its store is at revision {}, the manifest says {}", found.1, manifest.revision);
        return Err(BackupError::Damaged { path: folder.join(STORE), problem });
    }
    Ok(store.census()?)
}

/// Has a copied store forget what it remembered of the evidence of the directory that was backed up: a backup holds none.
pub fn forget_evidence(folder: &Path, now: IysTime) -> Result<(), BackupError> {
    if open_copy(folder)?.evidence_recalled()?.is_none() {
        return Ok(());
    }
    let store = Store::open_existing(&folder.join(STORE), &Options { cache_bytes: 8 << 20, ..Options::default() })?;
    store.forget_evidence(now.unix())?;
    Ok(store.flush()?)
}

/// Notes in a copied store that its brands may have taken in something since the backup; returns how many brands there are.
pub fn note_missed(folder: &Path, since: IysTime, now: IysTime) -> Result<usize, BackupError> {
    let store = Store::open_existing(&folder.join(STORE), &Options { cache_bytes: 8 << 20, ..Options::default() })?;
    let gaps = store.note_missed(since, now)?;
    store.flush()?;
    Ok(gaps.len())
}

/// Whether the secret is the one that the backup was made with, told before anything is copied.
pub fn check_secret(manifest: &Manifest, secret: &Pseudonymizer) -> Result<(), StoreError> {
    if manifest.fits(secret) { Ok(()) } else { Err(StoreError::WrongSecret) }
}
