//! What the gateway takes over time.

use crate::scrape;
use crate::stage::Stage;
use crate::turns::Who;
use serde::Serialize;
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// `/metrics` is read no more often: it costs the gateway a millisecond.
const PAGES: Duration = Duration::from_secs(10);

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// Seconds since the first turn began.
    pub seconds: f64,
    /// Resident bytes.
    pub resident: Option<u64>,
    /// Seconds of processor used so far.
    pub processor: Option<f64>,
    /// Bytes of the index.
    pub index: Option<f64>,
    /// Bytes of writes and of blocks that the store holds in memory.
    pub store: Option<f64>,
    /// Bytes of evidence that wait for the disk.
    pub waiting: Option<f64>,
}

/// Notes a sample each `every`, until it is dropped.
pub async fn take(stage: &Stage, begun: Instant, every: Duration, into: &RefCell<Vec<Sample>>) {
    let mut tick = tokio::time::interval(every);
    loop {
        tick.tick().await;
        let usage = stage.usage(Who::Gateway).await;
        let page = match &stage.place.admin {
            Some(admin) if every >= PAGES => scrape::page(admin).await.ok(),
            _ => None,
        };
        let value = |name| page.as_ref().and_then(|page| page.value(name));
        into.borrow_mut().push(Sample {
            seconds: begun.elapsed().as_secs_f64(),
            resident: usage.resident,
            processor: usage.processor,
            index: value("izingate_index_bytes"),
            store: value("izingate_store_memtable_bytes")
                .zip(value("izingate_store_cache_bytes"))
                .map(|(writes, blocks)| writes + blocks),
            waiting: value("izingate_evidence_waiting_bytes"),
        });
    }
}

/// How far what is sampled strays from its middle after a third of the time: least and greatest as parts of it.
pub fn spread(values: &[f64]) -> Option<(f64, f64)> {
    let late = values.get(values.len() / 3..).filter(|late| late.len() >= 3)?;
    let mut sorted = late.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted[sorted.len() / 2];
    Some((sorted[0] / middle, sorted[sorted.len() - 1] / middle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_does_not_count() {
        assert_eq!(spread(&[10.0, 50.0, 100.0, 98.0, 100.0, 102.0, 100.0, 99.0, 101.0]), Some((0.98, 1.02)));
        assert_eq!(spread(&[1.0, 2.0]), None);
    }
}
