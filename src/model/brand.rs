//! Brands and the codes around them.

use super::channel::{Channel, Channels};
use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};

/// İYS's number of a brand (marka), the sender. İYS writes it as a number or as a zero-padded string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BrandCode(NonZeroU32);

/// İYS's number of a service provider (hizmet sağlayıcı), to which brands belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IysCode(NonZeroU32);

/// İYS's number of a retailer (bayi) that sends under a brand's consent; 0 is the brand itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct RetailerCode(u32);

/// A brand on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The brand's number.
    pub code: BrandCode,
    /// Its service provider's number.
    pub iys_code: IysCode,
    /// A name for people, at most [`Brand::LONGEST_TITLE`] bytes.
    pub title: String,
    /// Whether it is active at İYS; an inactive brand is a sender that is not registered (11/6).
    pub active: bool,
    /// What keeps its data current.
    pub feed: Feed,
    /// How old its data may be, by [`Channel`]; none means the default of its feed.
    pub max_age: [Option<MaxAge>; Channel::ALL.len()],
}

/// What keeps a brand's data current.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Feed {
    /// Whoever imports: its data has no age but one that is set.
    #[default]
    Import,
    /// İYS's change streams, with the channels that we may read. It stays so once it was: a feed that is
    /// taken away leaves the brand to grow stale, not silently old.
    Iys(Channels),
}

/// How old a brand's data may be before answers are DEFER STALE: whole minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaxAge(NonZeroU16);

impl MaxAge {
    /// With a feed, if nothing is set.
    pub const DEFAULT: Self = Self(NonZeroU16::new(180).unwrap());
    /// With a feed at least: its pull never shows the last 60 minutes.
    pub const SHORTEST_FED: Self = Self(NonZeroU16::new(75).unwrap());
    /// At most: 45 days.
    pub const LONGEST: Self = Self(NonZeroU16::new(45 * 24 * 60).unwrap());

    /// An age of minutes; 0 is none.
    #[must_use]
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        NonZeroU16::new(minutes).map(Self)
    }

    /// In minutes.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0.get()
    }

    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0.get() as u32 * 60
    }
}

/// Which ages a brand is put on file with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ages {
    /// Those that it comes with.
    Given,
    /// Those that are on file, if it is.
    OnFile,
}

/// An age that a brand with a feed cannot keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a brand that follows İYS's streams may not be stale before 75 minutes: they never show the last hour")]
pub struct AgeTooShort;

impl AgeTooShort {
    /// The stable code.
    pub const CODE: &'static str = "MAX_AGE_TOO_SHORT";
}

impl BrandCode {
    /// A brand's number; 0 is none.
    #[must_use]
    pub fn new(code: u32) -> Option<Self> {
        NonZeroU32::new(code).map(Self)
    }

    /// Reads decimal digits, leading zeros allowed (F§1.1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_code(text).and_then(Self::new)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl IysCode {
    /// A provider's number; 0 is none.
    #[must_use]
    pub fn new(code: u32) -> Option<Self> {
        NonZeroU32::new(code).map(Self)
    }

    /// Reads decimal digits, leading zeros allowed (F§1.1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_code(text).and_then(Self::new)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl RetailerCode {
    /// The brand itself.
    pub const BRAND: Self = Self(0);

    /// A retailer's number.
    #[must_use]
    pub const fn new(code: u32) -> Self {
        Self(code)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Brand {
    /// A brand that is active and fed by imports.
    #[must_use]
    pub const fn imported(code: BrandCode, iys_code: IysCode, title: String) -> Self {
        Self { code, iys_code, title, active: true, feed: Feed::Import, max_age: [None; Channel::ALL.len()] }
    }

    /// What an operator puts on file, over what is there: the feed stays, and so do the ages if none are given.
    ///
    /// # Errors
    /// A given age is too short for the feed.
    pub fn put_over(self, on_file: Option<&Self>, ages: Ages) -> Result<Self, AgeTooShort> {
        let Some(on_file) = on_file else { return Ok(self) };
        if ages == Ages::OnFile {
            return Ok(Self { feed: on_file.feed, max_age: on_file.max_age, ..self });
        }
        let brand = Self { feed: on_file.feed, ..self };
        let too_short = brand.is_fed() && brand.max_age.iter().flatten().any(|age| *age < MaxAge::SHORTEST_FED);
        if too_short { Err(AgeTooShort) } else { Ok(brand) }
    }

    /// Whether İYS's streams keep it current.
    #[must_use]
    pub const fn is_fed(&self) -> bool {
        matches!(self.feed, Feed::Iys(_))
    }

    /// How old the data of `channel` may be; none for no limit.
    #[must_use]
    pub fn allowed_age(&self, channel: Channel) -> Option<MaxAge> {
        self.max_age[channel as usize].or(if self.is_fed() { Some(MaxAge::DEFAULT) } else { None })
    }

    /// Long enough for any trade name, short enough for a log line.
    pub const LONGEST_TITLE: usize = 200;

    /// Reads a title: one line, not empty; white space around it is dropped.
    #[must_use]
    pub fn title(text: &str) -> Option<String> {
        let text = text.trim();
        let fits = (1..=Self::LONGEST_TITLE).contains(&text.len()) && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    }
}

/// Digits only: `parse::<u32>` alone would take a `+`.
fn parse_code(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

impl fmt::Display for BrandCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for IysCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_may_be_padded() {
        assert_eq!(BrandCode::parse("000100"), BrandCode::new(100));
        assert_eq!(BrandCode::parse("601234").map(BrandCode::get), Some(601_234));
        for text in ["", "0", "-1", "+1", "1e3", "4294967296", "60 12"] {
            assert_eq!(BrandCode::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_operator_changes_neither_the_feed_nor_ages_that_are_not_given() {
        let (code, iys_code) = (BrandCode::new(7).unwrap(), IysCode::new(7).unwrap());
        let aged = |minutes| [MaxAge::from_minutes(minutes), None, None];
        let brand = |feed, max_age| Brand { feed, max_age, ..Brand::imported(code, iys_code, "Örnek".to_owned()) };
        let given = |minutes| brand(Feed::Import, aged(minutes));
        let fed = Feed::Iys(Channels::ALL);
        assert_eq!(given(5).put_over(None, Ages::Given), Ok(given(5)));
        assert_eq!(given(5).put_over(Some(&given(9)), Ages::OnFile), Ok(given(9)));
        assert_eq!(given(0).put_over(Some(&brand(fed, aged(90))), Ages::Given), Ok(brand(fed, aged(0))));
        assert_eq!(given(0).put_over(Some(&brand(fed, aged(5))), Ages::OnFile), Ok(brand(fed, aged(5))));
        assert_eq!(given(75).put_over(Some(&brand(fed, aged(0))), Ages::Given), Ok(brand(fed, aged(75))));
        assert_eq!(given(74).put_over(Some(&brand(fed, aged(0))), Ages::Given), Err(AgeTooShort));
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(Brand::title(" Örnek Mağaza "), Some("Örnek Mağaza".to_owned()));
        for text in ["", "  ", "a\nb", "a\u{1b}[2J", &"a".repeat(201)] {
            assert_eq!(Brand::title(text), None, "{text:?}");
        }
    }
}
