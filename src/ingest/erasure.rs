//! Erasures (KVKK): which movements are ignored because their recipient was erased, and what an erasure takes away.
//!
//! An erasure is part of the set that decides what a cell holds: a movement registered at or before it is
//! ignored, whether it comes before or after, so any order of the two leads to the same. That goes for every way
//! in, since every way leads through the one writer: files, streams, pushes, reconciled days, sweeps, retailers'
//! access. What is registered later is another matter, and counts.
//!
//! The closure of a line stays: it is a fact about the number, İYS may still have to be told of it (11/9), and it
//! only ever refuses. So what is learned of an erased recipient later is closed from the start, as with anyone;
//! until then nothing is on record.

use crate::ingest::commit_batch::{Changed, Map};
use crate::model::brand::BrandCode;
use crate::model::consent::erasure::Tombstone;
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::movement::{CLOCK_TOLERANCE, Movement};
use crate::model::consent::record::Record;
use crate::model::consent::retention::HistoryRetention;
use crate::model::consent::state::State;
use crate::model::time::IysTime;
use crate::ports::{Erased, Erasure, Retained};
use crate::store::codec::{HistoryKey, OpenErasure, Vicinity};
use crate::store::{Commit, KnownMovement, LogScan, Store, StoreError};
use std::collections::BTreeMap;

/// Up to when each recipient was erased, by brand and for every one. Some 60 bytes for each erasure that is on
/// file: they are asked of people one by one, and a million are 60 MB.
#[derive(Default)]
pub(super) struct Erasures(Map<(Pseudonym, Option<BrandCode>), IysTime>);

/// An erasure held against what is on file: what is left is to commit it.
pub(super) struct Erasing<'a> {
    commit: Commit<'a>,
    tombstones: Vec<Tombstone>,
    pub(super) changed: Changed,
    pub(super) done: Erased,
    /// What 13/2 has kept, if anything.
    pub(super) retained: Option<Retained>,
}

/// What is taken from one recipient.
#[derive(Default)]
struct Taken {
    movements: Vec<HistoryKey>,
    /// What is left of every relation that anything was taken from.
    states: BTreeMap<RelationKey, State>,
}

impl Erasures {
    /// Those on file.
    pub(super) fn load(store: &Store) -> Result<Self, StoreError> {
        let mut erasures = Self::default();
        erasures.note(&store.tombstones()?);
        Ok(erasures)
    }

    pub(super) fn note(&mut self, tombstones: &[Tombstone]) {
        for Tombstone { recipient, brand, erased, .. } in tombstones {
            let until = self.0.entry((*recipient, *brand)).or_insert(*erased);
            *until = (*until).max(*erased);
        }
    }

    /// Up to when a recipient was erased for a brand, be it for this one or for every one. With no brand: for
    /// every one.
    fn until_of(&self, recipient: Pseudonym, brand: Option<BrandCode>) -> Option<IysTime> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(recipient, None)).max(self.0.get(&(recipient, brand))).copied()
    }

    /// Up to when nothing of a relation is taken in.
    pub(super) fn until(&self, relation: &RelationKey) -> Option<IysTime> {
        self.until_of(relation.pseudonym, Some(relation.brand))
    }

    /// Whether a movement is of before its recipient was erased.
    pub(super) fn ignores(&self, movement: &Movement) -> bool {
        self.until(&movement.relation).is_some_and(|until| movement.date() <= until)
    }

    /// Prepares an erasure behind a revision, one revision for each form of the address; none if one as late and
    /// as wide is on file. `scan` is how far the change log was read for it beside the writer.
    pub(super) fn prepare<'a>(
        &self,
        store: &'a Store,
        asked: &Erasure,
        scan: LogScan,
        revision: u64,
        now: IysTime,
    ) -> Result<Option<Erasing<'a>>, StoreError> {
        let brand = asked.brand;
        let erased = asked.erased.map_or_else(|| up_to_receipt(store, asked, now), Ok)?;
        let news = |recipient: &&Pseudonym| self.until_of(**recipient, brand).is_none_or(|until| until < erased);
        let recipients: Vec<Pseudonym> = asked.recipients.iter().filter(news).copied().collect();
        if recipients.is_empty() {
            return Ok(None);
        }
        let done = Erased { revision, relations: 0, movements: 0 };
        let (commit, changed) = (store.begin(), Changed::default());
        let mut erasing = Erasing { commit, tombstones: Vec::new(), changed, done, retained: None };
        let untold =
            store.changes_without(scan, |relation| asked.concerns(relation) && recipients.contains(&relation.pseudonym))?;
        for (told, row) in &untold.rows {
            erasing.commit.told_anew(*told, row)?;
        }
        let told: Vec<u64> = untold.rows.iter().map(|(told, _)| *told).collect();
        for recipient in recipients {
            let mut taken = erasing.take(store, recipient, brand, erased, now)?;
            // Whoever follows the log may have heard of these, and does not find what they heard there any more.
            for relation in untold.relations.iter().filter(|relation| relation.pseudonym == recipient) {
                taken.states.entry(*relation).or_insert(State::EMPTY);
            }
            erasing.leave(recipient, asked, erased, taken, &told, now)?;
        }
        Ok(Some(erasing))
    }
}

