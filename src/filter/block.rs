//! Rows on their way together.

use super::layout::{Kind, Layout};
use super::record::{Found, Span, record};
use super::table::{is_address, resembles_address};
use crate::filter::cell_shape::{says_signature, says_total};
use crate::model::address::recipient::Phone;
use crate::model::text::encoding::Encoding;
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
    /// Nothing but white space, or delimiters without anything between them.
    Blank,
    /// Totals or signatures below the rows, which pass through.
    Total,
    /// The header again, further down.
    Repeated,
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
    /// The phone of each row, by column of phones; 0, which is none, for what is no phone.
    phones: Vec<Vec<u64>>,
    /// The cell of each row, by column of addresses: of phones, then of e-mails.
    cells: Vec<Vec<Span>>,
}

/// The addresses of a column that are asked about.
pub struct AskedColumn<'a> {
    /// Phones in E.164 as numbers; 0, which is none, for what is no phone. Empty of a column of e-mails.
    pub phones: Cow<'a, [u64]>,
    /// E-mails as spelled; empty text for what is no text. Empty of a column of phones.
    pub emails: Vec<Cow<'a, str>>,
    /// The rows that are asked about, if not all of them are.
    rows: Option<Vec<usize>>,
    /// Rows of the block.
    of: usize,
}

/// The answer byte of a cell that is not asked about: empty, in a row with another address.
pub const NOT_ASKED: u8 = u8::MAX;

impl AskedColumn<'_> {
    /// How many addresses are asked about.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.of, Vec::len)
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The answers of every row, from those of the addresses that were asked about.
    #[must_use]
    pub fn spread(&self, answers: Vec<u8>) -> Vec<u8> {
        let Some(rows) = &self.rows else { return answers };
        let mut all = vec![NOT_ASKED; self.of];
        for (row, answer) in rows.iter().zip(answers) {
            all[*row] = answer;
        }
        all
    }
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

