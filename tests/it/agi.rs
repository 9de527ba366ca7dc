//! FastAGI: a real process in front of a real gateway, and Asterisk's side spoken on a socket.

use super::process::failure;
use super::support::agi::{Agi, Asterisk, DONE, environment, variables};
use super::support::known::{APPROVED, Known, REFUSED, apply, movement};
use super::support::{BRAND, Gateway, izingate, run, serve};
use izingate::api::proto::Movement;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier};

const SLOW: &[&str] = &["--deadline", "300ms"];

/// A gateway that also knows an approval and a refusal of calls, at revision 2.
async fn dialler() -> (Known, Agi) {
    let known = Known::start().await;
    let call = |recipient: &str, status: &str| Movement {
        r#type: "ARAMA".to_owned(),
        ..movement(recipient, status, "2026-11-04 10:00:00")
    };
    assert_eq!(apply(&known.gateway, vec![call(APPROVED, "ONAY"), call(REFUSED, "RET")]).await.revision, 2);
    let agi = Agi::start(&known.gateway.http);
    (known, agi)
}

/// Decision, reason and whether the call may be made.
fn told(variables: &BTreeMap<String, String>) -> (String, String) {
    let of = |name: &str| variables[name].clone();
    let (decision, allowed) = (of("IZINGATE_DECISION"), of("IZINGATE_ALLOWED"));
    assert_eq!(allowed == "1", decision == "ALLOW", "{variables:?}");
    assert!(["0", "1"].contains(&allowed.as_str()), "{variables:?}");
    (decision, of("IZINGATE_REASON"))
}

fn pair(decision: &str, reason: &str) -> (String, String) {
    (decision.to_owned(), reason.to_owned())
}

/// What is set where nobody decided.
fn undecided(reason: &str) -> Vec<String> {
    [("ALLOWED", "0"), ("DECISION", "DEFER"), ("REASON", reason), ("REVISION", "0"), ("DECISION_ID", "")]
        .map(|(name, value)| format!("SET VARIABLE IZINGATE_{name} \"{value}\""))
        .to_vec()
}

#[tokio::test]
async fn a_call_that_may_be_made() {
    let (known, agi) = dialler().await;
    let request = agi.url("?brandCode=601234&type=ARAMA&recipient=%2B905321234561");
    let mut commands = agi.call(&environment(&request, &[]));
    let id = commands.remove(4);
    let id = id.strip_prefix("SET VARIABLE IZINGATE_DECISION_ID \"").and_then(|id| id.strip_suffix('"')).unwrap();
    assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    let expected = [
        r#"SET VARIABLE IZINGATE_ALLOWED "0""#,
        r#"SET VARIABLE IZINGATE_DECISION "ALLOW""#,
        r#"SET VARIABLE IZINGATE_REASON "APPROVED""#,
        r#"SET VARIABLE IZINGATE_REVISION "2""#,
        r#"SET VARIABLE IZINGATE_ALLOWED "1""#,
    ];
    assert_eq!(commands, expected);

    // The decision is on record under the name of the edge, with the call as its reference.
    let data = known.data();
    assert!(known.gateway.stop().success());
    let found = run(&["evidence", "find", "--data", data.to_str().unwrap(), "--recipient", APPROVED, "--json"]);
    let found = String::from_utf8(found.stdout).unwrap();
    assert!([id, "pbx-1732560000.12", "\"agi\""].iter().all(|part| found.contains(part)), "{found}");
}

/// What `deploy/dialers/README.md` tells to try first.
#[tokio::test]
async fn the_brand_of_make_run_rings() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut command = serve(&data);
    command.arg("--demo");
    let gateway = Gateway::spawn(command, &data);
    let agi = Agi::start(&gateway.http);
    let page = include_str!("../../deploy/dialers/README.md");
    for (recipient, expected) in [("05320000001", pair("ALLOW", "APPROVED")), ("05320000005", pair("DENY", "REFUSED"))] {
        assert!(page.contains(&format!("`{recipient}`")) && page.contains("601234"), "{recipient} is on the page");
        let arguments = ["brandCode=601234", "type=ARAMA", &format!("recipient={recipient}")];
        assert_eq!(told(&agi.ask(&arguments)), expected, "{recipient}");
    }
}

