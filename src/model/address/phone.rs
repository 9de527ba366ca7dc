//! Phone numbers in E.164, and the three ways in which a text becomes one.
//!
//! | who wrote the text | read by | rule |
//! |---|---|---|
//! | a sender, in a question, a list, a closure, an erasure | [`Phone::parse`] | every usual spelling is folded into one number |
//! | İYS, an approval on record | [`Phone::parse_approval`] | as written; a number that lost its `+` only where one reading is possible |
//! | anybody, a refusal | [`Phone::parse_refusal`] | as written **and** folded: a refusal blocks every number that it can mean |
//!
//! İYS keeps a number that was stored as `+9005…` under that very name, and an intermediary's question, which asks
//! `+905…`, never finds it (F§2.1). An approval under it is therefore never found here either; a refusal under it
//! blocks `+905…` too.

use super::spelling::Spelling;

/// A phone number in E.164 as a number, without its `+`: 7 to 15 digits, the first not 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(u64);

/// Why the phone of an approval cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is no phone number.
    Malformed,
    /// Ten digits without a country code: a number of Türkiye without its `0`, or of another country without its `+`.
    Ambiguous,
}

/// `90` and ten national digits.
const TURKEY: u64 = 900_000_000_000;
/// `900` and ten national digits: the wrong form.
const MISFORMED: u64 = 9_000_000_000_000;
/// National digits are ten, the first not 0.
const NATIONAL: std::ops::Range<u64> = 1_000_000_000..10_000_000_000;

impl Phone {
    /// Reads a number as a sender spells it: `00…` is `+…`, and `0XXXXXXXXXX`, `90XXXXXXXXXX`, `XXXXXXXXXX`,
    /// `900XXXXXXXXXX` and `+900XXXXXXXXXX` are `+90XXXXXXXXXX`. Other countries need their `+`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::folded(Spelling::read(text)?)
    }

    /// Reads digits alone, with or without a `+`, as [`Self::parse`] does: the quick way for nearly all there are. What it
    /// does not read may be a number in another spelling yet.
    #[must_use]
    pub fn parse_digits(text: &[u8]) -> Option<Self> {
        Self::folded(Spelling::plain(text)?)
    }

    /// Reads the number of an approval on record at İYS, which writes E.164: `+…` as written, the wrong form `+900…`
    /// included. Of numbers that lost their `+` (spreadsheets do that) those of which one reading is possible: `90`
    /// and ten digits, `0` and ten digits.
    pub(super) fn parse_approval(text: &str) -> Result<Self, Unreadable> {
        let spelling = Spelling::read(text).ok_or(Unreadable::Malformed)?;
        let Spelling { plus, digits, length } = spelling;
        if plus || spelling.zeros() == 2 {
            return Self::literal(spelling).ok_or(Unreadable::Malformed);
        }
        match (spelling.zeros(), length) {
            (0, 10) => Err(Unreadable::Ambiguous),
            (0, 12) if digits / NATIONAL.end == 90 => Self::literal(spelling).ok_or(Unreadable::Malformed),
            (0, 13) if is_misformed(digits) => Ok(Self(digits)),
            (1, 11) => Self::turkish(digits).ok_or(Unreadable::Malformed),
            _ => Err(Unreadable::Malformed),
        }
    }

    /// Reads every number that a refusal's text can mean: as written, and folded as a question is.
    pub(super) fn parse_refusal(text: &str) -> Option<(Self, Option<Self>)> {
        let spelling = Spelling::read(text)?;
        match (Self::folded(spelling), Self::literal(spelling)) {
            (Some(folded), literal) => Some((folded, literal.filter(|literal| *literal != folded))),
            (None, Some(literal)) => Some((literal, None)),
            (None, None) => None,
        }
    }

    /// The number that was packed: E.164 as a number, `905321234567`.
    #[must_use]
    pub fn from_packed(packed: u64) -> Option<Self> {
        let length = packed.checked_ilog10()? + 1;
        Self::from_e164(packed, length)
    }

    /// The number of a packed question of a caller, who may have left out the country code: `None` where it is not there
    /// for certain.
    #[must_use]
    pub fn from_wire(packed: u64) -> Option<Self> {
        if Self::has_country_code(packed) { Self::from_packed(packed) } else { None }
    }

    /// Whether a packed number has its country code for certain. Ten digits may be a number of Türkiye that lost its 90,
    /// and in a text they are one: as a packed number they are another country's, which nobody can have meant for sure.
    #[must_use]
    pub const fn has_country_code(packed: u64) -> bool {
        packed < NATIONAL.start || packed >= NATIONAL.end
    }

    /// E.164 without `+`, as a number.
    #[must_use]
    pub const fn packed(self) -> u64 {
        self.0
    }

    /// Whether this is the wrong form `+900…`, which no question finds.
    #[must_use]
    pub const fn is_misformed(self) -> bool {
        is_misformed(self.0)
    }

    /// The same number in the wrong form `+900…`; only numbers of Türkiye have one.
    #[must_use]
    pub const fn misformed(self) -> Option<Self> {
        if self.0 / NATIONAL.end == 90 { Some(Self(MISFORMED + self.0 % NATIONAL.end)) } else { None }
    }

    fn folded(spelling: Spelling) -> Option<Self> {
        let Spelling { plus, digits, length } = spelling;
        match (plus, spelling.zeros(), length) {
            // `+00…`: both ways of writing a number of another country at once.
            (_, 2, _) => Self::from_e164(digits, length - 2),
            (true, ..) => Self::from_e164(digits, length),
            (false, 1, 11) | (false, 0, 10) => Self::turkish(digits),
            (false, 0, 12) if digits / NATIONAL.end == 90 => Self::turkish(digits - TURKEY),
            (false, 0, 13) if is_misformed(digits) => Self::turkish(digits - MISFORMED),
            _ => None,
        }
    }

    /// The number as it is written, with or without its `+`; `00…` is `+…`.
    fn literal(spelling: Spelling) -> Option<Self> {
        let Spelling { plus, digits, length } = spelling;
        let length = if spelling.zeros() == 2 && !plus { length - 2 } else { length };
        if length == 13 && is_misformed(digits) {
            return Some(Self(digits));
        }
        Self::from_e164(digits, length)
    }

    /// `+` and `digits`: 7 to 15 of them, not starting with 0; `+90` takes ten more, not starting with 0.
    fn from_e164(digits: u64, length: u32) -> Option<Self> {
        if !(7..=15).contains(&length) || digits < 10_u64.pow(length - 1) {
            return None;
        }
        let turkish = digits / 10_u64.pow(length - 2) == 90;
        if !turkish {
            return Some(Self(digits));
        }
        match length {
            12 => Self::turkish(digits - TURKEY),
            13 if is_misformed(digits) => Self::turkish(digits - MISFORMED),
            _ => None,
        }
    }

    fn turkish(national: u64) -> Option<Self> {
        NATIONAL.contains(&national).then(|| Self(TURKEY + national))
    }
}

