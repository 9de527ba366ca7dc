//! What an import did.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::rejects::{ByCode, RejectsError};
use super::{Outcome, TargetError};
use crate::files::{FileError, LooksLike, Notes, listed};
use crate::model::brand::BrandCode;

/// What an import did, over all files. A row counts once the target has acknowledged or refused it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows acknowledged or refused.
    pub rows: u64,
    /// Rows that were new.
    pub applied: u64,
    /// Rows that were on file already.
    pub unchanged: u64,
    /// Refusals (RET) without a usable İYS identity, which block as of now; among the others.
    pub as_of_now: u64,
    /// Refused rows by code.
    pub refused: BTreeMap<String, u64>,
    /// The highest revision acknowledged; 0 if nothing was.
    pub revision: u64,
    /// From the first file to the end of the last.
    pub elapsed: Duration,
    /// One report a file that was begun, in the order given.
    pub files: Vec<FileReport>,
    /// The brands of the rows that were taken; known offline alone.
    pub brands: BTreeSet<BrandCode>,
    /// Why the target took nothing more, if so.
    pub stopped: Option<TargetError>,
    /// Files that were left because the target had failed.
    pub not_begun: Vec<PathBuf>,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Rows acknowledged or refused.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
    /// The file of the refused rows, if there are any.
    pub rejects: Option<PathBuf>,
    /// What is to be said of the file beside its rows.
    pub notes: Notes,
    /// Why the file, or its rejected rows, could not be worked off.
    pub problem: Option<Problem>,
}

/// A failure that concerns one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable code, such as `HEADER_MISSING`.
    pub code: &'static str,
    /// One line for people.
    pub text: String,
}

impl Summary {
    /// 0 if every row was taken, 2 if some were refused, 1 if a file or the target failed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.stopped.is_some() || self.files.iter().any(|file| file.problem.is_some()) {
            return 1;
        }
        if self.refused.is_empty() { 0 } else { 2 }
    }

    /// Whether every row of every file was taken: nothing was refused, nothing failed, and nothing of a workbook was left.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.exit_code() == 0
            && self.files.iter().all(|file| file.notes.unread_sheets.is_empty() && file.notes.unnamed_columns.is_empty())
    }

    pub(super) fn add(&mut self, rows: u64, outcome: &Outcome, refused: ByCode) {
        self.rows += rows;
        self.applied += outcome.applied;
        self.unchanged += outcome.unchanged;
        self.as_of_now += outcome.as_of_now;
        self.revision = self.revision.max(outcome.revision);
        for (code, count) in refused {
            *self.refused.entry(code).or_default() += count;
        }
    }
}

impl FileReport {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), rows: 0, refused: 0, rejects: None, notes: Notes::default(), problem: None }
    }
}

impl Problem {
    pub(super) fn file(error: &FileError) -> Self {
        Self { code: error.code(), text: error.to_string() }
    }

    pub(super) fn rejects(error: &RejectsError) -> Self {
        Self { code: error.code(), text: error.to_string() }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.iter().try_for_each(|file| file.fmt(f))?;
        let refused = self.refused.values().sum();
        let lines = [("rows", self.rows), ("applied", self.applied), ("unchanged", self.unchanged), ("refused", refused)];
        for (name, count) in lines {
            writeln!(f, "{name:<26}{count:>14}")?;
        }
        for (code, count) in &self.refused {
            writeln!(f, "  {code:<24}{count:>14}")?;
        }
        if self.as_of_now > 0 {
            writeln!(f, "{:<26}{:>14}  RET without İYS's record; they block as of now", "as of now", self.as_of_now)?;
        }
        writeln!(f, "{:<26}{:>14}", "revision", self.revision)?;
        write!(f, "{:<26}{:>12.1} s  {} rows/s", "time", self.elapsed.as_secs_f64(), rate(self.rows, self.elapsed))?;
        self.fmt_stop(f)
    }
}

