//! The list of decisions, a row each. What all have in common stands above it once.

use super::words::{NONE, channel, letter, moment, or_none, outcome, purpose, recipient_type, unbroken};
use super::{Block, Table};
use crate::dossier::escape_controls::visible;
use crate::dossier::model::{Dossier, Recorded};
use crate::model::decision::question::Purpose;
use crate::model::language::Language;
use std::collections::BTreeMap;

/// A column before it is known whether it is one.
struct Column {
    head: &'static str,
    share: u16,
    cells: Vec<String>,
}

/// Appends the list.
pub(super) fn push(dossier: &Dossier, language: Language, blocks: &mut Vec<Block>) {
    // Of a single one the summary says all.
    if dossier.decisions.len() < 2 {
        return;
    }
    blocks.push(Block::Section(language.pick("Decisions", "Kararlar").to_owned()));
    let (common, own): (Vec<Column>, Vec<Column>) = columns(dossier, language).into_iter().partition(is_common);
    let common: Vec<(String, String)> = common.into_iter().filter_map(of_all).collect();
    let titles = brands(dossier, language);
    let brand = language.pick("Brand", "Marka");
    // Where it has a title, it stands with that.
    let mut pairs: Vec<(String, String)> = common.into_iter().filter(|(name, _)| titles.is_none() || name != brand).collect();
    pairs.extend(titles);
    if !pairs.is_empty() {
        blocks.push(Block::Pairs(pairs));
    }
    let heads = std::iter::once(("No".to_owned(), 3)).chain(own.iter().map(|column| (column.head.to_owned(), column.share)));
    let row = |place: usize| {
        let cells = own.iter().filter_map(|column| column.cells.get(place).cloned());
        std::iter::once(number(place, dossier)).chain(cells).collect()
    };
    let rows = (0..dossier.decisions.len()).map(row).collect();
    blocks.push(Block::Table(Table { columns: heads.collect(), rows, dense: false }));
}

/// Whether all decisions have the same in a column.
fn is_common(column: &Column) -> bool {
    column.cells.iter().all(|cell| Some(cell) == column.cells.first())
}

/// A name and what all have; none of what no decision has.
fn of_all(column: Column) -> Option<(String, String)> {
    let value = column.cells.into_iter().next().filter(|value| value != NONE)?;
    Some((column.head.to_owned(), value))
}

/// The number of a decision, with the record that it is in where that is not the first.
fn number(place: usize, dossier: &Dossier) -> String {
    let chain = dossier.decisions.get(place).map_or(0, |decision| decision.chain);
    let letter = if chain == 0 { String::new() } else { format!(" {}", letter(chain, &dossier.chains)) };
    format!("{}{letter}", place + 1)
}

/// The numbers of brands with their titles, once: in the rows the number is enough.
fn brands(dossier: &Dossier, language: Language) -> Option<(String, String)> {
    let titles: BTreeMap<u32, &str> = dossier.decisions.iter().map(|it| (it.brand.get(), it.brand_title.as_str())).collect();
    let named = titles.iter().filter(|(_, title)| !title.is_empty()).map(|(brand, title)| format!("{brand} {}", visible(title)));
    let text = named.collect::<Vec<_>>().join("; ");
    let head = if titles.len() > 1 { language.pick("Brands", "Markalar") } else { language.pick("Brand", "Marka") };
    (!text.is_empty()).then(|| (head.to_owned(), text))
}

/// The columns. What few decisions have stands in the column of what it belongs to, so that a row is a line or two.
fn columns(dossier: &Dossier, language: Language) -> Vec<Column> {
    let pick = |english, turkish| language.pick(english, turkish);
    let column = |head, share, cell: &dyn Fn(&Recorded) -> String| Column {
        head,
        share,
        cells: dossier.decisions.iter().map(cell).collect(),
    };
    let brand = |it: &Recorded| {
        let retailer = pick("retailer", "bayi");
        match it.retailer.get() {
            0 => it.brand.get().to_string(),
            code => format!("{}, {retailer} {code}", it.brand.get()),
        }
    };
    let message = |it: &Recorded| {
        let message = format!("{}, {}", channel(it.cell.channel, language), recipient_type(it.cell.recipient_type, language));
        let message = unbroken(&message);
        if it.purpose == Purpose::Commercial { message } else { format!("{message}; {}", purpose(it.purpose, language)) }
    };
    vec![
        column(pick("Time", "Zaman"), 8, &|it| unbroken(&moment(it.at, language))),
        column(pick("Brand", "Marka"), 8, &brand),
        column(pick("Channel", "Kanal"), 12, &message),
        column(pick("Answer", "Yanıt"), 44, &|it| outcome(it.verdict, it.mode, language)),
        column(pick("Article", "Madde"), 8, &|it| unbroken(or_none(it.verdict.article))),
        column(pick("Asked by", "Sorgulayan"), 9, &|it| or_none(&visible(&it.caller)).to_owned()),
        column(pick("Reference", "Referans"), 9, &|it| or_none(&visible(&it.reference)).to_owned()),
    ]
}
