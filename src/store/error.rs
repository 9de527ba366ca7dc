//! What can go wrong with the store, each with a stable code.

use super::codec::InvalidBytes;
use crate::sys::access_denied::Denied;
use crate::sys::shortage::Shortage;
use std::path::{Path, PathBuf};

/// Ways on from every damage.
const WAYS: &str = "put back what was there; or restore the latest backup into a new directory (izingate restore), put this evidence \
                    and the secret beside it and take in again what came since";

/// Way on from a damage of the write-ahead log.
fn without_the_end(store: &Path) -> String {
    let data = store.parent().unwrap_or(store).display();
    format!(
        "; or continue without what is behind the damage: izingate evidence accept-loss --of store --data {data} --reason TEXT"
    )
}

/// The store cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be used.
    #[error("{path}: the store cannot be opened: {reason}")]
    Unusable {
        /// The store's folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Damaged on disk, so that RocksDB does not open it.
    #[error(
        "{path}: the store is damaged: {reason}. Way on: {WAYS}{}", if *in_log { without_the_end(path) } else { String::new() }
    )]
    Damaged {
        /// The store's folder.
        path: PathBuf,
        /// Damage, with the name of the file.
        reason: String,
        /// Whether it is in the write-ahead log alone, so that the rest can be opened without what is behind it.
        in_log: bool,
    },
    /// Made by a later version.
    #[error("{path}: the data has format {found}, this program knows up to {known}; use the newer program")]
    NewerFormat {
        /// The store's folder.
        path: PathBuf,
        /// The format there.
        found: String,
        /// Ours.
        known: u32,
    },
    /// Opened with another secret than its pseudonyms were made with.
    #[error(
        "the secret is not the one that this data was made with, and every address would look unknown: give that one (--secret-file, \
         IZINGATE_SECRET, or secret.key in the data directory)"
    )]
    WrongSecret,
    /// Not there.
    #[error("{path}: no izingate data here; izingate serve and izingate brand add make it")]
    Missing {
        /// The store's folder.
        path: PathBuf,
    },
    /// A stored key or value is not what this program writes.
    #[error("the store holds bytes that it cannot have written ({family}): {source}. Way on: {WAYS}")]
    Corrupt {
        /// Where.
        family: &'static str,
        /// What is wrong with them.
        source: InvalidBytes,
    },
    /// A sorted file that part of a batch depends on is not there, or not whole.
    #[error(
        "{path}: a file of a broken-off bulk import is gone or damaged while other parts of its batch are in the store; \
         put the file back, or restore the data directory from a backup"
    )]
    ImportFileLost {
        /// The file.
        path: PathBuf,
    },
    /// The folder of sorted files cannot be used.
    #[error("{path}: {reason}")]
    Staging {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// RocksDB read bytes that it has not written.
    #[error("the store is damaged: {0}. Way on: {WAYS}")]
    Corruption(String),
    /// The disk has no room left.
    #[error("the disk is full ({0}); nothing acknowledged is lost: free some space and do the same again")]
    DiskFull(String),
    /// This process or the system has no file descriptors left.
    #[error("no file descriptors are left ({0}); nothing acknowledged is lost: raise the limit and do the same again")]
    NoDescriptors(String),
    /// RocksDB reports an error.
    #[error("the store failed: {0}")]
    Rocks(String),
    /// A write did not reach the disk, or it is not known whether it did. RocksDB takes no further write until the store is
    /// opened again.
    #[error(transparent)]
    NotWritten(Box<Self>),
    /// The store is closed, to be opened again after a write that failed.
    #[error("the store is being opened again after a write that failed; try again")]
    Closed,
    /// Reads of the store do not end, so that it cannot be closed to be opened again.
    #[error("the store cannot be opened again while reads of it go on")]
    Busy,
}

impl StoreError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unusable { .. } => "DATA_UNUSABLE",
            Self::Damaged { .. } => "STORE_DAMAGED",
            Self::NewerFormat { .. } => "DATA_FORMAT_NEWER",
            Self::WrongSecret => "WRONG_SECRET",
            Self::Missing { .. } => "DATA_MISSING",
            Self::Corrupt { .. } | Self::Corruption(_) => "DATA_CORRUPT",
            Self::ImportFileLost { .. } => "IMPORT_FILE_LOST",
            Self::DiskFull(_) => "DISK_FULL",
            Self::NoDescriptors(_) => "NO_DESCRIPTORS",
            Self::NotWritten(error) => error.code(),
            Self::Closed | Self::Busy => "STORE_REOPENING",
            Self::Staging { .. } | Self::Rocks(_) => "STORE_FAILED",
        }
    }

    /// A folder that cannot be used; where a permission is missing, which one. RocksDB hands its reasons over as texts.
    pub(super) fn unusable(path: &Path, mut reason: String) -> Self {
        let denied = if reason.contains("Permission denied") { Denied::find(path) } else { None };
        if let Some(denied) = denied {
            reason = format!("{reason}; {denied}");
        }
        Self::Unusable { path: path.to_owned(), reason }
    }

    pub(super) fn staging(path: &Path, error: &std::io::Error) -> Self {
        match Shortage::of(error) {
            Some(Shortage::Disk) => Self::DiskFull(format!("{}: {error}", path.display())),
            Some(Shortage::Descriptors) => Self::NoDescriptors(format!("{}: {error}", path.display())),
            None => Self::Staging { path: path.to_owned(), reason: error.to_string() },
        }
    }
}
