//! What goes wrong on demand.

use super::{BRAND, Bench, P, PHONE, PROVIDER, Reply, read};
use crate::sim::{Endpoint, Fault, FaultKind, Registration, When, Wire};
use izingate::model::consent::channel::Channel::Mesaj;
use serde_json::json;
use std::time::Duration;

const NUMBERS: [&str; 3] = ["+905321110001", "+905321110002", "+905321110003"];

/// Three refusals; `changes` of them under a fault.
fn under(kind: FaultKind, query: &str) -> (Reply, Option<Wire>) {
    let mut bench = Bench::new();
    for (second, number) in NUMBERS.into_iter().enumerate() {
        bench.register(&Registration::ret(BRAND, number, Mesaj).created(&format!("2026-03-10 10:00:0{second}")));
    }
    let after = bench.get(&format!("{P}/consents/changes?limit=2")).json()["after"].as_str().unwrap().to_owned();
    bench.world.add_fault(Fault::once(Endpoint::Changes, kind));
    let outcome = bench.outcome("GET", &format!("{P}/consents/changes?{}", query.replace("AFTER", &after)), "");
    assert_eq!(bench.get(&format!("{P}/consents/changes")).all("recipient"), NUMBERS, "it strikes once");
    (read(&outcome.response), outcome.wire)
}

#[test]
fn a_server_can_fail_in_every_documented_way() {
    assert_eq!(under(FaultKind::ServerError, "").0.refusal(), (500, "H015".to_owned()));
    assert_eq!(under(FaultKind::Busy, "").0.refusal(), (400, "H123".to_owned()));
    assert_eq!(under(FaultKind::TimedOut, "").0.refusal(), (503, "H192".to_owned()));
    assert_eq!(under(FaultKind::TokenRefused, "").0.refusal(), (401, "H351".to_owned()));
    assert_eq!(under(FaultKind::NoRight, "").0.refusal(), (403, "H353".to_owned()));
    assert_eq!(under(FaultKind::Limited("H083"), "").0.refusal(), (429, "H083".to_owned()));
    let (html, _) = under(FaultKind::Html(503), "");
    assert_eq!((html.status, html.media.as_str()), (503, "text/html"));
}

#[test]
fn an_answer_can_be_late_or_lost_on_the_way() {
    assert_eq!(under(FaultKind::Slow(Duration::from_secs(9)), "").1, Some(Wire::Delay(Duration::from_secs(9))));
    assert_eq!(under(FaultKind::Reset, "").1, Some(Wire::Reset));
    assert_eq!(under(FaultKind::Cut(7), "").1, Some(Wire::Cut(7)));
    let (cut, wire) = under(FaultKind::Truncated(40), "");
    assert_eq!((cut.status, cut.text.len(), wire), (200, 40, None));
}

#[test]
fn a_page_can_be_repeated_reordered_stuck_short_or_garbled() {
    assert_eq!(under(FaultKind::Repeated(1), "after=AFTER").0.all("recipient"), NUMBERS[1..]);
    assert_eq!(under(FaultKind::Reordered, "").0.all("recipient"), [NUMBERS[2], NUMBERS[1], NUMBERS[0]]);
    assert_eq!(under(FaultKind::Lost, "").0.all("recipient"), NUMBERS[1..]);
    assert_eq!(under(FaultKind::Garbled, "").0.all("type"), ["FAKS", "MESAJ", "MESAJ"]);
    let (stuck, _) = under(FaultKind::StuckCursor, "after=AFTER");
    let after = under(FaultKind::Slow(Duration::ZERO), "limit=2").0.json()["after"].clone();
    assert_eq!(stuck.json()["after"], after);
}

#[test]
fn a_fault_may_strike_one_brand_or_some_of_many_requests() {
    let mut bench = Bench::new();
    bench.world.add_fault(Fault::anywhere(FaultKind::ServerError, When::Always).of_brand(PROVIDER));
    assert_eq!(bench.get(&format!("{P}/consents/changes")).status, 204);
    assert_eq!(bench.outcome("GET", "/sps/600000/brands/600000/consents/changes", "").response.status(), 500);
    bench.world.clear_faults();
    bench.world.add_fault(Fault::new(Endpoint::Changes, FaultKind::Busy, When::Percent(20)));
    bench.world.forget_counts();
    for _ in 0..1000 {
        bench.outcome("GET", &format!("{P}/consents/changes"), "");
    }
    let struck = bench.world.count(Endpoint::Changes, 400);
    assert!((150..250).contains(&struck), "{struck}");
    assert_eq!(bench.world.asked(Endpoint::Changes), 1000);
    assert_eq!(bench.world.codes()["H123"], struck);
}

#[test]
fn a_reset_comes_after_the_work_was_done() {
    let mut bench = Bench::new();
    let tokens = bench.log_in("api", "gizli");
    bench.world.add_fault(Fault::once(Endpoint::Token, FaultKind::Reset));
    let refresh = json!({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]});
    assert_eq!(bench.outcome("POST", "/oauth2/token", refresh.to_string()).wire, Some(Wire::Reset));
    assert_eq!(bench.post("/oauth2/token", &refresh).status, 400, "the token was taken");
}

#[test]
fn iys_may_be_ahead_of_its_callers() {
    let mut bench = Bench::with(|settings| settings.skew_millis = 90_000);
    assert_eq!(bench.get(&format!("{P}/consents/changes")).date, "Tue, 10 Mar 2026 09:01:30 GMT");
    let movement = bench.world.register(&Registration::ret(BRAND, PHONE, Mesaj), bench.now).unwrap();
    assert_eq!(movement.created.to_string(), "2026-03-10 12:01:30");
    bench.world.settings.skew_millis = -90_000;
    assert_eq!(bench.get(&format!("{P}/consents/changes")).date, "Tue, 10 Mar 2026 08:58:30 GMT");
}
