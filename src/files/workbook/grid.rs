//! Cells gathered into rows: in the order of their places, whatever order they came in.
//!
//! Bounds: a format's own rows and columns, [`MAX_LINE`] of text in a row, [`MAX_TEXT`] in all. A row is packed as soon as
//! the next one begins, so that a sheet takes its text and six bytes a cell.

use super::super::MAX_LINE;
use super::problem::{Bound, Damage, Problem};
use super::{Head, Place};
use std::collections::BTreeMap;

/// Bytes of text of all cells: a full sheet of movements has about 200 MiB. Shared strings make much of little, so that
/// what cells refer to is counted as well.
const MAX_TEXT: u64 = 1 << 30;
/// Bytes of a packed cell beside its text: its column and its length.
const CELL: usize = 6;

/// The rows and columns that a format has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) rows: u32,
    pub(super) columns: u32,
}

/// The rows of a sheet on their way into order.
pub(super) struct Grid {
    limits: Limits,
    rows: Vec<Row>,
    open: OpenRow,
    head: Head,
    /// The first row with a formula, by column.
    formulas: BTreeMap<u32, u32>,
}

/// A row with content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its number, from 0.
    pub(super) row: u32,
    /// Its cells, packed by column; `None` if they have more text than a row may have.
    pub(super) cells: Option<Box<[u8]>>,
}

/// The row whose cells are coming.
#[derive(Default)]
struct OpenRow {
    row: u32,
    /// Columns of all cells, empty ones too.
    columns: Vec<u32>,
    /// Column, begin and end of each cell with content.
    cells: Vec<(u32, usize, usize)>,
    text: String,
    too_long: bool,
}

impl Grid {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, rows: Vec::new(), open: OpenRow::default(), head: Head::default(), formulas: BTreeMap::new() }
    }

    /// Takes a cell; white space is no content.
    pub(super) fn cell(&mut self, place: Place, text: &str) -> Result<(), Problem> {
        if place.row >= self.limits.rows || place.column >= self.limits.columns {
            return Err(Problem::Damaged(Damage::Beyond(place)));
        }
        if place.row != self.open.row {
            self.end_row()?;
            self.open.row = place.row;
        }
        self.open.columns.push(place.column);
        if text.trim().is_empty() {
            return Ok(());
        }
        self.head.width = self.head.width.max(place.column + 1);
        self.head.text += text.len() as u64;
        if self.head.text > MAX_TEXT {
            return Err(Problem::TooLarge(Bound::Text));
        }
        self.open.push(place.column, text);
        Ok(())
    }

    /// Notes a formula.
    pub(super) fn formula(&mut self, place: Place) {
        let first = self.formulas.entry(place.column).or_insert(place.row);
        *first = place.row.min(*first);
    }

    /// The rows in their order.
    pub(super) fn finish(mut self, unread: Vec<String>) -> Result<Self, Problem> {
        self.end_row()?;
        if self.rows.windows(2).any(|pair| pair[0].row >= pair[1].row) {
            self.rows = merged(std::mem::take(&mut self.rows))?;
        }
        let formulas = self.formulas.iter().map(|(column, row)| Place { row: *row, column: *column }).collect();
        let (rows, last_row) = (self.rows.len() as u32, self.rows.last().map_or(0, |row| row.row + 1));
        self.head = Head { rows, last_row, formulas, unread, ..self.head };
        Ok(self)
    }

    pub(super) const fn head(&self) -> &Head {
        &self.head
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn end_row(&mut self) -> Result<(), Problem> {
        self.rows.extend(self.open.take()?);
        Ok(())
    }
}

impl OpenRow {
    fn push(&mut self, column: u32, text: &str) {
        if self.text.len() + text.len() > MAX_LINE {
            self.too_long = true;
        }
        if !self.too_long {
            let begin = self.text.len();
            self.text.push_str(text);
            self.cells.push((column, begin, self.text.len()));
        }
    }

