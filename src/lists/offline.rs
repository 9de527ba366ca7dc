//! Decided by this process, beside a gateway that may be running on the same data.

use super::Stop;
use crate::api::caller::Caller;
use crate::api::check::{Asked, DecidedBatch, decide_batch, decide_one};
use crate::check::{Answer, Checker};
use crate::config::{Evidence, SecretSource};
use crate::data::data_dir::{DataDir, DataDirError, evidence_path, store_path};
use crate::data::evidence::{Beside, EvidenceError};
use crate::data::open::OpenError;
use crate::data::{evidence, open};
use crate::evidence::settings::{Durability, Overload, Settings};
use crate::evidence::start::Threads;
use crate::evidence::{Recorder, reached};
use crate::filter::block::Bounds;
use crate::filter::{AskedColumn, Block, Kind};
use crate::index::Index;
use crate::index::snapshot::SnapshotFile;
use crate::ingest::StoreFollower;
use crate::lists::list_records;
use crate::lists::list_records::NotedRecord;
use crate::model::brand::BrandCode;
use crate::model::decision::id::DecisionIds;
use crate::model::decision::question::{Recipients, Scope};
use crate::ports::Reached;
use crate::store::{Options, Store, StoreError};
use crate::sys::clock::Clock;
use crate::sys::memory;
use crate::telemetry::metrics::Edge;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// From one look at what was committed to the next: so long after a refusal a row may still be ALLOW.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// The disk may take a while: a list waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whose decisions they are, and how they are asked.
pub struct Question {
    /// What is asked for each row.
    pub scopes: Vec<Scope>,
    /// Who asks, by name.
    pub caller: String,
    /// The caller's own mark.
    pub reference: String,
    /// A revision that must be visible.
    pub min_revision: u64,
}

/// Decides from the data of a directory.
pub struct Offline {
    checker: Arc<Checker>,
    clock: Clock,
    recorder: Recorder,
    caller: Caller,
    question: Question,
    /// Why what is committed cannot be followed any more.
    lost: Arc<OnceLock<String>>,
    end: Option<Sender<()>>,
    follower: Option<JoinHandle<()>>,
    threads: Option<Threads>,
    own: PathBuf,
    _evidence: DataDir,
}

/// Where data and evidence are.
pub struct Places<'a> {
    /// The data directory.
    pub data: &'a Path,
    /// The directory of the evidence; it is made if it is not there.
    pub evidence: &'a Path,
    /// The secret of the pseudonyms.
    pub secret: &'a SecretSource,
    /// Whether senders that are not at İYS may be on file as exempt-only.
    pub accepts_exempt_only: bool,
}

/// Why it cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The data.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The evidence.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The evidence of a data directory is its gateway's.
    #[error("{}: the evidence of a gateway is its own; give another directory with --evidence", .0.display())]
    OfGateway(PathBuf),
    /// The brand is not on file.
    #[error("brand {0} is not on file")]
    UnknownBrand(BrandCode),
}

impl Offline {
    /// A block is decided in a few milliseconds.
    pub const BLOCK: Bounds = Bounds { bytes: 1 << 20, rows: 16_384 };

    /// Fills an index and begins to follow what is committed.
    pub fn open(places: &Places<'_>, question: Question) -> Result<Self, OfflineError> {
        let Places { data, evidence: beside, secret, accepts_exempt_only } = *places;
        if beside == data || store_path(beside).join("CURRENT").exists() {
            return Err(OfflineError::OfGateway(beside.to_owned()));
        }
        let (pseudonymizer, keys) = open::beside(data, secret)?;
        let before = open::read_only(data)?;
        let on_file = before.brands().map_err(OpenError::from)?;
        if let Some(scope) = question.scopes.iter().find(|scope| !on_file.iter().any(|brand| brand.code == scope.brand)) {
            return Err(OfflineError::UnknownBrand(scope.brand));
        }
        let held = DataDir::take(beside).map_err(OpenError::from)?;
        let own = beside.join("following");
        // Before the store is opened: a gateway may write both meanwhile, the store first.
        let of_gateway = evidence_path(data);
        let known = open::known(data, &before, &keys)?;
        drop(before);
        let store = Store::open_following(&store_path(data), &own, &Options::default()).map_err(OpenError::from)?;
        let clock = open::clock_of(&store).map_err(OpenError::from)?;
        let reached = followed_to(&store, known).map_err(OpenError::from)?;
        reached::require(&of_gateway, known, reached).map_err(OpenError::from)?;
        let index = Index::new(memory::limit() / 4 * 3).map_err(OpenError::from)?;
        let snapshot = SnapshotFile { path: data.join("snapshot").join("index.snap"), key: keys.snapshots };
        let filled = StoreFollower::fill(store, index.clone(), Some(&snapshot));
        let (follower, origin) = filled.map_err(OpenError::from)?;
        tracing::debug!(%origin, relations = index.relations(), "the index is filled");
        // Nothing stands in the list's result before it is on record.
        let settings = Settings {
            durability: Durability::BeforeAnswer,
            overload: Overload::Block,
            patience: PATIENCE,
            ..Settings::default()
        };
        let node = node_of(&held).map_err(OpenError::from)?;
        note_in(data, node, beside);
        let ids = DecisionIds::new(node, evidence::first_decision());
        let signing_key_file = std::env::var_os("IZINGATE_EVIDENCE_SIGNING_KEY_FILE").map(PathBuf::from);
        let evidence = Evidence { settings, signing_key_file };
        let (log, threads) = evidence::start_log(&held, &evidence, ids, Beside::nothing(keys.evidence))?;
        let (end, ended) = channel();
        let lost: Arc<OnceLock<String>> = Arc::default();
        let follower = {
            let lost = Arc::clone(&lost);
            std::thread::spawn(move || follow(follower, &ended, &lost))
        };
        let caller = Caller { name: Arc::from(question.caller.as_str()), durability: Durability::BeforeAnswer };
        Ok(Self {
            checker: Arc::new(Checker::new(index, pseudonymizer).accepting_exempt_only(accepts_exempt_only)),
            recorder: Recorder::Log(log),
            caller,
            question,
            lost,
            clock,
            end: Some(end),
            follower: Some(follower),
            threads: Some(threads),
            own,
            _evidence: held,
        })
    }

