//! The relations that everybody holds, and what everybody is asked about them.

use crate::support::keys;
use izingate::model::brand::BrandCode;
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::state::Status;
use izingate::model::decision::{Reason, Verdict};

/// The sender.
pub const BRAND: u32 = 601_234;
/// Channel and recipient type of every question.
pub const CELL: Cell = Cell::new(Channel::Mesaj, RecipientType::Bireysel);
/// Relation `i` is that of this phone + `i`.
const FIRST: u64 = 905_000_000_000;
/// Of a hundred recipients asked for, so many are on record.
pub const HITS: u64 = 80;

/// The brand as the gateway names it.
pub fn brand() -> Option<BrandCode> {
    BrandCode::new(BRAND)
}

/// The phone of relation `i`: twelve digits.
pub const fn phone(i: u64) -> u64 {
    FIRST + i
}

/// What relation `i` holds.
pub const fn status(i: u64) -> Status {
    if keys::mix(i).is_multiple_of(4) { Status::Ret } else { Status::Onay }
}

/// Whom question `i` of a sequence is about: relations on record, and strangers with numbers like theirs.
pub const fn asked(seed: u64, i: u64, relations: u64) -> u64 {
    let hit = keys::pick(seed, i, 100) < HITS;
    keys::pick(seed ^ 0xABCD, i, relations) + if hit { 0 } else { relations }
}

/// The right answer about relation `i`.
pub fn right(i: u64, relations: u64) -> u8 {
    let reason = match status(i) {
        _ if i >= relations => Reason::NoRecord,
        Status::Onay => Reason::Approved,
        Status::Ret => Reason::Refused,
        Status::Yok => Reason::NoRecord,
    };
    Verdict::of(reason, "").byte()
}

/// The same as Redis keeps it: a digit, or nothing.
pub const fn kept(i: u64, relations: u64) -> u8 {
    match status(i) {
        _ if i >= relations => 0,
        Status::Onay => b'1',
        Status::Ret => b'2',
        Status::Yok => 0,
    }
}
