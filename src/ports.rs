//! The doors between the answer side and the data side. `check` and `wire` never import `store`,
//! `feed` or `ingest`: they hold these handles, and the composition root says what stands behind them.

mod backup;
mod book;
mod changes;
mod closures;
mod control;
mod erasure;
mod evidence;
mod healing;
mod history;
mod registry;
mod sink;

pub use backup::{BackupMade, BackupMaker, BackupRefused};
pub use book::{FeedBook, Registered, Uncounted};
pub use changes::{ChangePart, ChangePlace, ChangeReader, ChangesError};
pub use closures::{ClosureQueue, UnreportedClosure};
pub use control::{FeedControl, FeedRefused, FeedTask, NoFeed, Observed, PushAction, PushConnection, RetailersSeen, TaskState};
pub use erasure::{EraseRefused, Erased, Erasure, ErasureLog, RecipientEraser, Retained, Unrecorded};
pub use evidence::{EvidenceMark, EvidenceMemory, MemoryError, NoMemory, Reached, Recalled};
pub use healing::{GapHealer, HealRefused, Healed, Healing};
pub use history::{CellHistory, HistoryEntry, HistoryReader};
pub use registry::{ModeChange, Registrar, RegistryRefused};
pub use sink::{Applied, ClosedLine, FeedNote, ForgottenClosures, MovementSink, SinkError, Stall};

use std::future::Future;
use std::pin::Pin;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The store could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store could not be read: {0}")]
pub struct ReadError(pub String);
