//! The process around the gateway: one message with a stable code and the right exit for whatever stands
//! in its way, and an end in order.

mod newer;

use super::support::known::{APPROVED, Known, apply, movement};
use super::support::web::{get, post_json};
use super::support::{BRAND, Gateway, add_brand, izingate, run, serve};
use izingate::api::proto::{ApplyRequest, Channel, CheckRequest, Reason};
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tonic_types::StatusExt;

const OTHER_SECRET: &str = "00000000000000000000000000000000000000000000000000000000000000ff";
const PATIENCE: Duration = Duration::from_secs(30);

/// Exit and code of a command that fails, which says so once.
pub fn failure(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let said: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("izingate: ")).collect();
    assert!(said.len() == 1 && output.stdout.is_empty(), "{text}");
    let (code, detail) = said[0].split_once(": ").unwrap();
    assert!(!detail.is_empty(), "{text}");
    (output.status.code().unwrap(), code.to_owned())
}

fn failed(code: &str) -> (i32, String) {
    (1, code.to_owned())
}

fn command(data: &Path, args: &[&str]) -> Command {
    let mut command = izingate();
    command.args(args).arg("--data").arg(data);
    command
}

/// Every command that writes to a data directory.
fn writers(data: &Path) -> [Command; 4] {
    let file = data.with_extension("csv");
    fs::write(&file, "").unwrap();
    let mut import = command(data, &["import", "--brand", "601234"]);
    import.arg(file);
    let add = command(data, &["brand", "add", "--brand", "7", "--iys-code", "8", "--title", "Yedi"]);
    [serve(data), import, add, command(data, &["brand", "deactivate", "--brand", "601234"])]
}

/// What a data directory holds, as `inspect` shows it, without the files that it takes.
fn inspected(data: &Path) -> String {
    let output = command(data, &["inspect"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_once("\non disk ").unwrap().0.to_owned()
}

#[tokio::test]
async fn one_process_at_a_time() {
    let known = Known::start().await;
    let before = inspected(&known.data());
    for mut command in writers(&known.data()) {
        assert_eq!(failure(&mut command), failed("DATA_IN_USE"), "{command:?}");
    }
    assert_eq!(inspected(&known.data()), before);
    let counts: Vec<Vec<&str>> = before.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(counts[0..6].iter().filter_map(|line| line.last().copied()).collect::<Vec<_>>(), ["4", "1", "1", "3", "2", "1"]);
    let listed = command(&known.data(), &["brand", "list"]).output().unwrap();
    assert_eq!(String::from_utf8(listed.stdout).unwrap(), "    601234  iys     600000  active      import  -            Örnek\n");
}

#[test]
fn a_taken_port_leaves_the_data_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for port in ["--listen", "--admin"] {
        let mut command = izingate();
        let other = if port == "--listen" { "--admin" } else { "--listen" };
        command.args(["serve", port, &address, other, "127.0.0.1:0", "--data"]).arg(&data);
        assert_eq!(failure(&mut command), failed("PORT_TAKEN"), "{port}");
        let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
        let variable = if port == "--listen" { "IZINGATE_LISTEN" } else { "IZINGATE_ADMIN" };
        assert!(said.contains(&format!("; another address is given with {port} or {variable}")), "{said}");
        assert!(!data.exists());
    }
}

#[test]
fn another_secret_opens_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let before = inspected(&data);
    let file = dir.path().join("other.key");
    fs::write(&file, format!("{OTHER_SECRET}\n")).unwrap();
    for variable in [("IZINGATE_SECRET", OTHER_SECRET), ("IZINGATE_SECRET_FILE", file.to_str().unwrap())] {
        for mut command in writers(&data) {
            command.envs([variable]);
            assert_eq!(failure(&mut command), failed("WRONG_SECRET"), "{command:?}");
        }
    }
    assert_eq!(inspected(&data), before);
    assert!(Gateway::start(&data).stop().success());
}

#[test]
fn a_secret_that_is_none_makes_no_directory() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let file = dir.path().join("key");
    fs::write(&file, [0xff; 100]).unwrap();
    for (path, code) in [
        (file.as_path(), "SECRET_MALFORMED"),
        (Path::new("/dev/zero"), "SECRET_MALFORMED"),
        (Path::new("/dev/null"), "SECRET_MALFORMED"),
        (dir.path(), "SECRET_UNREADABLE"),
        (&dir.path().join("nothing"), "SECRET_UNREADABLE"),
    ] {
        assert_eq!(failure(serve(&data).arg("--secret-file").arg(path)), failed(code), "{}", path.display());
    }
    assert_eq!(failure(serve(&data).env("IZINGATE_SECRET", "hunter2")), (64, "CONFIG_INVALID".to_owned()));
    assert!(!data.exists());
}

