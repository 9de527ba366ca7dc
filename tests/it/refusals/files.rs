//! Rows are rows: what stands between, around and beside them in a file makes no refusal less and no approval more.

use super::ways::{csv, ndjson, object, onay, phone, reason, rejected, ret};
use crate::support::Gateway;
use crate::support::data::{Imported, fresh, import_offline};
use crate::support::web::post;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// Names of the columns, as İYS's files have them.
const H: &str = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source";

/// A directory with approvals of the first phones.
struct Folder {
    dir: TempDir,
    data: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = fresh(dir.path().join("data"));
        let folder = Self { dir, data };
        let approved: Vec<_> = (0..8).map(|case| onay(&phone(case))).collect();
        assert_eq!(folder.import("before.csv", csv(&approved).as_bytes()).code, 0);
        folder
    }

    fn import(&self, name: &str, bytes: &[u8]) -> Imported {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        import_offline(&self.data, &[path])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The reasons of the first phones.
    async fn reasons<const N: usize>(&self) -> [String; N] {
        let gateway = Gateway::start(&self.data);
        let mut reasons = [const { String::new() }; N];
        for (case, place) in reasons.iter_mut().enumerate() {
            *place = reason(&gateway, &phone(case), "BIREYSEL").await;
        }
        assert!(gateway.stop().success());
        reasons
    }
}

/// A line of a file, with a note behind it.
fn line(case: usize, status: &str, note: &str) -> String {
    let (date, source) = if status == "RET" { ("2026-11-09 20:00:00", "IYS_WEB") } else { ("2026-11-10 09:00:00", "HS_WEB") };
    format!("{date},f00{case},{},BIREYSEL,MESAJ,{status},,{source}{note}\n", phone(case))
}

#[tokio::test]
async fn a_byte_that_is_not_text_in_another_column_costs_no_refusal() {
    let folder = Folder::new();
    let mut bytes = format!("{H},citizenName\n").into_bytes();
    bytes.extend(line(0, "RET", ",Ay").trim_end().bytes());
    bytes.extend(b"\xfee\n");
    bytes.extend(line(1, "RET", ",\"Ay\u{15f}e\"").bytes());
    let imported = folder.import("day.csv", &bytes);
    assert_eq!((imported.code, imported.count("refused")), (0, 0), "{}", imported.text);
    let mut bytes = ndjson(&[ret(&phone(2))]).trim_end().trim_end_matches('}').as_bytes().to_vec();
    bytes.extend(b",\"citizenName\":\"Ay\xfee\"}\n");
    assert_eq!(folder.import("day.ndjson", &bytes).code, 0);
    let gateway = Gateway::start(&folder.data);
    let mut body = object(&ret(&phone(3))).to_string().trim_end_matches('}').as_bytes().to_vec();
    body.extend(b",\"citizenName\":\"Ay\xfee\"}\n");
    let report = post(&gateway.http, "/v1/movements?brandCode=601234", "application/x-ndjson", body).await.json();
    assert_eq!((&report["applied"], report["refused"].as_array().unwrap().len()), (&1.into(), 0), "{report}");
    assert!(gateway.stop().success());
    assert_eq!(folder.reasons().await, ["REFUSED", "REFUSED", "REFUSED", "REFUSED", "APPROVED"]);
}

#[tokio::test]
async fn a_note_may_hold_anything() {
    let folder = Folder::new();
    let file = format!(
        "{H},note\n{}{}{}{}",
        line(0, "RET", ",\"bir, iki\""),
        line(1, "RET", ",\"bir\niki\r\nüç\""),
        line(2, "RET", ",\"\"\"bitti\"\", dedi;\n2026-11-10\n\"\"\""),
        line(8, "ONAY", ",\"\n\n\""),
    );
    let imported = folder.import("day.csv", file.as_bytes());
    assert_eq!((imported.code, imported.count("rows"), imported.count("refused")), (0, 4, 0), "{}", imported.text);
    assert_eq!(folder.reasons().await, ["REFUSED", "REFUSED", "REFUSED", "APPROVED"]);
}

