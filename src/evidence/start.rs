//! A log is opened: what lies there is examined, and refused if it is not what was written; then it is brought in order, the next
//! segment begun, both threads started.

pub mod accept;
pub mod examine;

use super::entry::Event;
use super::fault::{Fault, listed};
use super::log::{LEASE, Log};
use super::segment::{Header, Open, Seal, Unreadable, Version, is_nothing, open_path, read_file, sealed_path};
use super::settings::Settings;
use crate::evidence::log::finisher::Keeper;
use crate::evidence::log::remembered::{Remembered, note};
use crate::evidence::log::thread::named;
use crate::evidence::log::writer::{Rotation, Unnamed, Writer};
use crate::evidence::segment::index;
use crate::evidence::start::examine::{Found, Witnesses, examine};
use crate::evidence::tree::archive::{Archive, make_key, usable_key};
use crate::evidence::tree::signed_note::Signer;
use crate::model::consent::retention::RemovalClock;
use crate::model::decision::id::DecisionIds;
use crate::model::secret::mac::MacKey;
use crate::model::time::IysTime;
use crate::ports::{EvidenceMark, EvidenceMemory, MemoryError, Reached, Recalled};
use crate::sys::private_file::make_folder;
use crate::sys::rare_warning::Seldom;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The store whose data is decided on.
#[derive(Clone)]
pub struct StoreBeside {
    /// Progress at its opening.
    pub at_open: Reached,
    /// Tells how far it has come.
    pub now: Arc<dyn Fn() -> Reached + Send + Sync>,
}

/// Parameters with which a log is opened.
pub struct Opening {
    /// Limits by which it is kept.
    pub settings: Settings,
    /// The ids of this process.
    pub ids: DecisionIds,
    /// Tells the time, in Unix milliseconds.
    pub clock: fn() -> u64,
    /// Authenticates what is written.
    pub key: MacKey,
    /// The second place that remembers how far the evidence was.
    pub memory: Arc<dyn EvidenceMemory>,
    /// The store whose data is decided on; none for a record that lies beside a list.
    pub store: Option<StoreBeside>,
}

/// Why evidence cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system said no.
    #[error("{}: evidence cannot be kept here: {source}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The store cannot say what it remembers.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The evidence, or the store beside it, is not what it was.
    #[error("{}", refusal(folder, faults))]
    Refused {
        /// The folder.
        folder: PathBuf,
        /// Faults, the gravest first.
        faults: Vec<Fault>,
    },
    /// A loss was to be accepted where nothing is lost.
    #[error("{}: nothing is missing here, and everything is what was written", .0.display())]
    NothingLost(PathBuf),
}

impl StartError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::Memory(_) => "EVIDENCE_UNUSABLE",
            Self::Refused { faults, .. } => faults.first().map_or("EVIDENCE_UNUSABLE", Fault::code),
            Self::NothingLost(_) => "NOTHING_LOST",
        }
    }
}

/// Text of what was expected and found, and of every way on.
fn refusal(folder: &Path, faults: &[Fault]) -> String {
    let data = folder.parent().unwrap_or(folder).display();
    let has = |codes: &[&str]| faults.iter().any(|fault| codes.contains(&fault.code()));
    let mut ways = Vec::new();
    let gone = |fault: &Fault| matches!(fault, Fault::StoreBehind(store, _) if *store == Reached::default());
    if faults.iter().any(gone) {
        ways.push(
            "put back the folder of the store; or restore the latest backup into a new directory (izingate restore), put this evidence \
             and the secret beside it; or begin again in a new directory, where this evidence can be read with --data as long as it is kept"
                .to_owned(),
        );
    } else if has(&["STORE_BEHIND_EVIDENCE"]) {
        ways.push(
            "if the end of the write-ahead log or a newer copy of the whole store can be brought back, put it there; if more than its end \
             is lost, restore the latest backup into a new directory (izingate restore) and put this evidence beside it"
                .to_owned(),
        );
        ways.push(format!(
            "continue without what is lost: izingate evidence accept-loss --of store --data {data} --reason TEXT (the loss is recorded, \
             and every brand answers STALE until what came since was taken in again and somebody vouches for it: izingate brand heal)"
        ));
    } else {
        ways.push("if files were moved, rolled back or replaced, put back what was there".to_owned());
    }
    if has(&["EVIDENCE_BROKEN", "EVIDENCE_MISSING", "EVIDENCE_CHECKPOINT"]) {
        ways.push(format!(
            "continue without it: izingate evidence accept-loss --of evidence --data {data} --reason TEXT (what is lost is recorded)"
        ));
    }
    if has(&["EVIDENCE_KEY", "EVIDENCE_CHECKPOINT"]) {
        ways.push(format!(
            "have another key sign from now on: izingate evidence rotate-key --data {data} (a configured key is given to commands as \
             IZINGATE_EVIDENCE_SIGNING_KEY_FILE)"
        ));
    }
    format!("{}: {}. Way on: {}", folder.display(), listed(faults), ways.join("; or "))
}

