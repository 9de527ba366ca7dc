//! The composition root: puts a gateway together, owns every task, takes it apart in order.

mod demo;
pub mod erase;
mod feed;
pub mod heal;
mod health;
pub mod jobs;
mod push;
pub mod shutdown;

use crate::api::caller::Callers;
use crate::api::filter::Filters;
use crate::api::gateway::{Gateway, Parts, verdict_names};
use crate::api::server::listen::Bounds;
use crate::api::server::{listen, router};
use crate::api::watch::{Limits, Watching};
use crate::api::{admin, health as grpc_health};
pub use crate::check::Checker;
use crate::config::Config;
pub use crate::data::evidence::EvidenceError;
use crate::data::evidence::{self, Beside};
use crate::data::open::{OpenError, Opened};
use crate::data::{data_dir, open};
use crate::evidence::Recorder;
use crate::evidence::start::Threads;
use crate::feed::Follower;
use crate::feed::push::CertificateError;
use crate::index::Index;
use crate::ingest::{BatchReport, Boot, Booted, Observer, Setup, Writer, WriterHandle};
use crate::model::consent::movement::CLOCK_TOLERANCE;
use crate::model::consent::retention::RemovalClock;
use crate::model::decision::id::DecisionIds;
use crate::model::time::{IysTime, Moment};
use crate::net::hosts::HostPolicy;
use crate::net::{self, Life};
use crate::ports::{FeedControl, NoFeed};
use crate::server::jobs::backups::Backups;
use crate::server::jobs::snapshots::Snapshots;
use crate::server::jobs::{gauges, retention, snapshots};
use crate::server::shutdown::{Pace, Shutdown};
use crate::store::{Store, StoreError};
use crate::sys::clock::Clock;
use crate::sys::descriptors::{DescriptorBudget, TooFewDescriptors};
use crate::sys::{descriptors, memory};
use crate::telemetry::metrics::{Metrics, MovementResult};
pub use demo::{DEMO_BRAND, try_these};
use erase::{Eraser, Snapshot};
pub use feed::FeedSetupError;
pub use heal::Healer;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

/// Why a gateway does not run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An address cannot be listened on.
    #[error("{address}: cannot listen here: {source}; another address is given with {setting}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Where it is given.
        setting: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The account at İYS cannot be used as configured.
    #[error(transparent)]
    Feed(#[from] FeedSetupError),
    /// The certificate of the push receiver.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The evidence.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The system allows this process too few open files.
    #[error(transparent)]
    Descriptors(#[from] TooFewDescriptors),
    /// A fault of this build or system.
    #[error("{0}")]
    Internal(String),
}

impl AppError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open(error) => error.code(),
            Self::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => "PORT_TAKEN",
            Self::Listen { .. } => "CANNOT_LISTEN",
            Self::Feed(error) => error.code(),
            Self::Certificate(_) => "PUSH_CERTIFICATE",
            Self::Evidence(error) => error.code(),
            Self::Descriptors(_) => "TOO_FEW_DESCRIPTORS",
            Self::Internal(_) => "INTERNAL",
        }
    }
}

/// What a starting gateway has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It listens and answers DEFER.
    Listening(Addresses),
    /// Everything is in memory.
    Ready(Addresses),
}

/// Where a running gateway listens: what port 0 became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// gRPC and HTTP.
    pub listen: SocketAddr,
    /// Health, metrics, state.
    pub admin: SocketAddr,
}

/// A gateway put together, listening and still loading.
pub struct App {
    gateway: Gateway,
    evidence: Threads,
    writer: Writer,
    sink: WriterHandle,
    booted: Booted,
    store: Arc<Store>,
    /// The time that what need not be kept is removed by.
    removal: RemovalClock,
    snapshots: Snapshots,
    follower: Option<Follower>,
    eraser: Eraser,
    helpers: TaskTracker,
    addresses: Addresses,
    /// Held until the last write is done.
    data: data_dir::DataDir,
}

/// Runs a gateway until `shutdown` is asked for; `tell` hears how far it is.
pub async fn run(config: &Config, shutdown: Shutdown, mut tell: impl FnMut(Progress)) -> Result<(), AppError> {
    let Some(app) = App::start(config, &shutdown).await? else { return Ok(()) };
    tell(Progress::Listening(app.addresses));
    app.serve(config, shutdown, tell).await
}