#[tokio::test]
async fn every_way_to_ask() {
    let (_known, agi) = dialler().await;
    let approved = pair("ALLOW", "APPROVED");
    for (arguments, expected) in [
        (&["brandCode=601234", "type=ARAMA", "recipient=+905321234561"][..], approved.clone()),
        (&["brandCode=601234", "type=ARAMA", "recipient=0532 123 45 61"], approved.clone()),
        (&["brandCode=601234", "type=ARAMA"], approved.clone()),
        (&["brandCode=601234", "type=MESAJ", "recipientType=BIREYSEL", "purpose=TICARI", "minRevision=2"], approved),
        (&["brandCode=601234", "type=ARAMA", "recipient=+905321234562"], pair("DENY", "REFUSED")),
        (&["brandCode=601234", "type=ARAMA", "recipient=05321234569"], pair("DENY", "NO_RECORD")),
        (&["brandCode=601234", "type=ARAMA", "recipient="], pair("DENY", "INVALID_RECIPIENT")),
        (&["brandCode=601234", "type=ARAMA", "recipient=05321234561&x=1"], pair("DENY", "INVALID_RECIPIENT")),
        (&["brandCode=601234", "type=ARAMA", "retailerCode=7"], pair("DENY", "RETAILER_NOT_AUTHORISED")),
        (&["brandCode=7", "type=ARAMA"], pair("DENY", "SENDER_NOT_REGISTERED")),
        (&["brandCode=601234", "type=ARAMA", "minRevision=3"], pair("DEFER", "REVISION_NOT_REACHED")),
        (&["type=ARAMA"], pair("DEFER", "MISSING_FIELD")),
        (&["brandCode=601234"], pair("DEFER", "MISSING_FIELD")),
        (&["brandCode=0", "type=ARAMA"], pair("DEFER", "INVALID_FIELD")),
        (&["brandCode=601234", "type=arama"], pair("DEFER", "INVALID_FIELD")),
        (&["brandCode=601234", "type=ARAMA", "brand=601234"], pair("DEFER", "MALFORMED_QUERY")),
        (&["brandCode=601234", "type=ARAMA", "type=MESAJ"], pair("DEFER", "MALFORMED_QUERY")),
        (&["601234", "ARAMA"], pair("DEFER", "AGI_REQUEST_INVALID")),
    ] {
        assert_eq!(told(&agi.ask(arguments)), expected, "{arguments:?}");
    }
    let elsewhere = agi.url("").replace("/check", "/chek");
    let call = environment(&elsewhere, &["brandCode=601234", "type=ARAMA"]);
    assert_eq!(agi.call(&call), undecided("AGI_REQUEST_INVALID"));
    // A macro runs for `s`: then it is the number that was dialled, which nothing is known of here.
    let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]);
    let (s, nothing) = (call.replace("05321234561", "s"), call.replace("05321234561", "s").replace("08500000000", "unknown"));
    assert_eq!(told(&variables(&agi.call(&s))), pair("DENY", "NO_RECORD"));
    assert_eq!(told(&variables(&agi.call(&nothing))), pair("DEFER", "MISSING_FIELD"));
}

#[tokio::test]
async fn packets_of_one_byte() {
    let (_known, agi) = dialler().await;
    let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]).replace('\n', "\r\n");
    let mut asterisk = Asterisk::dial(agi.address, b"");
    let drop_by_drop = |asterisk: &mut Asterisk, text: &str| text.bytes().for_each(|byte| asterisk.say(&[byte]));
    drop_by_drop(&mut asterisk, &call);
    let mut commands = Vec::new();
    while let Some(command) = asterisk.hear() {
        commands.push(command);
        drop_by_drop(&mut asterisk, "200 result=1\r\n");
    }
    assert_eq!(told(&variables(&commands)), pair("ALLOW", "APPROVED"));
}

