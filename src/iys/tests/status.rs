//! Status queries.

use super::*;
use crate::iys::{Class, Observation, Why};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::time::IysTime;
use serde_json::{Value, json};

const DATE: &str = "Tue, 18 Aug 2020 10:00:00 GMT";

async fn approved(iys: &Iys, recipients: &[&str]) -> Result<Observation, IysError> {
    iys.approved(sender(), RecipientType::Tacir, Channel::Eposta, recipients).await
}

fn at() -> IysTime {
    IysTime::parse("2020-08-18 13:00:00").unwrap()
}

#[tokio::test(start_paused = true)]
async fn those_in_onay_are_told_as_they_were_asked_for() {
    let list = r#"{"requestId":"8da1","list":["c@x.com","stranger@x.com","a@x.com","a@x.com"]}"#;
    let fake = Fake::of(vec![told(200, list).dated(DATE).after(Duration::from_millis(400))]);
    let iys = fake.client();
    let mut observation = approved(&iys, &["A@x.com", "b@x.com", "c@x.com", "c@x.com"]).await.unwrap();
    assert_eq!(format!("{observation:?}"), "Observation { approved: 2 of them, at: 2020-08-18 12:59:59 }");
    observation.approved.sort();
    let expected = Observation { approved: vec!["A@x.com".to_owned(), "c@x.com".to_owned()], at: at().minus(1) };
    assert_eq!(observation, expected);
    assert_eq!(iys.figures().strangers, 2, "one nobody asked for, one told twice");
    let call = &fake.calls()[0];
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/sps/600001/brands/600002/consents/TACIR/status/EPOSTA"));
    let body: Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(body, json!({ "recipients": ["A@x.com", "b@x.com", "c@x.com"] }), "each goes out once");
}

#[tokio::test(start_paused = true)]
async fn a_retry_counts_from_its_own_request() {
    let fake = Fake::of(vec![
        told(503, "").after(Duration::from_secs(20)),
        told(200, r#"{"list":[]}"#).dated(DATE).after(Duration::from_secs(1)),
    ]);
    assert_eq!(approved(&fake.client(), &["a@x.com"]).await.unwrap().at, at().minus(1));
}

#[tokio::test(start_paused = true)]
async fn only_what_iys_would_take_is_sent() {
    let fake = Fake::of(vec![told(200, r#"{"list":[]}"#)]);
    let iys = fake.client();
    let many: Vec<String> = (0..1001).map(|n| format!("a{n}@x.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for recipients in [&many[..], &[]] {
        let error = approved(&iys, recipients).await.unwrap_err();
        assert_eq!((error.class(), error.why(), error.code()), (Class::Stop, Some(Why::Request), "NOT_SENT"));
    }
    assert!(fake.asked().is_empty());
    approved(&iys, &many[..1000]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_its_list_says_nothing_of_anyone() {
    for answer in [told(200, r#"{"requestId":"x"}"#), told(200, r#"{"list":null}"#), told(204, "")] {
        let error = approved(&Fake::of(vec![answer]).client().trying(1), &["a@x.com"]).await.unwrap_err();
        assert_eq!((error.class(), error.code()), (Class::Retry, "UNREADABLE"));
    }
}

#[tokio::test(start_paused = true)]
async fn one_recipient_is_asked_for_with_all_that_is_on_record() {
    let record = r#"{"consentDate":"2020-07-08 07:07:07","source":"HS_CAGRI_MERKEZI","recipientType":"BIREYSEL","status":"ONAY",
        "type":"EPOSTA","recipient":"a@x.com","retailerCode":55550127,"creationDate":"2020-08-06 15:50:23","transactionId":"abc"}"#;
    let fake = Fake::of(vec![told(200, record), told(204, ""), told(200, "{}"), told(200, "null")]);
    let (iys, about) = (fake.client(), Cell::new(Channel::Eposta, RecipientType::Bireysel));
    let item = iys.status(sender(), about, "a@x.com").await.unwrap().unwrap();
    assert_eq!((item.raw().created, item.raw().status, item.raw().transaction), ("2020-08-06 15:50:23", "ONAY", "abc"));
    for _ in 0..3 {
        assert_eq!(iys.status(sender(), about, "a@x.com").await, Ok(None));
    }
    let call = &fake.calls()[0];
    assert_eq!(call.path, "/sps/600001/brands/600002/consents/status");
    let expected = json!({ "recipient": "a@x.com", "recipientType": "BIREYSEL", "type": "EPOSTA" });
    assert_eq!(serde_json::from_str::<Value>(&call.body).unwrap(), expected);
}
