//! `Watch`: the change log as a stream, for whoever keeps a copy of the permissions.
//!
//! Each watcher has a task that waits for the published revision, reads the log from the disk and hands on
//! what it read. Nothing is kept for a reader that lags but its place in the log: the task waits for it a
//! while and then gives it up. Memory of one watcher at most: 1 MB that was read, [`QUEUE`] × 280 kB in the
//! queue, some 2 MB on the way through tonic and h2; of 64 watchers 250 MB.

use super::convert;
use super::gateway::Gateway;
use super::proto::WatchEvent;
use crate::api::error::{Kind, Problem};
use crate::ports::{ChangePart, ChangePlace, ChangeReader, ChangesError};
use crate::telemetry::cells::Level;
use futures_util::{StreamExt, stream};
use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::TaskTracker;
use tonic::Status;

/// Messages that wait for their reader.
const QUEUE: usize = 2;
/// Bytes read from the log at once.
const READ: usize = 1 << 20;
/// Reads at once, of all watchers: each may hold the whole row of a bulk import's slice, 12 MB, while it
/// lasts, and a disk has other things to do.
const READS: usize = 4;

/// What watchers may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Watchers at once.
    pub watchers: usize,
    /// After so long a silence the watcher is told that it has everything.
    pub heartbeat: Duration,
    /// A reader that takes no message for so long is given up.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { watchers: 64, heartbeat: Duration::from_secs(10), patience: Duration::from_secs(30) }
    }
}

/// What all watchers share.
pub struct Watching {
    log: Arc<dyn ChangeReader>,
    limits: Limits,
    room: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    tasks: TaskTracker,
}

impl Watching {
    /// Watchers of `log`, whose tasks are spawned on `tasks`; they end when the gateway drains.
    #[must_use]
    pub fn new(log: Arc<dyn ChangeReader>, limits: Limits, tasks: TaskTracker) -> Self {
        let (room, reads) = (Arc::new(Semaphore::new(limits.watchers)), Arc::new(Semaphore::new(READS)));
        Self { log, limits, room, reads, tasks }
    }
}

/// What goes through the queue; it becomes a message, which is twice as large, when it is taken.
enum Event {
    Part(ChangePart),
    Heartbeat(u64),
}

/// A place among the watchers, until the stream is gone.
struct Seat {
    _permit: OwnedSemaphorePermit,
    watchers: Level,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.watchers.down();
    }
}

/// Everything from revision `from` on; 0 is the earliest that is kept.
pub(super) fn watch(
    gateway: &Gateway,
    from: u64,
) -> Result<impl Stream<Item = Result<WatchEvent, Status>> + Send + use<>, Problem> {
    gateway.require_loaded()?;
    let parts = gateway.parts();
    let published = parts.checker.index().revision().get();
    if from > published + 1 {
        let detail =
            format!("this gateway is at revision {published} and was never at {from}: what was followed so far was not it");
        return Err(Problem::new(Kind::RevisionUnknown, detail).with_hint("revision", published.to_string()));
    }
    let seat = seat(gateway)?;
    let (events, queue) = mpsc::channel(QUEUE);
    let (end, ended) = oneshot::channel();
    let task = Task { gateway: gateway.clone(), next: ChangePlace { revision: from, change: 0 }, events };
    parts.watching.tasks.spawn(async move {
        if let Some(problem) = task.run().await {
            // The watcher may have left meanwhile.
            let _ = end.send(problem);
        }
    });
    let messages = ReceiverStream::new(queue).map(|event| Ok(message(&event)));
    // Why it ended comes behind what was read before.
    let end = stream::once(ended).filter_map(|end| ready(end.ok().map(|problem: Problem| Err(problem.into()))));
    let seated = move |event| {
        let _seat = &seat;
        event
    };
    Ok(messages.chain(end).map(seated))
}

fn seat(gateway: &Gateway) -> Result<Seat, Problem> {
    let (watching, watchers) = (&gateway.parts().watching, gateway.parts().metrics.process.watchers.clone());
    let full = |_| {
        Problem::new(Kind::TooManyWatchers, format!("there are {} watchers, the most there may be", watching.limits.watchers))
    };
    let permit = Arc::clone(&watching.room).try_acquire_owned().map_err(full)?;
    watchers.up();
    Ok(Seat { _permit: permit, watchers })
}

fn message(event: &Event) -> WatchEvent {
    match event {
        Event::Part(part) => convert::change_event(part),
        Event::Heartbeat(revision) => convert::heartbeat_event(*revision),
    }
}

/// What follows the log for one watcher.
struct Task {
    gateway: Gateway,
    next: ChangePlace,
    events: mpsc::Sender<Event>,
}

impl Task {
    /// Follows the log until the watcher leaves, the gateway drains, or there is a problem.
    async fn run(mut self) -> Option<Problem> {
        let (gateway, events) = (self.gateway.clone(), self.events.clone());
        tokio::select! {
            biased;
            () = events.closed() => None,
            () = gateway.parts().draining.cancelled() => {
                Some(Problem::new(Kind::ShuttingDown, "the gateway is shutting down; watch again from the revision behind the last"))
            }
            Err(problem) = self.follow() => Some(problem),
        }
    }

    async fn follow(&mut self) -> Result<Infallible, Problem> {
        let gateway = self.gateway.clone();
        let revision = gateway.parts().checker.index().revision();
        let silence = gateway.parts().watching.limits.heartbeat;
        loop {
            if tokio::time::timeout(silence, revision.reached(self.next.revision)).await.is_err() {
                self.send(Event::Heartbeat(self.next.revision - 1)).await?;
                continue;
            }
            // No further: a batch may be on disk that no check sees yet.
            let through = revision.get();
            let parts = self.read(through).await?;
            if parts.is_empty() {
                // The earliest was asked for, and nothing is kept.
                self.next = ChangePlace { revision: through + 1, change: 0 };
            }
            for part in parts {
                self.next = part.end();
                self.send(Event::Part(part)).await?;
            }
        }
    }

    /// Reads off the runtime.
    async fn read(&self, through: u64) -> Result<Vec<ChangePart>, Problem> {
        let failed = |error: String| {
            tracing::error!(%error, "the change log could not be read");
            Problem::new(Kind::StoreFailed, "the change log could not be read; see the log")
        };
        let watching = &self.gateway.parts().watching;
        let turn = Arc::clone(&watching.reads).acquire_owned().await.map_err(|error| failed(error.to_string()))?;
        let (log, next) = (Arc::clone(&watching.log), self.next);
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            log.changes(next, through, READ)
        });
        read.await.map_err(|error| failed(error.to_string()))?.map_err(|error| match error {
            ChangesError::Gap { earliest } => {
                Problem::new(Kind::WatchGap, error.to_string()).with_hint("earliest", earliest.to_string())
            }
            ChangesError::Read(error) => failed(error.to_string()),
        })
    }

    async fn send(&self, event: Event) -> Result<(), Problem> {
        let parts = self.gateway.parts();
        let patience = parts.watching.limits.patience;
        match self.events.send_timeout(event, patience).await {
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                parts.metrics.process.watchers_dropped.add(1);
                tracing::warn!(revision = self.next.revision, "a watcher was dropped: it does not take what it is sent");
                let detail =
                    format!("nothing was taken for {} s; watch again from the revision behind the last", patience.as_secs_f64());
                Err(Problem::new(Kind::WatchTooSlow, detail))
            }
            // Of a watcher that left `run` hears.
            Ok(()) | Err(mpsc::error::SendTimeoutError::Closed(_)) => Ok(()),
        }
    }
}
