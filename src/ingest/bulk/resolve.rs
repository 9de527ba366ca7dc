//! A slice against what is on file: the rules of the ordinary writer, in the order of the keys.
//!
//! The movements of one relation lie together, so its record is read and written once, and what is
//! written comes in ascending order, as sorted files want it. Several slices may be prepared at once, as
//! long as none has a relation of another and nothing else is written meanwhile.

use super::error::BulkError;
use super::record::{Record as Movement, records};
use super::slice::Slice;
use crate::ingest::commit_batch::Changed;
use crate::ingest::erasure::Erasures;
use crate::ingest::merge;
use crate::model::brand::BrandCode;
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::movement::date_of;
use crate::model::consent::record::{CellRecord, Record};
use crate::model::consent::source::{Source, SourceCode};
use crate::model::consent::state::State;
use crate::model::consent::transaction::TransactionId;
use crate::model::time::IysTime;
use crate::store::codec::{self, HistoryBytes, HistoryKey, HistoryValue};
use crate::store::{Staged, Staging, Store, StoreError};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

/// Movements that are looked up together: enough for a multi-get, few enough for the processor's cache.
const CHUNK: usize = 8_192;

/// A slice held against the store, its files written: what is left is to commit it.
pub(in crate::ingest) struct Prepared {
    pub(in crate::ingest) staged: Option<Staged>,
    pub(in crate::ingest) changed: Changed,
    pub(in crate::ingest) brands: BTreeSet<BrandCode>,
    pub(in crate::ingest) new_sources: Vec<Source>,
    pub(in crate::ingest) applied: u64,
    pub(in crate::ingest) unchanged: u64,
}

/// What slices are held against.
pub(in crate::ingest) struct Ground<'a> {
    pub(in crate::ingest) store: &'a Store,
    pub(in crate::ingest) now: IysTime,
    pub(in crate::ingest) known_sources: &'a HashSet<SourceCode>,
    pub(in crate::ingest) erasures: &'a Erasures,
    /// Whether anybody asks the index.
    pub(in crate::ingest) visible: bool,
}

/// One slice being held against it.
struct Resolver<'a> {
    ground: &'a Ground<'a>,
    slice: &'a Slice,
    revision: u64,
    staging: Staging<'a>,
    out: Prepared,
    new_codes: HashSet<SourceCode>,
    value: Vec<u8>,
}

/// Movements of one relation.
struct Relation<'a> {
    key: RelationKey,
    movements: &'a [Movement<'a>],
    on_file: Option<Record>,
    /// When the recipient's line was closed, for a relation that is not on file.
    closed: Option<IysTime>,
}

/// What a movement needs beside its bytes, where it may compete with another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(Option<IysTime>, u128, bool, bool);

impl Ground<'_> {
    /// Holds a slice against the store and writes its files for `revision`.
    pub(in crate::ingest) fn prepare(&self, slice: &Slice, revision: u64) -> Result<Prepared, BulkError> {
        let staging = self.store.stage(revision, self.now)?;
        let out = Prepared {
            staged: None,
            changed: Changed::default(),
            brands: BTreeSet::new(),
            new_sources: Vec::new(),
            applied: 0,
            unchanged: 0,
        };
        let (new_codes, value) = (HashSet::new(), Vec::with_capacity(128));
        let mut resolver = Resolver { ground: self, slice, revision, staging, out, new_codes, value };
        let mut chunk: Vec<Movement<'_>> = Vec::with_capacity(CHUNK);
        for movement in records(&slice.bytes) {
            let new_relation = chunk.last().is_none_or(|last| last.relation_bytes() != movement.relation_bytes());
            if chunk.len() >= CHUNK && new_relation {
                resolver.take_chunk(&chunk)?;
                chunk.clear();
            }
            chunk.push(movement);
        }
        resolver.take_chunk(&chunk)?;
        let Resolver { staging, mut out, .. } = resolver;
        out.staged = staging.finish()?;
        Ok(out)
    }
}

