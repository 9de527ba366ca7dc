//! What is wrong with a body that cannot be read, in the words of its caller: which field, what stands there, what is expected.

use crate::api::error::{Kind, Problem};
use serde::de::DeserializeOwned;

/// Letters of a parser's text that are told: it repeats values, which may be long.
const LONGEST: usize = 200;

/// Reads a body.
///
/// # Errors
/// It is no JSON, or not of the call's shape. It is read once more then, to find the field: what can be read costs nothing more.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let mut again = serde_json::Deserializer::from_slice(body);
        let path = serde_path_to_error::deserialize::<_, T>(&mut again).err().map(|error| error.path().to_string());
        problem(body, &error, path.as_deref().filter(|path| !["", ".", "?"].contains(path)))
    })
}

/// The problem behind an error of the parser's, at this path.
fn problem(body: &[u8], error: &serde_json::Error, path: Option<&str>) -> Problem {
    let (line, column) = (error.line(), error.column());
    let told: String = error.to_string().chars().take(LONGEST).collect();
    let said = told.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&told);
    let malformed = |detail: String| Problem::new(Kind::MalformedJson, detail);
    if error.is_eof() {
        let is_empty = body.trim_ascii().is_empty();
        return malformed(if is_empty {
            "the body is empty".to_owned()
        } else {
            format!("the body ends in its line {line}, unfinished")
        });
    }
    if !error.is_data() {
        return malformed(format!("the body is no JSON: {said} at line {line} column {column}"));
    }
    // A key that there is not, or that is there twice, is named in the text alone.
    let named = said.split_once(" field `").and_then(|(_, rest)| rest.split_once('`')).map(|(name, _)| name);
    if let Some(name) = named {
        return malformed(format!("{said} at line {line} column {column}")).of_field(name.to_owned());
    }
    let what = path.unwrap_or("the body");
    let Some((found, expected)) = said.split_once(", expected ") else {
        return of(path, malformed(format!("{what} cannot be read at line {line} column {column}")));
    };
    let found = found.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ");
    of(path, malformed(format!("{what} is {found}; expected {}", expectation(expected))))
}

fn of(path: Option<&str>, problem: Problem) -> Problem {
    match path {
        Some(path) => problem.of_field(path.to_owned()),
        None => problem,
    }
}

/// A type of the parser's as its caller calls it.
fn expectation(expected: &str) -> &str {
    match expected {
        "a string" => "a text",
        "a sequence" => "a list",
        expected if expected.starts_with("struct ") => "an object",
        expected => expected,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Addresses, BatchBody, CheckBody};
    use super::*;

    fn told<T: DeserializeOwned>(body: &str) -> (String, Option<String>) {
        let Err(problem) = read::<T>(body.as_bytes()) else { panic!("{body} can be read") };
        assert_eq!(problem.kind, Kind::MalformedJson, "{body}");
        (problem.detail.into_owned(), problem.field.map(std::borrow::Cow::into_owned))
    }

    #[test]
    fn a_value_that_does_not_fit_is_told_with_its_field_and_what_fits() {
        let code = "a code: a whole number, or its digits as text";
        let address = "an address as text (numbers go into phones, with their country code)";
        for (body, detail, field) in [
            (r#"{"brandCode":601234.5}"#, format!("brandCode is floating point `601234.5`; expected {code}"), "brandCode"),
            (r#"{"brandCode":-1}"#, format!("brandCode is integer `-1`; expected {code}"), "brandCode"),
            (r#"{"brandCode":4294967296}"#, format!("brandCode is integer `4294967296`; expected {code}"), "brandCode"),
            (r#"{"retailerCode":[]}"#, format!("retailerCode is sequence; expected {code}"), "retailerCode"),
            (r#"{"type":1}"#, "type is integer `1`; expected a text".to_owned(), "type"),
            (
                r#"{"minRevision":"7"}"#,
                "minRevision is string \"7\"; expected a whole number from 0 up".to_owned(),
                "minRevision",
            ),
            (r#"{"recipients":["a",1]}"#, format!("recipients[1] is integer `1`; expected {address}"), "recipients[1]"),
            (r#"{"phones":["9"]}"#, "phones[0] is string \"9\"; expected a whole number from 0 up".to_owned(), "phones[0]"),
            (
                r#"{"phones":[1.5]}"#,
                "phones[0] is floating point `1.5`; expected a whole number from 0 up".to_owned(),
                "phones[0]",
            ),
            (
                r#"{"minRevision":1e40}"#,
                "minRevision is floating point `1e+40`; expected a whole number from 0 up".to_owned(),
                "minRevision",
            ),
            (r#"{"brandCode":1e10}"#, format!("brandCode is floating point `10000000000.0`; expected {code}"), "brandCode"),
            (r#"{"phones":9}"#, "phones is integer `9`; expected a list".to_owned(), "phones"),
        ] {
            assert_eq!(told::<BatchBody>(body), (detail, Some(field.to_owned())), "{body}");
        }
    }

    /// Lua and others write every number so.
    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let body =
            r#"{"brandCode":601234.0,"retailerCode":7e0,"type":"MESAJ","phones":[9.0532e11,905320000001],"minRevision":3.0}"#;
        let Ok(batch) = read::<BatchBody>(body.as_bytes()).and_then(BatchBody::question) else { panic!("{body} cannot be read") };
        assert_eq!((batch.scope.brand.get(), batch.scope.retailer.get(), batch.min_revision), (601_234, 7, 3));
        let Addresses::Phones(phones) = batch.addresses else { panic!("they are phones") };
        assert_eq!(phones, [905_320_000_000, 905_320_000_001]);
    }

    #[test]
    fn a_key_that_there_is_not_or_that_is_there_twice_is_named() {
        for (body, detail, field) in [
            (r#"{"recipient":"a","recipient":"b"}"#, "duplicate field `recipient` at line 1 column 28", "recipient"),
            (r#"{"brand":1}"#, "unknown field `brand`, expected one of `brandCode`", "brand"),
        ] {
            let (said, named) = told::<CheckBody>(body);
            assert!(said.starts_with(detail) && named.as_deref() == Some(field), "{said}: {named:?}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_by_its_place() {
        for (body, detail) in [
            ("", "the body is empty"),
            ("{\"type\":\n", "the body ends in its line 2, unfinished"),
            ("null", "the body is null; expected an object"),
            ("{} {}", "the body is no JSON: trailing characters at line 1 column 4"),
            ("{type:1}", "the body is no JSON: key must be a string at line 1 column 2"),
        ] {
            assert_eq!(told::<CheckBody>(body), (detail.to_owned(), None), "{body}");
        }
    }
}