impl Summary {
    fn fmt_stop(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(error) = &self.stopped else { return Ok(()) };
        write!(
            f,
            "\n\nStopped after {} rows: {error}\nImport the same files again: rows already taken stay as they are.",
            self.rows
        )?;
        self.not_begun.iter().try_for_each(|file| write!(f, "\nnot begun: {}", file.display()))
    }
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.path.display())?;
        write!(f, "  {} rows", self.rows)?;
        match &self.rejects {
            Some(rejects) => writeln!(f, ", {} refused, in {}", self.refused, rejects.display())?,
            None => writeln!(f, ", {} refused", self.refused)?,
        }
        if !self.notes.unknown.is_empty() {
            writeln!(f, "  columns that were not read: {}", self.notes.unknown.join(", "))?;
        }
        if !self.notes.unread_sheets.is_empty() {
            writeln!(f, "  sheets that were not read: {}", listed(&self.notes.unread_sheets))?;
        }
        if !self.notes.unnamed_columns.is_empty() {
            let columns: Vec<String> = self.notes.unnamed_columns.iter().map(u32::to_string).collect();
            writeln!(f, "  columns without a heading that were not read: {}", columns.join(", "))?;
        }
        if self.notes.without_recipient_type {
            writeln!(f, "  no recipientType: every row was read as BIREYSEL")?;
        }
        // Where nothing was refused nothing was lost by it.
        if let Some(line) = self.notes.not_utf8.filter(|_| self.refused > 0) {
            writeln!(f, "  not UTF-8 from line {line} on; it looks like {}", LooksLike::Windows1254)?;
        }
        match &self.problem {
            Some(problem) => writeln!(f, "  failed: {}: {}", problem.code, problem.text),
            None => Ok(()),
        }
    }
}

/// Rows a second.
pub(super) fn rate(rows: u64, elapsed: Duration) -> u64 {
    let millis = elapsed.as_millis().max(1);
    u64::try_from(u128::from(rows) * 1000 / millis).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_reads_in_columns() {
        let summary = Summary {
            rows: 200_000,
            applied: 180_000,
            unchanged: 19_959,
            as_of_now: 7,
            refused: [("BAD_LINE".to_owned(), 6), ("INVALID_RECIPIENT".to_owned(), 35)].into(),
            revision: 25,
            elapsed: Duration::from_millis(1250),
            files: vec![FileReport {
                path: "day.csv".into(),
                rows: 200_000,
                refused: 41,
                rejects: Some("day.csv.rejected.csv".into()),
                notes: Notes {
                    unknown: vec!["not".into(), "şehir".into()],
                    without_recipient_type: true,
                    unread_sheets: vec!["RET".to_owned()],
                    unnamed_columns: vec![9, 12],
                    not_utf8: Some(7),
                },
                problem: None,
            }],
            brands: BTreeSet::new(),
            stopped: None,
            not_begun: vec![],
        };
        let text = "\
day.csv
  200000 rows, 41 refused, in day.csv.rejected.csv
  columns that were not read: not, şehir
  sheets that were not read: RET
  columns without a heading that were not read: 9, 12
  no recipientType: every row was read as BIREYSEL
  not UTF-8 from line 7 on; it looks like Windows-1254 or ISO-8859-9: say --encoding windows-1254
rows                              200000
applied                           180000
unchanged                          19959
refused                               41
  BAD_LINE                             6
  INVALID_RECIPIENT                   35
as of now                              7  RET without İYS's record; they block as of now
revision                              25
time                               1.2 s  160000 rows/s";
        assert_eq!(summary.to_string(), text);
        assert_eq!(summary.exit_code(), 2);
    }

    #[test]
    fn a_stop_says_how_far_it_came() {
        let summary = Summary {
            rows: 8192,
            stopped: Some(TargetError::new("UNAVAILABLE", "connection lost")),
            not_begun: vec!["next.csv".into()],
            ..Summary::default()
        };
        let end = "\n\nStopped after 8192 rows: UNAVAILABLE: connection lost\n\
            Import the same files again: rows already taken stay as they are.\nnot begun: next.csv";
        assert!(summary.to_string().ends_with(end), "{summary}");
        assert_eq!(summary.exit_code(), 1);
    }
}
