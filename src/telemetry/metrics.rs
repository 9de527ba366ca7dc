//! Every series the gateway shows, with its help and unit, in this one file.
//!
//! Handles are resolved once, when [`Metrics`] is made: counting on the send path is an array look-up
//! and an atomic add. There is no global recorder, so that tests may hold many.

use super::evidence::EvidenceSeries;
use crate::model::channel::Channel;
use crate::model::mode::Mode;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::time::Duration;

/// Where a check came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Edge {
    /// `PermissionService.Check`
    GrpcUnary = 0,
    /// `PermissionService.CheckBatch`
    GrpcBatch = 1,
    /// `PermissionService.CheckStream`
    GrpcStream = 2,
    /// `/v1/check`
    HttpUnary = 3,
    /// `/v1/check/batch`
    HttpBatch = 4,
    /// `/v1/filter`
    HttpFilter = 5,
}

/// What became of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MovementResult {
    /// It changed what is known.
    Applied = 0,
    /// It was known, or is older than what is.
    Unchanged = 1,
    /// It was not taken.
    Refused = 2,
}

/// What became of a snapshot of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SnapshotEvent {
    /// It was written.
    Written = 0,
    /// It could not be written; the one before stays.
    Failed = 1,
    /// The gateway started from it.
    Loaded = 2,
    /// It was of no use, and the gateway started from the store.
    Rejected = 3,
}

/// What is counted of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FeedCount {
    /// Requests to İYS, those for tokens too.
    Requests = 0,
    /// Those for tokens.
    Logins = 1,
    /// Pages of movements.
    Pages = 2,
    /// Pages that did not come.
    PagesFailed = 3,
    /// Movements that were new.
    Applied = 4,
    /// Movements that could not be read.
    Unreadable = 5,
    /// Gaps that were found.
    Gaps = 6,
    /// Days that were held against İYS's file.
    Days = 7,
    /// Movements of such files that were missing.
    Missing = 8,
    /// Files that are not of their hash.
    HashesDiffer = 9,
    /// Movements of such days that are here and not in İYS's file.
    OnlyHere = 10,
}

/// What became of a call to the push receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PushResult {
    /// It was taken in and acknowledged.
    Taken = 0,
    /// It came without the right credentials, or for what is not followed.
    Unauthorised = 1,
    /// It found no room.
    Full = 2,
    /// It could not be taken in.
    Failed = 3,
}

/// A decision and a reason that occur together: (decision code, name, reason code, name).
pub type Outcome = (u8, &'static str, u8, &'static str);

/// Handles to every series.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    checks: [[CheckSeries; Channel::ALL.len()]; Edge::ALL.len()],
    movements: [Counter; MovementResult::ALL.len()],
    /// 1 while `/readyz` says yes.
    pub ready: Gauge,
    /// The revision that answers reflect.
    pub revision: Gauge,
    /// Relations in the index.
    pub relations: Gauge,
    /// Seconds from a batch's start at the writer to its acknowledgement.
    pub ingest_batch: Histogram,
    /// Commands that wait for the writer.
    pub ingest_queue: Gauge,
    /// 1 once a write error has stopped ingest.
    pub store_poisoned: Gauge,
    /// Closed lines of which İYS is still to be told.
    pub closures_unreported: Gauge,
    /// The age of the oldest data among brands that follow İYS.
    pub brand_age: Gauge,
    /// Brands that miss something.
    pub brands_with_gap: Gauge,
    /// Brands of which a channel answers STALE.
    pub brands_stale: Gauge,
    /// Open client connections.
    pub connections: Gauge,
    /// Bytes of the index.
    pub index_bytes: Gauge,
    /// Bytes that the index may take.
    pub index_limit: Gauge,
    /// The revision of the newest whole snapshot.
    pub snapshot_revision: Gauge,
    snapshots: [Counter; SnapshotEvent::ALL.len()],
    /// Readers of the change stream.
    pub watchers: Gauge,
    /// Those that were dropped because they were too slow.
    pub watchers_dropped: Counter,
    /// By the mode and the low six bits of the answer byte, per channel; those of no row are not there.
    not_enforced: [Vec<(Mode, u8, Counter)>; Channel::ALL.len()],
    feed: [Counter; FEED.len()],
    /// Tasks of the feed that do not run.
    pub feed_tasks_down: Gauge,
    pushes: [Counter; PushResult::ALL.len()],
    /// Movements of pushes that are unreadable, or of another brand or channel.
    pub push_unreadable: Counter,
    /// The evidence log.
    pub evidence: EvidenceSeries,
}

