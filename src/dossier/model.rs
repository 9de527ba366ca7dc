//! What a dossier is made of: plain values, filled from the evidence log and the store.

use crate::model::brand::declaration::Declaration;
use crate::model::brand::mode::Mode;
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::consent::channel::{Cell, Channel};
use crate::model::consent::key::Pseudonym;
use crate::model::consent::state::Status;
use crate::model::decision::id::DecisionId;
use crate::model::decision::question::Purpose;
use crate::model::decision::{Decision, Verdict};
use crate::model::time::business_days::{Eves, UnknownYear};
use crate::model::time::date::Date;
use crate::model::time::{IysTime, business_days};
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
    /// The company that answers.
    pub company: Company,
    /// When and by whom it was made.
    pub made: Made,
    /// Whether eves of holidays are business days, for the deadlines in it.
    pub eves: Eves,
    /// Every decision that was found, oldest first.
    pub decisions: Vec<Recorded>,
    /// Decisions of the period that the filters of [`Asked`] leave out.
    pub left_out: u64,
    /// The stores whose data was decided on.
    pub stores: Vec<Data>,
    /// The records that were searched, the one of the data directory first.
    pub chains: Vec<Chain>,
    /// Records that exist and are not where they were.
    pub absent: Vec<AbsentChain>,
}

/// Contents of a store that decisions rest on.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Data {
    /// The node that it belongs to.
    pub node: String,
    /// The revision up to which "known now" reaches.
    pub revision: u64,
    /// The consents that decisions are about; once a brand and cell.
    pub histories: Vec<History>,
    /// The declarations that stood behind decisions.
    pub declarations: Vec<Declaration>,
}

/// The company that answers a complaint. What is empty is left to be filled in on paper.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Company {
    /// Its title (unvan).
    pub title: String,
    /// Its MERSİS number.
    pub mersis: String,
    /// How it is reached.
    pub contact: String,
}

/// A record of decisions: one hash chain, signed by one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Kind of the record.
    pub kind: ChainKind,
    /// How it ends.
    pub end: RecordEnd,
    /// The node that signs it.
    pub node: String,
    /// Its folder.
    pub folder: String,
    /// The store whose data was decided on: its place in [`Dossier::stores`].
    pub store: usize,
    /// The public key of its checkpoints, as `evidence key` shows it; none where nothing was ever signed.
    pub key: Option<String>,
    /// From when to when it says anything; none where nothing was ever written.
    pub reach: Option<(IysTime, IysTime)>,
    /// The same of the brands that the dossier is about; without times where it has no decision of the brand.
    pub brands: Vec<BrandOnRecord>,
    /// What shows that it was not touched.
    pub proof: Proof,
}

/// How a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordEnd {
    /// Its last segment was closed and sealed.
    Closed,
    /// A process is writing it.
    BeingWritten,
    /// Its last segment is open, and no process writes it.
    CutOff,
}

/// Kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainKind {
    /// Of a gateway.
    Gateway,
    /// Beside a list that was filtered on the data of a gateway.
    List,
}

/// A brand, and from when to when a record has decisions about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrandOnRecord {
    /// The brand.
    pub brand: BrandCode,
    /// Its name for people; empty if it is not on file.
    pub title: String,
    /// First and last decision.
    pub decided: Option<(IysTime, IysTime)>,
}

/// A record that is noted in the data directory and is not where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsentChain {
    /// The node that signs it.
    pub node: String,
    /// The folder where it was.
    pub folder: String,
}

