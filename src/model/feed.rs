//! The words of İYS's change streams.

use super::brand::BrandCode;
use super::time::IysTime;
use std::fmt;

/// One of the two streams that a brand has at İYS (F§1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stream {
    /// What the provider wrote.
    Hs = 0,
    /// What citizens and İYS wrote.
    Iys = 1,
}

impl Stream {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Hs, Self::Iys];

    /// İYS's spelling: the value of `source` in a request.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs => "HS",
            Self::Iys => "IYS",
        }
    }

    /// The stream of a stored number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|stream| *stream as u8 == code)
    }
}

/// How far a stream of a brand was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Everything that İYS registered before it was seen.
    pub complete_to: IysTime,
    /// The newest `creationDate` that came.
    pub newest: Option<IysTime>,
    /// When İYS was last asked to the end, by its own clock.
    pub asked: IysTime,
    /// Where to go on, in İYS's words; empty at the beginning.
    pub cursor: Box<str>,
}

/// Movements of a brand that were missed and that İYS's streams show no more: one stretch from the first to
/// the last moment of which anything may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Of which brand.
    pub brand: BrandCode,
    /// Registered from here on; 1970 if nothing was ever seen.
    pub from: IysTime,
    /// Registered before.
    pub to: IysTime,
    /// When it was found.
    pub found: IysTime,
}

impl Gap {
    /// What is left of it if everything registered in [from, to) is known after all; none if that is all of
    /// it. What lies in its middle leaves it as it is: a gap is one stretch.
    #[must_use]
    pub fn without(self, from: IysTime, to: IysTime) -> Option<Self> {
        match (from <= self.from, to >= self.to) {
            (true, true) => None,
            (true, false) => Some(Self { from: self.from.max(to), ..self }),
            (false, true) => Some(Self { to: self.to.min(from), ..self }),
            (false, false) => Some(self),
        }
    }

    /// Both as one.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        Self { brand: self.brand, from: self.from.min(other.from), to: self.to.max(other.to), found: self.found.min(other.found) }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
