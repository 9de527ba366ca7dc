//! The background task that lets go of what need not be kept, at a tenth of one core's time at most.

use crate::config;
use crate::model::consent::retention::{DAY, RemovalClock};
use crate::model::time::IysTime;
use crate::server::shutdown::Shutdown;
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often it is looked whether anything is due.
const PERIOD: Duration = Duration::from_hours(1);
/// Movements of the history in one step: a tenth of a second or less, so that shutdown waits no longer.
const STEP_ROWS: u64 = 65_536;
/// The pause after a step, as a multiple of the time it took: answers and ingest go first. A pass over a
/// billion movements then takes about an hour.
const PAUSE: u32 = 9;

/// The revision of the newest complete snapshot of the index: a start from it needs every later change, so
/// the change log is kept from there on. 0 until there is one; clones are the same floor.
#[derive(Clone, Debug, Default)]
pub(crate) struct SnapshotFloor(Arc<AtomicU64>);

impl SnapshotFloor {
    /// A snapshot of this revision is complete and durable.
    pub(crate) fn raise(&self, revision: u64) {
        self.0.fetch_max(revision, Ordering::AcqRel);
    }

    /// The batch of this revision and all later ones have to stay.
    #[must_use]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// What is let go, and when.
#[derive(Clone)]
pub(crate) struct Keeper {
    pub(crate) store: Arc<Store>,
    pub(crate) floor: SnapshotFloor,
    pub(crate) retention: config::Retention,
    pub(crate) clock: fn() -> IysTime,
    /// What removal takes of that clock.
    pub(crate) removal: RemovalClock,
    /// Movements that this process has removed in the pass under way.
    pub(crate) removed: Arc<AtomicU64>,
}

/// Works until the end is asked for. An error ends the round, not the gateway: the next one tries again.
pub(crate) async fn keep(keeper: Keeper, shutdown: Shutdown) {
    let mut warned = false;
    loop {
        warned = warned || keeper.warn_if_ahead();
        for step in [Keeper::prune, Keeper::sweep] {
            while !shutdown.asked().is_cancelled() {
                let (begun, keeper) = (Instant::now(), keeper.clone());
                match tokio::task::spawn_blocking(move || step(&keeper)).await {
                    Ok(Ok(true)) => pause(begun.elapsed() * PAUSE, &shutdown).await,
                    Ok(Ok(false)) => break,
                    Ok(Err(error)) => {
                        tracing::error!(code = error.code(), %error, "what need not be kept could not be removed");
                        break;
                    }
                    Err(error) => {
                        tracing::error!(%error, "what need not be kept could not be removed");
                        break;
                    }
                }
            }
        }
        if shutdown.asked().is_cancelled() {
            return;
        }
        pause(PERIOD, &shutdown).await;
    }
}

async fn pause(length: Duration, shutdown: &Shutdown) {
    tokio::select! {
        () = shutdown.asked().cancelled() => {}
        () = tokio::time::sleep(length) => {}
    }
}

impl Keeper {
    /// The time that removal goes by.
    fn now(&self) -> IysTime {
        self.removal.now((self.clock)())
    }

    /// Warns of a clock that is far ahead of what is on record. Says whether it did.
    fn warn_if_ahead(&self) -> bool {
        let wall = (self.clock)();
        let Some(by) = self.removal.far_behind(wall) else { return false };
        tracing::warn!(
            %wall, %by,
            "the machine's clock is more than a day ahead of the last moment on record and the time since the start: nothing is removed \
             that is not old enough by the earlier of the two. If the clock is wrong, have it set right; if the gateway stood still for so \
             long, its next start goes by the clock again"
        );
        true
    }

    /// One step on the change log; whether there may be more to do.
    fn prune(&self) -> Result<bool, StoreError> {
        let keep_from = self.now().minus(self.retention.changes_days * DAY);
        let pruned = self.store.prune_changes(keep_from, self.floor.get())?;
        if pruned > 0 {
            tracing::info!(batches = pruned, %keep_from, "old batches of the change log were removed");
        }
        Ok(pruned > 0)
    }

    /// One step on the history; whether the pass goes on.
    fn sweep(&self) -> Result<bool, StoreError> {
        let now = self.now();
        if !self.store.sweep_is_due(now)? {
            return Ok(false);
        }
        let swept = self.store.sweep_history(now, self.retention.history, STEP_ROWS)?;
        self.removed.fetch_add(swept.removed, Ordering::Relaxed);
        if swept.done {
            let (removed, before) = (self.removed.swap(0, Ordering::Relaxed), self.retention.history.cutoff(now));
            tracing::info!(removed, %before, "the history was looked through; what was superseded before then is removed");
        }
        Ok(!swept.done)
    }
}
