//! The rows of a sheet as a stream of bytes between two processes.
//!
//! ```text
//! MAGIC  length of JSON (u32)  JSON: Ok(Head) or Err(Problem)
//! row (u32, from 0)  length (u32), or TOO_LONG  packed cells      … for every row, in order
//! END (u32)          rows (u32)
//! ```
//! Numbers are little-endian. The reader relies on nothing that it cannot check: a stream that breaks off, is out of
//! order or says more than its head is [`Broken`], and so is one without its end.

use super::super::MAX_LINE;
use super::Head;
use super::grid::{Grid, Packed};
use super::problem::Problem;
use std::io::{self, BufReader, BufWriter, Read, Write};

const MAGIC: [u8; 8] = *b"izgsheet";
/// Instead of a row: there are no more.
const END: u32 = u32::MAX;
/// Instead of a length: the row has more text than a row may have, and none of it is here.
const TOO_LONG: u32 = u32::MAX;
/// Bytes of the JSON at most: a name for each of 16,384 sheets, a formula for each of 16,384 columns.
const MAX_JSON: u32 = 16 << 20;
/// Bytes of a row: its text, and the heads of 16,384 cells.
const MAX_ROW: u32 = MAX_LINE as u32 + 16_384 * 6 + 2;
const BUFFER: usize = 256 << 10;

/// A reason for which a stream is not read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It ends before its end.
    Short,
    /// It says what cannot be.
    Wrong,
}

/// What stands next in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A row, from 0, whose cells are those of [`Frames::cells`], unless it is too long.
    Row { row: u32, too_long: bool },
    /// Nothing more.
    End,
}

/// Writes a sheet, or why there is none.
pub(super) fn write(output: impl Write, read: &Result<Grid, Problem>) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(BUFFER, output);
    let head: Result<&Head, &Problem> = read.as_ref().map(Grid::head);
    let json = serde_json::to_vec(&head)?;
    output.write_all(&MAGIC)?;
    output.write_all(&(json.len() as u32).to_le_bytes())?;
    output.write_all(&json)?;
    let rows = read.as_ref().map_or(&[][..], Grid::rows);
    for row in rows {
        output.write_all(&row.row.to_le_bytes())?;
        let length = row.cells.as_ref().map_or(TOO_LONG, |cells| cells.len() as u32);
        output.write_all(&length.to_le_bytes())?;
        output.write_all(row.cells.as_deref().unwrap_or_default())?;
    }
    output.write_all(&END.to_le_bytes())?;
    output.write_all(&(rows.len() as u32).to_le_bytes())?;
    output.flush()
}

