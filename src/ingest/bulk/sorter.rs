//! Sorts any number of movements under a bound: in memory as long as they fit, else through runs on disk.
//!
//! Callers fill one buffer after another; whoever fills one sorts it, so that sorting keeps every core
//! busy. Half of the buffers go to disk as one run while the other half is filled.

use super::buffer::{Buffer, LARGEST};
use super::error::BulkError;
use super::merge::Merge;
use super::record::{LONGEST, Names, Records, keep_name, records};
use super::run::{Run, RunWriter};
use super::slice::Slices;
use crate::sys::private_file::make_folder;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// How much a sorter may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes of temporary files.
    pub disk: u64,
}

/// Takes movements in any order, from several threads.
pub struct Sorter {
    folder: PathBuf,
    disk: u64,
    /// Buffers at most, and bytes of each: [`Limits::memory`] bounds them.
    buffers: usize,
    capacity: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    current: Option<Buffer>,
    /// Buffers made so far.
    made: usize,
    spare: Vec<Buffer>,
    sorted: Vec<Buffer>,
    runs: Vec<Run>,
    /// Runs begun, and bytes of those that are whole.
    begun: u64,
    spilled: u64,
    movements: u64,
    names: Names,
    /// Code and text of the first failure.
    failed: Option<(&'static str, String)>,
}

impl State {
    fn check(&self) -> Result<(), BulkError> {
        let Some((code, text)) = &self.failed else { return Ok(()) };
        Err(BulkError::Failed { code, text: text.clone() })
    }
}

/// Everything a sorter took, sorted.
pub struct Sorted {
    folder: PathBuf,
    buffers: Vec<Buffer>,
    /// The runs; empty if everything is in memory.
    pub runs: Vec<Run>,
    /// The names of unknown sources among the movements.
    pub names: Names,
    /// How many movements there are.
    pub movements: u64,
}

impl Sorter {
    /// A sorter with its runs in `folder`, which is made when it is needed.
    #[must_use]
    pub fn new(folder: PathBuf, limits: Limits) -> Self {
        let memory = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        // Four at least: two that are filled while two are written out.
        let capacity = (memory / 4 / 2).clamp(LONGEST, LARGEST);
        let buffers = (memory / Buffer::footprint(capacity)).max(2);
        Self { folder, disk: limits.disk, buffers, capacity, state: Mutex::default(), freed: Condvar::new() }
    }

    /// Takes records; blocks while every buffer is being sorted or written.
    pub fn add(&self, batch: &Records) -> Result<(), BulkError> {
        let mut state = self.lock();
        for source in batch.names.values() {
            keep_name(&mut state.names, source);
        }
        let mut waiting = records(&batch.bytes).peekable();
        while let Some(record) = waiting.peek() {
            state.check()?;
            let Some(current) = &mut state.current else {
                state = self.next_buffer(state);
                continue;
            };
            if current.push(*record) {
                state.movements += 1;
                waiting.next();
            } else if let Some(full) = state.current.take() {
                drop(state);
                self.put_away(full).inspect_err(|error| self.fail(error))?;
                state = self.lock();
            }
        }
        Ok(())
    }

    /// Ends the taking in. Where anything went to disk all of it goes, so that a later start finds it.
    pub fn finish(self) -> Result<Sorted, BulkError> {
        let mut state = std::mem::take(&mut *self.lock());
        state.check()?;
        if let Some(mut last) = state.current.take() {
            last.sort();
            state.sorted.push(last);
        }
        if !state.runs.is_empty() && !state.sorted.is_empty() {
            let (run, _) = self.spill(std::mem::take(&mut state.sorted), state.begun, state.spilled)?;
            state.runs.push(run);
        }
        let State { sorted, mut runs, names, movements, .. } = state;
        // Their order says which of equal keys comes first: the same for a later start.
        runs.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Sorted { folder: self.folder, buffers: sorted, runs, names, movements })
    }

    /// Waits for a buffer, or makes one.
    fn next_buffer<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if let Some(spare) = state.spare.pop() {
            state.current = Some(spare);
        } else if state.made < self.buffers {
            state.made += 1;
            state.current = Some(Buffer::new(self.capacity));
        } else {
            return self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// Sorts a full buffer; writes a run once half of them are full.
    fn put_away(&self, mut full: Buffer) -> Result<(), BulkError> {
        full.sort();
        let mut state = self.lock();
        state.sorted.push(full);
        if state.sorted.len() < self.buffers.div_ceil(2) {
            return Ok(());
        }
        let buffers = std::mem::take(&mut state.sorted);
        let (number, spilled) = (state.begun, state.spilled);
        state.begun += 1;
        drop(state);
        let (run, buffers) = self.spill(buffers, number, spilled)?;
        let mut state = self.lock();
        state.spilled += run.bytes;
        state.runs.push(run);
        state.spare.extend(buffers);
        self.freed.notify_all();
        Ok(())
    }

    /// Writes sorted buffers as one run.
    fn spill(&self, buffers: Vec<Buffer>, number: u64, spilled: u64) -> Result<(Run, Vec<Buffer>), BulkError> {
        make_folder(&self.folder).map_err(|error| BulkError::spill(&self.folder, error))?;
        let mut writer = RunWriter::create(self.folder.join(format!("{number:06}.run")))?;
        let mut merge = Merge::of_buffers(buffers);
        while let Some(record) = merge.head() {
            writer.push(record)?;
            merge.advance()?;
            if spilled + writer.bytes() > self.disk {
                return Err(BulkError::SpillLimit { limit: self.disk });
            }
        }
        Ok((writer.finish()?, merge.into_buffers()))
    }

    /// Ends the import: no other thread waits for a buffer that will not come, and each reports this failure.
    fn fail(&self, error: &BulkError) {
        self.lock().failed.get_or_insert_with(|| (error.code(), error.to_string()));
        self.freed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sorted {
    /// What an earlier process sorted into `folder`; the runs in the order in which it kept them.
    #[must_use]
    pub const fn of_runs(folder: PathBuf, runs: Vec<Run>, names: Names, movements: u64) -> Self {
        Self { folder, buffers: Vec::new(), runs, names, movements }
    }

    /// The slices, of about `size` movements each. `job` is a random number that stays the same where
    /// the same runs are read again, as `position`, the movements that were taken in before.
    pub fn slices(self, job: u64, size: u64, position: u64) -> Result<Slices, BulkError> {
        let merge =
            if self.runs.is_empty() { Merge::of_buffers(self.buffers) } else { Merge::of_runs(&self.folder, &self.runs)? };
        let mut slices = Slices::new(merge, Arc::new(self.names), job, size);
        slices.skip_to(position)?;
        Ok(slices)
    }
}
