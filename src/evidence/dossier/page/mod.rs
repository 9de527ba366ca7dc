//! The dossier in words: a list of blocks that HTML and PDF set each in their way, so that both say the
//! same. Texts of others come in here and are made visible here, once.

mod decisions;
mod proof;

use super::model::Dossier;
use super::visible::visible;
use crate::check::Language;
use crate::model::hex::to_hex;
use crate::model::time::IysTime;

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
    /// The heading of a part.
    Section(String),
    /// The heading of a decision.
    Item(String),
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
}

/// What is not there.
const NONE: &str = "–";

/// Sets a dossier in words.
pub(super) fn of(dossier: &Dossier, language: Language) -> Page {
    let title = language.pick("Complaint dossier", "Şikâyet dosyası").to_owned();
    let pseudonym = to_hex(&dossier.recipient.pseudonym.0);
    let mut blocks = vec![Block::Title(title.clone()), head(dossier, &pseudonym, language), notes(language)];
    decisions::push(dossier, language, &mut blocks);
    proof::push(dossier, language, &mut blocks);
    Page { footer: format!("{title} · {pseudonym} · {}", dossier.made.at), title, blocks }
}

fn head(dossier: &Dossier, pseudonym: &str, language: Language) -> Block {
    let pick = |english, turkish| language.pick(english, turkish);
    let asked = &dossier.asked;
    let mut pairs = vec![pair(pick("Recipient (pseudonym)", "Alıcı (takma ad)"), pseudonym)];
    if let Some(address) = &dossier.recipient.shown {
        pairs.push(pair(pick("Recipient's address", "Alıcının adresi"), &visible(address)));
    }
    let all = pick("all", "tümü");
    pairs.push((pick("Brand", "Marka").to_owned(), asked.brand.map_or(all.to_owned(), |brand| brand.get().to_string())));
    let (from, to) = (moment(asked.from), moment(asked.to));
    pairs.push(pair(pick("Period, from and before", "Dönem, başlangıç ve bitiş (hariç)"), &format!("{from} … {to}")));
    if let Some(complaint) = &dossier.complaint {
        pairs.push(pair(pick("Complaint, number", "Şikâyet, numarası"), or_none(&visible(&complaint.number))));
        pairs.push(pair(pick("Complaint, asked on", "Şikâyet, soru tarihi"), &complaint.asked.to_string()));
        pairs.push(pair(pick("To be answered by (15/5)", "Son yanıt günü (15/5)"), &answer_by(dossier, language)));
    }
    pairs.push(pair(pick("Decisions found", "Bulunan karar"), &dossier.decisions.len().to_string()));
    pairs.push((pick("Gaps in the log", "Kayıttaki boşluklar").to_owned(), gaps(dossier, language)));
    if !dossier.proof.missing.is_empty() {
        let missing = dossier.proof.missing.len();
        let text = pick("decisions may be missing; see the end", "kararlar eksik olabilir; sona bakınız");
        pairs.push((pick("Missing segments", "Eksik bölütler").to_owned(), format!("{missing}: {text}")));
    }
    let made = &dossier.made;
    pairs.push(pair(pick("Made", "Düzenlenme"), &made.at.to_string()));
    pairs.push(pair(
        pick("By", "Düzenleyen"),
        &format!("izingate {}, {} {}", visible(&made.version), pick("node", "düğüm"), visible(&made.node)),
    ));
    pairs.push(pair(pick("Known now: up to revision", "Şimdi bilinen: sürüm"), &made.revision.to_string()));
    Block::Pairs(pairs)
}

/// A warning on the first page; the last one has the gaps themselves.
fn gaps(dossier: &Dossier, language: Language) -> String {
    let gaps = &dossier.proof.gaps;
    if gaps.is_empty() {
        return language.pick("none known", "bilinen yok").to_owned();
    }
    let at_most: u64 = gaps.iter().map(|gap| gap.at_most).sum();
    let text = language.pick("records may be missing, at most", "kayıtlar eksik olabilir, en çok");
    format!("{}: {text} {at_most}", gaps.len())
}

fn answer_by(dossier: &Dossier, language: Language) -> String {
    match dossier.answer_by() {
        Some(date) => format!("{date} ({})", language.pick("15 days; not for e-mail, 17/A", "15 gün; e-posta hariç, 17/A")),
        None => language.pick("does not apply to e-mail (17/A)", "e-posta için uygulanmaz (17/A)").to_owned(),
    }
}

fn notes(language: Language) -> Block {
    Block::Text(
        language
            .pick(
                "All times are Türkiye time (UTC+3). Articles are those of the Regulation on Commercial Communication and \
                 Commercial Electronic Messages. “Known then” is what this gateway had taken in when it answered, which is \
                 up to the revision that the decision names.",
                "Bütün saatler Türkiye saatidir (UTC+3). Maddeler, Ticari İletişim ve Ticari Elektronik İletiler Hakkında \
                 Yönetmelik’in maddeleridir. “O anda bilinen”, bu geçidin yanıt verdiğinde almış olduğu, yani kararın \
                 andığı sürüme kadar olan bilgidir.",
            )
            .to_owned(),
    )
}

/// A name and its value, which is already visible.
fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Heads with their shares of the width.
fn columns(heads: &[(&str, u16)]) -> Vec<(String, u16)> {
    heads.iter().map(|(head, share)| ((*head).to_owned(), *share)).collect()
}

fn moment(time: Option<IysTime>) -> String {
    time.map_or(NONE.to_owned(), |time| time.to_string())
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { NONE } else { text }
}

fn yes_no(yes: bool, language: Language) -> &'static str {
    if yes { language.pick("yes", "evet") } else { language.pick("no", "hayır") }
}
