//! The doors between the answer side and the data side. `check` and `wire` never import `store`,
//! `feed` or `ingest`: they hold these handles, and the composition root says what stands behind them.

mod registry;

pub use registry::{ModeChange, Registrar, RegistryRefused};

use crate::model::access::Retailer;
use crate::model::brand::{AgeTooShort, Ages, Brand, BrandCode};
use crate::model::channel::{Cell, Channel};
use crate::model::erasure::{Reason, Tombstone};
use crate::model::feed::{Gap, Position, Stream};
use crate::model::key::{Pseudonym, RelationKey};
use crate::model::movement::Movement;
use crate::model::seal::SealedPhone;
use crate::model::state::{State, Status};
use crate::model::time::IysTime;
use std::collections::HashSet;
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
    /// Movements that were on file already, and those of before their recipient was erased.
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

/// What is to be erased of a recipient (KVKK).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Whose, under every form in which the address may be on record.
    pub recipients: Vec<Pseudonym>,
    /// For which brand; none for every one.
    pub brand: Option<BrandCode>,
    /// Everything of this moment or before.
    pub erased: IysTime,
    /// Why also what 13/2 still has kept.
    pub reason: Option<Reason>,
}

/// What was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The revision that shows it.
    pub revision: u64,
    /// Relations of which anything was let go.
    pub relations: u64,
    /// Movements that were let go.
    pub movements: u64,
}

/// Consents and refusals that 13/2 has kept for three years after they were superseded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retained {
    /// How many there are.
    pub records: u64,
    /// Those of them that are current: they stay as long as they are, and three years beyond that.
    pub current: u64,
    /// Until when the last of the others stays.
    pub until: Option<IysTime>,
}

impl Retained {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (records, current) = (self.records + other.records, self.current + other.current);
        Self { records, current, until: self.until.max(other.until) }
    }
}

impl std::fmt::Display for Retained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { records, current, until } = self;
        write!(f, "{records} records have to be kept (13/2)")?;
        if *current > 0 {
            write!(f, ", {current} of them for three years from when they are superseded, for they are current")?;
        }
        until.map_or(Ok(()), |until| write!(f, ", of the superseded ones the last until {until}"))
    }
}

/// Why nothing was erased, or not all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EraseRefused {
    /// Some of it has to be kept, and no reason was given.
    #[error("{0}; they are erased only for a stated reason (--reason)")]
    Retained(Retained),
    /// It is in force, but its bytes are not gone from the disk, or it is not in the evidence.
    #[error(
        "the recipient is erased as of revision {0}, but the disk or the evidence failed: bytes may be left; see the log, mend the cause and erase again or restart, which finishes it"
    )]
    Unfinished(u64),
    /// It could not be taken in.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl EraseRefused {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Retained(_) => "ERASURE_RETAINED",
            Self::Unfinished(_) => "ERASURE_UNFINISHED",
            Self::Sink(error) => error.code(),
        }
    }
}

/// Erases recipients: for operators.
pub trait RecipientEraser: Send + Sync {
    /// Erases what is asked; resolves when it is visible, in the evidence, and gone from the disk. Goes on if
    /// nobody waits for it.
    fn erase(&self, asked: Erasure) -> BoxFuture<'_, Result<Erased, EraseRefused>>;
}

/// An erasure could not be put into the evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the evidence did not take an erasure: {0}")]
pub struct Unrecorded(pub String);

/// Takes erasures into the evidence: whoever was erased, that it was and why stays provable.
pub trait ErasureLog: Send + Sync {
    /// Takes one in; resolves when it is durable. Told again of one whose erasure was broken off behind that:
    /// its revision tells it.
    fn erased<'a>(&'a self, erasure: &'a Tombstone, reason: Option<&'a Reason>) -> BoxFuture<'a, Result<(), Unrecorded>>;
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
    /// Forgets closures of which İYS was told; says how many there were.
    fn closures_reported(&self, ids: Vec<u64>) -> BoxFuture<'_, Result<u64, SinkError>>;
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
    /// What it holds now; none if what was approved is not listed at İYS any more.
    pub status: Option<Status>,
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

/// A place in the change log: a change of a batch. Before all others: the earliest batch that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ChangePlace {
    /// The batch.
    pub revision: u64,
    /// Changes of it that come before.
    pub change: usize,
}

/// A committed batch, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangePart {
    /// Where it begins.
    pub place: ChangePlace,
    /// When the batch was committed.
    pub committed: IysTime,
    /// The relations that changed, with what each holds since.
    pub changes: Vec<(RelationKey, State)>,
    /// Further parts of the batch follow.
    pub more: bool,
}

impl ChangePart {
    /// Changes in one part at most: some 350 kB as a message.
    pub const MOST_CHANGES: usize = 10_000;

