//! A walk over the records of an `.xls` (BIFF5 and BIFF8), before and beside its parser.
//!
//! The parser makes room for as many cells as a sheet says that it has, takes the last of two cells at one place, drops a
//! cell whose text is missing, sees no formula in a column that was filled down, and takes a sheet that breaks off for
//! whole. The walk sees each record once: it refuses what the format does not allow and says where values and formulas
//! stand, so that what the parser made of them can be held against it.

use super::Place;
use super::grid::Limits;
use super::problem::{Damage, Problem};
use std::collections::BTreeMap;

/// The rows and columns that the format has.
pub(super) const LIMITS: Limits = Limits { rows: 65_536, columns: 256 };

/// Kinds of records.
mod kind {
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const EOF: u16 = 0x000A;
    pub(super) const FILE_PASS: u16 = 0x002F;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const MUL_RK: u16 = 0x00BD;
    pub(super) const R_STRING: u16 = 0x00D6;
    pub(super) const LABEL_SST: u16 = 0x00FD;
    pub(super) const DIMENSIONS: u16 = 0x0200;
    pub(super) const NUMBER: u16 = 0x0203;
    pub(super) const LABEL: u16 = 0x0204;
    pub(super) const BOOL_ERR: u16 = 0x0205;
    pub(super) const RK: u16 = 0x027E;
    pub(super) const BOF: u16 = 0x0809;
}

/// The cells of a sheet.
#[derive(Debug, Default)]
pub(super) struct Cells {
    values: Taken,
    formulas: Taken,
    /// How many values are no formula's.
    pub(super) count: usize,
    /// The first row with a formula, by column.
    pub(super) first_formulas: BTreeMap<u32, u32>,
}

/// A bit for each place of a sheet, as far as there are any: two megabytes at most.
#[derive(Debug, Default)]
struct Taken(Vec<u64>);

/// Walks over a workbook: the cells of each sheet in the order of its list, none of a sheet without rows.
pub(super) fn walk(book: &[u8]) -> Result<Vec<Option<Cells>>, Problem> {
    let (mut begins, mut ended) = (Vec::new(), false);
    for record in Records(book) {
        let (kind, data) = record?;
        match kind {
            kind::FILE_PASS => return Err(Problem::Password),
            kind::BOUND_SHEET => begins.push(bound_sheet(data).ok_or(UNREADABLE)?),
            kind::EOF => {
                ended = true;
                break;
            }
            _ => {}
        }
    }
    if !ended {
        return Err(Problem::Damaged(Damage::NoEnd));
    }
    let cells = |(begin, has_rows): (usize, bool)| {
        let records = book.get(begin..).unwrap_or_default();
        // What the list says of a sheet and what its beginning says are one.
        match (has_rows, is_worksheet(records)) {
            (true, _) => sheet(records).map(Some),
            (false, true) => Err(UNREADABLE),
            (false, false) => Ok(None),
        }
    };
    begins.into_iter().map(cells).collect()
}

/// Whether the beginning of a sheet says that it has rows.
fn is_worksheet(records: &[u8]) -> bool {
    const WORKSHEET: [u8; 2] = [0x10, 0x00];
    let begin = Records(records).next().and_then(Result::ok).filter(|(kind, _)| *kind == kind::BOF);
    begin.is_some_and(|(_, data)| data.get(2..4) == Some(&WORKSHEET))
}

const UNREADABLE: Problem = Problem::Damaged(Damage::Unreadable);

/// Where a sheet begins, and whether it has rows.
fn bound_sheet(data: &[u8]) -> Option<(usize, bool)> {
    let begin = u32::from_le_bytes(*data.first_chunk()?);
    Some((begin as usize, *data.get(5)? == 0))
}

