//! An import into a data directory that this process holds: read and sort everything, then take it in
//! slice by slice. Small files go the same way: a fresh or a large directory, one row or a billion, there
//! is one path to trust, and a file of a few rows costs no more by it.

use super::driver::{keep_inputs, run_files, size_of};
use super::manifest::{self, Manifest};
use super::rules::Rules;
use super::{ImportError, Outcome, Progress, Refused, Summary, Target, TargetError};
use crate::files::{FileOptions, Row};
use crate::import::resource_check;
use crate::import::resource_check::Bounds;
use crate::ingest::WriterHandle;
use crate::ingest::bulk::{BulkError, Records, SliceDone, Sorted, Sorter};
use crate::model::brand::BrandCode;
use crate::store::Store;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Movements of a slice: a fifth of the import, of which the first is prepared while the second is being
/// merged and the others two by two, so that both cores have work to the end; within bounds that keep a
/// batch from being dominated by its syncs and from taking much memory (40 MB).
const SLICE: (u64, u64) = (8_192, 524_288);

/// The data directory that an import goes to.
pub struct Place<'a> {
    /// Its store.
    pub store: &'a Store,
    /// Its writer. The import must be the only one to use it.
    pub writer: &'a WriterHandle,
}

/// Rows on their way into a sorter.
struct Sorting<'a> {
    rules: &'a Rules,
    sorter: Sorter,
    /// Of the rows so far; each batch of rows adds its own at once.
    brands: Mutex<BTreeSet<BrandCode>>,
}

/// One import.
struct Import<'a> {
    files: &'a [PathBuf],
    options: FileOptions<'a>,
    rules: &'a Rules,
    place: &'a Place<'a>,
    folder: PathBuf,
    inputs: String,
    /// Bytes of all files; the progress of reading, and once more that of taking in.
    bytes: u64,
}

/// Everything read and sorted, and what reading found.
struct Read {
    job: u64,
    summary: Summary,
    sorted: Sorted,
}

/// Imports files, each as the options say; blocks, and must not be called from within an async runtime. What is refused is counted
/// and written to `FILE.rejected.csv`; a file that cannot be read is reported and the next one begun.
/// After a kill the same call goes on behind the last batch that is in.
///
/// # Errors
/// Nothing was begun: one file would be overwritten by the refused rows of another, memory or disk do not
/// suffice, or what an earlier import left cannot be removed. What fails later is in the summary.
pub fn bulk(
    files: &[PathBuf],
    options: FileOptions<'_>,
    rules: &Rules,
    place: &Place<'_>,
    bounds: Bounds,
    progress: &mut Progress,
) -> Result<Summary, ImportError> {
    keep_inputs(files)?;
    let begun = Instant::now();
    let bytes = files.iter().map(|file| size_of(file)).sum::<u64>();
    let inputs = manifest::inputs(files, options, rules);
    let import = Import { files, options, rules, place, folder: place.store.staging(), inputs, bytes };
    progress.begin(bytes.saturating_mul(2));
    let mut summary = match import.read(bounds, progress)? {
        Ok(read) => import.take_in(read, progress),
        Err(summary) => import.stopped(summary),
    };
    summary.elapsed = begun.elapsed();
    progress.finish();
    Ok(summary)
}

