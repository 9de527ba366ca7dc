//! A spreadsheet of whatever columns, as delimited text: a line for each of its rows, so that a line's number is its
//! row's. Bounded as [`super::sheet`] is.

use super::cell::text_of;
use super::error::{FileError, name_of};
use super::sheet::{MAX_FILE, MAX_TEXT, MAX_UNPACKED, unpacks_within};
use calamine::{Reader, SheetVisible, Xlsx};
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What `.xlsx` begins with.
pub const XLSX: &[u8] = b"PK\x03\x04";

/// The rows of the only sheet, or of the one named, with commas between fields.
///
/// # Errors
/// It is no spreadsheet, too large, or it is not plain which rows are meant: several sheets, hidden ones, formulas.
pub fn csv_of_sheet(path: &Path, named: Option<&str>) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(|cause| FileError::unreadable(path, cause))?;
    let size = file.metadata().map_err(|cause| FileError::unreadable(path, cause))?.len();
    if size > MAX_FILE {
        return Err(too_large(path, "256 MiB"));
    }
    // As for movements: the parser may panic on a damaged file.
    let read = catch_unwind(AssertUnwindSafe(|| read(path, file, named)));
    read.unwrap_or_else(|_| Err(damaged(path)))
}

fn read(path: &Path, mut file: File, named: Option<&str>) -> Result<Vec<u8>, FileError> {
    if !unpacks_within(&mut file, MAX_UNPACKED).map_err(|_| damaged(path))? {
        return Err(too_large(path, "2 GiB unpacked"));
    }
    let mut book = Xlsx::new(BufReader::new(file)).map_err(|_| damaged(path))?;
    let name = sheet_of(path, &book, named)?;
    if let Some((row, column)) = first_formula(path, &mut book, &name)? {
        return Err(FileError::SheetFormula { file: name_of(path), row: row + 1, column: column + 1 });
    }
    let mut cells = book.worksheet_cells_reader(&name).map_err(|_| damaged(path))?;
    let mut rows: Vec<(u32, u32, String)> = Vec::new();
    let (mut text, mut width) = (0, 0);
    while let Some(cell) = cells.next_cell().map_err(|_| damaged(path))? {
        let (row, column) = cell.get_position();
        let value = text_of(cell.get_value());
        if value.is_empty() {
            continue;
        }
        text += value.len();
        if text > MAX_TEXT {
            return Err(too_large(path, "1 GiB of text"));
        }
        width = width.max(column + 1);
        rows.push((row, column, value));
    }
    if rows.is_empty() {
        return Err(FileError::Empty { file: name_of(path) });
    }
    written(path, &rows, width)
}

/// Where the first formula is, from 0.
fn first_formula<R: Read + Seek>(path: &Path, book: &mut Xlsx<R>, name: &str) -> Result<Option<(u32, u32)>, FileError> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|_| damaged(path))?;
    // A cell without one comes as an empty one.
    while let Some(cell) = cells.next_formula().map_err(|_| damaged(path))? {
        if !cell.get_value().is_empty() {
            return Ok(Some(cell.get_position()));
        }
    }
    Ok(None)
}

/// Rows and columns ascend.
fn written(path: &Path, cells: &[(u32, u32, String)], width: u32) -> Result<Vec<u8>, FileError> {
    /// Commas of empty cells count too.
    const MOST: usize = 2 * MAX_TEXT;
    let (mut csv, mut at, mut open) = (Vec::new(), (0, 0), false);
    let end_row = |csv: &mut Vec<u8>, column: u32| {
        csv.extend(std::iter::repeat_n(b',', (width - 1 - column) as usize));
        csv.push(b'\n');
    };
    for (row, column, value) in cells {
        while at.0 < *row {
            if open {
                end_row(&mut csv, at.1);
            } else {
                csv.push(b'\n');
            }
            (at, open) = ((at.0 + 1, 0), false);
        }
        if csv.len() > MOST {
            return Err(too_large(path, "1 GiB of text"));
        }
        csv.extend(std::iter::repeat_n(b',', (*column - at.1) as usize));
        put(&mut csv, value);
        (at.1, open) = (*column, true);
    }
    end_row(&mut csv, at.1);
    Ok(csv)
}

/// A field, in quotes where it needs them. A line break in a cell becomes a blank: rows are lines here.
fn put(csv: &mut Vec<u8>, value: &str) {
    let value = value.replace(['\r', '\n', '\0'], " ");
    if value.contains([',', '"']) {
        csv.push(b'"');
        csv.extend_from_slice(value.replace('"', "\"\"").as_bytes());
        csv.push(b'"');
    } else {
        csv.extend_from_slice(value.as_bytes());
    }
}

/// The sheet that is meant.
fn sheet_of<R: Read + Seek>(path: &Path, book: &Xlsx<R>, named: Option<&str>) -> Result<String, FileError> {
    let sheets = book.sheets_metadata();
    let those = |wanted: &dyn Fn(&SheetVisible) -> bool| -> Vec<String> {
        sheets.iter().filter(|sheet| wanted(&sheet.visible)).map(|sheet| sheet.name.clone()).collect()
    };
    let (visible, hidden) = (those(&|is| *is == SheetVisible::Visible), those(&|is| *is != SheetVisible::Visible));
    let file = || name_of(path);
    match (named, &visible[..]) {
        (Some(named), _) => match visible.iter().chain(&hidden).find(|name| *name == named) {
            Some(name) => Ok(name.clone()),
            None => Err(FileError::SheetUnknown { file: file(), sheets: visible.join(", ") }),
        },
        (None, _) if !hidden.is_empty() => Err(FileError::SheetHidden { file: file(), sheets: hidden.join(", ") }),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(FileError::SheetUnclear { file: file(), sheets: visible.join(", ") }),
    }
}

fn damaged(path: &Path) -> FileError {
    FileError::BadSpreadsheet { file: name_of(path) }
}

fn too_large(path: &Path, bound: &'static str) -> FileError {
    FileError::SpreadsheetTooLarge { file: name_of(path), bound }
}
