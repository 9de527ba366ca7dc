//! The archive of an `.xlsx`: what it unpacks to, and the formulas whose results lie in other cells.
//!
//! Every part is unpacked to nowhere: what an archive says of its own sizes and checksums is not to be relied on. On the
//! way they are searched for formulas that fill a range (`t="array"`, which results that spill are too, and
//! `t="dataTable"`): the cells that they fill are written as plain values, so that a parser sees no formula there.

use super::Place;
use super::problem::{Bound, Damage, Format, Problem};
use memchr::memmem;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use zip::ZipArchive;

/// Bytes of all parts: a full sheet of movements unpacks to about 600 MiB.
const MAX_UNPACKED: u64 = 2 << 30;
/// Bytes of a tag that is looked at: a formula's attributes have some hundred.
const MAX_TAG: usize = 4 << 10;
/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// The columns, from 0, that a formula fills, and its first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) first: Place,
    pub(super) last_column: u32,
}

/// The formulas of all sheets of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Formulas {
    /// Whether there are any at all: nearly no sheet of movements has.
    pub(super) any: bool,
    /// What some of them fill beside their own cell.
    pub(super) filled: Vec<Filled>,
}

/// Checks an archive; the formulas of its sheets.
pub(super) fn check(file: &mut File) -> Result<Formulas, Problem> {
    let formulas = unpack(&mut *file, MAX_UNPACKED)?;
    file.rewind().map_err(unreadable)?;
    Ok(formulas)
}

fn unpack(input: impl Read + Seek, bound: u64) -> Result<Formulas, Problem> {
    let mut archive = ZipArchive::new(BufReader::new(input)).map_err(unreadable)?;
    if let Some(format) = other_format(&archive) {
        return Err(Problem::OtherFormat(format));
    }
    let (mut left, mut formulas, mut chunk) = (bound, Formulas::default(), vec![0; CHUNK]);
    for number in 0..archive.len() {
        let mut part = archive.by_index(number).map_err(unreadable)?;
        // A sheet may lie anywhere.
        let mut scan = Scan::default();
        loop {
            let read = part.read(&mut chunk).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            left = left.checked_sub(read as u64).ok_or(Problem::TooLarge(Bound::Unpacked))?;
            scan.push(&chunk[..read])?;
        }
        formulas.any |= scan.formulas.any;
        formulas.filled.append(&mut scan.formulas.filled);
    }
    Ok(formulas)
}

fn unreadable<E>(_: E) -> Problem {
    Problem::Damaged(Damage::Unreadable)
}

fn other_format<R: Read + Seek>(archive: &ZipArchive<R>) -> Option<Format> {
    let has = |wanted: &str| archive.file_names().any(|name| name.is_ok_and(|name| name.eq_ignore_ascii_case(wanted)));
    if has("xl/workbook.bin") {
        Some(Format::Xlsb)
    } else if has("mimetype") && !has("[Content_Types].xml") {
        Some(Format::Ods)
    } else {
        None
    }
}

/// The text of a part, piece by piece.
#[derive(Default)]
struct Scan {
    /// Behind the last tag that was looked at.
    text: Vec<u8>,
    formulas: Formulas,
}

impl Scan {
    fn push(&mut self, piece: &[u8]) -> Result<(), Problem> {
        self.text.extend_from_slice(piece);
        let whole = memchr::memrchr(b'>', &self.text).map_or(0, |end| end + 1);
        let tags = &self.text[..whole];
        self.formulas.any = self.formulas.any || may_have_formula(tags);
        if self.formulas.any {
            for kind in [&b"array"[..], b"dataTable"] {
                for at in memmem::find_iter(tags, kind) {
                    self.formulas.filled.extend(filled(tags, at)?);
                }
            }
        }
        // A tag whose end has not come yet is looked at with the next piece; one that is longer than what is kept is taken
        // for a formula's.
        let open = memchr::memchr(b'<', &self.text[whole..]).map(|open| self.text.len() - whole - open);
        self.formulas.any |= open.is_some_and(|length| length > MAX_TAG);
        let keep = (self.text.len() - whole).min(MAX_TAG);
        self.text.drain(..self.text.len() - keep);
        Ok(())
    }
}

/// Whether a tag may be a formula's: `<f>`, `<f t="shared"/>`, `<x:f>`.
fn may_have_formula(tags: &[u8]) -> bool {
    let ends_name = |at: usize| tags.get(at).is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'));
    let in_any_namespace = || memmem::find_iter(tags, b":f").any(|at| ends_name(at + 2));
    memmem::find_iter(tags, b"<f").any(|at| ends_name(at + 2)) || in_any_namespace()
}

/// What the tag around `at` fills, if it is a formula's.
fn filled(text: &[u8], at: usize) -> Result<Option<Filled>, Problem> {
    let begin = at.saturating_sub(MAX_TAG);
    let Some(open) = memchr::memrchr(b'<', &text[begin..at]).map(|open| begin + open) else { return Ok(None) };
    let end = memchr::memchr(b'>', &text[at..]).map_or(text.len(), |end| at + end);
    let tag = &text[open + 1..end];
    let name_end = tag.iter().position(u8::is_ascii_whitespace).unwrap_or(tag.len());
    let (name, attributes) = tag.split_at(name_end);
    if name.rsplit(|byte| *byte == b':').next() != Some(b"f") {
        return Ok(None);
    }
    match attribute(attributes, b"ref") {
        // It fills its own cell alone.
        None => Ok(None),
        Some(range) => range_of(range).map(Some).ok_or(Problem::Damaged(Damage::Unreadable)),
    }
}

