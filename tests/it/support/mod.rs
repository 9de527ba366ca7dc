//! A real gateway for a test: the built binary on port 0, its log in a file, ended by its id.

pub mod agi;
pub mod ask;
pub mod books;
pub mod data;
pub mod files;
pub mod known;
pub mod rng;
pub mod search;
pub mod split;
pub mod web;

use izingate::api::proto::admin_service_client::AdminServiceClient;
use izingate::api::proto::consent_service_client::ConsentServiceClient;
use izingate::api::proto::permission_service_client::PermissionServiceClient;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use tonic::transport::Channel;

pub const BRAND: u32 = 601_234;

/// The built command with a clean environment.
pub fn izingate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_izingate"));
    command.env("LC_ALL", "C.UTF-8");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IZINGATE_")) {
        command.env_remove(name);
    }
    command
}

/// Runs a command of the command line to its end.
pub fn run(args: &[&str]) -> Output {
    izingate().args(args).output().unwrap()
}

/// Puts the test brand on file, offline.
pub fn add_brand(data: &Path) {
    let data = data.to_str().unwrap();
    let output = run(&["brand", "add", "--data", data, "--brand", "601234", "--iys-code", "600000", "--title", "Örnek"]);
    assert!(output.status.success(), "{output:?}");
}

/// `serve` on a data directory, on ports that the system chooses, with a log that [`Gateway::spawn`] reads.
pub fn serve(data: &Path) -> Command {
    let mut command = izingate();
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(data);
    command
}

/// A running gateway; killed when dropped.
pub struct Gateway {
    child: Child,
    pub http: String,
    pub admin: String,
    pub log: PathBuf,
}

impl Gateway {
    /// Starts a gateway on a data directory and waits until everything is in memory.
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// The same with more arguments.
    pub fn start_with(data: &Path, args: &[&str]) -> Self {
        let mut command = serve(data);
        command.args(args);
        Self::spawn(command, data)
    }

    /// Starts a prepared `serve` command whose log is JSON.
    pub fn spawn(mut command: Command, data: &Path) -> Self {
        // For the clients of the tests: reqwest takes no provider of TLS by itself, not even where there is no TLS.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let log = data.with_extension("log");
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut gateway = Self { child, http: String::new(), admin: String::new(), log: log.clone() };
        let lines = tee(gateway.child.stderr.take().unwrap(), &log);
        loop {
            let Ok(line) = lines.recv() else { panic!("the gateway ended:\n{}", fs::read_to_string(&log).unwrap()) };
            let field = |name: &str| line.get(name).and_then(|value| value.as_str()).map(|value| format!("http://{value}"));
            if let (Some(http), Some(admin)) = (field("listen"), field("admin")) {
                (gateway.http, gateway.admin) = (http, admin);
            }
            if line["message"].as_str().is_some_and(|message| message.starts_with("ready")) {
                return gateway;
            }
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks for the ordered end.
    pub fn terminate(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(asked.success());
    }

    /// Waits for the end that was asked for.
    pub fn ended(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Asks for the ordered end, and waits for it.
    pub fn stop(self) -> ExitStatus {
        self.terminate();
        self.ended()
    }

    pub async fn channel(&self) -> Channel {
        Channel::from_shared(self.http.clone()).unwrap().connect().await.unwrap()
    }

    pub async fn permission(&self) -> PermissionServiceClient<Channel> {
        PermissionServiceClient::new(self.channel().await)
    }

    pub async fn consent(&self) -> ConsentServiceClient<Channel> {
        ConsentServiceClient::new(self.channel().await)
    }

    pub async fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel().await)
    }

    /// The address as `SocketAddr`.
    pub fn address(&self) -> SocketAddr {
        self.http.trim_start_matches("http://").parse().unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps a log in a file, line by line, and hands its lines on as they come.
fn tee(stderr: ChildStderr, log: &Path) -> Receiver<serde_json::Value> {
    let mut file = File::options().create(true).append(true).open(log).unwrap();
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            writeln!(file, "{line}").unwrap();
            // Whoever started the gateway stops listening once it is ready.
            let _ = send.send(serde_json::from_str(&line).unwrap_or_default());
        }
    });
    lines
}
