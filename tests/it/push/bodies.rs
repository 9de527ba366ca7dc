//! Bodies and requests of which a receiver reads nothing: never answered with 200, and a mark before the text loses nothing.

use super::desk::{BRAND, Desk};
use super::{PHONE, counted, one};
use flate2::Compression;
use flate2::write::GzEncoder;
use izingate::model::consent::channel::Channel;
use izingate::model::consent::state::Status;
use std::io::Write;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn a_body_of_which_nothing_can_be_read_is_not_acknowledged() {
    let desk = Desk::open().await;
    for body in [gzip(&one()), utf16(&one()), b"\xEF\xBB\xBFRET".to_vec()] {
        assert_eq!(desk.pushed(body.clone()).await, 400, "{body:?}");
    }
    for (name, value) in [("content-encoding", "gzip"), ("content-encoding", "br")] {
        let push = desk.push(BRAND, Channel::Mesaj, gzip(&one())).header(name, value);
        let answer = push.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["accept-encoding"].to_str().unwrap()),
            (415, "identity"),
            "{name}: {value}"
        );
    }
    let charset = desk.push(BRAND, Channel::Mesaj, one()).header("content-type", "application/json; charset=utf-16");
    let answer = charset.send().await.unwrap();
    assert!([400, 415].contains(&answer.status().as_u16()));
    assert_eq!(answer.headers().get("accept-encoding"), None, "it is not the compression");
    assert_eq!((*desk.sink.came.borrow(), counted(&desk.counters)[0]), (0, 0), "nothing was taken, nothing acknowledged");
    // What may have been refusals leaves a gap, but is not acknowledged either.
    for body in ["{\"list\":[1,\"RET\",null]}", "[7]"] {
        assert_eq!(desk.pushed(body.as_bytes().to_vec()).await, 400, "{body}");
    }
    let taken = std::mem::take(&mut *desk.sink.taken.lock().unwrap());
    assert!(taken.len() == 2 && taken.iter().all(|(movements, notes)| movements.is_empty() && notes.len() == 2), "{taken:?}");
    assert_eq!(counted(&desk.counters)[0], 0);
}

#[tokio::test]
async fn a_mark_before_the_text_loses_no_refusal() {
    let desk = Desk::open().await;
    let marked = [&b"\xEF\xBB\xBF"[..], one().as_bytes()].concat();
    assert_eq!(desk.pushed(marked).await, 200);
    let taken = std::mem::take(&mut *desk.sink.taken.lock().unwrap());
    assert!(taken.len() == 1 && taken[0].0[0].status == Status::Ret, "{PHONE}: {taken:?}");
}

#[tokio::test]
async fn a_web_page_has_no_business_here_and_no_answer_is_kept() {
    let desk = Desk::open().await;
    for (name, value, status) in [
        ("origin", "https://evil.example", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("host", "push.example.com", 200),
        ("user-agent", "Java/17", 200),
    ] {
        let answer = desk.push(BRAND, Channel::Mesaj, one()).header(name, value).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["cache-control"]),
            (status, &"no-store".parse().unwrap()),
            "{name}"
        );
        assert!(answer.headers().contains_key("vary"));
    }
    let twice = desk.push(BRAND, Channel::Mesaj, one()).header("authorization", "Basic eDp5").send().await.unwrap();
    assert_eq!(twice.status(), 400, "of two credentials neither is chosen");
    assert_eq!(*desk.sink.came.borrow(), 2);
}
