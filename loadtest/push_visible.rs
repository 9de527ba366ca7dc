//! How soon a refusal that İYS pushes is in force, while checks run at half their maximum: a real gateway of
//! the built binary, its data on a disk, pushes over TLS on a kept connection.
//!
//! `push_visible [PUSHES A SECOND] [SECONDS]`: 50 and 20 unless said otherwise. Build the gateway first; the
//! data lies in `TMPDIR`, which should be on the disk that is meant.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::cast_sign_loss,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool that talks to whoever started it"
)]

#[path = "../tests/iys_sim/mod.rs"]
mod sim;

use izingate::api::proto;
use izingate::api::proto::consent_service_client::ConsentServiceClient;
use izingate::api::proto::permission_service_client::PermissionServiceClient;
use izingate::api::proto::{CheckRequest, GetStateRequest, Reason};
use izingate::data::open;
use izingate::feed::push::Credentials;
use izingate::model::brand::BrandCode;
use izingate::model::consent::channel::Channel as Kind;
use izingate::model::secret::pseudonym::{PushKeys, Secret};
use izingate::model::time::IysTime;
use serde_json::{Value, json};
use sim::{Clock, Settings, Sim, World};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::interval;
use tonic::transport::Channel;

const BRAND: u32 = 601_234;
const SECRET: [u8; 32] = [0x5E; 32];
/// Connections, and checks in flight on all of them: enough to find the maximum.
const CONNECTIONS: usize = 4;
const FLIGHT: usize = 64;
/// How long the maximum is looked for.
const LOOK: Duration = Duration::from_secs(4);

type Client = PermissionServiceClient<Channel>;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>().unwrap());
    let rate = arguments.next().unwrap_or(50);
    let seconds = arguments.next().unwrap_or(20);
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(measure(rate, seconds));
}

async fn measure(rate: u32, seconds: u32) {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(Settings::default(), 1);
    world.add_provider_user("api", "parola", 600_000);
    world.add_brand(BRAND, 600_000);
    let sim = Sim::start(world, Clock::real()).await;
    let client = prepare(dir.path());
    show("a bare write and sync on this disk", &mut syncs(&dir.path().join("bare")));
    let gateway = Gateway::start(dir.path(), &sim.base_url);
    let grpc = connect(&gateway.http).await;
    fed(&grpc).await;
    let checkers = clients(&gateway.http).await;
    let most = checks(&checkers, None, LOOK).await;
    let half = most / 2;
    println!("checks a second at most: {most}; {half} while {rate} refusals a second are pushed for {seconds} s");
    let length = Duration::from_secs(seconds.into());
    let pushes = pushes(&client, &gateway.push, grpc, rate, length);
    let (beside, (mut visible, mut acknowledged)) = tokio::join!(checks(&checkers, Some(half), length), pushes);
    println!("checks a second meanwhile: {beside}");
    show("from the push to the first check that is REFUSED", &mut visible);
    show("from the push to its acknowledgement", &mut acknowledged);
}

fn show(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    let (p50, p99, max) = (at(0.5), at(0.99), at(1.0));
    println!("{what}: p50 {p50:.2} ms, p99 {p99:.2} ms, max {max:.2} ms of {}", times.len());
}

/// What every acknowledgement waits for at least: a few bytes appended to a file and synced, now and then.
fn syncs(path: &Path) -> Vec<Duration> {
    let (mut file, (_open, never)) = (fs::File::create(path).unwrap(), std::sync::mpsc::channel::<()>());
    let once = |_| {
        let _ = never.recv_timeout(Duration::from_millis(20));
        let started = Instant::now();
        file.write_all(&[b'x'; 400]).and_then(|()| file.sync_data()).unwrap();
        started.elapsed()
    };
    (0..200).map(once).collect()
}

/// A data directory whose brand has no gap, and a certificate; a client that trusts it.
fn prepare(dir: &Path) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(dir.join("push.pem"), made.cert.pem()).unwrap();
    fs::write(dir.join("push.key"), made.signing_key.serialize_pem()).unwrap();
    let data = dir.join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("secret.key"), Secret::from_bytes(SECRET).to_hex()).unwrap();
    let mut add = izingate();
    add.args(["brand", "add", "--brand", "601234", "--iys-code", "600000", "--title", "Ölçüm", "--data"]).arg(&data);
    assert!(add.stdout(Stdio::null()).status().unwrap().success());
    let (held, store) = open::without_secret(&data, &izingate::config::SecretSource::DataDirectory).unwrap();
    let mut commit = store.begin();
    commit.export_cursor(BrandCode::new(BRAND).unwrap(), IysTime::now().minus(3600)).unwrap();
    commit.commit().unwrap();
    drop((store, held));
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap()
}

/// The binary beside this example.
fn izingate() -> Command {
    let own = std::env::current_exe().unwrap();
    Command::new(own.parent().unwrap().with_file_name("izingate"))
}

/// A running gateway; killed when dropped.
struct Gateway {
    child: Child,
    http: String,
    push: String,
}

