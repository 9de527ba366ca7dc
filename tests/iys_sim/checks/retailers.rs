//! Who has access to a consent.

use super::{BRAND, Bench, P, PHONE};
use crate::sim::Registration;
use izingate::model::consent::channel::Channel::Mesaj;
use izingate::model::consent::channel::{Cell, RecipientType};
use serde_json::{Value, json};

const TEXT: Cell = Cell::new(Mesaj, RecipientType::Bireysel);

fn asked(recipient_type: &str) -> Value {
    json!({"recipient": PHONE, "recipientType": recipient_type, "type": "MESAJ"})
}

#[test]
fn access_is_of_one_consent_and_comes_in_pages() {
    let mut bench = Bench::new();
    bench.register(&Registration::onay(BRAND, PHONE, Mesaj));
    let codes: Vec<u32> = (1..=130).collect();
    bench.world.set_retailers(BRAND, PHONE, TEXT, &codes);
    let path = format!("{P}/consent/retailers/access/list");
    let mut told = |query: &str, recipient_type: &str| {
        let body = bench.post(&format!("{path}{query}"), &asked(recipient_type)).json();
        let codes = body["list"].as_array().unwrap().iter().map(|one| one["retailerCode"].as_u64().unwrap());
        (codes.collect::<Vec<_>>(), body["pagination"].clone())
    };
    let page = |offset: u32, size: u32| json!({"offset": offset, "pageSize": size, "totalCount": 130});
    assert_eq!(told("", "BIREYSEL"), ((1..=100).collect(), page(0, 100)));
    assert_eq!(told("?offset=100&limit=100", "BIREYSEL"), ((101..=130).collect(), page(100, 30)));
    assert_eq!(told("", "TACIR"), (vec![], json!({"offset": 0, "pageSize": 0, "totalCount": 0})));
}

#[test]
fn a_wrong_question_is_refused() {
    let mut bench = Bench::new();
    let path = format!("{P}/consent/retailers/access/list");
    let wrong = json!({"recipient": "905321234567", "recipientType": "KİŞİ", "type": "SMS"});
    assert_eq!(bench.post(&path, &wrong).status, 422);
    assert_eq!(bench.post(&format!("{path}?limit=101"), &asked("BIREYSEL")).refusal(), (422, "H186".to_owned()));
    bench.bearer.clear();
    assert_eq!(bench.post(&path, &asked("BIREYSEL")).refusal(), (401, "H351".to_owned()));
}
