//! The thread behind the writer: sealed segments join the tree, get their index, and are removed in the end.

use super::remembered::Remembered;
use crate::evidence::entry::Event;
use crate::evidence::log::Log;
use crate::evidence::segment::index::Heads;
use crate::evidence::segment::{Seal, Unreadable, index, sealed_path};
use crate::evidence::start::is_due;
use crate::evidence::tree::archive::Archive;
use crate::model::consent::retention::{DAY, RemovalClock};
use crate::model::secret::mac::MacKey;
use crate::model::time::IysTime;
use crate::sys::rare_warning::Seldom;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{fs, io};

/// Pause after a failure.
const RETRY: Duration = Duration::from_secs(2);
/// From one look at what may be removed to the next.
const LOOK: Duration = Duration::from_hours(6);
/// After so long what was synced is remembered by the store even if no batch of it came: what a writer of files could cut off behind
/// a kill, and blame on it, is no more than this.
const REMEMBER: Duration = Duration::from_secs(5);

/// What the keeper works on.
pub(in crate::evidence) struct Keeper {
    pub(in crate::evidence) log: Log,
    pub(in crate::evidence) folder: PathBuf,
    pub(in crate::evidence) key: MacKey,
    pub(in crate::evidence) archive: Archive,
    pub(in crate::evidence) remembered: Arc<Remembered>,
    /// Every seal that is in the tree.
    pub(in crate::evidence) seals: Vec<Seal>,
    /// Segments without an index, with what one is made of where that is in memory.
    pub(in crate::evidence) bare: VecDeque<(Seal, Option<Heads>)>,
    /// Segments whose index is of an earlier version, which is made again when there is nothing else to do.
    pub(in crate::evidence) earlier: VecDeque<Seal>,
    pub(in crate::evidence) sealed: Receiver<(Seal, Heads)>,
    /// Tells the time, in Unix milliseconds.
    pub(in crate::evidence) clock: fn() -> u64,
    /// What removal takes of that clock.
    pub(in crate::evidence) removal: RemovalClock,
    /// Segments in the tree that was last signed.
    pub(in crate::evidence) signed: u64,
    /// Time of the last look at what may be removed.
    pub(in crate::evidence) looked: Option<Instant>,
    /// Time at which the store last remembered how far the evidence is.
    pub(in crate::evidence) kept: Option<Instant>,
    /// When the next warning is due of a store that remembers nothing.
    pub(in crate::evidence) forgetful: Seldom,
}

impl Keeper {
    /// Works until the writer is gone and everything sealed has been seen to.
    pub(in crate::evidence) fn run(mut self) {
        // An index can wait, a decision cannot: under load the other threads go first. Of this thread alone.
        let _ = rustix::process::nice(10);
        let mut waiting = VecDeque::new();
        loop {
            let worked = self.work(&mut waiting);
            let pause = match worked {
                Ok(true) => Duration::ZERO,
                Ok(false) => REMEMBER,
                Err(error) => {
                    tracing::error!(%error, "a sealed segment of evidence waits for its place in the tree or its index");
                    RETRY
                }
            };
            match self.sealed.recv_timeout(pause) {
                // One that waits long is read again later: memory holds what two indexes are made of.
                Ok((seal, heads)) => waiting.push_back((seal, Some(heads).filter(|_| waiting.len() < 2))),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.end(&mut waiting),
            }
        }
    }

    /// Sees to what is due, and makes one index; says whether there are more to make.
    fn work(&mut self, waiting: &mut VecDeque<(Seal, Option<Heads>)>) -> io::Result<bool> {
        self.join(waiting)?;
        if is_due(self.looked, LOOK) {
            self.looked = Some(Instant::now());
            self.remove_old();
        }
        if is_due(self.kept, REMEMBER) {
            self.keep();
        }
        self.make_index()
    }

    /// Builds what is missing. A failure is made up for by the next start, and so is an index that nothing was gathered for.
    fn end(&mut self, waiting: &mut VecDeque<(Seal, Option<Heads>)>) {
        let _ = self.join(waiting);
        self.earlier.clear();
        self.bare.retain(|(_, heads)| heads.is_some());
        while let Ok(true) = self.make_index() {}
    }

    /// Puts sealed segments into the tree, and signs it.
    fn join(&mut self, waiting: &mut VecDeque<(Seal, Option<Heads>)>) -> io::Result<()> {
        while let Some((seal, _)) = waiting.front() {
            self.archive.add(seal)?;
            self.seals.push(*seal);
            self.bare.extend(waiting.pop_front());
        }
        if self.archive.size() > self.signed {
            self.sign();
        }
        Ok(())
    }

    /// Makes the index of one segment; says whether there are more to make.
    fn make_index(&mut self) -> io::Result<bool> {
        let counted = !self.bare.is_empty();
        let next = self.bare.front().map(|(seal, heads)| (seal, heads.as_ref()));
        let Some((seal, heads)) = next.or_else(|| self.earlier.front().map(|seal| (seal, None))) else { return Ok(false) };
        match index::build(&self.folder, seal, heads, &self.key) {
            Err(Unreadable::Io(_, error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            // Made, or removed meanwhile, which is no news.
            Ok(()) | Err(Unreadable::Io(..)) => {}
            // It is read as it is whenever somebody is looked for, and named then.
            Err(error) => tracing::error!(%error, "a segment of evidence gets no index"),
        }
        if counted {
            self.bare.pop_front();
            let behind = &self.log.figures().behind;
            let _ = behind.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |behind| behind.checked_sub(1));
        } else {
            self.earlier.pop_front();
        }
        Ok(!self.bare.is_empty() || !self.earlier.is_empty())
    }

    /// Signs the tree, and has the store remember it. If that fails the next one makes up for it.
    fn sign(&mut self) {
        match self.archive.sign() {
            Ok(signed) => {
                self.signed = signed.size;
                self.remembered.signed(&signed);
                self.keep();
            }
            Err(error) => {
                tracing::warn!(%error, "the checkpoint of the evidence could not be signed; it is tried again");
            }
        }
    }

    fn keep(&mut self) {
        self.kept = Some(Instant::now());
        match self.remembered.keep() {
            Ok(()) => self.forgetful.end(),
            Err(error) if self.forgetful.is_due(Instant::now()) => {
                tracing::warn!(%error, "the store cannot remember how far the evidence is; the next batch makes up for it");
            }
            Err(_) => {}
        }
    }

    /// Removes whole segments in which nothing has to be kept any more, the oldest first, once the log itself says so:
    /// their seals stay in the tree.
    fn remove_old(&mut self) {
        let wall = IysTime::from_unix(u32::try_from((self.clock)() / 1_000).unwrap_or(u32::MAX));
        let until = self.removal.now(wall).minus(self.log.0.settings.retention_days * DAY).unix();
        let there = self.seals.iter().filter(|seal| sealed_path(&self.folder, seal.number).exists());
        // The last one says where the log goes on.
        let last = self.seals.len() as u64;
        let old: Vec<u64> = there.take_while(|seal| seal.times.1 < until && seal.number < last).map(|seal| seal.number).collect();
        let (Some(first), Some(end)) = (old.first().copied(), old.last().copied()) else { return };
        if !self.log.note_blocking(Event::Removed { through: end, until }) {
            return;
        }
        for number in old {
            for path in [sealed_path(&self.folder, number), index::path(&self.folder, number)] {
                if let Err(error) = fs::remove_file(&path)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    tracing::error!(%error, path = %path.display(), "a segment of evidence could not be removed");
                    return;
                }
            }
        }
        tracing::info!(first, last = end, "segments of evidence were removed: nothing in them has to be kept");
    }
}
