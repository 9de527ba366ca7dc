//! A row of a file: its fields as they came, and where it stood.

use std::fmt;

use crate::model::consent::fields::Fields;
pub use crate::model::consent::fields::{FIELDS, NAMES};
use crate::model::consent::movement::RawMovement;

/// The fields of one row and its line.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    line: u64,
    fields: Fields,
}

impl Row {
    /// A row of `line` (from 1, the header included) with the fields in the order of
    /// [`NAMES`].
    #[must_use]
    pub fn new<S: AsRef<str>>(line: u64, fields: &[S; FIELDS]) -> Self {
        Self::of(line, Fields::new(fields))
    }

    /// The row of `line` with these fields.
    #[must_use]
    pub const fn of(line: u64, fields: Fields) -> Self {
        Self { line, fields }
    }

    /// Its line in the file, from 1, the header included; a sheet's row number.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// The fields, before any rule.
    #[must_use]
    pub fn raw(&self) -> RawMovement<'_> {
        self.fields.raw()
    }

    /// The fields in the order of [`NAMES`].
    #[must_use]
    pub fn fields(&self) -> [&str; FIELDS] {
        self.fields.all()
    }

    /// Bytes of all fields.
    #[must_use]
    pub fn text_len(&self) -> usize {
        self.fields.text_len()
    }
}

impl fmt::Debug for Row {
    /// Hides the content: no address reaches a log, not even through a forgotten `{:?}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row(line {}, …)", self.line)
    }
}
