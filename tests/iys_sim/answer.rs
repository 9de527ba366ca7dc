//! Answers: JSON, nothing, or İYS's error envelope with its quirks.

use super::push::Probe;
use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

pub const JSON: &str = "application/json; charset=utf-8";

/// What a request leads to.
#[derive(Debug)]
pub struct Outcome {
    pub response: Response<Bytes>,
    /// What goes wrong on the way.
    pub wire: Option<Wire>,
    /// A registration for pushes: the answer waits for [`super::World::probed`], and `response` is void.
    pub probe: Option<Probe>,
}

/// What goes wrong between a good answer and its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// The answer comes late.
    Delay(Duration),
    /// The connection is reset; the request was carried out.
    Reset,
    /// The connection ends after so many bytes of the body, whose length was announced.
    Cut(usize),
}

/// A refusal in İYS's envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub status: u16,
    pub issues: Vec<Issue>,
}

/// One entry of the envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    pub code: &'static str,
    pub message: String,
    /// Names and places: `["recipients", 3]`.
    pub location: Vec<Value>,
    pub value: Option<Value>,
}

impl Problem {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::of(status, vec![Issue::new(code, message)])
    }

    pub const fn of(status: u16, issues: Vec<Issue>) -> Self {
        Self { status, issues }
    }

    /// A value in a wrong place: 422.
    pub fn at(location: &str, code: &'static str, message: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::of(422, vec![Issue::new(code, message).at([json!(location)]).value(value)])
    }

    pub fn bad_json() -> Self {
        Self::new(400, "H014", "Gönderilen istek JSON formatına uygun olmalıdır.")
    }

    pub fn no_token() -> Self {
        Self::new(401, "H351", "Eksik veya geçersiz jeton!")
    }

    /// No right to what `field` names.
    pub fn no_right(field: &str) -> Self {
        Self::new(403, "H353", format!("{field}, kullanıcı izinleriyle eşleştirilemiyor"))
    }

    /// The answer; some samples of 403 spell the key `code:`.
    pub fn response(&self, colon: bool) -> Response<Bytes> {
        let key = if colon && self.status == 403 { "code:" } else { "code" };
        let errors: Vec<Value> = self.issues.iter().map(|issue| issue.value_with(key)).collect();
        json_response(self.status, &json!({ "errors": errors }))
    }
}

impl Issue {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), location: Vec::new(), value: None }
    }

    pub fn at(self, location: impl IntoIterator<Item = Value>) -> Self {
        Self { location: location.into_iter().collect(), ..self }
    }

    pub fn value(self, value: impl Into<Value>) -> Self {
        Self { value: Some(value.into()), ..self }
    }

    fn value_with(&self, key: &str) -> Value {
        let mut entry = Map::new();
        entry.insert(key.to_owned(), json!(self.code));
        if !self.location.is_empty() {
            entry.insert("location".to_owned(), json!(self.location));
        }
        if let Some(value) = &self.value {
            entry.insert("value".to_owned(), value.clone());
        }
        entry.insert("message".to_owned(), json!(self.message));
        Value::Object(entry)
    }
}

pub fn json_response(status: u16, body: &impl Serialize) -> Response<Bytes> {
    response(status, JSON, serde_json::to_vec(body).expect("JSON"))
}

pub fn response(status: u16, media: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response.headers_mut().insert(header::CONTENT_TYPE, media.parse().expect("a media type"));
    response
}

/// 204: nothing to show.
pub fn nothing() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
