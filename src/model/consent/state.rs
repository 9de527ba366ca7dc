//! The packed state of a relation: one byte, two bits a cell.

use super::channel::Cell;
use crate::model::text::fold::word;

/// İYS's `status` of one consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// Approved.
    Onay = 1,
    /// Refused.
    Ret = 2,
    /// İYS was asked and did not list the address as approved: what a sweep sees. Never in a packed state,
    /// never read from a row.
    Yok = 3,
}

impl Status {
    /// İYS's spelling.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Onay => "ONAY",
            Self::Ret => "RET",
            Self::Yok => "YOK",
        }
    }

    /// Reads İYS's spelling, which is upper case and exact.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Onay, Self::Ret].into_iter().find(|status| status.name() == name)
    }

    /// Reads a status in other habits too: in any case, Turkish or not, with blanks and invisible characters around
    /// it; `RED` is `RET`. Only what can mean one thing is read.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::from_name(text).or_else(|| match word(text).as_str() {
            "onay" => Some(Self::Onay),
            "ret" | "red" => Some(Self::Ret),
            _ => None,
        })
    }

    /// The number under which the status is stored.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The status of a stored number.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Onay),
            2 => Some(Self::Ret),
            3 => Some(Self::Yok),
            _ => None,
        }
    }
}

/// The status of every cell of one relation: 00 none, 01 ONAY, 10 RET; of a retailer's relation 01 has access,
/// 10 has it no more. 11 means nothing and reads as none, which a check answers with DENY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct State(u8);

impl State {
    /// Nothing on record.
    pub const EMPTY: Self = Self(0);

    /// The state of a byte.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// The byte of the state.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// What is on record for `cell`.
    #[must_use]
    pub const fn get(self, cell: Cell) -> Option<Status> {
        match (self.0 >> cell.shift()) & 0b11 {
            0b01 => Some(Status::Onay),
            0b10 => Some(Status::Ret),
            _ => None,
        }
    }

    /// The same state with `cell` set to `status`.
    #[must_use]
    pub const fn with(self, cell: Cell, status: Status) -> Self {
        let cleared = self.0 & !(0b11 << cell.shift());
        let bits = match status {
            Status::Onay => 0b01,
            Status::Ret => 0b10,
            Status::Yok => 0b00,
        };
        Self(cleared | bits << cell.shift())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_do_not_touch_each_other() {
        for phones in [true, false] {
            let cells: Vec<Cell> = Cell::ALL.into_iter().filter(|c| c.channel.takes_phones() == phones).collect();
            for &one in &cells {
                for status in [Status::Onay, Status::Ret] {
                    let state = State::EMPTY.with(one, Status::Ret).with(one, status);
                    for &other in &cells {
                        assert_eq!(state.get(other), (other == one).then_some(status));
                    }
                }
            }
        }
    }

    #[test]
    fn bytes_are_pinned() {
        let [call, _, text, text_tacir, mail, mail_tacir] = Cell::ALL;
        assert_eq!(State::EMPTY.with(call, Status::Onay).byte(), 0b0000_0001);
        assert_eq!(State::EMPTY.with(text, Status::Ret).byte(), 0b0010_0000);
        assert_eq!(State::EMPTY.with(text_tacir, Status::Onay).byte(), 0b0100_0000);
        assert_eq!(State::EMPTY.with(mail, Status::Ret).with(mail_tacir, Status::Onay).byte(), 0b0000_0110);
    }

    #[test]
    fn a_status_is_read_in_the_habits_of_people() {
        for text in ["RET", "Ret", "ret", "RED", "red", " RET ", "RET\u{200b}", "\u{202a}RET\u{202c}", "\u{feff}Ret"] {
            assert_eq!(Status::read(text), Some(Status::Ret), "{text:?}");
        }
        for text in ["ONAY", "Onay", "onay", "\u{a0}ONAY", "onay\u{200e}"] {
            assert_eq!(Status::read(text), Some(Status::Onay), "{text:?}");
        }
        for text in ["", "BELKI", "YOK", "ONAY?", "ON AY", "RET ONAY", "R", "ONAYSIZ", "1", "true"] {
            assert_eq!(Status::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn three_is_never_a_status() {
        assert_eq!(State::from_byte(0xFF).get(Cell::ALL[2]), None);
    }
}
