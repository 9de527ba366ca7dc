//! The end of an X.509 certificate's validity, of which rustls tells nothing (RFC 5280, 4.1).
//!
//! ```text
//! Certificate    ::= SEQUENCE { tbsCertificate, … }
//! TBSCertificate ::= SEQUENCE { [0] version OPTIONAL, serial, algorithm, issuer, validity, … }
//! Validity       ::= SEQUENCE { notBefore, notAfter }
//! ```

use crate::model::time::days_since_epoch;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// An element of DER: its tag and what is in it.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
}

/// When a certificate in DER expires, in Unix time; none if it is no certificate.
pub(super) fn not_after(certificate: &[u8]) -> Option<i64> {
    let mut certificate = within(&mut &*certificate, SEQUENCE)?;
    let mut signed = within(&mut certificate, SEQUENCE)?;
    // The serial number, behind the version if there is one.
    if next(&mut signed)?.tag == VERSION {
        next(&mut signed)?;
    }
    let _algorithm = within(&mut signed, SEQUENCE)?;
    let _issuer = within(&mut signed, SEQUENCE)?;
    let mut validity = within(&mut signed, SEQUENCE)?;
    let _not_before = next(&mut validity)?;
    seconds(&next(&mut validity)?)
}

/// The content of the next element, which has to be of a kind.
fn within<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    next(rest).filter(|element| element.tag == tag).map(|element| element.content)
}

/// The next element; `rest` then begins behind it.
fn next<'a>(rest: &mut &'a [u8]) -> Option<Element<'a>> {
    let (&tag, behind) = rest.split_first()?;
    let (&first, behind) = behind.split_first()?;
    let (length, behind) = match first {
        0..=0x7F => (usize::from(first), behind),
        // So many bytes hold the length; four are 4 GiB.
        0x81..=0x84 => {
            let (bytes, behind) = behind.split_at_checked(usize::from(first & 0x7F))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), behind)
        }
        _ => return None,
    };
    let (content, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    Some(Element { tag, content })
}

/// `YYMMDDHHMMSSZ`, of 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
fn seconds(time: &Element<'_>) -> Option<i64> {
    let text = std::str::from_utf8(time.content)
        .ok()?
        .strip_suffix('Z')
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (year, rest) = match (time.tag, text.len()) {
        (UTC_TIME, 12) => text.split_at(2),
        (GENERALIZED_TIME, 14) => text.split_at(4),
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
    let year = match (time.tag, year.parse::<i64>().ok()?) {
        (UTC_TIME, year @ 50..) => 1900 + year,
        (UTC_TIME, year) => 2000 + year,
        (_, year) => year,
    };
    let (month, day) = (part(0).filter(|month| (1..=12).contains(month))?, part(2).filter(|day| (1..=31).contains(day))?);
    Some(days_since_epoch(year, month, day) * 86_400 + part(4)? * 3_600 + part(6)? * 60 + part(8)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(year: i32, month: u8, day: u8) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(["push.example.com".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, month, day);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn both_forms_of_a_time_are_read() {
        // Up to 2049 it has two digits of the year, then four.
        let of = |(year, month, day)| not_after(&certificate(year, month, day));
        let read = [(2026, 12, 10), (2049, 12, 31), (2050, 1, 1), (4096, 2, 29)].map(of);
        assert_eq!(read, [Some(1_796_860_800), Some(2_524_521_600), Some(2_524_608_000), Some(67_095_216_000)]);
        let utc = |text: &'static str| seconds(&Element { tag: UTC_TIME, content: text.as_bytes() });
        assert_eq!([utc("700101000001Z"), utc("491231235959Z")], [Some(1), Some(2_524_607_999)]);
        assert_eq!(["", "Z", "700101000001", "701301000001Z", "7001010000x1Z", "19700101000001Z"].map(utc), [None; 6]);
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let whole = certificate(2030, 1, 1);
        for cut in 0..whole.len() {
            assert_eq!(not_after(&whole[..cut]), None, "{cut} bytes");
        }
        let mut other = whole;
        for at in 0..200 {
            other[at] ^= 0xFF;
            // Whatever it reads, it ends.
            let _ = not_after(&other);
            other[at] ^= 0xFF;
        }
        assert_eq!(not_after(b"certificate"), None);
    }
}
