//! Addresses as people, spreadsheets and İYS write them: what an approval counts for, what a refusal blocks, what is
//! no phone.

use super::ways::{Row, Way, onay, reason, ret, taken};
use crate::support::known::Known;
use crate::support::web::{get, post_json};
use serde_json::json;

/// The number of a case, whose number stands for `##` here and in the spellings of it.
const PHONE: &str = "+90532000##01";

fn numbered(spelled: &str, case: usize) -> String {
    spelled.replace("##", &format!("{case:02}"))
}

/// What an approval's recipient may look like, and whether the case's number is approved by it: `never` is kept under
/// its literal name, which no question finds; anything else is the code that refuses it.
const APPROVALS: [(&str, &str); 31] = [
    ("+90532000##01", "found"),
    ("90532000##01", "found"),
    ("0532000##01", "found"),
    ("+90 532 000 ## 01", "found"),
    ("+90.532.000.##.01", "found"),
    ("0532-000-##-01", "found"),
    ("0090 532 000 ## 01", "found"),
    ("\u{202a}+90532000##01\u{202c}", "found"),
    ("+90532000##\u{200b}01", "found"),
    ("+90\u{2011}532\u{2011}000\u{2011}##\u{2011}01", "found"),
    ("\u{ff0b}\u{ff19}\u{ff10}532000##\u{ff10}\u{ff11}", "found"),
    ("tel:+90532000##01", "found"),
    ("=\"0532000##01\"", "found"),
    ("+900532000##01", "never"),
    ("900532000##01", "never"),
    ("00900532000##01", "never"),
    ("00 900 532 000 ## 01", "never"),
    ("532000##01", "AMBIGUOUS_RECIPIENT"),
    ("532.000.##.01", "AMBIGUOUS_RECIPIENT"),
    ("532 000 ## 01", "AMBIGUOUS_RECIPIENT"),
    ("4522123456", "AMBIGUOUS_RECIPIENT"),
    ("-5320000911", "INVALID_RECIPIENT"),
    ("\u{2212}532000##01", "INVALID_RECIPIENT"),
    ("532000##0.0", "INVALID_RECIPIENT"),
    ("0.532000##01", "INVALID_RECIPIENT"),
    ("90532000##01.0", "INVALID_RECIPIENT"),
    ("532000##01.5", "INVALID_RECIPIENT"),
    ("9.0532000##01E11", "INVALID_RECIPIENT"),
    ("9,0532000##01E+11", "INVALID_RECIPIENT"),
    ("90532000##01e0", "INVALID_RECIPIENT"),
    ("90532000##01,0", "INVALID_RECIPIENT"),
];

#[tokio::test]
async fn an_approval_counts_for_the_one_number_that_it_can_mean() {
    let rows: Vec<Row> = APPROVALS.iter().enumerate().map(|(case, (spelled, _))| onay(&numbered(spelled, case))).collect();
    let codes = APPROVALS.iter().enumerate().filter(|(_, (_, expected))| expected.contains('_'));
    let refused: Vec<(usize, String)> = codes.map(|(case, (_, code))| (case, (*code).to_owned())).collect();
    for way in Way::ALL {
        let taken = taken(way, &[], &rows).await;
        assert_eq!(taken.refused, refused, "{way:?}");
        for (case, (spelled, expected)) in APPROVALS.into_iter().enumerate() {
            let reason = reason(&taken.gateway, &numbered(PHONE, case), "BIREYSEL").await;
            assert_eq!(reason, if expected == "found" { "APPROVED" } else { "NO_RECORD" }, "{way:?}: {spelled}");
        }
        for other in ["+904522123456", "+4522123456", "4522123456", "+905320000911"] {
            assert_eq!(reason(&taken.gateway, other, "BIREYSEL").await, "NO_RECORD", "{way:?}: {other}");
        }
    }
}

/// What a refusal's recipient may look like.
const REFUSALS: [&str; 22] = [
    "+90532000##01",
    "90532000##01",
    "0532000##01",
    "532000##01",
    "+90 0532 000 ## 01",
    "+90 (0) 532 000 ## 01",
    "0090532000##01",
    "+900532000##01",
    "900532000##01",
    "00900532000##01",
    "00 900 532 000 ## 01",
    "532.000.##.01",
    "0532.000.##.01",
    "0532/000/##/01",
    "'0532000##01",
    "=\"0532000##01\"",
    "tel:+90-532-000-##-01",
    "\u{200e}+90532000##01\u{200e}",
    "\u{2066}0532 000 ## 01\u{2069}",
    "+90\u{2013}532\u{2013}000\u{2013}##\u{2013}01",
    "\u{ff10}532000##\u{ff10}\u{ff11}",
    "+90532000##01\u{feff}",
];

