//! İYS's limits (F§1.2), shared by everything that asks from one address.

mod clock;

use super::codes::HOUR;
use super::settings::Limits;
use crate::iys::hourly_quota::Window;
use clock::{Moment, TokioClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A token, a push connection, a single status: somebody waits.
    Urgent = 0,
    /// The change stream.
    Normal = 1,
    /// Sweeps and reconciliation.
    Background = 2,
}

/// Which hourly limit a request counts against, beside the one a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metered {
    /// None.
    No,
    /// Single status queries.
    SingleStatus,
    /// History queries.
    History,
    /// The token endpoint.
    Login,
}

/// How many others the first of a lower priority lets pass before it is an equal: about a tenth of the
/// requests is theirs, however many of a higher one wait.
const PATIENCE: u32 = 9;

/// The turns of one address.
///
/// Each priority is a line; only the first of each line looks for a free slot. The lines are the tasks
/// of the callers themselves, who bound their number.
pub struct Budget {
    slots: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Moment>>,
    pace: Mutex<Pace>,
    hours: [Mutex<Window>; 3],
    lines: [Line; 3],
    /// Somebody left the front of a line.
    moved: Notify,
}

#[derive(Default)]
struct Line {
    turn: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
}

/// A slower rate than İYS's own, while we are about to be called a bad client.
#[derive(Default)]
struct Pace {
    last: Option<Instant>,
    spacing: Duration,
}

impl Budget {
    /// Nothing is used yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self::after(limits, &[])
    }

    /// The token endpoint was asked so long ago, the oldest first.
    #[must_use]
    pub fn after(limits: &Limits, logins: &[Duration]) -> Self {
        // A burst of one: the limiter is a spacing.
        let quota = Quota::with_period(limits.spacing.max(Duration::from_nanos(1))).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        let hour = |most| Mutex::new(Window::new(most, HOUR));
        let logins = Mutex::new(Window::after(limits.logins, HOUR, logins, Instant::now()));
        Self {
            slots: RateLimiter::direct_with_clock(quota, TokioClock),
            pace: Mutex::default(),
            hours: [hour(limits.single_status), hour(limits.history), logins],
            lines: Default::default(),
            moved: Notify::new(),
        }
    }

    /// Waits for a turn; the request must be sent at once then. An hourly limit that is used up is not
    /// waited for.
    ///
    /// # Errors
    /// How long the hourly limit stays used up.
    pub async fn take(&self, priority: Priority, metered: Metered) -> Result<(), Duration> {
        if let Some(wait) = self.hour(metered).and_then(|mut hour| hour.wait(Instant::now())) {
            return Err(wait);
        }
        self.turn(priority).await;
        self.hour(metered).map_or(Ok(()), |mut hour| hour.take(Instant::now()))
    }

    /// Spaces requests by at least this much; zero is İYS's own rate.
    pub fn slow_to(&self, spacing: Duration) {
        lock(&self.pace).spacing = spacing;
    }

    /// How many requests wait for their turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lines.iter().map(|line| line.waiting.load(Ordering::Relaxed)).sum()
    }

    /// How many requests an hourly limit still lets through; none where there is no such limit.
    #[must_use]
    pub fn left(&self, metered: Metered) -> Option<usize> {
        self.hour(metered).map(|mut hour| hour.left(Instant::now()))
    }

    async fn turn(&self, priority: Priority) {
        let _waiting = Waiting::new(self, priority);
        let line = &self.lines[priority as usize];
        let _front = line.turn.lock().await;
        let mut passed = 0;
        loop {
            let mut moved = pin!(self.moved.notified());
            moved.as_mut().enable();
            if passed < PATIENCE && self.must_yield(priority) {
                moved.await;
                passed += 1;
                continue;
            }
            match self.slot() {
                Ok(()) => return,
                Err(free) => sleep_until(free).await,
            }
        }
    }

    /// Whether somebody of a higher priority waits.
    fn must_yield(&self, priority: Priority) -> bool {
        self.lines[..priority as usize].iter().any(|line| line.waiting.load(Ordering::Relaxed) > 0)
    }

    /// Takes a slot, or says when the next one is.
    fn slot(&self) -> Result<(), Instant> {
        let (mut pace, now) = (lock(&self.pace), Instant::now());
        if let Some(free) = pace.last.map(|last| last + pace.spacing).filter(|free| *free > now) {
            return Err(free);
        }
        self.slots.check().map_err(|not_yet| not_yet.earliest_possible().instant())?;
        pace.last = Some(now);
        Ok(())
    }

    fn hour(&self, metered: Metered) -> Option<MutexGuard<'_, Window>> {
        let place = match metered {
            Metered::No => return None,
            Metered::SingleStatus => 0,
            Metered::History => 1,
            Metered::Login => 2,
        };
        Some(lock(&self.hours[place]))
    }
}

/// Somebody in a line, until it is served or gives up.
struct Waiting<'a> {
    budget: &'a Budget,
    line: &'a Line,
}

impl<'a> Waiting<'a> {
    fn new(budget: &'a Budget, priority: Priority) -> Self {
        let line = &budget.lines[priority as usize];
        line.waiting.fetch_add(1, Ordering::Relaxed);
        Self { budget, line }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.line.waiting.fetch_sub(1, Ordering::Relaxed);
        self.budget.moved.notify_waiters();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
