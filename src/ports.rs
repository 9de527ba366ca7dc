//! The doors between the answer side and the data side. `check` and `api` never import `store`,
//! `feed` or `ingest`: they hold these handles, and the composition root says what stands behind them.

mod backup;
mod changes;
mod closures;
mod erasure;
mod evidence;
mod feed_control;
mod feed_state;
mod gaps;
mod history;
mod movements;
mod registry;

pub use crate::ports::feed_control::{
    FeedControl, FeedRefused, FeedTask, NoFeed, Observed, PushAction, PushConnection, RetailersSeen, TaskState,
};
pub use crate::ports::feed_state::{FeedBook, Registered, Uncounted};
pub use crate::ports::gaps::{GapHealer, HealRefused, Healed, Healing};
pub use crate::ports::movements::{Applied, ClosedLine, FeedNote, ForgottenClosures, MovementSink, SinkError, Stall};
pub use backup::{BackupMade, BackupMaker, BackupRefused};
pub use changes::{ChangePart, ChangePlace, ChangeReader, ChangesError};
pub use closures::{ClosureQueue, UnreportedClosure};
pub use erasure::{EraseRefused, Erased, Erasure, ErasureLog, RecipientEraser, Retained, Unrecorded};
pub use evidence::{EvidenceMark, EvidenceMemory, MemoryError, NoMemory, Reached, Recalled};
pub use history::{CellHistory, HistoryEntry, HistoryReader};
pub use registry::{ModeChange, Registrar, RegistryRefused};

use std::future::Future;
use std::pin::Pin;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The store could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store could not be read: {0}")]
pub struct ReadError(pub String);
