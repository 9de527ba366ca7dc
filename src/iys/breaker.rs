//! While İYS is down, it is asked by one probe at a time.

use crate::sys::backoff::{Backoff, random};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Failures in a row after which İYS counts as down: two calls with all their tries.
const FAILURES: u32 = 8;
/// From one probe to the next.
const PAUSE: Backoff = Backoff { first: Duration::from_secs(5), longest: Duration::from_mins(5) };
/// What those are told who come while a probe is under way.
const PROBING: Duration = Duration::from_secs(1);

/// Whether calls are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BreakerState {
    /// They are.
    #[default]
    Closed,
    /// None is.
    Open,
    /// One is, to see whether İYS is back.
    Probing,
}

/// Counts failures in a row over all calls of a client.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: BreakerState,
    failures: u32,
    pauses: u32,
    until: Option<Instant>,
}

/// The right to send one request. Dropped without a word, it leaves everything as it was.
#[derive(Debug)]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Breaker {
    /// Whether a request would be let through now, or for how long none is.
    pub fn check(&self, now: Instant) -> Result<(), Duration> {
        self.inner().check(now)
    }

    /// Lets a request through, or says for how long none is.
    pub fn admit(&self, now: Instant) -> Result<Permit<'_>, Duration> {
        let mut inner = self.inner();
        inner.check(now)?;
        let probe = inner.state == BreakerState::Open;
        if probe {
            inner.state = BreakerState::Probing;
        }
        Ok(Permit { breaker: self, probe })
    }

    /// Whether calls are sent.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        self.inner().state
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn check(&self, now: Instant) -> Result<(), Duration> {
        let left = self.until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        match self.state {
            BreakerState::Probing => Err(PROBING),
            BreakerState::Open if !left.is_zero() => Err(left),
            BreakerState::Open | BreakerState::Closed => Ok(()),
        }
    }
}

impl Permit<'_> {
    /// İYS answered, whatever it was.
    pub fn succeeded(self) {
        let mut inner = self.breaker.inner();
        // One that was sent before the pause says nothing about now.
        if self.probe || inner.state == BreakerState::Closed {
            if inner.pauses > 0 {
                tracing::info!("İYS answers again");
            }
            *inner = Inner::default();
        }
    }

    /// İYS did not answer, or with an error that may pass.
    pub fn failed(self, now: Instant) {
        let mut inner = self.breaker.inner();
        inner.failures = inner.failures.saturating_add(1);
        if self.probe || (inner.state == BreakerState::Closed && inner.failures >= FAILURES) {
            inner.pauses = inner.pauses.saturating_add(1);
            let pause = PAUSE.after(inner.pauses, random());
            if inner.pauses == 1 {
                tracing::warn!(failures = inner.failures, "İYS fails; it is asked by one probe at a time until it answers");
            }
            inner.until = Some(now + pause);
            inner.state = BreakerState::Open;
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut inner = self.breaker.inner();
        // A probe that nobody waited for: the next caller may send one.
        if self.probe && inner.state == BreakerState::Probing {
            inner.state = BreakerState::Open;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, times: u32, now: Instant) {
        for _ in 0..times {
            breaker.admit(now).unwrap().failed(now);
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        fail(&breaker, FAILURES - 1, now);
        breaker.admit(now).unwrap().succeeded();
        fail(&breaker, FAILURES - 1, now);
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&breaker, 1, now);
        assert_eq!(breaker.state(), BreakerState::Open);
        let wait = breaker.admit(now).unwrap_err();
        assert!(wait >= PAUSE.first / 2 && wait <= PAUSE.first, "{wait:?}");
    }

    #[test]
    fn one_probe_at_a_time_and_pauses_grow() {
        let (breaker, mut now) = (Breaker::default(), Instant::now());
        fail(&breaker, FAILURES, now);
        for pause in 2..20 {
            now += breaker.admit(now).unwrap_err();
            let probe = breaker.admit(now).unwrap();
            assert_eq!(breaker.admit(now).unwrap_err(), PROBING);
            probe.failed(now);
            let wait = breaker.admit(now).unwrap_err();
            assert!(wait >= PAUSE.after(pause, 0) && wait <= PAUSE.after(pause, u32::MAX), "{wait:?}");
        }
        now += PAUSE.longest;
        breaker.admit(now).unwrap().succeeded();
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&breaker, FAILURES - 1, now);
        assert!(breaker.admit(now).is_ok(), "the count starts anew");
    }

    #[test]
    fn a_probe_that_is_dropped_makes_room_for_another() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        fail(&breaker, FAILURES, now);
        let later = now + PAUSE.longest;
        drop(breaker.admit(later).unwrap());
        assert!(breaker.admit(later).is_ok());
    }

    #[test]
    fn an_answer_from_before_the_pause_does_not_end_it() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        let early = breaker.admit(now).unwrap();
        fail(&breaker, FAILURES, now);
        early.succeeded();
        assert_eq!(breaker.state(), BreakerState::Open);
    }
}
