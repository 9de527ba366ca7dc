//! The HTTP paths of the public port. ALLOW, DENY and DEFER are all 200.

use super::body::{Media, Sent, Shared};
use super::gateway::Gateway;
use super::json::{self, AnswerBody, BatchAnswerBody, BatchBody, CheckBody, Document, ExplanationBody, ReportBody};
use super::negotiation::prefers_text;
use super::{convert, filter, openapi};
use crate::api::check::Asked;
use crate::api::consent_service;
use crate::api::consent_service::Export;
use crate::api::error::{Kind, Problem};
use crate::api::negotiation::language;
use crate::api::plain_text::line;
use crate::model::brand::BrandCode;
use crate::model::consent::fields::Fields;
use crate::telemetry::metrics::Edge;
use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

const WRONG_METHOD: &str = "the path has no such method; the Allow header names those that it has";

/// Returns the paths of the port, each with the handlers of its methods.
pub fn paths() -> [(&'static str, MethodRouter<Shared>); 7] {
    [
        ("/v1/check", get(check_query).post(check_body).head(neither_get_nor_post).fallback(neither_get_nor_post)),
        ("/v1/check/batch", post(check_batch).fallback(wrong_method)),
        (filter::PATH, post(filter::filter).fallback(wrong_method)),
        ("/v1/movements", post(movements).fallback(wrong_method)),
        ("/v1/explain", get(explain).fallback(wrong_method)),
        ("/openapi.json", get(openapi::document).fallback(wrong_method)),
        ("/docs", get(openapi::page).fallback(wrong_method)),
    ]
}

/// The routes; a body of more than `body_bytes` is refused.
pub fn routes(gateway: Gateway, body_bytes: usize) -> Router {
    let router = paths().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    router.layer(DefaultBodyLimit::max(body_bytes)).with_state(Shared { gateway, body_bytes })
}

async fn wrong_method(headers: HeaderMap) -> Response {
    Problem::new(Kind::MethodNotAllowed, WRONG_METHOD).response(&headers)
}

/// A body, or why it was not read.
type Body = Result<Sent, Problem>;

fn parse<T: serde::de::DeserializeOwned>(body: Body) -> Result<T, Problem> {
    json::read(body?.object()?)
}

/// The parameters of a query, as a form writes them: `+` is a blank, `%XX` is decoded. In a recipient `+` is what is meant
/// ([`plus_as_meant`]).
pub(super) fn parameters(query: Option<String>) -> Result<Vec<(String, String)>, Problem> {
    let query = query.unwrap_or_default();
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map(Cow::into_owned);
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let malformed = |_| Problem::new(Kind::MalformedQuery, "the query is not UTF-8");
        let name = decode(&blanks(name)).map_err(malformed)?;
        let value = if name == "recipient" { plus_as_meant(value) } else { blanks(value) };
        Ok((name, decode(&value).map_err(malformed)?))
    });
    pairs.collect()
}

/// The text with a blank for each `+`, before it is decoded: `%2B` is a plus.
fn blanks(text: &str) -> Cow<'_, str> {
    if text.contains('+') { text.replace('+', " ").into() } else { text.into() }
}

/// In a query `+` may stand for a blank or for itself. In an e-mail it is a label's; in a phone it is itself in front and
/// a blank elsewhere. `%2B` is itself everywhere, so it is the text before it is decoded that is looked at.
fn plus_as_meant(recipient: &str) -> Cow<'_, str> {
    let is_email = recipient.contains('@') || recipient.contains("%40");
    match recipient.char_indices().nth(1) {
        Some((second, _)) if !is_email && recipient[second..].contains('+') => {
            let (first, rest) = recipient.split_at(second);
            format!("{first}{}", rest.replace('+', " ")).into()
        }
        _ => recipient.into(),
    }
}

/// Refuses a query beside a body: of a field that stands in both, one would be passed over.
fn no_parameters(query: Option<String>) -> Result<(), Problem> {
    if query.is_none_or(|query| query.is_empty()) {
        return Ok(());
    }
    Err(Problem::new(Kind::MalformedQuery, "a question with a body takes no parameters; put every field into the body"))
}

fn question_of(query: Option<String>) -> Result<CheckBody, Problem> {
    let mut body = CheckBody::default();
    for (name, value) in parameters(query)? {
        body.set(&name, value)?;
    }
    Ok(body)
}

/// Counts a refused call before it is told.
fn refused(gateway: &Gateway, edge: Edge, headers: &HeaderMap, problem: Problem) -> Response {
    gateway.parts().metrics.answers.refused(edge, problem.kind.code());
    problem.response(headers)
}