fn sheet(records: &[u8]) -> Result<Cells, Problem> {
    let (mut cells, mut depth) = (Cells::default(), 0);
    for record in Records(records) {
        let (kind, data) = record?;
        match (kind, depth) {
            (kind::BOF, _) => depth += 1,
            // A sheet begins with its own beginning.
            (_, 0) => return Err(UNREADABLE),
            (kind::EOF, 1) => return Ok(cells),
            (kind::EOF, _) => depth -= 1,
            // Charts in a sheet have cells of their own.
            (_, 1) => cells.take(kind, data)?,
            _ => {}
        }
    }
    Err(Problem::Damaged(Damage::NoEnd))
}

impl Cells {
    /// Whether a value or a formula stands at a place.
    pub(super) fn has(&self, place: Place) -> bool {
        self.values.has(place) || self.formulas.has(place)
    }

    /// Whether a formula stands at a place.
    pub(super) fn is_formula(&self, place: Place) -> bool {
        self.formulas.has(place)
    }

    fn take(&mut self, kind: u16, data: &[u8]) -> Result<(), Problem> {
        let word = |at: usize| Some(u16::from_le_bytes(*data.get(at..)?.first_chunk()?));
        let place = || Some(Place { row: word(0)?.into(), column: word(2)?.into() });
        match kind {
            kind::DIMENSIONS if says_too_much(data) => Err(UNREADABLE),
            kind::NUMBER | kind::LABEL | kind::R_STRING | kind::BOOL_ERR | kind::RK | kind::LABEL_SST => {
                self.value(place().ok_or(UNREADABLE)?)
            }
            kind::MUL_RK => {
                let first = place().ok_or(UNREADABLE)?;
                let last = data.len().checked_sub(2).and_then(word).ok_or(UNREADABLE)?;
                (first.column..=u32::from(last)).try_for_each(|column| self.value(Place { column, ..first }))
            }
            kind::FORMULA => {
                let place = place().ok_or(UNREADABLE)?;
                self.refuse(place)?;
                self.formulas.put(place);
                let first = self.first_formulas.entry(place.column).or_insert(place.row);
                *first = place.row.min(*first);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn value(&mut self, place: Place) -> Result<(), Problem> {
        self.refuse(place)?;
        self.values.put(place);
        self.count += 1;
        Ok(())
    }

    /// Refuses a place that there is not, or that is taken.
    fn refuse(&self, place: Place) -> Result<(), Problem> {
        if place.row >= LIMITS.rows || place.column >= LIMITS.columns {
            return Err(Problem::Damaged(Damage::Beyond(place)));
        }
        if self.has(place) { Err(Problem::Damaged(Damage::Twice(place))) } else { Ok(()) }
    }
}

impl Taken {
    fn bit(place: Place) -> (usize, u64) {
        let number = place.row as usize * LIMITS.columns as usize + place.column as usize;
        (number / 64, 1 << (number % 64))
    }

    fn has(&self, place: Place) -> bool {
        let (word, bit) = Self::bit(place);
        self.0.get(word).is_some_and(|found| found & bit != 0)
    }

    fn put(&mut self, place: Place) {
        let (word, bit) = Self::bit(place);
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }
}

/// Whether a sheet's dimensions are beyond the format: room would be made for all of them.
fn says_too_much(data: &[u8]) -> bool {
    let word = |at: usize| data.get(at..at + 2).map_or(0, |bytes| u32::from(u16::from_le_bytes([bytes[0], bytes[1]])));
    let (rows, columns) = match data.len() {
        10 => (word(2), word(6)),
        14 | 16 => (word(4) | word(6) << 16, word(10)),
        _ => return false,
    };
    rows > LIMITS.rows || columns > LIMITS.columns
}

/// Records, each with its kind and data.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Result<(u16, &'a [u8]), Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let head = self.0.split_first_chunk::<4>();
        let record = head.and_then(|(head, rest)| {
            let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
            let (data, rest) = rest.split_at_checked(length)?;
            self.0 = rest;
            Some((u16::from_le_bytes([head[0], head[1]]), data))
        });
        Some(record.ok_or(Problem::Damaged(Damage::NoEnd)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
    }

    fn at(row: u16, column: u16) -> Vec<u8> {
        [row, column, 0].iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    /// A workbook of one sheet with these records, which its list says to be of this type.
    fn book(of_type: u8, records: &[Vec<u8>]) -> Vec<u8> {
        let end = record(kind::EOF, &[]);
        let globals =
            |begin: u32| [record(kind::BOUND_SHEET, &[&begin.to_le_bytes()[..], &[0, of_type]].concat()), end.clone()].concat();
        let begin = globals(0).len() as u32;
        [globals(begin), record(kind::BOF, &[0, 6, 0x10, 0]), records.concat()].concat()
    }

    /// The cells of a workbook of one sheet with these records.
    fn cells(records: &[Vec<u8>]) -> Result<Cells, Problem> {
        walk(&book(0, records)).map(|mut sheets| sheets.remove(0).unwrap())
    }

    #[test]
    fn values_and_formulas_are_seen_where_they_stand() {
        let end = record(kind::EOF, &[]);
        let mul = record(kind::MUL_RK, &[at(2, 3), vec![0; 12], 4_u16.to_le_bytes().to_vec()].concat());
        let chart = [record(kind::BOF, &[0; 16]), record(kind::NUMBER, &at(0, 0)), end.clone()].concat();
        let found = cells(&[record(kind::LABEL_SST, &at(0, 0)), mul, record(kind::FORMULA, &at(5, 1)), chart, end]).unwrap();
        let stands = |row, column| found.has(Place { row, column });
        assert_eq!([stands(0, 0), stands(2, 3), stands(2, 4), stands(2, 5), stands(5, 1)], [true, true, true, false, true]);
        assert_eq!((found.count, found.first_formulas.into_iter().collect::<Vec<_>>()), (3, vec![(1, 5)]));
    }

    #[test]
    fn what_the_format_does_not_allow_is_refused() {
        let end = || record(kind::EOF, &[]);
        let problem = |records: &[Vec<u8>]| cells(records).map(|_| ()).unwrap_err();
        let beyond = Problem::Damaged(Damage::Beyond(Place { row: 9, column: 256 }));
        assert_eq!(problem(&[record(kind::RK, &at(9, 256)), end()]), beyond);
        let twice = Problem::Damaged(Damage::Twice(Place { row: 1, column: 1 }));
        assert_eq!(problem(&[record(kind::RK, &at(1, 1)), record(kind::FORMULA, &at(1, 1)), end()]), twice);
        assert_eq!(problem(&[record(kind::RK, &at(1, 1))]), Problem::Damaged(Damage::NoEnd));
        assert_eq!(problem(&[record(kind::RK, &at(1, 1)), vec![0xFD]]), Problem::Damaged(Damage::NoEnd));
        assert_eq!(problem(&[record(kind::RK, &[1])]), UNREADABLE);
        assert_eq!(problem(&[record(kind::DIMENSIONS, &wide(65_537, 8))]), UNREADABLE);
        assert_eq!(walk(&record(kind::FILE_PASS, &[1, 0])).map(|_| ()), Err(Problem::Password));
        assert_eq!(walk(b"").map(|_| ()), Err(Problem::Damaged(Damage::NoEnd)));
        assert_eq!(walk(&book(2, &[end()])).map(|_| ()), Err(UNREADABLE), "a sheet of rows in the guise of a chart");
    }

    fn wide(rows: u32, columns: u16) -> Vec<u8> {
        [&[0; 4][..], &rows.to_le_bytes(), &[0, 0], &columns.to_le_bytes(), &[0, 0]].concat()
    }

    #[test]
    fn a_sheet_says_no_more_than_its_format_allows() {
        assert!(!says_too_much(&wide(65_536, 256)) && !says_too_much(b""));
        assert!(says_too_much(&wide(65_537, 8)) && says_too_much(&wide(9, 257)) && says_too_much(&wide(u32::MAX, u16::MAX)));
        assert!(says_too_much(&[0, 0, 9, 0, 0, 0, 1, 1, 0, 0]), "257 columns in the older form");
    }
}
