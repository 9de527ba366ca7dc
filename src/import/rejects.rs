//! `FILE.rejected.csv`: the refused rows of a file, to be corrected and imported again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::Outcome;
use crate::feed::file::{Batch, NAMES, Row};
use crate::model::movement::Refusal;

/// Refusals by code.
pub(super) type ByCode = BTreeMap<String, u64>;

/// Where the refused rows of `file` go.
#[must_use]
pub fn rejects_path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".rejected.csv");
    path.into()
}

/// The refused rows of one file. The file of them comes into being with the first; it holds readable
/// addresses, as its source does, and only its owner may read it.
pub(super) struct Rejects {
    path: PathBuf,
    columns: usize,
    writer: Option<csv::Writer<File>>,
    failed: Option<io::Error>,
}

/// One line of the file.
struct Reject<'a> {
    line: u64,
    code: &'a str,
    detail: &'a str,
    row: Option<&'a Row>,
}

impl Rejects {
    /// The refused rows of `file`. Those of an earlier import are removed.
    pub(super) fn beside(file: &Path) -> io::Result<Self> {
        let path = rejects_path(file);
        match remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(Self { path, columns: NAMES.len() - 1, writer: None, failed: None }),
        }
    }

    /// Whether there is a column for `brandCode`; otherwise the columns are a day file's.
    pub(super) fn with_brands(&mut self, has_brands: bool) {
        self.columns = NAMES.len() - usize::from(!has_brands);
    }

    /// Writes what was refused of a batch, in the order of its lines, and counts it. A failure to
    /// write is kept for [`Rejects::finish`]: it does not stop the import.
    pub(super) fn write(&mut self, batch: &Batch, outcome: &Outcome) -> ByCode {
        let unread =
            batch.bad.iter().map(|bad| Reject { line: bad.line, code: Refusal::BadLine.code(), detail: &bad.detail, row: None });
        let refused = outcome.refused.iter().map(|refused| {
            let row = batch.rows.get(refused.index);
            Reject { line: row.map_or(0, Row::line), code: &refused.code, detail: &refused.detail, row }
        });
        let mut rejects: Vec<_> = unread.chain(refused).collect();
        rejects.sort_by_key(|reject| reject.line);
        let mut by_code = ByCode::new();
        for reject in rejects {
            *by_code.entry(reject.code.to_owned()).or_default() += 1;
            self.write_one(&reject);
        }
        by_code
    }

    /// Ends the file; its path if there is one.
    pub(super) fn finish(mut self) -> io::Result<Option<PathBuf>> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let Some(writer) = &mut self.writer else { return Ok(None) };
        writer.flush()?;
        Ok(Some(self.path))
    }

    fn write_one(&mut self, reject: &Reject<'_>) {
        if self.failed.is_none() {
            self.failed = self.try_write(reject).err();
        }
    }

    fn try_write(&mut self, reject: &Reject<'_>) -> io::Result<()> {
        let columns = self.columns;
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(create(&self.path, columns)?),
        };
        let fields = reject.row.map(Row::fields).unwrap_or_default();
        let line = reject.line.to_string();
        writer.write_record([line.as_str(), reject.code, reject.detail].iter().chain(&fields[..columns])).map_err(io::Error::from)
    }
}

fn create(path: &Path, columns: usize) -> io::Result<csv::Writer<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut writer = csv::Writer::from_writer(options.open(path)?);
    writer.write_record(["line", "reason", "detail"].iter().chain(&NAMES[..columns])).map_err(io::Error::from)?;
    Ok(writer)
}
