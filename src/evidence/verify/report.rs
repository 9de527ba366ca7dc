//! Findings of a verification.

use crate::evidence::entry::Event;
use crate::evidence::fault::Fault;
use std::fmt;

/// Findings of a verification.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Segments in the tree.
    pub segments: u64,
    /// Those whose bytes were read.
    pub read: u64,
    /// Those that were removed when nothing in them had to be kept, as the log says.
    pub removed: u64,
    /// Those that are missing, which an operator accepted.
    pub accepted: Vec<u64>,
    /// Decisions in the segments that were read.
    pub decisions: u64,
    /// Decisions in the segment that is being written.
    pub open: u64,
    /// Events of gaps, losses and keys: after the segment of this number.
    pub notes: Vec<(u64, Event)>,
    /// Segments that were read and whose frames are of the version that is not authenticated.
    pub plain: u64,
    /// Time at which the first authenticated segment that was looked at was made, in Unix milliseconds.
    pub authenticated_since: Option<u64>,
    /// Segments that were signed by the key that is believed, if another one signs now.
    pub signed_before: Option<u64>,
    /// Files in the folder that are none of the evidence's.
    pub unknown: Vec<String>,
    /// All that is not what was written.
    pub problems: Vec<Problem>,
}

/// Something that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Fault in words.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self { file: fault.file(), what: fault.what() }
    }
}

impl Report {
    pub(super) fn problem(&mut self, file: impl fmt::Display, what: impl fmt::Display) {
        self.problems.push(Problem { file: file.to_string(), what: what.to_string() });
    }

    /// The gaps that the log tells of: after the segment of this number.
    #[must_use]
    pub fn gaps(&self) -> Vec<&(u64, Event)> {
        self.notes.iter().filter(|(_, event)| matches!(event, Event::Gap { .. })).collect()
    }
}
