//! Counts of what was done with every line of a list, and what they say.

use super::block::{Block, NOT_ASKED, Refusal, What};
use super::layout::Kind;
use super::output::{Before, Columns, Pair};
use crate::filter::cell_shape::Looks;
use crate::model::decision::{Decision, Reason, Verdict};
use crate::model::language::Language;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Counted so far. Every physical line is a title, a header, blank, totals, part of a row that was answered, or of one
/// that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Physical lines.
    pub lines: u64,
    /// Rows above the header, which are passed on; a line that names the delimiter among them.
    pub titles: u64,
    /// Rows of names.
    pub headers: u64,
    /// Lines of white space or of nothing but delimiters, which are passed on.
    pub blank: u64,
    /// Rows of totals, which are passed on.
    pub totals: u64,
    /// Rows answered.
    pub rows: u64,
    /// Rows that could not be read, by code.
    pub unreadable: BTreeMap<String, u64>,
    /// By pair and column of addresses: rows by decision and reason.
    pub answers: Vec<BTreeMap<String, u64>>,
    /// The column of addresses of each of the answers; empty where there is only one.
    pub columns: Vec<String>,
    /// Addresses that could be read.
    pub addresses: u64,
    /// Cells that are no address, by [`Looks`].
    pub invalid: BTreeMap<String, u64>,
    /// Of each of [`Looks`], the first rows of the list that have it, from 1 as a spreadsheet counts them.
    pub places: BTreeMap<String, Vec<u64>>,
    /// Rows of any kind that came so far.
    pub records: u64,
    /// The columns that are appended to rows, where no header names them.
    pub appended: Vec<String>,
    /// Answers that are DEFER.
    pub deferred: u64,
    /// Rows whose address came before.
    pub duplicates: u64,
    /// Rows of which it is not known whether it did.
    pub unknown: u64,
}

/// Rows that are named of those with one fault.
const PLACES: usize = 3;

/// The outcome of a list, which its exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOutcome {
    /// Every row is allowed or denied.
    Answered = 0,
    /// Rows could not be read, and are in none of the results.
    Unreadable = 2,
    /// No row has an address that could be read: nothing was asked about anybody.
    NoAddress = 4,
    /// Rows are DEFER, to be asked again.
    Deferred = 5,
}

impl Tally {
    /// Counts a block with the answers of every pair.
    pub fn add(&mut self, block: &Block, results: &[Vec<u8>], before: &[Before], pairs: &[Pair], columns: &Columns) {
        self.lines = block.through();
        for line in &block.lines {
            match line.what {
                What::Row => self.rows += 1,
                What::Title | What::Separator => self.titles += 1,
                What::Header | What::Repeated => self.headers += 1,
                What::Blank => self.blank += 1,
                What::Total => self.totals += 1,
                What::Refused(why) => count(&mut self.unreadable, why.code()),
            }
        }
        if self.columns.is_empty() {
            self.columns = columns.names().to_vec();
            self.appended = columns.unnamed().to_vec();
        }
        self.answers.resize_with(results.len(), BTreeMap::new);
        for (answers, of_pair) in self.answers.iter_mut().zip(results) {
            let mut counts = [0_u64; 256];
            for byte in of_pair {
                counts[usize::from(*byte)] += 1;
            }
            counts[usize::from(NOT_ASKED)] = 0;
            for (byte, count) in (0..=u8::MAX).zip(counts).filter(|(_, count)| *count > 0) {
                let parts = Verdict::parts(byte);
                let deferred = parts.is_some_and(|(decision, _)| decision == Decision::Defer);
                self.deferred += if deferred { count } else { 0 };
                self.addresses += if parts.is_some_and(|(_, reason)| reason != Reason::InvalidRecipient) { count } else { 0 };
                *answers.entry(name_of(byte)).or_default() += count;
            }
        }
        self.look(block, results, pairs);
        self.records += block.lines.len() as u64;
        self.duplicates += before.iter().filter(|before| **before == Before::Yes).count() as u64;
        self.unknown += before.iter().filter(|before| **before == Before::Unknown).count() as u64;
    }

