//! The token: one owner, few logins, whatever happens.

use super::*;
use crate::iys::{Class, Why};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::task::JoinSet;

fn bodies(logins: &[Asked]) -> Vec<Value> {
    logins.iter().map(|asked| serde_json::from_str(&asked.body).unwrap()).collect()
}

fn by_password() -> Value {
    json!({ "username": "api@ornek.com", "password": "s3cret", "grant_type": "password" })
}

fn by_refresh(token: &str) -> Value {
    json!({ "grant_type": "refresh_token", "refresh_token": token })
}

#[tokio::test(start_paused = true)]
async fn many_callers_use_one_login() {
    let fake =
        Fake::whole(|asked, number| if asked.is_login() { token(number).after(Duration::from_secs(3)) } else { told(204, "") });
    let iys = fake.client();
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let iys = iys.clone();
        tasks.spawn(async move { pull(&iys).await.map(drop) });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    assert_eq!(bodies(&fake.logins()), [by_password()]);
    let login = &fake.logins()[0];
    assert_eq!((login.method.as_str(), login.token.as_str()), ("POST", ""));
    assert!(fake.calls().iter().all(|asked| asked.token == "Bearer t0"));
    assert_eq!(iys.figures().logins, 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_at_four_fifths_of_its_life_and_the_refresh_token_rotates() {
    let fake = Fake::of(vec![told(204, "")]);
    let iys = fake.client();
    pull(&iys).await.unwrap();
    for renewals in 1..=3 {
        sleep(Duration::from_mins(95)).await;
        pull(&iys).await.unwrap();
        assert_eq!(fake.logins().len(), renewals, "not before its time");
        sleep(Duration::from_mins(2)).await;
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let iys = iys.clone();
            tasks.spawn(async move { pull(&iys).await.map(drop) });
        }
        assert!(tasks.join_all().await.iter().all(Result::is_ok));
    }
    assert_eq!(bodies(&fake.logins()), [by_password(), by_refresh("r0"), by_refresh("r1"), by_refresh("r2")]);
    assert_eq!(fake.calls().last().unwrap().token, "Bearer t3");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_is_followed_by_a_login() {
    for refusal in [told(400, r#"{"error":"invalid_grant"}"#), coded(500, "H015"), fails(TransportError::Timeout)] {
        let fake = Fake::whole(move |asked, number| match (asked.is_login(), number) {
            (true, 1) => refusal.clone(),
            (true, _) => token(number),
            _ => told(204, ""),
        });
        let iys = fake.client();
        pull(&iys).await.unwrap();
        sleep(Duration::from_mins(100)).await;
        pull(&iys).await.unwrap();
        assert_eq!(bodies(&fake.logins()), [by_password(), by_refresh("r0"), by_password()]);
        assert_eq!(fake.calls().last().unwrap().token, "Bearer t2");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_has_ended_is_not_sent() {
    let fake = Fake::of(vec![told(204, "")]);
    let iys = fake.client();
    pull(&iys).await.unwrap();
    sleep(Duration::from_hours(5)).await;
    pull(&iys).await.unwrap();
    assert_eq!(bodies(&fake.logins()), [by_password(), by_password()]);
}

#[tokio::test(start_paused = true)]
async fn a_token_serves_to_its_end_while_no_other_is_to_be_had() {
    let fake = Fake::whole(|asked, number| match (asked.is_login(), number) {
        (true, 0) => token(0),
        (true, _) => told(503, "<html>"),
        _ => told(204, ""),
    });
    let iys = fake.client();
    pull(&iys).await.unwrap();
    sleep(Duration::from_secs(7100)).await;
    pull(&iys).await.unwrap();
    assert_eq!(fake.calls().last().unwrap().token, "Bearer t0");
    sleep(Duration::from_secs(100)).await;
    let error = pull(&iys.trying(1)).await.unwrap_err();
    assert_eq!(error.class(), Class::Retry);
    assert_eq!(fake.calls().len(), 2, "a token that has ended is not sent");
}

#[tokio::test(start_paused = true)]
async fn every_shape_of_a_token_is_read() {
    for answer in [
        r#"{"access_token":"t","refresh_token":"r","expires_in":7200,"refresh_expires_in":14400,"tokenType":"bearer"}"#,
        r#"{"access_token":"t","refresh_token":"r","expires_in":"7200","refresh_expires_in":"36000","token_type":"Bearer","scope":["x"]}"#,
        r#"{"access_token":"t","refresh_token":null}"#,
        r#"{"access_token":" t "}"#,
        r#"{"access_token":"t","expires_in":0}"#,
        r#"{"access_token":"t","expires_in":99999999999999999999}"#,
    ] {
        let fake = Fake::whole(move |asked, _| if asked.is_login() { told(200, answer) } else { told(204, "") });
        pull(&fake.client()).await.unwrap();
        assert_eq!(fake.calls()[0].token, "Bearer t", "{answer}");
    }
    for answer in
        ["", "<html>", "{}", r#"{"access_token":""}"#, r#"{"access_token":"a\nb"}"#, r#"{"access_token":["t"]}"#, "[]", "null"]
    {
        let fake = Fake::whole(move |asked, _| if asked.is_login() { told(200, answer) } else { told(204, "") });
        let error = pull(&fake.client().trying(1)).await.unwrap_err();
        assert_eq!((error.class(), error.code()), (Class::Retry, "UNREADABLE"), "{answer}");
        assert!(fake.calls().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_stop_everything_but_a_try_an_hour() {
    for refusal in [
        coded(400, "H250"),
        coded(401, "H251"),
        coded(400, "H252"),
        told(401, ""),
        told(400, r#"{"error":"invalid_grant","error_description":"…"}"#),
        told(400, r#"{"error":"invalid_request","error_description":"Kullanıcı kimlik bilgileri geçersiz."}"#),
    ] {
        let fake = Fake::whole(move |_, _| refusal.clone());
        let iys = fake.client();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_hours(3) {
            let error = pull(&iys).await.unwrap_err();
            assert_eq!((error.class(), error.why()), (Class::Stop, Some(Why::Credentials)));
            sleep(Duration::from_secs(30)).await;
        }
        let minutes: Vec<u64> = fake.asked().iter().map(|asked| (asked.at - begun).as_secs() / 60).collect();
        assert_eq!(minutes, [0, 61, 122]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_spent_hour_of_logins_is_waited_out_whole() {
    let fake = Fake::whole(|asked, number| match (asked.is_login(), number) {
        (true, 0) => coded(429, "H084"),
        (true, _) => token(number),
        _ => told(204, ""),
    });
    let iys = fake.client();
    let error = pull(&iys).await.unwrap_err();
    assert_eq!((error.class(), error.retry_after()), (Class::Retry, Some(Duration::from_mins(61))));
    for _ in 0..60 {
        sleep(Duration::from_mins(1)).await;
        assert_eq!(pull(&iys).await.unwrap_err().code(), "NO_TOKEN");
    }
    assert_eq!(fake.logins().len(), 1);
    sleep(Duration::from_mins(1)).await;
    pull(&iys).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_and_the_call_repeated_once() {
    let fake = Fake::new(|asked, _| if asked.token == "Bearer t0" { coded(401, "H351") } else { told(204, "") });
    let iys = fake.client();
    let (one, other) = tokio::join!(pull(&iys), pull(&iys));
    one.and(other).unwrap();
    assert_eq!(bodies(&fake.logins()), [by_password(), by_refresh("r0")]);
    let tokens: Vec<String> = fake.calls().into_iter().map(|asked| asked.token).collect();
    assert_eq!(tokens.iter().filter(|token| *token == "Bearer t1").count(), 2, "{tokens:?}");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_turn_does_not_send_a_token_that_was_given_up() {
    let fake = Fake::new(|asked, _| if asked.token == "Bearer t0" { coded(401, "H351") } else { told(204, "") });
    let iys = fake.client();
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let iys = iys.clone();
        tasks.spawn(async move { pull(&iys).await.map(drop) });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    let refused = fake.calls().iter().filter(|asked| asked.token == "Bearer t0").count();
    assert!(refused <= 2, "{refused} of them sent it");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_refuses_every_token_does_not_use_up_the_logins() {
    let fake = Fake::new(|asked, _| if asked.path.contains("changes") { coded(401, "H351") } else { told(204, "") });
    let iys = fake.client();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_mins(50) {
        let error = pull(&iys.trying(1)).await.unwrap_err();
        assert_eq!(error.class(), Class::Retry);
        // Keeps the breaker closed.
        iys.push_state(sender()).await.unwrap();
    }
    assert_eq!(fake.logins().len(), 5, "one to begin with, four for tokens that were refused");
}

/// What the token endpoint may do.
fn login_answer(kind: u8, number: usize) -> Told {
    match kind % 12 {
        0..=3 => token(number),
        4 => told(200, format!(r#"{{"access_token":"t{number}","expires_in":60}}"#)),
        5 => coded(500, "H015"),
        6 => fails(TransportError::Broken("reset".to_owned())),
        7 => fails(TransportError::Timeout).after(Duration::from_secs(20)),
        8 => told(502, "<html>"),
        9 => told(400, r#"{"error":"invalid_grant"}"#),
        10 => coded(429, "H124"),
        _ => coded(429, "H084"),
    }
}

fn call_answer(kind: u8) -> Told {
    match kind % 6 {
        0 | 1 => told(204, ""),
        2 | 3 => coded(401, "H351"),
        4 => told(503, "<html>").after(Duration::from_secs(2)),
        _ => coded(403, "H353"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn never_more_than_ten_logins_in_any_hour(
        logins in prop::collection::vec(any::<u8>(), 1..40),
        answers in prop::collection::vec(any::<u8>(), 1..60),
        pauses in prop::collection::vec(0_u64..400, 1..20),
    ) {
        let at = {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async move {
                let fake = Fake::whole(move |asked, number| if asked.is_login() {
                    login_answer(logins[number % logins.len()], number)
                } else {
                    call_answer(answers[number % answers.len()])
                });
                let (iys, begun) = (fake.client(), Instant::now());
                for pause in pauses.iter().cycle() {
                    let _ = tokio::join!(pull(&iys), pull(&iys), pull(&iys));
                    sleep(Duration::from_secs(*pause) + Duration::from_secs(1)).await;
                    if begun.elapsed() > Duration::from_hours(5) {
                        break;
                    }
                }
                fake.logins().into_iter().map(|asked| asked.at).collect::<Vec<_>>()
            })
        };
        let crowded = at.windows(11).find(|eleven| eleven[10] - eleven[0] < Duration::from_hours(1));
        prop_assert!(crowded.is_none());
    }
}