impl Import<'_> {
    /// Reads and sorts, or finds that an earlier start has; a summary alone where that was stopped.
    fn read(&self, bounds: Bounds, progress: &mut Progress) -> Result<Result<Read, Summary>, ImportError> {
        if let Some(found) = Manifest::find(&self.folder, &self.inputs, self.files) {
            tracing::warn!("going on with these files where an earlier import stopped");
            progress.next_file(self.bytes);
            let (job, summary) = (found.job, found.summary(self.files));
            return Ok(Ok(Read { job, summary, sorted: found.sorted(&self.folder) }));
        }
        if manifest::clear(&self.folder)? {
            tracing::warn!("removed what an earlier import left unfinished; rows that it took in stay");
        }
        let limits = resource_check::check(self.files, self.folder.parent().unwrap_or(Path::new(".")), bounds)?;
        let sorting = Sorting { rules: self.rules, sorter: Sorter::new(self.folder.clone(), limits), brands: Mutex::default() };
        let mut summary = run_files(self.files, self.options, &sorting, progress);
        if summary.stopped.is_some() {
            return Ok(Err(summary));
        }
        summary.brands = sorting.brands.into_inner().unwrap_or_else(PoisonError::into_inner);
        let sorted = match sorting.sorter.finish() {
            Ok(sorted) => sorted,
            Err(error) => {
                summary.stopped = Some(stop(&error));
                return Ok(Err(summary));
            }
        };
        let job = getrandom::u64().map_err(|error| ImportError::NoRandom(error.to_string()))?;
        let problems = summary.files.iter().any(|file| file.problem.is_some());
        if !sorted.runs.is_empty() && !problems {
            Manifest::of(job, self.inputs.clone(), &summary, &sorted).save(&self.folder)?;
        }
        Ok(Ok(Read { job, summary, sorted }))
    }

    /// Takes slice by slice in. What was taken in stays whatever comes after it.
    fn take_in(&self, read: Read, progress: &mut Progress) -> Summary {
        let Read { job, mut summary, sorted } = read;
        let movements = sorted.movements;
        let taken = self.take_slices(job, sorted, &mut summary, |taken| {
            let position = u128::from(taken) * u128::from(self.bytes) / u128::from(movements.max(1));
            progress.advance(0, 0, u64::try_from(position).unwrap_or(u64::MAX));
        });
        if let Err(error) = taken {
            summary.stopped = Some(stop(&error));
            // Runs that are sound are what the next start goes on with.
            if matches!(error, BulkError::Damaged { .. }) {
                return self.stopped(summary);
            }
            count_taken(&mut summary);
            return summary;
        }
        self.tidy(&mut summary);
        summary
    }

    fn take_slices(&self, job: u64, sorted: Sorted, summary: &mut Summary, mut told: impl FnMut(u64)) -> Result<(), BulkError> {
        let size = sorted.movements.div_ceil(5).clamp(SLICE.0, SLICE.1);
        let before = self.place.store.bulk_position()?.filter(|position| position.job == job);
        let position = before.map_or(0, |position| position.movements);
        (summary.applied, summary.unchanged) = before.map_or((0, 0), |position| (position.applied, position.unchanged));
        summary.revision = self.place.store.revision()?;
        let slices = sorted.slices(job, size, position)?;
        self.place.writer.bulk(slices, |SliceDone { revision, applied, unchanged }| {
            summary.revision = revision;
            summary.applied += applied;
            summary.unchanged += unchanged;
            told(summary.applied + summary.unchanged);
        })
    }

    /// Ends an import that the next start begins anew.
    fn stopped(&self, mut summary: Summary) -> Summary {
        count_taken(&mut summary);
        self.tidy(&mut summary);
        summary
    }

    /// What cannot be removed now is removed by the next import.
    fn tidy(&self, summary: &mut Summary) {
        if let Err(error) = manifest::clear(&self.folder) {
            summary.stopped.get_or_insert(TargetError::new(error.code(), error.to_string()));
        }
    }
}

/// A row counts once it is taken in or refused; of those that were read others may be left.
fn count_taken(summary: &mut Summary) {
    summary.rows = summary.applied + summary.unchanged + summary.refused.values().sum::<u64>();
}

fn stop(error: &BulkError) -> TargetError {
    TargetError::new(error.code(), error.to_string())
}

impl Target for Sorting<'_> {
    fn apply(&self, rows: &[Row]) -> Result<Outcome, TargetError> {
        let (mut outcome, mut records, mut brands) = (Outcome::default(), Records::default(), BTreeSet::new());
        for (index, row) in rows.iter().enumerate() {
            match self.rules.read(row) {
                Ok(parsed) => {
                    outcome.as_of_now += u64::from(parsed.movement.received);
                    brands.insert(parsed.movement.relation.brand);
                    parsed.into_movements().for_each(|movement| records.push(&movement));
                }
                Err(refusal) => {
                    outcome.refused.push(Refused { index, code: refusal.code().into(), detail: refusal.to_string().into() });
                }
            }
        }
        self.brands.lock().unwrap_or_else(PoisonError::into_inner).append(&mut brands);
        self.sorter.add(&records).map_err(|error| stop(&error))?;
        Ok(outcome)
    }
}
