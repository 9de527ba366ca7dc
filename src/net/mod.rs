//! Ports: connections accepted with bounds and ended in order, whatever is spoken on them, and what every request and
//! every answer of a port has in common.

pub mod connections;
pub mod endpoint;
pub mod hosts;
pub mod no_store;
pub mod payload;
pub mod request_guard;
pub mod streams;

pub use connections::{ActiveCall, Connection, ConnectionHandle};

use connections::Seats;
use hyper_util::server::graceful::GracefulConnection;
use std::fmt::Display;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A connection of HTTP/1.1 on which no whole head of a request came for so long is closed, between two requests as well.
/// Who keeps connections to a gateway keeps them for less: a request on its way while the end of the connection is on the
/// other meets nobody.
pub const IDLE_LIMIT: Duration = Duration::from_secs(10);

/// Pause after an accept that failed for a cause of this machine: most often no file descriptors, which passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that the kernel completes before they are accepted. Where a burst does not fit, clients wait for a second
/// until they try again; the kernel takes no more than `net.core.somaxconn`, 4096 by default.
const BACKLOG: u32 = 4096;

/// When a port stops and what waits for its connections.
#[derive(Clone)]
pub struct Life {
    /// From when on nothing is accepted and open connections take no further call.
    pub stop: CancellationToken,
    /// From when on calls under way are dropped.
    pub cut: CancellationToken,
    /// Holds every connection until it has ended.
    pub tracker: TaskTracker,
    /// How many connections are open.
    pub open: Arc<AtomicU64>,
}

/// Listens on an address, with room for a burst of newcomers.
///
/// # Errors
/// What the system says.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts for the length of `life`, at most `max` connections at once. A newcomer that finds no seat gets that of the
/// connection that has been idle for longest. Each is served by `serve` in a task of its own.
pub async fn accept<S: Future<Output = ()> + Send + 'static>(
    listener: &TcpListener,
    max: usize,
    life: &Life,
    serve: impl Fn(TcpStream, ConnectionHandle) -> S,
) {
    let seats = Seats::new(max, Arc::clone(&life.open));
    let mut failing = false;
    let next = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    failing = false;
                    begin(stream, seats.take().await, life, &serve);
                }
                Err(error) if is_of_the_peer(&error) => tracing::debug!(%error, "a connection was gone before it was accepted"),
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "connections cannot be accepted; this is tried again until it passes");
                    }
                    // What is missing may be a descriptor, which an idle connection can give back.
                    seats.end_longest_idle();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = life.stop.cancelled() => {}
        () = next => {}
    }
}

fn begin<S: Future<Output = ()> + Send + 'static>(
    stream: TcpStream,
    connection: Connection,
    life: &Life,
    serve: &impl Fn(TcpStream, ConnectionHandle) -> S,
) {
    if let Err(error) = stream.set_nodelay(true) {
        // It is gone already, which the first read will say.
        tracing::debug!(%error, "a connection was gone when it was accepted");
    }
    let served = serve(stream, connection.handle());
    life.tracker.spawn(async move {
        // Dropped however this ends, a panic included.
        let _connection = connection;
        served.await;
    });
}

/// Whether an accept failed for the sake of one connection alone: accept(2) hands over errors of the network that are
/// pending on it. The next connection has nothing to do with it.
fn is_of_the_peer(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let network = [Errno::PROTO, Errno::NOPROTOOPT, Errno::HOSTDOWN, Errno::NONET, Errno::OPNOTSUPP, Errno::PERM];
    let kinds = [
        ErrorKind::ConnectionAborted,
        ErrorKind::ConnectionReset,
        ErrorKind::Interrupted,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkUnreachable,
        ErrorKind::NetworkDown,
    ];
    kinds.contains(&error.kind()) || network.iter().any(|errno| Some(errno.raw_os_error()) == error.raw_os_error())
}

/// Serves a connection to its end: once `life` stops, or a newcomer needs its seat, it takes no further call, and it is
/// dropped when what is under way is cut.
pub async fn until_end<C: GracefulConnection<Error: Display>>(connection: C, handle: &ConnectionHandle, life: &Life) {
    let mut connection = pin!(connection);
    // In this order: every call comes through here, and seldom is it the end.
    let served = tokio::select! {
        biased;
        served = connection.as_mut() => served,
        () = life.cut.cancelled() => return,
        () = life.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                served = connection.as_mut() => served,
                () = life.cut.cancelled() => return,
            }
        }
        () = handle.asked_to_end() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                served = connection.as_mut() => served,
                () = after_grace(handle) => return,
                () = life.cut.cancelled() => return,
            }
        }
    };
    if let Err(error) = served {
        // A client that breaks off is its own business; the text names no content.
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The end of the time that an idle connection has; a call that came in the last moment is still answered.
async fn after_grace(handle: &ConnectionHandle) {
    tokio::time::sleep(handle.grace()).await;
    handle.until_idle().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;
    use std::sync::atomic::Ordering;

    #[tokio::test]
    async fn a_connection_whose_task_panics_gives_its_seat_back_and_is_not_counted_any_more() {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let life = Life {
            stop: CancellationToken::new(),
            cut: CancellationToken::new(),
            tracker: TaskTracker::new(),
            open: Arc::default(),
        };
        let accepting = accept(&listener, 1, &life, |_, _| async { panic!("a fault of ours") });
        let clients = async {
            for _ in 0..3 {
                let stream = TcpStream::connect(address).await.unwrap();
                // It is hung up on.
                let mut byte = [0];
                while !matches!(stream.try_read(&mut byte), Ok(0)) {
                    stream.readable().await.unwrap();
                }
            }
            life.stop.cancel();
        };
        tokio::join!(accepting, clients);
        life.tracker.close();
        life.tracker.wait().await;
        assert_eq!(life.open.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn an_accept_that_failed_for_one_peer_holds_nobody_up() {
        let of = |errno: Errno| is_of_the_peer(&io::Error::from_raw_os_error(errno.raw_os_error()));
        for errno in
            [Errno::CONNABORTED, Errno::CONNRESET, Errno::INTR, Errno::PROTO, Errno::PERM, Errno::HOSTUNREACH, Errno::NETDOWN]
        {
            assert!(of(errno), "{errno:?}");
        }
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::BADF, Errno::INVAL] {
            assert!(!of(errno), "{errno:?}");
        }
    }
}
