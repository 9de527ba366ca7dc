//! The thread that writes: it gathers what was handed over and puts it into frames, little by little; then it syncs once, and
//! tells who waits.

use super::remembered::Remembered;
use crate::check::policy::byte_without_evidence;
use crate::evidence::entry::{Entry, Event};
use crate::evidence::events::Removal;
use crate::evidence::log::{Ask, Log, Noted, bytes_of, lock};
use crate::evidence::segment::codec::{MOST_DECISIONS, Part};
use crate::evidence::segment::index::Heads;
use crate::evidence::segment::{Header, Open, Seal, Version};
use crate::evidence::start::StoreBeside;
use crate::ports::Reached;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Pause after a failed write, before the next try.
const RETRY: Duration = Duration::from_millis(250);
/// Tries at an ordered end before what waits is given up.
const LAST_TRIES: u32 = 8;
const HOUR: u64 = 3_600_000;
/// From one segment that names answers that could not be recorded to the next, in milliseconds.
const NAMED_EVERY: u64 = 10_000;

/// What the writer works on.
pub(in crate::evidence) struct Writer {
    pub(in crate::evidence) log: Log,
    pub(in crate::evidence) open: Open,
    /// Told of every segment that is sealed.
    pub(in crate::evidence) keeper: Sender<(Seal, Heads)>,
    /// The second place, which remembers what is synced.
    pub(in crate::evidence) remembered: Arc<Remembered>,
    /// The store whose data is decided on.
    pub(in crate::evidence) store: Option<StoreBeside>,
    /// Newest progress of the store that a `Committed` event records.
    pub(in crate::evidence) committed: Reached,
    /// The newest removal, which every segment repeats.
    pub(in crate::evidence) removal: Option<Removal>,
    /// Tells the time, in Unix milliseconds.
    pub(in crate::evidence) clock: fn() -> u64,
    /// What was gathered and is not on disk.
    pub(in crate::evidence) entries: Vec<Entry>,
    /// How many of them are in frames.
    pub(in crate::evidence) framed: usize,
    pub(in crate::evidence) events: Vec<Noted>,
    /// A moment before the last that was gathered: everything handed over until then is in it, so the log vouches for it.
    pub(in crate::evidence) vouched: u64,
    /// Who waits for what was gathered.
    pub(in crate::evidence) waiters: Vec<oneshot::Sender<bool>>,
    /// The longest that a commit took of late; what is long ago counts less.
    pub(in crate::evidence) slowest: Duration,
    /// How far the change to the next segment is.
    pub(in crate::evidence) rotation: Rotation,
    /// Answers that could not be recorded, which the log is to name.
    pub(in crate::evidence) unrecorded: Unnamed,
}

/// Answers that could not be recorded: counted by those who answer, named by the log at the begin of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::evidence) struct Unnamed {
    /// Those that the log named.
    named: u64,
    /// A moment before the first that it did not name, in Unix milliseconds; 0 while there is none.
    since: u64,
    /// The last moment at which there was none, in Unix milliseconds.
    none_at: u64,
}

/// How far the change to the next segment is: a failure leaves it where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evidence) enum Rotation {
    /// There is none.
    None,
    /// The segment takes nothing more, and is not sealed for certain.
    Sealing,
    /// It is sealed, and the next one is not made for certain.
    Beginning(Seal),
}

/// However the thread ends, nobody may believe that it still writes.
impl Drop for Writer {
    fn drop(&mut self) {
        self.log.0.close();
    }
}

impl Writer {
    /// Writes until the log is to end and everything is on disk, or the disk takes nothing at the end.
    pub(in crate::evidence) fn run(mut self) {
        let mut due = Instant::now() + self.pause();
        let mut tries = 0;
        loop {
            let failed = self.log.0.failed.load(Ordering::Acquire);
            let stop = self.log.0.wait(if failed { RETRY } else { due.saturating_duration_since(Instant::now()) });
            if stop && failed {
                // Whoever ends it does not wait between two tries: the disk needs its time all the same.
                std::thread::park_timeout(RETRY);
            }
            let is_due = stop || failed || Instant::now() >= due;
            match self.step(is_due) {
                Ok(false) => continue,
                Ok(true) => tries = 0,
                Err(error) => {
                    tries += 1;
                    self.fail(&error);
                }
            }
            due = Instant::now() + self.pause();
            if stop && (tries == 0 || tries > LAST_TRIES) && self.end(tries == 0) {
                return;
            }
        }
    }

    /// From one sync to the next: the window without what the disk needs, twice the longest of late. Each sync holds up answers
    /// that wait for the same processor, so there are as few as the window allows.
    fn pause(&self) -> Duration {
        let window = self.log.0.settings.window;
        window.saturating_sub((2 * self.slowest).clamp(window / 10, window / 2))
    }

