//! What is told of a running gateway as it goes: gauges, and gRPC's health service.

use crate::evidence::Log;
use crate::index::BrandEntry;
use crate::ingest::WriterHandle;
use crate::model::channel::Channel;
use crate::model::time::IysTime;
use crate::ports::MovementSink;
use crate::shutdown::Shutdown;
use crate::telemetry::evidence::EvidenceSeries;
use crate::telemetry::metrics::Metrics;
use crate::wire::gateway::Gateway;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tonic_health::server::HealthReporter;

/// Keeps the gauges and folds the histograms, which grow until then.
pub(super) async fn gauges(gateway: Gateway, sink: WriterHandle, shutdown: Shutdown) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = shutdown.cut().cancelled() => return,
        }
        let (metrics, index) = (&gateway.parts().metrics, gateway.parts().checker.index());
        metrics.ready.set(f64::from(u8::from(gateway.ready().is_ok())));
        metrics.revision.set(index.revision().get() as f64);
        metrics.relations.set(index.relations() as f64);
        metrics.index_bytes.set(index.memory().used as f64);
        metrics.index_limit.set(index.memory().limit as f64);
        metrics.ingest_queue.set(sink.waiting() as f64);
        metrics.store_poisoned.set(f64::from(u8::from(sink.is_poisoned())));
        metrics.closures_unreported.set(sink.unreported() as f64);
        tell_brands(metrics, &index.brands().all(), gateway.now());
        if let Some(log) = gateway.parts().recorder.log() {
            tell_evidence(&metrics.evidence, log);
        }
        metrics.upkeep();
    }
}

/// Where the evidence log stands.
fn tell_evidence(series: &EvidenceSeries, log: &Log) {
    let (status, figures) = (log.status(), log.figures());
    let counted = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
    series.recorded.absolute(counted(&figures.recorded));
    series.unrecorded.absolute(counted(&figures.unrecorded));
    series.bytes.absolute(counted(&figures.bytes));
    series.commits.absolute(counted(&figures.commits));
    series.failures.absolute(counted(&figures.failures));
    series.sealed.absolute(counted(&figures.sealed));
    series.behind.set(counted(&figures.behind) as f64);
    series.waiting.set(status.waiting as f64);
    series.failed.set(f64::from(u8::from(status.failed)));
    series.at_risk.set(log.at_risk().as_secs_f64());
    series.commit.set(Duration::from_micros(counted(&figures.took_us)).as_secs_f64());
}

/// What brands' ages and gaps come to.
fn tell_brands(metrics: &Metrics, brands: &[Arc<BrandEntry>], now: IysTime) {
    let fed = || brands.iter().filter(|entry| entry.brand.is_fed());
    let age = fed().filter_map(|entry| entry.as_of()).map(|as_of| now.unix().saturating_sub(as_of.unix())).max();
    let stale = |entry: &&Arc<BrandEntry>| Channel::ALL.into_iter().any(|channel| entry.is_stale(channel, now));
    metrics.brand_age.set(f64::from(age.unwrap_or(0)));
    metrics.brands_with_gap.set(fed().filter(|entry| entry.freshness.gap().is_some()).count() as f64);
    metrics.brands_stale.set(brands.iter().filter(stale).count() as f64);
}

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