impl Gateway {
    fn start(dir: &Path, iys: &str) -> Self {
        let mut command = izingate();
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json", "--data"]);
        command.arg(dir.join("data")).envs([
            ("IZINGATE_IYS_URL", iys),
            ("IZINGATE_IYS_USERNAME", "api"),
            ("IZINGATE_IYS_PASSWORD", "parola"),
            ("IZINGATE_IYS_IYS_CODE", "600000"),
            ("IZINGATE_IYS_PUSH_LISTEN", "127.0.0.1:0"),
            ("IZINGATE_IYS_PUSH_PUBLIC_URL", "https://127.0.0.1"),
        ]);
        for (setting, file) in [("CERTIFICATE", "push.pem"), ("KEY", "push.key")] {
            command.env(format!("IZINGATE_IYS_PUSH_{setting}_FILE"), dir.join(file));
        }
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("build the gateway first: {error}"));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut gateway = Self { child, http: String::new(), push: String::new() };
        for line in lines.by_ref() {
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = line["listen"].as_str() {
                gateway.http = format!("http://{address}");
            }
            if let Some(address) = line["push"].as_str() {
                gateway.push = format!("https://{address}/iys/{BRAND}/MESAJ");
            }
            if line["message"].as_str().is_some_and(|message| message.starts_with("ready")) {
                // Somebody has to read on, or the gateway waits for it.
                std::thread::spawn(move || lines.for_each(drop));
                return gateway;
            }
        }
        panic!("the gateway ended");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn connect(url: &str) -> Channel {
    Channel::from_shared(url.to_owned()).unwrap().connect().await.unwrap()
}

/// Waits until the brand is followed: it is stale before.
async fn fed(grpc: &Channel) {
    let mut client = ConsentServiceClient::new(grpc.clone());
    loop {
        let brand = client.get_state(GetStateRequest::default()).await.unwrap().into_inner().brands.remove(0);
        if brand.fed && brand.stale.is_empty() {
            return;
        }
    }
}

async fn clients(url: &str) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(PermissionServiceClient::new(connect(url).await));
    }
    clients
}

fn phone(number: u64) -> String {
    format!("+90532{number:07}")
}

async fn check(client: &mut Client, recipient: String) -> Reason {
    let channel = proto::Channel::Mesaj.into();
    let request = CheckRequest { brand_code: BRAND, channel, recipient: Some(recipient), ..CheckRequest::default() };
    client.check(request).await.unwrap().into_inner().reason()
}

/// Checks for a while, as many as there can be or as many a second as said; how many a second there were.
async fn checks(clients: &[Client], rate: Option<u64>, length: Duration) -> u64 {
    let (done, mut flight, started) = (Arc::new(AtomicU64::new(0)), JoinSet::new(), Instant::now());
    for number in 0..FLIGHT {
        let (mut client, done) = (clients[number % clients.len()].clone(), Arc::clone(&done));
        let mut tick = rate.map(|rate| interval(Duration::from_secs(FLIGHT as u64).div_f64(rate.max(1) as f64)));
        flight.spawn(async move {
            while started.elapsed() < length {
                if let Some(tick) = &mut tick {
                    tick.tick().await;
                }
                check(&mut client, phone(9_000_000 + number as u64)).await;
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    flight.join_all().await;
    (done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()) as u64
}

/// Pushes refusals of recipients that nobody knows yet; how long each took to be visible and to be acknowledged.
async fn pushes(
    client: &reqwest::Client,
    url: &str,
    grpc: Channel,
    rate: u32,
    length: Duration,
) -> (Vec<Duration>, Vec<Duration>) {
    let own = Credentials::of(&PushKeys::new(&Secret::from_bytes(SECRET)), BrandCode::new(BRAND).unwrap(), Kind::Mesaj);
    let push = |number| client.post(url).basic_auth(&own.username, Some(own.password.reveal())).json(&body(number));
    // One that pays for the handshake, and whose connection is kept.
    assert_eq!(push(0).send().await.unwrap().bytes().await.unwrap(), "OK");
    let (started, mut under_way) = (Instant::now(), JoinSet::new());
    let mut tick = interval(Duration::from_secs(1) / rate.max(1));
    let mut number = 0;
    while started.elapsed() < length {
        tick.tick().await;
        number += 1;
        let request = push(number);
        let mut asker = PermissionServiceClient::new(grpc.clone());
        under_way.spawn(async move {
            let sent = Instant::now();
            let acknowledged = async {
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 200);
                sent.elapsed()
            };
            let visible = async {
                while check(&mut asker, phone(number)).await != Reason::Refused {}
                sent.elapsed()
            };
            tokio::join!(visible, acknowledged)
        });
    }
    under_way.join_all().await.into_iter().unzip()
}

fn body(number: u64) -> Value {
    let now = IysTime::now().to_string();
    json!({ "list": [{
        "iysCode": 600_000, "brandCode": BRAND, "consentDate": now, "creationDate": now, "source": "IYS_KISAMESAJ",
        "recipient": phone(number), "recipientType": "BIREYSEL", "status": "RET", "type": "MESAJ",
        "transactionId": format!("{number:064x}"),
    }] })
}
