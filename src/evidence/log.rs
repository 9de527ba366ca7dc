//! The hand-off: decisions from the threads that answer to the one that writes.
//!
//! An answer is admitted before it is decided, so that the decision knows whether it can be recorded, and handed over
//! behind it: room is reserved, a number of the lease taken, and the entry pushed into one of a few buffers that the
//! writer empties. Nothing of that waits, but for an admission under `block` and an answer under `before-answer`.

pub(in crate::evidence) mod finisher;
mod recorder;
pub(in crate::evidence) mod remembered;
mod shared;
pub(in crate::evidence) mod thread;
pub mod writer;

pub use recorder::Recorder;

use super::entry::{Entry, Event};
use super::settings::{Durability, Overload, Settings};
use crate::model::decision::id::{DecisionId, DecisionIds};
use crate::model::time::IysTime;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};

/// Buffers that threads push into: as many as there are threads on a large machine, so that they seldom meet.
const BUFFERS: usize = 16;

/// Memory of an entry beside its outcomes, references and recipients.
const ENTRY_BYTES: u64 = 176;
/// Memory of an outcome with its recipient.
const OUTCOME_BYTES: u64 = 17;

/// Bytes in one buffer that the writer is asked to put into a frame, long before it syncs: what it does at once is short, and
/// an answer that waits for the processor behind it does not wait long. A hundred and a half of single decisions.
const FRAME_BYTES: u64 = 32 << 10;

/// The log of a running gateway; clones are the same log.
#[derive(Clone)]
pub struct Log(pub(super) Arc<Shared>);

/// What the log's threads and its callers share.
pub(super) struct Shared {
    pub(super) ids: DecisionIds,
    pub(super) settings: Settings,
    buffers: [Buffer; BUFFERS],
    /// None once nobody writes any more.
    events: Mutex<Option<Vec<Noted>>>,
    /// Bytes that are reserved or wait.
    waiting: AtomicU64,
    /// Decisions that are admitted and not gathered yet.
    outstanding: AtomicU64,
    /// The first number that may not be given out.
    leased: AtomicU64,
    /// How many numbers the next lease has.
    ahead: AtomicU64,
    room: Notify,
    wake: Mutex<Wake>,
    woken: Condvar,
    /// What the writer is asked for: an [`Ask`].
    asked: AtomicU8,
    pub(super) failed: AtomicBool,
    /// When everything that was gathered was last on disk.
    pub(super) settled: Mutex<Instant>,
    pub(super) figures: Figures,
}

/// An event, and who waits for it.
pub(super) type Noted = (Event, oneshot::Sender<()>);

#[repr(align(128))]
#[derive(Default)]
struct Buffer(Mutex<Handed>);

/// What was handed over and is not gathered yet.
#[derive(Default)]
struct Handed {
    entries: Vec<Entry>,
    waiters: Vec<oneshot::Sender<bool>>,
    /// Bytes that the entries were admitted with.
    bytes: u64,
}

/// What the writer is asked for before its time; the greater holds the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// To put what was handed over into frames.
    Frame = 1,
    /// To bring it to disk.
    Sync = 2,
}

#[derive(Default)]
struct Wake {
    stop: bool,
}

/// What is counted.
#[derive(Debug, Default)]
pub struct Figures {
    /// Decisions on disk.
    pub recorded: AtomicU64,
    /// Decisions that were answered and not recorded, because they could not be.
    pub unrecorded: AtomicU64,
    /// Bytes written.
    pub bytes: AtomicU64,
    /// Commits, each with a sync.
    pub commits: AtomicU64,
    /// Failed commits.
    pub failures: AtomicU64,
    /// Segments sealed.
    pub sealed: AtomicU64,
    /// Sealed segments that are not in the tree or have no index yet.
    pub behind: AtomicU64,
    /// Microseconds that the last commit took.
    pub took_us: AtomicU64,
    /// Decisions of before the start that can be missing, at most.
    pub missing: AtomicU64,
}

/// Where a log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The disk takes nothing.
    pub failed: bool,
    /// The room for what waits is used up.
    pub full: bool,
    /// Bytes that wait.
    pub waiting: u64,
}

