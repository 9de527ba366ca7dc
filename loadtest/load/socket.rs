//! Requests over plain connections, one under way on each: HTTP/1.1, and Redis.

use crate::drive::Failure;
use bytes::Bytes;
use std::cell::RefCell;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// HTTP/1.1
    Http,
    /// RESP
    Redis,
}

/// Connections that are kept; another is made when none is free, up to a bound.
pub struct Pool {
    address: String,
    speech: Speech,
    idle: RefCell<Vec<Connection>>,
    free: Semaphore,
}

struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What has arrived of an answer.
#[derive(Debug, PartialEq, Eq)]
enum Arrived {
    /// Not all of it.
    Part,
    /// All.
    Whole(Vec<u8>),
    /// Something that is no answer, with a code.
    Failed(String),
}

impl Pool {
    /// Up to `most` connections to `address`.
    pub fn new(address: String, speech: Speech, most: usize) -> Self {
        Self { address, speech, idle: RefCell::default(), free: Semaphore::new(most) }
    }

    /// One request and its answer: of HTTP the body.
    pub async fn call(&self, request: &Bytes) -> Result<Bytes, Failure> {
        let _one = self.free.acquire().await.map_err(|_| Failure::Code("CLOSED".to_owned()))?;
        let idle = self.idle.borrow_mut().pop();
        if let Some(kept) = idle {
            // The other side may have hung up meanwhile: then it is asked on a new one.
            match self.ask(kept, request).await {
                Err(Failure::Code(code)) if HUNG_UP.contains(&code.as_str()) => {}
                answer => return answer,
            }
        }
        let fresh = Connection::new(&self.address).await.map_err(|error| failed(&error))?;
        self.ask(fresh, request).await
    }

    async fn ask(&self, mut connection: Connection, request: &[u8]) -> Result<Bytes, Failure> {
        match connection.ask(request, self.speech).await.map_err(|error| failed(&error))? {
            Arrived::Failed(code) => Err(Failure::Code(code)),
            Arrived::Part if connection.read.is_empty() => Err(Failure::Code(HUNG_UP[0].to_owned())),
            Arrived::Part => Err(Failure::Code("BROKEN_OFF".to_owned())),
            Arrived::Whole(answer) => {
                self.idle.borrow_mut().push(connection);
                Ok(answer.into())
            }
        }
    }
}

/// What a request on a connection that is no longer there comes to.
const HUNG_UP: [&str; 3] = ["HUNG_UP", "ConnectionReset", "BrokenPipe"];

fn failed(error: &io::Error) -> Failure {
    Failure::Code(format!("{:?}", error.kind()))
}

impl Connection {
    async fn new(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Writes and reads at the same time: a list is answered while it is sent.
    async fn ask(&mut self, request: &[u8], speech: Speech) -> io::Result<Arrived> {
        let (mut from, mut to) = self.stream.split();
        let read = &mut self.read;
        read.clear();
        let answer = async {
            loop {
                if from.read_buf(read).await? == 0 {
                    return Ok(Arrived::Part);
                }
                match arrived(read, speech) {
                    Arrived::Part => {}
                    other => return Ok(other),
                }
            }
        };
        let ((), answer) = tokio::try_join!(to.write_all(request), answer)?;
        Ok(answer)
    }
}

fn arrived(bytes: &[u8], speech: Speech) -> Arrived {
    let whole = match speech {
        Speech::Http => return http(bytes).unwrap_or(Arrived::Part),
        Speech::Redis if bytes.first() == Some(&b'-') => return Arrived::Failed("REDIS_ERROR".to_owned()),
        Speech::Redis => reply(bytes),
    };
    whole.map_or(Arrived::Part, |length| Arrived::Whole(bytes[..length].to_vec()))
}

/// Bytes of a reply: some values of one digit or none, behind a head if they are several.
fn reply(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut values) = (0, 1);
    if bytes.first()? == &b'*' {
        at = bytes.iter().position(|byte| *byte == b'\n')? + 1;
        values = std::str::from_utf8(&bytes[1..at - 2]).ok()?.parse().ok()?;
    }
    for _ in 0..values {
        // `$-1\r\n`, or `$1\r\n` with a digit and `\r\n`.
        at += if bytes.get(at + 1)? == &b'-' { 5 } else { 7 };
    }
    (at <= bytes.len()).then_some(at)
}

/// The body of an answer with status 200; none while it is not whole.
fn http(bytes: &[u8]) -> Option<Arrived> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (text, body) = (std::str::from_utf8(&bytes[..head]).ok()?, &bytes[head + 4..]);
    let mut lines = text.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?;
    if status != "200" {
        return Some(Arrived::Failed(format!("HTTP_{status}")));
    }
    let header = |name: &str| {
        let mut fields = lines.clone().filter_map(|line| line.split_once(':'));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    if let Some(length) = header("content-length") {
        let length: usize = length.parse().ok()?;
        return body.get(..length).map(|body| Arrived::Whole(body.to_vec()));
    }
    chunks(body).map(Arrived::Whole)
}

fn chunks(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&body[..line]).ok()?.split(';').next()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let rest = &body[line + 2..];
        if size == 0 {
            // Up to the empty line: trailers may stand before it.
            let ended = rest.starts_with(b"\r\n") || rest.windows(4).any(|four| four == b"\r\n\r\n");
            return ended.then_some(whole);
        }
        whole.extend_from_slice(rest.get(..size)?);
        body = rest.get(size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Arrived {
        Arrived::Whole(text.as_bytes().to_vec())
    }

    #[test]
    fn an_answer_is_whole_when_its_last_byte_is_there() {
        let length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nALLOW";
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nALL\r\n2\r\nOW\r\n0\r\n\r\n";
        let trailed = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nALLOW\r\n0\r\nsummary: {}\r\n\r\n";
        for (speech, answer, body) in [
            (Speech::Http, length, "ALLOW"),
            (Speech::Http, chunked, "ALLOW"),
            (Speech::Http, trailed, "ALLOW"),
            (Speech::Redis, "$1\r\n1\r\n", "$1\r\n1\r\n"),
            (Speech::Redis, "*2\r\n$-1\r\n$1\r\n2\r\n", "*2\r\n$-1\r\n$1\r\n2\r\n"),
        ] {
            for part in 0..answer.len() {
                assert_eq!(arrived(&answer.as_bytes()[..part], speech), Arrived::Part, "{part} bytes of {answer:?}");
            }
            assert_eq!(arrived(answer.as_bytes(), speech), whole(body));
        }
    }

    #[test]
    fn a_kept_connection_that_was_hung_up_is_not_the_end() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let pool = Pool::new(listener.local_addr().unwrap().to_string(), Speech::Redis, 1);
            // Every connection is for one answer.
            let serve = async {
                for _ in 0..2 {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    stream.read_exact(&mut [0; 4]).await.unwrap();
                    stream.write_all(b"$1\r\n1\r\n").await.unwrap();
                }
            };
            let ask = async {
                for _ in 0..2 {
                    assert_eq!(pool.call(&Bytes::from_static(b"GET1")).await, Ok(Bytes::from_static(b"$1\r\n1\r\n")));
                }
            };
            tokio::join!(serve, ask);
        });
    }

    #[test]
    fn an_error_is_none() {
        assert_eq!(arrived(b"HTTP/1.1 503 x\r\n\r\n", Speech::Http), Arrived::Failed("HTTP_503".to_owned()));
        assert_eq!(arrived(b"-LOADING\r\n", Speech::Redis), Arrived::Failed("REDIS_ERROR".to_owned()));
    }
}
