//! Readers while a writer changes: what 100,000 changes a second take from them.

use crate::support::rounds::{Series, nanos_each};
use crate::support::{Outcome, keys, machine};
use crate::tables::Table;
use izingate::model::consent::key::RelationHash;
use izingate::model::consent::state::State;
use std::hint::black_box;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Changes a second.
pub const CHANGES: u64 = 100_000;
/// The writer commits this many at once, as ingest does with what has come in.
const COMMIT: u64 = 100;
/// The reader looks up this long in a round.
const ROUND: Duration = Duration::from_millis(400);
/// Keys handed over at once: small, so that the time of each call shows a wait.
const BATCH: usize = 64;
/// Distinct keys of a reader's round; it goes round in them.
const KEYS: usize = 1 << 18;

/// A table under a reader, with and without the writer.
pub struct Mixed {
    /// Nanoseconds a look-up without a writer, round by round.
    pub alone: Series,
    /// The same while the writer writes.
    pub beside: Series,
    /// The slowest of 10,000 calls of 64 look-ups, in microseconds, without and with the writer.
    pub slow: [f64; 2],
    /// Changes a second that the writer reached in fact.
    pub changes: f64,
}

/// Measures one table; half of the changes overwrite, half are new relations behind `stored`.
pub fn measure(table: &dyn Table, stored: u64, rounds: usize) -> Outcome<Mixed> {
    let series = || Series::new(table.name().to_owned());
    let mut mixed = Mixed { alone: series(), beside: series(), slow: [0.0; 2], changes: 0.0 };
    let (mut written, mut writing) = (0, Duration::ZERO);
    let mut calls = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        let asked: Vec<RelationHash> =
            (0..KEYS as u64).map(|i| RelationHash(keys::key(keys::pick(900 + round as u64, i, stored)))).collect();
        let turn = |calls: &mut Vec<u32>| nanos_each(|| read(table, &asked, calls));
        mixed.alone.values.push(turn(&mut calls[0]));
        let (beside, changes, took) = beside_writer(table, stored, written, || turn(&mut calls[1]))?;
        mixed.beside.values.push(beside);
        written += changes;
        writing += took;
    }
    mixed.slow = calls.map(|mut nanos| f64::from(one_of_10_000(&mut nanos)) / 1e3);
    mixed.changes = written as f64 / writing.as_secs_f64();
    Ok(mixed)
}

/// Runs `reader` on this core while another thread writes; what the reader came to, with the changes
/// written and the time that they took.
fn beside_writer<T>(table: &dyn Table, stored: u64, written: u64, reader: impl FnOnce() -> T) -> Outcome<(T, u64, Duration)> {
    let (stop, stopped) = channel::<()>();
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || write(table, stored, written, &stopped));
        let result = reader();
        drop(stop);
        let (changes, took) = writer.join().map_err(|_| "the writer panicked")??;
        Ok((result, changes, took))
    })
}

/// Looks up for [`ROUND`]; how many.
fn read(table: &dyn Table, keys: &[RelationHash], calls: &mut Vec<u32>) -> u64 {
    let (started, mut before, mut lookups) = (Instant::now(), Instant::now(), 0);
    let mut states = [State::EMPTY; BATCH];
    loop {
        for batch in keys.chunks_exact(BATCH) {
            table.get_many(batch, &mut states);
            black_box(&states);
            let now = Instant::now();
            calls.push((now - before).as_nanos() as u32);
            before = now;
            lookups += BATCH as u64;
            if now - started >= ROUND {
                return lookups;
            }
        }
    }
}

/// Writes at its pace until told to stop; how many changes, in what time.
fn write(table: &dyn Table, stored: u64, written: u64, stopped: &Receiver<()>) -> Outcome<(u64, Duration)> {
    machine::pin(machine::SERVER)?;
    let (started, mut changes) = (Instant::now(), 0);
    loop {
        let due = Duration::from_nanos(changes * 1_000_000_000 / CHANGES);
        let wait = due.saturating_sub(started.elapsed());
        match stopped.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok((changes, started.elapsed())),
        }
        let first = written + changes;
        table.set_many(&mut (first..first + COMMIT).map(|change| one_change(stored, change)))?;
        changes += COMMIT;
    }
}

fn one_change(stored: u64, change: u64) -> (u128, u8) {
    let relation = if change.is_multiple_of(2) { stored + change / 2 } else { keys::pick(5, change, stored) };
    (keys::key(relation), keys::state(relation))
}

fn one_of_10_000(nanos: &mut [u32]) -> u32 {
    nanos.sort_unstable();
    let at = nanos.len() - nanos.len() / 10_000 - 1;
    nanos.get(at).copied().unwrap_or_default()
}
