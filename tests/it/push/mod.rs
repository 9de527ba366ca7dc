//! İYS's push, received: who is let in, what is taken, and when it is acknowledged.

mod bodies;
pub mod desk;
pub mod gateway;

use desk::{BRAND, Desk, LOADING, NOW, credentials};
use izingate::feed::push::Counters;
use izingate::model::brand::BrandCode;
use izingate::model::consent::channel::Channel;
use izingate::model::consent::state::Status;
use izingate::ports::{FeedNote, FeedTask, SinkError, TaskState};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Pushes that may wait at once.
const ROOM: usize = 64;
const PHONE: &str = "+905321234567";

/// An element of İYS's list: a refusal that was registered a moment ago.
fn ret() -> Value {
    json!({
        "iysCode": 600_000, "brandCode": BRAND, "consentDate": NOW.to_string(), "creationDate": NOW.to_string(),
        "source": "IYS_WEB", "recipient": PHONE, "recipientType": "BIREYSEL", "status": "RET", "type": "MESAJ",
        "transactionId": "9b1f0c",
    })
}

fn one() -> String {
    json!({ "list": [ret()] }).to_string()
}

fn test_record() -> String {
    let record = json!({
        "iysCode": 121_212, "brandCode": 121_212, "consentDate": "2015-05-01 15:00:00", "creationDate": "2015-05-01 15:00:00",
        "source": "IYS_MOBIL", "recipient": "pushtest@iys.org.tr", "recipientType": "BIREYSEL", "status": "ONAY",
        "type": "EPOSTA", "transactionId": "e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d",
    });
    json!({ "list": [record] }).to_string()
}

