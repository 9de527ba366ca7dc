//! Answers that no cache keeps: a decision holds for the moment in which it was made, and an ALLOW that is kept stands
//! against the RET that follows it.

use http::{HeaderMap, HeaderValue, header};

/// Forbids every cache to keep the answer with these headers. `Vary: *` is for one that keeps it all the same: such an answer
/// is never that to another request, whatever it is that decides (form, language, caller, host, the moment).
pub fn forbid(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("*"));
}
