//! Every series that the gateway shows, in this one file: name, kind, unit, help, and its labels with their values.
//!
//! `docs/metrics.md` is printed from it. Names end in `_total` if they only grow, and in their unit.

use super::labels::{
    BreakerWord, BudgetWord, ClockDirection, Edge, ModeEnd, MovementResult, PushResult, SnapshotEvent, StandingWord,
};
use super::top::SHOWN;
use crate::model::brand::mode::Mode;
use crate::model::consent::channel::Channel;
use crate::model::decision::{Decision, Reason};

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
const MODE_END: Label = Label { name: "end", values: Values::Of(|| ModeEnd::WORDS.to_vec()) };
const CODE: Label = Label { name: "code", values: Values::Code };
const RESULT: Label = Label { name: "result", values: Values::Of(|| MovementResult::WORDS.to_vec()) };
const PUSH_RESULT: Label = Label { name: "result", values: Values::Of(|| PushResult::WORDS.to_vec()) };
const EVENT: Label = Label { name: "event", values: Values::Of(|| SnapshotEvent::WORDS.to_vec()) };
const BREAKER_STATE: Label = Label { name: "state", values: Values::Of(|| BreakerWord::WORDS.to_vec()) };
const STANDING_STATE: Label = Label { name: "state", values: Values::Of(|| StandingWord::WORDS.to_vec()) };
const DIRECTION: Label = Label { name: "direction", values: Values::Of(|| ClockDirection::WORDS.to_vec()) };
const BUDGET: Label = Label { name: "budget", values: Values::Of(|| BudgetWord::WORDS.to_vec()) };
/// The busiest, and `other` for all others together.
const BUSIEST: Label = Label { name: "brand", values: Values::Brand(SHOWN + 1) };
const OLDEST: Label = Label { name: "brand", values: Values::Brand(SHOWN) };

