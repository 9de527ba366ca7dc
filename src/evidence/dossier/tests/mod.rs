//! A dossier in each of its forms: against files for reading (`UPDATE_DOSSIER=1` writes them anew), and
//! with texts that would act if they could.

mod pdf;
mod sample;

use super::*;
use crate::check::Language;
use crate::model::state::Status;
use sample::{consents, dossier, hostile, time};
use std::path::Path;

/// Compares with a file beside this one.
fn same_as_file(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/evidence/dossier/tests").join(name);
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
    let history = History { movements: consents(), ..dossier().histories.remove(0) };
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
    dossier.decisions.retain(|decision| decision.cell.channel == crate::model::channel::Channel::Eposta);
    assert_eq!((dossier.decisions.len(), dossier.answer_by()), (1, None));
    assert!(dossier.to_html(Language::English).contains("does not apply to e-mail (17/A)"));
    dossier.complaint = None;
    assert!(!dossier.to_html(Language::English).contains("15/5"));
}

#[test]
fn a_year_without_holidays_on_file_is_said_and_not_guessed() {
    let mut dossier = dossier();
    assert!(dossier.to_html(Language::English).contains("2026-10-28 (7/11), late"));
    assert_eq!(dossier.to_json().unwrap().matches("\"recording\"").count(), 6, "in what was known then and is known now");
    dossier.histories[0].movements[1].consented = Some(time("2032-12-30 10:00:00"));
    assert!(dossier.to_html(Language::English).contains("holidays not on file: 2033"));
    assert!(!dossier.to_json().unwrap().contains("\"recording\""));
}

#[test]
fn hostile_texts_stay_texts() {
    let dossier = hostile();
    for language in [Language::English, Language::Turkish] {
        let html = dossier.to_html(language);
        let plain = self::dossier().to_html(language);
        assert_eq!(html.matches('<').count(), plain.matches('<').count(), "no text made or closed an element");
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
fn an_erasure_is_told_before_what_is_left() {
    let html = dossier().to_html(Language::English);
    let note = html.find("Erased on request").unwrap();
    assert!(html[..note].contains("DENY NO_RECORD") && html[note..].contains("Consent as known then: up to revision 70"));
}

#[test]
fn nothing_found_is_a_dossier_too() {
    let mut dossier = dossier();
    (dossier.decisions, dossier.histories, dossier.declarations) = (Vec::new(), Vec::new(), Vec::new());
    dossier.proof = Proof::default();
    let html = dossier.to_html(Language::English);
    assert!(html.contains("No decision was found.") && html.contains("No decision lies in a sealed segment yet."));
    assert!(pdf::text(&dossier.to_pdf(Language::Turkish).unwrap()).contains("Karar bulunamadı."));
    let json: serde_json::Value = serde_json::from_str(&dossier.to_json().unwrap()).unwrap();
    assert_eq!(json["decisions"], serde_json::json!([]));
}
