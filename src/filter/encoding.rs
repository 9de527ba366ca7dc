//! Bytes and text. What works on a list sees bytes whose ASCII is ASCII: UTF-8 and ISO-8859-9 as they are, UTF-16 as
//! UTF-8, from which the same UTF-16 is made again.

use super::error::ListError;
use std::borrow::Cow;

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// With or without its mark.
    Utf8,
    /// With its mark, low byte first.
    Utf16Le,
    /// With its mark, high byte first.
    Utf16Be,
    /// Latin-5, Turkish; only if it is said so.
    Iso8859_9,
}

/// The mark in the text that is worked on.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// The six letters in which ISO-8859-9 differs from ISO-8859-1, whose numbers are Unicode's.
const TURKISH: [(u8, char); 6] = [(0xD0, 'Ğ'), (0xDD, 'İ'), (0xDE, 'Ş'), (0xF0, 'ğ'), (0xFD, 'ı'), (0xFE, 'ş')];

impl Encoding {
    /// That of bytes that begin so.
    #[must_use]
    pub fn of(beginning: &[u8]) -> Self {
        match beginning {
            [0xFF, 0xFE, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }

    /// Reads the name that a flag or parameter gives.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let known = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if known(&["utf-8", "utf8"]) {
            Some(Self::Utf8)
        } else if known(&["iso-8859-9", "latin5", "windows-1254"]) {
            Some(Self::Iso8859_9)
        } else if known(&["utf-16", "utf16"]) {
            Some(Self::Utf16Le)
        } else {
            None
        }
    }

    /// A field as text; what is no text is none.
    #[must_use]
    pub fn text(self, field: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Iso8859_9 if !field.is_ascii() => Some(Cow::Owned(field.iter().map(|byte| letter(*byte)).collect())),
            _ => std::str::from_utf8(field).ok().map(Cow::Borrowed),
        }
    }

    /// Text of ours as it stands in the text that is worked on.
    #[must_use]
    pub fn of_text(self, text: &str) -> Vec<u8> {
        if self != Self::Iso8859_9 {
            return text.as_bytes().to_vec();
        }
        text.chars().map(byte).collect()
    }

    /// Makes the bytes of a list of text that was worked on.
    #[must_use]
    pub fn encode(self, text: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Utf8 | Self::Iso8859_9 => text,
            Self::Utf16Le => units(&text).flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => units(&text).flat_map(u16::to_be_bytes).collect(),
        }
    }
}

fn letter(byte: u8) -> char {
    TURKISH.iter().find(|(code, _)| *code == byte).map_or(char::from(byte), |(_, letter)| *letter)
}

/// `?` for what ISO-8859-9 has not.
fn byte(letter: char) -> u8 {
    match TURKISH.iter().find(|(_, turkish)| *turkish == letter) {
        Some((code, _)) => *code,
        None => u8::try_from(letter).ok().filter(|byte| !TURKISH.iter().any(|(code, _)| code == byte)).unwrap_or(b'?'),
    }
}

/// UTF-16 on its way into UTF-8. A surrogate without its other half is kept as three bytes of its own (WTF-8), so
/// that it comes out as it went in.
#[derive(Debug, Default)]
pub struct FromUtf16 {
    big: bool,
    byte: Option<u8>,
    high: Option<u16>,
}

impl FromUtf16 {
    /// Of bytes in this order.
    #[must_use]
    pub fn new(big: bool) -> Self {
        Self { big, ..Self::default() }
    }

    /// Appends what the bytes say to `text`.
    pub fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        for &byte in bytes {
            let Some(first) = self.byte.take() else {
                self.byte = Some(byte);
                continue;
            };
            let unit = if self.big { u16::from_be_bytes([first, byte]) } else { u16::from_le_bytes([first, byte]) };
            self.unit(unit, text);
        }
    }

    fn unit(&mut self, unit: u16, text: &mut Vec<u8>) {
        let code = u32::from(unit);
        match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => put(0x1_0000 + ((u32::from(high) - 0xD800) << 10) + (code - 0xDC00), text),
            (Some(high), _) => {
                put(u32::from(high), text);
                self.unit(unit, text);
            }
            (None, 0xD800..=0xDBFF) => self.high = Some(unit),
            (None, _) => put(code, text),
        }
    }

    /// The end of the bytes.
    ///
    /// # Errors
    /// They end in the middle of a character.
    pub fn end(&mut self, text: &mut Vec<u8>) -> Result<(), ListError> {
        if let Some(high) = self.high.take() {
            put(u32::from(high), text);
        }
        if self.byte.is_some() { Err(ListError::HalfCharacter) } else { Ok(()) }
    }
}

