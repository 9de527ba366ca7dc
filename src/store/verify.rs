//! What is on file of each relation, from both families that tell of it: for a complete comparison.
//!
//! `consent` and `history` are in the order of relations, so they are walked side by side and nothing is
//! looked up. The movements of a cell ascend in their keys in the order of precedence, so the last one is
//! the one that `consent` must hold.

use super::codec::{self, HistoryKey};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::channel::Cell;
use crate::model::key::RelationKey;
use crate::model::record::Record;
use crate::model::state::Status;
use crate::model::time::IysTime;

/// One relation as both families have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnFile {
    /// Which one.
    pub relation: RelationKey,
    /// What `consent` holds of it.
    pub record: Option<Record>,
    /// The movement that `history` ends in, by [`Cell::code`].
    pub last: [Option<HistoryKey>; Cell::ALL.len()],
    /// When a sweep last did not find a cell, as `history` has it, by [`Cell::code`].
    pub absent: [Option<IysTime>; Cell::ALL.len()],
}

impl OnFile {
    /// The movement that `consent` holds for `cell`, as `history` would have it.
    #[must_use]
    pub fn current(&self, cell: Cell) -> Option<HistoryKey> {
        let current = self.record.as_ref()?.get(cell)?;
        let (created, status, source) = (current.created, current.status, current.source);
        Some(HistoryKey { relation: self.relation, cell, created, status, source })
    }

    /// When a sweep last did not find `cell`: as `consent` has it, and as `history` has it.
    #[must_use]
    pub fn absences(&self, cell: Cell) -> [Option<IysTime>; 2] {
        let consent = self.record.as_ref().and_then(|record| record.absent(cell));
        [consent, self.absent[usize::from(cell.code())]]
    }

    /// The movement that `history` ends in for `cell`.
    #[must_use]
    pub fn last(&self, cell: Cell) -> Option<HistoryKey> {
        self.last[usize::from(cell.code())]
    }
}

/// Rows of a family with the next one in view.
struct Ahead<I, T> {
    rows: I,
    next: Option<T>,
}

impl<T, I: Iterator<Item = Result<T, StoreError>>> Ahead<I, T> {
    fn of(mut rows: I) -> Result<Self, StoreError> {
        let next = rows.next().transpose()?;
        Ok(Self { rows, next })
    }

    /// The next row, if it fits.
    fn take_if(&mut self, fits: impl FnOnce(&T) -> bool) -> Result<Option<T>, StoreError> {
        if !self.next.as_ref().is_some_and(fits) {
            return Ok(None);
        }
        let after = self.rows.next().transpose()?;
        Ok(std::mem::replace(&mut self.next, after))
    }
}

impl Store {
    /// Every relation of which anything is on file, in the order of relations. Nothing may be written
    /// meanwhile: the two families are not read as of one moment.
    pub fn each_on_file(&self, mut each: impl FnMut(OnFile)) -> Result<(), StoreError> {
        let mut records = Ahead::of(self.rows(Family::Consent, record))?;
        let mut movements = Ahead::of(self.rows(Family::History, movement))?;
        loop {
            let of_both = [records.next.map(|(relation, _)| relation), movements.next.map(|movement| movement.relation)];
            let Some(relation) = of_both.into_iter().flatten().min() else { return Ok(()) };
            let record = records.take_if(|(of, _)| *of == relation)?.map(|(_, record)| record);
            let (mut last, mut absent) = ([None; Cell::ALL.len()], [None; Cell::ALL.len()]);
            while let Some(movement) = movements.take_if(|movement| movement.relation == relation)? {
                let cell = usize::from(movement.cell.code());
                match movement.status {
                    Status::Yok => absent[cell] = Some(movement.created),
                    Status::Onay | Status::Ret => last[cell] = Some(movement),
                }
            }
            each(OnFile { relation, record, last, absent });
        }
    }
}

fn record(key: &[u8], value: &[u8]) -> Result<(RelationKey, Record), StoreError> {
    let corrupt = |source| StoreError::Corrupt { family: "consent", source };
    let relation = RelationKey::from_bytes(key).map_err(|_| corrupt(codec::InvalidBytes::Length))?;
    Ok((relation, codec::decode_record(value).map_err(corrupt)?))
}

fn movement(key: &[u8], _: &[u8]) -> Result<HistoryKey, StoreError> {
    HistoryKey::from_bytes(key).map_err(|source| StoreError::Corrupt { family: "history", source })
}
