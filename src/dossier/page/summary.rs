//! The first page: whom it is about, who answers, what was decided and why, how far the record reaches, and how all of it is checked.

use super::groups::{Group, Kind};
use super::words::{NONE, chain, channel, day, moment, or_none, span};
use super::{Block, Table, columns, pair};
use crate::dossier::escape_controls::visible;
use crate::dossier::model::{BrandOnRecord, Chain, Dossier};
use crate::model::language::Language;
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use crate::model::time::date::Date;
use std::fmt::Write;

/// Groups of decisions that the first page has room for; the annex has the others.
const GROUPS: usize = 5;

/// Decisions up to which nobody needs a count of each kind.
const FEW: usize = 7;

/// Appends the summary; returns the groups that the annex is to have.
pub(super) fn push<'a, 'b>(
    dossier: &Dossier,
    groups: &'b [Group<'a>],
    language: Language,
    blocks: &mut Vec<Block>,
) -> &'b [Group<'a>] {
    blocks.push(Block::Section(language.pick("Summary", "Özet").to_owned()));
    blocks.push(head(dossier, language));
    blocks.push(Block::Caption(language.pick("Answered by", "Yanıtlayan kuruluş").to_owned()));
    blocks.push(company(dossier, language));
    blocks.push(Block::Caption(language.pick("Decisions", "Kararlar").to_owned()));
    if dossier.decisions.len() > FEW {
        blocks.push(Block::Table(counts(dossier, language)));
    }
    let (here, left) = groups.split_at(groups.len().min(GROUPS));
    blocks.extend(here.iter().map(|group| Block::Text(group.text(dossier, language))));
    if groups.is_empty() {
        let none = language.pick(
            "Within the time that the record covers there is no decision about this recipient. This does not show that no message was sent.",
            "Kaydın kapsadığı süre içinde bu alıcıya ilişkin karar bulunmamaktadır. Bu, ileti gönderilmediğini göstermez.",
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
    blocks.push(Block::Text(checking(language)));
    let key = dossier.main().and_then(|chain| chain.key.as_deref()).map_or(NONE.to_owned(), visible);
    blocks.push(Block::Verbatim(vec![key]));
    left
}

/// How many decisions there are of each kind of answer, and from when to when.
fn counts(dossier: &Dossier, language: Language) -> Table {
    let pick = |english, turkish| language.pick(english, turkish);
    let row = |kind: Kind| {
        let of_kind: Vec<IysTime> = dossier.decisions.iter().filter(|it| Kind::of(it) == kind).map(|it| it.at).collect();
        let (first, last) = (of_kind.iter().min()?, of_kind.iter().max()?);
        let count = of_kind.len().to_string();
        Some(vec![kind.words(language).to_owned(), count, moment(*first, language), moment(*last, language)])
    };
    let heads =
        [(pick("Answer", "Yanıt"), 45), (pick("Decisions", "Karar"), 10), (pick("First", "İlk"), 20), (pick("Last", "Son"), 20)];
    Table { columns: columns(&heads), rows: Kind::ALL.into_iter().filter_map(row).collect(), dense: false }
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
    if let Some(at) = dossier.asked.message_at {
        pairs.push(pair(pick("Message complained of", "Şikâyet edilen ileti"), &moment(at, language)));
    }
    pairs.push(pair(pick("Asked for", "Dosyanın kapsamı"), &asked(dossier, language)));
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
    pairs.push(pair(pick("Made", "Düzenlenme zamanı"), &by));
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
            (Language::English, None) => write!(text, "; it has no decision of brand {brand}, about anybody"),
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
             gateways and lists that are not named above are not in here, nor questions of systems that are excluded from recording, nor \
             those about an address that could not be read. Systems that asked are named as they named themselves. “Known then” is what the \
             gateway had taken in when it answered. The pseudonym stands for the recipient's address; that it does is the company's statement. \
             All times are Türkiye time (UTC+3); articles are those of the Regulation on Commercial Communication and Commercial Electronic \
             Messages (Official Gazette of 15.07.2015, No 29417).",
            "Karar, göndericinin gönderimden önceki sorusuna verilen yanıttır; iletinin gönderildiğini göstermez. Yukarıda anılmayan ağ \
             geçitlerinin ve listelerin kararları, kayda alınmayan sistemlerin sorguları ve okunamayan adreslere ilişkin sorgular bu dosyada \
             yer almaz. Sorgulayanların adları kendi bildirimleridir. “O anda bilinen”, ağ geçidinin yanıt verdiğinde almış olduğu bilgidir. \
             Takma ad alıcının adresinin yerine geçer; ikisi arasındaki bağ kuruluşun beyanıdır. Bütün saatler Türkiye saatidir (UTC+3); \
             maddeler, 15.07.2015 tarihli ve 29417 sayılı Resmî Gazete’de yayımlanan Ticari İletişim ve Ticari Elektronik İletiler Hakkında \
             Yönetmelik’in maddeleridir.",
        )
        .to_owned()
}

/// The key is printed below it, on a line of its own.
fn checking(language: Language) -> String {
    language
        .pick(
            "The company keeps decisions in segments; each sealed segment is part of a signed checksum, the checkpoint in the annex (Ed25519, \
             RFC 6962). It signs of each decision its id, time, caller, reference, brand, channel, recipient (pseudonym), answer, reason, mode and \
             revision; what was known of the consent, declarations and titles are the company's statement. On demand the company hands out \
             proof.json (“izingate evidence prove ID --data FOLDER”; for a decision of a list, the folder of its record) and verify_evidence.py, and \
             “python3 verify_evidence.py proof.json KEY” checks it without izingate. Public key, to be compared with the one that the company \
             gives elsewhere:",
            "Kuruluş kararları bölümler hâlinde saklar; mühürlenen her bölüm, ekteki imzalı denetim noktasının kapsamındadır (Ed25519, RFC 6962). \
             İmza her kararın kimliğini, zamanını, sorgulayanını, referansını, markasını, kanalını, alıcısını (takma ad), yanıtını, gerekçesini, \
             modunu ve sürümünü kapsar; izin hakkında bilinenler, beyanlar ve unvanlar kuruluşun beyanıdır. İstendiğinde kuruluş proof.json \
             dosyasını (“izingate evidence prove KİMLİK --data KLASÖR”; liste kararlarında listenin kayıt klasörü) ve verify_evidence.py dosyasını \
             verir; “python3 verify_evidence.py proof.json ANAHTAR” izingate olmadan denetler. Açık anahtar (kuruluşun başka bir yoldan \
             bildirdiğiyle karşılaştırılmalıdır):",
        )
        .to_owned()
}

/// What is not given is left to be filled in by hand.
fn company(dossier: &Dossier, language: Language) -> Block {
    const BLANK: &str = "…………………………………………………………";
    let given = |text: &str| if text.is_empty() { BLANK.to_owned() } else { visible(text) };
    let company = &dossier.company;
    Block::Pairs(vec![
        pair(language.pick("Company", "Unvan"), &given(&company.title)),
        pair("MERSİS", &given(&company.mersis)),
        pair(language.pick("Contact", "İletişim"), &given(&company.contact)),
        pair(language.pick("Name, date, signature", "Ad soyad, tarih, imza"), BLANK),
    ])
}
