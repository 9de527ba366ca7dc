//! `docs/api.md` against a gateway: its parameters are those that there are, and its examples have the answers that it says.

use super::readme::Document;
use super::support::known::{Known, apply, movement};
use super::support::web::{JSON, client, get, post, send};
use izingate::api::convert::{channel_code, purpose_code, recipient_type_code};
use izingate::api::http::MOVEMENTS_PARAMETERS;
use izingate::api::json::{CheckBody, FilterQuery, STATE_PARAMETERS};
use izingate::api::proto;
use izingate::model::consent::channel::{Channel, RecipientType};
use izingate::model::decision::question::Purpose;
use izingate::model::decision::{Decision, Reason};
use serde_json::Value;
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../docs/api.md");

/// The part of the page on a path.
fn section(title: &str) -> &'static str {
    let (_, section) = PAGE.split_once(&format!("\n## `{title}`\n")).unwrap_or_else(|| panic!("{title} is not in the page"));
    section.split("\n## ").next().unwrap()
}

/// The names in the first column of a table.
fn names(section: &str, heading: &str) -> BTreeSet<String> {
    let (_, table) = section.split_once(&format!("| {heading} | holds |\n|---|---|\n")).unwrap_or_default();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split(',')).map(|name| name.trim().trim_matches('`').to_owned()).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// The blocks of a section: what is asked, and the answer.
fn example(title: &str) -> (String, String, String) {
    let document = Document::read(section(title));
    let asked = document.blocks("http").concat();
    let answer = [document.blocks("json"), document.blocks("csv")].concat().concat();
    let (head, body) = asked.split_once("\n\n").unwrap_or((&asked, ""));
    (head.split_once(' ').unwrap().1.trim().to_owned(), body.to_owned(), answer)
}

/// Holds what is the same for every asking: all names, and the values that no clock and no number of a run decide.
fn assert_like(said: &Value, told: &Value, place: &str) {
    const DECIDED: [&str; 12] = [
        "allowed",
        "decision",
        "enforced",
        "reason",
        "article",
        "reference",
        "status",
        "type",
        "recipientType",
        "mode",
        "applied",
        "counts",
    ];
    match (said, told) {
        (Value::Object(said), Value::Object(told)) => {
            let names = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(names(said), names(told), "{place}");
            for (name, value) in said {
                if DECIDED.contains(&name.as_str()) {
                    assert_eq!(value, &told[name], "{place}.{name}");
                }
                assert_like(value, &told[name], &format!("{place}.{name}"));
            }
        }
        (Value::Array(said), Value::Array(told)) => {
            assert_eq!(said.len(), told.len(), "{place}");
            said.iter().zip(told).for_each(|(said, told)| assert_like(said, told, place));
        }
        _ => assert_eq!(std::mem::discriminant(said), std::mem::discriminant(told), "{place}: {said} {told}"),
    }
}

#[tokio::test]
async fn every_example_has_the_answer_that_the_page_tells() {
    let known = Known::start().await;
    apply(&known.gateway, vec![movement("+905320000001", "ONAY", "2026-11-03 10:00:00")]).await;
    let http = &known.gateway.http;
    for title in ["GET /v1/check", "GET /v1/explain", "GET /v1/state"] {
        let (target, _, told) = example(title);
        let base = if title.ends_with("state") { &known.gateway.admin } else { http };
        assert_like(&get(base, &target).await.json(), &serde_json::from_str(&told).unwrap(), title);
    }
    for title in ["POST /v1/check", "POST /v1/check/batch", "POST /v1/movements"] {
        let (target, body, told) = example(title);
        let reply = post(http, &target, JSON, body).await;
        assert_like(&reply.json(), &serde_json::from_str(&told).unwrap(), title);
    }
    let (target, body, told) = example("POST /v1/filter");
    assert_eq!(post(http, &target, "text/csv", body).await.text, told);
}

#[tokio::test]
async fn every_parameter_and_field_is_on_the_page() {
    let known = Known::start().await;
    for (title, parameters) in [
        ("GET /v1/check", set(CheckBody::PARAMETERS)),
        ("POST /v1/filter", set(FilterQuery::PARAMETERS)),
        ("POST /v1/movements", set(MOVEMENTS_PARAMETERS)),
        ("GET /v1/state", set(STATE_PARAMETERS)),
    ] {
        assert_eq!(names(section(title), "parameter"), parameters, "{title}");
    }
    // The gateway itself says which fields a body has.
    for (path, title, heading) in
        [("/v1/check", "GET /v1/check", "parameter"), ("/v1/check/batch", "POST /v1/check/batch", "field")]
    {
        let detail = post(&known.gateway.http, path, JSON, "{\"x\":1}").await.json()["detail"].as_str().unwrap().to_owned();
        let fields = detail.split('`').skip(3).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(names(section(title), heading), fields, "{detail}");
    }
    let mut fields = names(section("GET /v1/check"), "field");
    let url = format!("{}{}", known.gateway.http, "/v1/check?brandCode=601234&type=MESAJ&recipient=1");
    let reply = send(client().get(url).header("accept-language", "tr")).await.json();
    for name in reply.as_object().unwrap().keys() {
        assert!(fields.remove(name), "{name} is not on the page");
    }
    assert_eq!(fields, set(["declarationId", "refusalOnRecord"]), "these two are seldom there");
}

