//! Delimited text: İYS's day file, and what spreadsheets make of it.
//!
//! A row is a physical line, or several where a quoted note holds line ends. Three rules keep quotes from losing a
//! refusal or making up an approval:
//!
//! - A quote that is not closed, or whose row would not have the header's columns, costs its own line, never those
//!   after it.
//! - A line that cannot be read as a row is read for a refusal: one whose columns name recipient, type and RET counts.
//! - Where quotes make one row of lines that look like rows themselves, both readings are possible: refusals of either
//!   count, and of approvals the one that is the same in both, which is the first line's.

mod quotes;

use std::borrow::Cow;
use std::collections::VecDeque;

use super::error::LooksLike;
use super::header::{Columns, known};
use super::lines::{Found, Lines};
use super::row::FIELDS;
use super::{Batch, FileError, KEPT, MAX_LINE, Notes, Row, Source};
use crate::model::address::recipient::Recipient;
use crate::model::consent::channel::{Channel, RecipientType};
use crate::model::consent::fields::{CHANNEL, RECIPIENT, RECIPIENT_TYPE, STATUS};
use crate::model::consent::state::Status;
use crate::model::text::fold::bare;
use quotes::{Quotes, split, split_literally};

/// The delimiters that a header may use.
const DELIMITERS: [char; 3] = [',', ';', '\t'];
/// Physical lines of a row at most: a note of more is none.
const ROW_LINES: usize = 256;

/// A delimited file behind its header.
pub(super) struct Delimited {
    lines: Lines,
    /// Lines that were looked at as part of a row and are none.
    pending: VecDeque<Line>,
    header: Header,
    notes: Notes,
}

/// A physical line with its number.
type Line = (u64, Vec<u8>);

/// What rows are read by.
struct Header {
    columns: Columns,
    delimiter: char,
}

/// What a line is.
enum Reading {
    Row(Row),
    /// Another header: the order of columns from here on.
    Header(Columns),
    /// A quote of it is not closed.
    Unclosed,
    Bad(Cow<'static, str>),
}

/// The text of a line, with U+FFFD for what is not UTF-8. The standard library looks for that letter by letter.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

impl Delimited {
    /// Reads the header: the first line that is not blank.
    pub(super) fn open(mut lines: Lines) -> Result<Self, FileError> {
        let file = lines.file();
        let header = loop {
            match lines.next()? {
                Found::End => return Err(FileError::Empty { file }),
                Found::TooLong(..) => return Err(FileError::HeaderMissing { file }),
                Found::Line(_, bytes) if bytes.trim_ascii().is_empty() => {}
                Found::Line(_, bytes) => break String::from_utf8_lossy(bytes).into_owned(),
            }
        };
        if header.contains('\0') {
            return Err(FileError::OtherEncoding { file, looks: LooksLike::Utf16 });
        }
        // A lone CR ends lines of no known program: with it the whole file would pass for the header.
        let readable = Some(&header).filter(|header| !header.contains('\r'));
        let Some((delimiter, names)) = readable.and_then(|header| names_of(header)) else {
            return Err(FileError::HeaderMissing { file });
        };
        match Columns::read(names.iter().map(AsRef::as_ref)) {
            Ok(columns) => {
                let notes = Notes::of(&columns);
                Ok(Self { lines, pending: VecDeque::new(), header: Header { columns, delimiter }, notes })
            }
            Err(_) if lines.not_utf8().is_some() => Err(FileError::OtherEncoding { file, looks: LooksLike::Windows1254 }),
            Err(problem) => Err(FileError::header(file, problem)),
        }
    }

    /// Whether rows name their own brand.
    pub(super) fn has_brands(&self) -> bool {
        self.header.columns.has_brands()
    }

    /// Takes a line that has no quote in it, or whose quotes are closed.
    fn take(&mut self, line: u64, bytes: &[u8], batch: &mut Batch) {
        let text = text_of(bytes);
        match self.header.read(line, &text) {
            Reading::Row(row) => batch.push(row),
            Reading::Header(columns) => self.change_header(columns),
            Reading::Unclosed => self.take_bad(line, bytes, "a quote is not closed", batch),
            Reading::Bad(detail) => self.take_bad(line, bytes, detail, batch),
        }
    }

