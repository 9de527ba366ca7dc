//! Rows as a workbook (`.xlsx`): made of the text that was written, once that is whole.
//!
//! The text goes on after a kill, and a workbook cannot. It is made row by row, with a temporary file beside it and
//! without anything in memory. Every cell is text, so that phones keep their zeros and their `+` and nothing becomes a
//! formula; of a list that was a workbook, what reads as a number, a moment or a truth value of it becomes one again, but in
//! the columns of addresses, and line breaks in cells are kept.

use crate::files::{BREAK, decoded};
use crate::filter::output::NOT_ENFORCED;
use crate::filter::rows::RowReader;
use crate::model::text::encoding::{Declared, Encoding};
use crate::sys::private_file;
use rust_xlsxwriter::{Color, ExcelDateTime, Format, IgnoreError, Workbook, Worksheet, XlsxError};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

/// Rows of a sheet at most; more continue on another one.
const ROWS: u32 = 1_048_576;
/// Columns of a sheet at most.
const COLUMNS: usize = 16_384;
/// Characters that a column is wide at least and at most.
const WIDTH: std::ops::RangeInclusive<usize> = 10..=40;
/// Digits of a number that a spreadsheet shows as they are.
const DIGITS: usize = 11;

/// The form of the text that rows were written in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::lists) struct TextForm {
    pub(super) delimiter: u8,
    pub(super) encoding: Option<Encoding>,
    /// Whether the list has a header.
    pub(super) header: bool,
    /// Whether each decision's rows are in a text of their own.
    pub(super) split: bool,
    /// Whether the list was a workbook.
    pub(super) of_book: bool,
    /// The columns of addresses, from 0.
    pub(super) addresses: Vec<u32>,
}

/// Makes the workbook at `to` of the text at `from`.
pub(in crate::lists) fn make(from: &Path, to: &Path, form: &TextForm) -> io::Result<()> {
    let declared = match form.encoding {
        None | Some(Encoding::Utf8) => Declared::Utf8,
        Some(Encoding::Windows1254) => Declared::Windows1254,
        Some(Encoding::Utf16Le | Encoding::Utf16Be) => Declared::Utf16,
    };
    let text = decoded(Box::new(BufReader::new(File::open(from)?)), Some(declared))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut book = Workbook::new();
    book.set_tempdir(folder).map_err(failed)?;
    fill(&mut book, RowReader::new(text, form.delimiter), form)?;
    let unfinished = super::with_ending(to, ".new");
    let file = private_file::open_or_make(&unfinished)?;
    file.set_len(0)?;
    let mut writer = BufWriter::new(&file);
    book.save_to_writer(&mut writer).map_err(failed)?;
    writer.flush()?;
    drop(writer);
    file.sync_all()?;
    fs::rename(unfinished, to)
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(format!("{error}; give a name that ends with .csv")),
    }
}

