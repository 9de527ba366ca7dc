//! Opens the evidence log of a data directory.

use super::data_dir::{DataDir, evidence_path};
use crate::check::DecisionIds;
use crate::config::Evidence;
use crate::evidence::Log;
use crate::evidence::archive::read_key;
use crate::evidence::settings::Settings;
use crate::evidence::start::{StartError, Threads, start};
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

/// Opens the log; `ids` are those of this process.
pub(super) fn start_log(data: &DataDir, evidence: &Evidence, ids: DecisionIds) -> Result<(Log, Threads), EvidenceError> {
    let key = evidence.signing_key_file.as_deref().map(key_of).transpose()?;
    let settings = Settings { key, ..evidence.settings.clone() };
    Ok(start(&evidence_path(data.path()), settings, ids, now_ms)?)
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
