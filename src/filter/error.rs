//! What makes a whole list unusable. The text is one line and never holds an address.

use super::layout::Kind;
use crate::model::text::encoding::HalfCharacter;
use std::fmt;

/// Why a list cannot be filtered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Nothing is in it.
    #[error("the list is empty")]
    Empty,
    /// It is no text.
    #[error("the list is {0}, not text: give CSV or one address a line; the command reads .xlsx, .xlsm and .xls too, as a file")]
    Binary(&'static str),
    /// No line ends where one should.
    #[error("the first line has more than 1 MiB: this is no list of rows")]
    FirstLineTooLong,
    /// UTF-16 that ends in the middle.
    #[error(transparent)]
    HalfCharacter(#[from] HalfCharacter),
    /// Letters come late, and are not those in which ours were written before.
    #[error(
        "line {line} has the first letters beyond ASCII, and they are not UTF-8: say --encoding windows-1254 (HTTP: encoding=), so that the \
         explanations are written in it too"
    )]
    EncodingUnclear {
        /// The line.
        line: u64,
    },
    /// Lines as no program writes them any more.
    #[error("lines end with a lone carriage return (CR); save the list with line feeds")]
    LoneReturn,
    /// Rows have different delimiters.
    #[error("mixed delimiters: line 1 has {of_first}, line {line} has {other}; save the list with one of them")]
    MixedDelimiters {
        /// Of the first line.
        of_first: Delimiter,
        /// A line that differs.
        line: u64,
        /// Its delimiter.
        other: Delimiter,
    },
    /// More than one delimiter would do.
    #[error("{0} and {1} both could be the delimiter; say which with --delimiter (HTTP: delimiter=)")]
    ManyDelimiters(Delimiter, Delimiter),
    /// The first line names a delimiter that is not read.
    #[error(
        "line 1 names a delimiter with sep= that is none of , ; | and tab; say which it is with --delimiter (HTTP: delimiter=)"
    )]
    UnknownDelimiter,
    /// The first line is not like the others.
    #[error("line 1 has {first} fields and the lines below have others: the first line has to be the header, or a row")]
    Irregular {
        /// Fields of the first line.
        first: u32,
    },
    /// No column holds addresses.
    #[error("no column holds {kind}; say which it is with --column (HTTP: column=), by its name or its number from 1{}{}", Among(.columns), Excluded(.excluded))]
    NoColumn {
        /// What was looked for.
        kind: Kind,
        /// Columns whose values look like it, and whose headings say otherwise.
        excluded: Vec<Candidate>,
        /// The names of the columns, if there are any.
        columns: Vec<String>,
    },
    /// Several columns may hold them.
    #[error("{kind} could stand in {}; say which it is with --column (HTTP: column=), or ask all of them: --column {}", Either(.candidates), Numbers(.candidates))]
    ManyColumns {
        /// What was looked for.
        kind: Kind,
        /// The columns.
        candidates: Vec<Candidate>,
    },
    /// No column has this name.
    #[error("no column is named {name:?}{}{}", Among(.columns), Lettered(name))]
    UnknownColumn {
        /// The name.
        name: String,
        /// The names that there are.
        columns: Vec<String>,
    },
    /// Two columns have this name.
    #[error("{} columns are named {name:?}; give the number of the one, from 1", .candidates.len())]
    RepeatedColumn {
        /// The name.
        name: String,
        /// The columns.
        candidates: Vec<Candidate>,
    },
    /// It has answers already, of another time.
    #[error("the list has {0} already, with answers of another time: take it out, or give it another name")]
    FilteredBefore(String),
    /// A second list below the first one.
    #[error("line {line} is another header, with other columns: filter what stands below it as a list of its own")]
    SecondHeader {
        /// Its line.
        line: u64,
    },
    /// There are not so many columns.
    #[error("there is no column {position}: line 1 has {fields} fields")]
    ColumnOutside {
        /// The number given.
        position: u32,
        /// Fields of the first line.
        fields: u32,
    },
}

