//! The dossier in words: a list of blocks that HTML and PDF set each in their way, so that both say the
//! same. Texts of others come in here and are made visible here, once.
//!
//! A summary of a page, the list of decisions, and an annex that repeats nothing of either.

mod annex;
mod groups;
mod overview;
mod summary;
mod warnings;
mod words;

use super::model::Dossier;
use crate::model::language::Language;
use crate::model::text::hex::to_hex;

/// The dossier as blocks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// What it is, for a window's title.
    pub(super) title: String,
    /// One line that belongs on every sheet.
    pub(super) footer: String,
    /// From top to bottom.
    pub(super) blocks: Vec<Block>,
}

/// A piece of a page. Its texts hold no control character.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// The heading of all.
    Title(String),
    /// What a reader must know before anything else.
    Warning(String),
    /// The heading of a part.
    Section(String),
    /// The heading of a table.
    Caption(String),
    /// A sentence or some.
    Text(String),
    /// Names and their values.
    Pairs(Vec<(String, String)>),
    /// Rows under heads.
    Table(Table),
    /// Lines to be kept as they are.
    Verbatim(Vec<String>),
}

/// Rows under heads; every row has as many cells as there are columns.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// The heads, and each column's share of the width.
    pub(super) columns: Vec<(String, u16)>,
    /// The cells.
    pub(super) rows: Vec<Vec<String>>,
    /// Whether it is set small: ids and hashes, which are compared and not read.
    pub(super) dense: bool,
}

/// Sets a dossier in words.
pub(super) fn of(dossier: &Dossier, language: Language) -> Page {
    let title = language.pick("Complaint dossier", "Şikâyet dosyası").to_owned();
    let pseudonym = to_hex(&dossier.recipient.pseudonym.0);
    let groups = groups::of(dossier);
    let mut blocks = vec![Block::Title(title.clone())];
    blocks.extend(warnings::of(dossier, language).into_iter().map(Block::Warning));
    let left = summary::push(dossier, &groups, language, &mut blocks);
    overview::push(dossier, language, &mut blocks);
    annex::push(dossier, left, language, &mut blocks);
    Page { footer: format!("{title} · {pseudonym} · {}", words::moment(dossier.made.at, language)), title, blocks }
}

/// A name and its value, which is already visible.
fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Heads with their shares of the width.
fn columns(heads: &[(&str, u16)]) -> Vec<(String, u16)> {
    heads.iter().map(|(head, share)| ((*head).to_owned(), *share)).collect()
}
