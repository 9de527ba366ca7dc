//! A running gateway as a target, over `ConsentService.Apply`.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{Outcome, Refused, Target, TargetError};
use crate::api::proto::consent_service_client::ConsentServiceClient;
use crate::api::proto::{ApplyRequest, ApplyResponse, Movement};
use crate::files::Row;
use crate::model::brand::BrandCode;
use crate::model::time::IysTime;
use crate::net::endpoint::GatewayUrl;
use crate::sys::error_chain::causes;

/// What a gateway takes in one call.
const MAX_MOVEMENTS: usize = 10_000;
/// Field text of one call: a quarter of a gateway's body limit. One row, which is below 1 MiB, may pass it.
const MAX_TEXT: usize = 8 << 20;
/// Ten thousand refusals fit several times.
const MAX_ANSWER: usize = 32 << 20;
/// A gateway that loads its index says so; for so long it is asked again.
const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// No commit takes this long: the gateway is gone.
const CALL: Duration = Duration::from_mins(2);
/// A gateway that does not answer a ping in this time is gone.
const PING: Duration = Duration::from_secs(10);

/// A running gateway.
pub struct Remote {
    runtime: Runtime,
    client: ConsentServiceClient<Channel>,
    brand_code: u32,
    export_as_of: i64,
    /// Of the rows that were sent.
    brands: Mutex<BTreeSet<BrandCode>>,
}

