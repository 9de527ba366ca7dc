//! How RocksDB is set up, each setting with its reason.

use super::Family;
use rocksdb::{BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, SliceTransform};

/// How the store uses disk and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How blocks are compressed.
    pub compression: Compression,
    /// Bytes of the block cache.
    pub cache_bytes: usize,
    /// Bytes of one write buffer; each of the busy families holds up to three.
    pub write_buffer_bytes: usize,
}

/// How blocks are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Fast; the default.
    Lz4,
    /// Smaller.
    Zstd,
}

impl Default for Options {
    fn default() -> Self {
        Self { compression: Compression::Lz4, cache_bytes: 256 << 20, write_buffer_bytes: 64 << 20 }
    }
}

pub(super) fn base_options() -> rocksdb::Options {
    let mut options = rocksdb::Options::default();
    // Two background threads: compaction must not take every core from answers.
    options.set_max_background_jobs(2);
    // Its own log file is for support; keep few and small.
    options.set_keep_log_file_num(4);
    options.set_max_log_file_size(8 << 20);
    // A torn write at the end of the log is what a kill leaves; anything else is damage.
    options.set_wal_recovery_mode(rocksdb::DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_bytes_per_sync(1 << 20);
    options
}

pub(super) fn families(options: &Options) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(options.cache_bytes);
    let descriptor = |family: Family| ColumnFamilyDescriptor::new(family.name(), family_options(family, options, &cache));
    Family::ALL.into_iter().map(descriptor).collect()
}

pub(super) fn family_options(family: Family, options: &Options, cache: &Cache) -> rocksdb::Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_format_version(6);
    // Most keys that ingest asks for are new: a filter answers "not here" without a disk read.
    table.set_bloom_filter(10.0, false);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    let mut made = rocksdb::Options::default();
    made.set_block_based_table_factory(&table);
    made.set_compression_type(match options.compression {
        Compression::None => DBCompressionType::None,
        Compression::Lz4 => DBCompressionType::Lz4,
        Compression::Zstd => DBCompressionType::Zstd,
    });
    made.set_level_compaction_dynamic_level_bytes(true);
    if matches!(family, Family::Consent | Family::History) {
        // All that is known of one recipient lies under one prefix.
        made.set_prefix_extractor(SliceTransform::create_fixed_prefix(16));
        made.set_write_buffer_size(options.write_buffer_bytes);
        made.set_max_write_buffer_number(3);
        made.set_memtable_whole_key_filtering(true);
        made.set_memtable_prefix_bloom_ratio(0.05);
    }
    made
}
