//! Erasures: the tombstone in `recipients`, what is still to be done in `meta`, and what they leave in `changes`.
//!
//! A tombstone is the one place where the pseudonym of an erased recipient remains. So the batch of an erasure,
//! which tells followers what became empty, and the note of what is still to be done name the recipient by its
//! [`Vicinity`] and their revision alone, and the tombstone is looked up.

use super::{CHANGE_VERSION, CHANGED, ERASED, ERASURE_VERSION, InvalidBytes, Reader, VERSION, change_version, join_change};
use crate::model::brand::BrandCode;
use crate::model::consent::erasure::{Reason, Tombstone};
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::state::State;
use crate::model::secret::pseudonym::KEY_ID;
use crate::model::time::IysTime;
use std::collections::BTreeSet;

/// The first bytes of a pseudonym: enough to find things quickly, and of some thousand recipients in a hundred
/// million.
pub type Vicinity = [u8; 2];

const TOMBSTONE_KEY: usize = 20;

/// Flag of a tombstone: a reason was given.
const REASONED: u8 = 1;

/// What the keys of [`erasing_key`] start with.
pub const ERASING_PREFIX: &[u8] = b"erasing/";

/// Bytes of brand ‖ retailer ‖ state in an erasure's batch.
const EMPTIED: usize = CHANGED - 16;

/// An erasure that is in force and of which bytes may still be on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenErasure {
    /// Its revision.
    pub revision: u64,
    /// Where its recipient is.
    pub vicinity: Vicinity,
    /// The batches of `changes` that told of it.
    pub told: Vec<u64>,
    /// Why, if that was given: kept until the evidence has it.
    pub reason: Option<Reason>,
}

/// The key of a tombstone: pseudonym ‖ brand, 0 for every one.
#[must_use]
pub fn tombstone_key(recipient: Pseudonym, brand: Option<BrandCode>) -> [u8; TOMBSTONE_KEY] {
    let mut key = [0; TOMBSTONE_KEY];
    key[..16].copy_from_slice(&recipient.0);
    key[16..].copy_from_slice(&brand.map_or(0, BrandCode::get).to_be_bytes());
    key
}

/// Whether a key of `recipients` is a tombstone's: a closure's is the pseudonym alone.
#[must_use]
pub const fn is_tombstone_key(key: &[u8]) -> bool {
    key.len() == TOMBSTONE_KEY
}

/// version ‖ key id ‖ flags ‖ erased ‖ revision ‖ known since.
#[must_use]
pub fn encode_tombstone(tombstone: &Tombstone) -> Vec<u8> {
    let mut bytes = vec![VERSION, KEY_ID, if tombstone.reasoned { REASONED } else { 0 }];
    bytes.extend(tombstone.erased.unix().to_be_bytes());
    bytes.extend(tombstone.revision.to_be_bytes());
    bytes.extend(tombstone.known_since.unix().to_be_bytes());
    bytes
}

/// The tombstone of [`tombstone_key`] and [`encode_tombstone`].
pub fn decode_tombstone(key: &[u8], value: &[u8]) -> Result<Tombstone, InvalidBytes> {
    let mut reader = Reader(key);
    let (recipient, brand) = (Pseudonym(reader.take()?), BrandCode::new(reader.u32()?));
    reader.end()?;
    let mut reader = Reader(value);
    reader.version()?;
    if reader.byte()? != KEY_ID {
        return Err(InvalidBytes::Version);
    }
    let flags = reader.byte()?;
    if flags & !REASONED != 0 {
        return Err(InvalidBytes::Code);
    }
    let (erased, revision, known_since) = (reader.time()?, reader.u64()?, reader.time()?);
    reader.end()?;
    Ok(Tombstone { recipient, brand, erased, reasoned: flags & REASONED != 0, revision, known_since })
}

/// `erasing/` and the revision of the erasure.
#[must_use]
pub fn erasing_key(revision: u64) -> [u8; 16] {
    let mut key = *b"erasing/\0\0\0\0\0\0\0\0";
    key[8..].copy_from_slice(&revision.to_be_bytes());
    key
}

/// version ‖ vicinity ‖ count ‖ revisions that told of it… ‖ reason; empty if there is none.
#[must_use]
pub fn encode_erasing(open: &OpenErasure) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(open.vicinity);
    bytes.extend((open.told.len() as u32).to_be_bytes());
    bytes.extend(open.told.iter().flat_map(|revision| revision.to_be_bytes()));
    bytes.extend(open.reason.as_ref().map_or("", Reason::as_str).as_bytes());
    bytes
}

/// What is left to do, of [`erasing_key`] and [`encode_erasing`].
pub fn decode_erasing(key: &[u8], value: &[u8]) -> Result<OpenErasure, InvalidBytes> {
    let mut reader = Reader(key.strip_prefix(ERASING_PREFIX).ok_or(InvalidBytes::Code)?);
    let revision = reader.u64()?;
    reader.end()?;
    let mut reader = Reader(value);
    reader.version()?;
    let vicinity = reader.take()?;
    let told = (0..reader.u32()?).map(|_| reader.u64()).collect::<Result<_, _>>()?;
    let reason = match reader.text()? {
        "" => None,
        text => Some(Reason::parse(text).map_err(|_| InvalidBytes::Code)?),
    };
    Ok(OpenErasure { revision, vicinity, told, reason })
}

