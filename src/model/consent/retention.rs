//! How long what is not current any more is kept.

use crate::model::time::IysTime;
use std::time::{Duration, Instant};

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

/// The time that removal goes by: that of the wall clock, but none that is later than the last moment on record at the start and the time that
/// passed since. What is removed does not come back, so a clock that is years ahead must not be enough to remove it. A gateway that did
/// not run for a time removes later by that time, until its next start.
#[derive(Clone, Copy, Debug)]
pub struct RemovalClock {
    recorded: IysTime,
    since: Instant,
}

impl RemovalClock {
    /// Begins now; `recorded` is the last moment on record, or that of the wall clock where there is none.
    #[must_use]
    pub fn begin(recorded: IysTime) -> Self {
        Self { recorded, since: Instant::now() }
    }

    /// The time to go by when the wall clock shows `wall`.
    #[must_use]
    pub fn now(&self, wall: IysTime) -> IysTime {
        self.after(wall, self.since.elapsed())
    }

    fn after(&self, wall: IysTime, passed: Duration) -> IysTime {
        wall.min(self.recorded.plus(u32::try_from(passed.as_secs()).unwrap_or(u32::MAX)))
    }

    /// The time to go by where `wall` is ahead of it by more than a day.
    #[must_use]
    pub fn far_behind(&self, wall: IysTime) -> Option<IysTime> {
        Some(self.now(wall)).filter(|now| now.plus(DAY) < wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_ahead_removes_nothing_that_time_did_not_make_old() {
        let recorded = IysTime::parse("2026-11-05 10:00:00").unwrap();
        let clock = RemovalClock::begin(recorded);
        let hour = Duration::from_hours(1);
        let after = |ahead: u32| clock.after(recorded.plus(ahead), hour);
        assert_eq!([0, 3_600, 3_601, 4 * 366 * DAY].map(after), [0, 3_600, 3_600, 3_600].map(|behind| recorded.plus(behind)));
        assert_eq!(clock.after(recorded.minus(DAY), hour), recorded.minus(DAY), "a clock that is behind removes less");
        assert_eq!(clock.after(recorded, Duration::MAX), recorded);
        assert!(clock.far_behind(recorded.plus(DAY)).is_none() && clock.far_behind(recorded.plus(2 * DAY)).is_some());
    }

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
