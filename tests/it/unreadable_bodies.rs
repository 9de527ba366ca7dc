//! Bodies that cannot be read are never answered with 200, and no key or parameter of a question counts twice.

use super::support::known::{APPROVED, Known, REFUSED, STRANGER};
use super::support::web::{JSON, Reply, client, get, post, send};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write;

const NDJSON: &str = "application/x-ndjson";
const RET: &str = r#"{"recipient":"+905321234561","type":"MESAJ","status":"RET","recipientType":"BIREYSEL","brandCode":601234,"source":"HS_WEB","creationDate":"2026-11-05 10:00:00","consentDate":"2026-11-05 09:00:00","transactionId":"ab"}"#;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn question() -> String {
    json!({ "brandCode": 601_234, "type": "MESAJ", "recipient": APPROVED }).to_string()
}

fn batch() -> String {
    json!({ "brandCode": 601_234, "type": "MESAJ", "recipients": [APPROVED] }).to_string()
}

fn push() -> String {
    format!("{{\"list\":[{RET}]}}")
}

async fn decision(known: &Known) -> String {
    let reply = get(&known.gateway.http, "/v1/check?brandCode=601234&type=MESAJ&recipient=%2B905321234561").await;
    reply.json()["decision"].as_str().unwrap().to_owned()
}

fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The paths that take a body of JSON or lines: path, type, and a body that is taken.
fn bodies() -> [(&'static str, &'static str, String); 4] {
    [
        ("/v1/movements", JSON, push()),
        ("/v1/movements", NDJSON, format!("{RET}\n")),
        ("/v1/check", JSON, question()),
        ("/v1/check/batch", JSON, batch()),
    ]
}

#[tokio::test]
async fn a_body_that_is_compressed_or_of_another_encoding_is_not_read() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    for (path, media, body) in bodies() {
        let encoded = |name: &str, value: &str, body: Vec<u8>| {
            send(client().post(format!("{http}{path}")).header("content-type", media).header(name, value).body(body))
        };
        let unsupported = problem(415, "UNSUPPORTED_MEDIA_TYPE");
        assert_eq!(encoded("content-encoding", "gzip", gzip(&body)).await.problem(), unsupported, "{path} {media}");
        assert_eq!(encoded("content-encoding", "br", body.clone().into()).await.problem(), unsupported, "{path} {media}");
        let malformed = problem(400, "MALFORMED_JSON");
        for (bytes, named) in [(gzip(&body), "gzip"), (utf16(&body), "UTF-16")] {
            let reply = post(http, path, media, bytes).await;
            assert!(reply.problem() == malformed && reply.text.contains(named), "{path} {media}: {reply:?}");
        }
        let charset = post(http, path, &format!("{media}; charset=utf-16"), body.clone()).await;
        assert_eq!(charset.problem(), unsupported, "{path} {media}");
    }
    assert_eq!(decision(&known).await, "ALLOW", "nothing was taken");
}

