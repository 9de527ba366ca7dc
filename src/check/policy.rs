//! The law as one pure function: facts in, verdict out, row by row in a fixed order.
//!
//! Articles are those of the Regulation on Commercial Communication and Commercial Electronic Messages
//! (15/7/2015, 29417, as amended 4/1/2020). They depend on channel and recipient type: 17/A lifts 11/5
//! to 11/8 from the intermediary for e-mail, and a merchant's address falls under 6/6.

use crate::model::brand::mode::Mode;
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::state::Status;
use crate::model::decision::question::Purpose;
use crate::model::decision::{Decision, Reason, Verdict};

/// Everything a decision depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact of the table, independent of the others")]
pub struct Facts {
    /// Everything on disk is in memory.
    pub loaded: bool,
    /// The revision that the caller demanded is visible, or none was demanded.
    pub revision_reached: bool,
    /// The address is well formed and of the channel's kind.
    pub recipient_valid: bool,
    /// The brand is on file as outside the regulation (2/2).
    pub brand_out_of_scope: bool,
    /// The brand is on file as sending nothing but exempt messages, and that is accepted here.
    pub brand_exempt_only: bool,
    /// The brand is on file and active at İYS.
    pub brand_active: bool,
    /// The brand's declaration for the asked purpose is on file and valid (11/8).
    pub declared: bool,
    /// The brand's exempt e-mails need a declaration too.
    pub require_declaration: bool,
    /// The brand's data is older than its allowed age.
    pub stale: bool,
    /// Asked for a retailer, and that one has no access to the brand's consent.
    pub retailer_without_access: bool,
    /// What is on record in the brand's own relation.
    pub status: Option<Status>,
    /// Channel and recipient type.
    pub cell: Cell,
    /// Why the message is sent.
    pub purpose: Purpose,
    /// How the brand's rows are enforced on the channel now.
    pub mode: Mode,
    /// Evidence of an ALLOW can be taken as it is configured.
    pub recordable: bool,
}

/// Decides. The first row that applies holds, the brand's mode may let through what it stops, and no ALLOW goes
/// out whose evidence cannot be taken.
#[must_use]
pub fn decide(facts: &Facts) -> Verdict {
    let verdict = under_mode(row(facts), facts.mode);
    if facts.recordable { verdict } else { without_evidence(verdict) }
}

/// What goes out where evidence cannot be taken: no ALLOW. A DENY stays a DENY.
#[must_use]
pub fn without_evidence(verdict: Verdict) -> Verdict {
    if verdict.decision == Decision::Allow { UNAVAILABLE } else { verdict }
}

/// The same of a byte of a batch's result, or of evidence.
#[must_use]
pub const fn byte_without_evidence(byte: u8) -> u8 {
    if byte >> 6 == Decision::Allow as u8 { UNAVAILABLE.byte() } else { byte }
}

const UNAVAILABLE: Verdict = Verdict::of(Reason::EvidenceUnavailable, "");

fn row(facts: &Facts) -> Verdict {
    let exempt = facts.purpose.exemption().is_some();
    let verdict = |reason| Verdict::of(reason, article(reason, facts.cell));
    if !facts.loaded {
        return verdict(Reason::NotReady);
    }
    if !facts.revision_reached {
        return verdict(Reason::RevisionNotReached);
    }
    if !facts.recipient_valid {
        return verdict(Reason::InvalidRecipient);
    }
    if facts.purpose == Purpose::OutOfScope && facts.brand_out_of_scope {
        return verdict(Reason::OutOfScope);
    }
    let may_send = facts.brand_active || (exempt && facts.brand_exempt_only);
    if !may_send {
        return verdict(Reason::SenderNotRegistered);
    }
    if exempt && (facts.declared || !needs_declaration(facts)) {
        return Verdict { refusal_on_record: facts.status == Some(Status::Ret), ..verdict(Reason::Exempt) };
    }
    if facts.purpose != Purpose::Commercial {
        return verdict(Reason::DeclarationMissing);
    }
    if facts.stale {
        return verdict(Reason::Stale);
    }
    match facts.status {
        Some(Status::Ret) => verdict(Reason::Refused),
        None | Some(Status::Yok) => verdict(Reason::NoRecord),
        Some(Status::Onay) if facts.retailer_without_access => verdict(Reason::RetailerNotAuthorised),
        Some(Status::Onay) => verdict(Reason::Approved),
    }
}

/// 17/A frees e-mail from the declaration of 11/8, unless the brand is to give one all the same.
const fn needs_declaration(facts: &Facts) -> bool {
    !is_email(facts.cell) || facts.require_declaration
}

/// Advise and shadow let through what a row of theirs stops, and keep its reason.
fn under_mode(verdict: Verdict, mode: Mode) -> Verdict {
    if mode == Mode::Enforce || !verdict.reason.yields_to_mode() {
        return verdict;
    }
    Verdict { decision: Decision::Allow, enforced: false, ..verdict }
}

const fn is_email(cell: Cell) -> bool {
    matches!(cell.channel, Channel::Eposta)
}

/// The verdict that a byte of evidence stands for, about a cell; none if no verdict has it.
#[must_use]
pub fn recorded(byte: u8, cell: Cell) -> Option<Verdict> {
    let refusal_on_record = byte & Verdict::REFUSAL_ON_RECORD != 0;
    let (decision, reason) = Verdict::parts(byte & !Verdict::REFUSAL_ON_RECORD)?;
    let enforced = decision == reason.decision();
    Some(Verdict { decision, reason, article: article(reason, cell), enforced, refusal_on_record })
}

/// The article behind a reason.
const fn article(reason: Reason, cell: Cell) -> &'static str {
    let email = is_email(cell);
    let merchant = matches!(cell.recipient_type, RecipientType::Tacir);
    match reason {
        Reason::OutOfScope => "2/2",
        Reason::SenderNotRegistered if email => "5/2",
        Reason::SenderNotRegistered => "11/6",
        Reason::Exempt if email => "6/5",
        Reason::Exempt => "6/5, 11/8",
        // 17/A lifts 11/8: not the law stops it, but what the brand asked for.
        Reason::DeclarationMissing if email => "",
        Reason::DeclarationMissing => "11/8",
        Reason::Refused | Reason::NoRecord if merchant => "6/6",
        Reason::Refused if email => "9",
        Reason::Refused => "9, 11/7",
        Reason::NoRecord if email => "5/3, 7/12",
        Reason::NoRecord => "5/3, 7/12, 11/7",
        _ => "",
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
