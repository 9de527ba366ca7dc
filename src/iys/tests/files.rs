//! Day files, agreements and push connections.

use super::*;
use crate::iys::{Agreement, Class, Day, ProcessStatus, PushConnection, PushTarget};
use crate::model::consent::channel::Channel;
use crate::model::time::IysTime;
use serde_json::{Value, json};

fn day() -> Day {
    Day::parse("2026-03-01").unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_day_file_comes_as_it_is() {
    let fake = Fake::of(vec![told(200, "creationDate,…\n"), told(204, "")]);
    let iys = fake.client();
    let file = iys.day_file(sender(), day()).await.unwrap().unwrap();
    assert_eq!(file.collect(100).await.unwrap(), "creationDate,…\n");
    assert!(iys.day_file(sender(), day()).await.unwrap().is_none());
    assert_eq!(fake.calls()[0].path, "/sps/600001/brands/600002/changes/2026-03-01/file");
}

#[tokio::test(start_paused = true)]
async fn a_day_outside_the_window_is_one_to_get_otherwise() {
    let iys = Fake::of(vec![coded(422, "H502")]).client();
    assert_eq!(iys.day_file(sender(), day()).await.unwrap_err().class(), Class::Resync);
}

#[tokio::test(start_paused = true)]
async fn an_agreement_is_read_in_every_shape() {
    let agreement = |hash: &str, method: &str, status, confirmed| {
        Some(Agreement { hash: hash.to_owned(), method: method.to_owned(), status, confirmed })
    };
    for (answer, expected) in [
        (
            told(200, r#"{"processStatus":"completed","hashValue":"F08d","hashMethod":"SHA-384","agreementStatus":false}"#),
            agreement("f08d", "SHA-384", ProcessStatus::Completed, false),
        ),
        (
            told(200, r#"{"processStatus":"inprogress","hashValue":null,"hashMethod":"SHA384","agreementStatus":"true"}"#),
            agreement("", "SHA384", ProcessStatus::InProgress, true),
        ),
        (told(200, r#"{"processStatus":"yeni"}"#), agreement("", "", ProcessStatus::Other, false)),
        (told(204, ""), None),
    ] {
        assert_eq!(Fake::of(vec![answer]).client().agreement(sender(), day()).await, Ok(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_is_confirmed() {
    let fake =
        Fake::of(vec![told(200, r#"{"agreementCaptured":true}"#), told(204, ""), told(200, r#"{"agreementCaptured":false}"#)]);
    let iys = fake.client();
    assert_eq!(iys.confirm(sender(), day()).await, Ok(()));
    assert_eq!(iys.confirm(sender(), day()).await, Ok(()), "a day without movements");
    assert_eq!(iys.confirm(sender(), day()).await.unwrap_err().code(), "UNREADABLE");
    let call = &fake.calls()[0];
    let (method, path, body) = (call.method.as_str(), call.path.as_str(), call.body.as_str());
    assert_eq!((method, path, body), ("PUT", "/sps/600001/brands/600002/agreements/2026-03-01", r#"{"agreementStatus":true}"#));
}

#[tokio::test(start_paused = true)]
async fn a_push_connection_is_made_seen_and_dropped() {
    let state = r#"[{"url":"https://a/push","type":"ARAMA","registerTime":"2021-12-01 13:36:31","status":"Bağlantı Oluşturuldu"},
        {"url":"https://a/push","type":"FAKS","registerTime":null,"status":"Bağlantı Oluşturulamadı"}, null]"#;
    let fake = Fake::of(vec![told(200, r#"{"message":"…"}"#), told(200, state), told(200, r#"{"message":"…"}"#)]);
    let (iys, password) = (fake.client(), Password::new("p"));
    let target = PushTarget { channel: Channel::Arama, url: "https://a/push", username: "u", password: &password };
    iys.push_register(sender(), target).await.unwrap();
    let registered = IysTime::parse("2021-12-01 13:36:31").ok();
    let url = || "https://a/push".to_owned();
    let expected = [
        PushConnection { url: url(), channel: Some(Channel::Arama), registered, connected: true },
        PushConnection { url: url(), channel: None, registered: None, connected: false },
    ];
    assert_eq!(iys.push_state(sender()).await.unwrap(), expected);
    iys.push_unregister(sender(), target).await.unwrap();
    let connection = json!({ "url": "https://a/push", "type": "ARAMA", "username": "u", "password": "p" });
    let root = "/sps/600001/brands/600002/push";
    let calls: Vec<(String, Value)> =
        fake.calls().into_iter().map(|asked| (asked.path, serde_json::from_str(&asked.body).unwrap_or_default())).collect();
    assert_eq!(
        calls,
        [
            (format!("{root}/registration"), json!({ "connection": [connection] })),
            (format!("{root}/registration"), Value::Null),
            (format!("{root}/unregistration"), connection),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_push_registration_is_sent_once() {
    let fake = Fake::of(vec![coded(500, "H015")]);
    let password = Password::new("p");
    let target = PushTarget { channel: Channel::Mesaj, url: "https://a", username: "u", password: &password };
    assert!(fake.client().push_register(sender(), target).await.is_err());
    assert_eq!(fake.calls().len(), 1);
}
