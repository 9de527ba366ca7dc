//! A position in a brand's change stream.

use crate::model::time::IysTime;
use std::fmt;

/// İYS's `after`: opaque, kept and sent back as it came (F§1.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is 1 to 200 printable ASCII characters without spaces")]
pub struct InvalidCursor;

/// From this number on an instant is one of milliseconds: as seconds it would be the year 5138.
const MILLISECONDS: u64 = 100_000_000_000;

impl Cursor {
    /// İYS's are 75 long.
    pub const LONGEST: usize = 200;

    /// Takes a cursor.
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let fits = (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidCursor) }
    }

    /// As İYS gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The creationDate of the item it stands at, if it is of the form seen so far, `<epoch>_<id>`, in
    /// seconds or milliseconds.
    #[must_use]
    pub fn instant(&self) -> Option<IysTime> {
        let (epoch, _) = self.0.split_once('_')?;
        if !epoch.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: u64 = epoch.parse().ok()?;
        let seconds = if number >= MILLISECONDS { number / 1000 } else { number };
        let time = IysTime::from_unix(u32::try_from(seconds).ok()?);
        // Only what İYS can have meant: a year that its own times can be of.
        IysTime::parse(&time.to_string()).ok()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Option<IysTime> {
        Cursor::parse(text).unwrap().instant()
    }

    #[test]
    fn its_instant_is_in_seconds_or_milliseconds() {
        let spec = "1597740617_632cc155429fdccd7f2be8e9482aa322993ff210c2923fb84e8ed0fb1902ae21";
        assert_eq!(instant(spec), Some(IysTime::parse("2020-08-18 11:50:17").unwrap()));
        assert_eq!(instant("1604423100000_abc"), Some(IysTime::from_unix(1_604_423_100)));
        for text in ["abc", "_abc", "1597740617", "-5_abc", "+5_abc", "99999999999999999999999_abc", "9999999999_abc", "12_abc"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn it_is_printable_and_short() {
        for text in ["", "a b", "a\n", "ş", &"a".repeat(201)] {
            assert_eq!(Cursor::parse(text), Err(InvalidCursor), "{text:?}");
        }
        assert!(Cursor::parse(&"a".repeat(200)).is_ok());
    }
}
