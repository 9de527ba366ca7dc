//! How every key and value is written. Values start with a version byte; numbers are big-endian; short,
//! long or unknown bytes are an error, never a guess. The tests pin every byte.

mod changes;
mod cursors;
mod declarations;
mod erasures;
mod evidence;
mod history;
mod pending_closures;
mod recipients;
mod registry;
mod retention;

pub use crate::store::codec::pending_closures::{DUTY_PREFIX, decode_duty, duty_key, encode_duty};
pub use changes::{ChangeSlice, changed_recipients, decode_change_slice};
pub use cursors::{
    BULK_KEY, BulkPosition, FEED_PREFIX, GAP_PREFIX, decode_bulk, decode_cursor, decode_feed, decode_gap, encode_bulk,
    encode_cursor, encode_feed, encode_gap, export_cursor_key, feed_key, gap_key, import_cursor_key,
};
pub use declarations::{DECLARATION_PREFIX, declaration_key, decode_declaration, encode_declaration};
pub use erasures::{
    ERASING_PREFIX, OpenErasure, Vicinity, decode_erasing, decode_tombstone, encode_erasing, encode_erasure_row,
    encode_tombstone, erasing_key, is_tombstone_key, tombstone_key, vicinity_of_row, with_recipient, without,
};
pub use evidence::{decode_recalled, encode_recalled};
pub use history::{
    HistoryBytes, HistoryKey, HistoryValue, decode_history, encode_history, id_hash, is_ambiguous, is_received,
    push_history_head, push_id,
};
pub use recipients::{Closure, decode_closure, encode_closure};
pub use registry::{brand_key, decode_brand, decode_source_key, encode_brand, source_key};
pub use retention::{
    CELL_LENGTH, CellBytes, SWEEP_KEY, Sweep, decode_change_time, decode_known_since, decode_receipt, decode_sweep, encode_sweep,
};

use crate::model::consent::channel::Cell;
use crate::model::consent::key::RelationKey;
use crate::model::consent::record::{CellRecord, Record};
use crate::model::consent::source::SourceCode;
use crate::model::consent::state::{State, Status};
use crate::model::secret::pseudonym::KEY_ID;
use crate::model::time::IysTime;

/// The format of the whole store; a store with a greater one is refused.
///
/// 2 adds closures, observations, feeds and their gaps; 3 adds modes, standings and declarations, retailers' access
/// in relations of their own, erasures and what those leave in the change log; 4 adds refusals that were received
/// without İYS's identity or whose row can mean more than one address, what İYS's list said apart from movements, and
/// what is remembered of the evidence, whose segments are authenticated from then on. A store of an older format is read
/// as it is.
pub const FORMAT: u32 = 4;

const VERSION: u8 = 1;

/// Flags of a record: the address is in the wrong form; the time of the line's closure follows.
const MISFORMED: u8 = 1;
const CLOSED: u8 = 2;

/// Set in the byte of a cell: an observation of İYS's list. Observations are rows of their own, beside the cell's
/// movements and never ranked with them.
const OBSERVED: u8 = 0x80;
/// Set beside [`OBSERVED`] in a record: İYS's list had the cell. Without it: it had it not.
const LISTED: u8 = 0x40;

/// Set in the byte of a status: a refusal that was received without İYS's identity.
const RECEIVED: u8 = 0x80;
/// Set in the byte of a status: a refusal whose row can mean more than one address or recipient type.
const AMBIGUOUS: u8 = 0x40;

/// The bytes are not what this program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBytes {
    /// They end too early or too late.
    #[error("wrong length")]
    Length,
    /// They were written by a later version.
    #[error("unknown version")]
    Version,
    /// A code in them means nothing.
    #[error("unknown code")]
    Code,
}

/// One batch in `changes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When it was committed.
    pub at: IysTime,
    /// The relations that changed, with the state that each ended in; new ones first.
    pub states: Vec<(RelationKey, State)>,
    /// How many of them were not on record before.
    pub new: usize,
}