/// The value of an attribute.
fn attribute<'a>(tag: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    memmem::find_iter(tag, name).find_map(|at| {
        let before = at.checked_sub(1).map(|before| tag[before])?;
        let value = tag[at + name.len()..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let (quote, value) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
        before.is_ascii_whitespace().then_some(&value[..memchr::memchr(*quote, value)?])
    })
}

/// `B2:D9`, or `B2`.
fn range_of(text: &[u8]) -> Option<Filled> {
    let text = std::str::from_utf8(text).ok()?;
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last) = (place_of(first)?, place_of(last)?);
    Some(Filled { first, last_column: last.column.max(first.column) })
}

fn place_of(text: &str) -> Option<Place> {
    let text = text.trim().replace('$', "");
    let (letters, digits) = text.split_at(text.find(|letter: char| letter.is_ascii_digit())?);
    let column = letters.bytes().try_fold(0_u32, |column, letter| {
        let letter = letter.to_ascii_uppercase();
        letter.is_ascii_uppercase().then(|| column.checked_mul(26)?.checked_add(u32::from(letter - b'A') + 1)).flatten()
    })?;
    let row: u32 = digits.parse().ok()?;
    Some(Place { row: row.checked_sub(1)?, column: column.checked_sub(1)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn archive(parts: &[(&str, &[u8])]) -> Cursor<Vec<u8>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap()
    }

    fn filled_by(xml: &str) -> Result<Vec<(u32, u32, u32)>, Problem> {
        let found = unpack(archive(&[("xl/worksheets/sheet1.xml", xml.as_bytes())]), 1 << 30)?;
        assert!(found.any || found.filled.is_empty());
        Ok(found.filled.iter().map(|filled| (filled.first.row, filled.first.column, filled.last_column)).collect())
    }

    #[test]
    fn what_the_archive_really_holds_is_counted() {
        let parts = archive(&[("a", &vec![0; 70_000]), ("b", &vec![0; 70_000])]);
        assert_eq!(unpack(parts.clone(), 140_000), Ok(Formulas::default()));
        assert_eq!(unpack(parts.clone(), 139_999), Err(Problem::TooLarge(Bound::Unpacked)));
        let mut damaged = parts.into_inner();
        damaged.truncate(100);
        assert_eq!(unpack(Cursor::new(damaged), 1 << 30), Err(Problem::Damaged(Damage::Unreadable)));
    }

    /// Its sizes stand behind the data, and its head says none.
    #[test]
    fn a_part_whose_head_has_no_size_is_counted_too() {
        let mut archive = ZipWriter::new_stream(Vec::new());
        archive.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default()).unwrap();
        archive.write_all(&vec![b' '; 200_000]).unwrap();
        let parts = Cursor::new(archive.finish().unwrap().into_inner());
        assert_eq!(unpack(parts.clone(), 200_000), Ok(Formulas::default()));
        assert_eq!(unpack(parts, 199_999), Err(Problem::TooLarge(Bound::Unpacked)));
    }

    #[test]
    fn other_formats_are_known_by_their_parts() {
        let format = |parts: &[(&str, &[u8])]| unpack(archive(parts), 1 << 30);
        assert_eq!(format(&[("xl/workbook.bin", b"")]), Err(Problem::OtherFormat(Format::Xlsb)));
        assert_eq!(format(&[("mimetype", b""), ("content.xml", b"")]), Err(Problem::OtherFormat(Format::Ods)));
    }

    #[test]
    fn formulas_that_fill_a_range_are_found() {
        assert_eq!(filled_by("<f t=\"array\" ref=\"B2:D9\">x</f>"), Ok(vec![(1, 1, 3)]));
        assert_eq!(filled_by("<x:f\n ref = '$AA$10' t='array'/>"), Ok(vec![(9, 26, 26)]));
        assert_eq!(filled_by("<f t=\"dataTable\" ref=\"C1:C9\" dt2D=\"1\"/>"), Ok(vec![(0, 2, 2)]));
        assert_eq!(
            filled_by("<f t=\"shared\" ref=\"B2:D9\" si=\"0\">x</f><t>array ref=\"B2\"</t><fx t=\"array\" ref=\"A1\"/>"),
            Ok(vec![])
        );
        assert_eq!(filled_by("<f t=\"array\">x</f>"), Ok(vec![]));
        assert_eq!(filled_by("<f t=\"array\" ref=\"&#65;1:C2\">x</f>"), Err(Problem::Damaged(Damage::Unreadable)));
        let long = format!("{}<f t=\"array\" ref=\"B2:D9\">x</f>{}", "y".repeat(CHUNK - 12), "y".repeat(CHUNK));
        assert_eq!(filled_by(&long), Ok(vec![(1, 1, 3)]), "over the end of a piece");
        for (xml, any) in [
            ("<f>1</f>", true),
            ("<f/>", true),
            ("<x:f si=\"0\"/>", true),
            ("<c><v>1</v></c><fill/><t>f: 1</t>", false),
            (&format!("<f{}>1</f", " ".repeat(2 * CHUNK)), true),
        ] {
            let formulas = unpack(archive(&[("xl/worksheets/sheet1.xml", xml.as_bytes())]), 1 << 30).unwrap();
            assert_eq!(formulas.any, any, "{xml}");
        }
    }
}
