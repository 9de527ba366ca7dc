//! The handles to every series, by subject.

pub use super::answers::{Answers, CheckSeries, Outcome, Stopwatch};
use super::evidence::EvidenceSeries;
pub use super::feed::{FeedCount, FeedSeries};
use super::index::IndexSeries;
use super::ingest::IngestSeries;
pub use super::labels::{Edge, ModeEnd, MovementResult, PushResult, SnapshotEvent};
use super::page::Page;
use super::process::ProcessSeries;
use super::store::StoreSeries;
use std::sync::Arc;

/// Handles to every series.
pub struct Metrics {
    page: Arc<Page>,
    /// Answers.
    pub answers: Answers,
    /// The index.
    pub index: IndexSeries,
    /// The store and its disk.
    pub store: StoreSeries,
    /// Movements on their way in.
    pub ingest: IngestSeries,
    /// The feed, and how fresh brands are.
    pub feed: FeedSeries,
    /// The evidence log.
    pub evidence: EvidenceSeries,
    /// The process.
    pub process: ProcessSeries,
}

impl Metrics {
    /// Every series at zero; `outcomes` is every decision with every reason that it can have.
    #[must_use]
    pub fn new(outcomes: &[Outcome]) -> Self {
        Self::build(outcomes, true)
    }

    /// The same, but answers are not counted: to measure what counting costs.
    #[doc(hidden)]
    #[must_use]
    pub fn silent(outcomes: &[Outcome]) -> Self {
        Self::build(outcomes, false)
    }

    fn build(outcomes: &[Outcome], counts: bool) -> Self {
        let page = Arc::new(Page::default());
        Self {
            answers: Answers::new(&page, outcomes, counts),
            index: IndexSeries::new(&page),
            store: StoreSeries::new(&page),
            ingest: IngestSeries::new(&page),
            feed: FeedSeries::new(&page),
            evidence: EvidenceSeries::new(&page),
            process: ProcessSeries::new(&page),
            page,
        }
    }

    /// The page of `/metrics`.
    #[must_use]
    pub fn render(&self) -> String {
        self.page.render()
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
