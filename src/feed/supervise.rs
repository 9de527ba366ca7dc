//! Keeps tasks alive: each has a name and a state that is shown, and one that fails is started anew, later
//! and later.

use crate::ports::{FeedTask, TaskState};
use crate::sys::backoff::{Backoff, random};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// From a failure to the next try.
const PAUSE: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_mins(5) };
/// The same where trying again does not mend it: somebody has to, and then it goes on by itself.
const STOPPED: Duration = Duration::from_mins(10);
/// A task that worked so long has recovered: its next failure counts as the first.
const RECOVERED: Duration = Duration::from_mins(10);

/// Why a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    detail: String,
    state: TaskState,
    wait: Option<Duration>,
}

/// The state of every task; clones are the same board.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<BTreeMap<String, FeedTask>>>);

impl Fault {
    /// It may pass; `wait` is how long another try is known to be of no use.
    #[must_use]
    pub fn retry(error: &impl Display, wait: Option<Duration>) -> Self {
        Self { detail: error.to_string(), state: TaskState::Waiting, wait }
    }

    /// Somebody has to mend it.
    #[must_use]
    pub fn stop(error: &impl Display) -> Self {
        Self { detail: error.to_string(), state: TaskState::Stopped, wait: Some(STOPPED) }
    }
}

impl Board {
    /// Every task, by name.
    #[must_use]
    pub fn all(&self) -> Vec<FeedTask> {
        self.tasks(|tasks| tasks.values().cloned().collect())
    }

    /// Keeps a task going until `stop`: whenever it ends, by a fault or a panic, it is started anew after a
    /// pause.
    pub fn keep<W: Future<Output = Fault> + Send + 'static>(
        &self,
        name: String,
        stop: CancellationToken,
        mut work: impl FnMut() -> W + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let board = self.clone();
        async move {
            let mut failures = 0;
            loop {
                board.set(&name, TaskState::Running, "");
                let started = Instant::now();
                // A task of its own, so that a panic ends it alone.
                let mut running = JoinSet::new();
                running.spawn(work());
                let panicked = || Fault::retry(&"it panicked; see the log", None);
                let fault = tokio::select! {
                    () = stop.cancelled() => return,
                    ended = running.join_next() => ended.and_then(Result::ok).unwrap_or_else(panicked),
                };
                failures = if started.elapsed() >= RECOVERED { 0 } else { failures + 1 };
                let pause = fault.wait.unwrap_or_default().max(PAUSE.after(failures, random()));
                board.set(&name, fault.state, &fault.detail);
                tracing::warn!(
                    task = name,
                    state = fault.state.name(),
                    again_in_seconds = pause.as_secs_f64(),
                    "feed: {}",
                    fault.detail
                );
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep(pause) => {}
                }
                board.restarted(&name);
            }
        }
    }

    fn set(&self, name: &str, state: TaskState, detail: &str) {
        self.tasks(|tasks| {
            let restarts = tasks.get(name).map_or(0, |task| task.restarts);
            tasks.insert(name.to_owned(), FeedTask { name: name.to_owned(), state, detail: detail.to_owned(), restarts });
        });
    }

    fn restarted(&self, name: &str) {
        self.tasks(|tasks| {
            if let Some(task) = tasks.get_mut(name) {
                task.restarts += 1;
            }
        });
    }

    fn tasks<T>(&self, of: impl FnOnce(&mut BTreeMap<String, FeedTask>) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_task_that_fails_or_panics_is_started_anew_and_shown() {
        let (board, stop, starts) = (Board::default(), CancellationToken::new(), Arc::new(AtomicU32::new(0)));
        let counted = Arc::clone(&starts);
        let work = move || {
            let start = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                match start {
                    0 => Fault::retry(&"the line is down", None),
                    1 => panic!("a fault of ours"),
                    2 => Fault::stop(&"the password is wrong"),
                    _ => std::future::pending().await,
                }
            }
        };
        let mut kept = JoinSet::new();
        kept.spawn(board.keep("pull".to_owned(), stop.clone(), work));
        let seen = async |state: TaskState, detail: &str, restarts: u64| {
            let expected = FeedTask { name: "pull".to_owned(), state, detail: detail.to_owned(), restarts };
            while board.all() != [expected.clone()] {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let all = async {
            seen(TaskState::Waiting, "the line is down", 0).await;
            seen(TaskState::Waiting, "it panicked; see the log", 1).await;
            seen(TaskState::Stopped, "the password is wrong", 2).await;
            seen(TaskState::Running, "", 3).await;
        };
        tokio::time::timeout(Duration::from_hours(1), all).await.unwrap();
        stop.cancel();
        kept.join_next().await.unwrap().unwrap();
        assert_eq!(starts.load(Ordering::Relaxed), 4);
    }
}
