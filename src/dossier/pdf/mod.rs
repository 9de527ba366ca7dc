//! The dossier as a PDF: sheets of A4 with their numbers, searchable text in embedded fonts, the same
//! bytes for the same dossier.

mod font;
mod sheets;

use super::page::Page;
use crate::model::language::Language;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use font::{Font, Fonts, Weight};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use sheets::{SHEET, Sheet};
use std::io::Write;

/// A font that is built in cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the font {0} that is built in cannot be read")]
pub struct PdfError(&'static str);

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
/// Five objects each from here on: font, descendant, descriptor, file, characters.
const REGULAR: i32 = 4;
const BOLD: i32 = 9;
/// Two objects a sheet from here on: page, content.
const FIRST_SHEET: i32 = 14;

/// The order of the glyphs is the font's own.
const SYSTEM: SystemInfo<'_> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The file.
pub(super) fn render(page: &Page, language: Language) -> Result<Vec<u8>, PdfError> {
    let fonts = Fonts::load()?;
    let sheets = sheets::lay_out(&page.blocks, &page.footer, &fonts);
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES).lang(TextStr(language.code()));
    pdf.document_info(INFO).title(TextStr(&page.title)).producer(TextStr("izingate"));
    let places: Vec<_> = (0..number(sheets.len())).map(|sheet| Ref::new(FIRST_SHEET + 2 * sheet)).collect();
    pdf.pages(PAGES).kids(places.iter().copied()).count(number(places.len()));
    write_font(&mut pdf, REGULAR, &fonts.regular);
    write_font(&mut pdf, BOLD, &fonts.bold);
    for (place, sheet) in places.into_iter().zip(&sheets) {
        write_sheet(&mut pdf, place, sheet, &fonts);
    }
    Ok(pdf.finish())
}

fn write_sheet(pdf: &mut Pdf, place: Ref, sheet: &Sheet, fonts: &Fonts) {
    let mut page = pdf.page(place);
    page.media_box(Rect::new(0.0, 0.0, SHEET.0, SHEET.1)).parent(PAGES).contents(place.next());
    let mut resources = page.resources();
    let mut names = resources.fonts();
    names.pair(name(Weight::Regular), Ref::new(REGULAR)).pair(name(Weight::Bold), Ref::new(BOLD));
    names.finish();
    resources.finish();
    page.finish();
    let content = deflate(&draw(sheet, fonts));
    pdf.stream(place.next(), &content).filter(Filter::FlateDecode);
}

fn draw(sheet: &Sheet, fonts: &Fonts) -> Vec<u8> {
    let mut content = Content::new();
    content.begin_text();
    for line in &sheet.lines {
        content.set_font(name(line.weight), line.size).set_text_matrix([1.0, 0.0, 0.0, 1.0, line.x, line.y]);
        content.show(Str(&fonts.of(line.weight).encode(&line.text)));
    }
    content.end_text();
    content.set_stroke_gray(0.4);
    for (left, y, right, thickness) in &sheet.rules {
        content.set_line_width(*thickness).move_to(*left, *y).line_to(*right, *y).stroke();
    }
    content.finish().to_vec()
}

const fn name(weight: Weight) -> Name<'static> {
    match weight {
        Weight::Regular => Name(b"R"),
        Weight::Bold => Name(b"B"),
    }
}

fn write_font(pdf: &mut Pdf, first: i32, font: &Font) {
    let object = |place| Ref::new(first + place);
    let base = Name(font.name.as_bytes());
    let (type0, descendant, descriptor, file, characters) = (object(0), object(1), object(2), object(3), object(4));
    pdf.type0_font(type0)
        .base_font(base)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(descendant)
        .to_unicode(characters);
    let mut cid = pdf.cid_font(descendant);
    cid.subtype(CidFontType::Type2).base_font(base).system_info(SYSTEM).font_descriptor(descriptor).default_width(0.0);
    cid.cid_to_gid_map_predefined(Name(b"Identity"));
    cid.widths().consecutive(0, font.widths.iter().copied());
    cid.finish();
    let [left, lower, right, upper] = font.bounds;
    let (ascent, descent, capital) = font.heights;
    pdf.font_descriptor(descriptor)
        .name(base)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(left, lower, right, upper))
        .italic_angle(0.0)
        .ascent(ascent)
        .descent(descent)
        .cap_height(capital)
        .stem_v(80.0)
        .font_file2(file);
    let program = deflate(font.file);
    pdf.stream(file, &program).filter(Filter::FlateDecode).pair(Name(b"Length1"), number(font.file.len()));
    let mut letters: Vec<_> = font.glyphs.iter().map(|(letter, (glyph, _))| (*glyph, *letter)).collect();
    letters.sort_unstable();
    // Two characters may share a glyph; the first stands for it.
    letters.dedup_by_key(|(glyph, _)| *glyph);
    let mut map = UnicodeCmap::new(Name(b"Custom"), SYSTEM);
    for (glyph, letter) in letters {
        map.pair(glyph, letter);
    }
    pdf.cmap(characters, &deflate(&map.finish())).filter(Filter::FlateDecode);
}

/// A count as PDF writes it; far below its largest.
fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
