use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tonic::{Request, Response};
use tonic_types::ErrorDetails;

use super::*;
use crate::api::proto::consent_service_server::{ConsentService, ConsentServiceServer};
use crate::api::proto::{GetStateRequest, GetStateResponse, RefusedMovement};

/// A gateway that is not ready for the first calls, refuses the recipient `x`, and keeps what it was sent.
#[derive(Clone, Default)]
struct Gateway {
    not_ready: Arc<Mutex<u32>>,
    denied: bool,
    calls: Arc<Mutex<Vec<ApplyRequest>>>,
}

#[tonic::async_trait]
impl ConsentService for Gateway {
    type WatchStream = tokio_stream::Empty<Result<crate::api::proto::WatchEvent, Status>>;

    async fn watch(&self, _: Request<crate::api::proto::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("not asked here"))
    }

    async fn apply(&self, request: Request<ApplyRequest>) -> Result<Response<ApplyResponse>, Status> {
        let details = |reason: &str| ErrorDetails::with_error_info(reason, "izingate", []);
        if self.denied {
            return Err(Status::with_error_details(Code::FailedPrecondition, "no such brand", details("UNKNOWN_BRAND")));
        }
        let mut not_ready = self.not_ready.lock().unwrap();
        if *not_ready > 0 {
            *not_ready -= 1;
            return Err(Status::with_error_details(Code::Unavailable, "loading", details("NOT_READY")));
        }
        let request = request.into_inner();
        let refused: Vec<_> = (0..)
            .zip(&request.movements)
            .filter(|(_, movement)| movement.recipient == "x")
            .map(|(index, _)| RefusedMovement { index, code: "INVALID_RECIPIENT".to_owned(), detail: "no".to_owned() })
            .collect();
        let applied = (request.movements.len() - refused.len()) as u32;
        let mut calls = self.calls.lock().unwrap();
        calls.push(request);
        Ok(Response::new(ApplyResponse { revision: calls.len() as u64, applied, unchanged: 0, as_of_now: 1, refused }))
    }

    async fn get_state(&self, _: Request<GetStateRequest>) -> Result<Response<GetStateResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }
}

/// Serves until the returned runtime is dropped.
fn serve(gateway: Gateway) -> (Runtime, GatewayUrl) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let service = ConsentServiceServer::new(gateway).max_decoding_message_size(32 << 20);
    let router = tonic::service::Routes::new(service).into_axum_router();
    runtime.spawn(async move { axum::serve(listener, router).await });
    (runtime, address)
}

fn row(recipient: &str) -> Row {
    Row::new(1, &["2026-11-01 10:20:30", "ab", recipient, "TACIR", "EPOSTA", "RET", "2026-10-31 00:00:00", "HS_WEB", "0601234"])
}

#[test]
fn rows_are_sent_with_brand_and_moment() {
    let gateway = Gateway::default();
    let (_runtime, address) = serve(gateway.clone());
    let remote = Remote::connect(&address, BrandCode::new(601_234), Some(IysTime::from_unix(1_793_000_000))).unwrap();
    let outcome = remote.apply(&[row("a@ornek.com"), row("x")]).unwrap();
    let refused = vec![Refused { index: 1, code: "INVALID_RECIPIENT".into(), detail: "no".into() }];
    assert_eq!(outcome, Outcome { revision: 1, applied: 1, unchanged: 0, as_of_now: 1, refused });
    let movement = |recipient: &str| Movement {
        creation_date: "2026-11-01 10:20:30".to_owned(),
        transaction_id: "ab".to_owned(),
        recipient: recipient.to_owned(),
        recipient_type: "TACIR".to_owned(),
        r#type: "EPOSTA".to_owned(),
        status: "RET".to_owned(),
        consent_date: "2026-10-31 00:00:00".to_owned(),
        source: "HS_WEB".to_owned(),
        brand_code: "0601234".to_owned(),
    };
    let movements = vec![movement("a@ornek.com"), movement("x")];
    let request = ApplyRequest { brand_code: 601_234, movements, export_as_of: 1_793_000_000, ..ApplyRequest::default() };
    assert_eq!(*gateway.calls.lock().unwrap(), [request]);
}

#[test]
fn many_or_long_rows_are_several_calls_and_one_outcome() {
    let gateway = Gateway::default();
    let (_runtime, address) = serve(gateway.clone());
    let remote = Remote::connect(&address, None, None).unwrap();
    let mut rows = vec![row("a@ornek.com"); 25_000];
    rows[24_999] = row("x");
    let outcome = remote.apply(&rows).unwrap();
    let refused = vec![Refused { index: 24_999, code: "INVALID_RECIPIENT".into(), detail: "no".into() }];
    assert_eq!(outcome, Outcome { revision: 3, applied: 24_999, unchanged: 0, as_of_now: 3, refused });
    let long = vec![row(&"y".repeat((1 << 20) - 200)); 20];
    assert_eq!(remote.apply(&long).unwrap().applied, 20);
    let sizes: Vec<_> = gateway.calls.lock().unwrap().iter().map(|call| call.movements.len()).collect();
    assert_eq!(sizes, [10_000, 10_000, 5000, 8, 8, 4]);
}

#[test]
fn an_export_that_was_sent_whole_is_said_to_be_complete() {
    let gateway = Gateway { not_ready: Arc::new(Mutex::new(1)), ..Gateway::default() };
    let (_runtime, address) = serve(gateway.clone());
    let as_of = IysTime::from_unix(1_793_000_000);
    let remote = Remote::connect(&address, BrandCode::new(601_234), Some(as_of)).unwrap();
    let mut fields = row("a@ornek.com").fields().map(str::to_owned);
    fields[8] = String::new();
    remote.apply(&[row("a@ornek.com"), Row::new(3, &fields)]).unwrap();
    remote.export_complete(&remote.brands()).unwrap();
    let complete = |of: &ApplyRequest| (of.movements.len(), of.export_as_of, of.export_complete_brands.clone());
    let calls: Vec<_> = gateway.calls.lock().unwrap().iter().map(complete).collect();
    assert_eq!(calls, [(2, 1_793_000_000, vec![]), (0, 1_793_000_000, vec![601_234])]);
}

#[test]
fn a_gateway_that_loads_is_asked_again() {
    let (_runtime, address) = serve(Gateway { not_ready: Arc::new(Mutex::new(2)), ..Gateway::default() });
    let remote = Remote::connect(&address, None, None).unwrap();
    assert_eq!(remote.apply(&[row("a@ornek.com")]).unwrap().applied, 1);
}

#[test]
fn any_other_error_is_final_and_has_the_gateways_code() {
    let (runtime, address) = serve(Gateway { denied: true, ..Gateway::default() });
    let remote = Remote::connect(&address, None, None).unwrap();
    assert_eq!(remote.apply(&[row("a@ornek.com")]), Err(TargetError::new("UNKNOWN_BRAND", "no such brand")));
    drop(runtime);
    assert_eq!(remote.apply(&[row("a@ornek.com")]).map_err(|error| error.code), Err("UNAVAILABLE".into()));
    assert_eq!(Remote::connect(&address, None, None).err().map(|error| error.code), Some("UNAVAILABLE".into()));
}

#[test]
fn codes_of_grpc_are_spelled_as_ours() {
    assert_eq!(code_of(&Status::permission_denied("")), "PERMISSION_DENIED");
    assert_eq!(code_of(&Status::unavailable("")), "UNAVAILABLE");
}
