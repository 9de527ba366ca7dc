//! A writer that goes on by itself after a write that failed, once the cause has passed.
//!
//! RocksDB takes no write behind one that failed until it is opened again. That is done here, as a start does it: the log
//! is read again, so that the store holds every batch that was acknowledged, and of the one that failed all or nothing.
//! If it holds that one after all, which its sender was told to try again, the index is brought up to it: repeated, it
//! changes nothing. So what is acknowledged, what is durable and what is visible are the same again before the next
//! command is taken. A store that comes back with less than was acknowledged poisons the writer.

use super::queue::Command;
use super::{Erasures, Thread};
use crate::ingest::catch_up::{CatchUpError, bring_up};
use crate::ports::{SinkError, Stall};
use crate::store::StoreError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

/// From one try to the next, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Between two looks at the inbox meanwhile. Those who hand commands over are refused without it.
const LOOK: Duration = Duration::from_millis(20);

/// Why the writer does not go on.
#[derive(Debug, thiserror::Error)]
enum RecoveryError {
    /// The store cannot be opened, read or written yet.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was committed cannot be made visible here.
    #[error(transparent)]
    CatchUp(#[from] CatchUpError),
    /// Batches that were acknowledged are not in the store any more.
    #[error("the store has come back at revision {found}, but revision {acknowledged} was acknowledged")]
    Lost {
        /// The revision of the store.
        found: u64,
        /// The last one that was acknowledged.
        acknowledged: u64,
    },
}

impl RecoveryError {
    /// The cause, as far as it may pass.
    const fn stall(&self) -> Option<Stall> {
        match self {
            Self::Store(error) | Self::CatchUp(CatchUpError::Store(error)) => stall_of(error),
            Self::CatchUp(CatchUpError::Full(_) | CatchUpError::Hole { .. }) | Self::Lost { .. } => None,
        }
    }
}

const fn stall_of(error: &StoreError) -> Option<Stall> {
    match error {
        StoreError::DiskFull(_) => Some(Stall::DiskFull),
        StoreError::NoDescriptors(_) => Some(Stall::NoDescriptors),
        StoreError::Rocks(_)
        | StoreError::Unusable { .. }
        | StoreError::NotWritten(_)
        | StoreError::Staging { .. }
        | StoreError::Closed
        | StoreError::Busy => Some(Stall::WriteFailed),
        _ => None,
    }
}

impl Thread {
    /// The next command; none when every handle is gone. After a write that failed, the writer meanwhile tries to go on.
    pub(super) fn receive(&mut self, inbox: &mut mpsc::Receiver<Command>) -> Option<Command> {
        let (mut wait, mut due) = (FIRST_WAIT, Instant::now());
        // A command of the command line ends with its first error, and the next one begins with a start.
        while self.visible && self.health.is_stalled() {
            if Instant::now() >= due {
                self.try_to_recover();
                due = Instant::now() + wait;
                wait = (wait * 2).min(LONGEST_WAIT);
                continue;
            }
            match inbox.try_recv() {
                Ok(command) => return Some(command),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => std::thread::park_timeout(LOOK),
            }
        }
        inbox.blocking_recv()
    }

    fn try_to_recover(&mut self) {
        match self.recover() {
            Ok(()) => {
                self.health.recovered();
                self.stalled.end();
                tracing::warn!(revision = self.revision, "the store was opened again; everything is taken in as before");
            }
            Err(error) => match error.stall() {
                Some(stall) => {
                    self.health.set(SinkError::Stalled(stall));
                    if self.stalled.is_due(Instant::now()) {
                        tracing::warn!(%error, code = stall.code(), "the store still takes no writes; this is tried again every few seconds");
                    }
                }
                None => drop(self.poison(&error)),
            },
        }
    }

    fn recover(&mut self) -> Result<(), RecoveryError> {
        self.store.reopen()?;
        let (found, acknowledged) = (self.store.revision()?, self.revision);
        if found < acknowledged {
            return Err(RecoveryError::Lost { found, acknowledged });
        }
        self.store.committed()?.into_iter().for_each(|at| self.clock.committed(at));
        self.known_sources = self.store.sources()?.into_keys().collect();
        self.erasures = Erasures::load(&self.store)?;
        self.unreported.store(self.store.count_duties()?, Ordering::Relaxed);
        self.revision = bring_up(&self.store, &self.index, acknowledged)?;
        Ok(())
    }
}
