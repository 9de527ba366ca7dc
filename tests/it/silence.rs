//! Clients that say nothing any more: how long they are waited for, and that none of them holds up the end.

use super::support::known::{APPROVED, Known};
use super::support::web::{JSON, get};
use super::support::{BRAND, Gateway};
use izingate::api::proto::{Channel, CheckRequest, Reason};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic_types::StatusExt;

/// Far beyond what is waited for here.
const PATIENCE: Duration = Duration::from_mins(1);

fn ask() -> CheckRequest {
    CheckRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipient: Some(APPROVED.to_owned()),
        ..CheckRequest::default()
    }
}

type Answers = tonic::Streaming<izingate::api::proto::CheckResponse>;

/// A stream of questions of which one was answered.
async fn stream(gateway: &Gateway) -> (Sender<CheckRequest>, Answers) {
    let (questions, sent) = channel(1);
    questions.send(ask()).await.unwrap();
    let mut client = gateway.permission().await;
    let mut answers = client.check_stream(ReceiverStream::new(sent)).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().reason(), Reason::Approved);
    (questions, answers)
}

/// A request over HTTP/1.1 of whose body the half is sent.
fn half_sent(gateway: &Gateway) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head =
        format!("POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: 100\r\n\r\n{{\"brand");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// What comes up to the end of a connection.
fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}

/// A message of gRPC over h2 of which the first bytes are sent; the status in its end.
async fn half_a_message(gateway: &Gateway, path: &str) -> (Option<String>, u16) {
    let stream = tokio::net::TcpStream::connect(gateway.address()).await.unwrap();
    let (mut send, connection) = h2::client::handshake(stream).await.unwrap();
    let mut task = tokio::task::JoinSet::new();
    task.spawn(connection);
    let request = http::Request::post(format!("http://localhost{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap();
    let (response, mut body) = send.send_request(request, false).unwrap();
    body.send_data(vec![0, 0, 0, 0, 50, 1, 2, 3].into(), false).unwrap();
    let (head, mut body) = response.await.unwrap().into_parts();
    while let Some(data) = body.data().await {
        data.unwrap();
    }
    let trailers = body.trailers().await.unwrap_or_default().unwrap_or_default();
    let status = head.headers.get("grpc-status").or_else(|| trailers.get("grpc-status"));
    (status.map(|status| status.to_str().unwrap().to_owned()), head.status.as_u16())
}

/// Of the few settings here only the one that is named is short.
fn short(name: &str) -> [(&str, &str); 1] {
    [(name, "300ms")]
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up() {
    let known = Known::start_with_env(&short("IZINGATE_LIMITS_BODY_PATIENCE")).await;
    let said = rest(half_sent(&known.gateway));
    assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("\"code\":\"CLIENT_SILENT\""), "{said}");
    assert!(said.contains("nothing came of the request for 0.3 s, and its end did not"), "{said}");
    let path = "/izingate.v1.PermissionService/Check";
    let deadline_exceeded = (Some((Code::DeadlineExceeded as i32).to_string()), 200);
    assert_eq!(half_a_message(&known.gateway, path).await, deadline_exceeded);
    // A stream of questions rests for as long as it likes meanwhile.
    let (questions, mut answers) = stream(&known.gateway).await;
    assert!(rest(half_sent(&known.gateway)).starts_with("HTTP/1.1 408 "));
    questions.send(ask()).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().reason(), Reason::Approved);
}

#[tokio::test]
async fn a_stream_without_questions_ends_with_a_reason() {
    let known = Known::start_with_env(&short("IZINGATE_LIMITS_STREAM_PATIENCE")).await;
    let (questions, mut answers) = stream(&known.gateway).await;
    let status = answers.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.get_details_error_info().map(|info| info.reason), Some("CLIENT_SILENT".to_owned()));
    drop(questions);
    let (_questions, _answers) = stream(&known.gateway).await;
}

/// Whatever is open, the process ends when the drain is over.
#[tokio::test]
async fn nobody_who_is_silent_holds_up_the_end() {
    let known = Known::start_with_env(&[("IZINGATE_DRAIN", "1s")]).await;
    let (_questions, mut answers) = stream(&known.gateway).await;
    let half = half_sent(&known.gateway);
    let said_nothing = TcpStream::connect(known.gateway.address()).unwrap();
    let idle = reqwest::Client::new();
    assert_eq!(idle.get(format!("{}/livez", known.gateway.admin)).send().await.unwrap().status().as_u16(), 200);
    let log = known.gateway.log.clone();
    known.gateway.terminate();
    let ended = tokio::task::spawn_blocking(move || known.gateway.ended());
    assert!(tokio::time::timeout(PATIENCE, ended).await.unwrap().unwrap().success());
    assert!(answers.message().await.is_err(), "it was cut");
    assert_eq!(rest(half), "");
    drop(said_nothing);
    let log = std::fs::read_to_string(log).unwrap();
    let line = |message: &str| log.lines().find(|line| line.contains(message)).unwrap_or_else(|| panic!("{log}")).to_owned();
    assert!(line("waiting for calls under way").contains("\"drain\":\"1s\""), "{log}");
    assert!(line("deadline passed").contains("\"calls\":2"), "{log}");
}

#[tokio::test]
async fn an_end_without_clients_says_that_there_are_none() {
    let known = Known::start().await;
    assert_eq!(get(&known.gateway.admin, "/readyz").await.status, 200);
    let log = known.gateway.log.clone();
    // The client that put the three recipients there is gone.
    let gone = async { while !get(&known.gateway.admin, "/metrics").await.text.contains("\nizingate_connections 0\n") {} };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    assert!(known.gateway.stop().success());
    let log = std::fs::read_to_string(log).unwrap();
    let line = log.lines().find(|line| line.contains("waiting for calls under way")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("\"connections\":0"), "{line}");
}
