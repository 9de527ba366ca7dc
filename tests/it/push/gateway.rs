//! A real gateway that a simulated İYS pushes to over TLS.

use super::desk::{certify, credentials};
use crate::process::failure;
use crate::refusals::{spelled, ways};
use crate::sim::{Clock, Endpoint, PushSettings, Registration, Settings, Sim, World};
use crate::support::ask::channel;
use crate::support::data::import_offline;
use crate::support::{BRAND, Gateway, add_brand, run, serve};
use izingate::api::proto::{CheckRequest, GetStateRequest, GetStateResponse, Reason};
use izingate::config::SecretSource;
use izingate::data::open;
use izingate::model::brand::BrandCode;
use izingate::model::consent::channel::Channel;
use izingate::model::secret::pseudonym::Secret;
use izingate::model::time::IysTime;
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub const SECRET: [u8; 32] = [0x5E; 32];
const PHONE: &str = "+905321234567";

/// The address at which İYS is told to reach us, wherever the gateway listens.
struct Front {
    url: String,
    to: watch::Sender<Option<SocketAddr>>,
    _tasks: JoinSet<()>,
}

impl Front {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let (to, towards) = watch::channel(None);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (mut from, _) = listener.accept().await.unwrap();
                let mut towards = towards.clone();
                connections.spawn(async move {
                    let to = towards.wait_for(Option::is_some).await.unwrap().unwrap();
                    let Ok(mut to) = TcpStream::connect(to).await else { return };
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                });
            }
        });
        Self { url, to, _tasks: tasks }
    }
}

/// Brands whose feed has no gap, at a simulated İYS.
pub struct Bench {
    dir: TempDir,
    brands: Vec<u32>,
    sim: Sim,
    front: Front,
    /// Trusts the certificate in use at the start.
    pub client: reqwest::Client,
}

impl Bench {
    /// A brand with a panel export an hour ago, so that its feed has no gap.
    async fn new() -> Self {
        Self::of(&[BRAND]).await
    }

    /// The same with these brands.
    pub async fn of(brands: &[u32]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (_, client) = certify(dir.path());
        let settings = Settings { push: PushSettings { self_signed: true, ..PushSettings::default() }, ..Settings::default() };
        let mut world = World::new(settings, 1);
        world.add_provider_user("api", "parola", 600_000);
        for brand in brands {
            world.add_brand(*brand, 600_000);
        }
        let sim = Sim::start(world, Clock::real()).await;
        let bench = Self { dir, brands: brands.to_vec(), sim, front: Front::new().await, client };
        fs::create_dir(bench.data()).unwrap();
        fs::write(bench.data().join("secret.key"), Secret::from_bytes(SECRET).to_hex()).unwrap();
        add_brand(&bench.data());
        let opened = open::offline(&bench.data(), &SecretSource::DataDirectory).unwrap();
        let mut commit = opened.store.begin();
        for brand in brands {
            commit.export_cursor(BrandCode::new(*brand).unwrap(), IysTime::now().minus(3600)).unwrap();
        }
        commit.commit().unwrap();
        bench
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn command(&self) -> Command {
        let mut command = serve(&self.data());
        command.args(["--log-level", "trace"]).envs([
            ("IZINGATE_IYS_URL", self.sim.base_url.as_str()),
            ("IZINGATE_IYS_USERNAME", "api"),
            ("IZINGATE_IYS_PASSWORD", "parola"),
            ("IZINGATE_IYS_IYS_CODE", "600000"),
            ("IZINGATE_IYS_PUSH_LISTEN", "127.0.0.1:0"),
            ("IZINGATE_IYS_PUSH_PUBLIC_URL", self.front.url.as_str()),
        ]);
        let file = |name: &str| self.dir.path().join(name);
        command.env("IZINGATE_IYS_PUSH_CERTIFICATE_FILE", file("push.pem")).env("IZINGATE_IYS_PUSH_KEY_FILE", file("push.key"));
        command
    }

    /// A gateway whose feed has looked at both streams.
    pub async fn start(&self) -> Gateway {
        let gateway = Gateway::spawn(self.command(), &self.data());
        let at = |line: Value| line["push"].as_str().map(|address| address.parse().unwrap());
        let address = lines(&gateway.log).into_iter().filter_map(at).next_back();
        self.front.to.send_replace(Some(address.unwrap()));
        loop {
            let brands = state(&gateway).await.brands;
            let ready =
                brands.iter().filter(|brand| self.brands.contains(&brand.brand_code) && brand.fed && brand.stale.is_empty());
            if ready.count() == self.brands.len() {
                break;
            }
        }
        gateway
    }

    /// Where İYS pushes MESAJ of a brand.
    pub fn url(&self, brand: u32) -> String {
        format!("{}/iys/{brand}/MESAJ", self.front.url)
    }
}

fn lines(log: &Path) -> Vec<Value> {
    fs::read_to_string(log).unwrap().lines().map(|line| serde_json::from_str(line).unwrap_or_default()).collect()
}

async fn check(gateway: &Gateway, recipient: &str) -> Reason {
    let recipient = Some(recipient.to_owned());
    let request = CheckRequest { brand_code: BRAND, channel: channel("MESAJ"), recipient, ..CheckRequest::default() };
    gateway.permission().await.check(request).await.unwrap().into_inner().reason()
}

/// What `izingate iys push` says about MESAJ of a brand. The simulator runs on this thread's runtime.
async fn push(gateway: &Gateway, action: &str, brand: u32) -> (bool, String) {
    loop {
        let (action, brand, endpoint) = (action.to_owned(), brand.to_string(), gateway.http.clone());
        let args = move || run(&["iys", "push", &action, "--brand", &brand, "--type", "MESAJ", "--endpoint", &endpoint]);
        let output = tokio::task::spawn_blocking(args).await.unwrap();
        let text = String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).unwrap();
        // After a restart the brands of the account have to be asked for again.
        if !text.contains("they are being asked for") {
            return (output.status.success(), text);
        }
    }
}

