//! What can go wrong with the store, each with a stable code.

use super::codec::InvalidBytes;
use std::path::{Path, PathBuf};

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
        "{path}: the store is damaged: {reason}. Way on: put back what was there; or restore the latest backup into a new directory \
         (izingate restore), put this evidence beside it and take in again what came since; or continue without what is behind the damage: izingate evidence \
         accept-loss --of store --data {} --reason TEXT", path.parent().unwrap_or(path).display()
    )]
    Damaged {
        /// The store's folder.
        path: PathBuf,
        /// Message of RocksDB.
        reason: String,
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
    #[error("the secret is not the one that this data was made with; every address would look unknown")]
    WrongSecret,
    /// Not there.
    #[error("{path}: no izingate data here; izingate serve and izingate brand add make it")]
    Missing {
        /// The store's folder.
        path: PathBuf,
    },
    /// A stored key or value is not what this program writes.
    #[error("the store holds bytes that it cannot have written ({family}): {source}")]
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
    /// The disk has no room left.
    #[error("the disk is full ({0}); nothing acknowledged is lost: free some space and do the same again")]
    DiskFull(String),
    /// RocksDB reports an error.
    #[error("the store failed: {0}")]
    Rocks(String),
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
            Self::Corrupt { .. } => "DATA_CORRUPT",
            Self::ImportFileLost { .. } => "IMPORT_FILE_LOST",
            Self::DiskFull(_) => "DISK_FULL",
            Self::Staging { .. } | Self::Rocks(_) => "STORE_FAILED",
        }
    }

    pub(super) fn staging(path: &Path, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Self::DiskFull(format!("{}: {error}", path.display()));
        }
        Self::Staging { path: path.to_owned(), reason: error.to_string() }
    }
}