impl Erasing<'_> {
    /// Takes away what is on file of a recipient.
    fn take(
        &mut self,
        store: &Store,
        recipient: Pseudonym,
        brand: Option<BrandCode>,
        erased: IysTime,
        now: IysTime,
    ) -> Result<Taken, StoreError> {
        let mut taken = Taken::default();
        let movements = store.movements_with(recipient, brand)?;
        let retained = retained(&movements, erased, now);
        self.retained = [self.retained, retained].into_iter().flatten().reduce(Retained::and);
        let gone = movements.iter().filter(|movement| movement.date <= erased);
        taken.movements = gone.map(|movement| movement.key).collect();
        for key in &taken.movements {
            self.commit.no_history(key)?;
        }
        for (relation, mut record) in store.relations_with(recipient, brand)? {
            let before = record;
            record.erase(erased);
            take_up(store, &relation, &before, &mut record, &movements, erased)?;
            if record.is_blank() {
                self.commit.no_record(&relation)?;
                taken.states.insert(relation, State::EMPTY);
            } else {
                // Told again even where nothing changed: what told of it before may be gone from the log.
                taken.states.insert(relation, record.state());
                self.commit.record(&relation, &record)?;
            }
            self.done.relations += u64::from(record != before || record.is_blank());
        }
        Ok(taken)
    }

    /// Writes what is left: the tombstone, the batch of the change log, the note of what is still to do.
    fn leave(
        &mut self,
        recipient: Pseudonym,
        asked: &Erasure,
        erased: IysTime,
        taken: Taken,
        told: &[u64],
        now: IysTime,
    ) -> Result<(), StoreError> {
        let Erasure { brand, ref reason, .. } = *asked;
        self.done.revision += 1;
        self.done.movements += taken.movements.len() as u64;
        let revision = self.done.revision;
        let tombstone = Tombstone { recipient, brand, erased, reasoned: reason.is_some(), revision, known_since: now };
        self.commit.tombstone(&tombstone)?;
        self.tombstones.push(tombstone);
        let vicinity: Vicinity = [recipient.0[0], recipient.0[1]];
        let open = OpenErasure { revision, vicinity, told: told.to_vec(), reason: reason.clone() };
        let states: Vec<_> = taken.states.into_iter().collect();
        self.commit.erased(&open, now, &states)?;
        self.changed.known.extend(states.iter().map(|(relation, state)| (relation.hash(), *state)));
        Ok(())
    }

    /// Makes it durable; what keeps the recipients out from then on.
    pub(super) fn commit(mut self, now: IysTime) -> Result<Vec<Tombstone>, StoreError> {
        self.commit.committed(now)?;
        self.commit.commit()?;
        Ok(self.tombstones)
    }
}

