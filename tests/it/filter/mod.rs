//! Lists, from the outside: over HTTP and through the command, beside a running gateway and through one.

mod bad;
mod columns;
mod command;
mod excel;
mod interrupted;
mod wire;
mod workbooks;

use crate::support::known::{APPROVED, REFUSED, STRANGER};
use crate::support::{izingate, run};
use std::path::Path;
use std::process::Output;

/// Rows whose answers are known.
const LIST: &str = "ad;telefon\r\nAyşe;0532 123 45 61\r\n\"Can;Bey\";+905321234562\r\nNil;05321234569\r\nAli;yok\r\n";
const FILTERED: &str = "ad;telefon;decision;reason\r\nAyşe;0532 123 45 61;ALLOW;APPROVED\r\n\"Can;Bey\";+905321234562;DENY;REFUSED\r\n\
                        Nil;05321234569;DENY;NO_RECORD\r\nAli;yok;DENY;INVALID_RECIPIENT\r\n";

/// `filter` of the test brand's MESAJ with more arguments.
fn filter(args: &[&str]) -> Output {
    run(&[&["filter", "--brand", "601234", "--type", "MESAJ"], args].concat())
}

/// The same with the list at standard input.
fn piped(args: &[&str], list: &[u8]) -> Output {
    use std::io::Write;
    let mut command = izingate();
    command.args(["filter", "--brand", "601234", "--type", "MESAJ"]).args(args);
    let pipe = std::process::Stdio::piped;
    let mut child = command.stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
    let (mut input, list) = (child.stdin.take().unwrap(), list.to_vec());
    let writing = std::thread::spawn(move || {
        // A command that refuses a list does not read it to its end.
        let _ = input.write_all(&list);
    });
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What stands behind a name in a summary.
fn count(output: &Output, name: &str) -> u64 {
    let said = text(&output.stdout) + &text(&output.stderr);
    let line = said.lines().find_map(|line| line.trim().strip_prefix(name)?.trim().parse().ok());
    line.unwrap_or_else(|| panic!("no {name} in:\n{said}"))
}

/// Names of what is in a directory.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A list of so many rows, of whom one in four approved, one in four refused.
fn long_list(rows: u32) -> String {
    let address = |number: u32| match number % 4 {
        0 => APPROVED.to_owned(),
        1 => REFUSED.to_owned(),
        2 => STRANGER.to_owned(),
        _ => format!("0533{number:07}"),
    };
    let row = |number: u32| format!("{number},{}\n", address(number));
    "n,telefon\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

/// What comes of it.
fn long_answer(rows: u32) -> String {
    let list = long_list(rows);
    let mut lines = list.lines();
    let header = lines.next().unwrap().to_owned() + ",decision,reason\n";
    let answer = |(number, line): (usize, &str)| match number % 4 {
        0 => format!("{line},ALLOW,APPROVED\n"),
        1 => format!("{line},DENY,REFUSED\n"),
        _ => format!("{line},DENY,NO_RECORD\n"),
    };
    header + &lines.enumerate().map(answer).collect::<String>()
}
