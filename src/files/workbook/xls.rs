//! `.xls`: the values are the parser's, what it may not lose or invent is the walk's ([`biff`]).

use super::cell::{borrowed, text_of};
use super::choice::{Listed, choose};
use super::grid::Grid;
use super::problem::{Damage, Problem};
use super::{Place, biff};
use calamine::{Data, Range, Reader, SheetType, SheetVisible, Xls, XlsError};
use cfb::CompoundFile;
use std::fs::File;
use std::io::{Cursor, Read};

/// The stream of a workbook: of Excel 97 and later, of Excel 95.
const STREAMS: [&str; 2] = ["/Workbook", "/Book"];
/// The stream of an encrypted `.xlsx`.
const ENCRYPTED: &str = "/EncryptedPackage";

/// Reads the sheet that is meant.
pub(super) fn read(mut file: File, named: Option<&str>) -> Result<Grid, Problem> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|_| UNREADABLE)?;
    let walked = biff::walk(&stream(&bytes)?)?;
    let mut book = Xls::new(Cursor::new(bytes)).map_err(problem_of)?;
    let sheets: Vec<Listed> = book.sheets_metadata().iter().map(listed).collect();
    if sheets.len() != walked.len() {
        return Err(UNREADABLE);
    }
    let choice = choose(&sheets, named, |sheet| {
        let cells = walked[sheet].as_ref().ok_or(UNREADABLE)?;
        Ok(!cells.first_formulas.is_empty() || cells.count > 0 && has_content(&range(&mut book, &sheets[sheet].name)?))
    })?;
    let cells = walked[choice.sheet].as_ref().ok_or(UNREADABLE)?;
    let range = range(&mut book, &sheets[choice.sheet].name)?;
    let (top, left) = range.start().unwrap_or_default();
    let (mut grid, mut values) = (Grid::new(biff::LIMITS), 0);
    for (row, column, value) in range.used_cells() {
        let place = Place { row: top.saturating_add(row as u32), column: left.saturating_add(column as u32) };
        if !cells.has(place) {
            return Err(UNREADABLE);
        }
        values += usize::from(!cells.is_formula(place));
        grid.cell(place, &text_of(&borrowed(value), book.has_1904_epoch()))?;
    }
    // The parser drops a cell whose text is missing.
    if values != cells.count {
        return Err(UNREADABLE);
    }
    cells.first_formulas.iter().for_each(|(column, row)| grid.formula(Place { row: *row, column: *column }));
    grid.finish(choice.unread)
}

const UNREADABLE: Problem = Problem::Damaged(Damage::Unreadable);

/// The workbook in its container.
fn stream(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut container = CompoundFile::open(Cursor::new(bytes)).map_err(|_| UNREADABLE)?;
    if container.is_stream(ENCRYPTED) {
        return Err(Problem::Password);
    }
    let name = STREAMS.into_iter().find(|name| container.is_stream(name)).ok_or(UNREADABLE)?;
    let mut book = Vec::new();
    container.open_stream(name).and_then(|mut stream| stream.read_to_end(&mut book)).map_err(|_| UNREADABLE)?;
    Ok(book)
}

fn listed(sheet: &calamine::Sheet) -> Listed {
    Listed {
        name: sheet.name.clone(),
        visible: sheet.visible == SheetVisible::Visible,
        has_rows: sheet.typ == SheetType::WorkSheet,
    }
}

fn range(book: &mut Xls<Cursor<Vec<u8>>>, name: &str) -> Result<Range<Data>, Problem> {
    book.worksheet_range(name).map_err(problem_of)
}

fn has_content(range: &Range<Data>) -> bool {
    range.used_cells().any(|(_, _, value)| !text_of(&borrowed(value), false).trim().is_empty())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn problem_of(error: XlsError) -> Problem {
    match error {
        XlsError::Password => Problem::Password,
        _ => UNREADABLE,
    }
}
