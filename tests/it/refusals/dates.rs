//! A refusal never loses to a clock, ours or İYS's.

use super::ways::{Row, Taken, Way, object, onay, phone, reason, reason_at, ret, taken, with};
use crate::support::known::Known;
use crate::support::web::post_json;
use crate::support::{BRAND, Gateway, run};
use izingate::api::proto;
use izingate::api::proto::{CloseLineRequest, ExplainRequest};
use izingate::model::time::IysTime;
use serde_json::{Value, json};

/// An approval of so many seconds from now on.
fn onay_in(recipient: &str, seconds: u32) -> Row {
    with(onay(recipient), "creationDate", &IysTime::now().plus(seconds).to_string())
}

/// A refusal without İYS's identity.
pub fn received(recipient: &str) -> Row {
    ["creationDate", "transactionId", "consentDate", "source"].into_iter().fold(ret(recipient), |row, name| with(row, name, ""))
}

#[tokio::test]
async fn a_refusal_that_is_received_outranks_an_approval_that_is_ahead() {
    for way in Way::ALL {
        let approvals = [onay_in(&phone(1), 300), onay_in(&phone(2), 590)];
        let rows = [
            received(&phone(1)),
            received(&phone(2)),
            onay_in(&phone(3), 590),
            received(&phone(3)),
            received(&phone(4)),
            onay_in(&phone(4), 590),
        ];
        let Taken { gateway, refused, dir: _dir } = taken(way, &approvals, &rows).await;
        assert_eq!(refused, [], "{way:?}");
        for case in 1..=4 {
            assert_eq!(reason(&gateway, &phone(case), "BIREYSEL").await, "REFUSED", "{way:?}: {case}");
        }
        let again = json!({ "list": approvals.iter().map(object).collect::<Vec<_>>() });
        assert_eq!(post_json(&gateway.http, "/v1/movements?brandCode=601234", &again).await.json()["unchanged"], 2);
        assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, "REFUSED", "{way:?}: once more");
    }
}

/// The example of the trials, word by word.
#[tokio::test]
async fn what_is_acknowledged_is_in_force_at_its_revision() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    let send = async |row: Value| {
        let list = json!({ "list": [row] });
        post_json(http, "/v1/movements?brandCode=601234", &list).await.json()
    };
    assert_eq!(send(object(&onay_in(&phone(1), 300))).await["applied"], 1);
    let report = send(json!({ "recipient": phone(1), "type": "MESAJ", "status": "RET" })).await;
    assert_eq!((&report["applied"], &report["asOfNow"]), (&json!(1), &json!(1)), "{report}");
    let revision = report["revision"].as_u64().unwrap();
    assert_eq!(reason_at(&known.gateway, &phone(1), "BIREYSEL", revision).await, "REFUSED");
}

/// Our clock may be behind: İYS's date stands, however far ahead it seems to be.
#[tokio::test]
async fn a_refusal_of_iys_keeps_its_date() {
    let ahead = |seconds: u32| IysTime::now().plus(seconds).to_string();
    for way in Way::ALL {
        let rows = [1, 2].map(|case| with(ret(&phone(case)), "creationDate", &ahead(86_400)));
        let Taken { gateway, refused, dir } = taken(way, &[onay(&phone(1)), onay(&phone(2))], &rows).await;
        assert_eq!(refused, [], "{way:?}");
        assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, "REFUSED", "{way:?}");
        let between = json!({ "list": [object(&onay_in(&phone(2), 500))] });
        post_json(&gateway.http, "/v1/movements?brandCode=601234", &between).await.json();
        assert_eq!(reason(&gateway, &phone(2), "BIREYSEL").await, "REFUSED", "{way:?}: later than now, earlier than the refusal");
        assert_eq!(explained(&gateway, &phone(1)).await[0], unix(&rows[0]), "{way:?}");
        drop((gateway, dir));
    }
}

fn unix(row: &Row) -> i64 {
    IysTime::parse(super::ways::field(row, "creationDate")).unwrap().unix().into()
}

/// The dates of a recipient's history, newest first.
async fn explained(gateway: &Gateway, recipient: &str) -> Vec<i64> {
    let channel = proto::Channel::Mesaj.into();
    let request =
        ExplainRequest { brand_code: BRAND, channel, recipient: Some(recipient.to_owned()), ..ExplainRequest::default() };
    let answer = gateway.permission().await.explain(request).await.unwrap().into_inner();
    let cell = answer.cells.into_iter().find(|cell| cell.channel() == proto::Channel::Mesaj).unwrap();
    cell.history.iter().map(|entry| entry.creation_date).collect()
}

#[tokio::test]
async fn an_approval_further_ahead_is_not_taken() {
    for way in Way::ALL {
        let taken = taken(way, &[], &[onay_in(&phone(1), 590), onay_in(&phone(2), 1_200)]).await;
        assert_eq!(taken.refused, [(1, "FUTURE_CREATION_DATE".to_owned())], "{way:?}");
        assert_eq!(reason(&taken.gateway, &phone(1), "BIREYSEL").await, "APPROVED", "{way:?}");
        assert_eq!(reason(&taken.gateway, &phone(2), "BIREYSEL").await, "NO_RECORD", "{way:?}");
    }
}

#[tokio::test]
async fn the_date_that_is_shown_is_the_receipt() {
    let before = i64::from(IysTime::now().unix());
    let taken = taken(Way::HttpJson, &[onay_in(&phone(1), 300)], &[received(&phone(1))]).await;
    let dates = explained(&taken.gateway, &phone(1)).await;
    let after = i64::from(IysTime::now().unix());
    assert!(dates.len() == 2 && (before..=after).contains(&dates[0]) && dates[1] > after, "{before} {dates:?} {after}");
}

/// A closure and an erasure are received too.
#[tokio::test]
async fn a_closure_and_an_erasure_outrank_an_approval_that_is_ahead() {
    let Taken { gateway, dir, .. } = taken(Way::HttpJson, &[], &[onay_in(&phone(1), 590), onay_in(&phone(2), 590)]).await;
    let request = CloseLineRequest { recipient: phone(1), closed_at: 0 };
    assert!(gateway.admin().await.close_line(request).await.unwrap().into_inner().applied);
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, "REFUSED");
    assert!(gateway.stop().success());
    let data = dir.path().join("data");
    let data = data.to_str().unwrap();
    let erased = run(&["recipient", "erase", "--data", data, "--recipient", &phone(2), "--reason", "KVKK"]);
    assert!(erased.status.success(), "{erased:?}");
    let gateway = Gateway::start(&dir.path().join("data"));
    assert_eq!(reason(&gateway, &phone(2), "BIREYSEL").await, "NO_RECORD");
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, "REFUSED", "after a restart too");
}
