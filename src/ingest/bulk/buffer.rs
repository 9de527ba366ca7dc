//! Records in memory, sorted.

use super::record::{Record, SHORTEST};

/// Bytes of records in one buffer at most: so few that both cores soon have some to sort.
pub(super) const LARGEST: usize = 16 << 20;

/// The first eight bytes of the pseudonym, and where the record lies.
type Place = (u64, u32);

/// Some records, up to so many bytes of them.
#[derive(Default)]
pub(super) struct Buffer {
    capacity: usize,
    bytes: Vec<u8>,
    order: Vec<Place>,
}

impl Buffer {
    /// An empty buffer. Its memory is taken as it fills, and never twice as a growing one would.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, bytes: Vec::with_capacity(capacity), order: Vec::with_capacity(capacity / SHORTEST) }
    }

    /// Bytes of memory of a buffer at most, its order included.
    pub(super) const fn footprint(capacity: usize) -> usize {
        capacity + capacity / SHORTEST * size_of::<Place>()
    }

    /// Adds a record; says whether there was room.
    pub(super) fn push(&mut self, record: Record<'_>) -> bool {
        if self.bytes.len() + record.bytes().len() > self.capacity {
            return false;
        }
        let prefix = record.key_bytes().first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
        self.order.push((prefix, self.bytes.len() as u32));
        self.bytes.extend_from_slice(record.bytes());
        true
    }

    /// Sorts by key. Pseudonyms are uniform, so eight bytes decide nearly always.
    pub(super) fn sort(&mut self) {
        let bytes = &self.bytes;
        let key = |place: u32| Record::first(&bytes[place as usize..]).map(|(record, _)| record.key_bytes());
        self.order.sort_unstable_by(|one, other| one.0.cmp(&other.0).then_with(|| key(one.1).cmp(&key(other.1))));
    }

    /// The record at a place of the order.
    pub(super) fn get(&self, place: usize) -> Option<Record<'_>> {
        let &(_, at) = self.order.get(place)?;
        Record::first(self.bytes.get(at as usize..)?).map(|(record, _)| record)
    }

    /// Has the processor fetch a record that will soon be read: in their order records lie anywhere, and
    /// a load that nothing waits for costs next to nothing.
    pub(super) fn announce(&self, place: usize) {
        if let Some(&(_, at)) = self.order.get(place) {
            std::hint::black_box(self.bytes.get(at as usize).copied());
        }
    }

    /// Empties it and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.order.clear();
    }
}