/// Whatever Asterisk says to one of the commands, the session ends there, and the call may not be made.
#[tokio::test]
async fn replies_that_are_no_success() {
    let (_known, agi) = dialler().await;
    let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]);
    for reply in [
        "HANGUP\n",
        "510 Invalid or unknown command\n",
        "511 Command Not Permitted on a dead channel or intercept routine\n",
        "520-Invalid command syntax.  Proper usage follows:\n Usage: SET VARIABLE <name> <value>\n520 End of proper usage.\n",
        "200 result=0\n",
        "200 result=-1\n",
        "200 result=1000\n",
        "200\n",
        "\n",
        "result=1\n",
        "20\n",
        "é2 result=1\n",
    ] {
        for at in 0..6 {
            let mut asterisk = Asterisk::dial(agi.address, call.as_bytes());
            let mut commands = Vec::new();
            while let Some(command) = asterisk.hear() {
                asterisk.say(if commands.len() == at { reply } else { DONE }.as_bytes());
                commands.push(command);
            }
            assert_eq!(commands.len(), at + 1, "{reply:?} to {commands:?}");
            let set = variables(&commands[..at]);
            assert_ne!(set.get("IZINGATE_ALLOWED").map(String::as_str), Some("1"), "{reply:?} to {commands:?}");
        }
    }
    assert_eq!(told(&agi.ask(&["brandCode=601234", "type=ARAMA"])), pair("ALLOW", "APPROVED"), "it goes on");
    let (exit, said) = agi.stop();
    assert!(exit.success());
    assert!(said.contains("Asterisk did not set a variable: 511") && !said.contains("5321234561"), "{said}");
}

#[tokio::test]
async fn a_reply_may_say_more() {
    let (_known, agi) = dialler().await;
    let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]);
    let mut asterisk = Asterisk::dial(agi.address, call.as_bytes());
    let commands = asterisk.heard(|_| "200 result=1 (set)\n".to_owned());
    assert_eq!(told(&variables(&commands)), pair("ALLOW", "APPROVED"));
}

#[tokio::test]
async fn environments_that_are_none() {
    let (_known, agi) = dialler().await;
    let question = agi.url("?brandCode=601234&type=ARAMA");
    let sound = environment(&question, &[]);
    let argument = |length: usize| environment(&question, &[&format!("reference={}", "r".repeat(length))]);
    for (call, reason) in [
        ("\n".to_owned(), "AGI_REQUEST_INVALID"),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_owned(), "AGI_REQUEST_INVALID"),
        (sound.replacen("agi_channel", "channel", 1), "AGI_REQUEST_INVALID"),
        (sound.replacen("agi_channel:", "agi_channel", 1), "AGI_REQUEST_INVALID"),
        (sound.replacen("agi_request", "agi_requests", 1), "AGI_REQUEST_INVALID"),
        (sound.replace("ARAMA", "ARAMA%ff"), "AGI_REQUEST_INVALID"),
        (argument(1_000), "INVALID_FIELD"),
        (argument(60_000), "HEADERS_TOO_LARGE"),
    ] {
        assert_eq!(agi.call(&call), undecided(reason), "{call:.80}");
    }
    let mut bytes = sound.clone().into_bytes();
    bytes.splice(0..0, *b"agi_x: \xff\x00\x80\n\x01\xfe\n");
    let commands = Asterisk::dial(agi.address, &bytes).heard(|_| DONE.to_owned());
    assert_eq!(commands, undecided("AGI_REQUEST_INVALID"));

    // Longer than any environment: it is not read to its end, and nothing but the first word is said.
    for endless in [argument(70_000), "agi_x: y\n".repeat(10_000), "z".repeat(1 << 20)] {
        let commands = Asterisk::dial(agi.address, endless.as_bytes()).heard(|_| DONE.to_owned());
        assert!(commands.len() <= 1 && commands.iter().all(|command| command.ends_with("ALLOWED \"0\"")), "{commands:?}");
    }
    assert_eq!(told(&variables(&agi.call(&sound))), pair("ALLOW", "APPROVED"), "it goes on");
    let said = agi.stop().1;
    assert!(said.contains("the peer sends more than 65536 bytes") && !said.contains("5321234561"), "{said}");
}

