//! What a list looks like: its delimiter, its header, the columns of its addresses.

use super::column::Sample;
use super::encoding::Encoding;
use super::error::ListError;
use super::record::{Found, record};
use super::{MAX_ROW, delimiter};
use memchr::memchr;
use std::fmt;

/// A kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For `ARAMA` and `MESAJ`.
    Phone,
    /// For `EPOSTA`.
    Email,
}

/// How a column is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Named {
    /// It is found.
    #[default]
    Found,
    /// By its name in the header, whatever its case.
    Name(String),
    /// By its number, from 1.
    Position(u32),
}

/// What is wanted of a list, and what is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The column of phones, if those are asked about.
    pub phones: Option<Named>,
    /// The column of e-mails, if those are asked about.
    pub emails: Option<Named>,
    /// The delimiter; none to find it.
    pub delimiter: Option<u8>,
    /// Whether the first row is a header; none to find out.
    pub header: Option<bool>,
    /// The encoding; none to go by its mark.
    pub encoding: Option<Encoding>,
}

/// What a list looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Between two fields.
    pub delimiter: u8,
    /// Fields of every row.
    pub fields: u32,
    /// Whether the first row is a header.
    pub header: bool,
    /// The column of phones, from 0, if those are asked about.
    pub phones: Option<u32>,
    /// The column of e-mails, from 0, if those are asked about.
    pub emails: Option<u32>,
}

/// Rows that are looked at.
const ROWS: usize = 1_000;

impl Named {
    /// Reads a flag or parameter: a number is one.
    #[must_use]
    pub fn of(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Position)
    }
}

impl Layout {
    /// The layout of a list that begins with `sample`, without its mark.
    ///
    /// # Errors
    /// It is no list, or not clear what it is.
    pub fn find(sample: &[u8], ended: bool, wanted: &Wanted, encoding: Encoding) -> Result<Self, ListError> {
        refuse_binary(sample)?;
        if sample.trim_ascii().is_empty() && ended {
            return Err(ListError::Empty);
        }
        let first_end = memchr(b'\n', sample).unwrap_or(sample.len());
        if first_end > MAX_ROW {
            return Err(ListError::FirstLineTooLong);
        }
        if memchr(b'\r', sample[..first_end].trim_ascii_end()).is_some() && memchr(b'"', &sample[..first_end]).is_none() {
            return Err(ListError::LoneReturn);
        }
        let read = |delimiter| rows(sample, ended, delimiter, encoding);
        let finds = |delimiter, fields| Self::of(&read(delimiter), delimiter, fields, wanted).is_ok();
        let (delimiter, fields) = match wanted.delimiter {
            Some(delimiter) => delimiter::given(sample, ended, delimiter),
            None => delimiter::find(sample, ended, finds)?,
        };
        let sample = read(delimiter);
        let layout = Self::of(&sample, delimiter, fields, wanted)?;
        let filtered = sample.first.iter().find(|name| layout.header && is_ours(name));
        filtered.map_or(Ok(layout), |name| Err(ListError::FilteredBefore(name.clone())))
    }

    fn of(sample: &Sample, delimiter: u8, fields: u32, wanted: &Wanted) -> Result<Self, ListError> {
        let by_name = [&wanted.phones, &wanted.emails].into_iter().any(|named| matches!(named, Some(Named::Name(_))));
        let header = wanted.header.unwrap_or_else(|| by_name || sample.has_header());
        let column = |kind, named: &Option<Named>| named.as_ref().map(|named| sample.column(kind, named, header)).transpose();
        let (phones, emails) = (column(Kind::Phone, &wanted.phones)?, column(Kind::Email, &wanted.emails)?);
        Ok(Self { delimiter, fields, header, phones, emails })
    }
}

/// Whether a column was appended by a filter.
fn is_ours(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    name == "decision"
        || name.strip_prefix("decision_").is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// The first rows as text.
fn rows(sample: &[u8], ended: bool, delimiter: u8, encoding: Encoding) -> Sample {
    let mut read: Vec<Vec<String>> = Vec::new();
    let mut at = 0;
    while at < sample.len() && read.len() < ROWS {
        let mut cells = Vec::new();
        let found = record(sample, at, ended, delimiter, |_, span| {
            cells.push(encoding.text(span.of(sample)).unwrap_or_default().replace("\"\"", "\""));
        });
        at = match found {
            Found::Row { next, .. } => {
                read.push(cells);
                next
            }
            Found::Blank { next } | Found::Bad { next, .. } => next,
            Found::TooLong | Found::More => break,
        };
    }
    let mut read = read.into_iter();
    Sample { first: read.next().unwrap_or_default(), rows: read.collect() }
}

/// What files begin with that people take for lists.
const MAGIC: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a spreadsheet or another archive (zip)"),
    (b"\xD0\xCF\x11\xE0", "an old spreadsheet or document (xls, doc)"),
    (b"\x1F\x8B", "compressed (gzip)"),
    (b"%PDF", "a PDF"),
    (b"\x28\xB5\x2F\xFD", "compressed (zstd)"),
    (b"\x89PNG", "a picture"),
    (b"\xFF\xD8\xFF", "a picture"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3", "a database"),
    (b"\x7FELF", "a program"),
];

fn refuse_binary(sample: &[u8]) -> Result<(), ListError> {
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| sample.starts_with(magic)) {
        return Err(ListError::Binary(name));
    }
    match memchr(0, sample) {
        Some(_) => Err(ListError::Binary("binary, or UTF-16 without its mark (it has NUL bytes)")),
        None => Ok(()),
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone => "phone numbers",
            Self::Email => "e-mail addresses",
        })
    }
}
