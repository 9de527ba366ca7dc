//! What was decided: all on one list, then each with what was known then and is known now.

use super::{Block, NONE, Table, columns, moment, or_none, pair, yes_no};
use crate::check::Language;
use crate::check::decision::Decision;
use crate::evidence::dossier::model::{Dossier, History, Recorded, RecordedIn, recording};
use crate::evidence::dossier::visible::visible;
use crate::model::brand::BrandCode;
use crate::model::business_days::Eves;
use crate::model::channel::Cell;
use crate::ports::HistoryEntry;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Appends the list and every decision.
pub(super) fn push(dossier: &Dossier, language: Language, blocks: &mut Vec<Block>) {
    blocks.push(Block::Section(language.pick("Decisions", "Kararlar").to_owned()));
    if dossier.decisions.is_empty() {
        blocks.push(Block::Text(language.pick("No decision was found.", "Karar bulunamadı.").to_owned()));
        return;
    }
    blocks.push(Block::Table(list(dossier, language)));
    let mut told = Told::new();
    for (number, decision) in (1..).zip(&dossier.decisions) {
        push_decision(number, decision, dossier, &mut told, language, blocks);
    }
}

/// Under which decision the consent of a brand and cell was shown first, by how many movements were known then.
type Told = HashMap<(BrandCode, Cell, usize), usize>;

fn list(dossier: &Dossier, language: Language) -> Table {
    let pick = |english, turkish| language.pick(english, turkish);
    let row = |(number, decision): (usize, &Recorded)| {
        vec![
            number.to_string(),
            decision.at.to_string(),
            format!("{} {}", decision.brand.get(), visible(&decision.brand_title)),
            format!("{} {}", decision.cell.channel, decision.cell.recipient_type),
            decision.purpose.name().to_owned(),
            told(decision, language),
            or_none(decision.verdict.article).to_owned(),
        ]
    };
    Table {
        columns: columns(&[
            (pick("No", "No"), 4),
            (pick("Time", "Zaman"), 15),
            (pick("Brand", "Marka"), 20),
            (pick("Channel", "Kanal"), 14),
            (pick("Purpose", "Amaç"), 13),
            (pick("Decision", "Karar"), 22),
            (pick("Article", "Madde"), 12),
        ]),
        rows: (1..).zip(&dossier.decisions).map(row).collect(),
    }
}

/// What the caller was told; that it was let through only by a mode stands beside it.
fn told(decision: &Recorded, language: Language) -> String {
    let (given, reason) = (decision.verdict.decision.name(), decision.verdict.reason.name());
    if decision.verdict.enforced {
        return format!("{given} {reason}");
    }
    format!("{given} {reason}, {}", language.pick("not enforced", "uygulanmadı"))
}

fn push_decision(
    number: usize,
    decision: &Recorded,
    dossier: &Dossier,
    told_under: &mut Told,
    language: Language,
    blocks: &mut Vec<Block>,
) {
    blocks.push(Block::Item(format!("{number}. {} · {}", decision.at, told(decision, language))));
    blocks.push(facts(decision, language));
    let Some(history) = dossier.history(decision) else {
        let nothing = language.pick("Nothing is on file of this consent.", "Bu izin hakkında kayıt yok.");
        blocks.push(Block::Text(nothing.to_owned()));
        return;
    };
    match told_under.entry((decision.brand, decision.cell, history.known_at(decision.revision).count())) {
        Entry::Occupied(first) => {
            let first = first.get();
            blocks.push(Block::Text(match language {
                Language::English => format!("Consent as known then, and now: as under decision {first}."),
                Language::Turkish => format!("O anda ve şimdi bilinen izin: {first} numaralı karardakinin aynısı."),
            }));
        }
        Entry::Vacant(first) => {
            first.insert(number);
            push_history(decision, history, dossier.eves, language, blocks);
        }
    }
}

