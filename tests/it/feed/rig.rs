//! A feed on a virtual clock: the real writer and store behind it, a simulated İYS in front of it, no network.

use crate::sim::{Moment, Settings, Wire, World};
use bytes::Bytes;
use izingate::feed::{Account, Follower, Pace, Parts};
use izingate::index::Index;
use izingate::ingest::{Boot, Setup, Writer, WriterHandle};
use izingate::iys::{BaseUrl, Body, Iys, Limits, Password, Settings as IysSettings, Transport, TransportError};
use izingate::model::address::recipient::Recipient;
use izingate::model::brand::{Ages, Brand, BrandCode, IysCode};
use izingate::model::consent::channel::Cell;
use izingate::model::consent::key::RelationKey;
use izingate::model::consent::movement;
use izingate::model::consent::movement::{Context, Movement, RawMovement};
use izingate::model::consent::state::Status;
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use izingate::ports::{Applied, BoxFuture, ClosedLine, FeedNote, ForgottenClosures, MovementSink, SinkError};
use izingate::store::{Options, Store};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub const USER: &str = "api@ornek.com";
pub const PASSWORD: &str = "gizli";
pub const IYS_CODE: u32 = 600_000;

/// Where every test's clock starts: 2025-11-10 12:00:00, Türkiye time.
pub const START: IysTime = IysTime::from_unix(1_762_765_200);

/// The virtual clock: tokio's, which stands while nothing waits for it.
#[derive(Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn moment(&self) -> Moment {
        Moment::from_time(START).plus(self.0.elapsed())
    }

    pub fn now(&self) -> IysTime {
        self.moment().time()
    }
}

/// The world, asked without a network.
pub struct Door(pub Arc<Mutex<World>>, pub Clock);

impl Transport for Door {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            // The way there and back takes its time, as a real one does.
            tokio::time::sleep(Duration::from_millis(30)).await;
            let outcome = self.0.lock().unwrap().handle(&request, self.1.moment());
            let broken = || TransportError::Broken("reset by the simulator".to_owned());
            let body = |bytes: Bytes| Body::from_bytes(bytes);
            match outcome.wire {
                Some(Wire::Delay(delay)) => tokio::time::sleep(delay).await,
                Some(Wire::Reset) => return Err(broken()),
                Some(Wire::Cut(length)) => {
                    let (head, bytes) = outcome.response.into_parts();
                    let start = bytes.slice(..length.min(bytes.len()));
                    let chunks = futures_util::stream::iter([Ok(start), Err(broken())]);
                    return Ok(http::Response::from_parts(head, Body::from_stream(chunks)));
                }
                None => {}
            }
            Ok(outcome.response.map(body))
        })
    }
}

/// The writer, waited for without the virtual clock running away: it works on a thread of its own.
pub struct Steady(pub WriterHandle);

impl Steady {
    fn wait<T: Send + 'static>(
        &self,
        ask: impl FnOnce(WriterHandle) -> BoxFuture<'static, Result<T, SinkError>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, SinkError>> {
        let (handle, runtime) = (self.0.clone(), tokio::runtime::Handle::current());
        // Tokio's paused clock does not advance while a blocking task runs.
        Box::pin(async move { tokio::task::spawn_blocking(move || runtime.block_on(ask(handle))).await.unwrap() })
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

impl MovementSink for Steady {
    fn apply(&self, movements: Vec<Movement>) -> BoxFuture<'_, Result<Applied, SinkError>> {
        self.follow(movements, Vec::new())
    }

    fn follow(&self, movements: Vec<Movement>, notes: Vec<FeedNote>) -> BoxFuture<'_, Result<Applied, SinkError>> {
        self.wait(|sink| Box::pin(async move { sink.follow(movements, notes).await }))
    }

    fn put_brand(&self, brand: Brand, ages: Ages) -> BoxFuture<'_, Result<(), SinkError>> {
        self.wait(move |sink| Box::pin(async move { sink.put_brand(brand, ages).await }))
    }

    fn attach(&self, brand: Brand) -> BoxFuture<'_, Result<(), SinkError>> {
        self.wait(|sink| Box::pin(async move { sink.attach(brand).await }))
    }

    fn close_line(&self, line: ClosedLine) -> BoxFuture<'_, Result<Applied, SinkError>> {
        self.wait(move |sink| Box::pin(async move { sink.close_line(line).await }))
    }

    fn closures_reported(&self, ids: Vec<u64>) -> BoxFuture<'_, Result<ForgottenClosures, SinkError>> {
        self.wait(|sink| Box::pin(async move { sink.closures_reported(ids).await }))
    }

    fn is_poisoned(&self) -> bool {
        self.0.is_poisoned()
    }
}

/// Store, index and writer: the part that outlives a feed.
pub struct Ground {
    pub store: Arc<Store>,
    pub index: Index,
    pub sink: WriterHandle,
    pub pseudonymizer: Pseudonymizer,
    _writer: Writer,
    _dir: TempDir,
}

