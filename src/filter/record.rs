//! Where a row ends, and its fields.
//!
//! A field that begins with a quote goes to its closing one, over line ends too; a quote elsewhere is a letter. A row
//! that is not to be read costs its own physical line and never those after it.

use super::MAX_ROW;
use super::block::Refusal;
use memchr::{memchr, memchr_iter, memchr2};

/// A place in a text: from, to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.end as usize]
    }

    const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }
}

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A row: so many fields, in so many physical lines; what is after its end is its line end.
    Row { fields: u32, lines: u32, end: usize, next: usize },
    /// A physical line of nothing but white space.
    Blank { next: usize },
    /// A physical line that cannot be read.
    Bad { why: Refusal, end: usize, next: usize },
    /// The beginning of a line longer than any may be, whose end is not here.
    TooLong,
    /// The end is not here, and more is to come.
    More,
}

/// Looks at the text from `start` on; `ended` if nothing comes after it. Each field of a row is given to `each`, a
/// quoted one without its quotes; of what turns out to be none, fields may have been given too.
#[inline]
pub(super) fn record(text: &[u8], start: usize, ended: bool, delimiter: u8, mut each: impl FnMut(u32, Span)) -> Found {
    let Some((end, next)) = physical(text, start, ended) else {
        return if text.len() - start > MAX_ROW { Found::TooLong } else { Found::More };
    };
    if end - start > MAX_ROW {
        return Found::Bad { why: Refusal::TooLong, end, next };
    }
    let line = &text[start..end];
    if line.trim_ascii().is_empty() {
        return Found::Blank { next };
    }
    if memchr(b'"', line).is_some() {
        return quoted(text, start, (end, next), ended, delimiter, each);
    }
    if memchr2(0, b'\r', line).is_some() {
        return Found::Bad { why: refusal_of(line), end, next };
    }
    let (mut fields, mut from) = (0, start);
    for at in memchr_iter(delimiter, line) {
        each(fields, Span::new(from, start + at));
        (fields, from) = (fields + 1, start + at + 1);
    }
    each(fields, Span::new(from, end));
    Found::Row { fields: fields + 1, lines: 1, end, next }
}

/// The end of the physical line at `start`, and the beginning of the next one.
fn physical(text: &[u8], start: usize, ended: bool) -> Option<(usize, usize)> {
    let (at, next) = match memchr(b'\n', &text[start..]) {
        Some(length) => (start + length, start + length + 1),
        None if ended => (text.len(), text.len()),
        None => return None,
    };
    Some((without_return(text, start, at), next))
}

/// The end of a line without the carriage return before it.
fn without_return(text: &[u8], start: usize, end: usize) -> usize {
    end - usize::from(end > start && text[end - 1] == b'\r')
}

/// Why a line with a NUL or a lone carriage return in it is refused.
fn refusal_of(line: &[u8]) -> Refusal {
    if memchr(0, line).is_some() { Refusal::Nul } else { Refusal::LoneReturn }
}

/// The same for a line with a quote in it, which may go on in the next one.
fn quoted(
    text: &[u8],
    start: usize,
    (line_end, line_next): (usize, usize),
    ended: bool,
    delimiter: u8,
    mut each: impl FnMut(u32, Span),
) -> Found {
    let bad = |why| Found::Bad { why, end: line_end, next: line_next };
    // What is not closed in here is not closed, however the text was cut.
    let window = &text[..text.len().min(start + MAX_ROW + 1)];
    let last = ended && window.len() == text.len();
    let cut = || if !last && window.len() == text.len() { Found::More } else { bad(Refusal::OpenQuote) };
    let (mut fields, mut at) = (0, start);
    loop {
        let stop = if window.get(at) == Some(&b'"') {
            let Some(close) = closing(window, at + 1) else { return cut() };
            each(fields, Span::new(at + 1, close));
            // Another quote may follow, which would make this one a letter.
            if close + 1 == window.len() && !last {
                return cut();
            }
            close + 1
        } else {
            let stop = memchr2(delimiter, b'\n', &window[at..]).map_or(window.len(), |length| at + length);
            if stop == window.len() && !last {
                return cut();
            }
            let end = if window.get(stop) == Some(&delimiter) { stop } else { without_return(window, at, stop) };
            if memchr2(0, b'\r', &window[at..end]).is_some() {
                return bad(refusal_of(&window[at..end]));
            }
            each(fields, Span::new(at, end));
            end
        };
        fields += 1;
        let (end, next) = match &window[stop..] {
            [byte, ..] if *byte == delimiter => {
                at = stop + 1;
                continue;
            }
            [] | [b'\r'] if last => (stop, window.len()),
            [b'\n', ..] => (stop, stop + 1),
            [b'\r', b'\n', ..] => (stop, stop + 2),
            [] | [b'\r'] => return cut(),
            _ => return bad(Refusal::TextAfterQuote),
        };
        let row = &window[start..end];
        if memchr(0, row).is_some() {
            return bad(Refusal::Nul);
        }
        return Found::Row { fields, lines: 1 + memchr_iter(b'\n', row).count() as u32, end, next };
    }
}

