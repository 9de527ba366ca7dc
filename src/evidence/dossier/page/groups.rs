//! Decisions that have all in common but when, by whom and under which reference they were asked: a sentence each instead of a page each.

use super::words::{NONE, channel, day, decision, mode, moment, purpose, recipient_type, source, span, status, stretches};
use crate::check::Language;
use crate::check::decision::{Reason, Verdict};
use crate::evidence::dossier::model::{Dossier, Recorded, recording};
use crate::evidence::dossier::visible::visible;
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
    references: BTreeSet<&'a str>,
    /// What was in force when they were made, as far as it was known then.
    known: Option<&'a HistoryEntry>,
}

/// Callers and references of a group that are named; the list of decisions has all.
const NAMED: usize = 3;

/// Groups decisions, in the order of the first of each.
pub(super) fn of(dossier: &Dossier) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (number, decision) in (1..).zip(&dossier.decisions) {
        let known = dossier.history(decision).and_then(|history| history.known_at(decision.revision).next());
        match groups.iter_mut().find(|group| group.known == known && is_alike(group.first, decision)) {
            Some(group) => {
                group.numbers.push(number);
                group.last = decision;
                group.callers.insert(&decision.caller);
                group.references.insert(&decision.reference);
            }
            None => groups.push(Group {
                numbers: vec![number],
                first: decision,
                last: decision,
                callers: BTreeSet::from([&*decision.caller]),
                references: BTreeSet::from([&*decision.reference]),
                known,
            }),
        }
    }
    groups
}

fn is_alike(one: &Recorded, other: &Recorded) -> bool {
    let parts = |it: &Recorded| (it.chain, it.brand, it.retailer, it.cell, it.purpose, it.declaration, it.verdict, it.mode);
    parts(one) == parts(other)
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
        let (callers, references) = (named(&self.callers, language), named(&self.references, language));
        let purpose = purpose(first.purpose, language);
        let asked = match language {
            Language::English => format!(
                "Decision {}: {when}. {callers} asked {} whether brand {brand} may send to the recipient ({message}; {purpose}){}{}.",
                stretches(numbers),
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
        format!("{asked} {} {}", self.answer(language), self.known(dossier, language))
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
        let why = why.trim_end_matches('.');
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
                "Answer: {given}, only because the brand was in mode {of_mode}; by the rules: {by_rules}. Reason: {why}{article}.{declaration}"
            ),
            (Language::Turkish, false) => format!(
                "Yanıt: yalnızca marka {of_mode} modunda olduğu için {given}; kurallara göre: {by_rules}. Gerekçe: {why}{article}.{declaration}"
            ),
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
            None if erased.is_some() => String::new(),
            None if is_of_no_record(self.first.verdict.reason) => {
                language.pick("Known then: no record.", "O anda bilinen: kayıt yok.").to_owned()
            }
            None => language.pick("No record of the consent is here.", "Burada izin kaydı yok.").to_owned(),
        };
        let Some(erased) = erased else { return known };
        let erased = moment(erased, language);
        let note = match language {
            Language::English => format!(
                "Erased on request, and therefore not here although it may have been known then: all that İYS registered up to {erased}."
            ),
            Language::Turkish => format!(
                "İYS’nin {erased} tarihine kadar kaydettikleri istek üzerine silindi; o anda bilinmiş olsa bile burada yer almaz."
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
