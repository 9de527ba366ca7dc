//! What is recorded of a decision, and of what happened to the log itself.

use crate::model::consent::key::Pseudonym;
use crate::model::decision::id::DecisionId;
use crate::model::decision::question::Scope;
use crate::model::time::IysTime;
use crate::ports::Reached;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Decisions that have all but the recipient in common: one question, or a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id of the first; that of the i-th is that + i.
    pub first: DecisionId,
    /// When it was asked, as the id says too.
    pub asked: IysTime,
    /// Who asked, by name.
    pub caller: Arc<str>,
    /// What was asked.
    pub scope: Scope,
    /// The declaration behind `EXEMPT`, 0 if none.
    pub declaration: u64,
    /// [`crate::model::brand::mode::Mode`] by its number.
    pub mode: u8,
    /// The revision that the answer reflects.
    pub revision: u64,
    /// How old the brand's data could be.
    pub as_of: Option<IysTime>,
    /// The caller's own mark.
    pub reference: Box<str>,
    /// What was answered, to each in its place.
    pub outcomes: Outcomes,
    /// Its caller hears nothing before this is on disk.
    pub before_answer: bool,
}

/// Outcome bytes with the recipients they are of; the default pseudonym stands for an invalid address.
///
/// An outcome byte is [`crate::model::decision::Verdict::evidence_byte`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcomes {
    /// Of one question.
    One(u8, Pseudonym),
    /// Of a batch, both of one length.
    Many(Vec<u8>, Vec<Pseudonym>),
}

/// What happened to the log, or is evidence beside decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Event {
    /// The log was opened.
    Started {
        /// The program's version.
        version: String,
        /// Time of the event, in Unix milliseconds.
        at: u64,
    },
    /// Decisions may be numbered up to here: what is lost has one of these numbers, or was outstanding.
    Leased {
        /// The number that the next decision would have got.
        next: u64,
        /// Decisions below it that may be answered and are not on record up to here.
        outstanding: u64,
        /// The first number that may not be given out.
        to: u64,
        /// Time of the event, in Unix milliseconds.
        at: u64,
    },
    /// The log was not closed: what was answered since the last durable instant and had not reached the disk is
    /// missing.
    Gap {
        /// Everything answered until then is on record, in Unix milliseconds.
        last_durable: u64,
        /// How many decisions can be missing at most: as many numbers were leased, and are not on record.
        at_most: u64,
        /// Bytes of a torn record that were cut off.
        torn: u64,
    },
    /// Sealed segments are removed because nothing in them has to be kept any longer: all up to a number, so that the
    /// newest such event covers those of segments that are gone themselves.
    Removed {
        /// The last of them.
        through: u64,
        /// Decisions of that time and before are not kept, in Unix seconds.
        until: u32,
    },
    /// A recipient was erased.
    Erased {
        /// Who: 32 hexadecimal digits.
        recipient: String,
        /// For which brand; none for all.
        brand: Option<u32>,
        /// As of when, in Unix seconds.
        at: u32,
        /// Why what 13/2 still had kept was erased too; empty if it had not.
        reason: String,
        /// The revision that shows it.
        revision: u64,
    },
    /// The log was closed in order.
    Stopped {
        /// Time of the event, in Unix milliseconds.
        at: u64,
    },
    /// The store has every batch up to a revision, and a number of synced writes: so a store that lost its end is noticed.
    Committed {
        /// The revision.
        revision: u64,
        /// Writes that are synced, at least; 0 if that is not known.
        writes: u64,
        /// Time of the event, in Unix milliseconds.
        at: u64,
    },
    /// Evidence that had been written was not there, or not as it was written, and an operator accepted that.
    LossAccepted {
        /// Each fault that was found, in words.
        lost: Vec<String>,
        /// The sealed segments whose files are missing: first and last of each stretch.
        missing: Vec<(u64, u64)>,
        /// Everything answered until then is on record, as far as what is left shows, in Unix milliseconds.
        last_durable: u64,
        /// Reason in the operator's words.
        reason: String,
        /// Time of the event, in Unix milliseconds.
        at: u64,
    },
    /// The store had lost batches that the evidence knows of, and an operator accepted that.
    StoreLossAccepted {
        /// The revision that the store was at.
        store: u64,
        /// The greatest revision that the evidence knows.
        evidence: u64,
        /// Synced writes that the store had lost, at most.
        writes: u64,
        /// The revision with which the store continues: none between was or will be given twice.
        revision: u64,
        /// Reason in the operator's words.
        reason: String,
        /// Time of the event, in Unix milliseconds.
        at: u64,
    },
    /// Another key signs the tree from here on.
    KeyChanged {
        /// The public key before; empty if it is not known.
        from: String,
        /// The public key from now on.
        to: String,
        /// Time of the event, in Unix milliseconds.
        at: u64,
    },
    /// Answers were given that could not be recorded: the disk took nothing, or less than was decided. A segment begins with it.
    Unrecorded {
        /// Count of the decisions.
        decisions: u64,
        /// Time after which the first was given, in Unix milliseconds.
        from: u64,
        /// Time before which the last was given, in Unix milliseconds.
        to: u64,
    },
    /// The store came out of a backup, which holds no evidence: what is here was put beside it, or begins again.
    Restored {
        /// The revision of the backup.
        revision: u64,
        /// Time at which the backup was restored, in Unix milliseconds.
        at: u64,
    },
}

/// Characters of a reason at most.
pub const LONGEST_REASON: usize = 500;

impl Event {
    /// The store has come so far.
    #[must_use]
    pub const fn committed(reached: Reached, at: u64) -> Self {
        Self::Committed { revision: reached.revision, writes: reached.writes, at }
    }

    /// When, in Unix milliseconds, of those that say it.
    #[must_use]
    pub const fn at(&self) -> Option<u64> {
        match self {
            Self::Started { at, .. }
            | Self::Leased { at, .. }
            | Self::Stopped { at }
            | Self::Committed { at, .. }
            | Self::LossAccepted { at, .. }
            | Self::StoreLossAccepted { at, .. }
            | Self::KeyChanged { at, .. }
            | Self::Restored { at, .. }
            | Self::Unrecorded { to: at, .. } => Some(*at),
            Self::Gap { .. } | Self::Removed { .. } | Self::Erased { .. } => None,
        }
    }

    /// The revision that the store had reached, of those that say it.
    #[must_use]
    pub const fn revision(&self) -> Option<u64> {
        match self {
            Self::Committed { revision, .. } | Self::Erased { revision, .. } | Self::StoreLossAccepted { revision, .. } => {
                Some(*revision)
            }
            _ => None,
        }
    }
}

impl Outcomes {
    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::One(..) => 1,
            Self::Many(bytes, _) => bytes.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes and recipients.
    #[must_use]
    pub fn parts(&self) -> (&[u8], &[Pseudonym]) {
        match self {
            Self::One(byte, recipient) => (std::slice::from_ref(byte), std::slice::from_ref(recipient)),
            Self::Many(bytes, recipients) => (bytes, recipients),
        }
    }

    /// The bytes, to be changed.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::One(byte, _) => std::slice::from_mut(byte),
            Self::Many(bytes, _) => bytes,
        }
    }
}
