//! How far what comes in has come: imports, feeds, bulk imports; as `cursors` holds it.

use super::{InvalidBytes, Reader, VERSION, optional};
use crate::model::brand::BrandCode;
use crate::model::feed::{Gap, Position, Stream};
use crate::model::time::IysTime;

/// `import/` and the brand's number: when data was last taken in for a brand without a feed.
#[must_use]
pub fn import_cursor_key(code: BrandCode) -> [u8; 11] {
    let mut key = *b"import/\0\0\0\0";
    key[7..].copy_from_slice(&code.get().to_be_bytes());
    key
}

/// `export/` and the brand's number: the moment of the last panel export that was imported whole.
#[must_use]
pub fn export_cursor_key(code: BrandCode) -> [u8; 11] {
    let mut key = *b"export/\0\0\0\0";
    key[7..].copy_from_slice(&code.get().to_be_bytes());
    key
}

/// version ‖ time.
#[must_use]
pub fn encode_cursor(as_of: IysTime) -> [u8; 5] {
    let [a, b, c, d] = as_of.unix().to_be_bytes();
    [VERSION, a, b, c, d]
}

/// The time of [`encode_cursor`].
pub fn decode_cursor(bytes: &[u8]) -> Result<IysTime, InvalidBytes> {
    let mut reader = Reader(bytes);
    reader.version()?;
    let time = reader.time()?;
    reader.end()?;
    Ok(time)
}

/// How far a bulk import has come, in the same batch as what it has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkPosition {
    /// Which import: a random number.
    pub job: u64,
    /// Its movements taken in so far, in its own order.
    pub movements: u64,
    /// Those that were new.
    pub applied: u64,
    /// Those that were on file already.
    pub unchanged: u64,
}

/// Where the [`BulkPosition`] of the last bulk import is kept: one import works at a time.
pub const BULK_KEY: &[u8] = b"bulk";

/// version ‖ job ‖ movements ‖ applied ‖ unchanged.
#[must_use]
pub fn encode_bulk(position: &BulkPosition) -> Vec<u8> {
    let BulkPosition { job, movements, applied, unchanged } = *position;
    let numbers = [job, movements, applied, unchanged];
    [VERSION].into_iter().chain(numbers.into_iter().flat_map(u64::to_be_bytes)).collect()
}

/// The position of [`encode_bulk`].
pub fn decode_bulk(bytes: &[u8]) -> Result<BulkPosition, InvalidBytes> {
    let mut reader = Reader(bytes);
    reader.version()?;
    let position =
        BulkPosition { job: reader.u64()?, movements: reader.u64()?, applied: reader.u64()?, unchanged: reader.u64()? };
    reader.end()?;
    Ok(position)
}

/// What the keys of [`feed_key`] start with.
pub const FEED_PREFIX: &[u8] = b"feed/";

/// `feed/`, the brand's number and the stream.
#[must_use]
pub fn feed_key(code: BrandCode, stream: Stream) -> [u8; 10] {
    let mut key = *b"feed/\0\0\0\0\0";
    key[5..9].copy_from_slice(&code.get().to_be_bytes());
    key[9] = stream as u8;
    key
}

/// version ‖ complete to ‖ newest ‖ asked ‖ cursor.
#[must_use]
pub fn encode_feed(position: &Position) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(position.complete_to.unix().to_be_bytes());
    bytes.extend(optional(position.newest));
    bytes.extend(position.asked.unix().to_be_bytes());
    bytes.extend(position.cursor.as_bytes());
    bytes
}

/// The brand, stream and position of [`feed_key`] and [`encode_feed`].
pub fn decode_feed(key: &[u8], value: &[u8]) -> Result<(BrandCode, Stream, Position), InvalidBytes> {
    let mut reader = Reader(key.strip_prefix(FEED_PREFIX).ok_or(InvalidBytes::Code)?);
    let brand = BrandCode::new(reader.u32()?).ok_or(InvalidBytes::Code)?;
    let stream = Stream::from_code(reader.byte()?).ok_or(InvalidBytes::Code)?;
    reader.end()?;
    let mut reader = Reader(value);
    reader.version()?;
    let (complete_to, newest, asked) = (reader.time()?, reader.optional_time()?, reader.time()?);
    Ok((brand, stream, Position { complete_to, newest, asked, cursor: reader.text()?.into() }))
}

/// What the keys of [`gap_key`] start with.
pub const GAP_PREFIX: &[u8] = b"gap/";

/// `gap/` and the brand's number.
#[must_use]
pub fn gap_key(code: BrandCode) -> [u8; 8] {
    let mut key = *b"gap/\0\0\0\0";
    key[4..].copy_from_slice(&code.get().to_be_bytes());
    key
}

/// version ‖ from ‖ to ‖ found.
#[must_use]
pub fn encode_gap(gap: &Gap) -> Vec<u8> {
    let times = [gap.from, gap.to, gap.found];
    [VERSION].into_iter().chain(times.into_iter().flat_map(|time| time.unix().to_be_bytes())).collect()
}

/// The gap of [`gap_key`] and [`encode_gap`].
pub fn decode_gap(key: &[u8], value: &[u8]) -> Result<Gap, InvalidBytes> {
    let mut reader = Reader(key.strip_prefix(GAP_PREFIX).ok_or(InvalidBytes::Code)?);
    let brand = BrandCode::new(reader.u32()?).ok_or(InvalidBytes::Code)?;
    reader.end()?;
    let mut reader = Reader(value);
    reader.version()?;
    let gap = Gap { brand, from: reader.time()?, to: reader.time()?, found: reader.time()? };
    reader.end()?;
    Ok(gap)
}
