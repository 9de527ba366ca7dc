//! Erasing a recipient (KVKK).

use super::{BoxFuture, SinkError};
use crate::model::brand::BrandCode;
use crate::model::consent::erasure::{Reason, Tombstone};
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::time::IysTime;

/// What is to be erased of a recipient (KVKK).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Whose, under every form in which the address may be on record.
    pub recipients: Vec<Pseudonym>,
    /// For which brand; none for every one.
    pub brand: Option<BrandCode>,
    /// Everything of this moment or before; `None` for everything up to the receipt of the erasure, approvals that are
    /// dated ahead of it by another clock included.
    pub erased: Option<IysTime>,
    /// Why also what 13/2 still has kept.
    pub reason: Option<Reason>,
}

impl Erasure {
    /// Whether a relation is one of those that are erased.
    #[must_use]
    pub fn concerns(&self, relation: &RelationKey) -> bool {
        self.brand.is_none_or(|brand| relation.brand == brand) && self.recipients.contains(&relation.pseudonym)
    }
}

/// What was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The revision that shows it.
    pub revision: u64,
    /// Relations of which anything was let go.
    pub relations: u64,
    /// Movements that were let go.
    pub movements: u64,
}

/// Consents and refusals that 13/2 has kept for three years after they were superseded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retained {
    /// How many there are.
    pub records: u64,
    /// Those of them that are current: they stay as long as they are, and three years beyond that.
    pub current: u64,
    /// Until when the last of the others stays.
    pub until: Option<IysTime>,
}

impl Retained {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (records, current) = (self.records + other.records, self.current + other.current);
        Self { records, current, until: self.until.max(other.until) }
    }
}

impl std::fmt::Display for Retained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { records, current, until } = self;
        write!(f, "{records} records have to be kept (13/2)")?;
        if *current > 0 {
            write!(f, ", {current} of them for three years from when they are superseded, for they are current")?;
        }
        until.map_or(Ok(()), |until| write!(f, ", of the superseded ones the last until {until}"))
    }
}

/// Why nothing was erased, or not all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EraseRefused {
    /// Some of it has to be kept, and no reason was given.
    #[error("{0}; they are erased only for a stated reason (--reason)")]
    Retained(Retained),
    /// It is in force, but its bytes are not gone from the disk, or it is not in the evidence.
    #[error(
        "the recipient is erased as of revision {0}, but the disk or the evidence failed: bytes may be left; see the log, mend the cause and erase again or restart, which finishes it"
    )]
    Unfinished(u64),
    /// It could not be taken in.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl EraseRefused {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Retained(_) => "ERASURE_RETAINED",
            Self::Unfinished(_) => "ERASURE_UNFINISHED",
            Self::Sink(error) => error.code(),
        }
    }
}

/// Erases recipients: for operators.
pub trait RecipientEraser: Send + Sync {
    /// Erases what is asked; resolves when it is visible, in the evidence, and gone from the disk. Goes on if
    /// nobody waits for it.
    fn erase(&self, asked: Erasure) -> BoxFuture<'_, Result<Erased, EraseRefused>>;
}

/// An erasure could not be put into the evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the evidence did not take an erasure: {0}")]
pub struct Unrecorded(pub String);

/// Takes erasures into the evidence: whoever was erased, that it was and why stays provable.
pub trait ErasureLog: Send + Sync {
    /// Takes one in; resolves when it is durable. Told again of one whose erasure was broken off behind that:
    /// its revision tells it.
    fn erased<'a>(&'a self, erasure: &'a Tombstone, reason: Option<&'a Reason>) -> BoxFuture<'a, Result<(), Unrecorded>>;
}
