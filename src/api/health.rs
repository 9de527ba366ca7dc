//! `grpc.health.v1`: whether to send calls here, as `/readyz` says, of every service the same.

use super::proto::admin_service_server::SERVICE_NAME as ADMIN;
use super::proto::consent_service_server::SERVICE_NAME as CONSENT;
use super::proto::permission_service_server::SERVICE_NAME as PERMISSION;
use futures_util::stream;
use std::pin::Pin;
use tokio::sync::watch;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// What has a health; the empty name is the gateway's.
const SERVICES: [&str; 4] = ["", PERMISSION, CONSENT, ADMIN];

/// Tells the health of this gateway. Once it is dropped, whoever watches is at the end: a watch is a call under way.
pub struct HealthReporter(watch::Sender<ServingStatus>);

/// Answers for the health of this gateway.
pub struct HealthService(watch::Receiver<ServingStatus>);

/// Creates a gateway's health, which is not serving at first.
#[must_use]
pub fn health() -> (HealthReporter, HealthServer<HealthService>) {
    let (reporter, status) = watch::channel(ServingStatus::NotServing);
    (HealthReporter(reporter), HealthServer::new(HealthService(status)))
}

impl HealthReporter {
    /// Tells whether calls are to be sent here. Whoever watches hears of changes alone.
    pub fn serving(&self, is_serving: bool) {
        let status = if is_serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.0.send_if_modified(|now| std::mem::replace(now, status) != status);
    }
}

fn is_known(service: &str) -> bool {
    SERVICES.contains(&service)
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

type Statuses = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

/// The status now and every other that comes. A service that is not known is told as such, once: no service comes later.
fn statuses(is_known: bool, status: watch::Receiver<ServingStatus>) -> Statuses {
    Box::pin(stream::unfold((status, true), move |(mut status, mut is_due)| async move {
        while !is_due {
            status.changed().await.ok()?;
            is_due = is_known;
        }
        let now = if is_known { *status.borrow_and_update() } else { ServingStatus::ServiceUnknown };
        Some((Ok(response(now)), (status, false)))
    }))
}

#[tonic::async_trait]
impl Health for HealthService {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        if is_known(&request.get_ref().service) {
            return Ok(Response::new(response(*self.0.borrow())));
        }
        Err(Status::not_found("service not registered"))
    }

    type WatchStream = Statuses;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Statuses>, Status> {
        Ok(Response::new(statuses(is_known(&request.get_ref().service), self.0.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    async fn heard(service: &str, tell: impl FnOnce(HealthReporter)) -> Vec<i32> {
        let (reporter, status) = watch::channel(ServingStatus::NotServing);
        let mut watched = statuses(is_known(service), status);
        let first = watched.next().await;
        tell(HealthReporter(reporter));
        let rest: Vec<_> = watched.collect().await;
        first.into_iter().chain(rest).map(|answer| answer.unwrap().status).collect()
    }

    #[tokio::test]
    async fn a_watch_hears_of_changes_until_the_gateway_ends() {
        let tell = |reporter: HealthReporter| {
            reporter.serving(false);
            reporter.serving(true);
            reporter.serving(true);
        };
        assert_eq!(heard("", tell).await, [ServingStatus::NotServing as i32, ServingStatus::Serving as i32]);
        assert_eq!(heard("izingate.v1.Nothing", tell).await, [ServingStatus::ServiceUnknown as i32]);
    }
}