/// What an answer is admitted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The id of the first decision.
    pub id: DecisionId,
    /// Whether an ALLOW may go out.
    pub recordable: bool,
    /// Whether room is reserved for it, and it is to be handed over.
    reserved: bool,
    /// Whether the caller hears nothing before it is on disk.
    before_answer: bool,
    decisions: u64,
    bytes: u64,
}

/// How large an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Entries that it is recorded as.
    pub entries: u64,
    /// Decisions in them.
    pub decisions: u64,
    /// Bytes of the callers' references.
    pub references: u64,
}

/// An answer that its caller is not to hear of before it is on disk: hears whether it is.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<bool>);

impl Admission {
    /// Of an answer that nothing is recorded of.
    pub(super) const fn unrecorded(id: DecisionId, decisions: u64) -> Self {
        Self { id, recordable: true, reserved: false, before_answer: false, decisions, bytes: 0 }
    }
}

impl Log {
    pub(super) fn new(settings: Settings, ids: DecisionIds, leased: u64) -> Self {
        Self(Arc::new(Shared {
            ids,
            settings,
            buffers: Default::default(),
            events: Mutex::new(Some(Vec::new())),
            waiting: AtomicU64::new(0),
            outstanding: AtomicU64::new(0),
            leased: AtomicU64::new(leased),
            ahead: AtomicU64::new(LEASE),
            room: Notify::new(),
            wake: Mutex::default(),
            woken: Condvar::new(),
            asked: AtomicU8::new(0),
            failed: AtomicBool::new(false),
            settled: Mutex::new(Instant::now()),
            figures: Figures::default(),
        }))
    }

    /// What holds for a caller.
    #[must_use]
    pub fn durability(&self, caller: &str) -> Durability {
        self.0.settings.of(caller)
    }

    /// The id of a decision that is not recorded.
    pub(super) fn id(&self, now: IysTime) -> DecisionId {
        self.0.ids.take(now, 1)
    }

    /// Admits an answer. Waits for room only under `block`.
    pub async fn admit(&self, class: Durability, answer: Size, now: IysTime) -> Admission {
        match self.0.settings.overload {
            Overload::Block => self.admit_patiently(class, answer, now).await,
            _ => self.try_admit(class, answer, now),
        }
    }

    /// The same for an answer that can wait for room, whatever is configured.
    pub async fn admit_patiently(&self, class: Durability, answer: Size, now: IysTime) -> Admission {
        let first = self.try_admit(class, answer, now);
        if first.recordable {
            return first;
        }
        let deadline = tokio::time::Instant::now() + self.0.settings.patience;
        loop {
            // Before the look, so that room that is made in between is not missed.
            let room = self.0.room.notified();
            let admission = self.try_admit(class, answer, now);
            if admission.recordable || tokio::time::timeout_at(deadline, room).await.is_err() {
                return admission;
            }
        }
    }

    fn try_admit(&self, class: Durability, answer: Size, now: IysTime) -> Admission {
        let Size { entries, decisions, references } = answer;
        let shared = &*self.0;
        let bytes = entries * ENTRY_BYTES + decisions * OUTCOME_BYTES + references;
        let admission = |reserved| {
            let id = shared.ids.take(now, decisions);
            Admission { id, recordable: true, reserved, before_answer: class == Durability::BeforeAnswer, decisions, bytes }
        };
        if class == Durability::Off {
            return admission(false);
        }
        let before = shared.waiting.fetch_add(bytes, Ordering::Relaxed);
        // Counted before the number is taken: whoever leases counts what may be answered below it.
        shared.outstanding.fetch_add(decisions, Ordering::SeqCst);
        let admitted = admission(true);
        let fits = before + bytes <= shared.settings.buffer_bytes || before == 0;
        let leased = admitted.id.number().saturating_add(decisions) <= shared.leased.load(Ordering::Acquire);
        if shared.is_half_leased(admitted.id.number()) {
            shared.wake(Ask::Sync);
        }
        if fits && leased && !shared.failed.load(Ordering::Acquire) {
            return admitted;
        }
        // Nobody is told of room: it is what there was before.
        shared.waiting.fetch_sub(bytes, Ordering::Relaxed);
        shared.outstanding.fetch_sub(decisions, Ordering::SeqCst);
        shared.wake(Ask::Sync);
        Admission { reserved: false, recordable: shared.settings.overload == Overload::DropAndCount, ..admitted }
    }

