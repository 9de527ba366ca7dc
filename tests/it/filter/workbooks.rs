//! Workbooks as lists: rows and cells where they stand, one sheet, and no formula under an address.

use super::{filter, text};
use crate::support::books::{Seen, Sheet, Value, both, place, rows_xml, xlsx_of};
use crate::support::known::{APPROVED, Known, REFUSED};
use std::fs;
use std::path::Path;
use std::process::Output;

const ROWS: &[&[&str]] = &[&["ad", "telefon"], &["Ayşe", "+905321234561"], &["Can", "+905321234562"]];
const FILTERED: &str = "\u{feff}ad;telefon;decision;reason\nAyşe;+905321234561;ALLOW;APPROVED\nCan;+905321234562;DENY;REFUSED\n";

/// What comes of a workbook, and what is said.
fn filtered(known: &Known, form: &str, book: &[u8], args: &[&str]) -> (String, Output) {
    let (list, out) = (known.dir.path().join(format!("liste.{form}")), known.dir.path().join("out.csv"));
    fs::write(&list, book).unwrap();
    let _ = fs::remove_file(&out);
    let all = ["--endpoint", &known.gateway.http, "--force", "--out", out.to_str().unwrap(), list.to_str().unwrap()];
    let done = filter(&[&all[..], args].concat());
    (fs::read_to_string(&out).unwrap_or_default(), done)
}

