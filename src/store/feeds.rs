//! What is on file of feeds and recipients.

use super::codec::{self, Closure, FEED_PREFIX, GAP_PREFIX, InvalidBytes};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::brand::retailer::Retailer;
use crate::model::brand::{Brand, BrandCode};
use crate::model::consent::channel::Cell;
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::record::Record;
use crate::model::consent::state::Status;
use crate::model::feed::{Gap, Position, Stream};
use crate::model::time::IysTime;
use crate::ports::{FeedBook, ReadError, Registered, Uncounted};
use crate::store::day_movements::Bounds;
use std::collections::HashSet;

impl Store {
    /// How far every stream was followed.
    pub fn positions(&self) -> Result<Vec<(BrandCode, Stream, Position)>, StoreError> {
        let mut positions = Vec::new();
        self.scan(Family::Cursors, FEED_PREFIX, |key, value| {
            positions.push(codec::decode_feed(key, value).map_err(corrupt("cursors"))?);
            Ok(())
        })?;
        Ok(positions)
    }

    /// What every brand misses.
    pub fn gaps(&self) -> Result<Vec<Gap>, StoreError> {
        let mut gaps = Vec::new();
        self.scan(Family::Cursors, GAP_PREFIX, |key, value| {
            gaps.push(codec::decode_gap(key, value).map_err(corrupt("cursors"))?);
            Ok(())
        })?;
        Ok(gaps)
    }

    /// What a brand misses, if anything.
    pub fn gap(&self, brand: BrandCode) -> Result<Option<Gap>, StoreError> {
        let key = codec::gap_key(brand);
        let stored = self.get(Family::Cursors, &key)?;
        stored.map(|value| codec::decode_gap(&key, &value)).transpose().map_err(corrupt("cursors"))
    }

    /// The moment of the last panel export that was taken in whole for a brand.
    pub fn export_cursor(&self, brand: BrandCode) -> Result<Option<IysTime>, StoreError> {
        let stored = self.get(Family::Cursors, &codec::export_cursor_key(brand))?;
        stored.map(|value| codec::decode_cursor(&value)).transpose().map_err(corrupt("cursors"))
    }

    /// When lines were closed, in the order of the recipients, which ascend.
    pub fn closures(&self, recipients: &[Pseudonym]) -> Result<Vec<Option<Closure>>, StoreError> {
        let (Some(first), Some(last)) = (recipients.first(), recipients.last()) else { return Ok(Vec::new()) };
        // Closed lines are few among those that anything is learned of, and most often none at all.
        if !self.holds_any(Family::Recipients, &first.0, &last.0)? {
            return Ok(vec![None; recipients.len()]);
        }
        let keys: Vec<_> = recipients.iter().map(|recipient| recipient.0).collect();
        self.get_sorted(Family::Recipients, &keys, |bytes| codec::decode_closure(bytes).map_err(corrupt("recipients")))
    }

    /// Everything on record of a recipient, whichever the brand.
    pub fn relations_of(&self, recipient: Pseudonym) -> Result<Vec<(RelationKey, Record)>, StoreError> {
        let mut relations = Vec::new();
        self.scan(Family::Consent, &recipient.0, |key, value| {
            relations.push(self.read_record(key, value)?);
            Ok(())
        })?;
        Ok(relations)
    }

    /// The retailers that have access to a recipient's consent.
    pub fn retailers_of(&self, recipient: Pseudonym, brand: BrandCode, cell: Cell) -> Result<Vec<Retailer>, StoreError> {
        let relations = self.relations_of(recipient)?.into_iter();
        let of_brand =
            relations.filter(|(relation, record)| relation.brand == brand && record.status(cell) == Some(Status::Onay));
        Ok(of_brand.filter_map(|(relation, _)| Retailer::new(relation.retailer.get())).collect())
    }
}

impl FeedBook for Store {
    fn brands(&self) -> Result<Vec<Brand>, ReadError> {
        Self::brands(self).map_err(|error| ReadError(error.to_string()))
    }

    fn positions(&self) -> Result<Vec<(BrandCode, Stream, Position)>, ReadError> {
        Self::positions(self).map_err(|error| ReadError(error.to_string()))
    }

    fn retailers(&self, recipient: Pseudonym, brand: BrandCode, cell: Cell) -> Result<Vec<Retailer>, ReadError> {
        self.retailers_of(recipient, brand, cell).map_err(|error| ReadError(error.to_string()))
    }

    fn exported(&self, brand: BrandCode) -> Result<Option<IysTime>, ReadError> {
        self.export_cursor(brand).map_err(|error| ReadError(error.to_string()))
    }

    fn registered(
        &self,
        brand: BrandCode,
        from: IysTime,
        to: IysTime,
        wanted: &dyn Fn() -> bool,
    ) -> Result<HashSet<Registered>, Uncounted> {
        self.registered_between(brand, from, to, &Bounds::default(), wanted)
    }
}

fn corrupt(family: &'static str) -> impl Fn(InvalidBytes) -> StoreError {
    move |source| StoreError::Corrupt { family, source }
}
