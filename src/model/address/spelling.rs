//! The digits of a phone number as people and spreadsheets spell them.
//!
//! White space, `-`, `.`, `(`, `)`, `[`, `]` and `/` separate digits; invisible characters are dropped; full-width
//! characters and typographic dashes are read as their ASCII ones, as libphonenumber does. `tel:`, Excel's `="…"`,
//! quotes and a leading apostrophe are decoration. What is a number of another kind is no phone: a minus before the digits, a decimal point
//! with what follows it, an exponent.

use crate::model::text::fold::{is_dash, is_invisible, undecorated};

/// The digits of a spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    /// Whether a `+` stands before them.
    pub(super) plus: bool,
    /// The digits as a number.
    pub(super) digits: u64,
    /// How many they are, leading zeros included: 1 to [`MOST_DIGITS`].
    pub(super) length: u32,
}

/// `00` and the 15 digits of the longest number in E.164.
const MOST_DIGITS: u32 = 17;
/// Bytes of the longest spelling that is read: 17 digits, each with a separator and an invisible character.
const LONGEST: usize = 128;
/// Digits of a country code at most.
const COUNTRY_CODE: u32 = 3;

impl Spelling {
    /// Reads a spelling; `None` for what is no phone number.
    pub(super) fn read(text: &str) -> Option<Self> {
        Self::plain(text.as_bytes()).or_else(|| Self::decorated(text))
    }

    /// How many zeros stand before the first other digit.
    pub(super) fn zeros(self) -> u32 {
        self.length - self.digits.checked_ilog10().map_or(0, |log| log + 1)
    }

    /// Digits alone, with or without a `+`: nearly all there are.
    pub(super) fn plain(text: &[u8]) -> Option<Self> {
        let (plus, digits) = text.strip_prefix(b"+").map_or((false, text), |digits| (true, digits));
        if digits.is_empty() || digits.len() > MOST_DIGITS as usize {
            return None;
        }
        let mut value = 0_u64;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u64::from(digit - b'0');
        }
        Some(Self { plus, digits: value, length: digits.len() as u32 })
    }

    fn decorated(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut reader = Reader::default();
        undecorated(text, "tel:").chars().try_for_each(|letter| reader.take(letter))?;
        reader.finish()
    }
}

/// What was read of a spelling so far.
#[derive(Default)]
struct Reader {
    plus: bool,
    digits: u64,
    length: u32,
    /// Points, and digits before the last one.
    points: u32,
    before_point: u32,
    /// Separators other than points.
    others: u32,
}

impl Reader {
    /// Takes the next character; `None` ends the reading: this is no phone.
    fn take(&mut self, letter: char) -> Option<()> {
        match letter {
            '0'..='9' => self.digit(u32::from(letter) - u32::from('0'))?,
            '\u{ff10}'..='\u{ff19}' => self.digit(u32::from(letter) - 0xff10)?,
            '+' | '\u{ff0b}' if self.length == 0 && !self.plus => self.plus = true,
            '.' | '\u{ff0e}' if self.length > 0 => (self.points, self.before_point) = (self.points + 1, self.length),
            '/' | '\u{ff0f}' if self.length > 0 => self.others += 1,
            // Before the digits it is a minus.
            dash if is_dash(dash) && self.length > 0 => self.others += 1,
            '(' | ')' | '[' | ']' | '\u{ff08}' | '\u{ff09}' | '\u{ff3b}' | '\u{ff3d}' => self.others += 1,
            space if space.is_whitespace() => self.others += 1,
            nothing if is_invisible(nothing) => {}
            _ => return None,
        }
        Some(())
    }

    fn digit(&mut self, digit: u32) -> Option<()> {
        if self.length == MOST_DIGITS {
            return None;
        }
        (self.digits, self.length) = (self.digits * 10 + u64::from(digit), self.length + 1);
        Some(())
    }

    fn finish(self) -> Option<Spelling> {
        if self.length == 0 || self.is_decimal() {
            return None;
        }
        Some(Spelling { plus: self.plus, digits: self.digits, length: self.length })
    }

    /// Whether the point is a decimal one: no other separator, and not where people put a point into a phone, which is
    /// behind a country code (`+90.532…`) or behind a `0` and more (`0532.…`). One digit behind a point is a fraction
    /// in any case.
    fn is_decimal(&self) -> bool {
        let fraction = self.length - self.before_point;
        if self.points == 0 || fraction == 0 {
            return false;
        }
        if fraction == 1 {
            return true;
        }
        if self.points > 1 || self.others > 0 {
            return false;
        }
        let whole = self.digits / 10_u64.pow(fraction);
        let behind_country_code = self.plus && self.before_point <= COUNTRY_CODE;
        let behind_zero = self.before_point > 1 && whole < 10_u64.pow(self.before_point - 1);
        !behind_country_code && !behind_zero
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(bool, u64, u32)> {
        Spelling::read(text).map(|spelling| (spelling.plus, spelling.digits, spelling.length))
    }

    #[test]
    fn separators_and_decoration_are_dropped() {
        for text in [
            "05320001001",
            "0532 000 10 01",
            "0532-000-10-01",
            "(0532) 000.10.01",
            "0532/000 10 01",
            "0532.0001001",
            "\u{202a}0532\u{a0}000\u{200b}10\u{2011}01\u{202c}",
            "０５３２０００１００１",
            "'05320001001",
            "=\"05320001001\"",
            "tel:05320001001",
            "TEL: 0532 000 10 01",
            "05320001001.",
            "0532–000–10–01",
            "\u{2019}05320001001",
            "=\"\"05320001001\"\"",
            "\"05320001001\"",
            "[0532] 000 10 01",
            "（０５３２）０００－１００１",
            "0532\u{3164}000\u{e0020}1001",
        ] {
            assert_eq!(read(text), Some((false, 5_320_001_001, 11)), "{text:?}");
        }
        for text in [
            "+905320001001",
            "+90-5320001001",
            "+90.5320001001",
            "(+90) 532 000 10 01",
            "＋905320001001",
            "tel:+90-532-000-10-01",
        ] {
            assert_eq!(read(text), Some((true, 905_320_001_001, 12)), "{text:?}");
        }
        assert_eq!(read("532.000.10.01"), Some((false, 5_320_001_001, 10)));
    }

    #[test]
    fn a_number_of_another_kind_is_no_phone() {
        for text in [
            "-5320000911",
            "−5320000911",
            "- 0532 000 10 01",
            "+-905320001001",
            "532000100.0",
            "532000100.01",
            "5320001001.5",
            "0.5320001001",
            "0.05320001001",
            ".5320001001",
            "532 000 100.0",
            "+905320001.001",
            "5.320001001E+09",
            "5,32E+09",
            "5.320001001e9",
            "1.5.3",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_holds_anything_else_is_no_phone() {
        for text in [
            "",
            "+",
            " ",
            "abc",
            "0532x",
            "532+1234567",
            "++90532",
            "٠٥٣٢١٢٣٤٥٦٧",
            "05320001001,05320001002",
            "=05320001001",
            &"0".repeat(18),
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(read(&format!("0{}", " ".repeat(LONGEST))), None);
        assert_eq!(Spelling::read("00905").map(Spelling::zeros), Some(2));
        assert_eq!(Spelling::read("000").map(Spelling::zeros), Some(3));
    }
}
