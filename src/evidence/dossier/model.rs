//! What a dossier is made of: plain values, filled from the evidence log and the store.

use crate::check::DecisionId;
use crate::check::decision::{Decision, Verdict};
use crate::check::question::Purpose;
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::business_days::{self, Eves, UnknownYear};
use crate::model::channel::{Cell, Channel};
use crate::model::date::Date;
use crate::model::declaration::Declaration;
use crate::model::key::Pseudonym;
use crate::model::mode::Mode;
use crate::model::state::Status;
use crate::model::time::IysTime;
use crate::ports::HistoryEntry;
use std::fmt;

/// All that is told of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// Whom it is about.
    pub recipient: Subject,
    /// What was looked for.
    pub asked: Asked,
    /// The complaint that it answers, if it is known.
    pub complaint: Option<Complaint>,
    /// When and by whom it was made.
    pub made: Made,
    /// Whether eves of holidays are business days, for the deadlines in it.
    pub eves: Eves,
    /// Every decision that was found, oldest first.
    pub decisions: Vec<Recorded>,
    /// What the store holds of the consents that they are about; once a brand and cell.
    pub histories: Vec<History>,
    /// The declarations that stood behind them.
    pub declarations: Vec<Declaration>,
    /// What shows that nothing was touched.
    pub proof: Proof,
}

/// Whom a dossier is about.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// What the log and the store know the recipient by.
    pub pseudonym: Pseudonym,
    /// The address as the officer typed it, only if it was asked to be shown.
    pub shown: Option<String>,
}

/// What was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Asked {
    /// One brand; none: every brand.
    pub brand: Option<BrandCode>,
    /// Decisions from this moment on; none: from the first.
    pub from: Option<IysTime>,
    /// Decisions before this moment; none: to the last.
    pub to: Option<IysTime>,
}

/// A complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The day on which İYS asked about it: the 15 days of 15/5 begin.
    pub asked: Date,
    /// Its number; empty if none was given.
    pub number: String,
}

/// How a dossier came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// When.
    pub at: IysTime,
    /// By which node.
    pub node: String,
    /// By which version of the program.
    pub version: String,
    /// The revision up to which "known now" reaches.
    pub revision: u64,
}

/// A decision as the evidence log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its id, which the caller was told.
    pub id: DecisionId,
    /// When it was made.
    pub at: IysTime,
    /// Who asked: the name of the caller's key.
    pub caller: String,
    /// The sender.
    pub brand: BrandCode,
    /// The sender's name for people.
    pub brand_title: String,
    /// Who sends under the brand's consent.
    pub retailer: RetailerCode,
    /// Channel and recipient type.
    pub cell: Cell,
    /// Why the message was sent.
    pub purpose: Purpose,
    /// The declaration behind an exemption: the id of one in [`Dossier::declarations`].
    pub declaration: Option<u64>,
    /// What the caller was told, and why.
    pub verdict: Verdict,
    /// The mode in force.
    pub mode: Mode,
    /// The answer reflects every batch up to this revision.
    pub revision: u64,
    /// How old the brand's data was; none where no data was needed.
    pub as_of: Option<IysTime>,
    /// The caller's reference; empty if none was given. Any text.
    pub reference: String,
    /// Where the record lies.
    pub recorded_in: RecordedIn,
}

/// Where the record of a decision lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedIn {
    /// In a sealed segment: the number of one in [`Proof::segments`].
    Segment(u64),
    /// In the open segment, which is sealed later.
    Open(u64),
}

/// What the store holds of one consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The sender.
    pub brand: BrandCode,
    /// Channel and recipient type.
    pub cell: Cell,
    /// Every movement that is on file, newest first, each with the revision of our first commit of it.
    pub movements: Vec<HistoryEntry>,
    /// What İYS registered until then was erased on request, and is not in `movements`.
    pub erased: Option<IysTime>,
}

/// What shows that the records were not touched.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Proof {
    /// The sealed segments in which the decisions lie, by number.
    pub segments: Vec<Segment>,
    /// The tree over all sealed segments; none while nothing was sealed.
    pub tree: Option<Tree>,
    /// Times in the period asked for of which records may be missing.
    pub gaps: Vec<EvidenceGap>,
    /// Decisions of this moment and before are not kept any more: their retention is over, and the log says so.
    pub removed_until: Option<IysTime>,
    /// Sealed segments in which there may be decisions, and whose files are missing.
    pub missing: Vec<MissingSegment>,
    /// Losses in the period asked for that an operator accepted.
    pub losses: Vec<AcceptedLoss>,
}

