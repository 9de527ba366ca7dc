//! The first rows of a list as text, under one delimiter.

use super::headings;
use super::layout::Kind;
use super::record::{Found, record};
use crate::model::address::recipient::{Email, Phone};
use crate::model::text::encoding::Encoding;

/// A line break in a cell of a workbook, as its text has it.
const BREAK: char = '\u{b}';

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
                cells.push(encoding.text(span.of(sample)).unwrap_or_default().replace("\"\"", "\"").replace(BREAK, " "));
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
    text.contains('@') || (digits >= 9 && !is_dated(text)) || (digits >= 7 && text.trim_start().starts_with('+'))
}

/// Whether the digits of a text are those of days and times, but for three at most: `Tarih: 30.11.2026 14:25`, or a moment
/// of a workbook.
fn is_dated(text: &str) -> bool {
    /// Fewer than any line has.
    const OTHERS: usize = 3;
    let others = text.split_whitespace().filter(|word| !is_day(word) && !is_time(word));
    others.flat_map(str::bytes).filter(u8::is_ascii_digit).count() <= OTHERS
}

/// `30.11.2026`, `2026-11-30`
fn is_day(word: &str) -> bool {
    let parts: Vec<&str> = word.split(['.', '/', '-']).collect();
    let within = |text: &str, most: u32| text.len() <= 2 && text.parse().is_ok_and(|number| (1..=most).contains(&number));
    let is_year = |text: &str| text.len() == 4 && text.parse().is_ok_and(|year: u32| (1900..2100).contains(&year));
    match parts[..] {
        [year, month, day] if is_year(year) => within(month, 12) && within(day, 31),
        [day, month, year] => is_year(year) && within(month, 12) && within(day, 31),
        _ => false,
    }
}

/// `14:25`, `00:00:00`
fn is_time(word: &str) -> bool {
    let is_part = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
    matches!(word.split(':').count(), 2 | 3) && word.split(':').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::resembles_address;

    #[test]
    fn days_and_times_resemble_no_address_and_phones_do() {
        for text in [
            "30.11.2026 14:25",
            "2026-11-30 00:00:00",
            "Tarih: 30.11.2026 14:25:01",
            "Rapor 12, 1/2/2026 – 28/2/2026",
            "12345678",
        ] {
            assert!(!resembles_address(text), "{text}");
        }
        for text in [
            "0532 123 45 67",
            "0532 30.11.2026",
            "532.12.34567",
            "a@b",
            "+90 12345",
            "0532 12:34:56",
            "30.11.2026 / 0532 123 45 67",
            "05321234567 14:25",
            "30.13.2026 14",
        ] {
            assert!(resembles_address(text), "{text}");
        }
    }
}