fn refused(known: &Known, form: &str, book: &[u8], args: &[&str]) -> String {
    let (rows, done) = filtered(known, form, book, args);
    assert_eq!((rows.as_str(), done.status.code()), ("", Some(1)), "{done:?}");
    text(&done.stdout) + &text(&done.stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_forms_are_filtered() {
    let known = Known::start().await;
    for (form, book) in both(&[Sheet::of("Liste", ROWS)]) {
        for name in [form, "dat"] {
            let (rows, done) = filtered(&known, name, &book, &[]);
            assert_eq!((rows.as_str(), done.status.code()), (FILTERED, Some(0)), "{form}: {done:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sheet_is_meant_or_named() {
    let known = Known::start().await;
    let empty = || Sheet::of("boş", &[&["", " "]]);
    let other = |seen| Sheet::of("İki", &[&["x"]]).seen(seen);
    for (form, book) in both(&[empty(), Sheet::of("Liste", ROWS), empty().seen(Seen::Hidden)].map(|sheet| sheet)) {
        // The first and the last have one name.
        let said = refused(&known, form, &book, &[]);
        assert!(said.contains("BAD_SPREADSHEET"), "{form}: {said}");
    }
    for (form, book) in both(&[empty(), Sheet::of("Liste", ROWS)]) {
        assert_eq!(filtered(&known, form, &book, &[]).0, FILTERED, "{form}: an empty sheet does not count");
    }
    for (form, book) in both(&[Sheet::of("Liste", ROWS), other(Seen::Visible)]) {
        let said = refused(&known, form, &book, &[]);
        assert!(said.contains("SHEET_UNCLEAR") && said.contains("Liste, İki"), "{form}: {said}");
        assert_eq!(filtered(&known, form, &book, &["--sheet", "Liste"]).0, FILTERED, "{form}");
        assert_eq!(filtered(&known, form, &book, &["--sheet", "LİSTE"]).0, FILTERED, "{form}: in any case");
        let said = refused(&known, form, &book, &["--sheet", "üç"]);
        assert!(said.contains("SHEET_UNKNOWN") && said.contains("Liste, İki"), "{form}: {said}");
    }
    for seen in [Seen::Hidden, Seen::VeryHidden] {
        for (form, book) in both(&[other(seen), Sheet::of("Liste", ROWS)]) {
            let said = refused(&known, form, &book, &[]);
            assert!(said.contains("SHEET_HIDDEN") && said.contains("İki"), "{form}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_formula_stops_a_list_where_addresses_stand_and_nowhere_else() {
    let known = Known::start().await;
    let sheet = || Sheet::of("Liste", ROWS);
    for (form, book) in both(&[sheet().with(2, 1, Value::Formula(APPROVED))]) {
        let said = refused(&known, form, &book, &[]);
        assert!(said.contains("SHEET_FORMULA") && said.contains("row 3, column 2"), "{form}: {said}");
    }
    for (form, book) in both(&[sheet().with(2, 0, Value::Formula("Can"))]) {
        assert_eq!(filtered(&known, form, &book, &[]).0, FILTERED, "{form}");
        let said = refused(&known, form, &book, &["--type", "EPOSTA", "--email-column", "ad"]);
        assert!(said.contains("SHEET_FORMULA") && said.contains("row 3, column 1"), "{form}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stand_where_they_say_in_whatever_order_they_come() {
    let known = Known::start().await;
    let cell = |row, column, text: &str| format!("<c r=\"{}\" t=\"str\"><v>{text}</v></c>", place(row, column));
    let row = |row: u32, cells: String| format!("<row r=\"{}\">{cells}</row>", row + 1);
    let header = row(0, cell(0, 0, "ad") + &cell(0, 1, "telefon"));
    let first = row(1, cell(1, 1, "+905321234561") + &cell(1, 0, "Ayşe"));
    let second = row(2, cell(2, 0, "Can") + &cell(2, 1, "+905321234562"));
    for rows in [[&header, &second, &first], [&second, &first, &header]] {
        let (out, done) = filtered(&known, "xlsx", &xlsx_of(&rows.map(String::as_str).concat()), &[]);
        assert_eq!((out.as_str(), done.status.code()), (FILTERED, Some(0)), "{done:?}");
    }
    // What a row is said to stand in and where its cells say that they stand are one.
    let glued = "<row r=\"1\"><c t=\"str\"><v>telefon</v></c></row><row r=\"3\"><c><v>5320001001</v></c></row><row r=\"2\"><c><v>5320001002</v></c></row>";
    let (out, done) = filtered(&known, "xlsx", &xlsx_of(glued), &[]);
    let rows = "\u{feff}telefon;decision;reason\n5320001002;DENY;NO_RECORD\n5320001001;DENY;NO_RECORD\n";
    assert_eq!((out.as_str(), done.status.code()), (rows, Some(0)), "{done:?}");
    let twice = rows_xml(&Sheet::of("Liste", ROWS)) + &row(1, cell(1, 1, APPROVED));
    let said = refused(&known, "xlsx", &xlsx_of(&twice), &[]);
    assert!(said.contains("BAD_SPREADSHEET") && said.contains("row 2, column 2 stands twice"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_phone_in_a_workbook_is_none() {
    let known = Known::start().await;
    let numbers = [
        (Value::Number(5_321_234_561.0), "5321234561", "ALLOW;APPROVED"),
        (Value::Number(-5_321_234_561.0), "-5321234561", "DENY;INVALID_RECIPIENT"),
        (Value::Number(905_321_234_561.5), "905321234561,5", "DENY;INVALID_RECIPIENT"),
        (Value::Number(0.532_123_456_1), "0,5321234561", "DENY;INVALID_RECIPIENT"),
        (Value::Number(5.321_234_561e20), "532123456100000000000", "DENY;INVALID_RECIPIENT"),
        (Value::Error, "#N/A", "DENY;INVALID_RECIPIENT"),
        (Value::Moment(46_335.833_333_3), "2026-11-09 20:00:00", "DENY;INVALID_RECIPIENT"),
    ];
    let mut sheet = Sheet::of("Liste", &[&["telefon"]]);
    let mut rows = "\u{feff}telefon;decision;reason;duplicate\n".to_owned();
    for (row, (value, text, answer)) in (1..).zip(&numbers) {
        sheet = sheet.with(row, 0, value.clone());
        rows.extend([text, ";", answer, ";\n"]);
    }
    for (form, book) in both(&[sheet]) {
        assert_eq!(filtered(&known, form, &book, &["--duplicates"]).0, rows, "{form}");
    }
    // The column is looked for among addresses, and such numbers are none.
    let odd: Vec<(u32, u32, Value)> = (1..4).map(|row| (row, 0, Value::Number(-5_321_234_561.0))).collect();
    let mut sheet = Sheet::of("Liste", &[&["x", "y"], &["", APPROVED], &["", REFUSED]]);
    sheet.cells.extend(odd);
    for (form, book) in both(&[sheet]) {
        let said = refused(&known, form, &book, &["--header", "false", "--column", "3"]);
        assert!(said.contains("NO_SUCH_COLUMN"), "{form}: {said}");
        let (out, done) = filtered(&known, form, &book, &["--header", "true"]);
        let rows = "\u{feff}x;y;decision;reason\n-5321234561;+905321234561;ALLOW;APPROVED\n\
                    -5321234561;+905321234562;DENY;REFUSED\n-5321234561;;DENY;INVALID_RECIPIENT\n";
        assert_eq!(out, rows, "{form}: {done:?}");
    }
}

/// As people keep lists: a title, when it was made, an empty row, and the header below.
#[tokio::test(flavor = "multi_thread")]
async fn a_title_above_the_header_passes_through() {
    let known = Known::start().await;
    let sheet = Sheet::of(
        "Liste",
        &[&["Kasım kampanyası"], &[], &["Tarih: 09.11.2026"], &["ad", "telefon"], &["Ayşe", APPROVED], &["Can", REFUSED]],
    );
    let rows = "\u{feff}Kasım kampanyası;\n\nTarih: 09.11.2026;\nad;telefon;decision;reason\nAyşe;+905321234561;ALLOW;APPROVED\n\
                Can;+905321234562;DENY;REFUSED\n";
    for (form, book) in both(&[sheet]) {
        let (out, done) = filtered(&known, form, &book, &[]);
        assert_eq!((out.as_str(), done.status.code()), (rows, Some(0)), "{form}: {done:?}");
        assert_eq!(["rows in", "rows out", "header", "titles"].map(|name| super::count(&done, name)), [2, 2, 1, 2], "{done:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crafted_workbooks_end_nothing() {
    let known = Known::start().await;
    let crafted = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/crafted");
    for name in ["crash.xls", "row.xlsx", "row1.xlsx"] {
        let said = refused(&known, name, &fs::read(crafted.join(name)).unwrap(), &[]);
        assert!(said.contains("BAD_SPREADSHEET"), "{name}: {said}");
    }
    let names = super::names(known.dir.path());
    assert!(!names.iter().any(|name| name.starts_with("out.csv")), "{names:?}");
}
