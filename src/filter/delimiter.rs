//! The delimiter of a list: the one that its first line names (`sep=;`, as Excel writes it), or the one under which its
//! rows have as many fields as its header.

use super::error::{Delimiter, ListError};
use super::table::Table;

/// The delimiters that are looked for.
pub(super) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Of a list with one address a line: what its decision is written behind.
const OF_LINES: u8 = b',';

/// The sample under one delimiter, from its header on.
pub(super) struct Reading {
    pub(super) table: Table,
    pub(super) header: Option<usize>,
}

impl Reading {
    /// The line and the fields of each row.
    fn rows(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        let from = self.header.unwrap_or(0);
        self.table.rows.iter().skip(from).map(|row| (row.line, row.cells.len() as u32))
    }

    fn first(&self) -> u32 {
        self.rows().next().map_or(1, |(_, fields)| fields)
    }

    /// Rows with as many fields as the first, and all others.
    fn fitting(&self) -> (usize, usize) {
        let fitting = self.rows().filter(|(_, fields)| *fields == self.first()).count();
        (fitting, self.rows().count() - fitting)
    }

    /// Whether more rows than not have the first one's fields, and those are several.
    fn fits(&self) -> bool {
        let (fitting, others) = self.fitting();
        self.first() > 1 && fitting > others
    }
}

/// The reading under the right delimiter. `finds` says whether a column of addresses is found in one, which settles what
/// counting leaves open.
pub(super) fn find(readings: Vec<Reading>, finds: impl Fn(&Reading) -> bool) -> Result<Reading, ListError> {
    let fitting: Vec<&Reading> = readings.iter().filter(|reading| reading.fits()).collect();
    let delimiter = match fitting[..] {
        [] => lines(&readings)?,
        [only] => only.table.delimiter,
        [first, second, ..] => {
            let finding: Vec<&&Reading> = fitting.iter().filter(|reading| finds(reading)).collect();
            let [only] = finding[..] else {
                let [first, second] = [first, second].map(|reading| Delimiter(reading.table.delimiter));
                return Err(ListError::ManyDelimiters(first, second));
            };
            only.table.delimiter
        }
    };
    let (found, others): (Vec<Reading>, Vec<Reading>) =
        readings.into_iter().partition(|reading| reading.table.delimiter == delimiter);
    // Every delimiter has its reading.
    let found = found.into_iter().next().ok_or(ListError::Empty)?;
    if found.first() > 1 {
        refuse_mixed(&found, &others)?;
    }
    Ok(found)
}

/// A row that has none of the delimiter and as many of another as the first one has.
fn refuse_mixed(found: &Reading, others: &[Reading]) -> Result<(), ListError> {
    for other in others {
        // Of the same lines, wherever the other reading sees a header.
        let theirs = |line: u64| other.table.rows.iter().find(|row| row.line == line).map(|row| row.cells.len() as u32);
        let mut differing = found.rows().filter(|(line, mine)| *mine == 1 && theirs(*line) == Some(found.first()));
        if let Some((line, _)) = differing.next() {
            return Err(ListError::MixedDelimiters {
                of_first: Delimiter(found.table.delimiter),
                line,
                other: Delimiter(other.table.delimiter),
            });
        }
    }
    Ok(())
}

/// No delimiter fits: one address a line, or something else.
fn lines(readings: &[Reading]) -> Result<u8, ListError> {
    let first = readings.iter().max_by_key(|reading| reading.first()).filter(|reading| reading.first() > 1);
    if let Some(first) = first {
        let mixed = readings.iter().filter(|reading| reading.table.delimiter != first.table.delimiter).find_map(|reading| {
            let (line, _) = reading.rows().find(|(_, fields)| *fields == first.first())?;
            Some((line, reading.table.delimiter))
        });
        return Err(match mixed {
            Some((line, other)) => {
                ListError::MixedDelimiters { of_first: Delimiter(first.table.delimiter), line, other: Delimiter(other) }
            }
            None => ListError::Irregular { first: first.first() },
        });
    }
    let mostly_several = |reading: &Reading| {
        let (fitting, others) = reading.fitting();
        others > fitting
    };
    if readings.iter().any(mostly_several) {
        return Err(ListError::Irregular { first: 1 });
    }
    Ok(OF_LINES)
}

