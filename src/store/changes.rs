//! The change log: what each batch changed, in the order of revisions; the [`ChangeReader`] of the store.

use super::codec::{self, Change, ChangeSlice};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::ports::{ChangePart, ChangePlace, ChangeReader, ChangesError, ReadError};
use std::ops::ControlFlow::{self, Break, Continue};
use xxhash_rust::xxh3::xxh3_128;

impl ChangeReader for Store {
    fn changes(&self, from: ChangePlace, through: u64, bytes: usize) -> Result<Vec<ChangePart>, ChangesError> {
        let read = self.read_changes(from, through, bytes).map_err(|error| ReadError(error.to_string()))?;
        match (read.parts.is_empty(), read.behind_gap) {
            // What comes before a gap is whole: the gap is told when it is reached.
            (false, _) | (true, None) => Ok(read.parts),
            (true, Some(earliest)) => Err(ChangesError::Gap { earliest }),
        }
    }
}

/// What was read of the log.
struct Read {
    parts: Vec<ChangePart>,
    /// Revisions are missing behind the parts; the log goes on with this one.
    behind_gap: Option<u64>,
}

impl Store {
    /// A hash of the batch of `revision` as it is stored: of two logs that have gone different ways it tells
    /// which one somebody means. 0 for revision 0, before the first batch; none if the batch is not kept.
    pub fn change_fingerprint(&self, revision: u64) -> Result<Option<u128>, StoreError> {
        if revision == 0 {
            return Ok(Some(0));
        }
        Ok(self.get(Family::Changes, &revision.to_be_bytes())?.map(|row| xxh3_128(&row)))
    }

    /// Every batch after `revision` with its own revision, in order, until `each` has seen enough. There may be holes: the caller
    /// looks.
    pub fn each_change_after(
        &self,
        revision: u64,
        mut each: impl FnMut(u64, Change) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.walk_up(Family::Changes, &(revision + 1).to_be_bytes(), |key, value| {
            let revision = codec::decode_u64(key).map_err(corrupt)?;
            Ok(each(revision, codec::decode_change(&self.whole_row(revision, value)?).map_err(corrupt)?))
        })
    }

    fn read_changes(&self, from: ChangePlace, through: u64, bytes: usize) -> Result<Read, StoreError> {
        let (mut next, mut room, mut parts, mut behind_gap) = (from, bytes, Vec::new(), None);
        self.walk_up(Family::Changes, &from.revision.to_be_bytes(), |key, row| {
            let revision = codec::decode_u64(key).map_err(corrupt)?;
            if revision > through {
                return Ok(Break(()));
            }
            // Of the earliest batch nobody knows the number before.
            let begins = next == ChangePlace::default();
            if !begins && revision != next.revision {
                behind_gap = Some(revision);
                return Ok(Break(()));
            }
            next.revision = revision;
            let row = &self.whole_row(revision, row)?;
            while next.revision == revision {
                let part = part(next, row)?;
                room = room.saturating_sub(size_of::<ChangePart>() + size_of_val(&part.changes[..]));
                next = part.end();
                parts.push(part);
                if room == 0 {
                    return Ok(Break(()));
                }
            }
            Ok(Continue(()))
        })?;
        // Nothing at all up to a revision that was committed: all of it is gone.
        let all_gone = parts.is_empty() && from != ChangePlace::default() && from.revision <= through;
        Ok(Read { parts, behind_gap: behind_gap.or(all_gone.then_some(through + 1)) })
    }
}

fn part(place: ChangePlace, row: &[u8]) -> Result<ChangePart, StoreError> {
    let ChangeSlice { at, first, states, left } =
        codec::decode_change_slice(row, place.change, ChangePart::MOST_CHANGES).map_err(corrupt)?;
    let place = ChangePlace { change: first, ..place };
    Ok(ChangePart { place, committed: at, changes: states, more: left > 0 })
}

const fn corrupt(source: codec::InvalidBytes) -> StoreError {
    StoreError::Corrupt { family: "changes", source }
}
