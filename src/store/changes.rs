//! The change log: what each batch changed, in the order of revisions.

use super::codec::{self, Change};
use super::error::StoreError;
use super::rocks::{Family, Store};
use std::ops::ControlFlow::Continue;
use xxhash_rust::xxh3::xxh3_128;

impl Store {
    /// A hash of the batch of `revision` as it is stored: of two logs that have gone different ways it tells
    /// which one somebody means. 0 for revision 0, before the first batch; none if the batch is not kept.
    pub fn change_fingerprint(&self, revision: u64) -> Result<Option<u128>, StoreError> {
        if revision == 0 {
            return Ok(Some(0));
        }
        Ok(self.get(Family::Changes, &revision.to_be_bytes())?.map(|row| xxh3_128(&row)))
    }

    /// Every batch after `revision` with its own revision, in order. There may be holes: the caller looks.
    pub fn each_change_after(&self, revision: u64, mut each: impl FnMut(u64, Change)) -> Result<(), StoreError> {
        let corrupt = |source| StoreError::Corrupt { family: "changes", source };
        self.walk_up(Family::Changes, &(revision + 1).to_be_bytes(), |key, value| {
            each(codec::decode_u64(key).map_err(corrupt)?, codec::decode_change(value).map_err(corrupt)?);
            Ok(Continue(()))
        })
    }
}