/// The batch of an erasure: version ‖ time ‖ vicinity ‖ (brand ‖ retailer ‖ state)…, all of one recipient.
#[must_use]
pub fn encode_erasure_row(at: IysTime, vicinity: Vicinity, states: &[(RelationKey, State)]) -> Vec<u8> {
    let mut bytes = vec![ERASURE_VERSION];
    bytes.extend(at.unix().to_be_bytes());
    bytes.extend(vicinity);
    for (relation, state) in states {
        bytes.extend(&relation.to_bytes()[16..]);
        bytes.push(state.byte());
    }
    bytes
}

/// Where the recipient of a batch is, if it is that of an erasure.
pub fn vicinity_of_row(row: &[u8]) -> Result<Option<Vicinity>, InvalidBytes> {
    let mut reader = Reader(row);
    if change_version(&mut reader)? != ERASURE_VERSION {
        return Ok(None);
    }
    reader.time()?;
    reader.take().map(Some)
}

/// The batch of an erasure as [`super::encode_change`] would have it; none of its relations is new. One that
/// still tells of any needs its recipient.
pub fn with_recipient(row: &[u8], recipient: Option<Pseudonym>) -> Result<Vec<u8>, InvalidBytes> {
    let mut reader = Reader(row);
    if change_version(&mut reader)? != ERASURE_VERSION {
        return Err(InvalidBytes::Version);
    }
    let (at, _) = (reader.time()?, reader.take::<2>()?);
    let (entries, left) = reader.0.as_chunks::<EMPTIED>();
    if !left.is_empty() {
        return Err(InvalidBytes::Length);
    }
    let mut states = Vec::with_capacity(entries.len() * CHANGED);
    for entry in entries {
        if *entry == [0; EMPTIED] {
            states.extend(ERASED);
            continue;
        }
        states.extend(recipient.ok_or(InvalidBytes::Code)?.0);
        states.extend(entry);
    }
    Ok(join_change(at, &[], &states))
}

