//! Rows on their way together.

use super::layout::Layout;
use super::record::{Found, Span, record};
use crate::model::encoding::Encoding;
use crate::model::recipient::Phone;
use memchr::{memchr, memchr_iter};
use std::borrow::Cow;

/// Why a row is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Refusal {
    /// More than a row may have.
    TooLong = 0,
    /// A quote is not closed.
    OpenQuote = 1,
    /// Something stands behind a closing quote.
    TextAfterQuote = 2,
    /// More or fewer fields than the first line has.
    FieldCount = 3,
    /// A NUL byte.
    Nul = 4,
    /// A carriage return in the middle.
    LoneReturn = 5,
    /// Quotes make one row of lines that look like rows.
    Swallows = 6,
}

/// What a physical line, or a row of several, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A line above the header, which passes through: a title.
    Title,
    /// The first line, if it names the delimiter.
    Separator,
    /// The names of the columns.
    Header,
    /// A row that is to be answered.
    Row,
    /// Nothing but white space.
    Blank,
    /// A row that is not answered.
    Refused(Refusal),
}

/// A line of a block; it begins where the one before ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) what: What,
    /// Physical lines that it goes over.
    pub(super) lines: u32,
    /// The end of its text.
    pub(super) end: u32,
    /// The end of its line end.
    pub(super) next: u32,
}

/// Whole rows, with the addresses to be decided on.
#[derive(Debug)]
pub struct Block {
    pub(super) text: Vec<u8>,
    pub(super) lines: Vec<Line>,
    pub(super) encoding: Encoding,
    /// Whether the list's mark stands before it.
    pub(super) mark: bool,
    /// Physical lines of the list before it.
    before: u64,
    rows: usize,
    /// Physical lines in it.
    physical: u64,
    /// Whether the rest of the last line, which is too long, is still to be passed over.
    pub(super) unfinished: bool,
    phones: Option<Vec<u64>>,
    emails: Option<Vec<Span>>,
}

/// A refused row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused<'a> {
    /// Its physical line, from 1.
    pub line: u64,
    /// Why.
    pub why: Refusal,
    /// What stood there, in the encoding of the list's text; of a row that is too long, nothing.
    pub text: &'a [u8],
}

impl Refusal {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::TooLong, Self::OpenQuote, Self::TextAfterQuote, Self::FieldCount, Self::Nul, Self::LoneReturn, Self::Swallows];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "ROW_TOO_LONG",
            Self::OpenQuote => "QUOTE_NOT_CLOSED",
            Self::TextAfterQuote => "TEXT_AFTER_QUOTE",
            Self::FieldCount => "WRONG_FIELD_COUNT",
            Self::Nul => "NUL_BYTE",
            Self::LoneReturn => "LONE_RETURN",
            Self::Swallows => "QUOTES_OVER_ROWS",
        }
    }

    /// Why, for people.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::TooLong => "the row is longer than 1 MiB",
            Self::OpenQuote => "a quote is not closed",
            Self::TextAfterQuote => "text follows a closing quote",
            Self::FieldCount => "more or fewer fields than the first line has; is its delimiter another one?",
            Self::Nul => "a NUL byte",
            Self::LoneReturn => "a carriage return in the middle",
            Self::Swallows => "quotes make one row of several lines that look like rows themselves",
        }
    }
}

/// Whether two lines of a row have delimiters enough for a row each: whoever reads lines would take them for two, and
/// find an answer in one that is the other's.
fn swallows(row: &[u8], layout: &Layout) -> bool {
    let whole = |line: &&[u8]| memchr_iter(layout.delimiter, line).count() + 1 >= layout.fields as usize;
    row.split(|byte| *byte == b'\n').filter(whole).take(2).count() == 2
}

/// The text of a field, in which two quotes stand for one; `None` for what is no text.
fn field(encoding: Encoding, bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = encoding.text(bytes)?;
    Some(if text.contains("\"\"") { Cow::Owned(text.replace("\"\"", "\"")) } else { text })
}

/// A phone in E.164 as a number; 0, which is none, for what is no phone.
fn packed(encoding: Encoding, spelled: &[u8]) -> u64 {
    field(encoding, spelled).and_then(|text| Phone::parse(&text)).map_or(0, Phone::packed)
}

/// Whether a cell may be a heading: those of rows without an address are mostly empty, or digits.
fn has_letters(cell: &[u8]) -> bool {
    cell.iter().any(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80)
}

/// The cells of the row at a place.
fn cells(text: &[u8], at: usize, ended: bool, layout: &Layout, encoding: Encoding) -> Vec<String> {
    let mut cells = Vec::new();
    record(text, at, ended, layout.delimiter, |_, span| {
        cells.push(field(encoding, span.of(text)).unwrap_or_default().into_owned());
    });
    cells
}

/// How large a block becomes, more or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of its text, before its last row.
    pub bytes: usize,
    /// Its rows.
    pub rows: usize,
}

/// What a block was made of.
pub(super) struct Cut {
    pub(super) block: Block,
    /// Bytes of the text that are in it.
    pub(super) taken: usize,
    /// Whether it ends before another header, with other columns.
    pub(super) before_header: bool,
}

