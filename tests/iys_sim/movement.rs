//! One movement, kept small: a run holds millions.

use izingate::model::consent::channel::{Cell, Channel};
use izingate::model::consent::state::Status;
use izingate::model::text::hex::to_hex;
use izingate::model::time::IysTime;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::{PoisonError, RwLock};

/// An address as İYS keeps it; a phone in E.164 takes no heap.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    Phone(u64),
    Text(Box<str>),
}

impl Address {
    pub fn of(text: &str) -> Self {
        let digits = text.strip_prefix('+').filter(|digits| digits.len() <= 18 && !digits.starts_with('0'));
        match digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())).and_then(|digits| digits.parse().ok()) {
            Some(number) => Self::Phone(number),
            None => Self::Text(text.to_ascii_lowercase().into()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(number) => write!(f, "+{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// A source by its number; every name that was ever used has one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source(u16);

/// Names are few and live as long as the process.
static NAMES: RwLock<Vec<&'static str>> = RwLock::new(Vec::new());

impl Source {
    pub fn of(name: &str) -> Self {
        let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
        let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(Box::leak(name.to_owned().into_boxed_str()));
            names.len() - 1
        });
        Self(place as u16)
    }

    pub fn name(self) -> &'static str {
        NAMES.read().unwrap_or_else(PoisonError::into_inner)[usize::from(self.0)]
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// When İYS registered it.
    pub created: IysTime,
    /// When the consent was given or withdrawn; none where İYS leaves it empty.
    pub consented: Option<IysTime>,
    pub address: Address,
    pub cell: Cell,
    pub status: Status,
    pub source: Source,
    /// The first bytes of the transactionId: its place among the movements of a second.
    pub order: u64,
}

impl Movement {
    /// Where it stands in its stream.
    pub const fn place(&self) -> (u32, u64) {
        (self.created.unix(), self.order)
    }

    pub fn transaction(&self, brand: u32) -> String {
        to_hex(&digest(brand, &self.address, self.cell.channel, self.created))
    }
}

/// İYS's id of a movement. Two on the same recipient and type in the same second share it.
pub fn digest(brand: u32, address: &Address, channel: Channel, created: IysTime) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(brand.to_be_bytes());
    hasher.update(created.unix().to_be_bytes());
    hasher.update([channel as u8]);
    match address {
        Address::Phone(number) => hasher.update(number.to_be_bytes()),
        Address::Text(text) => hasher.update(text.as_bytes()),
    }
    hasher.finalize().into()
}

/// The first bytes of an id, in the order of its hex digits.
pub fn order_of(digest: &[u8; 32]) -> u64 {
    u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"))
}