/// The fields of a message of the contract.
fn fields_of(message: &str) -> BTreeSet<String> {
    let contract = include_str!("../../proto/izingate/v1/izingate.proto");
    let (_, body) = contract.split_once(&format!("\nmessage {message} {{\n")).unwrap();
    let lines = body.lines().take_while(|line| *line != "}").map(str::trim).filter(|line| !line.starts_with("//"));
    lines.filter_map(|line| line.split_once(" = ")?.0.rsplit(' ').next()).map(str::to_owned).collect()
}

#[test]
fn every_call_of_the_contract_is_on_the_page() {
    let contract = include_str!("../../proto/izingate/v1/izingate.proto");
    let calls: Vec<_> = contract.lines().filter_map(|line| line.strip_prefix("  rpc ")?.split('(').next()).collect();
    assert!(calls.len() > 20, "{calls:?}");
    let (_, table) = PAGE.split_once("\n## What can be asked where\n").unwrap();
    let table = table.split("\n## ").next().unwrap();
    let named = Document::read(table).terms();
    let missing: Vec<_> = calls.iter().filter(|call| !named.iter().any(|name| name.rsplit('.').next() == Some(call))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The rows of the section on gRPC below a heading, cell by cell.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = PAGE.split_once("\n## The same words in gRPC\n").unwrap();
    let (_, table) = section.split_once(&format!("| {heading} |\n")).unwrap();
    let lines = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    lines
        .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).filter(|cell| !cell.is_empty()).collect())
        .collect()
}

#[test]
fn the_words_of_grpc_are_those_of_the_contract() {
    let (mut over_http, mut in_grpc) = (BTreeSet::new(), BTreeSet::new());
    for row in rows("field over HTTP | field in gRPC") {
        let [http, grpc] = row[..] else { panic!("{row:?}") };
        let snake: String =
            http.chars().flat_map(|c| c.is_uppercase().then_some('_').into_iter().chain(c.to_lowercase())).collect();
        assert_eq!(grpc, if http == "type" { "channel" } else { &snake });
        assert!(over_http.insert(http.to_owned()) && in_grpc.insert(grpc.to_owned()), "{row:?}");
    }
    let answer = names(section("GET /v1/check"), "field");
    let expected: BTreeSet<_> = set(CheckBody::PARAMETERS).into_iter().chain(answer).collect();
    assert_eq!(over_http, expected);
    let mut messages = &fields_of("CheckRequest") | &fields_of("CheckResponse");
    assert!(messages.remove("language"), "it is the header Accept-Language over HTTP");
    assert_eq!(in_grpc, messages);

    let word = |of: &'static str, http: &'static str, grpc: &'static str, number: i32| (of, http, grpc, number.to_string());
    let mut expected = Vec::new();
    for channel in Channel::ALL {
        let number = channel_code(channel);
        expected.push(word("type", channel.name(), proto::Channel::try_from(number).unwrap().as_str_name(), number));
    }
    for kind in RecipientType::ALL {
        let number = recipient_type_code(kind);
        expected.push(word("recipientType", kind.name(), proto::RecipientType::try_from(number).unwrap().as_str_name(), number));
    }
    for purpose in Purpose::ALL {
        let number = purpose_code(purpose);
        expected.push(word("purpose", purpose.name(), proto::Purpose::try_from(number).unwrap().as_str_name(), number));
    }
    for decision in Decision::ALL {
        let number = i32::from(decision as u8);
        expected.push(word("decision", decision.name(), proto::Decision::try_from(number).unwrap().as_str_name(), number));
    }
    let mut reasons = Reason::ALL;
    reasons.sort_by_key(|reason| *reason as u8);
    for reason in reasons {
        let number = i32::from(reason as u8);
        expected.push(word("reason", reason.name(), proto::Reason::try_from(number).unwrap().as_str_name(), number));
    }
    let told: Vec<_> = rows("of | word over HTTP | word in gRPC | number")
        .into_iter()
        .map(|row| (row[0], row[1], row[2], row[3].to_owned()))
        .collect();
    assert_eq!(told, expected);
}
