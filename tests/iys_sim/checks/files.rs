//! Finished days: file, hash, summary.

use super::{BRAND, Bench, P, PHONE, Reply};
use crate::sim::{Grant, Registration};
use izingate::model::consent::channel::Channel::{Eposta, Mesaj};
use izingate::model::text::hex::to_hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha384};
use std::time::Duration;

const HEADER: &str = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n";

/// Two movements of the ninth, one of each stream, and one of the tenth.
fn two_days(bench: &mut Bench) -> [String; 2] {
    let onay = Registration::onay(BRAND, PHONE, Mesaj).created("2026-03-09 00:00:00").consented("2026-03-08 21:00:00");
    let ret = Registration::ret(BRAND, "a@ornek.com", Eposta).created("2026-03-09 23:59:59");
    let ids = [bench.register(&onay), bench.register(&ret)];
    bench.register(&Registration::ret(BRAND, PHONE, Mesaj).created("2026-03-10 00:00:00"));
    ids
}

fn file(bench: &mut Bench, date: &str) -> Reply {
    bench.get(&format!("{P}/changes/{date}/file"))
}

fn agreement(bench: &mut Bench, date: &str) -> Value {
    bench.get(&format!("{P}/agreements/{date}")).json()
}

#[test]
fn a_days_file_holds_both_streams_of_that_day_in_order() {
    let mut bench = Bench::new();
    let [first, second] = two_days(&mut bench);
    let told = format!(
        "{HEADER}2026-03-09 00:00:00,{first},{PHONE},BIREYSEL,MESAJ,ONAY,2026-03-08 21:00:00,HS_WEB\n\
         2026-03-09 23:59:59,{second},a@ornek.com,BIREYSEL,EPOSTA,RET,2026-03-09 23:59:59,IYS_WEB\n"
    );
    let reply = file(&mut bench, "2026-03-09");
    assert_eq!((reply.status, reply.media.as_str(), reply.text), (200, "text/csv", told));
}

#[test]
fn an_unfinished_or_empty_day_has_no_file() {
    let mut bench = Bench::new();
    two_days(&mut bench);
    assert_eq!(file(&mut bench, "2026-03-10").status, 204, "today");
    assert_eq!(file(&mut bench, "2026-03-05").status, 204, "nothing happened");
    bench.wait(12 * 3600);
    bench.log_in("api", "gizli");
    assert_eq!(file(&mut bench, "2026-03-10").status, 200, "midnight");
}

#[test]
fn a_file_may_be_made_some_time_after_midnight() {
    let mut bench = Bench::with(|settings| settings.day_file_lag = Duration::from_hours(13));
    two_days(&mut bench);
    assert_eq!(file(&mut bench, "2026-03-09").status, 204);
    let early = agreement(&mut bench, "2026-03-09");
    assert_eq!((&early["processStatus"], &early["hashValue"]), (&json!("inprogress"), &json!("")));
    bench.wait(3600);
    assert_eq!(file(&mut bench, "2026-03-09").status, 200);
}

#[test]
fn seven_days_back_and_in_one_form() {
    let mut bench = Bench::new();
    assert_eq!(file(&mut bench, "2026-03-03").status, 204);
    assert_eq!(file(&mut bench, "2026-03-02").refusal(), (422, "H502".to_owned()));
    for date in ["09.03.2026", "2026-13-01", "2026-3-9", "bugün"] {
        assert_eq!(file(&mut bench, date).refusal(), (422, "H501".to_owned()), "{date}");
    }
}

#[test]
fn the_hash_is_that_of_the_file_and_can_be_agreed_upon() {
    let mut bench = Bench::new();
    two_days(&mut bench);
    let hash = to_hex(&Sha384::digest(file(&mut bench, "2026-03-09").text));
    let told = |agreed: bool| json!({"processStatus": "completed", "hashValue": hash, "hashMethod": "SHA-384", "agreementStatus": agreed});
    assert_eq!(agreement(&mut bench, "2026-03-09"), told(false));
    let path = format!("{P}/agreements/2026-03-09");
    assert_eq!(bench.put(&path, &json!({"agreementStatus": false})).refusal(), (422, "H512".to_owned()));
    assert_eq!(bench.put(&path, &json!({"agreementStatus": true})).json(), json!({"agreementCaptured": true}));
    assert_eq!(agreement(&mut bench, "2026-03-09"), told(true));
    let nothing = format!("{P}/agreements/2026-03-05");
    assert_eq!(bench.get(&nothing).status, 204);
    assert_eq!(bench.put(&nothing, &json!({"agreementStatus": true})).status, 204);
}

#[test]
fn movements_of_one_id_are_one_line_the_one_that_holds() {
    let mut bench = Bench::new();
    let ret = Registration::ret(BRAND, PHONE, Mesaj).created("2026-03-09 10:00:00");
    let onay = Registration::onay(BRAND, PHONE, Mesaj).created("2026-03-09 10:00:00");
    for movement in [ret, onay, onay.tacir()] {
        bench.register(&movement);
    }
    let states = |text: &str| {
        let lines = text.lines().skip(1).map(|line| line.split(',').skip(3).step_by(2).take(2).collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>()
    };
    let text = file(&mut bench, "2026-03-09").text;
    assert_eq!(states(&text), ["BIREYSEL RET", "TACIR ONAY"]);
    bench.world.settings.same_second_is_one_line = false;
    assert_eq!(file(&mut bench, "2026-03-09").text.lines().count(), 4);
}

#[test]
fn the_summary_counts_by_channel_and_stream() {
    let mut bench = Bench::new();
    two_days(&mut bench);
    let counted = |source: &str, approval: u32, rejection: u32| json!({"source": source, "approval": approval, "rejection": rejection, "pending": 0, "total": approval + rejection});
    let told = json!({"changeStats": [
        {"type": "ARAMA", "consents": [counted("HS", 0, 0), counted("IYS", 0, 0)]},
        {"type": "MESAJ", "consents": [counted("HS", 1, 0), counted("IYS", 0, 0)]},
        {"type": "EPOSTA", "consents": [counted("HS", 0, 0), counted("IYS", 0, 1)]},
    ]});
    assert_eq!(bench.get(&format!("{P}/changes/2026-03-09/recipients/BIREYSEL")).json(), told);
}

#[test]
fn a_partner_reconciles_only_with_that_right() {
    let mut bench = Bench::new();
    two_days(&mut bench);
    bench.log_in("ortak", "saklı");
    assert_eq!(file(&mut bench, "2026-03-09").status, 200);
    bench.world.grant("ortak", BRAND, Grant { agreement: false, ..Grant::ALL });
    for path in ["changes/2026-03-09/file", "agreements/2026-03-09", "changes/2026-03-09/recipients/TACIR"] {
        assert_eq!(bench.get(&format!("{P}/{path}")).refusal(), (403, "H353".to_owned()), "{path}");
    }
}