/// `900` and ten national digits, the first not 0: the wrong form that İYS keeps.
const fn is_misformed(digits: u64) -> bool {
    digits / NATIONAL.end == 900 && digits % NATIONAL.end >= NATIONAL.start
}

impl std::fmt::Debug for Phone {
    /// Hides the number: none reaches a log, not even through a forgotten `{:?}`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phone(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn question(text: &str) -> Option<u64> {
        Phone::parse(text).map(Phone::packed)
    }

    fn approval(text: &str) -> Result<u64, Unreadable> {
        Phone::parse_approval(text).map(Phone::packed)
    }

    fn refusal(text: &str) -> Vec<u64> {
        let read = Phone::parse_refusal(text);
        read.into_iter().flat_map(|(first, second)| [Some(first), second]).flatten().map(Phone::packed).collect()
    }

    #[test]
    fn spellings_of_one_number() {
        for text in [
            "+905321234567",
            "905321234567",
            "05321234567",
            "5321234567",
            "00905321234567",
            "+00905321234567",
            "+90 (532) 123 45 67",
            "0532-123-4567",
            "+9005321234567",
            "9005321234567",
            "009005321234567",
            "+90 0532 123 45 67",
            "00 90 0 532 123 45 67",
            " 0532.123.45.67 ",
            "0532\u{a0}123 45 67",
            "\u{202a}+90 532 123 45 67\u{202c}",
        ] {
            assert_eq!(question(text), Some(905_321_234_567), "{text}");
        }
        assert_eq!(Phone::from_packed(905_321_234_567), Phone::parse("05321234567"));
        assert_eq!(Phone::from_packed(9_005_321_234_567), Phone::parse("05321234567"));
    }

    #[test]
    fn other_countries_need_their_plus() {
        assert_eq!(question("+4915112345678"), Some(4_915_112_345_678));
        assert_eq!(question("004915112345678"), Some(4_915_112_345_678));
        assert_eq!(question("4915112345678"), None);
    }

    #[test]
    fn no_number() {
        for text in [
            "",
            "12345",
            "+90532",
            "+905321234567890123",
            "+0532123456",
            "+05321234567",
            "00532123456 7890123456",
            "+90532123456",
            "+9053212345678",
            "0532123456",
            "+900532123456",
            "5321234567x",
            "-5320000911",
            "532000100.0",
        ] {
            assert_eq!(question(text), None, "{text}");
        }
        assert!(!Phone::has_country_code(5_321_234_567) && Phone::has_country_code(905_321_234_567));
        for packed in [0, 1, 90_532, 90_532_123_456, u64::MAX] {
            assert_eq!(Phone::from_packed(packed), None, "{packed}");
        }
    }

    #[test]
    fn an_approval_counts_as_it_is_written() {
        assert_eq!(approval("+905321234567"), Ok(905_321_234_567));
        assert_eq!(approval("+4522123456"), Ok(4_522_123_456));
        assert_eq!(approval("00905321234567"), Ok(905_321_234_567));
        for text in ["+9005321234567", "9005321234567", "009005321234567", "+90 0 532 123 45 67", "+90-0532-123-45-67"] {
            assert_eq!(approval(text), Ok(9_005_321_234_567), "kept under the wrong form, as at İYS: {text}");
        }
    }

    #[test]
    fn an_approval_that_lost_its_plus_counts_where_one_reading_is_possible() {
        assert_eq!(approval("905321234567"), Ok(905_321_234_567));
        assert_eq!(approval("05321234567"), Ok(905_321_234_567));
        for text in ["4522123456", "5321234567", "532 123 45 67"] {
            assert_eq!(approval(text), Err(Unreadable::Ambiguous), "{text}");
        }
        for text in ["4915112345678", "+05321234567", "+00905321234567", "90532123456", "532000100.0", "-5320000911", ""] {
            assert_eq!(approval(text), Err(Unreadable::Malformed), "{text}");
        }
    }

    #[test]
    fn a_refusal_blocks_every_number_that_it_can_mean() {
        assert_eq!(refusal("+905321234567"), [905_321_234_567]);
        assert_eq!(refusal("0532 123 45 67"), [905_321_234_567]);
        for text in ["+9005321234567", "9005321234567", "009005321234567", "+90 0532 123 45 67"] {
            assert_eq!(refusal(text), [905_321_234_567, 9_005_321_234_567], "{text}");
        }
        assert_eq!(refusal("4522123456"), [904_522_123_456, 4_522_123_456]);
        assert_eq!(refusal("4915112345678"), [4_915_112_345_678], "its + was lost");
        assert_eq!(refusal("+00905321234567"), [905_321_234_567]);
        for text in ["", "12345", "-5320000911", "532000100.0", "+05321234567"] {
            assert_eq!(refusal(text), Vec::<u64>::new(), "{text}");
        }
    }

    #[test]
    fn a_turkish_number_has_a_wrong_form_and_nothing_else_has() {
        let wrong = |text| Phone::parse(text).unwrap().misformed();
        assert_eq!(wrong("0532 123 45 67"), Phone::parse_approval("+9005321234567").ok());
        assert!(wrong("0532 123 45 67").is_some_and(Phone::is_misformed));
        assert_eq!([wrong("+4915112345678"), wrong("+9715112345678")], [None, None]);
    }

    #[test]
    fn debug_hides_the_number() {
        assert_eq!(format!("{:?}", Phone::parse("05321234567").unwrap()), "Phone(…)");
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(text in "[+0]{0,3}[0-9 ().-]{5,20}") {
            if let Some(once) = Phone::parse(&text) {
                let written = format!("+{}", once.packed());
                prop_assert_eq!(Phone::parse(&written), Some(once));
                prop_assert_eq!(Phone::from_packed(once.packed()), Some(once));
                prop_assert_eq!(Phone::parse_approval(&written), Ok(once));
                prop_assert!(!once.is_misformed(), "a question is never in the wrong form");
            }
        }

        #[test]
        fn a_refusal_blocks_what_a_question_in_the_same_words_asks_and_what_an_approval_counts_for(text in "[+0]{0,3}[0-9 ().-]{5,20}") {
            let blocked = refusal(&text);
            prop_assert!(question(&text).is_none_or(|asked| blocked.contains(&asked)));
            prop_assert!(approval(&text).map_or(true, |approved| blocked.contains(&approved)));
        }

        #[test]
        fn no_text_panics(text in "\\PC*", packed: u64) {
            let _ = (Phone::parse(&text), Phone::parse_approval(&text), Phone::parse_refusal(&text));
            let _ = Phone::from_packed(packed);
        }
    }
}
