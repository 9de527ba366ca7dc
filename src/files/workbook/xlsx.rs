//! `.xlsx` and `.xlsm`.

use super::cell::text_of;
use super::choice::{Listed, choose};
use super::grid::{Grid, Limits};
use super::problem::{Damage, Problem};
use super::{Place, archive};
use calamine::{Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use std::fs::File;
use std::io::BufReader;

/// The rows and columns that the format has.
const LIMITS: Limits = Limits { rows: 1_048_576, columns: 16_384 };

type Book = Xlsx<BufReader<File>>;

/// Reads the sheet that is meant.
pub(super) fn read(mut file: File, named: Option<&str>) -> Result<Grid, Problem> {
    let formulas = archive::check(&mut file)?;
    let mut book: Book = Xlsx::new(BufReader::new(file)).map_err(problem_of)?;
    let sheets: Vec<Listed> = book.sheets_metadata().iter().map(listed).collect();
    let choice = choose(&sheets, named, |sheet| has_content(&mut book, &sheets[sheet].name))?;
    let from_1904 = book.has_1904_epoch();
    let mut cells = book.worksheet_cells_reader(&sheets[choice.sheet].name).map_err(problem_of)?;
    let mut grid = Grid::new(LIMITS);
    if formulas.any {
        while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(problem_of)? {
            let place = Place { row: cell.pos.0, column: cell.pos.1 };
            grid.cell(place, &text_of(&cell.value, from_1904))?;
            if cell.formula.is_some() {
                grid.formula(place);
            }
        }
    } else {
        while let Some(cell) = cells.next_cell().map_err(problem_of)? {
            let (row, column) = cell.get_position();
            grid.cell(Place { row, column }, &text_of(cell.get_value(), from_1904))?;
        }
    }
    for filled in formulas.filled {
        (filled.first.column..=filled.last_column.min(LIMITS.columns))
            .for_each(|column| grid.formula(Place { column, ..filled.first }));
    }
    grid.finish(choice.unread)
}

fn listed(sheet: &calamine::Sheet) -> Listed {
    Listed {
        name: sheet.name.clone(),
        visible: sheet.visible == SheetVisible::Visible,
        has_rows: sheet.typ == SheetType::WorkSheet,
    }
}

/// Whether a cell holds more than white space, or a formula.
fn has_content(book: &mut Book, name: &str) -> Result<bool, Problem> {
    let mut cells = book.worksheet_cells_reader(name).map_err(problem_of)?;
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(problem_of)? {
        if cell.formula.is_some() || !text_of(&cell.value, false).trim().is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn problem_of(error: XlsxError) -> Problem {
    match error {
        XlsxError::Password => Problem::Password,
        XlsxError::Unrecognized { typ: "sheet:type", .. } => Problem::Damaged(Damage::SheetKind),
        XlsxError::CellError(_) => Problem::Damaged(Damage::ErrorValue),
        _ => Problem::Damaged(Damage::Unreadable),
    }
}
