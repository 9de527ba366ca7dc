//! Every way in that rows have, each given the same ones.

use crate::support::data::{fresh, import_offline, import_with};
use crate::support::web::{post, post_json};
use crate::support::{BRAND, Gateway, ask};
use izingate::api::proto::{ApplyRequest, CheckRequest, Movement};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    CsvOffline,
    NdjsonOffline,
    CsvOnline,
    NdjsonOnline,
    HttpJson,
    HttpNdjson,
    Apply,
}

impl Way {
    pub const ALL: [Self; 7] = [
        Self::CsvOffline,
        Self::NdjsonOffline,
        Self::CsvOnline,
        Self::NdjsonOnline,
        Self::HttpJson,
        Self::HttpNdjson,
        Self::Apply,
    ];

    /// Those that do not need a gateway.
    fn is_offline(self) -> bool {
        matches!(self, Self::CsvOffline | Self::NdjsonOffline)
    }
}

/// The fields of a row, by İYS's names.
pub type Row = Vec<(&'static str, String)>;

/// A full row of 2026-11-02, an approval.
pub fn onay(recipient: &str) -> Row {
    row(["2026-11-02 09:15:00", "a1b2c3", recipient, "BIREYSEL", "MESAJ", "ONAY", "2026-11-02 09:14:00", "HS_WEB"])
}

/// A full row of a week later, a refusal.
pub fn ret(recipient: &str) -> Row {
    row(["2026-11-09 20:00:00", "d4e5f6", recipient, "BIREYSEL", "MESAJ", "RET", "2026-11-09 19:59:00", "IYS_WEB"])
}

fn row(values: [&str; 8]) -> Row {
    let names = ["creationDate", "transactionId", "recipient", "recipientType", "type", "status", "consentDate", "source"];
    names.into_iter().zip(values.map(str::to_owned)).collect()
}

/// The row with another value in a field.
pub fn with(row: Row, field: &str, value: &str) -> Row {
    row.into_iter().map(|(name, kept)| (name, if name == field { value.to_owned() } else { kept })).collect()
}

/// The field of a row.
pub fn field<'a>(row: &'a Row, name: &str) -> &'a str {
    &row.iter().find(|(own, _)| *own == name).unwrap().1
}

/// A gateway that has taken rows in, and what was refused of them: place and code.
pub struct Taken {
    pub gateway: Gateway,
    pub refused: Vec<(usize, String)>,
    pub dir: TempDir,
}

/// Takes in `before`, and then `rows` in the way.
pub async fn taken(way: Way, before: &[Row], rows: &[Row]) -> Taken {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let file = |name: &str, text: String| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    if !before.is_empty() {
        let imported = import_offline(&data, &[file("before.csv", csv(before))]);
        assert_eq!((imported.code, imported.count("refused")), (0, 0), "{}", imported.text);
    }
    let path = match way {
        Way::CsvOffline | Way::CsvOnline => file("rows.csv", csv(rows)),
        _ => file("rows.ndjson", ndjson(rows)),
    };
    if way.is_offline() {
        let refused = imported(&["--data", data.to_str().unwrap()], &path);
        return Taken { gateway: Gateway::start(&data), refused, dir };
    }
    let gateway = Gateway::start(&data);
    let refused = match way {
        Way::CsvOnline | Way::NdjsonOnline => imported(&["--endpoint", &gateway.http], &path),
        Way::HttpJson => {
            let list = json!({ "list": rows.iter().map(object).collect::<Vec<_>>() });
            of_report(&post_json(&gateway.http, "/v1/movements?brandCode=601234", &list).await.json())
        }
        Way::HttpNdjson => {
            let reply = post(&gateway.http, "/v1/movements?brandCode=601234", "application/x-ndjson", ndjson(rows)).await;
            of_report(&reply.json())
        }
        _ => {
            let request = ApplyRequest { brand_code: BRAND, movements: rows.iter().map(message).collect(), ..Default::default() };
            let answer = gateway.consent().await.apply(request).await.unwrap().into_inner();
            answer.refused.into_iter().map(|one| (one.index as usize, one.code)).collect()
        }
    };
    Taken { gateway, refused, dir }
}

/// Imports a file; says which of its rows were refused, as the file of the rejected ones names them.
fn imported(args: &[&str], path: &Path) -> Vec<(usize, String)> {
    let imported = import_with(args, &[path]);
    let refused = rejected(path);
    assert_eq!(imported.code, if refused.is_empty() { 0 } else { 2 }, "{}", imported.text);
    assert_eq!(imported.count("refused"), refused.len() as u64, "{}", imported.text);
    let header = usize::from(path.extension().unwrap() == "csv");
    refused.into_iter().map(|(line, code)| (line - 1 - header, code)).collect()
}

/// Line and code of each rejected row of an imported file.
pub fn rejected(path: &Path) -> Vec<(usize, String)> {
    let mut name = path.as_os_str().to_owned();
    name.push(".rejected.csv");
    let Ok(mut reader) = csv::Reader::from_path(PathBuf::from(name)) else { return Vec::new() };
    let of = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.unwrap();
        (row[0].parse().unwrap(), row[1].to_owned())
    };
    reader.records().map(of).collect()
}

fn of_report(report: &Value) -> Vec<(usize, String)> {
    let refused = report["refused"].as_array().unwrap_or_else(|| panic!("{report}"));
    let of = |one: &Value| (usize::try_from(one["index"].as_u64().unwrap()).unwrap(), one["code"].as_str().unwrap().to_owned());
    refused.iter().map(of).collect()
}

/// Rows as a file of İYS, of which every row has the first one's names.
pub fn csv(rows: &[Row]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(rows[0].iter().map(|(name, _)| name)).unwrap();
    for row in rows {
        writer.write_record(row.iter().map(|(_, value)| value)).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

pub fn ndjson(rows: &[Row]) -> String {
    rows.iter().map(|row| object(row).to_string() + "\n").collect()
}

pub fn object(row: &Row) -> Value {
    Value::Object(row.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect::<Map<_, _>>())
}

fn message(row: &Row) -> Movement {
    let mut movement = Movement::default();
    for (name, value) in row {
        let place = match *name {
            "creationDate" => &mut movement.creation_date,
            "transactionId" => &mut movement.transaction_id,
            "recipient" => &mut movement.recipient,
            "recipientType" => &mut movement.recipient_type,
            "type" => &mut movement.r#type,
            "status" => &mut movement.status,
            "consentDate" => &mut movement.consent_date,
            "source" => &mut movement.source,
            other => panic!("{other}"),
        };
        value.clone_into(place);
    }
    movement
}

/// The reason of MESAJ for a recipient of a type.
pub async fn reason(gateway: &Gateway, recipient: &str, recipient_type: &str) -> String {
    reason_at(gateway, recipient, recipient_type, 0).await
}

/// The same of a gateway that is to reflect a revision.
pub async fn reason_at(gateway: &Gateway, recipient: &str, recipient_type: &str, min_revision: u64) -> String {
    let request = CheckRequest {
        brand_code: BRAND,
        channel: ask::channel("MESAJ"),
        recipient: Some(recipient.to_owned()),
        recipient_type: ask::recipient_type(recipient_type),
        min_revision,
        ..CheckRequest::default()
    };
    let answer = gateway.permission().await.check(request).await.unwrap().into_inner();
    ask::verdict(&answer).1
}

/// A phone of its own for each case.
pub fn phone(case: usize) -> String {
    format!("+90532{case:07}")
}
