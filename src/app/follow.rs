//! gRPC's health service, as the gateway goes.

use crate::shutdown::Shutdown;
use crate::wire::gateway::Gateway;
use std::time::Duration;
use tonic_health::server::HealthReporter;

/// Tells gRPC's health service what `/readyz` tells.
pub(super) async fn health(mut reporter: HealthReporter, gateway: Gateway, shutdown: Shutdown) {
    use tonic_health::ServingStatus::{NotServing, Serving};
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let services = ["", "izingate.v1.PermissionService", "izingate.v1.ConsentService", "izingate.v1.AdminService"];
    while !shutdown.stopped().is_cancelled() {
        let status = if gateway.ready().is_ok() { Serving } else { NotServing };
        for service in services {
            reporter.set_service_status(service, status).await;
        }
        tokio::select! {
            _ = tick.tick() => {}
            () = shutdown.stopped().cancelled() => {}
        }
    }
    for service in services {
        reporter.set_service_status(service, NotServing).await;
        // Ends whoever watches: a watch is a call under way, and the drain would wait for it in vain.
        reporter.clear_service_status(service).await;
    }
}