/// A server that takes connections and hands on what it is asked; every question gets `answer`, or silence.
fn stand_in(answer: Option<&'static str>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (asked, questions) = channel();
    std::thread::spawn(move || {
        for (place, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.unwrap());
            let asked = asked.clone();
            std::thread::spawn(move || {
                while let Some(head) = request(&mut stream) {
                    let _ = asked.send(format!("{place}: {head}"));
                    match answer {
                        Some(answer) => stream.get_mut().write_all(answer.as_bytes()).unwrap(),
                        None => drop(stream.read(&mut [0])),
                    }
                }
            });
        }
    });
    (address, questions)
}

fn request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut lines = stream.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let first = lines.next()?;
    let caller = lines.find(|line| line.starts_with("izingate-caller"));
    lines.for_each(drop);
    Some(format!("{first} {}", caller.unwrap_or_default()))
}

/// A whole answer of HTTP with a body.
fn ok(body: &str) -> &'static str {
    Box::leak(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into())
}

#[test]
fn connections_are_kept() {
    let (gateway, questions) =
        stand_in(Some(ok(r#"{"allowed":true,"decision":"ALLOW","reason":"APPROVED","revision":7,"decisionId":"0a"}"#)));
    let agi = Agi::start_with(&gateway, &["--caller", "santral-1"]);
    for _ in 0..3 {
        let told = agi.ask(&["brandCode=601234", "type=ARAMA", "recipient=+90 532"]);
        assert_eq!((told["IZINGATE_ALLOWED"].as_str(), told["IZINGATE_REVISION"].as_str()), ("1", "7"));
        let expected = "0: GET /v1/check?brandCode=601234&type=ARAMA&recipient=%2B90%20532&reference=pbx%2D1732560000%2E12 \
                        HTTP/1.1 izingate-caller: santral-1";
        assert_eq!(questions.recv().unwrap(), expected, "on the first connection, all");
    }
}

/// A server whose first `kept` connections each answer one question, once all of them have one, and hang up at the next;
/// those that come later answer every question. Without any every connection hangs up at its first.
fn hangs_up(kept: usize) -> (String, Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (asked, questions) = channel();
    let together = Arc::new(Barrier::new(kept));
    std::thread::spawn(move || {
        let body = r#"{"allowed":true,"decision":"ALLOW","reason":"APPROVED","revision":7,"decisionId":"0a"}"#;
        for (place, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.unwrap());
            let (asked, together) = (asked.clone(), Arc::clone(&together));
            std::thread::spawn(move || {
                let mut first = true;
                while request(&mut stream).is_some() {
                    let _ = asked.send(place);
                    if kept == 0 || (place < kept && !first) {
                        return;
                    }
                    if place < kept {
                        together.wait();
                    }
                    first = false;
                    stream.get_mut().write_all(ok(body).as_bytes()).unwrap();
                }
            });
        }
    });
    (address, questions)
}

/// That another kept connection ended as well costs no call either: it is asked again over a new one.
#[test]
fn a_question_whose_kept_connection_ended_is_asked_again() {
    let (gateway, questions) = hangs_up(2);
    let agi = Agi::start_with(&gateway, &[]);
    let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]);
    let mut calls: Vec<Asterisk> = (0..2).map(|_| Asterisk::dial(agi.address, call.as_bytes())).collect();
    // The questions of both are asked before either is answered.
    for asterisk in &mut calls {
        asterisk.say(DONE.as_bytes());
    }
    for mut asterisk in calls {
        // The first command is carried out already.
        assert_eq!(asterisk.hear().as_deref(), Some(r#"SET VARIABLE IZINGATE_ALLOWED "0""#));
        assert_eq!(told(&variables(&asterisk.heard(|_| DONE.to_owned()))), pair("ALLOW", "APPROVED"));
    }
    for _ in 0..3 {
        assert_eq!(told(&agi.ask(&["brandCode=601234", "type=ARAMA"])), pair("ALLOW", "APPROVED"));
    }
    assert!(agi.stop().0.success());
    let mut asked: Vec<usize> = questions.try_iter().collect();
    asked.sort_unstable();
    assert_eq!(asked, [0, 0, 1, 1, 2, 3, 4], "both kept connections ended under a question");
}

#[test]
fn a_gateway_that_always_hangs_up_is_asked_twice() {
    let (gateway, questions) = hangs_up(0);
    let agi = Agi::start_with(&gateway, &[]);
    let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]);
    assert_eq!(agi.call(&call), undecided("GATEWAY_FAILED"));
    assert!(agi.stop().0.success());
    assert_eq!(questions.try_iter().collect::<Vec<_>>(), [0, 1]);
}

