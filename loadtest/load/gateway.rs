//! The gateway under test: started here on the server's core with its data in a folder of its own, or running
//! elsewhere.

use crate::support::{Outcome, machine};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use tempfile::TempDir;

/// Where a gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// gRPC and HTTP, `host:port`.
    pub listen: String,
    /// Health and metrics, `host:port`.
    pub admin: Option<String>,
}

/// A gateway of ours; ended by its id when dropped.
pub struct Gateway {
    child: Child,
    binary: PathBuf,
    config: PathBuf,
    data: TempDir,
    ready: mpsc::Receiver<()>,
    pub place: Place,
}

impl Gateway {
    /// Starts one over an empty folder in `TMPDIR` and waits until it is ready; its log goes to `log`, its configuration beside
    /// that.
    pub fn start(binary: &Path, log: &Path, config: &str) -> Outcome<Self> {
        let written = log.with_file_name("gateway.toml");
        std::fs::write(&written, config)?;
        let gateway = Self::spawn(binary, written, tempfile::tempdir()?, log)?;
        gateway.ready()?;
        Ok(gateway)
    }

    /// Starts one and does not wait: where it will listen is said by us.
    fn spawn(binary: &Path, config: PathBuf, data: TempDir, log: &Path) -> Outcome<Self> {
        // Both held until both are known, so that they differ. Free a moment ago, and nobody else listens here.
        let held = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
        let [listen, admin] = [held[0].local_addr()?.to_string(), held[1].local_addr()?.to_string()];
        drop(held);
        let mut command = Command::new(binary);
        command.args(["serve", "--log-format", "json", "--listen", &listen, "--admin", &admin, "--data"]).arg(data.path());
        command.arg("--config").arg(&config);
        machine::pin(machine::SERVER)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        machine::pin(machine::CLIENT)?;
        let mut child = child.map_err(|error| format!("{}: {error}; build the gateway first", binary.display()))?;
        let lines = BufReader::new(child.stderr.take().ok_or("no pipe")?).lines().map_while(Result::ok);
        let (tell, ready) = mpsc::channel();
        let mut log = File::options().create(true).append(true).open(log)?;
        // Reads on for as long as the gateway runs, or it would wait for somebody who does.
        std::thread::spawn(move || {
            for line in lines {
                let _ = writeln!(log, "{line}");
                let line: Value = serde_json::from_str(&line).unwrap_or_default();
                if line["message"].as_str().is_some_and(|message| message.starts_with("ready")) {
                    let _ = tell.send(());
                }
            }
        });
        let place = Place { listen, admin: Some(admin) };
        Ok(Self { child, binary: binary.to_owned(), config, data, ready, place })
    }

    /// Waits until everything is in memory.
    pub fn ready(&self) -> Outcome<()> {
        self.ready.recv().map_err(|_| "the gateway ended before it was ready; its log says why".into())
    }

    /// Ends it as an operator does, and waits until it has.
    pub fn stop(mut self) -> Outcome<Stopped> {
        self.end()?;
        let (binary, config) = (self.binary.clone(), self.config.clone());
        let data = std::mem::replace(&mut self.data, tempfile::tempdir()?);
        Ok(Stopped { binary, config, data })
    }

    fn end(&mut self) -> Outcome<()> {
        let id = Pid::from_raw(i32::try_from(self.child.id())?).ok_or("no process")?;
        kill_process(id, Signal::TERM)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the gateway ended with {status}; its log says why").into()) }
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A gateway that has ended; its data is there.
pub struct Stopped {
    binary: PathBuf,
    config: PathBuf,
    data: TempDir,
}

/// What `evidence verify` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Decisions in sealed segments.
    pub decisions: u64,
    /// Whether everything is what was written, and sealed.
    pub whole: bool,
    /// All that it says.
    pub said: String,
}

impl Stopped {
    /// Starts it again over the same data, and does not wait.
    pub fn start(self, log: &Path) -> Outcome<Gateway> {
        Gateway::spawn(&self.binary, self.config, self.data, log)
    }

    /// Holds the evidence against itself.
    pub fn verify(&self) -> Outcome<Evidence> {
        let output = Command::new(&self.binary).args(["evidence", "verify", "--data"]).arg(self.data.path()).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Ok(Evidence::read(&said, output.status.success()))
    }
}

impl Evidence {
    fn read(said: &str, success: bool) -> Self {
        let number = |name: &str| {
            let found = said.lines().find_map(|line| line.strip_prefix(name));
            found.and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<u64>().ok())
        };
        let (decisions, open) = (number("decisions"), number("not sealed"));
        let whole = success && decisions.is_some() && open == Some(0) && !said.contains("\ngap ");
        Self { decisions: decisions.unwrap_or_default(), whole, said: said.trim_end().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "segments    2\nread        2\nremoved     0\ndecisions   4711\n\
        not sealed  0 decisions in the segment that is being written\neverything is what was written\n";

    #[test]
    fn what_verify_says_is_read() {
        let whole = Evidence { decisions: 4711, whole: true, said: SAID.trim_end().to_owned() };
        assert_eq!(Evidence::read(SAID, true), whole);
    }

    #[test]
    fn a_gap_or_an_open_segment_is_not_the_whole() {
        assert!(!Evidence::read(SAID, false).whole);
        assert!(!Evidence::read(&SAID.replace("sealed  0", "sealed  3"), true).whole);
        assert!(!Evidence::read(&SAID.replace("everything", "gap         after segment 1\neverything"), true).whole);
        assert!(!Evidence::read("", true).whole);
    }
}
