//! Decisions that have all in common but when, by whom and under which reference they were asked: a sentence each instead of a page each.

use super::words::{NONE, channel, day, decision, mode, moment, purpose, recipient_type, source, span, status, stretches};
use crate::dossier::escape_controls::visible;
use crate::dossier::model::{Dossier, Recorded, recording};
use crate::model::decision::{Decision, Reason, Verdict};
use crate::model::language::Language;
use crate::ports::HistoryEntry;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Decisions of one kind.
pub(super) struct Group<'a> {
    /// Their numbers in the list, from 1.
    pub(super) numbers: Vec<usize>,
    /// The first of them, which stands for all.
    first: &'a Recorded,
    last: &'a Recorded,
    callers: BTreeSet<&'a str>,
    /// Decisions whose caller gave no name.
    unnamed: usize,
    references: BTreeSet<&'a str>,
    /// What was in force when they were made, as far as it was known then.
    known: Option<&'a HistoryEntry>,
}

/// Callers and references of a group that are named; the list of decisions has all.
const NAMED: usize = 3;

/// Groups decisions: what was allowed first, then what only a mode let through, and of each the earliest.
pub(super) fn of(dossier: &Dossier) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (number, decision) in (1..).zip(&dossier.decisions) {
        let known = dossier.history(decision).and_then(|history| history.known_at(decision.revision).next());
        match groups.iter_mut().find(|group| group.known == known && is_alike(group.first, decision)) {
            Some(group) => {
                group.numbers.push(number);
                group.last = decision;
                group.unnamed += usize::from(decision.caller.is_empty());
                group.callers.insert(&decision.caller);
                group.references.insert(&decision.reference);
            }
            None => groups.push(Group {
                numbers: vec![number],
                first: decision,
                last: decision,
                callers: BTreeSet::from([&*decision.caller]),
                unnamed: usize::from(decision.caller.is_empty()),
                references: BTreeSet::from([&*decision.reference]),
                known,
            }),
        }
    }
    groups.sort_by_key(|group| (Kind::of(group.first), group.numbers.first().copied()));
    groups
}

fn is_alike(one: &Recorded, other: &Recorded) -> bool {
    let parts = |it: &Recorded| (it.chain, it.brand, it.retailer, it.cell, it.purpose, it.declaration, it.verdict, it.mode);
    parts(one) == parts(other)
}

/// Kinds of answers, in the order in which a complaint asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Allowed by the rules.
    Allowed,
    /// Allowed by a brand's mode alone.
    ByMode,
    /// Refused.
    Denied,
    /// To be asked again.
    Deferred,
}

impl Kind {
    /// Every kind, in order.
    pub(super) const ALL: [Self; 4] = [Self::Allowed, Self::ByMode, Self::Denied, Self::Deferred];

    pub(super) const fn of(decision: &Recorded) -> Self {
        match decision.verdict.decision {
            Decision::Allow if decision.verdict.enforced => Self::Allowed,
            Decision::Allow => Self::ByMode,
            Decision::Deny => Self::Denied,
            Decision::Defer => Self::Deferred,
        }
    }

    pub(super) const fn words(self, language: Language) -> &'static str {
        match self {
            Self::Allowed => language.pick("may be sent", "gönderilebilir"),
            Self::ByMode => {
                language.pick("may be sent only because of the brand's mode", "yalnızca markanın modu nedeniyle gönderilebilir")
            }
            Self::Denied => language.pick("must not be sent", "gönderilemez"),
            Self::Deferred => language.pick("not now, ask again", "şimdi gönderilemez, yeniden sorulmalı"),
        }
    }
}

