//! İYS's times: `YYYY-MM-DD HH:mm:ss` in Türkiye time, which is UTC+3 all year (F§1.1).

pub mod business_days;
pub mod date;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Türkiye time is three hours ahead of UTC, without daylight saving.
pub(super) const OFFSET: i64 = 3 * 3600;
const DAY: i64 = 86_400;

/// A moment to the second, kept as seconds since 1970-01-01 00:00:00 UTC; read and shown in Türkiye
/// time. Holds the years 2000 to 2099.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IysTime(u32);

/// A moment as the wall clock has it, and the latest that it can be: a clock may be set back. What begins with time
/// begins by the one, what ends or ages with it does so by the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock.
    pub now: IysTime,
    /// Not before `now`, and not before any earlier reading.
    pub latest: IysTime,
}

impl Moment {
    /// A moment on whose reading all agree.
    #[must_use]
    pub const fn of(now: IysTime) -> Self {
        Self { now, latest: now }
    }
}

/// The text is not a time as İYS writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is YYYY-MM-DD HH:mm:ss, Türkiye time, of the years 2000 to 2099")]
pub struct InvalidTime;

impl IysTime {
    /// Seconds since the Unix epoch, UTC.
    #[must_use]
    pub const fn unix(self) -> u32 {
        self.0
    }

    /// The moment of stored seconds.
    #[must_use]
    pub const fn from_unix(seconds: u32) -> Self {
        Self(seconds)
    }

    /// This moment by the system clock. Called at the edges only; logic takes `now` as an argument.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one clock of the edge")]
    pub fn now() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
        Self(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// `seconds` later.
    #[must_use]
    pub const fn plus(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// `seconds` earlier, not before 1970.
    #[must_use]
    pub const fn minus(self, seconds: u32) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Reads `YYYY-MM-DD HH:mm:ss`; a `T` between date and time is taken too.
    ///
    /// # Errors
    /// Anything else, a date that is not on the calendar, a year outside 2000 to 2099.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        let bytes: &[u8; 19] = text.as_bytes().try_into().map_err(|_| InvalidTime)?;
        let marks = [(4, b"-"), (7, b"-"), (13, b":"), (16, b":")];
        if marks.iter().any(|&(at, mark)| bytes[at] != mark[0]) || !matches!(bytes[10], b' ' | b'T') {
            return Err(InvalidTime);
        }
        let year = number(&bytes[0..4])?;
        let month = number(&bytes[5..7])?;
        let day = number(&bytes[8..10])?;
        let (hour, minute, second) = (number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?);
        let on_calendar = (2000..=2099).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        if !on_calendar || hour > 23 || minute > 59 || second > 59 {
            return Err(InvalidTime);
        }
        let seconds = days_since_epoch(year, month, day) * DAY + hour * 3600 + minute * 60 + second - OFFSET;
        u32::try_from(seconds).map(Self).map_err(|_| InvalidTime)
    }

    /// RFC 3339 with Türkiye's offset, as answers carry it.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let text = self.to_string();
        format!("{}T{}+03:00", &text[..10], &text[11..])
    }
}

impl fmt::Display for IysTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = i64::from(self.0) + OFFSET;
        let (year, month, day) = date_of(local.div_euclid(DAY));
        let rest = local.rem_euclid(DAY);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

fn number(digits: &[u8]) -> Result<i64, InvalidTime> {
    digits.iter().try_fold(0, |value, digit| match digit {
        b'0'..=b'9' => Ok(value * 10 + i64::from(digit - b'0')),
        _ => Err(InvalidTime),
    })
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. The year is counted from March, so that
/// the leap day is its last and months need no table.
pub(crate) const fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

/// The date of a day count: the inverse of [`days_since_epoch`].
pub(super) const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + (month <= 2) as i64, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tuerkiye_time_is_utc_plus_three() {
        // F§1.6: the cursor 1597740617 of the specification belongs to this creationDate.
        assert_eq!(IysTime::parse("2020-08-18 11:50:17"), Ok(IysTime::from_unix(1_597_740_617)));
        assert_eq!(IysTime::from_unix(1_597_740_617).rfc3339(), "2020-08-18T11:50:17+03:00");
    }

    #[test]
    fn refuses_what_is_not_a_time() {
        for text in [
            "",
            "2026-13-01 00:00:00",
            "2026-02-29 00:00:00",
            "2026-11-02",
            "2026-11-02 24:00:00",
            "2026-11-02 00:60:00",
            "1999-12-31 23:59:59",
            "2100-01-01 00:00:00",
            "2026-11-02 00:00:00Z",
            "2026-11-02x00:00:00",
            "+026-11-02 00:00:00",
            "2018-02-10T09:30Z",
            "２０２６-11-02 00:00",
        ] {
            assert_eq!(IysTime::parse(text), Err(InvalidTime), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_leads_back(seconds in 946_673_999_u32..4_102_434_000) {
            let time = IysTime::from_unix(seconds + 1);
            if let Ok(read) = IysTime::parse(&time.to_string()) {
                prop_assert_eq!(read, time);
            } else {
                prop_assert!(false, "{time}");
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = IysTime::parse(&text);
        }
    }
}
