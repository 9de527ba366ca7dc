//! What a run comes to: one value, shown as Markdown, JSON and pictures.

mod charts;
mod findings;
mod markdown;
mod plot;

use crate::questions::names;
use crate::samples::Sample;
use crate::scenario::Scenario;
use crate::seen::{Reached, ReachedLine, Recorded, Seen};
use crate::support::Outcome;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The parts of calls that latencies are told of.
pub const PARTS: [(&str, f64); 6] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999), ("max", 1.0)];
/// A run.
#[derive(Serialize)]
pub struct Report {
    pub name: String,
    pub machine: String,
    pub scenario: Scenario,
    pub turn_seconds: f64,
    pub slice_seconds: f64,
    pub contenders: Vec<ContenderReport>,
    /// What each can do.
    pub most: Vec<MostReport>,
    /// Seconds that parts of the unary checks kept to inside the gateway, as its histogram's buckets tell.
    pub inside: Option<BTreeMap<&'static str, f64>>,
    /// Seconds from the start of the process to the first decision.
    pub cold_seconds: Option<f64>,
    pub evidence: Option<EvidenceReport>,
    pub samples: Vec<Sample>,
    /// What is to be known of this run.
    pub findings: Vec<String>,
    /// What must not be. A run with one has failed.
    pub problems: Vec<String>,
}

/// The most that a contender did.
#[derive(Serialize)]
pub struct MostReport {
    pub name: &'static str,
    /// Calls a second in a closed loop.
    pub per_second: f64,
    /// The part of a core that its server used.
    pub busy: Option<f64>,
    /// Calls a second that it keeps up with in an open loop.
    pub open_per_second: f64,
    /// The part of a core that its server used then.
    pub open_busy: Option<f64>,
}

/// What a contender came to.
#[derive(Serialize)]
pub struct ContenderReport {
    pub name: &'static str,
    pub processor_seconds_per_million: Option<f64>,
    pub resident: Option<u64>,
    pub peak: Option<u64>,
    pub lines: Vec<LineReport>,
}

/// What a contender came to in a line of load.
#[derive(Serialize)]
pub struct LineReport {
    pub title: String,
    pub who: String,
    pub scheduled_per_second: f64,
    pub offered_per_second: f64,
    pub answered_per_second: f64,
    pub recipients_per_second: f64,
    pub latency_micros: BTreeMap<&'static str, f64>,
    pub lag_micros: BTreeMap<&'static str, f64>,
    pub kept_schedule: bool,
    pub offered: u64,
    pub answered: u64,
    pub late: u64,
    pub unsent: u64,
    pub timed_out: u64,
    pub errors: BTreeMap<String, u64>,
    pub recipients: u64,
    pub compared: u64,
    pub wrong: u64,
    /// The first wrong answer.
    pub example: Option<String>,
    pub answers: BTreeMap<String, u64>,
    /// Part of the calls, and microseconds that it kept to.
    pub curve: Vec<(f64, f64)>,
    pub slices: Vec<SliceReport>,
}

/// A stretch of time.
#[derive(Serialize)]
pub struct SliceReport {
    pub seconds: f64,
    pub offered_per_second: f64,
    pub answered_per_second: f64,
    pub p50_micros: f64,
    pub p99_micros: f64,
}

/// Decisions on record.
#[derive(Serialize)]
pub struct EvidenceReport {
    pub recorded: u64,
    pub answered: u64,
    pub unanswered: u64,
    pub complete: bool,
    pub verify: String,
}

fn micros(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e8).round() / 1e2
}