/// Has every cell that lost its current movement hold the latest that is left of it: an approval that is later than the receipt of
/// an erased refusal, and had ranked below it by the tolerance of our clock.
fn take_up(
    store: &Store,
    relation: &RelationKey,
    before: &Record,
    record: &mut Record,
    movements: &[KnownMovement],
    erased: IysTime,
) -> Result<(), StoreError> {
    for (cell, _) in before.cells() {
        let is_left = |movement: &&KnownMovement| {
            let HistoryKey { relation: of, cell: at, .. } = movement.key;
            (of, at) == (*relation, cell) && !movement.key.is_observation() && movement.date > erased
        };
        // Keys ascend in the order of precedence.
        let Some(KnownMovement { key, .. }) = movements.iter().rfind(is_left).filter(|_| record.get(cell).is_none()) else {
            continue;
        };
        let Some(value) = store.history_values(&[key.to_bytes()])?.pop().flatten() else { continue };
        record.set(cell, key.record(&value));
    }
    Ok(())
}

/// The moment up to which an erasure of everything reaches: its receipt, or the latest movement on record that another
/// clock dated ahead of it.
fn up_to_receipt(store: &Store, asked: &Erasure, now: IysTime) -> Result<IysTime, StoreError> {
    let mut latest = now;
    for recipient in &asked.recipients {
        let dates = store.movements_with(*recipient, asked.brand)?.into_iter().map(|movement| movement.date);
        latest = dates.filter(|date| *date <= now.plus(CLOCK_TOLERANCE)).fold(latest, IysTime::max);
    }
    Ok(latest)
}

