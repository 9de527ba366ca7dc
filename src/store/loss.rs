//! Continuation of a store that lost its end.

use super::codec::Change;
use super::error::StoreError;
use super::rocks::Store;
use crate::model::brand::{Brand, BrandCode, Feed};
use crate::model::feed::{Gap, Stream};
use crate::model::time::IysTime;

impl Store {
    /// Notes that every brand may have taken in something from `since` to `now` that is not here, as in a store that was restored.
    /// Returns the gaps.
    pub fn note_missed(&self, since: IysTime, now: IysTime) -> Result<Vec<Gap>, StoreError> {
        let mut commit = self.begin();
        let mut gaps = Vec::new();
        for brand in self.brands()? {
            let gap = self.missed(brand.code, since, now)?;
            commit.gap(&gap)?;
            gaps.push(gap);
        }
        commit.commit()?;
        Ok(gaps)
    }

    /// Has the store continue with `revision`, far beyond all that were ever given: none of those between is given to other content. Every
    /// brand misses everything that may have come since, in one batch with the revision. Returns the gaps.
    ///
    /// What İYS registered for a brand that follows it was seen up to where both streams were complete; of what came otherwise
    /// no record is left. The change log gets a hole, so a follower gets `WATCH_GAP` and begins again.
    pub fn accept_loss(&self, revision: u64, now: IysTime) -> Result<Vec<Gap>, StoreError> {
        let mut commit = self.begin();
        let mut gaps = Vec::new();
        for brand in self.brands()? {
            let gap = self.missed(brand.code, self.seen_until(&brand)?, now)?;
            commit.gap(&gap)?;
            gaps.push(gap);
        }
        commit.revision(revision, &Change { at: now, states: Vec::new(), new: 0 })?;
        commit.commit()?;
        Ok(gaps)
    }

    /// Returns the gap of a brand that misses what came from `since` to `now`, joined with the one that it has.
    fn missed(&self, brand: BrandCode, since: IysTime, now: IysTime) -> Result<Gap, StoreError> {
        let missed = Gap { brand, from: since, to: now, found: now };
        Ok(self.gap(brand)?.map_or(missed, |before| before.joined(missed)))
    }

    /// Up to when all that İYS registered for a brand was seen; 1970 where nothing says so.
    fn seen_until(&self, brand: &Brand) -> Result<IysTime, StoreError> {
        let beginning = IysTime::from_unix(0);
        if matches!(brand.feed, Feed::Import) {
            return Ok(beginning);
        }
        let positions = self.positions()?;
        let ends: Vec<IysTime> =
            positions.iter().filter(|(of, ..)| *of == brand.code).map(|(_, _, position)| position.complete_to).collect();
        let earliest = ends.iter().min().filter(|_| ends.len() == Stream::ALL.len());
        Ok(earliest.copied().unwrap_or(beginning))
    }
}
