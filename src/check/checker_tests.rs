use super::*;
use crate::model::brand::declaration::{Declaration, Declared, DocumentHash, Exemption};
use crate::model::brand::mode::ModePlan;
use crate::model::brand::sender_profile::{OutOfScope, Standing};
use crate::model::brand::{Brand, BrandCode, IysCode};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::state::{State, Status};
use crate::model::decision::id::DecisionIds;
use crate::model::decision::question::Purpose;
use crate::model::decision::{Decision, Reason};
use crate::model::secret::pseudonym::Secret;

const NOW: IysTime = IysTime::from_unix(1_795_000_000);

fn brand(code: u32, active: bool) -> Brand {
    let brand = Brand::imported(BrandCode::new(code).unwrap(), IysCode::new(600_000).unwrap(), "Örnek".to_owned());
    Brand { active, ..brand }
}

fn scope(channel: Channel) -> Scope {
    Scope {
        brand: BrandCode::new(601_234).unwrap(),
        cell: Cell::new(channel, RecipientType::Bireysel),
        retailer: RetailerCode::BRAND,
        purpose: Purpose::Commercial,
    }
}

/// Brand 601234 is active and holds ONAY for 0532 123 45 67 and RET for 0532 123 45 68, both MESAJ.
fn checker() -> Checker {
    let index = Index::default();
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    index.brands().put(brand(601_234, true));
    index.brands().note(brand(601_234, true).code, |freshness| freshness.imported(NOW));
    index.brands().put(brand(601_235, false));
    for (phone, status) in [("05321234567", Status::Onay), ("05321234568", Status::Ret)] {
        let recipient = Recipient::parse(phone, Channel::Mesaj).unwrap();
        let relation = RelationKey::of_brand(pseudonymizer.recipient(&recipient), BrandCode::new(601_234).unwrap());
        index.write().set(relation.hash(), State::EMPTY.with(scope(Channel::Mesaj).cell, status)).unwrap();
    }
    index.revision().publish(42);
    index.mark_loaded();
    Checker::new(index, pseudonymizer)
}

/// Asked now, with nothing in the way.
fn under() -> Circumstances {
    Circumstances { id: DecisionIds::new(1, 0).take(NOW, 1), at: Moment::of(NOW), revision_reached: true, recordable: true }
}

#[test]
fn an_answer_is_whole() {
    let answer = checker().check(&scope(Channel::Mesaj), "0532 123 45 67", &under());
    let recipient = checker().pseudonymizer().recipient(&Recipient::parse("05321234567", Channel::Mesaj).unwrap());
    let expected = Answer {
        verdict: Verdict::of(Reason::Approved, ""),
        revision: 42,
        as_of: Some(NOW),
        id: under().id,
        recipient: Some(recipient),
        declaration: None,
        mode: Mode::Enforce,
    };
    assert_eq!(answer, expected);
}

#[test]
fn every_row_that_stands_today() {
    let checker = checker();
    let text = scope(Channel::Mesaj);
    let cases = [
        (text, "05321234567", true, Reason::Approved),
        (text, "05321234568", true, Reason::Refused),
        (text, "05321234569", true, Reason::NoRecord),
        (scope(Channel::Arama), "05321234567", true, Reason::NoRecord),
        (scope(Channel::Eposta), "05321234567", true, Reason::InvalidRecipient),
        (text, "", true, Reason::InvalidRecipient),
        (text, "05321234567", false, Reason::RevisionNotReached),
        (Scope { brand: BrandCode::new(601_235).unwrap(), ..text }, "05321234567", true, Reason::SenderNotRegistered),
        (Scope { brand: BrandCode::new(9).unwrap(), ..text }, "05321234567", true, Reason::SenderNotRegistered),
        (Scope { retailer: RetailerCode::new(5), ..text }, "05321234567", true, Reason::RetailerNotAuthorised),
        (Scope { purpose: Purpose::Exempt62, ..text }, "05321234567", true, Reason::DeclarationMissing),
        (Scope { purpose: Purpose::OutOfScope, ..text }, "05321234567", true, Reason::DeclarationMissing),
    ];
    for (scope, recipient, reached, reason) in cases {
        let verdict = checker.check(&scope, recipient, &Circumstances { revision_reached: reached, ..under() }).verdict;
        assert_eq!((verdict.reason, verdict.decision), (reason, reason.decision()), "{scope:?} {recipient}");
    }
}