#[test]
fn data_without_its_secret() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    fs::rename(data.join("secret.key"), dir.path().join("kept")).unwrap();
    for mut command in writers(&data) {
        assert_eq!(failure(&mut command), failed("SECRET_MISSING"), "{command:?}");
    }
    assert!(!data.join("secret.key").exists());
    assert!(Gateway::start_with(&data, &["--secret-file", dir.path().join("kept").to_str().unwrap()]).stop().success());
}

#[test]
fn a_directory_that_cannot_be_used() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "mine").unwrap();
    let no_store = dir.path().join("data");
    fs::create_dir(&no_store).unwrap();
    fs::write(no_store.join("store"), "mine").unwrap();
    let no_lock = dir.path().join("locked");
    fs::create_dir_all(no_lock.join("LOCK")).unwrap();
    for data in [&file, &file.join("below"), Path::new("/proc/nowhere/data"), &no_store, &no_lock] {
        assert_eq!(failure(&mut serve(data)), failed("DATA_UNUSABLE"), "{}", data.display());
    }
    assert_eq!(
        (fs::read_to_string(&file).unwrap(), fs::read_to_string(no_store.join("store")).unwrap()),
        ("mine".into(), "mine".into())
    );
}

#[test]
fn data_of_a_newer_program() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    newer::set_format(&data, 5);
    for mut command in writers(&data).into_iter().chain([command(&data, &["inspect"]), command(&data, &["brand", "list"])]) {
        assert_eq!(failure(&mut command), failed("DATA_FORMAT_NEWER"), "{command:?}");
    }
}

#[test]
fn where_there_is_no_data_none_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let [_, import, _, deactivate] = writers(&data);
    for mut command in [import, deactivate, command(&data, &["brand", "list"]), command(&data, &["inspect"])] {
        assert_eq!(failure(&mut command), failed("DATA_MISSING"), "{command:?}");
        assert!(!data.exists());
    }
    let gone = "http://127.0.0.1:9";
    assert_eq!(failure(izingate().args(["brand", "list", "--endpoint", gone])), failed("GATEWAY_FAILED"));
    assert_eq!(failure(izingate().args(["import", "--brand", "1", "--endpoint", gone, "x.csv"])), failed("UNAVAILABLE"));
    add_brand(&data);
    assert_eq!(failure(&mut command(&data, &["brand", "deactivate", "--brand", "7"])), failed("UNKNOWN_BRAND"));
    assert_eq!(failure(command(&data, &["import", "--brand", "7"]).arg(data.with_extension("csv"))), failed("UNKNOWN_BRAND"));
}

#[test]
fn every_wrong_setting_is_named_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let file = dir.path().join("config.toml");
    fs::write(&file, "drain = \"soon\"\nsurprise = 1\n[limits]\nstreams = 0\n").unwrap();
    let mut wrong = serve(&data);
    wrong.args(["--log-level", "inof", "--config"]).arg(&file).env("IZINGATE_INGEST_QUEUE", "many");
    let text = String::from_utf8(wrong.output().unwrap().stderr).unwrap();
    for named in ["drain", "surprise", "limits.streams", "--log-level", "IZINGATE_INGEST_QUEUE"] {
        assert!(text.contains(named), "{named} in {text}");
    }
    assert_eq!(failure(&mut wrong), (64, "CONFIG_INVALID".to_owned()));
    let mut open = izingate();
    open.args(["serve", "--listen", "0.0.0.0:0", "--data"]).arg(&data);
    assert_eq!(failure(&mut open), (64, "CONFIG_INVALID".to_owned()), "not beyond this machine without --insecure");
    assert!(!data.exists());
}

