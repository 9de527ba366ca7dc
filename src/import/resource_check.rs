//! What an import needs of memory and disk, held against what there is before anything is begun.

use super::ImportError;
use super::driver::size_of;
use crate::ingest::bulk::Limits;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a sorted movement for a byte of a day file: 75 of 150.
const SORTED: (u64, u64) = (1, 2);
/// Bytes that the store takes for a byte of a day file: history 80, consent 60, changes 25 of 150.
const STORED: (u64, u64) = (6, 5);
/// A day file packs to a third at best: ids are random.
const UNPACKED: u64 = 3;
/// Kept free beside what is needed, so that the estimate may be wrong by something: 64 MiB.
const SPARE: u64 = 64 << 20;

/// With less, a file would fall into thousands of runs.
const LEAST_MEMORY: u64 = 1 << 20;

/// What an import may take. Memory is that for sorting; reading and writing take some 150 MiB beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes of temporary files; none for as many as are free.
    pub disk: Option<u64>,
}

/// Checks the need; what the sorter may take.
pub(super) fn check(files: &[PathBuf], data: &Path, bounds: Bounds) -> Result<Limits, ImportError> {
    if bounds.memory < LEAST_MEMORY {
        return Err(ImportError::MemoryBound { given: bounds.memory, least: LEAST_MEMORY });
    }
    let text = files.iter().map(|file| text_of(file)).fold(0, u64::saturating_add);
    let part = |(of, whole): (u64, u64)| (text / whole).saturating_mul(of);
    // Sorted movements take a fifth more in memory, and half of it goes to disk at a time.
    let in_memory = part(SORTED) / 4 * 5;
    let needed = bounds.memory.min(in_memory);
    if let Some(available) = available_memory().filter(|available| *available < needed) {
        return Err(ImportError::MemoryShort { needed, available });
    }
    let spilled = if in_memory > bounds.memory / 2 { part(SORTED) } else { 0 };
    let disk = bounds.disk.unwrap_or(u64::MAX);
    if spilled > disk {
        return Err(ImportError::DiskBound { given: disk, needed: spilled });
    }
    let needed = spilled.saturating_add(part(STORED)).saturating_add(SPARE);
    let path = data.to_owned();
    let free = free_disk(data).map_err(|source| ImportError::Folder { path: path.clone(), source })?;
    if free < needed {
        return Err(ImportError::DiskShort { path, free, needed });
    }
    Ok(Limits { memory: bounds.memory, disk })
}

fn text_of(file: &Path) -> u64 {
    let packed = file.extension().is_some_and(|kind| ["gz", "xlsx"].iter().any(|packed| kind.eq_ignore_ascii_case(packed)));
    size_of(file).saturating_mul(if packed { UNPACKED } else { 1 })
}

/// Bytes that this user may still write.
fn free_disk(path: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Bytes that the system can give without swapping; none where it does not say.
fn available_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(bytes: u64) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("day.csv");
        // A file of holes: large without taking room.
        fs::File::create(&path).unwrap().set_len(bytes).unwrap();
        (folder, vec![path])
    }

    fn code(files: &[PathBuf], data: &Path, bounds: Bounds) -> Result<Limits, &'static str> {
        check(files, data, bounds).map_err(|error| error.code())
    }

    #[test]
    fn what_fits_is_let_through() {
        let (folder, files) = file_of(1 << 20);
        let bounds = Bounds { memory: 128 << 20, disk: Some(0) };
        assert_eq!(code(&files, folder.path(), bounds), Ok(Limits { memory: 128 << 20, disk: 0 }), "nothing goes to disk");
    }

    #[test]
    fn what_cannot_fit_is_said_before_it_is_begun() {
        let (folder, files) = file_of(1 << 42);
        let memory = 128 << 20;
        assert_eq!(code(&files, folder.path(), Bounds { memory, disk: None }), Err("DISK_SHORT"));
        assert_eq!(code(&files, folder.path(), Bounds { memory, disk: Some(1 << 30) }), Err("DISK_BOUND"));
        assert_eq!(code(&files, folder.path(), Bounds { memory: 1 << 19, disk: None }), Err("MEMORY_BOUND"));
        assert_eq!(code(&files, folder.path(), Bounds { memory: 1 << 60, disk: None }), Err("MEMORY_SHORT"));
    }
}
