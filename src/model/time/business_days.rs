//! Business days (iş günü) in Türkiye: any day except national holiday, general holidays and the weekend
//! (4/1-i), and the deadlines that are counted in them.
//!
//! A period begins the day after the event: a consent taken on Monday is to be recorded within three
//! business days, so by Thursday. Leave that the government grants around a holiday (idari izin) is no
//! general holiday and not in here.

use super::date::Date;

/// Whether an eve, of which Law 2429 makes the afternoon a holiday, is a business day. The regulation
/// does not say, so it is a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eves {
    /// Its morning is worked: it counts.
    Work,
    /// Its afternoon is a holiday: it does not count. Deadlines end later.
    Off,
}

/// The day lies outside the years whose religious holidays are on file: there is no answer, and none is
/// guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the holidays of {0} are not on file; known are {first} to {last}", first = FIRST_YEAR, last = LAST_YEAR)]
pub struct UnknownYear(pub u16);

/// Business days in which a consent taken outside İYS is to be recorded there (7/11).
pub const TO_RECORD_CONSENT: u32 = 3;
/// Business days in which a refusal that reached the provider is to be reported to İYS (9/6).
pub const TO_REPORT_REFUSAL: u32 = 3;
/// Calendar days in which an intermediary answers what is asked of a complaint (15/5: "on beş gün").
pub const TO_ANSWER_COMPLAINT: u32 = 15;

/// A month and a day of it.
type MonthDay = (u8, u8);

/// What is a holiday every year.
const FIXED: [MonthDay; 7] = [(1, 1), (4, 23), (5, 1), (5, 19), (7, 15), (8, 30), (10, 29)];
/// The eve of the Republic's day, a holiday from 13:00 on.
const FIXED_EVE: MonthDay = (10, 28);
/// Days of Ramazan Bayramı and of Kurban Bayramı; the day before each is an eve.
const FEAST_DAYS: (u32, u32) = (3, 4);

const FIRST_YEAR: u16 = FEASTS[0].0;
const LAST_YEAR: u16 = FEASTS[FEASTS.len() - 1].0;

/// A year, and month and day on which Ramazan Bayramı and Kurban Bayramı begin in it. From a table after
/// the dates of Diyanet (the Python package `holidays` 0.109), which marks all of them as confirmed.
const FEASTS: [(u16, MonthDay, MonthDay); 13] = [
    (2020, (5, 24), (7, 31)),
    (2021, (5, 13), (7, 20)),
    (2022, (5, 2), (7, 9)),
    (2023, (4, 21), (6, 28)),
    (2024, (4, 10), (6, 16)),
    (2025, (3, 30), (6, 6)),
    (2026, (3, 20), (5, 27)),
    (2027, (3, 9), (5, 16)),
    (2028, (2, 26), (5, 5)),
    (2029, (2, 14), (4, 24)),
    (2030, (2, 4), (4, 13)),
    (2031, (1, 24), (4, 2)),
    (2032, (1, 14), (3, 22)),
];

impl Eves {
    /// What holds where nobody set it.
    pub const DEFAULT: Self = Self::Off;

    /// Both, as a setting names them.
    pub const ALL: [Self; 2] = [Self::Work, Self::Off];

    /// The name in a setting.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Off => "off",
        }
    }

    /// Reads the name in a setting.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|eves| eves.name() == name)
    }
}

/// Whether `date` is a business day.
///
/// # Errors
/// The holidays of its year are not on file.
pub fn is_business_day(date: Date, eves: Eves) -> Result<bool, UnknownYear> {
    let (year, month, day) = date.parts();
    let (_, ramazan, kurban) = FEASTS.into_iter().find(|feasts| feasts.0 == year).ok_or(UnknownYear(year))?;
    let first = |(month, day): MonthDay| Date::of_calendar(year, month, day);
    let feast = |begin: Date, days: u32| (begin..begin.plus(days)).contains(&date);
    let eve = (month, day) == FIXED_EVE || [ramazan, kurban].into_iter().any(|begin| date == first(begin).minus(1));
    let holiday = FIXED.contains(&(month, day)) || feast(first(ramazan), FEAST_DAYS.0) || feast(first(kurban), FEAST_DAYS.1);
    Ok(!(date.is_weekend() || holiday || eve && eves == Eves::Off))
}

/// The `count`-th business day after `date`; `date` itself for 0.
///
/// # Errors
/// The way leads into a year whose holidays are not on file.
pub fn add_business_days(date: Date, count: u32, eves: Eves) -> Result<Date, UnknownYear> {
    walk(date, count, eves, |day| day.plus(1))
}

/// The `count`-th business day before `date`; `date` itself for 0.
///
/// # Errors
/// The way leads into a year whose holidays are not on file.
pub fn minus_business_days(date: Date, count: u32, eves: Eves) -> Result<Date, UnknownYear> {
    walk(date, count, eves, |day| day.minus(1))
}

/// The last day to record a consent that was taken on `taken` outside İYS (7/11).
///
/// # Errors
/// As [`add_business_days`].
pub fn record_consent_by(taken: Date, eves: Eves) -> Result<Date, UnknownYear> {
    add_business_days(taken, TO_RECORD_CONSENT, eves)
}

/// The last day to report a refusal that reached the provider on `received` (9/6).
///
/// # Errors
/// As [`add_business_days`].
pub fn report_refusal_by(received: Date, eves: Eves) -> Result<Date, UnknownYear> {
    add_business_days(received, TO_REPORT_REFUSAL, eves)
}

