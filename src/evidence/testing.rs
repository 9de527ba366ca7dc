//! What the tests of evidence record.

use super::entry::{Entry, Outcomes};
use super::log::Log;
use super::record::{Reader, Record};
use super::settings::Settings;
use super::start::{self, Opening, StartError, Threads};
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::consent::channel::Cell;
use crate::model::decision::id::{DecisionId, DecisionIds};
use crate::model::decision::question::{Purpose, Scope};
use crate::model::secret::mac::MacKey;
use crate::model::time::IysTime;
use crate::ports::{EvidenceMark, EvidenceMemory, MemoryError, NoMemory, Recalled};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// When everything happens.
pub(crate) const NOW: IysTime = IysTime::from_unix(1_795_000_000);

/// The id of a number on node 7.
pub(crate) const fn id(number: u64) -> DecisionId {
    DecisionId::of(NOW.unix(), 7, number)
}

/// Decisions of a dialer about text messages of brand 601234.
pub(crate) fn entry(first: DecisionId, outcomes: Outcomes) -> Entry {
    Entry {
        first,
        asked: NOW,
        caller: "dialer".into(),
        scope: Scope {
            brand: BrandCode::new(601_234).unwrap(),
            cell: Cell::ALL[2],
            retailer: RetailerCode::BRAND,
            purpose: Purpose::Commercial,
        },
        declaration: 0,
        mode: 1,
        revision: 42,
        as_of: None,
        reference: "".into(),
        outcomes,
        before_answer: false,
    }
}

/// The key of the evidence.
pub(crate) const KEY: MacKey = MacKey::from_bytes([5; 32]);

/// Parameters of a log that has no store beside it.
pub(crate) fn opening(settings: Settings, ids: DecisionIds, clock: fn() -> u64) -> Opening {
    Opening { settings, ids, clock, key: KEY, memory: Arc::new(NoMemory), store: None }
}

/// Opens a log that has no store beside it.
pub(crate) fn start(
    folder: &Path,
    settings: Settings,
    ids: DecisionIds,
    clock: fn() -> u64,
) -> Result<(Log, Threads), StartError> {
    start::start(folder, opening(settings, ids, clock))
}

/// A folder, as somebody with the secret reads it.
pub(crate) fn record(folder: &Path) -> Record {
    Reader { key: Some(KEY), ..Reader::of(folder) }.open().unwrap()
}

/// A memory beside a log: what was offered, and what was kept of it.
#[derive(Default)]
pub(crate) struct Memory {
    offered: Mutex<Option<EvidenceMark>>,
    kept: Mutex<Option<Recalled>>,
}

impl Memory {
    /// A memory that holds something.
    pub(crate) fn of(recalled: Option<Recalled>) -> Self {
        Self { kept: Mutex::new(recalled), ..Self::default() }
    }
}

impl EvidenceMemory for Memory {
    fn recall(&self) -> Result<Option<Recalled>, MemoryError> {
        Ok(*self.kept.lock().unwrap())
    }

    fn offer(&self, mark: &EvidenceMark) {
        *self.offered.lock().unwrap() = Some(*mark);
    }

    fn keep(&self) -> Result<(), MemoryError> {
        if let Some(mark) = *self.offered.lock().unwrap() {
            *self.kept.lock().unwrap() = Some(Recalled::Mark(mark));
        }
        Ok(())
    }
}
