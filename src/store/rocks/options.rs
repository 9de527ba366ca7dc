//! How RocksDB is set up, each setting with its reason. What is not set is at RocksDB's default.
//!
//! The load: `consent` and `history` hold 100 million to a billion short entries under uniformly random
//! keys. The writer asks for thousands of keys at a time, most of which are not there; boot reads `consent`
//! from end to end; bulk import hands over sorted files; answers never come here. One writer, two cores, of
//! which answers need one.

use super::Family;
use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, InfoLogger,
    LogLevel,
};

/// How the store uses disk and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How blocks are compressed.
    pub compression: Compression,
    /// Bytes of the block cache.
    pub cache_bytes: usize,
    /// Bytes of one write buffer; each of the busy families holds up to three.
    pub write_buffer_bytes: usize,
    /// Sorted files open at once. RocksDB would keep all of them open, and open all of them at start: a thousand at a
    /// billion relations.
    pub open_files: usize,
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
        Self { compression: Compression::Lz4, cache_bytes: 256 << 20, write_buffer_bytes: 64 << 20, open_files: 768 }
    }
}

/// Bytes of a block of short entries: a look-up that finds something reads one. Twice as many make files no
/// smaller, since a pseudonym does not compress at all.
const BLOCK: usize = 8 << 10;

/// Bytes of the write-ahead log at most, more or less: what a start after a kill has to read again, at some
/// 45 MB a second. Every batch also writes to families that never fill a write buffer of their own, and
/// without this limit a log would be kept until those are flushed: for gigabytes.
const LOG_BYTES: u64 = 32 << 20;

/// The settings of the whole store.
pub(super) fn base_options(open_files: usize) -> Result<rocksdb::Options, rocksdb::Error> {
    // What a start reads from the log stays in memory and in the log until the next flush: writing it to
    // files first would take as long again. The binding has no function for this one.
    let text = "avoid_flush_during_recovery=true;max_manifest_space_amp_pct=0";
    let mut options = rocksdb::Options::default().get_options_from_string(text)?;
    // The list of files names the first and last key of each, also of those that are gone, until it is written
    // anew: with every change of it, so that an erased recipient is not named in it for months. At a billion
    // relations it has some 100 kB, beside the 64 MB of a flush.
    options.set_max_manifest_file_size(1);
    // One thread that flushes and one that compacts: compaction must not take every core from answers. That
    // also bounds what it writes, to about what one core compresses, so there is no rate limit beside it:
    // one that is set too low stalls ingest instead.
    options.set_max_background_jobs(2);
    options.set_max_open_files(i32::try_from(open_files).unwrap_or(i32::MAX));
    options.set_max_total_wal_size(LOG_BYTES);
    // A torn write at the end of the log is what a kill leaves; anything else is damage, and is told. The
    // default would drop everything behind a damaged place without a word.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    // Damage that is met while reading or compacting stops writes. The default, said here because the store
    // is poisoned by it.
    options.set_paranoid_checks(true);
    // Files go to the disk as they are written, a megabyte at a time: a flush of 64 MB at once would make
    // the sync of the next commit wait.
    options.set_bytes_per_sync(1 << 20);
    // A start need not look into every file only to steer compaction a little better.
    options.set_skip_stats_update_on_db_open(true);
    // Its own log file is for support; keep few and small.
    options.set_keep_log_file_num(4);
    options.set_max_log_file_size(8 << 20);
    Ok(options)
}

/// The same for reading beside a process that writes.
pub(super) fn reader_options() -> Result<rocksdb::Options, rocksdb::Error> {
    let mut options = base_options(0)?;
    // The writer removes files that it has compacted; those that are open remain readable.
    options.set_max_open_files(-1);
    // Whoever inspects wants to know how many entries there are, which is told by every file.
    options.set_skip_stats_update_on_db_open(false);
    // Opening would rotate the writer's log file away; a reader keeps none.
    options.set_info_logger(InfoLogger::new_callback_logger(LogLevel::Fatal, |_, _| {}));
    Ok(options)
}

/// The settings for a look at a store before it is opened for writing.
pub(super) fn look_options(open_files: usize) -> Result<rocksdb::Options, rocksdb::Error> {
    let mut options = base_options(open_files)?;
    // As for a reader: the log file of the last writer stays.
    options.set_info_logger(InfoLogger::new_callback_logger(LogLevel::Fatal, |_, _| {}));
    Ok(options)
}

/// The same for following a process that writes: its log file lies in the follower's own folder.
pub(super) fn follower_options() -> Result<rocksdb::Options, rocksdb::Error> {
    let mut options = base_options(0)?;
    // The writer removes files that it has compacted; those that are open remain readable.
    options.set_max_open_files(-1);
    Ok(options)
}

pub(super) fn families(options: &Options) -> Vec<ColumnFamilyDescriptor> {
    // One cache for all, so that its size is the bound that the configuration names.
    let cache = Cache::new_lru_cache(options.cache_bytes);
    let descriptor = |family: Family| ColumnFamilyDescriptor::new(family.name(), family_options(family, options, &cache));
    Family::ALL.into_iter().map(descriptor).collect()
}

