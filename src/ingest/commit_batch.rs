//! One group of movements on its way into one batch: what is on file, what becomes of it.

use super::erasure::Erasures;
use crate::ingest::merge;
use crate::model::brand::BrandCode;
use crate::model::consent::key::{Pseudonym, RelationHash, RelationKey};
use crate::model::consent::movement::Movement;
use crate::model::consent::record::{CellRecord, Record};
use crate::model::consent::source::{Source, SourceCode};
use crate::model::consent::state::State;
use crate::model::consent::transaction::TransactionId;
use crate::model::time::IysTime;
use crate::store::codec::{Change, HistoryBytes, HistoryKey, HistoryValue};
use crate::store::{Commit, Store, StoreError};
use std::collections::{BTreeSet, HashMap, HashSet, hash_map};
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys start with a pseudonym: uniform, and nobody outside can choose it.
pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<ByPseudonym>>;

/// Names of unknown sources kept at most; beyond it only their codes are. The names are for people,
/// and no honest feed comes near.
const SOURCES: usize = 4_096;

/// The working state of one batch.
pub(super) struct Group {
    revision: u64,
    now: IysTime,
    records: Map<RelationKey, Working>,
    history: Map<HistoryBytes, Entry>,
    brands: BTreeSet<BrandCode>,
    new_sources: HashMap<SourceCode, Source>,
}

struct Working {
    record: Record,
    /// The index holds nothing of it.
    new: bool,
    changed: bool,
}

struct Entry {
    value: HistoryValue,
    changed: bool,
}

/// States to be made visible.
#[derive(Default)]
pub(super) struct Changed {
    /// Of relations that were not on record before.
    pub(super) new: Vec<(RelationHash, State)>,
    /// Of others.
    pub(super) known: Vec<(RelationHash, State)>,
}

/// What a group leaves to be made visible once it is durable.
pub(super) struct Ready<'a> {
    pub(super) commit: Commit<'a>,
    /// The revision after this group: the one before it if nothing changed.
    pub(super) revision: u64,
    pub(super) changed: Changed,
    pub(super) brands: BTreeSet<BrandCode>,
    pub(super) new_sources: Vec<SourceCode>,
}

impl Group {
    /// Reads everything that `movements` may touch.
    pub(super) fn load(store: &Store, movements: &[&Movement], revision: u64, now: IysTime) -> Result<Self, StoreError> {
        let mut relations: Vec<RelationKey> = movements.iter().map(|movement| movement.relation).collect();
        relations.sort_unstable();
        relations.dedup();
        let records = store.records(&relations)?;
        // What is learned of a recipient whose line was closed is closed from the start.
        let born = relations.iter().zip(&records).filter(|(relation, record)| record.is_none() && relation.is_of_brand());
        let born: Vec<Pseudonym> = born.map(|(relation, _)| relation.pseudonym).collect();
        let mut closures = store.closures(&born)?.into_iter();
        let working = |(relation, record): (RelationKey, Option<Record>)| {
            let new = record.is_none_or(|record| record.state() == State::EMPTY);
            let mut closed = || closures.next().flatten().map(|of| of.closed);
            let record = record.unwrap_or_else(|| Record::closed_at(if relation.is_of_brand() { closed() } else { None }));
            (relation, Working { record, new, changed: false })
        };
        let mut group = Self {
            revision,
            now,
            records: relations.into_iter().zip(records).map(working).collect(),
            history: Map::default(),
            brands: BTreeSet::new(),
            new_sources: HashMap::new(),
        };
        group.load_history(store, movements)?;
        Ok(group)
    }

    /// A movement later than its cell's current one is new without a look; the others are looked up.
    fn load_history(&mut self, store: &Store, movements: &[&Movement]) -> Result<(), StoreError> {
        let may_be_known = |movement: &&&Movement| {
            let record = self.records.get(&movement.relation).map(|working| &working.record);
            let last = |record: &Record| record.last(movement.cell, movement.is_observation().then_some(movement.status));
            record.and_then(last).is_some_and(|last| last >= movement.created)
        };
        let mut keys: Vec<_> = movements.iter().filter(may_be_known).map(|movement| history_key(movement)).collect();
        keys.sort_unstable();
        keys.dedup();
        let values = store.history_values(&keys)?;
        let known = keys.into_iter().zip(values);
        self.history.extend(known.filter_map(|(key, value)| Some((key, Entry { value: value?, changed: false }))));
        Ok(())
    }