/// Parts of the period asked for of which a record says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Outside {
    /// Before this moment, at which the record begins.
    pub before: Option<IysTime>,
    /// After this moment, at which the record ends.
    pub after: Option<IysTime>,
    /// Nothing of the period lies inside.
    pub whole: bool,
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
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Asked {
    /// One brand; none: every brand.
    pub brand: Option<BrandCode>,
    /// Decisions from this moment on; none: from the first.
    pub from: Option<IysTime>,
    /// Decisions up to this moment, with it; none: to the last.
    pub to: Option<IysTime>,
    /// Channels; none: every channel.
    pub channels: Vec<Channel>,
    /// Decisions by their ids; none: all.
    pub ids: Vec<DecisionId>,
    /// Only what the caller was allowed to send.
    pub only_allowed: bool,
    /// The moment of the message that a complaint is about.
    pub message_at: Option<IysTime>,
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
    /// The record that it is in: its place in [`Dossier::chains`].
    pub chain: usize,
    /// The declaration behind an exemption: the id of one in [`Data::declarations`].
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
    /// Answers in the period asked for that could not be recorded.
    pub unrecorded: Vec<Unrecorded>,
    /// Decisions of this moment and before are not kept any more: their retention is over, and the log says so.
    pub removed_until: Option<IysTime>,
    /// Sealed segments in which there may be decisions, and whose files are missing or damaged.
    pub missing: Vec<MissingSegment>,
    /// Losses in the period asked for that an operator accepted.
    pub losses: Vec<AcceptedLoss>,
}

/// A sealed segment whose file is missing or damaged.
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
    /// Whether the file is there and is not what was written.
    pub damaged: bool,
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
    /// Numbers that were given out for decisions and are not on record: no more can be missing, and far fewer are.
    pub at_most: u64,
    /// Decisions of the busiest second on record before it; none if that is not known.
    pub busiest_second: Option<u64>,
}

/// Answers that were given and could not be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unrecorded {
    /// The first was given after this.
    pub from: IysTime,
    /// The last was given before this.
    pub to: IysTime,
    /// Count, about anybody.
    pub decisions: u64,
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
        let data = self.stores.get(self.chains.get(decision.chain)?.store)?;
        data.histories.iter().find(|history| history.brand == decision.brand && history.cell == decision.cell)
    }

    /// The record that the dossier rests on.
    pub(super) fn main(&self) -> Option<&Chain> {
        self.chains.first()
    }

    /// Parts of the period asked for of which the records of gateways say nothing, each with its place in [`Dossier::chains`]. A list is
    /// filtered in minutes, so the reach of its record is no fault.
    pub(super) fn outside(&self) -> impl Iterator<Item = (usize, Outside)> {
        let judged = self.chains.iter().enumerate().filter(|(place, chain)| *place == 0 || chain.kind == ChainKind::Gateway);
        judged.map(|(place, chain)| (place, Outside::of(chain.reach, self.asked.from, self.asked.to)))
    }

    /// Whether the end of a record lies in the period asked for, and was no end in order: the last answers before it may be missing.
    pub(super) fn is_cut_off(&self, place: usize) -> bool {
        let Some(chain) = self.chains.get(place).filter(|chain| chain.end == RecordEnd::CutOff) else { return false };
        chain.reach.is_none_or(|(_, ends)| self.asked.to.is_none_or(|to| to >= ends))
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

impl Outside {
    /// Compares a reach with a period. Without a begin or an end, everything on record is asked for.
    #[must_use]
    pub fn of(reach: Option<(IysTime, IysTime)>, from: Option<IysTime>, to: Option<IysTime>) -> Self {
        let Some((begins, ends)) = reach else { return Self { whole: true, ..Self::default() } };
        let before = from.is_some_and(|from| from < begins) || to.is_some_and(|to| to < begins);
        let after = to.is_some_and(|to| to > ends) || from.is_some_and(|from| from > ends);
        Self {
            before: before.then_some(begins),
            after: after.then_some(ends),
            whole: to.is_some_and(|to| to < begins) || from.is_some_and(|from| from > ends),
        }
    }

    /// Whether a reader must be warned: the period begins before the record does, or lies outside of it. That a record ends before the
    /// period does is said, and is usual: nothing was asked since, or the period is not over.
    #[must_use]
    pub const fn is_grave(&self) -> bool {
        self.whole || self.before.is_some()
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