/// The consents and refusals up to `erased` that 13/2 has kept at `now`, among all movements of a recipient in
/// the order of their keys; none if there are none.
///
/// A movement is superseded from the moment one that outranks it was known here, or from that one's creationDate
/// if that is later; the current one of a cell is not. Observations and retailers' access are neither.
fn retained(movements: &[KnownMovement], erased: IysTime, now: IysTime) -> Option<Retained> {
    let is_consent = |key: &HistoryKey| key.relation.retailer.get() == 0 && !key.is_observation();
    let consents: Vec<_> = movements.iter().filter(|movement| is_consent(&movement.key)).collect();
    let mut found = Retained { records: 0, current: 0, until: None };
    for cell in consents.chunk_by(|one, other| (one.key.relation, one.key.cell) == (other.key.relation, other.key.cell)) {
        // From the current one down: keys ascend in the order of precedence.
        let mut outranked_since: Option<IysTime> = None;
        for KnownMovement { date, known_since, .. } in cell.iter().rev().copied() {
            let until = outranked_since.map(|since| HistoryRetention::SHORTEST.until(since.max(*known_since)));
            if *date <= erased && until.is_none_or(|until| until > now) {
                found.records += 1;
                found.current += u64::from(until.is_none());
                found.until = found.until.max(until);
            }
            let outranks_since = *date.max(known_since);
            outranked_since = Some(outranked_since.map_or(outranks_since, |since| since.min(outranks_since)));
        }
    }
    (found.records > 0).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::RetailerCode;
    use crate::model::consent::channel::Cell;
    use crate::model::consent::retention::DAY;
    use crate::model::consent::source::{Source, SourceCode};
    use crate::model::consent::state::Status;

    const KEPT: u32 = HistoryRetention::SHORTEST_DAYS * DAY;

    const fn at(seconds: u32) -> IysTime {
        IysTime::from_unix(seconds)
    }

    fn movement(retailer: u32, cell: usize, created: u32, status: Status) -> HistoryKey {
        let of_brand = RelationKey::of_brand(Pseudonym([7; 16]), BrandCode::new(7).unwrap());
        let relation = RelationKey { retailer: RetailerCode::new(retailer), ..of_brand };
        HistoryKey { relation, cell: Cell::ALL[cell], created: at(created), status, source: SourceCode::from_stored(6) }
    }

    fn known_since(key: HistoryKey, known_since: IysTime) -> KnownMovement {
        KnownMovement { key, date: key.created, known_since }
    }

    /// Known as they were registered.
    fn known(movements: &[HistoryKey]) -> Vec<KnownMovement> {
        let mut known: Vec<_> = movements.iter().map(|key| known_since(*key, key.created)).collect();
        known.sort_unstable_by_key(|movement| movement.key.to_bytes());
        known
    }

    #[test]
    fn what_is_current_or_superseded_lately_is_kept() {
        let [first, second, third] =
            [(10, Status::Onay), (20, Status::Ret), (30, Status::Onay)].map(|(created, status)| movement(0, 2, created, status));
        let all = known(&[first, second, third]);
        let kept = |erased, now| retained(&all, at(erased), at(now));
        let of = |records, current, until: u32| Some(Retained { records, current, until: Some(at(until)) });
        assert_eq!(kept(30, 40), of(3, 1, 30 + KEPT));
        assert_eq!(kept(20, 40), of(2, 0, 30 + KEPT));
        assert_eq!(kept(10, 40), of(1, 0, 20 + KEPT));
        assert_eq!(kept(9, 40), None, "nothing is of before that");
        assert_eq!(kept(20, 19 + KEPT), of(2, 0, 30 + KEPT));
        assert_eq!(kept(20, 20 + KEPT), of(1, 0, 30 + KEPT));
        assert_eq!(kept(20, 30 + KEPT), None);
        assert_eq!(kept(30, 30 + KEPT), Some(Retained { records: 1, current: 1, until: None }), "it is current for ever");
    }

    #[test]
    fn it_is_superseded_from_when_that_was_known() {
        let [first, second] = [10, 20].map(|created| movement(0, 2, created, Status::Onay));
        let of = |since: [u32; 2]| vec![known_since(first, at(since[0])), known_since(second, at(since[1]))];
        let (late, early) = (of([10, 90]), of([90, 20]));
        for known in [late, early] {
            assert_eq!(retained(&known, at(10), at(100)).and_then(|retained| retained.until), Some(at(90 + KEPT)));
        }
    }

    #[test]
    fn an_observation_and_access_of_a_retailer_are_no_records() {
        let seen = |status| HistoryKey { source: Source::SWEEP.code(), ..movement(0, 2, 10, status) };
        let [absent, listed] = [Status::Yok, Status::Onay].map(seen);
        assert_eq!(retained(&known(&[absent, listed, movement(5, 2, 10, Status::Onay)]), at(30), at(40)), None);
        let two_cells = known(&[movement(0, 0, 10, Status::Onay), movement(0, 2, 10, Status::Ret), absent, listed]);
        assert_eq!(retained(&two_cells, at(30), at(40)), Some(Retained { records: 2, current: 2, until: None }));
    }

    #[test]
    fn the_latest_of_several_counts_be_it_for_one_brand_or_every_one() {
        let (recipient, brand) = (Pseudonym([7; 16]), BrandCode::new(7).unwrap());
        let tombstone =
            |brand, erased| Tombstone { recipient, brand, erased: at(erased), reasoned: false, revision: 1, known_since: at(1) };
        let mut erasures = Erasures::default();
        let until = |erasures: &Erasures, brand: u32| {
            erasures.until(&RelationKey::of_brand(recipient, BrandCode::new(brand).unwrap())).map(IysTime::unix)
        };
        assert_eq!(until(&erasures, 7), None);
        erasures.note(&[tombstone(Some(brand), 10), tombstone(None, 5)]);
        assert_eq!((until(&erasures, 7), until(&erasures, 8)), (Some(10), Some(5)));
        erasures.note(&[tombstone(None, 20), tombstone(Some(brand), 9)]);
        assert_eq!((until(&erasures, 7), until(&erasures, 8)), (Some(20), Some(20)));
        let other = RelationKey::of_brand(Pseudonym([8; 16]), brand);
        assert_eq!(erasures.until(&other), None);
    }
}
