//! gRPC clients that send bytes made before and compare what comes back now and then: the client's core
//! should not be what bounds the server's.

use crate::load::Load;
use crate::relations::{self, BRAND};
use crate::support::Outcome;
use crate::support::as_bytes::AsBytes;
use bytes::Bytes;
use http::uri::PathAndQuery;
use izingate::api::proto;
use izingate::api::proto::{CheckBatchRequest, CheckBatchResponse, CheckRequest, CheckResponse};
use prost::Message;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::LocalSet;
use tonic::Request;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};

/// One call in so many has its answer compared.
const COMPARED: usize = 32;

/// Calls ready to be sent, with their right answers.
pub struct Calls {
    path: &'static str,
    ready: Vec<(Bytes, Vec<u8>)>,
    /// Reads the result bytes out of an answer.
    results: fn(Bytes) -> Outcome<Vec<u8>>,
}

impl Calls {
    /// `CheckBatch` of `size` packed phones.
    pub fn batches(relations: u64, size: u64) -> Self {
        let call = |batch: u64| {
            let asked: Vec<u64> = (0..size).map(|i| relations::asked(batch, i, relations)).collect();
            let request = CheckBatchRequest {
                brand_code: BRAND,
                channel: proto::Channel::Mesaj.into(),
                phones: asked.iter().map(|i| relations::phone(*i)).collect(),
                ..Default::default()
            };
            (request.encode_to_vec().into(), asked.iter().map(|i| relations::right(*i, relations)).collect())
        };
        // So many that their relations do not stay in a cache.
        let ready = (0..200).map(call).collect();
        let results = |bytes| Ok(CheckBatchResponse::decode(bytes)?.results.to_vec());
        Self { path: "/izingate.v1.PermissionService/CheckBatch", ready, results }
    }

    /// `Check` of one phone as senders spell it.
    pub fn unary(relations: u64) -> Self {
        let call = |question: u64| {
            let asked = relations::asked(question, 0, relations);
            let request = CheckRequest {
                brand_code: BRAND,
                channel: proto::Channel::Mesaj.into(),
                recipient: Some(format!("+{}", relations::phone(asked))),
                ..Default::default()
            };
            (request.encode_to_vec().into(), vec![relations::right(asked, relations)])
        };
        let ready = (0..1 << 18).map(call).collect();
        let results = |bytes| {
            let answer = CheckResponse::decode(bytes)?;
            Ok(vec![u8::try_from(answer.decision << 6 | answer.reason)?])
        };
        Self { path: "/izingate.v1.PermissionService/Check", ready, results }
    }
}

/// Connections of their own to a server on loopback.
pub async fn connect(port: u16, connections: usize) -> Outcome<Vec<Channel>> {
    let mut channels = Vec::new();
    for _ in 0..connections {
        channels.push(Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?.connect().await?);
    }
    Ok(channels)
}

/// Keeps `in_flight` calls on each connection under way for `time`. Answers are compared only where they
/// are real.
pub async fn run(channels: &[Channel], in_flight: usize, calls: &Rc<Calls>, time: Duration, real: bool) -> Outcome<Load> {
    let (local, until) = (LocalSet::new(), Instant::now() + time);
    let clients = channels.len() * in_flight;
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let (channel, calls) = (channels[client % channels.len()].clone(), Rc::clone(calls));
            local.spawn_local(async move { one(channel, &calls, client * calls.ready.len() / clients, until, real).await })
        })
        .collect();
    local.await;
    let mut load = Load::default();
    for task in tasks {
        load.add(task.await??);
    }
    Ok(load)
}

async fn one(channel: Channel, calls: &Calls, first: usize, until: Instant, real: bool) -> Outcome<Load> {
    let (mut grpc, mut load) = (Grpc::new(channel), Load::default());
    let path = PathAndQuery::from_static(calls.path);
    for number in first.. {
        let started = Instant::now();
        if started >= until {
            break;
        }
        let (request, right) = &calls.ready[number % calls.ready.len()];
        grpc.ready().await?;
        let answer = grpc.unary(Request::new(request.clone()), path.clone(), AsBytes).await?.into_inner();
        load.call(started, right.len() as u64);
        if real && number % COMPARED == 0 {
            load.compare(&(calls.results)(answer)?, right);
        }
    }
    Ok(load)
}
