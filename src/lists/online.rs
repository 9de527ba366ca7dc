//! Decided by a running gateway: batches of its `CheckBatch`, phones as numbers.

use super::Stop;
use super::offline::Question;
use crate::api::caller::CALLER_HEADER;
use crate::api::convert::{channel_code, purpose_code, recipient_type_code};
use crate::api::proto::CheckBatchRequest;
use crate::api::proto::permission_service_client::PermissionServiceClient;
use crate::filter::block::Bounds;
use crate::filter::{AskedColumn, Block, Kind};
use crate::import::{code_of, text_of};
use crate::model::address::recipient::Phone;
use crate::model::decision::Verdict;
use crate::model::decision::question::Scope;
use crate::net::endpoint::GatewayUrl;
use bytes::Bytes;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// No batch takes this long: the gateway is gone.
const CALL: Duration = Duration::from_mins(1);
/// A gateway that does not answer a ping in this time is gone.
const PING: Duration = Duration::from_secs(10);

/// A running gateway.
pub struct Online {
    client: PermissionServiceClient<tonic::transport::Channel>,
    caller: Option<MetadataValue<tonic::metadata::Ascii>>,
    question: Question,
    retry_for: Duration,
}

impl Online {
    /// What a gateway takes in one call, with room: 100,000 recipients and 32 MiB.
    pub const BLOCK: Bounds = Bounds { bytes: 4 << 20, rows: 50_000 };

    /// Connects to a gateway; a call that fails because it cannot be reached is tried again for the length of
    /// `retry_for`.
    pub async fn connect(url: &GatewayUrl, question: Question, retry_for: Duration) -> Result<Self, Stop> {
        let failed = |code: &str, message: String| Stop::Decider { code: code.to_owned(), message };
        let endpoint = url
            .endpoint()
            .timeout(CALL)
            .http2_keep_alive_interval(PING)
            .keep_alive_timeout(PING)
            .initial_stream_window_size(2 << 20)
            .initial_connection_window_size(8 << 20);
        let channel = endpoint.connect().await.map_err(|_| failed("UNAVAILABLE", format!("{url}: no gateway answers there")))?;
        let caller = Some(&question.caller).filter(|caller| !caller.is_empty());
        let caller = caller.map(|caller| caller.parse()).transpose();
        let caller =
            caller.map_err(|_| failed("INVALID_FIELD", "the caller's name is letters, digits and a little more".to_owned()))?;
        Ok(Self { client: PermissionServiceClient::new(channel), caller, question, retry_for })
    }

    pub(super) async fn decide(&self, block: &Block) -> Result<Vec<Vec<u8>>, Stop> {
        let mut results = Vec::with_capacity(self.question.scopes.len());
        for scope in &self.question.scopes {
            for column in block.asked(Kind::of(scope.cell.channel)) {
                let answers = if column.is_empty() { Vec::new() } else { self.asked(scope, &column).await? };
                results.push(column.spread(answers));
            }
        }
        Ok(results)
    }

    /// The answers to a column. What cannot be reached, and rows that nobody can vouch for at this moment, are asked again
    /// for a while.
    async fn asked(&self, scope: &Scope, column: &AskedColumn<'_>) -> Result<Vec<u8>, Stop> {
        let mut results = vec![0; column.len()];
        let mut open: Vec<usize> = (0..column.len()).collect();
        let (begun, mut wait) = (Instant::now(), FIRST_WAIT);
        loop {
            let again = match self.call(self.message(scope, column, &open)).await {
                Ok(answers) if answers.len() == open.len() => {
                    open.iter().zip(&answers).for_each(|(row, answer)| results[*row] = *answer);
                    open.retain(|row| Verdict::is_momentary(results[*row]));
                    None
                }
                Ok(answers) => {
                    let message = format!("the gateway gave {} answers to {} rows", answers.len(), open.len());
                    return Err(Stop::Decider { code: "BAD_ANSWER".to_owned(), message });
                }
                Err(status) => Some(status),
            };
            let over = begun.elapsed() + wait > self.retry_for;
            match again {
                Some(status) if over || !passes(&status) => {
                    return Err(Stop::Decider { code: code_of(&status), message: text_of(&status) });
                }
                None if over || open.is_empty() => return Ok(results),
                _ => {}
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn call(&self, message: CheckBatchRequest) -> Result<Bytes, Status> {
        let mut request = Request::new(message);
        if let Some(caller) = &self.caller {
            request.metadata_mut().insert(CALLER_HEADER, caller.clone());
        }
        Ok(self.client.clone().check_batch(request).await?.into_inner().results)
    }

    /// What is asked about some addresses of a column. Ten digits of another country are no number to a gateway without
    /// their `+`: such a batch goes as text.
    fn message(&self, scope: &Scope, column: &AskedColumn<'_>, rows: &[usize]) -> CheckBatchRequest {
        let spelled = |phone: u64| if phone == 0 { String::new() } else { format!("+{phone}") };
        let (mut phones, mut recipients) = (Vec::new(), Vec::new());
        if !scope.cell.channel.takes_phones() {
            recipients = rows.iter().map(|row| column.emails[*row].to_string()).collect();
        } else if rows.iter().all(|row| column.phones[*row] == 0 || Phone::has_country_code(column.phones[*row])) {
            phones = rows.iter().map(|row| column.phones[*row]).collect();
        } else {
            recipients = rows.iter().map(|row| spelled(column.phones[*row])).collect();
        }
        CheckBatchRequest {
            brand_code: scope.brand.get(),
            channel: channel_code(scope.cell.channel),
            recipient_type: recipient_type_code(scope.cell.recipient_type),
            retailer_code: scope.retailer.get(),
            purpose: purpose_code(scope.purpose),
            recipients,
            phones,
            reference: self.question.reference.clone(),
            min_revision: self.question.min_revision,
        }
    }
}

/// Whether trying again may help: nobody is there, or it is loading.
fn passes(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Cancelled | Code::Unknown | Code::Internal | Code::DeadlineExceeded)
        && (std::error::Error::source(status).is_some() || status.code() == Code::Unavailable)
}
