//! What a list looks like: its delimiter, its header, the columns of its addresses.

use super::column::Sample;
use super::delimiter::{self, DELIMITERS, Reading, Separator};
use super::error::ListError;
use super::headings::heading;
use super::table::{Table, TableRow, resembles_address};
use super::{MAX_ROW, header};
use crate::model::consent::channel::Channel;
use crate::model::text::encoding::{Declared, Encoding};
use crate::model::text::fold::{bare, folded, one_line};
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

/// How a column is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Named {
    /// Not at all: it is found.
    #[default]
    Found,
    /// By its name in the header, whatever its letters.
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
    /// Whether the list has a header; none to find out.
    pub header: Option<bool>,
    /// The encoding; none to find it.
    pub encoding: Option<Declared>,
    /// Whether letters beside ASCII are appended to rows: they are in the list's encoding, or it is an error.
    pub appends_letters: bool,
}

/// What a list looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Between two fields.
    pub delimiter: u8,
    /// Fields of every row.
    pub fields: u32,
    /// Whether the first line names the delimiter (`sep=;`).
    pub separator: bool,
    /// Physical lines above the header: titles, blank lines, the one that names the delimiter.
    pub above: u64,
    /// Whether there is a header.
    pub header: bool,
    /// The columns of phones, from 0; none if those are not asked about.
    pub phones: Vec<u32>,
    /// The columns of e-mails, from 0; none if those are not asked about.
    pub emails: Vec<u32>,
    /// The names of the columns; none without a header.
    pub(super) names: Vec<String>,
}

/// Characters of a column's name that are repeated in the names of its answers.
const LONGEST_NAME: usize = 60;

impl Kind {
    /// The kind that a channel takes.
    #[must_use]
    pub const fn of(channel: Channel) -> Self {
        if channel.takes_phones() { Self::Phone } else { Self::Email }
    }
}

impl Named {
    /// The columns that a text with commas names: `2,3`, `Telefon 1,Telefon 2`. One without commas is itself.
    pub(super) fn parts(&self) -> Vec<Self> {
        match self {
            Self::Name(name) => name.split(',').map(|part| Self::of(part.trim())).collect(),
            one => vec![one.clone()],
        }
    }

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
        let separator = delimiter::named(sample);
        let (rest, before) = separator.map_or((sample, 0), |line| (&sample[line.end..], 1));
        if rest.trim_ascii().is_empty() && ended {
            return Err(ListError::Empty);
        }
        let read = |delimiter| {
            let table = Table::read(rest, before, ended, delimiter, encoding);
            Reading { header: header::find(&table, wanted), table }
        };
        let reading = match (wanted.delimiter, separator) {
            (Some(delimiter), _) | (None, Some(Separator { delimiter: Some(delimiter), .. })) => read(delimiter),
            (None, Some(_)) => return Err(ListError::UnknownDelimiter),
            (None, None) => delimiter::find(DELIMITERS.map(read).into(), |reading| Self::of(reading, wanted, before).is_ok())?,
        };
        if let Some(answers) = reading.table.filtered_before() {
            return Err(ListError::FilteredBefore(answers));
        }
        Ok(Self { separator: separator.is_some(), ..Self::of(&reading, wanted, before)? })
    }

    fn of(reading: &Reading, wanted: &Wanted, before: u64) -> Result<Self, ListError> {
        let Reading { table, header } = reading;
        let sample = Sample::new(table, *header);
        let columns = |kind, named: &Option<Named>| named.as_ref().map_or(Ok(Vec::new()), |named| sample.columns(kind, named));
        let (phones, emails) = (columns(Kind::Phone, &wanted.phones)?, columns(Kind::Email, &wanted.emails)?);
        let row = header.and_then(|header| table.rows.get(header));
        Ok(Self {
            delimiter: table.delimiter,
            fields: sample.fields(),
            separator: false,
            above: row.map_or(before, |row| row.line - 1),
            header: row.is_some(),
            phones,
            emails,
            names: row.map_or_else(Vec::new, |row| row.cells.clone()),
        })
    }

    /// The layout in one line, without names: a list that is read otherwise differs in it.
    #[must_use]
    pub fn summary(&self) -> String {
        let columns = |columns: &[u32]| match columns {
            [] => "-".to_owned(),
            _ => columns.iter().map(|column| (column + 1).to_string()).collect::<Vec<_>>().join("+"),
        };
        let (delimiter, phones, emails) = (char::from(self.delimiter), columns(&self.phones), columns(&self.emails));
        let Self { fields, separator, above, header, .. } = self;
        format!(
            "delimiter={delimiter:?} fields={fields} separator={separator} above={above} header={header} phones={phones} emails={emails}"
        )
    }

    /// Whether a row names columns in another order than the header: from here on addresses would stand elsewhere.
    pub(super) fn is_other_header(&self, cells: Vec<String>) -> bool {
        let row = TableRow { line: 0, cells };
        let asked = [(Kind::Phone, &self.phones), (Kind::Email, &self.emails)];
        let says = |(kind, columns): (Kind, &Vec<u32>)| {
            let named =
                |(number, cell): (u32, &String)| !columns.contains(&number) && heading(cell).is_some_and(|it| it.says(kind));
            !columns.is_empty() && (0..).zip(&row.cells).any(named)
        };
        let headings = row.cells.iter().filter(|cell| heading(cell).is_some()).count();
        let is_header = asked.into_iter().any(says) && 2 * headings >= row.filled() && !row.resembles_address();
        is_header && !self.is_repeated_header(&row.cells)
    }

    /// Whether a row is the header again.
    pub(super) fn is_repeated_header(&self, cells: &[String]) -> bool {
        self.header && cells.iter().map(|name| folded(name)).eq(self.names.iter().map(|name| folded(name)))
    }

    /// Whether an address may stand among the names of the columns, as where somebody's row is said to be the header.
    pub(super) fn names_resemble_address(&self) -> bool {
        self.names.iter().any(|name| resembles_address(name))
    }

    /// The columns of a kind of address, from 0.
    #[must_use]
    pub fn columns(&self, kind: Kind) -> &[u32] {
        match kind {
            Kind::Phone => &self.phones,
            Kind::Email => &self.emails,
        }
    }

    /// The name of a column in the header, or its number from 1; where an address may stand among the names, all are
    /// numbers.
    pub(super) fn name(&self, column: u32) -> String {
        let name = self
            .names
            .get(column as usize)
            .filter(|_| !self.names_resemble_address())
            .map(|name| one_line(bare(name), LONGEST_NAME).into_owned());
        name.filter(|name| !name.is_empty()).unwrap_or_else(|| (column + 1).to_string())
    }
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
        Some(_) => Err(ListError::Binary(
            "binary: it has NUL bytes (UTF-16 without its mark? Say --encoding utf-16; HTTP: encoding=utf-16)",
        )),
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
