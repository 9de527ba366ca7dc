//! Movements of a workbook: a sheet whose first row with content is İYS's header.
//!
//! Spreadsheets turn phones into numbers and lose their `+`; the rules for recipients know that. A formula in a column
//! that is read makes the file unusable: its value is what some program last made of it. Another header further down, as
//! where two lists were put together, holds from there on.

use super::header::{Columns, HeaderProblem};
use super::row::FIELDS;
use super::workbook::{Place, SheetReader, SheetRow};
use super::{Batch, FileError, Notes, Row, Source};
use crate::model::consent::fields::STATUS;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A sheet of movements behind its header.
pub(super) struct Sheet {
    reader: SheetReader,
    columns: Columns,
    /// Whether each column of the header has a name; columns beyond have none.
    named: Vec<bool>,
    /// Whether cells may stand in a column without a name.
    has_unnamed: bool,
    notes: Notes,
    /// Bytes of the file, which are shared out among its rows.
    total: u64,
    done: u64,
    taken: Arc<AtomicU64>,
}

/// What a row is.
enum Reading {
    Row(Row),
    Header(Columns),
    TooLong(u64),
}

impl Sheet {
    /// Reads the sheet that `name` names, or the only one, of a file of `total` bytes, and its header.
    pub(super) fn open(
        path: &Path,
        file: File,
        total: u64,
        name: Option<&str>,
        taken: &Arc<AtomicU64>,
    ) -> Result<Self, FileError> {
        let mut reader = SheetReader::open(path, file, total, name)?;
        let names = reader.next()?.map(|row| names_of(&row)).unwrap_or_default();
        let columns = Columns::read(names.iter().map(String::as_str));
        let columns = columns.map_err(|problem: HeaderProblem| FileError::header(super::error::name_of(path), problem))?;
        refuse_formulas(&reader, &columns)?;
        let notes = Notes { unread_sheets: reader.head().unread.clone(), ..Notes::of(&columns) };
        let mut sheet =
            Self { reader, columns, named: Vec::new(), has_unnamed: false, notes, total, done: 1, taken: Arc::clone(taken) };
        sheet.set_names(&names);
        Ok(sheet)
    }

    /// Whether rows name their own brand.
    pub(super) fn has_brands(&self) -> bool {
        self.columns.has_brands()
    }

    fn set_names(&mut self, names: &[String]) {
        self.named = names.iter().map(|name| !name.trim().is_empty()).collect();
        self.has_unnamed = self.named.contains(&false) || self.named.len() < self.reader.head().width as usize;
    }

    /// Shares the file's bytes out among its rows.
    fn advance(&mut self) {
        self.done += 1;
        let rows = u128::from(self.reader.head().rows).max(1);
        let taken = u128::from(self.total) * u128::from(self.done) / rows;
        self.taken.store(u64::try_from(taken).unwrap_or(self.total), Ordering::Relaxed);
    }
}

impl Source for Sheet {
    fn read_line(&mut self, batch: &mut Batch) -> Result<bool, FileError> {
        let Some(row) = self.reader.next()? else { return Ok(false) };
        match read(&row, &self.columns) {
            Reading::Row(read) => {
                if self.has_unnamed {
                    note_unnamed(&row, &self.named, &mut self.notes);
                }
                batch.push(read);
            }
            Reading::TooLong(line) => batch.push_bad(line, "the row is longer than 1 MiB", b""),
            Reading::Header(columns) => {
                let names = names_of(&row);
                refuse_formulas(&self.reader, &columns)?;
                self.notes.add(&columns);
                self.columns = columns;
                self.set_names(&names);
            }
        }
        self.advance();
        Ok(true)
    }

    fn notes(&self) -> Notes {
        self.notes.clone()
    }
}

fn refuse_formulas(reader: &SheetReader, columns: &Columns) -> Result<(), FileError> {
    let is_read = |place: &&Place| columns.field(place.column as usize).is_some();
    reader.head().formulas.iter().find(is_read).map_or(Ok(()), |place| Err(reader.formula(*place)))
}

/// A row's cells as the names of columns; none of a row that is too long to be a header.
fn names_of(row: &SheetRow<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for (column, text) in row.cells().into_iter().flatten() {
        names.resize(column as usize + 1, String::new());
        names[column as usize].push_str(text);
    }
    names
}

/// Notes the columns of cells that have no heading above them, such as those of a second list beside the first.
fn note_unnamed(row: &SheetRow<'_>, named: &[bool], notes: &mut Notes) {
    let unnamed = |column: &u32| !named.get(*column as usize).copied().unwrap_or_default();
    row.cells().into_iter().flatten().map(|(column, _)| column).filter(unnamed).for_each(|column| notes.add_unnamed(column + 1));
}

/// Reads a row. Cells without a heading above them are no part of it.
fn read(row: &SheetRow<'_>, columns: &Columns) -> Reading {
    let line = row.number.into();
    let mut fields = [""; FIELDS];
    let Some(cells) = row.cells() else { return Reading::TooLong(line) };
    for (column, text) in cells {
        if let Some(field) = columns.field(column as usize) {
            fields[field] = text;
        }
    }
    // Nearly every row.
    if !matches!(fields[STATUS], "ONAY" | "RET")
        && let Ok(columns) = Columns::read(names_of(row).iter().map(String::as_str))
    {
        return Reading::Header(columns);
    }
    Reading::Row(Row::new(line, &fields))
}
