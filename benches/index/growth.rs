//! Filling a table: how fast, and how many bytes a relation costs on the way.

use crate::support::{Outcome, keys, machine};
use crate::tables::Table;
use std::time::{Duration, Instant};

/// A table filled, and what that took.
pub struct Filled {
    pub insert: Duration,
    /// Relations and bytes a relation, as the table grew.
    pub path: Vec<(u64, f64)>,
    /// Resident bytes that it added to the process, the caller's own included.
    pub resident: u64,
    /// The most resident bytes that it added on the way.
    pub peak: u64,
}

impl Filled {
    /// The greatest bytes a relation from `least` relations up, by the table's own word; by the process
    /// where it says nothing.
    pub fn worst(&self, least: u64) -> f64 {
        let counted = self.path.iter().filter(|(relations, _)| *relations >= least);
        counted.map(|(_, bytes)| *bytes).fold(0.0, f64::max)
    }
}

/// Between two looks at memory the relations grow by this part of themselves: some 70 looks from one power
/// of ten to the next.
const STEP: u64 = 30;
/// Below, what a process holds anyway hides what a table costs.
const FIRST_LOOK: u64 = 100_000;

/// Puts keys `0..relations` in.
pub fn fill(table: &dyn Table, relations: u64) -> Outcome<Filled> {
    machine::forget_peak()?;
    let before = machine::resident();
    let (mut insert, mut path) = (Duration::ZERO, Vec::new());
    let (mut from, mut to) = (0, FIRST_LOOK.min(relations));
    while from < relations {
        let started = Instant::now();
        table.set_many(&mut (from..to).map(|i| (keys::key(i), keys::state(i))))?;
        insert += started.elapsed();
        let bytes = table.memory().unwrap_or_else(|| machine::resident().saturating_sub(before));
        path.push((to, bytes as f64 / to as f64));
        (from, to) = (to, relations.min(to + to / STEP + 1));
    }
    let resident = machine::resident().saturating_sub(before);
    Ok(Filled { insert, path, resident, peak: machine::peak().saturating_sub(before) })
}
