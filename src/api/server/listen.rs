//! Connections: accepted with bounds, served with HTTP/1.1 or h2 as the client speaks, drained in order.

use crate::api::filter;
use crate::api::server::service::Front;
use crate::net::request_guard::LARGEST_HEAD;
use crate::net::streams::Streams;
use crate::net::{self, ConnectionHandle, IDLE_LIMIT, Life};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// Bounds of one port.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once; for the next one that which has been idle for longest ends, or it waits in the kernel's queue.
    /// Each costs some 50 kB at rest.
    pub connections: usize,
    /// Streams at once on one h2 connection.
    pub streams: u32,
}

/// An h2 client that answers no ping in this time is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Bytes of a request's head that are read; of one that is larger nothing is known, and it is 431 without a body.
const HEAD_READ: u32 = 64 << 10;
/// Bytes that are read or written at once in HTTP/1.1, and thus of a request's head.
const HTTP1_BUFFER: usize = HEAD_READ as usize;
/// What is read is refused in words.
const _: () = assert!(LARGEST_HEAD < HTTP1_BUFFER);
/// From one look at the first bytes of a preface that comes in pieces to the next.
const LOOK: Duration = Duration::from_millis(50);

/// Serves what is behind `front` on `listener` for the length of `life`.
pub async fn serve(listener: TcpListener, front: Front, bounds: Bounds, life: Life) {
    let builder = Arc::new(builder(bounds));
    let each = |stream, handle| {
        let (front, builder, life) = (front.clone(), Arc::clone(&builder), life.clone());
        async move { connection(stream, handle, front, &builder, &life).await }
    };
    net::accept(&listener, bounds.connections, &life, each).await;
}

fn builder(bounds: Bounds) -> Builder<Streams> {
    let mut builder = Builder::new(Streams);
    // Half-closed: who says no more after the question (`nc -N`) still gets its answer.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_LIMIT)
        // Below the longest target that hyper takes: a longer one is answered with 431, where hyper's own 414, which no
        // handler sees, may be kept by caches.
        .max_buf_size(HTTP1_BUFFER)
        .half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(bounds.streams)
        .max_header_list_size(HEAD_READ)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        // A batch of 100,000 packed phones is 800 kB: it should not wait for window updates.
        .initial_stream_window_size(2 << 20)
        .initial_connection_window_size(8 << 20);
    builder
}

/// What an h2 client says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Waits until it is plain which protocol a client speaks, which hyper does without a limit; says whether
/// that was in time.
async fn speaks(stream: &TcpStream) -> bool {
    let plain = async {
        let mut first = [0; PREFACE.len()];
        loop {
            match stream.peek(&mut first).await {
                Ok(length) if length < PREFACE.len() && length > 0 && PREFACE.starts_with(&first[..length]) => {}
                said => return said.is_ok_and(|length| length > 0),
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(IDLE_LIMIT, plain).await.unwrap_or(false)
}

async fn connection(stream: TcpStream, handle: ConnectionHandle, front: Front, builder: &Builder<Streams>, life: &Life) {
    let spoke = tokio::select! {
        spoke = speaks(&stream) => spoke,
        () = life.stop.cancelled() => return,
        () = handle.asked_to_end() => return,
    };
    if !spoke {
        return;
    }
    let life = Life { cut: life.cut.child_token(), ..life.clone() };
    let service = front.on(filter::Connection(life.cut.clone()), handle.clone());
    net::until_end(builder.serve_connection(TokioIo::new(stream), service), &handle, &life).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, listener.accept().await.unwrap().0)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_speak_is_cut_off() {
        for said in ["", "P", "PRI * HTTP/2.0\r\n"] {
            let (mut client, server) = pair().await;
            client.write_all(said.as_bytes()).await.unwrap();
            assert!(!speaks(&server).await, "{said:?}");
        }
    }

    #[tokio::test]
    async fn a_client_that_speaks_is_heard() {
        for said in ["POST / HTTP/1.1\r\n", "G", std::str::from_utf8(PREFACE).unwrap()] {
            let (mut client, server) = pair().await;
            client.write_all(said.as_bytes()).await.unwrap();
            assert!(speaks(&server).await, "{said:?}");
        }
        let (client, server) = pair().await;
        drop(client);
        assert!(!speaks(&server).await, "it hung up");
    }
}