/// Retailer 5 has access to both MESAJ consents of [`checker`] and to one that is not there; retailer 6 had it.
fn with_retailers() -> Checker {
    let checker = checker();
    for phone in ["05321234567", "05321234568", "05321234569"] {
        let recipient = checker.pseudonymizer().recipient(&Recipient::parse(phone, Channel::Mesaj).unwrap());
        for (retailer, status) in [(5, Status::Onay), (6, Status::Ret)] {
            let of_brand = RelationKey::of_brand(recipient, BrandCode::new(601_234).unwrap());
            let relation = RelationKey { retailer: RetailerCode::new(retailer), ..of_brand };
            checker.index().write().set(relation.hash(), State::EMPTY.with(scope(Channel::Mesaj).cell, status)).unwrap();
        }
    }
    checker
}

#[test]
fn a_consent_counts_for_a_retailer_only_with_access() {
    let checker = with_retailers();
    let text = scope(Channel::Mesaj);
    let tacir = Cell::new(Channel::Mesaj, RecipientType::Tacir);
    let of = |retailer| Scope { retailer: RetailerCode::new(retailer), ..text };
    let cases = [
        (text, ["05321234567", "05321234568", "05321234569"], [Reason::Approved, Reason::Refused, Reason::NoRecord]),
        (of(5), ["05321234567", "05321234568", "05321234569"], [Reason::Approved, Reason::Refused, Reason::NoRecord]),
        (
            of(6),
            ["05321234567", "05321234568", "05321234569"],
            [Reason::RetailerNotAuthorised, Reason::Refused, Reason::NoRecord],
        ),
        (of(7), ["05321234567", "x", "05321234568"], [Reason::RetailerNotAuthorised, Reason::InvalidRecipient, Reason::Refused]),
        (
            Scope { cell: tacir, ..of(5) },
            ["05321234567", "x", ""],
            [Reason::NoRecord, Reason::InvalidRecipient, Reason::InvalidRecipient],
        ),
    ];
    for (scope, asked, expected) in cases {
        let alone = asked.map(|text| checker.check(&scope, text, &under()).verdict.reason);
        assert_eq!(alone, expected, "{scope:?}");
        let together = checker.check_each(&scope, &asked, &under());
        assert_eq!(together.iter().map(|answer| answer.verdict.reason).collect::<Vec<_>>(), expected, "{scope:?}");
    }
    let phones = [905_321_234_567, 905_321_234_568, 905_321_234_569];
    for (retailer, approved) in [(0, Reason::Approved), (5, Reason::Approved), (6, Reason::RetailerNotAuthorised)] {
        let batch = checker.check_batch(&of(retailer), Recipients::Phones(&phones), &under());
        let expected = [approved, Reason::Refused, Reason::NoRecord].map(|reason| Verdict::of(reason, "").byte());
        assert_eq!(batch.results, expected, "{retailer}");
    }
}

#[test]
fn nothing_is_answered_before_boot_is_done() {
    let checker = Checker::new(Index::default(), Pseudonymizer::new(&Secret::from_bytes([7; 32])));
    let verdict = checker.check(&scope(Channel::Mesaj), "05321234567", &under()).verdict;
    assert_eq!((verdict.decision, verdict.reason), (Decision::Defer, Reason::NotReady));
}

