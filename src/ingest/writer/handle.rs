//! How the writer is asked.

use super::health::Health;
use super::queue::{Command, PutBy, Submission};
use super::{Thread, unread};
use crate::ingest::bulk::{BulkError, Slice, SliceDone};
use crate::ingest::registry::{Desk, Failed};
use crate::model::brand::declaration::{Declaration, Declared};
use crate::model::brand::{Ages, Brand, BrandPut};
use crate::model::consent::movement::Movement;
use crate::ports::{
    Applied, BoxFuture, ClosedLine, EraseRefused, Erased, Erasure, FeedNote, ForgottenClosures, ModeChange, MovementSink,
    Registrar, RegistryRefused, SinkError,
};
use crate::store::{LogScan, Store, StoreError};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::sync::{Mutex, mpsc, oneshot};

/// Hands commands to the writer. The writer ends when the last handle is gone.
#[derive(Clone)]
pub struct WriterHandle {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) health: Health,
    pub(super) unreported: Arc<AtomicU64>,
    /// What is read of it is read beside the writer.
    pub(super) store: Arc<Store>,
    /// Held while the change log is read for an erasure: by one at a time, since each reads all of it.
    pub(super) scanning: Arc<Mutex<()>>,
}

/// Batches behind the end of a reading of the change log that are left for the writer to read.
const FEW_BATCHES: u64 = 16;
/// Readings of the change log for an erasure: each after the first reads what came in during the one before, which is a small part of it
/// unless more comes in than a disk can give.
const SCANS: usize = 8;

/// Slices of a bulk import under way: two that the writer prepares at once, and the next two, so that it
/// finds a pair when it comes back. A slice of half a million movements has some 40 MB.
const SLICES: usize = 4;

impl WriterHandle {
    /// How many commands wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.commands.max_capacity() - self.commands.capacity()
    }

    /// How many commands may wait.
    #[must_use]
    pub fn most_waiting(&self) -> usize {
        self.commands.max_capacity()
    }

    /// How many closures İYS is still to be told of.
    #[must_use]
    pub fn unreported(&self) -> u64 {
        self.unreported.load(Ordering::Relaxed)
    }

    /// Takes the slices of one import, each of which becomes durable and visible as one batch, in their
    /// order, while other commands are served in between; `done` hears of each. Blocks, so it is not for
    /// a thread of an async runtime. One import at a time: another one that begins ends this one.
    ///
    /// # Errors
    /// The slices so far are in; the one that failed and those behind it are not, and going on means
    /// going on from [`crate::store::Store::bulk_position`].
    pub fn bulk(
        &self,
        mut slices: impl Iterator<Item = Result<Slice, BulkError>>,
        mut done: impl FnMut(SliceDone),
    ) -> Result<(), BulkError> {
        let mut waiting = VecDeque::new();
        loop {
            while waiting.len() < SLICES {
                let Some(slice) = slices.next() else { break };
                let (reply, answer) = oneshot::channel();
                let command = Command::Slice(Box::new(slice?), reply);
                self.commands.blocking_send(command).map_err(|_| self.gone())?;
                waiting.push_back(answer);
            }
            let Some(answer) = waiting.pop_front() else { return Ok(()) };
            done(answer.blocking_recv().map_err(|_| self.unanswered())??);
        }
    }

    /// Erases a recipient; resolves when that is durable and visible. Of the bytes some may be left on the disk:
    /// [`crate::store::Store::open_erasures`].
    ///
    /// # Errors
    /// Nothing is erased.
    pub async fn erase(&self, asked: Erasure) -> Result<Erased, EraseRefused> {
        self.refuse_if_failed()?;
        let scan = self.scan_for(&asked).await?;
        self.ask(move |reply| Command::Erase(asked, scan, reply)).await
    }

    /// Reads the change log for an erasure, beside the writer, which takes in movements meanwhile: what they add to the log is read by the
    /// writer itself.
    pub(super) async fn scan_for(&self, asked: &Erasure) -> Result<LogScan, SinkError> {
        let _turn = self.scanning.lock().await;
        let (store, asked) = (Arc::clone(&self.store), asked.clone());
        let scanned = tokio::task::spawn_blocking(move || {
            let mut scan = LogScan::default();
            for _ in 0..SCANS {
                if store.scan_changes(&mut scan, |relation| asked.concerns(relation))? <= FEW_BATCHES {
                    break;
                }
            }
            Ok(scan)
        });
        // Only a panic ends it early.
        scanned.await.unwrap_or(Err(StoreError::Closed)).map_err(|error| unread(&error))
    }

    async fn ask<T, E: From<SinkError>>(&self, command: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Command) -> Result<T, E> {
        self.refuse_if_failed()?;
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| self.gone())?;
        answer.await.map_err(|_| self.unanswered())?
    }

    /// Nobody waits in the queue of a writer that takes nothing.
    fn refuse_if_failed(&self) -> Result<(), SinkError> {
        self.health.failure().map_or(Ok(()), Err)
    }

    /// The reason for which no command can be handed over: the writer has ended.
    fn gone(&self) -> SinkError {
        self.health.failure().unwrap_or(SinkError::Closed)
    }

    /// The reason for which a command was not answered: in order, every one is.
    fn unanswered(&self) -> SinkError {
        self.health.failure().unwrap_or(SinkError::Panicked)
    }

    /// Has the writer change the registry.
    async fn register<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Desk<'_>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, RegistryRefused> {
        self.refuse_if_failed()?;
        let (reply, answer) = oneshot::channel();
        // Whoever asked may have hung up; the change is made all the same.
        let change = Box::new(move |thread: &Thread| drop(reply.send(thread.register(change))));
        self.commands.send(Command::Registry(change)).await.map_err(|_| self.gone())?;
        answer.await.map_err(|_| self.unanswered())?
    }
}

