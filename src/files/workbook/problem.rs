//! What can be wrong with a workbook, as the reading process says it.

use super::super::FileError;
use super::Place;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A reason for which a workbook is not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) enum Problem {
    /// No sheet has content.
    Empty,
    /// It is no workbook, or cannot be relied on.
    Damaged(Damage),
    /// It passes a bound.
    TooLarge(Bound),
    /// It is encrypted.
    Password,
    /// It is a workbook of another format.
    OtherFormat(Format),
    /// Several sheets have content, and none is named.
    Unclear(Vec<String>),
    /// Hidden sheets have content, and no sheet is named.
    Hidden(Vec<String>),
    /// No sheet has the name; these are the names.
    Unknown(Vec<String>),
}

/// What is wrong in a workbook that cannot be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Damage {
    /// Anything that the format does not allow.
    Unreadable,
    /// Neither an archive nor a compound file.
    NoWorkbook,
    /// A cell beyond the format's last row or column.
    Beyond(Place),
    /// A cell of which there are two.
    Twice(Place),
    /// Two sheets have one name.
    SheetTwice,
    /// A sheet of a kind that is not known, such as an Excel 4 macro sheet.
    SheetKind,
    /// A sheet breaks off.
    NoEnd,
    /// A cell holds an error value that is not known.
    ErrorValue,
}

/// A bound that a workbook passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) enum Bound {
    /// Of the file.
    File,
    /// Of what its archive unpacks to.
    Unpacked,
    /// Of the text of all cells.
    Text,
    /// Of what it becomes as delimited text.
    Written,
    /// Of the process that reads it.
    Process,
}

/// A format that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) enum Format {
    /// Excel's binary one.
    Xlsb,
    /// That of the `OpenDocument` standard.
    Ods,
}

impl Bound {
    /// The bound, for people.
    pub(in super::super) const fn text(self) -> &'static str {
        match self {
            Self::File => "256 MiB",
            Self::Unpacked => "2 GiB unpacked",
            Self::Text => "1 GiB of text",
            Self::Written => "2 GiB as delimited text",
            Self::Process => "2 GiB of memory or 10 minutes to read it",
        }
    }
}

impl Format {
    /// The end of a name.
    pub(in super::super) const fn ending(self) -> &'static str {
        match self {
            Self::Xlsb => ".xlsb",
            Self::Ods => ".ods",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("not a spreadsheet of the kind its name says, or a damaged one"),
            Self::NoWorkbook => {
                f.write_str("no workbook: it holds text or something else; if it is delimited text, name it .csv")
            }
            Self::Beyond(place) => write!(f, "damaged: {place} lies beyond the last that the format has"),
            Self::Twice(place) => write!(f, "damaged: {place} stands twice"),
            Self::SheetTwice => f.write_str("damaged: two sheets have one name"),
            Self::SheetKind => f.write_str("it has a sheet of a kind that is not read (a macro sheet?); save it as .xlsx"),
            Self::NoEnd => f.write_str("damaged: a sheet breaks off"),
            Self::ErrorValue => f.write_str("a cell holds an error value that is not known; save the sheet with values alone"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}, column {}", u64::from(self.row) + 1, u64::from(self.column) + 1)
    }
}

impl Problem {
    /// The error of the file that has this name.
    pub(in super::super) fn into_error(self, file: String) -> FileError {
        match self {
            Self::Empty => FileError::Empty { file },
            Self::Damaged(damage) => FileError::BadSpreadsheet { file, damage },
            Self::TooLarge(bound) => FileError::SpreadsheetTooLarge { file, bound: bound.text() },
            Self::Password => FileError::SpreadsheetPassword { file },
            Self::OtherFormat(format) => FileError::OtherWorkbook { file, ending: format.ending() },
            Self::Unclear(sheets) => FileError::SheetUnclear { file, sheets: listed(&sheets) },
            Self::Hidden(sheets) => FileError::SheetHidden { file, sheets: listed(&sheets) },
            Self::Unknown(sheets) => FileError::SheetUnknown { file, sheets: listed(&sheets) },
        }
    }
}

/// Names of sheets on one line.
#[must_use]
pub fn listed(names: &[String]) -> String {
    /// More are only counted.
    const SHOWN: usize = 20;
    let plain = |name: &String| -> String {
        name.chars().map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter }).collect()
    };
    let (shown, more) = names.split_at(names.len().min(SHOWN));
    let shown = shown.iter().map(plain).collect::<Vec<_>>().join(", ");
    if more.is_empty() { shown } else { format!("{shown} and {} more", more.len()) }
}
