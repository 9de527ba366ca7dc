//! A copy of the store to keep elsewhere: made while everything goes on, checked before it is used.
//!
//! ```text
//! BACKUP/manifest.json     what it is: format, revision, node, key check, every file with size and BLAKE3
//! BACKUP/manifest.json.b3  the BLAKE3 of that, as `b3sum` writes and checks it
//! BACKUP/store/            RocksDB, as of one moment: every batch up to the revision, whole
//! ```
//!
//! It is made under another name and gets its own last, so that what has the name is whole. The secret is
//! never in it: whoever finds a backup cannot turn its pseudonyms back, and whoever restores one has to
//! bring the secret along. [`manifest`] reads, writes and checks; [`restore`] copies back.

pub mod manifest;
pub mod restore;

pub use manifest::Manifest;

use super::error::StoreError;
use super::rocks::{Options, Store};
use crate::model::time::IysTime;
use crate::sys::private_file::make_folder;
use manifest::sync_folder;
use std::fs;
use std::path::{Path, PathBuf};

/// The store's folder in a backup, and in the names of its files.
pub const STORE: &str = "store";

/// Why there is no backup, or none that can be used; each with a stable code.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something has that name already.
    #[error("{path}: there is something of that name already")]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Failed {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It was asked to stop before it was done.
    #[error("the backup was stopped before it was done; nothing of it is left")]
    Stopped,
    /// Every copy that was made held a part of a batch of a bulk import.
    #[error(
        "an import is being taken in; try again when it has ended; one that was broken off ends with the next start of \
         the gateway, or when it is run again"
    )]
    ImportUnfinished,
    /// The backup is not what was made: incomplete or changed.
    #[error("{path}: this is not as it was backed up: {problem}")]
    Damaged {
        /// The file that tells.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Made by a later version.
    #[error("{path}: the backup has format {found}, this program knows up to {known}; use the newer program")]
    NewerFormat {
        /// Its manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "BACKUP_EXISTS",
            Self::Failed { .. } => "BACKUP_FAILED",
            Self::Stopped => "SHUTTING_DOWN",
            Self::ImportUnfinished => "IMPORT_UNFINISHED",
            Self::Damaged { .. } => "BACKUP_DAMAGED",
            Self::NewerFormat { .. } => "BACKUP_FORMAT_NEWER",
            Self::Store(error) => error.code(),
        }
    }
}

/// A folder in the making; removed when dropped unless it was given its name.
struct Unfinished(Option<PathBuf>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What cannot be removed now is removed before the next one is made.
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Makes a backup of `store` at `folder`, whose parent must exist. Reads the whole of it once for the
/// checksums; `stopped` is asked now and then whether to give up.
pub fn make(store: &Store, folder: &Path, now: IysTime, stopped: &dyn Fn() -> bool) -> Result<Manifest, BackupError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::Failed { path, source }
    };
    if folder.symlink_metadata().is_ok() {
        return Err(BackupError::Exists { path: folder.to_owned() });
    }
    let unnamed = || BackupError::Failed { path: folder.to_owned(), source: std::io::ErrorKind::InvalidInput.into() };
    let name = folder.file_name().ok_or_else(unnamed)?.to_string_lossy().into_owned();
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let suffix = format!(".{:08x}.partial", store.node()?);
    remove_left_over(parent, &suffix).map_err(failed(parent))?;

    let path = parent.join(format!(".{name}{suffix}"));
    make_folder(&path).map_err(failed(&path))?;
    let mut unfinished = Unfinished(Some(path.clone()));
    copy_whole(store, &path, stopped)?;
    let manifest = Manifest::of(&path, now, stopped)?;
    manifest.write(&path)?;
    fs::rename(&path, folder).map_err(failed(folder))?;
    unfinished.0 = None;
    sync_folder(parent)?;
    Ok(manifest)
}

/// How often a copy is made anew because it held a part of an import. A batch is taken in within a moment,
/// and the import then needs longer for the next one than a copy takes.
const ATTEMPTS: u32 = 20;

/// Makes a copy of the store in `folder` that holds every batch whole. The sorted files of a bulk import lie
/// beside the store and come into it one after the other, so a copy made meanwhile lacks some of them.
fn copy_whole(store: &Store, folder: &Path, stopped: &dyn Fn() -> bool) -> Result<(), BackupError> {
    let path = folder.join(STORE);
    for _ in 0..ATTEMPTS {
        store.checkpoint(&path)?;
        if is_whole(folder)? {
            return Ok(());
        }
        fs::remove_dir_all(&path).map_err(|source| BackupError::Failed { path: path.clone(), source })?;
        if stopped() {
            return Err(BackupError::Stopped);
        }
        std::thread::yield_now();
    }
    Err(BackupError::ImportUnfinished)
}

/// The copy's list of files is older than the end of its log: an import's batch that fell between the two is
/// ended in the log and not in the files. The change log, which it comes into last, then lacks it.
fn is_whole(folder: &Path) -> Result<bool, StoreError> {
    let copy = open_copy(folder)?;
    Ok(!copy.has_open_intent()? && copy.change_fingerprint(copy.revision()?)?.is_some())
}

/// Removes what a backup of this store that was cut short has left; its links would keep files alive.
fn remove_left_over(parent: &Path, suffix: &str) -> std::io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let name = entry?.file_name();
        if name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(suffix)) {
            fs::remove_dir_all(parent.join(name))?;
        }
    }
    Ok(())
}

/// Opens a copy to look at it.
fn open_copy(folder: &Path) -> Result<Store, StoreError> {
    // It is read once, from its start to its end: no cache would help.
    Store::open_read_only(&folder.join(STORE), &Options { cache_bytes: 8 << 20, ..Options::default() })
}
