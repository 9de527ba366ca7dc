use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

/// A real .xls of two sheets: a note, then a header, a row of date and number cells, an empty row and a row of texts.
/// Other ones are made record by record where they are needed.
pub(super) const XLS: &[u8] = include_bytes!("../../../tests/data/movements.xls");

/// A sheet with its header, a row of date and number cells, an empty row, a row of texts.
pub(super) fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let moment = |text: &str| ExcelDateTime::parse_from_str(text).unwrap();
    for (column, name) in (0..).zip(HEADER.split(',').chain(["not"])) {
        sheet.write(0, column, name).unwrap();
    }
    for (column, text) in [(1, "ab12"), (3, "BIREYSEL"), (4, "MESAJ"), (5, "ONAY"), (7, "HS_WEB"), (8, "x"), (12, "y")] {
        sheet.write(1, column, text).unwrap();
    }
    sheet.write_with_format(1, 0, moment("2026-11-01 10:20:30"), &date).unwrap();
    sheet.write(1, 2, 905_321_234_567_u64).unwrap();
    sheet.write_with_format(1, 6, moment("2026-10-31 23:59:59"), &date).unwrap();
    for (column, text) in (0..).zip("2026-11-01 10:20:31,ab13,çağrı@ornek.com,TACIR,EPOSTA,RET,,IYS_WEB".split(',')) {
        sheet.write(3, column, text).unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn spreadsheets() {
    let expected = [
        "2: 2026-11-01 10:20:30,ab12,905321234567,BIREYSEL,MESAJ,ONAY,2026-10-31 23:59:59,HS_WEB,",
        "4: 2026-11-01 10:20:31,ab13,çağrı@ornek.com,TACIR,EPOSTA,RET,,IYS_WEB,",
    ];
    assert_eq!(read("day.xlsx", &workbook()), rows(&expected));
    let folder = TempDir::new().unwrap();
    let old = write(&folder, "day.xls", XLS);
    assert_eq!(read_in_batches(&old, 2), (vec![], Some("SHEET_UNCLEAR")), "the note may be rows too");
    assert_eq!(read_sheet_in_batches(&old, Some("hareketler"), 2), rows(&expected));
}

#[test]
fn seconds_of_a_whole_day_survive_a_date_cell() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    for (column, name) in (0..).zip(["creationDate", "recipient", "type", "status"]) {
        sheet.write(0, column, name).unwrap();
    }
    let seconds = || (0..86_400_u32).step_by(17);
    for (row, second) in (1..).zip(seconds()) {
        sheet.write_with_format(row, 0, 46_327.0 + f64::from(second) / 86_400.0, &date).unwrap();
    }
    let row = |(line, second): (u32, u32)| {
        format!("{line}: 2026-11-01 {:02}:{:02}:{:02},,,,,,,,", second / 3600, second / 60 % 60, second % 60)
    };
    let expected: Vec<_> = (2..).zip(seconds()).map(row).collect();
    assert_eq!(read("day.xlsx", &book.save_to_buffer().unwrap()), (expected, None));
}

#[test]
fn an_old_spreadsheet_that_claims_terabytes_is_refused_before_room_is_made_for_them() {
    let at = memchr::memmem::find(XLS, &[0x00, 0x02, 14, 0]).expect("its dimensions") + 4;
    let mut damaged = XLS.to_vec();
    damaged[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read("a.xls", &damaged), (vec![], Some("BAD_SPREADSHEET")));
}

#[test]
fn a_spreadsheet_that_is_none_or_has_no_header() {
    for name in ["a.xlsx", "a.xls"] {
        assert_eq!(read(name, b""), (vec![], Some("EMPTY_FILE")));
        assert_eq!(read(name, HEADER.as_bytes()), (vec![], Some("BAD_SPREADSHEET")));
    }
    assert_eq!(read("a.xls", &workbook()), read("a.xlsx", &workbook()), "what it holds decides, whatever its name");
    assert_eq!(read("a.xlsx", &workbook()[..3000]), (vec![], Some("BAD_SPREADSHEET")));
    let sheets = |headers: &[&[&str]]| {
        let mut book = Workbook::new();
        for header in headers {
            book.add_worksheet().write_row(0, 0, header.iter().copied()).unwrap();
        }
        book.save_to_buffer().unwrap()
    };
    assert_eq!(read("a.xlsx", &sheets(&[&["Rapor"], &[]])), (vec![], Some("HEADER_MISSING")));
    assert_eq!(read("a.xlsx", &sheets(&[&["recipient"]])), (vec![], Some("HEADER_INCOMPLETE")));
    assert_eq!(read("a.xlsx", &sheets(&[&["recipient"], &["x"]])), (vec![], Some("SHEET_UNCLEAR")));
    assert_eq!(read("a.xlsx", &sheets(&[&[], &["status", "type", "recipient"]])), rows(&[]));
    assert_eq!(read("a.xlsx", &sheets(&[&[], &[]])), (vec![], Some("EMPTY_FILE")));
}

