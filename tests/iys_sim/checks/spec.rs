//! Holds answers against a table of fields, statuses and codes, derived from İYS's OpenAPI document by
//! `tests/tools/spec_table.py`.

use super::Reply;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../spec_table.json");

static SPEC: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(TABLE).unwrap());

/// What the simulator answers where the document gives no answer, or gives it outside of the method.
const OPEN: [(&str, u16, &str); 5] = [
    ("", 429, "the limits of the introduction hold for every method"),
    ("", 422, "codes of a path that are no number have a code, and not every method names the status"),
    ("/consents/changes", 400, "a cursor that is no cursor, or too old"),
    ("/consents/status", 404, "an address without a record"),
    ("/consents", 422, "a rule of the record"),
];

/// Every field, type, status and code of an answer is in the table.
pub fn hold(method: &str, path: &str, reply: &Reply) {
    let name = method_of(method, path);
    let answers = &SPEC["methods"][&name];
    assert!(answers.is_object(), "{name} is not in the table");
    let told = &answers[reply.status.to_string()];
    let open = OPEN.iter().any(|(end, status, _)| name.ends_with(end) && *status == reply.status);
    assert!(told.is_object() || open, "{name} does not answer {}: {}", reply.status, reply.text);
    if told.is_object() {
        hold_fields(&name, told, reply);
    }
    if reply.media.starts_with("application/json") {
        hold_codes(&name, reply);
    }
}

fn hold_fields(name: &str, told: &Value, reply: &Reply) {
    if reply.text.is_empty() {
        assert_eq!(reply.status, 204, "{name}");
        return;
    }
    let media = told["media"].as_str().unwrap();
    assert!(reply.media.starts_with(media), "{name}: {} is not {media}", reply.media);
    if media == "application/json" {
        let mut strange = Vec::new();
        walk(&reply.json(), "", &told["fields"], &mut strange);
        assert!(strange.is_empty(), "{name} {}: {strange:?} in {}", reply.status, reply.text);
    }
}

/// Notes every place whose type the table does not have.
fn walk(value: &Value, path: &str, fields: &Value, strange: &mut Vec<String>) {
    let kind = kind(value);
    // A sample shows a list where the schema forgets it: the table has both ways to the same field.
    let known = fields[path].as_array().is_some_and(|kinds| kinds.iter().any(|known| known == kind));
    if !known {
        strange.push(format!("{path}: {kind}"));
    }
    match value {
        Value::Object(entries) => {
            for (name, inner) in entries {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(inner, &path, fields, strange);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{path}[]"), fields, strange)),
        _ => {}
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn hold_codes(name: &str, reply: &Reply) {
    let body = reply.json();
    for error in body["errors"].as_array().into_iter().flatten() {
        let code = error.get("code").or_else(|| error.get("code:")).and_then(Value::as_str).unwrap();
        let statuses = &SPEC["codes"][code];
        let known = statuses.as_array().is_some_and(|statuses| statuses.iter().any(|status| *status == reply.status));
        assert!(known || (code, reply.status) == ("H404", 404), "{name}: {code} with {} is not in the table", reply.status);
        assert!(error["message"].is_string(), "{name}: {error}");
    }
}

/// The method's name in the table, with the path's values by their names.
fn method_of(method: &str, path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let mut parts: Vec<&str> = path.split('/').collect();
    let mut name = |place: usize, word: &'static str| {
        if let Some(part) = parts.get_mut(place) {
            *part = word;
        }
    };
    if path.starts_with("/integrator/") {
        name(2, "{integratorCode}");
        name(4, "{iysCode}");
    } else if path.starts_with("/sps/") {
        name(2, "{iysCode}");
        name(4, "{brandCode}");
        if path.contains("/changes/") || path.contains("/agreements/") {
            name(6, "{reportDate}");
            name(8, "{recipientType}");
        }
        if path.contains("/status/") {
            name(6, "{recipientType}");
            name(8, "{type}");
        }
    }
    format!("{method} {}", parts.join("/"))
}

#[test]
fn the_table_is_that_of_the_document() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = root.join("../shared/iys/openapi.json");
    if !document.exists() {
        println!("skipped: İYS's OpenAPI document is not here");
        return;
    }
    let Ok(made) = Command::new("python3").arg(root.join("tests/tools/spec_table.py")).arg(&document).output() else {
        println!("skipped: no python3");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(String::from_utf8_lossy(&made.stdout), TABLE, "make the table again with tests/tools/spec_table.py");
}

#[test]
fn an_answer_that_the_document_does_not_know_is_found() {
    let reply =
        |status, text: &str| Reply { status, media: "application/json".to_owned(), text: text.to_owned(), date: String::new() };
    let fails = |reply: Reply| std::panic::catch_unwind(|| hold("GET", "/sps/1/brands/1/consents/changes", &reply)).is_err();
    let good = r#"{"after":"1_a","list":[{"status":"ONAY"}]}"#;
    assert!(!fails(reply(200, good)));
    assert!(fails(reply(418, good)), "a status");
    assert!(fails(reply(200, r#"{"after":"1_a","list":[{"durum":"ONAY"}]}"#)), "a field");
    assert!(fails(reply(200, r#"{"after":1,"list":[]}"#)), "a type");
    assert!(fails(reply(401, r#"{"errors":[{"code":"H999","message":""}]}"#)), "a code");
}