    /// Refuses a broken line, but for the refusal that it may name.
    fn take_bad(&self, line: u64, bytes: &[u8], detail: impl Into<Cow<'static, str>>, batch: &mut Batch) {
        let text = String::from_utf8_lossy(bytes);
        match self.header.row_in(line, &text).filter(is_refusal) {
            Some(row) => batch.push(row),
            None => batch.push_bad(line, detail, bytes),
        }
    }

    fn change_header(&mut self, columns: Columns) {
        self.notes.add(&columns);
        self.header.columns = columns;
    }

    /// Takes a line that opens a quote and does not close it, with the lines that belong to it.
    fn take_quoted(&mut self, first: Line, quotes: Quotes, batch: &mut Batch) -> Result<(), FileError> {
        let mut lines = vec![first];
        let closed = self.gather(&mut lines, quotes)?;
        let text = lines.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect::<Vec<_>>().join("\n");
        let (line, reading) = (lines[0].0, if closed { self.header.read(lines[0].0, &text) } else { Reading::Unclosed });
        let Reading::Row(row) = reading else {
            // Not one row: the first line alone is broken.
            let (_, bytes) = lines.remove(0);
            lines.into_iter().rev().for_each(|line| self.pending.push_front(line));
            self.take_bad(line, &bytes, "a quote is not closed", batch);
            return Ok(());
        };
        let inner = lines.iter().skip(1).filter_map(|(line, bytes)| self.header.row_in(*line, &String::from_utf8_lossy(bytes)));
        let inner: Vec<Row> = inner.collect();
        if inner.is_empty() {
            batch.push(row);
            return Ok(());
        }
        let alone = self.header.row_in(line, &String::from_utf8_lossy(&lines[0].1));
        if is_refusal(&row) || alone.is_some_and(|alone| says_the_same(&alone, &row)) {
            batch.push(row);
        }
        inner.into_iter().filter(is_refusal).for_each(|row| batch.push(row));
        let detail = "quotes make one row of lines that look like rows themselves; only refusals among those are applied";
        batch.push_bad(line, detail, text.as_bytes());
        Ok(())
    }

    /// Adds lines until the quotes are closed; says whether they are.
    fn gather(&mut self, lines: &mut Vec<Line>, mut quotes: Quotes) -> Result<bool, FileError> {
        let mut bytes = lines[0].1.len();
        while quotes.is_open() {
            if lines.len() == ROW_LINES || bytes > MAX_LINE {
                return Ok(false);
            }
            let next = match self.pending.pop_front() {
                Some(line) => line,
                None => match self.lines.next()? {
                    Found::Line(line, bytes) => (line, bytes.to_vec()),
                    Found::TooLong(line, bytes) => {
                        // Far too long to be part of a row; it is refused in its turn.
                        self.pending.push_front((line, bytes.to_vec()));
                        return Ok(false);
                    }
                    Found::End => return Ok(false),
                },
            };
            bytes += next.1.len();
            quotes.read(&next.1);
            lines.push(next);
        }
        Ok(!quotes.is_broken())
    }
}

impl Source for Delimited {
    fn read_line(&mut self, batch: &mut Batch) -> Result<bool, FileError> {
        let (line, bytes) = match self.pending.pop_front() {
            Some(line) => line,
            None => match self.lines.next()? {
                Found::End => return Ok(false),
                Found::TooLong(line, bytes) => (line, bytes.to_vec()),
                Found::Line(line, bytes) if memchr::memchr(b'"', bytes).is_some() => (line, bytes.to_vec()),
                Found::Line(_, bytes) if is_blank(bytes, self.header.delimiter) => return Ok(true),
                Found::Line(line, bytes) => {
                    // Nearly every line: it is read where it lies.
                    let text = text_of(bytes);
                    if let Some(row) = self.header.plain_row(line, &text) {
                        batch.push(row);
                        return Ok(true);
                    }
                    if let Reading::Row(row) = self.header.read(line, &text) {
                        batch.push(row);
                        return Ok(true);
                    }
                    (line, bytes.to_vec())
                }
            },
        };
        if bytes.len() > MAX_LINE {
            batch.push_bad(line, "the line is longer than 1 MiB", &bytes[..KEPT]);
            return Ok(true);
        }
        if is_blank(&bytes, self.header.delimiter) {
            return Ok(true);
        }
        let mut quotes = Quotes::new(self.header.delimiter);
        quotes.read(&bytes);
        if quotes.is_open() {
            self.take_quoted((line, bytes), quotes, batch)?;
        } else {
            self.take(line, &bytes, batch);
        }
        Ok(true)
    }