/// Two quotes that nobody meant make a note of the rows between them; a note may also quote a row. Both can be, so
/// that a refusal inside counts and an approval inside does not.
#[tokio::test]
async fn a_row_inside_a_note_approves_nothing() {
    let folder = Folder::new();
    let inside = [line(0, "RET", ""), line(9, "ONAY", "")].concat();
    let file = format!("{H},note\n{}{}", line(8, "ONAY", &format!(",\"dedi ki:\n{inside}bitti\"")), line(1, "RET", ","));
    let imported = folder.import("day.csv", file.as_bytes());
    assert_eq!((imported.code, imported.count("rows"), imported.count("refused")), (2, 4, 1), "{}", imported.text);
    assert_eq!(rejected(&folder.path("day.csv")), [(2, "BAD_LINE".to_owned())]);
    let reasons: [String; 10] = folder.reasons().await;
    assert_eq!(reasons[..3], ["REFUSED", "REFUSED", "APPROVED"], "{reasons:?}");
    assert_eq!(reasons[8..], ["APPROVED", "NO_RECORD"], "{reasons:?}");
}

/// A comma without quotes makes the row longer than its header: whatever else it says, a refusal in it blocks.
#[tokio::test]
async fn a_line_that_is_broken_is_kept_and_its_refusal_blocks() {
    let folder = Folder::new();
    let file = format!(
        "{H},note\n{}{}{}{}",
        line(0, "RET", ",bir, iki"),
        line(9, "ONAY", ",bir, iki"),
        line(1, "RET", "").trim_end().trim_end_matches("IYS_WEB").to_owned() + "\n",
        line(2, "RET", ",ok"),
    );
    let imported = folder.import("day.csv", file.as_bytes());
    assert_eq!(imported.code, 2, "{}", imported.text);
    let kept = fs::read_to_string(folder.path("day.csv.rejected.csv")).unwrap();
    assert!(kept.contains("bir, iki") && kept.contains(&phone(9)), "{kept}");
    let codes: Vec<_> = rejected(&folder.path("day.csv")).into_iter().map(|(_, code)| code).collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| code == "BAD_LINE"), "{codes:?}");
    let reasons: [String; 10] = folder.reasons().await;
    assert_eq!(reasons[..3], ["REFUSED", "REFUSED", "REFUSED"], "{reasons:?}");
    assert_eq!(reasons[9], "NO_RECORD", "an approval of a broken line is none");
}

#[tokio::test]
async fn a_quote_that_never_ends_hides_no_refusal() {
    let folder = Folder::new();
    let file =
        format!("{H},note\n{}{}{}{}", line(0, "RET", ",\"bir"), line(1, "RET", ","), line(9, "ONAY", ","), line(2, "RET", ","));
    let imported = folder.import("day.csv", file.as_bytes());
    assert_eq!((imported.code, imported.count("rows"), imported.count("refused")), (0, 4, 0), "{}", imported.text);
    let reasons: [String; 10] = folder.reasons().await;
    assert_eq!(reasons[..4], ["REFUSED", "REFUSED", "REFUSED", "APPROVED"], "{reasons:?}");
    assert_eq!(reasons[9], "APPROVED", "a quote that is not closed costs its own line");
}

#[tokio::test]
async fn a_second_header_is_the_header_from_there_on() {
    let folder = Folder::new();
    let other = "recipient,status,type,recipientType,creationDate,transactionId,source,consentDate";
    let row = |case: usize, status: &str| format!("{},{status},MESAJ,BIREYSEL,2026-11-09 20:00:00,f0,IYS_WEB,\n", phone(case));
    let file = format!("{H}\n{}{other}\n{}{}{H}\n{}", line(0, "RET", ""), row(1, "RET"), row(9, "ONAY"), line(2, "RET", ""));
    let imported = folder.import("day.csv", file.as_bytes());
    assert_eq!((imported.code, imported.count("refused")), (0, 0), "{}", imported.text);
    let reasons: [String; 10] = folder.reasons().await;
    assert_eq!(reasons[..4], ["REFUSED", "REFUSED", "REFUSED", "APPROVED"], "{reasons:?}");
    assert_eq!(reasons[9], "APPROVED");
}

#[tokio::test]
async fn every_row_that_is_rejected_is_kept_with_its_text() {
    let folder = Folder::new();
    let lines = ["{\"recipient\":", "[1,2]", "null", "{\"status\":\"RET\",\"status\":\"ONAY\"}"];
    assert_eq!(folder.import("day.ndjson", lines.join("\n").as_bytes()).code, 2);
    let mut reader = csv::Reader::from_path(folder.path("day.ndjson.rejected.csv")).unwrap();
    let column = reader.headers().unwrap().iter().position(|name| name == "text").unwrap();
    let kept: Vec<String> = reader.records().map(|row| row.unwrap()[column].to_owned()).collect();
    assert_eq!(kept, [lines[0], lines[1], lines[1], lines[2], lines[3]], "a line of two rows stands for each");
}
