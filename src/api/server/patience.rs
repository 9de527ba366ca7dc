//! Requests that stop coming: how long their next bytes are waited for.
//!
//! A body that was half sent, or a stream that says nothing any more, holds a stream and its connection, and no newcomer takes the seat of a
//! connection with a call under way. HTTP/2's pings find a peer that is gone; what is left is a live one that says nothing. Between two
//! questions a `CheckStream` may rest for long, within a message nobody rests.

use crate::api::error::{Kind, Problem};
use crate::config::Limits;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};
use tonic::Status;

/// How long the next bytes of a request are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Of a request that is sent as a whole.
    pub body: Duration,
    /// Of a stream of questions.
    pub stream: Duration,
}

/// The body of a request, which fails when nothing comes of it for too long: after the patience, and before twice of it.
pub struct PatientBody<B> {
    inner: B,
    /// None for a body whose reader has a patience of its own.
    patience: Option<Duration>,
    /// Whether anything came since the timer was set. Nothing else is done for a frame.
    heard: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

impl From<&Limits> for Patience {
    fn from(limits: &Limits) -> Self {
        Self { body: limits.body_patience, stream: limits.stream_patience }
    }
}

impl Patience {
    /// Returns the patience with the request to a path.
    #[must_use]
    pub fn with(self, path: &str) -> Duration {
        let is_stream = path.ends_with("/CheckStream") || path.ends_with("/ServerReflectionInfo");
        if is_stream { self.stream } else { self.body }
    }
}

impl<B> PatientBody<B> {
    /// Creates the body of a request.
    #[must_use]
    pub const fn new(inner: B, patience: Option<Duration>) -> Self {
        Self { inner, patience, heard: false, timer: None }
    }

    fn poll_silence(&mut self, context: &mut Context<'_>, patience: Duration) -> Poll<Problem> {
        let Self { heard, timer, .. } = self;
        let timer = timer.get_or_insert_with(|| {
            *heard = false;
            Box::pin(sleep(patience))
        });
        loop {
            ready!(timer.as_mut().poll(context));
            if !std::mem::take(heard) {
                return Poll::Ready(silent(patience));
            }
            timer.as_mut().reset(Instant::now() + patience);
        }
    }
}

fn silent(patience: Duration) -> Problem {
    let seconds = patience.as_secs_f64();
    Problem::new(Kind::ClientSilent, format!("nothing came of the request for {seconds} s, and its end did not"))
}

/// Finds the silence of a client behind an error of its body.
#[must_use]
pub fn silence_behind(error: &(dyn Error + 'static)) -> Option<Problem> {
    let mut cause = Some(error);
    let status = loop {
        let error = cause?;
        match error.downcast_ref::<Status>() {
            Some(status) => break status,
            None => cause = error.source(),
        }
    };
    let detail = status.message().strip_prefix(Kind::ClientSilent.code())?.trim_start_matches([':', ' ']);
    Some(Problem::new(Kind::ClientSilent, detail.to_owned()))
}

impl<B: Body<Data = Bytes, Error: Into<tower::BoxError>> + Unpin> Body for PatientBody<B> {
    type Data = Bytes;
    type Error = tower::BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(context);
        match (polled, this.patience) {
            (Poll::Ready(frame), _) => {
                this.heard = true;
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            (Poll::Pending, None) => Poll::Pending,
            (Poll::Pending, Some(patience)) => {
                let silent = ready!(this.poll_silence(context, patience));
                Poll::Ready(Some(Err(Status::from(silent).into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, StreamBody};
    use std::convert::Infallible;
    use tokio::sync::mpsc::{Sender, channel};
    use tokio_stream::wrappers::ReceiverStream;

    const PATIENCE: Duration = Duration::from_secs(30);

    type Piece = Result<Frame<Bytes>, Infallible>;

    fn body(patience: Option<Duration>) -> (Sender<Piece>, PatientBody<impl Body<Data = Bytes, Error = Infallible> + Unpin>) {
        let (pieces, sent) = channel(8);
        (pieces, PatientBody::new(StreamBody::new(ReceiverStream::new(sent)), patience))
    }

    fn piece() -> Frame<Bytes> {
        Frame::data(Bytes::from_static(b"x"))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_coming_fails_after_its_patience() {
        let (pieces, mut body) = body(Some(PATIENCE));
        pieces.send(Ok(piece())).await.unwrap();
        assert!(body.frame().await.unwrap().is_ok());
        let begun = Instant::now();
        let error = body.frame().await.unwrap().unwrap_err();
        assert_eq!(begun.elapsed(), PATIENCE);
        let expected = silent(PATIENCE);
        assert_eq!(silence_behind(&*error), Some(expected));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_slowly_is_taken() {
        let (pieces, mut body) = body(Some(PATIENCE));
        let slowly = async move {
            for _ in 0..10 {
                sleep(PATIENCE * 9 / 10).await;
                pieces.send(Ok(piece())).await.unwrap();
            }
        };
        let taken = async {
            let mut taken = 0;
            while let Some(frame) = body.frame().await {
                frame.unwrap();
                taken += 1;
            }
            taken
        };
        assert_eq!(tokio::join!(slowly, taken).1, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_with_a_patience_of_its_own_is_not_disturbed() {
        let (_pieces, mut body) = body(None);
        assert!(tokio::time::timeout(PATIENCE * 100, body.frame()).await.is_err());
    }

    #[test]
    fn a_stream_of_questions_may_rest_for_longer() {
        let patience = Patience { body: Duration::from_secs(1), stream: Duration::from_secs(2) };
        for path in ["/izingate.v1.PermissionService/CheckStream", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"] {
            assert_eq!(patience.with(path), patience.stream, "{path}");
        }
        for path in ["/izingate.v1.PermissionService/Check", "/v1/check", "/"] {
            assert_eq!(patience.with(path), patience.body, "{path}");
        }
    }
}
