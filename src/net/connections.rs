//! Connections of a listener: how many there are at once, and which end when a newcomer needs room.
//!
//! A connection is idle while no call of it is under way, also before its first. When the seats run short, the idle one that
//! was not called for longest ends: a client that keeps connections open without using them takes none from others.
//!
//! A call costs a count up and a count down: what tells who was not called for longest is read of every call, but written
//! only when connections have come since the last one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
    /// Connections that came so far: the clock by which it is told when one was called.
    arrivals: AtomicU64,
    open: Mutex<HashMap<u64, Arc<State>>>,
    /// Open connections, for whoever shows them.
    gauge: Arc<AtomicU64>,
}

struct State {
    shared: Arc<Shared>,
    /// Held by every call under way.
    calls: Arc<()>,
    /// The arrivals up to its last call, or up to itself.
    called: AtomicU64,
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
pub struct ConnectionHandle(Arc<State>);

/// A call under way; it is over when this is dropped.
pub struct ActiveCall(#[expect(dead_code, reason = "it counts by being there")] Arc<()>);

impl Seats {
    pub(super) fn new(count: usize, gauge: Arc<AtomicU64>) -> Self {
        let shared = Shared { arrivals: AtomicU64::new(0), open: Mutex::default(), gauge };
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
        let short = wanted.saturating_sub(self.free.available_permits());
        if short > 0 {
            self.shared.end_idle(short);
        }
    }

    /// Ends the connection that has been idle for longest, whether seats are short or not.
    pub(super) fn end_longest_idle(&self) {
        self.shared.end_idle(1);
    }
}

impl Shared {
    fn begin(self: &Arc<Self>, seat: OwnedSemaphorePermit) -> Connection {
        let number = self.arrivals.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(State {
            shared: Arc::clone(self),
            calls: Arc::default(),
            called: AtomicU64::new(number + 1),
            used: AtomicBool::new(false),
            end: CancellationToken::new(),
        });
        self.open().insert(number, Arc::clone(&state));
        self.gauge.fetch_add(1, Ordering::Relaxed);
        Connection { number, handle: ConnectionHandle(state), _seat: seat }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<State>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks those that have been idle for longest to end, as many as are wanted beside those that are about to. One that
    /// was asked and then called is not about to: it ends with its call.
    fn end_idle(&self, wanted: usize) {
        let open = self.open();
        let (ending, mut idle): (Vec<_>, Vec<_>) =
            open.values().filter(|state| state.is_idle()).partition(|state| state.is_ending());
        let wanted = wanted.saturating_sub(ending.len()).min(idle.len());
        if wanted == 0 {
            return;
        }
        idle.select_nth_unstable_by_key(wanted - 1, |state| state.called.load(Ordering::Relaxed));
        for longest in &idle[..wanted] {
            longest.end.cancel();
        }
    }
}

impl State {
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.calls) == 1
    }

    fn is_ending(&self) -> bool {
        self.end.is_cancelled()
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
        let shared = &self.handle.0.shared;
        shared.open().remove(&self.number);
        shared.gauge.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConnectionHandle {
    /// Notes a call: until it is over the connection is not idle.
    #[must_use]
    pub fn call(&self) -> ActiveCall {
        let State { shared, calls, called, used, .. } = &*self.0;
        let call = ActiveCall(Arc::clone(calls));
        let now = shared.arrivals.load(Ordering::Relaxed);
        if called.load(Ordering::Relaxed) != now {
            called.store(now, Ordering::Relaxed);
        }
        if !used.load(Ordering::Relaxed) {
            used.store(true, Ordering::Relaxed);
        }
        call
    }

    /// Resolves when the connection is to end to make room.
    pub async fn asked_to_end(&self) {
        self.0.end.cancelled().await;
    }

    /// Resolves when no call is under way, or soon after.
    pub async fn until_idle(&self) {
        while !self.0.is_idle() {
            tokio::time::sleep(GRACE).await;
        }
    }

    /// Time that it has from then on.
    #[must_use]
    pub fn grace(&self) -> Duration {
        if self.0.used.load(Ordering::Relaxed) { GRACE } else { GRACE_UNUSED }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::{Context, Waker};

    fn asked(connection: &Connection) -> bool {
        connection.handle.0.end.is_cancelled()
    }

    #[tokio::test]
    async fn the_connection_that_was_idle_for_longest_ends_for_a_newcomer() {
        let gauge = Arc::new(AtomicU64::new(0));
        let seats = Seats::new(3, Arc::clone(&gauge));
        let [first, second] = [seats.take().await, seats.take().await];
        let busy = first.handle().call();
        drop(second.handle().call());
        let third = seats.take().await;
        assert!([&first, &second, &third].into_iter().all(|connection| !asked(connection)), "there is room for three");
        let mut newcomer = Box::pin(seats.take());
        assert!(newcomer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!([&first, &second, &third].map(asked), [false, true, false], "the second was called before the third came");
        assert_eq!([&first, &second, &third].map(|one| one.handle.grace()), [GRACE, GRACE, GRACE_UNUSED]);
        drop(second);
        let newcomer = newcomer.await;
        assert_eq!((gauge.load(Ordering::Relaxed), asked(&newcomer)), (3, false));
        drop((busy, third.handle().call()));
        seats.make_room(1);
        assert_eq!([&first, &third, &newcomer].map(asked), [true, false, false], "its call is over, and was the first");
        drop((first, third, newcomer));
        assert_eq!((gauge.load(Ordering::Relaxed), seats.shared.open().len()), (0, 0));
    }

    /// One that is called just then keeps its seat for the length of the call: another has to end.
    #[tokio::test]
    async fn a_connection_that_is_called_after_all_is_not_counted_on() {
        let seats = Seats::new(2, Arc::default());
        let [first, second] = [seats.take().await, seats.take().await];
        seats.make_room(1);
        assert_eq!([&first, &second].map(asked), [true, false]);
        let call = first.handle().call();
        seats.make_room(1);
        assert_eq!([&first, &second].map(asked), [true, true]);
        drop((call, second));
        seats.take().await;
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