fn fill(book: &mut Workbook, mut rows: RowReader<impl io::BufRead>, form: &TextForm) -> io::Result<()> {
    let (mut header, mut next): (Option<Vec<String>>, _) = (None, rows.next_row()?);
    for number in 1.. {
        let mut sheet = Sheet::begin(book, number, form)?;
        if let Some(header) = &header {
            sheet.put_header(header)?;
        }
        while sheet.row < ROWS
            && let Some(cells) = next
        {
            if header.is_none() && form.header && is_header(&cells, form.split && sheet.row == 0) {
                sheet.put_header(&cells)?;
                header = Some(cells);
            } else if sheet.row > 0 || !names_delimiter(&cells) {
                sheet.put(&cells)?;
            }
            next = rows.next_row()?;
        }
        sheet.end()?;
        if next.is_none() {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether a row is the list's header: the names of answers stand behind it, or it is the first row of one decision's.
fn is_header(cells: &[String], first_of_split: bool) -> bool {
    let is_answers = |cell: &String| cell == "decision" || cell.starts_with("decision_");
    first_of_split || cells.iter().any(is_answers)
}

/// `sep=;`, which spreadsheets take for a name of the delimiter in text alone.
fn names_delimiter(cells: &[String]) -> bool {
    cells.first().is_some_and(|cell| cell.to_ascii_lowercase().starts_with("sep="))
}

/// A sheet being written.
struct Sheet<'a> {
    cells: &'a mut Worksheet,
    form: &'a TextForm,
    formats: Formats,
    row: u32,
    header: Option<u32>,
    widths: Vec<usize>,
}

struct Formats {
    header: Format,
    /// Of a cell of several lines.
    lines: Format,
    moment: Format,
    day: Format,
    /// By the word of a decision.
    decisions: [(&'static str, Format); 3],
    /// Of an ALLOW that only a brand's mode gives.
    not_enforced: Format,
}

impl<'a> Sheet<'a> {
    fn begin(book: &'a mut Workbook, number: u32, form: &'a TextForm) -> io::Result<Self> {
        let sheet = book.add_worksheet_with_constant_memory().map_err(failed)?;
        let name = if number == 1 { "Liste".to_owned() } else { format!("Liste {number}") };
        sheet.set_name(name).map_err(failed)?.set_landscape().set_print_fit_to_pages(1, 0);
        let filled = |color: u32| Format::new().set_background_color(Color::RGB(color));
        let formats = Formats {
            header: Format::new().set_bold(),
            lines: Format::new().set_text_wrap(),
            moment: Format::new().set_num_format("dd.mm.yyyy hh:mm:ss"),
            day: Format::new().set_num_format("dd.mm.yyyy"),
            decisions: [("ALLOW", filled(0x00C6_EFCE)), ("DENY", filled(0x00FF_C7CE)), ("DEFER", filled(0x00FF_EB9C))],
            not_enforced: filled(0x00FF_FF00),
        };
        Ok(Self { cells: sheet, form, formats, row: 0, header: None, widths: Vec::new() })
    }

    fn put_header(&mut self, cells: &[String]) -> io::Result<()> {
        for (column, cell) in columns(cells)? {
            self.widen(column, cell);
            let cell = if self.form.of_book { cell.replace(BREAK, "\n") } else { cell.clone() };
            self.cells.write_string_with_format(self.row, column, cell, &self.formats.header).map_err(failed)?;
        }
        self.header = Some(self.row);
        self.row += 1;
        Ok(())
    }

    fn put(&mut self, cells: &[String]) -> io::Result<()> {
        for (column, cell) in columns(cells)?.filter(|(_, cell)| !cell.is_empty()) {
            self.widen(column, cell);
            let reason = cells.get(usize::from(column) + 1).map_or("", String::as_str);
            self.put_cell(column, cell, reason).map_err(failed)?;
        }
        self.row += 1;
        Ok(())
    }

    /// Puts a cell, with what stands to the right of it.
    fn put_cell(&mut self, column: u16, cell: &str, right: &str) -> Result<(), XlsxError> {
        let (sheet, row, Formats { lines, moment, day, decisions, not_enforced, .. }) =
            (&mut *self.cells, self.row, &self.formats);
        if let Some((word, format)) = decisions.iter().find(|(word, _)| *word == cell) {
            let through = *word == "ALLOW" && right.ends_with(NOT_ENFORCED);
            let format = if through { not_enforced } else { format };
            return sheet.write_string_with_format(row, column, cell, format).map(|_| ());
        }
        if self.form.of_book && cell.contains(BREAK) {
            return sheet.write_string_with_format(row, column, cell.replace(BREAK, "\n"), lines).map(|_| ());
        }
        if self.form.of_book && !self.form.addresses.contains(&u32::from(column)) {
            if let Some(number) = number(cell) {
                return sheet.write_number(row, column, number).map(|_| ());
            }
            if let "true" | "false" = cell {
                return sheet.write_boolean(row, column, cell == "true").map(|_| ());
            }
            if let Some((at, is_day)) = time_of(cell) {
                return sheet.write_datetime_with_format(row, column, &at, if is_day { day } else { moment }).map(|_| ());
            }
        }
        sheet.write_string(row, column, cell).map(|_| ())
    }

    fn widen(&mut self, column: u16, cell: &str) {
        let column = usize::from(column);
        if self.widths.len() <= column {
            self.widths.resize(column + 1, *WIDTH.start());
        }
        let longest = cell.split(BREAK).map(|line| line.chars().count()).max().unwrap_or_default();
        let width = (longest + 2).min(*WIDTH.end());
        self.widths[column] = self.widths[column].max(width);
    }

    fn end(self) -> io::Result<()> {
        let Self { cells: sheet, row, header, widths, .. } = self;
        for (column, width) in (0..).zip(&widths) {
            sheet.set_column_width(column, *width as f64).map_err(failed)?;
        }
        let Some(last_column) = u16::try_from(widths.len()).ok().and_then(|width| width.checked_sub(1)) else { return Ok(()) };
        let last_row = row.saturating_sub(1);
        sheet.ignore_error_range(0, 0, last_row, last_column, IgnoreError::NumberStoredAsText).map_err(failed)?;
        if let Some(header) = header {
            sheet.set_freeze_panes(header + 1, 0).map_err(failed)?;
            sheet.autofilter(header, 0, last_row.max(header), last_column).map_err(failed)?;
        }
        Ok(())
    }
}

/// The cells of a row with their columns.
fn columns(cells: &[String]) -> io::Result<impl Iterator<Item = (u16, &String)>> {
    if cells.len() > COLUMNS {
        return Err(io::Error::other(format!("a sheet has {COLUMNS} columns at most; give a name that ends with .csv")));
    }
    Ok((0..).zip(cells))
}

/// A number that a spreadsheet shows in the same digits, spelled as in the text of a list that was a workbook.
fn number(cell: &str) -> Option<f64> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, fraction) = digits.split_once(',').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let shown =
        (1..=DIGITS).contains(&(whole.len() + fraction.len())) && !whole.is_empty() && are_digits(whole) && are_digits(fraction);
    let cell = cell.replace(',', ".");
    let number: f64 = cell.parse().ok().filter(|_| shown)?;
    // `007`, `1,50` and `1,` are texts.
    (number.to_string() == cell).then_some(number)
}

/// A moment as the reader of workbooks spells it, and whether it is a day alone.
fn time_of(cell: &str) -> Option<(ExcelDateTime, bool)> {
    let shape: String = cell.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    if shape != "0000-00-00 00:00:00" {
        return None;
    }
    Some((ExcelDateTime::parse_from_str(cell).ok()?, cell.ends_with(" 00:00:00")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_if_it_is_shown_so() {
        for (cell, is) in [
            ("7", Some(7.0)),
            ("-1,5", Some(-1.5)),
            ("12345678901", Some(12_345_678_901.0)),
            ("0", Some(0.0)),
            ("007", None),
            ("1,50", None),
            ("1.5", None),
            ("1,", None),
            (",5", None),
            ("123456789012", None),
            ("+90", None),
            ("1e3", None),
            ("", None),
            ("-", None),
            ("NaN", None),
        ] {
            assert_eq!(number(cell), is, "{cell}");
        }
        assert!(time_of("2026-11-09 20:00:00").is_some_and(|(_, is_day)| !is_day));
        assert!(time_of("2026-11-09 00:00:00").is_some_and(|(_, is_day)| is_day));
        assert!(time_of("2026-11-09").is_none() && time_of("2026-99-09 00:00:00").is_none());
    }
}