/// A stream being read.
pub(super) struct Frames<R> {
    input: BufReader<R>,
    buffer: Vec<u8>,
    /// Rows so far, and the least that the next one may be.
    rows: u32,
    next: u32,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(BUFFER, input), buffer: Vec::new(), rows: 0, next: 0 }
    }

    /// The head of the sheet, or why there is none.
    pub(super) fn head(&mut self) -> Result<Result<Head, Problem>, Broken> {
        self.fill(MAGIC.len())?;
        if self.buffer != MAGIC {
            return Err(Broken::Wrong);
        }
        let length = self.number()?;
        if length > MAX_JSON {
            return Err(Broken::Wrong);
        }
        self.fill(length as usize)?;
        serde_json::from_slice(&self.buffer).map_err(|_| Broken::Wrong)
    }

    /// What stands next behind a head.
    pub(super) fn next(&mut self, head: &Head) -> Result<Frame, Broken> {
        let (row, length) = (self.number()?, self.number()?);
        if row == END {
            return if length == self.rows && length == head.rows { Ok(Frame::End) } else { Err(Broken::Wrong) };
        }
        if row < self.next || row >= head.last_row {
            return Err(Broken::Wrong);
        }
        (self.rows, self.next) = (self.rows.saturating_add(1), row + 1);
        if length == TOO_LONG {
            return Ok(Frame::Row { row, too_long: true });
        }
        if length > MAX_ROW {
            return Err(Broken::Wrong);
        }
        self.fill(length as usize)?;
        let mut next = 0;
        for (column, _) in Packed::read(&self.buffer).ok_or(Broken::Wrong)?.iter() {
            if column < next || column >= head.width {
                return Err(Broken::Wrong);
            }
            next = column + 1;
        }
        Ok(Frame::Row { row, too_long: false })
    }

    /// The cells of the row that was read last.
    pub(super) fn cells(&self) -> Option<Packed<'_>> {
        Packed::read(&self.buffer)
    }

    fn number(&mut self) -> Result<u32, Broken> {
        let mut number = [0; 4];
        self.input.read_exact(&mut number).map_err(|_| Broken::Short)?;
        Ok(u32::from_le_bytes(number))
    }

    fn fill(&mut self, length: usize) -> Result<(), Broken> {
        self.buffer.resize(length, 0);
        self.input.read_exact(&mut self.buffer).map_err(|_| Broken::Short)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::super::grid::Limits;
    use super::*;
    use proptest::prelude::*;

    fn sheet() -> Vec<u8> {
        let mut grid = Grid::new(Limits { rows: 100, columns: 100 });
        for (row, column, text) in [(0, 0, "telefon"), (0, 2, "ad"), (3, 0, "05321234567"), (4, 0, "çok")] {
            grid.cell(Place { row, column }, text).unwrap();
        }
        grid.cell(Place { row: 7, column: 1 }, &"x".repeat(MAX_LINE + 1)).unwrap();
        grid.formula(Place { row: 3, column: 2 });
        let mut bytes = Vec::new();
        write(&mut bytes, &grid.finish(vec!["eski".to_owned()])).unwrap();
        bytes
    }

    /// The rows of a stream to its end.
    fn rows(bytes: &[u8]) -> Result<Vec<(u32, String)>, Broken> {
        let mut frames = Frames::new(bytes);
        let head = frames.head()?.unwrap();
        let mut rows = Vec::new();
        loop {
            match frames.next(&head)? {
                Frame::End => return Ok(rows),
                Frame::Row { row, too_long: true } => rows.push((row, "too long".to_owned())),
                Frame::Row { row, .. } => {
                    let cells = frames.cells().unwrap();
                    let text = cells.iter().fold(String::new(), |all, (column, text)| all + &format!("{column}={text};"));
                    rows.push((row, text));
                }
            }
        }
    }

    #[test]
    fn rows_come_out_as_they_went_in() {
        let bytes = sheet();
        let expected = [(0, "0=telefon;2=ad;"), (3, "0=05321234567;"), (4, "0=çok;"), (7, "too long")];
        assert_eq!(rows(&bytes), Ok(expected.map(|(row, text)| (row, text.to_owned())).to_vec()));
        let head = Head {
            rows: 4,
            last_row: 8,
            width: 3,
            text: 23 + MAX_LINE as u64 + 2,
            formulas: vec![Place { row: 3, column: 2 }],
            unread: vec!["eski".to_owned()],
        };
        assert_eq!(Frames::new(&bytes[..]).head(), Ok(Ok(head)));
        let mut bytes = Vec::new();
        write(&mut bytes, &Err(Problem::Password)).unwrap();
        assert_eq!(Frames::new(&bytes[..]).head(), Ok(Err(Problem::Password)));
    }

    #[test]
    fn a_stream_that_breaks_off_is_never_whole() {
        let bytes = sheet();
        for length in 0..bytes.len() {
            assert_eq!(rows(&bytes[..length]), Err(Broken::Short), "{length}");
        }
    }

    proptest! {
        #[test]
        fn a_damaged_stream_is_read_without_a_panic(at: prop::sample::Index, byte: u8) {
            let mut bytes = sheet();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let mut frames = Frames::new(&bytes[..]);
            if let Ok(Ok(head)) = frames.head() {
                while matches!(frames.next(&head), Ok(Frame::Row { .. })) {}
            }
        }
    }
}
