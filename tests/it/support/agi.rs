//! `izingate agi` as a process, and Asterisk's side of a connection to it.

use super::izingate;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// What Asterisk says to a command that it carried out.
pub const DONE: &str = "200 result=1\n";

/// Far beyond any session here.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `izingate agi`; killed when dropped.
pub struct Agi {
    child: Child,
    pub address: SocketAddr,
}

impl Agi {
    pub fn start(endpoint: &str) -> Self {
        Self::start_with(endpoint, &[])
    }

    /// The same with more arguments.
    pub fn start_with(endpoint: &str, args: &[&str]) -> Self {
        let mut command = izingate();
        command.args(["agi", "--listen", "127.0.0.1:0", "--endpoint", endpoint]).args(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("agi://").and_then(|line| line.strip_suffix("/check\n"));
        Self { child, address: address.unwrap_or_else(|| panic!("{line:?}")).parse().unwrap() }
    }

    /// The URL of a question, as a dialplan writes it.
    pub fn url(&self, query: &str) -> String {
        format!("agi://{}/check{query}", self.address)
    }

    /// One call with arguments: the variables that it set.
    pub fn ask(&self, arguments: &[&str]) -> BTreeMap<String, String> {
        variables(&self.call(&environment(&self.url(""), arguments)))
    }

    /// One call: the commands that came, each of which was carried out.
    pub fn call(&self, environment: &str) -> Vec<String> {
        Asterisk::dial(self.address, environment.as_bytes()).heard(|_| DONE.to_owned())
    }

    /// Asks for the end.
    pub fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Asks for the end and waits for it; its exit, and what it said on the way.
    pub fn stop(mut self) -> (ExitStatus, String) {
        self.terminate();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for Agi {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asterisk in one call.
pub struct Asterisk(BufReader<TcpStream>);

impl Asterisk {
    /// Connects and tells of the call.
    pub fn dial(address: SocketAddr, environment: &[u8]) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut asterisk = Self(BufReader::new(stream));
        asterisk.say(environment);
        asterisk
    }

    /// Sends bytes; whether they are still taken is the other side's.
    pub fn say(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes);
    }

    /// The next command without its end of line; none at the end of the session.
    pub fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.strip_suffix('\n').unwrap_or_else(|| panic!("{line:?} is no whole line")).to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Replies to every command, and returns them all.
    pub fn heard(&mut self, reply: impl Fn(&str) -> String) -> Vec<String> {
        let mut commands = Vec::new();
        while let Some(command) = self.hear() {
            let reply = reply(&command);
            commands.push(command);
            self.say(reply.as_bytes());
        }
        commands
    }
}

/// What Asterisk 20 tells of a call.
pub fn environment(request: &str, arguments: &[&str]) -> String {
    let script = request.splitn(4, '/').nth(3).unwrap_or_default();
    let arguments: String = (1..).zip(arguments).map(|(at, argument)| format!("agi_arg_{at}: {argument}\n")).collect();
    format!(
        "agi_network: yes\nagi_network_script: {script}\nagi_request: {request}\nagi_channel: Local/1@dialer-00000001;2\n\
         agi_language: tr\nagi_type: Local\nagi_uniqueid: pbx-1732560000.12\nagi_version: 20.11.0\nagi_callerid: unknown\n\
         agi_calleridname: Örnek A.Ş.\nagi_callingpres: 0\nagi_callingani2: 0\nagi_callington: 0\nagi_callingtns: 0\n\
         agi_dnid: 08500000000\nagi_rdnis: unknown\nagi_context: dialer\nagi_extension: 05321234561\nagi_priority: 1\n\
         agi_enhanced: 0.0\nagi_accountcode: \nagi_threadid: 140241234567890\n{arguments}\n"
    )
}

/// What commands set, the last one of each name.
pub fn variables(commands: &[String]) -> BTreeMap<String, String> {
    let variable = |command: &String| {
        let (name, value) = command.strip_prefix("SET VARIABLE ")?.split_once(' ')?;
        Some((name.to_owned(), value.strip_prefix('"')?.strip_suffix('"')?.to_owned()))
    };
    commands.iter().map(|command| variable(command).unwrap_or_else(|| panic!("{command:?}"))).collect()
}
