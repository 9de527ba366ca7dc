//! Statuses, types and names in other habits: a refusal blocks in each, an approval counts where it means one thing.

use super::ways::{Row, Way, csv, ndjson, object, onay, phone, reason, rejected, ret, taken, with};
use crate::support::Gateway;
use crate::support::data::{fresh, import_offline};
use crate::support::web::{post, post_json};
use serde_json::json;
use std::fs;

/// What a refusal's field may look like, and whether it blocks the other recipient type too: where the row does not
/// say which one it means.
pub const REFUSALS: [(&str, &str, bool); 30] = [
    ("recipientType", "BİREYSEL", false),
    ("recipientType", "Bireysel", false),
    ("recipientType", "bıreysel", false),
    ("recipientType", "bi̇reysel", false),
    ("recipientType", "  BIREYSEL ", false),
    ("recipientType", "BIREYSEL\u{200b}", false),
    ("recipientType", "\u{feff}BIREYSEL", false),
    ("recipientType", "BIREY\u{ad}SEL", false),
    ("recipientType", "", false),
    ("recipientType", "KURUMSAL", true),
    ("recipientType", "ESNAF", true),
    ("recipientType", "TÜZEL", true),
    ("recipientType", "1", true),
    ("recipientType", "BIREYSEL,TACIR", true),
    ("status", "Ret", false),
    ("status", "ret", false),
    ("status", " RET ", false),
    ("status", "RED", false),
    ("status", "Red", false),
    ("status", "RET\u{200b}", false),
    ("status", "\u{202a}RET\u{202c}", false),
    ("type", "Mesaj", false),
    ("type", "mesaj", false),
    ("type", " MESAJ\u{a0}", false),
    ("type", "MESAJ\u{200b}", false),
    ("type", "SMS", false),
    ("source", "iys web ❤", false),
    ("consentDate", "dün", false),
    ("creationDate", "09.11.2026", false),
    ("transactionId", "\u{1f4a9}", false),
];

/// Approvals of both types for each of so many phones.
pub fn approved(phones: usize) -> Vec<Row> {
    (0..phones).flat_map(|case| [onay(&phone(case)), with(onay(&phone(case)), "recipientType", "TACIR")]).collect()
}

/// The refusals of the table, each of its own phone.
pub fn refusals() -> Vec<Row> {
    REFUSALS.iter().enumerate().map(|(case, (field, value, _))| with(ret(&phone(case)), field, value)).collect()
}

/// What is answered once they were taken in.
pub async fn assert_refused(gateway: &Gateway, what: &str) {
    for (case, (field, value, both)) in REFUSALS.into_iter().enumerate() {
        let phone = phone(case);
        assert_eq!(reason(gateway, &phone, "BIREYSEL").await, "REFUSED", "{what}: {field} {value:?}");
        let other = if both { "REFUSED" } else { "APPROVED" };
        assert_eq!(reason(gateway, &phone, "TACIR").await, other, "{what}: {field} {value:?}");
    }
}

#[tokio::test]
async fn a_refusal_blocks_however_its_fields_are_spelled() {
    for way in Way::ALL {
        let taken = taken(way, &approved(REFUSALS.len()), &refusals()).await;
        assert_eq!(taken.refused, [], "{way:?}");
        assert_refused(&taken.gateway, &format!("{way:?}")).await;
    }
}

/// What an approval's field may look like, and what becomes of it.
const APPROVALS: [(&str, &str, &str); 16] = [
    ("recipientType", "BİREYSEL", ""),
    ("recipientType", "bireysel\u{200b}", ""),
    ("recipientType", "KURUMSAL", "INVALID_RECIPIENT_TYPE"),
    ("recipientType", "ESNAF", "INVALID_RECIPIENT_TYPE"),
    ("status", "Onay", ""),
    ("status", "ONAY\u{200b}", ""),
    ("status", "", "INVALID_STATUS"),
    ("status", "ONAYLI", "INVALID_STATUS"),
    ("status", "ONAY RET", "INVALID_STATUS"),
    ("status", "ONAYSIZ", "INVALID_STATUS"),
    ("status", "YOK", "INVALID_STATUS"),
    ("type", "Mesaj", ""),
    ("type", "e-posta", "WRONG_ADDRESS_KIND"),
    ("type", "WHATSAPP", "INVALID_TYPE"),
    ("creationDate", "02.11.2026", "INVALID_CREATION_DATE"),
    ("transactionId", "", "NOT_RECORDED_AT_IYS"),
];

#[tokio::test]
async fn an_approval_counts_where_it_means_one_thing() {
    let row = |(case, (field, value, _)): (usize, &(&str, &str, &str))| with(onay(&phone(case)), field, value);
    let rows: Vec<Row> = APPROVALS.iter().enumerate().map(row).collect();
    let codes = APPROVALS.iter().enumerate().filter(|(_, (.., code))| !code.is_empty());
    let refused: Vec<(usize, String)> = codes.map(|(case, (.., code))| (case, (*code).to_owned())).collect();
    for way in Way::ALL {
        let taken = taken(way, &[], &rows).await;
        assert_eq!(taken.refused, refused, "{way:?}");
        for (case, (field, value, code)) in APPROVALS.into_iter().enumerate() {
            let expected = if code.is_empty() { "APPROVED" } else { "NO_RECORD" };
            assert_eq!(reason(&taken.gateway, &phone(case), "BIREYSEL").await, expected, "{way:?}: {field} {value:?}");
            assert_eq!(reason(&taken.gateway, &phone(case), "TACIR").await, "NO_RECORD", "{way:?}: {field} {value:?}");
        }
    }
}

