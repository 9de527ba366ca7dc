//! What a reader must know before anything else: all of which the dossier cannot say that nothing was decided.

use super::words::{self, chain, day, decision, folder_name, moment, or_none, span, stretches};
use crate::dossier::escape_controls::visible;
use crate::dossier::model::{
    AcceptedLoss, Chain, ChainKind, Dossier, EvidenceGap, MissingSegment, Outside, RecordedIn, Unrecorded,
};
use crate::model::brand::mode::Mode;
use crate::model::decision::Decision;
use crate::model::language::Language;
use crate::model::time::IysTime;
use crate::model::time::date::Date;

/// Every warning, the gravest first.
pub(super) fn of(dossier: &Dossier, language: Language) -> Vec<String> {
    let mut found = Vec::new();
    for (place, outside) in dossier.outside().filter(|(_, outside)| outside.is_grave()) {
        found.push(within(place, dossier, period(dossier.chains.get(place), outside, language), language));
    }
    found.extend(complaint(dossier, language));
    for absent in &dossier.absent {
        let (node, folder) = (or_none(&visible(&absent.node)).to_owned(), visible(folder_name(&absent.folder)));
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
        let gaps = gaps(&proof.gaps, language).into_iter().chain(cut_off(place, dossier, language));
        let losses = proof.losses.iter().map(|loss| accepted_loss(loss, language));
        let removed = proof.removed_until.map(|until| removed(&moment(until, language), language));
        let texts = missing.chain(unrecorded).chain(gaps).chain(losses).chain(removed);
        found.extend(texts.map(|text| within(place, dossier, text, language)));
    }
    found.extend(by_mode(dossier, language));
    found.extend(erased(dossier, language));
    found.extend(unsealed(dossier, language));
    found.extend(left_out(dossier, language));
    found
}

/// What of a complaint cannot be: a message of which the record says nothing, a day that is not plausible.
fn complaint(dossier: &Dossier, language: Language) -> Vec<String> {
    let mut found = Vec::new();
    let reaches = || dossier.chains.iter().filter(|chain| chain.kind == ChainKind::Gateway).filter_map(|chain| chain.reach);
    let covers = |at: IysTime| reaches().any(|(from, to)| from <= at && at <= to);
    if let Some(at) = dossier.asked.message_at.filter(|at| !covers(*at)) {
        let at = moment(at, language);
        found.push(match language {
            Language::English => format!("Of {at}, the moment of the message complained of, the record says nothing."),
            Language::Turkish => format!("Kayıt, şikâyet edilen iletinin zamanı olan {at} için hiçbir şey söylemez."),
        });
    }
    let (Some(complaint), made) = (&dossier.complaint, Date::of(dossier.made.at)) else { return found };
    let asked = day(complaint.asked, language);
    if reaches().map(|(from, _)| from).min().is_some_and(|begins| complaint.asked < Date::of(begins)) {
        found.push(match language {
            Language::English => {
                format!("İYS asked on {asked}, before the record begins: the message complained of is older than the record.")
            }
            Language::Turkish => {
                format!(
                    "İYS’nin bilgi istediği {asked} günü kaydın başlangıcından öncedir: şikâyet edilen ileti kayıttan eskidir."
                )
            }
        });
    }
    if complaint.asked > made {
        found.push(match language {
            Language::English => format!("The day on which İYS asked, {asked}, is in the future."),
            Language::Turkish => format!("İYS’nin bilgi istediği gün olarak verilen {asked} gelecektedir."),
        });
    }
    if let Some(by) = dossier.answer_by().filter(|by| *by < made) {
        let by = day(by, language);
        found.push(match language {
            Language::English => format!("The last day to answer the complaint, {by}, has passed."),
            Language::Turkish => format!("Şikâyeti yanıtlamanın son günü olan {by} geçmiştir."),
        });
    }
    found
}

/// A record that nobody closed: what it ends with may not be its last answers.
fn cut_off(place: usize, dossier: &Dossier, language: Language) -> Option<String> {
    let (_, ends) = dossier.chains.get(place).filter(|_| dossier.is_cut_off(place))?.reach?;
    let ends = moment(ends, language);
    Some(match language {
        Language::English => format!(
            "The record ends at {ends} and was not closed: whoever wrote it was cut off (killed), or runs where this cannot be seen. Answers of \
             its last moments, by default the last 50 milliseconds, may be missing."
        ),
        Language::Turkish => format!(
            "Kayıt {ends} itibarıyla kapatılmadan sona eriyor: kaydı tutan süreç aniden kapanmış ya da buradan görülemeyen bir yerde \
             çalışıyor. Son anlarında (varsayılan ayarla son 50 milisaniyede) verdiği yanıtlar kayıtta eksik olabilir."
        ),
    })
}

