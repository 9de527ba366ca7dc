//! Opens the evidence log of a data directory.

use super::data_dir::{DataDir, evidence_path};
use crate::config::Evidence;
use crate::evidence::Log;
use crate::evidence::entry::Event;
use crate::evidence::settings::Settings;
use crate::evidence::start::{Opening, StartError, StoreBeside, Threads, start};
use crate::evidence::tree::archive::read_key;
use crate::model::brand::BrandCode;
use crate::model::consent::erasure::{Reason, Tombstone};
use crate::model::decision::id::DecisionIds;
use crate::model::secret::mac::MacKey;
use crate::model::text::hex::to_hex;
use crate::ports::{BoxFuture, ErasureLog, EvidenceMemory, NoMemory, Reached, Unrecorded};
use crate::store::{Store, StoreError};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Start(error) => error.code(),
            Self::Key { .. } => "EVIDENCE_UNUSABLE",
        }
    }
}

/// Witnesses that stand beside a log.
pub(crate) struct Beside {
    key: MacKey,
    memory: Arc<dyn EvidenceMemory>,
    store: Option<StoreBeside>,
}

impl Beside {
    /// A store, which remembers how far the evidence is and of which the evidence remembers how far it has come. `published` tells the
    /// revision that checks see, which is never ahead of what the store has.
    pub(crate) fn store(
        store: &Arc<Store>,
        key: MacKey,
        published: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let at_open = store.reached_at_open()?;
        let writing = Arc::clone(store);
        // Until everything is in memory nothing is published.
        let now = move || Reached { revision: published().max(at_open.revision), writes: writing.synced() };
        let beside = StoreBeside { at_open, now: Arc::new(now) };
        Ok(Self { key, memory: Arc::clone(store) as Arc<_>, store: Some(beside) })
    }

    /// Nothing: a record that lies beside a list.
    pub(crate) fn nothing(key: MacKey) -> Self {
        Self { key, memory: Arc::new(NoMemory), store: None }
    }
}

/// Parameters with which a gateway opens a log; `ids` are those of this process.
pub(crate) fn opening(evidence: &Evidence, ids: DecisionIds, beside: Beside) -> Result<Opening, EvidenceError> {
    let key = evidence.signing_key_file.as_deref().map(key_of).transpose()?;
    let settings = Settings { key, ..evidence.settings.clone() };
    let Beside { key, memory, store } = beside;
    Ok(Opening { settings, ids, clock: now_ms, key, memory, store })
}

/// Opens the log; `ids` are those of this process.
pub(crate) fn start_log(
    data: &DataDir,
    evidence: &Evidence,
    ids: DecisionIds,
    beside: Beside,
) -> Result<(Log, Threads), EvidenceError> {
    Ok(start(&evidence_path(data.path()), opening(evidence, ids, beside)?)?)
}

/// Erasures, in the log.
pub(crate) struct RecordedErasures(pub(crate) Log);

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

/// Parameters with which a command opens a log to record something, in a data directory that no gateway has open.
pub(crate) fn offline(node: u32, signing_key_file: Option<PathBuf>, beside: Beside) -> Result<Opening, EvidenceError> {
    let configured = || std::env::var_os("IZINGATE_EVIDENCE_SIGNING_KEY_FILE").map(PathBuf::from);
    let evidence = Evidence { settings: Settings::default(), signing_key_file: signing_key_file.or_else(configured) };
    opening(&evidence, DecisionIds::new(node, first_decision()), beside)
}

/// Where decision ids count on from: the clock's nanoseconds, so that no restart repeats one.
#[expect(clippy::disallowed_methods, reason = "a starting point at the edge, not a time inside logic")]
pub(crate) fn first_decision() -> u64 {
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
