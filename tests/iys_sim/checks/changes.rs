//! The change stream (F§1.6).

use super::{BRAND, Bench, P, PHONE};
use crate::sim::{Grant, OldCursor, Registration, Right};
use izingate::model::consent::channel::Channel::{Eposta, Mesaj};
use serde_json::{Value, json};

/// A refusal at İYS at a time of the bench's day.
fn refused_at(bench: &mut Bench, recipient: &str, time: &str) {
    bench.register(&Registration::ret(BRAND, recipient, Mesaj).created(&format!("2026-03-10 {time}")));
}

fn page(bench: &mut Bench, query: &str) -> Vec<String> {
    let reply = bench.get(&format!("{P}/consents/changes?{query}"));
    if reply.status == 204 { Vec::new() } else { reply.all("recipient") }
}

#[test]
fn a_page_has_the_fields_of_the_document() {
    let mut bench = Bench::new();
    let movement = Registration::ret(BRAND, PHONE, Mesaj).created("2026-03-10 10:00:00").consented("2026-03-10 09:59:58");
    let id = bench.register(&movement);
    let told = json!({
        "after": format!("1773126000_{id}"),
        "list": [{
            "consentDate": "2026-03-10 09:59:58", "creationDate": "2026-03-10 10:00:00", "source": "IYS_WEB", "recipient": PHONE,
            "recipientType": "BIREYSEL", "status": "RET", "type": "MESAJ", "transactionId": id,
        }],
    });
    assert_eq!(bench.get(&format!("{P}/consents/changes")).json(), told);
    assert_eq!(id.len(), 64);
}

#[test]
fn the_last_hour_is_never_shown() {
    let mut bench = Bench::new();
    refused_at(&mut bench, "+905321110001", "11:00:00");
    refused_at(&mut bench, "+905321110002", "11:00:01");
    assert_eq!(page(&mut bench, ""), ["+905321110001"]);
    bench.wait(1);
    assert_eq!(page(&mut bench, ""), ["+905321110001", "+905321110002"]);
}

#[test]
fn what_is_older_than_seven_days_is_not_shown_either() {
    let mut bench = Bench::new();
    for time in ["2026-03-03 11:59:59", "2026-03-03 12:00:00"] {
        bench.register(&Registration::ret(BRAND, PHONE, Mesaj).created(time));
    }
    let reply = bench.get(&format!("{P}/consents/changes"));
    assert_eq!(reply.all("creationDate"), ["2026-03-03 12:00:00"]);
}

#[test]
fn writes_of_the_provider_and_of_iys_are_two_streams() {
    let mut bench = Bench::new();
    bench.register(&Registration::onay(BRAND, "a@ornek.com", Eposta).created("2026-03-10 08:00:00"));
    bench.register(&Registration::ret(BRAND, "b@ornek.com", Eposta).created("2026-03-10 08:00:01"));
    assert_eq!(page(&mut bench, "source=HS"), ["a@ornek.com"]);
    assert_eq!(page(&mut bench, "source=IYS"), ["b@ornek.com"]);
    assert_eq!(page(&mut bench, ""), ["b@ornek.com"], "the default");
}

#[test]
fn a_cursor_leads_through_every_page_once_and_in_order() {
    let mut bench = Bench::new();
    let numbers: Vec<String> = (0..25).map(|number| format!("+9053211100{number:02}")).collect();
    for (second, number) in numbers.iter().enumerate() {
        refused_at(&mut bench, number, &format!("10:00:{second:02}"));
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let reply = bench.get(&format!("{P}/consents/changes?limit=10&after={after}"));
        if reply.status == 204 {
            break;
        }
        assert!(reply.all("recipient").len() <= 10);
        seen.extend(reply.all("recipient"));
        reply.json()["after"].as_str().unwrap().clone_into(&mut after);
    }
    assert_eq!(seen, numbers);
    refused_at(&mut bench, PHONE, "10:30:00");
    assert_eq!(page(&mut bench, &format!("after={after}")), [PHONE], "an old cursor leads on");
}

#[test]
fn a_cursor_may_hold_milliseconds() {
    let mut bench = Bench::with(|settings| settings.cursor_millis = true);
    refused_at(&mut bench, PHONE, "10:00:00");
    refused_at(&mut bench, "+905321110002", "10:00:01");
    let reply = bench.get(&format!("{P}/consents/changes?limit=1"));
    let after = reply.json()["after"].as_str().unwrap().to_owned();
    assert!(after.starts_with("1773126000000_"), "{after}");
    assert_eq!(page(&mut bench, &format!("after={after}")), ["+905321110002"]);
}

