//! `/openapi.json` against the program: its paths and methods are those of the ports, its words and codes those of the code,
//! and every example has the answer that it shows.

mod document;
mod page;
mod schema;
mod schemathesis;

use super::support::known::Known;
use super::support::web::{JSON, client, get, post, send};
use super::support::{Gateway, serve};
use document::{Document, Example, Port};
use izingate::api::error::page as errors_page;
use izingate::api::error::{Kind, Retry};
use izingate::api::http::MOVEMENTS_PARAMETERS;
use izingate::api::json::{CheckBody, FilterQuery, STATE_PARAMETERS};
use izingate::api::openapi::{DOCUMENT, PAGE};
use izingate::api::{admin, http};
use izingate::model::brand::mode::Mode;
use izingate::model::consent::channel::{Channel, RecipientType};
use izingate::model::consent::movement::Refusal;
use izingate::model::decision::question::Purpose;
use izingate::model::decision::{Decision, Reason};
use izingate::model::feed::Stream;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tempfile::TempDir;

type Names = BTreeSet<String>;

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Names {
    names.into_iter().map(str::to_owned).collect()
}

/// The gateway that the document's examples are true of.
fn demo() -> (Gateway, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut command = serve(&data);
    // Examples that wait for a revision wait in vain, and no longer than they have to.
    command.arg("--demo").env("IZINGATE_MAX_REVISION_WAIT", "10ms");
    (Gateway::spawn(command, &data), dir)
}

fn base(gateway: &Gateway, port: Port) -> &str {
    match port {
        Port::Public => &gateway.http,
        Port::Admin => &gateway.admin,
    }
}

#[tokio::test]
async fn its_paths_and_methods_are_those_of_the_ports() {
    let known = Known::start().await;
    let document = Document::read();
    let public = names(http::paths().iter().map(|(path, _)| *path));
    let private = names(admin::paths(Arc::new(|| ())).iter().map(|(path, _)| *path));
    for (port, paths) in [(Port::Public, public), (Port::Admin, private)] {
        assert_eq!(document.paths(port), paths, "{port:?}");
        for path in paths {
            // The gateway itself says which methods a path has.
            let url = format!("{}{path}", base(&known.gateway, port));
            let response = client().patch(url).send().await.unwrap();
            let allowed = response.headers()["allow"].to_str().unwrap().to_owned();
            let mut methods = document.methods(&path);
            if methods.contains("GET") && path != "/v1/check" {
                methods.insert("HEAD".to_owned());
            }
            assert_eq!((response.status().as_u16(), names(allowed.split(','))), (405, methods), "{path}");
        }
    }
}

#[tokio::test]
async fn it_is_served_as_a_document_and_as_a_page() {
    let known = Known::start().await;
    let document = get(&known.gateway.http, "/openapi.json").await;
    assert_eq!((document.status, document.media.as_str(), document.text.as_str()), (200, JSON, DOCUMENT));
    let response = client().get(format!("{}/docs", known.gateway.http)).send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("content-type"), header("cache-control")), ("text/html; charset=utf-8".to_owned(), "no-store".to_owned()));
    assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'unsafe-inline';"));
    assert_eq!(response.text().await.unwrap(), PAGE);
}

#[tokio::test]
async fn its_parameters_and_fields_are_those_that_are_read() {
    let document = Document::read();
    assert_eq!(document.json["info"]["version"], env!("CARGO_PKG_VERSION"));
    for (method, path, parameters) in [
        ("get", "/v1/check", &CheckBody::PARAMETERS[..]),
        ("get", "/v1/explain", &CheckBody::PARAMETERS),
        ("post", "/v1/filter", &FilterQuery::PARAMETERS),
        ("post", "/v1/movements", &MOVEMENTS_PARAMETERS),
        ("get", "/v1/state", &STATE_PARAMETERS),
    ] {
        let operation = &document.json["paths"][path][method];
        assert_eq!(document.parameters(operation, "query"), names(parameters.iter().copied()), "{path}");
    }
    let known = Known::start().await;
    for (path, schema) in [("/v1/check", "Question"), ("/v1/check/batch", "BatchQuestion")] {
        // The gateway itself says which fields a body has.
        let detail = post(&known.gateway.http, path, JSON, "{\"x\":1}").await.json()["detail"].as_str().unwrap().to_owned();
        let fields = names(detail.split('`').skip(3).step_by(2));
        assert_eq!(
            names(document.schema(schema)["properties"].as_object().unwrap().keys().map(String::as_str)),
            fields,
            "{detail}"
        );
    }
}

#[test]
fn its_words_are_those_of_the_code() {
    let document = Document::read();
    let words = |value: &Value| names(value["enum"].as_array().unwrap().iter().filter_map(Value::as_str));
    for (schema, expected) in [
        ("Decision", names(Decision::ALL.map(Decision::name))),
        ("Reason", names(Reason::ALL.map(Reason::name))),
        ("Type", names(Channel::ALL.map(Channel::name))),
        ("RecipientType", names(RecipientType::ALL.map(RecipientType::name))),
        ("Purpose", names(Purpose::ALL.map(Purpose::name))),
    ] {
        assert_eq!(words(document.schema(schema)), expected, "{schema}");
    }
    for (schema, property, expected) in [
        ("Refusal", "code", names(Refusal::ALL.map(Refusal::code))),
        ("Explanation", "mode", names(Mode::ALL.map(Mode::name))),
        ("StreamState", "stream", names(Stream::ALL.map(Stream::name))),
    ] {
        assert_eq!(words(&document.schema(schema)["properties"][property]), expected, "{schema}.{property}");
    }
}