#[tokio::test]
async fn a_refusal_at_iys_is_in_force_at_once_and_survives_kill_9() {
    let bench = Bench::new().await;
    let gateway = bench.start().await;
    assert_eq!(push(&gateway, "state", BRAND).await, (true, "no connection on file\n".to_owned()));
    let connected = push(&gateway, "register", BRAND).await;
    let url = format!("{}/iys/{BRAND}/MESAJ", bench.front.url);
    assert!(connected.0 && connected.1.contains(&format!("MESAJ   {url}  ")), "{connected:?}");
    assert!(connected.1.ends_with("  Bağlantı Oluşturuldu\n") && connected.1.lines().count() == 1, "{connected:?}");
    assert_eq!(push(&gateway, "register", BRAND).await, connected, "once is enough");
    assert_eq!(state(&gateway).await.relations, 0, "the test record was dropped");

    bench.sim.with(|world, now| world.register(&Registration::ret(BRAND, PHONE, Channel::Mesaj), now).unwrap());
    while bench.sim.with(|world, _| world.count(Endpoint::PushDelivery, 200)) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(check(&gateway, PHONE).await, Reason::Refused, "it is visible once it is acknowledged");
    let shown = state(&gateway).await;
    assert!(shown.relations == 1 && shown.brands[0].last_push > 0, "{shown:?}");
    gateway.kill();
    let gateway = bench.start().await;
    assert_eq!(check(&gateway, PHONE).await, Reason::Refused, "it is durable once it is acknowledged");

    assert_eq!(push(&gateway, "remove", BRAND).await, (true, "no connection on file\n".to_owned()));
    let (ok, said) = push(&gateway, "remove", BRAND).await;
    assert!(!ok && said.contains("IYS_REFUSED") && said.contains("H530"), "{said}");
    let (ok, said) = push(&gateway, "register", 999).await;
    assert!(!ok && said.contains("BRAND_NOT_FED"), "{said}");
    assert!(gateway.stop().success());

    let log = fs::read_to_string(bench.data().with_extension("log")).unwrap();
    let password = credentials(SECRET, BRAND, Channel::Mesaj);
    for secret in [&PHONE[3..], password.password.reveal(), "parola", "pushtest"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    assert!(log.contains("İYS's test record came"));
}

async fn state(gateway: &Gateway) -> GetStateResponse {
    gateway.consent().await.get_state(GetStateRequest::default()).await.unwrap().into_inner()
}

/// Elements of a push that are spelled in other habits block; one that cannot be read is acknowledged, since İYS would
/// send it again and again, and opens a gap.
#[tokio::test]
async fn a_pushed_refusal_blocks_however_its_fields_are_spelled() {
    let bench = Bench::new().await;
    let (approvals, refusals) = (bench.dir.path().join("approvals.csv"), spelled::refusals());
    fs::write(&approvals, ways::csv(&spelled::approved(refusals.len()))).unwrap();
    let imported = import_offline(&bench.data(), &[approvals]);
    assert_eq!((imported.code, imported.count("refused")), (0, 0), "{}", imported.text);
    let gateway = bench.start().await;
    let own = credentials(SECRET, BRAND, Channel::Mesaj);
    let push = async |list: Vec<Value>| {
        let call = bench.client.post(format!("{}/iys/{BRAND}/MESAJ", bench.front.url)).json(&serde_json::json!({ "list": list }));
        call.basic_auth(&own.username, Some(own.password.reveal())).send().await.unwrap().status().as_u16()
    };
    let element = |row: &ways::Row| {
        let mut element = ways::object(row);
        (element["iysCode"], element["brandCode"]) = (600_000.into(), BRAND.into());
        element
    };
    assert_eq!(push(refusals.iter().map(element).collect()).await, 200);
    spelled::assert_refused(&gateway, "push").await;
    assert_eq!(state(&gateway).await.brands[0].gap, None);

    let unreadable = element(&ways::with(ways::ret(&ways::phone(0)), "status", "IPTAL"));
    assert_eq!(push(vec![unreadable]).await, 200);
    let brand = state(&gateway).await.brands.remove(0);
    assert!(brand.gap.is_some() && brand.stale.len() == 3, "{brand:?}");
    assert!(gateway.stop().success());
}

#[tokio::test]
async fn a_certificate_is_renewed_without_a_restart() {
    let bench = Bench::new().await;
    let gateway = bench.start().await;
    let call = async |client: &reqwest::Client| client.post(&bench.front.url).send().await.map(|answer| answer.status().as_u16());
    assert_eq!(call(&bench.client).await.unwrap(), 404);
    let (_, renewed) = certify(bench.dir.path());
    let hang_up = || assert!(Command::new("kill").args(["-HUP", &gateway.id().to_string()]).status().unwrap().success());
    hang_up();
    while call(&renewed).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(call(&bench.client).await.is_ok(), "a connection that is open stays so");
    // A broken one changes nothing, and is shown.
    fs::write(bench.dir.path().join("push.pem"), "no certificate").unwrap();
    hang_up();
    let certificate = async || state(&gateway).await.feeds.into_iter().find(|task| task.name == "push certificate").unwrap();
    let shown = loop {
        let task = certificate().await;
        if task.state != "running" {
            break task;
        }
    };
    assert!(shown.detail.ends_with("push.pem: there is no certificate in PEM"), "{shown:?}");
    assert_eq!(call(&renewed).await.unwrap(), 404);
    assert!(gateway.stop().success());
}

#[tokio::test]
async fn what_stands_in_the_way_has_its_code() {
    let bench = Bench::new().await;
    for file in ["push.pem", "push.key"] {
        let path = bench.dir.path().join(file);
        let kept = fs::read(&path).unwrap();
        for broken in [None, Some("")] {
            match broken {
                None => fs::remove_file(&path).unwrap(),
                Some(text) => fs::write(&path, text).unwrap(),
            }
            assert_eq!(failure(&mut bench.command()), (1, "PUSH_CERTIFICATE".to_owned()), "{file} {broken:?}");
        }
        fs::write(&path, kept).unwrap();
    }
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut command = bench.command();
    command.env("IZINGATE_IYS_PUSH_LISTEN", taken.local_addr().unwrap().to_string());
    assert_eq!(failure(&mut command), (1, "PORT_TAKEN".to_owned()));

    let without_feed = Gateway::start(&bench.data());
    let (ok, said) = push(&without_feed, "state", BRAND).await;
    assert!(!ok && said.contains("FEED_NOT_CONFIGURED"), "{said}");
    assert!(without_feed.stop().success());
    let mut command = bench.command();
    for name in ["LISTEN", "PUBLIC_URL", "CERTIFICATE_FILE", "KEY_FILE"] {
        command.env_remove(format!("IZINGATE_IYS_PUSH_{name}"));
    }
    let without_receiver = Gateway::spawn(command, &bench.data());
    let (ok, said) = push(&without_receiver, "register", BRAND).await;
    assert!(!ok && said.contains("NO_PUSH_RECEIVER"), "{said}");
    assert!(without_receiver.stop().success());
}