/// A first line that names the delimiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Separator {
    /// The delimiter; `None` for one that is not read.
    pub(super) delimiter: Option<u8>,
    /// Bytes of the line with its end.
    pub(super) end: usize,
}

/// The first line of a sample, if it names the delimiter.
pub(super) fn named(sample: &[u8]) -> Option<Separator> {
    let end = memchr::memchr(b'\n', sample).map_or(sample.len(), |end| end + 1);
    let line = sample[..end].strip_suffix(b"\n").unwrap_or(&sample[..end]);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let bare = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (name, delimiter) = bare.split_first_chunk::<4>()?;
    let delimiter = match delimiter {
        [delimiter] if DELIMITERS.contains(delimiter) => Some(*delimiter),
        _ => None,
    };
    name.eq_ignore_ascii_case(b"sep=").then_some(Separator { delimiter, end })
}

#[cfg(test)]
mod tests {
    use super::super::header;
    use super::super::layout::{Named, Wanted};
    use super::*;
    use crate::model::text::encoding::Encoding;

    fn of(sample: &str) -> Result<(char, u32), &'static str> {
        let wanted = Wanted { phones: Some(Named::Found), ..Wanted::default() };
        let readings = DELIMITERS.map(|delimiter| {
            let table = Table::read(sample.as_bytes(), 0, true, delimiter, Encoding::Utf8);
            Reading { header: header::find(&table, &wanted), table }
        });
        let found = find(readings.into(), |reading| reading.table.delimiter == b';');
        found.map(|found| (char::from(found.table.delimiter), found.first())).map_err(|error| error.code())
    }

    #[test]
    fn the_delimiter_under_which_rows_are_alike() {
        assert_eq!(of("a,b\n1,2\n3,4\n"), Ok((',', 2)));
        assert_eq!(of("a;b\n1,5;2\n3;4\n"), Ok((';', 2)));
        assert_eq!(of("a\tb\tc\n1\t2\t3\n"), Ok(('\t', 3)));
        assert_eq!(of("a|b\n1|\"x|y\"\n"), Ok(('|', 2)));
        assert_eq!(of("a,b;c\n1,2;3\n"), Ok((';', 2)), "two would do, one finds addresses");
        assert_eq!(of("5321234567\n+90 532\n"), Ok((',', 1)));
        assert_eq!(of("a;b\n1;2\n\n3\n"), Ok((';', 2)), "one row is short");
        assert_eq!(of("Liste\nad;telefon\n1;2\n"), Ok((';', 2)), "a title above the header");
        assert_eq!(of("Kasım, Aralık\nad;telefon\n1;2\n"), Ok((';', 2)));
    }

    #[test]
    fn what_is_unclear_is_told() {
        assert_eq!(of("a;b\n1;2\n3;4\n5,6\n"), Err("MIXED_DELIMITERS"));
        assert_eq!(of("a;b\n1,2\n3,4\n"), Err("MIXED_DELIMITERS"));
        assert_eq!(of("a|b,c\n1|2,3\n"), Err("DELIMITER_UNCLEAR"));
        assert_eq!(of("Liste\n1;2\n3;4\n"), Err("IRREGULAR_LIST"));
        assert_eq!(of("a;b;c\n1\n2\n3\n"), Err("IRREGULAR_LIST"));
    }

    #[test]
    fn a_first_line_names_the_delimiter() {
        let named = |sample: &[u8]| named(sample).map(|line| (line.delimiter.map(char::from), line.end));
        assert_eq!(named(b"sep=;\nx"), Some((Some(';'), 6)));
        assert_eq!(named(b"SEP=\t\r\nx"), Some((Some('\t'), 7)));
        assert_eq!(named(b"\"sep=,\"\nx"), Some((Some(','), 8)));
        assert_eq!(named(b"sep=|"), Some((Some('|'), 5)));
        assert_eq!([named(b"separator\n"), named(b""), named(b"ad;sep=;\n")], [None; 3]);
        assert_eq!([named(b"sep=:\nx"), named(b"sep=\nx")], [Some((None, 6)), Some((None, 5))]);
    }
}
