//! The day file and its hash, by which a finished day is checked (F§1.6).

use super::brands::Sender;
use crate::iys::client::Iys;
use crate::iys::day::Day;
use crate::iys::error::IysError;
use crate::iys::lenient::Text;
use crate::iys::link::Call;
use crate::iys::rate_limit::Priority;
use crate::iys::transport::Body;
use http::Method;
use serde::Deserialize;
use serde_json::json;

/// What İYS says of a day's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// In lower-case hexadecimal; empty while it is not made.
    pub hash: String,
    /// As İYS names it: `SHA384` or `SHA-384`.
    pub method: String,
    /// Whether the hash is made.
    pub status: ProcessStatus,
    /// Whether the provider has confirmed it.
    pub confirmed: bool,
}

/// How far İYS is with a day's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessStatus {
    /// Not begun.
    Queued,
    /// Begun.
    InProgress,
    /// Made.
    Completed,
    /// It failed at İYS.
    Error,
    /// A word that is not documented.
    Other,
}

#[derive(Deserialize)]
struct Answered {
    #[serde(default, rename = "processStatus")]
    status: Text,
    #[serde(default, rename = "hashValue")]
    hash: Text,
    #[serde(default, rename = "hashMethod")]
    method: Text,
    #[serde(default, rename = "agreementStatus")]
    confirmed: Text,
}

#[derive(Deserialize)]
struct Captured {
    #[serde(default, rename = "agreementCaptured")]
    captured: Text,
}

impl Iys {
    /// The day's file, at most seven days back; none if nothing moved. It has no bound: read it chunk by
    /// chunk.
    pub async fn day_file(&self, of: Sender, day: Day) -> Result<Option<Body>, IysError> {
        let call = Call::get(format!("{}/changes/{day}/file", of.path()), Priority::Background);
        let answer = self.stream(&call).await?;
        Ok((answer.status != 204).then_some(answer.body))
    }

    /// The hash of the day's file, at most seven days back; none if there is no file.
    pub async fn agreement(&self, of: Sender, day: Day) -> Result<Option<Agreement>, IysError> {
        let answered: Option<Answered> = self.json(&Call::get(agreement_path(of, day), Priority::Background)).await?.value;
        Ok(answered.map(Answered::read))
    }

    /// Tells İYS that the day's hash agrees with ours.
    pub async fn confirm(&self, of: Sender, day: Day) -> Result<(), IysError> {
        let body = json!({ "agreementStatus": true });
        let call = Call::with_json(Method::PUT, agreement_path(of, day), &body, Priority::Background);
        let captured: Option<Captured> = self.json(&call).await?.value;
        if captured.is_some_and(|answered| answered.captured.0 != "true") {
            return Err(IysError::unreadable(200, "an agreement that was not taken"));
        }
        Ok(())
    }
}

fn agreement_path(of: Sender, day: Day) -> String {
    format!("{}/agreements/{day}", of.path())
}

impl Answered {
    fn read(self) -> Agreement {
        Agreement {
            hash: self.hash.0.trim().to_ascii_lowercase(),
            method: self.method.0,
            status: ProcessStatus::from_name(&self.status.0),
            confirmed: self.confirmed.0 == "true",
        }
    }
}

impl ProcessStatus {
    fn from_name(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "queued" => Self::Queued,
            "inprogress" => Self::InProgress,
            "completed" => Self::Completed,
            "error" => Self::Error,
            _ => Self::Other,
        }
    }
}
