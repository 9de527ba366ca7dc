//! Follows İYS: finds the brands that may be read ([`discovery`]), pulls both streams of each ([`pull`]) in a
//! fair order ([`streams`]), and keeps every task alive and its state shown ([`supervise`]).
//!
//! What comes is handed to the writer together with where it came from, in one batch: a position is never
//! ahead of its data, and a kill between any two steps repeats movements at most, which changes nothing.

mod control;
mod discovery;
mod observe;
mod pull;
pub mod push;
pub mod reconcile;
mod retailers;
mod streams;
pub mod supervise;

use super::iys::{Iys, IysError, Rights, Sender, Why};
use crate::model::brand::{BrandCode, Feed as BrandFeed, IysCode};
use crate::model::consent::channel::{Channel, Channels};
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::time::IysTime;
use crate::ports::{FeedBook, FeedRefused, MovementSink, ReadError, SinkError};
use crate::sys::clock::Clock;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use streams::Streams;
use supervise::{Board, Fault};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The task that finds brands.
const DISCOVERY: &str = "discovery";
/// The task that compares days.
pub const RECONCILE: &str = "reconcile";

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// A provider's own: all its brands, every channel.
    Own(IysCode),
    /// A partner's: the brands and channels that authorised it.
    Partner(IysCode),
}

/// How it is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From one look at a stream to the next, if İYS's limits leave room for it.
    pub pull: Duration,
    /// From one look at the list of brands to the next.
    pub discover: Duration,
    /// Requests under way at once: İYS's limit of 10 a second needs no more.
    pub workers: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pull: Duration::from_mins(10), discover: Duration::from_mins(10), workers: 4 }
    }
}

/// What a feed is put together from.
pub struct Parts {
    /// Asks İYS.
    pub iys: Iys,
    /// Whose account it is.
    pub account: Account,
    /// Takes in what comes.
    pub sink: Arc<dyn MovementSink>,
    /// Tells what is on file.
    pub book: Arc<dyn FeedBook>,
    /// Replaces addresses.
    pub pseudonymizer: Pseudonymizer,
    /// Tells the time at the edge.
    pub clock: Clock,
    /// How it is followed.
    pub pace: Pace,
    /// Whether finished days are held against İYS's files.
    pub reconcile: bool,
    /// Whether a day that agrees is confirmed at İYS.
    pub confirm: bool,
    /// How İYS reaches our push receiver, if there is one.
    pub push_url: Option<String>,
}

/// What was counted.
#[derive(Debug, Default)]
pub struct Counters {
    /// Pages that came.
    pub pages: AtomicU64,
    /// Movements that came and could not be read as one.
    pub unreadable: AtomicU64,
    /// Movements that were new.
    pub applied: AtomicU64,
    /// Pages that failed.
    pub failures: AtomicU64,
    /// Gaps that were found.
    pub gaps: AtomicU64,
    /// Days that were held against İYS's file.
    pub days: AtomicU64,
    /// Movements of such files that we did not have.
    pub missing: AtomicU64,
    /// Files that are not of their hash.
    pub hashes: AtomicU64,
    /// Brands whose oldest day that is still to be compared has a file of another hash: not counted, but as it is.
    pub hash_differs: AtomicU64,
    /// Movements of such days that are here and not in İYS's file.
    pub only_here: AtomicU64,
}

/// A feed; clones are the same one.
#[derive(Clone)]
pub struct Follower(Arc<Inner>);

struct Inner {
    parts: Parts,
    streams: Mutex<Streams>,
    /// The brands that are followed.
    senders: RwLock<HashMap<BrandCode, Sender>>,
    /// Wakes workers when there is more to do.
    more: Notify,
    board: Board,
    counters: Counters,
}