fn facts(decision: &Recorded, language: Language) -> Block {
    let pick = |english, turkish| language.pick(english, turkish);
    let verdict = decision.verdict;
    let explanation = |language| verdict.explanation(decision.declaration, language);
    let retailer = decision.retailer.get();
    let retailer = if retailer == 0 { NONE.to_owned() } else { retailer.to_string() };
    let segment = match decision.recorded_in {
        RecordedIn::Segment(number) => number.to_string(),
        RecordedIn::Open(number) => format!("{number} ({})", pick("not sealed yet", "henüz mühürlenmedi")),
    };
    Block::Pairs(vec![
        pair(pick("Decision id", "Karar kimliği"), &decision.id.to_string()),
        pair(pick("Time", "Zaman"), &decision.at.to_string()),
        pair(pick("Asked by", "Soran"), or_none(&visible(&decision.caller))),
        pair(pick("Reference of the caller", "Soranın referansı"), or_none(&visible(&decision.reference))),
        pair(pick("Brand", "Marka"), &format!("{} {}", decision.brand.get(), visible(&decision.brand_title))),
        pair(pick("Retailer", "Bayi"), &retailer),
        pair(
            pick("Channel, recipient type", "Kanal, alıcı türü"),
            &format!("{}, {}", decision.cell.channel, decision.cell.recipient_type),
        ),
        pair(pick("Purpose", "Amaç"), decision.purpose.name()),
        pair(pick("Declaration", "Beyan"), &decision.declaration.map_or(NONE.to_owned(), |id| id.to_string())),
        pair(pick("Decision", "Karar"), &given(decision, language)),
        pair(pick("Reason", "Gerekçe"), verdict.reason.name()),
        pair(pick("Reason in Turkish", "Gerekçe, Türkçe"), &explanation(Language::Turkish)),
        pair(pick("Reason in English", "Gerekçe, İngilizce"), &explanation(Language::English)),
        pair(pick("Article", "Madde"), or_none(verdict.article)),
        pair(
            pick("Enforced", "Uygulandı"),
            &format!("{} ({}: {})", yes_no(verdict.enforced, language), pick("mode", "kip"), decision.mode.name()),
        ),
        pair(
            pick("Allowed in spite of a refusal on record", "Kayıtlı redde rağmen uygun"),
            yes_no(verdict.refusal_on_record, language),
        ),
        pair(pick("Revision", "Sürüm"), &decision.revision.to_string()),
        pair(pick("Data as of", "Verinin tarihi"), &moment(decision.as_of)),
        pair(pick("Evidence segment", "Kanıt bölütü"), &segment),
    ])
}

/// What was given and means, and beside it what the rules said where they differ.
fn given(decision: &Recorded, language: Language) -> String {
    let meaning = match decision.verdict.decision {
        Decision::Allow => language.pick("may be sent", "gönderilebilir"),
        Decision::Deny => language.pick("must not be sent", "gönderilemez"),
        Decision::Defer => language.pick("not to be sent now, ask again", "şimdi gönderilmez, yeniden sorulur"),
    };
    let given = format!("{}: {meaning}", decision.verdict.decision.name());
    if decision.verdict.decision == decision.policy() {
        return given;
    }
    format!("{given} ({}: {})", language.pick("by the rules", "kurallara göre"), decision.policy().name())
}

fn push_history(decision: &Recorded, history: &History, eves: Eves, language: Language, blocks: &mut Vec<Block>) {
    // First of all: what was known then may have been more than what is left.
    if let Some(erased) = history.erased {
        blocks.push(Block::Text(format!("{} {erased}.", erasure(language))));
    }
    let then: Vec<_> = history.known_at(decision.revision).collect();
    let now: Vec<_> = history.movements.iter().collect();
    blocks.push(Block::Caption(format!(
        "{} {}",
        language.pick("Consent as known then: up to revision", "O anda bilinen izin: sürüm"),
        decision.revision
    )));
    blocks.push(movements(&then, eves, language));
    let title = language.pick("Consent as known now", "Şimdi bilinen izin");
    if then.len() == now.len() {
        blocks.push(Block::Caption(format!(
            "{title}: {}",
            language.pick("the same, nothing came since", "aynı, sonradan gelen yok")
        )));
    } else {
        blocks.push(Block::Caption(title.to_owned()));
        blocks.push(movements(&now, eves, language));
    }
}

const fn erasure(language: Language) -> &'static str {
    language.pick(
        "Erased on request, and therefore not below although it may have been known then: whatever İYS registered up to",
        "İstek üzerine silindiği için, o anda bilinmiş olsa bile aşağıda yer almayan: İYS’nin şu ana kadar kaydettikleri,",
    )
}

fn movements(movements: &[&HistoryEntry], eves: Eves, language: Language) -> Block {
    let pick = |english, turkish| language.pick(english, turkish);
    if movements.is_empty() {
        return Block::Text(pick("No record.", "Kayıt yok.").to_owned());
    }
    let row = |movement: &&HistoryEntry| {
        vec![
            movement.status.name().to_owned(),
            movement.created.to_string(),
            moment(movement.consented),
            or_none(&visible(&movement.source)).to_owned(),
            or_none(&visible(&movement.transaction)).to_owned(),
            format!("{} ({})", movement.known_since, movement.revision),
            deadline(movement, eves, language),
        ]
    };
    Block::Table(Table {
        columns: columns(&[
            (pick("Status", "Durum"), 8),
            (pick("Registered at İYS", "İYS kaydı"), 14),
            (pick("Given or refused", "Onay/ret zamanı"), 14),
            (pick("Source", "Kaynak"), 16),
            (pick("Transaction", "İşlem"), 19),
            (pick("Known here since (revision)", "Burada bilindiği an (sürüm)"), 16),
            (pick("To be registered by", "Son kayıt günü"), 13),
        ]),
        rows: movements.iter().map(row).collect(),
    })
}

fn deadline(movement: &HistoryEntry, eves: Eves, language: Language) -> String {
    match recording(movement, eves) {
        None => NONE.to_owned(),
        Some(Err(unknown)) => format!("{} {}", language.pick("holidays not on file:", "tatilleri kayıtlı değil:"), unknown.0),
        Some(Ok(recording)) => {
            let kept = if recording.in_time { language.pick("in time", "süresinde") } else { language.pick("late", "geç") };
            format!("{} ({}), {kept}", recording.by, recording.article)
        }
    }
}
