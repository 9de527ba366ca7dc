//! What is counted in: clones of a cell are the same one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Only ever grows.
#[derive(Clone, Debug, Default)]
pub struct Counter(pub(super) Arc<AtomicU64>);

/// Goes up and down.
#[derive(Clone, Debug, Default)]
pub struct Gauge(pub(super) Arc<AtomicU64>);

/// How many there are of what comes and goes by itself.
#[derive(Clone, Debug, Default)]
pub struct Level(pub(super) Arc<AtomicU64>);

/// How often each of a range of times occurred.
#[derive(Clone, Debug)]
pub struct Histogram(pub(super) Arc<Buckets>);

/// One counter for each bound, one for what is beyond all of them, and what all comes to.
#[derive(Debug)]
pub(super) struct Buckets {
    /// Nanoseconds, ascending.
    pub(super) bounds: &'static [u64],
    pub(super) counts: Vec<AtomicU64>,
    pub(super) nanos: AtomicU64,
}

impl Counter {
    /// Counts `n` more.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    /// Shows what somebody else counts.
    pub fn show(&self, total: u64) {
        self.0.fetch_max(total, Relaxed);
    }
}

impl Gauge {
    /// Sets it.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }

    /// Sets it to a whole number.
    pub fn set_count(&self, value: u64) {
        self.set(value as f64);
    }

    /// 1 for yes.
    pub fn set_flag(&self, yes: bool) {
        self.set(f64::from(u8::from(yes)));
    }

    /// Sets it to seconds.
    pub fn set_duration(&self, value: Duration) {
        self.set(value.as_secs_f64());
    }
}

impl Level {
    /// One more.
    pub fn up(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    /// One less.
    pub fn down(&self) {
        self.0.fetch_sub(1, Relaxed);
    }

    /// The number itself, for whoever counts without knowing what is shown.
    #[must_use]
    pub fn count(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.0)
    }
}

impl Histogram {
    pub(super) fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Buckets { bounds, counts, nanos: AtomicU64::new(0) }))
    }

    /// Notes a time.
    pub fn record(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let Buckets { bounds, counts, nanos: sum } = &*self.0;
        counts[bounds.partition_point(|bound| *bound < nanos)].fetch_add(1, Relaxed);
        sum.fetch_add(nanos, Relaxed);
    }
}
