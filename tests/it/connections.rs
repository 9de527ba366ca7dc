//! Connections and file descriptors: bursts, clients that keep connections open without using them, and limits of the
//! system that a gateway is started under.

use super::support::ask::check_one;
use super::support::known::{APPROVED, Known, movement};
use super::support::web::{client, get};
use super::support::{BRAND, Gateway, add_brand, izingate};
use izingate::api::proto::{ApplyRequest, Movement};
use izingate::sys::descriptors;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// Far beyond any answer here.
const PATIENCE: Duration = Duration::from_secs(20);
const CHECK: &str = "/v1/check?brandCode=601234&type=MESAJ&recipient=%2B905321234561";
/// Preface and an empty SETTINGS frame: what an h2 client says before it asks anything.
const H2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// `serve` under a limit of open files, hard and soft.
fn serve_under(limit: u32, data: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {limit} && exec \"$@\""), "sh", izingate().get_program().to_str().unwrap()]);
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(data);
    command
}

/// Connections that say what `said` is and then nothing more.
async fn idle(address: SocketAddr, count: usize, said: &[u8]) -> Vec<TcpStream> {
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(said).await.unwrap();
        streams.push(stream);
    }
    streams
}

/// A new connection that asks once; how long that took.
async fn ask_anew(address: SocketAddr) -> Duration {
    tokio::time::timeout(PATIENCE, asked_once(address)).await.expect("an answer")
}

async fn asked_once(address: SocketAddr) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpSocket::new_v4().unwrap().connect(address).await.unwrap();
    let request = format!("GET {CHECK} HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_connections_does_not_wait() {
    descriptors::raise_limit();
    let known = Known::start().await;
    for address in [known.gateway.address(), known.gateway.admin.trim_start_matches("http://").parse().unwrap()] {
        // A connection that the kernel turned away is tried again by the kernel after a second.
        let begun = Instant::now();
        let mut burst = JoinSet::new();
        for _ in 0..400 {
            burst.spawn(TcpSocket::new_v4().unwrap().connect(address));
        }
        let streams: Result<Vec<TcpStream>, _> = burst.join_all().await.into_iter().collect();
        assert_eq!(streams.unwrap().len(), 400);
        assert!(begun.elapsed() < Duration::from_millis(900), "{address}: {:?}", begun.elapsed());
    }
    let mut burst = JoinSet::new();
    let address = known.gateway.address();
    for _ in 0..400 {
        burst.spawn(ask_anew(address));
    }
    let slowest = burst.join_all().await.into_iter().max().unwrap();
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_idle_for_longest_ends_when_a_newcomer_needs_its_seat() {
    let known = Known::start_with_env(&[("IZINGATE_LIMITS_CONNECTIONS", "8")]).await;
    let address = known.gateway.address();
    for said in [&b""[..], b"GET /v1/check HTTP/1.1\r\n", H2] {
        let resting = idle(address, 40, said).await;
        for _ in 0..10 {
            let took = ask_anew(address).await;
            assert!(took < Duration::from_secs(5), "{said:?}: {took:?}");
        }
        drop(resting);
    }
    // A connection that was used and rests ends in order: an h2 client is told so, and asks over another one.
    let mut permission = known.gateway.permission().await;
    assert!(check_one(&mut permission, APPROVED, "MESAJ", 0).await.allowed);
    let resting = idle(address, 40, H2).await;
    assert!(check_one(&mut known.gateway.permission().await, APPROVED, "MESAJ", 0).await.allowed);
    drop(resting);
    let page = get(&known.gateway.admin, "/metrics").await.text;
    assert!(page.contains("izingate_connections"), "{page}");
}

/// A stream of changes is a call under way: it keeps its seat however many newcomers there are.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_not_cut_for_a_newcomer() {
    let known = Known::start_with_env(&[("IZINGATE_LIMITS_CONNECTIONS", "4")]).await;
    let mut consent = known.gateway.consent().await;
    let request = izingate::api::proto::WatchRequest { from_revision: 1 };
    let mut watching = consent.watch(request).await.unwrap().into_inner();
    assert!(watching.message().await.unwrap().is_some(), "the first batch");
    let resting = idle(known.gateway.address(), 20, H2).await;
    for _ in 0..5 {
        ask_anew(known.gateway.address()).await;
    }
    drop(resting);
    let mut other = known.gateway.consent().await;
    let movements = vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")];
    other.apply(ApplyRequest { brand_code: BRAND, movements, ..ApplyRequest::default() }).await.unwrap();
    loop {
        let event = watching.message().await.unwrap().expect("the stream goes on").event.unwrap();
        if let izingate::api::proto::watch_event::Event::Batch(batch) = event
            && batch.revision == 2
        {
            break;
        }
    }
}

