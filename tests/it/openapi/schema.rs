//! A value against a schema of the document, member by member: one that the schema does not name is a violation, too.
//!
//! `make api-test` validates answers by a whole implementation of JSON Schema. This reads the keywords that the document has,
//! and refuses others; `pattern` and `format` are left to that.

use serde_json::Value;

/// Returns what the schema does not allow, each with its place.
pub fn violations(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    validate(document, schema, value, "", &mut found);
    found
}

fn resolve<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    document.pointer(reference.as_str().unwrap().strip_prefix('#').unwrap()).unwrap()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The members that a schema names, by reference and in `allOf` too.
fn members<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a String> {
    let mut names: Vec<_> = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
    if !schema["$ref"].is_null() {
        names.extend(members(document, resolve(document, &schema["$ref"])));
    }
    names.extend(items(&schema["allOf"]).iter().flat_map(|part| members(document, part)));
    names
}

fn validate(document: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let known = members(document, schema);
    let unknown = value.as_object().into_iter().flatten().filter(|(name, _)| !known.contains(name));
    found.extend(unknown.map(|(name, _)| format!("{place}/{name} is not in the schema")));
    check(document, schema, value, place, found);
}

/// Holds a value against each keyword of a schema.
fn check(document: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    for (keyword, said) in schema.as_object().unwrap() {
        let holds = match keyword.as_str() {
            "type" => is_of(said, value),
            "const" => said == value,
            "enum" => items(said).contains(value),
            "minimum" => !value.is_number() || value.as_u64() >= said.as_u64(),
            "maximum" => !value.is_number() || value.as_u64() <= said.as_u64(),
            "required" => items(said).iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
            "oneOf" => items(said).iter().filter(|part| violations(document, part, value).is_empty()).count() == 1,
            "$ref" | "allOf" | "properties" | "items" | "description" | "pattern" | "format" => true,
            other => panic!("{other} is not read here"),
        };
        if !holds {
            found.push(format!("{place}: {value} does not fit {keyword} {said}"));
        }
        match keyword.as_str() {
            "$ref" => check(document, resolve(document, said), value, place, found),
            "allOf" => items(said).iter().for_each(|part| check(document, part, value, place, found)),
            "items" => {
                for (at, item) in items(value).iter().enumerate() {
                    validate(document, said, item, &format!("{place}/{at}"), found);
                }
            }
            "properties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    said.get(name)
                        .into_iter()
                        .for_each(|schema| validate(document, schema, member, &format!("{place}/{name}"), found));
                }
            }
            _ => {}
        }
    }
}

/// Whether a value is of a type, or of one of several.
fn is_of(types: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    };
    if types.is_array() { items(types).iter().any(is) } else { is(types) }
}

#[test]
fn what_a_schema_does_not_allow_is_found() {
    let document = serde_json::json!({ "a": { "type": "object", "required": ["n"], "properties": { "n": { "type": "integer", "minimum": 1 } } } });
    let schema = serde_json::json!({ "allOf": [{ "$ref": "#/a" }, { "properties": { "w": { "enum": ["x"] } } }] });
    let of = |value: Value| violations(&document, &schema, &value).len();
    assert_eq!(of(serde_json::json!({ "n": 1, "w": "x" })), 0);
    for value in [
        serde_json::json!({ "w": "x" }),
        serde_json::json!({ "n": 0 }),
        serde_json::json!({ "n": "1" }),
        serde_json::json!({ "n": 1, "w": "y" }),
        serde_json::json!({ "n": 1, "more": 1 }),
    ] {
        assert_eq!(of(value.clone()), 1, "{value}");
    }
    let one_of = serde_json::json!({ "oneOf": [{ "type": "null" }, { "type": "string" }] });
    assert_eq!([Value::Null, 1.into()].map(|value| violations(&document, &one_of, &value).len()), [0, 1]);
}