/// The checks of one edge and channel.
pub struct CheckSeries {
    /// By the answer byte, decision << 6 | reason.
    counters: Box<[Counter; 256]>,
    seconds: Histogram,
}

/// The name, unit and help of a series.
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    pub(super) help: &'static str,
}

const CHECKS: Series = Series { name: "izingate_checks_total", unit: Unit::Count, help: "Recipients decided." };
const NOT_ENFORCED: Series = Series {
    name: "izingate_checks_not_enforced_total",
    unit: Unit::Count,
    help: "Recipients that only a brand's mode let through; they are among the decided ones too.",
};
const CHECK_SECONDS: Series =
    Series { name: "izingate_check_seconds", unit: Unit::Seconds, help: "Time to decide one call, all its recipients together." };
const ERRORS: Series = Series { name: "izingate_errors_total", unit: Unit::Count, help: "Calls refused with an error." };
const READY: Series = Series { name: "izingate_ready", unit: Unit::Count, help: "1 while /readyz says yes." };
const REVISION: Series = Series { name: "izingate_revision", unit: Unit::Count, help: "The revision that answers reflect." };
const RELATIONS: Series = Series { name: "izingate_relations", unit: Unit::Count, help: "Relations in the index." };
const MOVEMENTS: Series =
    Series { name: "izingate_ingest_movements_total", unit: Unit::Count, help: "Movements received, by what became of them." };
const BATCH_SECONDS: Series = Series {
    name: "izingate_ingest_batch_seconds",
    unit: Unit::Seconds,
    help: "Time to commit and apply one batch of movements.",
};
const INGEST_QUEUE: Series =
    Series { name: "izingate_ingest_queue", unit: Unit::Count, help: "Commands waiting for the writer." };
const POISONED: Series =
    Series { name: "izingate_store_poisoned", unit: Unit::Count, help: "1 once a write error has stopped ingest." };
const CLOSURES_UNREPORTED: Series =
    Series { name: "izingate_closures_unreported", unit: Unit::Count, help: "Closed lines of which İYS is still to be told." };
const BRAND_AGE: Series = Series {
    name: "izingate_brand_age_seconds",
    unit: Unit::Seconds,
    help: "Age of the oldest data among brands that follow İYS and were seen whole.",
};
const BRANDS_WITH_GAP: Series =
    Series { name: "izingate_brands_with_gap", unit: Unit::Count, help: "Brands that follow İYS and miss movements." };
const BRANDS_STALE: Series =
    Series { name: "izingate_brands_stale", unit: Unit::Count, help: "Brands of which a channel answers STALE." };
const CONNECTIONS: Series = Series { name: "izingate_connections", unit: Unit::Count, help: "Open client connections." };
const INDEX_BYTES: Series = Series { name: "izingate_index_bytes", unit: Unit::Bytes, help: "Memory that the index takes." };
const INDEX_LIMIT: Series =
    Series { name: "izingate_index_limit_bytes", unit: Unit::Bytes, help: "Memory that the index may take." };
const SNAPSHOT_REVISION: Series = Series {
    name: "izingate_snapshot_revision",
    unit: Unit::Count,
    help: "The revision of the newest whole snapshot of the index.",
};
const SNAPSHOTS: Series =
    Series { name: "izingate_snapshots_total", unit: Unit::Count, help: "Snapshots of the index, by what became of them." };
