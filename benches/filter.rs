//! Filtering a list: the core with and without its decisions, beside copying the file line by line and beside the csv crate.
//!
//! `BENCH_ROWS` (1M) are the rows, `BENCH_ROUNDS` (7) the rounds.
#![allow(unreachable_pub, clippy::print_stdout, reason = "a benchmark speaks on the terminal, and nothing is outside of it")]

#[path = "support/mod.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod support;

use izingate::check::{Checker, Circumstances};
use izingate::filter::block::Bounds;
use izingate::filter::layout::Named;
use izingate::filter::{Block, Columns, Intake, Pair, Wanted};
use izingate::index::Index;
use izingate::model::address::recipient::Phone;
use izingate::model::brand::{Brand, BrandCode, IysCode, RetailerCode};
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::key::RelationKey;
use izingate::model::consent::state::{State, Status};
use izingate::model::decision::id::DecisionIds;
use izingate::model::decision::question::{Purpose, Recipients, Scope};
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use support::keys::mix;
use support::report::{Section, rate, setting, short, size};
use support::rounds::{Series, turns};
use support::svg::Chart;
use support::{Outcome, machine};

const NOW: IysTime = IysTime::from_unix(1_795_000_000);
const BOUNDS: Bounds = Bounds { bytes: 1 << 20, rows: 16_384 };

/// A way through the list: rows out, and the time taken.
type Way = fn(&Path, &Path, &Checker) -> Outcome<(u64, Duration)>;

const WAYS: [(&str, Way); 4] = [
    ("copied line by line: read_until, write_all", copied),
    ("csv crate: records read, two fields more written", records),
    ("filter: rows read and written, one answer to all", untold),
    ("filter: rows read, decided against the index, written", decided),
];

fn main() -> Outcome<()> {
    machine::pin(machine::CLIENT)?;
    let (rows, rounds) = (setting("BENCH_ROWS", 1_000_000)?, setting("BENCH_ROUNDS", 7)? as usize);
    let folder = tempfile::tempdir()?;
    let (list, out) = (folder.path().join("list.csv"), folder.path().join("out.csv"));
    write(&list, rows)?;
    let checker = checker(rows)?;
    let mut series = WAYS.map(|(name, _)| Series::new(name.to_owned()));
    for round in 0..rounds {
        for at in turns(WAYS.len(), round) {
            let (name, way) = WAYS[at];
            let (seen, took) = way(&list, &out, &checker)?;
            if seen != rows {
                return Err(format!("{name}: {seen} of {rows} rows").into());
            }
            series[at].values.push(rows as f64 / took.as_secs_f64());
        }
    }
    show(&series, rows, fs::metadata(&list)?.len())
}

fn show(series: &[Series], rows: u64, bytes: u64) -> Outcome<()> {
    let mut section = Section::new("55-filter", "Filtering a list");
    section.say(&format!("{} rows of three columns, {}, in the page cache; one core, one thread.", short(rows), size(bytes)));
    let row = |one: &Series| {
        let (least, greatest) = one.range();
        let figures = format!("{} ({}–{})", rate(one.median()), rate(least), rate(greatest));
        vec![one.name.clone(), figures, format!("{:.2} ×", one.against(&series[0])), format!("{:.2} ×", one.against(&series[1]))]
    };
    let lines: Vec<Vec<String>> = series.iter().map(row).collect();
    section.table(&["what", "rows, median (least–greatest round)", "against copying", "against the csv crate"], &lines);
    let bars = series.iter().map(|one| (one.name.split(':').next().unwrap_or_default().to_owned(), one.median())).collect();
    section.chart("rows", &Chart::Bars { title: "Rows a second".to_owned(), groups: vec![(String::new(), bars)] })?;
    section.finish()
}

/// The phone of row `row`; every fourth is unknown.
fn phone(row: u64) -> u64 {
    905_300_000_000 + mix(row) % 300_000_000
}

fn write(list: &Path, rows: u64) -> Outcome<()> {
    let mut list = BufWriter::new(File::create(list)?);
    writeln!(list, "ad;telefon;sehir")?;
    for row in 0..rows {
        writeln!(list, "Müşteri {row};+{};İstanbul", phone(row))?;
    }
    Ok(list.flush()?)
}

