//! Movements in: the writer's door.

use super::BoxFuture;
use crate::model::brand::{AgeTooShort, Ages, Brand, BrandCode};
use crate::model::consent::key::Pseudonym;
use crate::model::consent::movement::Movement;
use crate::model::feed::{Gap, Position, Stream};
use crate::model::secret::cipher::SealedPhone;
use crate::model::time::IysTime;

/// What became of a batch of movements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The revision at which all of them are visible.
    pub revision: u64,
    /// Movements that were new.
    pub applied: u64,
    /// Movements that were on file already, and those of before their recipient was erased.
    pub unchanged: u64,
}

/// The cause of a failed write, as far as it may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stall {
    /// The disk has no room, or a quota is used up.
    #[error("the disk is full")]
    DiskFull,
    /// This process or the system has no file descriptors left.
    #[error("no file descriptors are left")]
    NoDescriptors,
    /// Another error of the system.
    #[error("the store failed to write")]
    WriteFailed,
}

impl Stall {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DiskFull => "DISK_FULL",
            Self::NoDescriptors => "NO_DESCRIPTORS",
            Self::WriteFailed => "STORE_STALLED",
        }
    }
}

/// Why nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// A write failed in a way that does not pass: nothing is taken in until a restart.
    #[error("the store failed to write; nothing is taken in until the cause is mended and the gateway restarted")]
    Poisoned,
    /// A write failed, now or a moment ago, of a cause that may pass: nothing is taken in until it has.
    #[error("{0}; nothing is taken in until it passes, which the gateway notices by itself: try again")]
    Stalled(Stall),
    /// What is on record could not be read. Nothing was changed, and the next call is served.
    #[error("the store could not be read, so that nothing of this call was taken in; see the log")]
    Unreadable,
    /// The writer ended by a fault of this program: nothing is taken in until a restart.
    #[error("the writer ended by a fault of the gateway; nothing is taken in until it is restarted; see the log")]
    Panicked,
    /// The index has no room for the new relations among them.
    #[error("the index is full: new relations are refused until index.memory_bytes or the machine's memory is raised")]
    Full,
    /// A brand that follows İYS's streams was to have an age that they cannot keep.
    #[error(transparent)]
    MaxAgeTooShort(#[from] AgeTooShort),
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
            Self::Stalled(stall) => stall.code(),
            Self::Unreadable => "STORE_FAILED",
            Self::Panicked => "WRITER_PANICKED",
            Self::Full => "INDEX_FULL",
            Self::MaxAgeTooShort(_) => AgeTooShort::CODE,
            Self::Closed => "SHUTTING_DOWN",
        }
    }
}

/// What a feed says beside its movements: durable in the same batch, visible with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedNote {
    /// A stream was followed so far.
    Followed(BrandCode, Stream, Position),
    /// A push came at this moment. Kept in memory alone: it vouches for nothing.
    Pushed(BrandCode, IysTime),
    /// A panel export of this moment was taken in whole: nothing of before it is missing.
    Exported(BrandCode, IysTime),
    /// Movements were missed; joined with what was missed before.
    Missed(Gap),
    /// Nothing of this stretch is missing any more. Of a gap that reaches beyond it the rest stays.
    Healed(Gap),
}

/// What became of closures that İYS was told of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForgottenClosures {
    /// So many waited, and wait no more.
    pub count: u64,
    /// Ids under which none waits, in order.
    pub unknown: Vec<u64>,
}

/// A line that was closed (11/9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedLine {
    /// Whose.
    pub recipient: Pseudonym,
    /// When.
    pub closed: IysTime,
    /// Its number, for whoever tells İYS.
    pub sealed: SealedPhone,
}

/// Takes changes in: the writer.
pub trait MovementSink: Send + Sync {
    /// Takes movements in; resolves when they are durable and visible. Waits while the queue is full.
    fn apply(&self, movements: Vec<Movement>) -> BoxFuture<'_, Result<Applied, SinkError>>;
    /// The same with what a feed says beside them, in one batch.
    fn follow(&self, movements: Vec<Movement>, notes: Vec<FeedNote>) -> BoxFuture<'_, Result<Applied, SinkError>>;
    /// Puts a brand on file as an operator knows it: its feed stays as it is, and so do its ages if none are
    /// given. Resolves when that is durable and visible.
    fn put_brand(&self, brand: Brand, ages: Ages) -> BoxFuture<'_, Result<(), SinkError>>;
    /// Puts a brand on file with its feed.
    fn attach(&self, brand: Brand) -> BoxFuture<'_, Result<(), SinkError>>;
    /// Notes that a recipient's line was closed at a moment (11/9), and if that is news, that İYS is to be told
    /// of it.
    fn close_line(&self, line: ClosedLine) -> BoxFuture<'_, Result<Applied, SinkError>>;
    /// Forgets closures of which İYS was told.
    fn closures_reported(&self, ids: Vec<u64>) -> BoxFuture<'_, Result<ForgottenClosures, SinkError>>;
    /// Whether a write has failed: nothing more is taken in.
    fn is_poisoned(&self) -> bool;
    /// The reason for which nothing is taken in at the moment, if nothing is.
    fn failure(&self) -> Option<SinkError> {
        self.is_poisoned().then_some(SinkError::Poisoned)
    }
}
