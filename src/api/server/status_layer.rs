//! gRPC services in our words: what is no gRPC is told so, and a status that tonic makes itself gets a
//! stable code like ours.
//!
//! It wraps a service before it becomes a route: as a layer of the router it would cost every call two
//! more boxed routes, and a decision is short.

use crate::api::error::{Kind, Problem, of_tonic};
use crate::net::request_guard::{Spoken, spoken};
use axum::response::IntoResponse;
use http::{Request, Response};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

/// A gRPC service that speaks our words.
#[derive(Clone)]
pub struct InOurWords<S>(pub S);

/// The answer to come.
pub enum Answering<F> {
    /// The service was not asked.
    Refused(Ready<Result<Response<Body>, Infallible>>),
    /// It was.
    Asked(F),
}

impl<S: NamedService> NamedService for InOurWords<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B> Service<Request<B>> for InOurWords<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    // tonic boxes the futures of its services.
    S::Future: Unpin,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let refused = |text| Problem::new(Kind::UnsupportedMediaType, text);
        let response = match spoken(request.headers()) {
            Spoken::Grpc => return Answering::Asked(self.0.call(request)),
            Spoken::GrpcOfOtherMessages => {
                tonic::Status::from(refused("the messages are protobuf: send application/grpc")).into_http()
            }
            Spoken::GrpcWeb => {
                let text = "gRPC-Web is not spoken here: send application/grpc over HTTP/2, or JSON to /v1/check";
                refused(text).into_response().map(Body::new)
            }
            Spoken::Other => refused("this path is gRPC's: send application/grpc").into_response().map(Body::new),
        };
        Answering::Refused(ready(Ok(response)))
    }
}

impl<F> Future for Answering<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>> + Unpin,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Refused(response) => Pin::new(response).poll(context),
            Self::Asked(answer) => Pin::new(answer).poll(context).map_ok(with_our_code),
        }
    }
}

fn with_our_code(response: Response<Body>) -> Response<Body> {
    match tonic::Status::from_header_map(response.headers()) {
        Some(status) if status.code() != tonic::Code::Ok => of_tonic(status).into_http(),
        _ => response,
    }
}