/// `OTHER` is a pair that the gateway does not know, which is a fault.
fn named<const N: usize>(names: [&'static str; N]) -> Vec<&'static str> {
    names.into_iter().chain(["OTHER"]).collect()
}

macro_rules! table {
    ($($id:ident = $kind:ident($name:literal, $unit:ident, [$($label:expr),*], $help:literal);)+) => {
        $(#[doc = $help] pub static $id: Series =
            Series { name: $name, kind: Kind::$kind, unit: Unit::$unit, labels: &[$($label),*], help: $help };)+

        /// Every series.
        pub static ALL: &[&Series] = &[$(&$id),+];
    };
}

table! {
    CHECKS = Counter("izingate_checks_total", Count, [EDGE, CHANNEL, DECISION, REASON], "Recipients decided.");
    NOT_ENFORCED = Counter("izingate_checks_not_enforced_total", Count, [CHANNEL, MODE, REASON],
        "Recipients that only a brand's mode let through; they are among the decided ones too.");
    BRANDS_NOT_ENFORCED = Gauge("izingate_brands_not_enforced", Count, [CHANNEL, MODE, MODE_END],
        "Active brands in `advise` or `shadow`, which let refused and unknown recipients through; `end` says whether the return to \
         `enforce` is planned. The log names them every hour.");
    CHECK_SECONDS = Histogram("izingate_check_seconds", Seconds, [EDGE],
        "Time to decide one call, all its recipients together, and to hand it over to the evidence.");
    ERRORS = Counter("izingate_errors_total", Count, [EDGE, CODE], "Calls refused with an error.");
    BRAND_CHECKS = Counter("izingate_brand_checks_total", Count, [BUSIEST],
        "Recipients asked about, by the brands that are busiest lately; of the others, and of these before, together.");

    RELATIONS = Gauge("izingate_relations", Count, [], "Relations in the index.");
    INDEX_BYTES = Gauge("izingate_index_bytes", Bytes, [], "Memory that the index takes.");
    INDEX_LIMIT = Gauge("izingate_index_limit_bytes", Bytes, [], "Memory that the index may take.");
    INDEX_RETIRED = Gauge("izingate_index_retired_bytes", Bytes, [],
        "Memory of the index that is freed once its present readers have finished.");
    INDEX_LOAD = Gauge("izingate_index_load_ratio", Ratio, [], "Share of the index's memory that relations fill.");
    INDEX_MOVED = Counter("izingate_index_shards_moved_total", Count, [], "Shards of the index that were rewritten as it grew.");
    REVISION = Gauge("izingate_revision", Count, [], "The revision that answers reflect.");
    SNAPSHOT_REVISION = Gauge("izingate_snapshot_revision", Count, [], "The revision of the newest whole snapshot of the index.");
    SNAPSHOTS = Counter("izingate_snapshots_total", Count, [EVENT], "Snapshots of the index, by result.");

    POISONED = Gauge("izingate_store_poisoned", Count, [], "1 while a failed write, or a writer that panicked, stops ingest.");
    STORE_BYTES = Gauge("izingate_store_sst_bytes", Bytes, [], "Sorted files of the store that are in use.");
    STORE_FILES = Gauge("izingate_store_sst_files", Count, [], "Sorted files of the store that are in use, by their number.");
    STORE_LOG = Gauge("izingate_store_log_bytes", Bytes, [], "The store's write-ahead log: what the next start reads again, at most.");
    STORE_MEMORY = Gauge("izingate_store_memtable_bytes", Bytes, [], "Writes that the store holds in memory.");
    STORE_CACHE = Gauge("izingate_store_cache_bytes", Bytes, [], "Blocks of sorted files that the store holds in memory, `store.cache_bytes` at most.");
    COMPACTION_PENDING = Gauge("izingate_store_compaction_pending_bytes", Bytes, [], "What the store has still to compact, by its own estimate.");
    COMPACTIONS = Gauge("izingate_store_compactions", Count, [], "Compactions under way.");
    WRITES_DELAYED = Gauge("izingate_store_writes_delayed", Count, [], "1 while the store slows its writer down, for compaction to follow.");
    WRITES_STOPPED = Gauge("izingate_store_writes_stopped", Count, [], "1 while the store has its writer stand, for compaction to follow.");
    DISK_FREE = Gauge("izingate_disk_free_bytes", Bytes, [], "What is free on the disk that holds the data.");
    DISK_SIZE = Gauge("izingate_disk_size_bytes", Bytes, [], "The disk that holds the data.");

    MOVEMENTS = Counter("izingate_ingest_movements_total", Count, [RESULT], "Movements received, by result.");
    BATCH_SECONDS = Histogram("izingate_ingest_batch_seconds", Seconds, [], "Time to commit and apply one batch of movements.");
    LAG_SECONDS = Histogram("izingate_ingest_lag_seconds", Seconds, [],
        "From the moment that movements are handed in until answers reflect them, by the first of each batch.");
    INGEST_QUEUE = Gauge("izingate_ingest_queue", Count, [], "Commands waiting for the writer.");
    INGEST_QUEUE_LIMIT = Gauge("izingate_ingest_queue_limit", Count, [], "Commands that may wait for the writer; beyond it callers do.");
    CLOSURES_UNREPORTED = Gauge("izingate_closures_unreported", Count, [], "Closed lines that are not yet reported to İYS.");
    CLOSURES_OLDEST = Gauge("izingate_closures_oldest_seconds", Seconds, [],
        "Seconds since the closing of the line that waits longest to be reported to İYS (11/9); 0 if none waits.");

    BRAND_AGE = Gauge("izingate_brand_age_seconds", Seconds, [],
        "Age of the oldest data among active brands that follow İYS and were seen whole.");
    OLDEST_BRANDS = Gauge("izingate_oldest_brand_age_seconds", Seconds, [OLDEST],
        "Age of the data of the brands that follow İYS whose data is oldest.");
    BRANDS_WITH_GAP = Gauge("izingate_brands_with_gap", Count, [], "Active brands that miss movements: none of their data is vouched for until the gap is ended.");
    BRANDS_STALE = Gauge("izingate_brands_stale", Count, [], "Active brands of which a channel answers STALE that they may be read on.");
    FEED_BRANDS = Gauge("izingate_feed_brands", Count, [], "Brands that the feed follows.");
    FEED_REQUESTS = Counter("izingate_feed_requests_total", Count, [], "Requests to İYS.");
    FEED_LOGINS = Counter("izingate_feed_logins_total", Count, [], "Requests to İYS for a token.");
    FEED_PAGES = Counter("izingate_feed_pages_total", Count, [], "Pages of movements that came from İYS.");
    FEED_PAGES_FAILED = Counter("izingate_feed_pages_failed_total", Count, [], "Pages of movements that did not come.");
    FEED_APPLIED = Counter("izingate_feed_movements_applied_total", Count, [], "Movements from İYS's streams that were new.");
    FEED_UNREADABLE = Counter("izingate_feed_movements_unreadable_total", Count, [], "Movements from İYS's streams that could not be read.");
    FEED_GAPS = Counter("izingate_feed_gaps_total", Count, [], "Gaps that were found in İYS's streams.");
    FEED_DAYS = Counter("izingate_feed_day_files_total", Count, [], "Days that were held against İYS's own file.");
    FEED_MISSING = Counter("izingate_feed_day_files_missing_total", Count, [], "Movements of such files that were missing and were taken in.");
    FEED_HASHES = Counter("izingate_feed_day_files_hash_differs_total", Count, [], "Such files that are not of the hash that İYS agrees to.");
    FEED_HASH_DIFFERS = Gauge("izingate_feed_brands_hash_differs", Count, [],
        "Brands whose oldest day that is still to be compared has a file of another hash than İYS agrees to; looked at every hour.");
    FEED_ONLY_HERE = Counter("izingate_feed_day_files_only_here_total", Count, [],
        "Movements of such days that are on record here and not in İYS's file.");
    FEED_ERRORS = Counter("izingate_feed_errors_total", Count, [Label { name: "code", values: Values::IysCode }],
        "Failed requests to İYS, by its code or ours.");
    FEED_TASKS_DOWN = Gauge("izingate_feed_tasks_down", Count, [], "Tasks of the feed that stopped, or wait after a failure; not the comparison of days, which may wait.");
    FEED_WAITING = Gauge("izingate_feed_requests_waiting", Count, [], "Requests to İYS that wait for their turn under its limits.");
    FEED_BUDGET = Gauge("izingate_feed_budget_left", Count, [BUDGET], "Requests that an hourly limit of İYS still lets through.");
    FEED_BREAKER = Gauge("izingate_feed_breaker", Count, [BREAKER_STATE], "1 for what is done with calls to İYS: open while it fails.");
    FEED_STANDING = Gauge("izingate_feed_standing", Count, [STANDING_STATE], "1 for how we stand with İYS's bad-client rule.");
    PUSHES = Counter("izingate_pushes_total", Count, [PUSH_RESULT], "Calls to the push receiver, by result.");
    PUSH_UNREADABLE = Counter("izingate_push_unreadable_total", Count, [],
        "Movements in pushes that are unreadable, or of another brand or channel.");

    PUSH_CERTIFICATE = Gauge("izingate_push_certificate_expires_seconds", Seconds, [],
        "When the certificate of the push receiver, or one of its chain, expires: Unix time; 0 where no pushes are received.");

    RECORDED = Counter("izingate_evidence_decisions_total", Count, [], "Decisions recorded on disk.");
    UNRECORDED = Counter("izingate_evidence_unrecorded_total", Count, [], "Decisions answered and not recorded because they could not be.");
    EVIDENCE_BYTES = Counter("izingate_evidence_bytes_total", Bytes, [], "Bytes of evidence written.");
    COMMITS = Counter("izingate_evidence_commits_total", Count, [], "Commits of evidence, each with a sync.");
    FAILURES = Counter("izingate_evidence_failures_total", Count, [], "Commits of evidence that failed.");
    SEALED = Counter("izingate_evidence_segments_sealed_total", Count, [], "Segments of evidence sealed.");
    BEHIND = Gauge("izingate_evidence_segments_behind", Count, [],
        "Sealed segments that wait for their place in the tree or their index.");
    WAITING = Gauge("izingate_evidence_waiting_bytes", Bytes, [], "Bytes of evidence that wait for the disk.");
    WAITING_LIMIT = Gauge("izingate_evidence_waiting_limit_bytes", Bytes, [],
        "Bytes of evidence that may wait for the disk; beyond it evidence.overload says what happens.");
    FAILED = Gauge("izingate_evidence_failed", Count, [], "1 while no evidence can be written.");
    AT_RISK = Gauge("izingate_evidence_at_risk_seconds", Seconds, [],
        "Since when what waits is not on disk: what a kill would lose now.");
    WINDOW = Gauge("izingate_evidence_window_seconds", Seconds, [], "How long evidence may wait for the disk: what was configured.");
    COMMIT = Gauge("izingate_evidence_commit_seconds", Seconds, [], "Time that the last commit of evidence took.");
    MISSING = Gauge("izingate_evidence_missing_at_most", Count, [],
        "Numbers leased before the start and not on record: more than none if it was killed. What is missing is far less, an evidence.window at most.");

    READY = Gauge("izingate_ready", Count, [], "1 while /readyz says yes.");
    CONNECTIONS = Gauge("izingate_connections", Count, [], "Open client connections.");
    WATCHERS = Gauge("izingate_watchers", Count, [], "Readers of the change stream.");
    WATCHERS_DROPPED = Counter("izingate_watchers_dropped_total", Count, [],
        "Readers of the change stream dropped because they did not take what they were sent.");
    BUILD_INFO = Gauge("izingate_build_info", Count, [Label { name: "version", values: Values::Version }], "The version that runs.");
    CLOCK_JUMPS = Counter("izingate_clock_jumps_total", Count, [DIRECTION], "Times that the machine's clock was set by 2 s or more.");
    CLOCK_BEHIND = Gauge("izingate_clock_behind_seconds", Seconds, [],
        "Seconds by which the machine's clock is behind an earlier reading of it and the time since: ages are reckoned from that.");
    STARTS = Counter("izingate_starts_total", Count, [], "Starts of a gateway on this data directory, this one too.");
    PROCESS_CPU = Counter("process_cpu_seconds_total", Seconds, [], "Processor time of the process.");
    PROCESS_MEMORY = Gauge("process_resident_memory_bytes", Bytes, [], "Memory of the process.");
    PROCESS_FILES = Gauge("process_open_fds", Count, [], "Open file descriptors of the process.");
    PROCESS_FILES_LIMIT = Gauge("process_max_fds", Count, [], "File descriptors that the process may have open.");
    PROCESS_THREADS = Gauge("process_threads", Count, [], "Threads of the process.");
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
