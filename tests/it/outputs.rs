//! Output that cannot be written is an error of every command that prints; a reader that has gone is none.

use super::support::data::{fresh, import_offline};
use super::support::{Gateway, izingate, run};
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

/// A change says what it did, where, and what was there before: whoever named the wrong gateway sees it.
#[test]
fn a_change_of_a_brand_says_what_it_was_and_where() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let folder = data.to_str().unwrap();
    let row =
        |state: &str, age: &str, title: &str| format!("    601234  iys     600000  {state:<10}  import  {age:<11}  {title}\n");
    let no_age = "no age: checks of 601234 are answered from its imports however old they are; --max-age 3d, say, makes old data DEFER STALE\n";
    let said = |to: [&str; 2], title: &str, more: &[&str]| {
        let add = ["brand", "add", "--brand", "601234", "--iys-code", "600000", "--title", title];
        let output = run(&[&add[..], &to, more].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let (bare, aged) = (row("active", "-", "Bir"), row("active", "3d", "İki"));
    assert_eq!(said(["--data", folder], "Bir", &[]), format!("{bare}added in {folder}\n{no_age}"));
    assert_eq!(said(["--data", folder], "Bir", &[]), format!("{bare}on file in {folder} as it was: nothing changed\n{no_age}"));
    let gateway = Gateway::start(&data);
    let to = ["--endpoint", &gateway.http];
    let changed = format!("{aged}changed at {}; before:\n{bare}", gateway.http);
    assert_eq!(said(to, "İki", &["--max-age", "3d"]), changed);
    let deactivate = run(&["brand", "deactivate", "--brand", "601234", "--endpoint", &gateway.http]);
    let off = row("not active", "3d", "İki");
    let changed = format!("{off}changed at {}; before:\n{aged}", gateway.http);
    assert_eq!(String::from_utf8(deactivate.stdout).unwrap(), changed);
    // What follows İYS has an age by itself, and an import into a brand that has none says so.
    let file = dir.path().join("row.csv");
    fs::write(&file, "recipient,type,status\n+905320001001,MESAJ,RET\n").unwrap();
    let imported = |more: &[&str]| {
        said(to, "Üç", more);
        let output = run(&["import", "--brand", "601234", "--endpoint", &gateway.http, file.to_str().unwrap()]);
        String::from_utf8(output.stderr).unwrap().contains("no age: checks of this brand are answered from its imports")
    };
    assert_eq!([imported(&["--max-age", "default"]), imported(&["--max-age", "3d"])], [true, false]);
}
