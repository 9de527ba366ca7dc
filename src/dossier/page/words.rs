//! Words of a page in its language: no code of the wire stands in a paper for an authority.

use crate::dossier::escape_controls::visible;
use crate::dossier::model::{Chain, ChainKind};
use crate::model::brand::mode::Mode;
use crate::model::consent::channel::{Channel, RecipientType};
use crate::model::consent::state::Status;
use crate::model::decision::question::Purpose;
use crate::model::decision::{Decision, Reason, Verdict};
use crate::model::language::Language;
use crate::model::time::IysTime;
use crate::model::time::date::Date;

/// What is not there.
pub(super) const NONE: &str = "–";

/// A moment as the language writes it.
pub(super) fn moment(time: IysTime, language: Language) -> String {
    let text = time.to_string();
    match (language, text.split_once(' ')) {
        (Language::Turkish, Some((date, clock))) => format!("{} {clock}", turkish_date(date)),
        _ => text,
    }
}

/// A text that stays on one line of a cell.
pub(super) fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// A moment where there may be none.
pub(super) fn moment_or_none(time: Option<IysTime>, language: Language) -> String {
    time.map_or(NONE.to_owned(), |time| moment(time, language))
}

/// Two moments.
pub(super) fn span((from, to): (IysTime, IysTime), language: Language) -> String {
    format!("{} – {}", moment(from, language), moment(to, language))
}

/// A day as the language writes it.
pub(super) fn day(date: Date, language: Language) -> String {
    let text = date.to_string();
    if language == Language::Turkish { turkish_date(&text) } else { text }
}

/// `2026-11-30` as `30.11.2026`.
fn turkish_date(date: &str) -> String {
    let mut parts: Vec<&str> = date.split('-').collect();
    parts.reverse();
    parts.join(".")
}

pub(super) const fn channel(channel: Channel, language: Language) -> &'static str {
    match channel {
        Channel::Arama => language.pick("call", "arama"),
        Channel::Mesaj => language.pick("SMS", "SMS"),
        Channel::Eposta => language.pick("e-mail", "e-posta"),
    }
}

pub(super) const fn recipient_type(recipient_type: RecipientType, language: Language) -> &'static str {
    match recipient_type {
        RecipientType::Bireysel => language.pick("consumer", "bireysel"),
        RecipientType::Tacir => language.pick("merchant", "tacir"),
    }
}

pub(super) const fn purpose(purpose: Purpose, language: Language) -> &'static str {
    match purpose {
        Purpose::Commercial => language.pick("commercial", "ticari"),
        Purpose::Exempt61 => language.pick("exempt, 6/1", "istisna, 6/1"),
        Purpose::Exempt62 => language.pick("exempt, 6/2", "istisna, 6/2"),
        Purpose::Exempt64 => language.pick("exempt, 6/4", "istisna, 6/4"),
        Purpose::OutOfScope => language.pick("out of scope", "kapsam dışı"),
    }
}

pub(super) const fn mode(mode: Mode, language: Language) -> &'static str {
    match mode {
        Mode::Enforce => language.pick("enforce", "zorunlu"),
        Mode::Advise => language.pick("advise", "uyarı"),
        Mode::Shadow => language.pick("shadow", "gölge"),
    }
}

pub(super) const fn status(status: Status, language: Language) -> &'static str {
    match status {
        Status::Onay => language.pick("approval", "onay"),
        Status::Ret => language.pick("refusal", "ret"),
        Status::Yok => language.pick("not approved", "onay yok"),
    }
}

pub(super) const fn decision(decision: Decision, language: Language) -> &'static str {
    match decision {
        Decision::Allow => language.pick("may be sent", "gönderilebilir"),
        Decision::Deny => language.pick("must not be sent", "gönderilemez"),
        Decision::Defer => language.pick("not now, ask again", "şimdi gönderilemez, yeniden sorulmalı"),
    }
}

