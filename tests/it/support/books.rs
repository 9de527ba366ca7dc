//! Workbooks made part by part, sound and crafted ones: what a library for writing them does not write.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Whether people see a sheet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Visible,
    Hidden,
    VeryHidden,
}

/// A cell, its text or number, and perhaps that it is a formula.
#[derive(Clone)]
pub enum Value {
    Text(&'static str),
    Number(f64),
    /// A number under the second format, `yyyy-mm-dd hh:mm:ss`.
    Moment(f64),
    Formula(&'static str),
    Error,
}

/// A sheet of cells at their places, from 0.
pub struct Sheet {
    pub name: &'static str,
    pub seen: Seen,
    pub cells: Vec<(u32, u32, Value)>,
}

impl Sheet {
    /// A visible sheet of texts.
    pub fn of(name: &'static str, rows: &[&[&'static str]]) -> Self {
        let cells = (0..).zip(rows).flat_map(|(row, cells)| {
            (0..).zip(*cells).filter(|(_, text)| !text.is_empty()).map(move |(column, text)| (row, column, Value::Text(text)))
        });
        Self { name, seen: Seen::Visible, cells: cells.collect() }
    }

    pub fn seen(self, seen: Seen) -> Self {
        Self { seen, ..self }
    }

    pub fn with(mut self, row: u32, column: u32, value: Value) -> Self {
        self.cells.retain(|(r, c, _)| (*r, *c) != (row, column));
        self.cells.push((row, column, value));
        self
    }
}

