//! A part of a bulk import: as much as becomes one batch.

use super::error::BulkError;
use super::merge::Merge;
use super::record::{Names, Records};
use std::sync::Arc;

/// Some movements in the order of their keys, behind those of the slices before it. Whatever it holds
/// of one relation is whole unless it would be too long, so that two slices seldom share one.
pub struct Slice {
    pub(super) bytes: Vec<u8>,
    pub(super) names: Arc<Names>,
    pub(super) movements: u64,
    /// Which import, and how many of its movements come before these.
    pub(super) job: u64,
    pub(super) start: u64,
}

/// What became of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceDone {
    /// The revision at which it is visible.
    pub revision: u64,
    /// Movements that were new.
    pub applied: u64,
    /// Movements that were on file already.
    pub unchanged: u64,
}

/// The slices of an import.
pub struct Slices {
    merge: Merge,
    names: Arc<Names>,
    job: u64,
    size: u64,
    taken: u64,
}

impl Slices {
    /// `size` is the movements of a slice: it ends with the relation that passes it, or at twice as many.
    pub(super) fn new(merge: Merge, names: Arc<Names>, job: u64, size: u64) -> Self {
        Self { merge, names, job, size: size.max(1), taken: 0 }
    }

    /// Leaves out movements that were taken in before.
    pub(super) fn skip_to(&mut self, position: u64) -> Result<(), BulkError> {
        while self.taken < position && self.merge.head().is_some() {
            self.merge.advance()?;
            self.taken += 1;
        }
        Ok(())
    }

    fn cut(&mut self) -> Result<Option<Slice>, BulkError> {
        let start = self.taken;
        let mut bytes = Vec::with_capacity(usize::try_from(self.size * 80).unwrap_or(0).min(64 << 20));
        let mut last = [0; 24];
        while let Some(record) = self.merge.head() {
            let held = self.taken - start;
            if held >= self.size && (record.relation_bytes() != last || held >= 2 * self.size) {
                break;
            }
            last.copy_from_slice(record.relation_bytes());
            bytes.extend_from_slice(record.bytes());
            self.taken += 1;
            self.merge.advance()?;
        }
        let movements = self.taken - start;
        let slice = Slice { bytes, names: Arc::clone(&self.names), movements, job: self.job, start };
        Ok((movements > 0).then_some(slice))
    }
}

impl Iterator for Slices {
    type Item = Result<Slice, BulkError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.cut().transpose()
    }
}

impl Slice {
    /// A slice of its own: an import of one part. `job` is a random number.
    #[must_use]
    pub fn single(records: &Records, job: u64) -> Self {
        let mut sorted: Vec<_> = super::record::records(&records.bytes).collect();
        sorted.sort_by_key(|record| record.key());
        let bytes = sorted.iter().flat_map(|record| record.bytes()).copied().collect();
        Self { bytes, names: Arc::new(records.names.clone()), movements: sorted.len() as u64, job, start: 0 }
    }

    /// Which import it belongs to.
    pub(in crate::ingest) const fn job(&self) -> u64 {
        self.job
    }

    /// Movements of the import before it.
    pub(in crate::ingest) const fn start(&self) -> u64 {
        self.start
    }

    /// Movements in it.
    pub(in crate::ingest) const fn movements(&self) -> u64 {
        self.movements
    }

    /// Whether `next` begins behind the last relation of this one, so that neither sees the other's.
    pub(in crate::ingest) fn is_apart_from(&self, next: &Self) -> bool {
        let last = super::record::records(&self.bytes).last();
        let first = super::record::records(&next.bytes).next();
        self.job == next.job && last.zip(first).is_some_and(|(last, first)| last.relation_bytes() < first.relation_bytes())
    }
}