    /// The place behind it.
    #[must_use]
    pub const fn end(&self) -> ChangePlace {
        let ChangePlace { revision, change } = self.place;
        if self.more {
            return ChangePlace { revision, change: change + self.changes.len() };
        }
        ChangePlace { revision: revision + 1, change: 0 }
    }
}

/// Why no changes were read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangesError {
    /// They are not kept any more, or never were.
    #[error("the changes asked for are not kept; the earliest that are kept from there on are of revision {earliest}")]
    Gap {
        /// The first revision from which the log goes on.
        earliest: u64,
    },
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Reads the change log, for whoever follows it. Blocks.
pub trait ChangeReader: Send + Sync {
    /// What comes at `from` and behind it, in order and without a hole, up to the whole batch of revision
    /// `through`: as many parts as take `bytes` of memory, and at least one if there is any.
    fn changes(&self, from: ChangePlace, through: u64, bytes: usize) -> Result<Vec<ChangePart>, ChangesError>;
}

/// A closed line of which İYS is still to be told (11/9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreportedClosure {
    /// The revision of our first commit of it: its place in the queue.
    pub id: u64,
    /// When the line was closed.
    pub closed: IysTime,
    /// When we heard of it.
    pub noted: IysTime,
    /// Its number.
    pub sealed: SealedPhone,
}

/// Reads the closures of which İYS is still to be told: for operators. Blocks.
pub trait ClosureQueue: Send + Sync {
    /// The oldest of those behind the id `after`, `most` at most; 0 begins with the oldest.
    fn unreported(&self, after: u64, most: usize) -> Result<Vec<UnreportedClosure>, ReadError>;
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

/// A movement of a brand as İYS registered it, by what tells two of them apart: İYS's file may show those of one
/// cell and second as one line (F§8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Registered {
    /// Whose.
    pub recipient: Pseudonym,
    /// Of which cell.
    pub cell: Cell,
    /// When İYS registered it.
    pub created: IysTime,
}

impl Registered {
    /// What is left of a movement.
    #[must_use]
    pub const fn of(movement: &Movement) -> Self {
        let Movement { relation, cell, created, .. } = *movement;
        Self { recipient: relation.pseudonym, cell, created }
    }
}

/// Why the movements of a time were not looked up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uncounted {
    /// They are found by what changed since.
    #[error("the changes since that day are not kept any more")]
    NotKept,
    /// They would take too much memory or time.
    #[error("more has changed since that day than is looked through")]
    TooMany,
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// What is on file of the feed. Blocks, for as long as a disk takes: it is read when a task starts.
pub trait FeedBook: Send + Sync {
    /// Every brand.
    fn brands(&self) -> Result<Vec<Brand>, ReadError>;
    /// How far every stream was followed.
    fn positions(&self) -> Result<Vec<(BrandCode, Stream, Position)>, ReadError>;
    /// The moment of the last panel export that was taken in whole for a brand.
    fn exported(&self, brand: BrandCode) -> Result<Option<IysTime>, ReadError>;
    /// Every movement of a brand that İYS registered in [from, to), without what came from elsewhere: refusals that
    /// were told here, panel exports, sweeps. Ends early, with whatever it has, once it is not `wanted` any more.
    fn registered(
        &self,
        brand: BrandCode,
        from: IysTime,
        to: IysTime,
        wanted: &dyn Fn() -> bool,
    ) -> Result<HashSet<Registered>, Uncounted>;
    /// The retailers that have access to a recipient's consent.
    fn retailers(&self, recipient: Pseudonym, brand: BrandCode, cell: Cell) -> Result<Vec<Retailer>, ReadError>;
}

/// What an operator says to the gap of a brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healing {
    /// Nothing: the approvals in doubt are counted, and without any the gap is ended.
    Count,
    /// What is on file is complete up to the gap's end.
    Vouch,
    /// The approvals in doubt count as not listed.
    DropDoubtful,
}

/// What became of a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Healed {
    /// The gap as it was.
    pub gap: Gap,
    /// Approvals that nobody vouched for; not counted where an operator vouched.
    pub doubtful: u64,
    /// Whether it is ended.
    pub healed: bool,
}

/// Why a gap was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HealRefused {
    /// There is none.
    #[error("nothing is missing for brand {0}")]
    NoGap(BrandCode),
    /// The store failed.
    #[error("the store could not be read; see the log")]
    Failed,
    /// What it takes could not be taken in.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl HealRefused {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoGap(_) => "NO_GAP",
            Self::Failed => "STORE_FAILED",
            Self::Sink(error) => error.code(),
        }
    }
}

