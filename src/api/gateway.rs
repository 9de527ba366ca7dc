//! What every handler works with: the checker, the doors to the data side, and the counters.

use super::caller::{Caller, Callers};
use super::filter::Filters;
use super::watch::Watching;
use crate::api::error::{Kind, Problem};
use crate::check::{Answer, Checker, Circumstances};
use crate::evidence::Recorder;
use crate::evidence::log::{Log, Status};
use crate::model::address::recipient::Recipient;
use crate::model::brand::declaration::Declaration;
use crate::model::brand::mode::Mode;
use crate::model::consent::key::RelationKey;
use crate::model::decision::question::Scope;
use crate::model::decision::{Decision, Reason, Verdict};
use crate::model::secret::cipher::Sealer;
use crate::model::time::{IysTime, Moment};
use crate::ports::{
    BackupMaker, BackupRefused, CellHistory, ClosureQueue, EraseRefused, FeedControl, FeedRefused, GapHealer, HistoryReader,
    MovementSink, RecipientEraser, Registrar, SinkError, Stall,
};
use crate::sys::clock::Clock;
use crate::telemetry::metrics::{CheckSeries, Metrics, Outcome};
use http::HeaderMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Movements of a cell in one explanation at most, the newest: with four cells of the longest movements it stays below what
/// any client takes.
pub const MOST_HISTORY: usize = 5_000;

/// The composition root fills it; clones share it.
#[derive(Clone)]
pub struct Gateway(Arc<Parts>);

/// What a gateway is put together from.
pub struct Parts {
    /// Answers questions.
    pub checker: Checker,
    /// Gives decisions their ids, and takes them over.
    pub recorder: Recorder,
    /// Who asked before.
    pub callers: Callers,
    /// Takes changes in.
    pub sink: Arc<dyn MovementSink>,
    /// Changes what is on file of senders.
    pub registrar: Arc<dyn Registrar>,
    /// Reads what the disk knows.
    pub history: Arc<dyn HistoryReader>,
    /// Reads which closures İYS is still to be told.
    pub closures: Arc<dyn ClosureQueue>,
    /// Seals the addresses of those.
    pub sealer: Sealer,
    /// Erases recipients.
    pub eraser: Arc<dyn RecipientEraser>,
    /// Ends gaps.
    pub gaps: Arc<dyn GapHealer>,
    /// Follows İYS.
    pub feed: Arc<dyn FeedControl>,
    /// Makes backups.
    pub backups: Arc<dyn BackupMaker>,
    /// Reads the change log, for its watchers.
    pub watching: Watching,
    /// Filters lists.
    pub filters: Filters,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// The longest wait for a demanded revision where the caller gives no deadline.
    pub max_revision_wait: Duration,
    /// Tells the time at the edge.
    pub clock: Clock,
    /// Cancelled when shutdown begins.
    pub draining: CancellationToken,
}

/// An answer with everything behind it.
pub struct Explained {
    /// The answer.
    pub answer: Answer,
    /// Everything on record.
    pub cells: Vec<CellHistory>,
    /// The declaration behind an EXEMPT.
    pub declaration: Option<Declaration>,
    /// What the sender declared to be: out of scope, or exempt-only.
    pub sender_declaration: String,
}

impl Gateway {
    /// A gateway of its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.0
    }

    /// Now, by the wall clock.
    #[must_use]
    pub fn now(&self) -> IysTime {
        self.0.clock.now()
    }

    /// Now, for a decision.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.0.clock.moment()
    }

    /// Now, for what is received.
    #[must_use]
    pub fn receipt(&self) -> IysTime {
        self.0.clock.receipt()
    }

    /// Counts `n` recipients with a result byte; those that only a mode let through also by that mode.
    pub(super) fn count(&self, series: &CheckSeries, scope: &Scope, mode: Mode, byte: u8, n: u64) {
        series.add(byte >> 6, byte & 0x3F, n);
        if mode != Mode::Enforce && Verdict::is_let_through(byte) {
            self.0.metrics.answers.not_enforced(scope.cell.channel, mode, byte & 0x3F, n);
        }
    }

    /// The caller that headers name.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        self.0.callers.of(headers, &self.0.recorder)
    }

    /// Waits until a demanded revision is visible, as long as the caller's deadline allows; says whether
    /// it is.
    pub async fn await_revision(&self, demanded: u64, deadline: Option<Duration>) -> bool {
        let revision = self.0.checker.index().revision();
        if demanded == 0 || revision.get() >= demanded {
            return true;
        }
        let wait = deadline.map_or(self.0.max_revision_wait, before_deadline);
        tokio::time::timeout(wait, revision.reached(demanded)).await.is_ok()
    }

    /// Everything on record for a recipient: of a brand's own relation. Reads the disk off the runtime.
    pub async fn cells(&self, scope: &Scope, recipient: &str) -> Result<Vec<CellHistory>, Problem> {
        let Ok(recipient) = Recipient::parse(recipient, scope.cell.channel) else {
            return Ok(Vec::new());
        };
        let relation = RelationKey::of_brand(self.0.checker.pseudonymizer().recipient(&recipient), scope.brand);
        let history = Arc::clone(&self.0.history);
        let read = tokio::task::spawn_blocking(move || history.cells(&relation)).await;
        let failed = |error: String| {
            tracing::error!(%error, "history could not be read");
            Problem::new(Kind::StoreFailed, "the history could not be read; see the log")
        };
        read.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
    }

    /// The answer to a question with everything behind it. Reads the disk off the runtime.
    pub async fn explain(&self, scope: &Scope, recipient: &str) -> Result<Explained, Problem> {
        let cells = self.cells(scope, recipient).await?;
        let checker = &self.0.checker;
        let at = self.moment();
        let under = Circumstances { id: self.0.recorder.id(at.now), at, revision_reached: true, recordable: true };
        let answer = checker.check(scope, recipient, &under);
        let declaration = answer.declaration.and_then(|id| checker.index().declarations().get(scope.brand, id));
        let entry = checker.index().brands().get(scope.brand);
        let sender_declaration = entry.map(|entry| entry.brand.standing.declaration.clone()).unwrap_or_default();
        Ok(Explained { answer, cells, declaration, sender_declaration })
    }

    /// Nothing is taken in before boot is done.
    pub fn require_loaded(&self) -> Result<(), Problem> {
        if self.0.checker.index().is_loaded() {
            return Ok(());
        }
        Err(Problem::new(Kind::NotReady, "the gateway is still loading; try again"))
    }

    /// Whether new calls should come here; the reason if not.
    pub fn ready(&self) -> Result<(), &'static str> {
        if !self.0.checker.index().is_loaded() {
            return Err("loading");
        }
        if self.0.draining.is_cancelled() {
            return Err("draining");
        }
        if let Some(failure) = self.0.sink.failure() {
            return Err(match failure {
                SinkError::Stalled(Stall::DiskFull) => "disk full",
                SinkError::Stalled(Stall::NoDescriptors) => "no file descriptors",
                SinkError::Stalled(Stall::WriteFailed) => "store stalled",
                SinkError::Panicked => "writer panicked",
                _ => "store poisoned",
            });
        }
        match self.0.recorder.log().map(Log::status) {
            Some(Status { failed: true, .. }) => Err("evidence cannot be written"),
            Some(Status { full: true, .. }) => Err("evidence waits for the disk"),
            _ => Ok(()),
        }
    }
}