#[tokio::test]
async fn a_mark_before_the_text_loses_nothing() {
    for (path, media, body) in bodies() {
        let known = Known::start().await;
        let marked = [&b"\xEF\xBB\xBF"[..], body.as_bytes()].concat();
        let reply = post(&known.gateway.http, path, &format!("{media}; charset=UTF-8"), marked).await;
        assert_eq!(reply.status, 200, "{path} {media}: {reply:?}");
        if path == "/v1/movements" {
            assert_eq!((&reply.json()["applied"], decision(&known).await.as_str()), (&json!(1), "DENY"), "{media}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn a_body_of_which_nothing_can_be_read_is_an_error_that_says_why() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    for (media, body, detail) in [
        (NDJSON, "RET\nONAY\n\n7\n", "none of the 3 lines can be read; the first: "),
        (NDJSON, "7\n[]\n\"x\"", "none of the 2 lines can be read; the first: "),
        (NDJSON, "recipient;type;status\n+905321234561;MESAJ;RET\n", "none of the 2 lines can be read; the first: "),
        (NDJSON, "{\"recipient\":\"+905321234561\",\"status\":\"RET\"", "none of the 1 lines can be read; the first: "),
        (NDJSON, &format!("{RET}\r{RET}"), "none of the 1 lines can be read; the first: "),
        (JSON, "{\"list\":[1,\"RET\",null]}", "none of the 3 items of list can be read; the first: "),
    ] {
        let reply = post(http, "/v1/movements?brandCode=601234", media, body).await;
        assert_eq!(reply.problem(), problem(400, "MALFORMED_JSON"), "{body}");
        assert!(reply.json()["detail"].as_str().unwrap().starts_with(detail), "{reply:?}");
    }
    assert_eq!(decision(&known).await, "ALLOW");
    // One that can be read is taken, and the others are named.
    let reply = post(http, "/v1/movements", NDJSON, format!("7\n{RET}\nx\n")).await;
    assert_eq!((reply.status, &reply.json()["applied"]), (200, &json!(1)), "{reply:?}");
    assert_eq!(reply.json()["refused"].as_array().unwrap().len(), 2, "{reply:?}");
    assert_eq!(decision(&known).await, "DENY");
}

#[tokio::test]
async fn no_key_of_a_question_counts_twice() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    let repeated = |path: &str, body: &str| {
        [("recipient", "\\u0072ecipient"), ("type", "typ\\u0065"), ("brandCode", "brandCode"), ("recipients", "recipient\\u0073")]
            .into_iter()
            .filter_map(|(key, spelled)| {
                let member = body.split(&format!("\"{key}\":")).nth(1)?;
                let value = member.split_inclusive([']', '}', ',']).next()?.trim_end_matches([',', '}']).to_owned();
                Some((path.to_owned(), format!("{},\"{spelled}\":{value}}}", body.strip_suffix('}')?)))
            })
            .collect::<Vec<_>>()
    };
    let bodies = [repeated("/v1/check", &question()), repeated("/v1/check/batch", &batch())].concat();
    assert_eq!(bodies.len(), 6);
    for (path, body) in bodies {
        assert_eq!(post(http, &path, JSON, body.clone()).await.problem(), problem(400, "MALFORMED_JSON"), "{path} {body}");
    }
    // The answer of another recipient than the caller believes to have asked for would be an ALLOW here.
    let two = format!("{{\"brandCode\":601234,\"type\":\"MESAJ\",\"recipient\":\"{REFUSED}\",\"recipient\":\"{APPROVED}\"}}");
    assert_eq!(post(http, "/v1/check", JSON, two).await.problem(), problem(400, "MALFORMED_JSON"));
}

#[tokio::test]
async fn no_parameter_counts_twice() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    let all = "brandCode=601234&type=MESAJ&recipient=%2B905321234561&recipientType=BIREYSEL&retailerCode=0&purpose=TICARI&\
               reference=r&minRevision=1";
    let list = "brandCode=601234&type=MESAJ&recipientType=BIREYSEL&retailerCode=0&purpose=TICARI&column=1&emailColumn=1&\
                delimiter=%3B&header=false&encoding=utf-8&duplicates=false&summary=false&reference=r&minRevision=1";
    let malformed = problem(400, "MALFORMED_QUERY");
    for (path, query) in [("/v1/check", all), ("/v1/explain", all), ("/v1/filter", list), ("/v1/movements", "brandCode=601234")] {
        let ask = async |query: &str| -> Reply {
            match path {
                "/v1/filter" => post(http, &format!("{path}?{query}"), "text/csv", "+905321234561\n").await,
                "/v1/movements" => post(http, &format!("{path}?{query}"), NDJSON, format!("{RET}\n")).await,
                _ => get(http, &format!("{path}?{query}")).await,
            }
        };
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').unwrap();
            let (first, rest) = name.split_at(1);
            let spelled = format!("%{:02x}{rest}", first.as_bytes()[0]);
            for again in [name, &spelled] {
                let reply = ask(&format!("{query}&{again}={value}")).await;
                assert_eq!(reply.problem(), malformed, "{path} {again}");
            }
        }
        // Nothing is written before the query was read.
        if path == "/v1/movements" {
            assert_eq!(decision(&known).await, "ALLOW");
        }
        assert_eq!(ask(query).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_question_with_a_body_takes_no_parameters() {
    let known = Known::start().await;
    let other = "brandCode=601234&type=MESAJ&recipient=%2B905321234562";
    for (path, body) in [("/v1/check", question()), ("/v1/check/batch", batch())] {
        let reply = post(&known.gateway.http, &format!("{path}?{other}"), JSON, body.clone()).await;
        assert_eq!(reply.problem(), problem(400, "MALFORMED_QUERY"), "{path}");
        assert_eq!(post(&known.gateway.http, &format!("{path}?"), JSON, body).await.status, 200, "{path}");
    }
    assert_eq!(post(&known.gateway.http, "/v1/check", JSON, question().replace(APPROVED, STRANGER)).await.status, 200);
}
