//! The admin port: whether we live, whether to send calls here, what is counted, where we stand.

use super::gateway::Gateway;
use super::http::parameters;
use super::json::{self, Document, StateBody};
use super::state;
use crate::api::error::{Kind, Problem};
use crate::api::server::patience::Patience;
use crate::api::server::service::Front;
use crate::net::hosts::HostPolicy;
use crate::net::request_guard::is_grpc;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::{HeaderMap, StatusCode, header};
use std::net::SocketAddr;
use std::sync::Arc;

/// Reads into the metrics what others count, before a page of them is printed.
pub type Refresh = Arc<dyn Fn() + Send + Sync>;

/// The services of the admin port, which answers to `hosts`; whoever asks for what `public` does is told where that is.
pub fn routes(gateway: Gateway, hosts: HostPolicy, public: SocketAddr, patience: Patience, refresh: Refresh) -> Front {
    let counted = Arc::clone(&gateway.parts().metrics);
    let router = paths(refresh).into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    let router = router.fallback(move |headers: HeaderMap| async move { elsewhere(public, &headers) }).with_state(gateway);
    Front::new(router, hosts, counted, patience)
}

/// Returns the paths of the port, each with the handlers of its methods.
pub fn paths(refresh: Refresh) -> [(&'static str, MethodRouter<Gateway>); 4] {
    [
        ("/livez", get(|| async { "ok\n" }).fallback(wrong_method)),
        ("/readyz", get(ready).fallback(wrong_method)),
        ("/metrics", get(move |gateway| async move { metrics(gateway, &refresh) }).fallback(wrong_method)),
        ("/v1/state", get(node_state).fallback(wrong_method)),
    ]
}

async fn wrong_method() -> Problem {
    Problem::new(Kind::MethodNotAllowed, "the admin port is only read")
}

/// The answer to what this port does not do, in the shape of whoever asks.
fn elsewhere(public: SocketAddr, headers: &HeaderMap) -> Response {
    let detail = format!(
        "this is the admin port, which has /livez, /readyz, /metrics and /v1/state; checks and commands are answered on {public}"
    );
    let problem = Problem::new(Kind::AdminPort, detail);
    if is_grpc(headers) { tonic::Status::from(problem).into_http() } else { problem.response(headers) }
}

async fn ready(State(gateway): State<Gateway>) -> Response {
    match gateway.ready() {
        Ok(()) => "ok\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

fn metrics(State(gateway): State<Gateway>, refresh: &Refresh) -> Response {
    refresh();
    let body = gateway.parts().metrics.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response()
}

async fn node_state(State(gateway): State<Gateway>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let page = json::state_page(parameters(query)?)?;
    Ok(Document(StateBody::new(&state::read(&gateway, page).await?)).into_response())
}