/// A column that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its number, from 1.
    pub position: u32,
    /// Its name, if there is a header.
    pub name: Option<String>,
}

/// A delimiter as people call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiter(pub u8);

impl ListError {
    /// Every code.
    pub const CODES: [&str; 16] = [
        "EMPTY_LIST",
        "BINARY_LIST",
        "FIRST_LINE_TOO_LONG",
        "HALF_CHARACTER",
        "ENCODING_UNCLEAR",
        "LONE_RETURN",
        "MIXED_DELIMITERS",
        "DELIMITER_UNCLEAR",
        "IRREGULAR_LIST",
        "NO_ADDRESS_COLUMN",
        "ADDRESS_COLUMN_UNCLEAR",
        "UNKNOWN_COLUMN",
        "REPEATED_COLUMN",
        "FILTERED_BEFORE",
        "SECOND_HEADER",
        "NO_SUCH_COLUMN",
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "EMPTY_LIST",
            Self::Binary(_) => "BINARY_LIST",
            Self::FirstLineTooLong => "FIRST_LINE_TOO_LONG",
            Self::HalfCharacter(_) => "HALF_CHARACTER",
            Self::EncodingUnclear { .. } => "ENCODING_UNCLEAR",
            Self::LoneReturn => "LONE_RETURN",
            Self::MixedDelimiters { .. } => "MIXED_DELIMITERS",
            Self::ManyDelimiters(..) | Self::UnknownDelimiter => "DELIMITER_UNCLEAR",
            Self::Irregular { .. } => "IRREGULAR_LIST",
            Self::NoColumn { .. } => "NO_ADDRESS_COLUMN",
            Self::ManyColumns { .. } => "ADDRESS_COLUMN_UNCLEAR",
            Self::UnknownColumn { .. } => "UNKNOWN_COLUMN",
            Self::RepeatedColumn { .. } => "REPEATED_COLUMN",
            Self::FilteredBefore(_) => "FILTERED_BEFORE",
            Self::SecondHeader { .. } => "SECOND_HEADER",
            Self::ColumnOutside { .. } => "NO_SUCH_COLUMN",
        }
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            byte => write!(f, "{:?}", char::from(byte)),
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "column {} ({name:?})", self.position),
            None => write!(f, "column {}", self.position),
        }
    }
}

struct Among<'a>(&'a [String]);

impl fmt::Display for Among<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Beyond it nobody reads on.
        const SHOWN: usize = 20;
        let (shown, more) = self.0.split_at(self.0.len().min(SHOWN));
        let names: Vec<String> = shown.iter().map(|name| format!("{name:?}")).collect();
        let rest = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        if names.is_empty() { Ok(()) } else { write!(f, "; there are {}{rest}", names.join(", ")) }
    }
}

struct Excluded<'a>(&'a [Candidate]);

impl fmt::Display for Excluded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.first() else { return Ok(()) };
        write!(
            f,
            "; what stands in {} looks like it, but the heading says otherwise: if it is, --column {}",
            Either(self.0),
            first.position
        )
    }
}

/// The number of a column that a spreadsheet calls by letters: `C` is 3, `AA` 27.
pub(super) fn column_of(letters: &str) -> Option<u32> {
    let is_name = (1..=2).contains(&letters.len()) && letters.bytes().all(|letter| letter.is_ascii_uppercase());
    let value = |letter: u8| u32::from(letter - b'A' + 1);
    is_name.then(|| letters.bytes().fold(0, |number, letter| number * 26 + value(letter)))
}

struct Lettered<'a>(&'a str);

impl fmt::Display for Lettered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(number) = column_of(self.0) else { return Ok(()) };
        write!(f, "; if the letters of a spreadsheet are meant: --column {number}")
    }
}

struct Numbers<'a>(&'a [Candidate]);

impl fmt::Display for Numbers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(|candidate| candidate.position.to_string()).collect();
        f.write_str(&numbers.join(","))
    }
}

struct Either<'a>(&'a [Candidate]);

impl fmt::Display for Either<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&names.join(" or "))
    }
}
