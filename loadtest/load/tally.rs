//! What became of the calls of a line.

use crate::drive::{Done, Failure};
use crate::histogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// A call that left so much after it was due is late: the client, not the server, was too slow.
pub const LATE: Duration = Duration::from_millis(1);

/// What became of the calls of a line.
#[derive(Clone, Default)]
pub struct Tally {
    /// Calls that were due.
    pub offered: u64,
    /// Those that had an answer.
    pub answered: u64,
    /// Those that were not sent, because as many as may be were under way.
    pub unsent: u64,
    /// Those that were sent and had no answer in time.
    pub timed_out: u64,
    /// Those that failed, by code.
    pub errors: BTreeMap<String, u64>,
    /// Those that left late.
    pub late: u64,
    /// Recipients that were answered, or movements that were taken.
    pub recipients: u64,
    /// Recipients by the answer byte.
    pub answers: BTreeMap<u8, u64>,
    /// Recipients whose answer was compared.
    pub compared: u64,
    /// Those whose answer was wrong.
    pub wrong: u64,
    /// The first wrong answer.
    pub example: Option<String>,
    /// From the moment a call was due to its answer; a call without one counts with the time that it was given.
    pub latency: Histogram,
    /// From the moment a call was due to the moment it left.
    pub lag: Histogram,
    /// What happened over time, by the moment calls were due.
    pub slices: Vec<Slice>,
}

/// A stretch of time.
#[derive(Clone, Default)]
pub struct Slice {
    /// Calls that were due in it.
    pub offered: u64,
    /// Calls due in it that had an answer.
    pub answered: u64,
    /// Their latency.
    pub latency: Histogram,
}

impl Tally {
    /// Of a turn of so many slices.
    pub fn of(slices: usize) -> Self {
        Self { slices: vec![Slice::default(); slices], ..Self::default() }
    }

    /// A call is due in slice `slice`.
    pub fn offer(&mut self, slice: usize) {
        self.offered += 1;
        self.slice(slice).offered += 1;
    }

    /// A call leaves.
    pub fn leave(&mut self, lag: Duration) {
        self.lag.note(lag);
        self.late += u64::from(lag > LATE);
    }

    /// A call was answered.
    pub fn answer(&mut self, slice: usize, latency: Duration, done: Done) {
        self.answered += 1;
        self.latency.note(latency);
        let slice = self.slice(slice);
        slice.answered += 1;
        slice.latency.note(latency);
        self.recipients += done.recipients;
        self.compared += done.compared;
        self.wrong += done.wrong;
        self.example = self.example.take().or(done.example);
        count(&mut self.answers, &done.answers);
    }

    /// A call had no answer; a failure is no latency, but no answer in time is a long one.
    pub fn fail(&mut self, slice: usize, latency: Duration, failure: Failure) {
        match failure {
            Failure::Timeout => {
                self.timed_out += 1;
                self.latency.note(latency);
                self.slice(slice).latency.note(latency);
            }
            Failure::Code(code) => *self.errors.entry(code).or_default() += 1,
        }
    }

    /// Adds another round.
    pub fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.answered += other.answered;
        self.unsent += other.unsent;
        self.timed_out += other.timed_out;
        self.late += other.late;
        self.recipients += other.recipients;
        self.compared += other.compared;
        self.wrong += other.wrong;
        self.example = self.example.take().or_else(|| other.example.clone());
        self.latency.add(&other.latency);
        self.lag.add(&other.lag);
        for (code, n) in &other.errors {
            *self.errors.entry(code.clone()).or_default() += n;
        }
        for (answer, n) in &other.answers {
            *self.answers.entry(*answer).or_default() += n;
        }
        self.slices.extend(other.slices.iter().cloned());
    }

    /// Calls that failed, whatever the code.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Whether the client kept its schedule: it sent everything, and 99 of 100 calls left in time.
    pub fn kept_schedule(&self) -> bool {
        self.unsent == 0 && self.lag.at(0.99) <= LATE
    }

    fn slice(&mut self, slice: usize) -> &mut Slice {
        if slice >= self.slices.len() {
            self.slices.resize(slice + 1, Slice::default());
        }
        &mut self.slices[slice]
    }
}

fn count(counts: &mut BTreeMap<u8, u64>, answers: &[u8]) {
    if let [one] = answers {
        *counts.entry(*one).or_default() += 1;
        return;
    }
    let mut by_byte = [0_u64; 256];
    for answer in answers {
        by_byte[usize::from(*answer)] += 1;
    }
    for (answer, n) in (0..=255).zip(by_byte).filter(|(_, n)| *n > 0) {
        *counts.entry(answer).or_default() += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(answers: &'static [u8]) -> Done {
        Done { recipients: answers.len() as u64, answers: bytes::Bytes::from_static(answers), ..Done::default() }
    }

    #[test]
    fn a_call_without_an_answer_in_time_is_a_long_one() {
        let mut tally = Tally::default();
        tally.answer(0, Duration::from_millis(1), done(&[76]));
        tally.fail(0, Duration::from_secs(5), Failure::Timeout);
        tally.fail(0, Duration::from_secs(5), Failure::Code("UNAVAILABLE".to_owned()));
        assert_eq!((tally.answered, tally.timed_out, tally.failed()), (1, 1, 1));
        assert_eq!((tally.latency.count(), tally.latency.most()), (2, Duration::from_secs(5)));
    }

    #[test]
    fn answers_are_counted_by_their_byte() {
        let mut tally = Tally::default();
        tally.answer(0, Duration::ZERO, done(&[76]));
        tally.answer(0, Duration::ZERO, done(&[76, 137, 76]));
        assert_eq!(tally.answers, BTreeMap::from([(76, 3), (137, 1)]));
    }

    #[test]
    fn a_client_that_was_late_says_so() {
        let mut tally = Tally::default();
        for call in 0..100 {
            tally.leave(if call < 2 { Duration::from_millis(3) } else { Duration::ZERO });
        }
        assert!(!tally.kept_schedule() && tally.late == 2);
        let unsent = Tally { unsent: 1, ..Tally::default() };
        assert!(!unsent.kept_schedule() && Tally::default().kept_schedule());
    }
}
