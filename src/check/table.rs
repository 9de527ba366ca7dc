//! The decision table for people, in Markdown: what [`policy`](super::policy) says to its cases.

use super::policy::{Facts, decide};
use crate::model::brand::mode::Mode;
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::state::Status;
use crate::model::decision::Verdict;
use crate::model::decision::question::Purpose;
use crate::model::language::Language;
use std::fmt::Write;

/// One case: which row of the table it is, what it is in words by [`Language`], and what it is for the policy.
struct Case {
    row: &'static str,
    words: [&'static str; 2],
    facts: Facts,
}

/// The cells that articles differ between; calls and text messages have the same ones.
const CELLS: [Cell; 4] = [
    Cell::new(Channel::Mesaj, RecipientType::Bireysel),
    Cell::new(Channel::Mesaj, RecipientType::Tacir),
    Cell::new(Channel::Eposta, RecipientType::Bireysel),
    Cell::new(Channel::Eposta, RecipientType::Tacir),
];

/// An approved recipient of a registered sender.
const APPROVED: Facts = Facts {
    loaded: true,
    revision_reached: true,
    recipient_valid: true,
    brand_out_of_scope: false,
    brand_exempt_only: false,
    brand_active: true,
    declared: false,
    require_declaration: false,
    stale: false,
    retailer_without_access: false,
    status: Some(Status::Onay),
    cell: CELLS[0],
    purpose: Purpose::Commercial,
    mode: Mode::Enforce,
    recordable: true,
};
const EXEMPT: Facts = Facts { purpose: Purpose::Exempt62, declared: true, ..APPROVED };

/// Every case, in the order in which rows hold: what a case does not name is in order.
const CASES: [Case; 18] = [
    Case {
        row: "1",
        words: ["not everything is in memory yet", "veriler henüz belleğe yüklenmedi"],
        facts: Facts { loaded: false, ..APPROVED },
    },
    Case {
        row: "1",
        words: ["the demanded revision is not visible in time", "istenen sürüm zamanında görünür olmadı"],
        facts: Facts { revision_reached: false, ..APPROVED },
    },
    Case {
        row: "2",
        words: [
            "the address is malformed, or of the wrong kind for the channel",
            "adres geçersiz ya da kanala uygun türde değil",
        ],
        facts: Facts { recipient_valid: false, ..APPROVED },
    },
    Case {
        row: "2a",
        words: [
            "an out-of-scope message of a sender that is registered as outside the regulation",
            "kapsam dışı olarak kayıtlı göndericinin kapsam dışı iletisi",
        ],
        facts: Facts { brand_out_of_scope: true, brand_active: false, purpose: Purpose::OutOfScope, status: None, ..APPROVED },
    },
    Case {
        row: "3",
        words: ["the sender is unknown, or not active at İYS", "gönderici bilinmiyor ya da İYS'de etkin değil"],
        facts: Facts { brand_active: false, ..APPROVED },
    },
    Case {
        row: "3",
        words: ["the same with an exempt message and its declaration", "aynısı, istisna iletisi ve beyanı ile"],
        facts: Facts { brand_active: false, ..EXEMPT },
    },
    Case {
        row: "4",
        words: [
            "the same of a sender that is registered as exempt-only, where that is accepted",
            "aynısı, yalnızca istisna iletisi gönderen olarak kayıtlı göndericiden (kabul ediliyorsa)",
        ],
        facts: Facts { brand_active: false, brand_exempt_only: true, ..EXEMPT },
    },
    Case {
        row: "4",
        words: [
            "an exempt message (6/1, 6/2, 6/4) with a valid declaration",
            "istisna iletisi (6/1, 6/2, 6/4), geçerli beyan kayıtlı",
        ],
        facts: EXEMPT,
    },
    Case {
        row: "4",
        words: ["the same, the recipient has refused commercial messages", "aynısı, alıcı ticari iletileri reddetmiş"],
        facts: Facts { status: Some(Status::Ret), ..EXEMPT },
    },
    Case {
        row: "5",
        words: ["an exempt message without a valid declaration", "istisna iletisi, geçerli beyan yok"],
        facts: Facts { declared: false, ..EXEMPT },
    },
    Case {
        row: "5",
        words: [
            "the same of a sender that is to declare exempt e-mails too",
            "aynısı, e-posta için de beyan vermesi istenen göndericiden",
        ],
        facts: Facts { declared: false, require_declaration: true, ..EXEMPT },
    },
    Case {
        row: "5",
        words: [
            "an out-of-scope message of a sender that is not registered as outside the regulation",
            "kapsam dışı olarak kayıtlı olmayan göndericinin kapsam dışı iletisi",
        ],
        facts: Facts { purpose: Purpose::OutOfScope, ..APPROVED },
    },
    Case {
        row: "6",
        words: ["the brand's data is older than its allowed age", "markanın verisi izin verilenden eski"],
        facts: Facts { stale: true, ..APPROVED },
    },
    Case { row: "7", words: ["RET is on record", "kayıtlı durum RET"], facts: Facts { status: Some(Status::Ret), ..APPROVED } },
    Case { row: "8", words: ["nothing is on record", "kayıt yok"], facts: Facts { status: None, ..APPROVED } },
    Case {
        row: "9",
        words: ["ONAY, asked for a retailer without access", "ONAY, erişimi olmayan bayi için soruldu"],
        facts: Facts { retailer_without_access: true, ..APPROVED },
    },
    Case { row: "10", words: ["ONAY is on record", "kayıtlı durum ONAY"], facts: APPROVED },
    Case {
        row: "11",
        words: ["an ALLOW whose evidence cannot be taken as configured", "kanıtı yapılandırıldığı gibi kaydedilemeyen bir ALLOW"],
        facts: Facts { recordable: false, ..APPROVED },
    },
];

const HEADS: [&str; 2] = [
    "| # | case | decision | reason | phone, BIREYSEL | phone, TACIR | e-mail, BIREYSEL | e-mail, TACIR | under advise and shadow |",
    "| # | durum | karar | gerekçe | telefon, BIREYSEL | telefon, TACIR | e-posta, BIREYSEL | e-posta, TACIR | advise ve shadow modunda |",
];
const STANDS: [&str; 2] = ["stands", "değişmez"];
const NOT_ENFORCED: [&str; 2] = ["not enforced", "uygulanmaz"];

/// The table, with the article of each row by channel and recipient type.
#[must_use]
pub fn markdown(language: Language) -> String {
    let mut text = format!("{}\n|---|---|---|---|---|---|---|---|---|\n", HEADS[language as usize]);
    for case in &CASES {
        case.write(&mut text, language);
    }
    text
}

impl Case {
    /// A line for each answer that its cells have.
    fn write(&self, text: &mut String, language: Language) {
        let verdicts = CELLS.map(|cell| decide(&Facts { cell, ..self.facts }));
        let key = |verdict: &Verdict| (verdict.decision, verdict.reason);
        for (place, verdict) in verdicts.iter().enumerate() {
            if verdicts[..place].iter().any(|before| key(before) == key(verdict)) {
                continue;
            }
            let articles = verdicts.each_ref().map(|other| match (key(other) == key(verdict), other.article) {
                (false, _) => "–",
                (true, article) => article,
            });
            let decision = shown(verdict);
            let (reason, words) = (verdict.reason.name(), self.words[language as usize]);
            let under_mode = self.under_mode(CELLS[place], language);
            // Writing to a String cannot fail.
            let _ =
                writeln!(text, "| {} | {words} | {decision} | {reason} | {} | {under_mode} |", self.row, articles.join(" | "));
        }
    }

