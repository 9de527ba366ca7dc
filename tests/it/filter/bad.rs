//! Bad lists: a clear error, and nothing half-written without a name that says so.

use super::{filter, names, text};
use crate::support::known::Known;
use rust_xlsxwriter::Workbook;
use std::fs;
use std::path::Path;

/// What the command says to a list.
fn told(known: &Known, name: &str, list: &[u8], args: &[&str]) -> (String, Option<i32>) {
    let path = known.dir.path().join(name);
    fs::write(&path, list).unwrap();
    let out = known.dir.path().join("out.csv");
    let all = [&["--endpoint", &known.gateway.http, "--out", out.to_str().unwrap(), path.to_str().unwrap()], args].concat();
    let done = filter(&all);
    fs::remove_file(path).unwrap();
    assert!(!out.exists(), "no result of a bad list");
    (text(&done.stdout) + &text(&done.stderr), done.status.code())
}

fn book(path: &Path, build: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    build(&mut book);
    book.save(path).unwrap();
    fs::read(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_lists_are_told_by_name() {
    let known = Known::start().await;
    let phone = "05321234561";
    for (list, code, says) in [
        (String::new(), "EMPTY_LIST", "the list is empty"),
        ("%PDF-1.7".to_owned(), "BINARY_LIST", "a PDF"),
        (format!("a\0b,{phone}\n"), "BINARY_LIST", "NUL"),
        (format!("ad;telefon\nA;{phone}\nB,{phone}\n"), "MIXED_DELIMITERS", "line 1 has ';', line 3 has ','"),
        ("ad,soyad\nA,B\n".to_owned(), "NO_ADDRESS_COLUMN", "there are \"ad\", \"soyad\""),
        (format!("cep,telefon\n{phone},{phone}\n"), "ADDRESS_COLUMN_UNCLEAR", "column 1 (\"cep\") or column 2 (\"telefon\")"),
        (format!("telefon\r{phone}\r"), "LONE_RETURN", "line feeds"),
        (format!("telefon;Decision;reason\n{phone};ALLOW;APPROVED\n"), "FILTERED_BEFORE", "a column \"Decision\" already"),
        ("5".repeat(2 << 20), "FIRST_LINE_TOO_LONG", "1 MiB"),
    ] {
        let (said, exit) = told(&known, "liste.csv", list.as_bytes(), &["--force"]);
        assert!(said.contains(code) && said.contains(says), "{code}: {said}");
        assert_eq!(exit, Some(1), "{said}");
    }
    let (said, _) = told(&known, "liste.csv", b"ad,x\nA,1\n", &["--force", "--column", "gsm"]);
    assert!(said.contains("UNKNOWN_COLUMN"), "{said}");
    let (said, _) = told(&known, "liste.csv", b"ad,x\nA,1\n", &["--force", "--column", "3"]);
    assert!(said.contains("NO_SUCH_COLUMN"), "{said}");
    let (said, exit) = told(&known, "liste.csv", phone.as_bytes(), &["--force", "--brand", "77"]);
    assert!(said.contains("UNKNOWN_BRAND") && exit == Some(1), "{said}");
    let whole = |name: &String| name == "out.csv" || name.starts_with("out.csv.rejected.csv") && !name.ends_with(".partial");
    assert!(!names(known.dir.path()).iter().any(whole), "{:?}", names(known.dir.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn spreadsheets_are_read_or_told_why_not() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let simple = |book: &mut Workbook| {
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "ad").unwrap().write(0, 1, "telefon").unwrap();
        sheet.write(1, 0, "Ay, şe").unwrap().write(1, 1, 5_321_234_561_f64).unwrap();
        sheet.write(3, 1, "0532 123 45 62").unwrap();
    };
    let path = dir.join("liste.xlsx");
    book(&path, simple);
    let out = dir.join("sheet.csv");
    let done = filter(&["--endpoint", &known.gateway.http, "--out", out.to_str().unwrap(), path.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let rows = "\u{feff}ad;telefon;decision;reason\nAy, şe;5321234561;ALLOW;APPROVED\n\n;0532 123 45 62;DENY;REFUSED\n";
    assert_eq!(fs::read_to_string(&out).unwrap(), rows);
    let scratch = dir.join("scratch.xlsx");
    let hidden = book(&scratch, |book| {
        simple(book);
        book.add_worksheet().set_name("gizli").unwrap().set_hidden(true).write(0, 0, "x").unwrap();
    });
    let (said, exit) = told(&known, "liste.xlsx", &hidden, &["--force"]);
    assert!(said.contains("SHEET_HIDDEN") && said.contains("gizli") && exit == Some(1), "{said}");
    let two = book(&scratch, |book| {
        simple(book);
        book.add_worksheet().set_name("iki").unwrap().write(0, 0, "x").unwrap();
    });
    let (said, _) = told(&known, "liste.xlsx", &two, &["--force"]);
    assert!(said.contains("SHEET_UNCLEAR") && said.contains("Sheet1, iki"), "{said}");
    let (said, _) = told(&known, "liste.xlsx", &two, &["--force", "--sheet", "üç"]);
    assert!(said.contains("SHEET_UNKNOWN"), "{said}");
    let (said, exit) = told(&known, "liste.csv", b"05321234561\n", &["--force", "--sheet", "iki"]);
    assert!(said.contains("SHEET_UNKNOWN") && said.contains("it is no .xlsx or .xls workbook") && exit == Some(1), "{said}");
    let formula = book(&scratch, |book| {
        simple(book);
        book.worksheet_from_index(0).unwrap().write_formula(4, 1, "=B2").unwrap();
    });
    let (said, _) = told(&known, "liste.xlsx", &formula, &["--force"]);
    assert!(said.contains("SHEET_FORMULA") && said.contains("row 5, column 2"), "{said}");
    let (said, _) = told(&known, "liste.xlsx", &two[..two.len() / 2], &["--force"]);
    assert!(said.contains("BAD_SPREADSHEET"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_not_replaced() {
    let known = Known::start().await;
    let (list, out) = (known.dir.path().join("liste.csv"), known.dir.path().join("out.csv"));
    fs::write(&list, "05321234561\n").unwrap();
    let args = ["--endpoint", &known.gateway.http, "--out", out.to_str().unwrap(), list.to_str().unwrap()];
    assert!(filter(&args).status.success());
    let again = filter(&args);
    assert!(text(&again.stderr).contains("OUTPUT_EXISTS") && again.status.code() == Some(1), "{again:?}");
    assert!(filter(&[&args[..], &["--force"]].concat()).status.success());
    let nothing = filter(&[&args[..], &["--resume"]].concat());
    assert!(text(&nothing.stderr).contains("NOTHING_TO_RESUME"), "{nothing:?}");
    let rejected = filter(&[&args[..], &["--force", "--rejected", "r.xlsx"]].concat());
    let said = text(&rejected.stderr);
    assert!(said.contains("OUTPUT_FORM") && said.contains("--rejected") && rejected.status.code() == Some(1), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_over_the_list_or_twice() {
    let known = Known::start().await;
    let dir = known.dir.path();
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let rows = "ad;telefon\nAyşe;05321234561\n";
    for name in ["liste.csv", "q.partial"] {
        fs::write(path(name), rows).unwrap();
    }
    for (list, out, rejected) in [
        ("liste.csv", "liste.csv", None),
        ("q.partial", "q", None),
        ("liste.csv", "out.csv", Some("liste.csv")),
        ("liste.csv", "same.csv", Some("same.csv")),
        ("liste.csv", "same.csv", Some("./same.csv")),
    ] {
        let rejected = rejected.map(|name| ["--rejected".to_owned(), path(name)]);
        let more: Vec<&str> = rejected.iter().flatten().map(String::as_str).collect();
        let args = ["--endpoint", &known.gateway.http, "--force", "--out", &path(out), &path(list)];
        let done = filter(&[&args[..], &more].concat());
        assert!(text(&done.stderr).contains("ONE_FILE") && done.status.code() == Some(1), "{out}: {done:?}");
        assert_eq!(fs::read_to_string(path(list)).unwrap(), rows, "{out}");
    }
}