/// The closing quote of a field whose text begins at `from`; two quotes stand for one.
fn closing(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let quote = at + memchr(b'"', &text[at..])?;
        if text.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        at = quote + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str, ended: bool) -> (Vec<&str>, Found) {
        let mut spans = Vec::new();
        let found = record(text.as_bytes(), 0, ended, b';', |_, span| spans.push(span));
        let cut = |span: &Span| std::str::from_utf8(span.of(text.as_bytes())).unwrap();
        (spans.iter().map(cut).collect(), found)
    }

    fn row(fields: u32, lines: u32, end: usize, next: usize) -> Found {
        Found::Row { fields, lines, end, next }
    }

    #[test]
    fn a_row_ends_with_its_line() {
        assert_eq!(fields("a;b;\nx", false), (vec!["a", "b", ""], row(3, 1, 4, 5)));
        assert_eq!(fields("a;b\r\nx", false), (vec!["a", "b"], row(2, 1, 3, 5)));
        assert_eq!(fields("a;b", true), (vec!["a", "b"], row(2, 1, 3, 3)));
        assert_eq!(fields("a;b\r", true), (vec!["a", "b"], row(2, 1, 3, 4)));
        assert_eq!(fields("a;b", false).1, Found::More);
        assert_eq!(fields(" \t\r\nx", false).1, Found::Blank { next: 4 });
    }

    #[test]
    fn a_quoted_field_goes_over_delimiters_and_lines() {
        assert_eq!(fields("\"a;\"\"\nb\";c\r\nx", false), (vec!["a;\"\"\nb", "c"], row(2, 2, 10, 12)));
        assert_eq!(fields("a;\"b\"", true), (vec!["a", "b"], row(2, 1, 5, 5)));
        assert_eq!(fields("5\" boru;b\n", false), (vec!["5\" boru", "b"], row(2, 1, 9, 10)));
        assert_eq!(fields("a;\"b\"", false).1, Found::More);
        assert_eq!(fields("a;\"b\n\nc", false).1, Found::More, "it may be closed yet");
    }

    #[test]
    fn what_cannot_be_read_costs_its_own_line() {
        let bad = |why, end, next| Found::Bad { why, end, next };
        assert_eq!(fields("\"a\nb\nc", true).1, bad(Refusal::OpenQuote, 2, 3));
        assert_eq!(fields("\"a\"b;c\nd", false).1, bad(Refusal::TextAfterQuote, 6, 7));
        assert_eq!(fields("a\rb\nc", false).1, bad(Refusal::LoneReturn, 3, 4));
        assert_eq!(fields("a\0b\nc", false).1, bad(Refusal::Nul, 3, 4));
        let long = "x".repeat(MAX_ROW + 1);
        assert_eq!(fields(&format!("{long}\ny"), false).1, bad(Refusal::TooLong, MAX_ROW + 1, MAX_ROW + 2));
        assert_eq!(fields(&long, false).1, Found::TooLong);
        assert_eq!(fields(&long[1..], false).1, Found::More);
        let open = format!("\"a\n{}", "b\n".repeat(MAX_ROW));
        assert_eq!(fields(&open, false).1, bad(Refusal::OpenQuote, 2, 3));
    }
}
