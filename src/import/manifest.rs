//! What a killed import leaves so that the same command goes on where it stopped: `manifest.json` beside
//! its sorted runs. It is there once every row is read and every run is whole, and holds no name of a
//! file and no address.

use super::rules::Rules;
use super::summary::{FileReport, Summary};
use super::{ImportError, rejects_path};
use crate::files::{FileOptions, Notes};
use crate::ingest::bulk::{Names, Run, Sorted};
use crate::model::brand::BrandCode;
use crate::model::consent::source::Source;
use crate::sys::atomic_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// 2 adds the brands; 3 is of rows that are read under the rules for refusals, and adds notes; 4 of files in other encodings.
const VERSION: u32 = 4;
const NAME: &str = "manifest.json";

/// A sorted import.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u32,
    /// A random number, by which the store knows how far it is taken in.
    pub(super) job: u64,
    /// Which files under which rules: a hash of each file's place, size and time, and of the rules.
    inputs: String,
    /// What reading found: these rows were sorted or refused.
    rows: u64,
    as_of_now: u64,
    refused: BTreeMap<String, u64>,
    /// Rows, refusals and notes of each file.
    files: Vec<(u64, u64, Notes)>,
    /// Brands of the rows that were sorted.
    brands: Vec<u32>,
    /// Names of unknown sources.
    sources: Vec<String>,
    runs: Vec<Run>,
    movements: u64,
}

/// Which files, how they are read, under which rules.
pub(super) fn inputs(files: &[PathBuf], options: FileOptions<'_>, rules: &Rules) -> String {
    let mut hash = Xxh3::new();
    for file in files {
        let place = fs::canonicalize(file).unwrap_or_else(|_| file.clone());
        let known = fs::metadata(file).map(|found| (found.len(), found.mtime(), found.mtime_nsec())).unwrap_or_default();
        hash.update(place.as_os_str().as_bytes());
        hash.update(format!("\0{known:?}\0").as_bytes());
    }
    hash.update(format!("{options:?}\0").as_bytes());
    hash.update(&rules.fingerprint());
    format!("{:032x}", hash.digest128())
}

impl Manifest {
    pub(super) fn of(job: u64, inputs: String, summary: &Summary, sorted: &Sorted) -> Self {
        let mut sources: Vec<String> = sorted.names.values().map(|source| source.name().to_owned()).collect();
        sources.sort();
        Self {
            version: VERSION,
            job,
            inputs,
            rows: summary.rows,
            as_of_now: summary.as_of_now,
            refused: summary.refused.clone(),
            files: summary.files.iter().map(|file| (file.rows, file.refused, file.notes.clone())).collect(),
            brands: summary.brands.iter().map(|brand| brand.get()).collect(),
            sources,
            runs: sorted.runs.clone(),
            movements: sorted.movements,
        }
    }

    /// Writes it whole or not at all.
    pub(super) fn save(&self, folder: &Path) -> Result<(), ImportError> {
        let failed = |source: std::io::Error| ImportError::Folder { path: folder.join(NAME), source };
        let text = serde_json::to_vec(self).map_err(|error| failed(error.into()))?;
        atomic_file::replace(&folder.join(NAME), &text).map_err(failed)
    }

    /// That of the same import, if there is one and everything it needs is still there.
    pub(super) fn find(folder: &Path, inputs: &str, files: &[PathBuf]) -> Option<Self> {
        let text = fs::read(folder.join(NAME)).ok()?;
        let found: Self = serde_json::from_slice(&text).ok()?;
        let whole = |run: &Run| fs::metadata(folder.join(&run.name)).is_ok_and(|on_disk| on_disk.len() == run.bytes);
        let rejects = files.iter().zip(&found.files).all(|(file, (_, refused, _))| *refused == 0 || rejects_path(file).exists());
        let same = found.version == VERSION && found.inputs == inputs && found.files.len() == files.len();
        (same && rejects && found.runs.iter().all(whole)).then_some(found)
    }

    /// What reading found, as it was found then.
    pub(super) fn summary(&self, files: &[PathBuf]) -> Summary {
        let report = |(path, (rows, refused, notes)): (&PathBuf, &(u64, u64, Notes))| FileReport {
            path: path.clone(),
            rows: *rows,
            refused: *refused,
            rejects: (*refused > 0).then(|| rejects_path(path)),
            notes: notes.clone(),
            problem: None,
        };
        Summary {
            rows: self.rows,
            as_of_now: self.as_of_now,
            refused: self.refused.clone(),
            brands: self.brands.iter().filter_map(|brand| BrandCode::new(*brand)).collect(),
            files: files.iter().zip(&self.files).map(report).collect(),
            ..Summary::default()
        }
    }

    pub(super) fn sorted(self, folder: &Path) -> Sorted {
        let sources = self.sources.iter().filter_map(|name| Source::parse(name).ok());
        let names: Names = sources.map(|source| (source.code(), source)).collect();
        Sorted::of_runs(folder.to_owned(), self.runs, names, self.movements)
    }
}

/// Removes what an import left; says whether there was anything. The manifest goes first, so that what
/// a kill leaves behind is never taken for whole.
pub(super) fn clear(folder: &Path) -> Result<bool, ImportError> {
    let failed = |path: &Path, source| ImportError::Folder { path: path.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(folder, error)),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| is_ours(path)).collect();
    paths.sort_by_key(|path| path.file_name().is_none_or(|name| name != NAME));
    for path in &paths {
        fs::remove_file(path).map_err(|error| failed(path, error))?;
    }
    // Whatever else lies there is not ours to remove.
    let _ = fs::remove_dir(folder);
    Ok(!paths.is_empty())
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let kind = path.extension().unwrap_or_default();
    name == NAME || name == "manifest.new" || kind == "run" || kind == "sst"
}
