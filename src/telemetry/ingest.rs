//! What is counted of movements on their way in.

use super::cells::{Counter, Gauge, Histogram};
use super::labels::MovementResult;
use super::page::Page;
use super::series::{self, BATCH_BOUNDS};

/// What is counted of movements on their way in.
pub struct IngestSeries {
    movements: Vec<Counter>,
    /// From a batch's start at the writer to its acknowledgement.
    pub batch: Histogram,
    /// From the moment that movements are handed in until they are visible.
    pub lag: Histogram,
    /// Commands that wait for the writer.
    pub queue: Gauge,
    /// Commands that may wait.
    pub queue_limit: Gauge,
    /// Closed lines of which İYS is still to be told.
    pub closures_unreported: Gauge,
    /// Seconds since the line was closed that waits longest for its report.
    pub closures_oldest: Gauge,
}

impl IngestSeries {
    pub(super) fn new(page: &Page) -> Self {
        Self {
            movements: MovementResult::WORDS.iter().map(|result| page.counter(&series::MOVEMENTS, &[result])).collect(),
            batch: page.histogram(&series::BATCH_SECONDS, &[], BATCH_BOUNDS),
            lag: page.histogram(&series::LAG_SECONDS, &[], BATCH_BOUNDS),
            queue: page.gauge(&series::INGEST_QUEUE, &[]),
            queue_limit: page.gauge(&series::INGEST_QUEUE_LIMIT, &[]),
            closures_unreported: page.gauge(&series::CLOSURES_UNREPORTED, &[]),
            closures_oldest: page.gauge(&series::CLOSURES_OLDEST, &[]),
        }
    }

    /// Counts movements.
    pub fn movements(&self, result: MovementResult, n: u64) {
        self.movements[result as usize].add(n);
    }
}
