//! The pictures of a run.

use super::markdown::duration;
use super::plot::{Axis, Curve, Panel, svg};
use super::{LineReport, Report, SliceReport};
use crate::samples::Sample;
use crate::support::report::short;

impl Report {
    /// Files and what is in them.
    pub fn charts(&self) -> Vec<(&'static str, String)> {
        let mut charts = vec![("latency.svg", self.latency()), ("time.svg", self.time())];
        if self.samples.len() > 3 && self.contenders.len() == 1 {
            charts.push(("memory.svg", self.memory()));
        }
        charts
    }

    /// Lines with the names under which they are drawn.
    fn named(&self) -> Vec<(String, &LineReport)> {
        let several = self.contenders.iter().any(|contender| contender.lines.len() > 1);
        let name = |line: &LineReport| match (several, self.contenders.len()) {
            (false, _) => line.who.clone(),
            (true, 1) => line.title.clone(),
            _ => format!("{}, {}", line.who, line.title),
        };
        self.lines().map(|line| (name(line), line)).collect()
    }

    /// What parts of the calls kept to.
    fn latency(&self) -> String {
        let nines = ["50 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"];
        let parts = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];
        let marks = parts.iter().zip(nines).map(|(part, words)| (remains(*part), words.to_owned())).collect();
        let curves = self.named().into_iter().enumerate().map(|(colour, (name, line))| Curve {
            name,
            colour,
            dashed: false,
            points: line
                .curve
                .iter()
                .filter(|(part, micros)| *part >= 0.5 && *micros > 0.0)
                .map(|(part, micros)| (remains(*part), *micros))
                .collect(),
        });
        let panel = Panel {
            title: "Time from the moment a call was due to its answer".to_owned(),
            across: "part of the calls that kept to it".to_owned(),
            x: Axis::At(marks),
            y: Axis::Tens,
            figure: duration,
            curves: curves.collect(),
        };
        svg(&format!("{}: latency", self.name), &[panel])
    }

    /// Rates and latencies over time.
    fn time(&self) -> String {
        let over = |of: fn(&SliceReport) -> f64, named: bool| {
            let curve = move |(colour, (name, line)): (usize, (String, &LineReport))| {
                let points = line.slices.iter().map(|slice| (slice.seconds, of(slice))).collect();
                Curve { name: if named { name } else { String::new() }, colour, dashed: !named, points }
            };
            self.named().into_iter().enumerate().map(curve).collect::<Vec<_>>()
        };
        let across = if self.contenders.len() > 1 { "seconds of each one's own turns" } else { "seconds" };
        let panel = |title: &str, figure, curves| Panel {
            title: title.to_owned(),
            across: across.to_owned(),
            x: Axis::Even,
            y: Axis::Tens,
            figure,
            curves,
        };
        let mut rates = over(|slice| slice.answered_per_second, true);
        rates.extend(over(|slice| slice.offered_per_second, false));
        let panels = [
            panel("Calls a second, answered; dashed: due", count, rates),
            panel("Half of the calls were answered so long after they were due", duration, over(|slice| slice.p50_micros, true)),
            panel("99 of 100", duration, over(|slice| slice.p99_micros, true)),
        ];
        svg(&format!("{}: over time", self.name), &panels)
    }

    /// What the gateway takes.
    fn memory(&self) -> String {
        let curve = |name: &str, colour, of: fn(&Sample) -> Option<f64>| Curve {
            name: name.to_owned(),
            colour,
            dashed: false,
            points: self.samples.iter().filter_map(|sample| Some((sample.seconds, of(sample)? / 1e6))).collect(),
        };
        let mut curves = vec![
            curve("resident", 0, |sample| sample.resident.map(|bytes| bytes as f64)),
            curve("index", 4, |sample| sample.index),
            curve("store", 1, |sample| sample.store),
            curve("evidence on its way", 2, |sample| sample.waiting),
        ];
        curves.retain(|curve| !curve.points.is_empty());
        let busy = self.samples.windows(2).filter_map(|pair| {
            let used = pair[1].processor? - pair[0].processor?;
            Some((pair[1].seconds, used / (pair[1].seconds - pair[0].seconds) * 100.0))
        });
        let busy = Curve { name: "gateway".to_owned(), colour: 0, dashed: false, points: busy.collect() };
        let panel = |title: &str, figure, curves| Panel {
            title: title.to_owned(),
            across: "seconds".to_owned(),
            x: Axis::Even,
            y: Axis::Even,
            figure,
            curves,
        };
        let memory = panel("Memory", |value| format!("{value} MB"), curves);
        let processor = panel("Processor, of one core", |value| format!("{value} %"), vec![busy]);
        svg(&format!("{}: what the gateway takes", self.name), &[memory, processor])
    }
}

/// Halvings of what remains: even steps of nines.
fn remains(part: f64) -> f64 {
    -(1.0 - part).log10()
}

fn count(value: f64) -> String {
    // Rates are positive.
    #[allow(clippy::cast_sign_loss, reason = "positive")]
    let whole = value as u64;
    if whole >= 10_000 { short(whole) } else { format!("{value}") }
}
