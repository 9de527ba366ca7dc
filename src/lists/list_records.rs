//! Records of lists, noted in the data directory on whose data they were decided: `find` and `dossier` look there for all that was decided
//! on it.
//!
//! `DATA/lists/NODE` holds the path of the folder whose record the node NODE signs.

use crate::sys::atomic_file::replace;
use crate::sys::private_file;
use crate::sys::private_file::make_folder;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A record of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedRecord {
    /// The node that signs it.
    pub node: u32,
    /// The folder that holds it, as `--data` takes it.
    pub folder: PathBuf,
}

/// The folder of the notes.
#[must_use]
pub fn notes_path(data: &Path) -> PathBuf {
    data.join("lists")
}

/// Notes a record in a data directory, in place of what was noted of its node.
pub fn note(data: &Path, record: &NotedRecord) -> io::Result<()> {
    let notes = notes_path(data);
    make_folder(&notes)?;
    let path = notes.join(format!("{:08x}", record.node));
    let folder = fs::canonicalize(&record.folder)?;
    replace(&path, folder.as_os_str().as_bytes())
}

/// Reads the notes of a data directory, in the order of nodes; a name that is no node's is passed over.
pub fn noted(data: &Path) -> io::Result<Vec<NotedRecord>> {
    let entries = match fs::read_dir(notes_path(data)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let node = name.to_str().filter(|name| name.len() == 8).and_then(|name| u32::from_str_radix(name, 16).ok());
        let Some(node) = node else { continue };
        let mut bytes = Vec::new();
        private_file::open(&entry.path())?.read_to_end(&mut bytes)?;
        found.push(NotedRecord { node, folder: OsString::from_vec(bytes).into() });
    }
    found.sort_by_key(|record| record.node);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noted_record_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let (data, list) = (dir.path().join("data"), dir.path().join("clean.csv.evidence"));
        fs::create_dir(&list).unwrap();
        assert_eq!(noted(&data).unwrap(), []);
        let record = NotedRecord { node: 0x2a, folder: list.canonicalize().unwrap() };
        note(&data, &record).unwrap();
        note(&data, &NotedRecord { node: 7, ..record.clone() }).unwrap();
        fs::write(notes_path(&data).join("README"), "no node").unwrap();
        assert_eq!(noted(&data).unwrap(), [NotedRecord { node: 7, ..record.clone() }, record]);
    }
}