    /// Puts what was handed over into frames, and brings them to disk if that is due or asked for; says whether it was.
    fn step(&mut self, is_due: bool) -> io::Result<bool> {
        // Not after it: what is handed over in between is in the next round, and may be answered already.
        self.vouched = (self.clock)();
        self.notice_unrecorded();
        let asked = self.log.0.gather(&mut self.entries, &mut self.waiters, &mut self.events);
        self.rotate()?;
        self.frames()?;
        if !is_due && asked != Some(Ask::Sync) {
            return Ok(false);
        }
        self.commit()?;
        if self.is_full() {
            self.rotation = Rotation::Sealing;
            self.rotate()?;
        }
        Ok(true)
    }

    /// Goes on with the change to the next segment, if one is under way.
    fn rotate(&mut self) -> io::Result<()> {
        if self.rotation == Rotation::Sealing {
            let seal = self.open.seal()?;
            self.sealed(seal);
            self.rotation = Rotation::Beginning(seal);
        }
        if let Rotation::Beginning(seal) = self.rotation {
            self.begin(&seal)?;
            self.rotation = Rotation::None;
        }
        Ok(())
    }

    /// Brings what was gathered to disk. After a failure it is all still there.
    fn commit(&mut self) -> io::Result<()> {
        let started = Instant::now();
        let shared = &self.log.0;
        shared.pace(gathered(&self.entries));
        let lease = shared.is_lease_due().then(|| shared.lease());
        let committed = self.grown();
        if self.entries.is_empty() && self.events.is_empty() && lease.is_none() && committed.is_none() {
            self.settle(0);
            return Ok(());
        }
        let before = self.open.bytes();
        self.events(lease, committed)?;
        self.open.commit()?;
        self.remembered.synced(&self.open);
        self.committed = committed.unwrap_or(self.committed);
        self.removal = self.events.iter().filter_map(|(event, _)| Removal::of(event)).next_back().or(self.removal);
        if let Some((_, _, to)) = lease {
            self.log.0.set_leased(to);
        }
        let figures = &self.log.0.figures;
        figures.bytes.fetch_add(self.open.bytes() - before, Ordering::Relaxed);
        figures.commits.fetch_add(1, Ordering::Relaxed);
        let took = started.elapsed();
        figures.took_us.store(took.as_micros() as u64, Ordering::Relaxed);
        self.slowest = took.max(self.slowest * 15 / 16);
        let decisions = self.entries.iter().map(|entry| entry.outcomes.len() as u64).sum();
        self.settle(decisions);
        Ok(())
    }

    /// Puts what is not in a frame into frames.
    fn frames(&mut self) -> io::Result<()> {
        let now = self.vouched;
        let entries = &mut self.entries[self.framed..];
        // Numbers in a row are short, and lie in the order in which people ask for them.
        entries.sort_by_key(|entry| entry.first.number());
        let mut frame = Vec::new();
        let mut room = MOST_DECISIONS;
        for entry in &*entries {
            let (mut from, length) = (0, entry.outcomes.len());
            while from < length {
                let to = length.min(from + room);
                frame.push(Part { entry, from, to });
                room -= to - from;
                from = to;
                if room == 0 {
                    self.open.decisions_frame(&frame, now)?;
                    frame.clear();
                    room = MOST_DECISIONS;
                }
            }
        }
        if !frame.is_empty() {
            self.open.decisions_frame(&frame, now)?;
        }
        self.framed = self.entries.len();
        Ok(())
    }

    /// Progress of the store, if no event records it yet. Read after what is to be recorded was gathered, so that the revision is
    /// no lower than that of any decision among it.
    fn grown(&self) -> Option<Reached> {
        let now = (self.store.as_ref()?.now)();
        self.committed.is_behind(&now).then(|| now.joined(self.committed))
    }

    fn events(&mut self, lease: Option<(u64, u64, u64)>, committed: Option<Reached>) -> io::Result<()> {
        let now = self.vouched;
        for (event, _) in &self.events {
            self.open.event_frame(event, now)?;
        }
        if let Some((next, outstanding, to)) = lease {
            self.open.event_frame(&Event::Leased { next, outstanding, to, at: now }, now)?;
        }
        if let Some(reached) = committed {
            self.open.event_frame(&Event::committed(reached, now), now)?;
        }
        Ok(())
    }

    /// Everything gathered is on disk.
    fn settle(&mut self, decisions: u64) {
        let shared = &self.log.0;
        let bytes = self.entries.iter().map(bytes_of).sum();
        self.entries.clear();
        self.framed = 0;
        for (_, reply) in self.events.drain(..) {
            // Whoever noted it may have gone.
            let _ = reply.send(());
        }
        shared.release(bytes);
        shared.figures.recorded.fetch_add(decisions, Ordering::Relaxed);
        *lock(&shared.settled) = Instant::now();
        if shared.failed.swap(false, Ordering::AcqRel) {
            tracing::info!("evidence is written again");
        }
        for waiter in self.waiters.drain(..) {
            // Whoever waited may have gone.
            let _ = waiter.send(true);
        }
    }