/// The threads of a log. Dropped or stopped, the log is closed in order: whatever way a process goes out, only a kill leaves a gap.
pub struct Threads {
    log: Log,
    remembered: Arc<Remembered>,
    joined: Option<(JoinHandle<()>, JoinHandle<()>)>,
}

/// Opens the log of a folder, which is made if it is not there.
pub fn start(folder: &Path, opening: Opening) -> Result<(Log, Threads), StartError> {
    let Examined { found, mut news, .. } = examined(folder, &opening)?;
    let mut faults = found.faults.clone();
    faults.extend(store_behind(&found, &opening));
    if !faults.is_empty() {
        return Err(StartError::Refused { folder: folder.to_owned(), faults });
    }
    let floor = found.last.reached;
    begin(folder, opening, found, std::mem::take(&mut news), floor)
}

/// Contents of a folder, held against what is remembered.
pub(super) struct Examined {
    pub(super) found: Found,
    pub(super) mark: Option<EvidenceMark>,
    /// Events that the log is to begin with.
    pub(super) news: Vec<Event>,
}

pub(super) fn examined(folder: &Path, opening: &Opening) -> Result<Examined, StartError> {
    let (mark, news) = match opening.memory.recall()? {
        None => (None, Vec::new()),
        Some(Recalled::Mark(mark)) => (Some(mark), Vec::new()),
        Some(Recalled::Restored { revision, at }) => (None, vec![Event::Restored { revision, at: u64::from(at) * 1_000 }]),
    };
    let witnesses =
        Witnesses { node: opening.ids.node(), key: &opening.key, signing_key: opening.settings.key, mark: mark.as_ref() };
    let found = examine(folder, &witnesses).map_err(io_failed(folder))?;
    Ok(Examined { found, mark, news })
}

/// A store that has not reached what the evidence knows has lost what was acknowledged.
pub(super) fn store_behind(found: &Found, opening: &Opening) -> Option<Fault> {
    let (store, known) = (opening.store.as_ref()?.at_open, found.last.reached);
    store.is_behind(&known).then_some(Fault::StoreBehind(store, known))
}

pub(super) fn io_failed(folder: &Path) -> impl Fn(io::Error) -> StartError {
    |source| StartError::Io { folder: folder.to_owned(), source }
}

/// Brings a folder in order that was found to be what was written, or is accepted as it is, and begins the next segment with
/// `news`. The store has come as far as `floor` at least.
pub(super) fn begin(
    folder: &Path,
    opening: Opening,
    found: Found,
    news: Vec<Event>,
    floor: Reached,
) -> Result<(Log, Threads), StartError> {
    let failed = io_failed(folder);
    let Opening { settings, ids, clock, key, memory, store } = opening;
    let (node, now) = (ids.node(), clock());
    let Found { mut seals, beyond, open, unmade, last, authenticated_from, .. } = found;
    let (archive, previous) = settle(folder, &settings, node, &key, (&mut seals, beyond, open, unmade)).map_err(&failed)?;
    let signed = archive.sign().map_err(&failed)?;
    let committed = store.as_ref().map_or(floor, |store| (store.now)().joined(floor));
    let leased = ids.next().saturating_add(LEASE);
    let mut events = vec![Event::Started { version: env!("CARGO_PKG_VERSION").to_owned(), at: now }];
    events.extend(news);
    // Of a log of which nothing is left the accepted loss says more.
    let gap = if last.durable == 0 { None } else { last.gap() };
    let missing = if let Some(Event::Gap { at_most, .. }) = gap { at_most } else { 0 };
    if let Some(gap) = gap {
        let since = IysTime::from_unix(u32::try_from(last.durable / 1_000).unwrap_or(u32::MAX)).rfc3339();
        let (window_ms, torn_bytes) = (settings.window.as_millis() as u64, last.torn);
        tracing::warn!(
            since,
            window_ms,
            torn_bytes,
            "the evidence log was not closed, as after a kill: what was answered in the last moments before it, one window of writing, may be \
             missing on record"
        );
        events.push(gap);
    }
    events.push(Event::Leased { next: ids.next(), outstanding: 0, to: leased, at: now });
    events.extend(store.is_some().then(|| Event::committed(committed, now)));
    events.extend(last.removal.map(super::events::Removal::event));
    let header = Header { version: Version::Authenticated, node, number: seals.len() as u64 + 1, previous, made: now };
    let open = Open::begin(folder, &key, header, &events).map_err(&failed)?;
    let mut mark = EvidenceMark {
        begun: now,
        public_key: *archive.verifier().key(),
        tree_size: signed.size,
        tree_root: signed.root,
        authenticated_from: authenticated_from.min(header.number),
        decision: seals.iter().rev().find(|seal| seal.decisions > 0).map_or(0, |seal| seal.ids.1.get()),
        ..EvidenceMark::default()
    };
    note(&mut mark, &open);
    let remembered = Arc::new(Remembered::new(mark, memory));
    let log = Log::new(settings, ids, leased);
    log.figures().missing.store(missing, Ordering::Relaxed);
    let unindexed =
        seals.iter().filter(|seal| sealed_path(folder, seal.number).exists() && !index::is_there(folder, seal.number));
    let (earlier, bare): (Vec<Seal>, Vec<Seal>) = unindexed.copied().partition(|seal| index::is_earlier(folder, seal.number));
    let (tell, told) = channel();
    let recorded = seals.iter().map(|seal| seal.times.1).max().unwrap_or_else(|| u32::try_from(now / 1_000).unwrap_or(u32::MAX));
    let keeper = Keeper {
        log: log.clone(),
        folder: folder.to_owned(),
        key,
        archive,
        remembered: Arc::clone(&remembered),
        seals,
        bare: bare.into_iter().map(|seal| (seal, None)).collect(),
        earlier: earlier.into(),
        sealed: told,
        clock,
        removal: RemovalClock::begin(IysTime::from_unix(recorded)),
        signed: signed.size,
        looked: None,
        kept: Some(Instant::now()),
        forgetful: Seldom::default(),
    };
    log.figures().behind.store(keeper.bare.len() as u64, Ordering::Relaxed);
    let writer = Writer {
        log: log.clone(),
        open,
        keeper: tell,
        remembered: Arc::clone(&remembered),
        store,
        committed,
        removal: last.removal,
        clock,
        entries: Vec::new(),
        framed: 0,
        events: Vec::new(),
        vouched: now,
        waiters: Vec::new(),
        slowest: Duration::ZERO,
        rotation: Rotation::None,
        unrecorded: Unnamed::default(),
    };
    let mut threads = Threads { log: log.clone(), remembered, joined: None };
    let writer = named("izingate-evidence", move || writer.run()).map_err(&failed)?;
    match named("izingate-keeper", move || keeper.run()) {
        Ok(keeper) => threads.joined = Some((writer, keeper)),
        Err(error) => {
            log.stop();
            let _ = writer.join();
            return Err(failed(error));
        }
    }
    // A full disk is no reason not to run: the next batch takes it along.
    threads.kept();
    Ok((log, threads))
}

