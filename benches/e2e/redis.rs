//! Redis over its own protocol: requests made before, replies read as they come, a digit a key.

use crate::child;
use crate::load::Load;
use crate::relations;
use crate::support::Outcome;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// Keys of a request that fills.
const FILL: u64 = 1_000;
/// One call in so many has its answer compared.
const COMPARED: usize = 32;

/// Requests ready to be sent, with their right answers.
pub struct Calls {
    ready: Vec<Call>,
}

/// How requests follow each other on a connection.
#[derive(Clone, Copy)]
pub enum Pace {
    /// So many are always under way: each reply is followed by a request.
    Window(usize),
    /// So many are sent together, and the next when all are answered.
    Pipeline(usize),
}

impl Calls {
    /// `GET` of one phone.
    pub fn gets(relations: u64) -> Self {
        Self::of("GET", 1 << 18, 1, relations)
    }

    /// `MGET` of `size` phones.
    pub fn mgets(relations: u64, size: u64) -> Self {
        Self::of("MGET", 2_000, size, relations)
    }

    fn of(command: &str, calls: u64, size: u64, relations: u64) -> Self {
        let call = |number| {
            let asked: Vec<u64> = (0..size).map(|i| relations::asked(number, i, relations)).collect();
            let mut request = format!("*{}\r\n${}\r\n{command}\r\n", size + 1, command.len()).into_bytes();
            for i in &asked {
                request.extend_from_slice(format!("$12\r\n{}\r\n", relations::phone(*i)).as_bytes());
            }
            (request, asked.iter().map(|i| relations::kept(*i, relations)).collect())
        };
        Self { ready: (0..calls).map(call).collect() }
    }
}

/// Puts relations `0..relations` in. Answers as soon as Redis does.
pub fn fill(port: u16, relations: u64) -> Outcome<()> {
    let mut stream = child::connected(port)?;
    stream.set_nodelay(true)?;
    let mut reply = [0; 5];
    for from in (0..relations).step_by(FILL as usize) {
        let keys = FILL.min(relations - from);
        let mut request = format!("*{}\r\n$4\r\nMSET\r\n", keys * 2 + 1).into_bytes();
        for i in from..from + keys {
            let (phone, kept) = (relations::phone(i), char::from(relations::kept(i, relations)));
            request.extend_from_slice(format!("$12\r\n{phone}\r\n$1\r\n{kept}\r\n").as_bytes());
        }
        stream.write_all(&request)?;
        stream.read_exact(&mut reply)?;
        if reply != *b"+OK\r\n" {
            return Err("Redis refused the relations".into());
        }
    }
    Ok(())
}

/// Asks on `connections` for `time`.
pub async fn run(port: u16, connections: usize, pace: Pace, calls: &Rc<Calls>, time: Duration) -> Outcome<Load> {
    let local = LocalSet::new();
    let mut streams = Vec::new();
    for _ in 0..connections {
        streams.push(TcpStream::connect(("127.0.0.1", port)).await?);
    }
    let until = Instant::now() + time;
    let tasks: Vec<_> = streams
        .into_iter()
        .enumerate()
        .map(|(client, stream)| {
            let calls = Rc::clone(calls);
            let first = client * calls.ready.len() / connections;
            local.spawn_local(async move { one(stream, pace, &calls.ready, first, until).await })
        })
        .collect();
    local.await;
    let mut load = Load::default();
    for task in tasks {
        load.add(task.await??);
    }
    Ok(load)
}

type Call = (Vec<u8>, Vec<u8>);

async fn one(mut stream: TcpStream, pace: Pace, calls: &[Call], first: usize, until: Instant) -> Outcome<Load> {
    stream.set_nodelay(true)?;
    let (mut load, mut next) = (Load::default(), first);
    let (mut under_way, mut out) = (VecDeque::new(), Vec::new());
    let (mut buffer, mut filled) = (vec![0; 1 << 16], 0);
    loop {
        let now = Instant::now();
        let (Pace::Window(most) | Pace::Pipeline(most)) = pace;
        let wanted = match pace {
            _ if now >= until => 0,
            Pace::Pipeline(_) if !under_way.is_empty() => 0,
            _ => most - under_way.len(),
        };
        for _ in 0..wanted {
            out.extend_from_slice(&calls[next % calls.len()].0);
            under_way.push_back((next, now));
            next += 1;
        }
        if under_way.is_empty() {
            return Ok(load);
        }
        stream.write_all(&out).await?;
        out.clear();
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Err("Redis hung up".into());
        }
        filled += read;
        let mut at = 0;
        while let Some((number, started)) = under_way.front().copied() {
            let right = &calls[number % calls.len()].1;
            let Some(length) = length_of_reply(&buffer[at..filled], right.len()) else { break };
            if number % COMPARED == 0 {
                load.compare(&values(&buffer[at..at + length]), right);
            }
            load.call(started, right.len() as u64);
            under_way.pop_front();
            at += length;
        }
        buffer.copy_within(at..filled, 0);
        filled -= at;
    }
}

/// Bytes of the reply at the start of `bytes`: `values` of one digit or none, behind a head if they are
/// several. None while it is not whole.
fn length_of_reply(bytes: &[u8], values: usize) -> Option<usize> {
    let mut at = 0;
    if bytes.first()? == &b'*' {
        at = bytes.iter().position(|byte| *byte == b'\n')? + 1;
    }
    for _ in 0..values {
        // `$-1\r\n`, or `$1\r\n` with a digit and `\r\n`.
        at += if bytes.get(at + 1)? == &b'-' { 5 } else { 7 };
    }
    (at <= bytes.len()).then_some(at)
}

/// The digits of a whole reply; 0 for none.
fn values(reply: &[u8]) -> Vec<u8> {
    let bulks = reply.split(|byte| *byte == b'$').skip(1);
    bulks.map(|bulk| if bulk.starts_with(b"-1") { 0 } else { bulk.get(3).copied().unwrap_or_default() }).collect()
}
