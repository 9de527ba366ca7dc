//! The oracle: who is on record and with what, as a pure function of a number. Nothing is kept of it, so a
//! hundred million cost no memory and every answer can be compared.
//!
//! Numbers below `still` are recipients whose consent stays as it was loaded. The next `moving` change with every
//! movement that reaches them. All numbers above are strangers.

use crate::support::keys;
use izingate::api::proto::Movement;
use izingate::model::consent::state::Status;
use izingate::model::decision::{Reason, Verdict};
use izingate::model::time::IysTime;

/// The sender.
pub const BRAND: u32 = 601_234;
/// Recipient `i` has this phone + `i`.
const FIRST: u64 = 905_000_000_000;
/// The most recipients that there are phones for.
pub const MOST: u64 = 400_000_000;
/// Of a hundred recipients that stay and are asked for, so many are on record.
const KNOWN: u64 = 80;

/// Everybody who is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct People {
    /// Those whose consent stays.
    pub still: u64,
    /// Those whose consent moves.
    pub moving: u64,
    /// When İYS registered what was loaded; each later movement of a recipient is a second younger than the one before.
    pub loaded: IysTime,
}

impl People {
    /// All who are on record.
    pub const fn on_record(&self) -> u64 {
        self.still + self.moving
    }

    /// The phone of a recipient: twelve digits.
    pub const fn phone(i: u64) -> u64 {
        FIRST + i
    }

    /// Whose consent the `n`th movement changes, and for the how manyth time.
    pub const fn moved(&self, n: u64) -> (u64, u64) {
        (self.still + n % self.moving, 1 + n / self.moving)
    }

    /// The movement that changed a recipient for the `generation`th time; the first is 1.
    pub const fn movement_of(&self, i: u64, generation: u64) -> u64 {
        (generation - 1) * self.moving + (i - self.still)
    }

    /// Whether a recipient is one of those that move.
    pub const fn moves(&self, i: u64) -> bool {
        i >= self.still && i < self.on_record()
    }

    /// What is on record of a recipient after so many movements: each turns it round.
    pub const fn status(&self, i: u64, generation: u64) -> Status {
        let first = keys::mix(i).is_multiple_of(4);
        match first != (generation % 2 == 1) {
            _ if i >= self.on_record() => Status::Yok,
            true => Status::Ret,
            false => Status::Onay,
        }
    }

    /// The right answer about a recipient after so many movements: decision << 6 | reason.
    pub const fn right(&self, i: u64, generation: u64) -> u8 {
        byte(self.status(i, generation))
    }

    /// Whom question `i` of sequence `seed` is about; of a million, so many are about those that move.
    pub const fn asked(&self, seed: u64, i: u64, moving_in_a_million: u64) -> u64 {
        if keys::pick(seed ^ 0x5EED, i, 1_000_000) < moving_in_a_million {
            return self.still + keys::pick(seed ^ 0xABCD, i, self.moving);
        }
        let known = keys::pick(seed, i, 100) < KNOWN;
        keys::pick(seed ^ 0xABCD, i, self.still) + if known { 0 } else { self.on_record() }
    }

    /// The movement as İYS publishes it.
    pub fn movement(&self, i: u64, generation: u64) -> Movement {
        // Fewer than the seconds of a day: the scenario sees to it.
        let created = self.loaded.plus(generation as u32).to_string();
        let (status, source) = match self.status(i, generation) {
            Status::Ret => ("RET", "IYS_WEB"),
            _ => ("ONAY", "HS_WEB"),
        };
        Movement {
            consent_date: created.clone(),
            creation_date: created,
            transaction_id: format!("{i:032x}{generation:032x}"),
            recipient: format!("+{}", Self::phone(i)),
            recipient_type: "BIREYSEL".to_owned(),
            r#type: "MESAJ".to_owned(),
            status: status.to_owned(),
            source: source.to_owned(),
            brand_code: String::new(),
        }
    }
}

/// The answer byte of a status.
pub const fn byte(status: Status) -> u8 {
    let reason = match status {
        Status::Onay => Reason::Approved,
        Status::Ret => Reason::Refused,
        Status::Yok => Reason::NoRecord,
    };
    Verdict::of(reason, "").byte()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> People {
        People { still: 1_000, moving: 300, loaded: IysTime::from_unix(1_764_000_000) }
    }

    #[test]
    fn every_movement_changes_whom_it_reaches() {
        let people = people();
        for n in 0..1_000 {
            let (i, generation) = people.moved(n);
            assert!(people.moves(i) && people.movement_of(i, generation) == n);
            assert_ne!(people.status(i, generation), people.status(i, generation - 1));
        }
    }

    #[test]
    fn a_movement_says_what_the_oracle_says() {
        let people = people();
        for (i, generation) in [(3, 0), (1_000, 0), (1_000, 1), (1_299, 2)] {
            let movement = people.movement(i, generation);
            assert_eq!(Status::from_name(&movement.status), Some(people.status(i, generation)));
            assert_eq!(movement.recipient, format!("+9050000{i:05}"));
        }
        assert!(people.movement(1_000, 2).creation_date > people.movement(1_000, 1).creation_date);
    }

    #[test]
    fn questions_are_about_all_kinds_of_people() {
        let people = people();
        let asked: Vec<u64> = (0..10_000).map(|i| people.asked(1, i, 100_000)).collect();
        let share = |of: &dyn Fn(u64) -> bool| asked.iter().filter(|i| of(**i)).count();
        assert!((900..1_100).contains(&share(&|i| people.moves(i))));
        assert!((1_600..2_000).contains(&share(&|i| i >= people.on_record())));
        assert_eq!(people.right(people.on_record(), 0), byte(Status::Yok));
    }
}
