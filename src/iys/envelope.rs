//! İYS's error bodies (F§1.7), in every form seen: codes under `code` or `code:`, as text or number,
//! OAuth's `{error, error_description}`, a proxy's page, nothing.

use super::error::Code;
use serde_json::{Map, Value};

/// What an error body says. Messages and values are left unread: they quote addresses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) codes: Vec<Code>,
    /// Places in a list that was sent.
    pub(super) places: Vec<usize>,
    /// Something is there that is not JSON.
    pub(super) foreign: bool,
}

/// A list that is sent has at most 1000 elements, and each may be refused.
const MOST: usize = 1000;

/// Reads a body; never fails.
pub(super) fn read(body: &[u8]) -> Envelope {
    let mut envelope = Envelope::default();
    if body.trim_ascii().is_empty() {
        return envelope;
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(whole)) => {
            envelope.add(&whole);
            for (key, value) in &whole {
                if matches!(key_of(key), "errors" | "error") {
                    envelope.add_all(value);
                }
            }
        }
        Ok(list) => envelope.add_all(&list),
        Err(_) => envelope.foreign = true,
    }
    envelope
}

impl Envelope {
    fn add_all(&mut self, value: &Value) {
        match value {
            Value::Array(entries) => entries.iter().filter_map(Value::as_object).take(MOST).for_each(|entry| self.add(entry)),
            Value::Object(entry) => self.add(entry),
            Value::String(text) => self.add_code(text),
            _ => (),
        }
    }

    fn add(&mut self, entry: &Map<String, Value>) {
        for (key, value) in entry {
            match (key_of(key), value) {
                ("code", Value::String(text)) => self.add_code(text),
                ("code", Value::Number(number)) => self.add_code(&number.to_string()),
                ("index", value) => self.add_place(value),
                ("location", Value::Array(path)) => path.iter().for_each(|step| self.add_place(step)),
                _ => (),
            }
        }
    }

    /// A thousand elements refused for one reason are one code.
    fn add_code(&mut self, text: &str) {
        if let Some(code) = Code::parse(text).filter(|code| !self.codes.contains(code)) {
            self.codes.push(code);
        }
    }

    fn add_place(&mut self, value: &Value) {
        let place = value.as_u64().and_then(|place| usize::try_from(place).ok()).filter(|place| *place < MOST);
        if let Some(place) = place.filter(|place| !self.places.contains(place)) {
            self.places.push(place);
        }
    }
}

/// Some samples write `"code:"`.
fn key_of(key: &str) -> &str {
    key.trim().trim_end_matches(':')
}

/// An error whose body did not arrive.
pub(super) fn broken() -> Envelope {
    Envelope { foreign: true, ..Envelope::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
            read(&body);
        }

        #[test]
        fn no_code_holds_an_address(code in "\\PC*") {
            let envelope = read(serde_json::json!({ "errors": [{ "code": code }] }).to_string().as_bytes());
            for code in envelope.codes {
                let code = code.as_str();
                prop_assert!(code.len() <= 40 && !code.contains('@') && !code.contains('+'));
                prop_assert!(!code.as_bytes().windows(7).any(|run| run.iter().all(u8::is_ascii_digit)));
            }
        }
    }
}
