//! `POST /v1/filter`, over both protocols: streamed, whole or plainly not, and never waited for without an end.

use super::{FILTERED, LIST, long_answer, long_list};
use crate::evidence::{found, verified};
use crate::support::BRAND;
use crate::support::known::{APPROVED, EMAIL, Known, REFUSED};
use crate::support::web::{post, send};
use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

const CSV: &str = "text/csv";
/// Far beyond any answer here.
const PATIENCE: Duration = Duration::from_mins(1);

fn path(more: &str) -> String {
    format!("/v1/filter?brandCode={BRAND}&type=MESAJ{more}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_comes_back_with_its_decisions() {
    let known = Known::start().await;
    let url = &known.gateway.http;
    let reply = post(url, &path(""), CSV, LIST).await;
    assert_eq!((reply.status, reply.media.as_str(), reply.text.as_str()), (200, CSV, FILTERED));
    let reply = post(url, &path(""), CSV, format!("{APPROVED}\n{REFUSED}")).await;
    assert_eq!(reply.text, format!("{APPROVED},ALLOW,APPROVED\n{REFUSED},DENY,REFUSED"));
    let mails = format!("/v1/filter?brandCode={BRAND}&type=EPOSTA&column=adres&reference=kampanya");
    let reply = post(url, &mails, CSV, format!("adres\tad\n{EMAIL}\tx\nno\ty\n")).await;
    assert_eq!(reply.text, format!("adres\tad\tdecision\treason\n{EMAIL}\tx\tALLOW\tAPPROVED\nno\ty\tDENY\tINVALID_RECIPIENT\n"));
    let several = format!("/v1/filter?brandCode={BRAND}&type=MESAJ,ARAMA&duplicates=true&summary=true");
    let reply = post(url, &several, CSV, format!("{APPROVED}\n{APPROVED}\nx,y\n")).await;
    let (rows, summary) = reply.text.split_once("#izingate ").unwrap();
    assert_eq!(rows, format!("{APPROVED},ALLOW,APPROVED,DENY,NO_RECORD,\n{APPROVED},ALLOW,APPROVED,DENY,NO_RECORD,DUPLICATE\n"));
    let summary: Value = serde_json::from_str(summary).unwrap();
    assert_eq!(
        (summary["rowsIn"].as_u64(), summary["rows"].as_u64(), &summary["unreadable"]["WRONG_FIELD_COUNT"]),
        (Some(3), Some(2), &1.into())
    );
    let later = post(url, &path("&minRevision=999999"), CSV, format!("{APPROVED}\n")).await;
    assert_eq!(later.text, format!("{APPROVED},DEFER,REVISION_NOT_REACHED\n"));
    let turkish =
        reqwest::Client::new().post(format!("{url}{}", path(""))).header("accept-language", "tr").header("content-type", CSV);
    let reply = send(turkish.body(format!("{REFUSED}\n"))).await;
    assert_eq!(reply.text, format!("{REFUSED},DENY,REFUSED,\"Alıcı bu markanın bu kanaldaki iletilerini reddetti.\"\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_on_record_under_their_caller() {
    let known = Known::start_with_env(&[("IZINGATE_EVIDENCE_BEFORE_ANSWER", "dialer")]).await;
    let client = reqwest::Client::new().post(format!("{}{}", known.gateway.http, path("&reference=liste-7")));
    let reply = send(client.header("izingate-caller", "dialer").header("content-type", CSV).body(format!("{REFUSED}\n"))).await;
    assert_eq!(reply.text, format!("{REFUSED},DENY,REFUSED\n"));
    let found = found(&known.data(), REFUSED);
    let of = |name: &str| found[0][name].as_str().unwrap().to_owned();
    assert_eq!(
        (found.len(), of("caller"), of("reference"), of("reason")),
        (1, "dialer".into(), "liste-7".into(), "REFUSED".into())
    );
    let data = known.data();
    assert!(known.gateway.stop().success());
    assert_eq!(verified(&data).1, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_a_problem() {
    let known = Known::start().await;
    let url = &known.gateway.http;
    for (query, media, list, problem) in [
        ("", "text/plain", "05321234561", (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("", "text/csv; charset=koi8-r", "05321234561", (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("", CSV, "", (400, "EMPTY_LIST")),
        ("", CSV, "PK\u{3}\u{4}", (400, "BINARY_LIST")),
        ("", CSV, "ad,soyad\nA,B\n", (400, "NO_ADDRESS_COLUMN")),
        ("", CSV, "gsm,cep\n05321234561,05321234561\n", (400, "ADDRESS_COLUMN_UNCLEAR")),
        ("&column=x", CSV, "gsm\n05321234561\n", (400, "UNKNOWN_COLUMN")),
        ("&column=1&column=1", CSV, "05321234561", (400, "MALFORMED_QUERY")),
        ("&colour=1", CSV, "05321234561", (400, "MALFORMED_QUERY")),
        ("&encoding=ebcdic", CSV, "05321234561", (400, "INVALID_FIELD")),
        ("&purpose=REKLAM", CSV, "05321234561", (400, "INVALID_FIELD")),
    ] {
        let reply = post(url, &path(query), media, list).await;
        assert_eq!(reply.problem(), (problem.0, problem.1.to_owned()), "{query} {list}");
    }
    let reply = post(url, "/v1/filter?brandCode=77&type=MESAJ", CSV, "05321234561").await;
    assert_eq!(reply.problem(), (404, "UNKNOWN_BRAND".to_owned()));
    let reply = post(url, "/v1/filter?type=MESAJ", CSV, "05321234561").await;
    assert_eq!(reply.problem(), (400, "MISSING_FIELD".to_owned()));
    let reply = send(reqwest::Client::new().get(format!("{url}/v1/filter"))).await;
    assert_eq!(reply.problem(), (405, "METHOD_NOT_ALLOWED".to_owned()));
}

/// A list in pieces, its answer and its trailers, over h2 or HTTP/1.1.
async fn streamed(known: &Known, list: &str, h2: bool) -> (Bytes, Option<Value>) {
    let stream = tokio::net::TcpStream::connect(known.gateway.address()).await.unwrap();
    let pieces: Vec<Result<Frame<Bytes>, std::io::Error>> =
        list.as_bytes().chunks(10_007).map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect();
    let body = StreamBody::new(tokio_stream::iter(pieces));
    let request = http::Request::post(format!("http://localhost{}", path("")))
        .header("host", "localhost")
        .header("content-type", CSV)
        .header("te", "trailers")
        .body(body)
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    let response = if h2 {
        let (mut send, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tasks.spawn(async move { connection.await.unwrap() });
        send.send_request(request).await.unwrap()
    } else {
        let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tasks.spawn(async move { connection.await.unwrap() });
        send.send_request(request).await.unwrap()
    };
    assert_eq!(response.status(), 200);
    let whole = response.into_body().collect().await.unwrap();
    let trailers = whole.trailers().and_then(|trailers| trailers.get("izingate-filter-summary")).cloned();
    (whole.to_bytes(), trailers.map(|summary| serde_json::from_slice(summary.as_bytes()).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_streams_over_both_protocols_and_says_what_became_of_it() {
    const ROWS: u32 = 400_000;
    let known = Known::start_with_env(&[("IZINGATE_LIMITS_BODY_BYTES", "65536")]).await;
    let (list, expected) = (long_list(ROWS), long_answer(ROWS));
    for h2 in [false, true] {
        let (answer, summary) = streamed(&known, &list, h2).await;
        assert!(answer == expected, "h2 {h2}");
        let summary = summary.unwrap_or_else(|| panic!("no trailers, h2 {h2}"));
        assert_eq!((summary["rows"].as_u64(), summary["lines"].as_u64()), (Some(ROWS.into()), Some(u64::from(ROWS) + 1)));
        assert_eq!(summary["answers"][0]["answers"]["ALLOW APPROVED"], ROWS / 4);
    }
}

/// What a raw client hears that writes first and reads then; whether it could write everything.
fn writes_first(known: &Known, list: &[u8]) -> (String, bool) {
    let mut stream = TcpStream::connect(known.gateway.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: {}\r\n\r\n",
        path(""),
        list.len()
    );
    let written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(list)).is_ok();
    let _ = stream.shutdown(Shutdown::Write);
    let mut said = Vec::new();
    // It may be hung up on in the middle of what it reads.
    let _ = stream.read_to_end(&mut said);
    (String::from_utf8_lossy(&said).into_owned(), written)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_told_and_not_waited_for() {
    let known = Known::start_with_env(&[("IZINGATE_LIMITS_FILTER_PATIENCE", "2s")]).await;
    let list = long_list(4_000_000);
    let (said, written) = tokio::task::block_in_place(|| writes_first(&known, list.as_bytes()));
    assert!(written, "the rest of its list is taken, and thrown away");
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{}", &said[..said.len().min(300)]);
    let tail = &said[said.len().saturating_sub(400)..];
    assert!(tail.contains("#izingate FILTER_CLIENT_NOT_READING: nothing was read for 2 s"), "{tail}");
    assert!(!said.ends_with("0\r\n\r\n"), "it does not look whole");
    let log = fs::read_to_string(&known.gateway.log).unwrap();
    assert!(log.contains("FILTER_CLIENT_NOT_READING"), "{log}");
    // A short list is whole before its client reads.
    let (said, _) = tokio::task::block_in_place(|| writes_first(&known, LIST.as_bytes()));
    assert!(said.ends_with("0\r\n\r\n"), "{said}");
    assert!(said.contains("NO_RECORD"));
    let metrics = reqwest::get(format!("{}/metrics", known.gateway.admin)).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("code=\"FILTER_CLIENT_NOT_READING\""), "it is counted");
}

/// One connection of HTTP/2 with a list of which nobody reads the answer: no window is ever given back.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_not_read_ends_its_stream_and_no_other_call() {
    let known = Known::start_with_env(&[("IZINGATE_LIMITS_FILTER_PATIENCE", "1s")]).await;
    let rows = long_list(400_000);
    let stream = tokio::net::TcpStream::connect(known.gateway.address()).await.unwrap();
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(65_535).initial_connection_window_size(16 << 20);
    let (mut calls, connection) = builder.handshake::<_, Bytes>(stream).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    let list = http::Request::post(format!("http://localhost{}", path(""))).header("content-type", CSV).body(()).unwrap();
    calls = calls.ready().await.unwrap();
    let (response, mut body) = calls.send_request(list, false).unwrap();
    body.send_data(rows.into(), true).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200);
    let mut answer = response.into_body();
    let checked = async |calls: &mut h2::client::SendRequest<Bytes>| {
        let check = format!("http://localhost/v1/check?brandCode={BRAND}&type=MESAJ&recipient=05321234562");
        let check = http::Request::get(check).header("accept", "text/plain").body(()).unwrap();
        let response = calls.clone().ready().await?.send_request(check, true)?.0.await?;
        let said = response.into_body().data().await.unwrap()?;
        Ok::<_, h2::Error>(said)
    };
    assert_eq!(checked(&mut calls).await.unwrap(), "DENY REFUSED\n", "while the list is stuck");
    let mut received = 0;
    let ended = loop {
        match answer.data().await.unwrap() {
            Ok(piece) => received += piece.len(),
            Err(error) => break error,
        }
    };
    assert_eq!((received, ended.reason(), ended.is_reset()), (65_535, Some(h2::Reason::CANCEL), true), "{ended}");
    assert_eq!(checked(&mut calls).await.unwrap(), "DENY REFUSED\n", "the connection goes on");
    // What the list held is free again.
    let reply = post(&known.gateway.http, &path(""), CSV, LIST).await;
    assert_eq!(reply.text, FILTERED);
    assert!(fs::read_to_string(&known.gateway.log).unwrap().contains("FILTER_CLIENT_NOT_READING"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_gone_silent_is_told_and_not_waited_for() {
    let known = Known::start_with_env(&[("IZINGATE_LIMITS_FILTER_PATIENCE", "200ms")]).await;
    let said = |sent: &str| {
        let mut stream = TcpStream::connect(known.gateway.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head =
            format!("POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 9000000\r\n\r\n", path(""));
        stream.write_all((head + sent).as_bytes()).unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    };
    let (list, nothing) = tokio::task::block_in_place(|| (said(&long_list(20_000)), said("")));
    assert!(list.starts_with("HTTP/1.1 200 OK\r\n") && !list.ends_with("0\r\n\r\n"), "{}", &list[list.len() - 300..]);
    assert!(list.contains("#izingate FILTER_CLIENT_SILENT: nothing came for 2 s"), "{}", &list[list.len() - 300..]);
    assert!(nothing.starts_with("HTTP/1.1 408 ") && nothing.contains("FILTER_CLIENT_SILENT"), "{nothing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_cut_short_does_not_look_whole() {
    let known = Known::start().await;
    let mut stream = TcpStream::connect(known.gateway.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let list = long_list(20_000);
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: {}\r\n\r\n",
        path(""),
        2 * list.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(list.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    assert!(!said.ends_with(b"0\r\n\r\n"));
    // Nothing of it stands in the way of the next.
    let reply =
        send(reqwest::Client::new().post(format!("{}{}", known.gateway.http, path(""))).header("content-type", CSV).body(LIST))
            .await;
    assert_eq!(reply.text, FILTERED);
}