/// The last day to answer what was asked on `asked` of a complaint (15/5): calendar days.
#[must_use]
pub const fn answer_complaint_by(asked: Date) -> Date {
    asked.plus(TO_ANSWER_COMPLAINT)
}

/// Ends: every step leaves a day behind, and years outside the table are errors.
fn walk(from: Date, count: u32, eves: Eves, step: impl Fn(Date) -> Date) -> Result<Date, UnknownYear> {
    let (mut date, mut left) = (from, count);
    while left > 0 {
        date = step(date);
        left -= u32::from(is_business_day(date, eves)?);
    }
    Ok(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn three_business_days_before() {
        for (day, work, off) in [
            ("2026-03-24", "2026-03-18", "2026-03-17"),
            ("2026-06-01", "2026-05-22", "2026-05-21"),
            ("2026-10-30", "2026-10-26", "2026-10-23"),
            ("2025-06-10", "2025-06-03", "2025-06-02"),
            ("2024-04-15", "2024-04-05", "2024-04-04"),
            ("2027-05-21", "2027-05-13", "2027-05-13"),
        ] {
            assert_eq!(minus_business_days(date(day), 3, Eves::Work), Ok(date(work)), "{day}");
            assert_eq!(minus_business_days(date(day), 3, Eves::Off), Ok(date(off)), "{day}");
        }
    }

    #[test]
    fn business_days_of_a_year() {
        for (year, work, off) in [(2024, 250, 248), (2025, 251, 249), (2026, 251, 248), (2027, 250, 248), (2028, 254, 252)] {
            let days = |eves| {
                let (first, next) = (Date::of_calendar(year, 1, 1), Date::of_calendar(year + 1, 1, 1));
                let days = std::iter::successors(Some(first), |day| Some(day.plus(1))).take_while(|day| *day < next);
                days.filter(|day| is_business_day(*day, eves).unwrap()).count()
            };
            assert_eq!((days(Eves::Work), days(Eves::Off)), (work, off), "{year}");
        }
    }

    #[test]
    fn every_kind_of_day() {
        let kinds = |text| Eves::ALL.map(|eves| is_business_day(date(text), eves).unwrap());
        for holiday in ["2026-01-01", "2026-04-23", "2026-05-01", "2026-05-19", "2026-07-15", "2024-08-30", "2026-10-29"] {
            assert_eq!(kinds(holiday), [false, false], "{holiday}");
        }
        for feast in ["2026-03-20", "2025-03-31", "2025-04-01", "2026-05-27", "2026-05-29", "2029-04-27", "2032-03-25"] {
            assert_eq!(kinds(feast), [false, false], "{feast}");
        }
        for eve in ["2026-10-28", "2026-03-19", "2026-05-26", "2029-02-13", "2032-01-13"] {
            assert_eq!(kinds(eve), [true, false], "{eve}");
        }
        assert_eq!(kinds("2029-04-23"), [false, false], "an eve that is a holiday by itself is one");
        assert_eq!(kinds("2026-10-27"), [true, true]);
        assert_eq!(kinds("2026-03-23"), [true, true], "the day after the feast");
        assert_eq!(kinds("2026-11-21"), [false, false], "a Saturday");
    }

    #[test]
    fn deadlines() {
        assert_eq!(record_consent_by(date("2026-11-23"), Eves::Work), Ok(date("2026-11-26")));
        assert_eq!(record_consent_by(date("2026-11-21"), Eves::Work), Ok(date("2026-11-25")), "taken on a Saturday");
        assert_eq!(report_refusal_by(date("2026-05-25"), Eves::Work), Ok(date("2026-06-02")), "over Kurban Bayramı");
        assert_eq!(report_refusal_by(date("2026-05-25"), Eves::Off), Ok(date("2026-06-03")));
        assert_eq!(answer_complaint_by(date("2026-11-23")), date("2026-12-08"), "calendar days, over any holiday");
        assert_eq!(add_business_days(date("2026-11-21"), 0, Eves::Work), Ok(date("2026-11-21")));
    }

    #[test]
    fn beyond_the_table_nothing_is_guessed() {
        assert_eq!(is_business_day(date("2033-01-03"), Eves::Work), Err(UnknownYear(2033)));
        assert_eq!(is_business_day(date("2019-12-31"), Eves::Work), Err(UnknownYear(2019)));
        assert_eq!(add_business_days(date("2032-12-30"), 1, Eves::Work), Ok(date("2032-12-31")));
        assert_eq!(record_consent_by(date("2032-12-30"), Eves::Work), Err(UnknownYear(2033)));
        assert_eq!(minus_business_days(date("2020-01-02"), 1, Eves::Work), Err(UnknownYear(2019)));
        assert_eq!(UnknownYear(2033).to_string(), "the holidays of 2033 are not on file; known are 2020 to 2032");
    }

    #[test]
    fn the_table_has_every_year_once() {
        for (place, (year, ..)) in FEASTS.into_iter().enumerate() {
            assert_eq!(usize::from(year), usize::from(FIRST_YEAR) + place);
        }
    }

    proptest! {
        #[test]
        fn there_and_back(offset in 0_u32..4000, count in 1_u32..40, off in any::<bool>()) {
            let eves = if off { Eves::Off } else { Eves::Work };
            let from = date("2021-01-01").plus(offset);
            let there = add_business_days(from, count, eves).unwrap();
            prop_assert!(is_business_day(there, eves).unwrap() && there > from);
            let back = minus_business_days(there, count, eves).unwrap();
            let same = is_business_day(from, eves).unwrap();
            prop_assert_eq!(back == from, same, "back to where it began, unless that was a day off");
        }
    }
}
