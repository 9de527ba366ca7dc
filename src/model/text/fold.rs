//! Text as people and spreadsheets write it, reduced to what can be compared.
//!
//! İYS's words come back from files in other habits: `Ret`, `BİREYSEL`, `recipient_type`, a zero-width space behind
//! a heading that was pasted from a web page. [`word`] compares a value, [`folded`] a name.

use std::borrow::Cow;

/// Whether a character shows nothing: Unicode's `Default_Ignorable_Code_Point`, which are zero-width spaces and joiners,
/// marks of direction, the byte order mark, the soft hyphen, variation selectors, fillers and tags.
#[must_use]
pub const fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The text without what spreadsheets, links and mails put around an address: white space and invisible characters,
/// Excel's `="…"` and its leading apostrophe, quotes, and the scheme of a link such as `tel:`.
#[must_use]
pub fn undecorated<'a>(text: &'a str, scheme: &str) -> &'a str {
    let text = bare(text);
    let text = text.strip_prefix('=').filter(|rest| rest.starts_with('"')).unwrap_or(text);
    let text = unquoted(unquoted(text));
    let text = text.strip_prefix(is_apostrophe).unwrap_or(text);
    let link = text.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme));
    bare(link.map_or(text, |_| &text[scheme.len()..]))
}

/// The text between two quotes of any kind.
fn unquoted(text: &str) -> &str {
    let is_quote = |letter| matches!(letter, '"' | '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}') || is_apostrophe(letter);
    bare(text.strip_prefix(is_quote).and_then(|rest| rest.strip_suffix(is_quote)).unwrap_or(text))
}

const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '`' | '\u{b4}' | '\u{2bc}' | '\u{2018}'..='\u{201b}' | '\u{ff07}')
}

/// The text without white space and invisible characters at its ends.
#[must_use]
pub fn bare(text: &str) -> &str {
    // Nearly every text: it begins and ends with a letter of ASCII that is seen.
    if let [first, .., last] = text.as_bytes()
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return text;
    }
    text.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter))
}

/// A value for comparison with one of İYS's words: [`bare`], without invisible characters inside, in lower case with
/// the Turkish letters `ı`, `İ`, `I` as `i`. Nothing else is dropped, so that two words never become one.
#[must_use]
pub fn word(text: &str) -> String {
    let letters = bare(text).chars().filter(|letter| !is_invisible(*letter) && *letter != COMBINING_DOT);
    letters.map(lower).collect()
}

/// A name for comparison with another name, such as a heading: lower case, Turkish letters as their Latin ones, only
/// ASCII letters and digits kept.
#[must_use]
pub fn folded(name: &str) -> String {
    name.chars().map(|letter| latin(lower(letter))).filter(char::is_ascii_alphanumeric).collect()
}

/// Hyphens and dashes, the minus sign among them.
#[must_use]
pub const fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// The text in one line without control characters, at most `longest` characters of it: a heading of a file for a
/// report.
#[must_use]
pub fn one_line(text: &str, longest: usize) -> Cow<'_, str> {
    let short = text.char_indices().nth(longest).map_or(text, |(end, _)| &text[..end]);
    if !short.chars().any(char::is_control) {
        return Cow::Borrowed(short);
    }
    Cow::Owned(short.chars().map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter }).collect())
}

/// What many programs make of `İ` in lower case: `i` and this.
const COMBINING_DOT: char = '\u{307}';

const fn lower(letter: char) -> char {
    match letter {
        'İ' | 'I' | 'ı' => 'i',
        'Ş' => 'ş',
        'Ğ' => 'ğ',
        'Ü' => 'ü',
        'Ö' => 'ö',
        'Ç' => 'ç',
        'Â' => 'â',
        other => other.to_ascii_lowercase(),
    }
}

const fn latin(letter: char) -> char {
    match letter {
        'ş' => 's',
        'ğ' => 'g',
        'ü' => 'u',
        'ö' => 'o',
        'ç' => 'c',
        'â' => 'a',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_compared_whatever_its_case_and_what_surrounds_it() {
        for text in ["BIREYSEL", "BİREYSEL", "Bireysel", "bireysel", " bi\u{307}reysel\u{200b}", "\u{feff}BIREYSEL\u{a0}"] {
            assert_eq!(word(text), "bireysel", "{text}");
        }
        assert_eq!(word("E-POSTA ?"), "e-posta ?", "nothing visible is dropped");
    }

    #[test]
    fn a_name_is_compared_by_its_letters_and_digits() {
        for name in
            ["recipientType", "recipient_type", "recipient type", "RECİPİENTTYPE", "recipientType\u{200b}", "Recipient-Type"]
        {
            assert_eq!(folded(name), "recipienttype", "{name}");
        }
        assert_eq!(folded("İLETİŞİM (GSM 1)"), "iletisimgsm1");
    }

    #[test]
    fn what_stands_around_an_address_is_dropped() {
        for text in [
            "a",
            " a\u{200b}",
            "'a",
            "\u{2019}a",
            "=\"a\"",
            "=\"\"a\"\"",
            "\"a\"",
            "\u{201c}a\u{201d}",
            "tel:a",
            "'TEL: a ",
            "=\"tel:a\"",
        ] {
            assert_eq!(undecorated(text, "tel:"), "a", "{text}");
        }
        for text in ["=a", "a\"", "\"a", "a'", "mailto:a", "==a"] {
            assert_ne!(undecorated(text, "tel:"), "a", "{text}");
        }
    }

    #[test]
    fn a_heading_in_a_report_is_short_and_on_one_line() {
        assert_eq!(one_line("a\nb\u{7}c", 80), "a\u{fffd}b\u{fffd}c");
        assert_eq!(one_line("şehir", 3), "şeh");
    }
}
