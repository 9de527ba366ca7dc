//! A real HTTP server around a world.

use super::answer::{Outcome, Wire};
use super::clock::{Clock, Moment};
use super::deliver::{self, Receivers};
use super::route::Peer;
use super::wire::{Breakable, Sent};
use super::world::World;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// No request of İYS's methods comes near it.
const LARGEST_BODY: usize = 8 << 20;

/// A running server; it ends, and with it its connections, when dropped.
pub struct Sim {
    /// `http://127.0.0.1:PORT`.
    pub base_url: String,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

pub struct Shared {
    pub world: Mutex<World>,
    pub clock: Clock,
    pub receivers: Receivers,
    /// Something happened that may have to be pushed.
    pub changed: Notify,
}

impl Shared {
    pub fn with<R>(&self, act: impl FnOnce(&mut World, Moment) -> R) -> R {
        let now = self.clock.now();
        act(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
}

impl Sim {
    /// Serves a world on a port that the system chooses.
    pub async fn start(world: World, clock: Clock) -> Self {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0)), world, clock).await.expect("a port")
    }

    /// Serves a world on an address.
    pub async fn listen(address: SocketAddr, world: World, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let receivers = Receivers::new(&world.settings.push);
        let shared = Arc::new(Shared { world: Mutex::new(world), clock, receivers, changed: Notify::new() });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&shared)));
        tasks.spawn(deliver::run(Arc::clone(&shared)));
        Ok(Self { base_url, shared, _tasks: tasks })
    }

    /// Looks at the world or changes it, as of now.
    pub fn with<R>(&self, act: impl FnOnce(&mut World, Moment) -> R) -> R {
        let result = self.shared.with(act);
        self.shared.changed.notify_one();
        result
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
        self.shared.changed.notify_one();
    }

    pub fn now(&self) -> Moment {
        self.shared.clock.now()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    connections.spawn(connection(stream, peer, Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    let reset = Arc::new(AtomicBool::new(false));
    let io = TokioIo::new(Breakable::new(stream, Arc::clone(&reset)));
    let service = service_fn(|request| answer(request, peer, Arc::clone(&shared), Arc::clone(&reset)));
    // An error here is a caller that left, or a fault on demand.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    shared: Arc<Shared>,
    reset: Arc<AtomicBool>,
) -> io::Result<Response<Sent>> {
    let (mut head, body) = request.into_parts();
    head.extensions.insert(Peer(peer.ip()));
    let body = Limited::new(body, LARGEST_BODY).collect().await.map_err(io::Error::other)?.to_bytes();
    let request = Request::from_parts(head, body);
    let outcome = shared.with(|world, now| world.handle(&request, now));
    shared.changed.notify_one();
    let Outcome { response, wire, probe } = outcome;
    let response = match probe {
        None => response,
        Some(probe) => {
            let verdict = shared.receivers.probe(&probe).await;
            shared.with(|world, now| world.probed(&probe, verdict, now))
        }
    };
    send(response, wire, &reset).await
}

async fn send(response: Response<Bytes>, wire: Option<Wire>, reset: &AtomicBool) -> io::Result<Response<Sent>> {
    match wire {
        None => {}
        Some(Wire::Delay(by)) => tokio::time::sleep(by).await,
        Some(Wire::Cut(after)) => return Ok(response.map(|body| Sent::cut(&body, after))),
        Some(Wire::Reset) => {
            reset.store(true, Ordering::Relaxed);
            return Err(io::Error::other("reset on demand"));
        }
    }
    Ok(response.map(Sent::whole))
}
