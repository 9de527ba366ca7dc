//! A movement in few bytes, in the order in which it will be stored.
//!
//! length of the rest (u8) ‖ key of `history` (34) ‖ consentDate (u32, 0 for none) ‖ flags ‖ kind of id ‖
//! id, numbers big-endian: 74 bytes with İYS's usual 64 hex digits. Compression would gain little: a
//! pseudonym and an id are as good as random.

use crate::model::consent::key::RelationKey;
use crate::model::consent::movement::Movement;
use crate::model::consent::source::{Source, SourceCode};
use crate::model::consent::transaction::TransactionId;
use crate::model::time::IysTime;
use crate::store::codec::{self, HistoryBytes, HistoryKey, InvalidBytes};
use std::collections::HashMap;

/// The names of sources outside the table.
pub type Names = HashMap<SourceCode, Source>;

const MISFORMED: u8 = 1;
/// [`Reading::Copy`](crate::model::consent::movement::Reading::Copy).
const COPY: u8 = 2;
const ID: usize = HistoryKey::LENGTH + 5;
/// Bytes of a record at most: a whole id as text.
pub(super) const LONGEST: usize = 1 + ID + 1 + 64;
/// Bytes of a record at least: without an id.
pub(super) const SHORTEST: usize = 1 + ID + 1;
/// Names kept at most; beyond it only their codes are, as with the ordinary writer.
pub(super) const NAMES: usize = 4_096;

/// Movements as records, one behind the other, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    pub(super) bytes: Vec<u8>,
    pub(super) names: Names,
}

/// One record, read where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a>(&'a [u8]);

impl Records {
    /// Adds a movement.
    pub fn push(&mut self, movement: &Movement) {
        let code = movement.source.code();
        let key = HistoryKey {
            relation: movement.relation,
            cell: movement.cell,
            created: movement.created,
            status: movement.status,
            source: code,
        };
        let start = self.bytes.len();
        self.bytes.push(0);
        self.bytes.extend_from_slice(&key.to_bytes());
        self.bytes.extend_from_slice(&movement.consented.map_or(0, IysTime::unix).to_be_bytes());
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        self.bytes.push(flag(movement.misformed, MISFORMED) | flag(movement.reading.is_copy(), COPY));
        let id = movement.transaction.as_ref().map_or("", TransactionId::as_str);
        codec::push_id(id, movement.received, movement.reading.is_ambiguous(), &mut self.bytes);
        // At most LONGEST: an id has 64 letters.
        self.bytes[start] = (self.bytes.len() - start - 1) as u8;
        if code.is_unknown() {
            keep_name(&mut self.names, &movement.source);
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Keeps a name, up to the bound.
pub(super) fn keep_name(names: &mut Names, source: &Source) {
    if names.len() < NAMES && !names.contains_key(&source.code()) {
        names.insert(source.code(), source.clone());
    }
}

/// The records of some bytes, one after another; ends early where bytes are none.
pub(super) fn records(mut bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let (record, rest) = Record::first(bytes)?;
        bytes = rest;
        Some(record)
    })
}

impl<'a> Record<'a> {
    /// The first record of some bytes, and what follows it; none at their end or where there is none.
    pub(super) fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let length = 1 + usize::from(*bytes.first()?);
        let (record, rest) = bytes.split_at_checked(length)?;
        (SHORTEST..=LONGEST).contains(&length).then_some((Self(record), rest))
    }

    /// The whole record.
    pub(super) const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The key of `history`: what records are sorted by.
    pub(super) fn key(self) -> HistoryBytes {
        let mut key = [0; HistoryKey::LENGTH];
        key.copy_from_slice(&self.0[1..=HistoryKey::LENGTH]);
        key
    }

