//! Brands and the codes around them.

pub mod declaration;
pub mod mode;
pub mod retailer;
pub mod sender_profile;

use super::time::Moment;
use crate::model::brand::mode::{Mode, ModePlan};
use crate::model::brand::sender_profile::{DeclarationNeeded, Standing, StandingChange};
use crate::model::consent::channel::{Channel, Channels};
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
    /// Its service provider's number; a sender may have none where [`Standing::may_lack_iys_code`].
    pub iys_code: Option<IysCode>,
    /// A name for people, at most [`Brand::LONGEST_TITLE`] bytes.
    pub title: String,
    /// Whether it is active at İYS; an inactive brand is a sender that is not registered (11/6).
    pub active: bool,
    /// What keeps its data current.
    pub feed: Feed,
    /// How old its data may be, by [`Channel`]; none means the default of its feed.
    pub max_age: [Option<MaxAge>; Channel::ALL.len()],
    /// How its rows are enforced, by [`Channel`].
    pub modes: [ModePlan; Channel::ALL.len()],
    /// What is on file of it beside its record at İYS.
    pub standing: Standing,
}

/// What an operator puts on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrandPut {
    /// The brand; of what is on file its feed, modes and standing stay.
    pub brand: Brand,
    /// Whether the ages come with it.
    pub ages: Ages,
    /// What of the standing changes.
    pub standing: StandingChange,
}

/// Why a brand cannot be put on file so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutRefused {
    /// A given age is too short for the feed.
    #[error(transparent)]
    AgeTooShort(#[from] AgeTooShort),
    /// Its standing rests on nothing.
    #[error(transparent)]
    DeclarationNeeded(#[from] DeclarationNeeded),
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
        Self::put_on_file(code, Some(iys_code), title)
    }

    /// The same where it may have no number at İYS.
    #[must_use]
    pub const fn put_on_file(code: BrandCode, iys_code: Option<IysCode>, title: String) -> Self {
        Self {
            code,
            iys_code,
            title,
            active: true,
            feed: Feed::Import,
            max_age: [None; Channel::ALL.len()],
            modes: [ModePlan::ENFORCED; Channel::ALL.len()],
            standing: Standing::NONE,
        }
    }

    /// What an operator puts on file, over what is there: the feed, the modes and the standing stay, and so do the
    /// ages if none are given.
    ///
    /// # Errors
    /// A given age is too short for the feed.
    pub fn put_over(self, on_file: Option<&Self>, ages: Ages) -> Result<Self, AgeTooShort> {
        let Some(on_file) = on_file else { return Ok(self) };
        let brand = Self { feed: on_file.feed, ..self }.with_papers_of(on_file);
        if ages == Ages::OnFile {
            return Ok(Self { max_age: on_file.max_age, ..brand });
        }
        let too_short = brand.is_fed() && brand.max_age.iter().flatten().any(|age| *age < MaxAge::SHORTEST_FED);
        if too_short { Err(AgeTooShort) } else { Ok(brand) }
    }

    /// The brand with the modes and the standing of another.
    #[must_use]
    pub fn with_papers_of(self, other: &Self) -> Self {
        Self { modes: other.modes, standing: other.standing.clone(), ..self }
    }

    /// Whether it is a registered sender, active at İYS (11/6).
    #[must_use]
    pub const fn is_registered(&self) -> bool {
        self.active && self.iys_code.is_some()
    }

    /// How the rows of `channel` are enforced at a moment.
    #[must_use]
    pub fn mode(&self, channel: Channel, at: Moment) -> Mode {
        self.modes[channel as usize].at(at)
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
        one_line(text, Self::LONGEST_TITLE)
    }
}

impl BrandPut {
    /// What is on file then.
    ///
    /// # Errors
    /// See [`PutRefused`].
    pub fn over(self, on_file: Option<&Brand>) -> Result<Brand, PutRefused> {
        let mut brand = self.brand.put_over(on_file, self.ages)?;
        brand.standing = std::mem::take(&mut brand.standing).changed(self.standing)?;
        Ok(brand)
    }
}

/// One line of 1 to `longest` bytes; white space around it is dropped.
pub(super) fn one_line(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    let fits = (1..=longest).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
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
    use crate::model::brand::sender_profile::OutOfScope;

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
    fn modes_and_standing_stay_until_something_is_said_of_them() {
        let (code, iys_code) = (BrandCode::new(7).unwrap(), IysCode::new(7).unwrap());
        let brand = Brand::imported(code, iys_code, "Örnek".to_owned());
        let now = crate::model::time::IysTime::from_unix(1_800_000_000);
        let mut on_file = Brand { modes: [ModePlan::ENFORCED.with(Mode::Shadow, now, now); 3], ..brand.clone() };
        on_file.standing.require_declaration = true;
        let put = |standing| BrandPut { brand: brand.clone(), ages: Ages::OnFile, standing };
        assert_eq!(put(StandingChange::default()).over(Some(&on_file)), Ok(on_file.clone()));
        let eased = StandingChange { require_declaration: Some(false), ..StandingChange::default() };
        let expected = Brand { standing: Standing::NONE, ..on_file.clone() };
        assert_eq!(put(eased).over(Some(&on_file)), Ok(expected));
        let outside = StandingChange { out_of_scope: Some(Some(OutOfScope::Members)), ..StandingChange::default() };
        assert_eq!(put(outside).over(None), Err(PutRefused::DeclarationNeeded(DeclarationNeeded)));
        assert_eq!([Channel::Arama, Channel::Eposta].map(|channel| on_file.mode(channel, Moment::of(now))), [Mode::Shadow; 2]);
    }

    #[test]
    fn a_sender_without_a_number_at_iys_is_not_registered() {
        let brand = Brand::imported(BrandCode::new(7).unwrap(), IysCode::new(7).unwrap(), "Örnek".to_owned());
        assert!(brand.is_registered());
        assert!(!Brand { active: false, ..brand.clone() }.is_registered());
        assert!(!Brand { iys_code: None, ..brand }.is_registered());
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(Brand::title(" Örnek Mağaza "), Some("Örnek Mağaza".to_owned()));
        for text in ["", "  ", "a\nb", "a\u{1b}[2J", &"a".repeat(201)] {
            assert_eq!(Brand::title(text), None, "{text:?}");
        }
    }
}
