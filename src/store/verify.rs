//! What is on file of each relation, from both families that tell of it: for a complete comparison.
//!
//! `consent` and `history` are in the order of relations, so they are walked side by side and nothing is
//! looked up. The movements of a cell ascend in their keys in the order of precedence, so the last one is
//! the one that `consent` must hold.

use super::codec::HistoryKey;
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::consent::channel::Cell;
use crate::model::consent::key::RelationKey;
use crate::model::consent::record::Record;
use crate::model::consent::state::Status;
use crate::model::time::IysTime;

const CELLS: usize = Cell::ALL.len();

/// One relation as both families have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnFile {
    /// Which one.
    pub relation: RelationKey,
    /// What `consent` holds of it.
    pub record: Option<Record>,
    /// The movement that `history` ends in, by [`Cell::code`].
    pub last: [Option<HistoryKey>; CELLS],
    /// When a cell was last seen not to be listed, as `history` has it, by [`Cell::code`].
    pub absent: [Option<IysTime>; CELLS],
    /// When a cell was last seen to be listed: as `history` has it, and with the rows of an earlier program, of which
    /// `consent` may have kept none.
    pub listed: [[Option<IysTime>; 2]; CELLS],
}

impl OnFile {
    /// The movement that `consent` holds for `cell`, as `history` would have it.
    #[must_use]
    pub fn current(&self, cell: Cell) -> Option<HistoryKey> {
        let current = self.record.as_ref()?.get(cell)?;
        let (created, status, source) = (current.created, current.status, current.source);
        Some(HistoryKey { relation: self.relation, cell, created, status, source })
    }

    /// When `cell` was last seen with a status in İYS's list: as `consent` has it, and as `history` has it.
    #[must_use]
    pub fn observed(&self, cell: Cell, status: Status) -> [Option<IysTime>; 2] {
        let place = usize::from(cell.code());
        let consent = self.record.as_ref().and_then(|record| record.observed(cell, status));
        let history = match status {
            Status::Onay => self.listed[place].into_iter().find(|listed| *listed == consent).unwrap_or(self.listed[place][0]),
            Status::Yok => self.absent[place],
            Status::Ret => None,
        };
        [consent, history]
    }

    /// Takes the next row of `history`: the keys of each kind ascend.
    fn take(&mut self, movement: HistoryKey, earlier: bool) {
        let place = usize::from(movement.cell.code());
        match movement.status {
            _ if !movement.is_observation() => self.last[place] = Some(movement),
            Status::Yok => self.absent[place] = Some(movement.created),
            _ => {
                let [listed, ever] = &mut self.listed[place];
                *ever = (*ever).max(Some(movement.created));
                if !earlier {
                    *listed = Some(movement.created);
                }
            }
        }
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
        let mut records = Ahead::of(self.rows(Family::Consent, |key, value| self.read_record(key, value)))?;
        let mut movements = Ahead::of(self.rows(Family::History, movement))?;
        loop {
            let of_both = [records.next.map(|(relation, _)| relation), movements.next.map(|(movement, _)| movement.relation)];
            let Some(relation) = of_both.into_iter().flatten().min() else { return Ok(()) };
            let record = records.take_if(|(of, _)| *of == relation)?.map(|(_, record)| record);
            let (last, absent, listed) = ([None; CELLS], [None; CELLS], [[None; 2]; CELLS]);
            let mut of = OnFile { relation, record, last, absent, listed };
            while let Some((movement, earlier)) = movements.take_if(|(movement, _)| movement.relation == relation)? {
                of.take(movement, earlier);
            }
            each(of);
        }
    }
}

/// The key of a row of `history`, and whether an earlier program wrote it as no program writes it now.
fn movement(key: &[u8], _: &[u8]) -> Result<(HistoryKey, bool), StoreError> {
    let movement = HistoryKey::from_bytes(key).map_err(|source| StoreError::Corrupt { family: "history", source })?;
    Ok((movement, movement.to_bytes()[..] != *key))
}
