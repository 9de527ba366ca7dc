use super::super::decision::{Decision, Reason};
use super::super::decision_id::DecisionIds;
use super::super::question::Purpose;
use super::*;
use crate::model::brand::{Brand, BrandCode, IysCode};
use crate::model::channel::{Cell, Channel, RecipientType};
use crate::model::secret::Secret;
use crate::model::state::{State, Status};

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
    Circumstances { id: DecisionIds::new(1, 0).take(NOW, 1), now: NOW, revision_reached: true, recordable: true }
}

#[test]
fn an_answer_is_whole() {
    let answer = checker().check(&scope(Channel::Mesaj), "0532 123 45 67", &under());
    let recipient = checker().pseudonymizer().recipient(&Recipient::parse("05321234567", Channel::Mesaj).unwrap());
    let verdict = Verdict::of(Reason::Approved, "");
    assert_eq!(answer, Answer { verdict, revision: 42, as_of: Some(NOW), id: under().id, recipient: Some(recipient) });
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
    for scope in [scope(Channel::Mesaj), scope(Channel::Arama), scope(Channel::Eposta)] {
        let (one, many) = (checker(), checker());
        let together = many.check_each(&scope, &texts, &under());
        let alone = texts
            .iter()
            .zip(0..)
            .map(|(text, place)| one.check(&scope, text, &Circumstances { id: under().id.plus(place), ..under() }));
        let alone: Vec<Answer> = alone.collect();
        assert_eq!(together, alone);
    }
}
