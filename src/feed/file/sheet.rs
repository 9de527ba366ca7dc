//! Movements of a workbook: a sheet whose first row with content is İYS's header.
//!
//! Spreadsheets turn phones into numbers and lose their `+`; the rules for recipients know that. A formula in a column
//! that is read makes the file unusable: its value is what some program last made of it.

use super::header::{Columns, HeaderProblem};
use super::row::FIELDS;
use super::workbook::{Place, SheetReader, SheetRow};
use super::{Batch, FileError, Row, Source};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A sheet of movements behind its header.
pub(super) struct Sheet {
    reader: SheetReader,
    columns: Columns,
    /// Bytes of the file, which are shared out among its rows.
    total: u64,
    done: u64,
    taken: Arc<AtomicU64>,
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
        let names = reader.next()?.map(|row| names_of(&row));
        let file = || super::error::name_of(path);
        let columns = match names {
            Some(names) => Columns::read(names.iter().map(String::as_str)),
            None => Err(HeaderProblem::Missing),
        };
        let columns = columns.map_err(|problem| FileError::header(file(), problem))?;
        let read = |place: &&Place| columns.field(place.column as usize).is_some();
        if let Some(place) = reader.head().formulas.iter().find(read) {
            return Err(FileError::formula(file(), *place));
        }
        Ok(Self { reader, columns, total, done: 1, taken: Arc::clone(taken) })
    }

    /// Whether rows name their own brand.
    pub(super) fn has_brands(&self) -> bool {
        self.columns.has_brands()
    }

    /// Names of other sheets that have content.
    pub(super) fn unread(&self) -> &[String] {
        &self.reader.head().unread
    }
}

impl Source for Sheet {
    fn read_line(&mut self, batch: &mut Batch) -> Result<bool, FileError> {
        let rows = u64::from(self.reader.head().rows).max(1);
        let Some(row) = self.reader.next()? else {
            self.taken.store(self.total, Ordering::Relaxed);
            return Ok(false);
        };
        match row_of(&row, &self.columns) {
            Some(row) => batch.push(row),
            None => batch.push_bad(row.number.into(), "the row is longer than 1 MiB"),
        }
        self.done += 1;
        self.taken.store(
            u128::from(self.total).saturating_mul(self.done.into()).checked_div(rows.into()).unwrap_or(0) as u64,
            Ordering::Relaxed,
        );
        Ok(true)
    }
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

/// A movement's row; none if it is too long. Cells without a heading above them are no part of it.
fn row_of(row: &SheetRow<'_>, columns: &Columns) -> Option<Row> {
    let mut fields = [""; FIELDS];
    for (column, text) in row.cells()? {
        if let Some(field) = columns.field(column as usize) {
            fields[field] = text;
        }
    }
    Some(Row::new(row.number.into(), &fields))
}
