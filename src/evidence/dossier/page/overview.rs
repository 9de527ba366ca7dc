//! The list of decisions, a row each. What all have in common stands above it once.

use super::words::{NONE, channel, letter, moment, or_none, outcome, purpose, recipient_type};
use super::{Block, Table};
use crate::check::Language;
use crate::evidence::dossier::model::{Dossier, Recorded};
use crate::evidence::dossier::visible::visible;

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
    if !common.is_empty() {
        blocks.push(Block::Pairs(common));
    }
    let heads = std::iter::once(("No".to_owned(), 4)).chain(own.iter().map(|column| (column.head.to_owned(), column.share)));
    let row = |place: usize| {
        let cells = own.iter().filter_map(|column| column.cells.get(place).cloned());
        std::iter::once((place + 1).to_string()).chain(cells).collect()
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

fn columns(dossier: &Dossier, language: Language) -> Vec<Column> {
    let pick = |english, turkish| language.pick(english, turkish);
    let column = |head, share, cell: &dyn Fn(&Recorded) -> String| Column {
        head,
        share,
        cells: dossier.decisions.iter().map(cell).collect(),
    };
    let brand = |it: &Recorded| format!("{} {}", it.brand.get(), visible(&it.brand_title)).trim_end().to_owned();
    let message =
        |it: &Recorded| format!("{}, {}", channel(it.cell.channel, language), recipient_type(it.cell.recipient_type, language));
    let retailer = |it: &Recorded| if it.retailer.get() == 0 { NONE.to_owned() } else { it.retailer.get().to_string() };
    vec![
        column(pick("Time", "Zaman"), 14, &|it| moment(it.at, language)),
        column(pick("Brand", "Marka"), 16, &brand),
        column(pick("Retailer", "Bayi"), 8, &retailer),
        column(pick("Channel", "Kanal"), 10, &message),
        column(pick("Purpose", "Amaç"), 9, &|it| purpose(it.purpose, language).to_owned()),
        column(pick("Answer", "Yanıt"), 18, &|it| outcome(it.verdict, it.mode, language)),
        column(pick("Article", "Madde"), 7, &|it| or_none(it.verdict.article).to_owned()),
        column(pick("Asked by", "Sorgulayan"), 13, &|it| or_none(&visible(&it.caller)).to_owned()),
        column(pick("Reference", "Referans"), 13, &|it| or_none(&visible(&it.reference)).to_owned()),
        column(pick("Record", "Kayıt"), 5, &|it| or_none(&letter(it.chain, &dossier.chains)).to_owned()),
    ]
}
