//! Every form of file through the command: what is taken, what is refused and how that is told.

use crate::support::ask::{Way, assert_answers, channel};
use crate::support::data::{Imported, fresh, import_offline, import_with};
use crate::support::files::Question;
use crate::support::split::gzip;
use crate::support::{BRAND, Gateway};
use izingate::api::proto::{ExplainRequest, Status};
use rust_xlsxwriter::Workbook;
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const HEADER: &str = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source";

/// Two consents, a refusal without İYS's record, and two rows that cannot be taken.
const ROWS: [&str; 5] = [
    "2025-11-01 10:20:30,ab12,+905321234567,BIREYSEL,MESAJ,ONAY,2025-10-31 23:59:59,HS_WEB",
    "2025-11-01 10:20:31,ab13,ayse@ornek.com.tr,TACIR,EPOSTA,ONAY,,HS_WEB",
    ",,+905321234568,BIREYSEL,MESAJ,ONAY,2025-10-31 23:59:59,HS_WEB",
    ",,+905321234569,BIREYSEL,ARAMA,RET,,",
    "2025-11-01 10:20:32,ab14,ayse@ornek.com.tr,BIREYSEL,MESAJ,ONAY,,HS_WEB",
];

/// What the rows lead to.
const ANSWERS: [(&str, &str, &str, &str, &str); 5] = [
    ("0532 123 45 67", "BIREYSEL", "MESAJ", "ALLOW", "APPROVED"),
    ("Ayse@Ornek.com.tr", "TACIR", "EPOSTA", "ALLOW", "APPROVED"),
    ("0532 123 45 68", "BIREYSEL", "MESAJ", "DENY", "NO_RECORD"),
    ("0532 123 45 69", "BIREYSEL", "ARAMA", "DENY", "REFUSED"),
    ("ayse@ornek.com.tr", "BIREYSEL", "EPOSTA", "DENY", "NO_RECORD"),
];

const UNRECORDED: &str = "an ONAY without İYS's creationDate and transactionId is not a consent (7/12)";
const WRONG_KIND: &str = "\"MESAJ and ARAMA take phone numbers, EPOSTA takes e-mail addresses\"";

#[test]
fn every_form_holds_the_same_movements() {
    let lines: Vec<&str> = [HEADER].into_iter().chain(ROWS).collect();
    let text = |delimiter: &str, end: &str| lines.iter().map(|line| line.replace(',', delimiter) + end).collect::<String>();
    let with_brand = ROWS.iter().map(|row| item(row) + "\n").collect::<String>();
    let forms = [
        ("day.csv", text(",", "\n").into_bytes(), 2),
        ("excel.csv", ["\u{FEFF}", &text(";", "\r\n")].concat().into_bytes(), 2),
        ("day.txt", text("\t", "\n").into_bytes(), 2),
        ("DAY.CSV.GZ", gzip(text(",", "\n").as_bytes()), 2),
        ("day.xlsx", workbook(&lines), 2),
        ("push.ndjson", with_brand.into_bytes(), 1),
        ("body.ndjson", body().into_bytes(), 0),
    ];
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes, first_line) in forms {
        let (data, file) = (fresh(dir.path().join(format!("data of {name}"))), written(&dir, name, &bytes));
        let imported = import_offline(&data, &[&file]);
        assert_eq!(outcome(&imported), (2, 5, 3, 2, 1), "{name}: {}", imported.text);
        assert_eq!(imported.count("NOT_RECORDED_AT_IYS") + imported.count("WRONG_ADDRESS_KIND"), 2, "{name}");
        assert_eq!(fs::read_to_string(rejected(&file)).unwrap(), rejected_rows(first_line), "{name}");
        assert_answers(&Gateway::start(&data), &[Way::HttpCheck], &ANSWERS.map(question).into());
        let again = import_offline(&data, &[&file]);
        // A refusal without İYS's record is one of its own moment, each time.
        assert_eq!((again.code, again.count("refused")), (2, 2), "{name}: {}", again.text);
    }
}

#[test]
fn an_xls_file() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/movements.xls");
    let file = written(&dir, "movements.xls", &fs::read(fixture).unwrap());
    let args = ["--data", data.to_str().unwrap(), "--sheet", "Hareketler"];
    let imported = import_with(&args, &[&file]);
    assert_eq!((imported.code, imported.count("rows"), imported.count("INVALID_RECIPIENT")), (2, 2, 1), "{}", imported.text);
    let answer = [question(("+905321234567", "BIREYSEL", "MESAJ", "ALLOW", "APPROVED"))];
    assert_answers(&Gateway::start(&data), &[Way::HttpCheck], &answer.into());
}

