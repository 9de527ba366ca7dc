//! What is shown of the store and its disk.

use super::cells::Gauge;
use super::page::Page;
use super::series;

/// What is shown of the store and its disk.
pub struct StoreSeries {
    /// 1 once a write error has stopped ingest.
    pub poisoned: Gauge,
    /// Bytes of sorted files in use.
    pub sst_bytes: Gauge,
    /// How many there are.
    pub sst_files: Gauge,
    /// Bytes of the write-ahead log.
    pub log_bytes: Gauge,
    /// Bytes of writes in memory.
    pub memtable_bytes: Gauge,
    /// Bytes of blocks in its cache.
    pub cache_bytes: Gauge,
    /// Bytes that are still to be compacted.
    pub pending_bytes: Gauge,
    /// Compactions under way.
    pub compactions: Gauge,
    /// 1 while writes are slowed down.
    pub delayed: Gauge,
    /// 1 while writes stand.
    pub stopped: Gauge,
    /// Free bytes of the disk.
    pub disk_free: Gauge,
    /// Its size.
    pub disk_size: Gauge,
}

impl StoreSeries {
    pub(super) fn new(page: &Page) -> Self {
        let gauge = |series| page.gauge(series, &[]);
        Self {
            poisoned: gauge(&series::POISONED),
            sst_bytes: gauge(&series::STORE_BYTES),
            sst_files: gauge(&series::STORE_FILES),
            log_bytes: gauge(&series::STORE_LOG),
            memtable_bytes: gauge(&series::STORE_MEMORY),
            cache_bytes: gauge(&series::STORE_CACHE),
            pending_bytes: gauge(&series::COMPACTION_PENDING),
            compactions: gauge(&series::COMPACTIONS),
            delayed: gauge(&series::WRITES_DELAYED),
            stopped: gauge(&series::WRITES_STOPPED),
            disk_free: gauge(&series::DISK_FREE),
            disk_size: gauge(&series::DISK_SIZE),
        }
    }
}
