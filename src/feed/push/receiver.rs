//! The port on which İYS pushes: TLS alone, one path, bounded in everything.

use super::body::{self, BadBody};
use super::{Certificate, Credentials};
use crate::feed::supervise::{Board, Fault};
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::model::consent::movement::{Context, Refusal};
use crate::model::feed::Gap;
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::time::IysTime;
use crate::net::hosts::HostPolicy;
use crate::net::payload::{self, UnreadableBody};
use crate::net::request_guard::{self, KnownHost, RequestViolation};
use crate::net::{self, ConnectionHandle, Life, no_store};
use crate::ports::{FeedNote, MovementSink};
use crate::sys::clock::Clock;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Pushes that are read or wait for the writer at once: with a body each, at most 512 MB, and only of who has
/// credentials. The next one is told to come again.
const WAITING: usize = 64;
/// Bytes of a body at most.
const BODY: usize = 8 << 20;
/// A client that is not through with the handshake by then is cut off.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A client that sends no whole header in this time is cut off, a connection at rest too.
const HEADER: Duration = Duration::from_secs(30);
/// The same for the body of a push.
const WHOLE: Duration = Duration::from_secs(30);
/// Bytes of a refused body that are read for as long as this, so that its sender hears why.
const UNHEARD: (usize, Duration) = (64 << 10, Duration::from_secs(2));

/// What a receiver works with.
pub struct Desk {
    /// Takes in what comes.
    pub sink: Arc<dyn MovementSink>,
    /// Replaces addresses, and makes the passwords.
    pub pseudonymizer: Pseudonymizer,
    /// Whether pushes of a brand and channel are taken.
    pub standing: Box<dyn Fn(BrandCode, Channel) -> Standing + Send + Sync>,
    /// Tells the moment of receipt.
    pub clock: Clock,
}

/// Whether pushes of a brand and channel are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is taken in yet.
    Loading,
    /// The feed may read them.
    Followed {
        /// Everything that İYS registered before it is on file.
        known_to: IysTime,
    },
    /// It may not, or does not know the brand.
    NotFollowed,
}

/// What was counted.
#[derive(Debug, Default)]
pub struct Counters {
    /// Pushes that were taken in.
    pub pushes: AtomicU64,
    /// Movements of them.
    pub movements: AtomicU64,
    /// Movements that are unreadable, or of another brand or channel.
    pub refused: AtomicU64,
    /// Calls without the right credentials, or for what is not followed.
    pub unauthorised: AtomicU64,
    /// Pushes that found no room.
    pub full: AtomicU64,
    /// Pushes that could not be taken in: still loading, or the writer refused.
    pub failed: AtomicU64,
}

/// A port that is listened on, and whose callers still wait.
pub struct Receiver {
    listener: TcpListener,
    certificate: Certificate,
    /// Connections at once: İYS is the only caller. Each costs some 60 kB at rest.
    max_connections: usize,
}

struct Shared {
    desk: Desk,
    room: Semaphore,
    counters: Arc<Counters>,
}

impl Receiver {
    /// Listens on an address. From here on SIGHUP does not end the process: it has the certificate read again.
    pub fn bind(address: SocketAddr, certificate: Certificate, max_connections: usize) -> std::io::Result<Self> {
        drop(signal(SignalKind::hangup())?);
        Ok(Self { listener: net::listen(address)?, certificate, max_connections })
    }

    /// Where it listens: what port 0 became.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The certificate that it serves; clones follow its renewals.
    #[must_use]
    pub fn certificate(&self) -> Certificate {
        self.certificate.clone()
    }

    /// Answers for the length of `life`, as tasks of `loops` that `board` shows; what it counts.
    #[must_use]
    pub fn start(self, desk: Desk, board: &Board, life: &Life, loops: &TaskTracker) -> Arc<Counters> {
        let Self { listener, certificate, max_connections } = self;
        let counters = Arc::new(Counters::default());
        let shared = Shared { desk, room: Semaphore::new(WAITING), counters: Arc::clone(&counters) };
        let (listener, router) = (Arc::new(listener), router(Arc::new(shared)));
        let kept = certificate.clone();
        let keep = board.keep("push certificate".to_owned(), life.stop.clone(), move || kept.clone().keep());
        loops.spawn(keep);
        let each = life.clone();
        let work = move || serve(Arc::clone(&listener), max_connections, certificate.clone(), router.clone(), each.clone());
        loops.spawn(board.keep("push receiver".to_owned(), life.stop.clone(), work));
        counters
    }
}