    pub(super) async fn decide(&self, block: &Block) -> Result<Vec<Vec<u8>>, Stop> {
        self.require_current()?;
        let reached = self.checker.index().revision().get() >= self.question.min_revision;
        let mut decided = Vec::with_capacity(self.question.scopes.len());
        for scope in &self.question.scopes {
            for column in block.asked(Kind::of(scope.cell.channel)) {
                let answers = if column.is_empty() { None } else { Some(self.asked(scope, &column, reached).await) };
                decided.push((column, answers));
            }
        }
        let mut results = Vec::with_capacity(decided.len());
        for (column, answers) in decided {
            results.push(column.spread(match answers {
                Some(decided) => decided.settled(&self.recorder).await.results,
                None => Vec::new(),
            }));
        }
        Ok(results)
    }

    /// Answers one question, whose scope need not be among those of the list.
    pub async fn ask(&self, scope: &Scope, recipient: &str) -> Result<Answer, Stop> {
        self.require_current()?;
        let revision_reached = self.checker.index().revision().get() >= self.question.min_revision;
        let (caller, reference) = (self.caller.clone(), &self.question.reference);
        let asked = Asked { caller, edge: Edge::Filter, reference, revision_reached };
        let decided = decide_one(&self.checker, &self.recorder, &asked, scope, recipient, self.clock.moment()).await;
        Ok(decided.settled(&self.recorder).await)
    }

    fn require_current(&self) -> Result<(), Stop> {
        match self.lost.get() {
            Some(why) => Err(Stop::Decider { code: "STORE_MOVED_ON".to_owned(), message: why.clone() }),
            None => Ok(()),
        }
    }

    async fn asked(&self, scope: &Scope, column: &AskedColumn<'_>, revision_reached: bool) -> DecidedBatch {
        let (caller, reference) = (self.caller.clone(), &self.question.reference);
        let asked = Asked { caller, edge: Edge::Filter, reference, revision_reached };
        let emails: Vec<&str> = column.emails.iter().map(AsRef::as_ref).collect();
        let phones = scope.cell.channel.takes_phones();
        let recipients = if phones { Recipients::Phones(&column.phones) } else { Recipients::Each(&emails) };
        decide_batch(&self.checker, &self.recorder, &asked, scope, recipients, self.clock.moment()).await
    }
}

impl Drop for Offline {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(follower) = self.follower.take() {
            let _ = follower.join();
        }
        // Everything is written and sealed.
        if let Some(threads) = self.threads.take() {
            threads.stop();
        }
        let _ = fs::remove_dir_all(&self.own);
    }
}

/// Notes the record where `find` and `dossier` look for all that was decided on this data.
fn note_in(data: &Path, node: u32, beside: &Path) {
    let record = NotedRecord { node, folder: beside.to_owned() };
    if let Err(error) = list_records::note(data, &record) {
        tracing::warn!(
            folder = %beside.display(),
            %error,
            "the record of this list could not be noted in the data directory: find and dossier show it only with --also FOLDER"
        );
    }
}

/// Says that nobody follows any more, however that came.
struct Lost<'a>(&'a OnceLock<String>);

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        // Not if a reason was given.
        let _ = self.0.set("what is committed is not followed any more".to_owned());
    }
}

/// Looks at a store that is behind what is known of it, until it is not: files may be removed while it is opened.
const LOOKS: u32 = 8;

/// Follows a store up to what is known of it, and returns how far it is: a writer may have removed files while it was opened.
fn followed_to(store: &Store, known: Reached) -> Result<Reached, StoreError> {
    for _ in 0..LOOKS {
        if !store.reached()?.is_behind(&known) {
            break;
        }
        store.follow()?;
    }
    store.reached()
}

/// Follows what is committed until nobody needs it.
fn follow(follower: StoreFollower, ended: &Receiver<()>, lost: &OnceLock<String>) {
    let _lost = Lost(lost);
    if let Err(error) = follower.follow_until(ended, FOLLOW_EVERY) {
        let _ = lost.set(format!(
            "what the gateway takes in cannot be followed any more: {error}; run the command again: --resume goes on where this one stopped"
        ));
    }
}

/// The number of whoever decides here, kept with the evidence: its tree is signed under it.
pub(crate) fn node_of(held: &DataDir) -> Result<u32, DataDirError> {
    let path = held.path().join("node");
    let unusable = |source| DataDirError::Unusable { path: path.clone(), source };
    if let Some(node) = fs::read_to_string(&path).ok().and_then(|text| u32::from_str_radix(text.trim(), 16).ok()) {
        return Ok(node);
    }
    let node = getrandom::u32().map_err(|error| DataDirError::NoRandom(error.to_string()))?;
    crate::sys::atomic_file::replace(&path, format!("{node:08x}\n").as_bytes()).map_err(unusable)?;
    Ok(node)
}
