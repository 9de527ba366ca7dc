//! Records that an earlier program wrote.
//!
//! It took an approval that a sweep saw for a movement. Where such a one is the current movement of a cell it hid the
//! movement below it, be that a refusal; so a record that holds one is read as that observation and the last movement that
//! the history has. Every way to read a record goes through here.

use super::codec::{self, HistoryKey, InvalidBytes};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::consent::channel::Cell;
use crate::model::consent::key::RelationKey;
use crate::model::consent::record::{CellRecord, Record};
use crate::model::consent::state::Status;
use std::ops::ControlFlow::{Break, Continue};

impl Store {
    /// The record of a row of `consent`.
    #[inline]
    pub(super) fn read_record(&self, key: &[u8], value: &[u8]) -> Result<(RelationKey, Record), StoreError> {
        let relation = RelationKey::from_bytes(key).map_err(|_| corrupt("consent")(InvalidBytes::Length))?;
        // A record is half a kilobyte: it is not moved through `map_err`.
        let mut record = match codec::decode_record(value) {
            Ok(record) => record,
            Err(invalid) => return Err(corrupt("consent")(invalid)),
        };
        self.set_listings_apart(&relation, &mut record)?;
        Ok((relation, record))
    }

    /// Makes the record of a relation what it would be if observations had never been taken for movements.
    pub(super) fn set_listings_apart(&self, relation: &RelationKey, record: &mut Record) -> Result<(), StoreError> {
        if !record.cells().any(|(_, current)| current.is_observation()) {
            return Ok(());
        }
        for cell in Cell::ALL {
            let Some(listing) = record.get(cell).filter(|current| current.is_observation()) else { continue };
            let created = listing.created;
            record.observe(cell, Status::Onay, created);
            record.set(cell, self.last_movement(relation, cell)?);
        }
        Ok(())
    }

    /// The movement of a cell that ranks last in the history.
    fn last_movement(&self, relation: &RelationKey, cell: Cell) -> Result<Option<CellRecord>, StoreError> {
        let (mut last, relation) = (None, relation.to_bytes());
        let code = codec::cell_byte(cell, false);
        let [movements, behind] = [code, code + 1].map(|code| [&relation[..], &[code]].concat());
        self.walk_down(Family::History, Some(&behind), |key, value| {
            if !key.starts_with(&movements) {
                return Ok(Break(()));
            }
            let key = HistoryKey::from_bytes(key).map_err(corrupt("history"))?;
            if key.is_observation() {
                return Ok(Continue(()));
            }
            last = Some(key.record(&codec::decode_history(value).map_err(corrupt("history"))?));
            Ok(Break(()))
        })?;
        Ok(last)
    }
}

fn corrupt(family: &'static str) -> impl Fn(InvalidBytes) -> StoreError {
    move |source| StoreError::Corrupt { family, source }
}
