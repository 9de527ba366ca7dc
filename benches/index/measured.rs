//! One size: builds the tables, checks them, measures them in turns.

use crate::growth::{self, Filled};
use crate::mixed;
use crate::reads::{self, Kind};
use crate::support::rounds::Series;
use crate::support::{Outcome, machine};
use crate::tables::{Dash, Ours, Papaya, Raw, Scc, Table};
use serde::{Deserialize, Serialize};

/// Everything measured at one size.
#[derive(Serialize, Deserialize)]
pub struct Measured {
    pub relations: u64,
    /// By table; memory itself stands last.
    pub tables: Vec<OneTable>,
    /// Whether memory itself was measured in the same rounds: both fit at once.
    pub same_rounds: bool,
    /// Answers compared with what was put in; all were right, or there is no report.
    pub answers: u64,
}

/// What one table reached.
#[derive(Serialize, Deserialize)]
pub struct OneTable {
    pub name: String,
    /// Nanoseconds a look-up by kind, in the order of [`Kind::ALL`]: median, least, greatest, ratio to memory.
    pub reads: Vec<[f64; 4]>,
    pub growth: Option<Growth>,
    pub mixed: Option<Beside>,
}

/// What filling took.
#[derive(Serialize, Deserialize)]
pub struct Growth {
    /// Inserts a second.
    pub inserts: f64,
    /// Bytes a relation at the end: by the table's word or the process's.
    pub bytes: f64,
    /// The worst from a twentieth of the size up.
    pub worst: f64,
    /// Bytes a relation by which the process grew, and the most on the way.
    pub resident: [f64; 2],
    /// Relations and bytes a relation.
    pub path: Vec<(f64, f64)>,
}

/// A reader beside the writer.
#[derive(Serialize, Deserialize)]
pub struct Beside {
    /// Nanoseconds a look-up without and with the writer.
    pub nanos: [f64; 2],
    /// Throughput with the writer as part of that without.
    pub kept: f64,
    /// The slowest of 10,000 calls of 64, microseconds, without and with.
    pub slow: [f64; 2],
    /// Changes a second.
    pub changes: f64,
}

/// Stored and as many other keys, each asked alone and in a batch.
const SAMPLE: u64 = 250_000;
/// What the system and the measurement need beside two tables.
const ROOM_LEFT: u64 = 1 << 30;

/// Measures one size.
pub fn measure(relations: u64, rivals_up_to: u64, rounds: usize) -> Outcome<Measured> {
    machine::pin(machine::CLIENT)?;
    let mut tables: Vec<Box<dyn Table>> = vec![Box::new(Ours::default())];
    if relations <= rivals_up_to {
        tables.extend([Box::new(Dash::default()) as Box<dyn Table>, Box::new(Papaya::default()), Box::new(Scc::default())]);
    }
    let mut filled = Vec::new();
    for table in &tables {
        filled.push(growth::fill(&**table, relations)?);
        let wrong = reads::wrong_answers(&**table, relations, SAMPLE);
        if wrong > 0 {
            return Err(format!("{}: {wrong} wrong answers", table.name()).into());
        }
    }
    let contenders = tables.len();
    // Memory as much as ours takes.
    let bytes = tables[0].memory().unwrap_or(filled[0].resident);
    let same_rounds = bytes + ROOM_LEFT < machine::available();
    if same_rounds {
        tables.push(Box::new(Raw::new(bytes)?));
    }
    let mut reads = reads::measure(&tables, relations, rounds);
    let mut mixed = Vec::new();
    for table in &tables[..contenders] {
        mixed.push(mixed::measure(&**table, relations, rounds.min(5))?);
    }
    if !same_rounds {
        drop(tables);
        let raw: [Box<dyn Table>; 1] = [Box::new(Raw::new(bytes)?)];
        for ((_, series), (_, alone)) in reads.iter_mut().zip(reads::measure(&raw, relations, rounds)) {
            series.extend(alone);
        }
    }
    let mut measured: Vec<OneTable> = (0..=contenders).map(|at| OneTable::read(&reads, at, contenders)).collect();
    for ((table, filled), mixed) in measured.iter_mut().zip(&filled).zip(&mixed) {
        (table.growth, table.mixed) = (Some(of_growth(filled, relations)), Some(of_mixed(mixed)));
    }
    Ok(Measured { relations, tables: measured, same_rounds, answers: SAMPLE * 4 * contenders as u64 })
}

impl OneTable {
    fn read(reads: &[(Kind, Vec<Series>)], at: usize, raw: usize) -> Self {
        let one = |series: &Vec<Series>| {
            let (least, greatest) = series[at].range();
            [series[at].median(), least, greatest, series[at].against(&series[raw])]
        };
        let name = reads.first().map_or_else(String::new, |(_, series)| series[at].name.clone());
        Self { name, reads: reads.iter().map(|(_, series)| one(series)).collect(), growth: None, mixed: None }
    }
}

fn of_growth(filled: &Filled, relations: u64) -> Growth {
    let each = |bytes: u64| bytes as f64 / relations as f64;
    Growth {
        inserts: relations as f64 / filled.insert.as_secs_f64(),
        bytes: filled.path.last().map_or(0.0, |(_, bytes)| *bytes),
        worst: filled.worst(relations / 2),
        resident: [each(filled.resident), each(filled.peak)],
        path: filled.path.iter().map(|(relations, bytes)| (*relations as f64, *bytes)).collect(),
    }
}

fn of_mixed(mixed: &mixed::Mixed) -> Beside {
    Beside {
        nanos: [mixed.alone.median(), mixed.beside.median()],
        kept: mixed.alone.against(&mixed.beside),
        slow: mixed.slow,
        changes: mixed.changes,
    }
}
