//! The description of the HTTP API: an OpenAPI 3.1 document for programs, and the same as a page for people.
//!
//! `tests/it/openapi` holds the document against the routes, the catalogue of errors and the answers of a gateway, and
//! prints the page from it.

use axum::response::IntoResponse;
use http::header;

/// OpenAPI document.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// HTML page, printed from the document: `UPDATE_API_PAGE=1 cargo test --test it openapi` writes it.
pub const PAGE: &str = include_str!("openapi.html");

/// Rule for browsers that keeps the page from loading or running anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}

pub(super) async fn page() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, PAGE)
}
