//! Electronic addresses: phones in E.164 and e-mails, parsed and normalised at the edge (F§2.1, F§2.2).
//!
//! A *question* is spelled as its sender spells it, so [`Recipient::parse`] folds the usual spellings
//! into one. A *record* of İYS is taken as it stands ([`Recipient::parse_stored`]): İYS keeps a number
//! stored as `+9005…` under that very name and an intermediary's question never finds it, so we must
//! not find it either.

use super::channel::Channel;

/// A phone number in E.164 as a number, without its `+`: 7 to 15 digits, the first not 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(u64);

/// An e-mail address: ASCII lower case, 6 to 265 characters. Kept in place, so that reading one allocates
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Email {
    /// Zeros after `length`.
    text: [u8; LONGEST_EMAIL],
    length: u16,
}

/// An address of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "it lives for a moment on the stack; a box would allocate")]
pub enum Recipient {
    /// For `ARAMA` and `MESAJ`.
    Phone(Phone),
    /// For `EPOSTA`.
    Email(Email),
}

/// The text is no address, or an address of the other kind than the channel takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecipient {
    /// Not an address at all.
    #[error("not a phone number in E.164 or a usual Turkish spelling, nor an e-mail address")]
    Malformed,
    /// `MESAJ` and `ARAMA` take phones, `EPOSTA` takes e-mails.
    #[error("MESAJ and ARAMA take phone numbers, EPOSTA takes e-mail addresses")]
    WrongKind,
}

/// An e-mail is at least `a@b.cc` and at most 265 characters (F§2.2).
const EMAIL_LENGTH: std::ops::RangeInclusive<usize> = 6..=LONGEST_EMAIL;
const LONGEST_EMAIL: usize = 265;
/// No spelling of a phone is longer; what is longer is refused unread.
const LONGEST_PHONE_TEXT: usize = 64;

impl Recipient {
    /// Reads an address as a sender spells it in a question.
    ///
    /// # Errors
    /// The text is no address, or one of the wrong kind for `channel`.
    pub fn parse(text: &str, channel: Channel) -> Result<Self, InvalidRecipient> {
        Self::parse_with(text, channel, Phone::parse)
    }

    /// Reads an address of either kind as an operator spells it.
    ///
    /// # Errors
    /// The text is no address.
    pub fn parse_any(text: &str) -> Result<Self, InvalidRecipient> {
        Self::parse(text, if text.contains('@') { Channel::Eposta } else { Channel::Mesaj })
    }

    /// Reads an address as İYS's records hold it.
    ///
    /// # Errors
    /// The text is no address, or one of the wrong kind for `channel`.
    pub fn parse_stored(text: &str, channel: Channel) -> Result<Self, InvalidRecipient> {
        Self::parse_with(text, channel, Phone::parse_stored)
    }

    fn parse_with(text: &str, channel: Channel, phone: fn(&str) -> Option<Phone>) -> Result<Self, InvalidRecipient> {
        let looks_like_email = text.contains('@');
        if looks_like_email == channel.takes_phones() {
            let known = if looks_like_email { Email::parse(text).is_some() } else { phone(text).is_some() };
            return Err(if known { InvalidRecipient::WrongKind } else { InvalidRecipient::Malformed });
        }
        let recipient = if looks_like_email { Email::parse(text).map(Self::Email) } else { phone(text).map(Self::Phone) };
        recipient.ok_or(InvalidRecipient::Malformed)
    }

    /// The address as İYS spells it, for a question to İYS: nothing that may be kept.
    #[must_use]
    pub fn to_iys(&self) -> String {
        match self {
            Self::Phone(phone) => format!("+{}", phone.packed()),
            Self::Email(email) => String::from_utf8_lossy(email.as_bytes()).into_owned(),
        }
    }

    /// The same number in the wrong form `+900…`, under which İYS may have recorded it too (F§2.1).
    #[must_use]
    pub const fn misformed(&self) -> Option<Self> {
        match self {
            Self::Phone(Phone(digits)) if *digits / 10_000_000_000 == 90 => {
                Some(Self::Phone(Phone(9_000_000_000_000 + *digits % 10_000_000_000)))
            }
            _ => None,
        }
    }

    /// Whether this is a record in the wrong form `+900…`, which no question finds (F§2.1).
    #[must_use]
    pub const fn is_misformed(&self) -> bool {
        matches!(self, Self::Phone(phone) if phone.is_misformed())
    }
}

