//! Every series that the gateway shows, in this one file: name, kind, unit, help, and its labels with their values.
//!
//! `docs/metrics.md` is printed from it. Names end in `_total` if they only grow, and in their unit.

use super::labels::{BreakerWord, BudgetWord, Edge, MovementResult, PushResult, SnapshotEvent, StandingWord};
use super::top::SHOWN;
use crate::check::decision::{Decision, Reason};
use crate::model::channel::Channel;
use crate::model::mode::Mode;

/// A series.
#[derive(Debug)]
pub struct Series {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What one of it is.
    pub unit: Unit,
    /// Its labels, in the order in which they are shown.
    pub labels: &'static [Label],
    /// What it says.
    pub help: &'static str,
}

/// What a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, from the start of the process on.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Times, by how long they are.
    Histogram,
}

/// What one of a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One of what the help names, or 1 for yes.
    Count,
    /// A second.
    Seconds,
    /// A byte.
    Bytes,
    /// All of something.
    Ratio,
}

/// A label.
#[derive(Debug)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub values: Values,
}

/// What a label may be.
#[derive(Debug)]
pub enum Values {
    /// One of these.
    Of(fn() -> Vec<&'static str>),
    /// A stable code of the gateway's errors.
    Code,
    /// An error code of İYS that means something to us, one of ours where it did not answer, or `other`.
    IysCode,
    /// The code of a brand, of so many at once.
    Brand(usize),
    /// The version of the program.
    Version,
}

const EDGE: Label = Label { name: "edge", values: Values::Of(|| Edge::WORDS.to_vec()) };
const CHANNEL: Label = Label { name: "channel", values: Values::Of(|| Channel::ALL.map(Channel::name).to_vec()) };
const DECISION: Label = Label { name: "decision", values: Values::Of(|| named(Decision::ALL.map(Decision::name))) };
const REASON: Label = Label { name: "reason", values: Values::Of(|| named(Reason::ALL.map(Reason::name))) };
const MODE: Label = Label { name: "mode", values: Values::Of(|| [Mode::Advise, Mode::Shadow].map(Mode::name).to_vec()) };
const CODE: Label = Label { name: "code", values: Values::Code };
const RESULT: Label = Label { name: "result", values: Values::Of(|| MovementResult::WORDS.to_vec()) };
const PUSH_RESULT: Label = Label { name: "result", values: Values::Of(|| PushResult::WORDS.to_vec()) };
const EVENT: Label = Label { name: "event", values: Values::Of(|| SnapshotEvent::WORDS.to_vec()) };
const BREAKER_STATE: Label = Label { name: "state", values: Values::Of(|| BreakerWord::WORDS.to_vec()) };
const STANDING_STATE: Label = Label { name: "state", values: Values::Of(|| StandingWord::WORDS.to_vec()) };
const BUDGET: Label = Label { name: "budget", values: Values::Of(|| BudgetWord::WORDS.to_vec()) };
/// The busiest, and `other` for all others together.
const BUSIEST: Label = Label { name: "brand", values: Values::Brand(SHOWN + 1) };
const OLDEST: Label = Label { name: "brand", values: Values::Brand(SHOWN) };

/// `OTHER` is a pair that the gateway does not know, which is a fault.
fn named<const N: usize>(names: [&'static str; N]) -> Vec<&'static str> {
    names.into_iter().chain(["OTHER"]).collect()
}

macro_rules! table {
    ($($(#[$doc:meta])* $id:ident = $kind:ident($name:literal, $unit:ident, [$($label:expr),*], $help:literal);)+) => {
        $($(#[$doc])* pub static $id: Series =
            Series { name: $name, kind: Kind::$kind, unit: Unit::$unit, labels: &[$($label),*], help: $help };)+

        /// Every series.
        pub static ALL: &[&Series] = &[$(&$id),+];
    };
}

table! {
    /// By where it came in.
    CHECKS = Counter("izingate_checks_total", Count, [EDGE, CHANNEL, DECISION, REASON], "Recipients decided.");
    /// They are among the decided ones too.
    NOT_ENFORCED = Counter("izingate_checks_not_enforced_total", Count, [CHANNEL, MODE, REASON],
        "Recipients that only a brand's mode let through; they are among the decided ones too.");
    /// Without what a `before-answer` caller waits for the disk.
    CHECK_SECONDS = Histogram("izingate_check_seconds", Seconds, [EDGE],
        "Time to decide one call, all its recipients together, and to hand it over to the evidence.");
    /// Of the callers' doing or ours.
    ERRORS = Counter("izingate_errors_total", Count, [EDGE, CODE], "Calls refused with an error.");
    /// The busiest brands.
    BRAND_CHECKS = Counter("izingate_brand_checks_total", Count, [BUSIEST],
        "Recipients asked about, by the brands that are busiest lately; of the others, and of these before, together.");

    /// Of the index.
    RELATIONS = Gauge("izingate_relations", Count, [], "Relations in the index.");
    /// With what is retired.
    INDEX_BYTES = Gauge("izingate_index_bytes", Bytes, [], "Memory that the index takes.");
    /// The setting, or three quarters of the machine.
    INDEX_LIMIT = Gauge("izingate_index_limit_bytes", Bytes, [], "Memory that the index may take.");
    /// Bounded.
    INDEX_RETIRED = Gauge("izingate_index_retired_bytes", Bytes, [],
        "Memory of the index that is given back once its readers have let go.");
    /// About 0.8 where relations are many.
    INDEX_LOAD = Gauge("izingate_index_load_ratio", Ratio, [], "Share of the index's memory that relations fill.");
    /// Growth.
    INDEX_MOVED = Counter("izingate_index_shards_moved_total", Count, [], "Shards of the index that were written anew as it grew.");
    /// Of the index.
    REVISION = Gauge("izingate_revision", Count, [], "The revision that answers reflect.");
    /// Of the index.
    SNAPSHOT_REVISION = Gauge("izingate_snapshot_revision", Count, [], "The revision of the newest whole snapshot of the index.");
    /// Of the index.
    SNAPSHOTS = Counter("izingate_snapshots_total", Count, [EVENT], "Snapshots of the index, by what became of them.");

    /// A restart mends it, once the cause is.
    POISONED = Gauge("izingate_store_poisoned", Count, [], "1 once a write error has stopped ingest.");
    /// Compaction's.
    STORE_BYTES = Gauge("izingate_store_sst_bytes", Bytes, [], "Sorted files of the store that are in use.");
    /// All families.
    STORE_FILES = Gauge("izingate_store_sst_files", Count, [], "Sorted files of the store that are in use, by their number.");
    /// What a start reads.
    STORE_LOG = Gauge("izingate_store_log_bytes", Bytes, [], "The store's write-ahead log: what the next start reads again, at most.");
    /// Memory of the store.
    STORE_MEMORY = Gauge("izingate_store_memtable_bytes", Bytes, [], "Writes that the store holds in memory.");
    /// Grows without end if the disk is too slow.
    COMPACTION_PENDING = Gauge("izingate_store_compaction_pending_bytes", Bytes, [], "What the store has still to compact, by its own estimate.");
    /// At once.
    COMPACTIONS = Gauge("izingate_store_compactions", Count, [], "Compactions under way.");
    /// RocksDB slows its writer down.
    WRITES_DELAYED = Gauge("izingate_store_writes_delayed", Count, [], "1 while the store slows its writer down, for compaction to follow.");
    /// RocksDB stops its writer.
    WRITES_STOPPED = Gauge("izingate_store_writes_stopped", Count, [], "1 while the store has its writer stand, for compaction to follow.");
    /// Free to the process, not to root alone.
    DISK_FREE = Gauge("izingate_disk_free_bytes", Bytes, [], "What is free on the disk that holds the data.");
    /// Whole.
    DISK_SIZE = Gauge("izingate_disk_size_bytes", Bytes, [], "The disk that holds the data.");

    /// Import, feed, push, `Apply`.
    MOVEMENTS = Counter("izingate_ingest_movements_total", Count, [RESULT], "Movements received, by what became of them.");
    /// At the writer.
    BATCH_SECONDS = Histogram("izingate_ingest_batch_seconds", Seconds, [], "Time to commit and apply one batch of movements.");
    /// Lag.
    LAG_SECONDS = Histogram("izingate_ingest_lag_seconds", Seconds, [],
        "From the moment that movements are handed in until answers reflect them, by the first of each batch.");
    /// Bounded.
    INGEST_QUEUE = Gauge("izingate_ingest_queue", Count, [], "Commands waiting for the writer.");
    /// Its bound.
    INGEST_QUEUE_LIMIT = Gauge("izingate_ingest_queue_limit", Count, [], "Commands that may wait for the writer; beyond it callers do.");
    /// 11/9.
    CLOSURES_UNREPORTED = Gauge("izingate_closures_unreported", Count, [], "Closed lines of which İYS is still to be told.");

    /// Active ones.
    BRAND_AGE = Gauge("izingate_brand_age_seconds", Seconds, [],
        "Age of the oldest data among active brands that follow İYS and were seen whole.");
    /// Active ones.
    OLDEST_BRANDS = Gauge("izingate_oldest_brand_age_seconds", Seconds, [OLDEST],
        "Age of the data of the brands that follow İYS whose data is oldest.");
    /// Active ones.
    BRANDS_WITH_GAP = Gauge("izingate_brands_with_gap", Count, [], "Active brands that follow İYS and miss movements.");
    /// Active ones.
    BRANDS_STALE = Gauge("izingate_brands_stale", Count, [], "Active brands of which a channel answers STALE that they may be read on.");
    /// That the account may read.
    FEED_BRANDS = Gauge("izingate_feed_brands", Count, [], "Brands that the feed follows.");
    /// All kinds.
    FEED_REQUESTS = Counter("izingate_feed_requests_total", Count, [], "Requests to İYS.");
    /// By password and by refresh.
    FEED_LOGINS = Counter("izingate_feed_logins_total", Count, [], "Requests to İYS for a token.");
    /// An empty one too.
    FEED_PAGES = Counter("izingate_feed_pages_total", Count, [], "Pages of movements that came from İYS.");
    /// Of the two streams.
    FEED_PAGES_FAILED = Counter("izingate_feed_pages_failed_total", Count, [], "Pages of movements that did not come.");
    /// Of the two streams.
    FEED_APPLIED = Counter("izingate_feed_movements_applied_total", Count, [], "Movements from İYS's streams that were new.");
    /// Of the two streams.
    FEED_UNREADABLE = Counter("izingate_feed_movements_unreadable_total", Count, [], "Movements from İYS's streams that could not be read.");
    /// Each is a brand that is STALE.
    FEED_GAPS = Counter("izingate_feed_gaps_total", Count, [], "Gaps that were found in İYS's streams.");
    /// Reconciliation.
    FEED_DAYS = Counter("izingate_feed_days_total", Count, [], "Days that were held against İYS's own file.");
    /// Reconciliation.
    FEED_MISSING = Counter("izingate_feed_days_missing_total", Count, [], "Movements of such files that were missing and were taken in.");
    /// Reconciliation.
    FEED_HASHES = Counter("izingate_feed_days_hash_differs_total", Count, [], "Such files that are not of the hash that İYS agrees to.");
    /// Reconciliation.
    FEED_ONLY_HERE = Counter("izingate_feed_days_only_here_total", Count, [],
        "Movements of such days that are on record here and not in İYS's file.");
    /// Occurring ones only.
    FEED_ERRORS = Counter("izingate_feed_errors_total", Count, [Label { name: "code", values: Values::IysCode }],
        "Failed requests to İYS, by its code or ours.");
    /// A task is one worker of the feed.
    FEED_TASKS_DOWN = Gauge("izingate_feed_tasks_down", Count, [], "Tasks of the feed that wait after a failure or stopped.");
    /// İYS lets ten a second through.
    FEED_WAITING = Gauge("izingate_feed_requests_waiting", Count, [], "Requests to İYS that wait for their turn under its limits.");
    /// An hourly limit that is used up is not waited for.
    FEED_BUDGET = Gauge("izingate_feed_budget_left", Count, [BUDGET], "Requests that an hourly limit of İYS still lets through.");
    /// Exactly one is 1.
    FEED_BREAKER = Gauge("izingate_feed_breaker", Count, [BREAKER_STATE], "1 for what is done with calls to İYS: open while it fails.");
    /// Exactly one is 1.
    FEED_STANDING = Gauge("izingate_feed_standing", Count, [STANDING_STATE], "1 for how we stand with İYS's bad-client rule.");
    /// The receiver's.
    PUSHES = Counter("izingate_pushes_total", Count, [PUSH_RESULT], "Calls to the push receiver, by what became of them.");
    /// The receiver's.
    PUSH_UNREADABLE = Counter("izingate_push_unreadable_total", Count, [],
        "Movements in pushes that are unreadable, or of another brand or channel.");

    /// On disk.
    RECORDED = Counter("izingate_evidence_decisions_total", Count, [], "Decisions recorded on disk.");
    /// For `drop-and-count`, and DENY.
    UNRECORDED = Counter("izingate_evidence_unrecorded_total", Count, [], "Decisions answered and not recorded because they could not be.");
    /// Segments.
    EVIDENCE_BYTES = Counter("izingate_evidence_bytes_total", Bytes, [], "Bytes of evidence written.");
    /// Group commits.
    COMMITS = Counter("izingate_evidence_commits_total", Count, [], "Commits of evidence, each with a sync.");
    /// Group commits.
    FAILURES = Counter("izingate_evidence_failures_total", Count, [], "Commits of evidence that failed.");
    /// Segments.
    SEALED = Counter("izingate_evidence_segments_sealed_total", Count, [], "Segments of evidence sealed.");
    /// Segments.
    BEHIND = Gauge("izingate_evidence_segments_behind", Count, [],
        "Sealed segments that wait for their place in the tree or their index.");
    /// Backlog.
    WAITING = Gauge("izingate_evidence_waiting_bytes", Bytes, [], "Bytes of evidence that wait for the disk.");
    /// Its bound.
    WAITING_LIMIT = Gauge("izingate_evidence_waiting_limit_bytes", Bytes, [],
        "Bytes of evidence that may wait for the disk; beyond it evidence.overload says what happens.");
    /// ALLOW is DEFER then, unless configured otherwise.
    FAILED = Gauge("izingate_evidence_failed", Count, [], "1 while no evidence can be written.");
    /// The window at risk.
    AT_RISK = Gauge("izingate_evidence_at_risk_seconds", Seconds, [],
        "Since when what waits is not on disk: what a kill would lose now.");
    /// What is promised.
    WINDOW = Gauge("izingate_evidence_window_seconds", Seconds, [], "How long evidence may wait for the disk: what was configured.");
    /// Durable lag.
    COMMIT = Gauge("izingate_evidence_commit_seconds", Seconds, [], "Time that the last commit of evidence took.");

    /// `/readyz`.
    READY = Gauge("izingate_ready", Count, [], "1 while /readyz says yes.");
    /// Of the public port.
    CONNECTIONS = Gauge("izingate_connections", Count, [], "Open client connections.");
    /// Of the change stream.
    WATCHERS = Gauge("izingate_watchers", Count, [], "Readers of the change stream.");
    /// Of the change stream.
    WATCHERS_DROPPED = Counter("izingate_watchers_dropped_total", Count, [],
        "Readers of the change stream dropped because they did not take what they were sent.");
    /// Always 1.
    BUILD_INFO = Gauge("izingate_build_info", Count, [Label { name: "version", values: Values::Version }], "The version that runs.");
    /// Over the life of the data directory.
    STARTS = Counter("izingate_starts_total", Count, [], "Starts of a gateway on this data directory, this one too.");
    /// The names of this part are Prometheus' own, for every program.
    PROCESS_CPU = Counter("process_cpu_seconds_total", Seconds, [], "Processor time of the process.");
    /// Of `/proc`.
    PROCESS_MEMORY = Gauge("process_resident_memory_bytes", Bytes, [], "Memory of the process.");
    /// Of `/proc`.
    PROCESS_FILES = Gauge("process_open_fds", Count, [], "Open file descriptors of the process.");
    /// Of `/proc`.
    PROCESS_FILES_LIMIT = Gauge("process_max_fds", Count, [], "File descriptors that the process may have open.");
    /// Of `/proc`.
    PROCESS_THREADS = Gauge("process_threads", Count, [], "Threads of the process.");
    /// Unix.
    PROCESS_START = Gauge("process_start_time_seconds", Seconds, [], "When the process was started, in Unix time.");
}

/// From 1 µs on, dense around what a check may take: 99 of 100 within 200 µs, 999 of 1,000 within a millisecond.
pub(super) const CHECK_BOUNDS: &[u64] = &[
    1_000,
    2_000,
    3_000,
    5_000,
    7_500,
    10_000,
    15_000,
    25_000,
    50_000,
    75_000,
    100_000,
    150_000,
    200_000,
    300_000,
    500_000,
    750_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    25_000_000,
    100_000_000,
    1_000_000_000,
];
/// A batch is a sync of the disk at least.
pub(super) const BATCH_BOUNDS: &[u64] = &[
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
    60_000_000_000,
];

impl Kind {
    /// The word of Prometheus' text format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Ratio => "ratio",
        }
    }
}

impl Values {
    /// For people.
    fn describe(&self) -> String {
        match self {
            Self::Of(words) => words().iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" "),
            Self::Code => "a stable code of the gateway's errors; those that occurred".to_owned(),
            Self::IysCode => "a known code of İYS, `other`, or ours where it did not answer; those that occurred".to_owned(),
            Self::Brand(most) => format!("brand codes, {most} rows at most"),
            Self::Version => "the version".to_owned(),
        }
    }
}

/// The table as a page for people: `docs/metrics.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(
        "# Metrics\n\nEvery series of `/metrics` on the admin port. Printed from `src/telemetry/series.rs`: \
         `UPDATE_METRICS=1 cargo test --release --lib telemetry` writes it anew.\n\n\
         No series is labelled by recipient or caller; by brand only two are, for the twenty that matter most. A counter \
         starts at 0 with the process, except `izingate_starts_total`, which belongs to the data directory.\n\n\
         | series | kind | unit | labels | what it says |\n|---|---|---|---|---|\n",
    );
    for Series { name, kind, unit, labels, help } in ALL {
        let labels = labels.iter().map(|label| format!("`{}`", label.name)).collect::<Vec<_>>().join(" ");
        page += &format!("| `{name}` | {} | {} | {labels} | {help} |\n", kind.name(), unit.name());
    }
    page += "\n## Labels\n\n| label | of | values |\n|---|---|---|\n";
    let mut seen: Vec<(&str, String)> = Vec::new();
    for label in ALL.iter().flat_map(|series| series.labels) {
        let row = (label.name, label.values.describe());
        if seen.contains(&row) {
            continue;
        }
        let of = ALL.iter().filter(|other| other.labels.iter().any(|own| (own.name, own.values.describe()) == row));
        let of = if of.clone().count() > 2 {
            "several".to_owned()
        } else {
            of.map(|one| format!("`{}`", one.name)).collect::<Vec<_>>().join(" ")
        };
        page += &format!("| `{}` | {of} | {} |\n", row.0, row.1);
        seen.push(row);
    }
    page += "\n## Buckets\n\n";
    for (name, bounds) in [("izingate_check_seconds", CHECK_BOUNDS), ("izingate_ingest_…_seconds", BATCH_BOUNDS)] {
        let bounds = bounds.iter().map(|nanos| format!("{:?}", std::time::Duration::from_nanos(*nanos))).collect::<Vec<_>>();
        page += &format!("`{name}`: {}.\n\n", bounds.join(", "));
    }
    page.trim_end().to_owned() + "\n"
}