/// A reason in two or three words.
pub(super) const fn reason(reason: Reason, language: Language) -> &'static str {
    match reason {
        Reason::NotReady => language.pick("not loaded yet", "veri yükleniyordu"),
        Reason::RevisionNotReached => language.pick("data asked for not here yet", "istenen veri henüz yoktu"),
        Reason::InvalidRecipient => language.pick("invalid address", "adres geçersiz"),
        Reason::OutOfScope => language.pick("outside the regulation", "Yönetmelik dışı"),
        Reason::SenderNotRegistered => language.pick("brand not registered", "marka kayıtlı değil"),
        Reason::Exempt => language.pick("exempt", "istisna"),
        Reason::DeclarationMissing => language.pick("no declaration", "beyan yok"),
        Reason::Stale => language.pick("data too old", "veri eski"),
        Reason::Refused => language.pick("refused", "ret var"),
        Reason::NoRecord => language.pick("no approval", "onay yok"),
        Reason::RetailerNotAuthorised => language.pick("retailer has no access", "bayi yetkisiz"),
        Reason::Approved => language.pick("approved", "onay var"),
        Reason::EvidenceUnavailable => language.pick("could not be recorded", "kayıt alınamadı"),
    }
}

/// What was answered and why, in short. That only a mode let it through stands in it.
pub(super) fn outcome(verdict: Verdict, in_mode: Mode, language: Language) -> String {
    let given = match verdict.decision {
        Decision::Defer => language.pick("not now", "şimdi değil"),
        given => decision(given, language),
    };
    let why = reason(verdict.reason, language);
    let mut text = format!("{given}: {why}");
    if !verdict.enforced {
        let in_mode = mode(in_mode, language);
        text = match language {
            Language::English => format!("ONLY BY {in_mode} mode: {why}"),
            Language::Turkish => format!("YALNIZCA {in_mode} modu: {why}"),
        };
    }
    if verdict.refusal_on_record {
        text.push_str(language.pick(", in spite of a refusal on record", ", ret kaydına rağmen"));
    }
    text
}

/// A source of İYS with who took it in.
pub(super) fn source(source: &str, language: Language) -> String {
    let by = if source.starts_with("HS_") {
        language.pick("provider", "hizmet sağlayıcı")
    } else if source.starts_with("IYS_") {
        "İYS"
    } else {
        return or_none(&visible(source)).to_owned();
    };
    format!("{by}: {}", visible(source))
}

/// The name of a record: a letter where there are several.
pub(super) fn letter(place: usize, chains: &[Chain]) -> String {
    if chains.len() < 2 {
        return String::new();
    }
    // After Z come A1, B1 …
    let letter = char::from(b'A' + (place % 26) as u8);
    if place < 26 { letter.to_string() } else { format!("{letter}{}", place / 26) }
}

/// A record with its letter, kind, node and folder.
pub(super) fn chain(place: usize, chains: &[Chain], language: Language) -> String {
    let Some(chain) = chains.get(place) else { return NONE.to_owned() };
    let kind = match chain.kind {
        ChainKind::Gateway => language.pick("gateway", "ağ geçidi"),
        ChainKind::List => language.pick("list", "liste"),
    };
    let letter = letter(place, chains);
    let named = format!("{kind} {} ({})", or_none(&visible(&chain.node)), visible(folder_name(&chain.folder)));
    if letter.is_empty() { named } else { format!("{letter}: {named}") }
}

/// The last part of a path: the others say something of a machine, and nothing of a record.
pub(super) fn folder_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

pub(super) fn or_none(text: &str) -> &str {
    if text.is_empty() { NONE } else { text }
}

/// Stretches that are named: a long list says no more than that it is long.
const MOST: usize = 12;

/// Numbers in a row as a stretch: `1–5, 7`.
pub(super) fn stretches(numbers: &[usize]) -> String {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => found.push((*number, *number)),
        }
    }
    let stretch = |(first, last): &(usize, usize)| if first == last { first.to_string() } else { format!("{first}–{last}") };
    let mut text: Vec<String> = found.iter().take(MOST).map(stretch).collect();
    if found.len() > MOST {
        text.push("…".to_owned());
    }
    text.join(", ")
}
