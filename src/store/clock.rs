//! Times that a store keeps of the clocks that it was written under: no later process takes its data for younger than an earlier
//! one did, whatever its own clock shows.

use super::codec;
use super::error::StoreError;
use super::meta::corrupt;
use super::rocks::{Family, Store, Writes};
use crate::model::brand::BrandCode;
use crate::model::time::IysTime;
use crate::sys::clock::Clock;

/// The latest that a clock showed by when something was answered, in Unix seconds.
const SEEN: &[u8] = b"clock_seen";
/// The commit up to which an operator declared the dates of commits to be those of a clock that was ahead, in Unix seconds.
const ACCEPTED: &[u8] = b"clock_accepted";

/// Dates of a clock that was ahead, which no age is reckoned from any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockAccepted {
    /// The latest of them.
    pub latest: IysTime,
    /// Brands whose last import has such a date: their age is unknown until the next one.
    pub undated: Vec<BrandCode>,
}

impl Store {
    /// Keeps the latest reading of a clock from now on: with batches that are written anyway, and every few seconds in which
    /// something is answered.
    pub fn keep_clock(&self, clock: Clock) {
        let _ = self.clock.set(clock);
    }

    /// Puts the latest reading of the clock into a batch.
    pub(super) fn put_clock(&self, writes: &mut Writes<'_>) -> Result<(), StoreError> {
        let Some(clock) = self.clock.get() else { return Ok(()) };
        writes.put(Family::Meta, SEEN, &clock.moment().latest.unix().to_be_bytes())
    }

    /// The latest that a clock showed under which this store was written; none before the first commit. Ages are reckoned from no
    /// earlier time.
    pub fn clock_seen(&self) -> Result<Option<IysTime>, StoreError> {
        let accepted = self.time(ACCEPTED)?;
        let committed = self.committed()?.filter(|committed| Some(*committed) > accepted);
        Ok(self.time(SEEN)?.max(committed))
    }

    /// Forgets dates after `now` for all ages, in one batch: they are those of a clock that was ahead. What is received later still
    /// ranks behind the last commit. None if there is no such date.
    pub fn accept_clock(&self, now: IysTime) -> Result<Option<ClockAccepted>, StoreError> {
        let mut latest = self.clock_seen()?.filter(|seen| *seen > now);
        let mut undated = Vec::new();
        let mut writes = self.writes();
        for brand in self.brands()? {
            let Some(imported) = self.import_cursor(brand.code)?.filter(|imported| *imported > now) else { continue };
            writes.delete(Family::Cursors, &codec::import_cursor_key(brand.code))?;
            undated.push(brand.code);
            latest = latest.max(Some(imported));
        }
        let Some(latest) = latest else { return Ok(None) };
        if let Some(committed) = self.committed()?.filter(|committed| *committed > now) {
            writes.put(Family::Meta, ACCEPTED, &committed.unix().to_be_bytes())?;
        }
        writes.put(Family::Meta, SEEN, &now.unix().to_be_bytes())?;
        writes.commit()?;
        Ok(Some(ClockAccepted { latest, undated }))
    }

    fn time(&self, key: &[u8]) -> Result<Option<IysTime>, StoreError> {
        let stored = self.get(Family::Meta, key)?;
        stored.map(|bytes| codec::decode_u32(&bytes).map(IysTime::from_unix).map_err(corrupt)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::super::rocks::Options;
    use super::*;
    use crate::model::brand::{Brand, IysCode};
    use crate::model::secret::pseudonym::{Pseudonymizer, Secret};
    use crate::ports::{EvidenceMark, EvidenceMemory};

    const NOW: IysTime = IysTime::from_unix(1_800_000_000);

    fn store(dir: &tempfile::TempDir) -> Store {
        Store::open(dir.path(), &Options::default(), &Pseudonymizer::new(&Secret::from_bytes([7; 32])), 1).unwrap()
    }

    fn commit(store: &Store, at: IysTime) {
        let mut commit = store.begin();
        commit.committed(at).unwrap();
        commit.commit().unwrap();
    }

    #[test]
    fn the_latest_reading_is_kept_with_what_is_remembered_of_the_evidence() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir);
        assert_eq!(store.clock_seen().unwrap(), None);
        commit(&store, NOW);
        assert_eq!(store.clock_seen().unwrap(), Some(NOW));
        store.keep_clock(Clock::of(|| NOW.plus(9)));
        store.offer(&EvidenceMark::default());
        store.keep().unwrap();
        assert_eq!((store.clock_seen().unwrap(), store.committed().unwrap()), (Some(NOW.plus(9)), Some(NOW)));
    }

    #[test]
    fn dates_of_a_clock_that_was_ahead_are_forgotten_for_ages_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir);
        let (code, ahead) = (BrandCode::new(7).unwrap(), NOW.plus(86_400));
        commit(&store, NOW);
        assert_eq!(store.accept_clock(NOW).unwrap(), None);
        let mut batch = store.begin();
        batch.brand(&Brand::imported(code, IysCode::new(7).unwrap(), "Örnek".to_owned())).unwrap();
        batch.import_cursor(code, ahead).unwrap();
        batch.committed(ahead).unwrap();
        batch.commit().unwrap();
        let accepted = ClockAccepted { latest: ahead, undated: vec![code] };
        assert_eq!(store.accept_clock(NOW).unwrap(), Some(accepted));
        assert_eq!((store.clock_seen().unwrap(), store.committed().unwrap()), (Some(NOW), Some(ahead)));
        assert_eq!((store.import_cursor(code).unwrap(), store.accept_clock(NOW).unwrap()), (None, None));
        commit(&store, ahead);
        assert_eq!(store.clock_seen().unwrap(), Some(NOW), "what is received still ranks behind the last commit");
        commit(&store, ahead.plus(1));
        assert_eq!(store.clock_seen().unwrap(), Some(ahead.plus(1)), "it has caught up");
    }
}
