//! Import of movement files: `izingate import FILE…`.
//!
//! ```text
//! file ──► reader ──► batches, bounded ──► 2 workers ──► Target (a local store or a running gateway)
//!                                             └────────► refused rows ──► FILE.rejected.csv
//! ```
//! Batches may arrive in any order and any number of times: the state of a key depends only on the set
//! of its movements. A refused row never stops the rest; a target that fails stops everything.

mod driver;
mod local;
mod progress;
mod rejects;
mod remote;
mod summary;

use std::borrow::Cow;
use std::path::PathBuf;

use crate::feed::file::Row;

pub use driver::run;
pub use local::{Local, Rules};
pub use progress::Progress;
pub use rejects::rejects_path;
pub use remote::Remote;
pub use summary::{FileReport, Problem, Summary};

/// Where rows go: a local store or a running gateway.
pub trait Target: Sync {
    /// Takes rows; blocks until what was not refused is durable. Rows that were taken before may come
    /// again. Called from several threads.
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
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Importing the one file would remove the other.
    #[error("{} would be replaced by the refused rows of {}: import them one after another", .rejects.display(), .file.display())]
    RejectsAmongFiles {
        /// The file whose refused rows go there.
        file: PathBuf,
        /// The file that would be lost.
        rejects: PathBuf,
    },
}

impl TargetError {
    /// A failure of that code.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}
