//! Channels, recipient types and the cell they span.

use crate::model::text::fold::{is_dash, word};
use std::fmt;

/// The channel of a commercial message: İYS's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Channel {
    /// Voice call.
    Arama = 0,
    /// Text message.
    Mesaj = 1,
    /// E-mail.
    Eposta = 2,
}

/// A set of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Channels(u8);

impl Channels {
    /// No channel.
    pub const NONE: Self = Self(0);
    /// Every channel.
    pub const ALL: Self = Self(0b111);

    /// The set with `channel` in it.
    #[must_use]
    pub const fn with(self, channel: Channel) -> Self {
        Self(self.0 | 1 << channel as u8)
    }

    /// Whether `channel` is in it.
    #[must_use]
    pub const fn has(self, channel: Channel) -> bool {
        self.0 & 1 << channel as u8 != 0
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One bit a channel, by its code.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The set of [`Channels::bits`].
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits & !Self::ALL.0 == 0 { Some(Self(bits)) } else { None }
    }
}

impl fmt::Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Channel::ALL.into_iter().filter(|channel| self.has(*channel)).map(Channel::name).collect();
        f.write_str(&names.join(", "))
    }
}

/// Whether the recipient is addressed as a consumer or as a merchant: part of İYS's consent key,
/// so that one address may hold a consent of each type at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum RecipientType {
    /// Consumer; what a caller that names no type means.
    #[default]
    Bireysel = 0,
    /// Merchant or artisan (6/6).
    Tacir = 1,
}

/// What a consent of one recipient for one brand is about: channel × recipient type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// The channel.
    pub channel: Channel,
    /// The recipient type.
    pub recipient_type: RecipientType,
}

impl Channel {
    /// Every channel, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::Arama, Self::Mesaj, Self::Eposta];

    /// İYS's spelling.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arama => "ARAMA",
            Self::Mesaj => "MESAJ",
            Self::Eposta => "EPOSTA",
        }
    }

    /// Reads İYS's spelling, which is upper case and exact.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// Reads a channel in other habits too: in any case, Turkish or not, with blanks and invisible characters around
    /// it; `SMS` is MESAJ, `EPOSTA` and `EMAIL` may have a dash, `_` or a blank behind their `E`. Only what can mean one
    /// thing is read.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::from_name(text).or_else(|| match word(text).as_str() {
            "arama" => Some(Self::Arama),
            "mesaj" | "sms" => Some(Self::Mesaj),
            other => {
                let rest = other.strip_prefix('e')?;
                let separated = rest.strip_prefix(|letter: char| is_dash(letter) || letter == '_' || letter.is_whitespace());
                matches!(separated.unwrap_or(rest), "posta" | "mail").then_some(Self::Eposta)
            }
        })
    }

    /// Whether the channel reaches phones; the other kind of address is an e-mail.
    #[must_use]
    pub const fn takes_phones(self) -> bool {
        !matches!(self, Self::Eposta)
    }
}

impl RecipientType {
    /// Both types, in the order of their codes.
    pub const ALL: [Self; 2] = [Self::Bireysel, Self::Tacir];

    /// İYS's spelling.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bireysel => "BIREYSEL",
            Self::Tacir => "TACIR",
        }
    }

    /// Reads İYS's spelling, which is upper case and exact.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl RecipientType {
    /// Reads a recipient type in other habits too: in any case, Turkish or not, with blanks and invisible characters
    /// around it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::from_name(text).or_else(|| match word(text).as_str() {
            "bireysel" => Some(Self::Bireysel),
            "tacir" => Some(Self::Tacir),
            _ => None,
        })
    }

    /// The other type.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Bireysel => Self::Tacir,
            Self::Tacir => Self::Bireysel,
        }
    }
}

impl Cell {
    /// The cells an address can have, in the order of their codes: four for a phone, two for an e-mail.
    pub const ALL: [Self; 6] = [
        Self::new(Channel::Arama, RecipientType::Bireysel),
        Self::new(Channel::Arama, RecipientType::Tacir),
        Self::new(Channel::Mesaj, RecipientType::Bireysel),
        Self::new(Channel::Mesaj, RecipientType::Tacir),
        Self::new(Channel::Eposta, RecipientType::Bireysel),
        Self::new(Channel::Eposta, RecipientType::Tacir),
    ];

    /// A cell.
    #[must_use]
    pub const fn new(channel: Channel, recipient_type: RecipientType) -> Self {
        Self { channel, recipient_type }
    }

    /// The number under which the cell is stored, 0 to 5; never changes.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.channel as u8 * 2 + self.recipient_type as u8
    }

    /// The cell of a stored number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Where the cell's two bits lie in the packed state byte. An address is a phone or an e-mail,
    /// never both, so an e-mail's two cells share the place of a phone's first two.
    #[must_use]
    pub const fn shift(self) -> u32 {
        (self.code() as u32 % 4) * 2
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for RecipientType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_lead_back() {
        for (place, cell) in Cell::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(cell.code()), place);
            assert_eq!(Cell::from_code(cell.code()), Some(cell));
            assert_eq!(Channel::from_name(cell.channel.name()), Some(cell.channel));
            assert_eq!(RecipientType::from_name(cell.recipient_type.name()), Some(cell.recipient_type));
        }
        assert_eq!(Cell::from_code(6), None);
        assert_eq!(Channel::from_name("mesaj"), None, "İYS's words are exact");
    }

    #[test]
    fn a_channel_is_read_in_the_habits_of_people() {
        for text in
            ["Eposta", "e-posta", "E_POSTA", "e posta", "E\u{2011}Posta", "E\u{2013}MAIL", "email", " E\u{a0}Posta\u{200b}"]
        {
            assert_eq!(Channel::read(text), Some(Channel::Eposta), "{text}");
        }
        for text in ["", "e", "posta", "mail", "e--posta", "e-", "ee-posta", "eposta-", "MESAJ_", "ARAMA-MESAJ"] {
            assert_eq!(Channel::read(text), None, "{text}");
        }
    }
}