fn router(shared: Arc<Shared>) -> Router {
    let routes = Router::new().route("/iys/{brand}/{type}", post(receive)).with_state(shared);
    routes.layer(DefaultBodyLimit::max(BODY))
}

async fn serve(
    listener: Arc<TcpListener>,
    max_connections: usize,
    certificate: Certificate,
    router: Router,
    life: Life,
) -> Fault {
    let each = |stream, handle| {
        let (acceptor, router, life) = (TlsAcceptor::from(certificate.current()), router.clone(), life.clone());
        async move { connection(stream, handle, acceptor, router, &life).await }
    };
    net::accept(&listener, max_connections, &life, each).await;
    Fault::stop(&"it is shutting down")
}

async fn connection(stream: TcpStream, handle: ConnectionHandle, acceptor: TlsAcceptor, router: Router, life: &Life) {
    let handshake = tokio::select! {
        handshake = timeout(HANDSHAKE, acceptor.accept(stream)) => handshake,
        () = life.stop.cancelled() => return,
        () = handle.asked_to_end() => return,
    };
    let stream = match handshake {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "push: a connection without TLS"),
        Err(_) => return tracing::debug!("push: a connection that does not speak"),
    };
    let of_connection = handle.clone();
    let service = service_fn(move |request| answered(router.clone(), of_connection.clone(), request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER).half_close(true);
    net::until_end(builder.serve_connection(TokioIo::new(stream), service), &handle, life).await;
}