/// Takes bytes off the front, or says that they ended.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], InvalidBytes> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(InvalidBytes::Length)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, InvalidBytes> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Result<u32, InvalidBytes> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, InvalidBytes> {
        self.take().map(u64::from_be_bytes)
    }

    fn version(&mut self) -> Result<(), InvalidBytes> {
        if self.byte()? == VERSION { Ok(()) } else { Err(InvalidBytes::Version) }
    }

    fn relation(&mut self) -> Result<RelationKey, InvalidBytes> {
        let bytes = self.take::<{ RelationKey::LENGTH }>()?;
        RelationKey::from_bytes(&bytes).map_err(|_| InvalidBytes::Code)
    }

    fn u16(&mut self) -> Result<u16, InvalidBytes> {
        self.take().map(u16::from_be_bytes)
    }

    /// A cell, and whether its byte is marked as observed.
    fn cell(&mut self) -> Result<(Cell, bool), InvalidBytes> {
        let byte = self.byte()?;
        Ok((Cell::from_code(byte & !OBSERVED).ok_or(InvalidBytes::Code)?, byte & OBSERVED != 0))
    }

    fn status(&mut self) -> Result<Status, InvalidBytes> {
        Status::from_code(self.byte()?).ok_or(InvalidBytes::Code)
    }

    fn time(&mut self) -> Result<IysTime, InvalidBytes> {
        self.u32().map(IysTime::from_unix)
    }

    fn optional_time(&mut self) -> Result<Option<IysTime>, InvalidBytes> {
        self.u32().map(|seconds| (seconds != 0).then(|| IysTime::from_unix(seconds)))
    }

    fn text(&mut self) -> Result<&'a str, InvalidBytes> {
        let rest = std::mem::take(&mut self.0);
        std::str::from_utf8(rest).map_err(|_| InvalidBytes::Code)
    }

    const fn end(self) -> Result<(), InvalidBytes> {
        if self.0.is_empty() { Ok(()) } else { Err(InvalidBytes::Length) }
    }
}

/// The byte under which a cell's movements stand in `history`, or the observations of it.
#[must_use]
pub const fn cell_byte(cell: Cell, observed: bool) -> u8 {
    if observed { cell.code() | OBSERVED } else { cell.code() }
}

fn optional(time: Option<IysTime>) -> [u8; 4] {
    time.map_or(0, IysTime::unix).to_be_bytes()
}

/// version ‖ key id ‖ flags ‖ closed, if flagged ‖ (cell ‖ status ‖ creationDate ‖ consentDate ‖ source ‖
/// transaction)… ‖ (cell, marked as observed and as listed or not ‖ last seen so)…
#[must_use]
pub fn encode_record(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    push_record(record, &mut bytes);
    bytes
}

/// Appends what [`encode_record`] makes.
pub fn push_record(record: &Record, bytes: &mut Vec<u8>) {
    let misformed = if record.misformed { MISFORMED } else { 0 };
    bytes.extend([VERSION, KEY_ID, misformed | record.closed.map_or(0, |_| CLOSED)]);
    bytes.extend(record.closed.iter().flat_map(|closed| closed.unix().to_be_bytes()));
    for (cell, current) in record.cells() {
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        let flags = flag(current.received, RECEIVED) | flag(current.ambiguous, AMBIGUOUS);
        bytes.extend([cell.code(), current.status.code() | flags]);
        bytes.extend(current.created.unix().to_be_bytes());
        bytes.extend(optional(current.consented));
        bytes.extend(current.source.get().to_be_bytes());
        bytes.extend(current.transaction.to_be_bytes());
    }
    for (status, mark) in [(Status::Yok, OBSERVED), (Status::Onay, OBSERVED | LISTED)] {
        for (cell, at) in Cell::ALL.into_iter().filter_map(|cell| Some((cell, record.observed(cell, status)?))) {
            bytes.push(cell.code() | mark);
            bytes.extend(at.unix().to_be_bytes());
        }
    }
}

/// The record of [`encode_record`]. The current movement of a cell that an earlier program wrote may be an observation.
pub fn decode_record(bytes: &[u8]) -> Result<Record, InvalidBytes> {
    let mut reader = Reader(bytes);
    reader.version()?;
    if reader.byte()? != KEY_ID {
        return Err(InvalidBytes::Version);
    }
    let flags = reader.byte()?;
    if flags & !(MISFORMED | CLOSED) != 0 {
        return Err(InvalidBytes::Code);
    }
    let mut record = Record::default();
    record.misformed = flags & MISFORMED != 0;
    record.closed = if flags & CLOSED == 0 { None } else { Some(reader.time()?) };
    while !reader.0.is_empty() {
        let byte = reader.byte()?;
        let cell = Cell::from_code(byte & !(OBSERVED | LISTED)).ok_or(InvalidBytes::Code)?;
        let observed = match byte & (OBSERVED | LISTED) {
            0 => None,
            OBSERVED => Some(Status::Yok),
            LISTED => return Err(InvalidBytes::Code),
            _ => Some(Status::Onay),
        };
        if let Some(status) = observed {
            record.observe(cell, status, reader.time()?);
            continue;
        }
        let code = reader.byte()?;
        let (received, ambiguous) = (code & RECEIVED != 0, code & AMBIGUOUS != 0);
        let status = Status::from_code(code & !(RECEIVED | AMBIGUOUS));
        let status = status.filter(|status| may_be_current(*status, received || ambiguous)).ok_or(InvalidBytes::Code)?;
        let (created, consented) = (reader.time()?, reader.optional_time()?);
        let source = SourceCode::from_stored(reader.u32()?);
        let transaction = u128::from_be_bytes(reader.take()?);
        record.set(cell, CellRecord { status, created, consented, source, transaction, received, ambiguous });
    }
    Ok(record)
}

