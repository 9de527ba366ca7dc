//! Moves files into a target, one after another.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::rejects::{Rejects, rejects_path};
use super::summary::{FileReport, Problem, Summary};
use super::{ImportError, Outcome, Progress, Target, TargetError};
use crate::files::{Batch, FileError, FileOptions, FileReader, Notes};

/// Rows to a batch; as text a batch is bounded by [`crate::files::MAX_BATCH_TEXT`].
const BATCH: usize = 8192;
/// While one commits, three read and wait: what waits together is committed together, with one sync.
const WORKERS: usize = 4;
/// Batches read and not yet settled, wherever they are: with 4 MiB of text each and one line of 1 MiB
/// over, at most 30 MiB. Every queue below is bounded by it.
const IN_FLIGHT: usize = 6;

/// A batch on its way to the target.
struct Job {
    number: u64,
    batch: Batch,
    position: u64,
}

/// A batch and what became of it.
struct Done {
    job: Job,
    result: Result<Outcome, TargetError>,
}

/// Imports files one after another, each as the options say.
///
/// What is refused is counted and written to `FILE.rejected.csv`; a file that cannot be read is
/// reported and the next one begun; a target that fails ends the import. All three are in the summary.
///
/// # Errors
/// Nothing was begun because one file would be overwritten by the refused rows of another.
pub fn run(
    files: &[PathBuf],
    options: FileOptions<'_>,
    target: &dyn Target,
    progress: &mut Progress,
) -> Result<Summary, ImportError> {
    keep_inputs(files)?;
    let begun = Instant::now();
    progress.begin(files.iter().map(|file| size_of(file)).sum());
    let mut summary = run_files(files, options, target, progress);
    summary.elapsed = begun.elapsed();
    progress.finish();
    Ok(summary)
}

/// One file after another, once it is certain that none overwrites another.
pub(super) fn run_files(files: &[PathBuf], options: FileOptions<'_>, target: &dyn Target, progress: &mut Progress) -> Summary {
    let mut summary = Summary::default();
    for file in files {
        if summary.stopped.is_some() {
            summary.not_begun.push(file.clone());
            continue;
        }
        let report = FileImport::new(file, target, progress, &mut summary).run(options);
        summary.files.push(report);
        progress.next_file(size_of(file));
    }
    summary
}

pub(super) fn keep_inputs(files: &[PathBuf]) -> Result<(), ImportError> {
    let place = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let places: Vec<_> = files.iter().map(|file| place(file)).collect();
    let overwritten = files.iter().map(|file| (file, rejects_path(file))).find(|(_, rejects)| places.contains(&place(rejects)));
    match overwritten {
        Some((file, rejects)) => Err(ImportError::RejectsAmongFiles { file: file.clone(), rejects }),
        None => Ok(()),
    }
}

pub(super) fn size_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |metadata| metadata.len())
}

/// One file being imported.
struct FileImport<'a> {
    target: &'a dyn Target,
    progress: &'a mut Progress,
    summary: &'a mut Summary,
    report: FileReport,
}

impl<'a> FileImport<'a> {
    fn new(file: &Path, target: &'a dyn Target, progress: &'a mut Progress, summary: &'a mut Summary) -> Self {
        Self { target, progress, summary, report: FileReport::new(file) }
    }

    fn run(mut self, options: FileOptions<'_>) -> FileReport {
        let mut rejects = match Rejects::beside(&self.report.path) {
            Ok(rejects) => rejects,
            Err(error) => return self.failed(Problem::rejects(&error)),
        };
        let reader = match FileReader::open_with(&self.report.path, options) {
            Ok(reader) => reader,
            Err(error) => return self.failed(Problem::file(&error)),
        };
        rejects.with_brands(reader.has_brands());
        if let Err(error) = self.pump(reader, &mut rejects) {
            self.report.problem = Some(Problem::file(&error));
        }
        match rejects.finish() {
            Ok(written) => self.report.rejects = written,
            Err(error) => self.report.problem = Some(Problem::rejects(&error)),
        }
        self.report
    }

    fn failed(mut self, problem: Problem) -> FileReport {
        self.report.problem = Some(problem);
        self.report
    }

