//! The PDF read again: its text by the glyphs of its fonts, its structure by its own table.

use super::sample::{dossier, hostile};
use crate::model::language::Language;
use flate2::read::ZlibDecoder;
use std::collections::HashMap;
use std::io::Read;
use ttf_parser::Face;

/// The content of every sheet.
fn contents(pdf: &[u8]) -> Vec<Vec<u8>> {
    streams(pdf).into_iter().filter(|stream| stream.starts_with(b"BT")).collect()
}

/// Count of sheets.
pub(super) fn sheets(pdf: &[u8]) -> usize {
    contents(pdf).len()
}

/// Every stream, inflated.
fn streams(pdf: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = pdf;
    while let Some(at) = find(rest, b"\nstream\n") {
        let length = number_after(&rest[..at], b"/Length ");
        let body = &rest[at + 8..at + 8 + length];
        assert!(rest[at + 8 + length..].starts_with(b"\nendstream"), "the length is that of the stream");
        let mut inflated = Vec::new();
        ZlibDecoder::new(body).read_to_end(&mut inflated).unwrap();
        found.push(inflated);
        rest = &rest[at + 8 + length..];
    }
    found
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The number behind the last `name`.
fn number_after(bytes: &[u8], name: &[u8]) -> usize {
    let at = bytes.windows(name.len()).rposition(|window| window == name).unwrap() + name.len();
    let digits: String = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
    digits.parse().unwrap()
}

/// The characters of the glyphs of a font file.
fn letters(file: &[u8]) -> HashMap<u16, char> {
    let face = Face::parse(file, 0).unwrap();
    // From the last character to the first, so that of two with one glyph the first stays.
    let known = (' '..='\u{ffff}').rev().filter_map(|letter| Some((face.glyph_index(letter)?.0, letter)));
    known.collect()
}

/// All text, a line each, in the order in which it is drawn.
pub(super) fn text(pdf: &[u8]) -> String {
    let fonts: HashMap<&str, _> = HashMap::from([
        ("/R", letters(include_bytes!("../fonts/NotoSans-Regular.ttf"))),
        ("/B", letters(include_bytes!("../fonts/NotoSans-Bold.ttf"))),
    ]);
    let mut text = String::new();
    for content in contents(pdf) {
        let mut font = "";
        for line in content.split(|byte| *byte == b'\n') {
            let words = String::from_utf8_lossy(line);
            if words.ends_with(" Tf") {
                font = if words.starts_with("/R") { "/R" } else { "/B" };
            }
            if let Some(string) = line.strip_suffix(b" Tj") {
                let glyphs = string_bytes(string);
                text.extend(glyphs.chunks(2).map(|pair| fonts[font][&u16::from_be_bytes([pair[0], pair[1]])]));
                text.push('\n');
            }
        }
    }
    text
}

/// The bytes of `<00ff>` or `(\000a)`.
fn string_bytes(string: &[u8]) -> Vec<u8> {
    let inner = &string[1..string.len() - 1];
    if string[0] == b'<' {
        return inner.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    }
    let (mut bytes, mut rest) = (Vec::new(), inner);
    while let Some((first, after)) = rest.split_first() {
        let (byte, length) = match (first, after.first()) {
            (b'\\', Some(b'0'..=b'7')) => (u8::from_str_radix(std::str::from_utf8(&after[..3]).unwrap(), 8).unwrap(), 3),
            (b'\\', Some(b'n')) => (b'\n', 1),
            (b'\\', Some(b'r')) => (b'\r', 1),
            (b'\\', Some(b't')) => (b'\t', 1),
            (b'\\', Some(b'b')) => (8, 1),
            (b'\\', Some(b'f')) => (12, 1),
            (b'\\', Some(letter)) => (*letter, 1),
            (letter, _) => (*letter, 0),
        };
        bytes.push(byte);
        rest = &after[length..];
    }
    bytes
}

/// What HTML shows, without its markup and with its escapes undone.
fn shown(html: &str) -> Vec<String> {
    let body = html.split_once("<body>").unwrap().1;
    let pieces = body.split('<').filter_map(|piece| piece.split_once('>')).flat_map(|(_, text)| text.split('\n'));
    let plain = |text: &str| {
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
        text.replace("&amp;", "&")
    };
    pieces.map(plain).filter(|text| !text.trim().is_empty()).collect()
}

#[test]
fn the_pdf_says_what_the_html_says() {
    for dossier in [dossier(), hostile()] {
        for language in [Language::English, Language::Turkish] {
            let packed = |text: &str| text.replace(char::is_whitespace, "");
            let text = packed(&text(&dossier.to_pdf(language).unwrap()));
            for piece in shown(&dossier.to_html(language)) {
                let piece = packed(&piece.replace('中', "\\u{4e2d}"));
                assert!(text.contains(&piece), "{piece}");
            }
        }
    }
}

#[test]
fn turkish_letters_are_letters() {
    // A line may end between two words.
    let packed = |text: &str| text.replace(char::is_whitespace, "");
    let text = packed(&text(&dossier().to_pdf(Language::Turkish).unwrap()));
    for words in [
        "Şikâyet dosyası",
        "Çağdaş Işık Mağazacılık",
        "ŞKY-2026/1187",
        "İYS kaydı",
        "Alıcı bu markanın bu kanaldaki iletilerini onayladı.",
    ] {
        assert!(text.contains(&packed(words)), "{words}: {text}");
    }
}

#[test]
fn every_sheet_has_its_number_and_nothing_leaves_it() {
    let mut dossier = dossier();
    dossier.decisions = dossier.decisions.iter().cycle().take(100).cloned().collect();
    dossier.decisions[50].reference = "x".repeat(20_000);
    let pdf = dossier.to_pdf(Language::English).unwrap();
    let (text, sheets) = (text(&pdf), contents(&pdf));
    assert!(sheets.len() > 15);
    for number in 1..=sheets.len() {
        assert!(text.contains(&format!("\n{number} / {}\n", sheets.len())), "{number}");
    }
    assert!(text.matches('x').count() > 20_000, "a row higher than a sheet goes on");
    for sheet in sheets {
        for line in String::from_utf8_lossy(&sheet).lines().filter(|line| line.ends_with(" Tm")) {
            let places: Vec<f32> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
            let (x, y) = (places[4], places[5]);
            assert!((42.0..554.0).contains(&x) && (30.0..800.0).contains(&y), "{line}");
        }
    }
}

#[test]
fn the_table_of_objects_is_right_and_the_bytes_depend_on_the_dossier_alone() {
    let pdf = dossier().to_pdf(Language::Turkish).unwrap();
    assert!(pdf == dossier().to_pdf(Language::Turkish).unwrap());
    assert!(pdf.starts_with(b"%PDF-1.7") && pdf.ends_with(b"%%EOF"));
    assert!(pdf.len() < 80_000, "{} bytes", pdf.len());
    let table = number_after(&pdf, b"startxref\n");
    let lines: Vec<_> = pdf[table..]
        .split(|byte| *byte == b'\n')
        .skip(3)
        .take_while(|line| line.ends_with(b" n\r") || line.ends_with(b" n "))
        .collect();
    assert!(lines.len() > 15);
    for (number, line) in (1..).zip(lines) {
        let at: usize = std::str::from_utf8(&line[..10]).unwrap().parse().unwrap();
        assert!(pdf[at..].starts_with(format!("{number} 0 obj").as_bytes()), "object {number}");
    }
}