impl Remote {
    /// Connects to `server`. Rows that name no brand are of `brand`;
    /// `export_as_of` is the moment of the panel export that the files are, if they are one. Not to be
    /// called from within an async runtime, nor is [`Target::apply`].
    ///
    /// # Errors
    /// No gateway answers there.
    pub fn connect(server: &GatewayUrl, brand: Option<BrandCode>, export_as_of: Option<IysTime>) -> Result<Self, TargetError> {
        let endpoint = server.endpoint().timeout(CALL).http2_keep_alive_interval(PING).keep_alive_timeout(PING);
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| TargetError::new("INTERNAL", error.to_string()))?;
        let channel = runtime
            .block_on(endpoint.connect())
            .map_err(|error| TargetError::new("UNAVAILABLE", format!("{server}: {}", causes(&error))))?;
        let client = ConsentServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER);
        let export_as_of = export_as_of.map_or(0, |moment| i64::from(moment.unix()));
        Ok(Self { runtime, client, brand_code: brand.map_or(0, BrandCode::get), export_as_of, brands: Mutex::default() })
    }

    fn request(&self, rows: &[Row]) -> ApplyRequest {
        let movements = rows.iter().map(movement).collect();
        let export_complete_brands = Vec::new();
        ApplyRequest { brand_code: self.brand_code, movements, export_as_of: self.export_as_of, export_complete_brands }
    }

    /// The brands of the rows that were sent; of those that were refused too.
    #[must_use]
    pub fn brands(&self) -> BTreeSet<BrandCode> {
        self.brands.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says that every row of a panel export was sent and taken: these brands are complete up to its moment.
    ///
    /// # Errors
    /// The gateway did not note it.
    pub fn export_complete(&self, brands: &BTreeSet<BrandCode>) -> Result<(), TargetError> {
        let export_complete_brands: Vec<u32> = brands.iter().map(|brand| brand.get()).collect();
        let request = || ApplyRequest { export_complete_brands: export_complete_brands.clone(), ..self.request(&[]) };
        self.runtime.block_on(self.call(request)).map(drop)
    }

    fn note_brands(&self, rows: &[Row]) {
        let of_file = BrandCode::new(self.brand_code);
        let brands: BTreeSet<_> = rows.iter().filter_map(|row| BrandCode::parse(row.raw().brand).or(of_file)).collect();
        self.brands.lock().unwrap_or_else(PoisonError::into_inner).extend(brands);
    }

    /// One call, repeated while the gateway is not ready yet.
    async fn call(&self, request: impl Fn() -> ApplyRequest) -> Result<ApplyResponse, TargetError> {
        let (begun, mut wait, mut is_said) = (Instant::now(), FIRST_WAIT, false);
        loop {
            let status = match self.client.clone().apply(request()).await {
                Ok(response) => return Ok(response.into_inner()),
                Err(status) => status,
            };
            if !is_not_ready(&status) || begun.elapsed() + wait > PATIENCE {
                return Err(TargetError::new(code_of(&status), text_of(&status)));
            }
            if wait == LONGEST_WAIT && !std::mem::replace(&mut is_said, true) {
                let (code, most) = (code_of(&status), PATIENCE.as_secs());
                tracing::warn!(code, "the gateway takes nothing at the moment; it is asked again for {most} seconds");
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

impl Target for Remote {
    fn apply(&self, rows: &[Row]) -> Result<Outcome, TargetError> {
        self.note_brands(rows);
        let (mut outcome, mut rest) = (Outcome::default(), rows);
        while !rest.is_empty() {
            let (call, later) = rest.split_at(call_size(rest));
            let answer = self.runtime.block_on(self.call(|| self.request(call)))?;
            add(&mut outcome, answer, rows.len() - rest.len(), call.len())?;
            rest = later;
        }
        Ok(outcome)
    }
}

/// How many of the rows go into one call; at least one.
fn call_size(rows: &[Row]) -> usize {
    let mut text = 0;
    let fits = |row: &&Row| {
        text += row.text_len();
        text <= MAX_TEXT
    };
    rows.iter().take(MAX_MOVEMENTS).take_while(fits).count().max(1)
}

/// Adds the answer to a call whose first row is row `first` of all.
fn add(outcome: &mut Outcome, answer: ApplyResponse, first: usize, rows: usize) -> Result<(), TargetError> {
    outcome.revision = outcome.revision.max(answer.revision);
    outcome.applied += u64::from(answer.applied);
    outcome.unchanged += u64::from(answer.unchanged);
    outcome.as_of_now += u64::from(answer.as_of_now);
    for refused in answer.refused {
        let index = refused.index as usize;
        if index >= rows {
            return Err(TargetError::new("BAD_ANSWER", "the gateway refused a row that it was not sent"));
        }
        outcome.refused.push(Refused { index: first + index, code: refused.code.into(), detail: refused.detail.into() });
    }
    Ok(())
}

fn movement(row: &Row) -> Movement {
    let [created, transaction, recipient, recipient_type, channel, status, consented, source, brand] =
        row.fields().map(str::to_owned);
    Movement {
        creation_date: created,
        transaction_id: transaction,
        recipient,
        recipient_type,
        r#type: channel,
        status,
        consent_date: consented,
        source,
        brand_code: brand,
    }
}

/// A gateway that loads, or waits for room on its disk, says so; nothing of the call was taken in.
fn is_not_ready(status: &Status) -> bool {
    let waits = ["NOT_READY", "DISK_FULL", "NO_DESCRIPTORS", "STORE_STALLED"];
    status.code() == Code::Unavailable && waits.contains(&code_of(status).as_str())
}

/// The gateway's own code, or that of gRPC: `UNAVAILABLE`, `PERMISSION_DENIED`, …
#[must_use]
pub fn code_of(status: &Status) -> String {
    if let Some(info) = status.get_details_error_info() {
        return info.reason;
    }
    // No status that was sent has a cause: this one was made here, of a connection that was lost.
    if status.source().is_some() {
        return "UNAVAILABLE".to_owned();
    }
    let mut code = String::new();
    for letter in format!("{:?}", status.code()).chars() {
        if letter.is_ascii_uppercase() && !code.is_empty() {
            code.push('_');
        }
        code.push(letter.to_ascii_uppercase());
    }
    code
}

/// What is wrong, for people.
#[must_use]
pub fn text_of(status: &Status) -> String {
    let text = status.source().map_or_else(|| status.message().to_owned(), causes);
    // A gateway's own texts begin with their code, which stands before them already.
    text.strip_prefix(&format!("{}: ", code_of(status))).map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
#[path = "remote_tests.rs"]
mod tests;
