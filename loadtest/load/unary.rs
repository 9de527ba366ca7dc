//! Unary calls of one method with bytes made before, over some connections in turn. They stand on h2 itself: through a gRPC
//! library a call costs more here than there, and this program would measure itself.

use crate::drive::Failure;
use crate::support::Outcome;
use bytes::{BufMut, Bytes, BytesMut};
use h2::RecvStream;
use h2::client::{Builder, SendRequest};
use http::{HeaderMap, Request, Response, StatusCode};
use std::cell::Cell;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tonic::Code;

/// What a server may send before it is told that it was read: more than the largest answer has.
const WINDOW: u32 = 16 << 20;
/// Before each message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// The calls.
pub struct Unary {
    /// `host:port`
    address: String,
    path: &'static str,
    connections: Vec<Connection>,
    next: Cell<usize>,
}

/// Made when it is first used, and again when it broke.
type Connection = Mutex<Option<SendRequest<Bytes>>>;

impl Unary {
    /// Calls of the method at `path`.
    pub fn new(address: &str, connections: usize, path: &'static str) -> Self {
        let connections = (0..connections).map(|_| Connection::default()).collect();
        Self { address: address.to_owned(), path, connections, next: Cell::new(0) }
    }

    /// One call, over the next connection.
    pub async fn call(&self, message: &[u8]) -> Result<Bytes, Failure> {
        let connection = &self.connections[self.next.replace(self.next.get() + 1) % self.connections.len()];
        let request = self.request()?;
        let mut sender = self.sender(connection).await?;
        let broken = |_| Failure::Code("BROKEN".to_owned());
        let (answer, mut body) = sender.send_request(request, false).map_err(broken)?;
        body.send_data(framed(message), true).map_err(broken)?;
        read(answer.await.map_err(broken)?).await
    }

    fn request(&self) -> Result<Request<()>, Failure> {
        let request = Request::post(format!("http://{}{}", self.address, self.path));
        let request = request.header("te", "trailers").header("content-type", "application/grpc").body(());
        request.map_err(|error| Failure::Code(error.to_string()))
    }

    /// Of a connection that takes another call. On this thread, in a `LocalSet`.
    async fn sender(&self, connection: &Connection) -> Result<SendRequest<Bytes>, Failure> {
        let mut made = connection.lock().await;
        if let Some(sender) = &*made
            && let Ok(sender) = sender.clone().ready().await
        {
            return Ok(sender);
        }
        *made = None;
        let sender = self.connect().await.map_err(|_| Failure::Code("NOT_CONNECTED".to_owned()))?;
        *made = Some(sender.clone());
        sender.ready().await.map_err(|_| Failure::Code("BROKEN".to_owned()))
    }

    async fn connect(&self) -> Outcome<SendRequest<Bytes>> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let mut builder = Builder::new();
        builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
        let (sender, connection) = builder.handshake(stream).await?;
        // Whoever waits on it hears of its end.
        tokio::task::spawn_local(async move { drop(connection.await) });
        Ok(sender)
    }
}

fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(PREFIX + message.len());
    framed.put_u8(0);
    // A message of four gigabytes is none of ours.
    framed.put_u32(message.len() as u32);
    framed.put_slice(message);
    framed.freeze()
}

async fn read(answer: Response<RecvStream>) -> Result<Bytes, Failure> {
    let (head, mut body) = answer.into_parts();
    if head.status != StatusCode::OK {
        return Err(Failure::Code(format!("HTTP {}", head.status.as_u16())));
    }
    let broken = |_| Failure::Code("BROKEN".to_owned());
    let mut message = Bytes::new();
    while let Some(part) = body.data().await {
        let part = part.map_err(broken)?;
        body.flow_control().release_capacity(part.len()).map_err(broken)?;
        message = if message.is_empty() { part } else { [message, part].concat().into() };
    }
    // An answer without a message has no trailers of its own.
    let trailers = body.trailers().await.map_err(broken)?;
    well(trailers.as_ref().unwrap_or(&head.headers))?;
    if message.len() < PREFIX {
        return Err(Failure::Code("UNREADABLE_ANSWER".to_owned()));
    }
    Ok(message.slice(PREFIX..))
}

fn well(trailers: &HeaderMap) -> Result<(), Failure> {
    let code = trailers.get("grpc-status").map_or(Code::Unknown, |code| Code::from_bytes(code.as_bytes()));
    if code == Code::Ok { Ok(()) } else { Err(Failure::Code(format!("{code:?}"))) }
}
