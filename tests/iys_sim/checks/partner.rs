//! Who may see what.

use super::{BRAND, Bench, P, PARTNER, PHONE, PROVIDER};
use crate::sim::{CodeStyle, Grant, Registration, Right};
use izingate::model::consent::channel::Channel::Mesaj;
use serde_json::{Value, json};

fn granted(code: &Value, iys_code: &Value) -> Value {
    json!({
        "brandCode": code, "name": "Marka 600001", "master": false, "title": "Marka 600001 BİLİŞİM ANONİM ŞİRKETİ",
        "iysCode": iys_code, "agreementControl": true, "MESAJ": "write", "ARAMA": "write", "EPOSTA": "write", "viaControl": false,
    })
}

#[test]
fn a_provider_lists_its_brands_with_their_counts() {
    let mut bench = Bench::new();
    bench.register(&Registration::onay(BRAND, PHONE, Mesaj));
    let shown = |code: u32, approval: u32| {
        let consents = json!({"approval": approval, "rejection": 0, "total": approval});
        let stats = json!({"consents": consents, "retailers": {"total": 0}});
        json!({"brandCode": code, "name": format!("Marka {code}"), "master": code == PROVIDER, "stats": stats})
    };
    assert_eq!(bench.get("/sps/600000/brands").json(), json!([shown(PROVIDER, 0), shown(BRAND, 1)]));
}

#[test]
fn a_partner_lists_what_it_was_granted() {
    let mut bench = Bench::new();
    bench.log_in("ortak", "saklı");
    let one = |item: Value| json!({"pagination": {"offset": 0, "pageSize": 1, "totalCount": 1}, "list": [item]});
    let all = bench.get(&format!("/integrator/{PARTNER}/sps")).json();
    assert_eq!(all, one(granted(&json!("600001"), &json!("600000"))), "text, as in the document's sample");
    let of_provider = bench.get(&format!("/integrator/{PARTNER}/sps/{PROVIDER}")).json();
    assert_eq!(of_provider, one(granted(&json!(600_001), &json!(600_000))), "numbers, as in the document's sample");
    bench.world.settings.codes = CodeStyle::Padded;
    bench.world.add_brand(100, 100);
    bench.world.grant("ortak", 100, Grant { mesaj: Right::Read, ..Grant::NONE });
    let padded = bench.get(&format!("/integrator/{PARTNER}/sps")).json()["list"][0].clone();
    assert_eq!((&padded["brandCode"], &padded["MESAJ"], &padded["ARAMA"]), (&json!("000100"), &json!("read"), &json!("none")));
}

#[test]
fn a_long_list_comes_in_pages() {
    let mut bench = Bench::new();
    for code in 1..=150 {
        bench.world.add_brand(code, code);
        bench.world.grant("ortak", code, Grant::ALL);
    }
    bench.log_in("ortak", "saklı");
    let mut page = |query: &str| {
        let body = bench.get(&format!("/integrator/{PARTNER}/sps{query}")).json();
        (body["list"].as_array().unwrap().len(), body["pagination"].clone())
    };
    assert_eq!(page(""), (100, json!({"offset": 0, "pageSize": 100, "totalCount": 151})));
    assert_eq!(page("?offset=100&limit=100"), (51, json!({"offset": 100, "pageSize": 51, "totalCount": 151})));
    let refused = bench.get(&format!("/integrator/{PARTNER}/sps?limit=101"));
    assert_eq!(refused.refusal(), (422, "H186".to_owned()));
}

#[test]
fn rights_that_are_taken_away_are_gone_at_once() {
    let mut bench = Bench::new();
    bench.log_in("ortak", "saklı");
    assert_eq!(bench.get(&format!("{P}/consents/changes")).status, 204);
    bench.world.grant("ortak", BRAND, Grant::NONE);
    assert_eq!(bench.get(&format!("{P}/consents/changes")).refusal(), (403, "H353".to_owned()));
    assert_eq!(bench.get(&format!("/integrator/{PARTNER}/sps")).json()["list"], json!([]));
}

#[test]
fn nobody_sees_what_is_anothers() {
    let mut bench = Bench::new();
    bench.world.add_brand(500, 500);
    assert_eq!(bench.get("/sps/500/brands/500/consents/changes").refusal(), (403, "H353".to_owned()));
    assert_eq!(bench.get("/sps/600000/brands/500/consents/changes").refusal(), (403, "H353".to_owned()));
    assert_eq!(bench.get(&format!("/integrator/{PARTNER}/sps")).refusal(), (400, "H363".to_owned()));
    assert_eq!(bench.get("/sps/x/brands/1/consents/changes").refusal(), (422, "H190".to_owned()));
    assert_eq!(bench.get("/sps/600000/brands/x/consents/changes").refusal(), (422, "H191".to_owned()));
    bench.log_in("ortak", "saklı");
    assert_eq!(bench.get("/integrator/1/sps").refusal(), (403, "H353".to_owned()));
    bench.bearer.clear();
    assert_eq!(bench.get(&format!("{P}/consents/changes")).refusal(), (401, "H351".to_owned()));
}

#[test]
fn some_403_spell_the_key_with_a_colon() {
    let mut bench = Bench::new();
    let first = |bench: &mut Bench, path: &str| bench.get(path).json()["errors"][0].clone();
    assert_eq!(first(&mut bench, "/sps/500/brands")["code:"], "H353");
    assert_eq!(first(&mut bench, "/sps/500/brands/500/consents/changes")["code"], "H353");
    bench.world.settings.colon_codes = false;
    assert_eq!(first(&mut bench, "/sps/500/brands")["code"], "H353");
}