#[test]
fn a_cursor_older_than_the_window_is_a_question_of_the_settings() {
    let old = format!("1700000000_{}", "a".repeat(64));
    let mut silent = Bench::new();
    refused_at(&mut silent, PHONE, "10:00:00");
    assert_eq!(page(&mut silent, &format!("after={old}")), [PHONE]);
    let mut loud = Bench::with(|settings| settings.old_cursor = OldCursor::Error);
    assert_eq!(loud.get(&format!("{P}/consents/changes?after={old}")).refusal(), (400, "H098".to_owned()));
    assert_eq!(loud.get(&format!("{P}/consents/changes?after=x")).refusal(), (400, "H098".to_owned()));
}

#[test]
fn source_and_limit_have_their_bounds() {
    let mut bench = Bench::new();
    let mut told = |query: &str| {
        let reply = bench.get(&format!("{P}/consents/changes?{query}"));
        (reply.refusal(), reply.json()["errors"][0]["location"].clone())
    };
    assert_eq!(told("source=SH"), ((422, "H506".to_owned()), json!(["source"])));
    for limit in ["1001", "0", "-1", "x"] {
        assert_eq!(told(&format!("limit={limit}")), ((422, "H507".to_owned()), json!(["limit"])), "{limit}");
    }
}

#[test]
fn two_movements_of_one_second_share_an_id_and_a_page() {
    let mut bench = Bench::new();
    let onay = Registration::onay(BRAND, PHONE, Mesaj).source("IYS_WEB").created("2026-03-10 10:00:05");
    let ids = [bench.register(&onay), bench.register(&Registration::ret(BRAND, PHONE, Mesaj).created("2026-03-10 10:00:05"))];
    assert_eq!(ids[0], ids[1]);
    refused_at(&mut bench, "+905321110001", "10:00:00");
    assert_eq!(page(&mut bench, "limit=2"), ["+905321110001"], "not half of the pair");
    let mut splitting = Bench::with(|settings| settings.pages_split_pairs = true);
    splitting.register(&onay);
    splitting.register(&Registration::ret(BRAND, PHONE, Mesaj).created("2026-03-10 10:00:05"));
    let first = splitting.get(&format!("{P}/consents/changes?limit=1"));
    let after = first.json()["after"].as_str().unwrap().to_owned();
    assert_eq!(page(&mut splitting, &format!("after={after}")), Vec::<String>::new(), "and the second is never seen");
}

#[test]
fn a_new_citizens_name_comes_along() {
    let mut bench = Bench::new();
    bench.register(&Registration::onay(BRAND, PHONE, Mesaj).source("IYS_WEB_YENI").created("2026-03-10 10:00:00"));
    let item = bench.get(&format!("{P}/consents/changes")).json()["list"][0].clone();
    assert_eq!(item["citizenName"], "Ahmet Tuna Yılmaz");
}

#[test]
fn a_line_closure_has_an_old_date_or_none() {
    let mut bench = Bench::new();
    let given = Registration::onay(BRAND, PHONE, Mesaj).created("2026-03-09 10:00:00").consented("2026-03-08 10:00:00");
    let closed = Registration::ret(BRAND, PHONE, Mesaj).source("IYS_AHS_HAT_KAPATMA").created("2026-03-10 10:00:00");
    for movement in [given, closed, Registration { created: given.created, ..given.tacir() }, closed.tacir()] {
        let consented = if movement.cell == given.tacir().cell { None } else { movement.consented };
        bench.register(&Registration { consented, ..movement });
    }
    let list = bench.get(&format!("{P}/consents/changes")).json()["list"].clone();
    let mut dates: Vec<Value> = list.as_array().unwrap().iter().map(|item| item["consentDate"].clone()).collect();
    dates.sort_by_key(ToString::to_string);
    assert_eq!(dates, [json!(""), json!("2026-03-08 10:00:00")]);
}

#[test]
fn a_partner_sees_the_channels_it_may_read() {
    let mut bench = Bench::new();
    bench.register(&Registration::ret(BRAND, PHONE, Mesaj).created("2026-03-10 10:00:00"));
    bench.register(&Registration::ret(BRAND, "a@ornek.com", Eposta).created("2026-03-10 10:00:01"));
    bench.log_in("ortak", "saklı");
    bench.world.grant("ortak", BRAND, Grant { mesaj: Right::Read, ..Grant::NONE });
    assert_eq!(page(&mut bench, ""), [PHONE]);
    bench.world.grant("ortak", BRAND, Grant::NONE);
    assert_eq!(bench.get(&format!("{P}/consents/changes")).refusal(), (403, "H353".to_owned()));
}
