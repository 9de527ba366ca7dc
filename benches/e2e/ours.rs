//! The gateway's own services on the gateway's own listener, over an index that is filled directly: a
//! hundred million relations need no import of minutes.

use crate::relations;
use crate::support::{Outcome, machine};
use izingate::api::caller::Callers;
use izingate::api::filter::Filters;
use izingate::api::gateway::{Gateway, Parts, verdict_names};
use izingate::api::health;
use izingate::api::server::listen::Bounds;
use izingate::api::server::{listen, router};
use izingate::api::watch::{Limits, Watching};
use izingate::check::Checker;
use izingate::config;
use izingate::evidence::Recorder;
use izingate::evidence::settings::{Overload, Settings};
use izingate::evidence::start::{Opening, start};
use izingate::index::Index;
use izingate::model::address::recipient::Phone;
use izingate::model::brand::declaration::{Declaration, Declared};
use izingate::model::brand::{Ages, Brand, BrandCode, BrandPut, IysCode};
use izingate::model::consent::key::RelationKey;
use izingate::model::consent::movement::Movement;
use izingate::model::consent::state::State;
use izingate::model::decision::id::DecisionIds;
use izingate::model::secret::cipher::Sealer;
use izingate::model::secret::mac::MacKey;
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use izingate::net::Life;
use izingate::net::hosts::HostPolicy;
use izingate::ports::{
    Applied, BackupMade, BackupMaker, BackupRefused, BoxFuture, CellHistory, ChangePart, ChangePlace, ChangeReader, ChangesError,
    ClosedLine, ClosureQueue, EraseRefused, Erased, Erasure, FeedNote, GapHealer, HealRefused, Healed, Healing, HistoryReader,
    ModeChange, MovementSink, NoFeed, NoMemory, ReadError, RecipientEraser, Registrar, RegistryRefused, SinkError,
    UnreportedClosure,
};
use izingate::telemetry::metrics::Metrics;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a gateway does beside answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing: it does not even count its answers.
    Nothing,
    /// It counts.
    Metrics,
    /// It counts, and leaves evidence of every decision, as `izingate serve` does by itself.
    Evidence,
}

/// Serves `relations` for ever.
pub fn serve(relations: u64, beside: Beside) -> Outcome<()> {
    machine::pin(machine::SERVER)?;
    let ids = DecisionIds::new(1, 1);
    let folder = tempfile::tempdir()?;
    // Nothing is deferred: what the disk takes is the measure.
    let settings = Settings { overload: Overload::Block, ..Settings::default() };
    let recorder = if beside == Beside::Evidence {
        let clock = || u64::from(IysTime::now().unix()) * 1_000;
        let key = MacKey::from_bytes([7; 32]);
        let opening = Opening { settings, ids, clock, key, memory: Arc::new(NoMemory), store: None };
        let (log, threads) = start(folder.path(), opening)?;
        // The threads live as long as the process, which is ended.
        std::mem::forget(threads);
        Recorder::Log(log)
    } else {
        Recorder::Nowhere(ids)
    };
    let outcomes = verdict_names();
    let metrics = if beside == Beside::Nothing { Metrics::silent(&outcomes) } else { Metrics::new(&outcomes) };
    let gateway = gateway(relations, recorder, metrics)?;
    // A runtime as `izingate serve` has it on one core.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        let (_, health) = health::health();
        let routes = router::routes(
            &gateway,
            health,
            HostPolicy::of_listener(listener.local_addr()?.ip(), &[]),
            &config::Limits::default(),
        )?;
        let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
        let open = gateway.parts().metrics.process.connections.count();
        let life = Life { stop, cut, tracker: TaskTracker::new(), open };
        listen::serve(listener, routes, Bounds { connections: 1_000, streams: 1_000 }, life).await;
        Ok(())
    })
}

fn gateway(relations: u64, recorder: Recorder, metrics: Metrics) -> Outcome<Gateway> {
    let index = Index::default();
    let secret = Secret::from_bytes([7; 32]);
    let pseudonymizer = Pseudonymizer::new(&secret);
    let brand = relations::brand().ok_or("no brand")?;
    let iys_code = IysCode::new(600_000).ok_or("no İYS code")?;
    index.brands().put(Brand::imported(brand, iys_code, "Ölçüm".to_owned()));
    index.brands().note(brand, |freshness| freshness.imported(IysTime::now()));
    fill(&index, &pseudonymizer, relations)?;
    index.revision().publish(1);
    index.mark_loaded();
    Ok(Gateway::new(Parts {
        checker: Checker::new(index, pseudonymizer),
        callers: Callers::new(&recorder),
        recorder,
        sink: Arc::new(NoData),
        registrar: Arc::new(NoData),
        history: Arc::new(NoData),
        closures: Arc::new(NoData),
        sealer: Sealer::new(&secret),
        eraser: Arc::new(NoData),
        gaps: Arc::new(NoData),
        feed: Arc::new(NoFeed),
        backups: Arc::new(NoData),
        watching: Watching::new(Arc::new(NoData), Limits::default(), TaskTracker::new()),
        filters: Filters::new(Duration::from_secs(30), TaskTracker::new()),
        metrics: Arc::new(metrics),
        max_revision_wait: Duration::from_secs(1),
        clock: izingate::sys::clock::Clock::system(),
        draining: CancellationToken::new(),
    }))
}