#[test]
fn wrong_arguments_are_no_refused_rows() {
    for args in [&["import"][..], &["serve", "--no-such"], &["brand", "add", "--brand", "0"], &[]] {
        assert_eq!(run(args).status.code(), Some(64), "{args:?}");
    }
    for args in [&["--help"][..], &["--version"], &["import", "--help"]] {
        let output = run(args);
        assert!(output.status.success() && output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn nobody_reads_the_output() {
    let dir = tempfile::tempdir().unwrap();
    add_brand(&dir.path().join("data"));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command(&dir.path().join("data"), &["brand", "list"]).stdout(writer).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn nobody_reads_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = serve(&dir.path().join("data")).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready: everything is in memory")));
    drop(lines);
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success(), "it ends in order without a log");
}

/// A full disk, as far as one process can have it to itself: no file grows beyond a megabyte.
#[tokio::test]
async fn a_limit_of_file_sizes_that_does_not_pass() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let inner = serve(&data);
    let mut limited = izingate_under("trap '' XFSZ; ulimit -f 2048; exec \"$@\"");
    limited.arg(inner.get_program()).args(inner.get_args());
    let gateway = Gateway::spawn(limited, &data);
    let (mut consent, mut acknowledged) = (gateway.consent().await, 0);
    let number = |at: u64| format!("+90532{at:07}");
    let refused = loop {
        let movements = (0..2_000).map(|at| movement(&number(acknowledged + at), "ONAY", "2026-11-02 10:00:00")).collect();
        match consent.apply(ApplyRequest { brand_code: BRAND, movements, export_as_of: 0, ..ApplyRequest::default() }).await {
            Ok(_) => acknowledged += 2_000,
            Err(status) => break status,
        }
        assert!(acknowledged < 100_000, "the limit does not hold");
    };
    assert!(acknowledged > 0);
    let reason = |status: tonic::Status| status.get_error_details().error_info().map(|info| info.reason.clone());
    assert_eq!(reason(refused), Some("STORE_STALLED".to_owned()));
    let again = ApplyRequest {
        brand_code: BRAND,
        movements: vec![movement(APPROVED, "RET", "2026-11-03 10:00:00")],
        export_as_of: 0,
        ..ApplyRequest::default()
    };
    assert_eq!(reason(consent.apply(again).await.unwrap_err()), Some("STORE_STALLED".to_owned()));
    let readyz = get(&gateway.admin, "/readyz").await;
    assert_eq!((readyz.status, readyz.text.as_str()), (503, "store stalled\n"));
    assert_eq!(get(&gateway.admin, "/livez").await.status, 200);
    assert_eq!(decisions(&gateway, acknowledged, number).await, acknowledged);
    let state = get(&gateway.admin, "/v1/state").await.json();
    assert_eq!((&state["ready"], &state["relations"]), (&json!(false), &json!(acknowledged)));
    assert!(!gateway.stop().success(), "what could not be written is no clean end");

    let gateway = Gateway::start(&data);
    assert_eq!(get(&gateway.admin, "/readyz").await.status, 200);
    assert_eq!(decisions(&gateway, acknowledged, number).await, acknowledged, "everything acknowledged is there");
    apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-03 10:00:00")]).await;
}

fn izingate_under(script: &str) -> Command {
    let mut command = Command::new("sh");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IZINGATE_")) {
        command.env_remove(name);
    }
    command.args(["-c", script, "sh"]);
    command
}

/// How many of the first recipients are approved.
async fn decisions(gateway: &Gateway, first: u64, number: impl Fn(u64) -> String) -> u64 {
    let recipients: Vec<String> = (0..first).map(number).collect();
    let batch = json!({ "brandCode": BRAND, "type": "MESAJ", "recipients": recipients });
    post_json(&gateway.http, "/v1/check/batch", &batch).await.json()["counts"]["ALLOW"].as_u64().unwrap()
}

fn ask(min_revision: u64) -> CheckRequest {
    CheckRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipient: Some(APPROVED.to_owned()),
        min_revision,
        ..CheckRequest::default()
    }
}

