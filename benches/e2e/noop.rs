//! tonic's own server with the gateway's messages and an answer that is always the same: what the wire
//! costs when nothing is decided.

use crate::support::{Outcome, machine};
use izingate::api::proto;
use izingate::api::proto::permission_service_server::{PermissionService, PermissionServiceServer};
use izingate::api::proto::{CheckBatchRequest, CheckBatchResponse, CheckRequest, CheckResponse};
use tokio::net::TcpListener;
use tokio_stream::Empty;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

/// An answer as long as a real one.
const ID: &str = "654321000000abcd0000000000000005";
const APPROVED: u8 = 0b0100_1100;

struct Noop;

/// Serves for ever.
pub fn serve() -> Outcome<()> {
    machine::pin(machine::SERVER)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        let service = PermissionServiceServer::new(Noop).max_decoding_message_size(32 << 20);
        // Windows as the gateway's.
        let mut server = Server::builder().initial_stream_window_size(2 << 20).initial_connection_window_size(8 << 20);
        Ok(server.add_service(service).serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))).await?)
    })
}

#[tonic::async_trait]
impl PermissionService for Noop {
    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        Ok(Response::new(CheckResponse {
            allowed: true,
            decision: proto::Decision::Allow.into(),
            enforced: true,
            reason: proto::Reason::Approved.into(),
            article: String::new(),
            revision: 1,
            as_of: 1_795_000_000,
            decision_id: ID.to_owned(),
            reference: request.into_inner().reference,
            ..CheckResponse::default()
        }))
    }

    async fn check_batch(&self, request: Request<CheckBatchRequest>) -> Result<Response<CheckBatchResponse>, Status> {
        let request = request.into_inner();
        let recipients = request.phones.len() + request.recipients.len();
        Ok(Response::new(CheckBatchResponse {
            results: vec![APPROVED; recipients].into(),
            counts: Some(proto::Counts { allow: recipients as u32, deny: 0, defer: 0 }),
            revision: 1,
            as_of: 1_795_000_000,
            decision_id: ID.to_owned(),
            reference: request.reference,
        }))
    }

    type CheckStreamStream = Empty<Result<CheckResponse, Status>>;

    async fn check_stream(&self, _: Request<Streaming<CheckRequest>>) -> Result<Response<Self::CheckStreamStream>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn explain(&self, _: Request<proto::ExplainRequest>) -> Result<Response<proto::ExplainResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }
}
