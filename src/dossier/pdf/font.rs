//! The two fonts of the PDF: Noto Sans, cut down to Latin letters, embedded as they are.

use super::PdfError;
use crate::dossier::escape_controls::push_escaped;
use std::collections::HashMap;
use ttf_parser::Face;
use ttf_parser::cmap::Subtable;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// For text.
    Regular,
    /// For headings and names.
    Bold,
}

/// A font, read.
pub(super) struct Font {
    /// The file.
    pub(super) file: &'static [u8],
    /// Its PostScript name.
    pub(super) name: &'static str,
    /// Glyph and width of every character in it; the width in thousandths of the size.
    pub(super) glyphs: HashMap<char, (u16, f32)>,
    /// The width of every glyph by its number, in thousandths of the size.
    pub(super) widths: Vec<f32>,
    /// Left, lower, right, upper edge of all glyphs together, in thousandths of the size.
    pub(super) bounds: [f32; 4],
    /// Above the line, below it (negative), height of a capital letter, in thousandths of the size.
    pub(super) heights: (f32, f32, f32),
}

/// Both.
pub(super) struct Fonts {
    /// For text.
    pub(super) regular: Font,
    /// For headings and names.
    pub(super) bold: Font,
}

impl Fonts {
    /// Reads what is built in.
    pub(super) fn load() -> Result<Self, PdfError> {
        Ok(Self {
            regular: Font::read(include_bytes!("../fonts/NotoSans-Regular.ttf"), "NotoSans-Regular")?,
            bold: Font::read(include_bytes!("../fonts/NotoSans-Bold.ttf"), "NotoSans-Bold")?,
        })
    }

    /// One of them.
    pub(super) const fn of(&self, weight: Weight) -> &Font {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl Font {
    fn read(file: &'static [u8], name: &'static str) -> Result<Self, PdfError> {
        let face = Face::parse(file, 0).map_err(|_| PdfError(name))?;
        let scale = 1000.0 / f32::from(face.units_per_em());
        let scaled = |units: i16| f32::from(units) * scale;
        let width = |glyph| f32::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
        let mut glyphs = HashMap::new();
        for table in face.tables().cmap.ok_or(PdfError(name))?.subtables.into_iter().filter(Subtable::is_unicode) {
            table.codepoints(|code| {
                let (letter, glyph) = (char::from_u32(code), table.glyph_index(code));
                if let (Some(letter), Some(glyph)) = (letter, glyph) {
                    glyphs.insert(letter, (glyph.0, width(glyph)));
                }
            });
        }
        let bounds = face.global_bounding_box();
        Ok(Self {
            file,
            name,
            glyphs,
            widths: (0..face.number_of_glyphs()).map(|glyph| width(ttf_parser::GlyphId(glyph))).collect(),
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(scaled),
            heights: (scaled(face.ascender()), scaled(face.descender()), scaled(face.capital_height().unwrap_or(700))),
        })
    }

    /// `text` with the characters that the font has not as `\u{4e2d}`: nothing is left out unseen.
    pub(super) fn spell(&self, text: &str) -> String {
        let mut spelt = String::with_capacity(text.len());
        for letter in text.chars() {
            if self.glyphs.contains_key(&letter) { spelt.push(letter) } else { push_escaped(letter, &mut spelt) }
        }
        spelt
    }

    /// The width of a spelt text at a size.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().filter_map(|letter| self.glyphs.get(&letter)).map(|(_, width)| width).sum::<f32>() * size / 1000.0
    }

    /// The glyphs of a spelt text, two bytes each.
    pub(super) fn encode(&self, text: &str) -> Vec<u8> {
        text.chars().filter_map(|letter| self.glyphs.get(&letter)).flat_map(|(glyph, _)| glyph.to_be_bytes()).collect()
    }

    /// Breaks a text into lines of at most `width`: at spaces, and inside a word that is wider than that.
    pub(super) fn wrap(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let (mut lines, mut line) = (Vec::new(), String::new());
        for word in self.spell(text).split(' ') {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, size) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = self.break_word(word, size, width, &mut lines);
        }
        lines.push(line);
        lines
    }

    /// Pushes what fills whole lines; returns what is left.
    fn break_word(&self, word: &str, size: f32, width: f32, lines: &mut Vec<String>) -> String {
        let (mut piece, mut taken) = (String::new(), 0.0);
        for letter in word.chars() {
            let wide = self.glyphs.get(&letter).map_or(0.0, |(_, wide)| wide * size / 1000.0);
            if taken + wide > width && !piece.is_empty() {
                lines.push(std::mem::take(&mut piece));
                taken = 0.0;
            }
            piece.push(letter);
            taken += wide;
        }
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_fonts_have_the_letters_of_turkish() {
        let fonts = Fonts::load().unwrap();
        for font in [&fonts.regular, &fonts.bold] {
            let text = "abcçdefgğhıijklmnoöprsştuüvyz ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZ âîû ÂÎÛ qwxQWX 0123456789 …–“”’₺€·\\{}";
            assert_eq!(font.spell(text), text, "{}", font.name);
            assert_eq!(font.encode("ğı").len(), 4);
            assert!(font.width("İYS", 10.0) > 10.0);
        }
    }

    #[test]
    fn what_the_font_has_not_is_spelt_out() {
        assert_eq!(Fonts::load().unwrap().regular.spell("a中b"), "a\\u{4e2d}b");
    }

    proptest! {
        #[test]
        fn lines_fit_and_lose_nothing(text in "[a-zA-Zğüşıöç0-9 ]{0,200}", width in 20.0_f32..300.0) {
            let fonts = Fonts::load().unwrap();
            let lines = fonts.regular.wrap(&text, 8.0, width);
            for line in &lines {
                prop_assert!(fonts.regular.width(line, 8.0) <= width + 0.01, "{line}");
            }
            let letters = |text: &str| text.replace(' ', "");
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
