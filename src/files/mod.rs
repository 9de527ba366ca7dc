//! İYS's movement files, read row by row.
//!
//! The form follows the name: `.csv`, `.txt` and `.tsv` ([`delimited`]), `.ndjson` ([`ndjson`]), each also with
//! `.gz` on top, `.xlsx`, `.xlsm` and `.xls` ([`sheet`], [`workbook`]). What holds a workbook is one under any of them. A line that cannot be read is one [`BadLine`] and
//! reading goes on; what makes the file as a whole unusable is a [`FileError`]. No line is buffered
//! beyond [`MAX_LINE`] bytes, so that no file, however made, takes more memory than a batch.

mod decoded;
mod delimited;
mod error;
mod header;
mod lines;
mod ndjson;
mod plain;
mod row;
mod sheet;
mod turkish;
mod workbook;

use crate::model::text::encoding::Declared;
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use decoded::decoded;
pub use error::{FileError, LooksLike};
pub use header::OURS;
pub use plain::{BREAK, DELIMITER as LIST_DELIMITER, ListSheet};
pub use row::{FIELDS, NAMES, Row};
use serde::{Deserialize, Serialize};
pub use workbook::child::{COMMAND as READ_WORKBOOK, read_in_child, serve as serve_workbook};
pub use workbook::problem::{Damage, listed};
pub use workbook::{Place, XLS, XLSX};

use header::Columns;
use lines::Lines;

/// The longest line in bytes. An İYS line has about 200; a push body on one line may have thousands of
/// items.
pub const MAX_LINE: usize = 1 << 20;
/// A batch ends early at this many bytes of field text (4 MiB; 8,192 usual rows have 1.5), so that long
/// lines cannot make a batch large. The line that passes it still belongs to the batch.
pub const MAX_BATCH_TEXT: usize = 4 << 20;

/// Bytes that are kept of a line that is longer than [`MAX_LINE`].
const KEPT: usize = 64 << 10;

/// A line that could not be read.
#[derive(Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its place in the file, from 1, the header included.
    pub line: u64,
    /// Why, without any of its text.
    pub detail: Cow<'static, str>,
    /// What stands there; of a line that is too long its first 64 KiB.
    pub text: Box<[u8]>,
}

impl fmt::Debug for BadLine {
    /// Hides the text: an address may be in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BadLine(line {}, {}, …)", self.line, self.detail)
    }
}

/// What is to be said of a file beside its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Headings or keys that are none of İYS's and were not read; the first [`MOST_UNKNOWN`].
    pub unknown: Vec<Box<str>>,
    /// No column or key names the recipient type: rows were read as BIREYSEL.
    pub without_recipient_type: bool,
    /// Names of a workbook's sheets that have content and were not read, because another one is named.
    pub unread_sheets: Vec<String>,
    /// Numbers, from 1, of a sheet's columns that have content and no heading; the first [`MOST_UNKNOWN`].
    pub unnamed_columns: Vec<u32>,
    /// The first line of a text that is not UTF-8.
    pub not_utf8: Option<u64>,
}

/// Unknown headings that are named at most.
const MOST_UNKNOWN: usize = 20;

impl Notes {
    /// Of a file with these columns.
    fn of(columns: &Columns) -> Self {
        let mut notes = Self::default();
        notes.add(columns);
        notes
    }

    fn add(&mut self, columns: &Columns) {
        self.add_unknown(columns.unknown());
        self.without_recipient_type |= !columns.has_recipient_types();
    }

    fn add_unnamed(&mut self, column: u32) {
        if self.unnamed_columns.len() < MOST_UNKNOWN && !self.unnamed_columns.contains(&column) {
            self.unnamed_columns.push(column);
        }
    }

    fn add_unknown(&mut self, names: &[Box<str>]) {
        for name in names {
            if self.unknown.len() < MOST_UNKNOWN && !self.unknown.contains(name) {
                self.unknown.push(name.clone());
            }
        }
    }
}

/// Some lines of a file, in its order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Those that could be read.
    pub rows: Vec<Row>,
    /// Those that could not.
    pub bad: Vec<BadLine>,
    text: usize,
}

/// Statements about a file that its user makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileOptions<'a> {
    /// The sheet of a workbook; `None` for the only one with content.
    pub sheet: Option<&'a str>,
    /// The encoding of text; `None` for UTF-8, or what the text's mark says.
    pub encoding: Option<Declared>,
}

/// A movement file being read.
pub struct FileReader {
    source: Box<dyn Source>,
    has_brands: bool,
    taken: Arc<AtomicU64>,
    total: u64,
    end: End,
}

/// One form of file.
trait Source: Send {
    /// Reads one line into the batch; false at the end of the file.
    fn read_line(&mut self, batch: &mut Batch) -> Result<bool, FileError>;

    /// What is to be said of what was read so far.
    fn notes(&self) -> Notes;
}

/// What follows the rows already delivered.
enum End {
    NotYet,
    Failed(FileError),
    Reached,
}

