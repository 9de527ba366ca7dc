//! What makes a whole file unusable.

use std::io;
use std::path::Path;

use super::header::HeaderProblem;

/// Why a file could not be read, or not to its end. The text is one line, names the file and holds
/// nothing of its content.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The name says nothing that can be read.
    #[error("{file}: not a .csv, .txt, .ndjson (each also with .gz), .xlsx or .xls file")]
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
    /// Not a spreadsheet, or one that is damaged.
    #[error("{file}: not a spreadsheet of the kind its name says, or a damaged one")]
    BadSpreadsheet {
        /// The file.
        file: String,
    },
    /// A spreadsheet is held in memory as a whole, so its size is bounded.
    #[error("{file}: the spreadsheet is too large ({bound}); save it as .csv, which has no bound")]
    SpreadsheetTooLarge {
        /// The file.
        file: String,
        /// The bound that it passes.
        bound: &'static str,
    },
    /// Several sheets, and nobody said which.
    #[error("{file}: it has several sheets: {sheets}; say which with --sheet")]
    SheetUnclear {
        /// The file.
        file: String,
        /// Their names.
        sheets: String,
    },
    /// Sheets that nobody sees who looks at it.
    #[error("{file}: it has hidden sheets: {sheets}; say which is meant with --sheet, or remove them")]
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
    /// A sheet was named of what has none.
    #[error("{file}: it is no .xlsx, so it has no sheet that could be named")]
    NoSheets {
        /// The file.
        file: String,
    },
    /// What a formula shows is what its program last made of it.
    #[error("{file}: row {row}, column {column} is a formula, whose value may be an old one; save the sheet with values alone")]
    SheetFormula {
        /// The file.
        file: String,
        /// From 1.
        row: u32,
        /// From 1.
        column: u32,
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

impl FileError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownType { .. } => "UNKNOWN_FILE_TYPE",
            Self::Empty { .. } => "EMPTY_FILE",
            Self::HeaderMissing { .. } => "HEADER_MISSING",
            Self::HeaderIncomplete { .. } => "HEADER_INCOMPLETE",
            Self::HeaderRepeats { .. } => "HEADER_REPEATS",
            Self::BadGzip { .. } => "BAD_GZIP",
            Self::BadSpreadsheet { .. } => "BAD_SPREADSHEET",
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