/// Asterisk's own limit of `agi_uniqueid` is 149 characters.
#[tokio::test]
async fn a_long_call_id_fails_no_call() {
    let (known, agi) = dialler().await;
    let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]);
    for length in [128, 129, 149, 150, 1_000] {
        let id = format!("{}-1732560000.{length}", "p".repeat(length - 12 - length.to_string().len()));
        assert_eq!(id.len(), length);
        let commands = agi.call(&call.replace("pbx-1732560000.12", &id));
        assert_eq!(told(&variables(&commands)), pair("ALLOW", "APPROVED"), "{length}");
    }
    let data = known.data();
    assert!(known.gateway.stop().success());
    let found = run(&["evidence", "find", "--data", data.to_str().unwrap(), "--recipient", APPROVED, "--json"]);
    let found = String::from_utf8(found.stdout).unwrap();
    let kept = format!("\"{}-1732560000.149\"", "p".repeat(128 - 15));
    assert!(found.contains(&kept), "{found}");
}

#[test]
fn a_gateway_that_is_not_there_or_does_not_answer() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (silent, _) = stand_in(None);
    let (garbage, _) = stand_in(Some(ok("ALLOW APPROVED\n")));
    let (nonsense, _) = stand_in(Some("nonsense\r\n\r\n"));
    let (moved, _) = stand_in(Some("HTTP/1.1 302 Found\r\nlocation: /v1/allow\r\ncontent-length: 0\r\n\r\n"));
    let (failing, _) = stand_in(Some("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"));
    let (short, _) = stand_in(Some("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"allowed\":true"));
    let (large, _) = stand_in(Some(ok(&" ".repeat(99_999))));
    for (endpoint, reason) in [
        (format!("http://{nobody}"), "GATEWAY_UNREACHABLE"),
        (silent, "GATEWAY_TIMEOUT"),
        (garbage, "GATEWAY_FAILED"),
        (nonsense, "GATEWAY_FAILED"),
        (moved, "GATEWAY_FAILED"),
        (failing, "GATEWAY_FAILED"),
        (short, "GATEWAY_TIMEOUT"),
        (large, "GATEWAY_FAILED"),
    ] {
        let agi = Agi::start_with(&endpoint, SLOW);
        let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]);
        assert_eq!(agi.call(&call), undecided(reason), "{endpoint}");
        let (exit, said) = agi.stop();
        assert!(exit.success() && !said.contains("5321234561") && !said.contains("recipient"), "{said}");
    }
}

