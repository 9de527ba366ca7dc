//! E-mail addresses as İYS keeps them (F§2.2).

use crate::model::text::fold::{is_invisible, undecorated};
use memchr::memchr;

/// An e-mail address: ASCII lower case, 6 to 265 characters. Kept in place, so that reading one allocates
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Email {
    /// Zeros after `length`.
    text: [u8; LONGEST],
    length: u16,
}

/// An e-mail is at least `a@b.cc` and at most 265 characters (F§2.2).
const LENGTH: std::ops::RangeInclusive<usize> = 6..=LONGEST;
const LONGEST: usize = 265;
/// Bytes of the longest spelling that is read.
const SPELLED: usize = 2 * LONGEST;

/// Whether a label of a domain is one name only. Turkish lowers `İ` to `i`, IDNA to `i` with a dot above, which is
/// another domain; Latin letters beside others of the same look, as `о` of Cyrillic, are how an address pretends to be
/// another one. A refusal of such an address would be lost under a name that nobody asks for.
fn has_one_reading(label: &str) -> bool {
    const DOT_ABOVE: char = '\u{307}';
    let is_latin = |letter: char| {
        letter.is_ascii()
            || matches!(letter, '\u{c0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}')
            || is_invisible(letter)
    };
    let has_ascii_letters = label.bytes().any(|byte| byte.is_ascii_alphabetic());
    !label.contains(['İ', DOT_ABOVE]) && (!has_ascii_letters || label.chars().all(is_latin))
}

impl Email {
    /// Reads an address: what stands around it is dropped ([`undecorated`]), ASCII letters are lowered, and the rest is
    /// kept (no Turkish `I→ı`, labels after `+`). Local part: letters, digits and `._+-`; domain: at least two labels of
    /// letters, digits and `-`. A domain in other letters is read as its ASCII name (`örnek.com` is
    /// `xn--rnek-4qa.com`), and the root's dot behind it is dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::plain(text).or_else(|| Self::spelled(text))
    }

    fn plain(text: &str) -> Option<Self> {
        if !LENGTH.contains(&text.len()) {
            return None;
        }
        let at = memchr(b'@', text.as_bytes())?;
        (is_local(&text.as_bytes()[..at]) && is_domain(&text.as_bytes()[at + 1..])).then(|| Self::lowered(text))
    }

    /// An address that is spelled as no register keeps it.
    fn spelled(text: &str) -> Option<Self> {
        if text.len() > SPELLED {
            return None;
        }
        let (local, domain) = undecorated(text, "mailto:").split_once('@')?;
        let local: String = local.chars().filter(|letter| !is_invisible(*letter)).collect();
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        if !domain.split('.').all(has_one_reading) {
            return None;
        }
        let domain = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::STD3).ok()?;
        Self::plain(&format!("{local}@{domain}"))
    }

    /// Lower case of a text, which is [`LENGTH`] long.
    fn lowered(text: &str) -> Self {
        let mut email = Self { text: [0; LONGEST], length: text.len() as u16 };
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

impl std::fmt::Debug for Email {
    /// Hides the address: none reaches a log, not even through a forgotten `{:?}`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(…)")
    }
}

/// Letters, digits and `._+-`.
fn is_local(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'-'))
}

/// Two labels or more of letters, digits and `-`; the last has two characters or more.
fn is_domain(text: &[u8]) -> bool {
    let (mut labels, mut length) = (0, 0);
    for byte in text {
        match byte {
            b'.' if length == 0 => return false,
            b'.' => (labels, length) = (labels + 1, 0),
            b'-' => length += 1,
            byte if byte.is_ascii_alphanumeric() => length += 1,
            _ => return false,
        }
    }
    labels > 0 && length >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn emails_fold_ascii_case_only() {
        let email = |text: &str| Email::parse(text).map(|e| String::from_utf8(e.as_bytes().to_vec()).unwrap());
        assert_eq!(email(" Ayse.Ilgaz+Kampanya@ORNEK.com.tr\u{200b} "), Some("ayse.ilgaz+kampanya@ornek.com.tr".to_owned()));
        assert_eq!(email("--__..a@b.cc"), Some("--__..a@b.cc".to_owned()));
        assert_eq!(email("ornek@xn--rnek-4qa.com"), Some("ornek@xn--rnek-4qa.com".to_owned()));
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
    fn one_address_in_other_spellings() {
        let email = |text: &str| Email::parse(text).map(|e| String::from_utf8(e.as_bytes().to_vec()).unwrap());
        for text in [
            "info@ornek.com.tr.",
            "\u{200b}info@ornek.com.tr\u{feff}",
            "in\u{ad}fo@or\u{ad}nek.com.tr",
            "mailto:info@ornek.com.tr",
            "'info@ornek.com.tr",
            "=\"info@ornek.com.tr\"",
            "\"info@ornek.com.tr\"",
            "info@ｏｒｎｅｋ.com.tr",
        ] {
            assert_eq!(email(text).as_deref(), Some("info@ornek.com.tr"), "{text}");
        }
        for text in ["info@örnek.com.tr", "info@ÖRNEK.com.tr.", "info@o\u{308}rnek.com.tr", "info@XN--rnek-4qa.com.tr"] {
            assert_eq!(email(text).as_deref(), Some("info@xn--rnek-4qa.com.tr"), "{text}");
        }
        assert_eq!(email("info@ışık.com").as_deref(), Some("info@xn--k-ekaa7p.com"));
        for text in [
            "info@ornek.com.tr..",
            "info@İSTANBUL.com",
            "info@i\u{307}stanbul.com",
            "info@ornеk.com",
            "info@ornek_1.com",
            "infö@örnek.com",
            "info@@örnek.com",
            "info@ör nek.com",
        ] {
            assert_eq!(email(text), None, "{text}");
        }
    }

    #[test]
    fn debug_hides_the_address() {
        assert_eq!(format!("{:?}", Email::parse("ayse@ornek.com").unwrap()), "Email(…)");
    }

    proptest! {
        #[test]
        fn normalising_an_email_twice_is_normalising_once(text in "[ ]?[A-Za-z0-9._+-]{1,20}@[A-Za-z0-9.-]{2,20}[ ]?") {
            if let Some(once) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(std::str::from_utf8(once.as_bytes()).unwrap()), Some(once));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Email::parse(&text);
        }
    }
}
