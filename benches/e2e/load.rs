//! What a client reached in a round.

use std::time::{Duration, Instant};

/// Calls of a round, and what they took.
#[derive(Default)]
pub struct Load {
    /// Recipients answered.
    pub recipients: u64,
    /// Nanoseconds of each call.
    pub calls: Vec<u32>,
    /// Recipients whose answer was compared with the right one.
    pub compared: u64,
    /// Those that were wrong.
    pub wrong: u64,
}

impl Load {
    /// Adds another client's.
    pub fn add(&mut self, other: Self) {
        self.recipients += other.recipients;
        self.calls.extend(other.calls);
        self.compared += other.compared;
        self.wrong += other.wrong;
    }

    /// Notes a call of `recipients` that began at `started`.
    pub fn call(&mut self, started: Instant, recipients: u64) {
        self.calls.push(u32::try_from(started.elapsed().as_nanos()).unwrap_or(u32::MAX));
        self.recipients += recipients;
    }

    /// Notes answers that were looked at.
    pub fn compare(&mut self, got: &[u8], right: &[u8]) {
        self.compared += right.len() as u64;
        self.wrong += got.iter().zip(right).filter(|(got, right)| got != right).count() as u64;
        self.wrong += got.len().abs_diff(right.len()) as u64;
    }

    /// The duration that so many of a thousand calls kept to.
    pub fn of_thousand(&mut self, calls: usize) -> Duration {
        self.calls.sort_unstable();
        let at = (self.calls.len() * calls / 1_000).min(self.calls.len().saturating_sub(1));
        Duration::from_nanos(self.calls.get(at).copied().unwrap_or_default().into())
    }
}