impl Registrar for WriterHandle {
    fn put(&self, put: BrandPut) -> BoxFuture<'_, Result<Brand, RegistryRefused>> {
        Box::pin(self.register(move |desk| desk.put(put)))
    }

    fn set_mode(&self, change: ModeChange) -> BoxFuture<'_, Result<Brand, RegistryRefused>> {
        Box::pin(self.register(move |desk| desk.set_mode(change)))
    }

    fn declare(&self, declared: Declared) -> BoxFuture<'_, Result<Declaration, RegistryRefused>> {
        Box::pin(self.register(move |desk| desk.declare(declared)))
    }

    fn revoke(&self, id: u64) -> BoxFuture<'_, Result<Declaration, RegistryRefused>> {
        Box::pin(self.register(move |desk| desk.revoke(id)))
    }
}

impl MovementSink for WriterHandle {
    fn apply(&self, movements: Vec<Movement>) -> BoxFuture<'_, Result<Applied, SinkError>> {
        self.follow(movements, Vec::new())
    }

    fn follow(&self, movements: Vec<Movement>, notes: Vec<FeedNote>) -> BoxFuture<'_, Result<Applied, SinkError>> {
        let handed = Instant::now();
        Box::pin(self.ask(move |reply| Command::Movements(Submission { movements, notes, reply, handed })))
    }

    fn put_brand(&self, brand: Brand, ages: Ages) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(self.ask(move |reply| Command::Brand(brand, PutBy::Operator(ages), reply)))
    }

    fn attach(&self, brand: Brand) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(self.ask(|reply| Command::Brand(brand, PutBy::Feed, reply)))
    }

    fn close_line(&self, line: ClosedLine) -> BoxFuture<'_, Result<Applied, SinkError>> {
        Box::pin(self.ask(move |reply| Command::Close(line, reply)))
    }

    fn closures_reported(&self, ids: Vec<u64>) -> BoxFuture<'_, Result<ForgottenClosures, SinkError>> {
        Box::pin(self.ask(|reply| Command::Reported(ids, reply)))
    }

    fn is_poisoned(&self) -> bool {
        self.health.failure().is_some()
    }

    fn failure(&self) -> Option<SinkError> {
        self.health.failure()
    }
}
