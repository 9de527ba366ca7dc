//! The body of an answer: pieces as they come, and an end that says whether the list is whole.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use hyper::body::Frame;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Sleep;
use tokio_util::sync::DropGuard;

/// From the last line of an answer that is not whole to its end.
pub(super) const LINGER: Duration = Duration::from_secs(2);
/// What became of the list, as JSON.
pub(super) const SUMMARY: &str = "izingate-filter-summary";

/// How an answer ends.
pub(super) struct End {
    /// What stands behind its rows.
    pub(super) last: Option<Bytes>,
    /// What became of the list; none of one that is not whole.
    pub(super) summary: Option<HeaderValue>,
}

/// The body of an answer.
pub(super) struct Answer {
    queue: mpsc::Receiver<Bytes>,
    end: Option<oneshot::Receiver<End>>,
    _gone: DropGuard,
    trailers: Option<Trailers>,
    /// An error drops what the connection has not written yet: the last line gets time to go out before it.
    linger: Option<Pin<Box<Sleep>>>,
}

impl Answer {
    /// What comes from `queue`, and then how it ends; `gone` is dropped with it.
    pub(super) fn new(queue: mpsc::Receiver<Bytes>, end: oneshot::Receiver<End>, gone: DropGuard) -> Self {
        Self { queue, end: Some(end), _gone: gone, trailers: None, linger: None }
    }
}

/// What is left once the last line is out.
enum Trailers {
    Summary(HeaderValue),
    /// The body has no end: its client is to see that it is not whole.
    CutShort,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if let Some(piece) = ready!(this.queue.poll_recv(context)) {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if let Some(end) = &mut this.end {
            let told = ready!(Pin::new(end).poll(context));
            this.end = None;
            let (last, summary) = told.map_or((None, None), |end| (end.last, end.summary));
            this.trailers = Some(summary.map_or(Trailers::CutShort, Trailers::Summary));
            if let Some(last) = last {
                return Poll::Ready(Some(Ok(Frame::data(last))));
            }
        }
        Poll::Ready(match this.trailers.take() {
            Some(Trailers::Summary(summary)) => {
                Some(Ok(Frame::trailers(HeaderMap::from_iter([(header::HeaderName::from_static(SUMMARY), summary)]))))
            }
            Some(Trailers::CutShort) => {
                let linger = this.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
                if linger.as_mut().poll(context).is_pending() {
                    this.trailers = Some(Trailers::CutShort);
                    return Poll::Pending;
                }
                Some(Err(io::Error::other("the list was not filtered to its end")))
            }
            None => None,
        })
    }
}
