//! The admin port: whether we live, whether to send calls here, what is counted, where we stand.

use super::front::Front;
use super::gateway::Gateway;
use super::http::parameters;
use super::json::{self, Document, StateBody};
use super::state;
use super::status::{Kind, Problem};
use crate::net::hosts::HostPolicy;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use std::sync::Arc;

/// The services of the admin port, which answers to `hosts`.
pub fn routes(gateway: Gateway, hosts: HostPolicy) -> Front {
    let counted = Arc::clone(&gateway.parts().metrics);
    let wrong_method = || async { Problem::new(Kind::MethodNotAllowed, "the admin port is only read") };
    let router = Router::new()
        .route("/livez", get(|| async { "ok\n" }).fallback(wrong_method))
        .route("/readyz", get(ready).fallback(wrong_method))
        .route("/metrics", get(metrics).fallback(wrong_method))
        .route("/v1/state", get(node_state).fallback(wrong_method))
        .fallback(|| async { Problem::new(Kind::NotFound, "the admin port has /livez, /readyz, /metrics and /v1/state") })
        .with_state(gateway);
    Front::new(router, hosts, counted)
}

async fn ready(State(gateway): State<Gateway>) -> Response {
    match gateway.ready() {
        Ok(()) => "ok\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

async fn metrics(State(gateway): State<Gateway>) -> Response {
    let body = gateway.parts().metrics.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response()
}

async fn node_state(State(gateway): State<Gateway>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let page = json::state_page(parameters(query)?)?;
    Ok(Document(StateBody::new(&state::read(&gateway, page).await?)).into_response())
}