/// İYS's names in other habits.
const NAMES: [(&str, &str); 12] = [
    ("recipientType", "recipient_type"),
    ("recipientType", "recipient type"),
    ("recipientType", "Recipient-Type"),
    ("recipientType", "RECİPİENTTYPE"),
    ("recipientType", "recıpıenttype"),
    ("recipientType", "recipientType\u{200b}"),
    ("recipientType", "\u{feff}recipientType"),
    ("recipientType", " recipientType "),
    ("status", "STATUS"),
    ("type", "Type"),
    ("creationDate", "creation date"),
    ("transactionId", "TRANSACTION_ID"),
];

/// A merchant's consent is never a consumer's, whatever its column is called.
#[tokio::test]
async fn a_name_that_is_nearly_one_of_iys_is_that_one() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let row = |case: usize| -> Row {
        let (name, spelled) = NAMES[case % NAMES.len()];
        let row = with(onay(&phone(case)), "recipientType", "TACIR");
        row.into_iter().map(|(own, value)| (if own == name { spelled } else { own }, value)).collect()
    };
    let mut files = Vec::new();
    for case in 0..NAMES.len() {
        let (of_csv, of_ndjson) = (dir.path().join(format!("{case}.csv")), dir.path().join(format!("{case}.ndjson")));
        fs::write(&of_csv, csv(&[row(case)])).unwrap();
        fs::write(&of_ndjson, ndjson(&[row(case + NAMES.len())])).unwrap();
        files.extend([of_csv, of_ndjson]);
    }
    let imported = import_offline(&data, &files);
    assert_eq!((imported.code, imported.count("refused")), (0, 0), "{}", imported.text);
    let gateway = Gateway::start(&data);
    let list: Vec<Row> = (0..NAMES.len()).map(|case| row(case + 2 * NAMES.len())).collect();
    let push = json!({ "list": list.iter().map(super::ways::object).collect::<Vec<_>>() });
    assert_eq!(post_json(&gateway.http, "/v1/movements?brandCode=601234", &push).await.json()["applied"], NAMES.len());
    for case in 0..3 * NAMES.len() {
        let (_, spelled) = NAMES[case % NAMES.len()];
        assert_eq!(reason(&gateway, &phone(case), "TACIR").await, "APPROVED", "{spelled:?}");
        assert_eq!(reason(&gateway, &phone(case), "BIREYSEL").await, "NO_RECORD", "{spelled:?}");
    }
}

#[tokio::test]
async fn a_brand_column_is_read_whatever_it_is_called() {
    for name in ["brandCode", "brand_code", "Brand Code", "BRAND-CODE", "brandcode\u{200b}"] {
        let dir = tempfile::tempdir().unwrap();
        let data = fresh(dir.path().join("data"));
        let path = dir.path().join("rows.csv");
        let of = |row: Row, brand: &str| -> Row { row.into_iter().chain([(name, brand.to_owned())]).collect() };
        fs::write(&path, csv(&[of(onay(&phone(1)), "601234"), of(onay(&phone(2)), "601235")])).unwrap();
        let imported = import_offline(&data, &[&path]);
        assert_eq!((imported.code, rejected(&path)), (2, vec![(3, "INVALID_BRAND".to_owned())]), "{name}: {}", imported.text);
    }
}

#[test]
fn what_was_not_read_and_what_was_assumed_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let path = dir.path().join("rows.csv");
    let without_type = |row: Row| -> Row { row.into_iter().filter(|(name, _)| *name != "recipientType").collect() };
    let row: Row = without_type(onay(&phone(1))).into_iter().chain([("Müşteri No", "7".to_owned())]).collect();
    fs::write(&path, csv(&[row])).unwrap();
    let said = import_offline(&data, &[&path]).text;
    assert!(said.contains("columns that were not read: Müşteri No\n"), "{said}");
    assert_eq!(said.matches("no recipientType: every row was read as BIREYSEL").count(), 1, "{said}");
}

/// One reader of JSON: no key twice.
#[tokio::test]
async fn a_key_that_stands_twice_makes_no_row() {
    let twice = r#"{"creationDate":"2026-11-02 09:15:00","transactionId":"a1","recipient":"+905320000001","type":"MESAJ","status":"RET","status":"ONAY","source":"HS_WEB"}"#;
    let folded = twice.replace(r#""status":"ONAY""#, r#""STATUS":"ONAY""#);
    let alias = twice
        .replace(r#""status":"RET","status":"ONAY""#, r#""status":"ONAY","recipientType":"TACIR","recipient_type":"BIREYSEL""#);
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let path = dir.path().join("rows.ndjson");
    fs::write(&path, format!("{twice}\n{folded}\n{alias}\n")).unwrap();
    let bad = |lines: [usize; 3]| lines.map(|line| (line, "BAD_LINE".to_owned())).to_vec();
    assert_eq!(import_offline(&data, &[&path]).code, 2);
    assert_eq!(rejected(&path), bad([1, 2, 3]));
    let gateway = Gateway::start(&data);
    for (media, body) in [
        ("application/json", format!(r#"{{"list":[{twice},{folded},{alias},{}]}}"#, object(&onay(&phone(2))))),
        ("application/x-ndjson", format!("{twice}\n{folded}\n{alias}\n{}\n", ndjson(&[onay(&phone(2))]))),
    ] {
        let report = post(&gateway.http, "/v1/movements?brandCode=601234", media, body).await.json();
        let codes: Vec<_> = report["refused"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["BAD_LINE"; 3], "{media}: {report}");
    }
    let whole = r#"{"list":[],"list":[]}"#;
    let reply = post(&gateway.http, "/v1/movements?brandCode=601234", "application/json", whole).await;
    assert_eq!(reply.problem().0, 400);
    assert_eq!(reason(&gateway, "+905320000001", "BIREYSEL").await, "NO_RECORD");
}