impl Group<'_> {
    /// The group in sentences: when, who, what, why, what was known.
    pub(super) fn text(&self, dossier: &Dossier, language: Language) -> String {
        let Self { numbers, first, last, .. } = self;
        let when = if first.at == last.at { moment(first.at, language) } else { span((first.at, last.at), language) };
        let brand = format!("{} {}", first.brand.get(), visible(&first.brand_title));
        let brand = brand.trim_end();
        let (count, cell) = (numbers.len(), first.cell);
        let message = format!("{}, {}", channel(cell.channel, language), recipient_type(cell.recipient_type, language));
        let (callers, references) = (self.callers(language), named(&self.references, language));
        let purpose = purpose(first.purpose, language);
        let asked = match language {
            Language::English => format!(
                "{}: {when}. {callers} asked {} whether brand {brand} may send to the recipient ({message}; {purpose}){}{}.",
                if count == 1 { format!("Decision {}", stretches(numbers)) } else { format!("Decisions {}", stretches(numbers)) },
                if count == 1 { "once".to_owned() } else { format!("{count} times") },
                under(first.retailer.get(), language),
                if references == NONE { String::new() } else { format!(", reference {references}") },
            ),
            Language::Turkish => format!(
                "Karar {}: {when}. {brand} markası adına bu alıcıya gönderim yapılıp yapılamayacağı ({message}; {purpose}){} {} sorgulandı. \
                 Sorgulayan: {callers}{}.",
                stretches(numbers),
                under(first.retailer.get(), language),
                if count == 1 { "bir kez".to_owned() } else { format!("{count} kez") },
                if references == NONE { String::new() } else { format!("; referans: {references}") },
            ),
        };
        let (known, since) = (self.known(dossier, language), self.known_since(dossier, language));
        format!("{asked} {} {known}{since}", self.answer(language)).trim_end().to_owned()
    }

    fn answer(&self, language: Language) -> String {
        let verdict = self.first.verdict;
        // That a mode let it through has a sentence of its own, with the mode.
        let why = Verdict { enforced: true, ..verdict }.explanation(self.first.declaration, language);
        let article = match (verdict.article, language) {
            ("", _) => String::new(),
            (article, Language::English) => format!(" (article {article})"),
            (article, Language::Turkish) => format!(" (madde {article})"),
        };
        let why = match verdict.reason {
            Reason::NoRecord => self.no_record(language),
            _ => why.trim_end_matches('.').to_owned(),
        };
        let given = decision(verdict.decision, language);
        let by_rules = decision(self.first.policy(), language);
        let of_mode = mode(self.first.mode, language);
        let declaration = self.first.declaration.map_or(String::new(), |id| match language {
            Language::English => format!(" Declaration {id}."),
            Language::Turkish => format!(" Beyan no: {id}."),
        });
        match (language, verdict.enforced) {
            (Language::English, true) => format!("Answer: {given}. Reason: {why}{article}.{declaration}"),
            (Language::Turkish, true) => format!("Yanıt: {given}. Gerekçe: {why}{article}.{declaration}"),
            (Language::English, false) => format!(
                "Answer: {given}, only because the brand was in {of_mode} mode; by the rules: {by_rules}. Reason: {why}{article}.{declaration}"
            ),
            (Language::Turkish, false) => format!(
                "Yanıt: yalnızca marka {of_mode} modunda olduğu için {given}; kurallara göre: {by_rules}. Gerekçe: {why}{article}.{declaration}"
            ),
        }
    }

    /// Who asked, in words; systems are named as they name themselves.
    fn callers(&self, language: Language) -> String {
        let named = named(&self.callers, language);
        let nobody = language.pick("a system that gave no name", "adını bildirmeyen bir sistem");
        match (self.unnamed, self.numbers.len() - self.unnamed) {
            (0, _) => named,
            (_, 0) => nobody.to_owned(),
            (unnamed, _) => match language {
                Language::English if unnamed == 1 => format!("{named} and, once, {nobody}"),
                Language::English => format!("{named} and, {unnamed} times, {nobody}"),
                Language::Turkish => format!("{named} ve {unnamed} kez {nobody}"),
            },
        }
    }

    /// What a missing record means: the gateway knows what was taken in, not what İYS has.
    fn no_record(&self, language: Language) -> String {
        let is_empty = self.first.as_of.is_none() && self.last.as_of.is_none();
        let text = if is_empty {
            language.pick(
                "no data of this brand had been taken in from İYS, and so no approval was known",
                "bu markaya ait hiçbir veri İYS’den alınmamıştı; bilinen bir onay yoktu",
            )
        } else {
            language.pick(
                "the data taken in from İYS held no approval of this recipient for this brand on this channel",
                "İYS’den alınan verilerde bu alıcının bu marka ve kanal için onayı yoktu",
            )
        };
        text.to_owned()
    }

    /// What the gateway has learnt since of the consent.
    fn known_since(&self, dossier: &Dossier, language: Language) -> String {
        let history = dossier.history(self.first);
        let newest = history.and_then(|history| history.movements.first());
        let Some(movement) = newest.filter(|newest| newest.revision > self.last.revision) else { return String::new() };
        let HistoryEntry { status: of, created, source: from, known_since, .. } = movement;
        let (status, from) = (status(*of, language), source(from, language));
        let (created, since) = (moment(*created, language), moment(*known_since, language));
        match language {
            Language::English => {
                format!(" Known now: {status} registered at İYS on {created} ({from}), known here since {since}.")
            }
            Language::Turkish => {
                format!(" Şimdi bilinen: İYS’ye {created} tarihinde kaydedilmiş {status} ({from}); burada bilindiği an: {since}.")
            }
        }
    }

    /// What the gateway knew of the consent when it answered.
    fn known(&self, dossier: &Dossier, language: Language) -> String {
        let erased = dossier.history(self.first).and_then(|history| history.erased);
        let known = match self.known {
            Some(movement) => {
                let HistoryEntry { status: of, created, source: from, known_since, .. } = movement;
                let (status, created, since) =
                    (status(*of, language), moment(*created, language), moment(*known_since, language));
                let from = source(from, language);
                match language {
                    Language::English => {
                        format!(
                            "Known then: {status} registered at İYS on {created} ({from}), known here since {since}.{}",
                            late(movement, dossier, language)
                        )
                    }
                    Language::Turkish => format!(
                        "O anda bilinen: İYS’ye {created} tarihinde kaydedilmiş {status} ({from}); burada bilindiği an: {since}.{}",
                        late(movement, dossier, language)
                    ),
                }
            }
            // Of a missing record the reason says it all.
            None if erased.is_some() || self.first.verdict.reason == Reason::NoRecord => String::new(),
            None if is_of_no_record(self.first.verdict.reason) => {
                language.pick("Known then: no record.", "O anda bilinen: kayıt yok.").to_owned()
            }
            None => language.pick("No consent is on record here.", "Bu sistemde izin kaydı bulunmamaktadır.").to_owned(),
        };
        let Some(erased) = erased else { return known };
        let erased = moment(erased, language);
        let note = match language {
            Language::English => format!(
                "Erased on request, and therefore not here although it may have been known then: all that İYS registered up to {erased}."
            ),
            Language::Turkish => format!(
                "Bu sistemde tutulan, {erased} ve öncesine ait izin kayıtları başvuru üzerine silinmiştir; karar anında bilinen kayıt bu \
                 nedenle gösterilemez."
            ),
        };
        format!("{known} {note}").trim_start().to_owned()
    }
}

