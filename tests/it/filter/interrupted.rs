//! Cut short: by `kill -9`, by a signal, by a gateway that goes away. What comes of it in the end is what would have come.

use super::{filter, long_answer, long_list, names, text};
use crate::evidence::verified;
use crate::support::known::Known;
use crate::support::{Gateway, izingate};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

const ROWS: u32 = 3_000_000;
/// Bytes of a list given at once.
const PIECE: usize = 64 << 10;
/// Twice the time from one note to the next.
const TWO_NOTES: Duration = Duration::from_millis(500);

/// A command that takes its list from here.
fn begin(args: &[&str], out: &Path) -> (Child, ChildStdin) {
    let mut command = izingate();
    command.args(["filter", "--brand", "601234", "--type", "MESAJ", "--out"]).arg(out).args(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.take().unwrap();
    (child, input)
}

/// A long list, and the file that it stands in.
fn written(dir: &Path) -> (String, PathBuf) {
    let (text, path) = (long_list(ROWS), dir.join("liste.csv"));
    fs::write(&path, &text).unwrap();
    (text, path)
}

/// Gives the list until there is a note of how far the result reaches, which is long before its end.
fn until_noted(input: &mut ChildStdin, list: &str, out: &Path) -> usize {
    let note = out.with_extension("csv.progress");
    let (mut given, begun) = (0, Instant::now());
    for piece in list.as_bytes().chunks(PIECE) {
        // A quick machine works the list off before the first note is due, and it is only written where a block follows.
        while given > list.len() / 2 && begun.elapsed() < TWO_NOTES {
            std::thread::yield_now();
        }
        input.write_all(piece).unwrap();
        given += piece.len();
        if note.exists() {
            return given;
        }
    }
    panic!("the whole list was taken, and nothing noted");
}

/// Goes on, and wants what an undisturbed run gives.
fn goes_on(args: &[&str], list: &Path, out: &Path) {
    let again = filter(&[args, &["--out", out.to_str().unwrap(), list.to_str().unwrap()]].concat());
    assert!(text(&again.stderr).contains("OUTPUT_UNFINISHED") && again.status.code() == Some(1), "{again:?}");
    let done = filter(&[args, &["--resume", "--out", out.to_str().unwrap(), list.to_str().unwrap()]].concat());
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let (result, whole) = (fs::read_to_string(out).unwrap(), long_answer(ROWS));
    let differs = result.lines().zip(whole.lines()).find(|(line, right)| line != right);
    assert!(
        result == whole,
        "the result differs from an undisturbed one: {} bytes of {}, {differs:?}",
        result.len(),
        whole.len()
    );
    assert_eq!(super::count(&done, "rows out"), u64::from(ROWS));
    let left = names(out.parent().unwrap());
    assert!(!left.iter().any(|name| name.ends_with(".partial") || name.ends_with(".progress")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_and_gone_on_with() {
    let known = Known::start().await;
    let (dir, data) = (known.dir.path(), known.data());
    let (text, list) = written(dir);
    for (name, args) in [("a.csv", ["--data", data.to_str().unwrap()]), ("b.csv", ["--endpoint", &known.gateway.http])] {
        let out = dir.join(name);
        let (mut child, mut input) = begin(&args, &out);
        until_noted(&mut input, &text, &out);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!out.exists() && out.with_extension("csv.partial").exists(), "its name says that it is not whole");
        goes_on(&args, &list, &out);
    }
    let (said, code) = verified(&dir.join("a.csv.evidence"));
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_by_a_signal_it_says_how_to_go_on() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let (list_text, list) = written(dir);
    let out = dir.join("out.csv");
    let args = ["--endpoint", known.gateway.http.as_str()];
    let (child, mut input) = begin(&args, &out);
    until_noted(&mut input, &list_text, &out);
    assert!(std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    drop(input);
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let said = text(&done.stdout);
    assert!(said.contains("STOPPED") && said.contains("lines are answered for") && said.contains("--resume"), "{said}");
    // Of another list, or asked otherwise, it does not go on.
    let other = dir.join("other.csv");
    fs::write(&other, list_text.replacen("533", "534", 40)).unwrap();
    let resume = |more: &[&str], list: &Path| {
        let all = [&args[..], more, &["--resume", "--out", out.to_str().unwrap(), list.to_str().unwrap()]].concat();
        let done = filter(&all);
        text(&done.stdout) + &text(&done.stderr)
    };
    let said = resume(&[], &other);
    assert!(said.contains("CANNOT_RESUME") && said.contains("\nTo begin anew: the same command with --force\n"), "{said}");
    let said = resume(&["--duplicates"], &list);
    assert!(said.contains("CANNOT_RESUME") && said.contains("\n  --duplicates: then false, now true\n"), "{said}");
    // Read otherwise, the rest would be answered by another column, or the header asked about: so is what an older version left.
    let note = dir.join("out.csv.progress");
    let noted = fs::read_to_string(&note).unwrap();
    let layout = r"delimiter=',' fields=2 separator=false above=0 header=true phones=2 emails=-";
    assert!(noted.contains(layout) && !noted.contains("telefon"), "{noted}");
    for (is, was) in [("phones=2", "phones=1"), ("header=true", "header=false"), ("\"format\":4", "\"format\":3")] {
        fs::write(&note, noted.replace(is, was)).unwrap();
        assert!(resume(&[], &list).contains("CANNOT_RESUME"), "{was}");
    }
    fs::write(&note, &noted).unwrap();
    goes_on(&args, &list, &out);
}

/// Whether a process does something of its own when it is interrupted.
fn catches_interrupts(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() & 0b10 != 0
}

/// A large workbook takes a while to open; here it never comes.
#[tokio::test(flavor = "multi_thread")]
async fn stopped_while_its_list_is_opened_it_says_so() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let (list, out) = (dir.join("liste.xlsx"), dir.join("out.csv"));
    assert!(std::process::Command::new("mkfifo").arg(&list).status().unwrap().success());
    let (child, _input) = begin(&["--endpoint", &known.gateway.http, list.to_str().unwrap()], &out);
    while !catches_interrupts(child.id()) {
        std::thread::yield_now();
    }
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    assert_eq!((text(&done.stderr).as_str(), done.status.code()), ("izingate: STOPPED: stopped, as asked\n", Some(1)));
    assert!(!names(dir).iter().any(|name| name.starts_with("out")), "{:?}", names(dir));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_goes_away_is_waited_for_and_then_told() {
    let known = Known::start().await;
    let (data, address) = (known.data(), known.gateway.address());
    let Known { gateway, dir } = known;
    let (list_text, list) = written(dir.path());
    let out = dir.path().join("out.csv");
    let http = gateway.http.clone();
    let args = ["--endpoint", http.as_str(), "--retry-for", "1"];
    let (child, mut input) = begin(&args, &out);
    let given = until_noted(&mut input, &list_text, &out);
    gateway.kill();
    let rest = list_text.as_bytes()[given..].to_vec();
    let giving = std::thread::spawn(move || {
        let _ = input.write_all(&rest);
    });
    let done = child.wait_with_output().unwrap();
    giving.join().unwrap();
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let said = text(&done.stdout);
    assert!(said.contains("UNAVAILABLE") && said.contains("lines are answered for") && said.contains("--resume"), "{said}");
    let again = izingate_on(&address.to_string(), &data);
    let args = ["--endpoint", again.http.as_str(), "--retry-for", "1"];
    goes_on(&args, &list, &out);
}

/// A gateway at an address that was one's before.
fn izingate_on(address: &str, data: &Path) -> Gateway {
    let mut command = izingate();
    command.args(["serve", "--listen", address, "--admin", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(data);
    Gateway::spawn(command, data)
}

/// A gateway that comes up while it is waited for is asked; one that does not is told of.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_not_there_at_the_beginning_is_waited_for() {
    let known = Known::start().await;
    let (data, address, list) = (known.data(), known.gateway.address(), known.dir.path().join("liste.csv"));
    fs::write(&list, "05321234561\n").unwrap();
    let Known { gateway, dir: _dir } = known;
    let http = gateway.http.clone();
    gateway.kill();
    let none = filter(&["--endpoint", &http, "--retry-for", "0", list.to_str().unwrap()]);
    assert!(text(&none.stderr).contains("GATEWAY_FAILED") && text(&none.stderr).contains("izingate serve"), "{none:?}");
    let mut command = izingate();
    command.args(["filter", "--brand", "601234", "--type", "MESAJ", "--endpoint", &http, "--retry-for", "60"]).arg(&list);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut lines = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut lines, &mut said).unwrap();
    assert!(said.contains("no gateway answers there; trying for 60 s"), "{said}");
    let _again = izingate_on(&address.to_string(), &data);
    let done = child.wait_with_output().unwrap();
    assert_eq!(text(&done.stdout), "05321234561,ALLOW,APPROVED\n", "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_commands_do_not_write_one_result() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let (list_text, list) = written(dir);
    let out = dir.join("out.csv");
    let args = ["--endpoint", known.gateway.http.as_str()];
    let (child, mut input) = begin(&args, &out);
    let given = until_noted(&mut input, &list_text, &out);
    for more in [&["--resume"][..], &["--force"], &[]] {
        let second = filter(&[&args[..], more, &["--out", out.to_str().unwrap(), list.to_str().unwrap()]].concat());
        assert_eq!(second.status.code(), Some(1), "{second:?}");
        assert!(text(&second.stderr).contains("another command is writing it"), "{second:?}");
    }
    let rest = list_text.as_bytes()[given..].to_vec();
    let giving = std::thread::spawn(move || input.write_all(&rest));
    let done = child.wait_with_output().unwrap();
    giving.join().unwrap().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(fs::read_to_string(&out).unwrap() == long_answer(ROWS), "the result is that of the first alone");
}

/// Everything is written, and the last name cannot be given.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_whole_takes_no_more_rows() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let (list, out) = (dir.join("liste.csv"), dir.join("out.csv"));
    let in_the_way = dir.join("out.csv.rejected.csv");
    let rows = "ad;telefon\nAyşe;05321234561\n\"Ali\"x;1\n";
    fs::write(&list, rows).unwrap();
    fs::create_dir(&in_the_way).unwrap();
    let args = ["--endpoint", &known.gateway.http, "--out", out.to_str().unwrap(), list.to_str().unwrap()];
    let failed = filter(&[&args[..], &["--force"]].concat());
    assert!(failed.status.code() == Some(1) && text(&failed.stdout).contains("OUTPUT_FAILED"), "{failed:?}");
    fs::remove_dir(&in_the_way).unwrap();
    fs::write(&list, format!("{rows}Can;05321234562\n")).unwrap();
    let longer = filter(&[&args[..], &["--resume"]].concat());
    let said = text(&longer.stdout) + &text(&longer.stderr);
    assert!(longer.status.code() == Some(1) && said.contains("CANNOT_RESUME") && said.contains("behind line 3"), "{longer:?}");
    // What was whole has its names now.
    assert_eq!(fs::read_to_string(&out).unwrap(), "ad;telefon;decision;reason\nAyşe;05321234561;ALLOW;APPROVED\n");
    assert!(fs::read_to_string(&in_the_way).unwrap().contains("TEXT_AFTER_QUOTE"));
    let left = names(dir);
    assert!(!left.iter().any(|name| name.ends_with(".partial") || name.ends_with(".progress")), "{left:?}");
}

/// Rows in standard output, refused ones in a file: going on loses none of either.
#[tokio::test(flavor = "multi_thread")]
async fn skipped_lines_keep_what_was_refused_of_them() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let list = dir.join("liste.csv");
    let head = "ad;telefon\n\"A\"x;1\nAyşe;05321234561\n";
    fs::write(&list, format!("{head}Can;05321234562\n\"B\"x;2\n")).unwrap();
    // As a first run leaves it that was stopped behind line 3.
    fs::write(dir.join("liste.csv.rejected.csv.partial"), "line;reason;detail;row\n2;TEXT_AFTER_QUOTE;of before;x\n").unwrap();
    let done = filter(&["--endpoint", &known.gateway.http, "--skip-lines", "3", list.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    assert_eq!(text(&done.stdout), "Can;05321234562;DENY;REFUSED\n");
    let refused = fs::read_to_string(dir.join("liste.csv.rejected.csv")).unwrap();
    let lines: Vec<&str> = refused.lines().map(|line| line.split(";TEXT").next().unwrap()).collect();
    assert_eq!(lines, ["line;reason;detail;row", "2", "5"]);
}
