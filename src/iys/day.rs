//! A calendar day in Türkiye, as İYS's day files and agreements name it.

use crate::model::time::IysTime;
use std::fmt;

/// A day; shown as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(IysTime);

/// The text is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day is YYYY-MM-DD, of the years 2000 to 2099")]
pub struct InvalidDay;

impl Day {
    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Self, InvalidDay> {
        IysTime::parse(&format!("{text} 00:00:00")).map(Self).map_err(|_| InvalidDay)
    }

    /// The day of a moment; none outside the years 2000 to 2099.
    #[must_use]
    pub fn of(moment: IysTime) -> Option<Self> {
        Self::parse(&moment.to_string()[..10]).ok()
    }

    /// Its first second.
    #[must_use]
    pub const fn start(self) -> IysTime {
        self.0
    }

    /// The day before.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.minus(86_400))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_string()[..10])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_tuerkiye() {
        let moment = IysTime::parse("2026-03-01 00:00:00").unwrap();
        let day = Day::of(moment).unwrap();
        assert_eq!((day.to_string(), day.start()), ("2026-03-01".to_owned(), moment));
        assert_eq!(day.before().to_string(), "2026-02-28");
        assert_eq!(Day::of(moment.minus(1)), Some(day.before()));
        for text in ["", "2026-02-29", "26-01-01", "2026-01-01 ", "2026-01-01 00:00:00"] {
            assert_eq!(Day::parse(text), Err(InvalidDay), "{text}");
        }
        assert_eq!(Day::of(IysTime::from_unix(0)), None);
    }
}