    fn under_mode(&self, cell: Cell, language: Language) -> String {
        let [enforced, advised, shadowed] = Mode::ALL.map(|mode| decide(&Facts { cell, mode, ..self.facts }));
        let both = if advised == shadowed { shown(&advised) } else { format!("{} / {}", shown(&advised), shown(&shadowed)) };
        match advised.enforced {
            true if advised == enforced => STANDS[language as usize].to_owned(),
            true => both,
            false => format!("{both}, {}", NOT_ENFORCED[language as usize]),
        }
    }
}

fn shown(verdict: &Verdict) -> String {
    let refusal = if verdict.refusal_on_record { ", `refusalOnRecord`" } else { "" };
    format!("{}{refusal}", verdict.decision.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decision::Reason;

    fn lines(language: Language) -> Vec<String> {
        markdown(language).lines().map(str::to_owned).collect()
    }

    #[test]
    fn it_says_what_the_policy_says() {
        let lines = lines(Language::English);
        for expected in [
            "| 3 | the sender is unknown, or not active at İYS | DENY | SENDER_NOT_REGISTERED | 11/6 | 11/6 | 5/2 | 5/2 | stands |",
            "| 5 | an exempt message without a valid declaration | DENY | DECLARATION_MISSING | 11/8 | 11/8 | – | – | stands |",
            "| 5 | an exempt message without a valid declaration | ALLOW | EXEMPT | – | – | 6/5 | 6/5 | stands |",
            "| 7 | RET is on record | DENY | REFUSED | 9, 11/7 | 6/6 | 9 | 6/6 | ALLOW, not enforced |",
            "| 10 | ONAY is on record | ALLOW | APPROVED |  |  |  |  | stands |",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected}\n{}", lines.join("\n"));
        }
        assert!(lines.iter().any(|line| line.contains("ALLOW, `refusalOnRecord` | EXEMPT")));
    }

    /// `izingate policy table --lang en > docs/policy.en.md` writes it anew, and so for tr.
    #[test]
    fn the_tables_of_docs_are_those_of_the_code() {
        assert_eq!(include_str!("../../docs/policy.en.md"), markdown(Language::English));
        assert_eq!(include_str!("../../docs/policy.tr.md"), markdown(Language::Turkish));
    }

    #[test]
    fn every_reason_has_its_row_in_both_languages() {
        let (english, turkish) = (lines(Language::English), lines(Language::Turkish));
        assert_eq!(english.len(), turkish.len());
        for reason in Reason::ALL {
            let named = |lines: &[String]| lines.iter().any(|line| line.contains(&format!("| {} |", reason.name())));
            assert!(named(&english) && named(&turkish), "{reason:?}");
        }
        for line in english.iter().chain(&turkish) {
            assert_eq!(line.matches('|').count(), 10, "{line}");
        }
    }
}
