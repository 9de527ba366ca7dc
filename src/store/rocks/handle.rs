//! The open database. It can be closed and opened again while others hold the store: after a write that failed, RocksDB
//! takes no further one until then.

use crate::store::error::StoreError;
use rocksdb::DB;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Time that reads under way have to end before the database is closed under them.
const READS: Duration = Duration::from_secs(5);
/// Interval between two looks at whether they have.
const LOOK: Duration = Duration::from_millis(5);

/// The open database; none while it is closed.
pub(super) struct Handle(RwLock<Option<Arc<DB>>>);

impl Handle {
    pub(super) fn new(db: DB) -> Self {
        Self(RwLock::new(Some(Arc::new(db))))
    }

    /// The database, which stays open for as long as this is held. Nobody waits for one that is closed: whoever holds
    /// another would keep it from being opened.
    pub(super) fn get(&self) -> Result<Arc<DB>, StoreError> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)
    }

    /// Closes the database, if it is open, and opens it again. On an error it is closed, or as it was if reads of it do
    /// not end.
    pub(super) fn reopen(&self, open: impl FnOnce() -> Result<DB, StoreError>) -> Result<(), StoreError> {
        if let Some(held) = self.set(None)
            && let Err(held) = close(held)
        {
            self.set(Some(held));
            return Err(StoreError::Busy);
        }
        self.set(Some(Arc::new(open()?)));
        Ok(())
    }

    fn set(&self, db: Option<Arc<DB>>) -> Option<Arc<DB>> {
        std::mem::replace(&mut self.0.write().unwrap_or_else(PoisonError::into_inner), db)
    }
}

/// Closes a database once nobody else holds it; gives it back if somebody does for too long.
fn close(mut held: Arc<DB>) -> Result<(), Arc<DB>> {
    let begun = Instant::now();
    loop {
        match Arc::try_unwrap(held) {
            Ok(db) => {
                // A flush that waits for room would be waited for.
                db.cancel_all_background_work(true);
                drop(db);
                return Ok(());
            }
            Err(still) if begun.elapsed() >= READS => return Err(still),
            Err(still) => held = still,
        }
        std::thread::park_timeout(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &std::path::Path) -> DB {
        let mut options = rocksdb::Options::default();
        options.create_if_missing(true);
        DB::open(&options, path).unwrap()
    }

    #[test]
    fn it_is_closed_and_opened_again_and_reads_hold_it_open() {
        let dir = tempfile::tempdir().unwrap();
        let handle = Handle::new(open(dir.path()));
        handle.get().unwrap().put(b"a", b"1").unwrap();
        handle.reopen(|| Ok(open(dir.path()))).unwrap();
        assert_eq!(handle.get().unwrap().get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
        let read = handle.get().unwrap();
        assert!(matches!(handle.reopen(|| panic!("it is held")), Err(StoreError::Busy)));
        assert_eq!(handle.get().unwrap().get(b"a").unwrap().as_deref(), Some(&b"1"[..]), "as it was");
        drop(read);
        let failed = handle.reopen(|| Err(StoreError::WrongSecret));
        assert!(matches!(failed, Err(StoreError::WrongSecret)) && matches!(handle.get(), Err(StoreError::Closed)));
        handle.reopen(|| Ok(open(dir.path()))).unwrap();
        assert_eq!(handle.get().unwrap().get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    }
}
