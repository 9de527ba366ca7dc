//! Ports: connections accepted with bounds and ended in order, whatever is spoken on them.

use hyper_util::server::graceful::GracefulConnection;
use std::fmt::Display;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Pause after a failed accept: most often no file descriptors, which passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

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

/// Accepts for the length of `life`, at most `most` connections at once; the next waits in the kernel's
/// queue. Each is `serve`d in a task of its own.
pub async fn accept<S: Future<Output = ()> + Send + 'static>(
    listener: &TcpListener,
    most: usize,
    life: &Life,
    serve: impl Fn(TcpStream) -> S,
) {
    let room = Arc::new(Semaphore::new(most));
    loop {
        let accepted = tokio::select! {
            () = life.stop.cancelled() => return,
            accepted = next(listener, &room) => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                let (open, served) = (Arc::clone(&life.open), serve(stream));
                life.tracker.spawn(async move {
                    let _permit = permit;
                    open.fetch_add(1, Ordering::Relaxed);
                    served.await;
                    open.fetch_sub(1, Ordering::Relaxed);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, permit))
}

/// Serves a connection to its end: once `life` stops it takes no further call, and it is dropped when what
/// is under way is cut.
pub async fn until_end<C: GracefulConnection<Error: Display>>(connection: C, life: &Life) {
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
    };
    if let Err(error) = served {
        // A client that breaks off is its own business; the text names no content.
        tracing::debug!(%error, "a connection ended early");
    }
}
