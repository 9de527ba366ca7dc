//! A log is opened: what was left is brought in order, the next segment begun, both threads started.

use super::archive::Archive;
use super::entry::Event;
use super::index;
use super::keeper::Keeper;
use super::log::{LEASE, Log};
use super::recover::{RecoverError, Recovered, recover};
use super::segment::{Header, Open, Seal, sealed_path};
use super::settings::Settings;
use super::thread::named;
use super::writer::{Rotation, Writer};
use crate::check::DecisionIds;
use crate::disk::private::make_folder;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

/// Why evidence cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("{folder}: evidence cannot be kept here: {source}")]
pub struct StartError {
    /// The folder.
    pub folder: PathBuf,
    /// Why.
    pub source: RecoverError,
}

/// The threads of a log, to be joined at the end.
pub struct Threads {
    log: Log,
    writer: JoinHandle<()>,
    keeper: JoinHandle<()>,
}

/// Opens the log of a folder, which is made if it is not there; `ids` are those of this process.
pub fn start(folder: &Path, settings: Settings, ids: DecisionIds, clock: fn() -> u64) -> Result<(Log, Threads), StartError> {
    let failed = |source: RecoverError| StartError { folder: folder.to_owned(), source };
    open(folder, settings, ids, clock).map_err(failed)
}

fn open(folder: &Path, settings: Settings, ids: DecisionIds, clock: fn() -> u64) -> Result<(Log, Threads), RecoverError> {
    make_folder(folder)?;
    let node = ids.node();
    let (mut archive, mut seals) = Archive::open(folder, node, settings.key)?;
    let Recovered { next, previous, gap, sealed } = recover(folder, &mut archive, &seals)?;
    for number in sealed {
        seals.push(super::segment::sealed(folder, number)?);
    }
    let now = clock();
    let leased = ids.next().saturating_add(LEASE);
    let mut events = vec![Event::Started { version: env!("CARGO_PKG_VERSION").to_owned(), at: now }];
    let missing = if let Some(Event::Gap { at_most, .. }) = gap { at_most } else { 0 };
    if let Some(gap) = gap {
        tracing::warn!(gap = ?gap, "the evidence log was not closed: what was answered in its last moments may be missing");
        events.push(gap);
    }
    events.push(Event::Leased { next: ids.next(), outstanding: 0, to: leased, at: now });
    let open = Open::begin(folder, Header { node, number: next, previous, made: now }, &events)?;
    let log = Log::new(settings, ids, leased);
    log.figures().missing.store(missing, Ordering::Relaxed);
    let is_bare = |seal: &&Seal| sealed_path(folder, seal.number).exists() && !index::path(folder, seal.number).exists();
    let bare = seals.iter().filter(is_bare).map(|seal| (*seal, None)).collect();
    let (tell, told) = channel();
    let keeper = Keeper { log: log.clone(), folder: folder.to_owned(), archive, seals, bare, sealed: told, clock };
    log.figures().behind.store(keeper.bare.len() as u64, Ordering::Relaxed);
    let writer = Writer {
        log: log.clone(),
        open,
        keeper: tell,
        clock,
        entries: Vec::new(),
        framed: 0,
        events: Vec::new(),
        vouched: now,
        waiters: Vec::new(),
        slowest: Duration::ZERO,
        rotation: Rotation::None,
    };
    let writer = named("izingate-evidence", move || writer.run())?;
    let keeper = named("izingate-keeper", move || keeper.run())?;
    Ok((log.clone(), Threads { log, writer, keeper }))
}

impl Threads {
    /// Has everything that was handed over written, the last segment sealed, and waits for it.
    pub fn stop(self) {
        self.log.stop();
        for thread in [self.writer, self.keeper] {
            if thread.join().is_err() {
                tracing::error!("a thread of the evidence log panicked");
            }
        }
    }
}