    /// Reader, workers and this thread, which settles batches in the order of the file.
    fn pump(&mut self, reader: FileReader, rejects: &mut Rejects) -> Result<(), FileError> {
        let target = self.target;
        let (permits, permitted) = sync_channel(IN_FLIGHT);
        for _ in 0..IN_FLIGHT {
            let _ = permits.try_send(());
        }
        let (work, jobs) = sync_channel(IN_FLIGHT);
        let (done, settled) = channel();
        let (jobs, stop) = (Mutex::new(jobs), AtomicBool::new(false));
        let (notes, read) = thread::scope(|scope| {
            for _ in 0..WORKERS {
                let (jobs, stop, done) = (&jobs, &stop, done.clone());
                scope.spawn(move || work_off(jobs, &done, target, stop));
            }
            drop(done);
            let reading = scope.spawn(move || read_all(reader, &permitted, &work));
            self.settle_all(&settled, permits, &stop, rejects);
            reading.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        self.report.notes = notes;
        read
    }

    /// Settles batches as their turn comes; ends when reader and workers have. A failure of the target
    /// stops them; what they had in hand by then is still settled.
    fn settle_all(&mut self, settled: &Receiver<Done>, permits: SyncSender<()>, stop: &AtomicBool, rejects: &mut Rejects) {
        let (mut waiting, mut turn, mut permits) = (BTreeMap::new(), 0, Some(permits));
        for Done { job, result } in settled {
            match result {
                Ok(outcome) => drop(waiting.insert(job.number, (job, outcome))),
                Err(error) => {
                    stop.store(true, Ordering::Release);
                    permits = None;
                    self.summary.stopped.get_or_insert(error);
                }
            }
            while let Some((job, outcome)) = waiting.remove(&turn) {
                self.settle(&job, &outcome, rejects);
                turn += 1;
                // The queue has room for every permit, and a reader that has ended needs none.
                let _ = permits.as_ref().map(|permits| permits.try_send(()));
            }
        }
        for (job, outcome) in waiting.into_values() {
            self.settle(&job, &outcome, rejects);
        }
    }

    fn settle(&mut self, job: &Job, outcome: &Outcome, rejects: &mut Rejects) {
        let refused = rejects.write(&job.batch, outcome, job.position);
        let rows = job.batch.len() as u64;
        let refusals = refused.values().sum();
        self.report.rows += rows;
        self.report.refused += refusals;
        self.summary.add(rows, outcome, refused);
        self.progress.advance(rows, refusals, job.position);
    }
}

/// Reads batches as long as it is permitted to; what is to be said of the file, and how its reading ended.
fn read_all(mut reader: FileReader, permitted: &Receiver<()>, work: &SyncSender<Job>) -> (Notes, Result<(), FileError>) {
    let read = read_batches(&mut reader, permitted, work);
    (reader.notes(), read)
}

fn read_batches(reader: &mut FileReader, permitted: &Receiver<()>, work: &SyncSender<Job>) -> Result<(), FileError> {
    for number in 0.. {
        if permitted.recv().is_err() {
            break;
        }
        let Some(batch) = reader.next_batch(BATCH)? else { break };
        if work.send(Job { number, batch, position: reader.position() }).is_err() {
            break;
        }
    }
    Ok(())
}

/// Gives batches to the target until there are no more; passes them over once it is to stop.
fn work_off(jobs: &Mutex<Receiver<Job>>, done: &Sender<Done>, target: &dyn Target, stop: &AtomicBool) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        if stop.load(Ordering::Acquire) {
            continue;
        }
        let result = apply(target, &job.batch);
        if done.send(Done { job, result }).is_err() {
            return;
        }
    }
}

/// A panic is a failure of the target: a batch that vanished with its thread would be waited for forever.
fn apply(target: &dyn Target, batch: &Batch) -> Result<Outcome, TargetError> {
    if batch.rows.is_empty() {
        return Ok(Outcome::default());
    }
    catch_unwind(AssertUnwindSafe(|| target.apply(&batch.rows)))
        .unwrap_or_else(|_| Err(TargetError::new("INTERNAL", "the target panicked")))
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
