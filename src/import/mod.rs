//! Import of movement files: `izingate import FILE…`.
//!
//! ```text
//! file ──► reader ──► batches, bounded ──► workers ──► Target: a running gateway, or a sorter
//!                                             └──────► refused rows ──► FILE.rejected.csv
//! sorter ──► slices, in order ──► writer of this process
//! ```
//! Batches may arrive in any order and any number of times: the state of a key depends only on the set
//! of its movements. A refused row never stops the rest; a target that fails stops everything. [`run`]
//! is the way into a running gateway, [`bulk()`] that into a data directory at hand.

#[cfg(feature = "store")]
mod bulk;
mod driver;
#[cfg(feature = "store")]
mod manifest;
mod progress;
mod rejects;
mod remote;
#[cfg(feature = "store")]
mod resource_check;
#[cfg(feature = "store")]
mod rules;
mod summary;

use std::borrow::Cow;
use std::path::PathBuf;

use crate::files::Row;

#[cfg(feature = "store")]
pub use crate::import::resource_check::Bounds;
#[cfg(feature = "store")]
pub use bulk::{Place, bulk};
pub use driver::run;
pub use progress::{Progress, Words};
pub use rejects::rejects_path;
pub use remote::{Remote, code_of, text_of};
#[cfg(feature = "store")]
pub use rules::Rules;
pub use summary::{FileReport, Problem, Summary};

/// Where rows go.
pub trait Target: Sync {
    /// Takes rows; blocks until what was not refused is durable, or kept for a later step of the import.
    /// Rows that were taken before may come again. Called from several threads.
    ///
    /// # Errors
    /// Nothing more can be taken. Whether these rows were is then unknown.
    fn apply(&self, rows: &[Row]) -> Result<Outcome, TargetError>;
}

/// What became of some rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The revision that reflects them.
    pub revision: u64,
    /// Rows that were new.
    pub applied: u64,
    /// Rows that were on file already.
    pub unchanged: u64,
    /// Refusals without a usable İYS identity, which block as of now; among the others.
    pub as_of_now: u64,
    /// Rows that were not taken.
    pub refused: Vec<Refused>,
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its place among the rows, from 0.
    pub index: usize,
    /// A stable code, such as `NOT_RECORDED_AT_IYS`.
    pub code: Cow<'static, str>,
    /// Why, for people; without the address.
    pub detail: Cow<'static, str>,
}

/// The target takes nothing more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct TargetError {
    /// A stable code, such as `UNAVAILABLE`.
    pub code: Cow<'static, str>,
    /// Why, for people.
    pub message: String,
}

/// An import that was not begun.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Importing the one file would remove the other.
    #[error("{} would be replaced by the refused rows of {}: import them one after another", .rejects.display(), .file.display())]
    RejectsAmongFiles {
        /// The file whose refused rows go there.
        file: PathBuf,
        /// The file that would be lost.
        rejects: PathBuf,
    },
    /// Too little to sort with.
    #[error("--memory {given} is less than the {least} bytes that sorting takes")]
    MemoryBound {
        /// The bound.
        given: u64,
        /// The least that works.
        least: u64,
    },
    /// More than the system has.
    #[error(
        "sorting takes {needed} bytes of memory and the system has {available} left; allow less with --memory: it is slower and works"
    )]
    MemoryShort {
        /// What would be used, within the bound.
        needed: u64,
        /// What the system has.
        available: u64,
    },
    /// The files need more temporary room than is allowed.
    #[error(
        "sorting these files takes about {needed} bytes of temporary files and --disk allows {given}; allow more of it or of --memory"
    )]
    DiskBound {
        /// The bound.
        given: u64,
        /// An estimate.
        needed: u64,
    },
    /// The files need more room than there is.
    #[error("{}: these files take about {needed} bytes and {free} are free; nothing was begun", .path.display())]
    DiskShort {
        /// The data directory.
        path: PathBuf,
        /// What is free.
        free: u64,
        /// An estimate.
        needed: u64,
    },
    /// What an import keeps beside the store cannot be used.
    #[error("{}: {source}", .path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system gives no random number.
    #[error("the system gives no random number: {0}")]
    NoRandom(String),
}

impl ImportError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RejectsAmongFiles { .. } => "REJECTS_AMONG_FILES",
            Self::MemoryBound { .. } => "MEMORY_BOUND",
            Self::MemoryShort { .. } => "MEMORY_SHORT",
            Self::DiskBound { .. } => "DISK_BOUND",
            Self::DiskShort { .. } => "DISK_SHORT",
            Self::Folder { .. } => "IMPORT_FOLDER",
            Self::NoRandom(_) => "NO_RANDOM",
        }
    }
}

impl TargetError {
    /// A failure of that code.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}