impl App {
    /// Opens the data, binds the ports and starts answering; until boot is done the answer is DEFER. None if the end is
    /// asked for before the data is open.
    async fn start(config: &Config, shutdown: &Shutdown) -> Result<Option<Self>, AppError> {
        // Ports first: a second gateway on the same ports has touched no data when it says so.
        let budget = descriptor_budget(config)?;
        let public = bind(config.listen, "--listen or IZINGATE_LISTEN")?;
        let private = bind(config.admin, "--admin or IZINGATE_ADMIN")?;
        let receiver = push::bind(config, budget.push_connections)?;
        let addresses = Addresses { listen: local(&public)?, admin: local(&private)? };
        let root = std::path::absolute(&config.backup.root).map_err(|error| AppError::Internal(error.to_string()))?;
        let opened = open_unless_ended(config, budget.store_files, shutdown).await?;
        let Some(Opened { data, store, pseudonymizer, sealer, keys, clock }) = opened else { return Ok(None) };
        let removal = removal_clock(&store, &clock).map_err(OpenError::from)?;
        let store = Arc::new(store);
        let index = Index::new(index_limit(config)).map_err(OpenError::from)?;
        let metrics = Arc::new(Metrics::new(&verdict_names()));
        gauges::begin(&metrics, config, data.count_start());
        let snapshots = Snapshots::new(&data, keys.snapshots, &store, &index, &metrics).map_err(OpenError::from)?;
        let setup = Setup {
            store: Arc::clone(&store),
            index: index.clone(),
            queue: config.ingest.queue,
            observer: observer(Arc::clone(&metrics), snapshots.clone()),
            clock: clock.clone(),
        };
        let boot = Boot::Restore(Some(snapshots.file().clone()));
        let (writer, sink, booted) = Writer::start(setup, boot).map_err(OpenError::from)?;
        let follower = config.iys.as_ref();
        let follower =
            follower.map(|iys| feed::follower(iys, data.iys_usage(), &sink, &store, &pseudonymizer, &clock)).transpose()?;
        let helpers = TaskTracker::new();
        // The evidence last: from here on a run is recorded. Whatever fails behind it closes the log in order, as its threads are
        // dropped, so that a start that fails is no gap.
        let ids = DecisionIds::new(store.node().map_err(OpenError::from)?, evidence::first_decision());
        let published = index.clone();
        let beside = Beside::store(&store, keys.evidence, move || published.revision().get()).map_err(OpenError::from)?;
        let (log, threads) = evidence::start_log(&data, &config.evidence, ids, beside)?;
        let recorder = Recorder::Log(log.clone());
        let backups = Backups {
            store: Arc::clone(&store),
            root,
            clock: IysTime::now,
            tracker: helpers.clone(),
            stop: shutdown.cut().clone(),
            turn: Arc::new(Semaphore::new(1)),
        };
        let snapshot = Snapshot::Kept(snapshots.clone());
        let erasures = Arc::new(evidence::RecordedErasures(log));
        let eraser = Eraser::new(Arc::clone(&store), sink.clone(), snapshot, erasures, helpers.clone());
        let parts = Parts {
            backups: Arc::new(backups),
            checker: Checker::new(index, pseudonymizer).accepting_exempt_only(config.policy.exempt_only),
            callers: Callers::new(&recorder),
            recorder,
            sink: Arc::new(sink.clone()),
            registrar: Arc::new(sink.clone()),
            history: Arc::clone(&store) as Arc<_>,
            closures: Arc::clone(&store) as Arc<_>,
            sealer,
            eraser: Arc::new(eraser.clone()),
            gaps: Arc::new(Healer::new(Arc::clone(&store), Arc::new(sink.clone()))),
            feed: follower.clone().map_or_else(|| Arc::new(NoFeed) as Arc<dyn FeedControl>, |follower| Arc::new(follower)),
            watching: Watching::new(Arc::clone(&store) as Arc<_>, Limits::default(), helpers.clone()),
            filters: Filters::new(config.limits.filter_patience, helpers.clone()),
            metrics,
            max_revision_wait: config.max_revision_wait,
            clock,
            draining: shutdown.asked().clone(),
        };
        let gateway = Gateway::new(parts);
        let (reporter, service) = grpc_health::health();
        let [public_hosts, admin_hosts] =
            [addresses.listen, addresses.admin].map(|address| HostPolicy::of_listener(address.ip(), &config.hosts));
        let routes = router::routes(&gateway, service, public_hosts, &config.limits);
        let routes = routes.map_err(|error| AppError::Internal(error.to_string()))?;
        let bounds = Bounds { connections: budget.connections, streams: config.limits.streams };
        let (stop, cut, tracker) = (shutdown.stopped().clone(), shutdown.cut().clone(), shutdown.calls().clone());
        let life = Life { stop, cut: cut.clone(), tracker, open: gateway.parts().metrics.process.connections.count() };
        shutdown.listeners().spawn(listen::serve(public, routes, bounds, life.clone()));
        if let Some((receiver, follower)) = receiver.zip(follower.as_ref()) {
            let shown = push::start(receiver, follower, gateway.parts().checker.index(), &life, shutdown.listeners());
            helpers.spawn(push::show(shown, Arc::clone(&gateway.parts().metrics), shutdown.clone()));
        }
        // The admin port outlives the public one, so that operators see the drain.
        let life = Life { stop: cut.clone(), cut, tracker: helpers.clone(), open: Arc::default() };
        let (bounds, refresh) = (Bounds { connections: budget.admin_connections, ..bounds }, gauges::refresher(&gateway, &sink));
        let admin = admin::routes(gateway.clone(), admin_hosts, addresses.listen, (&config.limits).into(), refresh);
        helpers.spawn(listen::serve(private, admin, bounds, life));
        helpers.spawn(health::health(reporter, gateway.clone(), shutdown.clone()));
        Ok(Some(Self {
            removal,
            gateway,
            evidence: threads,
            writer,
            sink,
            booted,
            store,
            snapshots,
            follower,
            eraser,
            helpers,
            addresses,
            data,
        }))
    }

