//! No cache keeps an answer: every answer forbids it, and a real caching proxy with its defaults obeys.

use super::support::ask::check_one;
use super::support::known::{APPROVED, Known, REFUSED, apply, movement};
use super::support::web::{self, JSON, client, get, post, raw};
use http::{HeaderMap, Request};
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const CHECK: &str = "/v1/check?brandCode=601234&type=MESAJ&recipient=%2B905321234561";
const EXPLAIN: &str = "/v1/explain?brandCode=601234&type=MESAJ&recipient=%2B905321234561";

fn assert_forbidden(headers: &HeaderMap, what: &str) {
    let all = |name: &str| headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(all("cache-control"), ["no-store"], "{what}: {headers:?}");
    assert_eq!(all("vary"), ["*"], "{what}: {headers:?}");
}

#[tokio::test]
async fn every_answer_of_every_path_forbids_caches_to_keep_it() {
    let known = Known::start().await;
    let question = r#"{"brandCode":601234,"type":"MESAJ","recipient":"+905321234561"}"#;
    for (admin, method, path, media, body, status) in [
        (false, "GET", CHECK, "", "", 200),
        (false, "GET", "/v1/check", "", "", 400),
        (false, "HEAD", CHECK, "", "", 405),
        (false, "POST", "/v1/check", JSON, question, 200),
        (false, "POST", "/v1/check", "text/plain", question, 415),
        (false, "PUT", "/v1/check", JSON, question, 405),
        (false, "POST", "/v1/check/batch", JSON, "{}", 400),
        (false, "GET", EXPLAIN, "", "", 200),
        (false, "POST", "/v1/movements", JSON, "{\"list\":[]}", 200),
        (false, "POST", "/v1/filter?brandCode=601234&type=MESAJ", "text/csv", "+905321234561\n", 200),
        (false, "GET", "/nowhere", "", "", 404),
        (false, "GET", "/izingate.v1.PermissionService/Check", "", "", 415),
        (true, "GET", "/livez", "", "", 200),
        (true, "GET", "/readyz", "", "", 200),
        (true, "GET", "/metrics", "", "", 200),
        (true, "GET", "/v1/state", "", "", 200),
        (true, "POST", "/v1/state", "", "", 405),
        (true, "GET", "/nowhere", "", "", 404),
    ] {
        let base = if admin { &known.gateway.admin } else { &known.gateway.http };
        let request = client().request(method.parse().unwrap(), format!("{base}{path}")).header("content-type", media);
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        assert_forbidden(answer.headers(), &format!("{method} {path}"));
    }
    for host in ["evil.example", "localhost,"] {
        let answer = client().get(format!("{}{CHECK}", known.gateway.http)).header("host", host).send().await.unwrap();
        assert_forbidden(answer.headers(), host);
    }
    for (path, status) in
        [("PermissionService/Check", "3"), ("AdminService/ListBrands", "0"), ("PermissionService/Nothing", "12")]
    {
        let request =
            Request::post(format!("{}/izingate.v1.{path}", known.gateway.http)).header("content-type", "application/grpc");
        let answer = web::h2(&known.gateway, request.header("te", "trailers").body(vec![0; 5].into()).unwrap()).await;
        let told = answer.headers().get("grpc-status").map_or("0", |status| status.to_str().unwrap());
        assert_eq!(told, status, "{path}");
        assert_forbidden(answer.headers(), path);
    }
}

/// What hyper answers by itself is of no status that a cache may keep (RFC 9110, 15.1).
#[tokio::test]
async fn what_no_handler_sees_is_nothing_that_caches_keep() {
    let known = Known::start().await;
    for request in [
        "\0garbage\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n".to_owned(),
        format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "y".repeat(66_000)),
        format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "y".repeat(100_000)),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "x: y\r\n".repeat(200)),
        "POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n".to_owned(),
    ] {
        let said = raw(&known.gateway, request.as_bytes());
        let status = said.split(' ').nth(1).unwrap_or_default();
        assert!(["400", "431", "505"].contains(&status), "{said}");
    }
}

/// A varnishd with its defaults before a port, ended by its id.
struct Varnish {
    child: Child,
    url: String,
    _dir: TempDir,
}

impl Varnish {
    /// None where the program is not installed; that is an error where CI says so.
    async fn before(backend: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        // Debian has it where only root's path leads.
        let system = Path::new("/usr/sbin/varnishd");
        let mut command = Command::new(if system.exists() { system } else { Path::new("varnishd") });
        command.args(["-F", "-j", "none", "-s", "malloc,16m", "-a", &address, "-b", backend.trim_start_matches("http://"), "-n"]);
        let spawned = command.arg(dir.path().join("work")).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && std::env::var_os("CI").is_none() => {
                let _ = writeln!(std::io::stderr(), "NOT RUN: varnishd is not installed; `make deps-test` does it");
                return None;
            }
            Err(error) => panic!("varnishd: {error}; `make deps-test` installs it"),
        };
        let varnish = Self { child, url: format!("http://{address}"), _dir: dir };
        while client().get(format!("{}/", varnish.url)).send().await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Some(varnish)
    }
}

impl Drop for Varnish {
    fn drop(&mut self) {
        // In order, so that it ends its worker.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_caching_proxy_with_its_defaults_passes_a_refusal_on_at_once() {
    let known = Known::start().await;
    let Some(public) = Varnish::before(&known.gateway.http).await else { return };
    let Some(admin) = Varnish::before(&known.gateway.admin).await else { return };
    let decision = async || get(&public.url, CHECK).await.json()["decision"].as_str().unwrap().to_owned();
    assert_eq!((decision().await.as_str(), decision().await.as_str()), ("ALLOW", "ALLOW"));
    apply(&known.gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await;
    assert_eq!(decision().await, "DENY", "the refusal is in force");
    assert!(!check_one(&mut known.gateway.permission().await, REFUSED, "MESAJ", 0).await.allowed);
    for (base, path) in [
        (&public.url, CHECK),
        (&public.url, EXPLAIN),
        (&public.url, "/v1/check"),
        (&public.url, "/nowhere"),
        (&admin.url, "/v1/state"),
        (&admin.url, "/readyz"),
        (&admin.url, "/metrics"),
        (&admin.url, "/nowhere"),
    ] {
        for (name, value) in [("accept", "*/*"), ("accept", "text/plain"), ("accept-language", "tr"), ("accept-language", "en")] {
            for _ in 0..2 {
                let answer = client().get(format!("{base}{path}")).header(name, value).send().await.unwrap();
                // Of an answer that came from the cache it names two requests.
                let requests = answer.headers()["x-varnish"].to_str().unwrap().to_owned();
                assert!(!requests.contains(' '), "{path} {name}: {value} came from the cache: {requests}");
            }
        }
    }
    let posted =
        async || post(&public.url, "/v1/check", JSON, r#"{"brandCode":601234,"type":"MESAJ","recipient":"05321234561"}"#).await;
    assert_eq!(posted().await.json()["decision"], "DENY");
}
