//! The first page: whom it is about, who answers, what was decided and why, how far the record reaches, and how all of it is checked.

use super::groups::Group;
use super::words::{NONE, chain, channel, day, moment, or_none, span};
use super::{Block, pair};
use crate::check::Language;
use crate::evidence::dossier::model::{BrandOnRecord, Chain, Dossier};
use crate::evidence::dossier::visible::visible;
use crate::model::date::Date;
use crate::model::hex::to_hex;
use std::fmt::Write;

/// Groups of decisions that the first page has room for; the annex has the others.
const GROUPS: usize = 5;

/// Appends the summary; returns the groups that the annex is to have.
pub(super) fn push<'a, 'b>(
    dossier: &Dossier,
    groups: &'b [Group<'a>],
    language: Language,
    blocks: &mut Vec<Block>,
) -> &'b [Group<'a>] {
    blocks.push(Block::Section(language.pick("Summary", "Özet").to_owned()));
    blocks.push(head(dossier, language));
    let (here, left) = groups.split_at(groups.len().min(GROUPS));
    blocks.extend(here.iter().map(|group| Block::Text(group.text(dossier, language))));
    if groups.is_empty() {
        let none = language.pick(
            "No decision was found within the time that the record covers.",
            "Karar bulunamadı (kaydın kapsadığı süre içinde).",
        );
        blocks.push(Block::Text(none.to_owned()));
    }
    if !left.is_empty() {
        let more: usize = left.iter().map(|group| group.numbers.len()).sum();
        blocks.push(Block::Text(match language {
            Language::English => format!("The other {more} decisions are described in the annex."),
            Language::Turkish => format!("Diğer {more} karar ekte açıklanmıştır."),
        }));
    }
    blocks.push(Block::Text(notes(language)));
    blocks.push(Block::Caption(language.pick("How to check it", "Nasıl denetlenir").to_owned()));
    blocks.push(Block::Text(checking(dossier, language)));
    blocks.push(Block::Caption(language.pick("Answered by", "Yanıtlayan kuruluş").to_owned()));
    blocks.push(company(dossier, language));
    left
}

fn head(dossier: &Dossier, language: Language) -> Block {
    let pick = |english, turkish| language.pick(english, turkish);
    let mut pairs = Vec::new();
    if let Some(address) = &dossier.recipient.shown {
        pairs.push(pair(pick("Recipient", "Alıcı"), &visible(address)));
    }
    pairs.push(pair(pick("Recipient (pseudonym)", "Alıcı (takma ad)"), &to_hex(&dossier.recipient.pseudonym.0)));
    if let Some(complaint) = &dossier.complaint {
        pairs.push(pair(pick("Complaint number", "Şikâyet numarası"), or_none(&visible(&complaint.number))));
        let asked = day(complaint.asked, language);
        pairs.push(pair(pick("Asked for by İYS on", "İYS’nin bilgi istediği tarih"), &asked));
        pairs.push(pair(pick("To be answered by (15/5)", "Son yanıt günü (15/5)"), &answer_by(dossier, language)));
    }
    pairs.push(pair(pick("Asked for", "Sorulan"), &asked(dossier, language)));
    for (place, each) in dossier.chains.iter().enumerate() {
        pairs.push((pick("Reach of the record", "Kaydın kapsamı").to_owned(), reach(place, each, dossier, language)));
    }
    pairs.push(pair(pick("Decisions found", "Bulunan karar"), &dossier.decisions.len().to_string()));
    let made = &dossier.made;
    let by = format!(
        "{}, izingate {}, {} {}",
        moment(made.at, language),
        visible(&made.version),
        pick("node", "düğüm"),
        or_none(&visible(&made.node))
    );
    pairs.push(pair(pick("Made", "Düzenleme"), &by));
    Block::Pairs(pairs)
}

/// The period and the filters.
fn asked(dossier: &Dossier, language: Language) -> String {
    let pick = |english, turkish| language.pick(english, turkish);
    let asked = &dossier.asked;
    let mut parts = Vec::new();
    parts.push(match (asked.from, asked.to) {
        (None, None) => pick("all that is on record", "kayıttaki tüm dönem").to_owned(),
        (Some(from), None) => format!("{} {}", pick("from", "başlangıç:"), moment(from, language)),
        (None, Some(to)) => format!("{} {}", pick("up to", "bitiş:"), moment(to, language)),
        (Some(from), Some(to)) => span((from, to), language),
    });
    parts.push(match asked.brand {
        None => pick("every brand", "tüm markalar").to_owned(),
        Some(brand) => format!("{} {}", pick("brand", "marka"), brand.get()),
    });
    if !asked.channels.is_empty() {
        let named: Vec<&str> = asked.channels.iter().map(|each| channel(*each, language)).collect();
        parts.push(format!("{} {}", pick("only", "yalnızca"), named.join(", ")));
    }
    if !asked.ids.is_empty() {
        parts.push(pick("only the decisions that were named", "yalnızca belirtilen kararlar").to_owned());
    }
    if asked.only_allowed {
        parts.push(pick("only what was allowed", "yalnızca izin verilenler").to_owned());
    }
    parts.join("; ")
}

