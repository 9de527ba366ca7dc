//! What is to be known of a run, and what must not be.

use super::{Report, SliceReport};
use crate::samples::spread;
use crate::scenario::Plan;
use crate::seen::{ReachedLine, Seen};
use crate::support::rounds::Series;
use crate::turns::Who;

/// Memory is flat if it changes no further from one third of the time to the next.
const FLAT: f64 = 0.02;

impl Report {
    pub(super) fn find(&self, seen: &Seen) -> Vec<String> {
        let mut findings = Vec::new();
        let slow: Vec<String> =
            self.lines().filter(|line| !line.kept_schedule).map(|line| format!("{}, {}", line.who, line.title)).collect();
        if !slow.is_empty() {
            findings.push(format!(
                "**This program did not keep its schedule**: calls were not sent, or one of a hundred left more than a \
                 millisecond late. The latencies are partly its own, or the machine had other work: {}.",
                slow.join(" · ")
            ));
        }
        for who in self.scenario.rivals.iter().map(|rival| Who::from(*rival)) {
            if !self.contenders.iter().any(|contender| contender.name == who.name()) {
                findings.push(format!("{} took no part: it is not installed, or can do none of this.", who.name()));
            }
        }
        findings.extend(self.against(seen));
        if self.scenario.plan == Plan::Half {
            findings.extend(self.bars_inside());
        }
        findings
            .extend(self.cold_seconds.map(|cold| format!("From the start of the process to the first decision: {cold:.2} s.")));
        findings.extend(self.flatness());
        findings
    }

    /// The gateway beside the no-op server: the rounds' ratios.
    fn against(&self, seen: &Seen) -> Vec<String> {
        let of = |who| seen.contenders.iter().find(|reached| reached.who == who);
        let (Some(ours), Some(noop)) = (of(Who::Gateway), of(Who::Noop)) else { return Vec::new() };
        let series = |line: &ReachedLine| Series { name: String::new(), values: line.rounds.clone() };
        let ratio = |own: &ReachedLine| {
            let other = noop.lines.iter().find(|line| line.title == own.title)?;
            let ratio = series(own).against(&series(other));
            let bar = if self.scenario.plan == Plan::Half { bar(ratio, 1.2, "×") } else { String::new() };
            Some(format!(
                "{}: p99 from outside {ratio:.2} × that of the no-op server, the middle of {} rounds{bar}.",
                own.title,
                own.rounds.len()
            ))
        };
        ours.lines.iter().filter_map(ratio).collect()
    }

    fn bars_inside(&self) -> Vec<String> {
        let Some(inside) = &self.inside else { return Vec::new() };
        let one = |name, most| {
            let seconds = inside.get(name)?;
            Some(format!(
                "Inside the gateway {name} of a unary check is at most {:.0} µs{}.",
                seconds * 1e6,
                bar(seconds * 1e6, most, "µs")
            ))
        };
        [one("p99", 200.0), one("p99.9", 1_000.0)].into_iter().flatten().collect()
    }

    /// Memory and latency after a third of the time, of one contender and a minute at least.
    fn flatness(&self) -> Vec<String> {
        if self.contenders.len() != 1 || self.scenario.seconds < 60.0 || self.scenario.plan == Plan::Cold {
            return Vec::new();
        }
        let resident: Vec<f64> = self.samples.iter().filter_map(|sample| sample.resident).map(|bytes| bytes as f64).collect();
        let stray = |(least, most): (f64, f64)| format!("{:+.1} % to {:+.1} %", (least - 1.0) * 100.0, (most - 1.0) * 100.0);
        let memory = spread(&resident).zip(trend(&resident)).map(|(spread, trend)| {
            let kept = kept_or_missed((trend - 1.0).abs() <= FLAT);
            format!(
                "Memory of the last third of the time against the middle third: {:+.1} % (± 2 %: {kept}). After the first third it \
                 strays from its middle by {}: write buffers fill and are emptied.",
                (trend - 1.0) * 100.0,
                stray(spread)
            )
        });
        let latency = self.lines().filter_map(|line| {
            let half = |of: fn(&SliceReport) -> f64| line.slices.iter().filter(|slice| slice.p50_micros > 0.0).map(of).collect();
            let (middle, most): (Vec<f64>, Vec<f64>) = (half(|slice| slice.p50_micros), half(|slice| slice.p99_micros));
            let (middle, most) = (trend(&middle)?, trend(&most)?);
            Some(format!(
                "{}: of the last third of the time against the middle third, p50 {middle:.2} ×, p99 {most:.2} ×.",
                line.title
            ))
        });
        memory.into_iter().chain(latency).collect()
    }

    pub(super) fn judge(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for line in self.lines() {
            if line.wrong > 0 {
                let example = line.example.as_deref().unwrap_or("an answer of another length");
                let (name, title) = (&line.who, &line.title);
                problems.push(format!("{name}, {title}: {} of {} answers were wrong: {example}", line.wrong, line.compared));
            }
            if line.answered == 0 {
                problems.push(format!("{}, {}: no call was answered", line.who, line.title));
            }
        }
        if let Some(evidence) = self.evidence.as_ref().filter(|evidence| !evidence.complete) {
            problems.push(format!("{} decisions were answered and {} are on record", evidence.answered, evidence.recorded));
        }
        problems
    }
}

/// The last third's middle against that of the third before it.
fn trend(values: &[f64]) -> Option<f64> {
    let third = values.len() / 3;
    let middle = |part: &[f64]| {
        let mut part = part.to_vec();
        part.sort_by(f64::total_cmp);
        part.get(part.len() / 2).copied()
    };
    Some(middle(values.get(third * 2..)?)? / middle(values.get(third..third * 2)?)?)
}

fn bar(value: f64, most: f64, unit: &str) -> String {
    format!(" (≤ {most} {unit}: {})", kept_or_missed(value <= most))
}

const fn kept_or_missed(kept: bool) -> &'static str {
    if kept { "kept" } else { "**missed**" }
}
