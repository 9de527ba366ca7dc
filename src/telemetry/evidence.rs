//! What is shown of the evidence log.

use super::cells::{Counter, Gauge};
use super::page::Page;
use super::series;

/// What is shown of the evidence log.
pub struct EvidenceSeries {
    /// Decisions on disk.
    pub recorded: Counter,
    /// Decisions answered and not recorded because they could not be.
    pub unrecorded: Counter,
    /// Bytes written.
    pub bytes: Counter,
    /// Commits, each with a sync.
    pub commits: Counter,
    /// Failed commits.
    pub failures: Counter,
    /// Segments sealed.
    pub sealed: Counter,
    /// Sealed segments that wait for their place in the tree or their index.
    pub behind: Gauge,
    /// Bytes that wait for the disk.
    pub waiting: Gauge,
    /// Bytes that may.
    pub waiting_limit: Gauge,
    /// 1 while the disk takes nothing.
    pub failed: Gauge,
    /// Seconds since everything that waited was on disk.
    pub at_risk: Gauge,
    /// Seconds that were configured for it.
    pub window: Gauge,
    /// Seconds that the last commit took.
    pub commit: Gauge,
    /// Decisions of before the start that can be missing, at most.
    pub missing: Gauge,
}

impl EvidenceSeries {
    pub(super) fn new(page: &Page) -> Self {
        let (counter, gauge) = (|series| page.counter(series, &[]), |series| page.gauge(series, &[]));
        Self {
            recorded: counter(&series::RECORDED),
            unrecorded: counter(&series::UNRECORDED),
            bytes: counter(&series::EVIDENCE_BYTES),
            commits: counter(&series::COMMITS),
            failures: counter(&series::FAILURES),
            sealed: counter(&series::SEALED),
            behind: gauge(&series::BEHIND),
            waiting: gauge(&series::WAITING),
            waiting_limit: gauge(&series::WAITING_LIMIT),
            failed: gauge(&series::FAILED),
            at_risk: gauge(&series::AT_RISK),
            window: gauge(&series::WINDOW),
            commit: gauge(&series::COMMIT),
            missing: gauge(&series::MISSING),
        }
    }
}
