//! The second place that remembers how far the evidence was: a row of `meta` that goes into every synced batch once there is
//! something new to remember.
//!
//! A row only ever takes the place of an older one: marks are put into batches under a lock, in the order in which they were
//! offered. Batches without a new mark take no lock.

use super::codec::{self, decode_recalled, encode_recalled};
use super::error::StoreError;
use super::rocks::{Family, Store, Writes};
use crate::ports::{EvidenceMark, EvidenceMemory, MemoryError, Reached, Recalled};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const EVIDENCE: &[u8] = b"evidence";

/// The mark that the next batch takes along.
#[derive(Default)]
pub(super) struct PendingMark {
    mark: Mutex<Option<EvidenceMark>>,
    /// Whether there is one that no batch has taken along. A glance for batches: who misses one that is offered at this moment
    /// leaves it to the next.
    is_new: AtomicBool,
    /// Held from the choice of a mark until its batch is durable.
    writing: Mutex<()>,
}

/// A mark on its way to disk with a batch.
pub(super) struct MarkInBatch<'a> {
    pending: &'a PendingMark,
    written: bool,
    _turn: MutexGuard<'a, ()>,
}

impl PendingMark {
    /// Puts the newest mark into a batch, if there is a new one. What it returns is to be held until the batch is written.
    pub(super) fn put_into(&self, writes: &mut Writes<'_>) -> Result<Option<MarkInBatch<'_>>, StoreError> {
        if !self.is_new.load(Ordering::Acquire) {
            return Ok(None);
        }
        let turn = lock(&self.writing);
        self.is_new.store(false, Ordering::Release);
        let in_batch = MarkInBatch { pending: self, written: false, _turn: turn };
        let Some(mark) = *lock(&self.mark) else { return Ok(None) };
        writes.put(Family::Meta, EVIDENCE, &encode_recalled(&Recalled::Mark(mark)))?;
        Ok(Some(in_batch))
    }
}

impl MarkInBatch<'_> {
    /// The batch is durable.
    pub(super) fn written(mut self) {
        self.written = true;
    }
}

impl Drop for MarkInBatch<'_> {
    /// A batch that failed leaves its mark to the next.
    fn drop(&mut self) {
        if !self.written {
            self.pending.is_new.store(true, Ordering::Release);
        }
    }
}

impl EvidenceMemory for Store {
    fn recall(&self) -> Result<Option<Recalled>, MemoryError> {
        self.evidence_recalled().map_err(|error| MemoryError(error.to_string()))
    }

    fn offer(&self, mark: &EvidenceMark) {
        *lock(&self.mark.mark) = Some(*mark);
        self.mark.is_new.store(true, Ordering::Release);
    }

    fn keep(&self) -> Result<(), MemoryError> {
        // A commit takes the mark along, if another batch has not done so.
        self.writes().commit_with_mark().map_err(|error| MemoryError(error.to_string()))
    }
}

impl Store {
    /// Progress of the store when it was opened.
    pub fn reached_at_open(&self) -> Result<Reached, StoreError> {
        Ok(Reached { revision: self.revision()?, writes: self.opened_at })
    }

    /// Progress of a store that is followed, as far as it was read.
    pub fn reached(&self) -> Result<Reached, StoreError> {
        Ok(Reached { revision: self.revision()?, writes: self.last_write()? })
    }

    /// Reads what is remembered of the evidence.
    pub fn evidence_recalled(&self) -> Result<Option<Recalled>, StoreError> {
        let stored = self.get(Family::Meta, EVIDENCE)?;
        stored.map(|bytes| decode_recalled(&bytes)).transpose().map_err(|source| StoreError::Corrupt { family: "meta", source })
    }

    /// Remembers that this store came out of a backup: what it remembered of the evidence was of another directory.
    pub fn forget_evidence(&self, at: u32) -> Result<(), StoreError> {
        let mut writes = self.writes();
        let restored = Recalled::Restored { revision: self.revision()?, at };
        writes.put(Family::Meta, EVIDENCE, &codec::encode_recalled(&restored))?;
        writes.commit()
    }
}

/// A panic of another thread leaves the value whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::rocks::Options;
    use super::*;
    use crate::model::secret::pseudonym::{Pseudonymizer, Secret};

    fn mark(segment: u64) -> EvidenceMark {
        EvidenceMark { segment, ..EvidenceMark::default() }
    }

    fn store(dir: &tempfile::TempDir) -> Store {
        Store::open(dir.path(), &Options::default(), &Pseudonymizer::new(&Secret::from_bytes([7; 32])), 1).unwrap()
    }

    #[test]
    fn a_mark_goes_with_the_next_batch_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir);
        assert_eq!(store.recall(), Ok(None));
        store.offer(&mark(1));
        assert_eq!(store.recall(), Ok(None), "offered is not kept");
        let mut commit = store.begin();
        commit.put(Family::Meta, b"anything", b"").unwrap();
        commit.commit().unwrap();
        assert_eq!(store.recall(), Ok(Some(Recalled::Mark(mark(1)))));
        store.offer(&mark(2));
        store.offer(&mark(3));
        store.keep().unwrap();
        assert_eq!(store.recall(), Ok(Some(Recalled::Mark(mark(3)))));
        store.forget_evidence(9).unwrap();
        store.keep().unwrap();
        assert_eq!(store.recall(), Ok(Some(Recalled::Restored { revision: 0, at: 9 })), "nothing new was offered");
    }

    /// All that counts as synced is there when the store is opened again, though its files were flushed meanwhile.
    #[test]
    fn what_was_reached_is_there_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut reached = 0;
        for round in 0..12_u8 {
            let store = store(&dir);
            assert!(store.opened_at >= reached, "round {round}: {} < {reached}", store.opened_at);
            let before = store.synced();
            store.offer(&mark(u64::from(round)));
            store.keep().unwrap();
            assert_eq!(store.synced(), before, "what is remembered alone is no news");
            for key in 0..round {
                let mut commit = store.begin();
                commit.put(Family::Meta, &[b'x', key], &[round]).unwrap();
                commit.remove(Family::Meta, &[b'x', key + 1]).unwrap();
                commit.commit().unwrap();
                let mut lazy = store.writes();
                lazy.put(Family::Cursors, &[b'x', key], &[round]).unwrap();
                lazy.commit_lazily().unwrap();
            }
            if round % 3 == 0 {
                store.flush().unwrap();
            }
            reached = store.synced().max(reached);
        }
        assert!(reached > 100, "{reached}");
    }

    #[test]
    fn a_later_mark_is_never_overwritten_by_an_earlier_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..100).for_each(|_| store.keep().unwrap()));
            }
            (1..200).for_each(|segment| store.offer(&mark(segment)));
        });
        store.keep().unwrap();
        assert_eq!(store.recall(), Ok(Some(Recalled::Mark(mark(199)))));
    }
}