/// Pushes, movements, refused, unauthorised, full, failed.
fn counted(counters: &Counters) -> [u64; 6] {
    let Counters { pushes, movements, refused, unauthorised, full, failed } = counters;
    [pushes, movements, refused, unauthorised, full, failed].map(|counter: &AtomicU64| counter.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_push_is_acknowledged_once_it_is_taken_in_and_not_before() {
    let desk = Desk::with_room(0).await;
    let mut push = JoinSet::new();
    push.spawn(desk.push(BRAND, Channel::Mesaj, one()).send());
    desk.came(1).await;
    assert!(push.try_join_next().is_none() && desk.sink.taken.lock().unwrap().is_empty(), "the writer has not said so");
    desk.sink.gate.add_permits(1);
    assert_eq!(push.join_next().await.unwrap().unwrap().unwrap().status(), 200);
    let taken = std::mem::take(&mut *desk.sink.taken.lock().unwrap());
    let [(movements, notes)] = &taken[..] else { panic!("{taken:?}") };
    let told: Vec<_> =
        movements.iter().map(|one| (one.relation.brand.get(), one.cell.channel, one.status, one.created)).collect();
    assert_eq!(told, [(BRAND, Channel::Mesaj, Status::Ret, NOW)]);
    assert_eq!(notes[..], [FeedNote::Pushed(BrandCode::new(BRAND).unwrap(), NOW)]);
    assert_eq!(counted(&desk.counters), [1, 1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn whoever_has_no_credentials_learns_nothing() {
    let desk = Desk::open().await;
    let own = |secret, brand, channel| Some(credentials(secret, brand, channel));
    let mut answers = Vec::new();
    for path in ["/iys/601234/MESAJ", "/iys/601234/EPOSTA", "/iys/999/MESAJ", "/iys/7/MESAJ"] {
        for given in [
            None,
            own([8; 32], BRAND, Channel::Mesaj),
            own([7; 32], BRAND, Channel::Arama),
            own([7; 32], 601_235, Channel::Mesaj),
        ] {
            let call = desk.call(path, one());
            let call = match given {
                Some(own) => call.basic_auth(own.username, Some(own.password.reveal())),
                None => call,
            };
            let answer = call.send().await.unwrap();
            let mut headers = answer.headers().clone();
            assert!(headers.remove("date").is_some() && headers["www-authenticate"].to_str().unwrap().starts_with("Basic "));
            answers.push((answer.status().as_u16(), headers, answer.text().await.unwrap()));
        }
    }
    assert_eq!(answers.len(), 16);
    assert!(answers.iter().all(|answer| answer.0 == 401 && *answer == answers[0]), "{answers:?}");
    assert_eq!((*desk.sink.came.borrow(), counted(&desk.counters)), (0, [0, 0, 0, 16, 0, 0]));
}

#[tokio::test]
async fn what_is_not_followed_or_not_there_is_refused() {
    let desk = Desk::open().await;
    let status = async |call: reqwest::RequestBuilder| call.send().await.unwrap().status().as_u16();
    assert_eq!(status(desk.push(999, Channel::Mesaj, one())).await, 403);
    assert_eq!(status(desk.push(BRAND, Channel::Arama, one())).await, 403, "a channel without the right to it");
    assert_eq!(status(desk.push(LOADING, Channel::Mesaj, one())).await, 503);
    for path in ["/", "/iys", "/iys/601234", "/iys/0/MESAJ", "/iys/601234/mesaj", "/iys/601234/MESAJ/x", "/v1/check"] {
        assert_eq!(status(desk.call(path, one())).await, 404, "{path}");
    }
    assert_eq!(status(desk.client.request(Method::GET, desk.url("/iys/601234/MESAJ"))).await, 405);
    assert_eq!((*desk.sink.came.borrow(), counted(&desk.counters)), (0, [0, 0, 0, 2, 0, 1]));
}

#[tokio::test]
async fn the_test_record_and_an_empty_push_are_acknowledged_and_take_nothing_in() {
    let desk = Desk::open().await;
    for body in [test_record(), "{\"list\":[]}".to_owned(), String::new()] {
        assert_eq!(desk.pushed(body.clone()).await, 200, "{body}");
    }
    assert_eq!((*desk.sink.came.borrow(), counted(&desk.counters)), (0, [3, 0, 0, 0, 0, 0]));
}

#[tokio::test]
async fn an_unreadable_movement_keeps_nothing_back_and_a_body_that_is_none_is_an_error() {
    let desk = Desk::open().await;
    let with = |field: &str, value: Value| {
        let mut item = ret();
        item[field] = value;
        item
    };
    let strange = [with("brandCode", json!(601_235)), with("type", json!("ARAMA")), with("recipient", json!("?")), json!(7)];
    let list = json!({ "list": [strange[0], strange[1], ret(), strange[2], strange[3]] });
    assert_eq!(desk.pushed(list.to_string()).await, 200);
    assert_eq!(desk.sink.taken.lock().unwrap()[0].0.len(), 1);
    assert_eq!(counted(&desk.counters), [1, 1, 4, 0, 0, 0]);
    for body in ["RET", "7", "{\"list\":[", "{\"list\":7}", &one()[1..]] {
        assert_eq!(desk.pushed(body.to_owned()).await, 400, "{body}");
    }
    assert_eq!(desk.pushed(vec![b' '; (8 << 20) + 1]).await, 413);
    assert_eq!(desk.pushed(format!("[{}0]", "0,".repeat(32_768))).await, 413, "more than a push may list");
    assert_eq!(*desk.sink.came.borrow(), 1);
}

#[tokio::test]
async fn when_too_many_wait_the_next_is_told_to_come_again() {
    let desk = Arc::new(Desk::with_room(0).await);
    let mut waiting = JoinSet::new();
    for _ in 0..ROOM {
        let desk = Arc::clone(&desk);
        waiting.spawn(async move { desk.pushed(one()).await });
    }
    desk.came(ROOM).await;
    let answer = desk.push(BRAND, Channel::Mesaj, one()).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    desk.sink.gate.add_permits(ROOM + 1);
    assert_eq!(waiting.join_all().await, [200; ROOM]);
    assert_eq!(desk.pushed(one()).await, 200, "there is room again");
    assert_eq!(counted(&desk.counters), [65, 65, 0, 0, 1, 0]);
}

#[tokio::test]
async fn what_the_writer_does_not_take_is_not_acknowledged() {
    let desk = Desk::open().await;
    for error in [SinkError::Poisoned, SinkError::Full, SinkError::Closed] {
        *desk.sink.fails.lock().unwrap() = Some(error);
        assert_eq!(desk.pushed(one()).await, 503, "{error}");
    }
    *desk.sink.fails.lock().unwrap() = None;
    assert_eq!(desk.pushed(one()).await, 200);
    assert_eq!(counted(&desk.counters), [1, 1, 0, 0, 0, 3]);
}

#[tokio::test]
async fn plain_http_is_hung_up_on() {
    let desk = Desk::open().await;
    let mut stream = TcpStream::connect(desk.address).await.unwrap();
    stream.write_all(b"POST /iys/601234/MESAJ HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
    assert_eq!(desk.pushed(one()).await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_speak_is_cut_off() {
    let desk = Desk::open().await;
    for said in [&b""[..], b"\x16\x03\x01"] {
        let mut stream = TcpStream::connect(desk.address).await.unwrap();
        stream.write_all(said).await.unwrap();
        assert_eq!(stream.read(&mut [0; 9]).await.unwrap_or(0), 0, "{said:?}");
    }
}

#[tokio::test]
async fn its_tasks_are_shown_and_its_end_waits_for_what_is_under_way() {
    let desk = Desk::with_room(0).await;
    let running = |name: &str| FeedTask { name: name.to_owned(), state: TaskState::Running, detail: String::new(), restarts: 0 };
    let mut push = JoinSet::new();
    push.spawn(desk.push(BRAND, Channel::Mesaj, one()).send());
    desk.came(1).await;
    assert_eq!(desk.board.all(), [running("push certificate"), running("push receiver")]);
    desk.life.stop.cancel();
    desk.life.tracker.close();
    while TcpStream::connect(desk.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(push.try_join_next().is_none() && desk.life.tracker.len() == 1, "{}", desk.life.tracker.len());
    desk.sink.gate.add_permits(1);
    assert_eq!(push.join_next().await.unwrap().unwrap().unwrap().status(), 200);
    desk.life.tracker.wait().await;
}