/// A batch without the relations that are `gone`, whose places are left empty; none if none is in it. Adds them
/// to `met`. `recipient` is that of the batch, if it is an erasure's; where a later erasure has taken that one's place, there is none, and
/// nothing is left in the batch.
pub fn without(
    row: &[u8],
    recipient: Option<Pseudonym>,
    gone: impl Fn(&RelationKey) -> bool,
    met: &mut BTreeSet<RelationKey>,
) -> Result<Option<Vec<u8>>, InvalidBytes> {
    let (head, size, recipient) = match (change_version(&mut Reader(row))?, recipient) {
        (ERASURE_VERSION, None) => return Ok(None),
        (ERASURE_VERSION, Some(recipient)) => (7, EMPTIED, recipient.0),
        (CHANGE_VERSION, _) => (9, CHANGED, [0; 16]),
        _ => (5, CHANGED, [0; 16]),
    };
    let entries = row.get(head..).ok_or(InvalidBytes::Length)?;
    let mut left = None;
    for (place, entry) in entries.chunks_exact(size).enumerate() {
        let mut key = [0; RelationKey::LENGTH];
        key[..16].copy_from_slice(&recipient);
        key[CHANGED - size..].copy_from_slice(&entry[..size - 1]);
        // What holds no brand was erased before.
        let Ok(relation) = RelationKey::from_bytes(&key) else { continue };
        if gone(&relation) {
            left.get_or_insert_with(|| row.to_vec())[head + place * size..][..size].fill(0);
            met.insert(relation);
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::hex::to_hex;
    use crate::store::codec::{Change, decode_change, encode_change};
    use proptest::prelude::*;

    const PERSON: Pseudonym = Pseudonym(*b"0123456789abcdef");

    fn brand(code: u32) -> BrandCode {
        BrandCode::new(code).unwrap()
    }

    fn tombstone(brand: Option<BrandCode>, reasoned: bool) -> Tombstone {
        let [erased, known_since] = [0x6543_2100, 0x6543_2200].map(IysTime::from_unix);
        Tombstone { recipient: PERSON, brand, erased, reasoned, revision: 9, known_since }
    }

    fn open(reason: Option<&str>) -> OpenErasure {
        let reason = reason.map(|text| Reason::parse(text).unwrap());
        OpenErasure { revision: 9, vicinity: *b"01", told: vec![3, 7], reason }
    }

    #[test]
    fn bytes_are_pinned() {
        let (all, one) = (tombstone(None, false), tombstone(Some(brand(5)), true));
        let of_key = |of: &Tombstone| to_hex(&tombstone_key(of.recipient, of.brand));
        assert_eq!(of_key(&all), "3031323334353637383961626364656600000000");
        assert_eq!(of_key(&one), "3031323334353637383961626364656600000005");
        assert_eq!(to_hex(&encode_tombstone(&all)), "01010065432100000000000000000965432200");
        assert_eq!(to_hex(&encode_tombstone(&one)), "01010165432100000000000000000965432200");
        for of in [all, one] {
            assert_eq!(decode_tombstone(&tombstone_key(of.recipient, of.brand), &encode_tombstone(&of)), Ok(of));
        }
        assert_eq!(to_hex(&erasing_key(9)), "65726173696e672f0000000000000009");
        assert_eq!(to_hex(&encode_erasing(&open(Some("KVKK")))), "01303100000002000000000000000300000000000000074b564b4b");
        for of in [open(None), open(Some("KVKK"))] {
            assert_eq!(decode_erasing(&erasing_key(9), &encode_erasing(&of)), Ok(of));
        }
        let emptied = (RelationKey::of_brand(PERSON, brand(5)), State::from_byte(0x21));
        let row = encode_erasure_row(IysTime::from_unix(1), *b"01", &[emptied]);
        assert_eq!(to_hex(&row), "03000000013031000000050000000021");
        assert_eq!(vicinity_of_row(&row), Ok(Some(*b"01")));
        assert_eq!(decode_change(&row), Err(InvalidBytes::Version), "without its recipient it tells nothing");
        let whole = with_recipient(&row, Some(PERSON)).unwrap();
        assert_eq!(decode_change(&whole), Ok(Change { at: IysTime::from_unix(1), states: vec![emptied], new: 0 }));
    }

    #[test]
    fn unknown_and_short_bytes_are_errors() {
        let (key, value) = (tombstone_key(PERSON, None), encode_tombstone(&tombstone(None, true)));
        for length in 0..value.len() {
            assert_eq!(decode_tombstone(&key, &value[..length]), Err(InvalidBytes::Length), "{length}");
        }
        let with = |place: usize, byte: u8| {
            let mut bytes = value.clone();
            bytes[place] = byte;
            decode_tombstone(&key, &bytes)
        };
        assert_eq!(
            [with(0, 2), with(1, 2), with(2, 2)],
            [InvalidBytes::Version, InvalidBytes::Version, InvalidBytes::Code].map(Err)
        );
        assert_eq!(decode_tombstone(&key[..16], &value), Err(InvalidBytes::Length));
        let value = encode_erasing(&open(Some("KVKK")));
        assert_eq!(decode_erasing(&erasing_key(9), &value[..22]), Err(InvalidBytes::Length));
        assert_eq!(decode_erasing(b"erasinx/\0\0\0\0\0\0\0\x09", &value), Err(InvalidBytes::Code));
        assert_eq!(decode_erasing(&erasing_key(9), &[&value[..], b"@"].concat()), Err(InvalidBytes::Code));
        assert_eq!(with_recipient(&[3, 0, 0, 0, 1, 0, 0, 1], Some(PERSON)), Err(InvalidBytes::Length));
    }

    #[test]
    fn what_is_gone_leaves_its_place_empty_in_a_batch_of_any_version() {
        let [mine, brand_of_mine, other] =
            [(PERSON, 5), (PERSON, 6), (Pseudonym([9; 16]), 5)].map(|(who, of)| RelationKey::of_brand(who, brand(of)));
        let states = [other, mine, brand_of_mine].map(|relation| (relation, State::from_byte(2)));
        let change = Change { at: IysTime::from_unix(1), states: states.to_vec(), new: 2 };
        let second = encode_change(&change);
        let first = [&[1][..], &second[1..5], &second[9..]].concat();
        let gone = |relation: &RelationKey| *relation == mine;
        for (row, new) in [(second, 1), (first, 0)] {
            let mut met = BTreeSet::new();
            let left = without(&row, None, gone, &mut met).unwrap().unwrap();
            assert_eq!((left.len(), met), (row.len(), BTreeSet::from([mine])));
            assert_eq!(decode_change(&left), Ok(Change { states: vec![states[0], states[2]], new, ..change.clone() }));
            assert_eq!(without(&left, None, gone, &mut BTreeSet::new()), Ok(None), "nothing is left of it");
        }
        let row = encode_erasure_row(change.at, *b"01", &states[1..]);
        let mut met = BTreeSet::new();
        let left = without(&row, Some(PERSON), gone, &mut met).unwrap().unwrap();
        let whole = with_recipient(&left, Some(PERSON)).unwrap();
        assert_eq!(decode_change(&whole), Ok(Change { states: vec![states[2]], new: 0, ..change }));
        assert_eq!(met, BTreeSet::from([mine]));
        assert_eq!(with_recipient(&left, None), Err(InvalidBytes::Code));
        let empty = without(&left, Some(PERSON), |_| true, &mut met).unwrap().unwrap();
        assert_eq!(decode_change(&with_recipient(&empty, None).unwrap()).map(|change| change.states), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = (decode_tombstone(&bytes, &bytes), decode_tombstone(&tombstone_key(PERSON, None), &bytes));
            let _ = (decode_erasing(&bytes, &bytes), decode_erasing(&erasing_key(1), &bytes));
            let _ = (vicinity_of_row(&bytes), with_recipient(&bytes, Some(PERSON)));
            let _ = without(&bytes, None, |_| true, &mut BTreeSet::new());
        }
    }
}