const WATCHERS: Series = Series { name: "izingate_watchers", unit: Unit::Count, help: "Readers of the change stream." };
const WATCHERS_DROPPED: Series = Series {
    name: "izingate_watchers_dropped_total",
    unit: Unit::Count,
    help: "Readers of the change stream dropped because they did not take what they were sent.",
};
/// By [`FeedCount`].
const FEED: [Series; 11] = [
    feed("izingate_feed_requests_total", "Requests to İYS."),
    feed("izingate_feed_logins_total", "Requests to İYS for a token."),
    feed("izingate_feed_pages_total", "Pages of movements that came from İYS."),
    feed("izingate_feed_pages_failed_total", "Pages of movements that did not come."),
    feed("izingate_feed_movements_applied_total", "Movements from İYS's streams that were new."),
    feed("izingate_feed_movements_unreadable_total", "Movements from İYS's streams that could not be read."),
    feed("izingate_feed_gaps_total", "Gaps that were found in İYS's streams."),
    feed("izingate_feed_days_total", "Days that were held against İYS's own file."),
    feed("izingate_feed_days_missing_total", "Movements of such files that were missing and were taken in."),
    feed("izingate_feed_days_hash_differs_total", "Such files that are not of the hash that İYS agrees to."),
    feed("izingate_feed_days_only_here_total", "Movements of such days that are on record here and not in İYS's file."),
];
const FEED_ERRORS: Series =
    Series { name: "izingate_feed_errors_total", unit: Unit::Count, help: "Failed requests to İYS, by its code or ours." };
const FEED_TASKS_DOWN: Series = Series {
    name: "izingate_feed_tasks_down",
    unit: Unit::Count,
    help: "Tasks of the feed that wait after a failure or stopped.",
};

const fn feed(name: &'static str, help: &'static str) -> Series {
    Series { name, unit: Unit::Count, help }
}

const PUSHES: Series =
    Series { name: "izingate_pushes_total", unit: Unit::Count, help: "Calls to the push receiver, by what became of them." };
const PUSH_UNREADABLE: Series = Series {
    name: "izingate_push_unreadable_total",
    unit: Unit::Count,
    help: "Movements of pushes that are unreadable, or of another brand or channel.",
};
const BUILD_INFO: Series = Series { name: "izingate_build_info", unit: Unit::Count, help: "Always 1; its label is the version." };

/// A check is decided in microseconds, a batch of 100,000 in milliseconds.
const CHECK_BUCKETS: &[f64] = &[
    1e-6, 1.5e-6, 2e-6, 3e-6, 4e-6, 6e-6, 8e-6, 1e-5, 1.5e-5, 2e-5, 3e-5, 5e-5, 7.5e-5, 1e-4, 1.5e-4, 2e-4, 3e-4, 5e-4, 7.5e-4,
    1e-3, 2e-3, 5e-3, 1e-2, 3e-2, 1e-1, 1.0,
];
/// A batch is committed with one fsync.
const BATCH_BUCKETS: &[f64] = &[1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1, 2e-1, 5e-1, 1.0, 2.0, 5.0, 10.0];

impl Metrics {
    /// Makes every series; `outcomes` are the pairs of decision and reason that can be.
    #[must_use]
    pub fn new(outcomes: &[Outcome]) -> Self {
        let recorder = recorder();
        let handle = recorder.handle();
        let series = |edge| Channel::ALL.map(|channel| CheckSeries::new(&recorder, edge, channel, outcomes));
        let build_info = recorder.gauge(&BUILD_INFO, vec![Label::new("version", env!("CARGO_PKG_VERSION"))]);
        build_info.set(1.0);
        recorder.describe_counter(ERRORS.name.into(), Some(ERRORS.unit), ERRORS.help.into());
        Self {
            handle,
            checks: Edge::ALL.map(series),
            movements: MovementResult::ALL.map(|result| recorder.counter(&MOVEMENTS, vec![Label::new("result", result.name())])),
            ready: recorder.gauge(&READY, vec![]),
            revision: recorder.gauge(&REVISION, vec![]),
            relations: recorder.gauge(&RELATIONS, vec![]),
            ingest_batch: recorder.histogram(&BATCH_SECONDS, vec![]),
            ingest_queue: recorder.gauge(&INGEST_QUEUE, vec![]),
            store_poisoned: recorder.gauge(&POISONED, vec![]),
            closures_unreported: recorder.gauge(&CLOSURES_UNREPORTED, vec![]),
            brand_age: recorder.gauge(&BRAND_AGE, vec![]),
            brands_with_gap: recorder.gauge(&BRANDS_WITH_GAP, vec![]),
            brands_stale: recorder.gauge(&BRANDS_STALE, vec![]),
            connections: recorder.gauge(&CONNECTIONS, vec![]),
            index_bytes: recorder.gauge(&INDEX_BYTES, vec![]),
            index_limit: recorder.gauge(&INDEX_LIMIT, vec![]),
            snapshot_revision: recorder.gauge(&SNAPSHOT_REVISION, vec![]),
            snapshots: SnapshotEvent::ALL.map(|event| recorder.counter(&SNAPSHOTS, vec![Label::new("result", event.name())])),
            watchers: recorder.gauge(&WATCHERS, vec![]),
            watchers_dropped: recorder.counter(&WATCHERS_DROPPED, vec![]),
            not_enforced: Channel::ALL.map(|channel| not_enforced(&recorder, channel, outcomes)),
            feed: FEED.each_ref().map(|series| recorder.counter(series, vec![])),
            feed_tasks_down: recorder.gauge(&FEED_TASKS_DOWN, vec![]),
            pushes: PushResult::ALL.map(|result| recorder.counter(&PUSHES, vec![Label::new("result", result.name())])),
            push_unreadable: recorder.counter(&PUSH_UNREADABLE, vec![]),
            evidence: EvidenceSeries::new(&recorder),
            recorder,
        }
    }