/// Appends a code as UTF-8 has it, a surrogate too.
fn put(code: u32, text: &mut Vec<u8>) {
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3F) as u8;
    match code {
        0..0x80 => text.push(code as u8),
        0x80..0x800 => text.extend([0xC0 | (code >> 6) as u8, tail(0)]),
        0x800..0x1_0000 => text.extend([0xE0 | (code >> 12) as u8, tail(6), tail(0)]),
        _ => text.extend([0xF0 | (code >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

/// The units of UTF-16 of text that [`put`] made, or that is UTF-8.
fn units(text: &[u8]) -> impl Iterator<Item = u16> {
    let mut at = 0;
    let mut low = None;
    std::iter::from_fn(move || {
        if let Some(low) = low.take() {
            return Some(low);
        }
        let first = u32::from(*text.get(at)?);
        let (length, bits) = match first {
            0..0x80 => (1, first),
            0x80..0xE0 => (2, first & 0x1F),
            0xE0..0xF0 => (3, first & 0x0F),
            _ => (4, first & 0x07),
        };
        let tail = text.get(at + 1..at + length).unwrap_or_default();
        let code = tail.iter().fold(bits, |code, byte| code << 6 | u32::from(byte & 0x3F));
        at += length;
        let Some(above) = code.checked_sub(0x1_0000) else { return Some(code as u16) };
        low = Some(0xDC00 + (above & 0x3FF) as u16);
        Some(0xD800 + (above >> 10) as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn utf16_comes_out_as_it_went_in(units in prop::collection::vec(any::<u16>(), 0..64), big: bool, cut in 0..64_usize) {
            let bytes: Vec<u8> = units.iter().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
            let (mut decoder, mut text) = (FromUtf16::new(big), Vec::new());
            let (first, rest) = bytes.split_at(cut.min(bytes.len()));
            decoder.decode(first, &mut text);
            decoder.decode(rest, &mut text);
            decoder.end(&mut text).unwrap();
            let encoding = if big { Encoding::Utf16Be } else { Encoding::Utf16Le };
            prop_assert_eq!(encoding.encode(text), bytes);
        }
    }

    #[test]
    fn text_is_utf8_in_between() {
        let bytes: Vec<u8> = "\u{feff}ağ😀".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (mut decoder, mut text) = (FromUtf16::new(false), Vec::new());
        decoder.decode(&bytes[..5], &mut text);
        decoder.decode(&bytes[5..], &mut text);
        assert_eq!(text, "\u{feff}ağ😀".as_bytes());
        decoder.decode(&[0x61], &mut text);
        assert_eq!(decoder.end(&mut text), Err(ListError::HalfCharacter));
    }

    #[test]
    fn iso_8859_9_is_turkish() {
        let text = Encoding::Iso8859_9.text(b"\xDD\xFE\xF0\xE7\xA0x").unwrap();
        assert_eq!(text, "İşğç\u{a0}x");
        assert_eq!(Encoding::Iso8859_9.of_text(&text), b"\xDD\xFE\xF0\xE7\xA0x");
        assert_eq!(Encoding::Iso8859_9.of_text("€ð"), b"??");
        assert_eq!(Encoding::Utf8.text(b"\xFF"), None);
    }

    #[test]
    fn an_encoding_is_known_by_its_mark() {
        assert_eq!(Encoding::of(b"\xFF\xFEa\0"), Encoding::Utf16Le);
        assert_eq!(Encoding::of(b"\xFE\xFF\0a"), Encoding::Utf16Be);
        assert_eq!(Encoding::of(b"\xEF\xBB\xBFa"), Encoding::Utf8);
        assert_eq!(Encoding::of(b""), Encoding::Utf8);
    }
}
