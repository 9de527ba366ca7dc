//! A spreadsheet's cells as text, spelled as İYS spells it.

use calamine::{Data, DataRef, ExcelDateTime};

/// The text of a cell: a number in digits, a moment as `YYYY-MM-DD HH:mm:ss`.
pub(super) fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        // Without exponent, and without a fraction where there is none.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(moment) => time_text(moment),
        DataRef::DateTimeIso(text) => text.chars().take(19).map(|letter| if letter == 'T' { ' ' } else { letter }).collect(),
        DataRef::Error(error) => error.to_string(),
    }
}

/// Without a fraction of a second, which no time of İYS has.
fn time_text(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// The same cell in the form of the other reader.
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
