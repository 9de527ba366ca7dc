//! The structure of RocksDB's logs, looked at before RocksDB reads them: of some damage its reader never comes to an end.
//!
//! The list of files (MANIFEST) and the write-ahead logs are blocks of 32 KiB of records, each with a header: checksum (4
//! bytes), length (2), type (1). Types 5 to 8, 11 and 131 are those of a log whose file is used again, which ours never
//! are. In RocksDB 11.8 a header of such a type behind another record is reported as a bad record, without being passed
//! over, for ever; as the first record of a log it ends the log without a word, and with it everything that was written.

use crate::store::error::StoreError;
use crate::sys::private_file;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const BLOCK: usize = 32 << 10;
const HEADER: usize = 7;
/// The types of records of a log whose file is used again.
const RECYCLED: [u8; 6] = [5, 6, 7, 8, 11, 131];

/// Files of RocksDB that are read whole, by the beginnings of their names, and the bytes that they have at most.
const READ_WHOLE: [(&str, u64); 3] = [("CURRENT", LONGEST_NAME), ("IDENTITY", LONGEST_NAME), ("OPTIONS-", 16 << 20)];
/// Bytes of a name in a file at most.
const LONGEST_NAME: u64 = 4 << 10;

/// Looks at every name in the folder, at the list of files that is in use, and at every write-ahead log.
pub(super) fn check(store: &Path) -> Result<(), StoreError> {
    check_files(store)?;
    let unusable = |path: &Path, error: &io::Error| StoreError::unusable(path, error.to_string());
    for path in logs(store).map_err(|error| unusable(store, &error))? {
        let found = File::open(&path).and_then(recycled_record);
        match found {
            Ok(None) => {}
            Ok(Some(at)) => {
                let reason =
                    format!("{}: byte {at} is no record of a log; a write was torn, or the file was changed", path.display());
                let in_log = path.extension().is_some_and(|kind| kind == "log");
                return Err(StoreError::Damaged { path: store.to_owned(), reason, in_log });
            }
            // A process that writes beside us removes those that it needs no more.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(&path, &error)),
        }
    }
    Ok(())
}

/// Refuses a store that no process has open where the file is gone that names its files: RocksDB would make a new store, and remove the
/// files of this one.
pub(super) fn check_names(store: &Path) -> Result<(), StoreError> {
    let unusable = |error: io::Error| StoreError::unusable(store, error.to_string());
    let damaged = |reason| StoreError::Damaged { path: store.to_owned(), reason, in_log: false };
    if store.exists() {
        check_files(store)?;
    }
    let current = match private_file::read_text(&store.join("CURRENT"), LONGEST_NAME) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(damaged(error.to_string())),
        read => Some(read.map_err(unusable)?),
    };
    if let Some(current) = current {
        let name = current.trim_end();
        let is_there = name.starts_with("MANIFEST-") && store.join(name).is_file();
        return if is_there { Ok(()) } else { Err(damaged(format!("CURRENT names {name:?}, which is not there"))) };
    }
    if !store.exists() {
        return Ok(());
    }
    // What was cut short while it was made has none of these yet.
    match first_of(store, &["sst", "log"]).map_err(unusable)? {
        Some(path) => Err(damaged(format!("CURRENT is missing beside {}", path.display()))),
        None => Ok(()),
    }
}

/// A file with one of these endings.
pub(super) fn first_of(store: &Path, endings: &[&str]) -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir(store)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| endings.iter().any(|ending| kind == *ending)) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Refuses what is no file, and what is far too long to be read whole: RocksDB would wait for a pipe, and fill the memory.
fn check_files(store: &Path) -> Result<(), StoreError> {
    let unusable = |path: &Path, reason: String| StoreError::unusable(path, reason);
    for entry in fs::read_dir(store).map_err(|error| unusable(store, error.to_string()))? {
        let entry = entry.map_err(|error| unusable(store, error.to_string()))?;
        let (path, name) = (entry.path(), entry.file_name());
        private_file::refuse_link(&path).map_err(|unfit| unusable(&path, unfit.source.to_string()))?;
        let most = READ_WHOLE.iter().find(|(begin, _)| name.to_string_lossy().starts_with(begin)).map(|(_, most)| *most);
        let length = fs::metadata(&path).map_or(0, |found| found.len());
        if let Some(most) = most.filter(|most| length > *most) {
            let reason = format!("{}: has {length} bytes, and can have {most} at most", path.display());
            return Err(StoreError::Damaged { path: store.to_owned(), reason, in_log: false });
        }
    }
    Ok(())
}

