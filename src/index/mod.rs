//! What the two flows share: the permissions in memory, the brands on file, and the revision.
//!
//! Checks only read; one writer changes. The order is the promise: the writer sets every state of a
//! batch and then publishes its revision, a check reads the revision and then the states, so an answer
//! reflects every batch up to the revision that it names.

mod brands;
mod revision;
mod table;

pub use brands::{BrandEntry, Brands};
pub use revision::Revision;

use crate::model::key::RelationHash;
use crate::model::state::State;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use table::Table;

/// A handle on the one index of the process; clones share it.
#[derive(Clone, Default)]
pub struct Index(Arc<Inner>);

#[derive(Default)]
struct Inner {
    table: Table,
    revision: Revision,
    brands: Brands,
    loaded: AtomicBool,
}

impl Index {
    /// The state of a relation; empty if there is none.
    #[must_use]
    pub fn get(&self, hash: RelationHash) -> State {
        self.0.table.get(hash)
    }

    /// Sets the state of a relation. For the writer and for boot; readers see it at once.
    pub fn set(&self, hash: RelationHash, state: State) {
        self.0.table.set(hash, state);
    }

    /// The states of many relations, each in its place.
    pub fn get_many(&self, hashes: &[RelationHash], states: &mut [State]) {
        for (state, hash) in states.iter_mut().zip(hashes) {
            *state = self.get(*hash);
        }
    }

    /// The one writer's door.
    #[must_use]
    pub const fn write(&self) -> IndexWriter<'_> {
        IndexWriter(self)
    }

    /// Resident bytes of the table.
    #[must_use]
    pub const fn memory(&self) -> usize {
        0
    }

    /// How many relations are held.
    #[must_use]
    pub fn relations(&self) -> u64 {
        self.0.table.len()
    }

    /// The brands on file.
    #[must_use]
    pub fn brands(&self) -> &Brands {
        &self.0.brands
    }

    /// The revision up to which every batch is visible.
    #[must_use]
    pub fn revision(&self) -> &Revision {
        &self.0.revision
    }

    /// Whether everything on disk is in memory; until then no check is answered from here.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.0.loaded.load(Ordering::Acquire)
    }

    /// Boot is done.
    pub fn mark_loaded(&self) {
        self.0.loaded.store(true, Ordering::Release);
    }
}

/// Changes states.
pub struct IndexWriter<'a>(&'a Index);

impl IndexWriter<'_> {
    /// As [`Index::set`].
    pub fn set(&mut self, hash: RelationHash, state: State) -> Result<(), std::convert::Infallible> {
        self.0.set(hash, state);
        Ok(())
    }
}
