//! The series of the evidence log.

use super::metrics::{Register, Series};
use metrics::{Counter, Gauge, Unit};
use metrics_exporter_prometheus::PrometheusRecorder;

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
    /// 1 while the disk takes nothing.
    pub failed: Gauge,
    /// Seconds since everything that waited was on disk.
    pub at_risk: Gauge,
    /// Seconds that the last commit took.
    pub commit: Gauge,
}

const RECORDED: Series = count("izingate_evidence_decisions_total", "Decisions recorded on disk.");
const UNRECORDED: Series =
    count("izingate_evidence_unrecorded_total", "Decisions answered and not recorded because they could not be.");
const BYTES: Series = Series { name: "izingate_evidence_bytes_total", unit: Unit::Bytes, help: "Bytes of evidence written." };
const COMMITS: Series = count("izingate_evidence_commits_total", "Commits of evidence, each with a sync.");
const FAILURES: Series = count("izingate_evidence_failures_total", "Commits of evidence that failed.");
const SEALED: Series = count("izingate_evidence_segments_sealed_total", "Segments of evidence sealed.");
const BEHIND: Series =
    count("izingate_evidence_segments_behind", "Sealed segments that wait for their place in the tree or their index.");
const WAITING: Series =
    Series { name: "izingate_evidence_waiting_bytes", unit: Unit::Bytes, help: "Bytes of evidence that wait for the disk." };
const FAILED: Series = count("izingate_evidence_failed", "1 while no evidence can be written.");
const AT_RISK: Series = Series {
    name: "izingate_evidence_at_risk_seconds",
    unit: Unit::Seconds,
    help: "Since when what waits is not on disk: what a kill would lose now.",
};
const COMMIT: Series =
    Series { name: "izingate_evidence_commit_seconds", unit: Unit::Seconds, help: "Time that the last commit of evidence took." };

const fn count(name: &'static str, help: &'static str) -> Series {
    Series { name, unit: Unit::Count, help }
}

impl EvidenceSeries {
    pub(super) fn new(recorder: &PrometheusRecorder) -> Self {
        Self {
            recorded: recorder.counter(&RECORDED, vec![]),
            unrecorded: recorder.counter(&UNRECORDED, vec![]),
            bytes: recorder.counter(&BYTES, vec![]),
            commits: recorder.counter(&COMMITS, vec![]),
            failures: recorder.counter(&FAILURES, vec![]),
            sealed: recorder.counter(&SEALED, vec![]),
            behind: recorder.gauge(&BEHIND, vec![]),
            waiting: recorder.gauge(&WAITING, vec![]),
            failed: recorder.gauge(&FAILED, vec![]),
            at_risk: recorder.gauge(&AT_RISK, vec![]),
            commit: recorder.gauge(&COMMIT, vec![]),
        }
    }
}
