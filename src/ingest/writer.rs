//! The one writer: a thread that takes commands in groups, commits each group, makes it visible and
//! then answers.

use super::bulk::{BulkError, Ground, Prepared, Slice, SliceDone};
use super::erasure::Erasures;
use super::group::{Changed, Group};
use super::registry::{Desk, Failed};
use super::restore::{Origin, RestoreError, restore};
use super::{closure, notes};
use crate::index::{Full, Index, Writing};
use crate::model::brand::{Ages, Brand, BrandPut};
use crate::model::declaration::{Declaration, Declared};
use crate::model::movement::Movement;
use crate::model::source::{Source, SourceCode};
use crate::model::time::IysTime;
use crate::ports::{
    Applied, BoxFuture, ClosedLine, EraseRefused, Erased, Erasure, FeedNote, ModeChange, MovementSink, Registrar,
    RegistryRefused, SinkError,
};
use crate::store::codec::BulkPosition;
use crate::store::{Completion, Store, StoreError};
use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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

/// Movements in one group at most, unless a single command holds more: bounds the memory of a batch to
/// some 10 MB and the wait of whoever comes next.
const GROUP: usize = 32_768;

enum Command {
    Movements(Submission),
    Brand(Brand, PutBy, oneshot::Sender<Result<(), SinkError>>),
    Close(ClosedLine, oneshot::Sender<Result<Applied, SinkError>>),
    Reported(Vec<u64>, oneshot::Sender<Result<u64, SinkError>>),
    Erase(Erasure, oneshot::Sender<Result<Erased, EraseRefused>>),
    Slice(Box<Slice>, oneshot::Sender<Result<SliceDone, BulkError>>),
    /// A change of the registry, which also answers whoever asked for it.
    Registry(Box<dyn FnOnce(&Thread) + Send>),
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
    unreported: Arc<AtomicU64>,
}

struct Thread {
    store: Arc<Store>,
    index: Index,
    revision: u64,
    known_sources: HashSet<SourceCode>,
    erasures: Erasures,
    poisoned: Arc<AtomicBool>,
    /// Closures that İYS is still to be told of, as the store has them.
    unreported: Arc<AtomicU64>,
    observer: Observer,
    clock: fn() -> IysTime,
    /// Whether anybody asks the index.
    visible: bool,
}

/// Slices of a bulk import under way: two that the writer prepares at once, and the next two, so that it
/// finds a pair when it comes back. A slice of half a million movements has some 40 MB.
const SLICES: usize = 4;