/// `A1` of a place from 0.
pub fn place(row: u32, column: u32) -> String {
    let mut letters = String::new();
    let mut left = column + 1;
    while left > 0 {
        letters.insert(0, char::from(b'A' + ((left - 1) % 26) as u8));
        left = (left - 1) / 26;
    }
    format!("{letters}{}", row + 1)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn cell_xml(row: u32, column: u32, value: &Value) -> String {
    let at = place(row, column);
    match value {
        Value::Text(text) => {
            format!("<c r=\"{at}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>", escaped(text))
        }
        Value::Number(number) => format!("<c r=\"{at}\"><v>{number:?}</v></c>"),
        Value::Moment(number) => format!("<c r=\"{at}\" s=\"1\"><v>{number}</v></c>"),
        Value::Formula(text) => format!("<c r=\"{at}\" t=\"str\"><f>\"{0}\"</f><v>{0}</v></c>", escaped(text)),
        Value::Error => format!("<c r=\"{at}\" t=\"e\"><v>#N/A</v></c>"),
    }
}

/// The rows of a sheet as XML, in their order.
pub fn rows_xml(sheet: &Sheet) -> String {
    let mut cells = sheet.cells.clone();
    cells.sort_by_key(|(row, column, _)| (*row, *column));
    let mut xml = String::new();
    for rows in cells.chunk_by(|one, next| one.0 == next.0) {
        let _ = write!(xml, "<row r=\"{}\">", rows[0].0 + 1);
        xml.extend(rows.iter().map(|(row, column, value)| cell_xml(*row, *column, value)));
        xml.push_str("</row>");
    }
    xml
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const STYLES: &str = "<numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd hh:mm:ss\"/></numFmts>\
    <cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"164\" applyNumberFormat=\"1\"/></cellXfs>";

/// A part of an archive: its name and text.
pub type Part = (String, String);

/// The parts of an `.xlsx` whose sheets have these names, states and rows as XML.
pub fn parts(sheets: &[(&str, Seen, String)]) -> Vec<Part> {
    let (mut list, mut relations) = (String::new(), String::new());
    let mut parts = vec![
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        ("xl/styles.xml".to_owned(), format!("<styleSheet xmlns=\"{MAIN}\">{STYLES}</styleSheet>")),
    ];
    for (number, (name, seen, rows)) in (1..).zip(sheets) {
        let state = match seen {
            Seen::Visible => "",
            Seen::Hidden => " state=\"hidden\"",
            Seen::VeryHidden => " state=\"veryHidden\"",
        };
        let _ = write!(list, "<sheet name=\"{}\" sheetId=\"{number}\"{state} r:id=\"rId{number}\"/>", escaped(name));
        let _ = write!(
            relations,
            "<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
        let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
        parts.push((format!("xl/worksheets/sheet{number}.xml"), sheet));
    }
    let workbook = format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{list}</sheets></workbook>");
    parts.push(("xl/workbook.xml".to_owned(), workbook));
    let relations = format!("<Relationships xmlns=\"{PACKAGE}\">{relations}</Relationships>");
    parts.push(("xl/_rels/workbook.xml.rels".to_owned(), relations));
    parts
}

/// An archive of parts.
pub fn packed(parts: &[Part]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// An `.xlsx` of sheets.
pub fn xlsx(sheets: &[Sheet]) -> Vec<u8> {
    packed(&parts(&sheets.iter().map(|sheet| (sheet.name, sheet.seen, rows_xml(sheet))).collect::<Vec<_>>()))
}

/// An `.xlsx` of one sheet whose rows are this XML.
pub fn xlsx_of(rows: &str) -> Vec<u8> {
    packed(&parts(&[("Sayfa1", Seen::Visible, rows.to_owned())]))
}

/// A record of an `.xls`.
pub fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &u16::try_from(data.len()).unwrap().to_le_bytes(), data].concat()
}

fn begin(kind: u16) -> Vec<u8> {
    record(0x0809, &[&0x0600_u16.to_le_bytes()[..], &kind.to_le_bytes(), &[0; 12]].concat())
}

/// Two bytes a letter, behind the flag that says so.
fn unicode(text: &str) -> Vec<u8> {
    [1].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn text_xls(text: &str) -> Vec<u8> {
    [&(text.encode_utf16().count() as u16).to_le_bytes()[..], &unicode(text)].concat()
}

/// Row, column and format of a cell.
pub fn at(row: u32, column: u32, format: u16) -> Vec<u8> {
    [row as u16, column as u16, format].iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn cell_xls(row: u32, column: u32, value: &Value) -> Vec<u8> {
    match value {
        Value::Text(text) => record(0x0204, &[at(row, column, 0), text_xls(text)].concat()),
        Value::Number(number) => record(0x0203, &[at(row, column, 0), number.to_le_bytes().to_vec()].concat()),
        Value::Moment(number) => record(0x0203, &[at(row, column, 1), number.to_le_bytes().to_vec()].concat()),
        // As Excel writes a column filled down: the formula itself stands elsewhere, and its text comes in a record behind.
        Value::Formula(text) => {
            let (value, head) = ([0, 0, 0, 0, 0, 0, 0xFF, 0xFF], [0x08, 0, 0, 0, 0, 0, 5, 0, 0x01]);
            let formula = [at(row, column, 0), value.to_vec(), head.to_vec(), vec![row as u8, 0, column as u8, 0]].concat();
            [record(0x0006, &formula), record(0x0207, &text_xls(text))].concat()
        }
        Value::Error => record(0x0205, &[at(row, column, 0), vec![0x2A, 1]].concat()),
    }
}

/// The records of a sheet's cells.
pub fn cells_xls(sheet: &Sheet) -> Vec<u8> {
    sheet.cells.iter().flat_map(|(row, column, value)| cell_xls(*row, *column, value)).collect()
}

/// An `.xls` whose sheets have these names, states and records.
pub fn xls_of(sheets: &[(&str, Seen, Vec<u8>)]) -> Vec<u8> {
    let bound = |(name, seen, _): &(&str, Seen, Vec<u8>), begin: u32| {
        let name = [&[name.encode_utf16().count() as u8][..], &unicode(name)].concat();
        record(0x0085, &[&begin.to_le_bytes()[..], &[*seen as u8, 0], &name].concat())
    };
    let format = [&164_u16.to_le_bytes()[..], &text_xls("yyyy-mm-dd hh:mm:ss")].concat();
    let style = |format: u16| record(0x00E0, &[&[0, 0][..], &format.to_le_bytes(), &[0; 16]].concat());
    let head = [begin(0x0005), record(0x0042, &1200_u16.to_le_bytes()), record(0x041E, &format), style(0), style(164)].concat();
    let end = record(0x000A, &[]);
    let bodies: Vec<Vec<u8>> = sheets.iter().map(|(_, _, cells)| [begin(0x0010), cells.clone(), end.clone()].concat()).collect();
    let globals = head.len() + sheets.iter().map(|sheet| bound(sheet, 0).len()).sum::<usize>() + end.len();
    let mut book = head;
    let mut begins = globals;
    for (sheet, body) in sheets.iter().zip(&bodies) {
        book.extend(bound(sheet, begins as u32));
        begins += body.len();
    }
    book.extend(end);
    book.extend(bodies.concat());
    container("Workbook", &book)
}

/// A container of one stream.
pub fn container(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream(name).unwrap().write_all(bytes).unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// An `.xls` of sheets.
pub fn xls(sheets: &[Sheet]) -> Vec<u8> {
    xls_of(&sheets.iter().map(|sheet| (sheet.name, sheet.seen, cells_xls(sheet))).collect::<Vec<_>>())
}

/// Both forms of a workbook, with the ends of their names.
pub fn both(sheets: &[Sheet]) -> [(&'static str, Vec<u8>); 2] {
    [("xlsx", xlsx(sheets)), ("xls", xls(sheets))]
}
