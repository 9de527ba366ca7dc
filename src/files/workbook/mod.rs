//! Workbooks (`.xlsx`, `.xlsm`, `.xls`): one sheet, all of it or an error.
//!
//! ```text
//! a child process, its memory bounded:  file ──► the sheet that is meant ──► cells ──► rows in order ──► pipe
//! here, a row at a time:                pipe ──► movements (`sheet`), or a list as delimited text (`plain`)
//! ```
//! What is read does not depend on who reads it: movements and lists have the same rule for the sheet ([`choice`]), the
//! same bounds ([`grid`]) and the same text of a cell ([`cell`]). What the content is decides between the two formats,
//! whatever the name says. A format of which the reader cannot vouch for every cell is an error: a cell that stands
//! twice, or beyond the format's last row or column, or a sheet without its end. Formulas are noted by column, for only
//! the columns that are used must have none: a formula's value is what some program last made of it.
//!
//! In reading order: [`choice`], [`grid`], [`cell`]; `archive` and `xlsx`, `biff` and `xls` the two formats; [`frame`]
//! and [`child`] how rows come here; [`problem`] what can be wrong.

mod archive;
mod biff;
mod cell;
pub(super) mod child;
mod choice;
mod frame;
mod grid;
pub(super) mod problem;
mod xls;
mod xlsx;

#[cfg(test)]
mod tests;

use super::FileError;
use super::error::name_of;
use frame::{Frame, Frames};
use grid::{Grid, Packed};
use problem::{Bound, Damage, Problem};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read, Seek};
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Child;

/// First bytes of an `.xlsx`, as of every zip archive.
pub const XLSX: &[u8] = b"PK\x03\x04";
/// First bytes of an `.xls`, as of every compound file.
pub const XLS: &[u8] = b"\xD0\xCF\x11\xE0";

/// Whether a file begins as a workbook does. It is read on from where it was; of a pipe nothing is known before it is read.
pub(super) fn begins(file: &File) -> io::Result<bool> {
    let mut beginning = [0; XLSX.len()];
    match file.read_at(&mut beginning, 0) {
        Ok(read) => Ok(matches!(&beginning[..read], XLSX | XLS)),
        Err(error) if error.kind() == ErrorKind::NotSeekable => Ok(false),
        Err(error) => Err(error),
    }
}

/// Bytes of a file at most: a full sheet of 1,048,576 movements is about 100 MiB packed.
const MAX_FILE: u64 = 256 << 20;

/// A place in a sheet, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The row.
    pub row: u32,
    /// The column.
    pub column: u32,
}

/// Facts about a sheet that are known before its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Rows with content.
    pub(super) rows: u32,
    /// The number of the last row with content, from 1.
    pub(super) last_row: u32,
    /// Columns up to the last one with content.
    pub(super) width: u32,
    /// Bytes of the text of all cells.
    pub(super) text: u64,
    /// The first formula of each column that has one.
    pub(super) formulas: Vec<Place>,
    /// Other sheets that have content.
    pub(super) unread: Vec<String>,
}

/// A sheet being read.
pub(super) struct SheetReader {
    file: String,
    head: Head,
    frames: Frames<Box<dyn Read + Send>>,
    child: Option<Child>,
}

/// A row with content.
pub(super) struct SheetRow<'a> {
    /// Its number, from 1.
    pub(super) number: u32,
    /// Its cells; `None` if they have more text than a row may have.
    cells: Option<Packed<'a>>,
}

impl SheetReader {
    /// Opens the sheet that `sheet` names, or the only one with content. The whole of it has been read when this
    /// returns; rows then come from the reading process.
    ///
    /// # Errors
    /// The file is no workbook, damaged, too large, or it is not clear which sheet is meant.
    pub(super) fn open(path: &Path, file: File, size: u64, sheet: Option<&str>) -> Result<Self, FileError> {
        let name = name_of(path);
        let problem = |problem: Problem| problem.into_error(name.clone());
        match size {
            0 => return Err(problem(Problem::Empty)),
            1..=MAX_FILE => {}
            _ => return Err(problem(Problem::TooLarge(Bound::File))),
        }
        let (input, child) = rows_of(file, sheet).map_err(|cause| FileError::unreadable(path, cause))?;
        let mut reader = Self { file: name, head: Head::default(), frames: Frames::new(input), child };
        match reader.frames.head() {
            Ok(Ok(head)) => reader.head = head,
            Ok(Err(problem)) => return Err(problem.into_error(reader.file.clone())),
            Err(broken) => return Err(reader.broken(broken)),
        }
        Ok(reader)
    }

    /// Facts about the sheet.
    pub(super) const fn head(&self) -> &Head {
        &self.head
    }

    /// The error of a formula in a column that is read.
    pub(super) fn formula(&self, place: Place) -> FileError {
        FileError::formula(self.file.clone(), place)
    }

    /// The next row; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<SheetRow<'_>>, FileError> {
        match self.frames.next(&self.head) {
            Ok(Frame::Row { row, too_long }) => {
                let cells = if too_long { None } else { self.frames.cells() };
                Ok(Some(SheetRow { number: row + 1, cells }))
            }
            Ok(Frame::End) => {
                if let Some(mut child) = self.child.take() {
                    let _ = child.wait();
                }
                Ok(None)
            }
            Err(broken) => Err(self.broken(broken)),
        }
    }

    /// The error of a reading process that did not say what is wrong.
    fn broken(&mut self, broken: frame::Broken) -> FileError {
        let ended = self.child.take().map(|child| child::ended(child, broken));
        ended.unwrap_or(Problem::Damaged(Damage::Unreadable)).into_error(self.file.clone())
    }
}

impl Drop for SheetReader {
    /// Ends a reading process whose rows are not taken.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl<'a> SheetRow<'a> {
    /// The cells with content, by column from 0; `None` if the row has more text than a row may have.
    pub(super) fn cells(&self) -> Option<impl Iterator<Item = (u32, &'a str)> + use<'a>> {
        self.cells.map(Packed::iter)
    }
}

/// A stream of frames, and the process that writes it, if it is another one.
fn rows_of(file: File, sheet: Option<&str>) -> std::io::Result<(Box<dyn Read + Send>, Option<Child>)> {
    if let Some((output, child)) = child::begin(&file, sheet)? {
        return Ok((output, Some(child)));
    }
    let mut frames = Vec::new();
    frame::write(&mut frames, &read(file, sheet))?;
    Ok((Box::new(Cursor::new(frames)), None))
}

/// Reads a sheet as a whole.
fn read(mut file: File, sheet: Option<&str>) -> Result<Grid, Problem> {
    let mut beginning = Vec::new();
    let unreadable = |_| Problem::Damaged(Damage::Unreadable);
    file.by_ref().take(XLSX.len() as u64).read_to_end(&mut beginning).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    // The parsers' own checks are not complete: on a damaged file they may panic instead of failing.
    let read = catch_unwind(AssertUnwindSafe(|| match beginning.as_slice() {
        XLSX => xlsx::read(file, sheet),
        XLS => xls::read(file, sheet),
        _ => Err(Problem::Damaged(Damage::NoWorkbook)),
    }));
    read.unwrap_or(Err(Problem::Damaged(Damage::Unreadable)))
}
