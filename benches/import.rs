//! Importing a day file with the built program, process start to end, beside a plain write of as many bytes
//! to the same disk and beside the rate that a commercial integrator publishes.
//!
//! `BENCH_IMPORT` (1M) are the rows, `BENCH_IMPORT_ROUNDS` (3) the rounds. The files lie in the build's own
//! folder, which is on a disk where the temporary one may not be.
#![allow(unreachable_pub, clippy::print_stdout, reason = "a benchmark speaks on the terminal, and nothing is outside of it")]

#[path = "../loadtest/day_file.rs"]
#[allow(dead_code, reason = "it is a program too")]
mod day_file;
#[path = "support/gateway.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod gateway;
#[path = "support/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use support::report::{Section, judged, rate, setting, short, size, within};
use support::rounds::{Series, timed};
use support::svg::Chart;
use support::{Outcome, keys, machine};

/// Mysoft's İYS module: 1 M records encrypted and written in 7 minutes.
const PUBLISHED: f64 = 2_381.0;
/// Seconds that a million rows may take, durable and visible.
const BAR: f64 = 2.0;
/// What the plain write hands over at once.
const BLOCK: usize = 1 << 20;

/// Seconds, round by round.
struct Rounds {
    import: Series,
    plain: Series,
    /// Bytes that the last import gave to the disk.
    bytes: u64,
}

fn main() -> Outcome<()> {
    let (rows, rounds) = (setting("BENCH_IMPORT", 1_000_000)?, setting("BENCH_IMPORT_ROUNDS", 3)?);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file = folder.path().join("day.csv");
    day_file::write(rows, 1, File::create(&file)?)?;
    let series = |name: &str| Series::new(name.to_owned());
    let mut reached = Rounds { import: series("izingate import"), plain: series("the bytes, plainly written"), bytes: 0 };
    for _ in 0..rounds {
        reached.round(folder.path(), &file)?;
    }
    reached.show(rows)
}

impl Rounds {
    fn round(&mut self, folder: &Path, file: &Path) -> Outcome<()> {
        let data = folder.join("data");
        gateway::make(&data)?;
        // What others left to be written is not ours to pay for.
        rustix::fs::sync();
        let before = machine::written();
        let (took, done) = timed(|| gateway::import(&data, file));
        done?;
        self.bytes = machine::written() - before;
        self.import.values.push(took.as_secs_f64());
        fs::remove_dir_all(&data)?;
        rustix::fs::sync();
        let plain = folder.join("plain");
        let (took, done) = timed(|| write(&plain, self.bytes));
        done?;
        self.plain.values.push(took.as_secs_f64());
        Ok(fs::remove_file(plain)?)
    }

    fn show(&self, rows: u64) -> Outcome<()> {
        let mut section = Section::new("60-import", "Import");
        section.say(&format!(
            "{} rows of a day file into an empty directory, from the process's start to its end, durable; the file is in the \
             page cache. The import gave {} to the disk, of which sorted files are a part; the rival writes as many bytes \
             one after the other and syncs them once.",
            short(rows),
            size(self.bytes)
        ));
        let each = |series: &Series| rows as f64 / series.median();
        let row = |series: &Series, remark: String| vec![series.name.clone(), series.seconds(), rate(each(series)), remark];
        let published = rows as f64 / PUBLISHED;
        let mut remark = vec![judged(each(&self.import) / PUBLISHED, 200.0, false) + " the published rate"];
        if rows == 1_000_000 {
            remark.push(within(self.import.median(), BAR));
        }
        let share = self.plain.against(&self.import);
        let floor = format!(
            "the import reaches {} of it",
            if rows > 1_000_000 { judged(share, 0.7, false) } else { format!("{share:.2} ×") }
        );
        let rows = [
            row(&self.import, remark.join("; ")),
            row(&self.plain, floor),
            vec!["a commercial integrator, published".to_owned(), format!("{published:.0} s"), rate(PUBLISHED), String::new()],
        ];
        section.table(&["what", "median (least–greatest round)", "rows", "held against it"], &rows);
        let bars = [&self.import, &self.plain].map(|series| (series.name.clone(), series.median()));
        section.chart("seconds", &Chart::Bars { title: "Seconds".to_owned(), groups: vec![(String::new(), bars.into())] })?;
        section.finish()
    }
}

/// Writes bytes that no disk can shorten, and syncs.
fn write(path: &Path, bytes: u64) -> Outcome<()> {
    let block: Vec<u8> = (0..BLOCK as u64 / 8).flat_map(|i| keys::mix(i).to_le_bytes()).collect();
    let (mut file, mut left) = (File::create(path)?, bytes as usize);
    while left > 0 {
        let now = left.min(BLOCK);
        file.write_all(&block[..now])?;
        left -= now;
    }
    Ok(file.sync_all()?)
}