    /// The checks of an edge and channel.
    #[must_use]
    pub const fn checks(&self, edge: Edge, channel: Channel) -> &CheckSeries {
        &self.checks[edge as usize][channel as usize]
    }

    /// Counts `n` recipients that a mode let through; the reason is that of the row that would have stopped them.
    pub fn not_enforced(&self, channel: Channel, mode: Mode, reason: u8, n: u64) {
        let of_channel = self.not_enforced[channel as usize].iter();
        for (_, _, counter) in of_channel.filter(|series| (series.0, series.1) == (mode, reason)) {
            counter.increment(n);
        }
    }

    /// Counts a call that was refused; the codes are those of the error table, so they are bounded.
    pub fn refused(&self, edge: Edge, code: &'static str) {
        self.recorder.counter(&ERRORS, vec![Label::new("edge", edge.name()), Label::new("code", code)]).increment(1);
    }

    /// Counts movements.
    pub fn movements(&self, result: MovementResult, n: u64) {
        self.movements[result as usize].increment(n);
    }

    /// Counts a snapshot.
    pub fn snapshot(&self, event: SnapshotEvent) {
        self.snapshots[event as usize].increment(1);
    }

    /// Shows what was counted of the feed, since the start.
    pub fn feed(&self, count: FeedCount, total: u64) {
        self.feed[count as usize].absolute(total);
    }

    /// Shows how many requests to İYS failed so, since the start; the codes are of a table, so they are bounded.
    pub fn feed_errors(&self, code: &'static str, total: u64) {
        self.recorder.counter(&FEED_ERRORS, vec![Label::new("code", code)]).absolute(total);
    }

    /// Shows how many calls to the push receiver ended so, since the start.
    pub fn pushes(&self, result: PushResult, total: u64) {
        self.pushes[result as usize].absolute(total);
    }

    /// The page of `/metrics`.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds what histograms have gathered into their buckets. They grow until this is called, by
    /// 16 bytes a call: to be called every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// A series for each mode that lets anything through and each reason that one lets through: an ALLOW for a reason
/// that is also another decision's.
fn not_enforced(recorder: &PrometheusRecorder, channel: Channel, outcomes: &[Outcome]) -> Vec<(Mode, u8, Counter)> {
    let stopped = |reason| outcomes.iter().any(|&(decision, _, other, _)| decision != ALLOW && other == reason);
    let let_through = outcomes.iter().filter(|&&(decision, _, reason, _)| decision == ALLOW && stopped(reason));
    let of_mode = |mode: Mode| {
        let_through.clone().map(move |&(_, _, reason, name)| {
            let labels = [("channel", channel.name()), ("mode", mode.name()), ("reason", name)];
            let labels = labels.map(|(label, value)| Label::new(label, value)).to_vec();
            (mode, reason, recorder.counter(&NOT_ENFORCED, labels))
        })
    };
    [Mode::Advise, Mode::Shadow].into_iter().flat_map(of_mode).collect()
}

/// The number of the decision to send.
const ALLOW: u8 = 1;

impl CheckSeries {
    fn new(recorder: &PrometheusRecorder, edge: Edge, channel: Channel, outcomes: &[Outcome]) -> Self {
        let place = || vec![Label::new("edge", edge.name()), Label::new("channel", channel.name())];
        let counter = |decision, reason| {
            let labels = [place(), vec![Label::new("decision", decision), Label::new("reason", reason)]].concat();
            recorder.counter(&CHECKS, labels)
        };
        let named = |byte| outcomes.iter().find(|&&(decision, _, reason, _)| answer_byte(decision, reason) == byte);
        // No check goes uncounted: a pair that is not in the table is shown as OTHER, and is a fault.
        let other = counter("OTHER", "OTHER");
        let counters = std::array::from_fn(|byte| match named(byte) {
            Some((_, decision, _, reason)) => counter(decision, reason),
            None => other.clone(),
        });
        Self { counters: Box::new(counters), seconds: recorder.histogram(&CHECK_SECONDS, place()) }
    }

