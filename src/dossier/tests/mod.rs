//! A dossier in each of its forms: against files for reading (`UPDATE_DOSSIER=1` writes them anew), and
//! with texts that would act if they could.

mod pages;
mod pdf;
mod sample;

use super::*;
use crate::model::consent::state::Status;
use crate::model::language::Language;
use sample::{consents, dossier, hostile, time};
use std::path::Path;

/// Compares with a file beside this one.
fn same_as_file(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dossier/tests").join(name);
    if std::env::var_os("UPDATE_DOSSIER").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (number, (ours, theirs)) in (1..).zip(text.lines().zip(expected.lines())) {
        assert_eq!(ours, theirs, "{name}, line {number}");
    }
    assert_eq!(text.len(), expected.len(), "{name}");
}

#[test]
fn json_is_pinned() {
    same_as_file("dossier.json", &dossier().to_json().unwrap());
}

#[test]
fn html_is_pinned_in_turkish() {
    same_as_file("dossier.html", &dossier().to_html(Language::Turkish));
}

#[test]
fn known_then_is_what_was_committed_by_the_decisions_revision() {
    let history = History { movements: consents(), ..dossier().stores.remove(0).histories.remove(0) };
    let known = |revision| history.known_at(revision).map(|movement| (movement.status, movement.revision)).collect::<Vec<_>>();
    assert_eq!(known(10), []);
    assert_eq!(known(11), [(Status::Onay, 11)]);
    assert_eq!(known(57), [(Status::Onay, 11)]);
    assert_eq!(known(58), [(Status::Ret, 58), (Status::Onay, 11)]);
}

#[test]
fn the_address_is_in_the_file_only_if_it_was_asked_to_be_shown() {
    let address = "+90 532 000 10 02";
    let (mut shown, hidden) = (dossier(), dossier());
    shown.recipient.shown = Some(address.to_owned());
    let forms = |dossier: &Dossier| {
        let pdf = pdf::text(&dossier.to_pdf(Language::English).unwrap());
        [dossier.to_json().unwrap(), dossier.to_html(Language::English), pdf].map(|form| form.contains(address))
    };
    assert_eq!((forms(&shown), forms(&hidden)), ([true; 3], [false; 3]));
}

#[test]
fn no_log_shows_the_address() {
    let mut dossier = dossier();
    dossier.recipient.shown = Some("+90 532 000 10 02".to_owned());
    assert!(!format!("{dossier:?}").contains("532 000"));
}

#[test]
fn a_complaint_is_answered_in_fifteen_days_but_for_email() {
    let mut dossier = dossier();
    assert_eq!(dossier.answer_by().map(|date| date.to_string()).as_deref(), Some("2026-12-08"));
    dossier.decisions.retain(|decision| decision.cell.channel == crate::model::consent::channel::Channel::Eposta);
    assert_eq!((dossier.decisions.len(), dossier.answer_by()), (1, None));
    assert!(dossier.to_html(Language::English).contains("does not apply to e-mail (17/A)"));
    dossier.complaint = None;
    assert!(!dossier.to_html(Language::English).contains("15/5"));
}

#[test]
fn a_year_without_holidays_on_file_is_said_and_not_guessed() {
    let mut dossier = dossier();
    let html = dossier.to_html(Language::English);
    assert!(
        html.contains("2026-10-28 (7/11), late") && html.contains("It was to be registered by 2026-10-28 (7/11), and was late.")
    );
    assert_eq!(dossier.to_json().unwrap().matches("\"recording\"").count(), 6, "in what was known then and is known now");
    dossier.stores[0].histories[0].movements[1].consented = Some(time("2032-12-30 10:00:00"));
    assert!(dossier.to_html(Language::English).contains("holidays not on file: 2033"));
    assert!(!dossier.to_json().unwrap().contains("\"recording\""));
}

/// The kinds of elements of a page, with their attributes.
fn elements(html: &str) -> std::collections::BTreeSet<&str> {
    let of_width = |element: &&str| !element.starts_with("col style=\"width:");
    html.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(element, _)| element).filter(of_width).collect()
}

#[test]
fn hostile_texts_stay_texts() {
    let dossier = hostile();
    for language in [Language::English, Language::Turkish] {
        let html = dossier.to_html(language);
        let plain = self::dossier().to_html(language);
        // Both have the same elements: no text made one or closed one.
        assert_eq!(elements(&html), elements(&plain));
        assert!(!html.contains("<script") && !html.contains("javascript:alert(1)\""));
        assert!(html.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
        assert!(!html.chars().any(|letter| letter.is_control() && letter != '\n'));
        assert!(!html.contains('\u{202e}'));
        let text = pdf::text(&dossier.to_pdf(language).unwrap());
        let joined = text.replace('\n', "");
        assert!(joined.contains("<script>alert('1')</script>"), "{text}");
        assert!(
            joined.contains(&"\\u{1}\\u{2}\\u{3}".repeat(3)) && joined.contains("\\u{202e}"),
            "control characters are spelt out"
        );
        assert!(joined.contains("\\u{4e2d}"), "what the font has not too");
    }
    let json: serde_json::Value = serde_json::from_str(&dossier.to_json().unwrap()).unwrap();
    assert_eq!(json["decisions"][0]["reference"], dossier.decisions[0].reference, "JSON keeps what the caller gave");
}

#[test]
fn an_erasure_is_told_where_a_record_would_stand() {
    let html = dossier().to_html(Language::English);
    let note = "Erased on request, and therefore not here although it may have been known then: all that İYS registered up to 2026-11-20 \
                10:00:00.";
    assert!(html.contains(note), "{html}");
}

#[test]
fn nothing_found_is_a_dossier_too() {
    let mut dossier = dossier();
    (dossier.decisions, dossier.stores) = (Vec::new(), Vec::new());
    dossier.chains[0].proof = Proof::default();
    let html = dossier.to_html(Language::English);
    assert!(html.contains("Within the time that the record covers there is no decision about this recipient."));
    assert!(html.contains("No decision of this dossier lies in a sealed segment."));
    assert!(pdf::text(&dossier.to_pdf(Language::Turkish).unwrap()).contains("bu alıcıya ilişkin karar bulunmamaktadır"));
    let json: serde_json::Value = serde_json::from_str(&dossier.to_json().unwrap()).unwrap();
    assert_eq!(json["decisions"], serde_json::json!([]));
}
