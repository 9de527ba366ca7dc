//! What is shown of a running gateway beside what it counts itself: read from where it is known, every second and whenever
//! the page of `/metrics` is asked for. All rows of a page are then of one moment, and rates of one load agree.

use super::modes::{self, Reminder};
use crate::api::admin::Refresh;
use crate::api::gateway::Gateway;
use crate::config::Config;
use crate::evidence::Log;
use crate::index::{BrandEntry, Index};
use crate::ingest::WriterHandle;
use crate::model::brand::Feed;
use crate::model::consent::channel::{Channel, Channels};
use crate::model::time::{IysTime, Moment};
use crate::ports::{ClosureQueue, MovementSink};
use crate::server::shutdown::Shutdown;
use crate::store::{Store, StoreError};
use crate::sys::clock::{Clock, Jumps, Watch};
use crate::telemetry::evidence::EvidenceSeries;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::process::ProcessSeries;
use crate::telemetry::store::StoreSeries;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// From one look at the disk and at the system to the next.
const LOOK: Duration = Duration::from_secs(5);

/// What is so from the start on.
pub(crate) fn begin(metrics: &Metrics, config: &Config, starts: u64) {
    metrics.process.starts.show(starts);
    metrics.evidence.window.set_duration(config.evidence.settings.window);
    metrics.evidence.waiting_limit.set_count(config.evidence.settings.buffer_bytes);
}

/// Reads what is in memory for a page of `/metrics` that is asked for.
pub(crate) fn refresher(gateway: &Gateway, sink: &WriterHandle) -> Refresh {
    let (gateway, sink) = (gateway.clone(), sink.clone());
    Arc::new(move || read(&gateway, &sink))
}

/// Keeps what is in memory.
pub(crate) async fn keep(gateway: Gateway, sink: WriterHandle, shutdown: Shutdown) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let mut watch = gateway.parts().clock.watch();
    let mut reminder = Reminder::default();
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = shutdown.cut().cancelled() => return,
        }
        show_clock(&gateway.parts().metrics.process, &gateway.parts().clock, &mut watch);
        read(&gateway, &sink);
        let index = gateway.parts().checker.index();
        if index.is_loaded() {
            reminder.look(modes::not_enforced(&index.brands().all(), gateway.moment()), Instant::now());
        }
    }
}

/// Shows what is in memory.
fn read(gateway: &Gateway, sink: &WriterHandle) {
    let (metrics, index) = (&gateway.parts().metrics, gateway.parts().checker.index());
    metrics.process.ready.set_flag(gateway.ready().is_ok());
    tell_index(metrics, index);
    metrics.ingest.queue.set_count(sink.waiting() as u64);
    metrics.ingest.queue_limit.set_count(sink.most_waiting() as u64);
    metrics.ingest.closures_unreported.set_count(sink.unreported());
    metrics.store.poisoned.set_flag(sink.is_poisoned());
    let (brands, at) = (index.brands().all(), gateway.moment());
    tell_brands(metrics, &brands, at);
    modes::show(&metrics.answers, &modes::not_enforced(&brands, at));
    if let Some(log) = gateway.parts().recorder.log() {
        tell_evidence(&metrics.evidence, log);
    }
}

/// Keeps what is on the disk and with the system.
pub(crate) async fn look(store: Arc<Store>, data: PathBuf, metrics: Arc<Metrics>, clock: Clock, shutdown: Shutdown) {
    let mut tick = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = shutdown.cut().cancelled() => return,
        }
        let (store, data, metrics, now) = (Arc::clone(&store), data.clone(), Arc::clone(&metrics), clock.moment().latest);
        let looked = tokio::task::spawn_blocking(move || {
            metrics.process.read();
            tell_disk(&metrics.store, &data);
            tell_closures(&metrics, &*store, now);
            tell_store(&metrics.store, &store)
        });
        if let Ok(Err(error)) = looked.await {
            tracing::warn!(%error, "the store does not tell how it is");
        }
    }
}

fn tell_index(metrics: &Metrics, index: &Index) {
    let memory = index.memory();
    metrics.index.revision.set_count(index.revision().get());
    metrics.index.holds(index.relations(), memory.used);
    metrics.index.limit.set_count(memory.limit);
    metrics.index.retired.set_count(memory.retired);
    metrics.index.moved.show(index.shards_moved());
}

