//! A receiver over TLS with a writer that takes in what it is told to, when it is told to.

use izingate::feed::push::{Certificate, Counters, Credentials, Desk as Parts, Receiver, Standing};
use izingate::feed::supervise::Board;
use izingate::model::brand::{Ages, Brand, BrandCode};
use izingate::model::consent::channel::Channel;
use izingate::model::consent::movement::Movement;
use izingate::model::secret::pseudonym::{Pseudonymizer, PushKeys, Secret};
use izingate::model::time::IysTime;
use izingate::net::Life;
use izingate::ports::{Applied, BoxFuture, ClosedLine, FeedNote, ForgottenClosures, MovementSink, SinkError};
use izingate::sys::clock::Clock;
use reqwest::RequestBuilder;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Followed for MESAJ alone.
pub const BRAND: u32 = 601_234;
/// Boot is not done as far as this one is concerned.
pub const LOADING: u32 = 7;
pub const NOW: IysTime = IysTime::from_unix(1_794_000_000);
const SECRET: [u8; 32] = [7; 32];

/// Takes in what comes, if it is let.
pub struct Sink {
    pub taken: Mutex<Vec<(Vec<Movement>, Vec<FeedNote>)>>,
    pub fails: Mutex<Option<SinkError>>,
    /// How many may be taken in.
    pub gate: Semaphore,
    /// How many came.
    pub came: watch::Sender<usize>,
}

impl MovementSink for Sink {
    fn apply(&self, _: Vec<Movement>) -> BoxFuture<'_, Result<Applied, SinkError>> {
        unreachable!("a push is a feed")
    }

    fn follow(&self, movements: Vec<Movement>, notes: Vec<FeedNote>) -> BoxFuture<'_, Result<Applied, SinkError>> {
        Box::pin(async move {
            self.came.send_modify(|came| *came += 1);
            self.gate.acquire().await.unwrap().forget();
            if let Some(error) = *self.fails.lock().unwrap() {
                return Err(error);
            }
            let applied = movements.len() as u64;
            self.taken.lock().unwrap().push((movements, notes));
            Ok(Applied { revision: 1, applied, unchanged: 0 })
        })
    }

    fn put_brand(&self, _: Brand, _: Ages) -> BoxFuture<'_, Result<(), SinkError>> {
        unreachable!("a push puts nothing on file")
    }

    fn attach(&self, _: Brand) -> BoxFuture<'_, Result<(), SinkError>> {
        unreachable!("a push puts nothing on file")
    }

    fn close_line(&self, _: ClosedLine) -> BoxFuture<'_, Result<Applied, SinkError>> {
        unreachable!("a push closes no line")
    }

    fn closures_reported(&self, _: Vec<u64>) -> BoxFuture<'_, Result<ForgottenClosures, SinkError>> {
        unreachable!("a push closes no line")
    }

    fn is_poisoned(&self) -> bool {
        false
    }
}

/// A running receiver and a client that trusts it.
pub struct Desk {
    pub address: SocketAddr,
    pub sink: Arc<Sink>,
    pub counters: Arc<Counters>,
    pub board: Board,
    pub life: Life,
    pub client: reqwest::Client,
    _dir: TempDir,
}

/// A new certificate and its key in a directory, and a client that trusts no other.
pub fn certify(dir: &Path) -> ([PathBuf; 2], reqwest::Client) {
    // Whoever was first has installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let files = ["push.pem", "push.key"].map(|name| dir.join(name));
    fs::write(&files[0], made.cert.pem()).unwrap();
    fs::write(&files[1], made.signing_key.serialize_pem()).unwrap();
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    (files, reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap())
}

/// The credentials under a secret.
pub fn credentials(secret: [u8; 32], brand: u32, channel: Channel) -> Credentials {
    Credentials::of(&PushKeys::new(&Secret::from_bytes(secret)), BrandCode::new(brand).unwrap(), channel)
}

impl Desk {
    /// Lets as many through as come.
    pub async fn open() -> Self {
        Self::with_room(Semaphore::MAX_PERMITS).await
    }

    /// Lets so many through.
    #[expect(clippy::unused_async, reason = "the port is one of the runtime that awaits this")]
    pub async fn with_room(pushes: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ([certificate, key], client) = certify(dir.path());
        let certificate = Certificate::read(&certificate, &key).unwrap();
        let receiver = Receiver::bind(SocketAddr::from(([127, 0, 0, 1], 0)), certificate, 256).unwrap();
        let sink = Arc::new(Sink {
            taken: Mutex::default(),
            fails: Mutex::default(),
            gate: Semaphore::new(pushes),
            came: watch::Sender::new(0),
        });
        let parts = Parts {
            sink: Arc::clone(&sink) as Arc<_>,
            pseudonymizer: Pseudonymizer::new(&Secret::from_bytes(SECRET)),
            standing: Box::new(|brand, channel| match (brand.get(), channel) {
                (LOADING, _) => Standing::Loading,
                (BRAND, Channel::Mesaj) => Standing::Followed { known_to: NOW },
                _ => Standing::NotFollowed,
            }),
            clock: Clock::of(|| NOW),
        };
        let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
        let life = Life { stop, cut, tracker: TaskTracker::new(), open: Arc::default() };
        let (address, board) = (receiver.address().unwrap(), Board::default());
        let counters = receiver.start(parts, &board, &life, &life.tracker);
        Self { address, sink, counters, board, life, client, _dir: dir }
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// A call without credentials.
    pub fn call(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.client.post(self.url(path)).header("content-type", "application/json").body(body)
    }

    /// A push with the brand's and channel's credentials.
    pub fn push(&self, brand: u32, channel: Channel, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let own = credentials(SECRET, brand, channel);
        self.call(&format!("/iys/{brand}/{channel}"), body).basic_auth(own.username, Some(own.password.reveal()))
    }

    /// The status of a push for MESAJ of the test brand.
    pub async fn pushed(&self, body: impl Into<reqwest::Body>) -> u16 {
        self.push(BRAND, Channel::Mesaj, body).send().await.unwrap().status().as_u16()
    }

    /// Waits until so many have come to the writer.
    pub async fn came(&self, pushes: usize) {
        self.sink.came.subscribe().wait_for(|came| *came == pushes).await.unwrap();
    }
}
