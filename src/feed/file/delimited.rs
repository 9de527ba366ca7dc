//! Delimited text: İYS's day file, and what spreadsheets make of it.
//!
//! A row is a physical line. No field of a movement holds a line break, so a quote left open costs its
//! own line and never swallows the lines after it.

use std::borrow::Cow;

use super::header::{Columns, known};
use super::lines::{Found, Lines};
use super::row::FIELDS;
use super::{Batch, FileError, Row, Source};

/// The delimiters that a header may use.
const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// A delimited file behind its header.
pub(super) struct Delimited {
    lines: Lines,
    columns: Columns,
    delimiter: char,
}

impl Delimited {
    /// Reads the header: the first line that is not blank.
    pub(super) fn open(mut lines: Lines) -> Result<Self, FileError> {
        let file = lines.file();
        let header = loop {
            match lines.next()? {
                Found::End => return Err(FileError::Empty { file }),
                Found::TooLong(_) => return Err(FileError::HeaderMissing { file }),
                Found::Line(_, bytes) if bytes.trim_ascii().is_empty() => {}
                Found::Line(_, bytes) => break std::str::from_utf8(bytes).ok(),
            }
        };
        // A lone CR ends lines of no known program: with it the whole file would pass for the header.
        let header = header.filter(|header| !header.contains('\r'));
        let Some((delimiter, names)) = header.and_then(names_of) else {
            return Err(FileError::HeaderMissing { file });
        };
        match Columns::read(names.iter().map(AsRef::as_ref)) {
            Ok(columns) => Ok(Self { lines, columns, delimiter }),
            Err(problem) => Err(FileError::header(file, problem)),
        }
    }

    /// Whether rows name their own brand.
    pub(super) fn has_brands(&self) -> bool {
        self.columns.has_brands()
    }
}

impl Source for Delimited {
    fn read_line(&mut self, batch: &mut Batch) -> Result<bool, FileError> {
        let (line, bytes) = match self.lines.next()? {
            Found::End => return Ok(false),
            Found::TooLong(line) => {
                batch.push_bad(line, "the line is longer than 1 MiB");
                return Ok(true);
            }
            Found::Line(line, bytes) => (line, bytes),
        };
        if is_blank(bytes, self.delimiter) {
            return Ok(true);
        }
        match row_of(line, bytes, self.delimiter, &self.columns) {
            Ok(row) => batch.push(row),
            Err(detail) => batch.push_bad(line, detail),
        }
        Ok(true)
    }
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

fn row_of(line: u64, bytes: &[u8], delimiter: char, columns: &Columns) -> Result<Row, Cow<'static, str>> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the line is not UTF-8")?;
    let mut fields: [Cow<'_, str>; FIELDS] = Default::default();
    let count = split(text, delimiter, |column, value| {
        if let Some(field) = columns.field(column) {
            fields[field] = value;
        }
    })?;
    if count != columns.len() {
        return Err(format!("{count} fields where the header has {}", columns.len()).into());
    }
    Ok(Row::new(line, &fields))
}

/// Gives every field of a line with its place; returns how many there are.
fn split<'a>(line: &'a str, delimiter: char, mut take: impl FnMut(usize, Cow<'a, str>)) -> Result<usize, &'static str> {
    let (mut rest, mut count) = (line, 0);
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted, delimiter)?,
            None => plain_field(rest, delimiter),
        };
        take(count, field);
        count += 1;
        match after {
            Some(after) => rest = after,
            None => return Ok(count),
        }
    }
}

/// A field, and what follows its delimiter.
type Field<'a> = (Cow<'a, str>, Option<&'a str>);

fn plain_field(text: &str, delimiter: char) -> Field<'_> {
    // Delimiters are ASCII, so that text is cut at characters.
    match memchr::memchr(delimiter as u8, text.as_bytes()) {
        Some(at) => (text[..at].into(), Some(&text[at + 1..])),
        None => (text.into(), None),
    }
}

/// A field behind its opening quote; two quotes inside stand for one.
fn quoted_field(text: &str, delimiter: char) -> Result<Field<'_>, &'static str> {
    let (mut field, mut rest) = (Cow::Borrowed(""), text);
    loop {
        let (part, after) = rest.split_once('"').ok_or("a quote is not closed")?;
        if field.is_empty() {
            field = part.into();
        } else {
            field.to_mut().push_str(part);
        }
        if let Some(more) = after.strip_prefix('"') {
            field.to_mut().push('"');
            rest = more;
        } else if after.is_empty() {
            return Ok((field, None));
        } else {
            let after = after.strip_prefix(delimiter).ok_or("text follows a closing quote")?;
            return Ok((field, Some(after)));
        }
    }
}
