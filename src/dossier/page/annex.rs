//! The annex: what the summary and the list do not say. Ids, consents, declarations, and what shows that the record was not touched.

use super::groups::Group;
use super::words::{
    NONE, chain, channel, day, letter, moment, moment_or_none, or_none, purpose, recipient_type, source, status, unbroken,
};
use super::{Block, Table, columns, warnings};
use crate::dossier::escape_controls::visible;
use crate::dossier::model::{Chain, Data, Dossier, History, Recorded, RecordedIn, Segment, recording};
use crate::model::brand::declaration::Declaration;
use crate::model::decision::question::Purpose;
use crate::model::language::Language;
use crate::model::time::business_days::Eves;
use crate::ports::HistoryEntry;

/// Decisions from which on two stand in a row, and rows of hashes from which on they are set small.
const TWO_IN_A_ROW: usize = 4;

/// Appends the annex; `left` are groups that the summary has no room for.
pub(super) fn push(dossier: &Dossier, left: &[Group<'_>], language: Language, blocks: &mut Vec<Block>) {
    blocks.push(Block::Section(language.pick("Annex", "Ek").to_owned()));
    blocks.extend(left.iter().map(|group| Block::Text(group.text(dossier, language))));
    if !dossier.decisions.is_empty() {
        blocks.push(Block::Caption(language.pick("Ids of the decisions", "Kararların kimlikleri").to_owned()));
        blocks.push(Block::Table(ids(dossier, language)));
    }
    for (place, data) in dossier.stores.iter().enumerate() {
        push_data(place, data, dossier, language, blocks);
    }
    // Of a record without a decision of this dossier its reach on the first page is enough.
    let has_decision = |place: usize| place == 0 || dossier.decisions.iter().any(|decision| decision.chain == place);
    for (place, each) in dossier.chains.iter().enumerate().filter(|(place, _)| has_decision(*place)) {
        push_chain(place, each, dossier, language, blocks);
    }
}

fn ids(dossier: &Dossier, language: Language) -> Table {
    let pick = |english, turkish| language.pick(english, turkish);
    let heads = [
        (pick("No", "No"), 5),
        (pick("Id", "Kimlik"), 30),
        (pick("Revision", "Sürüm"), 7),
        (pick("Data as of", "Verinin tarihi"), 17),
        (pick("Segment", "Bölüm"), 8),
    ];
    let cells = |(number, it): (usize, &Recorded)| {
        let letter = letter(it.chain, &dossier.chains);
        let segment = match it.recorded_in {
            RecordedIn::Segment(number) => format!("{letter}{number}"),
            RecordedIn::Open(number) => format!("{letter}{number}*"),
        };
        vec![
            number.to_string(),
            it.id.to_string(),
            it.revision.to_string(),
            unbroken(&moment_or_none(it.as_of, language)),
            segment,
        ]
    };
    let each: Vec<Vec<String>> = (1..).zip(&dossier.decisions).map(cells).collect();
    if each.len() < TWO_IN_A_ROW {
        return Table { columns: columns(&heads), rows: each, dense: false };
    }
    let half = each.len().div_ceil(2);
    let none = || vec![String::new(); heads.len()];
    let row = |place: usize| {
        let beside = each.get(half + place).cloned().unwrap_or_else(none);
        each.get(place).cloned().into_iter().flatten().chain(beside).collect()
    };
    Table { columns: columns(&[heads, heads].concat()), rows: (0..half).map(row).collect(), dense: true }
}

/// Consents and declarations of a store.
fn push_data(place: usize, data: &Data, dossier: &Dossier, language: Language, blocks: &mut Vec<Block>) {
    let of = if dossier.stores.len() < 2 {
        String::new()
    } else {
        // The record of a data directory is named before those of its lists.
        let main = dossier.chains.iter().position(|chain| chain.store == place);
        main.map_or(String::new(), |main| format!(" · {}", chain(main, &dossier.chains, language)))
    };
    for history in &data.histories {
        let cell = history.cell;
        let title = format!(
            "{} {}, {}, {}{of}",
            language.pick("Consent on record (up to revision", "İzin kaydı (sürüm"),
            format_args!("{}): {}", data.revision, history.brand.get()),
            channel(cell.channel, language),
            recipient_type(cell.recipient_type, language),
        );
        blocks.push(Block::Caption(title));
        blocks.push(movements(history, dossier.eves, language));
    }
    if !data.declarations.is_empty() {
        blocks.push(Block::Caption(format!("{}{of}", language.pick("Declarations of the senders", "Göndericilerin beyanları"))));
        blocks.push(Block::Table(declarations(&data.declarations, language)));
    }
}

fn movements(history: &History, eves: Eves, language: Language) -> Block {
    let pick = |english, turkish| language.pick(english, turkish);
    if history.movements.is_empty() {
        let none = match history.erased {
            None => pick("No consent is on record here.", "Bu sistemde izin kaydı bulunmamaktadır."),
            Some(_) => pick("Erased on request; see the first page.", "Başvuru üzerine silinmiştir; ilk sayfaya bakınız."),
        };
        return Block::Text(none.to_owned());
    }
    let row = |movement: &HistoryEntry| {
        vec![
            status(movement.status, language).to_owned(),
            moment(movement.created, language),
            moment_or_none(movement.consented, language),
            source(&movement.source, language),
            or_none(&visible(&movement.transaction)).to_owned(),
            format!("{} ({})", moment(movement.known_since, language), movement.revision),
            deadline(movement, eves, language),
        ]
    };
    Block::Table(Table {
        columns: columns(&[
            (pick("Status", "Durum"), 8),
            (pick("Registered at İYS", "İYS kaydı"), 13),
            (pick("Given or refused", "Onay/ret zamanı"), 13),
            (pick("Source", "Kaynak"), 16),
            (pick("Transaction", "İşlem"), 22),
            (pick("Known here since (revision)", "Burada bilindiği an (sürüm)"), 16),
            (pick("To be registered by", "Son kayıt günü"), 13),
        ]),
        rows: history.movements.iter().map(row).collect(),
        dense: false,
    })
}

fn deadline(movement: &HistoryEntry, eves: Eves, language: Language) -> String {
    match recording(movement, eves) {
        None => NONE.to_owned(),
        Some(Err(unknown)) => format!("{} {}", language.pick("holidays not on file:", "tatilleri kayıtlı değil:"), unknown.0),
        Some(Ok(recording)) => {
            let kept = if recording.in_time { language.pick("in time", "süresinde") } else { language.pick("late", "geç") };
            format!("{} ({}), {kept}", day(recording.by, language), recording.article)
        }
    }
}

fn declarations(declarations: &[Declaration], language: Language) -> Table {
    let pick = |english, turkish| language.pick(english, turkish);
    let row = |declaration: &Declaration| {
        let declared = &declaration.declared;
        vec![
            declaration.id.to_string(),
            declared.brand.get().to_string(),
            purpose(Purpose::claiming(declared.exemption), language).to_owned(),
            visible(&declared.by),
            moment(declared.at, language),
            moment_or_none(declared.valid_until, language),
            moment_or_none(declaration.revoked, language),
            declared.document.to_string(),
        ]
    };
    Table {
        columns: columns(&[
            (pick("No", "No"), 5),
            (pick("Brand", "Marka"), 9),
            (pick("Purpose", "Amaç"), 10),
            (pick("Declared by", "Beyan eden"), 16),
            (pick("Declared", "Beyan zamanı"), 13),
            (pick("Valid until", "Geçerlilik sonu"), 13),
            (pick("Revoked", "Geri alma"), 13),
            (pick("Document, SHA-256", "Belge, SHA-256"), 21),
        ]),
        rows: declarations.iter().map(row).collect(),
        dense: false,
    }
}

/// What shows that a record was not touched.
fn push_chain(place: usize, each: &Chain, dossier: &Dossier, language: Language, blocks: &mut Vec<Block>) {
    let pick = |english, turkish| language.pick(english, turkish);
    let name = if dossier.chains.len() < 2 { String::new() } else { format!(" · {}", chain(place, &dossier.chains, language)) };
    blocks.push(Block::Caption(format!("{}{name}", pick("Evidence", "Kanıt"))));
    let proof = &each.proof;
    let is_inside = dossier.outside().all(|(of, outside)| of != place || !outside.whole);
    if proof.gaps.is_empty() && is_inside && !dossier.is_cut_off(place) {
        let whole =
            pick("Within the time that the record covers it knows of no gap.", "Kaydın kapsadığı sürede bilinen bir boşluk yok.");
        blocks.push(Block::Text(whole.to_owned()));
    }
    // The first page has the first few.
    blocks.extend(warnings::further_gaps(&proof.gaps, language).into_iter().map(Block::Text));
    if dossier.decisions.iter().any(|it| it.chain == place && matches!(it.recorded_in, RecordedIn::Open(_))) {
        let open = pick(
            "* The segment is not sealed yet: the checkpoint does not cover it.",
            "* Bölüm henüz mühürlenmedi: denetim noktası onu kapsamaz.",
        );
        blocks.push(Block::Text(open.to_owned()));
    }
    if proof.segments.is_empty() {
        let none = pick(
            "No decision of this dossier lies in a sealed segment.",
            "Bu dosyadaki kararların hiçbiri henüz mühürlenmiş bir bölümde değildir.",
        );
        blocks.push(Block::Text(none.to_owned()));
    } else {
        blocks.push(Block::Table(segments(&proof.segments, language)));
    }
    let Some(tree) = &proof.tree else { return };
    if place > 0 {
        blocks.push(Block::Caption(pick("Public key", "Açık anahtar").to_owned()));
        blocks.push(Block::Verbatim(vec![each.key.as_deref().map_or(NONE.to_owned(), visible)]));
    }
    blocks.push(Block::Caption(pick("Checkpoint (signed)", "Denetim noktası (imzalı)").to_owned()));
    blocks.push(Block::Verbatim(tree.checkpoint.lines().map(visible).collect()));
}

/// Paths to the root are in the JSON form, and in what `evidence prove` writes: a person checks none by hand.
fn segments(segments: &[Segment], language: Language) -> Table {
    let pick = |english, turkish| language.pick(english, turkish);
    let row = |segment: &Segment| vec![segment.number.to_string(), moment(segment.sealed, language), visible(&segment.hash)];
    Table {
        columns: columns(&[(pick("Segment", "Bölüm"), 10), (pick("Last entry", "Son kayıt"), 20), (pick("Hash", "Özet"), 70)]),
        rows: segments.iter().map(row).collect(),
        dense: segments.len() >= TWO_IN_A_ROW,
    }
}
