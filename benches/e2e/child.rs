//! Servers in processes of their own on the server's core; ended by their ids when dropped.

use crate::support::{Outcome, machine};
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running server.
pub struct Server {
    child: Child,
    /// Where it listens, on loopback.
    pub port: u16,
    /// What it leaves on disk: it is ended without being asked, and removes nothing itself.
    _folder: TempDir,
}

impl Server {
    /// This program again as the server `role`; it says its port when it serves.
    pub fn of_ours(role: &str) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let folder = tempfile::tempdir()?;
        command.env("TMPDIR", folder.path());
        // The pipe at its standard input ends with us, and so does it.
        let mut child = command.env(super::ROLE, role).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no pipe")?).read_line(&mut line)?;
        let port = line.trim().parse().map_err(|_| format!("the {role} server did not start"))?;
        Ok(Self { child, port, _folder: folder })
    }

    /// A Redis that keeps nothing on disk; none if it is not installed.
    pub fn of_redis() -> Outcome<Option<Self>> {
        // Free a moment ago, and nobody else listens here.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = tempfile::tempdir()?;
        let mut command = Command::new("redis-server");
        command.current_dir(folder.path());
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
        machine::pin(machine::SERVER)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        machine::pin(machine::CLIENT)?;
        Ok(child.ok().map(|child| Self { child, port, _folder: folder }))
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Redis listens a moment after it starts.
pub fn connected(port: u16) -> Outcome<TcpStream> {
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => return Ok(stream),
            Err(error) if Instant::now() > patience => return Err(error.into()),
            Err(_) => std::thread::yield_now(),
        }
    }
}

/// Runs a server that ends when the process that started it has gone.
pub fn ending_with_the_parent(serve: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    serve()
}
