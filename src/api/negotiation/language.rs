//! Which language a caller of HTTP reads: `Accept-Language` (RFC 9110, 12.5.4), of which we have two.

use crate::api::negotiation::choices;
use crate::model::language::Language;
use http::{HeaderMap, header};

/// The language that is asked for most, the first of several; none if neither is.
#[must_use]
pub(in crate::api) fn accepted(headers: &HeaderMap) -> Option<Language> {
    let known = choices(headers, header::ACCEPT_LANGUAGE).filter_map(|(tag, weight)| Some((of_tag(tag)?, weight)));
    let best = known.filter(|(_, weight)| *weight > 0).reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(language, _)| language)
}

fn of_tag(tag: &str) -> Option<Language> {
    let of = |name| tag.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case(name));
    match () {
        () if of("en") => Some(Language::English),
        () if of("tr") => Some(Language::Turkish),
        () => None,
    }
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
