//! The feed, as an operator sees it.

use super::{BoxFuture, SinkError};
use crate::model::brand::BrandCode;
use crate::model::brand::retailer::Retailer;
use crate::model::consent::channel::{Cell, Channel};
use crate::model::time::IysTime;

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
    #[error("no İYS account is configured: see [iys] in docs/feeds.md")]
    NotConfigured,
    /// The feed does not follow this brand.
    #[error("brand {0} is not among those that the İYS account may read")]
    NotFed(BrandCode),
    /// There is no push receiver.
    #[error("no push receiver is configured: see [iys.push] in docs/feeds.md")]
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