/// Ends gaps: for operators. Reads everything on file, which takes minutes for a thousand million relations.
pub trait GapHealer: Send + Sync {
    /// Ends the gap of a brand, or says what stands in the way.
    fn heal(&self, brand: BrandCode, how: Healing) -> BoxFuture<'_, Result<Healed, HealRefused>>;
}

/// How a task that follows İYS is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It works.
    Running,
    /// It failed and tries again.
    Waiting,
    /// It failed in a way that trying again does not mend.
    Stopped,
}

impl TaskState {
    /// Its name in state and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
        }
    }
}

/// A task that follows İYS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedTask {
    /// What it does.
    pub name: String,
    /// How it is doing.
    pub state: TaskState,
    /// Why, for people; empty if all is well.
    pub detail: String,
    /// How often it was started anew.
    pub restarts: u64,
}

/// What a step of a sweep brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Addresses that İYS lists as approved.
    pub approved: u32,
    /// Addresses that it does not list.
    pub not_listed: u32,
    /// The places of addresses that are malformed or of the wrong kind.
    pub invalid: Vec<u32>,
    /// The moment as of which it was taken in.
    pub at: IysTime,
    /// The revision that shows it.
    pub revision: u64,
}

/// Retailers with access to a consent, as İYS told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetailersSeen {
    /// All of them, in the order of their numbers.
    pub retailers: Vec<Retailer>,
    /// The revision that shows it.
    pub revision: u64,
}

/// What to do about a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushAction {
    /// Connect it.
    Register,
    /// Show what is connected.
    State,
    /// Drop it.
    Remove,
}

/// A push that İYS knows of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushConnection {
    /// Where it goes.
    pub url: String,
    /// Of which channel, if İYS said so.
    pub channel: Option<Channel>,
    /// When it was connected, in İYS's words.
    pub registered: String,
    /// How it is doing, in İYS's words.
    pub status: String,
}

/// Why the feed did not do what an operator asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedRefused {
    /// There is no feed.
    #[error("no İYS account is configured: see [iys] in docs/operations.md")]
    NotConfigured,
    /// The feed does not follow this brand.
    #[error("brand {0} is not among those that the İYS account may read")]
    NotFed(BrandCode),
    /// There is no push receiver.
    #[error("no push receiver is configured: see [iys.push] in docs/operations.md")]
    NoReceiver,
    /// İYS cannot be reached or asks us to wait.
    #[error("İYS did not answer: {0}")]
    Unavailable(String),
    /// İYS answered with an error that trying again does not mend.
    #[error("İYS refused: {0}")]
    Refused(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// What is on file could not be read.
    #[error("what is on file could not be read; see the log")]
    Unread,
    /// What came could not be taken in.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

/// The feed, as an operator sees it.
pub trait FeedControl: Send + Sync {
    /// Every task.
    fn tasks(&self) -> Vec<FeedTask>;
    /// Asks İYS which addresses are approved now and takes the answer in.
    fn observe(&self, brand: BrandCode, cell: Cell, recipients: Vec<String>) -> BoxFuture<'_, Result<Observed, FeedRefused>>;
    /// Holds a finished day (`YYYY-MM-DD`) against İYS's own file; the report is JSON.
    fn reconcile(&self, brand: BrandCode, date: String) -> BoxFuture<'_, Result<String, FeedRefused>>;
    /// Asks İYS which retailers have access to the consent of an address and takes the answer in.
    fn refresh(&self, brand: BrandCode, cell: Cell, recipient: String) -> BoxFuture<'_, Result<RetailersSeen, FeedRefused>>;
    /// Connects, shows or drops a push.
    fn push(
        &self,
        brand: BrandCode,
        channel: Channel,
        action: PushAction,
    ) -> BoxFuture<'_, Result<Vec<PushConnection>, FeedRefused>>;
}

/// Where no account is configured.
pub struct NoFeed;

impl FeedControl for NoFeed {
    fn tasks(&self) -> Vec<FeedTask> {
        Vec::new()
    }

    fn observe(&self, _: BrandCode, _: Cell, _: Vec<String>) -> BoxFuture<'_, Result<Observed, FeedRefused>> {
        Box::pin(async { Err(FeedRefused::NotConfigured) })
    }

    fn reconcile(&self, _: BrandCode, _: String) -> BoxFuture<'_, Result<String, FeedRefused>> {
        Box::pin(async { Err(FeedRefused::NotConfigured) })
    }

    fn refresh(&self, _: BrandCode, _: Cell, _: String) -> BoxFuture<'_, Result<RetailersSeen, FeedRefused>> {
        Box::pin(async { Err(FeedRefused::NotConfigured) })
    }

    fn push(&self, _: BrandCode, _: Channel, _: PushAction) -> BoxFuture<'_, Result<Vec<PushConnection>, FeedRefused>> {
        Box::pin(async { Err(FeedRefused::NotConfigured) })
    }
}
