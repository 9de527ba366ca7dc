//! The section of the report.

use crate::measured::{Growth, Measured, OneTable};
use crate::mixed::CHANGES;
use crate::reads::Kind;
use crate::support::Outcome;
use crate::support::report::{Section, judged, rate, short};
use crate::support::svg::Chart;

/// Writes the section of every size.
pub fn section(sizes: &[Measured]) -> Outcome<()> {
    let mut section = Section::new("10-index", "The index");
    let answers: u64 = sizes.iter().map(|size| size.answers).sum();
    section.say(&format!(
        "One core reads. *Raw read* is one read of one random cache line in as many bytes as izingate's table has, chosen by \
         the same keys. Batches are of 10,000 keys made as their turn comes; what making them takes is taken off. {} answers \
         were compared with what was put in, and all were right.",
        short(answers)
    ));
    lookups(&mut section, sizes)?;
    changes(&mut section, sizes);
    growth(&mut section, sizes)?;
    section.finish()
}

fn lookups(section: &mut Section, sizes: &[Measured]) -> Outcome<()> {
    let mut rows = Vec::new();
    for (at, kind) in Kind::ALL.into_iter().enumerate() {
        for (size, table) in each_table(sizes) {
            let [median, least, greatest, ratio] = table.reads[at];
            let ratio = match kind {
                Kind::BatchHit if is_ours(table) => judged(ratio, 1.7, true),
                Kind::BatchMiss if is_ours(table) => judged(ratio, 2.5, true),
                _ => format!("{ratio:.2} ×"),
            };
            let took = format!("{median:.1} ns ({least:.0}–{greatest:.0})");
            rows.push(vec![kind.name().to_owned(), short(size.relations), table.name.clone(), took, ratio]);
        }
    }
    section.table(&["look-up", "relations", "table", "each, median (least–greatest round)", "against the raw read"], &rows);
    for size in sizes.iter().filter(|size| !size.same_rounds) {
        let relations = short(size.relations);
        section.say(&format!("At {relations} the table and the raw read did not fit at once: the raw read came after it."));
    }
    for size in sizes {
        let bars = |at: usize| size.tables.iter().map(|table| (table.name.clone(), table.reads[at][0])).collect();
        let groups = Kind::ALL.into_iter().enumerate().map(|(at, kind)| (kind.name().to_owned(), bars(at))).collect();
        let title = format!("Look-up, ns each, {} relations", short(size.relations));
        section.chart(&format!("lookups-{}", short(size.relations).replace(' ', "")), &Chart::Bars { title, groups })?;
    }
    Ok(())
}

fn changes(section: &mut Section, sizes: &[Measured]) {
    let mut rows = Vec::new();
    for (size, table) in each_table(sizes) {
        let Some(mixed) = &table.mixed else { continue };
        let kept = if is_ours(table) { judged(mixed.kept, 0.9, false) } else { format!("{:.2} ×", mixed.kept) };
        let [alone, beside] = mixed.nanos.map(|nanos| format!("{nanos:.1} ns"));
        let [calm, busy] = mixed.slow.map(|micros| format!("{micros:.1} µs"));
        let reached = rate(mixed.changes);
        rows.push(vec![short(size.relations), table.name.clone(), alone, beside, kept, calm, busy, reached]);
    }
    section.say(&format!(
        "Batches of 64 hits on one core while another core applies {CHANGES} changes a second, half of them new relations:"
    ));
    let head = [
        "relations",
        "table",
        "alone",
        "beside the writer",
        "throughput kept",
        "slowest of 10,000 batches, alone",
        "the same beside the writer",
        "changes reached",
    ];
    section.table(&head, &rows);
}

fn growth(section: &mut Section, sizes: &[Measured]) -> Outcome<()> {
    let mut rows = Vec::new();
    for (size, table) in each_table(sizes) {
        let Some(Growth { inserts, bytes, worst, resident: [resident, peak], .. }) = table.growth else { continue };
        // The bars hold from 20 M relations up.
        let judge = |bytes: f64, bar: f64| match (is_ours(table) && size.relations >= 20_000_000, bytes <= bar) {
            (true, true) => format!("**{bytes:.2}** (≤ {bar}: kept)"),
            (true, false) => format!("**{bytes:.2}** (≤ {bar}: missed)"),
            (false, _) => format!("{bytes:.1}"),
        };
        let process = format!("{resident:.1} · {peak:.1}");
        let (name, relations) = (table.name.clone(), short(size.relations));
        rows.push(vec![relations, name, rate(inserts), judge(bytes, 10.5), judge(worst, 13.0), process]);
    }
    section
        .say("Filling, each in the way that suits it. Bytes are what a table says it holds, or else what the process grew by:");
    let head = [
        "relations",
        "table",
        "inserts",
        "bytes a relation",
        "worst on the way",
        "the process grew by, a relation: at the end · at most",
    ];
    section.table(&head, &rows);
    let Some(most) = sizes.iter().max_by_key(|size| size.relations) else { return Ok(()) };
    let widest = sizes.iter().filter(|size| size.tables.len() > 2).max_by_key(|size| size.relations).unwrap_or(most);
    let mut lines: Vec<_> = widest.tables.iter().filter_map(line).collect();
    if let Some(ours) = most.tables.first().and_then(line).filter(|_| most.relations > widest.relations) {
        lines[0] = ours;
    }
    let title = "Bytes a relation while the table grows".to_owned();
    section.chart("growth", &Chart::Lines { title, axis: "relations".to_owned(), lines })
}

fn line(table: &OneTable) -> Option<(String, Vec<(f64, f64)>)> {
    // Below, what the process holds anyway hides the rivals' cost.
    let points = table.growth.as_ref()?.path.iter().copied().filter(|(relations, _)| *relations >= 2e5);
    Some((table.name.clone(), points.collect()))
}

fn each_table(sizes: &[Measured]) -> impl Iterator<Item = (&Measured, &OneTable)> {
    sizes.iter().flat_map(|size| size.tables.iter().map(move |table| (size, table)))
}

fn is_ours(table: &OneTable) -> bool {
    table.name == "izingate"
}
