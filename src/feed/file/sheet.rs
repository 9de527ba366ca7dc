//! Spreadsheets: the first sheet whose first row is a header.
//!
//! A spreadsheet's format allows no reading row by row, so its rows are held in memory as a whole and
//! its size is bounded four ways: the file, what its archive unpacks to, one row, and the text of all
//! rows. Spreadsheets turn phones into numbers and lose their `+`; the rules for recipients know that.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use calamine::{Reader, Xls, Xlsx};

use super::cell::{borrowed, text_of};
use super::error::name_of;
use super::header::{Columns, HeaderProblem};
use super::row::FIELDS;
use super::{BadLine, Batch, FileError, MAX_LINE, Notes, Row, Source, biff};

/// A full sheet of 1,048,576 movements is about 100 MiB packed.
pub(super) const MAX_FILE: u64 = 256 << 20;
/// A full sheet of movements unpacks to about 600 MiB; far more than this is an archive made to burst.
pub(super) const MAX_UNPACKED: u64 = 2 << 30;
/// A full sheet of movements has about 200 MiB of text. Shared strings can make much of little, so
/// what the cells refer to is counted as well.
pub(super) const MAX_TEXT: usize = 1 << 30;

/// A spreadsheet's rows.
pub(super) struct Sheet {
    columns: Columns,
    batch: Batch,
}

/// Reads a spreadsheet of `size` bytes, `.xls` if `old`.
pub(super) fn load(path: &Path, file: File, size: u64, old: bool) -> Result<Sheet, FileError> {
    let name = name_of(path);
    if size == 0 {
        return Err(FileError::Empty { file: name });
    }
    if size > MAX_FILE {
        return Err(FileError::SpreadsheetTooLarge { file: name, bound: "256 MiB" });
    }
    // The parser's own checks are not complete: on a damaged file it may panic instead of failing.
    let read = catch_unwind(AssertUnwindSafe(|| if old { read_xls(file) } else { read_xlsx(file) }));
    match read.unwrap_or(Err(Problem::Damaged)) {
        Ok(sheet) => Ok(sheet),
        Err(Problem::Damaged) => Err(FileError::BadSpreadsheet { file: name }),
        Err(Problem::TooLarge(bound)) => Err(FileError::SpreadsheetTooLarge { file: name, bound }),
        Err(Problem::Header(problem)) => Err(FileError::header(name, problem)),
    }
}

impl Sheet {
    /// Whether rows name their own brand.
    pub(super) fn has_brands(&self) -> bool {
        self.columns.has_brands()
    }

    /// The rows, the file's `total` bytes shared out among them.
    pub(super) fn rows(self, total: u64, taken: &Arc<AtomicU64>) -> Rows {
        let count = self.batch.len() as u64;
        let (read, bad) = (self.batch.rows.into_iter(), self.batch.bad.into_iter());
        Rows { read, bad, notes: Notes::of(&self.columns), total, count, done: 0, taken: Arc::clone(taken) }
    }
}

/// A spreadsheet's rows on their way out.
pub(super) struct Rows {
    read: std::vec::IntoIter<Row>,
    bad: std::vec::IntoIter<BadLine>,
    notes: Notes,
    total: u64,
    count: u64,
    done: u64,
    taken: Arc<AtomicU64>,
}

impl Rows {
    /// The next bad row, if it is its turn.
    fn next_bad(&mut self) -> Option<BadLine> {
        let bad = self.bad.as_slice().first()?;
        let later = self.read.as_slice().first().is_some_and(|row| row.line() < bad.line);
        if later { None } else { self.bad.next() }
    }
}

impl Source for Rows {
    fn read_line(&mut self, batch: &mut Batch) -> Result<bool, FileError> {
        if let Some(bad) = self.next_bad() {
            batch.bad.push(bad);
        } else if let Some(row) = self.read.next() {
            batch.push(row);
        } else {
            return Ok(false);
        }
        self.done += 1;
        self.taken.store(self.total * self.done / self.count, Ordering::Relaxed);
        Ok(true)
    }

    fn notes(&self) -> Notes {
        self.notes.clone()
    }
}

