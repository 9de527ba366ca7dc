//! What addresses consented to, and the history of one.

use super::{BRAND, Bench, P, PHONE};
use crate::sim::{EmptyConsent, Registration, UnknownAddress};
use izingate::model::consent::channel::Channel::{Eposta, Mesaj};
use serde_json::{Value, json};

fn query(recipient: &str, channel: &str) -> Value {
    json!({"recipient": recipient, "recipientType": "BIREYSEL", "type": channel})
}

#[test]
fn a_single_query_shows_the_record() {
    let mut bench = Bench::new();
    let movement = Registration::onay(BRAND, PHONE, Mesaj).created("2026-03-10 11:59:59").consented("2026-03-10 11:00:00");
    let id = bench.register(&movement);
    let told = json!({
        "consentDate": "2026-03-10 11:00:00", "creationDate": "2026-03-10 11:59:59", "source": "HS_WEB", "recipient": PHONE,
        "recipientType": "BIREYSEL", "status": "ONAY", "type": "MESAJ", "transactionId": id, "retailerAccessCount": 0,
    });
    assert_eq!(bench.post(&format!("{P}/consents/status"), &query(PHONE, "MESAJ")).json(), told);
}

#[test]
fn an_address_without_a_record_is_a_question_of_the_settings() {
    let mut bench = Bench::new();
    let path = format!("{P}/consents/status");
    assert_eq!(bench.post(&path, &query(PHONE, "MESAJ")).status, 404);
    bench.world.settings.unknown_address = UnknownAddress::Empty;
    let reply = bench.post(&path, &query(PHONE, "MESAJ"));
    assert_eq!((reply.status, reply.json()), (200, json!({})));
}

#[test]
fn a_number_on_record_in_the_wrong_form_is_found_under_that_form_alone() {
    let mut bench = Bench::new();
    bench.register(&Registration::onay(BRAND, "+9005321234567", Mesaj));
    let path = format!("{P}/consents/BIREYSEL/status/MESAJ");
    let list = |bench: &mut Bench, recipient: &str| bench.post(&path, &json!({"recipients": [recipient]})).json()["list"].clone();
    assert_eq!(list(&mut bench, PHONE), json!([]));
    assert_eq!(list(&mut bench, "+9005321234567"), json!(["+9005321234567"]));
}

#[test]
fn a_query_with_wrong_fields_is_told_which() {
    let mut bench = Bench::new();
    let mut codes = |body: Value| {
        let reply = bench.post(&format!("{P}/consents/status"), &body);
        let errors = reply.json()["errors"].as_array().unwrap().clone();
        (reply.status, errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" "))
    };
    let told = |codes: &str| (422, codes.to_owned());
    assert_eq!(codes(json!({})), told("H114 H111 H170"));
    assert_eq!(codes(query("ornekmail.com", "EPOSTA")), told("H120"));
    assert_eq!(codes(query("+05543213232", "MESAJ")), told("H121"));
    assert_eq!(codes(query("+905543213232333333", "MESAJ")), told("H166"));
    assert_eq!(codes(query(PHONE, "FAKS")), told("H117"));
    assert_eq!(codes(json!({"recipient": PHONE, "type": "MESAJ", "recipientType": "X"})), told("H116"));
    let broken = super::read(&bench.outcome("POST", &format!("{P}/consents/status"), "{").response);
    assert_eq!(broken.refusal(), (400, "H014".to_owned()));
}

#[test]
fn a_multi_query_lists_only_what_is_approved() {
    let mut bench = Bench::new();
    bench.register(&Registration::onay(BRAND, "a@ornek.com", Eposta));
    bench.register(&Registration::onay(BRAND, "b@ornek.com", Eposta).tacir());
    bench.register(&Registration::onay(BRAND, "c@ornek.com", Eposta).created("2026-03-10 11:00:00"));
    bench.register(&Registration::ret(BRAND, "c@ornek.com", Eposta));
    let asked = json!({"recipients": ["c@ornek.com", "a@ornek.com", "b@ornek.com", "yok@ornek.com"]});
    let reply = bench.post(&format!("{P}/consents/BIREYSEL/status/EPOSTA"), &asked).json();
    assert_eq!(reply["list"], json!(["a@ornek.com"]));
    assert_eq!(reply["requestId"].as_str().unwrap().len(), 36);
    bench.world.settings.hex_request_ids = true;
    let reply = bench.post(&format!("{P}/consents/TACIR/status/EPOSTA"), &asked).json();
    assert_eq!((&reply["list"], reply["requestId"].as_str().unwrap().len()), (&json!(["b@ornek.com"]), 32));
}

