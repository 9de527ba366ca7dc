//! What can go wrong with the store, each with a stable code.

use super::codec::InvalidBytes;
use std::path::PathBuf;

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
            Self::NewerFormat { .. } => "DATA_FORMAT_NEWER",
            Self::WrongSecret => "WRONG_SECRET",
            Self::Missing { .. } => "DATA_MISSING",
            Self::Corrupt { .. } => "DATA_CORRUPT",
            Self::Rocks(_) => "STORE_FAILED",
        }
    }
}
