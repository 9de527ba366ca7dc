//! The receiver of İYS's pushes, put together from its configuration.

use super::AppError;
use crate::config::{Config, Push};
use crate::feed::Follower;
use crate::feed::push::{Certificate, Counters, Desk, Receiver, Standing};
use crate::index::Index;
use crate::model::brand::{BrandCode, Feed};
use crate::model::consent::channel::Channel;
use crate::model::feed::Stream;
use crate::model::time::IysTime;
use crate::net::Life;
use crate::server::shutdown::Shutdown;
use crate::telemetry::metrics::{Metrics, PushResult};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Listens where pushes are to come, if they are; whoever calls waits.
pub(super) fn bind(config: &Config, max_connections: usize) -> Result<Option<Receiver>, AppError> {
    let Some(Push { listen, certificate_file, key_file, .. }) = config.iys.as_ref().and_then(|iys| iys.push.as_ref()) else {
        return Ok(None);
    };
    let certificate = Certificate::read(certificate_file, key_file)?;
    let receiver = Receiver::bind(*listen, certificate, max_connections);
    receiver.map(Some).map_err(|source| AppError::Listen {
        address: *listen,
        setting: "iys.push.listen or IZINGATE_IYS_PUSH_LISTEN",
        source,
    })
}

/// What is shown of the receiver.
pub(super) struct Shown {
    counters: Arc<Counters>,
    certificate: Certificate,
}

/// Answers, as a part of the feed; a push that comes before everything is in memory is told to come again.
pub(super) fn start(receiver: Receiver, follower: &Follower, index: &Index, life: &Life, loops: &TaskTracker) -> Shown {
    let parts = follower.parts();
    let index = index.clone();
    let desk = Desk {
        sink: Arc::clone(&parts.sink),
        pseudonymizer: parts.pseudonymizer.clone(),
        standing: Box::new(move |brand, channel| standing(&index, brand, channel)),
        clock: parts.clock.clone(),
    };
    if let Ok(address) = receiver.address() {
        tracing::info!(push = %address, "push: listening for İYS");
    }
    let certificate = receiver.certificate();
    Shown { counters: receiver.start(desk, follower.board(), life, loops), certificate }
}

/// Shows what the receiver counts, and when its certificate expires.
pub(super) async fn show(shown: Shown, metrics: Arc<Metrics>, shutdown: Shutdown) {
    let Shown { counters, certificate } = shown;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = shutdown.cut().cancelled() => return,
        }
        let Counters { pushes, movements: _, refused, unauthorised, full, failed } = &*counters;
        let total = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let ended = [total(pushes), total(unauthorised), total(full), total(failed)];
        PushResult::ALL.iter().zip(ended).for_each(|(result, total)| metrics.feed.pushes(*result, total));
        metrics.feed.push_unreadable.show(total(refused));
        metrics.feed.push_certificate.set(certificate.expires() as f64);
    }
}

/// By what is on file, so that pushes are taken while İYS itself cannot be asked.
fn standing(index: &Index, brand: BrandCode, channel: Channel) -> Standing {
    if !index.is_loaded() {
        return Standing::Loading;
    }
    match index.brands().get(brand) {
        Some(entry) if matches!(entry.brand.feed, Feed::Iys(readable) if readable.has(channel)) => {
            let known_to = entry.freshness.stream(Stream::Iys).complete_to;
            Standing::Followed { known_to: known_to.unwrap_or(IysTime::from_unix(0)) }
        }
        _ => Standing::NotFollowed,
    }
}