/// What is wrong with a spreadsheet.
enum Problem {
    Damaged,
    TooLarge(&'static str),
    Header(HeaderProblem),
}

fn read_xlsx(mut file: File) -> Result<Sheet, Problem> {
    if !unpacks_within(&mut file, MAX_UNPACKED).map_err(|_| Problem::Damaged)? {
        return Err(Problem::TooLarge("2 GiB unpacked"));
    }
    let mut book = Xlsx::new(BufReader::new(file)).map_err(|_| Problem::Damaged)?;
    first_with_header(book.sheet_names(), |name| {
        let mut cells = book.worksheet_cells_reader(name).map_err(|_| Problem::Damaged)?;
        let mut collector = Collector::default();
        while let Some(cell) = cells.next_cell().map_err(|_| Problem::Damaged)? {
            let (row, column) = cell.get_position();
            collector.cell(row, column, || text_of(cell.get_value()))?;
        }
        collector.finish()
    })
}

fn read_xls(mut file: File) -> Result<Sheet, Problem> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|_| Problem::Damaged)?;
    if biff::is_impossible(&bytes) {
        return Err(Problem::Damaged);
    }
    let mut book = Xls::new(Cursor::new(bytes)).map_err(|_| Problem::Damaged)?;
    first_with_header(book.sheet_names(), |name| {
        let range = book.worksheet_range(name).map_err(|_| Problem::Damaged)?;
        let (top, left) = range.start().unwrap_or_default();
        let mut collector = Collector::default();
        for (row, column, value) in range.used_cells() {
            let place = (top.saturating_add(row as u32), left.saturating_add(column as u32));
            collector.cell(place.0, place.1, || text_of(&borrowed(value)))?;
        }
        collector.finish()
    })
}

/// Whether an archive unpacks to at most `bound` bytes. Every part is unpacked to nowhere: what an
/// archive says of its own sizes is not to be relied on.
pub(super) fn unpacks_within(file: &mut (impl Read + Seek), bound: u64) -> io::Result<bool> {
    let mut archive = zip::ZipArchive::new(BufReader::new(&mut *file))?;
    let mut left = bound;
    for part in 0..archive.len() {
        let unpacked = io::copy(&mut archive.by_index(part)?.take(left + 1), &mut io::sink())?;
        if unpacked > left {
            return Ok(false);
        }
        left -= unpacked;
    }
    file.rewind()?;
    Ok(true)
}

/// The first sheet with a header; if there is none, the nearest miss.
fn first_with_header(names: Vec<String>, mut read: impl FnMut(&str) -> Result<Sheet, Problem>) -> Result<Sheet, Problem> {
    let mut miss = HeaderProblem::Missing;
    for name in names {
        match read(&name) {
            Err(Problem::Header(HeaderProblem::Missing)) => {}
            Err(Problem::Header(problem)) if miss == HeaderProblem::Missing => miss = problem,
            Err(Problem::Header(_)) => {}
            other => return other,
        }
    }
    Err(Problem::Header(miss))
}

/// Gathers cells, which come in the order of their rows, into rows.
#[derive(Default)]
struct Collector {
    columns: Option<Columns>,
    row: u32,
    cells: Vec<(u32, String)>,
    row_text: usize,
    batch: Batch,
}

impl Collector {
    /// Takes a cell; of a row that is too long the rest is not even made into text.
    fn cell(&mut self, row: u32, column: u32, text: impl FnOnce() -> String) -> Result<(), Problem> {
        if row != self.row {
            self.end_row()?;
            self.row = row;
        }
        if self.row_text > MAX_LINE {
            return Ok(());
        }
        let text = text();
        if !text.trim().is_empty() {
            self.row_text += text.len();
            self.cells.push((column, text));
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Problem> {
        let too_long = std::mem::take(&mut self.row_text) > MAX_LINE;
        let cells = std::mem::take(&mut self.cells);
        if cells.is_empty() {
            return Ok(());
        }
        let Some(columns) = &self.columns else {
            self.columns = Some(header_of(&cells).map_err(Problem::Header)?);
            return Ok(());
        };
        let line = u64::from(self.row) + 1;
        if too_long {
            self.batch.push_bad(line, "the row is longer than 1 MiB", b"");
        } else {
            self.batch.push(row_of(line, cells, columns));
        }
        if self.batch.text > MAX_TEXT { Err(Problem::TooLarge("1 GiB of text")) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<Sheet, Problem> {
        self.end_row()?;
        let columns = self.columns.ok_or(Problem::Header(HeaderProblem::Missing))?;
        Ok(Sheet { columns, batch: self.batch })
    }
}

fn header_of(cells: &[(u32, String)]) -> Result<Columns, HeaderProblem> {
    /// No sheet has more columns.
    const WIDEST: u32 = 16_384;
    let width = cells.iter().map(|(column, _)| *column).max().unwrap_or(0).min(WIDEST);
    let mut names = vec![""; width as usize + 1];
    for (column, text) in cells {
        if let Some(name) = names.get_mut(*column as usize) {
            *name = text;
        }
    }
    Columns::read(names.into_iter())
}

/// Cells without a header above them are no part of the row.
fn row_of(line: u64, cells: Vec<(u32, String)>, columns: &Columns) -> Row {
    let mut fields: [String; FIELDS] = Default::default();
    for (column, text) in cells {
        if let Some(field) = columns.field(column as usize) {
            fields[field] = text;
        }
    }
    Row::new(line, &fields)
}
