//! The rows as they were, with their decisions behind them; or each in the stream of its decision.

use super::block::{Block, NOT_ASKED, What};
use super::layout::{Kind, Layout};
use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::model::decision::{Decision, Verdict};
use crate::model::language::Language;
use crate::model::text::encoding::Encoding;

/// A sender and the channel it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The sender.
    pub brand: BrandCode,
    /// The channel.
    pub channel: Channel,
}

/// Whether the address of a row came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// It did not.
    No,
    /// It did.
    Yes,
    /// There was no room to remember it.
    Unknown,
}

/// What is appended to rows.
pub struct Columns {
    /// To the header.
    header: Vec<u8>,
    /// To a row, by the answer byte; one table for all answers.
    answers: Vec<Vec<u8>>,
    duplicates: Option<[Vec<u8>; 3]>,
    names: Vec<String>,
    unnamed: Vec<String>,
}

impl Columns {
    /// `decision,reason`, for several pairs and columns of addresses with their names; a sentence if a language is asked
    /// for, and whether the address came before if that is.
    #[must_use]
    pub fn new(layout: &Layout, encoding: Encoding, pairs: &[Pair], language: Option<Language>, duplicates: bool) -> Self {
        let delimiter = char::from(layout.delimiter);
        let (mut header, mut names) = (Vec::new(), Vec::new());
        for pair in pairs {
            let columns = layout.columns(Kind::of(pair.channel));
            for column in columns {
                let name = if columns.len() > 1 { layout.name(*column) } else { String::new() };
                let mut suffix = if pairs.len() > 1 { format!("_{}_{}", pair.brand, pair.channel.name()) } else { String::new() };
                if !name.is_empty() {
                    suffix = format!("{suffix}_{name}");
                }
                header.extend([format!("decision{suffix}"), format!("reason{suffix}")]);
                header.extend(language.map(|_| format!("explanation{suffix}")));
                names.push(name);
            }
        }
        header.extend(duplicates.then(|| "duplicate".to_owned()));
        let unnamed = if layout.header { Vec::new() } else { header.clone() };
        let header = header.iter().fold(String::new(), |header, name| header + &format!("{delimiter}{}", field(name, delimiter)));
        let answer = |byte| answer(byte, delimiter, language).map_or_else(Vec::new, |text| encoding.of_text(&text));
        let flag = |text: &str| format!("{delimiter}{text}").into_bytes();
        Self {
            header: encoding.of_text(&header),
            answers: (0..=u8::MAX).map(answer).collect(),
            duplicates: duplicates.then(|| [flag(""), flag("DUPLICATE"), flag("UNKNOWN")]),
            names,
            unnamed,
        }
    }

    /// The column of addresses that each answer of a row is of, by name; empty where there is only one.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names of what is appended, where the list has no header to name it.
    #[must_use]
    pub fn unnamed(&self) -> &[String] {
        &self.unnamed
    }

    /// Appends a block to `out`, in the encoding of its list: every row with its answers, each pair's in `results`,
    /// and whether it came before.
    pub fn write(&self, block: &Block, results: &[Vec<u8>], before: &[Before], out: &mut Vec<u8>) {
        let text = self.text(block, results, before);
        if out.is_empty() { *out = block.encoding.encode(text) } else { out.extend(block.encoding.encode(text)) }
    }

    fn text(&self, block: &Block, results: &[Vec<u8>], before: &[Before]) -> Vec<u8> {
        let appended = results.len() * 24 + 12;
        let mut text = Vec::with_capacity(block.text.len() + block.lines.len() * appended + 16);
        mark(block, &mut text);
        let (mut start, mut row) = (0, 0);
        for line in &block.lines {
            let (end, next) = (line.end as usize, line.next as usize);
            match line.what {
                What::Title | What::Separator | What::Blank | What::Total => text.extend_from_slice(&block.text[start..next]),
                What::Refused(_) => {}
                What::Header | What::Repeated => {
                    text.extend_from_slice(&block.text[start..end]);
                    text.extend_from_slice(&self.header);
                    text.extend_from_slice(&block.text[end..next]);
                }
                What::Row => {
                    text.extend_from_slice(&block.text[start..end]);
                    for of_pair in results {
                        text.extend_from_slice(&self.answers[usize::from(of_pair[row])]);
                    }
                    if let Some(flags) = &self.duplicates {
                        text.extend_from_slice(&flags[before[row] as usize]);
                    }
                    text.extend_from_slice(&block.text[end..next]);
                    row += 1;
                }
            }
            start = next;
        }
        text
    }
}