    /// Counts what cells look like that are no address: of each column once, whoever asks about it.
    fn look(&mut self, block: &Block, results: &[Vec<u8>], pairs: &[Pair]) {
        let mut results = results.iter();
        let mut seen = Vec::new();
        for kind in pairs.iter().map(|pair| Kind::of(pair.channel)) {
            let first = !seen.contains(&kind);
            seen.push(kind);
            for column in block.columns(kind) {
                let Some(answers) = results.next().filter(|_| first) else { continue };
                for (row, _) in answers.iter().enumerate().filter(|(_, byte)| is_invalid(**byte)) {
                    let looks = Looks::of(kind, &block.cell(column, row));
                    count(&mut self.invalid, looks.name());
                    let places = self.places.entry(looks.name().to_owned()).or_default();
                    if places.len() < PLACES {
                        places.extend(block.record_of(row).map(|record| self.records + record));
                    }
                }
            }
        }
    }

    /// Rows that could not be read.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.unreadable.values().sum()
    }

    /// Rows that came in: those answered and those that could not be read.
    #[must_use]
    pub fn rows_in(&self) -> u64 {
        self.rows + self.unreadable()
    }

    /// Answers that are ALLOW by a brand's mode alone: enforced, they would stop the message.
    #[must_use]
    pub fn let_through(&self) -> u64 {
        self.answers.iter().map(let_through).sum()
    }

    /// What the whole of it comes to.
    #[must_use]
    pub fn outcome(&self) -> ListOutcome {
        match () {
            () if self.rows > 0 && self.addresses == 0 => ListOutcome::NoAddress,
            () if self.unreadable() > 0 => ListOutcome::Unreadable,
            () if self.deferred > 0 => ListOutcome::Deferred,
            () => ListOutcome::Answered,
        }
    }

    /// For people, in columns.
    #[must_use]
    pub fn text(&self, pairs: &[Pair], language: Language) -> String {
        let in_language = |english, turkish| if language == Language::English { english } else { turkish };
        let mut text = String::new();
        let mut line = |name: &str, count: u64, behind: &str| {
            let behind = if behind.is_empty() { String::new() } else { format!("  {behind}") };
            let _ = writeln!(text, "{name:<34}{count:>14}{behind}");
        };
        line(in_language("rows in", "gelen satır"), self.rows_in(), "");
        line(in_language("rows out", "çıkan satır"), self.rows, "");
        line(in_language("rows unreadable", "okunamayan satır"), self.unreadable(), "");
        for (code, count) in &self.unreadable {
            let why = Refusal::ALL.into_iter().find(|why| why.code() == code);
            line(&format!("  {code}"), *count, why.map_or("", |why| in_language("", why.turkish())));
        }
        let each = self.answers.len() / pairs.len().max(1);
        for (number, answers) in self.answers.iter().enumerate() {
            let Some(pair) = pairs.get(number / each.max(1)) else { continue };
            let column = self.columns.get(number).map_or("", String::as_str);
            line(format!("{} {} {column}", pair.brand, pair.channel.name()).trim_end(), answers.values().sum(), "");
            for (answer, count) in answers {
                let reason = Reason::ALL.into_iter().find(|reason| answer.ends_with(&format!(" {}", reason.name())));
                line(&format!("  {answer}"), *count, reason.map_or("", |reason| in_language("", reason.turkish())));
            }
        }
        line(in_language("let through by a mode alone", "yalnız marka modu nedeniyle ALLOW"), self.let_through(), "");
        let others = [
            (in_language("titles", "başlıktan önceki satır"), self.titles),
            (in_language("header", "sütun başlığı"), self.headers),
            (in_language("blank lines", "boş satır"), self.blank),
            (in_language("totals", "toplam satırı"), self.totals),
            (in_language("duplicates", "yinelenen adres"), self.duplicates),
            (in_language("not known whether before", "yinelenip yinelenmediği bilinmeyen"), self.unknown),
        ];
        others.into_iter().filter(|(_, count)| *count > 0).for_each(|(name, count)| line(name, count, ""));
        text + &self.unnamed(language) + &self.not_enforced(pairs, language) + &self.cures(language)
    }

    /// The columns behind the rows of a list without a header, where they are several of a kind.
    fn unnamed(&self, language: Language) -> String {
        if self.answers.len() < 2 || self.appended.is_empty() || self.headers > 0 {
            return String::new();
        }
        let columns = self.appended.join(", ");
        match language {
            Language::English => format!("\nThe list has no header; the columns behind its rows are {columns}\n"),
            Language::Turkish => format!("\nListenin başlığı yok; satırların ardındaki sütunlar: {columns}\n"),
        }
    }

    /// Which brands are not enforced, how many answers that let through, and how it is ended.
    fn not_enforced(&self, pairs: &[Pair], language: Language) -> String {
        if self.let_through() == 0 {
            return String::new();
        }
        let mut text = match language {
            Language::English => {
                "\nNOT ENFORCED: a brand's mode (advise, shadow) alone made these answers ALLOW; enforced, nobody may be sent to:\n"
            }
            Language::Turkish => {
                "\nUYGULANMIYOR: şu yanıtlar yalnızca markanın modu (advise, shadow) nedeniyle ALLOW; enforce modunda gönderim yapılamazdı:\n"
            }
        }
        .to_owned();
        let each = (self.answers.len() / pairs.len().max(1)).max(1);
        for (pair, answers) in pairs.iter().zip(self.answers.chunks(each)) {
            let count: u64 = answers.iter().map(let_through).sum();
            if count > 0 {
                let (brand, channel) = (pair.brand, pair.channel.name());
                let _ = writeln!(
                    text,
                    "  {count} {brand} {channel}: izingate brand mode --brand {brand} --type {channel} --mode enforce"
                );
            }
        }
        text
    }

    /// What is wrong with cells that are no address, and what to do.
    fn cures(&self, language: Language) -> String {
        let total: u64 = self.invalid.values().sum();
        if total == 0 {
            return String::new();
        }
        let mut text = match (language, self.outcome()) {
            (Language::English, ListOutcome::NoAddress) => {
                "\nNO ADDRESS WAS READ: every row is DENY INVALID_RECIPIENT. The cells are\n".to_owned()
            }
            (Language::Turkish, ListOutcome::NoAddress) => {
                "\nHİÇBİR ADRES OKUNAMADI: bütün satırlar DENY INVALID_RECIPIENT. Hücreler\n".to_owned()
            }
            (Language::English, _) => format!("\n{total} cells are no address (INVALID_RECIPIENT):\n"),
            (Language::Turkish, _) => format!("\n{total} hücrede geçerli bir adres yok (INVALID_RECIPIENT):\n"),
        };
        let places = |looks: Looks| self.places.get(looks.name()).cloned().unwrap_or_default();
        let of = |looks: Looks| Some((*self.invalid.get(looks.name())?, looks.cure(language), places(looks)));
        for (count, cure, places) in Looks::ALL.into_iter().filter_map(of) {
            let _ = writeln!(text, "  {count} {cure}{}", named(&places, count, language));
        }
        if self.outcome() == ListOutcome::NoAddress {
            text += match language {
                Language::English => "Is it the right column? --column says which one is asked about.\n",
                Language::Turkish => "Doğru sütun mu? Hangi sütunun sorulduğunu --column belirler.\n",
            };
        }
        text
    }
}

