//! One movement in `history`: its key, and what is kept of it.

use super::{InvalidBytes, Reader, VERSION, cell_byte, optional};
use crate::model::consent::channel::Cell;
use crate::model::consent::key::RelationKey;
use crate::model::consent::movement::is_observation;
use crate::model::consent::record::CellRecord;
use crate::model::consent::source::SourceCode;
use crate::model::consent::state::Status;
use crate::model::consent::transaction::TransactionId;
use crate::model::text::hex::{hex_into, push_from_hex, to_hex};
use crate::model::time::IysTime;

/// The key of one movement in `history`. Two movements that share it are one (F§8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HistoryKey {
    /// Whose consent, for which brand.
    pub relation: RelationKey,
    /// Which cell.
    pub cell: Cell,
    /// The time that decides, as [`crate::model::consent::movement::Movement::created`].
    pub created: IysTime,
    /// What the consent became.
    pub status: Status,
    /// Where it came from.
    pub source: SourceCode,
}

/// One movement in `history`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryValue {
    /// When the recipient gave or withdrew it.
    pub consented: Option<IysTime>,
    /// İYS's id as text; empty if there is none.
    pub transaction: Box<str>,
    /// A refusal that was received without İYS's identity.
    pub received: bool,
    /// A refusal whose row can mean more than one address or recipient type.
    pub ambiguous: bool,
    /// The revision of our first commit of it; repeats never change it.
    pub revision: u64,
    /// The time of our first commit of it.
    pub known_since: IysTime,
}

/// A [`HistoryKey`] as it is stored.
pub type HistoryBytes = [u8; HistoryKey::LENGTH];

impl HistoryKey {
    /// Length of a key in bytes.
    pub const LENGTH: usize = RelationKey::LENGTH + 10;

    /// relation ‖ cell, marked if it is an observation ‖ creationDate ‖ status ‖ source.
    #[must_use]
    pub fn to_bytes(&self) -> HistoryBytes {
        let mut bytes = [0; Self::LENGTH];
        bytes[..24].copy_from_slice(&self.relation.to_bytes());
        bytes[24] = cell_byte(self.cell, self.is_observation());
        bytes[25..29].copy_from_slice(&self.created.unix().to_be_bytes());
        bytes[29] = self.status.code();
        bytes[30..].copy_from_slice(&self.source.get().to_be_bytes());
        bytes
    }

    /// Whether it is of an observation of İYS's list.
    #[must_use]
    pub fn is_observation(&self) -> bool {
        is_observation(self.status, self.source)
    }

    /// What the movement of the key leaves in its cell.
    #[must_use]
    pub fn record(&self, value: &HistoryValue) -> CellRecord {
        let Self { created, status, source, .. } = *self;
        let HistoryValue { consented, received, ambiguous, ref transaction, .. } = *value;
        let transaction = TransactionId::hash_text(transaction.as_bytes());
        CellRecord { status, created, consented, source, transaction, received, ambiguous }
    }

    /// The bytes under which an earlier program wrote an approval that a sweep saw: among the movements of its cell.
    #[must_use]
    pub fn to_earlier_bytes(&self) -> HistoryBytes {
        let mut bytes = self.to_bytes();
        bytes[24] = cell_byte(self.cell, self.status == Status::Yok);
        bytes
    }

    /// The key of stored bytes, those of an earlier program too.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidBytes> {
        let mut reader = Reader(bytes);
        let relation = reader.relation()?;
        let (cell, observed) = reader.cell()?;
        let created = reader.time()?;
        let status = reader.status()?;
        let source = SourceCode::from_stored(reader.u32()?);
        reader.end()?;
        let key = Self { relation, cell, created, status, source };
        let may_be = if observed { key.is_observation() } else { status != Status::Yok };
        if may_be { Ok(key) } else { Err(InvalidBytes::Code) }
    }
}

/// How a transactionId is written: hex digits take half the room.
const TEXT_ID: u8 = 0;
const HEX_ID: u8 = 1;
/// The id, as text, of a refusal that was received without İYS's identity; empty today.
const RECEIVED_ID: u8 = 2;
/// Set in the kind of an id: its refusal's row can mean more than one address or recipient type.
const AMBIGUOUS_ID: u8 = 0x80;

/// version ‖ consentDate ‖ revision ‖ known since ‖ kind of id ‖ id.
#[must_use]
pub fn encode_history(value: &HistoryValue) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    push_history_head(value.consented, value.revision, value.known_since, &mut bytes);
    push_id(&value.transaction, value.received, value.ambiguous, &mut bytes);
    bytes
}

/// Appends all of [`encode_history`] before the id, which [`push_id`] appends.
pub fn push_history_head(consented: Option<IysTime>, revision: u64, known_since: IysTime, bytes: &mut Vec<u8>) {
    bytes.push(VERSION);
    bytes.extend(optional(consented));
    bytes.extend(revision.to_be_bytes());
    bytes.extend(known_since.unix().to_be_bytes());
}

/// Appends kind of id ‖ id; `received` and `ambiguous` as in [`HistoryValue`].
pub fn push_id(text: &str, received: bool, ambiguous: bool, bytes: &mut Vec<u8>) {
    let (kind, flag) = (bytes.len(), if ambiguous { AMBIGUOUS_ID } else { 0 });
    bytes.push(HEX_ID | flag);
    if received || !push_from_hex(text, bytes) {
        bytes[kind] = if received { RECEIVED_ID } else { TEXT_ID } | flag;
        bytes.extend(text.as_bytes());
    }
}

/// The id of [`push_id`], and whether its refusal was received without İYS's identity.
fn decode_id(bytes: &[u8]) -> Result<(Box<str>, bool), InvalidBytes> {
    let mut reader = Reader(bytes);
    match reader.byte()? & !AMBIGUOUS_ID {
        TEXT_ID => Ok((reader.text()?.into(), false)),
        HEX_ID => Ok((to_hex(reader.0).into_boxed_str(), false)),
        RECEIVED_ID => Ok((reader.text()?.into(), true)),
        _ => Err(InvalidBytes::Code),
    }
}

/// Whether an id of [`push_id`] is of a refusal that was received without İYS's identity.
#[must_use]
pub fn is_received(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|kind| kind & !AMBIGUOUS_ID == RECEIVED_ID)
}

/// Whether the row of the refusal of an id of [`push_id`] can mean more than one address or recipient type.
#[must_use]
pub fn is_ambiguous(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|kind| kind & AMBIGUOUS_ID != 0)
}

/// [`TransactionId::hash`] of the id of [`push_id`]; 0 if it is empty.
pub fn id_hash(bytes: &[u8]) -> Result<u128, InvalidBytes> {
    let (kind, id) = bytes.split_first().ok_or(InvalidBytes::Length)?;
    match kind & !AMBIGUOUS_ID {
        TEXT_ID | RECEIVED_ID => Ok(TransactionId::hash_text(id)),
        HEX_ID => Ok(TransactionId::hash_text(hex_into(id, &mut [0; 64]))),
        _ => Err(InvalidBytes::Code),
    }
}

/// The value of [`encode_history`].
pub fn decode_history(bytes: &[u8]) -> Result<HistoryValue, InvalidBytes> {
    let mut reader = Reader(bytes);
    reader.version()?;
    let consented = reader.optional_time()?;
    let (revision, known_since) = (reader.u64()?, reader.time()?);
    let (transaction, received) = decode_id(reader.0)?;
    let ambiguous = is_ambiguous(reader.0);
    Ok(HistoryValue { consented, transaction, received, ambiguous, revision, known_since })
}