/// A refusal as somebody passes it on, without İYS's identity.
fn passed_on(recipient: &str) -> Row {
    ret(recipient).into_iter().filter(|(name, _)| ["recipient", "type", "status"].contains(name)).collect()
}

#[tokio::test]
async fn a_refusal_blocks_every_number_that_it_can_mean() {
    let approved: Vec<Row> = (0..REFUSALS.len()).map(|case| onay(&numbered(PHONE, case))).collect();
    for refusal in [passed_on, ret] {
        let rows: Vec<Row> = REFUSALS.iter().enumerate().map(|(case, spelled)| refusal(&numbered(spelled, case))).collect();
        for way in Way::ALL {
            let taken = taken(way, &approved, &rows).await;
            assert_eq!(taken.refused, [], "{way:?}");
            for (case, spelled) in REFUSALS.into_iter().enumerate() {
                for asked in [PHONE, spelled] {
                    let reason = reason(&taken.gateway, &numbered(asked, case), "BIREYSEL").await;
                    assert_eq!(reason, "REFUSED", "{way:?}: {spelled} asked as {asked}");
                }
            }
        }
    }
}

/// Ten digits are a number of Türkiye without its 0, or one of Denmark without its +.
#[tokio::test]
async fn a_refusal_of_ten_digits_blocks_both_numbers() {
    let both = ["+904522123456", "+4522123456"];
    for refusal in [passed_on, ret] {
        for way in Way::ALL {
            let taken = taken(way, &both.map(onay), &[refusal("4522123456")]).await;
            for phone in both {
                assert_eq!(reason(&taken.gateway, phone, "BIREYSEL").await, "REFUSED", "{way:?}: {phone}");
            }
        }
    }
}

/// Closures and erasures are of people, not of records: they are read as questions are.
#[tokio::test]
async fn a_closure_is_read_as_a_question_is() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    for (case, spelled) in REFUSALS.into_iter().enumerate() {
        let list = json!({ "list": [super::ways::object(&onay(&numbered(PHONE, case)))] });
        assert_eq!(post_json(&gateway.http, "/v1/movements?brandCode=601234", &list).await.json()["applied"], 1);
        assert_eq!(reason(gateway, &numbered(PHONE, case), "BIREYSEL").await, "APPROVED");
        let recipient = numbered(spelled, case);
        let request = izingate::api::proto::CloseLineRequest { recipient, closed_at: 0 };
        assert!(gateway.admin().await.close_line(request).await.unwrap().into_inner().applied, "{spelled}");
        assert_eq!(reason(gateway, &numbered(PHONE, case), "BIREYSEL").await, "REFUSED", "{spelled}");
    }
}

/// A number of another kind is no phone, in questions too.
#[tokio::test]
async fn what_no_phone_is_is_no_phone_in_questions() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let list = json!({ "list": [super::ways::object(&onay("+905320001001")), super::ways::object(&onay("+905320001000"))] });
    assert_eq!(post_json(&gateway.http, "/v1/movements?brandCode=601234", &list).await.json()["applied"], 2);
    let none = [
        "-5320001001",
        "\u{2212}5320001001",
        "\u{2013}5320001001",
        "532000100.0",
        "0.5320001001",
        "905320001001.0",
        "5320001001.0",
        "5320001001,0",
        "9.05320001001E11",
        "5.32E9",
        "5320001001e0",
        "532000100",
        "+90-5320001001-1",
    ];
    for asked in none {
        assert_eq!(reason(gateway, asked, "BIREYSEL").await, "INVALID_RECIPIENT", "{asked}");
    }
    for asked in ["532.000.10.01", "0532-000-10-01", "+90-5320001001", "(0532) 000 10 01", "0532/000 10 01"] {
        assert_eq!(reason(gateway, asked, "BIREYSEL").await, "APPROVED", "{asked}");
    }
    let line = get(&gateway.http, "/v1/check?brandCode=601234&type=MESAJ&recipient=-5320001001").await.json();
    assert_eq!((&line["decision"], &line["reason"]), (&json!("DENY"), &json!("INVALID_RECIPIENT")));
}