/// Rows by their numbers, of so many.
fn named(places: &[u64], count: u64, language: Language) -> String {
    if places.is_empty() {
        return String::new();
    }
    let numbers: Vec<String> = places.iter().map(u64::to_string).collect();
    let (rows, more) = (numbers.join(", "), if count > places.len() as u64 { " …" } else { "" });
    match language {
        Language::English => format!(" (rows {rows}{more})"),
        Language::Turkish => format!(" (satır {rows}{more})"),
    }
}

/// Counts one more of that name.
fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => _ = counts.insert(name.to_owned(), 1),
    }
}

/// Of answers by decision and reason: those that a mode alone let through.
fn let_through(answers: &BTreeMap<String, u64>) -> u64 {
    (0..=u8::MAX).filter(|byte| Verdict::is_let_through(*byte)).filter_map(|byte| answers.get(&name_of(byte))).sum()
}

fn is_invalid(byte: u8) -> bool {
    Verdict::parts(byte).is_some_and(|(_, reason)| reason == Reason::InvalidRecipient)
}

/// `ALLOW APPROVED`
fn name_of(byte: u8) -> String {
    Verdict::parts(byte)
        .map_or_else(|| format!("{byte:#010b}"), |(decision, reason)| format!("{} {}", decision.name(), reason.name()))
}