/// Refuses a method of `/v1/check`. HEAD is one of them: it would make a decision that no caller reads, and leave evidence
/// of it.
async fn neither_get_nor_post(method: Method, headers: HeaderMap) -> Response {
    let head = "a question is asked with GET or POST: HEAD shows no answer, and none is recorded";
    let detail = if method == Method::HEAD { head } else { WRONG_METHOD };
    let mut response = Problem::new(Kind::MethodNotAllowed, detail).response(&headers);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,POST"));
    response
}

async fn check_query(State(gateway): State<Gateway>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    check(&gateway, Edge::HttpGet, &headers, question_of(query)).await
}

async fn check_body(State(gateway): State<Gateway>, headers: HeaderMap, RawQuery(query): RawQuery, body: Body) -> Response {
    check(&gateway, Edge::Http, &headers, no_parameters(query).and_then(|()| parse(body))).await
}

async fn check(gateway: &Gateway, edge: Edge, headers: &HeaderMap, body: Result<CheckBody, Problem>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(problem) => return refused(gateway, edge, headers, problem),
    };
    let asked = body.question().and_then(|question| Ok((question, gateway.caller(headers)?)));
    let ((scope, recipient), caller) = match asked {
        Ok(asked) => asked,
        Err(problem) => return refused(gateway, edge, headers, problem),
    };
    let revision_reached = gateway.await_revision(body.min_revision.map_or(0, |revision| revision.0), None).await;
    let reference = body.reference.as_deref();
    let asked = Asked { caller, edge, reference: reference.unwrap_or_default(), revision_reached };
    let answer = gateway.check(&asked, &scope, recipient).await;
    if prefers_text(headers) {
        return line(answer.verdict.decision, answer.verdict.reason.name());
    }
    Document(AnswerBody::new(&answer, reference, language::accepted(headers))).into_response()
}

async fn check_batch(State(gateway): State<Gateway>, headers: HeaderMap, RawQuery(query): RawQuery, body: Body) -> Response {
    let asked = no_parameters(query).and_then(|()| parse::<BatchBody>(body)).and_then(BatchBody::question);
    let (batch, caller) = match asked.and_then(|batch| Ok((batch, gateway.caller(&headers)?))) {
        Ok(asked) => asked,
        Err(problem) => return refused(&gateway, Edge::HttpBatch, &headers, problem),
    };
    let revision_reached = gateway.await_revision(batch.min_revision, None).await;
    let reference = batch.reference.as_deref();
    let asked = Asked { caller, edge: Edge::HttpBatch, reference: reference.unwrap_or_default(), revision_reached };
    let (answer, counts) = gateway.check_batch(&asked, &batch.scope, batch.addresses.as_recipients()).await;
    Document(BatchAnswerBody::new(&answer, &convert::batch_counts(&counts), reference)).into_response()
}

async fn explain(State(gateway): State<Gateway>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let asked = question_of(query)?;
    let (scope, recipient) = asked.question()?;
    gateway.require_loaded()?;
    Ok(Document(ExplanationBody::new(&gateway.explain(&scope, recipient).await?)).into_response())
}

/// The parameters of `POST /v1/movements`.
pub const MOVEMENTS_PARAMETERS: [&str; 1] = ["brandCode"];

/// The brand of movements that name none: `?brandCode=`.
fn brand_of(query: Option<String>) -> Result<Option<BrandCode>, Problem> {
    let mut brand = None;
    for (name, value) in parameters(query)? {
        if name != MOVEMENTS_PARAMETERS[0] {
            return Err(json::unknown_parameter(&name, &MOVEMENTS_PARAMETERS));
        }
        if brand.is_some() {
            return Err(Problem::new(Kind::MalformedQuery, "brandCode is given twice").of_field("brandCode"));
        }
        brand = Some(json::brand(Some(&json::Code::Text(value)))?);
    }
    Ok(brand)
}

async fn movements(State(gateway): State<Gateway>, RawQuery(query): RawQuery, body: Body) -> Result<Response, Problem> {
    let brand = brand_of(query)?;
    let sent = body?;
    let items = match sent.media {
        Media::Json => json::movements(sent.object()?, false)?,
        Media::Lines => json::movements(&sent.bytes, true)?,
    };
    let raw = items.iter().map(|item| item.as_ref().map(Fields::raw));
    let report = consent_service::apply(&gateway, brand, Export::default(), raw).await?;
    // Whoever looks at the status alone is not to take a refusal for recorded of which nothing was.
    let status = if report.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Document(ReportBody::new(&report))).into_response())
}