pub(super) fn family_options(family: Family, options: &Options, cache: &Cache) -> rocksdb::Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_format_version(6);
    // Index and filter count into the cache's bound, and before data: a billion keys have gigabytes of them.
    table.set_cache_index_and_filter_blocks(true);
    table.set_cache_index_and_filter_blocks_with_high_priority(true);
    // Those of the newest files, which every look-up asks first, stay.
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    let mut made = rocksdb::Options::default();
    // The same on every level: LZ4 makes the files 0.72 times as large as they would be without, Zstandard on
    // the last level 0.6 times, and a scan of everything then takes a fifth longer.
    made.set_compression_type(compression(options.compression));
    // Levels grow from the last one up, so that at most a ninth of the disk is taken by what was replaced.
    made.set_level_compaction_dynamic_level_bytes(true);
    match family {
        Family::Consent | Family::History | Family::Recipients => relations(&mut made, &mut table, options),
        Family::Changes => changes(&mut made, &mut table, options),
        Family::Cursors | Family::Registry | Family::Meta => few(&mut made),
    }
    made.set_block_based_table_factory(&table);
    made
}

/// `consent`, `history` and `recipients`: very many short entries under random keys.
///
/// There is no prefix extractor: what is known of one recipient lies together because keys are sorted, and
/// a filter of recipients beside that of keys would double the filters for the few who ask by recipient.
fn relations(made: &mut rocksdb::Options, table: &mut BlockBasedOptions, options: &Options) {
    // Most keys that ingest asks for are new: the filter answers 99 of 100 without a block. Bloom, not
    // ribbon: that is a third smaller, and takes several times as long to build on the core that compacts.
    table.set_bloom_filter(10.0, false);
    // Index and filters in parts, below a small index that stays: a look-up reads the part that it needs, and
    // sorted look-ups share parts. Whole ones are megabytes for each file, and at a billion relations five
    // times the cache, so that each batch would read all of them. While everything fits the cache they would
    // be faster: 0.5 µs a key that is not there instead of 1.0 µs; parts of 4 kB take 1.2 µs.
    table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    table.set_partition_filters(true);
    table.set_metadata_block_size(16 << 10);
    table.set_pin_top_level_index_and_filter(true);
    table.set_block_size(BLOCK);
    made.set_write_buffer_size(options.write_buffer_bytes);
    // Two that are being flushed beside the one that is written.
    made.set_max_write_buffer_number(3);
    // A tenth of the look-ups' way through memory is enough to say "not here".
    made.set_memtable_whole_key_filtering(true);
    made.set_memtable_prefix_bloom_ratio(0.05);
    // At a billion relations a thousand files, not two thousand.
    made.set_target_file_size_base(128 << 20);
    // The level that flushes are merged into: as much as the write buffers of four flushes.
    made.set_max_bytes_for_level_base(256 << 20);
}

/// `changes`: appended in the order of keys, read from some key on, removed from the front. Files never
/// overlap, so compaction moves them down without rewriting, and no look-up ever misses: no filter.
fn changes(made: &mut rocksdb::Options, table: &mut BlockBasedOptions, options: &Options) {
    // One batch may be 800 kB.
    table.set_block_size(64 << 10);
    made.set_write_buffer_size(options.write_buffer_bytes);
    // Small enough that pruning gives back whole files.
    made.set_target_file_size_base(32 << 20);
}

/// What fits into one file: the memory is better spent elsewhere.
fn few(made: &mut rocksdb::Options) {
    made.set_write_buffer_size(1 << 20);
}

const fn compression(kind: Compression) -> DBCompressionType {
    match kind {
        Compression::None => DBCompressionType::None,
        Compression::Lz4 => DBCompressionType::Lz4,
        Compression::Zstd => DBCompressionType::Zstd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::BrandCode;
    use crate::model::consent::key::{Pseudonym, RelationKey};
    use crate::model::consent::state::State;
    use crate::model::secret::pseudonym::{Pseudonymizer, Secret};
    use crate::model::time::IysTime;
    use crate::store::Store;
    use crate::store::codec::Change;

    /// Each batch also writes to a family that never fills a write buffer, and so would keep every log.
    #[test]
    fn the_log_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let secret = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
        let store = Store::open(&dir.path().join("store"), &Options::default(), &secret, 1).unwrap();
        let relation = RelationKey::of_brand(Pseudonym([1; 16]), BrandCode::new(7).unwrap());
        let change = Change { at: IysTime::from_unix(1), states: vec![(relation, State::EMPTY); 40_000], new: 0 };
        let (mut written, mut most) = (0, 0);
        for revision in 1..=256 {
            let mut commit = store.begin();
            commit.revision(revision, &change).unwrap();
            commit.commit().unwrap();
            written += 40_000 * 25;
            most = most.max(store.log_bytes().unwrap());
        }
        // A log is let go once what it holds has been flushed, which goes on behind the writer.
        assert!(written > 7 * LOG_BYTES && most < 4 * LOG_BYTES, "{most} of {written}");
    }
}