/// What was not listed is no movement; only a refusal counts from its receipt, or where it can mean two addresses.
const fn may_be_current(status: Status, flagged: bool) -> bool {
    match status {
        Status::Onay => !flagged,
        Status::Ret => true,
        Status::Yok => false,
    }
}

/// The version of a [`Change`] that tells which relations are new; those of version 1 do not.
const CHANGE_VERSION: u8 = 2;

/// version ‖ time ‖ number of new relations ‖ (relation ‖ state)…
#[must_use]
pub fn encode_change(change: &Change) -> Vec<u8> {
    let mut states = Vec::with_capacity(change.states.len() * CHANGED);
    for (relation, state) in &change.states {
        states.extend_from_slice(&relation.to_bytes());
        states.push(state.byte());
    }
    let (new, known) = states.split_at(change.new * CHANGED);
    join_change(change.at, new, known)
}

/// The version of an erasure's own batch, whose recipient stands in the tombstone alone.
const ERASURE_VERSION: u8 = 3;

/// Bytes of one relation ‖ state in a [`Change`].
const CHANGED: usize = RelationKey::LENGTH + 1;

/// What stands in the place of a relation that was erased since.
const ERASED: [u8; CHANGED] = [0; CHANGED];

/// [`encode_change`] of relation ‖ state, written by the caller one behind another: the new ones and the
/// others.
#[must_use]
pub fn join_change(at: IysTime, new: &[u8], known: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(9 + new.len() + known.len());
    bytes.push(CHANGE_VERSION);
    bytes.extend(at.unix().to_be_bytes());
    bytes.extend(((new.len() / CHANGED) as u32).to_be_bytes());
    bytes.extend_from_slice(new);
    bytes.extend_from_slice(known);
    bytes
}

fn change_version(reader: &mut Reader<'_>) -> Result<u8, InvalidBytes> {
    let version = reader.byte()?;
    if (VERSION..=ERASURE_VERSION).contains(&version) { Ok(version) } else { Err(InvalidBytes::Version) }
}

/// Version, time, number of new relations, and the bytes of relation ‖ state.
fn change_head(bytes: &[u8]) -> Result<(IysTime, usize, &[[u8; CHANGED]]), InvalidBytes> {
    let mut reader = Reader(bytes);
    let version = change_version(&mut reader)?;
    // Whoever reads it puts the recipient in first: [`with_recipient`].
    if version == ERASURE_VERSION {
        return Err(InvalidBytes::Version);
    }
    let at = reader.time()?;
    let new = if version == CHANGE_VERSION { reader.u32()? as usize } else { 0 };
    let (changed, left) = reader.0.as_chunks();
    if new > changed.len() || !left.is_empty() { Err(InvalidBytes::Length) } else { Ok((at, new, changed)) }
}

/// relation ‖ state; none of one that was erased since: its place is left empty, so that the others keep theirs.
fn changed(bytes: &[u8; CHANGED]) -> Result<Option<(RelationKey, State)>, InvalidBytes> {
    if *bytes == ERASED {
        return Ok(None);
    }
    let mut reader = Reader(bytes);
    Ok(Some((reader.relation()?, State::from_byte(reader.byte()?))))
}

/// The batch of [`encode_change`], without what was erased since.
pub fn decode_change(bytes: &[u8]) -> Result<Change, InvalidBytes> {
    let (at, marked_new, entries) = change_head(bytes)?;
    let (mut states, mut new) = (Vec::with_capacity(entries.len()), 0);
    for (place, entry) in entries.iter().enumerate() {
        if let Some(state) = changed(entry)? {
            new += usize::from(place < marked_new);
            states.push(state);
        }
    }
    Ok(Change { at, states, new })
}

/// A number of `meta`.
pub fn decode_u64(bytes: &[u8]) -> Result<u64, InvalidBytes> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| InvalidBytes::Length)
}

/// A number of `meta`.
pub fn decode_u32(bytes: &[u8]) -> Result<u32, InvalidBytes> {
    bytes.try_into().map(u32::from_be_bytes).map_err(|_| InvalidBytes::Length)
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
