//! How long what is not current any more is kept.

use super::time::IysTime;

/// Seconds of a day.
pub const DAY: u32 = 86_400;

/// How long a superseded movement is kept: never less than the three years of Regulation 13/2, so that a
/// shorter one cannot even be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryRetention(u32);

impl HistoryRetention {
    /// Three years with a leap day among them.
    pub const SHORTEST_DAYS: u32 = 1096;
    /// A hundred years: as good as for ever.
    pub const LONGEST_DAYS: u32 = 36_525;
    /// What the regulation demands and no more: what is kept longer is personal data kept longer.
    pub const SHORTEST: Self = Self(Self::SHORTEST_DAYS);

    /// So many days; none if they are fewer than the regulation demands, or beyond all reason.
    #[must_use]
    pub fn days(days: u32) -> Option<Self> {
        (Self::SHORTEST_DAYS..=Self::LONGEST_DAYS).contains(&days).then_some(Self(days))
    }

    /// What was superseded at this moment or before need not be kept at `now`.
    #[must_use]
    pub const fn cutoff(self, now: IysTime) -> IysTime {
        now.minus(self.0 * DAY)
    }

    /// Until when what was superseded at a moment is kept.
    #[must_use]
    pub const fn until(self, superseded: IysTime) -> IysTime {
        superseded.plus(self.0 * DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_less_than_three_years() {
        assert_eq!(HistoryRetention::days(1095), None);
        assert_eq!(HistoryRetention::days(36_526), None);
        let three_years = HistoryRetention::days(1096).unwrap();
        // The three years with the most days: a leap day lies among them.
        let (then, now) = (IysTime::parse("2023-03-01 00:00:00").unwrap(), IysTime::parse("2026-03-01 00:00:00").unwrap());
        assert_eq!((three_years.cutoff(now), three_years.until(then)), (then, now));
        assert_eq!(HistoryRetention::SHORTEST, three_years);
    }
}