impl Report {
    /// Puts together what was seen.
    pub fn new(name: &str, machine: String, scenario: Scenario, seen: &Seen) -> Self {
        let seconds = seen.turn.as_secs_f64() * scenario.rounds as f64;
        let slice = seen.slice.as_secs_f64();
        let contenders = seen.contenders.iter().map(|reached| contender(reached, seconds, slice)).collect();
        let inside = seen
            .inside
            .as_ref()
            .map(|inside| PARTS.iter().filter_map(|(name, part)| Some((*name, inside.at(*part)?))).collect::<BTreeMap<_, _>>());
        let mut report = Self {
            name: name.to_owned(),
            machine,
            turn_seconds: seen.turn.as_secs_f64(),
            slice_seconds: slice,
            contenders,
            most: seen
                .most
                .iter()
                .map(|most| MostReport {
                    name: most.who.name(),
                    per_second: most.rate,
                    busy: most.busy,
                    open_per_second: most.open,
                    open_busy: most.open_busy,
                })
                .collect(),
            inside,
            cold_seconds: seen.cold.map(|cold| cold.as_secs_f64()),
            evidence: seen.evidence.as_ref().map(evidence),
            samples: seen.samples.clone(),
            findings: Vec::new(),
            problems: Vec::new(),
            scenario,
        };
        report.findings = report.find(seen);
        report.problems = report.judge();
        report
    }

    /// Writes everything into a folder.
    pub fn write(&self, folder: &Path) -> Outcome<()> {
        for (file, svg) in self.charts() {
            fs::write(folder.join(file), svg)?;
        }
        fs::write(folder.join("report.md"), self.markdown())?;
        Ok(fs::write(folder.join("report.json"), serde_json::to_vec_pretty(self)?)?)
    }

    fn lines(&self) -> impl Iterator<Item = &LineReport> {
        self.contenders.iter().flat_map(|contender| &contender.lines)
    }
}

fn contender(reached: &Reached, seconds: f64, slice: f64) -> ContenderReport {
    let decided = reached.decided();
    let per_million = reached.processor.filter(|_| decided > 0).map(|used| used * 1e6 / decided as f64);
    ContenderReport {
        name: reached.who.name(),
        processor_seconds_per_million: per_million,
        resident: reached.usage.resident,
        peak: reached.usage.peak,
        lines: reached.lines.iter().map(|one| line(one, seconds, slice)).collect(),
    }
}

fn line(reached: &ReachedLine, seconds: f64, slice: f64) -> LineReport {
    let tally = &reached.tally;
    let parts = |of: &dyn Fn(f64) -> Duration| PARTS.iter().map(|(name, part)| (*name, micros(of(*part)))).collect();
    let slices = tally.slices.iter().enumerate().map(|(at, one)| SliceReport {
        seconds: (at as f64 + 0.5) * slice,
        offered_per_second: one.offered as f64 / slice,
        answered_per_second: one.answered as f64 / slice,
        p50_micros: micros(one.latency.at(0.5)),
        p99_micros: micros(one.latency.at(0.99)),
    });
    LineReport {
        title: reached.title.clone(),
        who: reached.who.clone(),
        scheduled_per_second: reached.offered,
        offered_per_second: tally.offered as f64 / seconds,
        answered_per_second: tally.answered as f64 / seconds,
        recipients_per_second: tally.recipients as f64 / seconds,
        latency_micros: parts(&|part| tally.latency.at(part)),
        lag_micros: parts(&|part| tally.lag.at(part)),
        kept_schedule: tally.kept_schedule(),
        offered: tally.offered,
        answered: tally.answered,
        late: tally.late,
        unsent: tally.unsent,
        timed_out: tally.timed_out,
        errors: tally.errors.clone(),
        recipients: tally.recipients,
        compared: tally.compared,
        wrong: tally.wrong,
        example: tally.example.clone(),
        answers: tally.answers.iter().map(|(byte, n)| (names(*byte), *n)).collect(),
        curve: curve(tally.latency.count()).map(|part| (part, micros(tally.latency.at(part)))).collect(),
        slices: slices.collect(),
    }
}

/// Parts up to the last that so many calls can tell, four to a halving of what remains.
fn curve(calls: u64) -> impl Iterator<Item = f64> {
    (0..80).map(|step| 1.0 - 0.5_f64.powf(f64::from(step) / 4.0)).take_while(move |part| calls as f64 * (1.0 - part) >= 1.0)
}

fn evidence(recorded: &Recorded) -> EvidenceReport {
    EvidenceReport {
        recorded: recorded.found.decisions,
        answered: recorded.answered,
        unanswered: recorded.unanswered,
        complete: recorded.complete(),
        verify: recorded.found.said.clone(),
    }
}
