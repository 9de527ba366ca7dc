//! A row of a file: its fields as they came.

use std::fmt;

use crate::model::movement::RawMovement;

/// How many fields a row has.
pub const FIELDS: usize = 9;
/// İYS's names of the fields, in the order in which a row holds them: a day file's, then `brandCode`.
pub const NAMES: [&str; FIELDS] =
    ["creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source", "brandCode"];

/// The place of `brandCode` among the fields.
pub(super) const BRAND: usize = 8;

/// The fields of one row, in one allocation.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    line: u64,
    text: Box<str>,
    /// Where each field ends in `text`.
    ends: [u32; FIELDS],
}

impl Row {
    /// A row of `line` (from 1, the header included) with the fields in the order of [`NAMES`]. All
    /// fields together are far below 4 GiB: readers bound a line.
    #[must_use]
    pub fn new<S: AsRef<str>>(line: u64, fields: &[S; FIELDS]) -> Self {
        let mut text = String::with_capacity(fields.iter().map(|field| field.as_ref().len()).sum());
        let ends = fields.each_ref().map(|field| {
            text.push_str(field.as_ref());
            u32::try_from(text.len()).unwrap_or(u32::MAX)
        });
        Self { line, text: text.into_boxed_str(), ends }
    }

    /// Its line in the file, from 1, the header included; a sheet's row number.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// The fields, before any rule.
    #[must_use]
    pub fn raw(&self) -> RawMovement<'_> {
        let [created, transaction, recipient, recipient_type, channel, status, consented, source, brand] = self.fields();
        RawMovement { created, transaction, recipient, recipient_type, channel, status, consented, source, brand }
    }

    /// The fields in the order of [`NAMES`].
    #[must_use]
    pub fn fields(&self) -> [&str; FIELDS] {
        let mut start = 0;
        self.ends.map(|end| {
            let field = self.text.get(start..end as usize).unwrap_or_default();
            start = end as usize;
            field
        })
    }

    /// Bytes of all fields.
    #[must_use]
    pub fn text_len(&self) -> usize {
        self.text.len()
    }
}

impl fmt::Debug for Row {
    /// No address in a log, not even through a forgotten `{:?}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row(line {}, …)", self.line)
    }
}
