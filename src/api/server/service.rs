//! The service of a listening port: what is common to all its requests, then the services.
//!
//! Every request is held against [`crate::net::request_guard`] first, and every answer forbids caches to keep it. Requests
//! to `PermissionService` go straight to it; all others go through the axum router, which costs more than a decision.

use super::patience::{Patience, PatientBody};
use crate::api::error::{Kind, Problem};
use crate::api::filter;
use crate::api::grpc::Permission;
use crate::api::proto::permission_service_server::{PermissionServiceServer, SERVICE_NAME};
use crate::api::server::status_layer::InOurWords;
use crate::net::hosts::HostPolicy;
use crate::net::request_guard::{self, KnownHost, LARGEST_HEAD, RequestViolation, is_grpc};
use crate::net::{ActiveCall, ConnectionHandle, no_store};
use crate::telemetry::metrics::{Edge, Metrics};
use axum::Router;
use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::Either as EitherBody;
use hyper::body::{Frame, Incoming, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower::Service;

/// The service that checks.
pub type Checks = InOurWords<PermissionServiceServer<Permission>>;
/// Future of an answer of `S`.
type Coming<S> = <S as Service<Request<PatientBody<Incoming>>>>::Future;

/// The services of a port; clones are the same.
#[derive(Clone)]
pub struct Front {
    checks: Option<Checks>,
    router: Router,
    hosts: HostPolicy,
    metrics: Arc<Metrics>,
    patience: Patience,
}

/// The same for the calls of one connection.
pub struct OnConnection {
    front: Front,
    connection: filter::Connection,
    handle: ConnectionHandle,
    host: KnownHost,
}

/// Future of an answer. Its call is under way until the answer's body has ended.
pub struct ResponseFuture {
    /// None once the answer is there.
    call: Option<ActiveCall>,
    answer: PendingAnswer,
}

enum PendingAnswer {
    Refused(Box<Option<Response<axum::body::Body>>>),
    Check(Coming<Checks>),
    Route(Coming<Router>),
}

/// The body of an answer of gRPC, or of a route.
pub struct Body {
    inner: EitherBody<tonic::body::Body, axum::body::Body>,
    _call: Option<ActiveCall>,
}

impl Front {
    /// Creates the service of a port on which nothing is checked.
    #[must_use]
    pub const fn new(router: Router, hosts: HostPolicy, metrics: Arc<Metrics>, patience: Patience) -> Self {
        Self { checks: None, router, hosts, metrics, patience }
    }

    /// Adds the service that checks.
    #[must_use]
    pub fn checking(self, checks: Checks) -> Self {
        Self { checks: Some(checks), ..self }
    }

    /// Returns the service for the calls of a connection.
    #[must_use]
    pub fn on(self, connection: filter::Connection, handle: ConnectionHandle) -> OnConnection {
        OnConnection { front: self, connection, handle, host: KnownHost::default() }
    }

    /// The answer to a request that is not taken, in the shape of whoever asks.
    fn refused(&self, request: &Request<Incoming>, violation: RequestViolation) -> Response<axum::body::Body> {
        let problem = Problem::from(violation);
        let headers = request.headers();
        // Over HTTP/1.1 there are no trailers for a status of gRPC.
        let grpc = is_grpc(headers) && request.version() >= Version::HTTP_2;
        self.metrics.answers.refused(if grpc { Edge::GrpcUnary } else { Edge::Http }, problem.kind.code());
        tracing::debug!(code = problem.kind.code(), detail = %problem.detail, "a request was not taken");
        if grpc { tonic::Status::from(problem).into_http() } else { problem.response(headers) }
    }
}

impl From<RequestViolation> for Problem {
    fn from(violation: RequestViolation) -> Self {
        let (kind, detail) = match violation {
            RequestViolation::HeadTooLarge(bytes) => (
                Kind::HeadersTooLarge,
                format!(
                    "the target and the headers take {bytes} bytes, 32 for each header among them; at most {LARGEST_HEAD} are read"
                ),
            ),
            RequestViolation::RepeatedHeader(name) => {
                (Kind::RepeatedHeader, format!("{name} is given more than once; send it once"))
            }
            RequestViolation::HostMissing => {
                (Kind::MalformedHost, "the request names no host; send Host or :authority".to_owned())
            }
            RequestViolation::HostMalformed => {
                (Kind::MalformedHost, "Host or :authority is not one host with a port, or they name two".to_owned())
            }
            RequestViolation::HostNotAllowed(host) => (
                Kind::HostNotAllowed,
                format!("{host} is not a loopback name; add it to the setting hosts if the gateway is reached under it"),
            ),
            RequestViolation::CrossOrigin => {
                (Kind::CrossOrigin, "the request comes from a web page of another origin; the gateway answers none".to_owned())
            }
            RequestViolation::GrpcOverHttp1 => (Kind::GrpcNeedsHttp2, "gRPC is spoken over HTTP/2 here".to_owned()),
        };
        Self::new(kind, detail)
    }
}

/// Whether a path is one of the service that checks, known or not.
fn is_check(path: &str) -> bool {
    path.strip_prefix('/').and_then(|path| path.strip_prefix(SERVICE_NAME)).is_some_and(|rest| rest.starts_with('/'))
}

impl hyper::service::Service<Request<Incoming>> for OnConnection {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    // Neither service has a `poll_ready` that says anything but yes.
    fn call(&self, request: Request<Incoming>) -> ResponseFuture {
        let call = Some(self.handle.call());
        let front = &self.front;
        if let Err(violation) = request_guard::check(&request, &front.hosts, &self.host) {
            let refused = Box::new(Some(front.refused(&request, violation)));
            return ResponseFuture { call, answer: PendingAnswer::Refused(refused) };
        }
        let path = request.uri().path();
        let is_list = path == filter::PATH;
        let patience = if is_list { None } else { Some(front.patience.with(path)) };
        let mut request = request.map(|body| PatientBody::new(body, patience));
        let path = request.uri().path();
        if let Some(checks) = front.checks.as_ref().filter(|_| is_check(path)) {
            return ResponseFuture { call, answer: PendingAnswer::Check(checks.clone().call(request)) };
        }
        if is_list {
            request.extensions_mut().insert(self.connection.clone());
        }
        ResponseFuture { call, answer: PendingAnswer::Route(front.router.clone().call(request)) }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let answer = match &mut this.answer {
            PendingAnswer::Refused(refused) => refused.take().unwrap_or_default().map(EitherBody::Right),
            PendingAnswer::Check(checks) => ready!(Pin::new(checks).poll(context))?.map(EitherBody::Left),
            PendingAnswer::Route(router) => ready!(Pin::new(router).poll(context))?.map(EitherBody::Right),
        };
        let call = this.call.take();
        let mut answer = answer.map(|inner| Body { inner, _call: call });
        no_store::forbid(answer.headers_mut());
        Poll::Ready(Ok(answer))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = tower::BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.get_mut().inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_known_by_its_path() {
        for path in
            ["/izingate.v1.PermissionService/Check", "/izingate.v1.PermissionService/", "/izingate.v1.PermissionService/x/y"]
        {
            assert!(is_check(path), "{path}");
        }
        for path in ["/izingate.v1.PermissionService", "/izingate.v1.PermissionServices/Check", "/v1/check", "/", "", "*"] {
            assert!(!is_check(path), "{path}");
        }
    }
}
