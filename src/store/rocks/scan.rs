//! Walks that may end early, and removal: what retention needs of RocksDB.

use super::{Family, Store, Writes, handle_of};
use crate::store::error::StoreError;
use rocksdb::{ReadOptions, WriteOptions};
use std::ops::ControlFlow;

/// Entries that are read at once where several families are walked.
const ROWS_AT_ONCE: usize = 4_096;

/// Some entries, and the key from which to read on; none at the end.
type SomeRows<T> = (Vec<Result<T, StoreError>>, Option<Vec<u8>>);

/// Whether a walk goes on.
type Step = Result<ControlFlow<()>, StoreError>;

impl Store {
    /// Entries in ascending order, until `each` has seen enough.
    pub(in crate::store) fn walk_up(
        &self,
        family: Family,
        from: &[u8],
        mut each: impl FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        let db = self.db()?;
        let mut rows = db.raw_iterator_cf_opt(handle_of(&db, family)?, options());
        rows.seek(from);
        while let Some((key, value)) = rows.item() {
            if each(key, value)?.is_break() {
                return Ok(());
            }
            rows.next();
        }
        rows.status().map_err(|error| self.failed(&error))
    }

    /// Entries in descending order, from the last one whose key is below `below`, until `each` has seen
    /// enough.
    pub(in crate::store) fn walk_down(
        &self,
        family: Family,
        below: Option<&[u8]>,
        mut each: impl FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        let mut options = options();
        if let Some(below) = below {
            options.set_iterate_upper_bound(below);
        }
        let db = self.db()?;
        let mut rows = db.raw_iterator_cf_opt(handle_of(&db, family)?, options);
        rows.seek_to_last();
        while let Some((key, value)) = rows.item() {
            if each(key, value)?.is_break() {
                return Ok(());
            }
            rows.prev();
        }
        rows.status().map_err(|error| self.failed(&error))
    }

    /// The entries under each of these prefixes, which ascend.
    pub(in crate::store) fn walk_under<P: AsRef<[u8]>>(
        &self,
        family: Family,
        prefixes: impl IntoIterator<Item = P>,
        mut each: impl FnMut(&[u8], &[u8]) -> Step,
    ) -> Result<(), StoreError> {
        let db = self.db()?;
        let mut rows = db.raw_iterator_cf_opt(handle_of(&db, family)?, options());
        for prefix in prefixes {
            rows.seek(&prefix);
            while let Some((key, value)) = rows.item().filter(|(key, _)| key.starts_with(prefix.as_ref())) {
                if each(key, value)?.is_break() {
                    return Ok(());
                }
                rows.next();
            }
            rows.status().map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }

    /// Every entry in ascending order, one at a time: for who walks several families at once. They are read a few
    /// thousand at a time, so nothing may be written meanwhile. After an error there is nothing more to be had of it.
    pub(in crate::store) fn rows<T>(
        &self,
        family: Family,
        decode: impl Fn(&[u8], &[u8]) -> Result<T, StoreError>,
    ) -> impl Iterator<Item = Result<T, StoreError>> {
        let mut from = Some(Vec::new());
        std::iter::from_fn(move || {
            let (read, next) = match self.some_rows(family, &from.take()?, &decode) {
                Ok((rows, next)) => (rows, next),
                Err(error) => (vec![Err(error)], None),
            };
            from = next;
            Some(read)
        })
        .flatten()
    }

    /// Some entries from a key on, and the key from which to read on; none at the end.
    fn some_rows<T>(
        &self,
        family: Family,
        from: &[u8],
        decode: &impl Fn(&[u8], &[u8]) -> Result<T, StoreError>,
    ) -> Result<SomeRows<T>, StoreError> {
        let mut options = options();
        options.set_readahead_size(2 << 20);
        let db = self.db()?;
        let mut rows = db.raw_iterator_cf_opt(handle_of(&db, family)?, options);
        rows.seek(from);
        let mut read = Vec::with_capacity(ROWS_AT_ONCE);
        while let Some((key, value)) = rows.item() {
            if read.len() == ROWS_AT_ONCE {
                return Ok((read, Some(key.to_vec())));
            }
            read.push(decode(key, value));
            rows.next();
        }
        rows.status().map_err(|error| self.failed(&error))?;
        Ok((read, None))
    }

    /// Gives back the files that hold nothing but keys from `first` to `last`, both included, without
    /// waiting for a compaction. The keys must have been removed before.
    pub(in crate::store) fn drop_files(&self, family: Family, first: &[u8], last: &[u8]) -> Result<(), StoreError> {
        let db = self.db()?;
        db.delete_file_in_range_cf(handle_of(&db, family)?, first, last).map_err(|error| self.failed(&error))
    }
}

impl Writes<'_> {
    pub(in crate::store) fn remove(&mut self, family: Family, key: &[u8]) -> Result<(), StoreError> {
        self.delete(family, key)
    }

    /// Removes every key from `first` up to `end`, which is not removed: one mark, however many there are.
    pub(in crate::store) fn remove_range(&mut self, family: Family, first: &[u8], end: &[u8]) -> Result<(), StoreError> {
        let (db, batch) = self.parts()?;
        batch.delete_range_cf(handle_of(db, family)?, first, end);
        Ok(())
    }

    /// Hands the writes over without waiting for the disk, and behind everything else where compaction lags:
    /// for what may be done again after a crash.
    pub(in crate::store) fn commit_lazily(self) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_low_pri(true);
        self.write(&options)
    }
}

/// Each row is seen once: it must not push hot blocks out of the cache.
fn options() -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_total_order_seek(true);
    options.fill_cache(false);
    options
}
