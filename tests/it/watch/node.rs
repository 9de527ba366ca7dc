//! A gateway within the test: its log can be written, cut and held back by hand, its limits are the test's.

use izingate::api::caller::Callers;
use izingate::api::filter::Filters;
use izingate::api::gateway::{Gateway, Parts, verdict_names};
use izingate::api::health;
use izingate::api::proto::consent_service_client::ConsentServiceClient;
use izingate::api::proto::watch_event::Event;
use izingate::api::proto::{ChangeBatch, RelationChange, WatchEvent, WatchRequest};
use izingate::api::server::listen::Bounds;
use izingate::api::server::{listen, router};
use izingate::api::watch::{Limits, Watching};
use izingate::check::Checker;
use izingate::config;
use izingate::evidence::Recorder;
use izingate::index::Index;
use izingate::ingest::{Boot, Setup, Writer, WriterHandle};
use izingate::model::brand::BrandCode;
use izingate::model::consent::key::{Pseudonym, RelationKey};
use izingate::model::consent::state::State;
use izingate::model::decision::id::DecisionIds;
use izingate::model::secret::cipher::Sealer;
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use izingate::net::Life;
use izingate::net::hosts::HostPolicy;
use izingate::ports::{
    BackupMade, BackupMaker, BackupRefused, BoxFuture, EraseRefused, Erased, Erasure, NoFeed, RecipientEraser,
};
use izingate::store::codec::Change;
use izingate::store::{Compression, Options, Store};
use izingate::sys::clock::Clock;
use izingate::telemetry::metrics::Metrics;
use std::ops::ControlFlow::Continue;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

/// When everything here is committed.
pub const AT: IysTime = IysTime::from_unix(1_800_000_000);
/// Far beyond any wait here.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// Nothing ever happens because time passes.
pub const CALM: Limits = Limits { watchers: 8, heartbeat: Duration::from_hours(1), patience: Duration::from_hours(1) };

pub type States = Vec<(RelationKey, State)>;

pub struct Node {
    pub gateway: Gateway,
    pub store: Arc<Store>,
    pub sink: WriterHandle,
    pub address: String,
    pub draining: CancellationToken,
    pub dir: TempDir,
    writer: Writer,
    /// Ends the server at once.
    cut: CancellationToken,
    tasks: TaskTracker,
}

pub fn pseudonymizer() -> Pseudonymizer {
    Pseudonymizer::new(&Secret::from_bytes([7; 32]))
}

pub fn open(dir: &Path) -> Store {
    let options =
        Options { compression: Compression::None, cache_bytes: 1 << 20, write_buffer_bytes: 1 << 20, ..Options::default() };
    Store::open(&dir.join("store"), &options, &pseudonymizer(), 1).unwrap()
}

/// So many changes that no other batch has.
pub fn states(revision: u64, count: u32) -> States {
    let relation = |number: u32| {
        let mut pseudonym = [0; 16];
        pseudonym[..8].copy_from_slice(&revision.to_be_bytes());
        pseudonym[8..12].copy_from_slice(&number.to_be_bytes());
        RelationKey::of_brand(Pseudonym(pseudonym), BrandCode::new(7).unwrap())
    };
    (0..count).map(|number| (relation(number), State::from_byte((number % 251) as u8))).collect()
}

pub fn commit(store: &Store, revision: u64, count: u32) {
    let mut commit = store.begin();
    commit.revision(revision, &Change { at: AT, states: states(revision, count), new: 0 }).unwrap();
    commit.commit().unwrap();
}

