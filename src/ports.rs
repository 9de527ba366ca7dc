//! The doors between the answer side and the data side. `check` and `wire` never import `store`,
//! `feed` or `ingest`: they hold these handles, and the composition root says what stands behind them.

use crate::model::brand::Brand;
use crate::model::channel::Cell;
use crate::model::key::RelationKey;
use crate::model::movement::Movement;
use crate::model::state::Status;
use crate::model::time::IysTime;
use std::future::Future;
use std::pin::Pin;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What became of a batch of movements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The revision at which all of them are visible.
    pub revision: u64,
    /// Movements that were new.
    pub applied: u64,
    /// Movements that were on file already.
    pub unchanged: u64,
}

/// Why nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// A write failed earlier, or now: nothing is taken in until a restart.
    #[error("the store failed to write; nothing is taken in until the cause is mended and the gateway restarted")]
    Poisoned,
    /// The index has no room for the new relations among them.
    #[error("the index is full: new relations are refused until index.memory_bytes or the machine's memory is raised")]
    Full,
    /// The process is going down.
    #[error("the gateway is shutting down")]
    Closed,
}

impl SinkError {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Poisoned => "STORE_POISONED",
            Self::Full => "INDEX_FULL",
            Self::Closed => "SHUTTING_DOWN",
        }
    }
}

/// Takes changes in: the writer.
pub trait MovementSink: Send + Sync {
    /// Takes movements in; resolves when they are durable and visible. Waits while the queue is full.
    fn apply(&self, movements: Vec<Movement>) -> BoxFuture<'_, Result<Applied, SinkError>>;
    /// Puts a brand on file; resolves when that is durable and visible.
    fn put_brand(&self, brand: Brand) -> BoxFuture<'_, Result<(), SinkError>>;
    /// Whether a write has failed: nothing more is taken in.
    fn is_poisoned(&self) -> bool;
}

/// One movement of a cell as it was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// What the consent became.
    pub status: Status,
    /// When İYS registered it.
    pub created: IysTime,
    /// When the recipient gave or withdrew it.
    pub consented: Option<IysTime>,
    /// Where it came from; empty if none was given.
    pub source: String,
    /// İYS's id; empty if there is none.
    pub transaction: String,
    /// The revision of our first commit of it.
    pub revision: u64,
    /// The time of our first commit of it.
    pub known_since: IysTime,
}

/// A cell with everything known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellHistory {
    /// Which cell.
    pub cell: Cell,
    /// What it holds now.
    pub status: Status,
    /// Every movement, newest first.
    pub history: Vec<HistoryEntry>,
}

/// The store could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store could not be read: {0}")]
pub struct ReadError(pub String);

/// Reads what the disk knows: for people, never on the answer path. Blocks.
pub trait HistoryReader: Send + Sync {
    /// Every cell on record for a relation.
    fn cells(&self, relation: &RelationKey) -> Result<Vec<CellHistory>, ReadError>;
    /// The earliest revision whose changes are kept; none if there are no changes.
    fn earliest_revision(&self) -> Result<Option<u64>, ReadError>;
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupMade {
    /// Where it lies, on the gateway's machine.
    pub path: String,
    /// The revision of the last batch in it.
    pub revision: u64,
    /// Its files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why no backup was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackupRefused {
    /// The name leads, or may lead, out of the folder that is configured for backups.
    #[error("a backup is named by 1 to 100 letters, digits, '-', '_' and '.', or by such a name in the folder {0}")]
    OutsideRoot(String),
    /// There is one of that name.
    #[error("{0}: there is something of that name already")]
    Exists(String),
    /// One is being made.
    #[error("a backup is being made; one at a time")]
    Running,
    /// The process is going down.
    #[error("the gateway is shutting down; nothing of the backup is left")]
    ShuttingDown,
    /// The disk or the store failed.
    #[error("the backup failed; see the log")]
    Failed,
}

/// Makes backups: for operators.
pub trait BackupMaker: Send + Sync {
    /// Makes one of that name; resolves when it is whole and durable. Goes on if nobody waits for it.
    fn backup(&self, name: String) -> BoxFuture<'_, Result<BackupMade, BackupRefused>>;
}
