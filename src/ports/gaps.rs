//! Ending the gap of a brand.

use super::{BoxFuture, SinkError};
use crate::model::brand::BrandCode;
use crate::model::feed::Gap;

/// What an operator says to the gap of a brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healing {
    /// Nothing: the approvals in doubt are counted, and without any the gap is ended.
    Count,
    /// What is on file is complete up to the gap's end.
    Vouch,
    /// The approvals in doubt count as not listed.
    DropDoubtful,
}

/// What became of a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Healed {
    /// The gap as it was.
    pub gap: Gap,
    /// Approvals that nobody vouched for; not counted where an operator vouched.
    pub doubtful: u64,
    /// Whether it is ended.
    pub healed: bool,
}

/// Why a gap was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HealRefused {
    /// There is none.
    #[error("nothing is missing for brand {0}")]
    NoGap(BrandCode),
    /// The store failed.
    #[error("the store could not be read; see the log")]
    Failed,
    /// What it takes could not be taken in.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl HealRefused {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoGap(_) => "NO_GAP",
            Self::Failed => "STORE_FAILED",
            Self::Sink(error) => error.code(),
        }
    }
}

/// Ends gaps: for operators. Reads everything on file, which takes minutes for a thousand million relations.
pub trait GapHealer: Send + Sync {
    /// Ends the gap of a brand, or says what stands in the way.
    fn heal(&self, brand: BrandCode, how: Healing) -> BoxFuture<'_, Result<Healed, HealRefused>>;
}
