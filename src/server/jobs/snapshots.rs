//! The background task that keeps a snapshot of the index, so that the next start is quick.

use super::retention::SnapshotFloor;
use crate::data::data_dir::{DataDir, DataDirError};
use crate::index::Index;
use crate::index::snapshot::SnapshotFile;
use crate::ingest::{Origin, snapshot};
use crate::model::secret::mac::MacKey;
use crate::server::shutdown::Shutdown;
use crate::store::Store;
use crate::telemetry::metrics::{Metrics, SnapshotEvent};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(5);
/// Changes since the last one after which the next is due before its time: setting them again at a start
/// takes a second or two.
const CHANGES: u64 = 8_000_000;

/// Takes snapshots; clones are the same.
#[derive(Clone)]
pub(crate) struct Snapshots(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    index: Index,
    metrics: Arc<Metrics>,
    file: SnapshotFile,
    floor: SnapshotFloor,
    /// The revision of the one on disk; [`NONE`] if there is none.
    saved: AtomicU64,
    /// Movements taken in since it was begun.
    changes: AtomicU64,
    /// One at a time.
    turn: Mutex<()>,
}

const NONE: u64 = u64::MAX;

impl Snapshots {
    pub(crate) fn new(
        data: &DataDir,
        key: MacKey,
        store: &Arc<Store>,
        index: &Index,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, DataDirError> {
        Ok(Self(Arc::new(Inner {
            store: Arc::clone(store),
            index: index.clone(),
            metrics: Arc::clone(metrics),
            file: SnapshotFile { path: data.snapshot()?, key },
            floor: SnapshotFloor::default(),
            saved: AtomicU64::new(NONE),
            changes: AtomicU64::new(0),
            turn: Mutex::new(()),
        })))
    }

    pub(crate) fn file(&self) -> &SnapshotFile {
        &self.0.file
    }

    /// The changes from its revision on are needed to start.
    pub(crate) fn floor(&self) -> &SnapshotFloor {
        &self.0.floor
    }

    /// Boot has told where the index came from.
    pub(crate) fn booted(&self, origin: &Origin) {
        match origin {
            Origin::Snapshot { revision, batches } => {
                tracing::info!(revision, batches, "the index came from its snapshot and the batches since");
                self.is_at(*revision);
                self.0.metrics.index.snapshot(SnapshotEvent::Loaded);
            }
            Origin::Fallback(reason) => {
                tracing::warn!(%reason, path = %self.0.file.path.display(), "the snapshot is of no use; the index came from the store");
                self.0.metrics.index.snapshot(SnapshotEvent::Rejected);
            }
            Origin::Scan | Origin::Nothing => tracing::info!("there was no snapshot; the index came from the store"),
        }
    }

    /// Takes one if anything has changed since the last; a failure is told and leaves the last as it is.
    pub(crate) fn save(&self) {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if self.batches_since() == Some(0) {
            return;
        }
        let begun = Instant::now();
        self.0.changes.store(0, Ordering::Relaxed);
        match snapshot::save(&self.0.store, &self.0.index, &self.0.file) {
            Ok((revision, written)) => {
                tracing::info!(
                    revision,
                    relations = written.relations,
                    bytes = written.bytes,
                    seconds = begun.elapsed().as_secs_f64(),
                    "snapshot written"
                );
                self.is_at(revision);
                self.0.metrics.index.snapshot(SnapshotEvent::Written);
            }
            Err(error) => {
                tracing::warn!(%error, "no snapshot was written; the last one stays");
                self.0.metrics.index.snapshot(SnapshotEvent::Failed);
            }
        }
    }

    /// Removes the one on disk, which holds what was erased since; the next is due at once.
    pub(crate) fn forget(&self) -> io::Result<()> {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.saved.store(NONE, Ordering::Relaxed);
        forget(&self.0.file.path)
    }

    /// So many movements were taken in.
    pub(crate) fn changed(&self, movements: u64) {
        self.0.changes.fetch_add(movements, Ordering::Relaxed);
    }

    fn is_at(&self, revision: u64) {
        self.0.saved.store(revision, Ordering::Relaxed);
        self.0.floor.raise(revision);
        self.0.metrics.index.snapshot_revision.set(revision as f64);
    }

    /// Batches committed since the last one; none if there is none.
    fn batches_since(&self) -> Option<u64> {
        match self.0.saved.load(Ordering::Relaxed) {
            NONE => None,
            saved => Some(self.0.index.revision().get().saturating_sub(saved)),
        }
    }
}

/// Removes the snapshot at `path`, if there is one, and what a kill has left of one that was begun. Durable when
/// it returns.
pub(crate) fn forget(path: &Path) -> io::Result<()> {
    for path in [path.to_owned(), path.with_extension("new")] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// Takes a snapshot at once if there is none, then whenever `every` has passed or much has changed, until
/// the end is asked for. With an `every` of zero none but the last, which is the shutdown's.
pub(crate) async fn keep(snapshots: Snapshots, every: Duration, shutdown: Shutdown) {
    let mut last = Instant::now();
    while !every.is_zero() && !shutdown.asked().is_cancelled() {
        let due = match snapshots.batches_since() {
            None => true,
            Some(0) => false,
            Some(_) => last.elapsed() >= every || snapshots.0.changes.load(Ordering::Relaxed) >= CHANGES,
        };
        if due {
            let taken = snapshots.clone();
            if let Err(error) = tokio::task::spawn_blocking(move || taken.save()).await {
                tracing::error!(%error, "taking a snapshot failed");
            }
            last = Instant::now();
        }
        // A failure is not tried again at once.
        let pause = if due { LOOK.max(every / 10) } else { LOOK };
        tokio::select! {
            () = shutdown.asked().cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