impl Ground {
    /// In memory, if the system has a file system there: what is tested is not the disk.
    pub async fn new() -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
        let store = Arc::new(Store::open(&dir.path().join("store"), &Options::default(), &pseudonymizer, 1).unwrap());
        let index = Index::default();
        let setup = Setup {
            store: Arc::clone(&store),
            index: index.clone(),
            queue: 8,
            observer: Box::new(|_| {}),
            clock: izingate::sys::clock::Clock::of(|| START),
        };
        let (writer, sink, booted) = Writer::start(setup, Boot::Restore(None)).unwrap();
        tokio::task::spawn_blocking(|| block_on(booted)).await.unwrap().unwrap().unwrap();
        Self { store, index, sink, pseudonymizer, _writer: writer, _dir: dir }
    }

    /// What is on record of an address.
    pub fn status(&self, brand: u32, cell: Cell, recipient: &str) -> Option<Status> {
        let recipient = Recipient::parse_approval(recipient, cell.channel).unwrap();
        let relation = RelationKey::of_brand(self.pseudonymizer.recipient(&recipient), BrandCode::new(brand).unwrap());
        self.index.get(relation.hash()).get(cell)
    }

    /// A row as a movement.
    pub fn movement(&self, brand: u32, raw: &RawMovement<'_>, now: IysTime) -> Movement {
        let brand = BrandCode::new(brand);
        let context = Context { pseudonymizer: &self.pseudonymizer, brand, now, export_as_of: None };
        movement::parse(raw, &context).unwrap().movement
    }
}

/// A feed of a provider's own account.
pub struct Rig {
    pub world: Arc<Mutex<World>>,
    pub clock: Clock,
    pub follower: Follower,
    pub sink: Arc<Steady>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A world with one provider, its user, and these brands.
pub fn world(settings: Settings, brands: &[u32], seed: u64) -> World {
    let mut world = World::new(settings, seed);
    world.add_provider_user(USER, PASSWORD, IYS_CODE);
    for brand in brands {
        world.add_brand(*brand, IYS_CODE);
    }
    world
}

impl Rig {
    pub fn new(ground: &Ground, world: World, pace: Pace) -> Self {
        Self::with(ground, Arc::new(Mutex::new(world)), Clock::start(), pace)
    }

    /// The same over a world that is already there, as after a restart.
    pub fn with(ground: &Ground, world: Arc<Mutex<World>>, clock: Clock, pace: Pace) -> Self {
        let sink = Arc::new(Steady(ground.sink.clone()));
        let follower = follower(ground, &world, clock, &sink, pace, false, Account::Own(code(IYS_CODE)));
        Self { world, clock, follower, sink, stop: CancellationToken::new(), tasks: TaskTracker::new() }
    }

    /// The same feed of a partner's account, whose user is of the same name.
    pub fn of_partner(&mut self, ground: &Ground, partner: u32) {
        self.follower =
            follower(ground, &self.world, self.clock, &self.sink, Pace::default(), false, Account::Partner(code(partner)));
    }

    /// The same feed, which also holds finished days against İYS's files.
    pub fn reconciling(&mut self, ground: &Ground) {
        self.follower =
            follower(ground, &self.world, self.clock, &self.sink, Pace::default(), true, Account::Own(code(IYS_CODE)));
    }

    /// Starts the feed's tasks.
    pub fn start(&self) -> &Self {
        self.follower.start(&self.tasks, &self.stop);
        self
    }

    /// Ends them, in the middle of whatever they do.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Does something to the world, now.
    pub fn world<T>(&self, act: impl FnOnce(&mut World, Moment) -> T) -> T {
        act(&mut self.world.lock().unwrap(), self.clock.moment())
    }
}

fn code(number: u32) -> IysCode {
    IysCode::new(number).unwrap()
}

fn follower(
    ground: &Ground,
    world: &Arc<Mutex<World>>,
    clock: Clock,
    sink: &Arc<Steady>,
    pace: Pace,
    reconcile: bool,
    account: Account,
) -> Follower {
    let settings = IysSettings {
        base_url: BaseUrl::parse("http://127.0.0.1:1").unwrap(),
        username: USER.to_owned(),
        password: Password::new(PASSWORD),
        limits: Limits::default(),
    };
    let budget = Arc::new(izingate::iys::rate_limit::Budget::new(&settings.limits));
    let door = Arc::new(Door(Arc::clone(world), clock));
    Follower::new(Parts {
        iys: Iys::with(settings, door, budget, move || clock.now()),
        account,
        sink: Arc::clone(sink) as Arc<_>,
        book: Arc::clone(&ground.store) as Arc<_>,
        pseudonymizer: ground.pseudonymizer.clone(),
        clock: izingate::sys::clock::Clock::of(move || clock.now()),
        pace,
        reconcile,
        confirm: false,
        push_url: None,
    })
}
