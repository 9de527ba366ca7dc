//! Where a consent comes from: İYS's `source`, an open list.
//!
//! The sources of the specification have fixed codes. A value outside it is kept, never a stop
//! (F§1.5): its code is a hash of its name, so that the code, and with it every stored record,
//! depends on the name alone and not on which value was seen first.

use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;

/// The stored number of a source; never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceCode(u32);

/// A source with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    code: SourceCode,
    name: Cow<'static, str>,
}

/// The text cannot be a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a source is 1 to 32 capital letters, digits and underscores, with no long number in it")]
pub struct InvalidSource;

/// Codes and names. Codes below [`OURS`] are İYS's, from there on ours; an entry is never renumbered.
const KNOWN: [(u32, &str); 34] = [
    (0, ""),
    (1, "HS_FIZIKSEL_ORTAM"),
    (2, "HS_ISLAK_IMZA"),
    (3, "HS_ETKINLIK"),
    (4, "HS_ATM"),
    (5, "HS_EORTAM"),
    (6, "HS_WEB"),
    (7, "HS_MOBIL"),
    (8, "HS_MESAJ"),
    (9, "HS_EPOSTA"),
    (10, "HS_CAGRI_MERKEZI"),
    (11, "HS_SOSYAL_MEDYA"),
    (12, "HS_2015"),
    (13, "HS_KARAR"),
    (40, "IYS_KISAMESAJ"),
    (41, "IYS_CM"),
    (42, "IYS_WEB"),
    (43, "IYS_WEB_YENI"),
    (44, "IYS_MOBIL"),
    (45, "IYS_EPOSTA"),
    (46, "IYS_AHS_HAT_KAPATMA"),
    (47, "IYS_FRAME_EPOSTA"),
    (48, "IYS_FRAME_SMS"),
    (60, "IYS_3338"),
    (61, "IYS_KISA_LINK"),
    (62, "KURUMSAL"),
    (63, "HS_TACIR"),
    (64, "HS_FIZIKSEL_MAGAZA"),
    (100, "LOCAL_RET"),
    (101, "IYS_EXPORT"),
    (102, "SWEEP"),
    (103, "LINE_CLOSED"),
    (104, "LOCAL_ACCESS"),
    (105, "IYS_ACCESS"),
];

/// The first code of ours.
const OURS: u32 = 100;

/// Codes of values outside the table have this bit.
const HASHED: u32 = 1 << 31;

impl Source {
    /// No source given: allowed for a merchant's first record (F§1.5).
    pub const NONE: Self = Self::known(0);
    /// A refusal told to us and not yet recorded at İYS.
    pub const LOCAL_RET: Self = Self::known(28);
    /// A row of an export of İYS's panel, which names no source.
    pub const IYS_EXPORT: Self = Self::known(29);
    /// What a sweep saw when it asked İYS.
    pub const SWEEP: Self = Self::known(30);
    /// A closed line that an operator told us of (11/9).
    pub const LINE_CLOSED: Self = Self::known(31);
    /// A retailer's access that an operator told us of.
    pub const LOCAL_ACCESS: Self = Self::known(32);
    /// A retailer's access as İYS told it when it was asked.
    pub const IYS_ACCESS: Self = Self::known(33);

    const fn known(place: usize) -> Self {
        Self { code: SourceCode(KNOWN[place].0), name: Cow::Borrowed(KNOWN[place].1) }
    }

    /// Reads a source as a row names it; empty is [`Source::NONE`]. A name of ours is no known source there: the row is a
    /// movement like any other, neither an observation nor anything else that only this program can say.
    ///
    /// # Errors
    /// Other letters than `A-Z0-9_`, over 32 of them, or a run of seven digits: that would be a
    /// phone number in the wrong column, and no address may reach the disk.
    pub fn parse(text: &str) -> Result<Self, InvalidSource> {
        let text = text.trim();
        if let Some(place) = KNOWN.iter().position(|(code, name)| *code < OURS && *name == text) {
            return Ok(Self::known(place));
        }
        let letters = text.len() <= 32 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        let long_number = text.as_bytes().windows(7).any(|run| run.iter().all(u8::is_ascii_digit));
        if !letters || long_number {
            return Err(InvalidSource);
        }
        Ok(Self { code: SourceCode(xxh3_64(text.as_bytes()) as u32 | HASHED), name: Cow::Owned(text.to_owned()) })
    }

    /// The stored number.
    #[must_use]
    pub const fn code(&self) -> SourceCode {
        self.code
    }

    /// The name as İYS writes it; empty if none was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl SourceCode {
    /// The stored number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether it is one of ours: what came from elsewhere than İYS's streams.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        self.0 >= OURS && self.0 < HASHED
    }

    /// The code of a stored number.
    #[must_use]
    pub const fn from_stored(code: u32) -> Self {
        Self(code)
    }

    /// The name, for the sources of the table; other names are on file in the store.
    #[must_use]
    pub fn known_name(self) -> Option<&'static str> {
        KNOWN.iter().find(|(code, _)| *code == self.0).map(|(_, name)| *name)
    }

    /// Whether the name is outside the table and has to be kept beside the code.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        self.0 & HASHED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_pinned() {
        assert_eq!(Source::parse("HS_WEB").unwrap().code().get(), 6);
        assert_eq!(Source::parse("IYS_AHS_HAT_KAPATMA").unwrap().code().get(), 46);
        assert_eq!(Source::NONE, Source::parse("").unwrap());
        assert_eq!(Source::LOCAL_RET.code().get(), 100);
        assert_eq!(Source::IYS_EXPORT.name(), "IYS_EXPORT");
        assert_eq!((Source::SWEEP.code().get(), Source::SWEEP.name()), (102, "SWEEP"));
        assert_eq!((Source::LINE_CLOSED.code().get(), Source::LINE_CLOSED.name()), (103, "LINE_CLOSED"));
        assert_eq!((Source::LOCAL_ACCESS.code().get(), Source::LOCAL_ACCESS.name()), (104, "LOCAL_ACCESS"));
        assert_eq!((Source::IYS_ACCESS.code().get(), Source::IYS_ACCESS.name()), (105, "IYS_ACCESS"));
    }

    #[test]
    fn an_unknown_value_is_kept_under_a_code_of_its_own() {
        let odd = Source::parse("HS_YENI_KANAL").unwrap();
        assert_eq!((odd.name(), odd.code().is_unknown(), odd.code().known_name()), ("HS_YENI_KANAL", true, None));
        assert_eq!(odd.code().get(), 2_264_494_731, "the code is the name's alone");
    }

    #[test]
    fn a_name_of_ours_is_no_known_source_of_a_row() {
        let ours = KNOWN.into_iter().filter(|(code, _)| *code >= OURS).map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(ours, ["LOCAL_RET", "IYS_EXPORT", "SWEEP", "LINE_CLOSED", "LOCAL_ACCESS", "IYS_ACCESS"]);
        for name in ours {
            let read = Source::parse(name).unwrap();
            assert_eq!((read.name(), read.code().is_unknown(), read.code().is_ours()), (name, true, false));
        }
    }

    #[test]
    fn no_address_passes_for_a_source() {
        for text in ["5321234567", "+905321234567", "a@ornek.com", "HS_5321234567", "hs_web", &"A".repeat(33)] {
            assert_eq!(Source::parse(text), Err(InvalidSource), "{text}");
        }
    }
}
