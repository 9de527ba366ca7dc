//! Streams of HTTP/2, each of which can be ended by itself.
//!
//! hyper works on each stream of a connection in a future of its own. While its client takes nothing that future waits for
//! room and asks neither the handler nor the body of the answer, so that nothing which a handler returns can end it. Dropped,
//! it resets its stream (CANCEL), and what was written and not sent yet is gone; the connection and its other streams go
//! on. So that is what ends it here: the task that runs it.

use hyper::rt::Executor;
use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new(Current::None) };
}

/// What this thread works on.
#[derive(Default)]
enum Current {
    /// No stream: a connection of HTTP/1.1, or none.
    #[default]
    None,
    /// A stream, and what ends it if that was asked for.
    Stream(Option<CancellationToken>),
}

/// What ends the stream that is worked on here; none outside of one. To be called from within a handler.
#[must_use]
pub fn end_of_current() -> Option<CancellationToken> {
    let Current::Stream(end) = CURRENT.take() else { return None };
    let end = end.unwrap_or_default();
    CURRENT.set(Current::Stream(Some(end.clone())));
    Some(end)
}

/// Runs each stream of a connection as a task.
#[derive(Clone, Copy, Debug)]
pub struct Streams;

pin_project_lite::pin_project! {
    struct Stream<F> {
        #[pin]
        future: F,
        end: Option<End>,
    }
}

struct End {
    token: CancellationToken,
    /// Made only where a stream's end was asked for, which few are.
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl End {
    fn new(token: CancellationToken) -> Self {
        Self { cancelled: Box::pin(token.clone().cancelled_owned()), token }
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    #[expect(clippy::disallowed_methods, reason = "hyper owns the task: its connection waits for what it has open")]
    fn execute(&self, future: F) {
        tokio::spawn(Stream { future, end: None });
    }
}

/// Takes back that a stream is worked on, also where that panics.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        CURRENT.set(Current::None);
    }
}

impl<F: Future<Output = ()>> Future for Stream<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        CURRENT.set(Current::Stream(this.end.as_ref().map(|end| end.token.clone())));
        let leave = Leave;
        if this.future.poll(context).is_ready() {
            return Poll::Ready(());
        }
        if this.end.is_none()
            && let Current::Stream(Some(token)) = CURRENT.take()
        {
            *this.end = Some(End::new(token));
        }
        drop(leave);
        this.end.as_mut().map_or(Poll::Pending, |end| end.cancelled.as_mut().poll(context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::{Arc, Mutex};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_stream_ends_when_that_is_asked_for_and_only_that_one() {
        assert!(end_of_current().is_none(), "there is none here");
        let (tell, told) = oneshot::channel();
        let (dropped, ended) = oneshot::channel::<()>();
        Streams.execute(async move {
            let _dropped = dropped;
            let [first, second] = [end_of_current().unwrap(), end_of_current().unwrap()];
            first.cancel();
            assert!(second.is_cancelled(), "they are one");
            tokio::task::yield_now().await;
            unreachable!("it ended when it first waited");
        });
        assert!(ended.await.is_err(), "what it held is dropped");
        let kept = Arc::new(Mutex::new(None));
        let held = Arc::clone(&kept);
        let (dropped, ended) = oneshot::channel::<()>();
        Streams.execute(async move {
            let _dropped = dropped;
            *held.lock().unwrap() = end_of_current();
            tokio::task::yield_now().await;
            let again = end_of_current().unwrap();
            assert!(end_of_current().is_some());
            tell.send(again).unwrap();
            pending::<()>().await;
        });
        let (other_tell, other) = oneshot::channel();
        Streams.execute(async move {
            tokio::task::yield_now().await;
            let _ = other_tell.send(());
        });
        other.await.unwrap();
        told.await.unwrap().cancel();
        assert!(ended.await.is_err(), "asked for twice, it is the same");
        assert!(kept.lock().unwrap().as_ref().unwrap().is_cancelled());
    }

    #[tokio::test]
    async fn a_panic_leaves_nothing_behind() {
        let (tell, told) = oneshot::channel::<()>();
        Streams.execute(async move {
            let _tell = tell;
            panic!("a fault of a handler");
        });
        assert!(told.await.is_err());
        assert!(end_of_current().is_none());
    }
}
