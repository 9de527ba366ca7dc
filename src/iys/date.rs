//! The `Date` header: İYS's clock, which is the one that counts (F§1.4).

use crate::model::time::IysTime;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// A header is in UTC; [`IysTime::parse`] reads Türkiye time.
const OFFSET: u32 = 3 * 3600;

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that a server may send.
pub(super) fn parse(text: &str) -> Option<IysTime> {
    let (_, rest) = text.trim().split_once(", ")?;
    let mut parts = rest.split(' ');
    let (day, month, year, time, zone) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    if zone != "GMT" || parts.next().is_some() {
        return None;
    }
    let local = IysTime::parse(&format!("{year}-{month:02}-{day} {time}")).ok()?;
    Some(local.plus(OFFSET))
}

/// The `Date` header of an answer, if it has a readable one.
pub(super) fn of(headers: &http::HeaderMap) -> Option<IysTime> {
    parse(headers.get(http::header::DATE)?.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_in_utc() {
        assert_eq!(parse("Tue, 18 Aug 2020 08:50:17 GMT"), IysTime::parse("2020-08-18 11:50:17").ok());
        for text in [
            "",
            "Tue, 18 Aug 2020 08:50:17",
            "Tue, 18 Aug 2020 08:50:17 EST",
            "18 Aug 2020 08:50:17 GMT",
            "Tue, 32 Aug 2020 08:50:17 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
