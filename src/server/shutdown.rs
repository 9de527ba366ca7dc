//! The ordered end of the process: unready → stop accepting → drain under a deadline → flush.
//!
//! Accept loops are spawned on [`Shutdown::listeners`], connections on [`Shutdown::calls`]; the loops are waited for first, so that the
//! drain cannot take one that is about to hand over a connection for silence.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// A handle to the shutdown of one process; clones are the same shutdown.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Arc<Phases>);

#[derive(Debug, Default)]
struct Phases {
    asked: CancellationToken,
    hurried: CancellationToken,
    stopped: CancellationToken,
    cut: CancellationToken,
    listeners: TaskTracker,
    calls: TaskTracker,
}

/// How long each phase may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From unready to the closing of the listeners.
    pub unready: Duration,
    /// From then until calls still under way are cut.
    pub drain: Duration,
}

/// How the calls under way ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All were answered.
    Drained,
    /// This many were cut at the deadline.
    DeadlinePassed(usize),
    /// This many were cut because the end was asked for again.
    Hurried(usize),
}

/// SIGINT and SIGTERM, which ask for the end, and SIGHUP, which asks for less.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

/// Signals that mean nothing here, and would each end the process in the middle of its work: those for a program's own use, a timer's, and
/// a limit of file sizes, which a write is told of as well. SIGPIPE is ignored by Rust; SIGQUIT ends the process at once, with a core
/// where the system keeps one, as whoever sends it wants.
const PASSED_OVER: [rustix::process::Signal; 4] =
    [rustix::process::Signal::USR1, rustix::process::Signal::USR2, rustix::process::Signal::ALARM, rustix::process::Signal::XFSZ];

impl Shutdown {
    /// Nothing is ending yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the end. Asked again, calls under way are not waited for any longer.
    pub fn ask(&self) {
        if self.0.asked.is_cancelled() {
            self.0.hurried.cancel();
        }
        self.0.asked.cancel();
    }

    /// From when on `/readyz` says no.
    #[must_use]
    pub fn asked(&self) -> &CancellationToken {
        &self.0.asked
    }

    /// From when on no connection is accepted and open ones take no further call.
    #[must_use]
    pub fn stopped(&self) -> &CancellationToken {
        &self.0.stopped
    }

    /// From when on calls under way are dropped.
    #[must_use]
    pub fn cut(&self) -> &CancellationToken {
        &self.0.cut
    }

    /// Accept loops. They end when the listeners stop, and only then is it known which connections there are.
    #[must_use]
    pub fn listeners(&self) -> &TaskTracker {
        &self.0.listeners
    }

    /// Connections, which the drain waits for.
    #[must_use]
    pub fn calls(&self) -> &TaskTracker {
        &self.0.calls
    }

    /// Waits until the end is asked for, goes through its phases, and flushes last, whatever happened
    /// before. Says how the calls ended and what the flush said.
    pub async fn run<F: Future>(&self, pace: Pace, flush: F) -> (End, F::Output) {
        self.0.asked.cancelled().await;
        info!(unready = %spelled(pace.unready), "shutdown: not ready any more");
        self.pause(pace.unready).await;
        self.0.stopped.cancel();
        self.0.listeners.close();
        self.0.calls.close();
        let end = self.drain(pace.drain).await;
        self.0.cut.cancel();
        report(end);
        let flushed = flush.await;
        info!("shutdown: flushed");
        (end, flushed)
    }

    async fn pause(&self, length: Duration) {
        tokio::select! {
            () = self.0.hurried.cancelled() => {}
            () = tokio::time::sleep(length) => {}
        }
    }

    /// Waits for the accept loops, which end at once, and then for all calls under way.
    async fn answered(&self, drain: Duration) {
        self.0.listeners.wait().await;
        info!(connections = self.0.calls.len(), drain = %spelled(drain), "shutdown: accepting no more, waiting for calls under way");
        self.0.calls.wait().await;
    }

    /// In this order: what has ended in time counts as such, even in the moment of the deadline.
    async fn drain(&self, length: Duration) -> End {
        tokio::select! {
            biased;
            () = self.answered(length) => End::Drained,
            () = self.0.hurried.cancelled() => End::Hurried(self.0.calls.len()),
            () = tokio::time::sleep(length) => End::DeadlinePassed(self.0.calls.len()),
        }
    }
}

impl Signals {
    /// Takes the signals over from the system, which would end the process at once.
    ///
    /// # Errors
    /// The system does not hand them over.
    pub fn listen() -> io::Result<Self> {
        for passed_over in PASSED_OVER {
            // Once taken over, a signal stays so for the life of the process.
            drop(signal(SignalKind::from_raw(passed_over.as_raw()))?);
        }
        let [interrupt, terminate, hangup] = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self { interrupt: interrupt?, terminate: terminate?, hangup: hangup? })
    }

    /// Asks for the end at every signal, for as long as it is polled.
    pub async fn forward(mut self, shutdown: Shutdown) {
        loop {
            let name = tokio::select! {
                Some(()) = self.interrupt.recv() => "SIGINT",
                Some(()) = self.terminate.recv() => "SIGTERM",
                Some(()) = self.hangup.recv() => {
                    info!(signal = "SIGHUP", "only the certificate of the push receiver is read again, no setting");
                    continue;
                }
                else => return,
            };
            let again = shutdown.asked().is_cancelled();
            info!(signal = name, again, "shutdown: requested");
            shutdown.ask();
        }
    }
}

/// A length of time as a setting spells it.
fn spelled(length: Duration) -> String {
    if length.subsec_millis() == 0 { format!("{}s", length.as_secs()) } else { format!("{}ms", length.as_millis()) }
}

fn report(end: End) {
    match end {
        End::Drained => info!("shutdown: all calls answered"),
        End::DeadlinePassed(calls) => warn!(calls, "shutdown: deadline passed, cutting calls under way"),
        End::Hurried(calls) => warn!(calls, "shutdown: asked for again, cutting calls under way"),
    }
}

#[cfg(test)]
#[path = "shutdown_tests.rs"]
mod tests;
