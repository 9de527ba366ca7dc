//! The one writer: a thread that takes commands in groups, commits each group, makes it visible and
//! then answers.

mod handle;
mod health;
mod queue;
mod recovery;
mod slices;

pub use handle::WriterHandle;

use super::closure;
use super::erasure::Erasures;
use super::registry::{Desk, Failed};
use super::restore::{Origin, RestoreError, restore};
use crate::index::snapshot::SnapshotFile;
use crate::index::{Full, Index, Writing};
use crate::ingest::commit_batch::{Changed, Group};
use crate::ingest::feed_events;
use crate::model::brand::Brand;
use crate::model::consent::movement::Movement;
use crate::model::consent::source::SourceCode;
use crate::model::time::IysTime;
use crate::ports::{
    Applied, ClosedLine, EraseRefused, Erased, Erasure, FeedNote, ForgottenClosures, RegistryRefused, SinkError, Stall,
};
use crate::store::{LogScan, Store, StoreError};
use crate::sys::clock::Clock;
use crate::sys::rare_warning::Seldom;
use health::Health;
use queue::{Command, PutBy, Submission, gather};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// What a committed group was, for whoever counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchReport {
    /// Movements that were new.
    pub applied: u64,
    /// Movements that were on file already.
    pub unchanged: u64,
    /// From the first read to visible.
    pub took: Duration,
    /// From the moment that the first of it was handed in; none if it did not wait in the queue.
    pub since_handed: Option<Duration>,
}

/// Told of every committed group.
pub type Observer = Box<dyn Fn(BatchReport) + Send>;

/// What the writer works on.
pub struct Setup {
    /// Where batches become durable.
    pub store: Arc<Store>,
    /// Where they become visible.
    pub index: Index,
    /// How many commands may wait: at 10,000 movements each of some 150 bytes, the default of 64 holds
    /// at most 100 MB.
    pub queue: usize,
    /// Told of every committed group.
    pub observer: Observer,
    /// Tells the moment of receipt.
    pub clock: Clock,
}

/// What the writer does before it takes commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Boot {
    /// Fills the index, from this snapshot if it fits, else from the store: for a gateway.
    Restore(Option<SnapshotFile>),
    /// Leaves the index as it is: for an offline import, which answers nobody.
    Skip,
}

/// Tells once how boot went.
pub type Booted = oneshot::Receiver<Result<Origin, RestoreError>>;

/// The writer thread; joined at shutdown.
pub struct Writer(JoinHandle<()>);

struct Thread {
    store: Arc<Store>,
    index: Index,
    revision: u64,
    known_sources: HashSet<SourceCode>,
    erasures: Erasures,
    health: Health,
    /// Closures that İYS is still to be told of, as the store has them.
    unreported: Arc<AtomicU64>,
    observer: Observer,
    clock: Clock,
    /// Whether anybody asks the index.
    visible: bool,
    /// When the next warning is due of a store that takes no writes.
    stalled: Seldom,
}

impl Writer {
    /// Starts the writer. It alone changes the index, so it also fills it, if `boot` says so, before it
    /// takes the first command; the receiver tells how that went.
    pub fn start(setup: Setup, boot: Boot) -> Result<(Self, WriterHandle, Booted), StoreError> {
        let Setup { store, index, queue, observer, clock } = setup;
        let (commands, inbox) = mpsc::channel(queue);
        let (booted, told) = oneshot::channel();
        let health = Health::default();
        let known_sources = store.sources()?.into_keys().collect();
        let (revision, erasures) = (store.revision()?, Erasures::load(&store)?);
        let visible = boot != Boot::Skip;
        let unreported = Arc::new(AtomicU64::new(store.count_duties()?));
        let handle = WriterHandle {
            commands,
            health: health.clone(),
            unreported: Arc::clone(&unreported),
            store: Arc::clone(&store),
            scanning: Arc::default(),
        };
        let stalled = Seldom::default();
        let thread =
            Thread { store, index, revision, known_sources, erasures, health, unreported, observer, clock, visible, stalled };
        let failed = |error: std::io::Error| StoreError::Rocks(format!("the writer thread cannot be started: {error}"));
        let named = std::thread::Builder::new().name("izingate-writer".to_owned());
        let joined = named.spawn(move || thread.run(boot, booted, inbox)).map_err(failed)?;
        Ok((Self(joined), handle, told))
    }