impl Block {
    /// As many whole rows as there are in `text`, within the bounds and `most` physical lines. `before` are the physical
    /// lines before it; `header` says that its first row is the header.
    #[expect(clippy::too_many_arguments, reason = "all of them say where in which list")]
    pub(super) fn cut(
        text: &[u8],
        ended: bool,
        layout: &Layout,
        encoding: Encoding,
        header: bool,
        before: u64,
        bounds: Bounds,
        most: u64,
    ) -> Cut {
        let guess = bounds.rows.min(text.len().min(bounds.bytes) / 8 + 1);
        let mut block = Self {
            text: Vec::new(),
            lines: Vec::with_capacity(guess),
            encoding,
            mark: false,
            before,
            rows: 0,
            physical: 0,
            unfinished: false,
            phones: layout.phones.map(|_| Vec::with_capacity(guess)),
            emails: layout.emails.map(|_| Vec::with_capacity(guess)),
        };
        let (mut at, mut header, mut before_header) = (0, header, false);
        while at < text.len() && at < bounds.bytes && block.rows < bounds.rows && block.physical < most {
            let (mut phone, mut email) = (Span::default(), Span::default());
            let found = record(text, at, ended, layout.delimiter, |field, span| {
                if layout.phones == Some(field) {
                    phone = span;
                }
                if layout.emails == Some(field) {
                    email = span;
                }
            });
            let above = before + block.physical < layout.above;
            let (what, lines, end, next) = match found {
                Found::More => break,
                Found::Row { lines, end, next, .. } if above => {
                    let is_first = before + block.physical == 0;
                    (if is_first && layout.separator { What::Separator } else { What::Title }, lines, end, next)
                }
                Found::TooLong => {
                    block.unfinished = true;
                    (What::Refused(Refusal::TooLong), 1, at, text.len())
                }
                Found::Blank { next } => (What::Blank, 1, next, next),
                Found::Bad { why, end, next } => (What::Refused(why), 1, if why == Refusal::TooLong { at } else { end }, next),
                // A quote too many makes one row of several: it costs its own line, not those after it.
                Found::Row { fields, lines: 2.., .. } if fields != layout.fields => {
                    let end = at + memchr(b'\n', &text[at..]).unwrap_or(text.len() - at);
                    (What::Refused(Refusal::OpenQuote), 1, end, text.len().min(end + 1))
                }
                Found::Row { lines: 2.., end, .. } if !header && swallows(&text[at..end], layout) => {
                    let end = at + memchr(b'\n', &text[at..]).unwrap_or(text.len() - at);
                    (What::Refused(Refusal::Swallows), 1, end, text.len().min(end + 1))
                }
                Found::Row { fields, lines, end, next } if fields != layout.fields => {
                    (What::Refused(Refusal::FieldCount), lines, end, next)
                }
                Found::Row { lines, end, next, .. } => (if header { What::Header } else { What::Row }, lines, end, next),
            };
            match what {
                What::Header => header = false,
                What::Row => {
                    let packed = layout.phones.map(|_| packed(encoding, phone.of(text)));
                    let answered = packed.is_some_and(|packed| packed > 0) || memchr(b'@', email.of(text)).is_some();
                    let chosen = if layout.phones.is_some() { phone } else { email };
                    if !answered
                        && layout.header
                        && has_letters(chosen.of(text))
                        && layout.is_other_header(cells(text, at, ended, layout, encoding))
                    {
                        before_header = true;
                        break;
                    }
                    block.row(packed, email);
                }
                What::Title | What::Separator | What::Blank | What::Refused(_) => {}
            }
            block.lines.push(Line { what, lines, end: end as u32, next: next as u32 });
            block.physical += u64::from(lines);
            at = next;
        }
        block.text.extend_from_slice(&text[..at]);
        Cut { block, taken: at, before_header }
    }

    fn row(&mut self, packed: Option<u64>, email: Span) {
        self.rows += 1;
        if let (Some(phones), Some(packed)) = (&mut self.phones, packed) {
            phones.push(packed);
        }
        if let Some(emails) = &mut self.emails {
            emails.push(email);
        }
    }

    /// Rows to be answered.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Physical lines of the list up to its end.
    #[must_use]
    pub const fn through(&self) -> u64 {
        self.before + self.physical
    }

    /// Physical lines of the list before it.
    #[must_use]
    pub const fn before(&self) -> u64 {
        self.before
    }

    /// The phone of every row in E.164 as a number; 0, which is none, for what is no phone. Empty if phones were not
    /// asked about.
    #[must_use]
    pub fn phones(&self) -> &[u64] {
        self.phones.as_deref().unwrap_or_default()
    }

    /// The e-mail of every row as spelled; empty for what is no text.
    #[must_use]
    pub fn emails(&self) -> Vec<Cow<'_, str>> {
        let text = |span: &Span| field(self.encoding, span.of(&self.text)).unwrap_or_default();
        self.emails.iter().flatten().map(text).collect()
    }

    /// Its text as it is worked on: that of a list is the same however it is cut.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The refused rows.
    pub fn refused(&self) -> impl Iterator<Item = Refused<'_>> {
        let (mut line, mut start) = (self.before + 1, 0);
        self.lines.iter().filter_map(move |found| {
            let (at, from) = (line, start);
            (line, start) = (line + u64::from(found.lines), found.next as usize);
            let What::Refused(why) = found.what else { return None };
            Some(Refused { line: at, why, text: &self.text[from..found.end as usize] })
        })
    }

    /// How many lines are not rows that are answered: headers, blank ones, refused ones.
    pub(super) fn count(&self, is: impl Fn(What) -> bool) -> u64 {
        self.lines.iter().filter(|line| is(line.what)).count() as u64
    }
}