fn brand() -> Outcome<BrandCode> {
    BrandCode::new(601_234).ok_or_else(|| "no brand".into())
}

fn cell() -> Cell {
    Cell::new(Channel::Mesaj, RecipientType::Bireysel)
}

fn checker(rows: u64) -> Outcome<Checker> {
    let (index, pseudonymizer) = (Index::new(4 << 30)?, Pseudonymizer::new(&Secret::from_bytes([7; 32])));
    let iys_code = IysCode::new(600_000).ok_or("no provider")?;
    index.brands().put(Brand::imported(brand()?, iys_code, "Örnek".to_owned()));
    let mut writing = index.write();
    for row in (0..rows).filter(|row| row % 4 > 0) {
        let phone = Phone::from_packed(phone(row)).ok_or("no phone")?;
        let relation = RelationKey::of_brand(pseudonymizer.phone(phone), brand()?);
        let status = if row % 4 == 1 { Status::Ret } else { Status::Onay };
        writing.set(relation.hash(), State::EMPTY.with(cell(), status))?;
    }
    drop(writing);
    index.mark_loaded();
    Ok(Checker::new(index, pseudonymizer))
}

fn copied(list: &Path, out: &Path, _: &Checker) -> Outcome<(u64, Duration)> {
    let started = Instant::now();
    let mut list = BufReader::with_capacity(1 << 18, File::open(list)?);
    let mut out = BufWriter::with_capacity(1 << 18, File::create(out)?);
    let (mut line, mut lines) = (Vec::new(), 0);
    while list.read_until(b'\n', &mut line)? > 0 {
        out.write_all(&line)?;
        line.clear();
        lines += 1;
    }
    out.flush()?;
    // The header is a line too.
    Ok((lines - 1, started.elapsed()))
}

fn records(list: &Path, out: &Path, _: &Checker) -> Outcome<(u64, Duration)> {
    let started = Instant::now();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').buffer_capacity(1 << 18).from_path(list)?;
    let mut writer = csv::WriterBuilder::new().delimiter(b';').buffer_capacity(1 << 18).from_path(out)?;
    let (mut record, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record)? {
        record.push_field(b"ALLOW");
        record.push_field(b"APPROVED");
        writer.write_byte_record(&record)?;
        rows += 1;
    }
    writer.flush()?;
    Ok((rows, started.elapsed()))
}

fn untold(list: &Path, out: &Path, _: &Checker) -> Outcome<(u64, Duration)> {
    filtered(list, out, |block| Ok(vec![0b0100_1100; block.rows()]))
}

fn decided(list: &Path, out: &Path, checker: &Checker) -> Outcome<(u64, Duration)> {
    let ids = DecisionIds::new(1, 1);
    let scope = Scope { brand: brand()?, cell: cell(), retailer: RetailerCode::BRAND, purpose: Purpose::Commercial };
    filtered(list, out, |block| {
        let id = ids.take(NOW, block.rows() as u64);
        let under = Circumstances { id, at: izingate::model::time::Moment::of(NOW), revision_reached: true, recordable: true };
        Ok(checker.check_batch(&scope, Recipients::Phones(block.phones()), &under).results)
    })
}

fn filtered(list: &Path, out: &Path, decide: impl Fn(&Block) -> Outcome<Vec<u8>>) -> Outcome<(u64, Duration)> {
    let started = Instant::now();
    let (mut list, mut out) = (File::open(list)?, File::create(out)?);
    let wanted = Wanted { phones: Some(Named::Found), ..Wanted::default() };
    let pairs = [Pair { brand: brand()?, channel: Channel::Mesaj }];
    let (mut intake, mut columns, mut rows) = (Intake::new(wanted, BOUNDS), None, 0);
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = list.read(&mut buffer)?;
        if read == 0 {
            intake.end()?;
        } else {
            intake.push(&buffer[..read]);
        }
        while let Some(block) = intake.block()? {
            let layout = intake.layout().ok_or("a block without a layout")?;
            let columns = columns.get_or_insert_with(|| Columns::new(layout, intake.encoding(), &pairs, None, false));
            let mut text = Vec::new();
            columns.write(&block, &[decide(&block)?], &[], &mut text);
            out.write_all(&text)?;
            rows += block.rows() as u64;
        }
        if read == 0 {
            return Ok((rows, started.elapsed()));
        }
    }
}