#[tokio::test]
async fn a_gateway_that_comes_back() {
    let (known, agi) = dialler().await;
    let arguments = ["brandCode=601234", "type=ARAMA"];
    assert_eq!(told(&agi.ask(&arguments)), pair("ALLOW", "APPROVED"));
    let (data, address) = (known.data(), known.gateway.address().to_string());
    known.gateway.kill();
    assert_eq!(told(&agi.ask(&arguments)), pair("DEFER", "GATEWAY_UNREACHABLE"));
    let mut command = izingate();
    command.args(["serve", "--listen", &address, "--admin", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(&data);
    let _gateway = Gateway::spawn(command, &data);
    assert_eq!(told(&agi.ask(&arguments)), pair("ALLOW", "APPROVED"));
}

#[tokio::test]
async fn a_peer_that_is_in_the_way_or_gone() {
    let (known, _) = dialler().await;
    let agi = Agi::start_with(&known.gateway.http, &["--connections", "1"]);
    let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]);
    // It takes the only place, and leaves it in the middle.
    let half = Asterisk::dial(agi.address, &call.as_bytes()[..200]);
    let mut next = Asterisk::dial(agi.address, call.as_bytes());
    drop(half);
    assert_eq!(told(&variables(&next.heard(|_| DONE.to_owned()))), pair("ALLOW", "APPROVED"));
    drop(Asterisk::dial(agi.address, b""));
    drop(Asterisk::dial(agi.address, call.as_bytes()));
    assert_eq!(told(&agi.ask(&["brandCode=601234", "type=ARAMA"])), pair("ALLOW", "APPROVED"));
}

#[tokio::test]
async fn an_end_in_order() {
    let (_known, agi) = dialler().await;
    let call = environment(&agi.url("?brandCode=601234&type=ARAMA"), &[]);
    let mut asterisk = Asterisk::dial(agi.address, &call.as_bytes()[..100]);
    assert!(asterisk.hear().is_some());
    agi.terminate();
    // The call that is under way is told, whatever happens.
    asterisk.say(&call.as_bytes()[100..]);
    asterisk.say(DONE.as_bytes());
    let commands = asterisk.heard(|_| DONE.to_owned());
    assert_eq!(variables(&commands)["IZINGATE_ALLOWED"], "1");
}

/// Asks as the files in `deploy/dialers` do; they hold a brand and addresses of their own.
fn dialplans(known: &Known, agi: &Agi, python: &str, tools: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/dialers.py");
    let mut command = Command::new(python);
    command.arg(script).args([&known.gateway.http, &agi.url(""), &BRAND.to_string()]).args(tools);
    let asked = command.output().unwrap();
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success(), "{said}\n{}", String::from_utf8_lossy(&asked.stderr));
    let called = said.lines().filter(|line| line.contains(" called ") && !line.contains(" not called ")).count();
    assert_eq!(called, 2 + tools.len(), "{said}");
}

#[tokio::test]
async fn the_examples_dial_after_an_approval_alone() {
    let (known, agi) = dialler().await;
    dialplans(&known, &agi, "python3", &[]);
}

#[tokio::test]
#[ignore = "needs packages: make dialers"]
async fn the_examples_with_an_agi_client_and_lua() {
    let (known, agi) = dialler().await;
    dialplans(&known, &agi, &std::env::var("DIALERS_PYTHON").unwrap(), &["aioagi", "lua"]);
}

#[test]
fn where_it_listens() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (listen, code) in [(taken.as_str(), "PORT_TAKEN"), ("0.0.0.0:0", "ADDRESS_NOT_LOCAL"), ("[::]:0", "ADDRESS_NOT_LOCAL")] {
        let mut command = izingate();
        command.args(["agi", "--endpoint", "http://127.0.0.1:1", "--listen", listen]);
        assert_eq!(failure(&mut command), (1, code.to_owned()), "{listen}");
    }
    for arguments in [
        "--endpoint ftp://h",
        "--endpoint http://h/x",
        "--endpoint http://u@h",
        "--endpoint http://h --deadline 0s",
        "--endpoint http://h --deadline 1m",
        "--endpoint http://h --connections 0",
        "--endpoint http://h --listen localhost",
        "--endpoint http://h --caller ş",
    ] {
        let words: Vec<&str> = ["agi"].into_iter().chain(arguments.split(' ')).collect();
        assert_eq!(run(&words).status.code(), Some(64), "{arguments}");
    }
}
