//! The one writer: a thread that takes commands in groups, commits each group, makes it visible and
//! then answers.

use super::group::Group;
use super::restore::{Origin, RestoreError, restore};
use crate::index::{Full, Index};
use crate::model::brand::Brand;
use crate::model::movement::Movement;
use crate::model::source::SourceCode;
use crate::model::time::IysTime;
use crate::ports::{Applied, BoxFuture, MovementSink, SinkError};
use crate::store::{Store, StoreError};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
}

/// Told of every committed group.
pub type Observer = Box<dyn Fn(BatchReport) + Send>;

/// Movements in one group at most, unless a single command holds more: bounds the memory of a batch to
/// some 10 MB and the wait of whoever comes next.
const GROUP: usize = 32_768;

enum Command {
    Movements(Vec<Movement>, oneshot::Sender<Result<Applied, SinkError>>),
    Brand(Brand, oneshot::Sender<Result<(), SinkError>>),
}

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
    pub clock: fn() -> IysTime,
}

/// What the writer does before it takes commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Boot {
    /// Fills the index, from the snapshot at this path if it fits, else from the store: for a gateway.
    Restore(Option<PathBuf>),
    /// Leaves the index as it is: for an offline import, which answers nobody.
    Skip,
}

/// Tells once how boot went.
pub type Booted = oneshot::Receiver<Result<Origin, RestoreError>>;

/// The writer thread; joined at shutdown.
pub struct Writer(JoinHandle<()>);

/// Hands commands to the writer. The writer ends when the last handle is gone.
#[derive(Clone)]
pub struct WriterHandle {
    commands: mpsc::Sender<Command>,
    poisoned: Arc<AtomicBool>,
}

struct Thread {
    store: Arc<Store>,
    index: Index,
    revision: u64,
    known_sources: HashSet<SourceCode>,
    poisoned: Arc<AtomicBool>,
    observer: Observer,
    clock: fn() -> IysTime,
}

impl Writer {
    /// Starts the writer. It alone changes the index, so it also fills it, if `boot` says so, before it
    /// takes the first command; the receiver tells how that went.
    pub fn start(setup: Setup, boot: Boot) -> Result<(Self, WriterHandle, Booted), StoreError> {
        let Setup { store, index, queue, observer, clock } = setup;
        let (commands, inbox) = mpsc::channel(queue);
        let (booted, told) = oneshot::channel();
        let poisoned = Arc::new(AtomicBool::new(false));
        let known_sources = store.sources()?.into_keys().collect();
        let revision = store.revision()?;
        let thread = Thread { store, index, revision, known_sources, poisoned: Arc::clone(&poisoned), observer, clock };
        let failed = |error: std::io::Error| StoreError::Rocks(format!("the writer thread cannot be started: {error}"));
        let named = std::thread::Builder::new().name("izingate-writer".to_owned());
        let joined = named.spawn(move || thread.run(boot, booted, inbox)).map_err(failed)?;
        Ok((Self(joined), WriterHandle { commands, poisoned }, told))
    }

    /// Waits until everything handed in is committed and the thread is gone; every handle has to be
    /// dropped before.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the writer thread panicked");
        }
    }
}

impl WriterHandle {
    /// How many commands wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.commands.max_capacity() - self.commands.capacity()
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T, SinkError>>) -> Command) -> Result<T, SinkError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| SinkError::Closed)?;
        answer.await.map_err(|_| SinkError::Poisoned)?
    }
}

impl MovementSink for WriterHandle {
    fn apply(&self, movements: Vec<Movement>) -> BoxFuture<'_, Result<Applied, SinkError>> {
        Box::pin(self.ask(|reply| Command::Movements(movements, reply)))
    }

    fn put_brand(&self, brand: Brand) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(self.ask(|reply| Command::Brand(brand, reply)))
    }

    fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Acquire)
    }
}

/// Poisons the store if the writer thread dies by a panic: nobody may believe that it still writes.
struct PoisonOnPanic(Arc<AtomicBool>);

impl Drop for PoisonOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Release);
        }
    }
}