#[test]
fn an_export_of_the_panel_counts_from_its_moment() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let rows = "recipient,type,status\n+905321234567,MESAJ,ONAY\n+905321234568,MESAJ,ONAY\n+905321234569,MESAJ,ONAY\n";
    let export = written(&dir, "export.csv", rows.as_bytes());
    let imported = import_offline(&data, &[&export]);
    assert_eq!((imported.code, imported.count("NOT_RECORDED_AT_IYS")), (2, 3), "without its moment it proves nothing");
    let args = ["--data", data.to_str().unwrap(), "--iys-export", "--as-of", "2025-11-02 12:00:00"];
    let imported = import_with(&args, &[&export]);
    assert_eq!((imported.code, imported.count("applied")), (0, 3), "{}", imported.text);
    assert!(!rejected(&export).exists(), "nothing was refused this time");
    let later = "2025-11-02 12:00:01,ab1,+905321234568,BIREYSEL,MESAJ,RET,,IYS_WEB";
    let earlier = "2025-11-02 11:59:59,ab2,+905321234569,BIREYSEL,MESAJ,RET,,IYS_WEB";
    let day = written(&dir, "day.csv", [HEADER, later, earlier, ""].join("\n").as_bytes());
    assert_eq!(import_offline(&data, &[&day]).code, 0);
    let gateway = Gateway::start(&data);
    let answers = [
        ("+905321234567", "BIREYSEL", "MESAJ", "ALLOW", "APPROVED"),
        ("+905321234568", "BIREYSEL", "MESAJ", "DENY", "REFUSED"),
        ("+905321234569", "BIREYSEL", "MESAJ", "ALLOW", "APPROVED"),
    ];
    assert_answers(&gateway, &[Way::HttpCheck], &answers.map(question).into());
    let history = histories(&gateway, "+905321234569");
    let expected = [("IYS_EXPORT", Status::Onay, 1_762_074_000), ("IYS_WEB", Status::Ret, 1_762_073_999)];
    assert_eq!(history, expected.map(|(source, status, created)| (source.to_owned(), status, created)));
}

#[test]
fn a_file_that_breaks_off_fails_and_the_others_are_taken() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let whole = gzip([HEADER, ROWS[0], ""].join("\n").as_bytes());
    let files = [
        written(&dir, "broken.csv.gz", &whole[..whole.len() - 6]),
        written(&dir, "note.pdf", b"%PDF"),
        written(&dir, "empty.csv", b""),
        written(&dir, "book.xlsx", b"PK no book"),
        dir.path().join("absent.csv"),
        written(&dir, "day.csv", [HEADER, ROWS[1], ""].join("\n").as_bytes()),
    ];
    let imported = import_offline(&data, &files);
    assert_eq!(imported.code, 1, "{}", imported.text);
    let failures = imported.text.lines().filter_map(|line| line.trim().strip_prefix("failed: "));
    let codes: Vec<&str> = failures.map(|failure| failure.split(':').next().unwrap()).collect();
    assert_eq!(codes, ["BAD_GZIP", "UNKNOWN_FILE_TYPE", "EMPTY_FILE", "BAD_SPREADSHEET", "UNREADABLE"], "{}", imported.text);
    assert_answers(&Gateway::start(&data), &[Way::HttpCheck], &[question(ANSWERS[1])].into());
}

#[test]
fn a_clean_file_ends_with_zero_and_leaves_no_file_of_refused_rows() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let file = written(&dir, "day.csv", [HEADER, ROWS[0], ROWS[1], ""].join("\n").as_bytes());
    fs::write(rejected(&file), "of an earlier import").unwrap();
    let imported = import_offline(&data, &[&file]);
    assert_eq!((imported.code, imported.count("applied"), rejected(&file).exists()), (0, 2, false), "{}", imported.text);
    let again = import_offline(&data, &[&file]);
    assert_eq!((again.code, again.count("applied"), again.count("unchanged")), (0, 0, 2), "{}", again.text);
}

/// Exit code, rows, new ones, refused ones, and those that block as of now.
fn outcome(imported: &Imported) -> (i32, u64, u64, u64, u64) {
    let count = |name| imported.count(name);
    (imported.code, count("rows"), count("applied"), count("refused"), count("as of now"))
}

fn written(dir: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn rejected(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}.rejected.csv", file.display()))
}

/// What `FILE.rejected.csv` holds where the first row stands on that line: 2 below a header, 1 where
/// items stand alone and may name a brand, 0 where one line holds them all.
fn rejected_rows(first_line: usize) -> String {
    let (brand, last) = if first_line < 2 { (",brandCode", ",") } else { ("", "") };
    let line = |row: usize| if first_line == 0 { 1 } else { first_line + row };
    let row = |row: usize, code: &str, detail: &str| format!("{},{code},{detail},{}{last},\n", line(row), ROWS[row]);
    let header = format!("line,reason,detail,{HEADER}{brand},text\n");
    header + &row(2, "NOT_RECORDED_AT_IYS", UNRECORDED) + &row(4, "WRONG_ADDRESS_KIND", WRONG_KIND)
}

/// A row as İYS pushes it: without the fields that are empty.
fn item(row: &str) -> String {
    let fields = HEADER.split(',').zip(row.split(',')).filter(|(_, value)| !value.is_empty());
    Value::from(fields.map(|(name, value)| (name.to_owned(), value.into())).collect::<Map<String, Value>>()).to_string()
}

/// All rows as the body of one push.
fn body() -> String {
    format!("{{\"list\":[{}]}}\n", ROWS.map(item).join(","))
}

fn workbook(lines: &[&str]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(lines) {
        for (column, text) in (0..).zip(line.split(',')) {
            sheet.write(row, column, text).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn question((recipient, recipient_type, channel, decision, reason): (&str, &str, &str, &str, &str)) -> Question {
    Question {
        recipient: recipient.to_owned(),
        recipient_type: recipient_type.to_owned(),
        channel: channel.to_owned(),
        decision: decision.to_owned(),
        reason: reason.to_owned(),
    }
}

/// Source, status and second of every movement of a recipient's text messages, newest first.
fn histories(gateway: &Gateway, recipient: &str) -> Vec<(String, Status, i64)> {
    let request = ExplainRequest {
        brand_code: BRAND,
        channel: channel("MESAJ"),
        recipient: Some(recipient.to_owned()),
        ..ExplainRequest::default()
    };
    let explained = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(async { gateway.permission().await.explain(request).await.unwrap().into_inner() });
    let entries = explained.cells.iter().flat_map(|cell| &cell.history);
    entries.map(|entry| (entry.source.clone(), entry.status(), entry.creation_date)).collect()
}