impl Refusal {
    /// The reason for people, in Turkish.
    #[must_use]
    pub const fn turkish(self) -> &'static str {
        match self {
            Self::TooLong => "satır 1 MiB'den uzun",
            Self::OpenQuote => "bir tırnak kapanmamış",
            Self::TextAfterQuote => "kapanan tırnağın ardında yazı var",
            Self::FieldCount => "alan sayısı ilk satırınkinden farklı; ayırıcısı başka olabilir mi?",
            Self::Nul => "NUL baytı içeriyor",
            Self::LoneReturn => "satır ortasında satırbaşı karakteri (CR) var",
            Self::Swallows => "tırnaklar, her biri satıra benzeyen birkaç satırı tek satır yapıyor",
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
    Some(if memchr(b'"', bytes).is_some() { Cow::Owned(text.replace("\"\"", "\"")) } else { text })
}

/// A phone in E.164 as a number; 0, which is none, for what is no phone.
fn packed(encoding: Encoding, spelled: &[u8]) -> u64 {
    let spelling = || field(encoding, spelled).and_then(|text| Phone::parse(&text));
    Phone::parse_digits(spelled).or_else(spelling).map_or(0, Phone::packed)
}

/// Whether a cell may be a heading: those of rows without an address are mostly empty, or digits.
fn has_letters(cell: &[u8]) -> bool {
    cell.iter().any(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80)
}

/// What a row is in which no address is read, if it is no row to be answered.
enum Aside {
    /// It passes through.
    Passes(What),
    /// Another list begins here.
    OtherHeader,
}

/// Looks at a row in which no address is read; `spans` are its cells in the columns of addresses.
fn aside(
    text: &[u8],
    (at, end): (usize, usize),
    ended: bool,
    spans: &[Span],
    layout: &Layout,
    encoding: Encoding,
) -> Option<Aside> {
    let line = &text[at..end];
    let is_nothing = |byte: &u8| *byte == layout.delimiter || *byte == b'"' || byte.is_ascii_whitespace();
    if line.iter().all(is_nothing) {
        return Some(Aside::Passes(What::Blank));
    }
    if !has_letters(line) {
        return None;
    }
    // Neither totals nor a header hold anything like an address.
    let resembles = |span: &Span| field(encoding, span.of(text)).is_none_or(|cell| resembles_address(&cell));
    if spans.iter().any(resembles) && !layout.names_resemble_address() {
        return None;
    }
    let cells = cells(text, at, ended, layout, encoding);
    if is_total(&cells) && !spans.iter().any(resembles) {
        return Some(Aside::Passes(What::Total));
    }
    // Somebody's row says something where its address belongs, or has nothing there and no such word before.
    let unsigned =
        |span: &Span| field(encoding, span.of(text)).is_none_or(|cell| !cell.trim().is_empty() && !says_signature(&cell));
    // With an address in another column it is somebody's row, whatever it begins with. A sum may look like one.
    let is_nobodys = || !cells.iter().any(|cell| is_address(Kind::Phone, cell) || is_address(Kind::Email, cell));
    if is_signature(&cells) && !spans.iter().any(unsigned) && is_nobodys() {
        return Some(Aside::Passes(What::Total));
    }
    if layout.is_repeated_header(&cells) {
        return Some(Aside::Passes(What::Repeated));
    }
    let may_be_heading = layout.header && spans.first().is_some_and(|span| has_letters(span.of(text)));
    (may_be_heading && layout.is_other_header(cells)).then_some(Aside::OtherHeader)
}

/// Whether the first cell that is not blank says that the row holds totals.
fn is_total(cells: &[String]) -> bool {
    cells.iter().find(|cell| !cell.trim().is_empty()).is_some_and(|cell| says_total(cell))
}

/// Whether the first cell that is not blank is a word of a signature.
fn is_signature(cells: &[String]) -> bool {
    cells.iter().find(|cell| !cell.trim().is_empty()).is_some_and(|cell| says_signature(cell))
}

/// Whether a row with too few fields holds totals or a signature, and nothing that resembles an address.
fn passes_short(text: &[u8], at: usize, ended: bool, layout: &Layout, encoding: Encoding) -> bool {
    let cells = cells(text, at, ended, layout, encoding);
    (is_total(&cells) || is_signature(&cells)) && !cells.iter().any(|cell| resembles_address(cell))
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
            phones: layout.phones.iter().map(|_| Vec::with_capacity(guess)).collect(),
            cells: Vec::new(),
        };
        let columns: Vec<u32> = layout.phones.iter().chain(&layout.emails).copied().collect();
        block.cells = columns.iter().map(|_| Vec::with_capacity(guess)).collect();
        let (mut spans, mut phones) = (vec![Span::default(); columns.len()], vec![0; layout.phones.len()]);
        let (mut at, mut header, mut before_header) = (0, header, false);
        while at < text.len() && at < bounds.bytes && block.rows < bounds.rows && block.physical < most {
            spans.fill(Span::default());
            let found = record(text, at, ended, layout.delimiter, |field, span| {
                let meant = columns.iter().zip(&mut spans).filter(|(column, _)| **column == field);
                meant.for_each(|(_, cell)| *cell = span);
            });
            let above = before + block.physical < layout.above;
            let (mut what, lines, end, next) = match found {
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
                Found::Row { fields, lines: 1, end, next }
                    if fields < layout.fields && passes_short(text, at, ended, layout, encoding) =>
                {
                    (What::Total, 1, end, next)
                }
                Found::Row { fields, lines, end, next } if fields != layout.fields => {
                    (What::Refused(Refusal::FieldCount), lines, end, next)
                }
                Found::Row { lines, end, next, .. } => (if header { What::Header } else { What::Row }, lines, end, next),
            };
            match what {
                What::Header => header = false,
                What::Row => {
                    let (of_phones, of_emails) = spans.split_at(phones.len());
                    phones.iter_mut().zip(of_phones).for_each(|(phone, cell)| *phone = packed(encoding, cell.of(text)));
                    let answered = phones.iter().any(|phone| *phone > 0)
                        || of_emails.iter().any(|cell| memchr(b'@', cell.of(text)).is_some());
                    let aside = if answered { None } else { aside(text, (at, end), ended, &spans, layout, encoding) };
                    match aside {
                        None => block.row(&phones, &spans),
                        Some(Aside::Passes(as_it_is)) => what = as_it_is,
                        Some(Aside::OtherHeader) => {
                            before_header = true;
                            break;
                        }
                    }
                }
                What::Title | What::Separator | What::Blank | What::Total | What::Repeated | What::Refused(_) => {}
            }
            block.lines.push(Line { what, lines, end: end as u32, next: next as u32 });
            block.physical += u64::from(lines);
            at = next;
        }
        block.text.extend_from_slice(&text[..at]);
        Cut { block, taken: at, before_header }
    }

    fn row(&mut self, phones: &[u64], cells: &[Span]) {
        self.rows += 1;
        self.phones.iter_mut().zip(phones).for_each(|(column, phone)| column.push(*phone));
        self.cells.iter_mut().zip(cells).for_each(|(column, cell)| column.push(*cell));
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

    /// The phone of every row in the first column of phones: in E.164 as a number; 0, which is none, for what is no
    /// phone.
    #[must_use]
    pub fn phones(&self) -> &[u64] {
        self.phones.first().map_or(&[], Vec::as_slice)
    }

    /// The columns of a kind of address, and what is asked about in them: every row of a single one; of several, the
    /// cells that are not blank, and in a row without any the first.
    #[must_use]
    pub fn asked(&self, kind: Kind) -> Vec<AskedColumn<'_>> {
        let columns = self.columns(kind);
        let is_blank = |column: usize, row: usize| self.cell(column, row).trim().is_empty();
        let asked = |column: usize| {
            let all_blank = |row: usize| columns.clone().all(|column| is_blank(column, row));
            let is_asked = |row: &usize| !is_blank(column, *row) || (column == columns.start && all_blank(*row));
            let rows: Option<Vec<usize>> = (columns.len() > 1).then(|| (0..self.rows).filter(is_asked).collect());
            let each = || rows.clone().unwrap_or_else(|| (0..self.rows).collect());
            let (phones, emails) = match (kind, &rows) {
                (Kind::Phone, None) => (Cow::Borrowed(self.phones[column].as_slice()), Vec::new()),
                (Kind::Phone, Some(rows)) => (rows.iter().map(|row| self.phones[column][*row]).collect(), Vec::new()),
                (Kind::Email, _) => (Cow::Owned(Vec::new()), each().into_iter().map(|row| self.cell(column, row)).collect()),
            };
            AskedColumn { phones, emails, rows, of: self.rows }
        };
        columns.clone().map(asked).collect()
    }

    /// The places of the columns of a kind among those of addresses.
    pub(super) fn columns(&self, kind: Kind) -> std::ops::Range<usize> {
        match kind {
            Kind::Phone => 0..self.phones.len(),
            Kind::Email => self.phones.len()..self.cells.len(),
        }
    }

    /// The place of a row to be answered among all that the block has, titles and blank lines too, from 1.
    pub(super) fn record_of(&self, row: usize) -> Option<u64> {
        let rows = (1..).zip(&self.lines).filter(|(_, line)| line.what == What::Row);
        rows.map(|(record, _)| record).nth(row)
    }

    /// The phone in a column of phones; 0 for what is none.
    pub(super) fn phone(&self, column: usize, row: usize) -> u64 {
        self.phones[column][row]
    }

    /// The cell in a column of addresses; empty for what is no text.
    pub(super) fn cell(&self, column: usize, row: usize) -> Cow<'_, str> {
        field(self.encoding, self.cells[column][row].of(&self.text)).unwrap_or_default()
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
}