/// A sealed segment whose file is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingSegment {
    /// Its number.
    pub number: u64,
    /// The earliest moment of anything in it.
    pub from: IysTime,
    /// The latest.
    pub to: IysTime,
    /// Decisions in it, about anybody.
    pub decisions: u64,
    /// Whether an operator accepted that.
    pub accepted: bool,
}

/// A loss that an operator accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedLoss {
    /// Everything answered until then is on record; none if that is not known.
    pub from: Option<IysTime>,
    /// Time at which it was accepted.
    pub at: IysTime,
    /// The lost part in words.
    pub lost: Vec<String>,
    /// The operator's reason. Any text.
    pub reason: String,
}

/// A sealed segment of the evidence log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number: its place among the leaves of the tree.
    pub number: u64,
    /// When it was sealed.
    pub sealed: IysTime,
    /// Its hash, in hexadecimal digits.
    pub hash: String,
    /// The hashes that lead from it to the root (RFC 6962), in hexadecimal digits, lowest first.
    pub path: Vec<String>,
}

/// The tree over sealed segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// How many segments it holds.
    pub size: u64,
    /// Its root, in hexadecimal digits.
    pub root: String,
    /// The signed note that vouches for both: several lines.
    pub checkpoint: String,
}

/// A time of which records may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceGap {
    /// The last instant that is known to be whole.
    pub from: IysTime,
    /// The instant from which on it is whole again.
    pub to: IysTime,
    /// Decisions that may be missing at most.
    pub at_most: u64,
}

/// A deadline of a movement, and whether it was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recording {
    /// The last day on which İYS was to be told.
    pub(super) by: Date,
    /// Whether İYS registered it by then.
    pub(super) in_time: bool,
    /// The article that sets it.
    pub(super) article: &'static str,
}

/// Without the address: what is debugged may be logged.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("pseudonym", &self.pseudonym).field("shown", &self.shown.is_some()).finish()
    }
}

impl Dossier {
    /// The history of the consent that a decision is about.
    pub(super) fn history(&self, decision: &Recorded) -> Option<&History> {
        self.histories.iter().find(|history| history.brand == decision.brand && history.cell == decision.cell)
    }

    /// The last day to answer the complaint (15/5); none without one, or where all decisions are about
    /// e-mail, for which 17/A lifts that duty.
    pub(super) fn answer_by(&self) -> Option<Date> {
        let complaint = self.complaint.as_ref()?;
        (!self.is_of_email_only()).then(|| business_days::answer_complaint_by(complaint.asked))
    }

    /// Whether there are decisions, and all of them are about e-mail.
    pub(super) fn is_of_email_only(&self) -> bool {
        !self.decisions.is_empty() && self.decisions.iter().all(|decision| decision.cell.channel == Channel::Eposta)
    }
}

impl Recorded {
    /// What the rules said: differs from what the caller was told where a mode let it through.
    pub(super) const fn policy(&self) -> Decision {
        self.verdict.reason.decision()
    }
}

impl History {
    /// What was known when an answer of `revision` was given.
    pub(super) fn known_at(&self, revision: u64) -> impl Iterator<Item = &HistoryEntry> {
        self.movements.iter().filter(move |movement| movement.revision <= revision)
    }
}

/// By when a movement was to be told to İYS: one that the provider took in itself (`HS_…`), with the day
/// on which the recipient spoke. None for others, and for the consents of before 2015 and decisions of
/// courts, whose dates are not those of taking them.
pub(super) fn recording(movement: &HistoryEntry, eves: Eves) -> Option<Result<Recording, UnknownYear>> {
    let by_provider = movement.source.starts_with("HS_") && !matches!(movement.source.as_str(), "HS_2015" | "HS_KARAR");
    let spoken = Date::of(movement.consented.filter(|_| by_provider)?);
    let (by, article) = match movement.status {
        Status::Onay => (business_days::record_consent_by(spoken, eves), "7/11"),
        Status::Ret => (business_days::report_refusal_by(spoken, eves), "9/6"),
        Status::Yok => return None,
    };
    Some(by.map(|by| Recording { by, in_time: Date::of(movement.created) <= by, article }))
}