impl Resolver<'_> {
    fn take_chunk(&mut self, chunk: &[Movement<'_>]) -> Result<(), BulkError> {
        let relations = self.relations_of(chunk)?;
        let known = self.history_on_file(&relations)?;
        let mut known = known.into_iter().peekable();
        for relation in relations {
            self.take_relation(&relation, &mut known)?;
        }
        Ok(())
    }

    /// The relations of a chunk with what is on file of each.
    fn relations_of<'m>(&self, chunk: &'m [Movement<'m>]) -> Result<Vec<Relation<'m>>, BulkError> {
        let mut relations: Vec<Relation<'m>> = Vec::with_capacity(chunk.len());
        for movements in chunk.chunk_by(|one, other| one.relation_bytes() == other.relation_bytes()) {
            let key = RelationKey::from_bytes(movements[0].relation_bytes()).map_err(|_| corrupt(codec::InvalidBytes::Code))?;
            relations.push(Relation { key, movements, on_file: None, closed: None });
        }
        let (Some(first), Some(last)) = (relations.first(), relations.last()) else { return Ok(relations) };
        if self.ground.store.has_records(&first.key, &last.key)? {
            let keys: Vec<RelationKey> = relations.iter().map(|relation| relation.key).collect();
            for (relation, on_file) in relations.iter_mut().zip(self.ground.store.records(&keys)?) {
                relation.on_file = on_file;
            }
        }
        let unknown: Vec<Pseudonym> = unknown(&mut relations).map(|relation| relation.key.pseudonym).collect();
        let closures = self.ground.store.closures(&unknown)?;
        for (relation, closure) in self::unknown(&mut relations).zip(closures) {
            relation.closed = closure.map(|closure| closure.closed);
        }
        Ok(relations)
    }

    /// What `history` holds of the movements: one later than its cell's current one is new without a look.
    fn history_on_file(&self, relations: &[Relation<'_>]) -> Result<Vec<(HistoryBytes, HistoryValue)>, BulkError> {
        let mut keys: Vec<HistoryBytes> = Vec::new();
        for relation in relations {
            let Some(on_file) = &relation.on_file else { continue };
            for movement in relation.movements {
                let key = HistoryKey::from_bytes(movement.key_bytes()).map_err(corrupt)?;
                let last = on_file.last(key.cell, key.is_observation().then_some(key.status));
                if last.is_some_and(|last| last >= key.created) {
                    keys.push(movement.key());
                }
            }
        }
        keys.dedup();
        let values = self.ground.store.history_values(&keys)?;
        Ok(keys.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?))).collect())
    }

    fn take_relation(
        &mut self,
        relation: &Relation<'_>,
        known: &mut std::iter::Peekable<impl Iterator<Item = (HistoryBytes, HistoryValue)>>,
    ) -> Result<(), BulkError> {
        let mut record = relation.on_file.unwrap_or_else(|| Record::closed_at(relation.closed));
        let mut changed = false;
        self.out.brands.insert(relation.key.brand);
        let erased = self.ground.erasures.until(&relation.key);
        for same in relation.movements.chunk_by(|one, other| one.key_bytes() == other.key_bytes()) {
            let on_file = known.next_if(|(key, _)| key == same[0].key_bytes()).map(|(_, value)| value);
            let left = self.left_of(same, erased)?;
            let Some(movement) = self.remember(&left, on_file.as_ref())? else { continue };
            let key = HistoryKey::from_bytes(movement.key_bytes()).map_err(corrupt)?;
            self.keep_source(key.source);
            let new = CellRecord {
                status: key.status,
                created: key.created,
                consented: movement.consented(),
                source: key.source,
                transaction: movement.id_hash().map_err(corrupt)?,
                received: movement.is_received(),
                ambiguous: movement.is_ambiguous(),
            };
            if new.is_observation() {
                changed |= record.observe(key.cell, key.status, key.created);
            } else if merge::replaces(&new, record.get(key.cell)) {
                record.set(key.cell, new);
                changed = true;
            }
            if movement.misformed() && !record.misformed {
                record.misformed = true;
                changed = true;
            }
        }
        if changed {
            let state = record.state();
            let is_new = relation.on_file.is_none_or(|record| record.state() == State::EMPTY);
            self.staging.record(&relation.key, &record, state, is_new)?;
            if self.ground.visible {
                let Changed { new, known } = &mut self.out.changed;
                if is_new { new } else { known }.push((relation.key.hash(), state));
            }
        }
        Ok(())
    }

    /// The movements that share a key without those of before their recipient was erased, which change nothing.
    fn left_of<'s, 'm>(
        &mut self,
        same: &'s [Movement<'m>],
        erased: Option<IysTime>,
    ) -> Result<Cow<'s, [Movement<'m>]>, BulkError> {
        let Some(erased) = erased else { return Ok(Cow::Borrowed(same)) };
        let created = HistoryKey::from_bytes(same[0].key_bytes()).map_err(corrupt)?.created;
        let is_left = |movement: &&Movement<'_>| date_of(created, movement.is_received()) > erased;
        let left: Vec<Movement<'m>> = same.iter().filter(is_left).copied().collect();
        self.out.unchanged += rows(same) - rows(&left);
        Ok(Cow::Owned(left))
    }

    /// Of movements that share a key the greatest [`Rank`] is kept, and only if it is
    /// greater than what is on file; when the key was first known stays.
    fn remember<'m>(&mut self, same: &[Movement<'m>], on_file: Option<&HistoryValue>) -> Result<Option<Movement<'m>>, BulkError> {
        let Some(mut kept) = same.first().copied() else { return Ok(None) };
        if same.len() > 1 || on_file.is_some() {
            let mut best = rank(kept)?;
            for other in &same[1..] {
                let other_rank = rank(*other)?;
                if other_rank > best {
                    (kept, best) = (*other, other_rank);
                }
            }
            if on_file.is_some_and(|value| best <= rank_on_file(value)) {
                self.out.unchanged += rows(same);
                return Ok(None);
            }
        }
        let applied = rows(same).min(1);
        self.out.applied += applied;
        self.out.unchanged += rows(same) - applied;
        let (revision, known_since) =
            on_file.map_or((self.revision, self.ground.now), |value| (value.revision, value.known_since));
        self.value.clear();
        codec::push_history_head(kept.consented(), revision, known_since, &mut self.value);
        self.value.extend_from_slice(kept.id());
        self.staging.history(&kept.key(), &self.value)?;
        Ok(Some(kept))
    }

    fn keep_source(&mut self, code: SourceCode) {
        if !code.is_unknown() || self.ground.known_sources.contains(&code) || self.new_codes.contains(&code) {
            return;
        }
        if let Some(source) = self.slice.names.get(&code)
            && self.ground.known_sources.len() < super::record::NAMES
        {
            self.new_codes.insert(code);
            self.out.new_sources.push(source.clone());
        }
    }
}

/// How many rows of the files some movements are; copies of a row's refusal are none.
fn rows(movements: &[Movement<'_>]) -> u64 {
    movements.iter().filter(|movement| !movement.is_copy()).count() as u64
}

/// The relations that are not on file.
fn unknown<'r, 'm>(relations: &'r mut [Relation<'m>]) -> impl Iterator<Item = &'r mut Relation<'m>> {
    relations.iter_mut().filter(|relation| relation.on_file.is_none())
}

fn rank(movement: Movement<'_>) -> Result<Rank, BulkError> {
    Ok(Rank(movement.consented(), movement.id_hash().map_err(corrupt)?, movement.is_received(), movement.is_ambiguous()))
}

fn rank_on_file(value: &HistoryValue) -> Rank {
    Rank(value.consented, TransactionId::hash_text(value.transaction.as_bytes()), value.received, value.ambiguous)
}

/// Records are made by this process or verified by checksums: what does not read is a fault of ours.
const fn corrupt(source: codec::InvalidBytes) -> BulkError {
    BulkError::Store(StoreError::Corrupt { family: "import", source })
}