    /// Takes the entries of an answer over, if it was admitted to be recorded; they have the size that it was
    /// admitted with. The ticket is of a caller that is to wait.
    pub fn record<E: IntoIterator<Item = Entry>>(
        &self,
        admission: &Admission,
        entries: impl FnOnce(bool) -> E,
    ) -> Option<Ticket> {
        let shared = &*self.0;
        if !admission.reserved {
            return None;
        }
        let entries = entries(admission.before_answer);
        let (waiter, ticket) = if admission.before_answer { Some(oneshot::channel()).unzip() } else { (None, None) };
        let is_frame = {
            let mut handed = lock(&shared.buffers[place()].0);
            handed.entries.extend(entries);
            handed.waiters.extend(waiter);
            handed.bytes += admission.bytes;
            handed.bytes >= FRAME_BYTES
        };
        if let Some(ticket) = ticket {
            shared.wake(Ask::Sync);
            return Some(Ticket(ticket));
        }
        if shared.waiting.load(Ordering::Relaxed) > shared.settings.buffer_bytes / 4 {
            shared.wake(Ask::Sync);
        } else if is_frame && shared.asked.load(Ordering::Relaxed) == 0 {
            // A frame is no promise: whoever finds one asked for need not write to what all threads share.
            shared.wake(Ask::Frame);
        }
        None
    }

    /// Counts decisions that were answered and are not recorded although they should be.
    pub fn unrecorded(&self, admission: &Admission, class: Durability) {
        if !admission.reserved && class != Durability::Off {
            self.0.figures.unrecorded.fetch_add(admission.decisions, Ordering::Relaxed);
        }
    }

    /// Waits until an answer is on disk; says whether it is. If the disk hangs for longer than patience the answer is no,
    /// and what is recorded in the end may be the ALLOW that nobody heard of; never the other way round.
    pub async fn durable(&self, ticket: Ticket) -> bool {
        let told = tokio::time::timeout(self.0.settings.patience, ticket.0).await;
        // No answer: the disk hangs, or the log was closed.
        matches!(told, Ok(Ok(true)))
    }

    /// Records an event; says whether it is on disk. If the disk takes nothing for longer than patience it is not, yet it may
    /// be recorded later: whoever notes it again has it on record twice.
    pub async fn note(&self, event: Event) -> bool {
        let Some(done) = self.submit(event) else { return false };
        matches!(tokio::time::timeout(self.0.settings.patience, done).await, Ok(Ok(())))
    }

    /// The same for a thread outside of the runtime.
    pub(super) fn note_blocking(&self, event: Event) -> bool {
        self.submit(event).is_some_and(|done| done.blocking_recv().is_ok())
    }

    fn submit(&self, event: Event) -> Option<oneshot::Receiver<()>> {
        let (reply, done) = oneshot::channel();
        lock(&self.0.events).as_mut()?.push((event, reply));
        self.0.wake(Ask::Sync);
        Some(done)
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        let waiting = self.0.waiting.load(Ordering::Relaxed);
        let failed = self.0.failed.load(Ordering::Acquire);
        Status { failed, full: waiting >= self.0.settings.buffer_bytes, waiting }
    }

    /// For how long what waits is not on disk: what a kill would lose now. Zero if nothing waits.
    #[must_use]
    pub fn at_risk(&self) -> Duration {
        match self.status().waiting {
            0 => Duration::ZERO,
            _ => lock(&self.0.settled).elapsed(),
        }
    }

    /// What is counted.
    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.0.figures
    }

    /// Has the writer end once everything handed over is on disk.
    pub(super) fn stop(&self) {
        lock(&self.0.wake).stop = true;
        self.0.woken.notify_all();
    }
}

/// Numbers that are leased ahead at least: a quiet hour needs one lease; under the heaviest batches a lease grows with what
/// comes in a round. It bounds what a kill leaves unknown.
pub(super) const LEASE: u64 = 1 << 20;

/// Memory that an entry was admitted with.
pub(super) fn bytes_of(entry: &Entry) -> u64 {
    ENTRY_BYTES + entry.outcomes.len() as u64 * OUTCOME_BYTES + entry.reference.len() as u64
}

/// A panic of another thread leaves a vector whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The buffer of this thread.
fn place() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PLACE: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % BUFFERS);
    }
    PLACE.get()
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
