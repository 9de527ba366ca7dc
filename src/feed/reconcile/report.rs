//! What came of holding a day against İYS's file.

use crate::iys::Day;
use crate::model::brand::BrandCode;
use crate::model::consent::key::Pseudonym;
use crate::model::text::hex::to_hex;
use crate::ports::Registered;
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};

/// Recipients of movements that İYS's file does not have, shown in a report.
const EXAMPLES: usize = 100;

/// What became of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Of which brand.
    pub brand_code: u32,
    /// Which day.
    pub date: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Movements in the file.
    pub movements: u64,
    /// Those of them that we did not have, and have now.
    pub missing: u64,
    /// Rows that are no movement.
    pub unreadable: u64,
    /// Movements of the day that are on record here and not in the file; none if they were not counted. They stay.
    pub only_here: Option<u64>,
    /// The pseudonyms of up to a hundred of their recipients.
    pub only_here_recipients: Vec<String>,
    /// Why they were not counted; empty if they were.
    pub only_here_uncounted: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-384 of the file; empty without one.
    pub hash: String,
    /// The hash that İYS agrees to; empty without one.
    pub agreed_hash: String,
    /// Whether İYS was told that the day agrees: before or now.
    pub confirmed: bool,
}

/// What came of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// Nothing moved that day.
    NoFile,
    /// İYS has made no hash yet: nothing was taken in.
    NoHash,
    /// The file is not the one of the hash: nothing was taken in.
    HashDiffers,
    /// All that is in the file was on record.
    Agrees,
    /// Some of it was not, and is now.
    Mended,
    /// What can be read of it is on record; some rows cannot be read, so the day is not whole.
    Unreadable,
}

impl Outcome {
    /// The name, as it stands in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoFile => "NO_FILE",
            Self::NoHash => "NO_HASH",
            Self::HashDiffers => "HASH_DIFFERS",
            Self::Agrees => "AGREES",
            Self::Mended => "MENDED",
            Self::Unreadable => "UNREADABLE",
        }
    }
}

impl Report {
    pub(super) fn of(brand: BrandCode, day: Day) -> Self {
        Self {
            brand_code: brand.get(),
            date: day.to_string(),
            outcome: Outcome::NoFile,
            movements: 0,
            missing: 0,
            unreadable: 0,
            only_here: None,
            only_here_recipients: Vec::new(),
            only_here_uncounted: String::new(),
            bytes: 0,
            hash: String::new(),
            agreed_hash: String::new(),
            confirmed: false,
        }
    }

    /// Notes what is left of ours, or why that is not known.
    pub(super) fn compare(&mut self, left: Result<HashSet<Registered>, String>) {
        let left = match left {
            Ok(left) => left,
            Err(why) => {
                self.only_here_uncounted = why;
                return;
            }
        };
        let recipients: BTreeSet<Pseudonym> = left.iter().map(|movement| movement.recipient).collect();
        self.only_here = Some(left.len() as u64);
        self.only_here_recipients = recipients.iter().take(EXAMPLES).map(|recipient| to_hex(&recipient.0)).collect();
    }

    /// Whether all of İYS's file is on record.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.outcome, Outcome::Agrees | Outcome::Mended)
    }

    /// Says in the log what came of it; a day that `is_final` gets no file any more.
    pub(super) fn log(&self, is_final: bool) {
        let Self { brand_code: brand, date, movements, missing, unreadable, hash, agreed_hash, .. } = self;
        let only_here = self.only_here.unwrap_or(0);
        match self.outcome {
            Outcome::NoFile if only_here > 0 => {
                tracing::warn!(brand, date, only_here, "feed: movements of a day are on record here, and İYS has no file of it");
            }
            Outcome::NoFile if is_final => {
                tracing::info!(brand, date, "feed: nothing moved on this day: İYS has no file of it");
            }
            Outcome::NoFile => {
                tracing::info!(brand, date, "feed: İYS has not made its file of this day yet; it is looked for again");
            }
            Outcome::NoHash => {
                tracing::info!(brand, date, "feed: İYS has not made the hash of this day yet; it is looked for again");
            }
            Outcome::HashDiffers => {
                tracing::warn!(
                    brand,
                    date,
                    hash,
                    agreed_hash,
                    "feed: a day's file is not of the hash that İYS agrees to; nothing was taken in"
                );
            }
            Outcome::Unreadable => {
                tracing::warn!(
                    brand,
                    date,
                    movements,
                    unreadable,
                    missing,
                    only_here,
                    "feed: rows of a day's file cannot be read"
                );
            }
            Outcome::Agrees | Outcome::Mended if only_here > 0 => {
                tracing::warn!(
                    brand,
                    date,
                    movements,
                    missing,
                    only_here,
                    "feed: movements of a day are on record here and not in İYS's file"
                );
            }
            Outcome::Mended => {
                tracing::warn!(
                    brand,
                    date,
                    movements,
                    missing,
                    "feed: movements of a day's file were missing, and were taken in"
                );
            }
            Outcome::Agrees => tracing::info!(brand, date, movements, "feed: a day agrees with İYS's file"),
        }
    }
}
