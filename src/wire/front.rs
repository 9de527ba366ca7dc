//! What stands behind a port: checks go straight to their service, all else through the router.
//!
//! For a router a call is a pattern with parameters, extensions and a few more boxes: more work than the decision.

use super::filter::{self, Connection};
use super::grpc::Permission;
use super::proto::permission_service_server::{PermissionServiceServer, SERVICE_NAME};
use super::words::InOurWords;
use axum::Router;
use futures_util::TryFutureExt;
use futures_util::future::{Either, MapOk};
use http::{Request, Response};
use http_body_util::Either as EitherBody;
use hyper::body::Incoming;
use std::convert::Infallible;
use tower::Service;

/// The service that checks.
pub type Checks = InOurWords<PermissionServiceServer<Permission>>;
/// An answer of gRPC, or of a route.
pub type Body = EitherBody<tonic::body::Body, axum::body::Body>;
/// An answer to come.
type Coming<S, B> = MapOk<<S as Service<Request<Incoming>>>::Future, fn(Response<B>) -> Response<Body>>;

/// What stands behind a port; clones are the same.
#[derive(Clone)]
pub struct Front {
    checks: Option<Checks>,
    router: Router,
}

/// The same for the calls of one connection.
pub struct OnConnection {
    front: Front,
    connection: Connection,
}

impl Front {
    /// Of a port on which nothing is checked.
    #[must_use]
    pub const fn new(router: Router) -> Self {
        Self { checks: None, router }
    }

    /// The same with checks.
    #[must_use]
    pub fn checking(self, checks: Checks) -> Self {
        Self { checks: Some(checks), ..self }
    }

    /// Takes the calls of a connection.
    #[must_use]
    pub const fn on(self, connection: Connection) -> OnConnection {
        OnConnection { front: self, connection }
    }
}

/// Whether a path is one of the service that checks, known or not.
fn is_check(path: &str) -> bool {
    path.strip_prefix('/').and_then(|path| path.strip_prefix(SERVICE_NAME)).is_some_and(|rest| rest.starts_with('/'))
}

impl hyper::service::Service<Request<Incoming>> for OnConnection {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<Coming<Checks, tonic::body::Body>, Coming<Router, axum::body::Body>>;

    // Neither service has a `poll_ready` that says anything but yes.
    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let Front { checks, router } = &self.front;
        let path = request.uri().path();
        if let Some(checks) = checks.as_ref().filter(|_| is_check(path)) {
            return Either::Left(checks.clone().call(request).map_ok(|answer| answer.map(EitherBody::Left)));
        }
        if path == filter::PATH {
            request.extensions_mut().insert(self.connection.clone());
        }
        Either::Right(router.clone().call(request).map_ok(|answer| answer.map(EitherBody::Right)))
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