    /// The disk takes nothing. What was gathered waits; who waits for it hears of it, and what it would have been
    /// allowed is recorded as what it was told.
    fn fail(&mut self, error: &io::Error) {
        self.open.roll_back();
        self.framed = 0;
        let shared = &self.log.0;
        shared.figures.failures.fetch_add(1, Ordering::Relaxed);
        if !shared.failed.swap(true, Ordering::AcqRel) {
            tracing::error!(%error, "evidence cannot be written; see evidence.overload for what is answered meanwhile");
        }
        for entry in self.entries.iter_mut().filter(|entry| entry.before_answer) {
            entry.outcomes.bytes_mut().iter_mut().for_each(|byte| *byte = byte_without_evidence(*byte));
        }
        for waiter in self.waiters.drain(..) {
            let _ = waiter.send(false);
        }
    }

    /// A segment is full by its size, or holds decisions of an hour that is over.
    fn is_full(&self) -> bool {
        // Named soon, and in few segments where it lasts.
        let is_to_name = self.unrecorded.since > 0 && self.vouched >= self.open.header().made + NAMED_EVERY;
        let hour_is_over = self.open.header().made / HOUR != (self.clock)() / HOUR && self.open.decisions() > 0;
        self.open.bytes() >= self.log.0.settings.segment_bytes || hour_is_over || is_to_name
    }

    /// Answers that were counted and that the log does not name yet.
    fn unnamed(&self) -> u64 {
        self.log.0.figures.unrecorded.load(Ordering::Relaxed).saturating_sub(self.unrecorded.named)
    }

    /// Notes since when there are answers that could not be recorded.
    fn notice_unrecorded(&mut self) {
        if self.unnamed() == 0 {
            self.unrecorded.none_at = self.vouched;
        } else if self.unrecorded.since == 0 {
            self.unrecorded.since = self.unrecorded.none_at.max(1);
        }
    }

    /// The event that names them; none if there are none.
    fn unrecorded_event(&self, now: u64) -> Option<Event> {
        let (decisions, Unnamed { since, none_at, .. }) = (self.unnamed(), self.unrecorded);
        let from = if since > 0 { since } else { none_at };
        (decisions > 0).then_some(Event::Unrecorded { decisions, from, to: now })
    }

    fn sealed(&mut self, seal: Seal) {
        self.log.0.figures.sealed.fetch_add(1, Ordering::Relaxed);
        self.log.0.figures.behind.fetch_add(1, Ordering::Relaxed);
        // The keeper ends after the writer.
        let _ = self.keeper.send((seal, self.open.take_heads()));
    }

    /// Begins the segment behind a sealed one.
    fn begin(&mut self, seal: &Seal) -> io::Result<()> {
        let now = self.vouched;
        let header =
            Header { version: Version::Authenticated, node: seal.node, number: seal.number + 1, previous: seal.end(), made: now };
        let shared = &self.log.0;
        let (next, outstanding, _) = shared.lease();
        let lease = Event::Leased { next, outstanding: outstanding + gathered(&self.entries), to: shared.leased(), at: now };
        // A reader of the last segment alone knows what those before it said.
        let committed = self.store.is_some().then(|| Event::committed(self.committed, now));
        let unrecorded = self.unrecorded_event((self.clock)());
        let named = if let Some(Event::Unrecorded { decisions, .. }) = unrecorded { decisions } else { 0 };
        let events = [Some(lease), committed, self.removal.map(Removal::event), unrecorded];
        let events: Vec<Event> = events.into_iter().flatten().collect();
        self.open = self.open.next(header, &events)?;
        if named > 0 {
            self.unrecorded = Unnamed { named: self.unrecorded.named + named, since: 0, none_at: now };
        }
        self.remembered.synced(&self.open);
        Ok(())
    }

    /// Seals what is there, if the disk still takes it; says whether the thread is to end.
    fn end(&mut self, whole: bool) -> bool {
        if let Rotation::Beginning(_) = self.rotation {
            return true;
        }
        let now = (self.clock)();
        // A segment names them at its begin, where a reader looks for it.
        if whole && self.unnamed() > 0 {
            self.rotation = Rotation::Sealing;
            if let Err(error) = self.rotate() {
                tracing::error!(%error, decisions = self.unnamed(), "the log does not name the answers that could not be recorded");
                if let Rotation::Beginning(_) = self.rotation {
                    return true;
                }
            }
        }
        let last = if whole { self.last_frames(now) } else { Ok(()) };
        let sealed = last.and_then(|()| self.open.seal());
        match sealed {
            Ok(seal) => {
                if whole {
                    self.remembered.ended(&self.open, now);
                }
                self.sealed(seal);
            }
            Err(error) => tracing::error!(%error, "the last segment of evidence is not sealed; the next start does it"),
        }
        if !whole {
            tracing::error!(decisions = gathered(&self.entries), "evidence was given up: the disk takes nothing");
        }
        true
    }
}

impl Writer {
    /// Writes the last frame before the seal of a log that is closed.
    fn last_frames(&mut self, now: u64) -> io::Result<()> {
        if let Some(reached) = self.grown() {
            self.open.event_frame(&Event::committed(reached, now), now)?;
        }
        self.open.event_frame(&Event::Stopped { at: now }, now)
    }
}

fn gathered(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.outcomes.len() as u64).sum()
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