#[tokio::test]
async fn the_end_comes_in_order() {
    let known = Known::start_with_env(&[("IZINGATE_UNREADY", "500ms"), ("IZINGATE_DRAIN", "60s")]).await;
    let gateway = &known.gateway;
    let (questions, stream) = tokio::sync::mpsc::channel(1);
    let mut client = gateway.permission().await;
    questions.send(ask(0)).await.unwrap();
    let mut answers = client.check_stream(tokio_stream::wrappers::ReceiverStream::new(stream)).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().reason(), Reason::Approved);

    gateway.terminate();
    tokio::time::timeout(PATIENCE, async { while get(&gateway.admin, "/readyz").await.status != 503 {} }).await.unwrap();
    assert_eq!(get(&gateway.admin, "/readyz").await.text, "draining\n");
    let closed = async {
        while TcpStream::connect(gateway.address()).is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.unwrap();
    assert_eq!(get(&gateway.admin, "/readyz").await.status, 503, "operators see the drain");
    questions.send(ask(0)).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().reason(), Reason::Approved, "what is under way goes on");
    drop(questions);
    assert!(answers.message().await.unwrap().is_none());
    drop((client, answers));
    assert!(known.gateway.ended().success());
}

#[tokio::test]
async fn a_call_under_way_is_answered() {
    let known = Known::start_with_env(&[("IZINGATE_MAX_REVISION_WAIT", "1s"), ("IZINGATE_DRAIN", "60s")]).await;
    let (mut client, mut other) = {
        let channel = known.gateway.permission().await;
        (channel.clone(), channel)
    };
    let waiting = client.check(ask(9));
    let ending = async {
        // On the same connection, so that the first question is under way when this one is answered.
        other.check(ask(0)).await.unwrap();
        known.gateway.terminate();
    };
    let (answer, ()) = tokio::join!(waiting, ending);
    assert_eq!(answer.unwrap().into_inner().reason(), Reason::RevisionNotReached);
    drop((client, other));
    assert!(known.gateway.ended().success());
}

#[test]
fn the_end_is_asked_for_while_it_loads() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let mut child = serve(&data).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("listening; loading")));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(child.wait().unwrap().success(), "{rest:#?}");
    assert!(Gateway::start(&data).stop().success());
}

#[tokio::test]
async fn a_demo_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut states = Vec::new();
    for _ in 0..2 {
        let gateway = Gateway::start_with(&data, &["--demo"]);
        let state = get(&gateway.admin, "/v1/state").await.json();
        states.push(json!([state["revision"], state["relations"], state["brands"][0]["brandCode"]]));
        assert!(gateway.stop().success());
    }
    assert_eq!(states, [json!([10, 100_000, BRAND]), json!([10, 100_000, BRAND])]);
}

/// A demonstration is made before the first answer: what /readyz calls loading is deferred, whoever asks about whom.
#[tokio::test]
async fn a_demo_in_the_making_is_deferred() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = serve(&dir.path().join("data")).arg("--demo").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let listening = lines.find(|line| line.contains("listening; loading")).unwrap();
    let fields: serde_json::Value = serde_json::from_str(&listening).unwrap();
    let [http, admin] = ["listen", "admin"].map(|name| format!("http://{}", fields[name].as_str().unwrap()));
    // An approval, and a refusal a day later than its approval.
    let ask = async || {
        let of = |number: u32| format!("/v1/check?brandCode={BRAND}&type=MESAJ&recipient=0532000000{number}");
        let [approved, refused] = [get(&http, &of(1)).await.json(), get(&http, &of(5)).await.json()];
        json!([approved["decision"], approved["reason"], refused["decision"], refused["reason"]])
    };
    let mut deferred = 0;
    loop {
        let answers = ask().await;
        if get(&admin, "/readyz").await.status == 200 {
            break;
        }
        assert_eq!(answers, json!(["DEFER", "NOT_READY", "DEFER", "NOT_READY"]));
        deferred += 1;
    }
    assert!(deferred > 0, "nothing was asked while it was made");
    assert_eq!(ask().await, json!(["ALLOW", "APPROVED", "DENY", "REFUSED"]));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A wrong path is not filled with a gateway's files, and one that is made is made loudly.
