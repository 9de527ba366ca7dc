//! What a reader must know before anything else: all of which the dossier cannot say that nothing was decided.

use super::words::{chain, decision, moment, or_none, span, stretches};
use crate::check::Language;
use crate::evidence::dossier::model::{AcceptedLoss, Chain, Dossier, EvidenceGap, MissingSegment, Outside, Unrecorded};
use crate::evidence::dossier::visible::visible;

/// Every warning, the gravest first.
pub(super) fn of(dossier: &Dossier, language: Language) -> Vec<String> {
    let mut found = Vec::new();
    for (place, outside) in dossier.outside().filter(|(_, outside)| outside.is_grave()) {
        found.push(within(place, dossier, period(dossier.chains.get(place), outside, language), language));
    }
    for absent in &dossier.absent {
        let (node, folder) = (or_none(&visible(&absent.node)).to_owned(), visible(&absent.folder));
        found.push(match language {
            Language::English => format!(
                "The record of a list (node {node}) is not in {folder} any more; decisions about this recipient may be in it."
            ),
            Language::Turkish => format!(
                "Bir listenin kaydı (düğüm {node}) artık {folder} klasöründe değil; bu alıcıya ait kararlar onda olabilir."
            ),
        });
    }
    for (place, chain) in dossier.chains.iter().enumerate() {
        let proof = &chain.proof;
        let missing = proof.missing.iter().map(|missing| missing_segment(missing, language));
        let unrecorded = proof.unrecorded.iter().map(|answers| unrecorded(answers, language));
        let gaps = gaps(&proof.gaps, language);
        let losses = proof.losses.iter().map(|loss| accepted_loss(loss, language));
        let removed = proof.removed_until.map(|until| removed(&moment(until, language), language));
        let texts = missing.chain(unrecorded).chain(gaps).chain(losses).chain(removed);
        found.extend(texts.map(|text| within(place, dossier, text, language)));
    }
    found.extend(by_mode(dossier, language));
    found.extend(left_out(dossier, language));
    found
}

/// A text with the record that it is about, where there are several.
fn within(place: usize, dossier: &Dossier, text: String, language: Language) -> String {
    if dossier.chains.len() < 2 { text } else { format!("{}. {text}", chain(place, &dossier.chains, language)) }
}