#[test]
fn a_multi_query_takes_a_thousand_different_addresses_of_one_kind() {
    let mut bench = Bench::new();
    let path = format!("{P}/consents/BIREYSEL/status/MESAJ");
    let numbers = |count: u32| json!({"recipients": (0..count).map(|n| format!("+90532{n:07}")).collect::<Vec<_>>()});
    assert_eq!(bench.post(&path, &numbers(1000)).status, 200);
    let mut refusal = |body: Value| {
        let reply = bench.post(&path, &body);
        (reply.refusal().1, reply.json()["errors"][0]["location"].clone())
    };
    let told = |code: &str| (code.to_owned(), json!(["recipients"]));
    assert_eq!(refusal(numbers(1001)), told("H125"));
    assert_eq!(refusal(json!({})), told("H168"));
    assert_eq!(refusal(json!({"recipients": {}})), told("H478"));
    assert_eq!(refusal(json!({"recipients": []})), told("H164"));
    let twice = json!({"recipients": [PHONE, "+905321110001", PHONE]});
    assert_eq!(refusal(twice), ("H193".to_owned(), json!(["recipients", 2])), "names and numbers");
    assert_eq!(refusal(json!({"recipients": ["a@ornek.com"]})), ("H464".to_owned(), json!(["recipient"])));
}

#[test]
fn a_history_begins_with_the_newest_consent_date() {
    let mut bench = Bench::new();
    for (created, consented) in [("2026-03-01 10:00:00", "2026-02-28 10:00:00"), ("2026-03-05 10:00:00", "2026-02-27 10:00:00")] {
        bench.register(&Registration::onay(BRAND, PHONE, Mesaj).created(created).consented(consented));
    }
    let path = format!("{P}/consents/history");
    let reply = bench.post(&path, &query(PHONE, "MESAJ"));
    assert_eq!(reply.all("creationDate"), ["2026-03-01 10:00:00", "2026-03-05 10:00:00"]);
    assert_eq!(reply.json()["pagination"], json!({"totalCount": 2, "pageSize": 2, "offset": 0}));
    let second = bench.post(&format!("{path}?offset=1&limit=1"), &query(PHONE, "MESAJ"));
    assert_eq!(second.all("creationDate"), ["2026-03-05 10:00:00"]);
    for (asked, code) in [("limit=-1", "H182"), ("limit=0", "H187"), ("limit=101", "H186"), ("offset=-1", "H183")] {
        let reply = bench.post(&format!("{path}?{asked}"), &query(PHONE, "MESAJ"));
        assert_eq!(reply.refusal(), (422, code.to_owned()), "{asked}");
    }
}

#[test]
fn an_empty_consent_date_has_three_spellings() {
    let mut bench = Bench::new();
    bench.register(&Registration::onay(BRAND, PHONE, Mesaj).tacir());
    let asked = json!({"recipient": PHONE, "recipientType": "TACIR", "type": "MESAJ"}).to_string();
    let mut told = |empty| {
        bench.world.settings.empty_consent = empty;
        let reply = super::read(&bench.outcome("POST", &format!("{P}/consents/status"), asked.clone()).response).json();
        reply.get("consentDate").cloned()
    };
    let spellings = [EmptyConsent::Text, EmptyConsent::Null, EmptyConsent::Absent].map(&mut told);
    assert_eq!(spellings, [Some(json!("")), Some(Value::Null), None]);
}

#[test]
fn a_provider_can_add_a_consent() {
    let mut bench = Bench::with(|settings| settings.record_rules = true);
    let consent = |status: &str, source: &str| {
        let mut body = query(PHONE, "MESAJ");
        body["status"] = json!(status);
        body["source"] = json!(source);
        body["consentDate"] = json!("2026-03-10 11:00:00");
        body
    };
    let path = format!("{P}/consents");
    assert_eq!(bench.post(&path, &consent("RET", "HS_WEB")).refusal(), (400, "H175".to_owned()));
    assert_eq!(bench.post(&path, &consent("ONAY", "HS_KARAR")).refusal(), (422, "H408".to_owned()));
    assert_eq!(bench.post(&path, &consent("ONAY", "IYS_WEB")).refusal(), (422, "H119".to_owned()));
    assert_eq!(bench.post(&path, &consent("ONAY", "HS_WEB")).json()["creationDate"], "2026-03-10 12:00:00");
    bench.wait(1);
    assert_eq!(bench.post(&path, &consent("RET", "HS_WEB")).status, 200);
    bench.wait(1);
    assert_eq!(bench.post(&path, &consent("RET", "HS_WEB")).refusal(), (400, "H174".to_owned()));
}
