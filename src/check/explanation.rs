//! Answers for people, in a sentence or two.

use super::checker::Answer;
use crate::model::decision::{Reason, Verdict};
use crate::model::language::Language;

impl Answer {
    /// Why, for people, and what whoever asked can do about it.
    #[must_use]
    pub fn explanation(&self, language: Language) -> String {
        let mut text = self.verdict.explanation(self.declaration, language);
        if self.verdict.reason == Reason::SenderNotRegistered {
            text.push(' ');
            text.push_str(NOT_ON_FILE[language as usize]);
        }
        text
    }
}

impl Verdict {
    /// Why, for people; `declaration` is the one that stood behind it.
    #[must_use]
    pub fn explanation(self, declaration: Option<u64>, language: Language) -> String {
        let reason = match (self.reason, declaration) {
            (Reason::Exempt, None) => FREED,
            (reason, _) => [reason.english(), reason.turkish()],
        };
        let mut text = reason[language as usize].to_owned();
        for (applies, sentence) in [(self.refusal_on_record, REFUSED), (!self.enforced, NOT_ENFORCED)] {
            if applies {
                text.push(' ');
                text.push_str(sentence[language as usize]);
            }
        }
        text
    }
}

impl Language {
    /// Of two spellings the one in this language.
    #[must_use]
    pub const fn pick(self, english: &'static str, turkish: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Turkish => turkish,
        }
    }

    /// The code of ISO 639.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.pick("en", "tr")
    }
}

/// By [`Language`]: an exempt e-mail without a declaration.
const FREED: [&str; 2] = [
    "The message is exempt, and e-mail needs no declaration (17/A).",
    "İleti istisna kapsamındadır; e-posta için beyan aranmaz (17/A).",
];
/// What ends that a brand is not on file.
const NOT_ON_FILE: [&str; 2] = [
    "Check brandCode; izingate brand add puts a brand on file that was never added, or one that was deactivated and is active at İYS \
     again.",
    "Marka numarasını denetleyin; hiç eklenmemiş ya da devre dışı bırakılıp İYS'de yeniden etkin olan marka izingate brand add ile \
     tanımlanır.",
];
const REFUSED: [&str; 2] = ["The recipient has refused commercial ones.", "Alıcı ticari iletileri reddetmiştir."];
const NOT_ENFORCED: [&str; 2] = [
    "It is let through only because the brand's mode does not enforce this.",
    "Yalnızca markanın çalışma kipi bunu uygulamadığı için geçirildi.",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::brand::mode::Mode;
    use crate::model::decision::id::DecisionIds;
    use crate::model::decision::{Decision, Verdict};
    use crate::model::time::IysTime;

    fn said(verdict: Verdict, declaration: Option<u64>) -> [String; 2] {
        let id = DecisionIds::new(1, 0).take(IysTime::from_unix(1), 1);
        let answer = Answer { verdict, revision: 1, as_of: None, id, recipient: None, declaration, mode: Mode::Enforce };
        [Language::English, Language::Turkish].map(|language| answer.explanation(language))
    }

    #[test]
    fn it_says_what_stood_behind_the_answer() {
        for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::SenderNotRegistered) {
            assert_eq!(said(Verdict::of(reason, ""), Some(1)), [reason.english(), reason.turkish()]);
        }
        let unknown = Reason::SenderNotRegistered;
        let with_a_cure = [unknown.english(), unknown.turkish()].map(str::to_owned);
        let cured = [0, 1].map(|language| format!("{} {}", with_a_cure[language], NOT_ON_FILE[language]));
        assert_eq!(said(Verdict::of(unknown, "11/6"), None), cured, "what to do is told");
        assert_eq!(
            Verdict::of(unknown, "11/6").explanation(None, Language::English),
            with_a_cure[0],
            "not to a dossier's reader"
        );
        let exempt = Verdict { refusal_on_record: true, ..Verdict::of(Reason::Exempt, "6/5") };
        let [english, turkish] = said(exempt, None);
        assert_eq!(
            english,
            "The message is exempt, and e-mail needs no declaration (17/A). The recipient has refused commercial ones."
        );
        assert!(turkish.ends_with("(17/A). Alıcı ticari iletileri reddetmiştir."), "{turkish}");
        let advised = Verdict { decision: Decision::Allow, enforced: false, ..Verdict::of(Reason::Refused, "9, 11/7") };
        let [english, _] = said(advised, None);
        assert!(english.starts_with(Reason::Refused.english()) && english.ends_with("does not enforce this."), "{english}");
    }
}
