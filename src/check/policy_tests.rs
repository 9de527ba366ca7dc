use super::*;

const TEXT: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);

/// An approved recipient of an active brand.
const APPROVED: Facts = Facts {
    loaded: true,
    revision_reached: true,
    recipient_valid: true,
    brand_out_of_scope: false,
    brand_exempt_only: false,
    brand_active: true,
    declared: false,
    require_declaration: false,
    stale: false,
    retailer_without_access: false,
    status: Some(Status::Onay),
    cell: TEXT,
    purpose: Purpose::Commercial,
    mode: Mode::Enforce,
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
    let Verdict { decision, reason, article, enforced, .. } = decide(&facts);
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
    assert_eq!(verdict(commercial), (Decision::Deny, Reason::SenderNotRegistered, "11/6"), "its other sends follow the table");
}

#[test]
fn articles_follow_channel_and_type() {
    let email = Cell::new(Channel::Eposta, RecipientType::Bireysel);
    let merchant = Cell::new(Channel::Arama, RecipientType::Tacir);
    let refused = Facts { status: Some(Status::Ret), ..APPROVED };
    let unknown = Facts { status: None, ..APPROVED };
    let unregistered = Facts { brand_active: false, ..APPROVED };
    let undeclared = Facts { purpose: Purpose::Exempt61, require_declaration: true, ..APPROVED };
    let article = |facts: Facts, cell| verdict(Facts { cell, ..facts }).2;
    assert_eq!([article(refused, email), article(unknown, email), article(unregistered, email)], ["9", "5/3, 7/12", "5/2"]);
    assert_eq!(article(undeclared, email), "", "17/A lifts 11/8");
    assert_eq!([article(refused, merchant), article(unknown, merchant), article(unregistered, merchant)], ["6/6", "6/6", "11/6"]);
}

#[test]
fn exempt_emails_need_a_declaration_only_where_the_brand_says_so() {
    let email = Cell::new(Channel::Eposta, RecipientType::Bireysel);
    let asked = Facts { cell: email, purpose: Purpose::Exempt62, status: None, ..APPROVED };
    assert_eq!(verdict(asked), (Decision::Allow, Reason::Exempt, "6/5"));
    let required = Facts { require_declaration: true, ..asked };
    assert_eq!(verdict(required), (Decision::Deny, Reason::DeclarationMissing, ""));
    assert_eq!(verdict(Facts { declared: true, ..required }), (Decision::Allow, Reason::Exempt, "6/5"));
    let outside = Facts { purpose: Purpose::OutOfScope, declared: true, ..asked };
    assert_eq!(verdict(outside), (Decision::Deny, Reason::DeclarationMissing, ""), "17/A frees exempt messages alone");
}

#[test]
fn an_exempt_message_tells_of_a_refusal() {
    let exempt = Facts { purpose: Purpose::Exempt64, declared: true, ..APPROVED };
    for (status, expected) in [(None, false), (Some(Status::Onay), false), (Some(Status::Yok), false), (Some(Status::Ret), true)]
    {
        assert_eq!(decide(&Facts { status, ..exempt }).refusal_on_record, expected, "{status:?}");
        assert!(!decide(&Facts { status, recordable: false, ..exempt }).refusal_on_record, "nothing goes out");
        assert!(!decide(&Facts { status, purpose: Purpose::Commercial, ..exempt }).refusal_on_record);
    }
}

#[test]
fn exempt_only_lifts_row_3_from_exempt_messages_alone() {
    let sender = Facts { brand_exempt_only: true, brand_active: false, declared: true, ..APPROVED };
    let exempt = Facts { purpose: Purpose::Exempt61, ..sender };
    assert_eq!(verdict(exempt), (Decision::Allow, Reason::Exempt, "6/5, 11/8"));
    assert_eq!(verdict(Facts { declared: false, ..exempt }), (Decision::Deny, Reason::DeclarationMissing, "11/8"));
    for purpose in [Purpose::Commercial, Purpose::OutOfScope] {
        assert_eq!(verdict(Facts { purpose, ..sender }), (Decision::Deny, Reason::SenderNotRegistered, "11/6"));
    }
}

#[test]
fn advise_and_shadow_let_through_their_rows_alone() {
    for mode in [Mode::Advise, Mode::Shadow] {
        for facts in all_facts() {
            let (enforced, given) = (decide(&Facts { mode: Mode::Enforce, ..facts }), decide(&Facts { mode, ..facts }));
            if !enforced.reason.yields_to_mode() {
                assert_eq!(given, enforced, "{facts:?}");
            } else if facts.recordable {
                assert_eq!(given, Verdict { decision: Decision::Allow, enforced: false, ..enforced }, "{facts:?}");
            } else {
                assert_eq!(given, Verdict::of(Reason::EvidenceUnavailable, ""), "{facts:?}");
            }
        }
    }
}

/// Every combination of facts, under enforcement.
fn all_facts() -> impl Iterator<Item = Facts> {
    let statuses = [None, Some(Status::Onay), Some(Status::Ret), Some(Status::Yok)];
    let rest = statuses.into_iter().flat_map(|status| Purpose::ALL.map(|purpose| (status, purpose)));
    let rest = rest.flat_map(|(status, purpose)| Cell::ALL.map(|cell| (status, purpose, cell)));
    rest.flat_map(|(status, purpose, cell)| {
        (0..1_u32 << 11).map(move |bits| {
            let bit = |at: u32| bits >> at & 1 == 1;
            Facts {
                loaded: bit(0),
                revision_reached: bit(1),
                recipient_valid: bit(2),
                brand_out_of_scope: bit(3),
                brand_exempt_only: bit(4),
                brand_active: bit(5),
                declared: bit(6),
                require_declaration: bit(7),
                stale: bit(8),
                retailer_without_access: bit(9),
                recordable: bit(10),
                status,
                cell,
                purpose,
                mode: Mode::Enforce,
            }
        })
    })
}

/// Nothing but an approval, an exemption, a sender outside the regulation, or a mode that says so, lets a
/// message out.
#[test]
fn only_four_ways_lead_to_allow() {
    let mut ways = [0_u32; 4];
    for facts in all_facts().flat_map(|facts| Mode::ALL.map(|mode| Facts { mode, ..facts })) {
        let verdict = decide(&facts);
        if verdict.decision != Decision::Allow {
            continue;
        }
        assert!(facts.recordable && facts.loaded && facts.revision_reached && facts.recipient_valid, "{facts:?}");
        let (fresh, onay) = (!facts.stale, facts.status == Some(Status::Onay));
        let commercial = facts.purpose == Purpose::Commercial && facts.brand_active;
        let email = facts.cell.channel == Channel::Eposta;
        let (way, holds) = match (verdict.reason, verdict.enforced) {
            (Reason::Approved, true) => (0, commercial && fresh && onay && !facts.retailer_without_access),
            (Reason::Exempt, true) => {
                let declared = facts.declared || (email && !facts.require_declaration);
                (1, facts.purpose.exemption().is_some() && declared && (facts.brand_active || facts.brand_exempt_only))
            }
            (Reason::OutOfScope, true) => (2, facts.purpose == Purpose::OutOfScope && facts.brand_out_of_scope),
            (reason, false) => (3, facts.mode != Mode::Enforce && commercial && reason.yields_to_mode()),
            _ => panic!("{facts:?}: {verdict:?}"),
        };
        assert!(holds, "{facts:?}: {verdict:?}");
        ways[way] += 1;
    }
    assert!(ways.iter().all(|way| *way > 0), "{ways:?}");
}
