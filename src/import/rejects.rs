//! `FILE.rejected.csv`: the refused rows of a file, to be corrected and imported again.
//!
//! `line,reason,detail`, then the fields of the row under İYS's names, then `text`: what stands in a line that could not
//! be read as a row. Bounded: a file that unpacks to far more refused rows than it has bytes is none of movements.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::Outcome;
use crate::files::{Batch, NAMES, OURS, Row};
use crate::model::consent::movement::Refusal;

/// Refusals by code.
pub(super) type ByCode = BTreeMap<String, u64>;

/// Bytes of refused rows that are written of any file.
const LEAST: u64 = 64 << 20;
/// Bytes of refused rows for each byte of the file that was read: usual rows are packed ten to one.
const FOR_EACH_BYTE: u64 = 32;

/// Where the refused rows of `file` go.
#[must_use]
pub fn rejects_path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".rejected.csv");
    path.into()
}

/// Why not every refused row is in the file of them.
#[derive(Debug, thiserror::Error)]
pub(super) enum RejectsError {
    /// The file cannot be written.
    #[error("the refused rows cannot be written: {0}")]
    Unwritable(#[from] io::Error),
    /// The bound is reached.
    #[error("the refused rows take {written} bytes, of a file of {read}; the later ones are counted and not written")]
    TooLarge {
        /// Bytes that would have been written.
        written: u64,
        /// Bytes of the file that were read.
        read: u64,
    },
}

/// The refused rows of one file. The file of them comes into being with the first; it holds readable
/// addresses, as its source does, and only its owner may read it.
pub(super) struct Rejects {
    path: PathBuf,
    columns: usize,
    writer: Option<csv::Writer<Counted>>,
    failed: Option<RejectsError>,
}

/// A file, and bytes written to it.
struct Counted {
    file: File,
    written: u64,
}

/// One line of the file.
struct Reject<'a> {
    line: u64,
    code: &'a str,
    detail: &'a str,
    row: Option<&'a Row>,
    /// What stands there, if it is no row.
    text: &'a [u8],
}

impl RejectsError {
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Unwritable(_) => "REJECTS_UNWRITABLE",
            Self::TooLarge { .. } => "REJECTS_TOO_LARGE",
        }
    }
}

impl Rejects {
    /// The refused rows of `file`. Those of an earlier import are removed.
    pub(super) fn beside(file: &Path) -> Result<Self, RejectsError> {
        let path = rejects_path(file);
        match remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(Self { path, columns: NAMES.len() - 1, writer: None, failed: None }),
        }
    }

    /// Whether there is a column for `brandCode`; otherwise the columns are a day file's.
    pub(super) fn with_brands(&mut self, has_brands: bool) {
        self.columns = NAMES.len() - usize::from(!has_brands);
    }

    /// Writes what was refused of a batch, in the order of its lines, and counts it; `read` bytes of the file were read
    /// by then. A failure to write is kept for [`Rejects::finish`]: it does not stop the import.
    pub(super) fn write(&mut self, batch: &Batch, outcome: &Outcome, read: u64) -> ByCode {
        let unread = batch.bad.iter().map(|bad| Reject {
            line: bad.line,
            code: Refusal::BadLine.code(),
            detail: &bad.detail,
            row: None,
            text: &bad.text,
        });
        let refused = outcome.refused.iter().map(|refused| {
            let row = batch.rows.get(refused.index);
            Reject { line: row.map_or(0, Row::line), code: &refused.code, detail: &refused.detail, row, text: b"" }
        });
        let mut rejects: Vec<_> = unread.chain(refused).collect();
        rejects.sort_by_key(|reject| reject.line);
        let mut by_code = ByCode::new();
        for reject in rejects {
            *by_code.entry(reject.code.to_owned()).or_default() += 1;
            if self.failed.is_none() {
                self.failed = self.write_one(&reject, read).err();
            }
        }
        by_code
    }

    /// Ends the file; its path if there is one.
    pub(super) fn finish(mut self) -> Result<Option<PathBuf>, RejectsError> {
        let flushed = self.writer.as_mut().map(csv::Writer::flush).transpose();
        if let Some(error) = self.failed {
            return Err(error);
        }
        Ok(flushed?.map(|()| self.path))
    }

    fn write_one(&mut self, reject: &Reject<'_>, read: u64) -> Result<(), RejectsError> {
        let columns = self.columns;
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(create(&self.path, columns)?),
        };
        let fields = reject.row.map(Row::fields).unwrap_or_default();
        let length = reject.text.len() + fields.iter().map(|field| field.len()).sum::<usize>();
        let written = writer.get_ref().written + length as u64;
        if written > LEAST + FOR_EACH_BYTE * read {
            return Err(RejectsError::TooLarge { written, read });
        }
        let line = reject.line.to_string();
        let head = [line.as_str(), reject.code, reject.detail];
        let record = head.iter().chain(&fields[..columns]).map(|field| field.as_bytes()).chain([reject.text]);
        Ok(writer.write_record(record).map_err(io::Error::from)?)
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn create(path: &Path, columns: usize) -> io::Result<csv::Writer<Counted>> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut writer = csv::Writer::from_writer(Counted { file: options.open(path)?, written: 0 });
    let [line, reason, detail, text] = OURS;
    let heading = [line, reason, detail].into_iter().chain(NAMES[..columns].iter().copied()).chain([text]);
    writer.write_record(heading).map_err(io::Error::from)?;
    Ok(writer)
}
