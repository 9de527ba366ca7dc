//! Rows of a text that a filter wrote, read again one after another.

use super::record::{Found, record};
use crate::model::text::encoding::MARK;
use std::io::{self, BufRead};

/// The rows of a text in UTF-8.
pub struct RowReader<R> {
    input: R,
    delimiter: u8,
    begun: bool,
}

impl<R: BufRead> RowReader<R> {
    /// The rows of `input`, whose fields `delimiter` separates.
    pub const fn new(input: R, delimiter: u8) -> Self {
        Self { input, delimiter, begun: false }
    }

    /// The cells of the next row, none of a blank line; `None` at the end.
    ///
    /// # Errors
    /// The text cannot be read.
    pub fn next_row(&mut self) -> io::Result<Option<Vec<String>>> {
        let mut text = Vec::new();
        loop {
            let ended = self.input.read_until(b'\n', &mut text)? == 0;
            if !std::mem::replace(&mut self.begun, true) && text.starts_with(MARK) {
                text.drain(..MARK.len());
            }
            if text.is_empty() {
                return Ok(None);
            }
            let mut cells = Vec::new();
            let found = record(&text, 0, ended, self.delimiter, |_, span| {
                cells.push(String::from_utf8_lossy(span.of(&text)).replace("\"\"", "\""));
            });
            match found {
                Found::More if !ended => {}
                Found::Row { .. } => return Ok(Some(cells)),
                Found::Blank { .. } => return Ok(Some(Vec::new())),
                Found::Bad { .. } | Found::TooLong | Found::More => {
                    return Ok(Some(vec![String::from_utf8_lossy(text.trim_ascii_end()).into_owned()]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_again() {
        let text = "\u{feff}ad;gsm\r\n\"Ay;\"\"şe\"\"\nİki\";0532\n\n;\nson;1";
        let mut reader = RowReader::new(text.as_bytes(), b';');
        let mut rows = Vec::new();
        while let Some(row) = reader.next_row().unwrap() {
            rows.push(row.join("|"));
        }
        assert_eq!(rows, ["ad|gsm", "Ay;\"şe\"\nİki|0532", "", "|", "son|1"]);
    }
}
