//! The language in which a command speaks to people, by the locale.

use crate::model::language::Language;

/// The language of this process's locale: `LC_ALL`, `LC_MESSAGES` and `LANG`, the first that is set.
#[must_use]
pub fn language() -> Language {
    of(|name| std::env::var(name).ok())
}

fn of(value: impl Fn(&str) -> Option<String>) -> Language {
    let set = |name: &&str| value(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).unwrap_or_default();
    let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
    if language.eq_ignore_ascii_case("tr") { Language::Turkish } else { Language::English }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_set_decides() {
        let of = |all: &str, messages: &str, lang: &str| {
            of(|name| {
                let value = match name {
                    "LC_ALL" => all,
                    "LC_MESSAGES" => messages,
                    _ => lang,
                };
                Some(value.to_owned())
            })
        };
        for (all, messages, lang) in [("tr_TR.UTF-8", "en", "C"), ("", "tr_TR", "C"), ("", "", "tr"), ("", "", "TR_CY@euro")] {
            assert_eq!(of(all, messages, lang), Language::Turkish, "{all} {messages} {lang}");
        }
        for (all, messages, lang) in [("C.UTF-8", "tr", "tr"), ("", "", ""), ("", "", "trk"), ("", "en_GB", "tr_TR")] {
            assert_eq!(of(all, messages, lang), Language::English, "{all} {messages} {lang}");
        }
    }
}