impl Phone {
    /// Reads a number as a sender spells it: white space, `-`, `.`, `(` and `)` are dropped, then
    /// `00…` is `+…`, and `0XXXXXXXXXX`, `90XXXXXXXXXX`, `XXXXXXXXXX` and `+900XXXXXXXXXX` are
    /// `+90XXXXXXXXXX`. Other countries need their `+`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (plus, digits, length) = digits_of(text)?;
        if plus {
            return Self::from_e164(digits, length);
        }
        Self::from_national(digits, length)
    }

    /// Reads a number as İYS's records hold it: `+` and digits, taken literally. A number that lost
    /// its `+` (spreadsheets do that) is read as [`Phone::parse`] does, but never folded from `900…`.
    #[must_use]
    pub fn parse_stored(text: &str) -> Option<Self> {
        let (plus, digits, length) = digits_of(text)?;
        let misformed = length == 13 && is_misformed(digits);
        if misformed {
            return Some(Self(digits));
        }
        if plus { Self::from_e164(digits, length) } else { Self::from_national(digits, length) }
    }

    /// The number of a packed question: E.164 as a number, `905321234567`.
    #[must_use]
    pub fn from_packed(packed: u64) -> Option<Self> {
        let length = packed.checked_ilog10()? + 1;
        Self::from_e164(packed, length)
    }

    /// E.164 without `+`, as a number.
    #[must_use]
    pub const fn packed(self) -> u64 {
        self.0
    }

    const fn is_misformed(self) -> bool {
        is_misformed(self.0)
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
            12 => Self::turkish(digits - 900_000_000_000),
            13 if is_misformed(digits) => Self::turkish(digits - 9_000_000_000_000),
            _ => None,
        }
    }

    /// `digits` without a `+`: `00…`, or one of the national spellings.
    fn from_national(digits: u64, length: u32) -> Option<Self> {
        let zeros = length - digits.checked_ilog10().map_or(0, |log| log + 1);
        match (zeros, length) {
            (2, _) => Self::from_e164(digits, length - 2),
            (1, 11) | (0, 10) => Self::turkish(digits),
            (0, 12) if digits / 10_000_000_000 == 90 => Self::turkish(digits - 900_000_000_000),
            _ => None,
        }
    }

    /// Ten national digits, the first not 0.
    fn turkish(national: u64) -> Option<Self> {
        (1_000_000_000..10_000_000_000).contains(&national).then(|| Self(900_000_000_000 + national))
    }
}

/// `900` and ten national digits, the first not 0: the wrong form that İYS keeps.
const fn is_misformed(digits: u64) -> bool {
    digits / 10_000_000_000 == 900 && digits % 10_000_000_000 >= 1_000_000_000
}

/// Whether the text starts with `+`, its digits as a number, and how many they are (leading zeros
/// counted, 17 at most: `00` and fifteen digits).
fn digits_of(text: &str) -> Option<(bool, u64, u32)> {
    if text.len() > LONGEST_PHONE_TEXT {
        return None;
    }
    let (mut plus, mut digits, mut length) = (false, 0_u64, 0_u32);
    for letter in text.chars() {
        match letter {
            '0'..='9' if length < 17 => {
                digits = digits * 10 + u64::from(u32::from(letter) - u32::from('0'));
                length += 1;
            }
            '+' if length == 0 && !plus => plus = true,
            '-' | '.' | '(' | ')' => {}
            space if space.is_whitespace() => {}
            _ => return None,
        }
    }
    (length > 0).then_some((plus, digits, length))
}

impl Email {
    /// Reads an address: white space around it is dropped, ASCII letters are lowered and nothing else
    /// is changed (no Turkish `I→ı`, labels after `+` kept). Local part: letters, digits and `._+-`;
    /// domain: at least two labels of letters, digits and `-`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !EMAIL_LENGTH.contains(&text.len()) {
            return None;
        }
        let (local, domain) = text.split_once('@')?;
        let local_fits = !local.is_empty() && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b));
        let label_fits = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let labels = domain.split('.').count();
        let top_fits = domain.rsplit('.').next().is_some_and(|top| top.len() >= 2);
        let fits = local_fits && labels >= 2 && top_fits && domain.split('.').all(label_fits);
        fits.then(|| Self::lowered(text))
    }

    /// `text` is [`EMAIL_LENGTH`] long.
    fn lowered(text: &str) -> Self {
        let mut email = Self { text: [0; LONGEST_EMAIL], length: text.len() as u16 };
        for (to, from) in email.text.iter_mut().zip(text.bytes()) {
            *to = from.to_ascii_lowercase();
        }
        email
    }

    /// The normalised address, all ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }
}

impl std::fmt::Debug for Phone {
    /// No address in a log, not even through a forgotten `{:?}`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phone(…)")
    }
}

impl std::fmt::Debug for Email {
    /// As for [`Phone`].
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn phone(text: &str) -> Option<u64> {
        Phone::parse(text).map(Phone::packed)
    }

    #[test]
    fn spellings_of_one_number() {
        for text in [
            "+905321234567",
            "905321234567",
            "05321234567",
            "5321234567",
            "00905321234567",
            "+90 (532) 123 45 67",
            "0532-123-4567",
            "+9005321234567",
            "009005321234567",
            " 0532.123.45.67 ",
            "0532\u{a0}123 45 67",
        ] {
            assert_eq!(phone(text), Some(905_321_234_567), "{text}");
        }
        assert_eq!(Phone::from_packed(905_321_234_567), Phone::parse("05321234567"));
        assert_eq!(Phone::from_packed(9_005_321_234_567), Phone::parse("05321234567"));
    }

