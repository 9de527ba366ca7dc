//! How a request reaches İYS: the one door, so that a simulator can stand behind it in-process.

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, Stream, StreamExt};
use std::fmt;
use std::future::ready;

/// Sends one request and gives the answer's head; its body is read by whoever wants it.
pub trait Transport: Send + Sync {
    /// Sends a request with an absolute URL.
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>>;
}

/// Why there is no answer, or not all of it. Every one of them is worth another try.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nobody took the connection, or not with a certificate we trust.
    #[error("no connection: {0}")]
    Connect(String),
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke before the answer was whole.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// More than is ever taken.
    #[error("an answer of more than {0} bytes")]
    TooLong(usize),
}

/// The body of an answer, read chunk by chunk.
pub struct Body(BoxStream<'static, Result<Bytes, TransportError>>);

impl Body {
    /// No bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self(futures_util::stream::empty().boxed())
    }

    /// A body that is all here.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self(futures_util::stream::once(ready(Ok(bytes))).boxed())
    }

    /// A body that is still coming.
    #[must_use]
    pub fn from_stream(stream: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        Self(stream.boxed())
    }

    /// The next chunk; none at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        self.0.next().await
    }

    /// All of it, if that is at most `limit` bytes.
    pub async fn collect(mut self, limit: usize) -> Result<Bytes, TransportError> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.next().await {
            let chunk = chunk?;
            if whole.len() + chunk.len() > limit {
                return Err(TransportError::TooLong(limit));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }
}

impl fmt::Debug for Body {
    /// Addresses and tokens are in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream::iter;

    #[tokio::test]
    async fn a_body_is_read_up_to_its_bound() {
        let chunks = || Body::from_stream(iter([Ok(Bytes::from("abc")), Ok(Bytes::from("de"))]));
        assert_eq!(chunks().collect(5).await, Ok(Bytes::from("abcde")));
        assert_eq!(chunks().collect(4).await, Err(TransportError::TooLong(4)));
        assert_eq!(Body::empty().collect(0).await, Ok(Bytes::new()));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_no_body() {
        let broken = TransportError::Broken("reset".to_owned());
        let body = Body::from_stream(iter([Ok(Bytes::from("abc")), Err(broken.clone())]));
        assert_eq!(body.collect(100).await, Err(broken));
    }
}