/// Leaves a folder as an ordered end leaves it: every segment sealed and in the tree. Returns the chain behind the last one.
fn settle(
    folder: &Path,
    settings: &Settings,
    node: u32,
    key: &MacKey,
    (seals, beyond, open, unmade): (&mut Vec<Seal>, Vec<Seal>, Option<u64>, Vec<u64>),
) -> io::Result<(Archive, [u8; 32])> {
    make_folder(folder)?;
    let seed = match settings.key {
        Some(configured) => configured,
        None => match usable_key(folder)? {
            Some(own) => own,
            None => make_key(folder)?,
        },
    };
    let signer = Signer::of_node(node, &seed).ok_or_else(|| io::Error::other("the key was refused"))?;
    let mut archive = Archive::resume(folder, signer, seals)?;
    for seal in beyond {
        archive.add(&seal)?;
        seals.push(seal);
    }
    for number in unmade {
        fs::remove_file(open_path(folder, number))?;
    }
    if let Some(number) = open {
        let seal = finish(folder, number, key).map_err(io::Error::other)?;
        archive.add(&seal)?;
        seals.push(seal);
    }
    let previous = seals.last().map_or([0; 32], Seal::end);
    Ok((archive, previous))
}

/// Seals a segment that was being written, behind its last authentic frame.
fn finish(folder: &Path, number: u64, key: &MacKey) -> Result<Seal, Unreadable> {
    let path = open_path(folder, number);
    let failed = |error| Unreadable::Io(path.clone(), error);
    let bytes = read_file(&path).map_err(failed)?;
    let mut open = Open::resume(folder, key, &bytes).map_err(failed)?;
    let rest = bytes.get(open.bytes() as usize..).filter(|rest| !is_nothing(rest)).unwrap_or_default();
    if !rest.is_empty() {
        // What a kill tore off mid-write, or what was damaged: kept here for an examination.
        let torn = folder.join(format!("{number:012}.torn"));
        let kept = File::create(torn).and_then(|mut file| file.write_all(rest).and_then(|()| file.sync_all()));
        kept.map_err(failed)?;
    }
    open.seal().map_err(failed)
}

impl Threads {
    /// Has everything that was handed over written, the last segment sealed and the end remembered, and waits for it.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some((writer, keeper)) = self.joined.take() else { return };
        self.log.stop();
        for thread in [writer, keeper] {
            if thread.join().is_err() {
                tracing::error!("a thread of the evidence log panicked");
            }
        }
        self.kept();
    }

    fn kept(&self) {
        if let Err(error) = self.remembered.keep() {
            tracing::warn!(%error, "the store cannot remember how far the evidence is; the next batch makes up for it");
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether it is long enough ago that something was done, or it never was.
pub(super) fn is_due(last: Option<Instant>, every: Duration) -> bool {
    last.is_none_or(|last| last.elapsed() >= every)
}
