//! What makes a whole file unusable.

use std::fmt;
use std::io;
use std::path::Path;

use super::header::HeaderProblem;
use super::workbook::Place;
use super::workbook::problem::Damage;

/// Why a file could not be read, or not to its end. The text is one line, names the file and holds
/// nothing of its content.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The name says nothing that can be read.
    #[error("{file}: not a .csv, .txt, .tsv, .ndjson (each also with .gz), .xlsx, .xlsm or .xls file")]
    UnknownType {
        /// The file.
        file: String,
    },
    /// Nothing is in it.
    #[error("{file}: the file is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// No line with İYS's column names.
    #[error("{file}: no header line with İYS's column names in UTF-8 (recipient, type, status, …)")]
    HeaderMissing {
        /// The file.
        file: String,
    },
    /// A text without İYS's column names that is not UTF-8.
    #[error("{file}: no header line with İYS's column names; the file is not UTF-8, it looks like {looks}")]
    OtherEncoding {
        /// The file.
        file: String,
        /// What it looks like.
        looks: LooksLike,
    },
    /// The header lacks a column without which no row can be read.
    #[error("{file}: the header lacks {missing}")]
    HeaderIncomplete {
        /// The file.
        file: String,
        /// The names, separated by commas.
        missing: String,
    },
    /// Which of two columns of one name holds is not ours to guess.
    #[error("{file}: the header names {column} twice")]
    HeaderRepeats {
        /// The file.
        file: String,
        /// The name.
        column: &'static str,
    },
    /// Not gzip, or gzip that breaks off.
    #[error("{file}: the gzip data is damaged or breaks off")]
    BadGzip {
        /// The file.
        file: String,
    },
    /// Not a workbook, or one that cannot be relied on.
    #[error("{file}: {damage}")]
    BadSpreadsheet {
        /// The file.
        file: String,
        /// What is wrong with it.
        damage: Damage,
    },
    /// An encrypted workbook.
    #[error("{file}: it is protected by a password; save it without one")]
    SpreadsheetPassword {
        /// The file.
        file: String,
    },
    /// A workbook of a format that is not read.
    #[error("{file}: it is an {ending} workbook, which is not read; save it as .xlsx")]
    OtherWorkbook {
        /// The file.
        file: String,
        /// How names of the format end.
        ending: &'static str,
    },
    /// A workbook is read as a whole before the first row of it is used, so its size is bounded.
    #[error("{file}: the spreadsheet is too large (it takes more than {bound}); save it as .csv, which has no bound")]
    SpreadsheetTooLarge {
        /// The file.
        file: String,
        /// The bound that it passes.
        bound: &'static str,
    },
    /// Several sheets have content, and none is named.
    #[error("{file}: it has several sheets with content: {sheets}; say which with --sheet")]
    SheetUnclear {
        /// The file.
        file: String,
        /// Their names.
        sheets: String,
    },
    /// Hidden sheets have content, and no sheet is named.
    #[error("{file}: it has hidden sheets with content: {sheets}; say which sheet is meant with --sheet, or remove them")]
    SheetHidden {
        /// The file.
        file: String,
        /// Their names.
        sheets: String,
    },
    /// No sheet has the name.
    #[error("{file}: it has no such sheet; there are: {sheets}")]
    SheetUnknown {
        /// The file.
        file: String,
        /// The names that there are.
        sheets: String,
    },
    /// A sheet is named of a file that has none.
    #[error("{file}: it is no .xlsx or .xls workbook, so it has no sheet that could be named")]
    NoSheets {
        /// The file.
        file: String,
    },
    /// A formula in a column that is read: its value is what a program last made of it.
    #[error("{file}: {place} is a formula, whose value may be an old one; copy the column and use Paste Special → Values")]
    SheetFormula {
        /// The file.
        file: String,
        /// The first one of its column.
        place: Place,
    },
    /// The operating system does not let us.
    #[error("{file}: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// Its reason.
        cause: io::Error,
    },
}

/// The encoding of a text that is not UTF-8, by its looks, and how to say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooksLike {
    /// It has zeros, and no mark.
    Utf16,
    /// It has letters that are none of UTF-8's.
    Windows1254,
}

impl fmt::Display for LooksLike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "UTF-16 without its mark: say --encoding utf-16",
            Self::Windows1254 => "Windows-1254 or ISO-8859-9: say --encoding windows-1254",
        })
    }
}

impl FileError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownType { .. } | Self::OtherWorkbook { .. } => "UNKNOWN_FILE_TYPE",
            Self::OtherEncoding { .. } => "OTHER_ENCODING",
            Self::Empty { .. } => "EMPTY_FILE",
            Self::HeaderMissing { .. } => "HEADER_MISSING",
            Self::HeaderIncomplete { .. } => "HEADER_INCOMPLETE",
            Self::HeaderRepeats { .. } => "HEADER_REPEATS",
            Self::BadGzip { .. } => "BAD_GZIP",
            Self::BadSpreadsheet { .. } => "BAD_SPREADSHEET",
            Self::SpreadsheetPassword { .. } => "SPREADSHEET_PASSWORD",
            Self::SpreadsheetTooLarge { .. } => "SPREADSHEET_TOO_LARGE",
            Self::SheetUnclear { .. } => "SHEET_UNCLEAR",
            Self::SheetHidden { .. } => "SHEET_HIDDEN",
            Self::SheetUnknown { .. } | Self::NoSheets { .. } => "SHEET_UNKNOWN",
            Self::SheetFormula { .. } => "SHEET_FORMULA",
            Self::Unreadable { .. } => "UNREADABLE",
        }
    }

    pub(super) fn unreadable(path: &Path, cause: io::Error) -> Self {
        Self::Unreadable { file: name_of(path), cause }
    }

    pub(super) const fn formula(file: String, place: Place) -> Self {
        Self::SheetFormula { file, place }
    }

    pub(super) fn header(file: String, problem: HeaderProblem) -> Self {
        match problem {
            HeaderProblem::Missing => Self::HeaderMissing { file },
            HeaderProblem::Incomplete(missing) => Self::HeaderIncomplete { file, missing: missing.join(", ") },
            HeaderProblem::Repeats(column) => Self::HeaderRepeats { file, column },
        }
    }
}

/// The path as given, on one line.
pub(super) fn name_of(path: &Path) -> String {
    path.display()
        .to_string()
        .chars()
        .map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter })
        .collect()
}
