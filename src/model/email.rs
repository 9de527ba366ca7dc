//! E-mail addresses as İYS keeps them (F§2.2).

use super::fold::bare;

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

impl Email {
    /// Reads an address: white space and invisible characters around it are dropped, ASCII letters are lowered and nothing else
    /// is changed (no Turkish `I→ı`, labels after `+` kept). Local part: letters, digits and `._+-`;
    /// domain: at least two labels of letters, digits and `-`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = bare(text);
        if !LENGTH.contains(&text.len()) {
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

    /// `text` is [`LENGTH`] long.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn emails_fold_ascii_case_only() {
        let email = |text: &str| Email::parse(text).map(|e| String::from_utf8(e.as_bytes().to_vec()).unwrap());
        assert_eq!(email(" Ayse.Ilgaz+Kampanya@ORNEK.com.tr\u{200b} "), Some("ayse.ilgaz+kampanya@ornek.com.tr".to_owned()));
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
