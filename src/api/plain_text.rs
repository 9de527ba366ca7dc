//! An answer as one line of text, for dialplans, which have no JSON: `Accept: text/plain`.

use crate::model::decision::Decision;
use axum::response::{IntoResponse, Response};

/// Decision and reason, and an end of line, which Asterisk's `CURL()` cuts off.
#[must_use]
pub(super) fn line(decision: Decision, reason: &str) -> Response {
    format!("{} {reason}\n", decision.name()).into_response()
}
