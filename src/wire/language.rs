//! Which language a caller of HTTP reads: `Accept-Language` (RFC 9110, 12.5.4), of which we have two.

use crate::check::Language;
use http::{HeaderMap, header};

/// The language that is asked for most, the first of several; none if neither is.
#[must_use]
pub(super) fn accepted(headers: &HeaderMap) -> Option<Language> {
    let asked = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best = None;
    for (language, weight) in asked.split(',').filter_map(range) {
        if weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

/// A language and its weight, up to 1.
fn range(text: &str) -> Option<(Language, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next()?.split('-').next()?.to_ascii_lowercase();
    let language = match tag.as_str() {
        "en" => Language::English,
        "tr" => Language::Turkish,
        _ => return None,
    };
    let Some(weight) = parts.find_map(|part| part.strip_prefix("q=")) else { return Some((language, 1.0)) };
    let weight: f32 = weight.parse().ok()?;
    (0.0..=1.0).contains(&weight).then_some((language, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Language> {
        let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, text.parse().unwrap())]);
        accepted(&headers)
    }

    #[test]
    fn the_language_that_is_asked_for_most() {
        for text in ["tr", "tr-TR", "TR-tr, en", "de, tr;q=0.5, en;q=0.4", "en;q=0, tr;q=0.001", "en; q=0.8, tr"] {
            assert_eq!(of(text), Some(Language::Turkish), "{text}");
        }
        for text in ["en", "en-GB,tr;q=0.9", "fr, en ;q=0.1", "en, tr"] {
            assert_eq!(of(text), Some(Language::English), "{text}");
        }
        for text in ["", "*", "de", "tr;q=0", "tr;q=2", "tr;q=x", "tr;q=NaN", ",;,", "trk"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(accepted(&HeaderMap::new()), None);
    }
}
