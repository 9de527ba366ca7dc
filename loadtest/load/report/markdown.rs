//! The report for people.

use super::{ContenderReport, LineReport, MostReport, PARTS, Report};
use crate::support::report::{rate, short, size};
use std::collections::BTreeMap;
use std::fmt::Write;

impl Report {
    /// A page.
    pub fn markdown(&self) -> String {
        let scenario = &self.scenario;
        let mut text = format!("# izingate load: {}\n\n{}\n\n", self.name, scenario.about);
        let rounds = if scenario.rounds == 1 { "one round".to_owned() } else { format!("{} rounds", scenario.rounds) };
        let moving = if scenario.moving == 0 { String::new() } else { format!(", {} of them move", short(scenario.moving)) };
        let _ = writeln!(
            text,
            "{} recipients on record{moving}; {rounds} of {:.1} s each. Servers on one core, this program on another. Open loop: a \
             call's time runs from the moment it was due.\n",
            short(scenario.still + scenario.moving),
            self.turn_seconds
        );
        if !self.problems.is_empty() {
            text.push_str("**FAILED**\n\n");
        }
        for line in self.problems.iter().chain(&self.findings) {
            let _ = writeln!(text, "- {line}");
        }
        text.push('\n');
        if !self.most.is_empty() {
            let busy = |busy: Option<f64>| busy.map_or(String::new(), |busy| format!(" (its core {:.0} % busy)", busy * 100.0));
            let closed = |most: &MostReport| format!("{} {}{}", most.name, rate(most.per_second), busy(most.busy));
            let open = |most: &MostReport| format!("{} {}{}", most.name, rate(most.open_per_second), busy(most.open_busy));
            let all = |of: &dyn Fn(&MostReport) -> String| self.most.iter().map(of).collect::<Vec<_>>().join(", ");
            let _ = writeln!(
                text,
                "The most in a closed loop: {}. The most that each keeps up with in an open loop: {}. The rate below is half \
                 of that of the gateway.\n",
                all(&closed),
                all(&open)
            );
        }
        self.latencies(&mut text);
        self.counts(&mut text);
        self.costs(&mut text);
        self.answers(&mut text);
        self.record(&mut text);
        for (file, _) in self.charts() {
            let _ = writeln!(text, "![{file}]({file})\n");
        }
        let _ = writeln!(text, "<sub>{}</sub>", self.machine);
        text
    }

    fn latencies(&self, text: &mut String) {
        text.push_str("| load | who | offered | answered | recipients |");
        head(text, 5, PARTS.iter().map(|(name, _)| *name));
        for line in self.lines() {
            let _ = write!(
                text,
                "| {} | {} | {} | {} | {} |",
                line.title,
                line.who,
                rate(line.offered_per_second),
                rate(line.answered_per_second),
                rate(line.recipients_per_second)
            );
            cells(text, &line.latency_micros);
        }
        text.push('\n');
    }

    /// What did not go as it should, and whether this program was the reason.
    fn counts(&self, text: &mut String) {
        text.push_str(
            "| load | who | calls due | not sent | left late | timed out | failed | compared | wrong | client's lag p50 |",
        );
        head(text, 10, ["p99", "max"]);
        for line in self.lines() {
            let failed: Vec<String> = line.errors.iter().map(|(code, n)| format!("{n} {code}")).collect();
            let failed = if failed.is_empty() { "0".to_owned() } else { failed.join(", ") };
            let LineReport { title, who, offered, unsent, late, timed_out, compared, wrong, .. } = line;
            let _ = write!(
                text,
                "| {title} | {who} | {offered} | {unsent} | {late} | {timed_out} | {failed} | {compared} | {wrong} |"
            );
            cells(
                text,
                &line
                    .lag_micros
                    .iter()
                    .filter(|(name, _)| ["p50", "p99", "max"].contains(name))
                    .map(|(name, micros)| (*name, *micros))
                    .collect(),
            );
        }
        text.push('\n');
    }

    fn costs(&self, text: &mut String) {
        text.push_str("| who | server's processor a million checks | memory at the end |");
        head(text, 3, ["most"]);
        for ContenderReport { name, processor_seconds_per_million, resident, peak, .. } in &self.contenders {
            let processor = processor_seconds_per_million.map_or("?".to_owned(), |used| format!("{used:.2} s"));
            let bytes = |bytes: &Option<u64>| bytes.map_or("?".to_owned(), size);
            let _ = writeln!(text, "| {name} | {processor} | {} | {} |", bytes(resident), bytes(peak));
        }
        if let Some(inside) = &self.inside {
            let parts = PARTS.iter().filter_map(|(name, _)| Some(format!("{name} ≤ {}", duration(inside.get(name)? * 1e6))));
            let _ = writeln!(text, "\nInside the gateway, a unary check: {}.", parts.collect::<Vec<_>>().join(", "));
        }
        text.push('\n');
    }

    fn answers(&self, text: &mut String) {
        let mut all: BTreeMap<&str, u64> = BTreeMap::new();
        let ours = self.contenders.iter().take(1).flat_map(|contender| &contender.lines).flat_map(|line| &line.answers);
        for (answer, n) in ours {
            *all.entry(answer).or_default() += n;
        }
        let all: Vec<String> = all.iter().map(|(answer, n)| format!("{n} × {answer}")).collect();
        if !all.is_empty() {
            let _ = writeln!(text, "The gateway's answers: {}.\n", all.join(", "));
        }
    }

    fn record(&self, text: &mut String) {
        let Some(evidence) = &self.evidence else { return };
        let whole = if evidence.complete { "complete" } else { "**not complete**" };
        let _ = writeln!(
            text,
            "Evidence: {} decisions answered from the first turn to the last, {} on record: {whole}.\n",
            evidence.answered, evidence.recorded
        );
        if !evidence.complete {
            let _ = writeln!(text, "```\n{}\n```\n", evidence.verify);
        }
    }
}

fn head<'a>(text: &mut String, before: usize, columns: impl IntoIterator<Item = &'a str>) {
    let columns: Vec<&str> = columns.into_iter().collect();
    let _ = writeln!(text, " {} |\n|{}", columns.join(" | "), "---|".repeat(before + columns.len()));
}

fn cells(text: &mut String, micros: &BTreeMap<&'static str, f64>) {
    for (name, _) in PARTS {
        if let Some(micros) = micros.get(name) {
            let _ = write!(text, " {} |", duration(*micros));
        }
    }
    text.push('\n');
}

/// A time for people.
pub(super) fn duration(micros: f64) -> String {
    match micros {
        micros if micros.is_infinite() => "more than its last bucket".to_owned(),
        micros if micros >= 1e6 => format!("{:.2} s", micros / 1e6),
        micros if micros >= 1e4 => format!("{:.1} ms", micros / 1e3),
        micros if micros >= 1e3 => format!("{:.2} ms", micros / 1e3),
        micros if micros >= 10.0 => format!("{micros:.0} µs"),
        micros => format!("{micros:.1} µs"),
    }
}