    /// The row, if it has content; this is then the next one.
    fn take(&mut self) -> Result<Option<Row>, Problem> {
        if !self.columns.is_sorted_by(|one, next| one < next) {
            self.columns.sort_unstable();
            if let Some(pair) = self.columns.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(Problem::Damaged(Damage::Twice(Place { row: self.row, column: pair[0] })));
            }
            self.cells.sort_unstable();
        }
        let cells = if self.too_long { None } else { Some(self.packed()) };
        let content = self.too_long || !self.cells.is_empty();
        let row = self.row;
        self.too_long = false;
        self.columns.clear();
        self.cells.clear();
        self.text.clear();
        Ok(content.then_some(Row { row, cells }))
    }

    /// The number of cells, the column and the length of each, the text of all.
    fn packed(&self) -> Box<[u8]> {
        let mut packed = Vec::with_capacity(2 + self.cells.len() * CELL + self.text.len());
        // Columns, and so cells, are 16,384 at most; the text is bounded by MAX_LINE.
        packed.extend((self.cells.len() as u16).to_le_bytes());
        for (column, begin, end) in &self.cells {
            packed.extend((*column as u16).to_le_bytes());
            packed.extend(((end - begin) as u32).to_le_bytes());
        }
        self.cells.iter().for_each(|(_, begin, end)| packed.extend_from_slice(&self.text.as_bytes()[*begin..*end]));
        packed.into_boxed_slice()
    }
}

/// Rows in their order; parts of one row become one.
fn merged(mut rows: Vec<Row>) -> Result<Vec<Row>, Problem> {
    rows.sort_by_key(|row| row.row);
    let mut whole: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match whole.last_mut().filter(|last| last.row == row.row) {
            Some(last) => *last = joined(last, &row)?,
            None => whole.push(row),
        }
    }
    Ok(whole)
}

fn joined(one: &Row, other: &Row) -> Result<Row, Problem> {
    let mut open = OpenRow { row: one.row, too_long: one.cells.is_none() || other.cells.is_none(), ..OpenRow::default() };
    for cells in [one, other].into_iter().filter_map(|row| Packed::read(row.cells.as_deref()?)) {
        for (column, text) in cells.iter() {
            open.columns.push(column);
            open.push(column, text);
        }
    }
    let row = open.take()?;
    Ok(row.unwrap_or(Row { row: one.row, cells: None }))
}

/// The cells of a packed row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed<'a> {
    cells: &'a [[u8; CELL]],
    text: &'a str,
}

impl<'a> Packed<'a> {
    /// Reads what [`OpenRow::packed`] wrote; `None` if it is something else.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<2>()?;
        let (cells, text) = rest.split_at_checked(usize::from(u16::from_le_bytes(*count)) * CELL)?;
        let packed = Self { cells: cells.as_chunks().0, text: std::str::from_utf8(text).ok()? };
        let whole = packed.cells.iter().try_fold(0_usize, |at, cell| {
            let end = at + length(*cell);
            packed.text.is_char_boundary(end).then_some(end)
        });
        (whole == Some(text.len())).then_some(packed)
    }

    /// Column and text of each cell.
    pub(super) fn iter(self) -> impl Iterator<Item = (u32, &'a str)> {
        let mut rest = self.text;
        self.cells.iter().map(move |cell| {
            let (text, behind) = rest.split_at_checked(length(*cell)).unwrap_or((rest, ""));
            rest = behind;
            (u32::from(u16::from_le_bytes([cell[0], cell[1]])), text)
        })
    }
}

