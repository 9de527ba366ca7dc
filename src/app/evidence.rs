//! Opens the evidence log of a data directory.

use super::data_dir::{DataDir, evidence_path};
use crate::check::DecisionIds;
use crate::config::Evidence;
use crate::evidence::Log;
use crate::evidence::archive::read_key;
use crate::evidence::entry::Event;
use crate::evidence::settings::Settings;
use crate::evidence::start::{StartError, Threads, start};
use crate::model::brand::BrandCode;
use crate::model::erasure::{Reason, Tombstone};
use crate::model::hex::to_hex;
use crate::ports::{BoxFuture, ErasureLog, Unrecorded};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Why evidence cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Its folder cannot be used, or what is in it is not what was written.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The key that signs checkpoints.
    #[error("{path}: the key that signs evidence cannot be used: {why}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl EvidenceError {
    /// The stable code.
    pub const CODE: &'static str = "EVIDENCE_UNUSABLE";
}

/// Opens the log; `ids` are those of this process.
pub(super) fn start_log(data: &DataDir, evidence: &Evidence, ids: DecisionIds) -> Result<(Log, Threads), EvidenceError> {
    let key = evidence.signing_key_file.as_deref().map(key_of).transpose()?;
    let settings = Settings { key, ..evidence.settings.clone() };
    Ok(start(&evidence_path(data.path()), settings, ids, now_ms)?)
}

/// Erasures, in the log.
pub(super) struct RecordedErasures(pub(super) Log);

impl ErasureLog for RecordedErasures {
    fn erased<'a>(&'a self, erasure: &'a Tombstone, reason: Option<&'a Reason>) -> BoxFuture<'a, Result<(), Unrecorded>> {
        let event = Event::Erased {
            recipient: to_hex(&erasure.recipient.0),
            brand: erasure.brand.map(BrandCode::get),
            at: erasure.erased.unix(),
            reason: reason.map_or("", Reason::as_str).to_owned(),
            revision: erasure.revision,
        };
        let unrecorded = || Unrecorded("the erasure could not be recorded as evidence".to_owned());
        Box::pin(async move { if self.0.note(event).await { Ok(()) } else { Err(unrecorded()) } })
    }
}

/// Opens the log of a data directory that no gateway has open, for a command that records something.
pub(super) fn offline(data: &DataDir, node: u32) -> Result<(Log, Threads), EvidenceError> {
    let signing_key_file = std::env::var_os("IZINGATE_EVIDENCE_SIGNING_KEY_FILE").map(PathBuf::from);
    let evidence = Evidence { settings: Settings::default(), signing_key_file };
    start_log(data, &evidence, DecisionIds::new(node, first_decision()))
}

/// Where decision ids count on from: the clock's nanoseconds, so that no restart repeats one.
#[expect(clippy::disallowed_methods, reason = "a starting point at the edge, not a time inside logic")]
pub(super) fn first_decision() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_nanos() as u64)
}

fn key_of(path: &Path) -> Result<[u8; 32], EvidenceError> {
    let failed = |why: String| EvidenceError::Key { path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    read_key(&text).ok_or_else(|| failed("it is not 64 hexadecimal digits".to_owned()))
}

/// The edge's clock, in Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "the edge's clock for the moment of a write")]
fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_millis() as u64)
}
