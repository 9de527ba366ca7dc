//! Encodings of lists and files of movements. Code that works on their text sees bytes whose ASCII is ASCII: UTF-8 and
//! Windows-1254 as they are, UTF-16 as UTF-8, from which the same UTF-16 is made again.
//!
//! ISO-8859-9 is read as Windows-1254, of which it is a part: the two differ in what ISO-8859-9 has for control
//! characters alone, and Windows-1254 for quotes, dashes and `€`.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The encoding of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// With or without its mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Turkish Windows, as Turkish Excel saves CSV; ISO-8859-9 too.
    Windows1254,
}

/// An encoding as a flag or parameter names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// UTF-8.
    Utf8,
    /// UTF-16: its mark says which byte of a unit is first, or else its zeros do.
    Utf16,
    /// Windows-1254 or ISO-8859-9.
    Windows1254,
}

/// A text of UTF-16 ends in the middle of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is UTF-16 and ends in half a character")]
pub struct HalfCharacter;

/// The mark in the text that is worked on.
pub const MARK: &[u8] = b"\xef\xbb\xbf";
/// Bytes at the beginning of a text of which [`Encoding::of`] wants to see at most.
pub const BEGINNING: usize = 256;

/// Letters in which Windows-1254 differs from ISO-8859-1, whose numbers are Unicode's.
const TURKISH: [(u8, char); 31] = [
    (0x80, '€'),
    (0x82, '‚'),
    (0x83, 'ƒ'),
    (0x84, '„'),
    (0x85, '…'),
    (0x86, '†'),
    (0x87, '‡'),
    (0x88, 'ˆ'),
    (0x89, '‰'),
    (0x8A, 'Š'),
    (0x8B, '‹'),
    (0x8C, 'Œ'),
    (0x91, '‘'),
    (0x92, '’'),
    (0x93, '“'),
    (0x94, '”'),
    (0x95, '•'),
    (0x96, '–'),
    (0x97, '—'),
    (0x98, '˜'),
    (0x99, '™'),
    (0x9A, 'š'),
    (0x9B, '›'),
    (0x9C, 'œ'),
    (0x9F, 'Ÿ'),
    (0xD0, 'Ğ'),
    (0xDD, 'İ'),
    (0xDE, 'Ş'),
    (0xF0, 'ğ'),
    (0xFD, 'ı'),
    (0xFE, 'ş'),
];

impl Declared {
    /// The names, for errors.
    pub const NAMES: &str = "utf-8, utf-16, windows-1254 or iso-8859-9";

    /// Reads the name that a flag or parameter gives.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let known = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if known(&["utf-8", "utf8"]) {
            Some(Self::Utf8)
        } else if known(&["windows-1254", "cp1254", "iso-8859-9", "latin5"]) {
            Some(Self::Windows1254)
        } else if known(&["utf-16", "utf16", "utf-16le", "utf-16be"]) {
            Some(Self::Utf16)
        } else {
            None
        }
    }
}

impl Encoding {
    /// The encoding of a text whose first [`BEGINNING`] bytes, or all of it, are these: the declared one, or else by its
    /// mark; without one UTF-8, which [`Encoding::guess`] may correct.
    #[must_use]
    pub fn of(beginning: &[u8], declared: Option<Declared>) -> Self {
        match (declared, beginning) {
            (Some(Declared::Utf8), _) => Self::Utf8,
            (Some(Declared::Windows1254), _) => Self::Windows1254,
            (_, [0xFF, 0xFE, ..]) => Self::Utf16Le,
            (_, [0xFE, 0xFF, ..]) => Self::Utf16Be,
            (None, _) => Self::Utf8,
            (Some(Declared::Utf16), _) => {
                // ASCII, delimiters and line ends at least, has a zero for its high byte.
                let zeros = |first: usize| beginning.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
                if zeros(0) > zeros(1) { Self::Utf16Be } else { Self::Utf16Le }
            }
        }
    }

