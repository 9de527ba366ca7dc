//! The bytes of a request's body on their way to a reader of JSON: what is compressed or in another encoding than UTF-8 is
//! an error that names it, never a body in which nothing was found.

use bytes::Bytes;
use http::{HeaderMap, header};

/// First bytes of compressed data that no JSON text begins with.
const COMPRESSED: [(&[u8], &str); 6] = [
    (&[0x1F, 0x8B], "gzip"),
    (&[0x28, 0xB5, 0x2F, 0xFD], "Zstandard"),
    (&[0x04, 0x22, 0x4D, 0x18], "LZ4"),
    (&[0xFD, b'7', b'z', b'X', b'Z'], "xz"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "a ZIP archive"),
];

/// What is said to be taken (`Accept-Encoding`) in the answer to a body with another `Content-Encoding` (RFC 9110, 12.5.3).
/// No other 415 says it: a client tells by it what was wrong.
pub const IDENTITY: &str = "identity";

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why a body is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableBody {
    /// `Content-Encoding` names one.
    #[error("Content-Encoding is {0}; send the body as it is (identity)")]
    Encoded(String),
    /// `Content-Type` names another charset.
    #[error("the charset is {0}; send UTF-8")]
    Charset(String),
    /// The bytes are compressed, and no header says so.
    #[error("the body is {0}; send the text itself, not compressed")]
    Compressed(&'static str),
    /// The bytes are UTF-16 or UTF-32.
    #[error("the body is UTF-16 or UTF-32; send UTF-8")]
    WideCharacters,
}

impl UnreadableBody {
    /// Whether it is the headers that say so, before any byte was read.
    #[must_use]
    pub const fn is_announced(&self) -> bool {
        matches!(self, Self::Encoded(_) | Self::Charset(_))
    }
}

/// Refuses a body that its headers say to be compressed.
///
/// # Errors
/// A `Content-Encoding` beside identity.
pub fn check_encoding(headers: &HeaderMap) -> Result<(), UnreadableBody> {
    let Some(codings) = headers.get(header::CONTENT_ENCODING).map(text_of) else { return Ok(()) };
    let plain = |coding: &str| coding.trim().is_empty() || coding.trim().eq_ignore_ascii_case(IDENTITY);
    if codings.split(',').all(plain) { Ok(()) } else { Err(UnreadableBody::Encoded(shortened(codings))) }
}

fn text_of(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// Refuses a body whose headers announce what is not read.
///
/// # Errors
/// A `Content-Encoding` beside identity, or a charset beside UTF-8 and its part US-ASCII.
pub fn check_headers(headers: &HeaderMap) -> Result<(), UnreadableBody> {
    check_encoding(headers)?;
    let Some(media) = headers.get(header::CONTENT_TYPE).map(text_of) else { return Ok(()) };
    let parameters = media.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    for (_, charset) in charsets {
        let charset = charset.trim().trim_matches('"');
        if !["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known)) {
            return Err(UnreadableBody::Charset(shortened(charset.to_owned())));
        }
    }
    Ok(())
}

/// The text of a body, without the mark that some programs put in front of UTF-8. That every byte of it is UTF-8 is for its
/// reader to say.
///
/// # Errors
/// The bytes are compressed or in another encoding.
pub fn text(body: &Bytes) -> Result<Bytes, UnreadableBody> {
    if let Some((_, name)) = COMPRESSED.iter().find(|(magic, _)| body.starts_with(magic)) {
        return Err(UnreadableBody::Compressed(name));
    }
    // No JSON text holds a zero byte; of UTF-16 and UTF-32 every ASCII letter has one.
    let wide =
        [&b"\xFF\xFE"[..], b"\xFE\xFF"].iter().any(|mark| body.starts_with(mark)) || body.iter().take(4).any(|byte| *byte == 0);
    if wide {
        return Err(UnreadableBody::WideCharacters);
    }
    let mark = if body.starts_with(UTF8_MARK) { UTF8_MARK.len() } else { 0 };
    Ok(body.slice(mark..))
}

fn shortened(text: String) -> String {
    if text.chars().count() <= 40 { text } else { text.chars().take(40).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_coding_or_charset_that_is_not_read_is_named() {
        for value in ["identity", "Identity", "identity, identity", ""] {
            assert_eq!(check_headers(&headers(header::CONTENT_ENCODING, value)), Ok(()), "{value}");
        }
        for value in ["gzip", "identity, gzip", "br", "x"] {
            let expected = Err(UnreadableBody::Encoded(value.to_owned()));
            assert_eq!(check_headers(&headers(header::CONTENT_ENCODING, value)), expected, "{value}");
        }
        for value in ["application/json", "application/json; charset=UTF-8", "a/b;charset=\"utf8\"; x=y", "a/b; charset=us-ascii"]
        {
            assert_eq!(check_headers(&headers(header::CONTENT_TYPE, value)), Ok(()), "{value}");
        }
        for (value, named) in
            [("a/b; charset=utf-16", "utf-16"), ("a/b;Charset=\"iso-8859-9\"", "iso-8859-9"), ("a/b;charset=", "")]
        {
            let expected = Err(UnreadableBody::Charset(named.to_owned()));
            assert_eq!(check_headers(&headers(header::CONTENT_TYPE, value)), expected, "{value}");
        }
        assert_eq!(check_headers(&HeaderMap::new()), Ok(()));
    }

    #[test]
    fn a_body_that_is_no_utf_8_is_named_and_a_mark_is_passed_over() {
        let of = |bytes: &'static [u8]| text(&Bytes::from_static(bytes));
        for (bytes, expected) in
            [(&b"{}"[..], &b"{}"[..]), (b"", b""), (b"\xEF\xBB\xBF{}", b"{}"), (b"\xEF\xBB\xBF", b""), (b"7", b"7")]
        {
            assert_eq!(of(bytes), Ok(Bytes::from_static(expected)));
        }
        for bytes in [&b"\xFF\xFE{\0}\0"[..], b"\xFE\xFF\0{\0}", b"{\0}\0", b"\0{\0}", b"{\0\0\0", b"\0\0\0{"] {
            assert_eq!(of(bytes), Err(UnreadableBody::WideCharacters), "{bytes:?}");
        }
        for (magic, name) in COMPRESSED {
            assert_eq!(text(&Bytes::from([magic, b"rest"].concat())), Err(UnreadableBody::Compressed(name)));
        }
    }
}
