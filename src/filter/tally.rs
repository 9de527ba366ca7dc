//! What became of every line.

use super::block::{Block, Refusal, What};
use super::output::{Before, Pair};
use crate::check::decision::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counted so far. Every physical line is a title, a header, blank, part of a row that was answered, or of one refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Physical lines.
    pub lines: u64,
    /// Rows above the header, which are passed on; a line that names the delimiter among them.
    pub titles: u64,
    /// Rows of names.
    pub headers: u64,
    /// Lines of white space, which are passed on.
    pub blank: u64,
    /// Rows answered.
    pub rows: u64,
    /// Rows refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// By pair: rows by decision and reason.
    pub answers: Vec<BTreeMap<String, u64>>,
    /// Rows whose address came before.
    pub duplicates: u64,
    /// Rows of which nobody knows whether it did.
    pub unknown: u64,
}

impl Tally {
    /// Counts a block with the answers of every pair.
    pub fn add(&mut self, block: &Block, results: &[Vec<u8>], before: &[Before]) {
        self.lines = block.through();
        self.titles += block.count(|what| matches!(what, What::Title | What::Separator));
        self.headers += block.count(|what| what == What::Header);
        self.blank += block.count(|what| what == What::Blank);
        self.rows += block.rows() as u64;
        for why in Refusal::ALL {
            let count = block.count(|what| what == What::Refused(why));
            if count > 0 {
                *self.refused.entry(why.code().to_owned()).or_default() += count;
            }
        }
        self.answers.resize_with(results.len(), BTreeMap::new);
        for (answers, of_pair) in self.answers.iter_mut().zip(results) {
            let mut counts = [0_u64; 256];
            for byte in of_pair {
                counts[usize::from(*byte)] += 1;
            }
            for (byte, count) in (0..=u8::MAX).zip(counts).filter(|(_, count)| *count > 0) {
                *answers.entry(name_of(byte)).or_default() += count;
            }
        }
        self.duplicates += before.iter().filter(|before| **before == Before::Yes).count() as u64;
        self.unknown += before.iter().filter(|before| **before == Before::Unknown).count() as u64;
    }

    /// Rows that were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Rows that came in: those answered and those refused.
    #[must_use]
    pub fn rows_in(&self) -> u64 {
        self.rows + self.refused()
    }

    /// For people, in columns.
    #[must_use]
    pub fn text(&self, pairs: &[Pair]) -> String {
        use std::fmt::Write;
        let mut text = String::new();
        let mut line = |name: &str, count: u64| {
            let _ = writeln!(text, "{name:<34}{count:>14}");
        };
        line("rows in", self.rows_in());
        line("rows out", self.rows);
        line("rows refused", self.refused());
        self.refused.iter().for_each(|(code, count)| line(&format!("  {code}"), *count));
        for (pair, answers) in pairs.iter().zip(&self.answers) {
            line(&format!("{} {}", pair.brand, pair.channel.name()), answers.values().sum());
            for (answer, count) in answers {
                line(&format!("  {answer}"), *count);
            }
        }
        let others = [
            ("titles", self.titles),
            ("header", self.headers),
            ("blank lines", self.blank),
            ("duplicates", self.duplicates),
            ("not known whether before", self.unknown),
        ];
        others.into_iter().filter(|(_, count)| *count > 0).for_each(|(name, count)| line(name, count));
        text
    }
}

/// `ALLOW APPROVED`
fn name_of(byte: u8) -> String {
    Verdict::parts(byte)
        .map_or_else(|| format!("{byte:#010b}"), |(decision, reason)| format!("{} {}", decision.name(), reason.name()))
}