    /// Waits for boot, serves until shutdown, then drains and flushes.
    async fn serve(mut self, config: &Config, shutdown: Shutdown, mut tell: impl FnMut(Progress)) -> Result<(), AppError> {
        let metrics = Arc::clone(&self.gateway.parts().metrics);
        let data = self.data.path().to_owned();
        let clock = self.gateway.parts().clock.clone();
        self.helpers.spawn(gauges::look(Arc::clone(&self.store), data, metrics, clock, shutdown.clone()));
        self.helpers.spawn(gauges::keep(self.gateway.clone(), self.sink.clone(), shutdown.clone()));
        let booted = tokio::select! {
            booted = &mut self.booted => Some(booted),
            () = shutdown.asked().cancelled() => None,
        };
        match booted {
            Some(Ok(Ok(origin))) => {
                self.snapshots.booted(&origin);
                self.loaded(config).await?;
                self.keep_house(config, &shutdown);
                tell(Progress::Ready(self.addresses));
            }
            Some(Ok(Err(error))) => return Err(OpenError::from(error).into()),
            Some(Err(_)) => return Err(AppError::Internal("the writer thread died while loading".to_owned())),
            None => {}
        }
        let pace = Pace { unready: config.unready, drain: config.drain };
        let whole = self.gateway.parts().checker.index().is_loaded();
        // The directory is held until the last write is done.
        let Self { gateway, evidence, writer, sink, store, helpers, snapshots, follower, eraser, data: _data, .. } = self;
        let flush = async {
            helpers.close();
            helpers.wait().await;
            drop((gateway, sink, follower, eraser));
            let flushed = tokio::task::spawn_blocking(move || {
                // Every answer is out, and what was handed in is committed: the evidence knows the last revision when it is sealed.
                writer.join();
                evidence.stop();
                if whole {
                    snapshots.save();
                }
                store.flush()
            });
            flushed.await.map_err(|error| AppError::Internal(error.to_string()))?.map_err(|error| OpenError::from(error).into())
        };
        shutdown.run(pace, flush).await.1
    }

