//! Electronic addresses of either kind, parsed and normalised at the edge (F§2.1, F§2.2).
//!
//! A *question* is spelled as its sender spells it, and folded. An *approval* of İYS is taken as it stands. A *refusal*
//! blocks every address that its text can mean. [`super::phone`] has the three rules for phones; an e-mail has one
//! reading.

pub use super::email::Email;
pub use super::phone::Phone;
use super::phone::Unreadable;
use crate::model::consent::channel::Channel;

/// An address of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "it lives for a moment on the stack; a box would allocate")]
pub enum Recipient {
    /// For `ARAMA` and `MESAJ`.
    Phone(Phone),
    /// For `EPOSTA`.
    Email(Email),
}

/// Every address that the text of a refusal can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readings {
    /// The address that a question in the same words asks about, or the only one.
    pub first: Recipient,
    /// The address as written, if it is another one.
    pub second: Option<Recipient>,
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
    /// An approval for ten digits without a country code.
    #[error("ten digits without a country code can be a number of Türkiye or of another country; write +90… or +…")]
    Ambiguous,
}

impl Recipient {
    /// Reads an address as a sender spells it in a question.
    ///
    /// # Errors
    /// The text is no address, or one of the wrong kind for `channel`.
    pub fn parse(text: &str, channel: Channel) -> Result<Self, InvalidRecipient> {
        let phone = |text: &str| Phone::parse(text).map(Self::Phone).ok_or(InvalidRecipient::Malformed);
        read(text, channel, phone, |email| email)
    }

    /// Reads an address of either kind as an operator spells it.
    ///
    /// # Errors
    /// The text is no address.
    pub fn parse_any(text: &str) -> Result<Self, InvalidRecipient> {
        Self::parse(text, if text.contains('@') { Channel::Eposta } else { Channel::Mesaj })
    }

    /// Reads the address of an approval on record at İYS.
    ///
    /// # Errors
    /// The text is no address, one of the wrong kind for `channel`, or can be two.
    pub fn parse_approval(text: &str, channel: Channel) -> Result<Self, InvalidRecipient> {
        let phone = |text: &str| match Phone::parse_approval(text) {
            Ok(phone) => Ok(Self::Phone(phone)),
            Err(Unreadable::Malformed) => Err(InvalidRecipient::Malformed),
            Err(Unreadable::Ambiguous) => Err(InvalidRecipient::Ambiguous),
        };
        read(text, channel, phone, |email| email)
    }

    /// Reads every address that the text of a refusal can mean.
    ///
    /// # Errors
    /// The text is no address, or one of the wrong kind for `channel`.
    pub fn parse_refusal(text: &str, channel: Channel) -> Result<Readings, InvalidRecipient> {
        let phone = |text: &str| {
            let (first, second) = Phone::parse_refusal(text).ok_or(InvalidRecipient::Malformed)?;
            Ok(Readings { first: Self::Phone(first), second: second.map(Self::Phone) })
        };
        read(text, channel, phone, |first| Readings { first, second: None })
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
    pub fn misformed(&self) -> Option<Self> {
        match self {
            Self::Phone(phone) => phone.misformed().map(Self::Phone),
            Self::Email(_) => None,
        }
    }

    /// Whether this is a record in the wrong form `+900…`, which no question finds (F§2.1).
    #[must_use]
    pub const fn is_misformed(&self) -> bool {
        matches!(self, Self::Phone(phone) if phone.is_misformed())
    }
}

/// Reads an address of the kind that the channel takes.
fn read<T>(
    text: &str,
    channel: Channel,
    phone: impl Fn(&str) -> Result<T, InvalidRecipient>,
    email: impl Fn(Recipient) -> T,
) -> Result<T, InvalidRecipient> {
    let looks_like_email = text.contains('@');
    if looks_like_email == channel.takes_phones() {
        let known = if looks_like_email { Email::parse(text).is_some() } else { Phone::parse(text).is_some() };
        return Err(if known { InvalidRecipient::WrongKind } else { InvalidRecipient::Malformed });
    }
    if !looks_like_email {
        return phone(text);
    }
    Email::parse(text).map(|address| email(Recipient::Email(address))).ok_or(InvalidRecipient::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_kind_must_fit_the_channel() {
        use InvalidRecipient::{Malformed, WrongKind};
        assert_eq!(Recipient::parse("a@ornek.com", Channel::Mesaj), Err(WrongKind));
        assert_eq!(Recipient::parse("05321234567", Channel::Eposta), Err(WrongKind));
        assert_eq!(Recipient::parse("nobody", Channel::Eposta), Err(Malformed));
        assert_eq!(Recipient::parse("@", Channel::Arama), Err(Malformed));
    }

    #[test]
    fn a_refusal_has_every_reading_and_an_approval_at_most_one() {
        let question = |text| Recipient::parse(text, Channel::Mesaj).unwrap();
        let readings = |first, second| Ok(Readings { first: question(first), second });
        let danish = Recipient::parse("+4522123456", Channel::Mesaj).ok();
        assert_eq!(Recipient::parse_refusal("4522123456", Channel::Mesaj), readings("04522123456", danish));
        assert_eq!(Recipient::parse_refusal("05321234567", Channel::Mesaj), readings("05321234567", None));
        assert_eq!(Recipient::parse_approval("4522123456", Channel::Mesaj), Err(InvalidRecipient::Ambiguous));
        assert_eq!(Recipient::parse_approval("+905321234567", Channel::Mesaj), Ok(question("05321234567")));
        let email = Recipient::parse("ayse@ornek.com", Channel::Eposta).unwrap();
        assert_eq!(Recipient::parse_refusal("Ayse@ornek.com ", Channel::Eposta), Ok(Readings { first: email, second: None }));
        assert_eq!(email.misformed(), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            for channel in Channel::ALL {
                let _ = Recipient::parse(&text, channel);
                let _ = (Recipient::parse_approval(&text, channel), Recipient::parse_refusal(&text, channel));
            }
        }
    }
}
