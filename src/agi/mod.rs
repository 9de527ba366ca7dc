//! FastAGI: Asterisk asks over a connection for each call, `AGI(agi://127.0.0.1:4573/check,brandCode=…)`, and finds the
//! decision in channel variables.
//!
//! It is a small process of its own in front of a gateway and no port of the gateway itself: it runs beside Asterisk, so
//! that what has neither a password nor encryption stays on that machine; and it answers `DEFER` with a reason when the
//! gateway is loading, restarting or gone, where a refused connection would leave the dialplan without an answer.
//!
//! ```text
//! Asterisk ──► environment ──► request ──► GET /v1/check ──► answer ──► SET VARIABLE … ──► the dialplan goes on
//! ```
//!
//! The first thing said on a connection is `IZINGATE_ALLOWED` 0, and only the last can be 1: whatever breaks in between,
//! the dialplan does not send.

mod channel;
mod client;
mod request;

pub use crate::agi::client::{Gateway, Settings};

use crate::agi::client::Answer;
use crate::net::{self, ConnectionHandle, Life};
use channel::{Broken, Channel};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long Asterisk may take over all of a session beside the gateway's own deadline.
pub const PEER: Duration = Duration::from_secs(10);

/// Serves `listener` for the length of `life`, at most `most` sessions at once; further ones wait in the kernel's queue.
pub async fn serve(listener: TcpListener, most: usize, gateway: Gateway, life: Life) {
    let gateway = Arc::new(gateway);
    let each = |stream, connection: ConnectionHandle| {
        let (gateway, cut) = (Arc::clone(&gateway), life.cut.clone());
        async move {
            // A session is one call from its first byte to its last.
            let _call = connection.call();
            let ended = tokio::select! {
                ended = bounded(stream, &gateway) => ended,
                () = cut.cancelled() => return,
            };
            match ended {
                Ok(()) => {}
                Err(Broken::HungUp) => tracing::debug!("the channel was hung up"),
                // None of its texts repeats what the peer sent.
                Err(broken) => tracing::warn!(%broken, "a session ended early; the dialplan goes on without an approval"),
            }
        }
    };
    net::accept(&listener, most, &life, each).await;
}

async fn bounded(stream: TcpStream, gateway: &Gateway) -> Result<(), Broken> {
    let longest = gateway.deadline() + PEER;
    tokio::time::timeout(longest, session(stream, gateway)).await.unwrap_or(Err(Broken::Slow))
}

/// One call: its environment, one question, the variables.
async fn session(stream: TcpStream, gateway: &Gateway) -> Result<(), Broken> {
    let mut channel = Channel::new(stream);
    channel.say("IZINGATE_ALLOWED", "0").await?;
    let environment = channel.environment().await?;
    channel.heard().await?;
    let answer = match request::query(&environment) {
        Some(query) => gateway.ask(&query).await,
        None => Answer::deferred("AGI_REQUEST_INVALID"),
    };
    channel.set("IZINGATE_DECISION", answer.decision.name()).await?;
    channel.set("IZINGATE_REASON", &answer.reason).await?;
    channel.set("IZINGATE_REVISION", &answer.revision.to_string()).await?;
    channel.set("IZINGATE_DECISION_ID", &answer.decision_id).await?;
    if answer.allowed() {
        channel.set("IZINGATE_ALLOWED", "1").await?;
    }
    channel.close().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_says_nothing_or_no_end_is_let_go() {
        let settings = Settings {
            endpoint: "http://127.0.0.1:1".to_owned(),
            deadline: Duration::from_secs(1),
            connections: 1,
            caller: "agi".to_owned(),
        };
        let gateway = Gateway::new(settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for said in ["", "agi_request: agi://h/check\n", "agi_request: agi://h/check\n\n", "agi_request: agi"] {
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            client.write_all(said.as_bytes()).await.unwrap();
            let ended = bounded(listener.accept().await.unwrap().0, &gateway).await;
            assert!(matches!(ended, Err(Broken::Slow)), "{said:?}: {ended:?}");
        }
    }
}
