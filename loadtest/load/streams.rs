//! Questions in gRPC streams, with bytes made before, over some connections in turn.

use crate::drive::Failure;
use crate::support::as_bytes::AsBytes;
use bytes::Bytes;
use http::uri::PathAndQuery;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Request;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};

/// Connections to a server; made when they are first used, and again when they broke.
pub fn channels(endpoint: &str, connections: usize) -> Result<Vec<Channel>, String> {
    let endpoint = Endpoint::from_shared(endpoint.to_owned()).map_err(|error| format!("{endpoint}: {error}"))?;
    Ok((0..connections).map(|_| endpoint.connect_lazy()).collect())
}

/// Questions in streams, one on each connection; answers come in the order of the questions.
pub struct Streams {
    streams: Vec<Stream>,
    next: Cell<usize>,
}

struct Stream {
    questions: mpsc::UnboundedSender<Bytes>,
    waiting: Waiting,
}

/// Who waits for an answer of a stream, in order. As many as may be under way.
type Waiting = Rc<RefCell<VecDeque<oneshot::Sender<Bytes>>>>;

impl Streams {
    /// Opens a stream of the method at `path` on each connection.
    pub async fn open(channels: &[Channel], path: &'static str) -> Result<Self, String> {
        let mut streams = Vec::new();
        for channel in channels {
            let (questions, asked) = mpsc::unbounded_channel();
            let mut grpc = Grpc::new(channel.clone());
            grpc.ready().await.map_err(|error| error.to_string())?;
            let asked = Request::new(UnboundedReceiverStream::new(asked));
            let path = PathAndQuery::from_static(path);
            let waiting = Waiting::default();
            let hears = Rc::clone(&waiting);
            tokio::task::spawn_local(async move {
                if let Ok(answers) = grpc.streaming(asked, path, AsBytes).await {
                    let mut answers = answers.into_inner();
                    while let Ok(Some(answer)) = answers.message().await {
                        let first = hears.borrow_mut().pop_front();
                        // Whoever waited too long is gone.
                        let _ = first.map(|waits| waits.send(answer));
                    }
                }
                hears.borrow_mut().clear();
            });
            streams.push(Stream { questions, waiting });
        }
        Ok(Self { streams, next: Cell::new(0) })
    }

    /// One question, in the next stream.
    pub async fn call(&self, question: Bytes) -> Result<Bytes, Failure> {
        let ended = || Failure::Code("STREAM_ENDED".to_owned());
        let next = self.next.replace(self.next.get() + 1) % self.streams.len();
        let (answer, answered) = oneshot::channel();
        self.streams[next].questions.send(question).map_err(|_| ended())?;
        self.streams[next].waiting.borrow_mut().push_back(answer);
        answered.await.map_err(|_| ended())
    }
}
