//! A spreadsheet's cells as text, spelled as İYS spells it.
//!
//! | cell | text |
//! |---|---|
//! | number | its digits, with its minus and its fraction, never with an exponent: no reader takes -5320000911 or 532000100.5 for a phone |
//! | moment | `YYYY-MM-DD HH:mm:ss`, to the second that a spreadsheet shows; a time of day alone `HH:mm:ss` |
//! | duration | `HH:mm:ss`, with as many hours as there are |
//! | number under the format of a date that is beyond the calendar | its digits: the format is a mistake, the number is not |
//! | truth value, error | `true`, `#N/A`: no address and no date |
//! | text | as it is, of rich text all runs, without what says how to pronounce it |

use crate::model::time::IysTime;
use calamine::{Data, DataRef, ExcelDateTime, ExcelDateTimeType};
use std::borrow::Cow;

/// Seconds of a day.
const DAY: f64 = 86_400.0;
/// The first day behind the spreadsheets' calendar, which ends with the year 9999.
const CALENDAR_END: f64 = 2_958_466.0;

/// The text of a cell of a workbook whose dates count from 1904, or as most do.
pub(super) fn text_of<'a>(value: &'a DataRef<'_>, from_1904: bool) -> Cow<'a, str> {
    match value {
        DataRef::Empty => Cow::Borrowed(""),
        DataRef::String(text) | DataRef::DurationIso(text) => Cow::Borrowed(text),
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::Int(number) => Cow::Owned(number.to_string()),
        DataRef::Float(number) => Cow::Owned(digits(*number)),
        DataRef::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        DataRef::DateTime(moment) => Cow::Owned(moment_text(moment, from_1904)),
        DataRef::DateTimeIso(text) => Cow::Owned(iso_text(text)),
        DataRef::Error(error) => Cow::Owned(error.to_string()),
    }
}

/// A number in digits: a whole one without a fraction, and none with an exponent.
fn digits(number: f64) -> String {
    /// Beneath it every whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT { (number as i64).to_string() } else { number.to_string() }
}

fn moment_text(moment: &ExcelDateTime, from_1904: bool) -> String {
    let serial = moment.as_f64();
    let seconds = (serial * DAY).round();
    if !(0.0..CALENDAR_END * DAY).contains(&seconds) {
        return digits(serial);
    }
    if moment.is_duration() || serial < 1.0 {
        let seconds = seconds as i64;
        return format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    // Whole seconds survive the way back through a fraction of a day.
    let shown = ExcelDateTime::new(seconds / DAY, ExcelDateTimeType::DateTime, from_1904);
    let (year, month, day, hour, minute, second, _) = shown.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// A moment that the file holds as text, such as `2026-11-09T20:00:00Z`, to the nearest second.
fn iso_text(text: &str) -> String {
    let second: String = text.chars().take(19).map(|letter| if letter == 'T' { ' ' } else { letter }).collect();
    let rounds_up = text.get(19..).is_some_and(|fraction| matches!(fraction.as_bytes(), [b'.', b'5'..=b'9', ..]));
    match IysTime::parse(&second) {
        Ok(moment) if rounds_up => IysTime::from_unix(moment.unix() + 1).to_string(),
        _ => second,
    }
}

/// Converts a cell of the `.xls` reader into the form of the `.xlsx` reader.
pub(super) fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(moment) => DataRef::DateTime(*moment),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::CellErrorType;
    use proptest::prelude::*;

    fn text(value: &DataRef<'_>) -> String {
        text_of(value, false).into_owned()
    }

    fn moment(serial: f64, kind: ExcelDateTimeType, from_1904: bool) -> String {
        text_of(&DataRef::DateTime(ExcelDateTime::new(serial, kind, from_1904)), from_1904).into_owned()
    }

    #[test]
    fn a_number_keeps_its_sign_and_fraction_and_never_has_an_exponent() {
        for (number, expected) in [
            (5_320_001_001.0, "5320001001"),
            (-5_320_000_911.0, "-5320000911"),
            (532_000_100.5, "532000100.5"),
            (0.532_000_100_1, "0.5320001001"),
            (5.32e21, "5320000000000000000000"),
            (-1e-7, "-0.0000001"),
            (0.0, "0"),
            (-0.0, "0"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(text(&DataRef::Float(number)), expected);
        }
        assert_eq!(text(&DataRef::Int(-90)), "-90");
    }

    #[test]
    fn a_moment_is_the_second_that_is_shown() {
        use ExcelDateTimeType::{DateTime, TimeDelta};
        for (serial, expected) in [
            (46_335.833_333_3, "2026-11-09 20:00:00"),
            (46_335.833_333_4, "2026-11-09 20:00:00"),
            (46_335.999_999, "2026-11-10 00:00:00"),
            (46_387.999_999_9, "2027-01-01 00:00:00"),
            (46_335.0, "2026-11-09 00:00:00"),
            (0.833_333_3, "20:00:00"),
            (0.0, "00:00:00"),
            (2_958_465.999_99, "9999-12-31 23:59:59"),
            (2_958_465.999_999, "2958465.999999"),
            (5_321_234_567.0, "5321234567"),
            (-1.0, "-1"),
        ] {
            assert_eq!(moment(serial, DateTime, false), expected, "{serial}");
        }
        assert_eq!(moment(46_335.833_333_3 - 1462.0, DateTime, true), "2026-11-09 20:00:00", "counted from 1904");
        assert_eq!(moment(1.5, TimeDelta, false), "36:00:00");
        for iso in ["2026-11-09T20:00:00.000Z", "2026-11-09T19:59:59.997", "2026-11-09T20:00:00"] {
            assert_eq!(text(&DataRef::DateTimeIso(iso.to_owned())), "2026-11-09 20:00:00");
        }
        assert_eq!(text(&DataRef::DateTimeIso("1899-12-31T10:00:00.9".to_owned())), "1899-12-31 10:00:00");
    }

    #[test]
    fn truth_and_errors_are_words() {
        assert_eq!(text(&DataRef::Bool(true)), "true");
        assert_eq!(text(&DataRef::Error(CellErrorType::NA)), "#N/A");
        assert_eq!(text(&DataRef::Empty), "");
    }

    proptest! {
        #[test]
        fn no_number_has_an_exponent_and_a_whole_one_no_point(number: f64) {
            let text = digits(number);
            prop_assert!(!text.contains(['e', 'E']) || number.is_nan());
            prop_assert_eq!(text.contains('.'), number.is_finite() && number.fract() != 0.0);
            prop_assert_eq!(text.starts_with('-'), number < 0.0);
        }
    }
}
