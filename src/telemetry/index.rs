//! What is shown of the index.

use super::cells::{Counter, Gauge};
use super::labels::SnapshotEvent;
use super::page::Page;
use super::series;

/// What is shown of the index.
pub struct IndexSeries {
    /// The revision that answers reflect.
    pub revision: Gauge,
    /// Relations.
    pub relations: Gauge,
    /// Bytes in use.
    pub bytes: Gauge,
    /// Bytes that may be in use.
    pub limit: Gauge,
    /// Bytes that wait for readers to let go.
    pub retired: Gauge,
    /// Share of the bytes that relations fill.
    pub load: Gauge,
    /// Shards written anew.
    pub moved: Counter,
    /// The revision of the newest whole snapshot.
    pub snapshot_revision: Gauge,
    snapshots: Vec<Counter>,
}

/// Bytes of a relation in the table.
const SLOT: f64 = 8.0;

impl IndexSeries {
    pub(super) fn new(page: &Page) -> Self {
        Self {
            revision: page.gauge(&series::REVISION, &[]),
            relations: page.gauge(&series::RELATIONS, &[]),
            bytes: page.gauge(&series::INDEX_BYTES, &[]),
            limit: page.gauge(&series::INDEX_LIMIT, &[]),
            retired: page.gauge(&series::INDEX_RETIRED, &[]),
            load: page.gauge(&series::INDEX_LOAD, &[]),
            moved: page.counter(&series::INDEX_MOVED, &[]),
            snapshot_revision: page.gauge(&series::SNAPSHOT_REVISION, &[]),
            snapshots: SnapshotEvent::WORDS.iter().map(|event| page.counter(&series::SNAPSHOTS, &[event])).collect(),
        }
    }

    /// Shows how large it is.
    pub fn holds(&self, relations: u64, bytes: u64) {
        self.relations.set_count(relations);
        self.bytes.set_count(bytes);
        self.load.set(SLOT * relations as f64 / bytes.max(1) as f64);
    }

    /// Counts a snapshot.
    pub fn snapshot(&self, event: SnapshotEvent) {
        self.snapshots[event as usize].add(1);
    }
}
