//! How large the record of decisions is, and how long a recipient is looked for in it: a log in `TMPDIR`, filled as the gateway
//! fills it, then asked.
//!
//! `evidence [DECISIONS] [BATCH]`: 100,000,000 in batches of 1,000 unless said otherwise; a batch of 1 is unary questions.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a tool that talks to whoever started it")]

use izingate::evidence::entry::{Entry, Outcomes};
use izingate::evidence::record::{Reader, Record};
use izingate::evidence::search::{Query, by_id, find};
use izingate::evidence::settings::{Durability, Overload, Settings};
use izingate::evidence::start::{Opening, start};
use izingate::evidence::{Admission, Size};
use izingate::model::brand::{BrandCode, RetailerCode};
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::key::Pseudonym;
use izingate::model::decision::id::{DecisionId, DecisionIds};
use izingate::model::decision::question::{Purpose, Scope};
use izingate::model::secret::mac::MacKey;
use izingate::model::time::IysTime;
use izingate::ports::NoMemory;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Recipients that are asked about: each some times.
const RECIPIENTS: u64 = 50_000_000;

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>().unwrap());
    let (decisions, batch) = (args.next().unwrap_or(100_000_000), args.next().unwrap_or(1_000));
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (took, last) = runtime.block_on(fill(folder.path(), decisions, batch));
    let (segments, indexes) = (bytes_of(folder.path(), "seg"), bytes_of(folder.path(), "idx"));
    let each = |bytes: u64| bytes as f64 / decisions as f64;
    println!(
        "{decisions} decisions in batches of {batch}: {:.1} s, {:.2} M/s; on disk {:.2} B each, {:.2} B with their index",
        took.as_secs_f64(),
        decisions as f64 / took.as_secs_f64() / 1e6,
        each(segments),
        each(segments + indexes)
    );
    ask(folder.path(), last);
}

/// Records so many decisions and ends the log; what it took, and the id of the last.
async fn fill(folder: &Path, decisions: u64, batch: u64) -> (Duration, DecisionId) {
    let settings = Settings { overload: Overload::Block, ..Settings::default() };
    let (ids, memory) = (DecisionIds::new(7, 1), Arc::new(NoMemory));
    let opening = Opening { settings, ids, clock: now_ms, key: KEY, memory, store: None };
    let (log, threads) = start(folder, opening).unwrap();
    let started = Instant::now();
    let (mut random, mut done, mut last) = (1_u64, 0, DecisionId::of(0, 0, 0));
    while done < decisions {
        let now = IysTime::now();
        let size = Size { entries: 1, decisions: batch, references: 0 };
        let admission = log.admit(Durability::Interval, size, now).await;
        if !admission.recordable {
            continue;
        }
        last = admission.id.plus(batch - 1);
        let _ = log.record(&admission, |_| [entry(&admission, now, batch, &mut random)]);
        done += batch;
    }
    drop(log);
    tokio::task::spawn_blocking(move || threads.stop()).await.unwrap();
    (started.elapsed(), last)
}

fn entry(admission: &Admission, now: IysTime, batch: u64, random: &mut u64) -> Entry {
    let mut next = || {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *random >> 33
    };
    let outcomes = (0..batch).map(|_| ([0x4C, 0x4C, 0x4C, 0x89, 0x8A][(next() % 5) as usize], pseudonym(next() % RECIPIENTS)));
    let (bytes, recipients): (Vec<u8>, Vec<Pseudonym>) = outcomes.unzip();
    let outcomes = if batch == 1 { Outcomes::One(bytes[0], recipients[0]) } else { Outcomes::Many(bytes, recipients) };
    Entry {
        first: admission.id,
        asked: now,
        caller: "dialer".into(),
        scope: Scope {
            brand: BrandCode::new(600_000 + (next() % 20) as u32).unwrap(),
            cell: Cell::new(Channel::Mesaj, RecipientType::Bireysel),
            retailer: RetailerCode::BRAND,
            purpose: Purpose::Commercial,
        },
        declaration: 0,
        mode: 1,
        revision: 1_000_000 + admission.id.number() / 1_000_000,
        as_of: Some(now.minus(600)),
        reference: "".into(),
        outcomes,
        before_answer: false,
    }
}

/// Stands for the pseudonym of recipient `i`: as uniform as one.
fn pseudonym(i: u64) -> Pseudonym {
    let mut mixed = i.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut half = || {
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        mixed
    };
    Pseudonym((u128::from(half()) << 64 | u128::from(half())).to_be_bytes())
}

/// Key that authenticates the log.
const KEY: MacKey = MacKey::from_bytes([7; 32]);

/// The log as a command reads it.
fn record(folder: &Path) -> Record {
    Reader { key: Some(KEY), ..Reader::of(folder) }.open().unwrap()
}

fn ask(folder: &Path, last: DecisionId) {
    let mut times = Vec::new();
    let mut found = 0;
    for i in 0..20 {
        let query = Query { recipient: pseudonym(i * 1_234_567), brand: None, from: None, to: None };
        let started = Instant::now();
        let search = find(&record(folder), &query).unwrap();
        times.push(started.elapsed());
        assert!(search.scanned.is_empty());
        found += search.found.len();
    }
    times.sort_unstable();
    let started = Instant::now();
    assert!(by_id(&record(folder), last).unwrap().found.is_some());
    println!(
        "20 recipients looked for, {found} decisions found: median {:.1} ms, slowest {:.1} ms; one decision by its id {:.0} ms",
        times[10].as_secs_f64() * 1e3,
        times[19].as_secs_f64() * 1e3,
        started.elapsed().as_secs_f64() * 1e3
    );
}

fn bytes_of(folder: &Path, ending: &str) -> u64 {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let of_ending = files.filter(|entry| entry.path().extension().is_some_and(|found| found == ending));
    of_ending.map(|entry| entry.metadata().unwrap().len()).sum()
}

fn now_ms() -> u64 {
    u64::from(IysTime::now().unix()) * 1_000
}
