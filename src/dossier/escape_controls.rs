//! Texts of others made harmless to look at.

use std::fmt::Write;

/// `text` with everything in it visible: control characters, line breaks, characters that turn the
/// direction of writing or have no width stand as `\u{1b}`.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) {
            push_escaped(letter, &mut shown);
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Appends `\u{…}`.
pub(super) fn push_escaped(letter: char, shown: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(shown, "\\u{{{:x}}}", u32::from(letter));
}

/// Characters that leave no mark of their own, or move others.
const fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' // controls
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' // directions, no width
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}' // tags, selectors, private use
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_hides_is_spelt_out() {
        assert_eq!(visible("kampanya-7 ığüşöç İ"), "kampanya-7 ığüşöç İ");
        assert_eq!(visible("a\u{1b}[31mb\r\nc\0"), "a\\u{1b}[31mb\\u{d}\\u{a}c\\u{0}");
        assert_eq!(visible("ALLOW\u{202e}YNED"), "ALLOW\\u{202e}YNED", "nothing turns the line around");
        assert_eq!(visible("a\u{200b}b\u{feff}\u{e0041}"), "a\\u{200b}b\\u{feff}\\u{e0041}");
    }

    proptest! {
        #[test]
        fn no_control_character_is_left(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(char::is_control));
        }
    }
}
