//! The language of a dossier's headings. Reasons stand in it in both.

/// What a dossier is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// Turkish: what authorities read.
    #[default]
    Turkish,
    /// English.
    English,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Turkish, Self::English];

    /// The code of ISO 639, as HTML and a command line want it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Turkish => "tr",
            Self::English => "en",
        }
    }

    /// Reads the code of ISO 639.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// Of two spellings the one in this language.
    pub(super) const fn pick(self, english: &'static str, turkish: &'static str) -> &'static str {
        match self {
            Self::Turkish => turkish,
            Self::English => english,
        }
    }
}