fn fill(index: &Index, pseudonymizer: &Pseudonymizer, relations: u64) -> Outcome<()> {
    let brand = relations::brand().ok_or("no brand")?;
    let mut writer = index.write();
    for i in 0..relations {
        let phone = Phone::from_packed(relations::phone(i)).ok_or("not a phone")?;
        let relation = RelationKey::of_brand(pseudonymizer.phone(phone), brand);
        writer.set(relation.hash(), State::EMPTY.with(relations::CELL, relations::status(i)))?;
    }
    Ok(())
}

/// Nothing is taken in and nothing is on disk.
struct NoData;

impl Registrar for NoData {
    fn put(&self, _: BrandPut) -> BoxFuture<'_, Result<Brand, RegistryRefused>> {
        Box::pin(async { Err(SinkError::Closed.into()) })
    }

    fn set_mode(&self, _: ModeChange) -> BoxFuture<'_, Result<Brand, RegistryRefused>> {
        Box::pin(async { Err(SinkError::Closed.into()) })
    }

    fn declare(&self, _: Declared) -> BoxFuture<'_, Result<Declaration, RegistryRefused>> {
        Box::pin(async { Err(SinkError::Closed.into()) })
    }

    fn revoke(&self, _: u64) -> BoxFuture<'_, Result<Declaration, RegistryRefused>> {
        Box::pin(async { Err(SinkError::Closed.into()) })
    }
}

impl MovementSink for NoData {
    fn apply(&self, _: Vec<Movement>) -> BoxFuture<'_, Result<Applied, SinkError>> {
        Box::pin(async { Err(SinkError::Closed) })
    }

    fn follow(&self, _: Vec<Movement>, _: Vec<FeedNote>) -> BoxFuture<'_, Result<Applied, SinkError>> {
        Box::pin(async { Err(SinkError::Closed) })
    }

    fn put_brand(&self, _: Brand, _: Ages) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async { Err(SinkError::Closed) })
    }

    fn attach(&self, _: Brand) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async { Err(SinkError::Closed) })
    }

    fn close_line(&self, _: ClosedLine) -> BoxFuture<'_, Result<Applied, SinkError>> {
        Box::pin(async { Err(SinkError::Closed) })
    }

    fn closures_reported(&self, _: Vec<u64>) -> BoxFuture<'_, Result<izingate::ports::ForgottenClosures, SinkError>> {
        Box::pin(async { Err(SinkError::Closed) })
    }

    fn is_poisoned(&self) -> bool {
        false
    }
}

impl ClosureQueue for NoData {
    fn unreported(&self, _: u64, _: usize) -> Result<Vec<UnreportedClosure>, ReadError> {
        Ok(Vec::new())
    }
}

impl GapHealer for NoData {
    fn heal(&self, brand: BrandCode, _: Healing) -> BoxFuture<'_, Result<Healed, HealRefused>> {
        Box::pin(async move { Err(HealRefused::NoGap(brand)) })
    }
}

impl RecipientEraser for NoData {
    fn erase(&self, _: Erasure) -> BoxFuture<'_, Result<Erased, EraseRefused>> {
        Box::pin(async { Err(SinkError::Closed.into()) })
    }
}

impl BackupMaker for NoData {
    fn backup(&self, _: String) -> BoxFuture<'_, Result<BackupMade, BackupRefused>> {
        Box::pin(async { Err(BackupRefused::ShuttingDown) })
    }
}

impl HistoryReader for NoData {
    fn cells(&self, _: &RelationKey) -> Result<Vec<CellHistory>, ReadError> {
        Ok(Vec::new())
    }

    fn earliest_revision(&self) -> Result<Option<u64>, ReadError> {
        Ok(None)
    }
}

impl ChangeReader for NoData {
    fn changes(&self, _: ChangePlace, _: u64, _: usize) -> Result<Vec<ChangePart>, ChangesError> {
        Ok(Vec::new())
    }
}
