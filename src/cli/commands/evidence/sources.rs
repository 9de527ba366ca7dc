//! Records that `find` and `dossier` search: the one of the data directory, those of lists that were decided on its data, and those that
//! are named. What one of them does not say must not pass for what did not happen.

use super::{CommandError, refused};
use crate::check::policy;
use crate::cli::args::evidence::Whose;
use crate::config::SecretSource;
use crate::data::data_dir::{evidence_path, refuse_links, store_path};
use crate::data::open::OpenError;
use crate::data::{data_dir, open};
use crate::dossier::{ChainKind, Outside, RecordEnd};
use crate::evidence::reach::Reach;
use crate::evidence::record::{Reader, Record, RecordError};
use crate::evidence::search::{Found, Query, Search, find};
use crate::evidence::tree::prove::files;
use crate::lists::list_records::{NotedRecord, noted, notes_path};
use crate::model::address::recipient::Recipient;
use crate::model::consent::channel::Channel;
use crate::model::consent::key::Pseudonym;
use crate::model::decision::Decision;
use crate::model::secret::pseudonym::Pseudonymizer;
use crate::model::text::hex::from_hex;
use crate::model::time::IysTime;
use crate::store::Store;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// All records that are searched.
pub(super) struct Sources {
    /// The records, the one of the data directory first.
    pub(super) chains: Vec<Source>,
    /// Noted records that are not where they were.
    pub(super) absent: Vec<NotedRecord>,
    /// The stores whose data was decided on, with the directory of each; none where there is none or it is damaged.
    pub(super) stores: Vec<(PathBuf, Option<Store>)>,
    /// Decisions of the period that the filters leave out.
    pub(super) left_out: u64,
}

/// A record, and what a search brought.
pub(super) struct Source {
    pub(super) kind: ChainKind,
    /// The folder as `--data` takes it.
    pub(super) folder: PathBuf,
    pub(super) node: String,
    pub(super) record: Record,
    pub(super) reach: Option<Reach>,
    /// Place of its store in [`Sources::stores`].
    pub(super) store: usize,
    pub(super) query: Query,
    pub(super) search: Search,
    pub(super) end: RecordEnd,
}

impl Sources {
    /// Opens every record and searches it.
    pub(super) fn search(whose: &Whose) -> Result<Self, CommandError> {
        if let (Some(from), Some(to)) = (whose.from, whose.to)
            && from > to
        {
            return Err(CommandError::refused("INVALID_PERIOD", format!("--from {from} is after --to {to}")));
        }
        let secret = SecretSource::load(whose.secret_file.as_deref())?;
        let main = opened(&whose.data, &secret)?;
        let recipient = recipient_of(whose, main.pseudonymizer.as_ref())?;
        let query = Query { recipient, brand: whose.brand, from: whose.from, to: whose.to };
        let key = main.reader.key.clone();
        let mut sources = Self { chains: Vec::new(), absent: Vec::new(), stores: Vec::new(), left_out: 0 };
        sources.take(main, &whose.data, query)?;
        let unreadable = |error| super::unreadable(&notes_path(&whose.data))(error);
        for noted in noted(&whose.data).map_err(unreadable)? {
            let reader = Reader { folder: evidence_path(&noted.folder), key: key.clone(), mark: None };
            if !reader.folder.exists() {
                sources.absent.push(noted);
                continue;
            }
            let place = sources.chains.len();
            sources.push(reader, ChainKind::List, &noted.folder, 0, query)?;
            // Another record lies there now.
            if sources.chains.get(place).is_some_and(|source| source.node != format!("{:08x}", noted.node)) {
                sources.chains.truncate(place);
                sources.absent.push(noted);
            }
        }
        for also in &whose.also {
            let mut other = opened(also, &secret)?;
            let recipient = match &other.pseudonymizer {
                Some(pseudonymizer) => recipient_of(whose, Some(pseudonymizer))?,
                None => recipient,
            };
            if other.reader.key.is_none() && other.store.is_none() {
                other.reader.key.clone_from(&key);
            }
            if !sources.chains.iter().any(|source| is_same(&source.folder, also)) {
                sources.take(other, also, Query { recipient, ..query })?;
            }
        }
        // One that was moved may be named.
        let Self { chains, absent, .. } = &mut sources;
        absent.retain(|noted| chains.iter().all(|source| source.node != format!("{:08x}", noted.node)));
        sources.filter(whose);
        Ok(sources)
    }

    /// Takes a data directory, or the folder of a list's record, which rests on the store of the first.
    fn take(&mut self, opened: open::Evidence, folder: &Path, query: Query) -> Result<(), CommandError> {
        let has_store = store_path(folder).exists();
        let kind = if has_store { ChainKind::Gateway } else { ChainKind::List };
        let is_own = has_store || self.stores.is_empty();
        let store = if is_own { self.stores.len() } else { 0 };
        if is_own {
            self.stores.push((folder.to_owned(), opened.store));
        }
        self.push(opened.reader, kind, folder, store, query)
    }

