//! Sends calls when they are due, whatever became of those before, and counts each from the moment it was due:
//! a stall of the server is in the latency of everything that should have been sent during it.

use crate::tally::Tally;
use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

/// A call that was answered.
#[derive(Default)]
pub struct Done {
    /// Recipients answered, or movements taken.
    pub recipients: u64,
    /// Their answer bytes, where there are any.
    pub answers: Bytes,
    /// Recipients whose answer was compared.
    pub compared: u64,
    /// Those whose answer was wrong.
    pub wrong: u64,
    /// One of them, for people.
    pub example: Option<String>,
    /// When the answer was here, before it was compared.
    pub at: Option<Instant>,
}

/// Why a call has no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// It took too long.
    Timeout,
    /// It failed, with a code.
    Code(String),
}

/// How a line is driven.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// Calls under way at most.
    pub in_flight: usize,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// The length of a slice of time.
    pub slice: Duration,
    /// Slices of a turn.
    pub slices: usize,
}

/// Shortly before a call is due the client no longer sleeps: a timer is right within a millisecond only.
const AWAKE: Duration = Duration::from_millis(2);
/// Calls that leave in a row before answers are looked at.
const IN_A_ROW: usize = 32;

/// Sends call `n` at the `n`th moment of a schedule that begins at `begun`, and waits for the last answers. All on
/// this thread, in a `LocalSet`.
pub async fn open<F>(call: Rc<F>, schedule: impl Iterator<Item = Duration>, begun: Instant, bounds: Bounds) -> Tally
where
    F: AsyncFn(u64) -> Result<Done, Failure> + 'static,
{
    let (tally, under_way) = (Rc::new(RefCell::new(Tally::of(bounds.slices))), TaskTracker::new());
    let mut in_a_row = 0;
    for (number, offset) in (0..).zip(schedule) {
        let due = begun + offset;
        in_a_row = if wait(due, in_a_row).await { 0 } else { in_a_row + 1 };
        let slice = ((offset.as_nanos() / bounds.slice.as_nanos()) as usize).min(bounds.slices - 1);
        tally.borrow_mut().offer(slice);
        if under_way.len() >= bounds.in_flight {
            tally.borrow_mut().unsent += 1;
            continue;
        }
        let (call, tally) = (Rc::clone(&call), Rc::clone(&tally));
        under_way.spawn_local(async move {
            tally.borrow_mut().leave(due.elapsed());
            let answer = tokio::time::timeout(bounds.timeout, call(number)).await.unwrap_or(Err(Failure::Timeout));
            let took = |at: Option<Instant>| at.unwrap_or_else(Instant::now).saturating_duration_since(due);
            match answer {
                Ok(done) => tally.borrow_mut().answer(slice, took(done.at), done),
                Err(failure) => tally.borrow_mut().fail(slice, took(None), failure),
            }
        });
    }
    under_way.close();
    under_way.wait().await;
    tally.take()
}

/// Waits until a moment; whether others had a turn.
async fn wait(due: Instant, in_a_row: usize) -> bool {
    let mut waited = in_a_row >= IN_A_ROW;
    if waited {
        tokio::task::yield_now().await;
    }
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return waited;
        }
        waited = true;
        if left > AWAKE * 2 {
            tokio::time::sleep(left.saturating_sub(AWAKE)).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

/// Keeps so many calls under way for a while: the most that the other side can do. Latencies are not those of an
/// open loop: whoever waits does not ask.
pub async fn closed<F>(call: Rc<F>, in_flight: usize, time: Duration) -> Tally
where
    F: AsyncFn(u64) -> Result<Done, Failure> + 'static,
{
    let (tally, tasks) = (Rc::new(RefCell::new(Tally::default())), TaskTracker::new());
    let (next, until) = (Rc::new(Cell::new(0)), Instant::now() + time);
    for _ in 0..in_flight {
        let (call, tally, next) = (Rc::clone(&call), Rc::clone(&tally), Rc::clone(&next));
        tasks.spawn_local(async move {
            loop {
                let started = Instant::now();
                if started >= until {
                    return;
                }
                tally.borrow_mut().offer(0);
                match call(next.replace(next.get() + 1)).await {
                    Ok(done) => tally.borrow_mut().answer(0, started.elapsed(), done),
                    Err(failure) => tally.borrow_mut().fail(0, started.elapsed(), failure),
                }
            }
        });
    }
    tasks.close();
    tasks.wait().await;
    tally.take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::task::LocalSet;

    const BOUNDS: Bounds = Bounds { in_flight: 3, timeout: Duration::from_mins(1), slice: Duration::from_secs(1), slices: 1 };

    fn driven(work: impl AsyncFnOnce() -> Tally) -> Tally {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async { work().await })
    }

    #[test]
    fn an_answer_is_counted_from_when_it_was_due() {
        // Due ten seconds ago, every one of them: the client stood still, and no call may look quick.
        let begun = Instant::now().checked_sub(Duration::from_secs(10)).unwrap();
        let bounds = Bounds { in_flight: 100, ..BOUNDS };
        let call = Rc::new(async |_| Ok(Done { recipients: 1, ..Done::default() }));
        let tally = driven(async || open(call, (0..100).map(|_| Duration::ZERO), begun, bounds).await);
        assert_eq!((tally.offered, tally.answered, tally.late), (100, 100, 100));
        assert!(tally.latency.at(0.0) >= Duration::from_secs(10) && tally.lag.at(0.0) >= Duration::from_secs(10));
        assert!(!tally.kept_schedule());
    }

    #[test]
    fn what_finds_no_room_is_not_sent_and_counted() {
        let never = Rc::new(async |_| std::future::pending().await);
        let bounds = Bounds { timeout: Duration::from_millis(1), ..BOUNDS };
        let tally = driven(async || open(never, (0..10).map(|_| Duration::ZERO), Instant::now(), bounds).await);
        assert_eq!((tally.offered, tally.unsent, tally.timed_out, tally.answered), (10, 7, 3, 0));
    }

    #[test]
    fn a_slow_call_holds_no_other_back() {
        // The first answers only after the last was sent.
        let (sent, told) = (Rc::new(Cell::new(0)), Rc::new(tokio::sync::Notify::new()));
        let call = Rc::new(async move |number| {
            sent.set(sent.get() + 1);
            if sent.get() == 3 {
                told.notify_one();
            }
            if number == 0 {
                told.notified().await;
            }
            Ok(Done::default())
        });
        let tally = driven(async || open(call, (0..3).map(Duration::from_millis), Instant::now(), BOUNDS).await);
        assert_eq!((tally.answered, tally.slices[0].offered), (3, 3));
    }
}
