//! What is let go: old batches of `changes`, and movements of `history` that were superseded long ago.
//!
//! Both run beside the writer, and nothing that must stay can go, whatever the writer does meanwhile:
//!
//! - The keys of a cell's movements ascend in the order of precedence (creationDate, then RET after ONAY,
//!   then source), and the keys alone decide it. Observations of İYS's list are outranked by later ones of their own kind
//!   alone, so that of each cell the last listing and the last absence stay. Whether a movement is outranked is thus a matter of which
//!   keys there are. When a movement was first known never changes while it is there; what the writer adds
//!   may outrank it, but nothing lifts it again. So what was due when it was read is due when it is removed.
//! - Of the movements that outrank one which is due, the greatest is never due itself. So there is always
//!   one left that outranks it, and the order in which movements go does not matter.
//! - A movement that comes in again after it was removed is a new one, known from then on.
//! - `changes` grows at its upper end alone, and only what is below a floor goes.
//!
//! Neither removal is waited for: what a crash takes back is due at the next pass.

use super::codec::{self, CELL_LENGTH, CellBytes, HistoryBytes, HistoryKey, SWEEP_KEY, Sweep, Vicinity};
use super::error::StoreError;
use super::rocks::{Family, Store};
use crate::model::consent::record::Record;
use crate::model::consent::retention::{DAY, HistoryRetention};
use crate::model::consent::state::Status;
use crate::model::time::IysTime;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::PoisonError;

/// Batches of `changes` that one call removes at most: each may hold 800 kB, which has to be read.
const PRUNED_AT_ONCE: u64 = 1_000;

/// Movements that are removed in one batch at most, so that the writer never waits long behind it.
const REMOVED_AT_ONCE: usize = 4_096;

/// What a step of a pass over `history` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Swept {
    /// Movements looked at.
    pub seen: u64,
    /// Movements removed.
    pub removed: u64,
    /// Whether this step ended the pass.
    pub done: bool,
}

/// The cell under the walk, from its current movement down.
struct CellInView {
    cell: CellBytes,
    /// From when on a row was known that outranks all of its [`Kind`] that are still to come.
    outranked_since: [Option<IysTime>; Kind::COUNT],
}

/// What a row of `history` is outranked by: later ones of its kind.
#[derive(Clone, Copy)]
enum Kind {
    Movement,
    Listed,
    NotListed,
}

/// Movements that are due, until they are removed.
#[derive(Default)]
struct Due {
    /// Each with its row's own bytes, which an earlier program may have written.
    keys: Vec<(HistoryKey, HistoryBytes)>,
    removed: u64,
}

impl Kind {
    const COUNT: usize = 3;

    fn of(key: &HistoryKey) -> Self {
        match key.status {
            _ if !key.is_observation() => Self::Movement,
            Status::Yok => Self::NotListed,
            _ => Self::Listed,
        }
    }
}

impl Store {
    /// Removes the batches of `changes` that were committed before `keep_from`, oldest first, up to the first
    /// that has to stay; the batch of revision `floor` and those after it stay, so with a floor of 0 all do.
    /// Returns how many went. Many take more than one call: until it returns 0.
    pub fn prune_changes(&self, keep_from: IysTime, floor: u64) -> Result<u64, StoreError> {
        let corrupt = |source| StoreError::Corrupt { family: "changes", source };
        let (mut due, mut count) = (None, 0);
        self.walk_up(Family::Changes, &[], |key, value| {
            let revision = codec::decode_u64(key).map_err(corrupt)?;
            let at = codec::decode_change_time(value).map_err(corrupt)?;
            if revision >= floor || at >= keep_from || count == PRUNED_AT_ONCE {
                return Ok(Break(()));
            }
            let (first, _) = due.unwrap_or((revision, revision));
            due = Some((first, revision));
            count += 1;
            Ok(Continue(()))
        })?;
        let Some((first, last)) = due else { return Ok(0) };
        let (first, end) = (first.to_be_bytes(), (last + 1).to_be_bytes());
        let mut writes = self.writes();
        writes.remove_range(Family::Changes, &first, &end)?;
        writes.commit_lazily()?;
        self.drop_files(Family::Changes, &first, &last.to_be_bytes())?;
        Ok(count)
    }

    /// Whether a pass over `history` is under way or due: one begins each day.
    pub fn sweep_is_due(&self, now: IysTime) -> Result<bool, StoreError> {
        let last = self.sweep()?;
        // The distance in either direction: a clock that was once wrong must not end all passes.
        Ok(last.is_none_or(|sweep| sweep.below.is_some() || sweep.begun.unix().abs_diff(now.unix()) >= DAY))
    }

