//! Fields and quotes of a line, as RFC 4180 has them.

use std::borrow::Cow;

/// Why a text is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A quote is not closed.
    Unclosed,
    /// Text follows a closing quote.
    TextFollows,
}

/// Whether a row goes on behind a line: read line by line, each byte once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quotes {
    delimiter: u8,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the beginning of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// In a quoted field.
    Quoted,
    /// Behind a quote in a quoted field: it closes the field, or is the first of two.
    Quote,
    /// Text followed a closing quote.
    Broken,
}

impl Quotes {
    pub(super) const fn new(delimiter: char) -> Self {
        Self { delimiter: delimiter as u8, state: State::Start }
    }

    /// Reads the next line.
    pub(super) fn read(&mut self, line: &[u8]) {
        self.state = match self.state {
            // The line end before it belongs to the field.
            State::Quoted => State::Quoted,
            State::Broken => State::Broken,
            _ => State::Start,
        };
        for byte in line {
            self.state = self.after(*byte);
        }
    }

    fn after(self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Quoted, b'"') => State::Quote,
            (State::Start | State::Quote, b'"') | (State::Quoted, _) => State::Quoted,
            (State::Start | State::Plain | State::Quote, byte) if byte == self.delimiter => State::Start,
            (State::Start | State::Plain, _) => State::Plain,
            (State::Quote | State::Broken, _) => State::Broken,
        }
    }

    /// Whether a quote is open at the end of what was read.
    pub(super) fn is_open(self) -> bool {
        self.state == State::Quoted
    }

    /// Whether text followed a closing quote.
    pub(super) fn is_broken(self) -> bool {
        self.state == State::Broken
    }
}

/// Gives every field of a line with its place; returns how many there are.
pub(super) fn split<'a>(line: &'a str, delimiter: char, mut take: impl FnMut(usize, Cow<'a, str>)) -> Result<usize, Broken> {
    let (mut rest, mut count) = (line, 0);
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted, delimiter)?,
            None => plain_field(rest, delimiter),
        };
        take(count, field);
        count += 1;
        match after {
            Some(after) => rest = after,
            None => return Ok(count),
        }
    }
}

/// The fields of a line whose quotes mean nothing, each without those around it.
pub(super) fn split_literally(line: &str, delimiter: char) -> Vec<&str> {
    line.split(delimiter).map(|cell| cell.trim_matches('"')).collect()
}

/// A field, and what follows its delimiter.
type Field<'a> = (Cow<'a, str>, Option<&'a str>);

fn plain_field(text: &str, delimiter: char) -> Field<'_> {
    // Delimiters are ASCII, so that text is cut at characters.
    match memchr::memchr(delimiter as u8, text.as_bytes()) {
        Some(at) => (text[..at].into(), Some(&text[at + 1..])),
        None => (text.into(), None),
    }
}

/// A field behind its opening quote; two quotes inside stand for one.
fn quoted_field(text: &str, delimiter: char) -> Result<Field<'_>, Broken> {
    let (mut field, mut rest) = (Cow::Borrowed(""), text);
    loop {
        let (part, after) = rest.split_once('"').ok_or(Broken::Unclosed)?;
        if field.is_empty() {
            field = part.into();
        } else {
            field.to_mut().push_str(part);
        }
        if let Some(more) = after.strip_prefix('"') {
            field.to_mut().push('"');
            rest = more;
        } else if after.is_empty() {
            return Ok((field, None));
        } else {
            let after = after.strip_prefix(delimiter).ok_or(Broken::TextFollows)?;
            return Ok((field, Some(after)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_row_goes_on_while_a_quote_is_open() {
        let open = |lines: &[&str]| {
            let mut quotes = Quotes::new(',');
            for line in lines {
                quotes.read(line.as_bytes());
            }
            (quotes.is_open(), quotes.is_broken())
        };
        assert_eq!(open(&["a,\"b"]), (true, false));
        assert_eq!(open(&["a,\"b", "c\"\"d"]), (true, false));
        assert_eq!(open(&["a,\"b", "c\",d"]), (false, false));
        assert_eq!(open(&["a,\"b", "c\"d"]), (false, true));
        assert_eq!(open(&["a,5\" boru"]), (false, false), "a quote inside a plain field is a letter");
    }

    proptest! {
        #[test]
        fn the_state_of_quotes_is_what_splitting_finds(line in "[a,\"\n]{0,30}") {
            let mut quotes = Quotes::new(',');
            // As one line: what is read in pieces ends in the same state, but for line ends outside of quotes.
            line.bytes().for_each(|byte| quotes.state = quotes.after(byte));
            let expected = match split(&line, ',', |_, _| ()) {
                Ok(_) => (false, false),
                Err(Broken::Unclosed) => (true, false),
                Err(Broken::TextFollows) => (false, true),
            };
            prop_assert_eq!((quotes.is_open(), quotes.is_broken()), expected);
        }
    }
}
