//! What stands behind the decisions: declarations, and the proof that their records were not touched.

use super::{Block, NONE, Table, columns, moment, pair};
use crate::check::Language;
use crate::check::question::Purpose;
use crate::evidence::dossier::model::{AcceptedLoss, Dossier, EvidenceGap, MissingSegment, Proof, Segment, Tree};
use crate::evidence::dossier::visible::visible;
use crate::model::declaration::Declaration;

/// Appends declarations, gaps, segments and the tree.
pub(super) fn push(dossier: &Dossier, language: Language, blocks: &mut Vec<Block>) {
    if !dossier.declarations.is_empty() {
        blocks.push(Block::Section(language.pick("Declarations of the senders", "Göndericilerin beyanları").to_owned()));
        blocks.push(Block::Table(declarations(&dossier.declarations, language)));
    }
    blocks.push(Block::Section(language.pick("Evidence", "Kanıt").to_owned()));
    let proof = &dossier.proof;
    if let Some(until) = proof.removed_until {
        let note = language.pick(
            "Decisions are not kept any more, their retention being over, until",
            "Saklama süresi dolduğu için artık tutulmayan kararların sonu:",
        );
        blocks.push(Block::Text(format!("{note} {until}.")));
    }
    blocks.extend(proof.missing.iter().map(|missing| Block::Text(missing_segment(missing, language))));
    blocks.extend(proof.losses.iter().map(|loss| Block::Text(accepted_loss(loss, language))));
    push_gaps(proof, language, blocks);
    push_segments(proof, language, blocks);
    push_tree(proof.tree.as_ref(), language, blocks);
}

fn declarations(declarations: &[Declaration], language: Language) -> Table {
    let pick = |english, turkish| language.pick(english, turkish);
    let row = |declaration: &Declaration| {
        let declared = &declaration.declared;
        vec![
            declaration.id.to_string(),
            declared.brand.get().to_string(),
            Purpose::claiming(declared.exemption).name().to_owned(),
            visible(&declared.by),
            declared.at.to_string(),
            moment(declared.valid_until),
            moment(declaration.revoked),
            declared.document.to_string(),
        ]
    };
    Table {
        columns: columns(&[
            (pick("No", "No"), 5),
            (pick("Brand", "Marka"), 9),
            (pick("Purpose", "Amaç"), 13),
            (pick("Declared by", "Beyan eden"), 16),
            (pick("Declared", "Beyan zamanı"), 13),
            (pick("Valid until", "Geçerlilik sonu"), 13),
            (pick("Revoked", "Geri alma"), 13),
            (pick("Document, SHA-256", "Belge, SHA-256"), 18),
        ]),
        rows: declarations.iter().map(row).collect(),
    }
}

/// Missing evidence in words: a short record must not pass for a whole one.
fn missing_segment(missing: &MissingSegment, language: Language) -> String {
    let MissingSegment { number, from, to, decisions, accepted } = missing;
    let why = match accepted {
        false => language.pick(
            "The log does not say that it was removed: it was deleted or lost.",
            "Kayıt, silindiğini belirtmiyor: silinmiş veya kaybolmuş.",
        ),
        true => language.pick("An operator accepted that; see below.", "Bir yetkili bunu kabul etti; aşağıya bakınız."),
    };
    let text = match language {
        Language::English => format!(
            "Segment {number} is missing. It holds {decisions} decisions of {from} to {to}; decisions about this recipient may be among them."
        ),
        Language::Turkish => format!(
            "{number} numaralı bölüt eksik. {from} ile {to} arasındaki {decisions} kararı içerir; bu alıcıya ait kararlar da bunların arasında \
             olabilir."
        ),
    };
    format!("{text} {why}")
}

fn accepted_loss(loss: &AcceptedLoss, language: Language) -> String {
    let what = visible(&loss.lost.join("; "));
    let (at, reason) = (loss.at, visible(&loss.reason));
    match language {
        Language::English => {
            format!("On {at} an operator had the gateway continue without evidence that was lost: {what}. Reason given: {reason}")
        }
        Language::Turkish => {
            format!("{at} tarihinde bir yetkili, kaybolan kanıt olmadan devam etti: {what}. Belirtilen neden: {reason}")
        }
    }
}

fn push_gaps(proof: &Proof, language: Language, blocks: &mut Vec<Block>) {
    let pick = |english, turkish| language.pick(english, turkish);
    if proof.gaps.is_empty() {
        let whole = pick("The log knows of no gap in the period.", "Kayıtta bu döneme ait bilinen bir boşluk yok.");
        blocks.push(Block::Text(whole.to_owned()));
        return;
    }
    let row = |gap: &EvidenceGap| vec![gap.from.to_string(), gap.to.to_string(), gap.at_most.to_string()];
    blocks.push(Block::Caption(pick("Gaps: records may be missing", "Boşluklar: kayıtlar eksik olabilir").to_owned()));
    blocks.push(Block::Table(Table {
        columns: columns(&[
            (pick("Whole until", "Şu ana kadar tam"), 30),
            (pick("Whole again from", "Şu andan sonra yine tam"), 30),
            (pick("Missing at most", "En çok eksik"), 40),
        ]),
        rows: proof.gaps.iter().map(row).collect(),
    }));
}

fn push_segments(proof: &Proof, language: Language, blocks: &mut Vec<Block>) {
    let pick = |english, turkish| language.pick(english, turkish);
    if proof.segments.is_empty() {
        let none = pick("No decision lies in a sealed segment yet.", "Henüz mühürlü bir bölütte karar yok.");
        blocks.push(Block::Text(none.to_owned()));
        return;
    }
    let row = |segment: &Segment| {
        let path = if segment.path.is_empty() { NONE.to_owned() } else { visible(&segment.path.join(" ")) };
        vec![segment.number.to_string(), segment.sealed.to_string(), visible(&segment.hash), path]
    };
    blocks.push(Block::Table(Table {
        columns: columns(&[
            (pick("Segment", "Bölüt"), 10),
            (pick("Sealed", "Mühürlenme"), 15),
            (pick("Hash", "Özet"), 33),
            (pick("Path to the root (RFC 6962)", "Köke giden yol (RFC 6962)"), 42),
        ]),
        rows: proof.segments.iter().map(row).collect(),
    }));
}

fn push_tree(tree: Option<&Tree>, language: Language, blocks: &mut Vec<Block>) {
    let Some(tree) = tree else { return };
    let pick = |english, turkish| language.pick(english, turkish);
    blocks.push(Block::Pairs(vec![
        pair(pick("Tree size", "Ağacın boyu"), &tree.size.to_string()),
        pair(pick("Root", "Kök"), &visible(&tree.root)),
    ]));
    blocks.push(Block::Caption(pick("Checkpoint (signed)", "Denetim noktası (imzalı)").to_owned()));
    blocks.push(Block::Verbatim(tree.checkpoint.lines().map(visible).collect()));
}
