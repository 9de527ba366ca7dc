//! Answers that no cache keeps: a decision holds for the moment in which it was made, and an ALLOW that is kept stands
//! against the RET that follows it.

use http::{HeaderMap, HeaderValue, header};

/// What decides an answer beside its method and path: for a cache that stores what it was told not to.
const VARY: HeaderValue =
    HeaderValue::from_static("accept, accept-language, authorization, content-type, izingate-caller, origin, sec-fetch-site");

/// Forbids every cache to keep the answer with these headers.
pub fn forbid(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, VARY);
}