fn erased(dossier: &Dossier, language: Language) -> Option<String> {
    let erased = dossier.stores.iter().flat_map(|data| &data.histories).filter_map(|history| history.erased).max()?;
    let erased = moment(erased, language);
    Some(match language {
        Language::English => {
            format!(
                "Consents registered up to {erased} were erased here on request: what was known of them when decisions were made is not here."
            )
        }
        Language::Turkish => format!(
            "{erased} ve öncesine ait izin kayıtları bu sistemden başvuru üzerine silinmiştir: kararlar verilirken bunlardan ne bilindiği \
             gösterilemez."
        ),
    })
}

/// Decisions that no signature covers yet.
fn unsealed(dossier: &Dossier, language: Language) -> Option<String> {
    let count = dossier.decisions.iter().filter(|it| matches!(it.recorded_in, RecordedIn::Open(_))).count();
    if count == 0 {
        return None;
    }
    Some(match (language, count == dossier.decisions.len()) {
        (Language::English, true) => {
            "No signature covers these decisions yet: their segment is sealed with the hour. A dossier that is made after that has the proof."
                .to_owned()
        }
        (Language::English, false) => {
            format!("No signature covers {count} of the decisions yet (marked * in the annex): their segment is sealed with the hour.")
        }
        (Language::Turkish, true) => "Bu kararlar henüz imza kapsamında değildir: bulundukları bölüm saat başında mühürlenir. Kanıt, bundan \
                                      sonra düzenlenecek dosyada yer alır."
            .to_owned(),
        (Language::Turkish, false) => {
            format!("{count} karar (ekte * ile işaretli) henüz imza kapsamında değildir: bulundukları bölüm saat başında mühürlenir.")
        }
    })
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
    let MissingSegment { number, from, to, decisions, accepted, damaged } = missing;
    if *damaged {
        let (from, to) = (moment(*from, language), moment(*to, language));
        return match language {
            Language::English => format!(
                "Segment {number} is damaged: it is not what was written. It holds {decisions} decisions of {from} to {to}; decisions about this \
                 recipient may be among those that cannot be read."
            ),
            Language::Turkish => format!(
                "{number} numaralı bölüm bozuk: yazıldığı gibi değil. {from} ile {to} arasındaki {decisions} kararı içerir; okunamayanlar \
                 arasında bu alıcıya ait kararlar da olabilir."
            ),
        };
    }
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
            format!(" In its busiest second before that, the gateway recorded {busiest} decisions, of all recipients.")
        }
        (Language::Turkish, Some(busiest)) => {
            format!(" Bundan önceki en yoğun saniyede, tüm alıcılar için toplam {busiest} karar kaydedilmiştir.")
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

/// What a mode alone let through, by what the rules say of it and by the mode.
fn by_mode(dossier: &Dossier, language: Language) -> Vec<String> {
    let mut kinds: Vec<(Decision, Mode, Vec<usize>)> = Vec::new();
    for (number, it) in (1..).zip(&dossier.decisions).filter(|(_, it)| !it.verdict.enforced) {
        let kind = (it.policy(), it.mode);
        match kinds.iter_mut().find(|(by_rules, mode, _)| (*by_rules, *mode) == kind) {
            Some((.., numbers)) => numbers.push(number),
            None => kinds.push((kind.0, kind.1, vec![number])),
        }
    }
    let text = |(by_rules, mode, numbers): (Decision, Mode, Vec<usize>)| {
        let (count, which) = (numbers.len(), stretches(&numbers));
        let (by_rules, mode) = (decision(by_rules, language), words::mode(mode, language));
        match language {
            Language::English => format!(
                "{count} {} allowed a message only because the brand was in {mode} mode; by the rules: {by_rules}. Each is marked in the list: \
                 {which}.",
                if count == 1 { "decision" } else { "decisions" }
            ),
            Language::Turkish => format!(
                "{count} kararda gönderime yalnızca markanın {mode} modunda olması nedeniyle izin verilmiştir; kurallara göre: {by_rules}. Her biri \
                 listede işaretlidir: {which}."
            ),
        }
    };
    kinds.into_iter().map(text).collect()
}

fn left_out(dossier: &Dossier, language: Language) -> Option<String> {
    let count = dossier.left_out;
    (count > 0).then(|| match language {
        Language::English => {
            let decisions = if count == 1 { "decision" } else { "decisions" };
            format!("{count} more {decisions} about this recipient in the period are left out: this dossier was asked for only a part of them.")
        }
        Language::Turkish => {
            format!("Dosya yalnızca bir bölümü için istendiğinden, bu alıcıya ilişkin döneme ait {count} karar daha dosyaya alınmadı.")
        }
    })
}