    fn push(&mut self, reader: Reader, kind: ChainKind, folder: &Path, store: usize, query: Query) -> Result<(), CommandError> {
        let within = |error: RecordError| match (refused(error), self.chains.is_empty()) {
            (CommandError::Refused { code, message }, false) => {
                CommandError::Refused { code, message: format!("{}: {message}", folder.display()) }
            }
            (error, _) => error,
        };
        let record = reader.open().map_err(within)?;
        // Other brands are counted, and left out below.
        let mut search = find(&record, &Query { brand: None, ..query }).map_err(within)?;
        // A kill or a loss may be noted in them.
        search.damaged.extend(record.damaged_beginnings().map_err(within)?);
        search.damaged.sort_unstable();
        search.damaged.dedup();
        tell_of(&search, folder);
        let node = record.node().map_err(within)?.map_or_else(String::new, |node| format!("{node:08x}"));
        let reach = record.reach().map_err(within)?;
        let end = match record.is_open() {
            false => RecordEnd::Closed,
            true if data_dir::is_held(folder) => RecordEnd::BeingWritten,
            true => RecordEnd::CutOff,
        };
        self.chains.push(Source { kind, folder: folder.to_owned(), node, record, reach, store, query, search, end });
        Ok(())
    }

    /// Leaves out what is not asked for, and counts it.
    fn filter(&mut self, whose: &Whose) {
        let is_wanted = |found: &Found| {
            let cell = found.entry.scope.cell;
            let byte = found.entry.outcomes.parts().0.get(found.place);
            // What is unknown is no reason to leave it out.
            let outcome = byte.and_then(|byte| policy::recorded(*byte, cell));
            whose.brand.is_none_or(|brand| found.entry.scope.brand == brand)
                && (whose.channels.is_empty() || whose.channels.contains(&cell.channel))
                && (whose.ids.is_empty() || whose.ids.contains(&found.id))
                && (!whose.only_allowed || outcome.is_none_or(|outcome| outcome.decision == Decision::Allow))
        };
        for source in &mut self.chains {
            let all = source.search.found.len();
            source.search.found.retain(is_wanted);
            self.left_out += (all - source.search.found.len()) as u64;
        }
    }

    /// Reads every byte of the sealed segments in which something was found, and notes those that are not what was written.
    pub(super) fn check_segments(&mut self) -> Result<(), CommandError> {
        for source in &mut self.chains {
            let numbers: BTreeSet<u64> = source.search.found.iter().map(|found| found.segment).collect();
            for seal in source.record.seals.iter().filter(|seal| numbers.contains(&seal.number)) {
                match source.record.read(seal, |_, _| Ok::<_, RecordError>(())) {
                    Err(RecordError::Faults(_)) if !source.search.damaged.contains(&seal.number) => {
                        source.search.damaged.push(seal.number);
                    }
                    Err(RecordError::Faults(_)) => {}
                    read => read.map_err(refused)?,
                }
            }
        }
        Ok(())
    }

    /// Every decision with the place of its record, oldest first.
    pub(super) fn found(&self) -> Vec<(usize, &Found)> {
        let found = self.chains.iter().enumerate();
        let mut found: Vec<_> =
            found.flat_map(|(place, source)| source.search.found.iter().map(move |found| (place, found))).collect();
        found.sort_by_key(|(_, found)| (found.entry.asked, found.id.number(), found.id));
        found
    }

    /// Ends a command that did what it could: what it shows is not all that may have been decided, and a reader must not take it for that.
    pub(super) fn or_incomplete(&self, shown: String) -> Result<String, CommandError> {
        let mut faults = Vec::new();
        for source in self.chains.iter().filter(|source| !source.search.missing.is_empty()) {
            let missing = files(&source.search.missing);
            faults.push((
                "EVIDENCE_MISSING",
                format!(
                    "{}{missing} may hold decisions that were asked for, and are missing: no event says that they were removed; see \
                     izingate evidence verify",
                    self.prefix(source)
                ),
            ));
        }
        for source in self.chains.iter().filter(|source| !source.search.damaged.is_empty()) {
            let damaged = files(&source.search.damaged);
            faults.push((
                "EVIDENCE_BROKEN",
                format!(
                    "{}{damaged} may hold decisions that were asked for, and is not what was written; see izingate evidence verify",
                    self.prefix(source)
                ),
            ));
        }
        for NotedRecord { node, folder } in &self.absent {
            let (folder, note) =
                (folder.display(), self.chains.first().map(|main| notes_path(&main.folder).join(format!("{node:08x}"))));
            let note = note.unwrap_or_default();
            faults.push((
                "EVIDENCE_MISSING",
                format!(
                    "the record of a list, {node:08x}, is not in {folder} any more and may hold decisions that were asked for: put it back, \
                     name its folder with --also, or, if it is gone for good, remove {}",
                    note.display()
                ),
            ));
        }
        for source in self.judged() {
            let outside = source.outside();
            if outside.is_grave() {
                let text = match source.reach_in_words() {
                    None => "nothing was ever recorded here".to_owned(),
                    Some((from, to)) => format!(
                        "the record reaches from {from} to {to}, and the period that was asked for lies outside of that, or begins before it"
                    ),
                };
                let told = "what is not on record may have been decided elsewhere, by an earlier record or by another gateway";
                faults.push(("PERIOD_NOT_ON_RECORD", format!("{}{text}; {told}", self.prefix(source))));
            }
        }
        let Some((code, _)) = faults.first() else { return Ok(shown) };
        let message = faults.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("; ");
        Err(CommandError::Incomplete { shown, code, message })
    }

