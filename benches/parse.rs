//! Reading a day file: rows, and movements made of them, beside splitting its lines and fields and nothing else.
//!
//! `BENCH_ROWS` (1M) are the rows, `BENCH_ROUNDS` (9) the rounds.
#![allow(unreachable_pub, clippy::print_stdout, reason = "a benchmark speaks on the terminal, and nothing is outside of it")]

#[path = "../loadtest/day_file.rs"]
#[allow(dead_code, reason = "it is a program too")]
mod day_file;
#[path = "support/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod support;

use izingate::files::FileReader;
use izingate::model::brand::BrandCode;
use izingate::model::consent::movement::{Context, parse};
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};
use support::report::{Section, rate, setting, short, size};
use support::rounds::{Series, timed, turns};
use support::svg::Chart;
use support::{Outcome, machine};

/// Rows handed on at once, as an import does.
const BATCH: usize = 8_192;
/// Behind every time in the file.
const NOW: IysTime = IysTime::from_unix(1_795_000_000);

/// A way through the file: the lines or rows seen, and the time taken.
type Way = fn(&Path) -> Outcome<(u64, Duration)>;

const WAYS: [(&str, Way); 5] = [
    ("memchr: commas and line ends found", separators),
    ("csv crate: records split", records),
    ("feed::file: rows read", rows),
    ("feed::file, then movement::parse: movements", movements),
    ("movement::parse alone, of rows read", parsed),
];

fn main() -> Outcome<()> {
    machine::pin(machine::CLIENT)?;
    let (wanted, rounds) = (setting("BENCH_ROWS", 1_000_000)?, setting("BENCH_ROUNDS", 9)? as usize);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("day.csv");
    day_file::write(wanted, 1, File::create(&file)?)?;
    let mut series = WAYS.map(|(name, _)| Series::new(name.to_owned()));
    for round in 0..rounds {
        for at in turns(WAYS.len(), round) {
            let (name, way) = WAYS[at];
            let (seen, took) = way(&file)?;
            if seen != wanted {
                return Err(format!("{name}: {seen} of {wanted} rows").into());
            }
            series[at].values.push(wanted as f64 / took.as_secs_f64());
        }
    }
    show(&series, wanted, fs::metadata(&file)?.len())
}

fn show(series: &[Series], rows: u64, bytes: u64) -> Outcome<()> {
    let mut section = Section::new("50-parse", "Reading a day file");
    section.say(&format!("{} rows, {}, in the page cache; one core.", short(rows), size(bytes)));
    let row = |one: &Series| {
        let (least, greatest) = one.range();
        let megabytes = one.median() / rows as f64 * bytes as f64 / 1e6;
        vec![
            one.name.clone(),
            format!("{} ({}–{})", rate(one.median()), rate(least), rate(greatest)),
            format!("{megabytes:.0} MB/s"),
            format!("{:.2} ×", one.against(&series[1])),
        ]
    };
    let lines: Vec<Vec<String>> = series.iter().map(row).collect();
    section.table(&["what", "rows, median (least–greatest round)", "of the file", "against the csv crate"], &lines);
    let bars = series.iter().map(|one| (short_name(&one.name), one.median())).collect();
    section.chart("rows", &Chart::Bars { title: "Rows a second".to_owned(), groups: vec![(String::new(), bars)] })?;
    section.finish()
}

/// What stands before the colon; labels of a chart have little room.
fn short_name(name: &str) -> String {
    name.split(':').next().unwrap_or(name).to_owned()
}

/// What any reader must do: look at every byte for the ends of fields and lines.
fn separators(file: &Path) -> Outcome<(u64, Duration)> {
    let (mut file, mut buffer) = (File::open(file)?, vec![0; 1 << 18]);
    let started = Instant::now();
    let (mut lines, mut fields) = (0, 0_u64);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            black_box(fields);
            // The header is a line too.
            return Ok((lines - 1, started.elapsed()));
        }
        for at in memchr::memchr2_iter(b',', b'\n', &buffer[..read]) {
            fields += 1;
            lines += u64::from(buffer[at] == b'\n');
        }
    }
}

fn records(file: &Path) -> Outcome<(u64, Duration)> {
    let started = Instant::now();
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 18).from_path(file)?;
    let (mut record, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record)? {
        black_box(&record);
        rows += 1;
    }
    Ok((rows, started.elapsed()))
}

fn rows(file: &Path) -> Outcome<(u64, Duration)> {
    let started = Instant::now();
    let (mut reader, mut rows) = (FileReader::open(file)?, 0);
    while let Some(batch) = reader.next_batch(BATCH)? {
        rows += black_box(&batch).rows.len() as u64;
    }
    Ok((rows, started.elapsed()))
}

fn movements(file: &Path) -> Outcome<(u64, Duration)> {
    let (took, parsed) = timed(|| parsed(file));
    Ok((parsed?.0, took))
}

/// Rows that became movements, and the time of that without reading.
fn parsed(file: &Path) -> Outcome<(u64, Duration)> {
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    let brand = BrandCode::new(601_234);
    let context = Context { pseudonymizer: &pseudonymizer, brand, now: NOW, export_as_of: None };
    let (mut reader, mut movements, mut parsing) = (FileReader::open(file)?, 0, Duration::ZERO);
    while let Some(batch) = reader.next_batch(BATCH)? {
        let taken = || batch.rows.iter().filter(|row| black_box(parse(&row.raw(), &context)).is_ok()).count();
        let (took, taken) = timed(taken);
        parsing += took;
        movements += taken as u64;
    }
    Ok((movements, parsing))
}