fn period(chain: Option<&Chain>, outside: Outside, language: Language) -> String {
    let Some((begins, ends)) = chain.and_then(|chain| chain.reach) else {
        return language
            .pick(
                "Nothing was ever recorded here: that no decision is found does NOT mean that none was made.",
                "Burada hiç kayıt tutulmamış: karar bulunmaması, karar verilmediğini GÖSTERMEZ.",
            )
            .to_owned();
    };
    let (begins, ends) = (moment(begins, language), moment(ends, language));
    match (language, outside.whole) {
        (Language::English, true) => format!(
            "The record begins at {begins} and ends at {ends}. The whole period asked for lies outside of it: that no decision is found does \
             NOT mean that none was made."
        ),
        (Language::Turkish, true) => format!(
            "Kaydın başlangıcı: {begins}, sonu: {ends}. Sorulan dönemin tamamı kaydın dışındadır: karar bulunmaması, karar verilmediğini \
             GÖSTERMEZ."
        ),
        (Language::English, false) => format!(
            "The record begins at {begins}; the period asked for begins before that. Of the time before it the record says nothing: that no \
             decision is found does NOT mean that none was made."
        ),
        (Language::Turkish, false) => format!(
            "Kaydın başlangıcı: {begins}; sorulan dönem bundan önce başlıyor. Kayıt, önceki süre için hiçbir şey söylemez: karar \
             bulunmaması, karar verilmediğini GÖSTERMEZ."
        ),
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
    let (from, to) = (moment(*from, language), moment(*to, language));
    let text = match language {
        Language::English => format!(
            "Segment {number} is missing. It holds {decisions} decisions of {from} to {to}; decisions about this recipient may be among them."
        ),
        Language::Turkish => format!(
            "{number} numaralı bölüm eksik. {from} ile {to} arasındaki {decisions} kararı içerir; bu alıcıya ait kararlar da bunların \
             arasında olabilir."
        ),
    };
    format!("{text} {why}")
}

fn accepted_loss(loss: &AcceptedLoss, language: Language) -> String {
    let what = visible(&loss.lost.join("; "));
    let (at, reason) = (moment(loss.at, language), visible(&loss.reason));
    match language {
        Language::English => {
            format!("On {at} an operator had the gateway continue without evidence that was lost: {what}. Reason given: {reason}")
        }
        Language::Turkish => {
            format!(
                "{at} tarihinde bir yetkili, kaybolan kanıt olmadan devam etti. Belirtilen neden: {reason}. Kaybın kayıttaki İngilizce ifadesi: \
                 “{what}”"
            )
        }
    }
}

fn unrecorded(answers: &Unrecorded, language: Language) -> String {
    let (span, count) = (span((answers.from, answers.to), language), answers.decisions);
    match language {
        Language::English => {
            format!(
                "{span}: {count} answers were given and could not be recorded, about anybody; some may be about this recipient."
            )
        }
        Language::Turkish => {
            format!(
                "{span}: herhangi bir alıcıya ait {count} yanıt verildi, ancak kaydedilemedi; bu alıcıya ait olanlar da bulunabilir."
            )
        }
    }
}

/// Gaps that are named each; of more, how many there are, with the annex.
const NAMED: usize = 3;

fn gaps(gaps: &[EvidenceGap], language: Language) -> Vec<String> {
    let mut texts: Vec<String> = gaps.iter().take(NAMED).map(|each| gap(each, language)).collect();
    if gaps.len() > NAMED {
        let more = gaps.len() - NAMED;
        texts.push(match language {
            Language::English => format!("{more} more such gaps are in the annex."),
            Language::Turkish => format!("Böyle {more} boşluk daha ekte yer alır."),
        });
    }
    texts
}

/// Gaps beyond those that are named, each.
pub(super) fn further_gaps(gaps: &[EvidenceGap], language: Language) -> Vec<String> {
    gaps.iter().skip(NAMED).map(|each| gap(each, language)).collect()
}

/// What a kill can have cost: bounded by time, and by what the gateway answered in a second; by numbers only where those say less.
fn gap(gap: &EvidenceGap, language: Language) -> String {
    let (from, to) = (moment(gap.from, language), moment(gap.to, language));
    let most = gap.busiest_second.filter(|busiest| *busiest < gap.at_most);
    let bound = match (language, most) {
        (Language::English, Some(busiest)) => {
            format!(" The busiest second before it on record has {busiest} decisions, about anybody.")
        }
        (Language::Turkish, Some(busiest)) => {
            format!(" Kayıtta bundan önceki en yoğun saniyede, herhangi bir alıcıya ait {busiest} karar vardır.")
        }
        (Language::English, None) if gap.busiest_second.is_some() => {
            format!(" That is {} decisions at most, about anybody.", gap.at_most)
        }
        (Language::Turkish, None) if gap.busiest_second.is_some() => {
            format!(" Bu, herhangi bir alıcıya ait en çok {} karardır.", gap.at_most)
        }
        (_, None) => String::new(),
    };
    match language {
        Language::English => format!(
            "The gateway was cut off (killed) after {from} and ran again from {to}. Answers of its last moments before that, by default \
             the last 50 milliseconds, may be missing.{bound}"
        ),
        Language::Turkish => format!(
            "Ağ geçidi {from} sonrasında aniden kapandı, {to} itibarıyla yeniden çalıştı. Kapanmadan önceki son anlarında (varsayılan ayarla \
             son 50 milisaniyede) verdiği yanıtlar kayıtta eksik olabilir.{bound}"
        ),
    }
}

fn removed(until: &str, language: Language) -> String {
    match language {
        Language::English => format!("Decisions until {until} are not kept any more: their retention is over."),
        Language::Turkish => format!("{until} tarihine kadarki kararlar, saklama süreleri dolduğu için artık tutulmamaktadır."),
    }
}

fn by_mode(dossier: &Dossier, language: Language) -> Option<String> {
    let is_by_mode = |(_, it): &(usize, &crate::evidence::dossier::model::Recorded)| !it.verdict.enforced;
    let numbers: Vec<usize> = (1..).zip(&dossier.decisions).filter(is_by_mode).map(|(number, _)| number).collect();
    let first = dossier.decisions.iter().find(|it| !it.verdict.enforced)?;
    let (count, which, by_rules) = (numbers.len(), stretches(&numbers), decision(first.policy(), language));
    Some(match language {
        Language::English => format!(
            "{count} of the decisions let through only because of the brand's mode what the rules stop ({by_rules}): {which}."
        ),
        Language::Turkish => format!(
            "{count} karar, kuralların engellediği gönderimi ({by_rules}) yalnızca markanın modu nedeniyle serbest bıraktı: {which}."
        ),
    })
}

fn left_out(dossier: &Dossier, language: Language) -> Option<String> {
    let count = dossier.left_out;
    (count > 0).then(|| match language {
        Language::English => {
            format!("{count} more decisions of the period are left out, as this dossier was asked for only a part of them.")
        }
        Language::Turkish => {
            format!("Dosya yalnızca bir bölümü için istendiğinden, döneme ait {count} karar daha dosyaya alınmadı.")
        }
    })
}