impl Node {
    pub async fn start(limits: Limits) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), limits).await
    }

    pub async fn start_in(dir: TempDir, limits: Limits) -> Self {
        let (store, index) = (Arc::new(open(dir.path())), Index::new(1 << 30).unwrap());
        let setup = Setup {
            store: Arc::clone(&store),
            index: index.clone(),
            queue: 8,
            observer: Box::new(|_| {}),
            clock: Clock::of(|| AT),
        };
        let (writer, sink, booted) = Writer::start(setup, Boot::Restore(None)).unwrap();
        booted.await.unwrap().unwrap();
        index.mark_loaded();
        let (draining, cut, tasks) = (CancellationToken::new(), CancellationToken::new(), TaskTracker::new());
        let recorder = Recorder::Nowhere(DecisionIds::new(1, 0));
        let gateway = Gateway::new(Parts {
            checker: Checker::new(index, pseudonymizer()),
            callers: Callers::new(&recorder),
            recorder,
            sink: Arc::new(sink.clone()),
            registrar: Arc::new(sink.clone()),
            history: Arc::clone(&store) as Arc<_>,
            closures: Arc::clone(&store) as Arc<_>,
            sealer: Sealer::new(&Secret::from_bytes([7; 32])),
            eraser: Arc::new(WriterAlone(sink.clone())),
            gaps: Arc::new(izingate::server::Healer::new(Arc::clone(&store), Arc::new(sink.clone()))),
            feed: Arc::new(NoFeed),
            backups: Arc::new(NoBackups),
            watching: Watching::new(Arc::clone(&store) as Arc<_>, limits, tasks.clone()),
            filters: Filters::new(Duration::from_secs(30), tasks.clone()),
            metrics: Arc::new(Metrics::new(&verdict_names())),
            max_revision_wait: Duration::from_secs(1),
            clock: Clock::of(|| AT),
            draining: draining.clone(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (_, health) = health::health();
        let routes = router::routes(&gateway, health, HostPolicy::any(), &config::Limits::default()).unwrap();
        let open = gateway.parts().metrics.process.connections.count();
        let life = Life { stop: cut.clone(), cut: cut.clone(), tracker: tasks.clone(), open };
        tasks.spawn(listen::serve(listener, routes, Bounds { connections: 64, streams: 64 }, life));
        Self { gateway, store, sink, address, draining, dir, writer, cut, tasks }
    }

    /// The same directory with nothing kept in memory.
    pub async fn restarted(self) -> Self {
        self.draining.cancel();
        self.cut.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        drop((self.gateway, self.sink));
        self.writer.join();
        drop(self.store);
        Self::start_in(self.dir, CALM).await
    }

    /// A node whose log has these revisions, each with so many changes, all published.
    pub async fn with_log(revisions: impl IntoIterator<Item = u64>, count: u32, limits: Limits) -> Self {
        let node = Self::start(limits).await;
        for revision in revisions {
            commit(&node.store, revision, count);
            node.publish(revision);
        }
        node
    }

    pub fn publish(&self, revision: u64) {
        self.gateway.parts().checker.index().revision().publish(revision);
    }

    /// Removes what comes before a revision, as retention does.
    pub fn prune(&self, floor: u64) {
        while self.store.prune_changes(IysTime::from_unix(u32::MAX), floor).unwrap() > 0 {}
    }

    /// The log as it is on disk.
    pub fn log(&self) -> Vec<ChangeBatch> {
        let mut log = Vec::new();
        let each = |revision, change: Change| {
            log.push(batch(revision, &change.states, change.at, false));
            Continue(())
        };
        self.store.each_change_after(0, each).unwrap();
        log
    }

    pub async fn consent(&self) -> ConsentServiceClient<Channel> {
        ConsentServiceClient::new(Channel::from_shared(self.address.clone()).unwrap().connect().await.unwrap())
    }

    /// A watcher with a connection of its own.
    pub async fn watch(&self, from_revision: u64) -> Result<Watcher, Status> {
        let stream = self.consent().await.watch(WatchRequest { from_revision }).await?;
        Ok(Watcher(stream.into_inner()))
    }

    /// The value of a metric.
    pub fn metric(&self, name: &str) -> String {
        let page = self.gateway.parts().metrics.render();
        page.lines().find_map(|line| line.strip_prefix(&format!("{name} "))).unwrap().to_owned()
    }

    /// Waits until a metric has a value.
    pub async fn metric_is(&self, name: &str, value: &str) {
        let reached = async {
            while self.metric(name) != value {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{name} is {}", self.metric(name)));
    }
}

/// A part of a batch as it is told.
pub fn batch(revision: u64, states: &[(RelationKey, State)], at: IysTime, more: bool) -> ChangeBatch {
    let change = |(relation, state): &(RelationKey, State)| RelationChange {
        recipient: relation.pseudonym.0.to_vec(),
        brand_code: relation.brand.get(),
        retailer_code: relation.retailer.get(),
        state: state.byte().into(),
    };
    ChangeBatch { revision, committed_at: at.unix().into(), changes: states.iter().map(change).collect(), more }
}

pub struct Watcher(Streaming<WatchEvent>);

impl Watcher {
    pub async fn next(&mut self) -> Result<Event, Status> {
        let event = tokio::time::timeout(PATIENCE, self.0.message()).await.expect("nothing came");
        Ok(event?.expect("it ended without a reason").event.unwrap())
    }

    pub async fn batch(&mut self) -> Result<ChangeBatch, Status> {
        match self.next().await? {
            Event::Batch(batch) => Ok(batch),
            Event::Heartbeat(revision) => panic!("a heartbeat of {revision}"),
        }
    }

    /// Every part up to the end of a revision.
    pub async fn through(&mut self, revision: u64) -> Vec<ChangeBatch> {
        let mut batches = Vec::new();
        loop {
            let batch = self.batch().await.unwrap();
            let last = batch.revision == revision && !batch.more;
            batches.push(batch);
            if last {
                return batches;
            }
        }
    }

    /// The revisions that come before the end, and the end.
    pub async fn until_the_end(&mut self) -> (Vec<u64>, Status) {
        let mut revisions = Vec::new();
        loop {
            match self.batch().await {
                Ok(batch) => revisions.push(batch.revision),
                Err(status) => return (revisions, status),
            }
        }
    }
}

/// gRPC code, stable code and what a program needs to go on.
pub fn told(status: &Status) -> (Code, String, Vec<(String, String)>) {
    let info = status.get_details_error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert!(status.message().starts_with(&format!("{}: ", info.reason)), "{}", status.message());
    (status.code(), info.reason, info.metadata.into_iter().collect())
}

pub fn error(code: Code, reason: &str, hint: Option<(&str, u64)>) -> (Code, String, Vec<(String, String)>) {
    let hint = hint.map(|(name, value)| (name.to_owned(), value.to_string()));
    (code, reason.to_owned(), hint.into_iter().collect())
}

struct NoBackups;

/// Erases in the store, and leaves the rest of the disk as it is.
struct WriterAlone(WriterHandle);

impl RecipientEraser for WriterAlone {
    fn erase(&self, asked: Erasure) -> BoxFuture<'_, Result<Erased, EraseRefused>> {
        Box::pin(self.0.erase(asked))
    }
}

impl BackupMaker for NoBackups {
    fn backup(&self, _: String) -> BoxFuture<'_, Result<BackupMade, BackupRefused>> {
        Box::pin(async { Err(BackupRefused::ShuttingDown) })
    }
}
