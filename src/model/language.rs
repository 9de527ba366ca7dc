//! Languages in which texts for people exist.

/// A language that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Turkish.
    Turkish,
}