#[test]
fn a_directory_of_somebody_else_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = dir.path().join("sources");
    // Names like our own make it no data directory; neither does a lock.
    for folder in ["store", "evidence"] {
        fs::create_dir_all(foreign.join(folder)).unwrap();
        fs::write(foreign.join(folder).join("mod.rs"), "").unwrap();
    }
    for file in ["lib.rs", "LOCK"] {
        fs::write(foreign.join(file), "").unwrap();
    }
    let known = dir.path().join("data");
    add_brand(&known);
    let list = dir.path().join("list.csv");
    fs::write(&list, "05321234561\n").unwrap();
    let mut filter = command(&known, &["filter", "--brand", "601234", "--type", "MESAJ"]);
    filter.arg("--evidence").arg(&foreign).arg(&list);
    let mut check = command(&known, &["check", "--brand", "601234", "--type", "MESAJ", "05321234561"]);
    check.arg("--evidence").arg(&foreign);
    let [_, _, add, _] = writers(&foreign);
    let find = command(&foreign, &["evidence", "find", "--recipient", "05321234561"]);
    for mut command in [serve(&foreign), add, filter, check, find] {
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = format!("izingate: DATA_FOREIGN: {}: is no data directory: it holds lib.rs,", foreign.display());
        assert!(output.status.code() == Some(1) && said.starts_with(&expected), "{command:?}: {said}");
    }
    // What needs data that is there says that it is not.
    let [_, import, _, deactivate] = writers(&foreign);
    for mut command in [import, deactivate, command(&foreign, &["verify"]), command(&foreign, &["backup", "x"])] {
        let (exit, code) = failure(&mut command);
        assert!(exit == 1 && ["DATA_MISSING", "DATA_FOREIGN"].contains(&&*code), "{command:?}: {code}");
    }
    let mut names: Vec<_> = fs::read_dir(&foreign).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["LOCK", "evidence", "lib.rs", "store"]);
    // Where nothing is there is nothing to miss a secret of.
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let mut find = command(&empty, &["evidence", "find", "--recipient", "05321234561"]);
    assert_eq!(failure(&mut find), failed("DATA_MISSING"));
    assert!(fs::read_dir(&empty).unwrap().next().is_none());
}

#[test]
fn a_new_data_directory_is_told_loudly() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir_all(data.join("lost+found")).unwrap();
    let told = |command: &mut Command| String::from_utf8(command.output().unwrap().stderr).unwrap();
    let mut add = command(&data, &["brand", "add", "--brand", "7", "--iys-code", "8", "--title", "Yedi"]);
    add.env("IZINGATE_SECRET", OTHER_SECRET);
    let warned = told(&mut add);
    assert!(warned.contains("WARN") && warned.contains("there was no data here: a new data directory is made"), "{warned}");
    assert_eq!(told(&mut add), "", "the second finds what the first has made");
    // What stands beside data is nobody's business.
    fs::write(data.join("notes.txt"), "").unwrap();
    assert_eq!(told(&mut add), "");
    let other = dir.path().join("other");
    let gateway = Gateway::start(&other);
    let log = fs::read_to_string(&gateway.log).unwrap();
    let line = log.lines().find(|line| line.contains("there was no data here")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("\"level\":\"WARN\"") && line.contains(other.to_str().unwrap()), "{line}");
}

#[test]
fn a_misspelt_variable_stops_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    for mut command in writers(&data).into_iter().chain([command(&data, &["inspect"])]) {
        command.env("IZINGATE_SECRET_FLIE", "hunter2").env("IZINGATE_SERVICE_HOST", "10.0.0.1");
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let named = "izingate: CONFIG_INVALID: 1 error in the configuration\n  IZINGATE_SECRET_FLIE is not a setting; the nearest is \
                     IZINGATE_SECRET_FILE\n";
        assert_eq!((output.status.code(), said.as_str()), (Some(64), named), "{command:?}");
    }
    assert!(!data.exists());
}

#[tokio::test]
async fn no_signal_but_those_that_ask_for_it_ends_a_gateway() {
    let known = Known::start().await;
    for signal in ["HUP", "USR1", "USR2", "ALRM", "PIPE", "XFSZ", "WINCH", "CONT"] {
        let sent = Command::new("kill").args([&format!("-{signal}"), &known.gateway.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{signal}");
        assert_eq!(get(&known.gateway.admin, "/readyz").await.status, 200, "{signal}");
    }
    let log = fs::read_to_string(&known.gateway.log).unwrap();
    assert!(log.contains("only the certificate of the push receiver is read again"), "{log}");
    assert!(known.gateway.stop().success());
}

#[test]
fn a_file_that_is_not_there_is_of_no_type() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    for (name, code) in [("nope", "UNREADABLE"), ("nope.csv", "UNREADABLE"), (".", "UNKNOWN_FILE_TYPE")] {
        let output = command(&data, &["import", "--brand", "601234"]).arg(dir.path().join(name)).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(code), "{name}: {said}");
        assert_eq!(said.contains("No such file"), name.starts_with("nope"), "{said}");
    }
}