impl Writer {
    /// Starts the writer. It alone changes the index, so it also fills it, if `boot` says so, before it
    /// takes the first command; the receiver tells how that went.
    pub fn start(setup: Setup, boot: Boot) -> Result<(Self, WriterHandle, Booted), StoreError> {
        let Setup { store, index, queue, observer, clock } = setup;
        let (commands, inbox) = mpsc::channel(queue);
        let (booted, told) = oneshot::channel();
        let poisoned = Arc::new(AtomicBool::new(false));
        let known_sources = store.sources()?.into_keys().collect();
        let (revision, erasures) = (store.revision()?, Erasures::load(&store)?);
        let visible = boot != Boot::Skip;
        let unreported = Arc::new(AtomicU64::new(store.count_duties()?));
        let handle = WriterHandle { commands, poisoned: Arc::clone(&poisoned), unreported: Arc::clone(&unreported) };
        let thread = Thread { store, index, revision, known_sources, erasures, poisoned, unreported, observer, clock, visible };
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
    /// going on from [`Store::bulk_position`].
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
                self.commands.blocking_send(command).map_err(|_| SinkError::Closed)?;
                waiting.push_back(answer);
            }
            let Some(answer) = waiting.pop_front() else { return Ok(()) };
            done(answer.blocking_recv().map_err(|_| SinkError::Poisoned)??);
        }
    }

    /// Erases a recipient; resolves when that is durable and visible. Of the bytes some may be left on the disk:
    /// [`Store::open_erasures`].
    ///
    /// # Errors
    /// Nothing is erased.
    pub async fn erase(&self, asked: Erasure) -> Result<Erased, EraseRefused> {
        self.ask(move |reply| Command::Erase(asked, reply)).await
    }

    async fn ask<T, E: From<SinkError>>(&self, command: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Command) -> Result<T, E> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| SinkError::Closed)?;
        answer.await.map_err(|_| SinkError::Poisoned)?
    }

    /// Has the writer change the registry.
    async fn register<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Desk<'_>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, RegistryRefused> {
        let (reply, answer) = oneshot::channel();
        // Whoever asked may have hung up; the change is made all the same.
        let change = Box::new(move |thread: &Thread| drop(reply.send(thread.register(change))));
        self.commands.send(Command::Registry(change)).await.map_err(|_| SinkError::Closed)?;
        answer.await.map_err(|_| SinkError::Poisoned)?
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

    fn closures_reported(&self, ids: Vec<u64>) -> BoxFuture<'_, Result<u64, SinkError>> {
        Box::pin(self.ask(|reply| Command::Reported(ids, reply)))
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
        let mut next = None;
        while let Some(first) = next.take().or_else(|| inbox.blocking_recv()) {
            match first {
                Command::Brand(brand, by, reply) => drop(reply.send(self.take_brand(brand, by))),
                Command::Close(line, reply) => drop(reply.send(self.close(&line))),
                Command::Reported(ids, reply) => drop(reply.send(self.forget_reported(ids))),
                Command::Registry(change) => change(&self),
                Command::Erase(asked, reply) => drop(reply.send(self.erase(&asked))),
                Command::Slice(slice, reply) => next = self.take_slices((slice, reply), &mut inbox),
                Command::Movements(first) => {
                    let (group, ended) = gather(first, &mut inbox);
                    self.take_movements(group);
                    next = ended;
                }
            }
        }
    }

    /// Takes a slice, and with it the next one if that waits and is apart from it: the two are prepared
    /// at once, on both cores. Returns what came after them instead.
    fn take_slices(&mut self, first: SliceSubmission, inbox: &mut mpsc::Receiver<Command>) -> Option<Command> {
        let (second, other) = match inbox.try_recv().ok() {
            Some(Command::Slice(slice, reply)) if first.0.is_apart_from(&slice) => (Some((slice, reply)), None),
            other => (None, other),
        };
        let (now, revision) = ((self.clock)(), self.revision + 1);
        let ground = self.ground(now);
        let (one, two) = std::thread::scope(|scope| {
            let two = second.as_ref().map(|(slice, _)| scope.spawn(|| ground.prepare(slice, revision + 1)));
            let one = ground.prepare(&first.0, revision);
            let panicked = |_| Err(BulkError::Sink(SinkError::Poisoned));
            (one, two.map(|two| two.join().unwrap_or_else(panicked)))
        });
        let (slice, reply) = first;
        let _ = reply.send(one.and_then(|prepared| self.commit_slice(&slice, prepared, now)));
        if let Some((two, (slice, reply))) = two.zip(second) {
            // The first one changed nothing, so this one was prepared for a revision too many.
            let again = |prepared: Prepared| {
                let fits = prepared.staged.is_none() || self.revision == revision;
                if fits { Ok(prepared) } else { self.ground(now).prepare(&slice, self.revision + 1) }
            };
            let two = two.and_then(again);
            let _ = reply.send(two.and_then(|prepared| self.commit_slice(&slice, prepared, now)));
        }
        other
    }

    /// What slices are prepared against, as it is between two commits. A failure there has changed nothing.
    fn ground(&self, now: IysTime) -> Ground<'_> {
        let Self { store, known_sources, erasures, visible, .. } = self;
        Ground { store, now, known_sources, erasures, visible: *visible }
    }

    fn commit_slice(&mut self, slice: &Slice, prepared: Prepared, now: IysTime) -> Result<SliceDone, BulkError> {
        self.refuse_if_poisoned()?;
        let started = Instant::now();
        let Prepared { staged, changed, brands, new_sources, applied, unchanged } = prepared;
        let position = self.next_position(slice, applied, unchanged)?;
        let mut completion = Completion::default();
        for brand in &brands {
            completion.import_cursor(*brand, now);
        }
        for source in &new_sources {
            completion.source(source);
        }
        completion.bulk_position(&position);
        let revision = self.revision + u64::from(staged.is_some());
        let mut index = self.index.write();
        index.room_for(changed.new.len() as u64).map_err(|full| refuse_full(&full))?;
        let committed = match staged {
            Some(staged) => self.store.commit_staged(staged, completion),
            None => self.store.commit_completion(&completion),
        };
        if let Err(error) = committed {
            self.poison(&error);
            return Err(error.into());
        }
        show(&mut index, &changed).map_err(|full| self.poison(&full))?;
        for brand in brands {
            self.index.brands().note(brand, |freshness| freshness.imported(now));
        }
        self.revision = revision;
        self.index.revision().publish(revision);
        // Not before: a snapshot asks what is published while nobody writes.
        drop(index);
        self.known_sources.extend(new_sources.iter().map(Source::code));
        (self.observer)(BatchReport { applied, unchanged, took: started.elapsed(), since_handed: None });
        Ok(SliceDone { revision, applied, unchanged })
    }

    /// Where the import stands after a slice, which has to begin where the last one ended: a slice behind
    /// one that failed would otherwise hide it.
    fn next_position(&self, slice: &Slice, applied: u64, unchanged: u64) -> Result<BulkPosition, BulkError> {
        let start = BulkPosition { job: slice.job(), movements: 0, applied: 0, unchanged: 0 };
        let before = self.store.bulk_position()?.filter(|position| position.job == slice.job()).unwrap_or(start);
        if before.movements != slice.start() {
            return Err(BulkError::OutOfTurn);
        }
        let BulkPosition { job, movements, .. } = before;
        let (applied, unchanged) = (before.applied + applied, before.unchanged + unchanged);
        Ok(BulkPosition { job, movements: movements + slice.movements(), applied, unchanged })
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
        self.refuse_if_poisoned()?;
        let started = Instant::now();
        let now = (self.clock)();
        let movements: Vec<&Movement> = group.iter().flat_map(|submission| &submission.movements).collect();
        let mut working = Group::load(&self.store, &movements, self.revision + 1, now).map_err(|error| self.poison(&error))?;
        let mut outcomes: Vec<Applied> = Vec::with_capacity(group.len());
        for Submission { movements, .. } in group {
            let applied =
                movements.iter().filter(|movement| working.take(movement, &self.known_sources, &self.erasures)).count() as u64;
            outcomes.push(Applied { revision: 0, applied, unchanged: movements.len() as u64 - applied });
        }
        let mut ready = working.finish(self.store.begin()).map_err(|error| self.poison(&error))?;
        let notes: Vec<&FeedNote> = group.iter().flat_map(|submission| &submission.notes).collect();
        notes::write(&self.store, &mut ready.commit, &notes).map_err(|error| self.poison(&error))?;
        ready.changed = self.to_show(ready.changed);
        let mut index = self.index.write();
        // Before anything is durable: what has no room in memory is refused, not half taken.
        index.room_for(ready.changed.new.len() as u64).map_err(|full| refuse_full(&full))?;
        ready.commit.commit().map_err(|error| self.poison(&error))?;
        // From here on the batch is durable: make it visible, states before revision.
        show(&mut index, &ready.changed).map_err(|full| self.poison(&full))?;
        for brand in ready.brands {
            self.index.brands().note(brand, |freshness| freshness.imported(now));
        }
        notes::show(self.index.brands(), &notes);
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
        self.refuse_if_poisoned()?;
        let on_file = self.index.brands().get(brand.code);
        let on_file = on_file.as_ref().map(|entry| &entry.brand);
        let brand = match (by, on_file) {
            (PutBy::Feed, None) => brand,
            // It may have been read before an operator changed them.
            (PutBy::Feed, Some(on_file)) => brand.with_papers_of(on_file),
            (PutBy::Operator(ages), on_file) => brand.put_over(on_file, ages)?,
        };
        let mut commit = self.store.begin();
        commit.brand(&brand).and_then(|()| commit.commit()).map_err(|error| self.poison(&error))?;
        self.index.brands().put(brand);
        Ok(())
    }

    fn register<T>(&self, change: impl FnOnce(&Desk<'_>) -> Result<T, Failed>) -> Result<T, RegistryRefused> {
        self.refuse_if_poisoned()?;
        let desk = Desk { store: &self.store, index: &self.index, now: (self.clock)() };
        change(&desk).map_err(|failed| match failed {
            Failed::Refused(refused) => refused,
            Failed::Store(error) => self.poison(&error).into(),
        })
    }

    /// What is to be shown: nothing where nobody asks the index.
    fn to_show(&self, changed: Changed) -> Changed {
        if self.visible { changed } else { Changed::default() }
    }

    /// Closes a line: every relation of the recipient changes in one batch, and those to come will be born
    /// closed.
    fn close(&mut self, line: &ClosedLine) -> Result<Applied, SinkError> {
        self.refuse_if_poisoned()?;
        let (now, started) = ((self.clock)(), Instant::now());
        let closing = closure::prepare(&self.store, line, self.revision + 1, now);
        let Some(closing) = closing.map_err(|error| self.poison(&error))? else {
            return Ok(Applied { revision: self.revision, applied: 0, unchanged: 1 });
        };
        let changed = self.to_show(closing.changed);
        let mut index = self.index.write();
        index.room_for(changed.new.len() as u64).map_err(|full| refuse_full(&full))?;
        closing.commit.commit().map_err(|error| self.poison(&error))?;
        show(&mut index, &changed).map_err(|full| self.poison(&full))?;
        self.unreported.fetch_add(1, Ordering::Relaxed);
        self.revision += 1;
        self.index.revision().publish(self.revision);
        drop(index);
        (self.observer)(BatchReport { applied: 1, unchanged: 0, took: started.elapsed(), since_handed: None });
        Ok(Applied { revision: self.revision, applied: 1, unchanged: 0 })
    }

    /// Erases a recipient: what is on file goes, and what keeps it out comes, in one batch.
    fn erase(&mut self, asked: &Erasure) -> Result<Erased, EraseRefused> {
        self.refuse_if_poisoned()?;
        let erasing = self.erasures.prepare(&self.store, asked, self.revision, (self.clock)());
        let Some(mut erasing) = erasing.map_err(|error| self.poison(&error))? else {
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
        let tombstones = erasing.commit().map_err(|error| self.poison(&error))?;
        show(&mut index, &changed).map_err(|full| self.poison(&full))?;
        self.revision = done.revision;
        self.index.revision().publish(done.revision);
        drop(index);
        self.erasures.note(&tombstones);
        Ok(done)
    }

    /// Forgets closures, with their addresses; no answer changes, so there is no revision of it.
    fn forget_reported(&self, mut ids: Vec<u64>) -> Result<u64, SinkError> {
        self.refuse_if_poisoned()?;
        ids.sort_unstable();
        ids.dedup();
        let (mut commit, mut known) = (self.store.begin(), 0);
        for id in ids {
            if self.store.has_duty(id).map_err(|error| self.poison(&error))? {
                commit.duty_done(id).map_err(|error| self.poison(&error))?;
                known += 1;
            }
        }
        commit.commit().map_err(|error| self.poison(&error))?;
        self.unreported.fetch_sub(known, Ordering::Relaxed);
        Ok(known)
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

/// Makes states visible; their revision is published after them.
fn show(index: &mut Writing<'_>, changed: &Changed) -> Result<(), Full> {
    index.insert_many(&changed.new)?;
    index.set_many(&changed.known)
}

/// Nothing was changed: what is on record can still be refused, and room may be made.
fn refuse_full(full: &Full) -> SinkError {
    tracing::error!(error = %full, "a batch was refused");
    SinkError::Full
}

/// Who puts a brand on file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PutBy {
    /// Whoever follows it: with its feed.
    Feed,
    /// An operator: the feed stays as it is.
    Operator(Ages),
}

struct Submission {
    movements: Vec<Movement>,
    notes: Vec<FeedNote>,
    reply: oneshot::Sender<Result<Applied, SinkError>>,
    /// Before it waited for room in the queue.
    handed: Instant,
}

type SliceSubmission = (Box<Slice>, oneshot::Sender<Result<SliceDone, BulkError>>);

/// What waits, as one group: movements until the group is full, and whatever else ended it.
fn gather(first: Submission, inbox: &mut mpsc::Receiver<Command>) -> (Vec<Submission>, Option<Command>) {
    let (mut size, mut group) = (first.movements.len(), vec![first]);
    while size < GROUP {
        match inbox.try_recv().ok() {
            Some(Command::Movements(submission)) => {
                size += submission.movements.len();
                group.push(submission);
            }
            other => return (group, other),
        }
    }
    (group, None)
}