/// Ends every write-ahead log where its reader would not come past a record, for an operator who accepts that what is behind it is
/// lost. The whole log stays beside it, with `damaged` behind its name.
pub(super) fn cut_behind_damage(store: &Path) -> Result<(), StoreError> {
    let unusable = |path: &Path, error: &io::Error| StoreError::unusable(path, error.to_string());
    for path in logs(store).map_err(|error| unusable(store, &error))?.into_iter().skip(1) {
        cut(&path).map_err(|error| unusable(&path, &error))?;
    }
    Ok(())
}

fn cut(log: &Path) -> io::Result<()> {
    let Some(at) = recycled_record(File::open(log)?)? else { return Ok(()) };
    let mut kept = log.as_os_str().to_owned();
    kept.push(".damaged");
    fs::copy(log, kept)?;
    let log = File::options().write(true).open(log)?;
    log.set_len(at)?;
    log.sync_all()
}

/// The list of files that is in use, and behind it every write-ahead log.
fn logs(store: &Path) -> io::Result<Vec<PathBuf>> {
    let current = private_file::read_text(&store.join("CURRENT"), LONGEST_NAME)?;
    let mut logs = vec![store.join(current.trim_end())];
    for entry in fs::read_dir(store)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "log") {
            logs.push(path);
        }
    }
    Ok(logs)
}

/// The place of the first record that RocksDB's reader would not come past.
fn recycled_record(mut log: impl Read) -> io::Result<Option<u64>> {
    let (mut block, mut begin) = (vec![0; BLOCK], 0);
    loop {
        let length = read_block(&mut log, &mut block)?;
        if let Some(at) = recycled_in(&block[..length]) {
            return Ok(Some(begin + at as u64));
        }
        if length < BLOCK {
            return Ok(None);
        }
        begin += BLOCK as u64;
    }
}

/// The same within a block, walked as RocksDB's reader walks it, which gives the rest of a block up when a record is longer
/// than that, or empty. A wrong checksum would have it do the same: whatever is found behind one is damage, too.
fn recycled_in(block: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(&[_, _, _, _, low, high, kind]) = block.get(at..at + HEADER).and_then(|header| header.first_chunk()) {
        let length = usize::from(u16::from_le_bytes([low, high]));
        if RECYCLED.contains(&kind) {
            return Some(at);
        }
        let end = at + HEADER + length;
        if end > block.len() || (kind == 0 && length == 0) {
            return None;
        }
        at = end;
    }
    None
}

/// Fills a block as far as there is anything.
fn read_block(log: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < block.len() {
        match log.read(&mut block[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, length: u16) -> Vec<u8> {
        let [low, high] = length.to_le_bytes();
        let mut bytes = vec![1, 2, 3, 4, low, high, kind];
        bytes.resize(HEADER + usize::from(length), 5);
        bytes
    }

    fn found(log: &[u8]) -> Option<u64> {
        recycled_record(log).unwrap()
    }

    #[test]
    fn a_record_of_a_log_that_is_used_again_is_found_wherever_a_header_stands() {
        let first = record(1, 100);
        for kind in RECYCLED {
            assert_eq!(found(&record(kind, 3)), Some(0));
            assert_eq!(found(&[&first[..], &record(kind, 3)].concat()), Some(107));
            assert_eq!(found(&[&first[..], &record(kind, 30)[..HEADER]].concat()), Some(107), "a torn one too");
            // Two records fill a block, but for six bytes that are left over.
            let full = [record(2, 16_377), record(4, 16_371), vec![0; 6]].concat();
            assert_eq!((full.len(), found(&[&full[..], &record(kind, 1)].concat())), (BLOCK, Some(BLOCK as u64)));
        }
    }

    #[test]
    fn what_rocksdb_passes_over_is_passed_over() {
        let first = record(1, 100);
        for rest in [
            Vec::new(),
            vec![5; 6],
            vec![0; 40],
            record(1, 9),
            record(9, 9),
            // Longer than the block: given up.
            record(1, 60_000)[..HEADER].to_vec(),
            // In the middle of a record's bytes.
            record(1, 9),
        ] {
            assert_eq!(found(&[&first[..], &rest].concat()), None, "{rest:?}");
        }
        assert_eq!(found(&[]), None);
    }
}
