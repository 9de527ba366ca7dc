//! How often an address may ask (F§1.2).

use super::{Bench, P, PHONE};
use crate::sim::{LimitSettings, Peer};
use http::Request;
use serde_json::{Value, json};
use std::time::Duration;

fn limited() -> Bench {
    let mut bench = Bench::with(|settings| settings.limits = LimitSettings::default());
    bench.wait(1);
    bench
}

fn query() -> Value {
    json!({"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"})
}

#[test]
fn ten_requests_a_second_and_an_address() {
    let mut bench = limited();
    let changes = format!("{P}/consents/changes");
    for _ in 0..10 {
        assert_eq!(bench.get(&changes).status, 204);
    }
    assert_eq!(bench.get(&changes).refusal(), (429, "H124".to_owned()));
    let elsewhere = Request::get(&changes).header("authorization", format!("Bearer {}", bench.bearer));
    let mut elsewhere = elsewhere.body(bytes::Bytes::new()).unwrap();
    elsewhere.extensions_mut().insert(Peer("127.0.0.9".parse().unwrap()));
    assert_eq!(bench.world.handle(&elsewhere, bench.now).response.status(), 204);
    bench.now = bench.now.plus(Duration::from_millis(999));
    assert_eq!(bench.get(&changes).status, 429);
    bench.now = bench.now.plus(Duration::from_millis(1));
    assert_eq!(bench.get(&changes).status, 204);
}

#[test]
fn the_code_may_be_the_documents_other_one_and_nothing_says_when_to_come_back() {
    let mut bench =
        Bench::with(|settings| settings.limits = LimitSettings { per_second: 1, second_code: "H083", ..LimitSettings::none() });
    let outcome = bench.outcome("GET", &format!("{P}/consents/changes"), "");
    assert_eq!(super::read(&outcome.response).refusal(), (429, "H083".to_owned()));
    assert!(!outcome.response.headers().contains_key("retry-after"));
}

#[test]
fn a_thousand_single_queries_an_hour() {
    let limits = LimitSettings { per_second: u32::MAX, ..LimitSettings::default() };
    let mut bench = Bench::with(|settings| settings.limits = limits);
    for _ in 0..1000 {
        assert_eq!(bench.post(&format!("{P}/consents/status"), &query()).status, 404);
    }
    assert_eq!(bench.post(&format!("{P}/consents/status"), &query()).refusal(), (429, "H086".to_owned()));
    assert_eq!(bench.get(&format!("{P}/consents/changes")).status, 204, "others go on");
    bench.wait(3599);
    assert_eq!(bench.post(&format!("{P}/consents/status"), &query()).status, 429);
    bench.wait(1);
    assert_eq!(bench.post(&format!("{P}/consents/status"), &query()).status, 404);
}

#[test]
fn a_hundred_histories_an_hour() {
    let limits = LimitSettings { per_second: u32::MAX, ..LimitSettings::default() };
    let mut bench = Bench::with(|settings| settings.limits = limits);
    for _ in 0..100 {
        assert_eq!(bench.post(&format!("{P}/consents/history"), &query()).status, 200);
    }
    assert_eq!(bench.post(&format!("{P}/consents/history"), &query()).refusal(), (429, "H089".to_owned()));
}

#[test]
fn who_asks_for_a_token_too_often_waits_an_hour_from_the_last_try() {
    let mut bench = Bench::with(|settings| settings.limits = LimitSettings { token_per_hour: 10, ..LimitSettings::none() });
    let login = json!({"grant_type": "password", "username": "api", "password": "gizli"});
    for _ in 0..9 {
        assert_eq!(bench.post("/oauth2/token", &login).status, 200);
    }
    assert_eq!(bench.post("/oauth2/token", &login).refusal(), (429, "H084".to_owned()));
    bench.wait(3599);
    assert_eq!(bench.post("/oauth2/token", &login).status, 429, "which starts the hour again");
    bench.wait(3599);
    assert_eq!(bench.post("/oauth2/token", &login).status, 429);
    bench.wait(3600);
    assert_eq!(bench.post("/oauth2/token", &login).status, 200);
}
