//! The built program from the outside: its commands, and a gateway of it on loopback, ended by its id.

use crate::support::Outcome;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// The brand of every file.
const BRAND: &str = "601234";
/// Between two questions whether a gateway is ready: little beside a start, and it takes no core from it.
const PACE: Duration = Duration::from_millis(1);

/// The built command, in an environment without settings of the gateway.
fn izingate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_izingate"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("IZINGATE_")) {
        command.env_remove(name);
    }
    command
}

/// Makes a data directory with the brand on file.
pub fn make(data: &Path) -> Outcome<()> {
    run(izingate().args(["brand", "add", "--brand", BRAND, "--iys-code", "600000", "--title", "Benchmark", "--data"]).arg(data))
}

/// Imports a file, all of whose rows must be taken, into a directory.
pub fn import(data: &Path, file: &Path) -> Outcome<()> {
    run(izingate().args(["import", "--brand", BRAND, "--data"]).arg(data).arg(file))
}

fn run(command: &mut Command) -> Outcome<()> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(())
}

/// A gateway that is ready; killed when dropped.
pub struct Gateway {
    child: Child,
    /// Where checks and movements go.
    listen: String,
    admin: String,
    log: PathBuf,
}

impl Gateway {
    /// Starts on a data directory; with the time from the process's start until `/readyz` says yes.
    pub fn start(data: &Path) -> Outcome<(Self, Duration)> {
        let [listen, admin] = [free_address()?, free_address()?];
        let log = data.with_extension("log");
        let mut command = izingate();
        command.args(["serve", "--listen", &listen, "--admin", &admin, "--log-format", "json", "--data"]).arg(data);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let started = Instant::now();
        let mut gateway = Self { child: command.spawn()?, listen, admin, log };
        let (_open, never) = channel::<()>();
        while !gateway.get("/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 ")) {
            if let Some(status) = gateway.child.try_wait()? {
                return Err(format!("the gateway ended with {status}:\n{}", fs::read_to_string(&gateway.log)?).into());
            }
            let _ = never.recv_timeout(PACE);
        }
        Ok((gateway, started.elapsed()))
    }

    /// The lines of its log.
    pub fn log(&self) -> Outcome<Vec<serde_json::Value>> {
        Ok(fs::read_to_string(&self.log)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }

    /// What `/v1/state` says.
    pub fn state(&self) -> Outcome<serde_json::Value> {
        let answer = self.get("/v1/state")?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("an answer without a body")?;
        Ok(serde_json::from_str(body)?)
    }

    /// Imports a file through it.
    pub fn import(&self, file: &Path) -> Outcome<()> {
        run(izingate().args(["import", "--brand", BRAND, "--endpoint", &format!("http://{}", self.listen)]).arg(file))
    }

    /// `kill -9`.
    pub fn kill(mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks for the ordered end, and waits for it.
    pub fn stop(mut self) -> Outcome<()> {
        run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the gateway ended with {status}").into()) }
    }

    /// The whole answer of the admin port.
    fn get(&self, path: &str) -> Outcome<String> {
        let mut stream = TcpStream::connect(&self.admin)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.admin)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address on loopback that was free a moment ago.
fn free_address() -> Outcome<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
