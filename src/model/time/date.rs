//! Days of the calendar, as deadlines count them.

use crate::model::consent::retention::DAY;
use crate::model::time;
use crate::model::time::IysTime;
use std::fmt;

/// A day in Türkiye, kept as days since 1970-01-01. Holds the years 1970 to 2106.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(u32);

/// The text is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is YYYY-MM-DD, of the years 2000 to 2099")]
pub struct InvalidDate;

#[expect(clippy::cast_sign_loss, reason = "days since 1970 and the parts of a date are not negative")]
impl Date {
    /// The day on which a moment falls in Türkiye.
    #[must_use]
    pub const fn of(moment: IysTime) -> Self {
        Self(((moment.unix() as i64 + time::OFFSET) / DAY as i64) as u32)
    }

    /// The day of a year, month and day that are on the calendar, 1970 or later.
    pub(super) const fn of_calendar(year: u16, month: u8, day: u8) -> Self {
        Self(time::days_since_epoch(year as i64, month as i64, day as i64) as u32)
    }

    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Anything else, a day that is not on the calendar, a year outside 2000 to 2099.
    pub fn parse(text: &str) -> Result<Self, InvalidDate> {
        IysTime::parse(&format!("{text} 12:00:00")).map(Self::of).map_err(|_| InvalidDate)
    }

    /// `days` later.
    #[must_use]
    pub const fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// `days` earlier, not before 1970.
    #[must_use]
    pub const fn minus(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days))
    }

    /// Year, month and day of the month.
    #[must_use]
    pub const fn parts(self) -> (u16, u8, u8) {
        let (year, month, day) = time::date_of(self.0 as i64);
        (year as u16, month as u8, day as u8)
    }

    /// Whether it is a Saturday or Sunday.
    #[must_use]
    pub const fn is_weekend(self) -> bool {
        // 1970-01-01 was a Thursday.
        matches!(self.0 % 7, 2 | 3)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_begins_at_midnight_in_tuerkiye() {
        let day = |text| Date::of(IysTime::parse(text).unwrap()).to_string();
        assert_eq!(day("2026-11-20 00:00:00"), "2026-11-20");
        assert_eq!(day("2026-11-20 23:59:59"), "2026-11-20");
        assert_eq!(Date::of(IysTime::from_unix(21 * 3600)).to_string(), "1970-01-02", "21:00 UTC is the next day");
    }

    #[test]
    fn refuses_what_is_not_a_date() {
        for text in
            ["", "2026-02-29", "2026-11-2", "2026-11-20 ", "20261120", "2026-11-20 10:00:00", "1999-12-31", "２０２６-11-20"]
        {
            assert_eq!(Date::parse(text), Err(InvalidDate), "{text}");
        }
    }

    #[test]
    fn weekends() {
        let weekend = |text| Date::parse(text).unwrap().is_weekend();
        assert_eq!(
            ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"].map(weekend),
            [false, true, true, false],
            "20 November 2026 is a Friday"
        );
    }

    proptest! {
        #[test]
        fn reading_leads_back(days in 10_957_u32..47_482) {
            let date = Date(days);
            prop_assert_eq!(Date::parse(&date.to_string()), Ok(date));
            let (year, month, day) = date.parts();
            prop_assert_eq!(Date::of_calendar(year, month, day), date);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Date::parse(&text);
        }
    }
}
