//! A list in a workbook as delimited text: a line for each row, so that a line's number is its row's. It is in the form that
//! Excel opens in Türkiye: UTF-8 with its mark, and `;` between cells.
//!
//! The text is made while it is read. A line break in a cell becomes a [`BREAK`], so that a row is a line; where the cell
//! may hold an address it becomes a blank.

use super::workbook::SheetReader;
use super::workbook::problem::{Bound, Problem};
use super::{FileError, MAX_LINE};
use crate::model::text::encoding::MARK;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Between two cells.
pub const DELIMITER: u8 = b';';
/// A line break within a cell: a vertical tab, which no workbook can hold, and which a workbook that is made of the text has
/// as a line break again.
pub const BREAK: char = '\u{b}';
/// Bytes of the text at most: a cell in the last column makes every row 16 kB of delimiters.
const MAX_WRITTEN: u64 = 2 << 30;
/// Bytes that are made at once.
const PIECE: usize = 64 << 10;

/// A sheet as delimited text, in UTF-8, every row with as many fields.
pub struct ListSheet {
    file: String,
    reader: SheetReader,
    /// Text that is made and not read yet.
    text: Vec<u8>,
    taken: usize,
    /// The number of the next line, from 1.
    line: u32,
    ended: bool,
}

impl ListSheet {
    /// Reads the only sheet with content of the workbook at `path`, or the one that is named.
    ///
    /// # Errors
    /// It is no workbook, damaged, too large, or it is not clear which sheet is meant.
    pub fn open(path: &Path, file: File, sheet: Option<&str>) -> Result<Self, FileError> {
        let size = file.metadata().map_err(|cause| FileError::unreadable(path, cause))?.len();
        let reader = SheetReader::open(path, file, size, sheet)?;
        let list = Self { file: super::error::name_of(path), reader, text: MARK.to_vec(), taken: 0, line: 1, ended: false };
        if list.length() > MAX_WRITTEN {
            return Err(Problem::TooLarge(Bound::Written).into_error(list.file));
        }
        Ok(list)
    }

    /// Bytes of the text, more or less.
    #[must_use]
    pub fn length(&self) -> u64 {
        let head = self.reader.head();
        head.text + u64::from(head.rows) * u64::from(head.width) + u64::from(head.last_row)
    }

    /// The error of the first formula in one of these columns, from 0.
    #[must_use]
    pub fn formula_in(&self, columns: &[u32]) -> Option<FileError> {
        let place = self.reader.head().formulas.iter().filter(|place| columns.contains(&place.column)).min()?;
        Some(self.reader.formula(*place))
    }

    /// Makes text of the next row, and of the blank ones before it.
    fn next_row(&mut self) -> Result<(), FileError> {
        let width = self.reader.head().width;
        let Some(row) = self.reader.next()? else {
            self.ended = true;
            return Ok(());
        };
        self.text.extend(std::iter::repeat_n(b'\n', row.number.saturating_sub(self.line) as usize));
        self.line = row.number.saturating_add(1);
        let Some(cells) = row.cells() else {
            // What is too long to be a row is too long as a line too, and none of it is shown.
            self.text.resize(self.text.len() + MAX_LINE + 1, b' ');
            self.text.push(b'\n');
            return Ok(());
        };
        let mut at = 0;
        for (column, text) in cells {
            self.text.extend(std::iter::repeat_n(DELIMITER, (column - at) as usize));
            put(&mut self.text, text);
            at = column;
        }
        self.text.extend(std::iter::repeat_n(DELIMITER, width.saturating_sub(at + 1) as usize));
        self.text.push(b'\n');
        Ok(())
    }
}

impl Read for ListSheet {
    /// # Errors
    /// A [`FileError`] in an [`io::Error`]: the process that reads the workbook has ended early.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.text.len() {
            self.text.clear();
            self.taken = 0;
            while self.text.len() < PIECE && !self.ended {
                self.next_row().map_err(io::Error::other)?;
            }
        }
        let read = (&self.text[self.taken..]).read(buffer)?;
        self.taken += read;
        Ok(read)
    }
}

/// Whether a text is a number with a fraction, as [`super::workbook`] spells one.
fn is_fraction(text: &str) -> bool {
    let like_one = text.contains('.') && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    like_one && text.parse::<f64>().is_ok_and(|number| number.to_string() == text)
}

/// Whether an address may be read out of a text of several lines.
fn may_hold_address(text: &str) -> bool {
    /// No address has fewer.
    const DIGITS: usize = 5;
    text.contains('@') || text.chars().filter(|letter| letter.is_numeric()).count() >= DIGITS
}

/// A field, in quotes where it needs them; a fraction has the comma of Türkiye, where `12.5` opens as the twelfth of May.
/// No phone is spelled like a fraction.
fn put(csv: &mut Vec<u8>, text: &str) {
    if is_fraction(text) {
        return csv.extend(text.bytes().map(|byte| if byte == b'.' { b',' } else { byte }));
    }
    let is_break = |byte: u8| matches!(byte, b'\r' | b'\n' | 0);
    let quoted = text.bytes().any(|byte| matches!(byte, DELIMITER | b'"'));
    let keeps_breaks = text.contains('\n') && !may_hold_address(text);
    csv.extend(quoted.then_some(b'"'));
    for byte in text.bytes() {
        csv.extend((byte == b'"').then_some(b'"'));
        match byte {
            b'\n' if keeps_breaks => csv.push(BREAK as u8),
            b'\r' if keeps_breaks => {}
            byte => csv.push(if is_break(byte) { b' ' } else { byte }),
        }
    }
    csv.extend(quoted.then_some(b'"'));
}
