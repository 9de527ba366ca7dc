//! The law as one pure function: facts in, verdict out, row by row in a fixed order.
//!
//! Articles are those of the Regulation on Commercial Communication and Commercial Electronic Messages
//! (15/7/2015, 29417, as amended 4/1/2020). They depend on channel and recipient type: 17/A lifts 11/5
//! to 11/8 from the intermediary for e-mail, and a merchant's address falls under 6/6.

use super::decision::{Decision, Reason, Verdict};
use super::question::Purpose;
use crate::model::channel::{Cell, Channel, RecipientType};
use crate::model::state::Status;

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
    /// The brand is on file and active at İYS.
    pub brand_active: bool,
    /// The brand's declaration for the asked purpose is on file and valid (11/8).
    pub declared: bool,
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
    /// Evidence of an ALLOW can be taken as it is configured.
    pub recordable: bool,
}

/// Decides. The first row that applies holds, and no ALLOW goes out whose evidence cannot be taken.
#[must_use]
pub fn decide(facts: &Facts) -> Verdict {
    let verdict = row(facts);
    if verdict.decision == Decision::Allow && !facts.recordable {
        return Verdict::of(Reason::EvidenceUnavailable, "");
    }
    verdict
}

fn row(facts: &Facts) -> Verdict {
    let exempt = facts.purpose != Purpose::Commercial;
    let out_of_scope = facts.purpose == Purpose::OutOfScope;
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
    if out_of_scope && facts.brand_out_of_scope {
        return verdict(Reason::OutOfScope);
    }
    if !facts.brand_active {
        return verdict(Reason::SenderNotRegistered);
    }
    if exempt && !out_of_scope && facts.declared {
        return verdict(Reason::Exempt);
    }
    if exempt {
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

/// The article behind a reason.
const fn article(reason: Reason, cell: Cell) -> &'static str {
    let email = matches!(cell.channel, Channel::Eposta);
    let merchant = matches!(cell.recipient_type, RecipientType::Tacir);
    match reason {
        Reason::OutOfScope => "2/2",
        Reason::SenderNotRegistered if email => "5/2",
        Reason::SenderNotRegistered => "11/6",
        Reason::Exempt | Reason::DeclarationMissing if email => "6/5",
        Reason::Exempt => "6/5, 11/8",
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
mod tests {
    use super::*;

    const TEXT: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);

    /// An approved recipient of an active brand.
    const APPROVED: Facts = Facts {
        loaded: true,
        revision_reached: true,
        recipient_valid: true,
        brand_out_of_scope: false,
        brand_active: true,
        declared: false,
        stale: false,
        retailer_without_access: false,
        status: Some(Status::Onay),
        cell: TEXT,
        purpose: Purpose::Commercial,
        recordable: true,
    };

    /// Every row fails at once; each test below mends the rows above its own.
    const WORST: Facts = Facts {
        loaded: false,
        revision_reached: false,
        recipient_valid: false,
        brand_active: false,
        stale: true,
        retailer_without_access: true,
        status: Some(Status::Ret),
        ..APPROVED
    };

    fn verdict(facts: Facts) -> (Decision, Reason, &'static str) {
        let Verdict { decision, reason, article, enforced } = decide(&facts);
        assert!(enforced);
        (decision, reason, article)
    }

    #[test]
    fn rows_hold_in_their_order() {
        use Decision::{Allow, Defer, Deny};
        let loaded = Facts { loaded: true, ..WORST };
        let reached = Facts { revision_reached: true, ..loaded };
        let valid = Facts { recipient_valid: true, ..reached };
        let active = Facts { brand_active: true, ..valid };
        let fresh = Facts { stale: false, ..active };
        let unknown = Facts { status: None, ..fresh };
        let onay = Facts { status: Some(Status::Onay), ..fresh };
        let own = Facts { retailer_without_access: false, ..onay };
        let rows = [
            (WORST, Defer, Reason::NotReady, ""),
            (loaded, Defer, Reason::RevisionNotReached, ""),
            (reached, Deny, Reason::InvalidRecipient, ""),
            (valid, Deny, Reason::SenderNotRegistered, "11/6"),
            (active, Defer, Reason::Stale, ""),
            (fresh, Deny, Reason::Refused, "9, 11/7"),
            (unknown, Deny, Reason::NoRecord, "5/3, 7/12, 11/7"),
            (onay, Deny, Reason::RetailerNotAuthorised, ""),
            (own, Allow, Reason::Approved, ""),
        ];
        for (facts, decision, reason, article) in rows {
            assert_eq!(verdict(facts), (decision, reason, article));
        }
    }

    #[test]
    fn exempt_purposes_need_their_declaration() {
        for purpose in [Purpose::Exempt61, Purpose::Exempt62, Purpose::Exempt64] {
            let missing = Facts { purpose, ..APPROVED };
            assert_eq!(verdict(missing), (Decision::Deny, Reason::DeclarationMissing, "11/8"), "even for an approved recipient");
            let declared = Facts { declared: true, status: Some(Status::Ret), stale: true, ..missing };
            assert_eq!(verdict(declared), (Decision::Allow, Reason::Exempt, "6/5, 11/8"));
            let inactive = Facts { brand_active: false, ..declared };
            assert_eq!(verdict(inactive), (Decision::Deny, Reason::SenderNotRegistered, "11/6"), "row 3 stands before row 4");
        }
    }

    #[test]
    fn out_of_scope_is_a_matter_of_the_brand() {
        let asked = Facts { purpose: Purpose::OutOfScope, ..APPROVED };
        let on_file = Facts { brand_out_of_scope: true, brand_active: false, status: None, ..asked };
        assert_eq!(verdict(asked), (Decision::Deny, Reason::DeclarationMissing, "11/8"));
        assert_eq!(verdict(Facts { declared: true, ..asked }), (Decision::Deny, Reason::DeclarationMissing, "11/8"));
        assert_eq!(verdict(on_file), (Decision::Allow, Reason::OutOfScope, "2/2"));
        let commercial = Facts { purpose: Purpose::Commercial, ..on_file };
        assert_eq!(
            verdict(commercial),
            (Decision::Deny, Reason::SenderNotRegistered, "11/6"),
            "its other sends follow the table"
        );
    }

    #[test]
    fn articles_follow_channel_and_type() {
        let email = Cell::new(Channel::Eposta, RecipientType::Bireysel);
        let merchant = Cell::new(Channel::Arama, RecipientType::Tacir);
        let refused = Facts { status: Some(Status::Ret), ..APPROVED };
        let unknown = Facts { status: None, ..APPROVED };
        let unregistered = Facts { brand_active: false, ..APPROVED };
        let undeclared = Facts { purpose: Purpose::Exempt61, ..APPROVED };
        let article = |facts: Facts, cell| verdict(Facts { cell, ..facts }).2;
        assert_eq!([article(refused, email), article(unknown, email), article(unregistered, email)], ["9", "5/3, 7/12", "5/2"]);
        assert_eq!(article(undeclared, email), "6/5", "17/A lifts 11/8");
        assert_eq!(
            [article(refused, merchant), article(unknown, merchant), article(unregistered, merchant)],
            ["6/6", "6/6", "11/6"]
        );
    }

    #[test]
    fn only_three_ways_lead_to_allow() {
        let mut allowed = Vec::new();
        for bits in 0..1_u32 << 9 {
            let bit = |at: u32| bits >> at & 1 == 1;
            for status in [None, Some(Status::Onay), Some(Status::Ret)] {
                for purpose in Purpose::ALL {
                    let facts = Facts {
                        loaded: bit(0),
                        revision_reached: bit(1),
                        recipient_valid: bit(2),
                        brand_out_of_scope: bit(3),
                        brand_active: bit(4),
                        declared: bit(5),
                        stale: bit(6),
                        retailer_without_access: bit(7),
                        status,
                        cell: TEXT,
                        purpose,
                        recordable: bit(8),
                    };
                    if decide(&facts).decision == Decision::Allow {
                        allowed.push(facts);
                    }
                }
            }
        }
        assert!(!allowed.is_empty());
        for facts in allowed {
            let approved = facts.purpose == Purpose::Commercial
                && facts.brand_active
                && !facts.stale
                && facts.status == Some(Status::Onay)
                && !facts.retailer_without_access;
            let exempt =
                !matches!(facts.purpose, Purpose::Commercial | Purpose::OutOfScope) && facts.brand_active && facts.declared;
            let outside = facts.purpose == Purpose::OutOfScope && facts.brand_out_of_scope;
            assert!(
                facts.recordable
                    && facts.loaded
                    && facts.revision_reached
                    && facts.recipient_valid
                    && (approved || exempt || outside),
                "{facts:?}"
            );
        }
    }
}