impl Batch {
    /// Lines of either kind.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() + self.bad.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push(&mut self, row: Row) {
        self.text += row.text_len();
        self.rows.push(row);
    }

    fn push_bad(&mut self, line: u64, detail: impl Into<Cow<'static, str>>, text: &[u8]) {
        self.text += text.len();
        self.bad.push(BadLine { line, detail: detail.into(), text: text.into() });
    }
}

impl FileReader {
    /// Opens a file by its extension, whatever its case, and reads its header.
    ///
    /// # Errors
    /// As [`FileReader::open_with`].
    pub fn open(path: &Path) -> Result<Self, FileError> {
        Self::open_with(path, FileOptions::default())
    }

    /// Opens a file by its extension, whatever its case, and reads its header; of a workbook the sheet that is named, or
    /// the only one. A workbook is read as a whole here.
    ///
    /// # Errors
    /// The file is of no known form, not readable, empty, its header lacks a mandatory column, or it is not clear which
    /// sheet is meant.
    pub fn open_with(path: &Path, options: FileOptions<'_>) -> Result<Self, FileError> {
        let FileOptions { sheet, encoding } = options;
        let (named, gzip) = form_of(path)?;
        let taken = Arc::new(AtomicU64::new(0));
        let unreadable = |cause| FileError::unreadable(path, cause);
        let file = File::open(path).map_err(unreadable)?;
        let form = if !gzip && workbook::begins(&file).map_err(unreadable)? { Form::Workbook } else { named };
        if sheet.is_some() && form != Form::Workbook {
            return Err(FileError::NoSheets { file: error::name_of(path) });
        }
        let total = file.metadata().map_err(unreadable)?.len();
        let (source, has_brands): (Box<dyn Source>, bool) = match form {
            Form::Delimited => {
                let source = delimited::Delimited::open(Lines::new(path, file, gzip, encoding, &taken)?)?;
                let has_brands = source.has_brands();
                (Box::new(source), has_brands)
            }
            Form::Ndjson => (Box::new(ndjson::Ndjson::new(Lines::new(path, file, gzip, encoding, &taken)?)), true),
            Form::Workbook => {
                let sheet = sheet::Sheet::open(path, file, total, sheet, &taken)?;
                let has_brands = sheet.has_brands();
                (Box::new(sheet), has_brands)
            }
        };
        Ok(Self { source, has_brands, taken, total, end: End::NotYet })
    }

    /// Reads delimited text from wherever it comes, and its header. `name` is for errors.
    ///
    /// # Errors
    /// As [`FileReader::open`].
    pub fn csv(name: &str, input: Box<dyn BufRead + Send>) -> Result<Self, FileError> {
        let source = delimited::Delimited::open(Lines::of(name.to_owned(), input))?;
        let has_brands = source.has_brands();
        Ok(Self { source: Box::new(source), has_brands, taken: Arc::default(), total: 0, end: End::NotYet })
    }

    /// The next lines, at most `max` (more only where one line holds many items); none at the end.
    ///
    /// # Errors
    /// The file breaks off; what stood before it has been delivered.
    pub fn next_batch(&mut self, max: usize) -> Result<Option<Batch>, FileError> {
        let mut batch = Batch::default();
        while matches!(self.end, End::NotYet) && batch.len() < max && batch.text < MAX_BATCH_TEXT {
            match self.source.read_line(&mut batch) {
                Ok(true) => {}
                Ok(false) => self.end = End::Reached,
                Err(error) => self.end = End::Failed(error),
            }
        }
        if !batch.is_empty() {
            return Ok(Some(batch));
        }
        match std::mem::replace(&mut self.end, End::Reached) {
            End::Failed(error) => Err(error),
            End::NotYet | End::Reached => Ok(None),
        }
    }

    /// What is to be said of what was read so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.source.notes()
    }

    /// Bytes of the file consumed, compressed ones where it is compressed.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.taken.load(Ordering::Relaxed).min(self.total)
    }

    /// Bytes of the file.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Whether rows may name their own brand.
    #[must_use]
    pub const fn has_brands(&self) -> bool {
        self.has_brands
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Delimited,
    Ndjson,
    Workbook,
}

/// The form that the name states, and whether it is compressed.
fn form_of(path: &Path) -> Result<(Form, bool), FileError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let (plain, gzip) = name.strip_suffix(".gz").map_or((name.as_str(), false), |plain| (plain, true));
    let form = match (Path::new(plain).extension().and_then(std::ffi::OsStr::to_str), gzip) {
        (Some("csv" | "txt" | "tsv"), _) => Form::Delimited,
        (Some("ndjson"), _) => Form::Ndjson,
        (Some("xlsx" | "xlsm" | "xls"), false) => Form::Workbook,
        // What is not there is of no type.
        _ => match path.metadata() {
            Err(cause) => return Err(FileError::unreadable(path, cause)),
            Ok(_) => return Err(FileError::UnknownType { file: error::name_of(path) }),
        },
    };
    Ok((form, gzip))
}

#[cfg(test)]
mod tests;
