//! What was seen in a run.

use crate::gateway::Evidence;
use crate::samples::Sample;
use crate::scrape::Buckets;
use crate::stage::Usage;
use crate::tally::Tally;
use crate::turns::{Contender, Line, Who};
use std::time::Duration;

/// All that was seen.
pub struct Seen {
    pub contenders: Vec<Reached>,
    pub samples: Vec<Sample>,
    /// Of plan half: what each can do.
    pub most: Vec<Most>,
    /// How long the gateway's unary checks took inside it.
    pub inside: Option<Buckets>,
    pub evidence: Option<Recorded>,
    /// From the start of the gateway's process to its first decision.
    pub cold: Option<Duration>,
    /// The length of a turn, and of a slice of it.
    pub turn: Duration,
    pub slice: Duration,
}

/// The most that a contender did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Most {
    pub who: Who,
    /// Calls a second in a closed loop.
    pub rate: f64,
    /// The part of a core that its server used: much less than 1 means that this program was the limit.
    pub busy: Option<f64>,
    /// Calls a second that it keeps up with in an open loop.
    pub open: f64,
    /// The part of a core that its server used then.
    pub open_busy: Option<f64>,
}

/// What a contender came to.
pub struct Reached {
    pub who: Who,
    pub lines: Vec<ReachedLine>,
    /// Seconds of processor of all counted turns.
    pub processor: Option<f64>,
    pub usage: Usage,
}

/// What a contender came to in a line.
pub struct ReachedLine {
    pub title: String,
    /// Who is asked, and how.
    pub who: String,
    /// Calls a second, as scheduled.
    pub offered: f64,
    pub tally: Tally,
    /// Microseconds that 99 of 100 calls kept to, by round.
    pub rounds: Vec<f64>,
}

/// Decisions on record beside those that were answered.
pub struct Recorded {
    pub found: Evidence,
    /// Recipients answered from start to end, those of which the answer says that it is not on record left out.
    pub answered: u64,
    /// Recipients that were asked for and had no answer: some of them may be on record.
    pub unanswered: u64,
}

impl Recorded {
    /// Whether every answered decision is on record, and none that nobody asked for.
    pub const fn complete(&self) -> bool {
        self.found.whole && self.found.decisions >= self.answered && self.found.decisions <= self.answered + self.unanswered
    }
}

impl Reached {
    /// Nothing yet.
    pub fn new(contender: &Contender) -> Self {
        let line = |line: &Line| ReachedLine {
            title: line.load.title(),
            who: contender.who.title(&line.load),
            offered: line.offered(),
            tally: Tally::default(),
            rounds: Vec::new(),
        };
        let lines = contender.lines.iter().map(line).collect();
        Self { who: contender.who, lines, processor: None, usage: Usage::default() }
    }

    /// A turn.
    pub fn note(&mut self, tallies: &[Tally], before: Usage, now: Usage) {
        for (line, tally) in self.lines.iter_mut().zip(tallies) {
            line.rounds.push(tally.latency.at(0.99).as_secs_f64() * 1e6);
            line.tally.add(tally);
        }
        let used = now.processor.zip(before.processor).map(|(now, before)| now - before);
        self.processor = used.map(|used| used + self.processor.unwrap_or_default());
        self.usage = now;
    }

    /// Recipients decided, without movements.
    pub fn decided(&self) -> u64 {
        self.lines.iter().map(|line| line.tally.answers.values().sum::<u64>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(decisions: u64, whole: bool) -> Recorded {
        let found = Evidence { decisions, whole, said: String::new() };
        Recorded { found, answered: 100, unanswered: 3 }
    }

    #[test]
    fn a_decision_that_is_missing_or_that_nobody_asked_for_is_told() {
        let complete = [99, 100, 103, 104].map(|decisions| recorded(decisions, true).complete());
        assert_eq!(complete, [false, true, true, false]);
        assert!(!recorded(100, false).complete());
    }
}
