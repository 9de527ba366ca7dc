//! gRPC's health service, as the gateway goes.

use crate::api::gateway::Gateway;
use crate::api::health::HealthReporter;
use crate::server::shutdown::Shutdown;
use std::time::Duration;

/// Tells gRPC's health service what `/readyz` tells, and ends whoever watches it when the gateway stops: a watch is a call under way, and
/// the drain would wait for it in vain.
pub(super) async fn health(reporter: HealthReporter, gateway: Gateway, shutdown: Shutdown) {
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    while !shutdown.stopped().is_cancelled() {
        reporter.serving(gateway.ready().is_ok());
        tokio::select! {
            _ = tick.tick() => {}
            () = shutdown.stopped().cancelled() => {}
        }
    }
    reporter.serving(false);
}
