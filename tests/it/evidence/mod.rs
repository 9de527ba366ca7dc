//! The record of decisions, from the outside: a real gateway, its files, the commands that read them.

mod accept;
mod disk;
mod export;
mod forger;
pub mod forgery;
mod kill;
mod missing;
mod proof;
mod reach;
mod start;

use crate::support::known::{APPROVED, EMAIL, Known, REFUSED, STRANGER};
use crate::support::{BRAND, run};
use izingate::api::proto::{Channel, CheckBatchRequest, CheckRequest, CheckResponse, Decision};
use serde_json::{Value, json};
use std::path::Path;
use tokio_stream::StreamExt;
use tonic::Request;

pub(super) fn ask(recipient: &str) -> CheckRequest {
    CheckRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipient: Some(recipient.to_owned()),
        ..CheckRequest::default()
    }
}

/// A question of a caller that names itself.
pub(super) fn from<T>(caller: &'static str, request: T) -> Request<T> {
    let mut request = Request::new(request);
    request.metadata_mut().insert("izingate-caller", caller.parse().unwrap());
    request
}

/// Everything on record about a recipient.
pub fn found(data: &Path, recipient: &str) -> Vec<Value> {
    let output = run(&["evidence", "find", "--data", data.to_str().unwrap(), "--recipient", recipient, "--json"]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What `evidence verify` says, with its exit code.
pub fn verified(data: &Path) -> (String, Option<i32>) {
    let output = run(&["evidence", "verify", "--data", data.to_str().unwrap()]);
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

fn ids(found: &[Value]) -> Vec<&str> {
    found.iter().map(|found| found["decisionId"].as_str().unwrap()).collect()
}

/// Through every door, and back out of the record.
#[tokio::test]
async fn every_decision_is_on_record() {
    let known = Known::start().await;
    let data = known.data();
    let mut permission = known.gateway.permission().await;
    let mut answers: Vec<(CheckResponse, &str)> = Vec::new();
    let one = CheckRequest { reference: "kampanya-7".to_owned(), ..ask(APPROVED) };
    answers.push((permission.check(from("dialer", one.clone())).await.unwrap().into_inner(), "dialer"));
    let questions = vec![one.clone(), CheckRequest { reference: "x".to_owned(), ..ask(APPROVED) }];
    let stream = permission.check_stream(from("streamer", tokio_stream::iter(questions))).await.unwrap().into_inner();
    answers.extend(stream.map(|answer| (answer.unwrap(), "streamer")).collect::<Vec<_>>().await);
    let batch = CheckBatchRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipients: [REFUSED, "x", APPROVED, STRANGER].map(str::to_owned).into(),
        reference: "parti".to_owned(),
        ..CheckBatchRequest::default()
    };
    let batch = permission.check_batch(batch).await.unwrap().into_inner();
    let http = reqwest::get(format!("{}/v1/check?brandCode={BRAND}&type=EPOSTA&recipient={EMAIL}", known.gateway.http)).await;
    let http: Value = http.unwrap().json().await.unwrap();
    // Nobody acts on an explanation.
    permission
        .explain(izingate::api::proto::ExplainRequest {
            brand_code: BRAND,
            channel: Channel::Mesaj.into(),
            recipient: Some(APPROVED.to_owned()),
            ..Default::default()
        })
        .await
        .unwrap();
    assert!(known.gateway.stop().success());

    let of_approved = found(&data, APPROVED);
    let in_batch = format!("{:032x}", u128::from_str_radix(&batch.decision_id, 16).unwrap() + 2);
    let mut expected: Vec<&str> = answers.iter().map(|(answer, _)| answer.decision_id.as_str()).collect();
    expected.push(&in_batch);
    assert_eq!(ids(&of_approved), expected);
    let first = &of_approved[0];
    let shown = |name: &str| first[name].clone();
    let told = ["caller", "brandCode", "type", "recipientType", "purpose", "decision", "reason", "enforced", "mode", "reference"];
    assert_eq!(
        told.map(shown),
        [
            json!("dialer"),
            json!(BRAND),
            json!("MESAJ"),
            json!("BIREYSEL"),
            json!("TICARI"),
            json!("ALLOW"),
            json!("APPROVED"),
            json!(true),
            json!("enforce"),
            json!("kampanya-7")
        ]
    );
    assert_eq!((shown("revision"), shown("batch")), (json!(1), json!(1)));
    assert_eq!(of_approved[1]["caller"], "streamer");
    assert_eq!(
        (&of_approved[3]["batch"], &of_approved[3]["reference"], &of_approved[3]["caller"]),
        (&json!(4), &json!("parti"), &json!(""))
    );
    let refused = found(&data, "0532 123 45 62");
    assert_eq!((ids(&refused), &refused[0]["reason"]), (vec![batch.decision_id.as_str()], &json!("REFUSED")));
    assert_eq!(ids(&found(&data, EMAIL)), [http["decisionId"].as_str().unwrap()]);
    let (text, code) = verified(&data);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("decisions   8\n") && !text.contains("gap"), "{text}");
}

#[tokio::test]
async fn a_caller_has_the_durability_that_is_configured() {
    let settings = [("IZINGATE_EVIDENCE_OFF", "loadtest"), ("IZINGATE_EVIDENCE_BEFORE_ANSWER", "payments")];
    let known = Known::start_with_env(&settings).await;
    let mut permission = known.gateway.permission().await;
    for caller in ["loadtest", "payments", "dialer"] {
        let answer = permission.check(from(caller, ask(APPROVED))).await.unwrap().into_inner();
        assert_eq!(answer.decision, i32::from(Decision::Allow as u8));
        if caller == "payments" {
            assert_eq!(ids(&found(&known.data(), APPROVED)), [answer.decision_id.as_str()], "on disk before it was heard of");
        }
    }
    let refused = permission.check(from("not a name", ask(APPROVED))).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    let data = known.data();
    assert!(known.gateway.stop().success());
    let callers: Vec<Value> = found(&data, APPROVED).into_iter().map(|found| found["caller"].clone()).collect();
    assert_eq!(callers, ["payments", "dialer"]);
}
