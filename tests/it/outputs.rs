//! Output that cannot be written is an error of every command that prints; a reader that has gone is none.

use super::support::data::{fresh, import_offline};
use super::support::{Gateway, izingate};
use std::fs::{self, File};
use std::process::Stdio;

/// Exit code and error text of a command whose standard output is a full disk.
fn on_full_disk(args: &[&str]) -> (Option<i32>, String) {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = izingate().args(args).stdin(Stdio::null()).stdout(full).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_command_whose_output_is_lost_fails() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let rows = dir.path().join("rows.csv");
    fs::write(&rows, "recipient,type,status\n+905320001001,MESAJ,RET\n").unwrap();
    assert_eq!(import_offline(&data, &[&rows]).code, 0);
    let gateway = Gateway::start(&data);
    assert!(gateway.stop().success());
    let list = dir.path().join("list.txt");
    fs::write(&list, "+905320001001\n").unwrap();
    let (data, rows, list) = (data.to_str().unwrap(), rows.to_str().unwrap(), list.to_str().unwrap());
    for args in [
        &["--version"][..],
        &["--help"],
        &["import", "--help"],
        &["policy", "table"],
        &["brand", "list", "--data", data],
        &["recipient", "closures", "--data", data],
        &["inspect", "--data", data],
        &["inspect", "--data", data, "--json"],
        &["verify", "--data", data],
        &["import", "--data", data, "--brand", "601234", rows],
        &["filter", "--data", data, "--brand", "601234", "--type", "MESAJ", list],
        &["evidence", "verify", "--data", data],
        &["evidence", "key", "--data", data],
        &["evidence", "find", "--data", data, "--recipient", "+905320001001"],
    ] {
        let (code, said) = on_full_disk(args);
        assert!(code == Some(1) && said.contains("izingate: OUTPUT_FAILED: "), "{args:?}: {code:?} {said}");
    }
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    for args in [&["--help"][..], &["policy", "table"]] {
        let mut child = izingate().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true), "{args:?}: {output:?}");
    }
}