    /// The key's bytes where they lie.
    pub(super) fn key_bytes(self) -> &'a [u8] {
        &self.0[1..=HistoryKey::LENGTH]
    }

    /// The relation's bytes, with which the key begins.
    pub(super) fn relation_bytes(self) -> &'a [u8] {
        &self.0[1..=RelationKey::LENGTH]
    }

    /// When the recipient gave or withdrew it.
    pub(super) fn consented(self) -> Option<IysTime> {
        let bytes = &self.0[1 + HistoryKey::LENGTH..];
        let seconds = bytes.first_chunk().map_or(0, |seconds| u32::from_be_bytes(*seconds));
        (seconds != 0).then(|| IysTime::from_unix(seconds))
    }

    /// Whether the address is in the wrong form `+900…`.
    pub(super) const fn misformed(self) -> bool {
        self.0[ID] & MISFORMED != 0
    }

    /// Whether it is a copy of another row's refusal, which is not counted.
    pub(super) const fn is_copy(self) -> bool {
        self.0[ID] & COPY != 0
    }

    /// Whether it is a refusal that was received without İYS's identity.
    pub(super) fn is_received(self) -> bool {
        codec::is_received(self.id())
    }

    /// Whether it is a refusal whose row can mean more than one address or recipient type.
    pub(super) fn is_ambiguous(self) -> bool {
        codec::is_ambiguous(self.id())
    }

    /// Kind of id ‖ id, as `history` holds them.
    pub(super) fn id(self) -> &'a [u8] {
        &self.0[1 + ID..]
    }

    /// [`TransactionId::hash`] of the id, 0 without one.
    pub(super) fn id_hash(self) -> Result<u128, InvalidBytes> {
        codec::id_hash(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::BrandCode;
    use crate::model::consent::channel::Cell;
    use crate::model::consent::key::Pseudonym;
    use crate::model::consent::movement::Reading;
    use crate::model::consent::state::Status;
    use crate::model::text::hex::to_hex;

    #[test]
    fn bytes_are_pinned() {
        let movement = Movement {
            relation: RelationKey::of_brand(Pseudonym(*b"0123456789abcdef"), BrandCode::new(0x0102_0304).unwrap()),
            cell: Cell::ALL[2],
            status: Status::Ret,
            created: IysTime::from_unix(0x6543_2100),
            consented: Some(IysTime::from_unix(0x6000_0000)),
            source: Source::parse("HS_YENI_KANAL").unwrap(),
            transaction: Some(TransactionId::parse("0fab").unwrap()),
            misformed: true,
            received: false,
            reading: Reading::Only,
        };
        let mut records = Records::default();
        records.push(&movement);
        records.push(&Movement { consented: None, transaction: None, misformed: false, ..movement.clone() });
        let received =
            Movement { consented: None, transaction: None, received: true, reading: Reading::Copy, ..movement.clone() };
        records.push(&received);
        let key = "303132333435363738396162636465660102030400000000026543210002";
        let source = "86f9728b";
        assert_eq!(
            to_hex(&records.bytes),
            format!("2a{key}{source}6000000001010fab28{key}{source}00000000000028{key}{source}000000000382"),
            "length, key, consentDate, flags, id"
        );
        assert_eq!(records.names, [(movement.source.code(), movement.source.clone())].into());
        let [one, other, last] = super::records(&records.bytes).collect::<Vec<_>>()[..] else { panic!("three records") };
        let flags = |record: Record<'_>| [record.misformed(), record.is_copy(), record.is_received(), record.is_ambiguous()];
        assert_eq!([one, other, last].map(flags), [[true, false, false, false], [false; 4], [true; 4]]);
        assert_eq!((one.consented(), one.misformed(), one.id()), (movement.consented, true, &[1, 0x0F, 0xAB][..]));
        assert_eq!((one.id_hash(), other.id_hash()), (Ok(movement.transaction.unwrap().hash()), Ok(0)));
        assert_eq!((other.consented(), other.misformed(), other.id()), (None, false, &[0][..]));
        assert_eq!(HistoryKey::from_bytes(&one.key()).unwrap().relation, movement.relation);
    }

    #[test]
    fn bytes_that_are_no_record_end_the_reading() {
        for bytes in [&[][..], &[5], &[40; 40], &[39; 80], &[255; 300]] {
            assert_eq!(records(bytes).count(), 0);
        }
    }
}