/// A little before the caller gives up, so that it hears DEFER instead of nothing.
fn before_deadline(deadline: Duration) -> Duration {
    deadline.saturating_sub((deadline / 10).clamp(Duration::from_millis(1), Duration::from_millis(20)))
}

impl From<SinkError> for Problem {
    fn from(error: SinkError) -> Self {
        let kind = match error {
            SinkError::Poisoned => Kind::StorePoisoned,
            SinkError::Stalled(Stall::DiskFull) => Kind::DiskFull,
            SinkError::Stalled(Stall::NoDescriptors) => Kind::NoDescriptors,
            SinkError::Stalled(Stall::WriteFailed) => Kind::StoreStalled,
            SinkError::Unreadable => Kind::StoreFailed,
            SinkError::Panicked => Kind::WriterPanicked,
            SinkError::Full => Kind::IndexFull,
            SinkError::MaxAgeTooShort(_) => Kind::MaxAgeTooShort,
            SinkError::Closed => Kind::ShuttingDown,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<EraseRefused> for Problem {
    fn from(error: EraseRefused) -> Self {
        match error {
            EraseRefused::Retained(retained) => {
                Self::new(Kind::ErasureRetained, error.to_string()).with_hint("records", retained.records.to_string())
            }
            EraseRefused::Unfinished(revision) => {
                Self::new(Kind::ErasureUnfinished, error.to_string()).with_hint("revision", revision.to_string())
            }
            EraseRefused::Sink(error) => error.into(),
        }
    }
}

impl From<BackupRefused> for Problem {
    fn from(error: BackupRefused) -> Self {
        let kind = match error {
            BackupRefused::OutsideRoot(_) => Kind::BackupOutsideRoot,
            BackupRefused::Exists(_) => Kind::BackupExists,
            BackupRefused::Running => Kind::BackupRunning,
            BackupRefused::ShuttingDown => Kind::ShuttingDown,
            BackupRefused::Failed => Kind::BackupFailed,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<FeedRefused> for Problem {
    fn from(error: FeedRefused) -> Self {
        let kind = match error {
            FeedRefused::NotConfigured => Kind::FeedNotConfigured,
            FeedRefused::NotFed(_) => Kind::BrandNotFed,
            FeedRefused::NoReceiver => Kind::NoPushReceiver,
            FeedRefused::Unavailable(_) => Kind::IysUnavailable,
            FeedRefused::Refused(_) => Kind::IysRefused,
            FeedRefused::Invalid(_) => Kind::InvalidField,
            FeedRefused::Unread => Kind::StoreFailed,
            FeedRefused::Sink(error) => return error.into(),
        };
        Self::new(kind, error.to_string())
    }
}

/// Every decision and reason that a check can have, for the counters.
#[must_use]
pub fn verdict_names() -> Vec<Outcome> {
    let outcome = |decision: Decision, reason: Reason| (decision as u8, decision.name(), reason as u8, reason.name());
    let enforced = Reason::ALL.into_iter().map(|reason| outcome(reason.decision(), reason));
    let let_through = Reason::ALL.into_iter().filter(|reason| reason.yields_to_mode());
    enforced.chain(let_through.map(|reason| outcome(Decision::Allow, reason))).collect()
}

/// Decision and reason of a result byte; a byte that nobody wrote is a DENY.
#[must_use]
pub fn parts_of(byte: u8) -> (Decision, Reason) {
    Verdict::parts(byte).unwrap_or((Decision::Deny, Reason::InvalidRecipient))
}
