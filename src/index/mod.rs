//! What the two flows share: the permissions in memory, the brands on file, and the revision.
//!
//! Checks only read; one writer changes. The order is the promise: the writer sets every state of a
//! batch and then publishes its revision, a check reads the revision and then the states, so an answer
//! reflects every batch up to the revision that it names.

mod brands;
mod declarations;
mod freshness;
mod revision;
pub mod snapshot;
mod sync;
mod table;
mod writer;

pub use crate::index::writer::Writing;
#[cfg(all(test, feature = "store"))]
pub(crate) use brands::COPIED as BRANDS_COPIED;
pub use brands::{BrandEntry, Brands};
pub use declarations::Declarations;
pub use freshness::{Freshness, StreamFreshness};
pub use revision::Revision;
pub use table::Full;

use crate::model::consent::key::RelationHash;
use crate::model::consent::state::State;
use crate::sys::memory;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use table::{SHARD_BITS, Table, TableWriter};

/// A handle on the one index of the process; clones share it.
#[derive(Clone)]
pub struct Index(Arc<Inner>);

struct Inner {
    table: Table,
    writer: Mutex<TableWriter>,
    revision: Revision,
    brands: Brands,
    declarations: Declarations,
    loaded: AtomicBool,
    limit: u64,
}

/// Memory of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Bytes in use.
    pub used: u64,
    /// Those of them that are given back as soon as readers have let go.
    pub retired: u64,
    /// Bytes that may be in use.
    pub limit: u64,
}

/// The memory for the index could not be reserved.
#[derive(Debug, thiserror::Error)]
#[error("addresses for an index of {limit} bytes could not be reserved: {source}")]
pub struct Unreserved {
    /// Bytes that it should be able to take.
    pub limit: u64,
    /// What the system said.
    pub source: std::io::Error,
}

impl Index {
    /// An empty index that may take `limit` bytes of memory. Nothing of it is taken until it is needed;
    /// twice as many addresses are reserved, since shards move through them.
    ///
    /// # Errors
    /// The system does not give the addresses.
    pub fn new(limit: u64) -> Result<Self, Unreserved> {
        let table = Table::new(SHARD_BITS, 2 * table::lines_of(limit)).map_err(|source| Unreserved { limit, source })?;
        let writer = Mutex::new(TableWriter::new(&table, limit));
        let (revision, loaded) = (Revision::default(), AtomicBool::new(false));
        let (brands, declarations) = (Brands::default(), Declarations::default());
        Ok(Self(Arc::new(Inner { table, writer, revision, brands, declarations, loaded, limit })))
    }

    /// The state of a relation; empty if there is none.
    #[must_use]
    pub fn get(&self, hash: RelationHash) -> State {
        self.0.table.get(hash)
    }

    /// The states of many relations, each in its place: of as many as both slices have. Much faster than
    /// one by one, since the memory works on many at a time.
    pub fn get_many(&self, hashes: &[RelationHash], states: &mut [State]) {
        self.0.table.get_many(hashes, states);
    }

    /// Begins to write: one writer at a time, whom no reader ever waits for.
    #[must_use]
    pub fn write(&self) -> Writing<'_> {
        // A writer that panicked has at worst not finished; every single store left the table whole.
        Writing::new(&self.0.table, self.0.writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many relations are held.
    #[must_use]
    pub fn relations(&self) -> u64 {
        self.0.table.relations()
    }

    /// What the relations take.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let (used, retired) = self.0.table.memory();
        Memory { used, retired, limit: self.0.limit }
    }

    /// Shards of the table that were written anew as it grew.
    #[must_use]
    pub fn shards_moved(&self) -> u64 {
        self.0.table.moved()
    }

    /// The brands on file.
    #[must_use]
    pub fn brands(&self) -> &Brands {
        &self.0.brands
    }

    /// The declarations on file.
    #[must_use]
    pub fn declarations(&self) -> &Declarations {
        &self.0.declarations
    }

    /// The revision up to which every batch is visible.
    #[must_use]
    pub fn revision(&self) -> &Revision {
        &self.0.revision
    }

    /// Whether everything that a start brings is in memory; until then no check is answered from here.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.0.loaded.load(Ordering::Acquire)
    }

    /// Everything that a start brings is in memory: what is on disk, and before the first answer a demonstration's brand.
    pub fn mark_loaded(&self) {
        self.0.loaded.store(true, Ordering::Release);
    }
}

/// For tests and tools: an index that may take three quarters of the memory of this process.
impl Default for Index {
    fn default() -> Self {
        let out_of_addresses = |_| std::alloc::handle_alloc_error(std::alloc::Layout::new::<Table>());
        Self::new(memory::limit() / 4 * 3).unwrap_or_else(out_of_addresses)
    }
}