    /// Takes the pass over `history` further, by `rows` movements and the rest of the cell that it is then in;
    /// begins one if none is under way. Removes the movements that were superseded so long ago that they
    /// need not be kept any more, never a current one.
    ///
    /// A movement counts as superseded from the moment a movement that outranks it was known here, or from
    /// that one's creationDate if that is later; and not before it was known itself.
    pub fn sweep_history(&self, now: IysTime, keep: HistoryRetention, rows: u64) -> Result<Swept, StoreError> {
        let _stepping = self.stepping.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = self.sweep()?.filter(|sweep| sweep.below.is_some());
        let Sweep { begun, below } = under_way.unwrap_or(Sweep { begun: now, below: None });
        let cutoff = keep.cutoff(now);
        let (mut view, mut due, mut seen, mut done) = (None, Due::default(), 0, true);
        self.walk_down(Family::History, below.as_ref().map(|cell| &cell[..]), |key, value| {
            let (cell, movement, known_since) = read(key, value)?;
            let first = view.as_ref().is_none_or(|view: &CellInView| view.cell != cell);
            if first && seen >= rows {
                done = false;
                return Ok(Break(()));
            }
            seen += 1;
            let before = view.take().filter(|_| !first);
            let mut now_in_view = before.unwrap_or(CellInView { cell, outranked_since: [None; Kind::COUNT] });
            let outranked_since = &mut now_in_view.outranked_since[Kind::of(&movement) as usize];
            if outranked_since.is_some_and(|since| since.max(known_since) <= cutoff) {
                due.push(self, movement, key)?;
            }
            let outranks_since = known_since.max(movement.created);
            *outranked_since = Some(outranked_since.map_or(outranks_since, |since| since.min(outranks_since)));
            view = Some(now_in_view);
            Ok(Continue(()))
        })?;
        due.remove(self)?;
        let below = view.filter(|_| !done).map(|view| view.cell);
        let mut writes = self.writes();
        writes.put(Family::Cursors, SWEEP_KEY, &codec::encode_sweep(&Sweep { begun, below }))?;
        writes.commit_lazily()?;
        Ok(Swept { seen, removed: due.removed, done })
    }

    /// Has the pass stand behind this vicinity if it stands in it, where the pseudonym of an erased recipient may
    /// be its place: what it has seen there it sees again. No step that began before ends after this.
    pub(super) fn leave_vicinity(&self, vicinity: Vicinity) -> Result<(), StoreError> {
        let _stepping = self.stepping.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Sweep { begun, below: Some(below) }) = self.sweep()? else { return Ok(()) };
        if !below.starts_with(&vicinity) {
            return Ok(());
        }
        let mut behind = [0xFF; CELL_LENGTH];
        behind[..vicinity.len()].copy_from_slice(&vicinity);
        let mut writes = self.writes();
        writes.put(Family::Cursors, SWEEP_KEY, &codec::encode_sweep(&Sweep { begun, below: Some(behind) }))?;
        writes.commit()
    }

    fn sweep(&self) -> Result<Option<Sweep>, StoreError> {
        let stored = self.get(Family::Cursors, SWEEP_KEY)?;
        let read = |bytes: Vec<u8>| codec::decode_sweep(&bytes);
        stored.map(read).transpose().map_err(|source| StoreError::Corrupt { family: "cursors", source })
    }
}

impl Due {
    fn push(&mut self, store: &Store, movement: HistoryKey, row: &[u8]) -> Result<(), StoreError> {
        let row = row.try_into().map_err(|_| corrupt(codec::InvalidBytes::Length))?;
        self.keys.push((movement, row));
        if self.keys.len() < REMOVED_AT_ONCE { Ok(()) } else { self.remove(store) }
    }

    /// Removes what is due, unless `consent` holds it after all: the order of the keys says that it cannot,
    /// and what is asked of the law is asked twice.
    fn remove(&mut self, store: &Store) -> Result<(), StoreError> {
        let mut relations: Vec<_> = self.keys.iter().map(|(key, _)| key.relation).collect();
        relations.sort_unstable();
        relations.dedup();
        let records = store.records(&relations)?;
        let mut writes = store.writes();
        for (key, row) in self.keys.drain(..) {
            let record = relations.binary_search(&key.relation).ok().and_then(|place| records[place]);
            if record.is_some_and(|record| holds(&record, &key)) {
                tracing::error!("a movement that consent holds is not the last of its history; it stays");
                continue;
            }
            writes.remove(Family::History, &row)?;
            self.removed += 1;
        }
        writes.commit_lazily()
    }
}

/// Cell, movement and when it was first known.
fn read(key: &[u8], value: &[u8]) -> Result<(CellBytes, HistoryKey, IysTime), StoreError> {
    let movement = HistoryKey::from_bytes(key).map_err(corrupt)?;
    let cell = *key.first_chunk::<CELL_LENGTH>().ok_or(corrupt(codec::InvalidBytes::Length))?;
    Ok((cell, movement, codec::decode_known_since(value).map_err(corrupt)?))
}

/// Whether a record is of this movement or observation.
fn holds(record: &Record, key: &HistoryKey) -> bool {
    if key.is_observation() {
        return record.observed(key.cell, key.status) == Some(key.created);
    }
    let current = record.get(key.cell);
    current.is_some_and(|current| (current.created, current.status, current.source) == (key.created, key.status, key.source))
}

const fn corrupt(source: codec::InvalidBytes) -> StoreError {
    StoreError::Corrupt { family: "history", source }
}
