//! The row that the second place keeps: what is on disk already, never what will be.

use crate::evidence::segment::Open;
use crate::evidence::tree::archive::Signed;
use crate::ports::{EvidenceMark, EvidenceMemory, MemoryError};
use std::sync::{Arc, Mutex, PoisonError};

/// Progress of the evidence, shared by its two threads. Marks are offered in the order in which they are made.
pub(in crate::evidence) struct Remembered {
    mark: Mutex<EvidenceMark>,
    memory: Arc<dyn EvidenceMemory>,
}

impl Remembered {
    /// A memory that holds a mark so far.
    pub(in crate::evidence) fn new(mark: EvidenceMark, memory: Arc<dyn EvidenceMemory>) -> Self {
        memory.offer(&mark);
        Self { mark: Mutex::new(mark), memory }
    }

    fn offer(&self, change: impl FnOnce(&mut EvidenceMark)) {
        let mut mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut mark);
        self.memory.offer(&mark);
    }

    /// Notes that a segment is synced up to a place.
    pub(in crate::evidence) fn synced(&self, open: &Open) {
        self.offer(|mark| note(mark, open));
    }

    /// The log was closed in order, which is synced.
    pub(in crate::evidence) fn ended(&self, open: &Open, at: u64) {
        self.offer(|mark| {
            note(mark, open);
            mark.ended = at;
        });
    }

    /// A checkpoint was signed, which is synced.
    pub(in crate::evidence) fn signed(&self, signed: &Signed) {
        self.offer(|mark| (mark.tree_size, mark.tree_root) = (signed.size, signed.root));
    }

    /// Makes what was offered last durable.
    pub(in crate::evidence) fn keep(&self) -> Result<(), MemoryError> {
        self.memory.keep()
    }
}

/// Puts the end of what is synced of a segment into a mark.
pub(in crate::evidence) fn note(mark: &mut EvidenceMark, open: &Open) {
    mark.segment = open.header().number;
    (mark.bytes, mark.chain) = open.synced();
    if let Some(decision) = open.last_decision() {
        mark.decision = decision.get();
    }
}