#[test]
fn a_batch_answers_each_in_its_place() {
    let checker = checker();
    let spelled: Vec<String> = ["05321234567", "x", "05321234568", "+90 532 123 45 67", "05329999999"].map(str::to_owned).into();
    let packed = [905_321_234_567, 1, 905_321_234_568, 905_321_234_567, 905_329_999_999];
    let expected = [Reason::Approved, Reason::InvalidRecipient, Reason::Refused, Reason::Approved, Reason::NoRecord];
    let bytes = expected.map(|reason| Verdict::of(reason, "").byte());
    for recipients in [Recipients::Spelled(&spelled), Recipients::Phones(&packed)] {
        let answer = checker.check_batch(&scope(Channel::Mesaj), recipients, &under());
        assert_eq!((&answer.results[..], answer.revision, answer.as_of), (&bytes[..], 42, Some(NOW)));
        let counts: Vec<_> = Counts::of(&answer.results).occurring().collect();
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u32>(), 5);
    }
    let emails = checker.check_batch(&scope(Channel::Eposta), Recipients::Phones(&packed[..1]), &under());
    assert_eq!(emails.results, [Verdict::of(Reason::InvalidRecipient, "").byte()], "EPOSTA takes no phones");
}

#[test]
fn nothing_is_allowed_that_cannot_be_recorded() {
    let checker = checker();
    let under = Circumstances { recordable: false, ..under() };
    let reasons =
        ["05321234567", "05321234568", "x"].map(|text| checker.check(&scope(Channel::Mesaj), text, &under).verdict.reason);
    assert_eq!(reasons, [Reason::EvidenceUnavailable, Reason::Refused, Reason::InvalidRecipient]);
    let batch = checker.check_batch(&scope(Channel::Mesaj), Recipients::Phones(&[905_321_234_567]), &under);
    assert_eq!(batch.results, [Verdict::of(Reason::EvidenceUnavailable, "").byte()]);
}

/// Answers one by one, as a stream gathers them, are those of single questions, ids in a row.
#[test]
fn each_of_many_is_answered_as_if_alone() {
    let texts: Vec<String> =
        (0..300).map(|i| if i % 50 == 49 { "x".to_owned() } else { format!("0532123{:04}", 4_560 + i % 20) }).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let of_retailer = |code| Scope { retailer: RetailerCode::new(code), ..scope(Channel::Mesaj) };
    let of_brand = [Channel::Mesaj, Channel::Arama, Channel::Eposta].map(scope);
    for scope in of_brand.into_iter().chain([5, 6, 7].map(of_retailer)) {
        let (one, many) = (with_retailers(), with_retailers());
        let together = many.check_each(&scope, &texts, &under());
        let alone = texts
            .iter()
            .zip(0..)
            .map(|(text, place)| one.check(&scope, text, &Circumstances { id: under().id.plus(place), ..under() }));
        let alone: Vec<Answer> = alone.collect();
        assert_eq!(together, alone);
    }
}

/// With a declaration for 6(2), in shadow on MESAJ, a sender outside the regulation without a number at İYS, and
/// an exempt-only one.
fn checker_with_papers() -> Checker {
    let checker = checker();
    let (by, document) = ("Ad".to_owned(), DocumentHash([7; 32]));
    let code = BrandCode::new(601_234).unwrap();
    let declared = Declared { brand: code, exemption: Exemption::Article62, by, at: NOW, document, valid_until: None };
    checker.index().declarations().put(Declaration { id: 5, declared: declared.clone(), revoked: None });
    let exempt_only = Declared { brand: BrandCode::new(601_237).unwrap(), ..declared };
    checker.index().declarations().put(Declaration { id: 6, declared: exempt_only, revoked: None });
    let mut shadowed = brand(601_234, true);
    shadowed.modes[Channel::Mesaj as usize] = ModePlan::ENFORCED.with(Mode::Shadow, NOW, NOW);
    let standing = Standing { out_of_scope: Some(OutOfScope::Pupils), ..Standing::NONE };
    let school = Brand { iys_code: None, standing, ..brand(601_236, true) };
    let standing = Standing { exempt_only: true, ..Standing::NONE };
    let exempt_only = Brand { iys_code: None, standing, ..brand(601_237, true) };
    for brand in [shadowed, school, exempt_only] {
        checker.index().brands().put(brand);
    }
    checker
}