/// Codes that no answer over HTTP has: those of gRPC's calls, and one that stands in the last line of a list alone.
const NOT_ANSWERED: [&str; 24] = [
    "MALFORMED_PROTOBUF",
    "UNIMPLEMENTED",
    "MAX_AGE_TOO_SHORT",
    "DECLARATION_NEEDED",
    "EXEMPT_ONLY_NOT_ACCEPTED",
    "UNKNOWN_DECLARATION",
    "TOO_MANY_DECLARATIONS",
    "NO_GAP",
    "ERASURE_RETAINED",
    "ERASURE_UNFINISHED",
    "BACKUP_OUTSIDE_ROOT",
    "BACKUP_EXISTS",
    "BACKUP_RUNNING",
    "BACKUP_FAILED",
    "WATCH_GAP",
    "REVISION_UNKNOWN",
    "WATCH_TOO_SLOW",
    "TOO_MANY_WATCHERS",
    "FILTER_CLIENT_NOT_READING",
    "FEED_NOT_CONFIGURED",
    "BRAND_NOT_FED",
    "NO_PUSH_RECEIVER",
    "IYS_UNAVAILABLE",
    "IYS_REFUSED",
];

/// Every code of a call with its status over HTTP, as the page of errors has them.
fn catalogue() -> BTreeMap<String, u64> {
    let page = errors_page::markdown();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(" | ").collect();
        Some((cells.first()?.strip_prefix("| `")?.strip_suffix('`')?.to_owned(), cells.get(1)?.parse().ok()?))
    };
    let mut codes: BTreeMap<String, u64> = page.lines().filter_map(row).collect();
    let (_, lists) = page.split_once("\n## Lists\n").unwrap();
    let lists = lists.split("\n## ").next().unwrap().split_once("these codes").unwrap().1;
    codes.extend(lists.split('`').skip(1).step_by(2).map(|code| (code.to_owned(), 400)));
    codes
}

#[test]
fn its_codes_are_those_of_the_catalogue() {
    let (document, catalogue) = (Document::read(), catalogue());
    let mut documented = Names::new();
    for (status, codes, response) in document.problems() {
        for code in &codes {
            assert_eq!(catalogue.get(code), Some(&status), "{code}");
        }
        let soon = Kind::ALL.into_iter().filter(|kind| codes.contains(kind.code())).any(|kind| kind.retry() == Retry::Soon);
        assert_eq!(response["headers"]["Retry-After"].is_object(), soon, "{codes:?}");
        documented.extend(codes);
    }
    let expected: Names = catalogue.keys().filter(|code| !NOT_ANSWERED.contains(&code.as_str())).cloned().collect();
    assert_eq!(documented, expected);
    assert!(NOT_ANSWERED.iter().all(|code| catalogue.contains_key(*code)));
}

/// Members whose values a clock or the number of a run decides.
const PASSING: [&str; 5] = ["revision", "asOf", "decisionId", "knownSince", "ageSeconds"];

/// A value without what passes.
fn settled(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                (name.clone(), if PASSING.contains(&name.as_str()) { Value::Null } else { settled(value) })
            };
            members.iter().map(member).collect()
        }
        Value::Array(items) => items.iter().map(settled).collect(),
        other => other.clone(),
    }
}

async fn assert_answered(gateway: &Gateway, document: &Document, example: &Example) {
    let mut request = client().request(example.method.clone(), format!("{}{}", base(gateway, example.port), example.target));
    for (name, value) in &example.headers {
        request = request.header(name, value);
    }
    let reply = send(request.body(example.body.clone())).await;
    let asked = &example.request;
    let media = reply.media.split(';').next().unwrap();
    assert_eq!((reply.status, media), (example.status, example.media.as_str()), "{asked}: {}", reply.text);
    if !media.ends_with("json") {
        assert_eq!(json!(reply.text), example.answer, "{asked}");
        return;
    }
    let answer = reply.json();
    assert_eq!(settled(&answer), settled(&example.answer), "{asked}: {answer}");
    for value in [&answer, &example.answer] {
        let violations = schema::violations(&document.json, &example.schema, value);
        assert!(violations.is_empty(), "{asked}: {violations:?}");
    }
}

#[tokio::test]
async fn every_example_has_the_answer_that_it_shows() {
    let (gateway, _dir) = demo();
    let document = Document::read();
    let examples = document.examples();
    assert!(examples.len() > 20, "{}", examples.len());
    for example in &examples {
        assert_answered(&gateway, &document, example).await;
    }
    let used: Names = examples.iter().filter_map(|example| example.body_name.clone()).collect();
    assert_eq!(used, document.body_names(), "every example of a body is sent");
}

/// Programs put these into the forms that they show.
#[tokio::test]
async fn the_examples_of_parameters_are_taken_together() {
    let (gateway, _dir) = demo();
    let document = Document::read();
    for question in document.questions() {
        let mut request = client().request(question.method, format!("{}{}", base(&gateway, question.port), question.target));
        for (name, value) in &question.headers {
            request = request.header(name, value);
        }
        let reply = send(request.body(question.body)).await;
        assert!([200, 422].contains(&reply.status), "{}: {reply:?}", question.target);
    }
}