fn reach(place: usize, each: &Chain, dossier: &Dossier, language: Language) -> String {
    let named = chain(place, &dossier.chains, language);
    let Some(reach) = each.reach else {
        return format!("{named}: {}", language.pick("nothing was ever recorded", "hiç kayıt yok"));
    };
    let mut text = format!("{named}: {}", span(reach, language));
    let after = dossier.outside().find(|(of, _)| *of == place).and_then(|(_, outside)| outside.after);
    if after.is_some() {
        text.push_str(language.pick("; nothing is on record after that", "; bundan sonrası kayıtta yok"));
    }
    for BrandOnRecord { brand, title, decided } in &each.brands {
        let title = visible(title);
        let brand = format!("{} {title}", brand.get());
        let brand = brand.trim_end();
        // Writing to a string does not fail.
        let _ = match (language, decided) {
            (Language::English, None) => write!(text, "; of brand {brand} it has no decision about anybody"),
            (Language::Turkish, None) => write!(text, "; {brand} markasına ait, kime ilişkin olursa olsun, karar yok"),
            (Language::English, Some(decided)) => write!(text, "; decisions of brand {brand}: {}", span(*decided, language)),
            (Language::Turkish, Some(decided)) => write!(text, "; {brand} markasının kararları: {}", span(*decided, language)),
        };
    }
    text
}

fn answer_by(dossier: &Dossier, language: Language) -> String {
    let Some(date) = dossier.answer_by() else {
        return language.pick("does not apply to e-mail (17/A)", "e-posta için uygulanmaz (17/A)").to_owned();
    };
    let days = language.pick("15 days; not for e-mail, 17/A", "15 gün; e-posta hariç, 17/A");
    format!("{}{} ({days})", day(date, language), weekend(date, language))
}

/// That a day is on a weekend: the period is not made longer here.
fn weekend(date: Date, language: Language) -> &'static str {
    match (date.is_weekend(), date.plus(1).is_weekend()) {
        (false, _) => "",
        (true, true) => language.pick(", a Saturday", ", cumartesi"),
        (true, false) => language.pick(", a Sunday", ", pazar"),
    }
}

fn notes(language: Language) -> String {
    language
        .pick(
            "A decision is the answer to a sender's question before it sends. It does not show that a message was sent. Decisions of \
             gateways and lists that are not named above are not in here, nor those of callers whose questions are not recorded by \
             configuration. “Known then” is what the gateway had taken in when it answered. All times are Türkiye time (UTC+3); articles \
             are those of the Regulation on Commercial Communication and Commercial Electronic Messages.",
            "Karar, göndericinin gönderimden önceki sorusuna verilen yanıttır; iletinin gönderildiğini göstermez. Yukarıda anılmayan ağ \
             geçitlerinin ve listelerin kararları ile yapılandırma gereği kaydedilmeyen sorgular bu dosyada yer almaz. “O anda bilinen”, \
             ağ geçidinin yanıt verdiğinde almış olduğu bilgidir. Bütün saatler Türkiye saatidir (UTC+3); maddeler, Ticari İletişim ve Ticari \
             Elektronik İletiler Hakkında Yönetmelik’in maddeleridir.",
        )
        .to_owned()
}

fn checking(dossier: &Dossier, language: Language) -> String {
    let key = dossier.main().and_then(|chain| chain.key.as_deref()).map_or(NONE.to_owned(), visible);
    match language {
        Language::English => format!(
            "Decisions lie in segments under a hash chain; sealed segments are the leaves of a tree whose root the checkpoint at the end signs \
             (Ed25519, RFC 6962). Public key, to be compared with the one that the company gives elsewhere: {key}. One decision is proved by \
             “izingate evidence prove ID --data FOLDER > proof.json” and checked without izingate by “python3 verify_evidence.py proof.json KEY”."
        ),
        Language::Turkish => format!(
            "Kararlar, özet (hash) zinciriyle bağlı bölümlerde saklanır; mühürlenen bölümler bir ağacın yapraklarıdır ve ağacın kökü sondaki \
             denetim noktasıyla imzalanır (Ed25519, RFC 6962). Açık anahtar (kuruluşun başka bir yoldan bildirdiğiyle karşılaştırılmalıdır): \
             {key}. Tek bir karar “izingate evidence prove KİMLİK --data KLASÖR > proof.json” ile kanıtlanır, “python3 verify_evidence.py \
             proof.json ANAHTAR” ile izingate olmadan denetlenir."
        ),
    }
}

/// What is not given is left to be filled in by hand.
fn company(dossier: &Dossier, language: Language) -> Block {
    const BLANK: &str = "…………………………………………………………";
    let given = |text: &str| if text.is_empty() { BLANK.to_owned() } else { visible(text) };
    let company = &dossier.company;
    Block::Pairs(vec![
        pair(
            language.pick("Company, MERSİS", "Unvan, MERSİS"),
            &format!("{}, {}", given(&company.title), given(&company.mersis)),
        ),
        pair(language.pick("Contact", "İletişim"), &given(&company.contact)),
        pair(language.pick("Name, date, signature", "Ad soyad, tarih, imza"), BLANK),
    ])
}
