//! `izingate watch`, the program: lines, its end, and going on after the gateway was gone.

use super::node::{AT, CALM, Node, commit, states};
use crate::process::failure;
use crate::support::known::{Known, apply, movement};
use crate::support::{Gateway, add_brand, izingate};
use izingate::api::watch::Limits;
use izingate::model::text::hex::to_hex;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Lines, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use tokio::runtime::Runtime;

fn watch(endpoint: &str, args: &[&str]) -> Command {
    let mut command = izingate();
    command.args(["watch", "--endpoint", endpoint]).args(args);
    command
}

/// A running watch whose lines are read.
struct Printing {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Printing {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("it ended").unwrap()
    }

    fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Nobody reads any more.
    fn unread(mut self) -> i32 {
        drop(self.lines);
        self.child.wait().unwrap().code().unwrap()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The line of a batch of [`states`].
fn line(revision: u64, count: u32) -> String {
    let change = |(relation, state): &(izingate::model::consent::key::RelationKey, izingate::model::consent::state::State)| {
        let recipient = to_hex(&relation.pseudonym.0);
        format!(r#"{{"recipient":"{recipient}","brandCode":7,"retailerCode":0,"state":{}}}"#, state.byte())
    };
    let changes: Vec<String> = states(revision, count).iter().map(change).collect();
    let changes = changes.join(",");
    format!(r#"{{"revision":{revision},"committedAt":"{}","changes":[{changes}],"more":false}}"#, AT.rfc3339())
}

#[test]
fn one_line_a_batch() {
    let runtime = Runtime::new().unwrap();
    let node = runtime.block_on(Node::with_log(1..=3, 2, Limits { heartbeat: Duration::from_millis(5), ..CALM }));
    for (from, first) in [("earliest", 1), ("2", 2)] {
        let mut printing = Printing::start(watch(&node.address, &["--from", from, "--heartbeats"]));
        for revision in first..=3 {
            assert_eq!(printing.line(), line(revision, 2));
        }
        assert_eq!([printing.line(), printing.line()], [r#"{"heartbeat":3}"#, r#"{"heartbeat":3}"#]);
        printing.kill();
    }
    let mut printing = Printing::start(watch(&node.address, &["--heartbeats"]));
    assert_eq!(printing.line(), r#"{"heartbeat":3}"#, "from now on");
    commit(&node.store, 4, 1);
    node.publish(4);
    assert_eq!((&mut printing.lines).map(Result::unwrap).find(|line| !line.contains("heartbeat")), Some(line(4, 1)));
    printing.kill();
}

#[test]
fn what_a_real_gateway_commits() {
    let runtime = Runtime::new().unwrap();
    let known = runtime.block_on(Known::start());
    let mut printing = Printing::start(watch(&known.gateway.http, &["--from", "earliest"]));
    let mut first = printing.json();
    let changes = first["changes"].take();
    let mut changes: Vec<_> = changes.as_array().unwrap().iter().map(|change| change["state"].as_u64().unwrap()).collect();
    changes.sort_unstable();
    // EPOSTA ONAY, MESAJ ONAY, MESAJ RET.
    assert_eq!(changes, [0b01, 0b01_0000, 0b10_0000]);
    assert!(first["committedAt"].take().as_str().unwrap().ends_with("+03:00"));
    assert_eq!(first, json!({ "revision": 1, "committedAt": null, "changes": null, "more": false }));
    let refusal = movement(crate::support::known::APPROVED, "RET", "2026-11-05 10:00:00");
    runtime.block_on(apply(&known.gateway, vec![refusal]));
    let second = printing.json();
    assert_eq!((&second["revision"], &second["changes"][0]["state"]), (&json!(2), &json!(0b10_0000)));

    // A watch is a call that never ends by itself, and the gateway does not wait for it.
    let log = known.gateway.log.clone();
    assert!(known.gateway.stop().success());
    assert!(std::fs::read_to_string(log).unwrap().contains("shutdown: all calls answered"));
    printing.kill();
}

#[test]
fn nobody_reads_it() {
    let runtime = Runtime::new().unwrap();
    let node = runtime.block_on(Node::with_log(1..=1, 1, CALM));
    let mut printing = Printing::start(watch(&node.address, &["--from", "earliest"]));
    printing.line();
    // It finds out when it has something to say.
    let waited = std::thread::spawn(move || printing.unread());
    for revision in 2.. {
        if waited.is_finished() {
            break;
        }
        commit(&node.store, revision, 1);
        node.publish(revision);
        std::thread::yield_now();
    }
    assert_eq!(waited.join().unwrap(), 0);
}

fn serve_on(address: &str, data: &Path) -> Gateway {
    let mut command = izingate();
    command.args(["serve", "--listen", address, "--admin", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(data);
    Gateway::spawn(command, data)
}

#[test]
fn it_goes_on_when_the_gateway_comes_back() {
    let runtime = Runtime::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let refusal = |day: u32| vec![movement("+905321234561", "RET", &format!("2026-11-{day:02} 10:00:00"))];
    let mut gateway = serve_on(&address, &data);
    runtime.block_on(apply(&gateway, refusal(1)));
    let mut printing = Printing::start(watch(&format!("http://{address}"), &["--from", "earliest"]));
    assert_eq!(printing.json()["revision"], 1);
    for (day, killed) in [(2, true), (3, false)] {
        if killed {
            gateway.kill();
        } else {
            assert!(gateway.stop().success());
        }
        gateway = serve_on(&address, &data);
        runtime.block_on(apply(&gateway, refusal(day)));
        assert_eq!(printing.json()["revision"], day, "each once");
    }
    printing.kill();
}

#[test]
fn why_it_cannot_go_on() {
    let runtime = Runtime::new().unwrap();
    let node = runtime.block_on(Node::with_log(1..=5, 1, CALM));
    node.prune(3);
    let failed = |code: &str| (1, code.to_owned());
    assert_eq!(failure(&mut watch(&node.address, &["--from", "1"])), failed("WATCH_GAP"));
    assert_eq!(failure(&mut watch(&node.address, &["--from", "7"])), failed("REVISION_UNKNOWN"));
    assert_eq!(failure(&mut watch("http://127.0.0.1:9", &[])), failed("GATEWAY_FAILED"));
    assert_eq!(failure(&mut watch("nowhere at all", &[])), (64, "ENDPOINT_INVALID".to_owned()));
}

#[test]
fn nobody_takes_what_it_prints() {
    let runtime = Runtime::new().unwrap();
    let limits = Limits { patience: Duration::from_secs(1), ..CALM };
    let node = runtime.block_on(Node::with_log(1..=30, 10_000, limits));
    let mut command = watch(&node.address, &["--from", "1"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    runtime.block_on(node.metric_is("izingate_watchers_dropped_total", "1"));
    let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.starts_with("izingate: WATCH_TOO_SLOW: nothing was taken for 1 s"), "{said}");
    assert!((1..20).contains(&lines.len()), "{}", lines.len());
    (1..).zip(&lines).for_each(|(revision, text)| assert!(*text == line(revision, 10_000), "revision {revision}"));
}