/// Logs and counts each setting of the machine's clock, and shows how far it is behind.
fn show_clock(series: &ProcessSeries, clock: &Clock, watch: &mut Watch) {
    if let Some(seconds) = watch.look() {
        let to = if seconds > 0 { "forward" } else { "back" };
        tracing::warn!(
            seconds = seconds.abs(),
            "the machine's clock was set {to}; no age falls and no refusal ranks lower by it"
        );
    }
    let Jumps { forward, back } = clock.jumps();
    for (shown, counted) in series.clock_jumps.iter().zip([forward, back]) {
        shown.show(counted.load(Ordering::Relaxed));
    }
    let Moment { now, latest } = clock.moment();
    series.clock_behind.set_count(latest.unix().saturating_sub(now.unix()).into());
}

/// What brands' ages and gaps come to, and which are busiest. A brand that is not active answers nothing that could
/// be stale.
fn tell_brands(metrics: &Metrics, brands: &[Arc<BrandEntry>], at: Moment) {
    let active = || brands.iter().filter(|entry| entry.brand.active);
    let fed = || active().filter(|entry| entry.brand.is_fed());
    let age = |entry: &Arc<BrandEntry>| {
        let as_of = entry.as_of()?;
        Some((entry.brand.code.get(), at.latest.unix().saturating_sub(as_of.unix())))
    };
    let ages: Vec<(u32, u32)> = fed().filter_map(age).collect();
    let stale = |entry: &&Arc<BrandEntry>| is_stale(entry, at);
    let with_gap = active().filter(|entry| entry.freshness.gap().is_some()).count();
    metrics.feed.brand_age.set_count(ages.iter().map(|(_, age)| u64::from(*age)).max().unwrap_or(0));
    metrics.feed.ages(&ages);
    metrics.feed.brands_with_gap.set_count(with_gap as u64);
    metrics.feed.brands_stale.set_count(active().filter(stale).count() as u64);
    let asked: Vec<(u32, u64)> = brands.iter().map(|entry| (entry.brand.code.get(), entry.asked())).collect();
    metrics.answers.brands(&asked);
}

/// Whether a channel that the brand may be read on answers STALE, or it may be read on none. A channel that it has no
/// right for answers so for good: nobody has to be told every day.
fn is_stale(entry: &BrandEntry, at: Moment) -> bool {
    let stale = |channel: Channel| entry.is_stale(channel, at);
    match entry.brand.feed {
        Feed::Import => Channel::ALL.into_iter().any(stale),
        Feed::Iys(Channels::NONE) => true,
        Feed::Iys(readable) => Channel::ALL.into_iter().any(|channel| readable.has(channel) && stale(channel)),
    }
}

/// Where the evidence log stands.
fn tell_evidence(series: &EvidenceSeries, log: &Log) {
    let (status, figures) = (log.status(), log.figures());
    let counted = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
    series.recorded.show(counted(&figures.recorded));
    series.unrecorded.show(counted(&figures.unrecorded));
    series.bytes.show(counted(&figures.bytes));
    series.commits.show(counted(&figures.commits));
    series.failures.show(counted(&figures.failures));
    series.sealed.show(counted(&figures.sealed));
    series.behind.set_count(counted(&figures.behind));
    series.missing.set_count(counted(&figures.missing));
    series.waiting.set_count(status.waiting);
    series.failed.set_flag(status.failed);
    series.at_risk.set_duration(log.at_risk());
    series.commit.set_duration(Duration::from_micros(counted(&figures.took_us)));
}

fn tell_disk(series: &StoreSeries, data: &Path) {
    if let Ok(found) = rustix::fs::statvfs(data) {
        series.disk_free.set_count(found.f_bavail.saturating_mul(found.f_frsize));
        series.disk_size.set_count(found.f_blocks.saturating_mul(found.f_frsize));
    }
}

/// How long İYS has not been told of the closure that waits longest: the queue is in the order in which they were noted.
fn tell_closures(metrics: &Metrics, queue: &dyn ClosureQueue, now: IysTime) {
    match queue.unreported(0, 1) {
        Ok(oldest) => {
            let waits = oldest.first().map_or(0, |closure| now.unix().saturating_sub(closure.closed.unix()));
            metrics.ingest.closures_oldest.set_count(waits.into());
        }
        Err(error) => tracing::warn!(%error, "the queue of closures cannot be read"),
    }
}

fn tell_store(series: &StoreSeries, store: &Store) -> Result<(), StoreError> {
    let pressure = store.pressure()?;
    series.sst_files.set_count(pressure.files);
    series.sst_bytes.set_count(pressure.bytes);
    series.memtable_bytes.set_count(pressure.memtables);
    series.cache_bytes.set_count(pressure.cache);
    series.pending_bytes.set_count(pressure.pending);
    series.compactions.set_count(pressure.compactions);
    series.delayed.set_flag(pressure.delayed);
    series.stopped.set_flag(pressure.stopped);
    series.log_bytes.set_count(store.log_bytes()?);
    Ok(())
}