fn length(cell: [u8; CELL]) -> usize {
    u32::from_le_bytes([cell[2], cell[3], cell[4], cell[5]]) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { rows: 1_048_576, columns: 16_384 };

    fn grid(cells: &[(u32, u32, &str)]) -> Result<Grid, Problem> {
        let mut grid = Grid::new(LIMITS);
        for (row, column, text) in cells {
            grid.cell(Place { row: *row, column: *column }, text)?;
        }
        grid.finish(Vec::new())
    }

    fn rows(cells: &[(u32, u32, &str)]) -> Result<Vec<(u32, String)>, Problem> {
        let text = |row: &Row| {
            let cells = Packed::read(row.cells.as_deref().unwrap()).unwrap();
            cells.iter().fold(String::new(), |all, (column, text)| all + &format!("{column}={text};"))
        };
        grid(cells).map(|grid| grid.rows.iter().map(|row| (row.row, text(row))).collect())
    }

    #[test]
    fn rows_and_cells_are_put_in_order() {
        let cells = [(2, 1, "f"), (2, 0, "e"), (0, 3, "b"), (0, 1, "a"), (2, 2, "g"), (1, 0, "  ")];
        assert_eq!(rows(&cells), Ok(vec![(0, "1=a;3=b;".to_owned()), (2, "0=e;1=f;2=g;".to_owned())]));
        let head = Head { rows: 2, last_row: 3, width: 4, text: 5, ..Head::default() };
        assert_eq!(grid(&cells).unwrap().head, head);
    }

    #[test]
    fn a_cell_that_stands_twice_is_damage() {
        let twice = |row, column| Err(Problem::Damaged(Damage::Twice(Place { row, column })));
        assert_eq!(rows(&[(4, 7, "a"), (4, 7, "b")]), twice(4, 7));
        assert_eq!(rows(&[(4, 7, "a"), (4, 7, "")]), twice(4, 7), "an empty one of the two too");
        assert_eq!(rows(&[(4, 7, "a"), (5, 0, "b"), (4, 7, "c")]), twice(4, 7));
    }

    #[test]
    fn nothing_lies_beyond_the_format() {
        let beyond = |row, column| Err(Problem::Damaged(Damage::Beyond(Place { row, column })));
        assert_eq!(rows(&[(1_048_576, 0, "a")]), beyond(1_048_576, 0));
        assert_eq!(rows(&[(u32::MAX, 0, "")]), beyond(u32::MAX, 0));
        assert_eq!(rows(&[(0, 16_384, "a")]), beyond(0, 16_384));
        assert_eq!(rows(&[(1_048_575, 16_383, "a")]), Ok(vec![(1_048_575, "16383=a;".to_owned())]));
    }

    #[test]
    fn a_row_and_a_sheet_have_bounds() {
        let half = "x".repeat(MAX_LINE / 2 + 1);
        let long = grid(&[(0, 0, "a"), (1, 0, &half), (1, 1, &half), (1, 2, "b"), (2, 0, "c")]).unwrap();
        assert_eq!(
            long.rows.iter().map(|row| (row.row, row.cells.is_some())).collect::<Vec<_>>(),
            [(0, true), (1, false), (2, true)]
        );
        let parts = grid(&[(1, 0, &half), (0, 0, "a"), (1, 1, &half)]).unwrap();
        assert_eq!(parts.rows.iter().map(|row| (row.row, row.cells.is_some())).collect::<Vec<_>>(), [(0, true), (1, false)]);
        let line = "x".repeat(MAX_LINE);
        let mut grid = Grid::new(LIMITS);
        let full = (0..=1024).try_for_each(|row| grid.cell(Place { row, column: 0 }, &line));
        assert_eq!(full, Err(Problem::TooLarge(Bound::Text)));
    }

    proptest! {
        #[test]
        fn order_does_not_matter(
            (shuffled, sorted) in prop::collection::btree_map((0..6_u32, 0..6_u32), "[a-c]{0,2}", 0..20).prop_flat_map(|cells| {
                let sorted: Vec<((u32, u32), String)> = cells.into_iter().collect();
                (Just(sorted.clone()).prop_shuffle(), Just(sorted))
            })
        ) {
            let of = |cells: &[((u32, u32), String)]| {
                let cells: Vec<(u32, u32, &str)> = cells.iter().map(|((row, column), text)| (*row, *column, text.as_str())).collect();
                rows(&cells)
            };
            prop_assert_eq!(of(&shuffled), of(&sorted));
        }
    }
}