#[test]
fn a_spreadsheet_beyond_its_bounds_is_not_loaded() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "large.xlsx", b"");
    fs::File::options().write(true).open(&path).unwrap().set_len((256 << 20) + 1).unwrap();
    assert_eq!(read_in_batches(&path, 1), (vec![], Some("SPREADSHEET_TOO_LARGE")));
}

#[test]
fn a_row_of_a_spreadsheet_is_bounded_as_a_line_is() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0..).zip(["recipient", "type", "status"]) {
        sheet.write(0, column, name).unwrap();
    }
    sheet.write(1, 0, "a@b.cc").unwrap();
    for column in 0..40 {
        sheet.write(2, column, "x".repeat(32_767)).unwrap();
    }
    sheet.write(3, 0, "c@d.ee").unwrap();
    let expected = ["2: ,,a@b.cc,,,,,,", "3! the row is longer than 1 MiB", "4: ,,c@d.ee,,,,,,"];
    assert_eq!(read("day.xlsx", &book.save_to_buffer().unwrap()), rows(&expected));
}

/// A list in a workbook as text.
fn list(book: &mut Workbook) -> Result<String, &'static str> {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "list.xlsx", &book.save_to_buffer().unwrap());
    let mut list = ListSheet::open(&path, File::open(&path).unwrap(), None).map_err(|error| error.code())?;
    let mut text = String::new();
    std::io::Read::read_to_string(&mut list, &mut text).unwrap();
    assert!(list.length() as usize + 2 * text.matches('"').count() >= text.len(), "{} of {}", list.length(), text.len());
    Ok(text)
}

#[test]
fn a_list_is_a_line_for_each_row() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(1, 0, "ad").unwrap().write(1, 2, "telefon").unwrap();
    sheet.write(2, 0, "Ay; \"şe\"").unwrap().write(2, 2, 5_321_234_567_f64).unwrap();
    sheet.write(4, 1, "sabah\r\nara").unwrap().write(4, 2, "0532 123\n45 67").unwrap();
    for column in 0..40 {
        sheet.write(5, column, "x".repeat(32_767)).unwrap();
    }
    sheet.write(6, 0, "son").unwrap();
    let text = list(&mut book).unwrap();
    let lines: Vec<&str> = text.split('\n').collect();
    let padded = |cells: &str| format!("{cells}{}", ";".repeat(39 - cells.matches(';').count()));
    assert_eq!(lines[0], "\u{feff}");
    assert_eq!(lines[1], padded("ad;;telefon"));
    assert_eq!(lines[2], "\"Ay; \"\"şe\"\"\";;5321234567".to_owned() + &";".repeat(37));
    assert_eq!((lines[3], lines[4]), ("", padded(";sabah\u{b}ara;0532 123 45 67").as_str()));
    assert!(lines[5].len() > MAX_LINE && lines[5].trim().is_empty(), "a row that is too long is a line that is too long");
    assert_eq!((lines[6], lines.len()), (padded("son").as_str(), 8));
}

#[test]
fn a_cell_in_the_last_column_does_not_make_gigabytes_of_delimiters() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 16_383, "x").unwrap();
    for row in 1..200_000 {
        sheet.write(row, 0, 1).unwrap();
    }
    assert_eq!(list(&mut book), Err("SPREADSHEET_TOO_LARGE"));
}

/// As where two lists were put together: from there on the other order of columns holds.
#[test]
fn another_header_further_down_holds_from_there_on() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["recipient", "type", "status"]).unwrap();
    sheet.write_row(1, 0, ["a@b.cc", "EPOSTA", "ONAY"]).unwrap();
    sheet.write_row(2, 0, ["Status", "RECİPİENT", "type", "not"]).unwrap();
    sheet.write_row(3, 0, ["RET", "a@b.cc", "EPOSTA", "x"]).unwrap();
    let expected = ["2: ,,a@b.cc,,EPOSTA,ONAY,,,", "4: ,,a@b.cc,,EPOSTA,RET,,,"];
    assert_eq!(read("day.xlsx", &book.save_to_buffer().unwrap()), rows(&expected));
    book.worksheet_from_index(0).unwrap().write_formula(3, 3, "=1").unwrap();
    assert_eq!(read("day.xlsx", &book.save_to_buffer().unwrap()), rows(&expected), "a column that is not read");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["recipient", "type", "status"]).unwrap();
    sheet.write_row(1, 0, ["a@b.cc", "EPOSTA", "ONAY"]).unwrap();
    sheet.write_row(2, 0, ["type", "status", "x", "recipient"]).unwrap();
    sheet.write_row(3, 0, ["EPOSTA", "RET"]).unwrap().write_formula(3, 3, "=A1").unwrap();
    let (before, code) = read("day.xlsx", &book.save_to_buffer().unwrap());
    assert_eq!((before, code), (vec!["2: ,,a@b.cc,,EPOSTA,ONAY,,,".to_owned()], Some("SHEET_FORMULA")));
}