    /// Waits until everything handed in is committed and the thread is gone; every handle has to be
    /// dropped before.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the writer thread panicked");
        }
    }
}

impl Thread {
    fn run(mut self, boot: Boot, booted: oneshot::Sender<Result<Origin, RestoreError>>, mut inbox: mpsc::Receiver<Command>) {
        let _guard = self.health.note_panic();
        let boot = match boot {
            Boot::Restore(snapshot) => restore(&self.store, &self.index, snapshot.as_ref()),
            Boot::Skip => Ok(Origin::Nothing),
        };
        let failed = boot.is_err();
        // Whoever started us may have given up waiting.
        let _ = booted.send(boot);
        if failed {
            self.health.set(SinkError::Poisoned);
            return;
        }
        let mut next = None;
        while let Some(first) = next.take().or_else(|| self.receive(&mut inbox)) {
            match first {
                Command::Brand(brand, by, reply) => drop(reply.send(self.take_brand(brand, by))),
                Command::Close(line, reply) => drop(reply.send(self.close(&line))),
                Command::Reported(ids, reply) => drop(reply.send(self.forget_reported(ids))),
                Command::Registry(change) => change(&self),
                Command::Erase(asked, scan, reply) => drop(reply.send(self.erase(&asked, scan))),
                Command::Slice(slice, reply) => next = self.take_slices((slice, reply), &mut inbox),
                Command::Movements(first) => {
                    let (group, ended) = gather(first, &mut inbox);
                    self.take_movements(group);
                    next = ended;
                }
            }
        }
    }

    fn take_movements(&mut self, group: Vec<Submission>) {
        let result = self.commit_movements(&group);
        for (place, submission) in group.into_iter().enumerate() {
            // A caller that hung up does not need the answer; its movements are in all the same.
            let _ = submission.reply.send(match &result {
                Ok(applied) => applied.get(place).copied().ok_or(SinkError::Poisoned),
                Err(error) => Err(*error),
            });
        }
    }

    /// What became of each submission, once all of it is durable and visible.
    fn commit_movements(&mut self, group: &[Submission]) -> Result<Vec<Applied>, SinkError> {
        self.refuse_if_failed()?;
        let started = Instant::now();
        let now = self.clock.receipt();
        let movements: Vec<&Movement> = group.iter().flat_map(|submission| &submission.movements).collect();
        let mut working = Group::load(&self.store, &movements, self.revision + 1, now).map_err(|error| self.failed(&error))?;
        let mut outcomes: Vec<Applied> = Vec::with_capacity(group.len());
        for Submission { movements, .. } in group {
            let (mut applied, mut rows) = (0, 0);
            for movement in movements {
                let is_new = working.take(movement, &self.known_sources, &self.erasures);
                applied += u64::from(is_new && !movement.reading.is_copy());
                rows += u64::from(!movement.reading.is_copy());
            }
            outcomes.push(Applied { revision: 0, applied, unchanged: rows - applied });
        }
        let mut ready = working.finish(self.store.begin()).map_err(|error| self.failed(&error))?;
        let notes: Vec<&FeedNote> = group.iter().flat_map(|submission| &submission.notes).collect();
        feed_events::write(&self.store, &mut ready.commit, &notes).map_err(|error| self.failed(&error))?;
        ready.commit.committed(now).map_err(|error| self.failed(&error))?;
        let imported = self.imported();
        for brand in &ready.brands {
            ready.commit.import_cursor(*brand, imported).map_err(|error| self.failed(&error))?;
        }
        ready.changed = self.to_show(ready.changed);
        let mut index = self.index.write();
        // Before anything is durable: what has no room in memory is refused, not half taken.
        index.room_for(ready.changed.new.len() as u64).map_err(|full| refuse_full(&full))?;
        ready.commit.commit().map_err(|error| self.failed(&error))?;
        self.clock.committed(now);
        // From here on the batch is durable: make it visible, states before revision.
        show(&mut index, &ready.changed).map_err(|full| self.poison(&full))?;
        for brand in ready.brands {
            self.index.brands().note(brand, |freshness| freshness.imported(imported));
        }
        feed_events::show(self.index.brands(), &notes);
        self.revision = ready.revision;
        self.index.revision().publish(self.revision);
        // Not before: a snapshot asks what is published while nobody writes.
        drop(index);
        self.known_sources.extend(ready.new_sources);
        for outcome in &mut outcomes {
            outcome.revision = self.revision;
        }
        let sum = |of: fn(&Applied) -> u64| outcomes.iter().map(of).sum();
        let (applied, unchanged) = (sum(|outcome| outcome.applied), sum(|outcome| outcome.unchanged));
        let since_handed = group.iter().map(|submission| submission.handed.elapsed()).max();
        (self.observer)(BatchReport { applied, unchanged, took: started.elapsed(), since_handed });
        Ok(outcomes)
    }

