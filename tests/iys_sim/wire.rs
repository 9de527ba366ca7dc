//! A connection that can be reset, and a body that can end too early.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A stream that, once told so, ends with a reset instead of an orderly end.
pub struct Breakable {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Breakable {
    pub const fn new(stream: TcpStream, reset: Arc<AtomicBool>) -> Self {
        Self { stream, reset }
    }

    fn is_broken(&self) -> bool {
        self.reset.load(Ordering::Relaxed)
    }
}

impl Drop for Breakable {
    fn drop(&mut self) {
        if self.is_broken() {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Breakable {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Breakable {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_broken() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A body, whole or cut.
pub enum Sent {
    Whole(Full<Bytes>),
    Cut { first: Option<Bytes>, announced: u64, flushed: bool },
}

impl Sent {
    pub fn whole(body: Bytes) -> Self {
        Self::Whole(Full::new(body))
    }

    /// The first bytes of a body that announces all of them.
    pub fn cut(body: &Bytes, after: usize) -> Self {
        let first = body.slice(..after.min(body.len()));
        Self::Cut { first: Some(first), announced: body.len() as u64 + 1, flushed: false }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Cut { first, flushed, .. } => {
                if let Some(first) = first.take() {
                    return Poll::Ready(Some(Ok(Frame::data(first))));
                }
                if !*flushed {
                    // What was given is written out while nothing is ready.
                    *flushed = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(Some(Err(io::Error::other("cut on demand"))))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Cut { announced, .. } => SizeHint::with_exact(*announced),
        }
    }
}