/// Why a step of a feed did not go through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// İYS, or the way to it.
    #[error(transparent)]
    Iys(#[from] IysError),
    /// What came could not be taken in.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// What is on file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Follower {
    /// A feed that does nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let streams = Mutex::new(Streams::new(parts.pace.pull));
        Self(Arc::new(Inner {
            parts,
            streams,
            senders: RwLock::default(),
            more: Notify::new(),
            board: Board::default(),
            counters: Counters::default(),
        }))
    }

    /// Starts its tasks, which end when `stop` is cancelled.
    pub fn start(&self, tracker: &TaskTracker, stop: &CancellationToken) {
        let feed = self.clone();
        tracker.spawn(self.board().keep(DISCOVERY.to_owned(), stop.clone(), move || discovery::run(feed.clone())));
        for worker in 1..=self.parts().pace.workers {
            let feed = self.clone();
            tracker.spawn(self.board().keep(format!("pull {worker}"), stop.clone(), move || pull::run(feed.clone())));
        }
        if self.parts().reconcile {
            let (feed, confirm) = (self.clone(), self.parts().confirm);
            let work = move || reconcile::run(feed.clone(), confirm);
            tracker.spawn(self.board().keep(RECONCILE.to_owned(), stop.clone(), work));
        }
    }

    /// Where tasks are shown.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.0.board
    }

    /// What was counted.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// What it is put together from.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.0.parts
    }

    /// Provider and brand of a brand that is followed.
    #[must_use]
    pub fn sender(&self, brand: BrandCode) -> Option<Sender> {
        self.0.senders.read().unwrap_or_else(PoisonError::into_inner).get(&brand).copied()
    }

    /// The same for an operator, who hears why it is not: until İYS was asked, nothing is known of any brand.
    fn fed(&self, brand: BrandCode) -> Result<Sender, FeedRefused> {
        let unknown = || match self.board().all().into_iter().find(|task| task.name == DISCOVERY) {
            Some(task) if self.senders().is_empty() => {
                let why = if task.detail.is_empty() { "they are being asked for" } else { &task.detail };
                FeedRefused::Unavailable(format!("the account's brands are not known yet: {why}"))
            }
            _ => FeedRefused::NotFed(brand),
        };
        self.sender(brand).ok_or_else(unknown)
    }

    /// Every brand that is followed, by its code.
    #[must_use]
    pub fn senders(&self) -> Vec<Sender> {
        let mut senders: Vec<Sender> = self.0.senders.read().unwrap_or_else(PoisonError::into_inner).values().copied().collect();
        senders.sort_unstable_by_key(|sender| sender.brand);
        senders
    }

    /// The wall clock.
    fn now(&self) -> IysTime {
        self.parts().clock.now()
    }

    /// The moment at which something is received.
    fn receipt(&self) -> IysTime {
        self.parts().clock.receipt()
    }

    fn streams<T>(&self, of: impl FnOnce(&mut Streams) -> T) -> T {
        of(&mut self.0.streams.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FollowError {
    /// What it means for the task that met it: errors are classed here, once.
    fn fault(&self) -> Fault {
        use super::iys::Class;
        match self {
            Self::Iys(error) => match error.class() {
                Class::Retry | Class::Resync => Fault::retry(error, error.retry_after()),
                Class::Stop => Fault::stop(error),
            },
            Self::Sink(error) => Fault::retry(error, None),
            Self::Read(error) => Fault::retry(error, None),
        }
    }

    /// Whether it says that we may not read this brand; other errors may pass or concern everything.
    fn is_of_the_brand(&self) -> bool {
        let Self::Iys(error) = self else { return false };
        matches!(error.why(), Some(Why::Rights | Why::Subscription | Why::NotFound))
    }
}

/// Counts.
fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

/// The feed of a brand with these rights.
fn feed_of(rights: Rights) -> BrandFeed {
    let readable = Channel::ALL.into_iter().filter(|channel| rights.may_read(*channel));
    BrandFeed::Iys(readable.fold(Channels::NONE, Channels::with))
}