    fn judged(&self) -> impl Iterator<Item = &Source> {
        let judged = self.chains.iter().enumerate().filter(|(place, source)| *place == 0 || source.kind == ChainKind::Gateway);
        judged.map(|(_, source)| source)
    }

    /// The folder of a record, where there are several.
    fn prefix(&self, source: &Source) -> String {
        if self.chains.len() > 1 { format!("{}: ", source.folder.display()) } else { String::new() }
    }
}

impl Source {
    /// From when to when the record says anything, in whole seconds inwards.
    pub(super) fn reach_in_words(&self) -> Option<(IysTime, IysTime)> {
        let second = |time: u64| IysTime::from_unix(u32::try_from(time).unwrap_or(u32::MAX));
        self.reach.map(|reach| (second(reach.from.div_ceil(1_000)), second((reach.to / 1_000).max(reach.from.div_ceil(1_000)))))
    }

    /// Parts of the period asked for of which the record says nothing.
    pub(super) fn outside(&self) -> Outside {
        Outside::of(self.reach_in_words(), self.query.from, self.query.to)
    }

    /// A line for people: kind, node, folder and reach.
    pub(super) fn line(&self) -> String {
        let kind = match self.kind {
            ChainKind::Gateway => "gateway",
            ChainKind::List => "list",
        };
        let reach = match self.reach_in_words() {
            None => "nothing was ever recorded".to_owned(),
            Some((from, to)) => format!("reaches from {from} to {to}"),
        };
        let end = match self.end {
            RecordEnd::Closed => "",
            RecordEnd::BeingWritten => ", being written",
            RecordEnd::CutOff => {
                ", not closed: whoever wrote it was killed, or it lies elsewhere now; answers of the last moments before its end may be missing"
            }
        };
        let (node, folder, found) = (&self.node, self.folder.display(), self.search.found.len());
        let decisions = if found == 1 { "decision" } else { "decisions" };
        format!("record of {kind} {node} in {folder}: {reach}{end}; {found} {decisions}\n")
    }
}

fn opened(data: &Path, secret: &SecretSource) -> Result<open::Evidence, CommandError> {
    refuse_links(data).map_err(OpenError::from)?;
    Ok(open::evidence(data, secret)?)
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Whose decisions are looked for. An address says by itself whether it is a phone or an e-mail.
fn recipient_of(whose: &Whose, pseudonymizer: Option<&Pseudonymizer>) -> Result<Pseudonym, CommandError> {
    match (&whose.recipient, &whose.pseudonym) {
        (Some(address), _) => {
            let channel = if address.contains('@') { Channel::Eposta } else { Channel::Mesaj };
            let invalid = |_| CommandError::refused("INVALID_RECIPIENT", "the address is neither a phone nor an e-mail");
            let recipient = Recipient::parse(address, channel).map_err(invalid)?;
            let missing = || OpenError::from(data_dir::secret_missing(&whose.data));
            Ok(pseudonymizer.ok_or_else(missing)?.recipient(&recipient))
        }
        (None, hex) => {
            let bytes = from_hex(hex.as_deref().unwrap_or_default()).and_then(|bytes| bytes.try_into().ok());
            let invalid = || CommandError::refused("INVALID_RECIPIENT", "a pseudonym is 32 hexadecimal digits");
            Ok(Pseudonym(bytes.ok_or_else(invalid)?))
        }
    }
}

/// Logs what a reader of the result should know of a search.
fn tell_of(search: &Search, folder: &Path) {
    let folder = folder.display();
    if !search.scanned.is_empty() {
        tracing::warn!(%folder, segments = files(&search.scanned), "read whole, without an index that is authentic");
    }
    if !search.removed.is_empty() {
        tracing::warn!(%folder, segments = files(&search.removed), "were removed when nothing in them had to be kept, as the log says");
    }
    if !search.accepted.is_empty() {
        tracing::warn!(%folder, segments = files(&search.accepted), "are missing, which an operator accepted; see izingate evidence verify");
    }
}