    /// The encoding of a text without mark of which nothing is declared: UTF-8, or Windows-1254 where more letters are
    /// none of UTF-8's than are. Of text that is all ASCII it is not known: `None`.
    #[must_use]
    pub fn guess(sample: &[u8]) -> Option<Self> {
        let (mut letters, mut others) = (0_usize, 0_usize);
        let mut chunks = sample.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            letters += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
            let cut =
                chunks.peek().is_none() && std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
            others += usize::from(!chunk.invalid().is_empty() && !cut);
        }
        match (letters, others) {
            (0, 0) => None,
            _ if others > letters => Some(Self::Windows1254),
            _ => Some(Self::Utf8),
        }
    }

    /// A field as text; what is no text is none.
    #[must_use]
    pub fn text(self, field: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Windows1254 if !field.is_ascii() => Some(Cow::Owned(field.iter().map(|byte| letter(*byte)).collect())),
            _ => std::str::from_utf8(field).ok().map(Cow::Borrowed),
        }
    }

    /// Text of ours as it stands in the text that is worked on.
    #[must_use]
    pub fn of_text(self, text: &str) -> Vec<u8> {
        if self != Self::Windows1254 {
            return text.as_bytes().to_vec();
        }
        text.chars().map(byte).collect()
    }

    /// Makes the bytes of a list of text that was worked on.
    #[must_use]
    pub fn encode(self, text: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Utf8 | Self::Windows1254 => text,
            Self::Utf16Le => units(&text).flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => units(&text).flat_map(u16::to_be_bytes).collect(),
        }
    }
}

fn letter(byte: u8) -> char {
    TURKISH.iter().find(|(code, _)| *code == byte).map_or(char::from(byte), |(_, letter)| *letter)
}

/// `?` for what Windows-1254 has not.
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
    pub fn end(&mut self, text: &mut Vec<u8>) -> Result<(), HalfCharacter> {
        if let Some(high) = self.high.take() {
            put(u32::from(high), text);
        }
        if self.byte.is_some() { Err(HalfCharacter) } else { Ok(()) }
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
        assert_eq!(decoder.end(&mut text), Err(HalfCharacter));
    }

    #[test]
    fn windows_1254_is_turkish() {
        let bytes = b"\xDD\xFE\xF0\xE7\xA0x\x93\x96\x80";
        let text = Encoding::Windows1254.text(bytes).unwrap();
        assert_eq!(text, "İşğç\u{a0}x“–€");
        assert_eq!(Encoding::Windows1254.of_text(&text), bytes);
        assert_eq!(Encoding::Windows1254.of_text("ðя"), b"??");
        let all: Vec<u8> = (0..=u8::MAX).collect();
        assert_eq!(Encoding::Windows1254.of_text(&Encoding::Windows1254.text(&all).unwrap()), all);
        assert_eq!(Encoding::Utf8.text(b"\xFF"), None);
    }

    #[test]
    fn an_encoding_is_known_by_its_mark_or_by_what_is_declared() {
        use Encoding::{Utf8, Utf16Be, Utf16Le, Windows1254};
        for (beginning, declared, encoding) in [
            (&b"\xFF\xFEa\0"[..], None, Utf16Le),
            (b"\xFE\xFF\0a", None, Utf16Be),
            (b"\xEF\xBB\xBFa", None, Utf8),
            (b"", None, Utf8),
            (b"a\0b\0", Some("utf-16"), Utf16Le),
            (b"\0a\0b", Some("UTF-16"), Utf16Be),
            (b"\x01\x5e\0a", Some("utf-16"), Utf16Be),
            (b"\x5e\x01a\0", Some("utf-16"), Utf16Le),
            (b"\xFE\xFF\0a", Some("utf-16le"), Utf16Be),
            (b"\xDD", Some("iso-8859-9"), Windows1254),
            (b"\xDD", Some("windows-1254"), Windows1254),
        ] {
            let declared = declared.map(|name| Declared::from_name(name).unwrap());
            assert_eq!(Encoding::of(beginning, declared), encoding, "{beginning:?}");
        }
        assert_eq!(Declared::from_name("utf-7"), None);
    }

    #[test]
    fn an_encoding_is_guessed_by_its_letters() {
        use Encoding::{Utf8, Windows1254};
        for (sample, encoding) in [
            (&b"ad;gsm"[..], None),
            (b"", None),
            ("Çağrı".as_bytes(), Some(Utf8)),
            (b"\xC7a\xF0r\xFD", Some(Windows1254)),
            ("Ça\u{11f}r".as_bytes(), Some(Utf8)),
            (b"\xC3\x87a\xC4\x9Fr\xC4\xB1 \xF0", Some(Utf8)),
            (b"a\xC4", None),
        ] {
            assert_eq!(Encoding::guess(sample), encoding, "{sample:?}");
        }
    }
}
