//! An answer as one line of text, for dialplans, which have no JSON: `Accept: text/plain`.

use crate::check::decision::Decision;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};

/// Whether a caller asks for a line.
#[must_use]
pub(super) fn wants_a_line(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/plain"))
}

/// Decision and reason, and an end of line, which Asterisk's `CURL()` cuts off.
#[must_use]
pub(super) fn line(decision: Decision, reason: &str) -> Response {
    format!("{} {reason}\n", decision.name()).into_response()
}