    /// Counts `n` recipients that got this decision for this reason.
    pub fn add(&self, decision: u8, reason: u8, n: u64) {
        self.counters[answer_byte(decision, reason)].increment(n);
    }

    /// Notes how long one call took to decide.
    pub fn took(&self, time: Duration) {
        self.seconds.record(time.as_secs_f64());
    }
}

impl Edge {
    /// Every edge, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::GrpcUnary, Self::GrpcBatch, Self::GrpcStream, Self::HttpUnary, Self::HttpBatch, Self::HttpFilter];

    /// The value of the label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GrpcUnary => "grpc_unary",
            Self::GrpcBatch => "grpc_batch",
            Self::GrpcStream => "grpc_stream",
            Self::HttpUnary => "http_unary",
            Self::HttpBatch => "http_batch",
            Self::HttpFilter => "http_filter",
        }
    }
}

impl MovementResult {
    /// Every result, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Applied, Self::Unchanged, Self::Refused];

    const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
        }
    }
}

impl SnapshotEvent {
    /// Every event, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Written, Self::Failed, Self::Loaded, Self::Rejected];

    const fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Failed => "failed",
            Self::Loaded => "loaded",
            Self::Rejected => "rejected",
        }
    }
}

impl PushResult {
    /// Every result, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Taken, Self::Unauthorised, Self::Full, Self::Failed];

    const fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Unauthorised => "unauthorised",
            Self::Full => "full",
            Self::Failed => "failed",
        }
    }
}

/// Describes and registers a series at once.
pub(super) trait Register: Recorder {
    fn counter(&self, series: &Series, labels: Vec<Label>) -> Counter {
        self.describe_counter(series.name.into(), Some(series.unit), series.help.into());
        self.register_counter(&Key::from_parts(series.name, labels), &METADATA)
    }

    fn gauge(&self, series: &Series, labels: Vec<Label>) -> Gauge {
        self.describe_gauge(series.name.into(), Some(series.unit), series.help.into());
        self.register_gauge(&Key::from_parts(series.name, labels), &METADATA)
    }

    fn histogram(&self, series: &Series, labels: Vec<Label>) -> Histogram {
        self.describe_histogram(series.name.into(), Some(series.unit), series.help.into());
        self.register_histogram(&Key::from_parts(series.name, labels), &METADATA)
    }
}

impl Register for PrometheusRecorder {}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// Only an empty list of buckets is refused, and these are not.
fn recorder() -> PrometheusRecorder {
    let buckets = [(&CHECK_SECONDS, CHECK_BUCKETS), (&BATCH_SECONDS, BATCH_BUCKETS)];
    let with_buckets = buckets.into_iter().try_fold(PrometheusBuilder::new(), |builder, (series, buckets)| {
        builder.set_buckets_for_metric(Matcher::Full(series.name.to_owned()), buckets)
    });
    with_buckets.unwrap_or_default().build_recorder()
}

/// The byte that answers a recipient; codes beyond their width fall to OTHER by decision 0.
const fn answer_byte(decision: u8, reason: u8) -> usize {
    if decision > 3 || reason > 63 { 0 } else { (decision as usize) << 6 | reason as usize }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
