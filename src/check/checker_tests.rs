use super::super::decision::{Decision, Reason};
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
    Checker::new(index, pseudonymizer, DecisionIds::new(1, 0))
}

#[test]
fn an_answer_is_whole() {
    let answer = checker().check(&scope(Channel::Mesaj), "0532 123 45 67", true, NOW);
    let id = DecisionIds::new(1, 0).take(NOW, 1);
    assert_eq!(answer, Answer { verdict: Verdict::of(Reason::Approved, ""), revision: 42, as_of: Some(NOW), id });
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
        let verdict = checker.check(&scope, recipient, reached, NOW).verdict;
        assert_eq!((verdict.reason, verdict.decision), (reason, reason.decision()), "{scope:?} {recipient}");
    }
}

#[test]
fn nothing_is_answered_before_boot_is_done() {
    let checker = Checker::new(Index::default(), Pseudonymizer::new(&Secret::from_bytes([7; 32])), DecisionIds::new(1, 0));
    let verdict = checker.check(&scope(Channel::Mesaj), "05321234567", true, NOW).verdict;
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
        let answer = checker.check_batch(&scope(Channel::Mesaj), recipients, true, NOW);
        assert_eq!((&answer.results[..], answer.revision, answer.as_of), (&bytes[..], 42, Some(NOW)));
        let counts: Vec<_> = Counts::of(&answer.results).occurring().collect();
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u32>(), 5);
    }
    let emails = checker.check_batch(&scope(Channel::Eposta), Recipients::Phones(&packed[..1]), true, NOW);
    assert_eq!(emails.results, [Verdict::of(Reason::InvalidRecipient, "").byte()], "EPOSTA takes no phones");
}

#[test]
fn ids_of_a_batch_are_counted_on() {
    let checker = checker();
    let text = scope(Channel::Mesaj);
    let first = checker.check_batch(&text, Recipients::Phones(&[1, 2, 3]), true, NOW).first_id;
    let next = checker.check(&text, "x", true, NOW).id;
    let ids = DecisionIds::new(1, 0);
    assert_eq!((first, next), (ids.take(NOW, 3), ids.take(NOW, 1)));
}

/// Answers one by one, as a stream gathers them, are those of single questions, ids in a row.
#[test]
fn each_of_many_is_answered_as_if_alone() {
    let texts: Vec<String> =
        (0..300).map(|i| if i % 50 == 49 { "x".to_owned() } else { format!("0532123{:04}", 4_560 + i % 20) }).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for scope in [scope(Channel::Mesaj), scope(Channel::Arama), scope(Channel::Eposta)] {
        let (one, many) = (checker(), checker());
        let together = many.check_each(&scope, &texts, NOW);
        let alone: Vec<Answer> = texts.iter().map(|text| one.check(&scope, text, true, NOW)).collect();
        assert_eq!(together, alone);
    }
}
