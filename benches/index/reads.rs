//! Look-ups on one core: alone and dependent on each other, alone and independent, in batches.

use crate::support::keys;
use crate::support::rounds::{Series, nanos_each, turns};
use crate::tables::Table;
use izingate::model::key::RelationHash;
use izingate::model::state::State;
use std::hint::black_box;

/// Look-ups in a round of each kind.
const LOOKUPS: u64 = 1 << 20;
/// Keys handed over at once, as a call of 10,000 recipients does.
const BATCH: usize = 10_000;

/// A kind of look-up.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// As [`Table::dependent`].
    Dependent,
    /// As [`Table::independent`].
    Independent,
    /// Whole batches of stored keys.
    BatchHit,
    /// Whole batches of keys that are not stored.
    BatchMiss,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Dependent, Self::Independent, Self::BatchHit, Self::BatchMiss];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Dependent => "single get, dependent",
            Self::Independent => "single get, independent",
            Self::BatchHit => "batch, hits",
            Self::BatchMiss => "batch, misses",
        }
    }
}

/// Nanoseconds a look-up: for each kind, a series for each table. Keys `0..stored` are in every table.
pub fn measure(tables: &[Box<dyn Table>], stored: u64, rounds: usize) -> Vec<(Kind, Vec<Series>)> {
    let empty = || tables.iter().map(|table| Series::new(table.name().to_owned())).collect::<Vec<_>>();
    let mut measured: Vec<(Kind, Vec<Series>)> = Kind::ALL.map(|kind| (kind, empty())).into();
    for round in 0..rounds {
        for (kind, series) in &mut measured {
            let keys = keys_of(*kind, stored, round as u64);
            for at in turns(tables.len(), round) {
                let nanos = nanos_each(|| run(*kind, &*tables[at], &keys));
                series[at].values.push(nanos);
            }
        }
    }
    measured
}

/// Other keys every round, so that none is in a cache from before.
fn keys_of(kind: Kind, stored: u64, round: u64) -> Vec<RelationHash> {
    let key = |i| match kind {
        Kind::BatchMiss => keys::key(stored * 2 + round * LOOKUPS + i),
        _ => keys::key(keys::pick(round, i, stored)),
    };
    (0..LOOKUPS).map(|i| RelationHash(key(i))).collect()
}

fn run(kind: Kind, table: &dyn Table, keys: &[RelationHash]) -> u64 {
    match kind {
        Kind::Dependent => table.dependent(keys),
        Kind::Independent => table.independent(keys),
        Kind::BatchHit | Kind::BatchMiss => batches(table, keys),
    }
    keys.len() as u64
}

fn batches(table: &dyn Table, keys: &[RelationHash]) {
    let mut states = vec![State::EMPTY; BATCH];
    for batch in keys.chunks(BATCH) {
        table.get_many(batch, &mut states[..batch.len()]);
        black_box(&states);
    }
}

/// Compares every table with what was put in: a benchmark of wrong answers is worth nothing. The number of
/// wrong ones among `sample` stored and as many other keys.
pub fn wrong_answers(table: &dyn Table, stored: u64, sample: u64) -> u64 {
    let right = |i: u64| if i < stored { keys::state(i) } else { 0 };
    let mut wrong = 0;
    for part in (0..sample).step_by(BATCH) {
        let asked: Vec<u64> = (part..sample.min(part + BATCH as u64))
            .flat_map(|i| [keys::pick(77, i, stored), stored * 2 + keys::pick(78, i, stored)])
            .collect();
        let hashes: Vec<RelationHash> = asked.iter().map(|i| RelationHash(keys::key(*i))).collect();
        let mut states = vec![State::EMPTY; asked.len()];
        table.get_many(&hashes, &mut states);
        let single = asked.iter().filter(|i| table.get(keys::key(**i)) != right(**i)).count();
        let batch = asked.iter().zip(&states).filter(|(i, state)| state.byte() != right(**i)).count();
        wrong += (single + batch) as u64;
    }
    wrong
}
