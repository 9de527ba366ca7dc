//! What the client counts.

use super::breaker::BreakerState;
use super::codes;
use super::error::IysError;
use crate::iys::error_rate::Standing;
use std::sync::atomic::{AtomicU64, Ordering};

/// A client's counters as they stand.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Figures {
    /// Requests sent, those for tokens too.
    pub requests: u64,
    /// Requests that failed, by code: İYS's known ones, ours where there was no answer, and `other`.
    pub failures: Vec<(&'static str, u64)>,
    /// Requests that wait for their turn.
    pub waiting: usize,
    /// What the hourly limits still let through: single status, history, logins.
    pub left: [usize; 3],
    /// Requests for a token, by password and by refresh.
    pub logins: u64,
    /// Addresses in an answer that were not asked for; ignored.
    pub strangers: u64,
    /// Elements of lists that could not be read.
    pub unreadable: u64,
    /// Whether calls are sent.
    pub breaker: BreakerState,
    /// How we stand with İYS's bad-client rule.
    pub standing: Standing,
}

/// Codes that are not İYS's, and the rest; see [`IysError::code`].
const OWN: [&str; 7] = ["HTTP_STATUS", "UNREADABLE", "NO_CONNECTION", "TIMEOUT", "BROKEN", "TOO_LONG", "other"];

impl Figures {
    /// Every code that a failure may be counted under.
    #[must_use]
    pub fn codes() -> Vec<&'static str> {
        Counters::codes().collect()
    }
}

/// The counters themselves.
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) logins: AtomicU64,
    pub(super) strangers: AtomicU64,
    pub(super) unreadable: AtomicU64,
    /// Labels are bounded: whatever İYS answers, there is no further series.
    failures: Vec<(&'static str, AtomicU64)>,
}

impl Counters {
    pub(super) fn new() -> Self {
        let failures = Self::codes().map(|code| (code, AtomicU64::new(0))).collect();
        let zero = || AtomicU64::new(0);
        Self { requests: zero(), logins: zero(), strangers: zero(), unreadable: zero(), failures }
    }

    /// Every code that a failure may have.
    pub(super) fn codes() -> impl Iterator<Item = &'static str> {
        codes::known().chain(OWN)
    }

    /// Counts a failed request.
    pub(super) fn failed(&self, error: &IysError) {
        let place = self.failures.iter().find(|(code, _)| *code == error.code()).or(self.failures.last());
        if let Some((_, count)) = place {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was counted; the codes that occurred only.
    pub(super) fn read(&self) -> Figures {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let failures = self.failures.iter().map(|(code, count)| (*code, read(count))).filter(|(_, count)| *count > 0);
        Figures {
            requests: read(&self.requests),
            failures: failures.collect(),
            logins: read(&self.logins),
            strangers: read(&self.strangers),
            unreadable: read(&self.unreadable),
            ..Figures::default()
        }
    }
}