#[test]
fn what_stood_behind_an_answer_goes_with_it() {
    let checker = checker_with_papers();
    let exempt = Scope { purpose: Purpose::Exempt62, ..scope(Channel::Mesaj) };
    let answer = |scope: &Scope, text, under: &Circumstances| {
        let answer = checker.check(scope, text, under);
        let Verdict { reason, enforced, refusal_on_record, .. } = answer.verdict;
        (reason, enforced, refusal_on_record, answer.declaration, answer.mode)
    };
    let before = Circumstances { at: Moment::of(NOW.minus(1)), ..under() };
    let unrecordable = Circumstances { recordable: false, ..under() };
    let call = scope(Channel::Arama);
    let rows = [
        (&exempt, "05321234567", under(), (Reason::Exempt, true, false, Some(5), Mode::Shadow)),
        (&exempt, "05321234568", under(), (Reason::Exempt, true, true, Some(5), Mode::Shadow)),
        (&exempt, "x", under(), (Reason::InvalidRecipient, true, false, None, Mode::Shadow)),
        (&exempt, "05321234567", before, (Reason::DeclarationMissing, true, false, None, Mode::Enforce)),
        (&exempt, "05321234567", unrecordable, (Reason::EvidenceUnavailable, true, false, None, Mode::Shadow)),
        (&scope(Channel::Mesaj), "05321234568", under(), (Reason::Refused, false, false, None, Mode::Shadow)),
        (&scope(Channel::Mesaj), "05321234567", under(), (Reason::Approved, true, false, None, Mode::Shadow)),
        (&call, "05321234567", under(), (Reason::NoRecord, true, false, None, Mode::Enforce)),
    ];
    for (scope, text, under, expected) in rows {
        assert_eq!(answer(scope, text, &under), expected, "{scope:?} {text}");
    }
    let packed = [905_321_234_567, 905_321_234_568, 1];
    let batch = checker.check_batch(&exempt, Recipients::Phones(&packed), &under());
    assert_eq!((batch.declaration, batch.mode), (Some(5), Mode::Shadow));
    let batch = checker.check_batch(&scope(Channel::Mesaj), Recipients::Phones(&packed), &under());
    let refused = Verdict { decision: Decision::Allow, enforced: false, ..Verdict::of(Reason::Refused, "9, 11/7") };
    let invalid = Verdict::of(Reason::InvalidRecipient, "");
    assert_eq!(batch.results, [Verdict::of(Reason::Approved, ""), refused, invalid].map(Verdict::byte));
    assert_eq!((batch.declaration, batch.mode), (None, Mode::Shadow));
}

#[test]
fn senders_without_a_number_at_iys() {
    let (strict, accepting) = (checker_with_papers(), checker_with_papers().accepting_exempt_only(true));
    let asked = |checker: &Checker, brand, purpose| {
        let scope = Scope { brand: BrandCode::new(brand).unwrap(), purpose, ..scope(Channel::Mesaj) };
        checker.check(&scope, "05321234567", &under()).verdict.reason
    };
    for checker in [&strict, &accepting] {
        assert_eq!(asked(checker, 601_236, Purpose::OutOfScope), Reason::OutOfScope);
        assert_eq!(asked(checker, 601_236, Purpose::Commercial), Reason::SenderNotRegistered, "other sends follow the table");
        assert_eq!(asked(checker, 601_237, Purpose::Commercial), Reason::SenderNotRegistered);
    }
    assert_eq!(asked(&strict, 601_237, Purpose::Exempt62), Reason::SenderNotRegistered, "accepted only where it is set");
    assert_eq!(asked(&accepting, 601_237, Purpose::Exempt62), Reason::Exempt);
    assert_eq!(asked(&accepting, 601_237, Purpose::Exempt61), Reason::DeclarationMissing);
}

#[test]
fn each_of_many_exempt_ones_is_answered_as_if_alone() {
    let checker = checker_with_papers();
    for purpose in Purpose::ALL {
        let scope = Scope { purpose, ..scope(Channel::Mesaj) };
        let texts = ["05321234567", "05321234568", "05321234569", "x"];
        let together = checker.check_each(&scope, &texts, &under());
        let alone = texts
            .iter()
            .zip(0..)
            .map(|(text, place)| checker.check(&scope, text, &Circumstances { id: under().id.plus(place), ..under() }));
        assert_eq!(together, alone.collect::<Vec<_>>(), "{purpose:?}");
    }
}
