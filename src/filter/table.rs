//! The first rows of a list as text, under one delimiter.

use super::headings;
use super::layout::Kind;
use super::record::{Found, record};
use crate::model::encoding::Encoding;
use crate::model::recipient::{Email, Phone};

/// Rows that are looked at.
const ROWS: usize = 1_000;

/// The first rows of a list.
pub(super) struct Table {
    pub(super) delimiter: u8,
    pub(super) rows: Vec<TableRow>,
}

/// A row, and the physical line that it begins in.
pub(super) struct TableRow {
    /// From 1; lines that pass through before the sample are counted.
    pub(super) line: u64,
    pub(super) cells: Vec<String>,
}

impl Table {
    /// Reads `sample`, which begins behind `before` lines of the list.
    pub(super) fn read(sample: &[u8], before: u64, ended: bool, delimiter: u8, encoding: Encoding) -> Self {
        let (mut rows, mut at, mut line) = (Vec::new(), 0, before + 1);
        while at < sample.len() && rows.len() < ROWS {
            let mut cells = Vec::new();
            let found = record(sample, at, ended, delimiter, |_, span| {
                cells.push(encoding.text(span.of(sample)).unwrap_or_default().replace("\"\"", "\""));
            });
            match found {
                Found::Row { lines, next, .. } => {
                    // A row of nothing but delimiters is as blank as one without them.
                    rows.push(TableRow { line, cells });
                    (at, line) = (next, line + u64::from(lines));
                }
                Found::Blank { next } | Found::Bad { next, .. } => (at, line) = (next, line + 1),
                Found::TooLong | Found::More => break,
            }
        }
        Self { delimiter, rows }
    }

    /// What an earlier filter appended, if it did: a column by its name, whichever row the header is, or answers.
    pub(super) fn filtered_before(&self) -> Option<String> {
        let appended = |row: &TableRow| {
            let named = || row.cells.iter().find(|cell| headings::is_answers(cell));
            let pair = || row.cells.windows(2).find(|pair| headings::are_answers(&pair[0], &pair[1])).map(|pair| &pair[0]);
            let name = named().or_else(pair).filter(|_| !row.holds_address())?;
            Some(format!("a column {:?}", name.trim()))
        };
        let answers = |row: &TableRow| {
            let pair = row.cells.windows(2).find(|pair| headings::is_answer(&pair[0], &pair[1]))?;
            Some(format!("a column that says {:?}", pair[0].trim()))
        };
        self.rows.iter().find_map(|row| appended(row).or_else(|| answers(row)))
    }
}

impl TableRow {
    /// Cells that are not blank.
    pub(super) fn filled(&self) -> usize {
        self.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
    }

    /// Whether a cell is an address.
    pub(super) fn holds_address(&self) -> bool {
        self.cells.iter().any(|cell| is_address(Kind::Phone, cell) || is_address(Kind::Email, cell))
    }

    /// Whether somebody may read an address out of a cell, though it is none.
    pub(super) fn resembles_address(&self) -> bool {
        self.holds_address() || self.cells.iter().any(|cell| resembles_address(cell))
    }
}

pub(super) fn is_address(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Phone => Phone::parse(text).is_some(),
        Kind::Email => Email::parse(text).is_some(),
    }
}

/// `Ayse <ayse@ornek.com>`, `çağrı@örnek.com`, `05xx 123 45 67 dahili 12`.
pub(super) fn resembles_address(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.contains('@') || digits >= 9 || (digits >= 7 && text.trim_start().starts_with('+'))
}