    #[test]
    fn a_turkish_number_has_a_wrong_form_and_nothing_else_has() {
        let wrong = |text| Recipient::parse_any(text).unwrap().misformed();
        assert_eq!(wrong("0532 123 45 67"), Recipient::parse_stored("+9005321234567", Channel::Mesaj).ok());
        assert!(wrong("0532 123 45 67").is_some_and(|recipient| recipient.is_misformed()));
        assert_eq!([wrong("+4915112345678"), wrong("+9715112345678"), wrong("ayse@ornek.com")], [None, None, None]);
    }

    #[test]
    fn other_countries_need_their_plus() {
        assert_eq!(phone("+4915112345678"), Some(4_915_112_345_678));
        assert_eq!(phone("004915112345678"), Some(4_915_112_345_678));
        assert_eq!(phone("4915112345678"), None);
    }

    #[test]
    fn no_number() {
        for text in [
            "",
            "+",
            "abc",
            "12345",
            "+90532",
            "+905321234567890123",
            "+0532123456",
            "00532123456 7890123456",
            "+90532123456",
            "+9053212345678",
            "0532123456",
            "+900532123456",
            "532+1234567",
            "++905321234567",
            "٠٥٣٢١٢٣٤٥٦٧",
            "5321234567x",
        ] {
            assert_eq!(phone(text), None, "{text}");
        }
        for packed in [0, 1, 90_532, 90_532_123_456, u64::MAX] {
            assert_eq!(Phone::from_packed(packed), None, "{packed}");
        }
    }

    #[test]
    fn records_are_literal() {
        let stored = |text| Phone::parse_stored(text).map(Phone::packed);
        assert_eq!(stored("+9005321234567"), Some(9_005_321_234_567), "kept under the wrong form, as at İYS");
        assert_eq!(stored("9005321234567"), Some(9_005_321_234_567), "a spreadsheet dropped the +");
        assert_eq!(stored("+905321234567"), Some(905_321_234_567));
        assert_eq!(stored("905321234567"), Some(905_321_234_567));
        let misformed = Recipient::parse_stored("+9005321234567", Channel::Mesaj).unwrap();
        assert!(misformed.is_misformed());
    }

    #[test]
    fn emails_fold_ascii_case_only() {
        let email = |text: &str| Email::parse(text).map(|e| String::from_utf8(e.as_bytes().to_vec()).unwrap());
        assert_eq!(email(" Ayse.Ilgaz+Kampanya@ORNEK.com.tr "), Some("ayse.ilgaz+kampanya@ornek.com.tr".to_owned()));
        assert_eq!(email("--__..a@b.cc"), Some("--__..a@b.cc".to_owned()));
        for text in [
            "",
            "@",
            "a@b",
            "a@b.c",
            "çağrı@ornek.com",
            "a b@c.com",
            "a@b@c.com",
            "(a)@b.com",
            "a@.com",
            "a@b..com",
            "a,b@c.com",
            "İ@ornek.com",
        ] {
            assert_eq!(email(text), None, "{text}");
        }
        assert_eq!(email(&format!("{}@b.cc", "a".repeat(260))), Some(format!("{}@b.cc", "a".repeat(260))));
        assert_eq!(email(&format!("{}@b.cc", "a".repeat(261))), None);
    }

    #[test]
    fn the_kind_must_fit_the_channel() {
        use InvalidRecipient::{Malformed, WrongKind};
        assert_eq!(Recipient::parse("a@ornek.com", Channel::Mesaj), Err(WrongKind));
        assert_eq!(Recipient::parse("05321234567", Channel::Eposta), Err(WrongKind));
        assert_eq!(Recipient::parse("nobody", Channel::Eposta), Err(Malformed));
        assert_eq!(Recipient::parse("@", Channel::Arama), Err(Malformed));
    }

    #[test]
    fn debug_hides_the_address() {
        assert_eq!(format!("{:?}", Email::parse("ayse@ornek.com").unwrap()), "Email(…)");
        assert_eq!(format!("{:?}", Phone::parse("05321234567").unwrap()), "Phone(…)");
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(text in "[+0]{0,3}[0-9 ().-]{5,20}") {
            if let Some(once) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(&format!("+{}", once.packed())), Some(once));
                prop_assert_eq!(Phone::from_packed(once.packed()), Some(once));
                prop_assert_eq!(Phone::parse_stored(&format!("+{}", once.packed())), Some(once));
                prop_assert!(!once.is_misformed(), "a question is never in the wrong form");
            }
        }

        #[test]
        fn normalising_an_email_twice_is_normalising_once(text in "[ ]?[A-Za-z0-9._+-]{1,20}@[A-Za-z0-9.-]{2,20}[ ]?") {
            if let Some(once) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(std::str::from_utf8(once.as_bytes()).unwrap()), Some(once));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC*", packed: u64) {
            for channel in Channel::ALL {
                let _ = Recipient::parse(&text, channel);
                let _ = Recipient::parse_stored(&text, channel);
            }
            let _ = Phone::from_packed(packed);
        }
    }
}