/// Reasons that a missing record is behind, or that are decided before any record is read.
const fn is_of_no_record(reason: Reason) -> bool {
    matches!(reason, Reason::NoRecord | Reason::Stale)
}

fn under(retailer: u32, language: Language) -> String {
    match (retailer, language) {
        (0, _) => String::new(),
        (_, Language::English) => format!(" through retailer {retailer}"),
        (_, Language::Turkish) => format!(" {retailer} numaralı bayi aracılığıyla"),
    }
}

/// A deadline of İYS that was missed; one that was kept stands in the annex.
fn late(movement: &HistoryEntry, dossier: &Dossier, language: Language) -> String {
    match recording(movement, dossier.eves) {
        Some(Ok(found)) if !found.in_time => {
            let by = day(found.by, language);
            match language {
                Language::English => format!(" It was to be registered by {by} ({}), and was late.", found.article),
                Language::Turkish => format!(" İYS’ye son kayıt günü {by} idi ({}); geç kaydedildi.", found.article),
            }
        }
        _ => String::new(),
    }
}

/// Names of a group, the first few of many.
fn named(names: &BTreeSet<&str>, language: Language) -> String {
    let given: Vec<String> = names.iter().filter(|name| !name.is_empty()).map(|name| visible(name)).collect();
    if given.is_empty() {
        return NONE.to_owned();
    }
    let mut text = given.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if given.len() > NAMED {
        let more = given.len() - NAMED;
        // Writing to a string does not fail.
        let _ = match language {
            Language::English => write!(text, " and {more} more"),
            Language::Turkish => write!(text, " ve {more} tane daha"),
        };
    }
    text
}
