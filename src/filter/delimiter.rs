//! Which delimiter a list has: the one under which its rows have as many fields as its first line.

use super::error::{Delimiter, ListError};
use super::record::{Found, record};

/// The delimiters that are looked for.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Of a list with one address a line: what its decision is written behind.
const OF_LINES: u8 = b',';

/// The sample under one delimiter.
struct Reading {
    delimiter: u8,
    /// Fields of every row with its line.
    rows: Vec<(u64, u32)>,
}

impl Reading {
    fn of(sample: &[u8], ended: bool, delimiter: u8) -> Self {
        let mut rows = Vec::new();
        let (mut at, mut line) = (0, 1);
        while at < sample.len() {
            match record(sample, at, ended, delimiter, |_, _| ()) {
                Found::Row { fields, lines, next, .. } => {
                    rows.push((line, fields));
                    (at, line) = (next, line + u64::from(lines));
                }
                Found::Blank { next } | Found::Bad { next, .. } => (at, line) = (next, line + 1),
                Found::TooLong | Found::More => break,
            }
        }
        Self { delimiter, rows }
    }

    fn first(&self) -> u32 {
        self.rows.first().map_or(1, |(_, fields)| *fields)
    }

    /// Rows with as many fields as the first, and all others.
    fn fitting(&self) -> (usize, usize) {
        let fitting = self.rows.iter().filter(|(_, fields)| *fields == self.first()).count();
        (fitting, self.rows.len() - fitting)
    }

    /// Whether more rows than not have the first one's fields, and those are several.
    fn fits(&self) -> bool {
        let (fitting, others) = self.fitting();
        self.first() > 1 && fitting > others
    }
}

/// The delimiter of a sample and the fields of its first row. `finds` says whether a column of addresses is found
/// under a delimiter, which settles what counting leaves open.
pub(super) fn find(sample: &[u8], ended: bool, finds: impl Fn(u8, u32) -> bool) -> Result<(u8, u32), ListError> {
    let readings = DELIMITERS.map(|delimiter| Reading::of(sample, ended, delimiter));
    let fitting: Vec<&Reading> = readings.iter().filter(|reading| reading.fits()).collect();
    let found = match fitting[..] {
        [] => return lines(&readings),
        [only] => only,
        [first, second, ..] => {
            let finding: Vec<&&Reading> = fitting.iter().filter(|reading| finds(reading.delimiter, reading.first())).collect();
            match finding[..] {
                [only] => only,
                _ => return Err(ListError::ManyDelimiters(Delimiter(first.delimiter), Delimiter(second.delimiter))),
            }
        }
    };
    refuse_mixed(found, &readings)?;
    Ok((found.delimiter, found.first()))
}

/// A given delimiter, and the fields of the first row under it.
pub(super) fn given(sample: &[u8], ended: bool, delimiter: u8) -> (u8, u32) {
    (delimiter, Reading::of(sample, ended, delimiter).first())
}

/// A row that has none of the delimiter and as many of another as the first one has.
fn refuse_mixed(found: &Reading, readings: &[Reading]) -> Result<(), ListError> {
    for other in readings.iter().filter(|other| other.delimiter != found.delimiter) {
        let alike = found.rows.iter().zip(&other.rows).filter(|(mine, theirs)| mine.0 == theirs.0);
        let mut differing = alike.filter(|((_, mine), (_, theirs))| *mine == 1 && *theirs == found.first());
        if let Some(((line, _), _)) = differing.next() {
            return Err(ListError::MixedDelimiters {
                of_first: Delimiter(found.delimiter),
                line: *line,
                other: Delimiter(other.delimiter),
            });
        }
    }
    Ok(())
}

/// No delimiter fits: one address a line, or something else.
fn lines(readings: &[Reading]) -> Result<(u8, u32), ListError> {
    let first = readings.iter().max_by_key(|reading| reading.first()).filter(|reading| reading.first() > 1);
    if let Some(first) = first {
        let mixed = readings.iter().filter(|reading| reading.delimiter != first.delimiter).find_map(|reading| {
            let (line, _) = reading.rows.iter().find(|(_, fields)| *fields == first.first())?;
            Some((*line, reading.delimiter))
        });
        return Err(match mixed {
            Some((line, other)) => {
                ListError::MixedDelimiters { of_first: Delimiter(first.delimiter), line, other: Delimiter(other) }
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
    Ok((OF_LINES, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sample: &str) -> Result<(char, u32), &'static str> {
        let found = find(sample.as_bytes(), true, |delimiter, _| delimiter == b';');
        found.map(|(delimiter, fields)| (char::from(delimiter), fields)).map_err(|error| error.code())
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
    }

    #[test]
    fn what_is_unclear_is_told() {
        assert_eq!(of("a;b\n1;2\n3;4\n5,6\n"), Err("MIXED_DELIMITERS"));
        assert_eq!(of("a;b\n1,2\n3,4\n"), Err("MIXED_DELIMITERS"));
        assert_eq!(of("a|b,c\n1|2,3\n"), Err("DELIMITER_UNCLEAR"));
        assert_eq!(of("Liste\n1;2\n3;4\n"), Err("IRREGULAR_LIST"));
        assert_eq!(of("a;b;c\n1\n2\n3\n"), Err("IRREGULAR_LIST"));
    }
}
