//! What can stop a bulk import, each with a stable code.

use crate::ports::SinkError;
use crate::store::StoreError;
use std::io;
use std::path::{Path, PathBuf};

/// A bulk import goes no further.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// A sorted run cannot be written or read.
    #[error("{path}: sorted movements cannot be kept here: {source}")]
    Spill {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk has no room for a sorted run.
    #[error("{path}: the disk is full while sorting; nothing acknowledged is lost: free some space and do the same again")]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The bound for temporary files is reached.
    #[error("sorting needs more than the {limit} bytes of temporary files that --disk allows")]
    SpillLimit {
        /// The bound.
        limit: u64,
    },
    /// A sorted run is not what was written.
    #[error("{path}: sorted movements are damaged; import the same files again, they will be sorted anew")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Another bulk import began, or a slice before this one failed.
    #[error("another bulk import has begun, or an earlier part of this one failed; import the same files again")]
    OutOfTurn,
    /// An earlier failure, here or in another thread, ended the import: its code and text.
    #[error("{text}")]
    Failed {
        /// The code of what failed.
        code: &'static str,
        /// Its text.
        text: String,
    },
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer takes nothing.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl BulkError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Spill { .. } => "IMPORT_SPILL_FAILED",
            Self::DiskFull { .. } => "DISK_FULL",
            Self::SpillLimit { .. } => "IMPORT_DISK_LIMIT",
            Self::Damaged { .. } => "IMPORT_RUN_DAMAGED",
            Self::OutOfTurn => "IMPORT_OUT_OF_TURN",
            Self::Failed { code, .. } => code,
            Self::Store(error) => error.code(),
            Self::Sink(error) => error.code(),
        }
    }

    pub(super) fn spill(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull { path },
            io::ErrorKind::UnexpectedEof => Self::Damaged { path },
            _ => Self::Spill { path, source },
        }
    }
}
