//! HTTP as clients speak it: well, through a client, and badly, through a bare socket.

use super::Gateway;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

pub const JSON: &str = "application/json";

/// Far beyond any answer here.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub media: String,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and code of a problem, whose shape is checked.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.media, "application/problem+json", "{self:?}");
        let body = self.json();
        let said = |name: &str| body[name].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("{name}: {self:?}"));
        assert_eq!((body["status"].as_u64(), said("type")), (Some(u64::from(self.status)), "about:blank"));
        let members = if body["field"].is_string() { 6 } else { 5 };
        assert!(!said("title").is_empty() && !said("detail").is_empty() && self.text.ends_with("}\n"), "{self:?}");
        assert_eq!(body.as_object().unwrap().len(), members, "{self:?}");
        (self.status, said("code").to_owned())
    }
}

pub async fn get(base: &str, path: &str) -> Reply {
    send(client().get(format!("{base}{path}"))).await
}

pub async fn post(base: &str, path: &str, media: &str, body: impl Into<Vec<u8>>) -> Reply {
    send(client().post(format!("{base}{path}")).header("content-type", media).body(body.into())).await
}

pub async fn post_json(base: &str, path: &str, body: &Value) -> Reply {
    post(base, path, JSON, body.to_string()).await
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(PATIENCE).build().unwrap()
}

pub async fn send(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let media = response.headers().get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
    Reply { status: response.status().as_u16(), media, text: response.text().await.unwrap() }
}

/// One request over h2 by a client that adds nothing to it; the answer with its whole body.
pub async fn h2(gateway: &Gateway, request: http::Request<Full<Bytes>>) -> http::Response<Bytes> {
    let stream = tokio::net::TcpStream::connect(gateway.address()).await.unwrap();
    let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let mut task = tokio::task::JoinSet::new();
    task.spawn(connection);
    let (head, body) = send.send_request(request).await.unwrap().into_parts();
    http::Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

/// What a gateway says to bytes that are then ended, up to its own end; empty if it says nothing.
pub fn raw(gateway: &Gateway, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(gateway.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may hang up in the middle of what it does not want to hear.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    read_to_end(stream)
}

/// The same, but the connection stays open for more: it is the gateway that has to end it.
pub fn raw_open(gateway: &Gateway, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(gateway.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.write_all(bytes);
    read_to_end(stream)
}

fn read_to_end(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("no end: {}", String::from_utf8_lossy(&said)),
        _ => String::from_utf8_lossy(&said).into_owned(),
    }
}
