//! Connections of a listener: how many there are at once, and which end when a newcomer needs room.
//!
//! A connection is idle while no call of it is under way, also before its first. When the seats run short, the one that has
//! been idle for longest ends: a client that keeps connections open without using them takes none from others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Time that a connection which has served calls gets to end in order; a client that answers needs one round trip.
const GRACE: Duration = Duration::from_millis(250);
/// The same for one that has served none: there is nothing to end.
const GRACE_UNUSED: Duration = Duration::from_millis(10);

/// The seats of a listener.
pub(super) struct Seats {
    free: Arc<Semaphore>,
    /// Seats that are kept free ahead of newcomers, so that they need not wait for a connection to end.
    spare: usize,
    shared: Arc<Shared>,
}

struct Shared {
    /// Counts the moments at which connections became idle: their order is all that is needed of them.
    clock: AtomicU64,
    open: Mutex<HashMap<u64, Arc<State>>>,
    /// Connections that were asked to end and have not yet.
    ending: AtomicUsize,
    /// Open connections, for whoever shows them.
    gauge: Arc<AtomicU64>,
}

struct State {
    calls: AtomicUsize,
    /// The moment since which it is idle.
    idle_since: AtomicU64,
    /// Whether a call was ever made.
    used: AtomicBool,
    end: CancellationToken,
}

/// A connection that holds a seat until it is dropped.
pub struct Connection {
    number: u64,
    handle: ConnectionHandle,
    _seat: OwnedSemaphorePermit,
}

/// What is needed of a connection while it is served. Clones are the same.
#[derive(Clone)]
pub struct ConnectionHandle {
    state: Arc<State>,
    shared: Arc<Shared>,
}

/// A call under way; it is over when this is dropped.
pub struct ActiveCall(ConnectionHandle);

impl Seats {
    pub(super) fn new(count: usize, gauge: Arc<AtomicU64>) -> Self {
        let shared = Shared { clock: AtomicU64::new(0), open: Mutex::default(), ending: AtomicUsize::new(0), gauge };
        Self { free: Arc::new(Semaphore::new(count)), spare: (count / 64).clamp(1, 16), shared: Arc::new(shared) }
    }

    /// Takes a seat for a newcomer. Waits until there is one; what is idle ends for it.
    pub(super) async fn take(&self) -> Connection {
        loop {
            self.make_room(self.spare);
            // What was busy may have become idle meanwhile.
            let seat = tokio::time::timeout(GRACE, Arc::clone(&self.free).acquire_owned()).await;
            if let Ok(Ok(seat)) = seat {
                return self.shared.begin(seat);
            }
        }
    }

    /// Ends the connections that have been idle for longest until `wanted` seats are free or about to be.
    pub(super) fn make_room(&self, wanted: usize) {
        let coming = || self.free.available_permits() + self.shared.ending.load(Ordering::Relaxed);
        while coming() < wanted && self.shared.end_longest_idle() {}
    }

    /// Asks the connection that has been idle for longest to end, whether seats are short or not.
    pub(super) fn end_longest_idle(&self) {
        self.shared.end_longest_idle();
    }
}

impl Shared {
    fn begin(self: &Arc<Self>, seat: OwnedSemaphorePermit) -> Connection {
        let number = self.clock.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(State {
            calls: AtomicUsize::new(0),
            idle_since: AtomicU64::new(number),
            used: AtomicBool::new(false),
            end: CancellationToken::new(),
        });
        self.open().insert(number, Arc::clone(&state));
        self.gauge.fetch_add(1, Ordering::Relaxed);
        Connection { number, handle: ConnectionHandle { state, shared: Arc::clone(self) }, _seat: seat }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<State>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the connection that has been idle for longest to end; says whether there was one.
    fn end_longest_idle(&self) -> bool {
        let open = self.open();
        let idle = open.values().filter(|state| state.calls.load(Ordering::Acquire) == 0 && !state.end.is_cancelled());
        let Some(longest) = idle.min_by_key(|state| state.idle_since.load(Ordering::Relaxed)) else { return false };
        self.ending.fetch_add(1, Ordering::Relaxed);
        longest.end.cancel();
        true
    }
}

impl Connection {
    /// What is needed of it while it is served.
    #[must_use]
    pub fn handle(&self) -> ConnectionHandle {
        self.handle.clone()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let shared = &self.handle.shared;
        shared.open().remove(&self.number);
        if self.handle.state.end.is_cancelled() {
            shared.ending.fetch_sub(1, Ordering::Relaxed);
        }
        shared.gauge.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConnectionHandle {
    /// Notes a call: until it is over the connection is not idle.
    #[must_use]
    pub fn call(&self) -> ActiveCall {
        self.state.calls.fetch_add(1, Ordering::AcqRel);
        self.state.used.store(true, Ordering::Relaxed);
        ActiveCall(self.clone())
    }

    /// Resolves when the connection is to end to make room.
    pub async fn asked_to_end(&self) {
        self.state.end.cancelled().await;
    }

    /// Resolves when no call is under way, or soon after.
    pub async fn until_idle(&self) {
        while self.state.calls.load(Ordering::Acquire) > 0 {
            tokio::time::sleep(GRACE).await;
        }
    }

    /// Time that it has from then on.
    #[must_use]
    pub fn grace(&self) -> Duration {
        if self.state.used.load(Ordering::Relaxed) { GRACE } else { GRACE_UNUSED }
    }
}

impl Drop for ActiveCall {
    fn drop(&mut self) {
        let ConnectionHandle { state, shared } = &self.0;
        // Before the call is over, so that it is never idle since an earlier moment.
        state.idle_since.store(shared.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        state.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::{Context, Waker};

    fn asked(connection: &Connection) -> bool {
        connection.handle.state.end.is_cancelled()
    }

    #[tokio::test]
    async fn the_connection_that_was_idle_for_longest_ends_for_a_newcomer() {
        let gauge = Arc::new(AtomicU64::new(0));
        let seats = Seats::new(3, Arc::clone(&gauge));
        let [first, second, third] = [seats.take().await, seats.take().await, seats.take().await];
        assert!([&first, &second, &third].into_iter().all(|connection| !asked(connection)), "there is room for three");
        let busy = first.handle().call();
        drop(second.handle().call());
        let mut newcomer = Box::pin(seats.take());
        assert!(newcomer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!([&first, &second, &third].map(asked), [false, false, true], "the third was idle before the second");
        assert_eq!((third.handle.grace(), second.handle.grace()), (GRACE_UNUSED, GRACE));
        drop(third);
        let newcomer = newcomer.await;
        assert_eq!((gauge.load(Ordering::Relaxed), asked(&newcomer)), (3, false));
        drop(busy);
        seats.make_room(1);
        assert_eq!([&first, &second, &newcomer].map(asked), [false, true, false]);
        drop((first, second, newcomer));
        assert_eq!((gauge.load(Ordering::Relaxed), seats.shared.ending.load(Ordering::Relaxed)), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_waits_for_those_that_are_busy() {
        let seats = Seats::new(1, Arc::default());
        let only = seats.take().await;
        let call = only.handle().call();
        let early = tokio::time::timeout(GRACE * 10, seats.take()).await;
        assert!(early.is_err() && !asked(&only), "a call is never cut for a newcomer");
        drop(call);
        let ended = async {
            only.handle().asked_to_end().await;
            drop(only);
        };
        tokio::join!(seats.take(), ended);
    }
}