    /// Not before everything is in memory: until then the disk is boot's.
    fn keep_house(&self, config: &Config, shutdown: &Shutdown) {
        let keeper = retention::Keeper {
            store: Arc::clone(&self.store),
            floor: self.snapshots.floor().clone(),
            retention: config.retention,
            clock: IysTime::now,
            removal: self.removal,
            removed: Arc::default(),
        };
        self.helpers.spawn(retention::keep(keeper, shutdown.clone()));
        if let Some(follower) = &self.follower {
            follower.start(&self.helpers, shutdown.asked());
            let metrics = Arc::clone(&self.gateway.parts().metrics);
            self.helpers.spawn(feed::show(follower.clone(), metrics, shutdown.clone()));
        }
        self.helpers.spawn(snapshots::keep(self.snapshots.clone(), config.index.snapshot_every, shutdown.clone()));
    }

    async fn loaded(&self, config: &Config) -> Result<(), AppError> {
        // Of an erasure that was broken off. What stands in the way is told, and tried again with the next.
        let _ = self.eraser.finish().await;
        let index = self.gateway.parts().checker.index();
        if config.demo {
            let filled = demo::fill(index, self.gateway.parts().checker.pseudonymizer(), &self.sink).await;
            filled.map_err(|error| AppError::Internal(error.to_string()))?;
        }
        // From here on checks are answered and /readyz says so: one mark for both.
        index.mark_loaded();
        tracing::info!(relations = index.relations(), revision = index.revision().get(), "ready: everything is in memory");
        Ok(())
    }
}

/// The time that removal goes by, before anything of this run is on record. Warns of a clock that is behind the record.
fn removal_clock(store: &Store, clock: &Clock) -> Result<RemovalClock, StoreError> {
    warn_if_behind(clock);
    Ok(RemovalClock::begin(store.clock_seen()?.unwrap_or_else(|| clock.now())))
}

/// Warns of a clock that shows less than an earlier process saw.
fn warn_if_behind(clock: &Clock) {
    let Moment { now, latest } = clock.moment();
    if latest > now.plus(CLOCK_TOLERANCE) {
        tracing::warn!(
            %now, %latest,
            "the machine's clock is behind what it showed before; ages are reckoned from then: have it set right, or if it was ahead \
             before, stop and run izingate clock accept"
        );
    }
}

/// Bytes that the index may take.
fn index_limit(config: &Config) -> u64 {
    match config.index.memory_bytes as u64 {
        0 => memory::limit() / 4 * 3,
        bytes => bytes,
    }
}

fn bind(address: SocketAddr, setting: &'static str) -> Result<TcpListener, AppError> {
    net::listen(address).map_err(|source| AppError::Listen { address, setting, source })
}

/// Shares out the file descriptors that this process may have, of which connections get what the store does not need.
fn descriptor_budget(config: &Config) -> Result<DescriptorBudget, AppError> {
    descriptors::raise_limit();
    let (limit, connections) = (descriptors::limit(), config.limits.connections);
    let pushes = config.iys.as_ref().is_some_and(|iys| iys.push.is_some());
    let budget = DescriptorBudget::of(limit, connections, pushes)?;
    if budget.connections < connections {
        tracing::warn!(
            configured = connections,
            taken = budget.connections,
            files = limit,
            "limits.connections is lowered: this process may not have more files open; raise the limit (ulimit -n, LimitNOFILE=)"
        );
    }
    Ok(budget)
}

/// Opens the data off the runtime, so that a signal is heard meanwhile. None if the end was asked for first: what was
/// begun is left as a kill leaves it.
async fn open_unless_ended(config: &Config, store_files: usize, shutdown: &Shutdown) -> Result<Option<Opened>, AppError> {
    let job = open::Job::of(config, store_files)?;
    tokio::select! {
        opened = tokio::task::spawn_blocking(move || job.open()) => {
            let opened = opened.map_err(|error| AppError::Internal(error.to_string()))?;
            Ok(Some(opened?))
        }
        () = shutdown.asked().cancelled() => Ok(None),
    }
}

fn local(listener: &TcpListener) -> Result<SocketAddr, AppError> {
    listener.local_addr().map_err(|error| AppError::Internal(error.to_string()))
}

fn observer(metrics: Arc<Metrics>, snapshots: Snapshots) -> Observer {
    Box::new(move |report: BatchReport| {
        snapshots.changed(report.applied);
        metrics.ingest.movements(MovementResult::Applied, report.applied);
        metrics.ingest.movements(MovementResult::Unchanged, report.unchanged);
        metrics.ingest.batch.record(report.took);
        if let Some(lag) = report.since_handed {
            metrics.ingest.lag.record(lag);
        }
    })
}
