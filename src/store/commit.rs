//! One atomic batch of ingest: movements, resulting records, changes, cursors and the revision.

use super::codec::{self, Change, Closure, HistoryBytes, HistoryValue};
use super::error::StoreError;
use super::meta::{COMMITTED, REVISION};
use super::rocks::{Family, Store, Writes};
use crate::model::brand::declaration::Declaration;
use crate::model::brand::{Brand, BrandCode};
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::record::Record;
use crate::model::consent::source::Source;
use crate::model::feed::{Gap, Position, Stream};
use crate::model::time::IysTime;
use crate::ports::UnreportedClosure;

/// A batch being put together.
pub struct Commit<'a>(Writes<'a>);

impl Commit<'_> {
    pub(super) fn put(&mut self, family: Family, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.0.put(family, key, value)
    }

    pub(super) fn remove(&mut self, family: Family, key: &[u8]) -> Result<(), StoreError> {
        self.0.delete(family, key)
    }

    /// The revision is reached with this batch.
    pub(super) fn reached(&mut self, revision: u64) -> Result<(), StoreError> {
        self.0.put(Family::Meta, REVISION, &revision.to_be_bytes())
    }

    /// The batch is committed at this moment: nothing is received before it.
    pub fn committed(&mut self, at: IysTime) -> Result<(), StoreError> {
        self.0.put(Family::Meta, COMMITTED, &at.unix().to_be_bytes())
    }

    /// What a relation holds now.
    pub fn record(&mut self, relation: &RelationKey, record: &Record) -> Result<(), StoreError> {
        self.0.put(Family::Consent, &relation.to_bytes(), &codec::encode_record(record))
    }

    /// A movement as it was taken in, under [`codec::HistoryKey::to_bytes`].
    pub fn history(&mut self, key: &HistoryBytes, value: &HistoryValue) -> Result<(), StoreError> {
        self.0.put(Family::History, key, &codec::encode_history(value))
    }

    /// The batch's revision and what it changed.
    pub fn revision(&mut self, revision: u64, change: &Change) -> Result<(), StoreError> {
        self.0.put(Family::Changes, &revision.to_be_bytes(), &codec::encode_change(change))?;
        self.reached(revision)
    }

    /// Data was taken in for a brand.
    pub fn import_cursor(&mut self, brand: BrandCode, as_of: IysTime) -> Result<(), StoreError> {
        self.0.put(Family::Cursors, &codec::import_cursor_key(brand), &codec::encode_cursor(as_of))
    }

    /// A panel export of `as_of` was taken in whole for a brand.
    pub fn export_cursor(&mut self, brand: BrandCode, as_of: IysTime) -> Result<(), StoreError> {
        self.0.put(Family::Cursors, &codec::export_cursor_key(brand), &codec::encode_cursor(as_of))
    }

    /// A stream was followed so far.
    pub fn position(&mut self, brand: BrandCode, stream: Stream, position: &Position) -> Result<(), StoreError> {
        self.0.put(Family::Cursors, &codec::feed_key(brand, stream), &codec::encode_feed(position))
    }

    /// What a brand misses.
    pub fn gap(&mut self, gap: &Gap) -> Result<(), StoreError> {
        self.0.put(Family::Cursors, &codec::gap_key(gap.brand), &codec::encode_gap(gap))
    }

    /// A brand misses nothing any more.
    pub fn no_gap(&mut self, brand: BrandCode) -> Result<(), StoreError> {
        self.0.delete(Family::Cursors, &codec::gap_key(brand))
    }

    /// A recipient's line was closed.
    pub fn closure(&mut self, recipient: Pseudonym, closure: &Closure) -> Result<(), StoreError> {
        self.0.put(Family::Recipients, &recipient.0, &codec::encode_closure(closure))
    }

    /// İYS is to be told of a closure.
    pub fn duty(&mut self, closure: &UnreportedClosure) -> Result<(), StoreError> {
        self.0.put(Family::Registry, &codec::duty_key(closure.id), &codec::encode_duty(closure))
    }

    /// İYS was told of the closure with this id.
    pub fn duty_done(&mut self, id: u64) -> Result<(), StoreError> {
        self.0.delete(Family::Registry, &codec::duty_key(id))
    }

    /// The name of a source outside the table.
    pub fn source(&mut self, source: &Source) -> Result<(), StoreError> {
        self.0.put(Family::Registry, &codec::source_key(source.code()), source.name().as_bytes())
    }

    /// A brand on file.
    pub fn brand(&mut self, brand: &Brand) -> Result<(), StoreError> {
        self.0.put(Family::Registry, &codec::brand_key(brand.code), &codec::encode_brand(brand))
    }

    /// A declaration on file.
    pub fn declaration(&mut self, declaration: &Declaration) -> Result<(), StoreError> {
        self.0.put(Family::Registry, &codec::declaration_key(declaration.id), &codec::encode_declaration(declaration))
    }

    /// Makes the batch durable: all of it or nothing.
    pub fn commit(self) -> Result<(), StoreError> {
        self.0.commit()
    }
}

impl Store {
    /// Begins a batch.
    #[must_use]
    pub fn begin(&self) -> Commit<'_> {
        Commit(self.writes())
    }

    /// The records of many relations, in their order. The relations are in ascending order.
    pub fn records(&self, relations: &[RelationKey]) -> Result<Vec<Option<Record>>, StoreError> {
        let keys: Vec<_> = relations.iter().map(RelationKey::to_bytes).collect();
        let corrupt = |source| StoreError::Corrupt { family: "consent", source };
        let mut stored = self.get_sorted(Family::Consent, &keys, |bytes| codec::decode_record(bytes).map_err(corrupt))?;
        for (relation, record) in relations.iter().zip(&mut stored) {
            if let Some(record) = record {
                self.set_listings_apart(relation, record)?;
            }
        }
        Ok(stored)
    }

    /// Whether there is any record from `first` to `last`, both included.
    pub fn has_records(&self, first: &RelationKey, last: &RelationKey) -> Result<bool, StoreError> {
        self.holds_any(Family::Consent, &first.to_bytes(), &last.to_bytes())
    }

    /// Many movements as they were taken in, in their order. The keys are in ascending order.
    pub fn history_values(&self, keys: &[HistoryBytes]) -> Result<Vec<Option<HistoryValue>>, StoreError> {
        let corrupt = |source| StoreError::Corrupt { family: "history", source };
        self.get_sorted(Family::History, keys, |bytes| codec::decode_history(bytes).map_err(corrupt))
    }
}
