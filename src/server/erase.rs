//! Erases recipients (KVKK) and sees it through to the last byte.
//!
//! The writer makes an erasure durable and visible in one batch, which also notes what is left to do: to put it
//! into the evidence, to remove the snapshot of the index, to have the files written anew that hold what was
//! removed. Then the note goes. A kill at any moment leaves either nothing of an erasure or a note, and a start
//! that finds one does all of it again before it is ready. Backups are not touched: they are the operator's.

use crate::ingest::WriterHandle;
use crate::ports::{BoxFuture, EraseRefused, Erased, Erasure, ErasureLog, RecipientEraser, SinkError, Unrecorded};
use crate::server::jobs::snapshots;
use crate::server::jobs::snapshots::Snapshots;
use crate::store::{Store, StoreError};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

/// Erases recipients of one store; clones are the same.
#[derive(Clone)]
pub(crate) struct Eraser(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    sink: WriterHandle,
    snapshot: Snapshot,
    log: Arc<dyn ErasureLog>,
    /// Holds the one that is going on, so that the store is not closed under it.
    tracker: TaskTracker,
    /// One at a time: each has the same files written anew.
    turn: Mutex<()>,
}

/// The snapshot of the index, which must not survive an erasure.
pub(crate) enum Snapshot {
    /// Of a running gateway, which may be taking one.
    Kept(Snapshots),
    /// At this place, of a data directory without a gateway.
    At(PathBuf),
}

/// Why an erasure was not seen through. Its note stays.
#[derive(Debug, thiserror::Error)]
enum Unfinished {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the snapshot of the index could not be removed: {0}")]
    Snapshot(#[from] io::Error),
    #[error(transparent)]
    Evidence(#[from] Unrecorded),
    #[error("the work was broken off: {0}")]
    BrokenOff(#[from] tokio::task::JoinError),
}

impl Eraser {
    /// An eraser over a store and its writer.
    pub(crate) fn new(
        store: Arc<Store>,
        sink: WriterHandle,
        snapshot: Snapshot,
        log: Arc<dyn ErasureLog>,
        tracker: TaskTracker,
    ) -> Self {
        Self(Arc::new(Inner { store, sink, snapshot, log, tracker, turn: Mutex::new(()) }))
    }

    async fn erase_now(&self, asked: Erasure) -> Result<Erased, EraseRefused> {
        let erased = self.0.sink.erase(asked).await?;
        self.finish().await.map_err(|()| EraseRefused::Unfinished(erased.revision))?;
        Ok(erased)
    }

    /// Sees through every erasure that is in force and not done with. What stands in the way is told.
    pub(crate) async fn finish(&self) -> Result<(), ()> {
        let _turn = self.0.turn.lock().await;
        self.see_through().await.map_err(|error| tracing::error!(%error, "an erasure is in force, but bytes of it may be left"))
    }

    async fn see_through(&self) -> Result<(), Unfinished> {
        let inner = Arc::clone(&self.0);
        let open = tokio::task::spawn_blocking(move || inner.store.open_erasures()).await??;
        if open.is_empty() {
            return Ok(());
        }
        for erasure in &open {
            // None where a later one of the same recipient has taken its place: that one tells of both.
            if let Some(tombstone) = self.0.store.tombstone_of(erasure.revision, erasure.vicinity)? {
                self.0.log.erased(&tombstone, erasure.reason.as_ref()).await?;
            }
        }
        let (inner, erasures) = (Arc::clone(&self.0), open.len());
        let done = tokio::task::spawn_blocking(move || {
            match &inner.snapshot {
                Snapshot::Kept(snapshots) => snapshots.forget()?,
                Snapshot::At(path) => snapshots::forget(path)?,
            }
            inner.store.let_go(&open)?;
            Ok::<_, Unfinished>(inner.store.close_erasures(&open)?)
        });
        done.await??;
        tracing::info!(erasures, "recipients were erased; nothing of them is left but what keeps them out");
        Ok(())
    }
}

impl RecipientEraser for Eraser {
    fn erase(&self, asked: Erasure) -> BoxFuture<'_, Result<Erased, EraseRefused>> {
        let eraser = self.clone();
        let done = self.0.tracker.spawn(async move { eraser.erase_now(asked).await });
        // Only a panic ends it early.
        Box::pin(async { done.await.unwrap_or(Err(EraseRefused::Sink(SinkError::Poisoned))) })
    }
}
