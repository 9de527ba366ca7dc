//! The movements of a brand that İYS registered in some days, for whoever holds a day against İYS's file.
//!
//! `history` lies by relation, so a day is found by the change log: the latest movement of a cell in a time was the
//! cell's current one when it was taken in, and so its relation is among the changes of a batch that was committed
//! after that time began. Of the relations that changed since, the history is looked through. Both are bounded: a
//! day that is followed by an import of very many rows is not looked up, and says so.

use super::codec::{self, HistoryKey};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::brand::BrandCode;
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::movement::CLOCK_TOLERANCE;
use crate::model::time::IysTime;
use crate::ports::{ReadError, Registered, Uncounted};
use std::collections::HashSet;
use std::ops::ControlFlow::{self, Break, Continue};

/// What a look-up may take.
pub(super) struct Bounds {
    /// Changes of all brands that are passed over: at 25 bytes, some 500 MB read from the disk.
    pub(super) changes: usize,
    /// Relations of the brand, twice while they are told apart, and as many movements: at most some 90 MB of memory.
    pub(super) found: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { changes: 20_000_000, found: 1_000_000 }
    }
}

impl Store {
    /// See [`crate::ports::FeedBook::registered`].
    pub(super) fn registered_between(
        &self,
        brand: BrandCode,
        from: IysTime,
        to: IysTime,
        bounds: &Bounds,
        wanted: &dyn Fn() -> bool,
    ) -> Result<HashSet<Registered>, Uncounted> {
        // İYS's clock may be ahead of ours by so much that a movement is taken in before it was registered.
        let recipients = self.changed_since(brand, from.minus(CLOCK_TOLERANCE), bounds, wanted)?;
        let prefixes = recipients.into_iter().map(|recipient| RelationKey::of_brand(recipient, brand).to_bytes());
        let (mut found, mut too_many) = (HashSet::new(), false);
        let walked = self.walk_under(Family::History, prefixes, |key, value| {
            found.extend(registered(key, value)?.filter(|movement| (from..to).contains(&movement.created)));
            too_many = found.len() > bounds.found;
            Ok(go_on(!too_many && wanted()))
        });
        walked.map_err(|error| unread(&error))?;
        if too_many { Err(Uncounted::TooMany) } else { Ok(found) }
    }

    /// The recipients of a brand of whom something changed at `since` or later, ascending.
    fn changed_since(
        &self,
        brand: BrandCode,
        since: IysTime,
        bounds: &Bounds,
        wanted: &dyn Fn() -> bool,
    ) -> Result<Vec<Pseudonym>, Uncounted> {
        let mut expected = self.revision().map_err(|error| unread(&error))?;
        let (mut recipients, mut seen, mut outcome) = (Vec::new(), 0, Ok(()));
        let newest = expected.saturating_add(1).to_be_bytes();
        let walked = self.walk_down(Family::Changes, Some(&newest), |key, row| {
            if codec::decode_u64(key).map_err(corrupt)? != expected {
                return Ok(Break(()));
            }
            if codec::decode_change_time(row).map_err(corrupt)? < since {
                expected = 0;
                return Ok(Break(()));
            }
            let row = self.whole_row(expected, row)?;
            expected -= 1;
            let (of_brand, changes) = codec::changed_recipients(&row, brand).map_err(corrupt)?;
            seen += changes;
            recipients.extend(of_brand);
            // A recipient may be there many times: they are told apart now and then.
            let crowded = recipients.len() > 2 * bounds.found && distinct(&mut recipients) > bounds.found;
            if crowded || seen > bounds.changes {
                outcome = Err(Uncounted::TooMany);
            }
            Ok(go_on(outcome.is_ok() && wanted()))
        });
        walked.map_err(|error| unread(&error))?;
        outcome?;
        // Either a batch of before was met, or the very first one.
        if expected > 0 && wanted() {
            return Err(Uncounted::NotKept);
        }
        if distinct(&mut recipients) > bounds.found { Err(Uncounted::TooMany) } else { Ok(recipients) }
    }
}

/// The movement of a row of `history`, if it is İYS's own: none of ours, no observation, and with İYS's id.
fn registered(key: &[u8], value: &[u8]) -> Result<impl Iterator<Item = Registered> + use<>, StoreError> {
    let corrupt = |source| StoreError::Corrupt { family: "history", source };
    let key = HistoryKey::from_bytes(key).map_err(corrupt)?;
    let HistoryKey { relation, cell, created, source, .. } = key;
    let recorded =
        !key.is_observation() && !source.is_ours() && !codec::decode_history(value).map_err(corrupt)?.transaction.is_empty();
    let movement = Registered { recipient: relation.pseudonym, cell, created };
    Ok(recorded.then_some(movement).into_iter())
}

/// Sorts, leaves one of each, and counts them.
fn distinct(recipients: &mut Vec<Pseudonym>) -> usize {
    recipients.sort_unstable();
    recipients.dedup();
    recipients.len()
}

const fn go_on(so: bool) -> ControlFlow<()> {
    if so { Continue(()) } else { Break(()) }
}

const fn corrupt(source: codec::InvalidBytes) -> StoreError {
    StoreError::Corrupt { family: "changes", source }
}

fn unread(error: &StoreError) -> Uncounted {
    Uncounted::Read(ReadError(error.to_string()))
}

#[cfg(test)]
#[path = "day_movements_tests.rs"]
mod tests;
