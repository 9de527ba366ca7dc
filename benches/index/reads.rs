//! Look-ups on one core: alone and dependent on each other, alone and independent, in batches.

use crate::support::keys;
use crate::support::rounds::{Series, nanos_each, timed, turns};
use crate::tables::Table;
use izingate::model::consent::key::RelationHash;
use izingate::model::consent::state::State;
use std::hint::black_box;
use std::time::Duration;

/// Look-ups in a round of each kind: whole batches.
const LOOKUPS: u64 = 100 * BATCH as u64;
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

    const fn is_batch(self) -> bool {
        matches!(self, Self::BatchHit | Self::BatchMiss)
    }

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
            let keys = Keys { misses: *kind == Kind::BatchMiss, stored, round: round as u64 };
            let singles = if kind.is_batch() { Vec::new() } else { (0..LOOKUPS).map(|i| keys.at(i)).collect() };
            for at in turns(tables.len(), round) {
                let table = &*tables[at];
                let nanos = match kind {
                    Kind::BatchHit | Kind::BatchMiss => batches(table, &keys),
                    Kind::Dependent => nanos_each(|| one_by_one(&singles, |keys| table.dependent(keys))),
                    Kind::Independent => nanos_each(|| one_by_one(&singles, |keys| table.independent(keys))),
                };
                series[at].values.push(nanos);
            }
        }
    }
    measured
}

/// Other keys every round, so that none is in a cache from before.
struct Keys {
    misses: bool,
    stored: u64,
    round: u64,
}

impl Keys {
    fn at(&self, i: u64) -> RelationHash {
        if self.misses {
            return RelationHash(keys::key(self.stored * 2 + self.round * LOOKUPS + i));
        }
        RelationHash(keys::key(keys::pick(self.round, i, self.stored)))
    }
}

fn one_by_one(keys: &[RelationHash], look_up: impl FnOnce(&[RelationHash])) -> u64 {
    look_up(keys);
    keys.len() as u64
}

/// Nanoseconds a look-up, in batches that are made when their turn comes, as a call's are: keys out of one long
/// list would come from memory too, and everybody would be measured with that stream beside them. What making
/// them takes is measured alone, in the same round, and taken off for every table.
fn batches(table: &dyn Table, keys: &Keys) -> f64 {
    let (mut batch, mut states) = (vec![RelationHash(0); BATCH], vec![State::EMPTY; BATCH]);
    let mut all = |look_up: bool| {
        for first in (0..LOOKUPS).step_by(BATCH) {
            for (hash, i) in batch.iter_mut().zip(first..) {
                *hash = keys.at(i);
            }
            black_box(&batch);
            if look_up {
                table.get_many(&batch, &mut states);
                black_box(&states);
            }
        }
    };
    let (making, ()) = timed(|| all(false));
    let (both, ()) = timed(|| all(true));
    both.saturating_sub(making).max(Duration::from_nanos(1)).as_nanos() as f64 / LOOKUPS as f64
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
