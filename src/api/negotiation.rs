//! What a caller of HTTP would rather have: the headers of weighted choices (RFC 9110, 12.4.2 and 12.5), read in one way
//! wherever one of them decides.

pub(super) mod language;

use http::{HeaderMap, HeaderName, header};

/// A weight in thousandths: 0 is what a caller does not take, 1,000 what it wants most.
type Weight = u16;

const WHOLE: Weight = 1_000;

/// The choices of a header in their order, each without its parameters and with its weight. One whose weight cannot be read
/// is passed over.
pub(super) fn choices(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, Weight)> {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(',').filter_map(|choice| {
        let mut parts = choice.split(';').map(str::trim);
        let value = parts.next().filter(|value| !value.is_empty())?;
        let given = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some((value, given.map_or(Some(WHOLE), weight)?))
    })
}

/// A weight as it is written: `0`, `1`, or with a point and up to three digits behind it.
fn weight(text: &str) -> Option<Weight> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = part.bytes().chain(*b"000").take(3).map(|digit| digit.is_ascii_digit().then(|| Weight::from(digit - b'0')));
    let part = if part.len() <= 3 { digits.reduce(|sum, digit| Some(sum? * 10 + digit?))?? } else { return None };
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(WHOLE),
        _ => None,
    }
}

/// Whether a caller would rather have a line of text than JSON (`Accept`). Of two that weigh the same it is the one that is
/// named first; a caller that takes neither, or does not say, gets JSON.
#[must_use]
pub(super) fn prefers_text(headers: &HeaderMap) -> bool {
    let ([text, json], [text_place, json_place]) = weights(headers);
    text > json || (text > 0 && text == json && text_place < json_place)
}

/// The weights of a line and of JSON, and the places of the ranges that give them. Of several ranges that fit a type the
/// most specific one holds (RFC 9110, 12.5.1), and of two of the same the first.
fn weights(headers: &HeaderMap) -> ([Weight; 2], [usize; 2]) {
    let (mut weights, mut places, mut specific) = ([0; 2], [usize::MAX; 2], [0; 2]);
    for (place, (range, weight)) in choices(headers, header::ACCEPT).enumerate() {
        for (at, media) in ["text/plain", "application/json"].into_iter().enumerate() {
            let fit = fit(range, media);
            if fit > specific[at] {
                (weights[at], places[at], specific[at]) = (weight, place, fit);
            }
        }
    }
    (weights, places)
}

/// How closely a range fits a type; 0 is not at all.
fn fit(range: &str, media: &str) -> u8 {
    let kind = media.split('/').next().unwrap_or_default();
    match range.split_once('/') {
        _ if range.eq_ignore_ascii_case(media) => 3,
        Some((of, "*")) if of.eq_ignore_ascii_case(kind) => 2,
        Some(("*", "*")) => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(accept: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())])
    }

    #[test]
    fn a_weight_has_three_digits_at_most() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1", Some(1_000)),
            ("0.5", Some(500)),
            ("0.", Some(0)),
            ("1.", Some(1_000)),
            ("0.001", Some(1)),
            ("0.05", Some(50)),
            ("1.000", Some(1_000)),
            ("1.001", None),
            ("2", None),
            ("0.0001", None),
            ("", None),
            (".5", None),
            ("-0", None),
            ("0.x", None),
            ("NaN", None),
            ("1e0", None),
        ] {
            assert_eq!(weight(text), expected, "{text}");
        }
    }

    #[test]
    fn the_media_type_that_is_wanted_most() {
        for accept in [
            "text/plain",
            "TEXT/Plain",
            "text/plain; charset=utf-8",
            "text/*",
            "text/plain, application/json",
            "text/plain, */*",
            "text/plain;q=0.5",
            "application/json;q=0.5, text/plain",
            "application/json;q=0.5, text/plain;q=0.6",
            "*/*;q=0.1, text/plain;q=0.2",
            "application/json;q=0, */*",
            "text/html, text/plain;q=0.1",
        ] {
            assert!(prefers_text(&headers(accept)), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/json",
            "application/*, text/plain;q=0.9",
            "application/json, text/plain, */*",
            "text/plain;q=0.5, application/json",
            "text/plain;q=0.5, */*",
            "text/plain;q=0",
            "text/plain;q=0, application/json;q=0",
            "text/plain;q=0, */*",
            "text/plain;q=x",
            "text/plainer",
            "text",
            "text/html",
            "*/*, text/plain;q=0.9",
        ] {
            assert!(!prefers_text(&headers(accept)), "{accept}");
        }
        assert!(!prefers_text(&HeaderMap::new()));
    }
}
