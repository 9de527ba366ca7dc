//! `izingate watch`.

use super::CommandError;
use crate::api::proto::consent_service_client::ConsentServiceClient;
use crate::api::proto::watch_event::Event;
use crate::api::proto::{ChangeBatch, GetStateRequest, RelationChange, WatchRequest};
use crate::cli::args::watch::{From, WatchArgs};
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use serde::Serialize;
use std::error::Error;
use std::io::{ErrorKind, Write};
use std::time::Duration;
use tokio::runtime::Runtime;
use tonic::transport::Channel;
use tonic::{Code, Status};

/// A gateway that does not answer a ping in this time is gone.
const GONE: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Why a stream ended.
enum End {
    /// It broke off and may go on.
    Broken(String),
    /// Nobody reads what is printed.
    Unread,
    /// For good.
    Failed(CommandError),
}

/// Prints what changes, until nobody reads it or it cannot go on.
pub fn watch(args: &WatchArgs, out: &mut dyn Write) -> Result<(), CommandError> {
    let runtime = Runtime::new().map_err(|error| CommandError::Internal(error.to_string()))?;
    runtime.block_on(follow(args, out))
}

async fn follow(args: &WatchArgs, out: &mut dyn Write) -> Result<(), CommandError> {
    let url = super::endpoint(args.endpoint.as_ref())?;
    let endpoint = url.endpoint().http2_keep_alive_interval(GONE).keep_alive_timeout(GONE);
    // Who is not there at all was perhaps misspelled; who was there once is waited for.
    let channel = endpoint.connect().await.map_err(|_| CommandError::Gateway(format!("{url}: no gateway answers there")))?;
    let mut watch =
        Watch { client: ConsentServiceClient::new(channel), next: Next::of(args.from), heartbeats: args.heartbeats, out };
    let mut wait = FIRST_WAIT;
    loop {
        let before = watch.next;
        match watch.until_it_ends().await {
            End::Unread => return Ok(()),
            End::Failed(error) => return Err(error),
            End::Broken(reason) => {
                wait = if watch.next == before { (wait * 2).min(LONGEST_WAIT) } else { FIRST_WAIT };
                tracing::warn!(%reason, "the stream broke off; it is asked for again");
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Where to go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Now,
    /// 0 is the earliest.
    Revision(u64),
}

impl Next {
    const fn of(from: From) -> Self {
        match from {
            From::Now => Self::Now,
            From::Earliest => Self::Revision(0),
            From::Revision(revision) => Self::Revision(revision),
        }
    }
}

struct Watch<'a> {
    client: ConsentServiceClient<Channel>,
    next: Next,
    heartbeats: bool,
    out: &'a mut dyn Write,
}

impl Watch<'_> {
    /// One stream, from where the last one ended.
    async fn until_it_ends(&mut self) -> End {
        let from = match self.first_revision().await {
            Ok(from) => from,
            Err(status) => return ended(&status),
        };
        let mut events = match self.client.watch(WatchRequest { from_revision: from }).await {
            Ok(events) => events.into_inner(),
            Err(status) => return ended(&status),
        };
        loop {
            let event = match events.message().await {
                Ok(Some(event)) => event.event,
                Ok(None) => return End::Broken("it ended without a reason".to_owned()),
                Err(status) => return ended(&status),
            };
            let printed = match event {
                Some(Event::Batch(batch)) => self.batch(&batch),
                Some(Event::Heartbeat(revision)) => self.heartbeat(revision),
                // Of a later version.
                None => Ok(()),
            };
            match printed {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return End::Unread,
                Err(error) => {
                    let text = format!("standard output cannot be written: {error}");
                    return End::Failed(CommandError::refused("OUTPUT_FAILED", text));
                }
            }
        }
    }

    async fn first_revision(&mut self) -> Result<u64, Status> {
        if let Next::Revision(revision) = self.next {
            return Ok(revision);
        }
        let revision =
            self.client.get_state(GetStateRequest { limit: 1, ..GetStateRequest::default() }).await?.into_inner().revision + 1;
        self.next = Next::Revision(revision);
        Ok(revision)
    }

    fn batch(&mut self, batch: &ChangeBatch) -> std::io::Result<()> {
        self.print(&Line::of(batch))?;
        if !batch.more {
            self.next = Next::Revision(batch.revision + 1);
        }
        Ok(())
    }

    fn heartbeat(&mut self, revision: u64) -> std::io::Result<()> {
        self.next = Next::Revision(revision + 1);
        if self.heartbeats { self.print(&HeartbeatLine { heartbeat: revision }) } else { Ok(()) }
    }

    fn print(&mut self, line: &impl Serialize) -> std::io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}

/// A batch, or a part of one, as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    revision: u64,
    committed_at: String,
    changes: Vec<ChangeOnLine>,
    more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeOnLine {
    recipient: String,
    brand_code: u32,
    retailer_code: u32,
    state: u32,
}

#[derive(Serialize)]
struct HeartbeatLine {
    heartbeat: u64,
}

impl Line {
    fn of(batch: &ChangeBatch) -> Self {
        Self {
            revision: batch.revision,
            committed_at: IysTime::from_unix(u32::try_from(batch.committed_at).unwrap_or(0)).rfc3339(),
            changes: batch.changes.iter().map(ChangeOnLine::of).collect(),
            more: batch.more,
        }
    }
}

impl ChangeOnLine {
    fn of(change: &RelationChange) -> Self {
        let RelationChange { recipient, brand_code, retailer_code, state } = change;
        Self { recipient: to_hex(recipient), brand_code: *brand_code, retailer_code: *retailer_code, state: *state }
    }
}

/// A connection that was lost, or a gateway that goes or comes, may be tried again; a cause that the gateway
/// itself gives stands otherwise.
fn ended(status: &Status) -> End {
    // No status that was sent has a cause: this one was made here, of a connection that was lost.
    if status.code() == Code::Unavailable || status.source().is_some() {
        return End::Broken(status.message().to_owned());
    }
    End::Failed(status.clone().into())
}
