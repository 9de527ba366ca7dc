//! The section of the report.

use crate::contest::{BATCH, Reached, Turn};
use crate::support::Outcome;
use crate::support::report::{Section, judged, rate, short};
use crate::support::svg::Chart;

/// Recipients a second of `CheckBatch` that the gateway is to reach on one core.
const BATCH_BAR: f64 = 8e6;

/// Bytes on disk of a decision of a batch, with its index; `loadtest/evidence.rs` measures them.
const DECISION_BYTES: f64 = 22.1;

/// Writes the section.
pub fn section(reached: &[Reached], relations: u64, keys: u64) -> Outcome<()> {
    let mut section = Section::new("20-end-to-end", "End to end");
    let compared: u64 = reached.iter().map(|one| one.compared).sum();
    section.say(&format!(
        "{} relations, {} of them in Redis; 80 of 100 questions are about them, 20 about strangers. Servers on one core, the \
         client on another. {compared} answers were compared with the right ones, and all were right.",
        short(relations),
        short(keys)
    ));
    table(
        &mut section,
        reached,
        "CheckBatch",
        "recipients/s",
        &[Turn::OursBatch, Turn::RecordedBatch, Turn::NoopBatch, Turn::RedisMget],
    )?;
    if let Some(ours) = find(reached, Turn::OursBatch) {
        let kept = if ours.rate.median() >= BATCH_BAR { "kept" } else { "missed" };
        section.say(&format!("Batches of {BATCH} packed phones: {} (≥ 8 M/s: {kept}).", rate(ours.rate.median())));
    }
    let single = [
        Turn::OursUnary,
        Turn::SilentUnary,
        Turn::RecordedUnary,
        Turn::NoopUnary,
        Turn::RedisGet,
        Turn::RedisWindow,
        Turn::RedisPipeline,
    ];
    table(&mut section, reached, "Check", "answers/s", &single)?;
    if let (Some(ours), Some(silent)) = (find(reached, Turn::OursUnary), find(reached, Turn::SilentUnary)) {
        let ratio = ours.rate.against(&silent.rate);
        let processor = ours.processor.against(&silent.processor);
        section.say(&format!(
            "Metrics: {} the rate without them, {processor:.3} × its processor time a call.",
            judged(ratio, 0.97, false)
        ));
    }
    section.finish()
}

/// What evidence costs: recorded against not recorded, in the same rounds.
pub fn evidence(reached: &[Reached], disk: f64) -> Outcome<()> {
    let mut section = Section::new("25-evidence", "What evidence costs");
    section.say(&format!(
        "Every decision recorded under `interval`, all threads of the server on its one core. The disk alone takes {} MB/s in \
         synced writes of 4 MiB.",
        (disk / 1e6).round()
    ));
    for (without, with, what) in
        [(Turn::OursUnary, Turn::RecordedUnary, "Check"), (Turn::OursBatch, Turn::RecordedBatch, "CheckBatch")]
    {
        let (Some(without), Some(with)) = (find(reached, without), find(reached, with)) else { continue };
        let ratio = with.rate.against(&without.rate);
        // Of what the disk takes, the part that the log is to reach where that is less.
        let of_disk = (80.0 * disk / DECISION_BYTES / without.rate.median()).round() / 100.0;
        let bar = if what == "CheckBatch" { of_disk.min(0.85) } else { 0.85 };
        section.say(&format!(
            "{what}: {} recorded, {} not: {}.",
            rate(with.rate.median()),
            rate(without.rate.median()),
            judged(ratio, bar, false)
        ));
    }
    section.finish()
}

fn table(section: &mut Section, reached: &[Reached], what: &str, unit: &str, turns: &[Turn]) -> Outcome<()> {
    let found: Vec<&Reached> = turns.iter().filter_map(|turn| find(reached, *turn)).collect();
    let Some(ours) = found.first() else { return Ok(()) };
    let row = |one: &&Reached| {
        let (least, greatest) = one.rate.range();
        vec![
            one.turn.name().to_owned(),
            format!("{} ({}–{})", rate(one.rate.median()), rate(least), rate(greatest)),
            against(ours, one),
            format!("{:.1} µs", one.processor.median()),
            format!("{:.2} ms · {:.2} ms", one.half.median(), one.most.median()),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let head = [
        what,
        "median (least–greatest round)",
        "izingate against it",
        "server's processor a call",
        "half · 99 % of calls within",
    ];
    section.table(&head, &rows);
    let bars = found.iter().map(|one| (one.turn.name().to_owned(), one.rate.median())).collect();
    let title = format!("{what}, {unit}");
    section.chart(&what.to_lowercase(), &Chart::Bars { title, groups: vec![(unit.to_owned(), bars)] })
}

/// Our rate against a contender's, with the bar where there is one.
fn against(ours: &Reached, other: &Reached) -> String {
    let ratio = ours.rate.against(&other.rate);
    match other.turn {
        turn if turn == ours.turn => String::new(),
        Turn::RedisMget => judged(ratio, 2.0, false),
        Turn::NoopUnary => judged(ratio, 0.95, false),
        Turn::RedisGet => judged(ratio, 1.0, false),
        _ => format!("{ratio:.2} ×"),
    }
}

fn find(reached: &[Reached], turn: Turn) -> Option<&Reached> {
    reached.iter().find(|one| one.turn == turn)
}