/// How many movements of a call over a new connection were new.
async fn applied(gateway: &Gateway, request: ApplyRequest) -> u64 {
    let call = async { gateway.consent().await.apply(request).await };
    let answer = tokio::time::timeout(PATIENCE, call).await.expect("an answer");
    answer.unwrap_or_else(|status| panic!("{status}")).into_inner().applied.into()
}

/// Movements of as many people, as İYS records them.
fn approvals(from: u32, count: u32) -> Vec<Movement> {
    (from..from + count).map(|number| movement(&format!("+90530{number:07}"), "ONAY", "2026-11-02 10:00:00")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn resting_connections_never_take_the_descriptors_of_the_store() {
    descriptors::raise_limit();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let mut command = serve_under(1_024, &data);
    // Small, so that the store opens and closes files all the time.
    command.env("IZINGATE_STORE_WRITE_BUFFER_BYTES", "1048576").env("IZINGATE_EVIDENCE_SEGMENT_BYTES", "1048576");
    let gateway = Gateway::spawn(command, &data);
    let resting = idle(gateway.address(), 1_100, H2).await;
    for call in 0..10 {
        let request = ApplyRequest { brand_code: BRAND, movements: approvals(call * 10_000, 10_000), ..ApplyRequest::default() };
        assert_eq!(applied(&gateway, request).await, 10_000, "{call}");
    }
    assert_eq!(get(&gateway.admin, "/readyz").await.status, 200);
    drop(resting);
    let log = fs::read_to_string(&gateway.log).unwrap();
    let lowered = log.lines().find(|line| line.contains("limits.connections is lowered")).unwrap_or_else(|| panic!("{log}"));
    let line: serde_json::Value = serde_json::from_str(lowered).unwrap();
    assert_eq!(
        (line["level"].as_str(), line["configured"].as_u64(), line["files"].as_u64()),
        (Some("WARN"), Some(4_096), Some(1_024))
    );
    let taken = line["taken"].as_u64().unwrap();
    assert!((256..1_024).contains(&taken), "{taken}");
    assert!(gateway.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_works_under_the_smallest_limit_that_it_starts_under() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let output = serve_under(100, &data).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let error =
        said.lines().find_map(|line| line.strip_prefix("izingate: TOO_FEW_DESCRIPTORS: ")).unwrap_or_else(|| panic!("{said}"));
    assert!(output.status.code() == Some(1) && error.contains("may have 100 files open"), "{said}");
    let least: u32 = error.split("at least ").nth(1).and_then(|rest| rest.split(':').next()).unwrap().parse().unwrap();
    let mut command = serve_under(least, &data);
    command.env("IZINGATE_STORE_WRITE_BUFFER_BYTES", "1048576").env("IZINGATE_EVIDENCE_SEGMENT_BYTES", "1048576");
    let gateway = Gateway::spawn(command, &data);
    let resting = idle(gateway.address(), 100, H2).await;
    for call in 0..10 {
        let request = ApplyRequest { brand_code: BRAND, movements: approvals(call * 10_000, 10_000), ..ApplyRequest::default() };
        assert_eq!(applied(&gateway, request).await, 10_000, "{call}");
        ask_anew(gateway.address()).await;
    }
    drop(resting);
    assert_eq!(get(&gateway.admin, "/readyz").await.status, 200);
    assert!(gateway.stop().success());
}

#[tokio::test]
async fn the_soft_limit_is_raised_to_the_hard_one() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -S -n 256 && ulimit -H -n 3000 && exec \"$@\"",
        "sh",
        izingate().get_program().to_str().unwrap(),
    ]);
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(&data);
    let gateway = Gateway::spawn(command, &data);
    let limits = fs::read_to_string(format!("/proc/{}/limits", gateway.id())).unwrap();
    let files: Vec<&str> = limits.lines().find(|line| line.starts_with("Max open files")).unwrap().split_whitespace().collect();
    assert_eq!(files[3..5], ["3000", "3000"], "{limits}");
    assert_eq!(client().get(format!("{}{CHECK}", gateway.http)).send().await.unwrap().status(), 200);
}
