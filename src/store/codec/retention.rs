//! The bytes that retention reads and writes: no more of a row than it needs, and where it has got to.

use super::{InvalidBytes, Reader, VERSION, change_version};
use crate::model::consent::key::RelationKey;
use crate::model::time::IysTime;

/// Length of the bytes that the history keys of one cell have in common.
pub const CELL_LENGTH: usize = RelationKey::LENGTH + 1;

/// relation ‖ cell: what the keys of one cell's movements in `history` start with.
pub type CellBytes = [u8; CELL_LENGTH];

/// The key in `cursors` of the pass over `history`.
pub const SWEEP_KEY: &[u8] = b"sweep/history";

/// The pass over `history`, from its greatest key to its least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// When the pass began.
    pub begun: IysTime,
    /// The cell that was seen last: those below it remain. None if the pass is done.
    pub below: Option<CellBytes>,
}

/// version ‖ begun ‖ the cell that was seen last, which is left out once the pass is done.
#[must_use]
pub fn encode_sweep(sweep: &Sweep) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(sweep.begun.unix().to_be_bytes());
    bytes.extend(sweep.below.iter().flatten());
    bytes
}

/// The pass of [`encode_sweep`].
pub fn decode_sweep(bytes: &[u8]) -> Result<Sweep, InvalidBytes> {
    let mut reader = Reader(bytes);
    reader.version()?;
    let begun = reader.time()?;
    let below = if reader.0.is_empty() { None } else { Some(reader.take()?) };
    reader.end()?;
    Ok(Sweep { begun, below })
}

/// When a batch of `changes` was committed, without a look at what it changed.
pub fn decode_change_time(bytes: &[u8]) -> Result<IysTime, InvalidBytes> {
    let mut reader = Reader(bytes);
    change_version(&mut reader)?;
    reader.time()
}

/// When a movement of `history` was first committed, without a look at the rest of it.
pub fn decode_known_since(bytes: &[u8]) -> Result<IysTime, InvalidBytes> {
    decode_receipt(bytes).map(|(known_since, _)| known_since)
}

/// When a movement of `history` was first committed, and whether it is a refusal that was received without İYS's
/// identity.
pub fn decode_receipt(bytes: &[u8]) -> Result<(IysTime, bool), InvalidBytes> {
    let mut reader = Reader(bytes);
    reader.version()?;
    let (_consented, _revision) = (reader.u32()?, reader.u64()?);
    Ok((reader.time()?, super::is_received(reader.0)))
}