    fn notes(&self) -> Notes {
        Notes { not_utf8: self.lines.not_utf8(), ..self.notes.clone() }
    }
}

impl Header {
    /// The row of a line without quotes: the quick way for nearly all there are. What it does not read is to be looked
    /// at again.
    fn plain_row(&self, line: u64, text: &str) -> Option<Row> {
        let (mut fields, mut count) = ([""; FIELDS], 0);
        let mut take = |value| {
            if let Some(field) = self.columns.field(count) {
                fields[field] = value;
            }
            count += 1;
        };
        let mut from = 0;
        for at in memchr::memchr_iter(self.delimiter as u8, text.as_bytes()) {
            take(&text[from..at]);
            from = at + 1;
        }
        take(&text[from..]);
        let is_plain = count == self.columns.len() && matches!(fields[STATUS], "ONAY" | "RET");
        is_plain.then(|| Row::new(line, &fields))
    }

    fn read(&self, line: u64, text: &str) -> Reading {
        let mut fields: [Cow<'_, str>; FIELDS] = Default::default();
        let count = split(text, self.delimiter, |column, value| {
            if let Some(field) = self.columns.field(column) {
                fields[field] = value;
            }
        });
        let count = match count {
            Ok(count) => count,
            Err(quotes::Broken::Unclosed) => return Reading::Unclosed,
            Err(quotes::Broken::TextFollows) => return Reading::Bad("text follows a closing quote".into()),
        };
        let plain = count == self.columns.len() && matches!(&*fields[STATUS], "ONAY" | "RET");
        if !plain && let Some(columns) = self.another_header(text) {
            return Reading::Header(columns);
        }
        if count == self.columns.len() {
            return Reading::Row(Row::new(line, &fields));
        }
        Reading::Bad(format!("{count} fields where the header has {}", self.columns.len()).into())
    }

    /// The columns of a line that is a header itself, as where two files were put together.
    fn another_header(&self, text: &str) -> Option<Columns> {
        let mut names = Vec::new();
        split(text, self.delimiter, |_, name| names.push(name)).ok()?;
        Columns::read(names.iter().map(AsRef::as_ref)).ok()
    }

    /// The row that stands in a line whose quotes or number of fields are wrong: its columns counted from the left, or
    /// from the right, hold a recipient, a type and a status.
    fn row_in(&self, line: u64, text: &str) -> Option<Row> {
        let cells = split_literally(text, self.delimiter);
        let from_right = cells.len().checked_sub(self.columns.len()).filter(|shift| *shift > 0);
        [Some(0), from_right].into_iter().flatten().find_map(|shift| self.row_at(line, &cells, shift))
    }

    fn row_at(&self, line: u64, cells: &[&str], shift: usize) -> Option<Row> {
        let mut fields = [""; FIELDS];
        for (column, field) in self.columns.fields() {
            fields[field] = cells.get(column + shift).copied().unwrap_or_default();
        }
        Status::read(fields[STATUS])?;
        let channel = Channel::read(fields[CHANNEL])?;
        let of_type = bare(fields[RECIPIENT_TYPE]).is_empty() || RecipientType::read(fields[RECIPIENT_TYPE]).is_some();
        let known = of_type && Recipient::parse_refusal(fields[RECIPIENT], channel).is_ok();
        known.then(|| Row::new(line, &fields))
    }
}

/// Whether two readings of a line are the same movement.
fn says_the_same(one: &Row, other: &Row) -> bool {
    one.fields().map(bare) == other.fields().map(bare)
}

fn is_refusal(row: &Row) -> bool {
    Status::read(row.raw().status) == Some(Status::Ret)
}

/// The delimiter under which the most names are İYS's, and the names.
fn names_of(header: &str) -> Option<(char, Vec<Cow<'_, str>>)> {
    let readings = DELIMITERS.into_iter().filter_map(|delimiter| {
        let mut names = Vec::new();
        split(header, delimiter, |_, name| names.push(name)).ok()?;
        Some((delimiter, names))
    });
    readings.max_by_key(|(_, names)| known(names.iter().map(AsRef::as_ref)))
}

/// A line of nothing but delimiters and blanks, as spreadsheets leave below their last row.
fn is_blank(line: &[u8], delimiter: char) -> bool {
    line.iter().all(|byte| byte.is_ascii_whitespace() || char::from(*byte) == delimiter)
}
