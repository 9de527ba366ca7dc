//! Workbooks of movements through `import`: all of a workbook is read, or the file is an error that says what to do.

use crate::support::books::{Seen, Sheet, Value, both, container, packed, parts, place, record, rows_xml, xls_of, xlsx, xlsx_of};
use crate::support::data::{Imported, fresh, import_with};
use crate::support::izingate;
use rust_xlsxwriter::{Chart, ChartType, Workbook};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

const HEADER: [&str; 8] =
    ["creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source"];
/// An approval, and the refusal that came a week later.
const ONAY: [&str; 8] =
    ["2026-11-02 09:15:00", "ab01", "+905320001002", "BIREYSEL", "MESAJ", "ONAY", "2026-11-02 09:15:00", "HS_WEB"];
const RET: [&str; 8] =
    ["2026-11-09 20:00:00", "ab02", "+905320001002", "BIREYSEL", "MESAJ", "RET", "2026-11-09 20:00:00", "IYS_WEB"];
const PHONE: &str = "+905320001002";

/// Imports a file into a fresh data directory.
struct Trial {
    dir: TempDir,
    data: PathBuf,
}

impl Trial {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = fresh(dir.path().join("data"));
        Self { dir, data }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&self, name: &str, bytes: &[u8], args: &[&str]) -> Imported {
        let file = self.file(name, bytes);
        import_with(&[&["--data", self.data.to_str().unwrap()], args].concat(), &[file])
    }

    /// The refused rows of a file.
    fn rejected(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(format!("{name}.rejected.csv"))).unwrap()
    }

    /// What is decided about a phone.
    fn decision(&self, phone: &str) -> String {
        let evidence = self.dir.path().join("kanit");
        let mut command = izingate();
        command.args(["filter", "--brand", "601234", "--type", "MESAJ", "--data", self.data.to_str().unwrap()]);
        command.args(["--evidence", evidence.to_str().unwrap()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{phone}\n").as_bytes()).unwrap();
        let answer = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        answer.trim().strip_prefix(phone).unwrap().trim_start_matches(',').to_owned()
    }
}

/// The code of the one file that failed, and whether nothing of it was taken.
fn failed(imported: &Imported) -> (String, bool) {
    let failure = imported.text.lines().find_map(|line| line.trim().strip_prefix("failed: "));
    let failure = failure.unwrap_or_else(|| panic!("no failure in {}", imported.text));
    assert_eq!(imported.code, 1, "{}", imported.text);
    (failure.split(':').next().unwrap().to_owned(), imported.count("applied") == 0 && imported.count("rows") == 0)
}

fn nothing_but(code: &str) -> (String, bool) {
    (code.to_owned(), true)
}

#[test]
fn a_refusal_on_another_sheet_is_not_dropped() {
    for (form, book) in both(&[Sheet::of("ONAY", &[&HEADER, &ONAY]), Sheet::of("RET", &[&HEADER, &RET])]) {
        let trial = Trial::new();
        let name = format!("kitap.{form}");
        let imported = trial.import(&name, &book, &[]);
        assert_eq!(failed(&imported), nothing_but("SHEET_UNCLEAR"), "{form}");
        assert!(
            imported.text.contains("it has several sheets with content: ONAY, RET; say which with --sheet"),
            "{}",
            imported.text
        );
        for sheet in ["ONAY", "ret"] {
            let imported = trial.import(&name, &book, &["--sheet", sheet]);
            assert_eq!((imported.code, imported.count("applied")), (0, 1), "{form}: {}", imported.text);
        }
        assert_eq!(trial.decision(PHONE), "DENY,REFUSED", "{form}");
        let imported = trial.import(&name, &book, &["--sheet", "YOK"]);
        assert_eq!(failed(&imported), nothing_but("SHEET_UNKNOWN"), "{form}");
    }
}

#[test]
fn a_hidden_sheet_is_never_read_instead() {
    for seen in [Seen::Hidden, Seen::VeryHidden] {
        let old = || Sheet::of("eski", &[&HEADER, &ONAY]).seen(seen);
        for sheets in [[old(), Sheet::of("yeni", &[&HEADER, &RET])], [Sheet::of("yeni", &[&HEADER, &RET]), old()]] {
            for (form, book) in both(&sheets) {
                let trial = Trial::new();
                let imported = trial.import(&format!("kitap.{form}"), &book, &[]);
                assert_eq!(failed(&imported), nothing_but("SHEET_HIDDEN"), "{form}");
                assert!(imported.text.contains("hidden sheets with content: eski"), "{}", imported.text);
                let imported = trial.import(&format!("kitap.{form}"), &book, &["--sheet", "yeni"]);
                assert_eq!((imported.code, imported.count("applied")), (0, 1), "{form}: {}", imported.text);
            }
        }
    }
}

#[test]
fn an_empty_sheet_does_not_count() {
    let empty = |name, seen| Sheet::of(name, &[&["  "]]).seen(seen);
    let sheets = [empty("Sayfa1", Seen::Visible), Sheet::of("Sayfa2", &[&HEADER, &ONAY]), empty("Sayfa3", Seen::Hidden)];
    for (form, book) in both(&sheets) {
        let imported = Trial::new().import(&format!("kitap.{form}"), &book, &[]);
        assert_eq!((imported.code, imported.count("applied")), (0, 1), "{form}: {}", imported.text);
    }
    for (form, book) in both(&[empty("Sayfa1", Seen::Visible)]) {
        let imported = Trial::new().import(&format!("kitap.{form}"), &book, &[]);
        assert_eq!(failed(&imported), nothing_but("EMPTY_FILE"), "{form}");
    }
}

#[test]
fn a_chart_sheet_before_the_data_is_no_sheet_of_rows() {
    let mut book = Workbook::new();
    let chart = book.add_chartsheet();
    let mut column = Chart::new(ChartType::Column);
    column.add_series().set_values("Sheet1!$A$1:$A$2");
    chart.insert_chart(0, 0, &column).unwrap();
    let sheet = book.add_worksheet().set_name("Sheet1").unwrap();
    sheet.write_row(0, 0, HEADER).unwrap();
    sheet.write_row(1, 0, ONAY).unwrap();
    let trial = Trial::new();
    let imported = trial.import("kitap.xlsx", &book.save_to_buffer().unwrap(), &[]);
    assert_eq!((imported.code, imported.count("applied")), (0, 1), "{}", imported.text);
    assert_eq!(trial.decision(PHONE), "ALLOW,APPROVED");
}

#[test]
fn a_formula_in_a_column_that_is_read_is_an_error_and_elsewhere_is_not() {
    let noted: Vec<&str> = HEADER.iter().copied().chain(["not"]).collect();
    let sheet = || Sheet::of("Sayfa1", &[&noted, &ONAY]);
    for (form, book) in both(&[sheet().with(1, 5, Value::Formula("ONAY"))]) {
        let imported = Trial::new().import(&format!("kitap.{form}"), &book, &[]);
        assert_eq!(failed(&imported), nothing_but("SHEET_FORMULA"), "{form}");
        assert!(imported.text.contains("row 2, column 6 is a formula"), "{form}: {}", imported.text);
    }
    for (form, book) in both(&[sheet().with(1, 8, Value::Formula("x")).with(1, 10, Value::Formula("y"))]) {
        let imported = Trial::new().import(&format!("kitap.{form}"), &book, &[]);
        assert_eq!((imported.code, imported.count("applied")), (0, 1), "{form}: {}", imported.text);
    }
}

/// Of a formula filled down, and of one whose result spills over other cells, only the first cell holds its text.
#[test]
fn a_formula_that_fills_other_cells_is_one_in_each_of_them() {
    let rows = |cells: &str| {
        let header: String = (0..)
            .zip(HEADER)
            .map(|(column, name)| format!("<c r=\"{}\" t=\"str\"><v>{name}</v></c>", place(0, column)))
            .collect();
        let row: String = (0..)
            .zip(ONAY)
            .filter(|(column, _)| *column != 2)
            .map(|(column, text)| format!("<c r=\"{}\" t=\"str\"><v>{text}</v></c>", place(1, column)))
            .collect();
        format!("<row r=\"1\">{header}</row><row r=\"2\">{row}{cells}</row>")
    };
    let derived = "<c r=\"C2\"><f t=\"shared\" si=\"0\"/><v>905320001002</v></c>";
    let spilled = "<c r=\"C2\"><v>905320001002</v></c><c r=\"J2\"><f t='array' ref='J2'>1</f><v>1</v></c>";
    let across = "<c r=\"C2\"><v>905320001002</v></c><c r=\"I2\"><f ref=\"B2:I9\" t=\"array\">Z1:AA9</f><v>1</v></c>";
    for (what, cells, code) in
        [("filled down", derived, Some("SHEET_FORMULA")), ("beside", spilled, None), ("spilled", across, Some("SHEET_FORMULA"))]
    {
        let imported = Trial::new().import("kitap.xlsx", &xlsx_of(&rows(cells)), &[]);
        let failure = (imported.code == 1).then(|| failed(&imported).0);
        assert_eq!(failure.as_deref(), code, "{what}: {}", imported.text);
    }
}

/// A sheet that was not read may hold the refusal: the export is not the whole of its brand.
#[test]
fn an_export_of_which_a_sheet_is_left_is_not_noted_as_complete() {
    let rows = [&["recipient", "type", "status"][..], &["+905320001002", "MESAJ", "ONAY"]];
    let sheets = [Sheet::of("ONAY", &rows), Sheet::of("RET", &rows[..1]).with(1, 0, Value::Text("+905320001003"))];
    let export = ["--iys-export", "--as-of", "2026-11-10 12:00:00", "--sheet", "ONAY"];
    for (form, book) in both(&sheets) {
        let imported = Trial::new().import(&format!("kitap.{form}"), &book, &export);
        assert_eq!((imported.code, imported.count("applied")), (0, 1), "{form}: {}", imported.text);
        assert!(imported.text.contains("sheets that were not read: RET"), "{form}: {}", imported.text);
        assert!(imported.text.contains("is not noted as complete"), "{form}: {}", imported.text);
    }
    // A second list beside the first may hold it too.
    let alone = || Sheet::of("ONAY", &rows);
    for (form, book) in both(&[alone().with(1, 5, Value::Text("+905320001003")).with(2, 6, Value::Text("RET"))]) {
        let imported = Trial::new().import(&format!("kitap.{form}"), &book, &export);
        assert!(imported.text.contains("columns without a heading that were not read: 6, 7"), "{form}: {}", imported.text);
        assert!(imported.text.contains("is not noted as complete"), "{form}: {}", imported.text);
    }
    let imported = Trial::new().import("kitap.xlsx", &xlsx(&[alone()]), &export);
    assert!(imported.code == 0 && !imported.text.contains("is not noted as complete"), "{}", imported.text);
}

#[test]
fn a_sheet_of_what_has_none_is_an_error() {
    let trial = Trial::new();
    let day = format!("{}\n{}\n", HEADER.join(","), ONAY.join(","));
    let imported = trial.import("gun.csv", day.as_bytes(), &["--sheet", "Sayfa1"]);
    assert_eq!(failed(&imported), nothing_but("SHEET_UNKNOWN"));
}

#[test]
fn rows_and_cells_in_any_order_stand_where_their_places_say() {
    let sheet = Sheet::of("Sayfa1", &[&HEADER, &ONAY, &RET]);
    let rows = rows_xml(&sheet);
    let (first, rest) = rows.split_at(rows.find("<row r=\"2\">").unwrap());
    let (second, third) = rest.split_at(rest.find("<row r=\"3\">").unwrap());
    let cells = second.replace("<row r=\"2\">", "").replace("</row>", "");
    let mut cells: Vec<&str> = cells.split_inclusive("</c>").collect();
    cells.reverse();
    let cells = cells.concat();
    for rows in [[third, first, second].concat(), [first, &format!("<row r=\"2\">{cells}</row>"), third].concat()] {
        let trial = Trial::new();
        let imported = trial.import("kitap.xlsx", &xlsx_of(&rows), &[]);
        assert_eq!((imported.code, imported.count("applied")), (0, 2), "{}", imported.text);
        assert_eq!(trial.decision(PHONE), "DENY,REFUSED");
    }
    let mut cells = sheet.cells.clone();
    cells.reverse();
    let trial = Trial::new();
    let book = xls_of(&[("Sayfa1", Seen::Visible, crate::support::books::cells_xls(&Sheet { cells, ..sheet }))]);
    assert_eq!(trial.import("kitap.xls", &book, &[]).count("applied"), 2);
    assert_eq!(trial.decision(PHONE), "DENY,REFUSED");
}

#[test]
fn a_cell_that_stands_twice_is_damage() {
    let sheet = Sheet::of("Sayfa1", &[&HEADER, &RET]);
    let twice = Sheet { cells: [sheet.cells.clone(), vec![(1, 5, Value::Text("ONAY"))]].concat(), ..sheet };
    let rows = rows_xml(&twice);
    let again = format!("{rows}<row r=\"2\"><c r=\"F2\" t=\"str\"><v>ONAY</v></c></row>");
    let split = rows_xml(&Sheet::of("Sayfa1", &[&HEADER, &RET])) + "<row r=\"2\"><c r=\"F2\" t=\"str\"><v>ONAY</v></c></row>";
    for book in [xlsx_of(&rows), xlsx_of(&again), xlsx_of(&split)] {
        let imported = Trial::new().import("kitap.xlsx", &book, &[]);
        assert_eq!(failed(&imported), nothing_but("BAD_SPREADSHEET"), "{}", imported.text);
        assert!(imported.text.contains("row 2, column 6 stands twice"), "{}", imported.text);
    }
    let imported = Trial::new().import("kitap.xls", &crate::support::books::xls(&[twice]), &[]);
    assert_eq!(failed(&imported), nothing_but("BAD_SPREADSHEET"));
}

/// Excel shows 46335.8333333 as 20:00:00, and that second decides which of two movements is the later one.
#[test]
fn a_moment_is_the_second_that_is_shown() {
    for (serial, shown) in [
        (46_335.833_333_3, "2026-11-09 20:00:00"),
        (46_335.833_333_4, "2026-11-09 20:00:00"),
        (46_335.999_999, "2026-11-10 00:00:00"),
        (46_387.999_999_9, "2027-01-01 00:00:00"),
        (46_335.833_338, "2026-11-09 20:00:00"),
    ] {
        // A row without recipient, so that what was read of it is written down.
        let sheet = Sheet::of("Sayfa1", &[&HEADER, &RET]).with(1, 0, Value::Moment(serial)).with(1, 2, Value::Text("yok"));
        for (form, book) in both(&[sheet]) {
            let trial = Trial::new();
            let name = format!("kitap.{form}");
            trial.import(&name, &book, &[]);
            let rejected = trial.rejected(&name);
            assert!(rejected.contains(&format!(",{shown},ab02,yok,")), "{form} {serial}: {rejected}");
        }
    }
}

/// A number is no phone where it has a sign or a fraction: Excel turns `+90-5320001001` into -5320000911.
#[test]
fn a_number_with_a_sign_or_a_fraction_is_no_phone() {
    for (number, text) in [
        (-5_320_001_002.0, "-5320001002"),
        (905_320_001_002.5, "905320001002.5"),
        (532_000_100.2, "532000100.2"),
        (0.532_000_100_2, "0.5320001002"),
        (1e21, "1000000000000000000000"),
        (-1e-7, "-0.0000001"),
    ] {
        for (form, book) in both(&[Sheet::of("Sayfa1", &[&HEADER, &ONAY]).with(1, 2, Value::Number(number))]) {
            let trial = Trial::new();
            let name = format!("kitap.{form}");
            let imported = trial.import(&name, &book, &[]);
            assert_eq!((imported.code, imported.count("applied")), (2, 0), "{form} {text}: {}", imported.text);
            assert_eq!(imported.count("INVALID_RECIPIENT"), 1, "{form} {text}: {}", imported.text);
            assert!(trial.rejected(&name).contains(&format!(",{text},")), "{form}: {}", trial.rejected(&name));
        }
    }
    for (form, book) in both(&[Sheet::of("Sayfa1", &[&HEADER, &ONAY]).with(1, 2, Value::Number(905_320_001_002.0))]) {
        let trial = Trial::new();
        assert_eq!(trial.import(&format!("kitap.{form}"), &book, &[]).count("applied"), 1, "{form}");
        assert_eq!(trial.decision(PHONE), "ALLOW,APPROVED", "{form}");
    }
}

#[test]
fn an_error_is_no_address() {
    for (form, book) in both(&[Sheet::of("Sayfa1", &[&HEADER, &ONAY]).with(1, 2, Value::Error)]) {
        let imported = Trial::new().import(&format!("kitap.{form}"), &book, &[]);
        assert_eq!((imported.code, imported.count("INVALID_RECIPIENT")), (2, 1), "{form}: {}", imported.text);
    }
}

/// Each ended the program, or kept it busy with gigabytes.
#[test]
fn crafted_workbooks_end_nothing() {
    let fixture = |name: &str| fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/crafted").join(name)).unwrap();
    let mut strings = parts(&[("Sayfa1", Seen::Visible, rows_xml(&Sheet::of("Sayfa1", &[&HEADER, &ONAY])))]);
    strings.push(("xl/sharedStrings.xml".to_owned(), "<sst uniqueCount=\"4000000000\"></sst>".to_owned()));
    let wide = record(0x0204, &[&[1, 0, 0x00, 0x01, 0, 0][..], &[1, 0, 0, b'x']].concat());
    let sound = crate::support::books::cells_xls(&Sheet::of("Sayfa1", &[&HEADER, &ONAY]));
    for (name, book, code) in [
        ("crash.xls", fixture("crash.xls"), "BAD_SPREADSHEET"),
        ("row.xlsx", fixture("row.xlsx"), "BAD_SPREADSHEET"),
        ("row1.xlsx", fixture("row1.xlsx"), "BAD_SPREADSHEET"),
        ("column.xlsx", xlsx_of("<row r=\"1\"><c r=\"XFE1\" t=\"str\"><v>x</v></c></row>"), "BAD_SPREADSHEET"),
        ("wide.xls", xls_of(&[("Sayfa1", Seen::Visible, [sound.clone(), wide].concat())]), "BAD_SPREADSHEET"),
        ("strings.xlsx", packed(&strings), "SPREADSHEET_TOO_LARGE"),
    ] {
        let imported = Trial::new().import(name, &book, &[]);
        assert_eq!(failed(&imported), nothing_but(code), "{name}: {}", imported.text);
    }
}

/// Cut short between two records, the sheet looks whole but has no end.
#[test]
fn a_sheet_without_its_end_is_damage() {
    let cells = crate::support::books::cells_xls(&Sheet::of("Sayfa1", &[&HEADER, &RET]));
    let whole = xls_of(&[("Sayfa1", Seen::Visible, cells)]);
    let mut file = cfb::CompoundFile::open(std::io::Cursor::new(whole)).unwrap();
    let mut book = Vec::new();
    std::io::Read::read_to_end(&mut file.open_stream("Workbook").unwrap(), &mut book).unwrap();
    book.truncate(book.len() - 4);
    let imported = Trial::new().import("kitap.xls", &container("Workbook", &book), &[]);
    assert_eq!(failed(&imported), nothing_but("BAD_SPREADSHEET"), "{}", imported.text);
}

#[test]
fn what_is_no_workbook_of_its_kind_says_so() {
    let locked = container("EncryptedPackage", b"x");
    let secret = xls_of(&[("Sayfa1", Seen::Visible, Vec::new())]);
    let binary = packed(&[("xl/workbook.bin".to_owned(), String::new())]);
    let open = packed(&[("mimetype".to_owned(), "application/vnd.oasis.opendocument.spreadsheet".to_owned())]);
    for (name, book, code, says) in [
        ("a.xlsx", locked.clone(), "SPREADSHEET_PASSWORD", "protected by a password"),
        ("b.xls", locked, "SPREADSHEET_PASSWORD", "protected by a password"),
        ("c.xlsx", binary, "UNKNOWN_FILE_TYPE", ".xlsb"),
        ("d.xlsx", open, "UNKNOWN_FILE_TYPE", ".ods"),
        ("e.xls", b"<html><table><tr><td>recipient</td></tr></table></html>".to_vec(), "BAD_SPREADSHEET", "holds text"),
        ("f.xls", secret, "EMPTY_FILE", "empty"),
    ] {
        let imported = Trial::new().import(name, &book, &[]);
        assert_eq!(failed(&imported), nothing_but(code), "{name}: {}", imported.text);
        assert!(imported.text.contains(says), "{name}: {}", imported.text);
    }
}

/// The name states the kind that people think it is; what it is stands in the file.
#[test]
fn a_workbook_is_read_by_what_it_holds() {
    let [(_, new), (_, old)] = both(&[Sheet::of("Sayfa1", &[&HEADER, &ONAY])]);
    let names =
        [("eski.xls", &new), ("yeni.xlsx", &old), ("makro.xlsm", &new), ("a.csv", &new), ("b.TXT", &old), ("c.ndjson", &old)];
    for (name, book) in names {
        let imported = Trial::new().import(name, book, &[]);
        assert_eq!((imported.code, imported.count("applied")), (0, 1), "{name}: {}", imported.text);
    }
}