/// The answer to a request, which no cache keeps. İYS reaches the port under whatever name it was given, so the host is
/// not looked at; a web page has no business here.
async fn answered(
    router: Router,
    connection: ConnectionHandle,
    request: http::Request<Incoming>,
) -> Result<Response, Infallible> {
    let _call = connection.call();
    let mut response = match request_guard::check(&request, &HostPolicy::any(), &KnownHost::default()) {
        Ok(()) => router.oneshot(request.map(Body::new)).await?,
        Err(RequestViolation::HeadTooLarge(_)) => {
            refuse(request.map(Body::new), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).await
        }
        Err(RequestViolation::CrossOrigin) => refuse(request.map(Body::new), StatusCode::FORBIDDEN).await,
        Err(_) => refuse(request.map(Body::new), StatusCode::BAD_REQUEST).await,
    };
    no_store::forbid(response.headers_mut());
    Ok(response)
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    Path((brand, channel)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (Some(brand), Some(channel)) = (BrandCode::parse(&brand), Channel::from_name(&channel)) else {
        return refuse(request, StatusCode::NOT_FOUND).await;
    };
    let Shared { desk, room, counters } = &*shared;
    // Before anything is looked up: whoever has no credentials learns nothing of what is followed.
    let credentials = Credentials::of(desk.pseudonymizer.push_keys(), brand, channel);
    if !credentials.are_in(request.headers().get(header::AUTHORIZATION)) {
        count(&counters.unauthorised, 1);
        return refuse(request, StatusCode::UNAUTHORIZED).await;
    }
    let known_to = match (desk.standing)(brand, channel) {
        Standing::Followed { known_to } => known_to,
        Standing::Loading => {
            count(&counters.failed, 1);
            return refuse(request, StatusCode::SERVICE_UNAVAILABLE).await;
        }
        Standing::NotFollowed => {
            count(&counters.unauthorised, 1);
            return refuse(request, StatusCode::FORBIDDEN).await;
        }
    };
    if let Err(unreadable) = payload::check_headers(request.headers()) {
        tracing::warn!(brand = brand.get(), %channel, reason = %unreadable, "push: a body cannot be read");
        let mut response = refuse(request, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
        if matches!(unreadable, UnreadableBody::Encoded(_)) {
            response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(payload::IDENTITY));
        }
        return response;
    }
    let Ok(_turn) = room.try_acquire() else {
        count(&counters.full, 1);
        return refuse(request, StatusCode::SERVICE_UNAVAILABLE).await;
    };
    match timeout(WHOLE, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => {
            take(desk, counters, (brand, channel), known_to, &body).await.map_or_else(answer, |()| answer(StatusCode::OK))
        }
        Ok(Err(unread)) => answer(unread.status()),
        Err(_) => answer(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Takes a body in; resolves when it is durable and visible. What is unreadable in it does not keep the rest
/// back, nor is the push refused: İYS would send it again for ever. What may be a refusal leaves a gap in the same
/// batch, so that the brand is STALE before İYS hears that its push arrived. A body of
/// which nothing can be read is refused all the same: its sender would take it for delivered.
async fn take(
    desk: &Desk,
    counters: &Counters,
    (brand, channel): (BrandCode, Channel),
    known_to: IysTime,
    body: &Bytes,
) -> Result<(), StatusCode> {
    let body = payload::text(body).map_err(|unreadable| {
        tracing::warn!(brand = brand.get(), %channel, reason = %unreadable, "push: a body cannot be read");
        StatusCode::BAD_REQUEST
    })?;
    let now = desk.clock.receipt();
    let context = Context { pseudonymizer: &desk.pseudonymizer, brand: Some(brand), now, export_as_of: None };
    let pushed = body::read(&body, channel, &context, known_to).map_err(|bad| match bad {
        BadBody::Malformed => StatusCode::BAD_REQUEST,
        BadBody::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
    })?;
    if pushed.tests > 0 {
        tracing::info!(brand = brand.get(), %channel, "push: İYS's test record came and was dropped");
    }
    if let Some(first) = pushed.refused.first() {
        count(&counters.refused, pushed.refused.len() as u64);
        let (many, code) = (pushed.refused.len(), first.code());
        tracing::warn!(brand = brand.get(), %channel, movements = many, code, "push: movements are unreadable");
    }
    let gap = pushed.gap(brand, now);
    if let Some(Gap { from, to, .. }) = gap {
        tracing::warn!(brand = brand.get(), %from, %to, "push: what is unreadable may be a refusal; the brand is STALE until its gap is healed");
    }
    let movements = pushed.rows;
    let nothing_read = movements == 0 && pushed.tests == 0 && !pushed.refused.is_empty();
    let unreadable = nothing_read && pushed.refused.iter().all(|refusal| *refusal == Refusal::BadLine);
    if movements > 0 || gap.is_some() {
        let notes = [Some(FeedNote::Pushed(brand, now)), gap.map(FeedNote::Missed)];
        let taken = desk.sink.follow(pushed.movements, notes.into_iter().flatten().collect()).await;
        taken.map_err(|_| {
            count(&counters.failed, 1);
            StatusCode::SERVICE_UNAVAILABLE
        })?;
        count(&counters.movements, movements);
    }
    if unreadable {
        return Err(StatusCode::BAD_REQUEST);
    }
    count(&counters.pushes, 1);
    Ok(())
}

/// An answer to a call whose body is of no interest.
async fn refuse(request: Request, status: StatusCode) -> Response {
    // Hanging up on a sender in the middle of its body would look to it like a broken line.
    let (most, patience) = UNHEARD;
    let _ = timeout(patience, Limited::new(request.into_body(), most).collect()).await;
    answer(status)
}

fn answer(status: StatusCode) -> Response {
    let mut response = (status, status.canonical_reason().unwrap_or_default()).into_response();
    let name = match status {
        StatusCode::UNAUTHORIZED => (header::WWW_AUTHENTICATE, "Basic realm=\"izingate\", charset=\"UTF-8\""),
        StatusCode::SERVICE_UNAVAILABLE => (header::RETRY_AFTER, "1"),
        _ => return response,
    };
    response.headers_mut().insert(name.0, HeaderValue::from_static(name.1));
    response
}

fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}