    /// Takes a movement in; says whether it was new.
    pub(super) fn take(&mut self, movement: &Movement, known_sources: &HashSet<SourceCode>, erasures: &Erasures) -> bool {
        // A retailer's access is not the brand's data: that is no younger for it.
        if movement.relation.is_of_brand() {
            self.brands.insert(movement.relation.brand);
        }
        if erasures.ignores(movement) || !self.remember(movement) {
            return false;
        }
        let code = movement.source.code();
        if code.is_unknown() && known_sources.len() < SOURCES && !known_sources.contains(&code) {
            self.new_sources.entry(code).or_insert_with(|| movement.source.clone());
        }
        let working =
            self.records.entry(movement.relation).or_insert(Working { record: Record::default(), new: true, changed: false });
        let Working { record, changed, .. } = working;
        let new = CellRecord::of(movement);
        if movement.is_observation() {
            *changed |= record.observe(movement.cell, movement.status, movement.created);
        } else if merge::replaces(&new, record.get(movement.cell)) {
            record.set(movement.cell, new);
            *changed = true;
        }
        if movement.misformed && !working.record.misformed {
            working.record.misformed = true;
            working.changed = true;
        }
        true
    }

    /// Keeps a movement in the history. Of two that share a key the greater (consentDate, transaction,
    /// received, ambiguous) is kept, so that the history too depends on the set alone; when it was first known stays.
    fn remember(&mut self, movement: &Movement) -> bool {
        let value = HistoryValue {
            consented: movement.consented,
            transaction: movement.transaction.as_ref().map_or("", TransactionId::as_str).into(),
            received: movement.received,
            ambiguous: movement.reading.is_ambiguous(),
            revision: self.revision,
            known_since: self.now,
        };
        let entry = match self.history.entry(history_key(movement)) {
            hash_map::Entry::Occupied(entry) => entry.into_mut(),
            hash_map::Entry::Vacant(place) => {
                place.insert(Entry { value, changed: true });
                return true;
            }
        };
        let rank = |value: &HistoryValue| (value.consented, id_hash(&value.transaction), value.received, value.ambiguous);
        if rank(&value) <= rank(&entry.value) {
            return false;
        }
        entry.value = HistoryValue { revision: entry.value.revision, known_since: entry.value.known_since, ..value };
        entry.changed = true;
        true
    }

    /// The batch to commit. Keys go in ascending order, which the store takes fastest.
    pub(super) fn finish(self, mut commit: Commit<'_>) -> Result<Ready<'_>, StoreError> {
        let mut history: Vec<_> = self.history.into_iter().filter(|(_, entry)| entry.changed).collect();
        let changed = !history.is_empty();
        history.sort_unstable_by_key(|(key, _)| *key);
        for (key, entry) in &history {
            commit.history(key, &entry.value)?;
        }
        let mut records: Vec<_> = self.records.into_iter().filter(|(_, working)| working.changed).collect();
        records.sort_unstable_by_key(|(relation, _)| *relation);
        for (relation, working) in &records {
            commit.record(relation, &working.record)?;
        }
        // Stable: both parts stay in the order of keys.
        records.sort_by_key(|(_, working)| !working.new);
        let new = records.iter().take_while(|(_, working)| working.new).count();
        let states: Vec<_> = records.into_iter().map(|(relation, working)| (relation, working.record.state())).collect();
        let hashed = |states: &[(RelationKey, State)]| states.iter().map(|(relation, state)| (relation.hash(), *state)).collect();
        let visible = Changed { new: hashed(&states[..new]), known: hashed(&states[new..]) };
        if changed {
            commit.revision(self.revision, &Change { at: self.now, states, new })?;
        }
        for source in self.new_sources.values() {
            commit.source(source)?;
        }
        let revision = if changed { self.revision } else { self.revision - 1 };
        let new_sources = self.new_sources.into_keys().collect();
        Ok(Ready { commit, revision, changed: visible, brands: self.brands, new_sources })
    }
}

/// Takes the first eight bytes: of a pseudonym they are as good as a hash.
#[derive(Default)]
pub(super) struct ByPseudonym(u64);

impl Hasher for ByPseudonym {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let first = bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
        // What follows the pseudonym tells the entries of one recipient apart.
        let last = bytes.last_chunk().map_or(0, |last| u64::from_le_bytes(*last));
        self.0 = self.0.rotate_left(29) ^ first ^ last.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_u32(&mut self, code: u32) {
        self.0 = self.0.rotate_left(29) ^ u64::from(code).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    /// The length of an array says nothing.
    fn write_usize(&mut self, _: usize) {}
}

fn history_key(movement: &Movement) -> HistoryBytes {
    let key = HistoryKey {
        relation: movement.relation,
        cell: movement.cell,
        created: movement.created,
        status: movement.status,
        source: movement.source.code(),
    };
    key.to_bytes()
}

/// As in a record: [`TransactionId::hash`], 0 if there is none.
pub(super) fn id_hash(text: &str) -> u128 {
    TransactionId::parse(text).map_or(0, |id| id.hash())
}