    fn take_brand(&self, brand: Brand, by: PutBy) -> Result<(), SinkError> {
        self.refuse_if_failed()?;
        let on_file = self.index.brands().get(brand.code);
        let on_file = on_file.as_ref().map(|entry| &entry.brand);
        let brand = match (by, on_file) {
            (PutBy::Feed, None) => brand,
            // It may have been read before an operator changed them.
            (PutBy::Feed, Some(on_file)) => brand.with_papers_of(on_file),
            (PutBy::Operator(ages), on_file) => brand.put_over(on_file, ages)?,
        };
        let mut commit = self.store.begin();
        commit.brand(&brand).and_then(|()| commit.commit()).map_err(|error| self.failed(&error))?;
        self.index.brands().put(brand);
        Ok(())
    }

    fn register<T>(&self, change: impl FnOnce(&Desk<'_>) -> Result<T, Failed>) -> Result<T, RegistryRefused> {
        self.refuse_if_failed()?;
        let desk = Desk { store: &self.store, index: &self.index, now: self.clock.now() };
        change(&desk).map_err(|failed| match failed {
            Failed::Refused(refused) => refused,
            Failed::Store(error) => self.failed(&error).into(),
        })
    }

    /// What is to be shown: nothing where nobody asks the index.
    fn to_show(&self, changed: Changed) -> Changed {
        if self.visible { changed } else { Changed::default() }
    }

    /// Closes a line: every relation of the recipient changes in one batch, and those to come will be born
    /// closed.
    fn close(&mut self, line: &ClosedLine) -> Result<Applied, SinkError> {
        self.refuse_if_failed()?;
        let (now, started) = (self.clock.receipt(), Instant::now());
        let closing = closure::prepare(&self.store, line, self.revision + 1, now);
        let Some(mut closing) = closing.map_err(|error| self.failed(&error))? else {
            return Ok(Applied { revision: self.revision, applied: 0, unchanged: 1 });
        };
        closing.commit.committed(now).map_err(|error| self.failed(&error))?;
        let changed = self.to_show(closing.changed);
        let mut index = self.index.write();
        index.room_for(changed.new.len() as u64).map_err(|full| refuse_full(&full))?;
        closing.commit.commit().map_err(|error| self.failed(&error))?;
        self.clock.committed(now);
        show(&mut index, &changed).map_err(|full| self.poison(&full))?;
        self.unreported.fetch_add(1, Ordering::Relaxed);
        self.revision += 1;
        self.index.revision().publish(self.revision);
        drop(index);
        (self.observer)(BatchReport { applied: 1, unchanged: 0, took: started.elapsed(), since_handed: None });
        Ok(Applied { revision: self.revision, applied: 1, unchanged: 0 })
    }

    /// Erases a recipient: what is on file goes, and what keeps it out comes, in one batch.
    fn erase(&mut self, asked: &Erasure, scan: LogScan) -> Result<Erased, EraseRefused> {
        self.refuse_if_failed()?;
        let now = self.clock.receipt();
        let erasing = self.erasures.prepare(&self.store, asked, scan, self.revision, now);
        let Some(mut erasing) = erasing.map_err(|error| self.failed(&error))? else {
            return Ok(Erased { revision: self.revision, relations: 0, movements: 0 });
        };
        if let Some(retained) = erasing.retained
            && asked.reason.is_none()
        {
            return Err(EraseRefused::Retained(retained));
        }
        let done = erasing.done;
        let changed = self.to_show(std::mem::take(&mut erasing.changed));
        let mut index = self.index.write();
        let tombstones = erasing.commit(now).map_err(|error| self.failed(&error))?;
        self.clock.committed(now);
        show(&mut index, &changed).map_err(|full| self.poison(&full))?;
        self.revision = done.revision;
        self.index.revision().publish(done.revision);
        drop(index);
        self.erasures.note(&tombstones);
        Ok(done)
    }

    /// Forgets closures, with their addresses; no answer changes, so there is no revision of it.
    fn forget_reported(&self, mut ids: Vec<u64>) -> Result<ForgottenClosures, SinkError> {
        self.refuse_if_failed()?;
        ids.sort_unstable();
        ids.dedup();
        let (mut commit, mut done) = (self.store.begin(), ForgottenClosures::default());
        for id in ids {
            if self.store.has_duty(id).map_err(|error| self.failed(&error))? {
                commit.duty_done(id).map_err(|error| self.failed(&error))?;
                done.count += 1;
            } else {
                done.unknown.push(id);
            }
        }
        commit.commit().map_err(|error| self.failed(&error))?;
        self.unreported.fetch_sub(done.count, Ordering::Relaxed);
        Ok(done)
    }

    /// The moment from which the age of what is imported now counts: unlike a receipt it never waits for a clock that was ahead.
    fn imported(&self) -> IysTime {
        self.clock.moment().latest
    }

    fn refuse_if_failed(&self) -> Result<(), SinkError> {
        self.health.failure().map_or(Ok(()), Err)
    }

    /// An error of the store. One of reading has changed nothing: what was asked is refused, and no more. One of writing
    /// leaves open what is on the disk: nothing more is taken in until the store was opened again.
    fn failed(&self, error: &StoreError) -> SinkError {
        match error {
            StoreError::NotWritten(cause) => self.not_written(cause),
            error => unread(error),
        }
    }

    /// Notes that a write failed. Damage does not pass by itself; anything else may.
    fn not_written(&self, error: &StoreError) -> SinkError {
        let stall = match error {
            StoreError::NotWritten(cause) => return self.not_written(cause),
            StoreError::Corruption(_) | StoreError::Damaged { .. } => return self.poison(error),
            StoreError::DiskFull(_) => Stall::DiskFull,
            StoreError::NoDescriptors(_) => Stall::NoDescriptors,
            _ => Stall::WriteFailed,
        };
        let failure = SinkError::Stalled(stall);
        self.health.set(failure);
        tracing::error!(code = failure.code(), %error, "a write failed; nothing is taken in until the store was opened again");
        failure
    }

    /// Memory and disk may differ, or the disk is damaged: nothing more is taken in, answers are given and age.
    fn poison(&self, error: &dyn std::error::Error) -> SinkError {
        self.health.set(SinkError::Poisoned);
        tracing::error!(%error, "the store failed; nothing more is taken in until a restart");
        SinkError::Poisoned
    }
}

/// Makes states visible; their revision is published after them.
fn show(index: &mut Writing<'_>, changed: &Changed) -> Result<(), Full> {
    index.insert_many(&changed.new)?;
    index.set_many(&changed.known)
}

/// What an error of reading is for whoever asked: nothing was changed.
fn unread(error: &StoreError) -> SinkError {
    match error {
        StoreError::NoDescriptors(_) => SinkError::Stalled(Stall::NoDescriptors),
        error => {
            tracing::error!(%error, "the store could not be read; a batch was refused");
            SinkError::Unreadable
        }
    }
}

/// Nothing was changed: what is on record can still be refused, and room may be made.
fn refuse_full(full: &Full) -> SinkError {
    tracing::error!(error = %full, "a batch was refused");
    SinkError::Full
}

#[cfg(test)]
#[path = "writer/erasure_tests.rs"]
mod erasure_tests;
#[cfg(test)]
#[path = "writer/tests.rs"]
mod tests;
