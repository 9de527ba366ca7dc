//! The duty to tell İYS of closed lines (11/9): what is left of it.

use super::codec::{self, DUTY_PREFIX};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::ports::{ClosureQueue, ReadError, UnreportedClosure};
use std::ops::ControlFlow::{Break, Continue};

impl ClosureQueue for Store {
    fn unreported(&self, after: u64, most: usize) -> Result<Vec<UnreportedClosure>, ReadError> {
        self.duties(after, most).map_err(|error| ReadError(error.to_string()))
    }
}

impl Store {
    /// The oldest closures behind the id `after` of which İYS is still to be told, `most` of them at most.
    pub fn duties(&self, after: u64, most: usize) -> Result<Vec<UnreportedClosure>, StoreError> {
        let corrupt = |source| StoreError::Corrupt { family: "registry", source };
        let mut duties = Vec::new();
        let Some(first) = after.checked_add(1) else { return Ok(duties) };
        self.walk_up(Family::Registry, &codec::duty_key(first), |key, value| {
            if duties.len() == most || !key.starts_with(DUTY_PREFIX) {
                return Ok(Break(()));
            }
            duties.push(codec::decode_duty(key, value).map_err(corrupt)?);
            Ok(Continue(()))
        })?;
        Ok(duties)
    }

    /// How many closures İYS is still to be told of.
    pub fn count_duties(&self) -> Result<u64, StoreError> {
        let mut count = 0;
        self.scan(Family::Registry, DUTY_PREFIX, |_, _| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    /// Whether İYS is still to be told of the closure with this id.
    pub fn has_duty(&self, id: u64) -> Result<bool, StoreError> {
        Ok(self.get(Family::Registry, &codec::duty_key(id))?.is_some())
    }
}
