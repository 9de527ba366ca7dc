//! What an earlier command left, and what is not to be written over.

use super::SinkError;
use super::workbook::TextForm;
use crate::filter::Tally;
use crate::lists::stream::{is_held, partial};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Version of a note, or of how lists are read: what one version began no other may finish. 2 finds headers and columns
/// otherwise, and notes what the list looks like; 3 finds encodings, asks about several columns and makes workbooks; 4 keeps apart what only a mode lets through.
pub(super) const FORMAT: u32 = 4;

/// How far the streams reach.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    pub(super) format: u32,
    pub(super) settings: String,
    /// [`crate::filter::Layout::summary`] of the list, once that is known.
    pub(super) layout: Option<String>,
    /// The form of the text, once that is known.
    pub(super) form: Option<TextForm>,
    pub(super) lines: u64,
    /// Of the list's text so far.
    pub(super) text: String,
    /// Bytes and hash of each stream.
    pub(super) streams: Vec<(u64, String)>,
    pub(super) tally: Tally,
    /// Everything is written; only names are to be given.
    pub(super) whole: bool,
}

pub(super) fn read_note(path: &Path) -> Result<Option<Note>, SinkError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(SinkError::io(path))?,
    };
    let damaged = |_| SinkError::NotWhatWasWritten { path: path.to_owned() };
    serde_json::from_slice(&bytes).map(Some).map_err(damaged)
}

/// Each of what is written has a file of its own, and the list is none of them.
pub(super) fn refuse_one_file(paths: &[PathBuf], note: Option<&Path>, list: Option<&Path>) -> Result<(), SinkError> {
    let written = paths.iter().flat_map(|path| [path.clone(), partial(path)]).chain(note.map(Path::to_owned));
    let mut there: Vec<PathBuf> = list.map(real).into_iter().collect();
    for path in written {
        let place = real(&path);
        if there.contains(&place) {
            return Err(SinkError::OneFile { path });
        }
        there.push(place);
    }
    Ok(())
}

/// Where a path leads, as far as it is there.
fn real(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = || Some(fs::canonicalize(parent).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

pub(super) fn refuse_existing(paths: &[PathBuf], left: Option<&Note>) -> Result<(), SinkError> {
    if let Some(path) = paths.iter().find(|path| path.exists()) {
        return Err(SinkError::Exists { path: path.clone() });
    }
    match (paths.iter().find(|path| partial(path).exists()), left) {
        (Some(path), _) if is_held(path) => Err(SinkError::Busy { path: partial(path) }),
        (Some(path), left) => Err(SinkError::Unfinished { path: partial(path), lines: left.map_or(0, |left| left.lines) }),
        (None, _) => Ok(()),
    }
}