/// What stands behind the reason of an ALLOW that only a brand's mode gives.
pub const NOT_ENFORCED: &str = "NOT_ENFORCED";

/// The streams that a list is split into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All addresses of the row are allowed.
    Allowed,
    /// One is denied.
    Blocked,
    /// None is denied, and one is to be asked again.
    Deferred,
    /// All are allowed, one of them by a brand's mode alone.
    NotEnforced,
}

impl Part {
    /// Every one, in the order of the streams.
    pub const ALL: [Self; 4] = [Self::Allowed, Self::Blocked, Self::Deferred, Self::NotEnforced];

    /// The part of a row with these answers: the strictest of those that were asked for.
    fn of(answers: impl Iterator<Item = u8>) -> Self {
        let asked = answers.filter(|byte| *byte != NOT_ASKED).map(|byte| match Verdict::parts(byte) {
            Some((Decision::Deny, _)) => Self::Blocked,
            Some((Decision::Allow, _)) if Verdict::is_let_through(byte) => Self::NotEnforced,
            Some((Decision::Allow, _)) => Self::Allowed,
            // An answer that nobody gives is no permission.
            Some((Decision::Defer, _)) | None => Self::Deferred,
        });
        let strictness = |part: &Self| match part {
            Self::Allowed => 0,
            Self::NotEnforced => 1,
            Self::Deferred => 2,
            Self::Blocked => 3,
        };
        asked.max_by_key(strictness).unwrap_or(Self::Deferred)
    }
}

/// Appends each row of a block, as it is, to the stream of its part, by [`Part::ALL`]; the header to all. A row with
/// several addresses is allowed if all of them are.
pub fn split(block: &Block, results: &[Vec<u8>], out: &mut [Vec<u8>; Part::ALL.len()]) {
    let mut texts: [Vec<u8>; Part::ALL.len()] = Default::default();
    for text in &mut texts {
        mark(block, text);
    }
    let (mut start, mut row) = (0, 0);
    for line in &block.lines {
        let next = line.next as usize;
        match line.what {
            // A title may be anything: nothing unasked goes to those who are allowed.
            What::Title | What::Blank | What::Total | What::Repeated | What::Refused(_) => {}
            What::Separator | What::Header => texts.iter_mut().for_each(|text| put_whole(text, &block.text[start..next])),
            What::Row => {
                let part = Part::of(results.iter().map(|answers| answers[row]));
                put_whole(&mut texts[part as usize], &block.text[start..next]);
                row += 1;
            }
        }
        start = next;
    }
    for (out, text) in out.iter_mut().zip(texts) {
        out.extend(block.encoding.encode(text));
    }
}

/// A name as a field.
fn field(name: &str, delimiter: char) -> String {
    if name.contains([delimiter, '"']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
}

fn mark(block: &Block, text: &mut Vec<u8>) {
    if block.mark {
        text.extend_from_slice(crate::model::text::encoding::MARK);
    }
}

/// A line with its end: the last one of a list may have none, and another may follow it here.
fn put_whole(text: &mut Vec<u8>, line: &[u8]) {
    text.extend_from_slice(line);
    if line.last() != Some(&b'\n') {
        text.push(b'\n');
    }
}

fn answer(byte: u8, delimiter: char, language: Option<Language>) -> Option<String> {
    if byte == NOT_ASKED {
        return Some(delimiter.to_string().repeat(if language.is_some() { 3 } else { 2 }));
    }
    let (decision, reason) = Verdict::parts(byte)?;
    let sentence = language.map(|language| match language {
        Language::English => reason.english(),
        Language::Turkish => reason.turkish(),
    });
    let sentence = sentence.map(|sentence| format!("{delimiter}\"{sentence}\"")).unwrap_or_default();
    let mark = if Verdict::is_let_through(byte) { format!(" {NOT_ENFORCED}") } else { String::new() };
    Some(format!("{delimiter}{}{delimiter}{}{mark}{sentence}", decision.name(), reason.name()))
}