impl Thread {
    fn run(mut self, boot: Boot, booted: oneshot::Sender<Result<Origin, RestoreError>>, mut inbox: mpsc::Receiver<Command>) {
        let _guard = PoisonOnPanic(Arc::clone(&self.poisoned));
        let boot = match boot {
            Boot::Restore(snapshot) => restore(&self.store, &self.index, snapshot.as_deref()),
            Boot::Skip => Ok(Origin::Nothing),
        };
        let failed = boot.is_err();
        // Whoever started us may have given up waiting.
        let _ = booted.send(boot);
        if failed {
            self.poisoned.store(true, Ordering::Release);
            return;
        }
        while let Some(first) = inbox.blocking_recv() {
            let (group, brand) = gather(first, &mut inbox);
            if !group.is_empty() {
                self.take_movements(group);
            }
            if let Some((brand, reply)) = brand {
                let _ = reply.send(self.take_brand(brand));
            }
        }
    }

    fn take_movements(&mut self, group: Vec<Submission>) {
        let result = self.commit_movements(&group);
        for (place, (_, reply)) in group.into_iter().enumerate() {
            // A caller that hung up does not need the answer; its movements are in all the same.
            let _ = reply.send(match &result {
                Ok(applied) => applied.get(place).copied().ok_or(SinkError::Poisoned),
                Err(error) => Err(*error),
            });
        }
    }

    /// What became of each submission, once all of it is durable and visible.
    fn commit_movements(&mut self, group: &[Submission]) -> Result<Vec<Applied>, SinkError> {
        self.refuse_if_poisoned()?;
        let started = Instant::now();
        let now = (self.clock)();
        let movements: Vec<&Movement> = group.iter().flat_map(|(movements, _)| movements).collect();
        let mut working = Group::load(&self.store, &movements, self.revision + 1, now).map_err(|error| self.poison(&error))?;
        let mut outcomes: Vec<Applied> = Vec::with_capacity(group.len());
        for (movements, _) in group {
            let applied = movements.iter().filter(|movement| working.take(movement, &self.known_sources)).count() as u64;
            outcomes.push(Applied { revision: 0, applied, unchanged: movements.len() as u64 - applied });
        }
        let ready = working.finish(self.store.begin()).map_err(|error| self.poison(&error))?;
        let (new, known) = ready.states.split_at(ready.new);
        let mut index = self.index.write();
        // Before anything is durable: what has no room in memory is refused, not half taken.
        index.room_for(new.len() as u64).map_err(|full| refuse_full(&full))?;
        ready.commit.commit().map_err(|error| self.poison(&error))?;
        // From here on the batch is durable: make it visible, states before revision.
        let visible = index.insert_many(new).and_then(|()| index.set_many(known));
        visible.map_err(|full| self.poison(&full))?;
        for brand in ready.brands {
            self.index.brands().touch(brand, now);
        }
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
        (self.observer)(BatchReport { applied, unchanged, took: started.elapsed() });
        Ok(outcomes)
    }

    fn take_brand(&self, brand: Brand) -> Result<(), SinkError> {
        self.refuse_if_poisoned()?;
        let mut commit = self.store.begin();
        commit.brand(&brand).and_then(|()| commit.commit()).map_err(|error| self.poison(&error))?;
        self.index.brands().put(brand, None);
        Ok(())
    }

    fn refuse_if_poisoned(&self) -> Result<(), SinkError> {
        if self.poisoned.load(Ordering::Acquire) { Err(SinkError::Poisoned) } else { Ok(()) }
    }

    /// A failed write may be half on disk: nothing more is taken in, answers go on and age.
    fn poison(&self, error: &dyn std::error::Error) -> SinkError {
        self.poisoned.store(true, Ordering::Release);
        tracing::error!(%error, "the store failed; nothing more is taken in");
        SinkError::Poisoned
    }
}

/// Nothing was changed: what is on record can still be refused, and room may be made.
fn refuse_full(full: &Full) -> SinkError {
    tracing::error!(error = %full, "a batch was refused");
    SinkError::Full
}

type Submission = (Vec<Movement>, oneshot::Sender<Result<Applied, SinkError>>);
type BrandSubmission = (Brand, oneshot::Sender<Result<(), SinkError>>);

/// What waits, as one group: movements until the group is full, and the first brand, which ends it.
fn gather(first: Command, inbox: &mut mpsc::Receiver<Command>) -> (Vec<Submission>, Option<BrandSubmission>) {
    let (mut group, mut size, mut next) = (Vec::new(), 0, Some(first));
    while let Some(command) = next {
        match command {
            Command::Brand(brand, reply) => return (group, Some((brand, reply))),
            Command::Movements(movements, reply) => {
                size += movements.len();
                group.push((movements, reply));
            }
        }
        next = if size < GROUP { inbox.try_recv().ok() } else { None };
    }
    (group, None)
}
