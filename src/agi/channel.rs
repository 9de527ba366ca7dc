//! Asterisk's side of a connection: its environment, then a command and its reply, one after another.
//!
//! Asterisk reads its socket through a buffer that it does not look into while it waits, so a command is sent when the
//! reply to the one before is here.

use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Bytes that a peer may send in all of a session. Asterisk's environment is some 1 kB, and its arguments 2 kB at most.
pub(super) const MOST: u64 = 64 << 10;

/// How long the peer is given to have read everything before the connection is let go.
const LAST: Duration = Duration::from_secs(1);

/// Why a session ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// `HANGUP`: the call is over, and nothing will be sent.
    #[error("the channel was hung up")]
    HungUp,
    /// 510 an unknown command, 511 none for a dead channel, 520 a wrong use of one, 200 that it failed.
    #[error("Asterisk did not set a variable: {0}")]
    Refused(u16),
    /// It is no reply.
    #[error("the peer does not reply as Asterisk does")]
    NoReply,
    /// More than [`MOST`].
    #[error("the peer sends more than {MOST} bytes")]
    TooMuch,
    /// The peer is gone.
    #[error("the connection ended")]
    Ended,
    /// The peer takes too long.
    #[error("the peer took too long")]
    Slow,
    /// The network.
    #[error("the connection failed: {0}")]
    Io(#[from] std::io::Error),
}

/// What Asterisk tells of a call, without what nobody asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Environment {
    /// Every line was `agi_name: value`.
    pub(super) sound: bool,
    /// `agi_request`: the URL as the dialplan wrote it.
    pub(super) request: String,
    /// `agi_extension`: what the dialplan runs for.
    pub(super) extension: String,
    /// `agi_dnid`: the number that was dialled.
    pub(super) dnid: String,
    /// `agi_uniqueid`: the call.
    pub(super) unique_id: String,
    /// `agi_arg_1` and so on, in their order.
    pub(super) arguments: Vec<String>,
}

/// A connection.
pub(super) struct Channel {
    stream: BufReader<TcpStream>,
    /// Bytes that the peer may still send.
    left: u64,
}

impl Channel {
    /// A connection of which nothing is read yet.
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream: BufReader::new(stream), left: MOST }
    }

    /// Reads up to the empty line behind the environment, however it looks: what is left unread would be taken for a reply.
    pub(super) async fn environment(&mut self) -> Result<Environment, Broken> {
        let mut environment = Environment { sound: true, ..Environment::default() };
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(environment);
            }
            environment.take(&line);
        }
    }

    /// Sends the command that sets a variable.
    pub(super) async fn say(&mut self, name: &str, value: &str) -> Result<(), Broken> {
        debug_assert!(!value.contains(['"', '\\', '\n']), "a value needs no quoting");
        self.stream.write_all(format!("SET VARIABLE {name} \"{value}\"\n").as_bytes()).await?;
        Ok(())
    }

    /// Waits until Asterisk has set it.
    pub(super) async fn heard(&mut self) -> Result<(), Broken> {
        let line = self.line().await?;
        if line == "HANGUP" {
            return Err(Broken::HungUp);
        }
        let code = line.get(..3).and_then(|code| code.parse().ok()).ok_or(Broken::NoReply)?;
        match (code, &line[3..]) {
            (200, rest) if rest == " result=1" || rest.starts_with(" result=1 ") => Ok(()),
            // The usage that follows is nobody's to read: the session ends.
            (200 | 500..=599, _) => Err(Broken::Refused(code)),
            _ => Err(Broken::NoReply),
        }
    }

    /// Sets a variable.
    pub(super) async fn set(&mut self, name: &str, value: &str) -> Result<(), Broken> {
        self.say(name, value).await?;
        self.heard().await
    }

    /// Ends the session, so that the dialplan goes on. What is still on its way is let in first: a connection that is
    /// closed over unread bytes is reset, and a reset may overtake the last command.
    pub(super) async fn close(mut self) -> Result<(), Broken> {
        self.stream.shutdown().await?;
        let rest = async { while self.line().await.is_ok() {} };
        let _ = tokio::time::timeout(LAST, rest).await;
        Ok(())
    }

    /// The next line without its end; bytes that are no UTF-8 become U+FFFD, which no address holds.
    async fn line(&mut self) -> Result<String, Broken> {
        let mut line = Vec::new();
        let read = (&mut self.stream).take(self.left).read_until(b'\n', &mut line).await?;
        self.left -= read as u64;
        match line.last() {
            Some(b'\n') => Ok(String::from_utf8_lossy(line.trim_ascii_end()).into_owned()),
            _ if self.left == 0 => Err(Broken::TooMuch),
            _ => Err(Broken::Ended),
        }
    }
}

impl Environment {
    fn take(&mut self, line: &str) {
        let pair = line.split_once(':').and_then(|(name, value)| Some((name.strip_prefix("agi_")?, value.trim())));
        let Some((name, value)) = pair else {
            self.sound = false;
            return;
        };
        let place = match name {
            "request" => &mut self.request,
            "extension" => &mut self.extension,
            "dnid" => &mut self.dnid,
            "uniqueid" => &mut self.unique_id,
            _ if name.starts_with("arg_") => return self.arguments.push(value.to_owned()),
            _ => return,
        };
        value.clone_into(place);
    }
}
