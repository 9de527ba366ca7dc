//! Which requests are taken at all: DNS rebinding, pages of other origins, headers that are there twice, gRPC without its
//! protocol; on both ports, over both protocols, and what must keep working.

use super::support::ask::check_one;
use super::support::known::{APPROVED, Known, REFUSED, apply, movement};
use super::support::web::{self, JSON, client, get, raw, send};
use super::support::{Gateway, add_brand, izingate, serve};
use http::Request;
use izingate::api::proto::GetStateRequest;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

const CHECK: &str = "/v1/check?brandCode=601234&type=MESAJ&recipient=%2B905321234561";
/// A made-up approval of a person who has refused, as İYS would record it.
const ONAY: &str = r#"{"list":[{"recipient":"+905321234562","type":"MESAJ","status":"ONAY","recipientType":"BIREYSEL","source":"HS_WEB","creationDate":"2026-11-05 10:00:00","consentDate":"2026-11-05 09:00:00","transactionId":"ab"}]}"#;

/// Status and code of what a raw request is answered with; the code of a line where there is one.
fn answered(address: &str, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let request = format!("{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    let status = said.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{said}"));
    let code = said.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    (status, code.to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The paths of both ports: whether it is the admin port's, method and path, type and body.
const PATHS: [(bool, &str, &str, &str); 12] = [
    (false, "POST /v1/movements?brandCode=601234", JSON, ONAY),
    (false, "POST /v1/check", JSON, r#"{"brandCode":601234,"type":"MESAJ","recipient":"+905321234561"}"#),
    (false, "POST /v1/check/batch", JSON, r#"{"brandCode":601234,"type":"MESAJ","recipients":["+905321234561"]}"#),
    (false, "POST /v1/filter?brandCode=601234&type=MESAJ", "text/csv", "+905321234561\n"),
    (false, "GET /v1/check?brandCode=601234&type=MESAJ&recipient=05321234561&reference=img", "", ""),
    (false, "GET /v1/explain?brandCode=601234&type=MESAJ&recipient=05321234561", "", ""),
    (false, "GET /nowhere", "", ""),
    (false, "OPTIONS /v1/check", "", ""),
    (true, "GET /v1/state", "", ""),
    (true, "GET /metrics", "", ""),
    (true, "GET /readyz", "", ""),
    (true, "GET /livez", "", ""),
];

fn of(gateway: &Gateway, admin: bool) -> &str {
    if admin { &gateway.admin } else { &gateway.http }
}

#[tokio::test]
async fn a_page_that_rebinds_its_name_changes_and_reads_nothing() {
    let known = Known::start().await;
    for (admin, target, media, body) in PATHS {
        let head = |host: &str, more: &str| format!("{target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {media}{more}");
        let ask = |host: &str, more: &str| answered(of(&known.gateway, admin), &head(host, more), body);
        // Same origin, as far as the browser can tell: no preflight, whatever the type.
        let rebound = "\r\nOrigin: http://evil.example:7070\r\nSec-Fetch-Site: same-origin";
        assert_eq!(ask("evil.example:7070", rebound), refused(421, "HOST_NOT_ALLOWED"), "{target}");
        assert_eq!(ask("evil.example:7070", ""), refused(421, "HOST_NOT_ALLOWED"), "{target}");
        for page in ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"] {
            assert_eq!(ask("127.0.0.1:7070", &format!("\r\n{page}")), refused(403, "CROSS_ORIGIN"), "{target} {page}");
        }
    }
    let state = known.gateway.consent().await.get_state(GetStateRequest::default()).await.unwrap().into_inner();
    assert_eq!(state.revision, 1, "nothing was written");
    let answer = check_one(&mut known.gateway.permission().await, REFUSED, "MESAJ", 0).await;
    assert!(!answer.allowed);
}

#[tokio::test]
async fn grpc_is_held_against_the_same_rule_and_needs_http_2() {
    let known = Known::start().await;
    let deactivate = "POST /izingate.v1.AdminService/DeactivateBrand HTTP/1.1\r\nContent-Type: application/grpc\r\nHost: ";
    let body = "\0\0\0\0\u{4}\u{8}\u{12}\u{59}\u{24}";
    assert_eq!(answered(&known.gateway.http, &format!("{deactivate}evil.example:7070"), body), refused(421, "HOST_NOT_ALLOWED"));
    assert_eq!(answered(&known.gateway.http, &format!("{deactivate}localhost:7070"), body), refused(505, "GRPC_NEEDS_HTTP2"));
    for (authority, origin, code) in [
        ("evil.example:7070", None, "7 HOST_NOT_ALLOWED"),
        ("127.0.0.1:7070", Some("http://evil.example:7070"), "7 CROSS_ORIGIN"),
    ] {
        for service in ["AdminService/DeactivateBrand", "PermissionService/Check", "ConsentService/Apply"] {
            let mut request = Request::post(format!("http://{authority}/izingate.v1.{service}"))
                .header("content-type", "application/grpc")
                .header("te", "trailers");
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let answer = web::h2(&known.gateway, request.body(vec![0; 5].into()).unwrap()).await;
            let text = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            let said = format!("{} {}", text("grpc-status"), text("grpc-message"));
            assert!(answer.status() == 200 && said.starts_with(code), "{service}: {said}");
        }
    }
    assert!(check_one(&mut known.gateway.permission().await, APPROVED, "MESAJ", 0).await.allowed, "the brand is still active");
}

#[tokio::test]
async fn a_dialplan_hears_a_deferral() {
    let known = Known::start().await;
    let ask = |host: &str| {
        raw(&known.gateway, format!("GET {CHECK} HTTP/1.1\r\nHost: {host}\r\nAccept: text/plain\r\n\r\n").as_bytes())
    };
    assert!(ask("localhost").ends_with("\r\n\r\nALLOW APPROVED\n"));
    assert!(ask("evil.example").ends_with("\r\n\r\nDEFER HOST_NOT_ALLOWED\n"), "{}", ask("evil.example"));
}

#[tokio::test]
async fn a_host_is_named_once_and_is_one() {
    let known = Known::start().await;
    let malformed = refused(400, "MALFORMED_HOST");
    for (host, expected) in [
        ("Host: localhost\r\nHost: localhost", refused(400, "REPEATED_HEADER")),
        ("Host: localhost\r\nHost: evil.example", refused(400, "REPEATED_HEADER")),
        ("X: y", malformed.clone()),
        ("Host:", malformed.clone()),
        ("Host: localhost,evil.example", malformed.clone()),
        ("Host: user@localhost", malformed.clone()),
        ("Host: localhost:7070", refused(200, "")),
    ] {
        assert_eq!(answered(&known.gateway.http, &format!("GET {CHECK} HTTP/1.1\r\n{host}"), ""), expected, "{host}");
    }
    let absolute = |target: &str| answered(&known.gateway.http, &format!("GET {target} HTTP/1.1\r\nHost: localhost"), "");
    assert_eq!(absolute(&format!("http://localhost{CHECK}")), refused(200, ""));
    assert_eq!(absolute(&format!("http://evil.example{CHECK}")), malformed);
    assert!(raw(&known.gateway, format!("GET {CHECK} HTTP/1.0\r\n\r\n").as_bytes()).starts_with("HTTP/1.0 200 "), "no browser");
}

#[tokio::test]
async fn a_header_that_decides_is_there_once() {
    let known = Known::start().await;
    for (name, value) in [
        ("izingate-caller", "dialer-1"),
        ("Content-Type", "application/json"),
        ("Accept", "text/html"),
        ("Accept-Language", "tr"),
        ("Authorization", "Basic x"),
        ("Content-Encoding", "identity"),
    ] {
        let head = format!("GET {CHECK} HTTP/1.1\r\nHost: localhost\r\n{name}: {value}");
        assert_eq!(answered(&known.gateway.http, &head, ""), refused(200, ""), "{name}");
        let twice = format!("{head}\r\n{}: {value}", name.to_uppercase());
        assert_eq!(answered(&known.gateway.http, &twice, ""), refused(400, "REPEATED_HEADER"), "{name}");
    }
    let request = Request::post(format!("{}/izingate.v1.PermissionService/Check", known.gateway.http))
        .header("content-type", "application/grpc")
        .header("izingate-caller", "a")
        .header("izingate-caller", "b");
    let answer = web::h2(&known.gateway, request.body(vec![0; 5].into()).unwrap()).await;
    assert_eq!(answer.headers()["grpc-status"], "3", "{answer:?}");
    assert!(answer.headers()["grpc-message"].to_str().unwrap().starts_with("REPEATED_HEADER"), "{answer:?}");
}

#[tokio::test]
async fn clients_of_this_machine_keep_working() {
    let known = Known::start().await;
    let port = known.gateway.address().port();
    for host in [format!("localhost:{port}"), "127.0.0.1".to_owned(), "[::1]:80".to_owned(), "izingate.localhost".to_owned()] {
        for (base, path) in [(&known.gateway.http, CHECK), (&known.gateway.admin, "/metrics"), (&known.gateway.admin, "/readyz")]
        {
            let reply = send(client().get(format!("{base}{path}")).header("host", &host)).await;
            assert_eq!(reply.status, 200, "{host} {path}: {reply:?}");
        }
    }
    for (header, value) in [("origin", "http://localhost:3000"), ("sec-fetch-site", "none"), ("sec-fetch-site", "same-origin")] {
        let reply = send(client().get(format!("{}{CHECK}", known.gateway.http)).header(header, value)).await;
        assert_eq!(reply.status, 200, "{header}: {value}");
    }
    let applied = apply(&known.gateway, vec![movement(APPROVED, "RET", "2026-11-04 10:00:00")]).await;
    assert_eq!(applied.applied, 1, "gRPC names the address in :authority");
}

#[tokio::test]
async fn configured_hosts_are_answered_to() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let mut command = serve(&data);
    command.args(["--hosts", "gateway.internal, 10.0.0.5"]);
    let gateway = Gateway::spawn(command, &data);
    let status = async |host: &str| send(client().get(format!("{}{CHECK}", gateway.http)).header("host", host)).await.status;
    for (host, expected) in
        [("gateway.internal:7070", 200), ("GATEWAY.INTERNAL", 200), ("10.0.0.5", 200), ("localhost", 200), ("10.0.0.6", 421)]
    {
        assert_eq!(status(host).await, expected, "{host}");
    }
    let page = client().get(format!("{}{CHECK}", gateway.http)).header("origin", "https://gateway.internal");
    assert_eq!(send(page).await.status, 200);
}

#[tokio::test]
async fn a_listener_of_the_network_answers_to_every_name_but_to_no_page() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let mut command = izingate();
    command.args(["serve", "--insecure", "--listen", "0.0.0.0:0", "--admin", "127.0.0.1:0", "--log-format", "json", "--data"]);
    command.arg(&data);
    let mut gateway = Gateway::spawn(command, &data);
    gateway.http = gateway.http.replace("0.0.0.0", "127.0.0.1");
    let ask =
        async |header: &str, value: &str| send(client().get(format!("{}{CHECK}", gateway.http)).header(header, value)).await;
    assert_eq!(ask("host", "izingate:7070").await.status, 200, "as Docker's network names it");
    assert_eq!(ask("origin", "http://izingate:7070").await.problem(), refused(403, "CROSS_ORIGIN"));
    assert_eq!(get(&gateway.admin, "/readyz").await.status, 200);
    let state = send(client().get(format!("{}/v1/state", gateway.admin)).header("host", "izingate:7071")).await;
    assert_eq!(state.problem(), refused(421, "HOST_NOT_ALLOWED"), "the admin port is still one of loopback");
    assert_eq!(json!(ask("host", "izingate").await.json()["decision"]), json!("DENY"));
}
