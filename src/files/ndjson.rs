//! Newline-delimited JSON: on each line a movement as İYS pushes it, or a whole push body `{"list":[…]}`.

use super::error::LooksLike;
use super::lines::{Found, Lines};
use super::{Batch, FileError, KEPT, Notes, Row, Source};
use crate::model::consent::fields::RECIPIENT_TYPE;
use crate::model::consent::movement_json;
use crate::model::consent::movement_json::Element;

/// Movements on one line at most: a line of 1 MiB holds fewer.
const MOST: usize = super::MAX_LINE;

/// A file of JSON lines.
pub(super) struct Ndjson {
    lines: Lines,
    empty: bool,
    notes: Notes,
    /// Whether any movement names its recipient type.
    has_recipient_types: bool,
}

impl Ndjson {
    pub(super) fn new(lines: Lines) -> Self {
        Self { lines, empty: true, notes: Notes::default(), has_recipient_types: false }
    }
}

impl Source for Ndjson {
    fn read_line(&mut self, batch: &mut Batch) -> Result<bool, FileError> {
        let (line, bytes) = match self.lines.next()? {
            Found::End if self.empty => return Err(FileError::Empty { file: self.lines.file() }),
            Found::End => return Ok(false),
            Found::TooLong(line, bytes) => {
                batch.push_bad(line, "the line is longer than 1 MiB", &bytes[..KEPT]);
                self.empty = false;
                return Ok(true);
            }
            Found::Line(_, bytes) if bytes.trim_ascii().is_empty() => return Ok(true),
            Found::Line(line, bytes) => (line, bytes),
        };
        if self.empty && bytes.contains(&0) {
            return Err(FileError::OtherEncoding { file: self.lines.file(), looks: LooksLike::Utf16 });
        }
        self.empty = false;
        let Ok(body) = movement_json::read(bytes, MOST) else {
            batch.push_bad(line, "the line is not a JSON object", bytes);
            return Ok(true);
        };
        // One bad item of a push body costs itself, not the items beside it.
        for element in body.elements {
            match element {
                Element::Movement(fields, unknown) => {
                    self.has_recipient_types |= !fields.all()[RECIPIENT_TYPE].is_empty();
                    self.notes.add_unknown(&unknown);
                    batch.push(Row::of(line, fields));
                }
                Element::Unreadable(why) => batch.push_bad(line, why, bytes),
            }
        }
        Ok(true)
    }

    fn notes(&self) -> Notes {
        Notes {
            without_recipient_type: !self.empty && !self.has_recipient_types,
            not_utf8: self.lines.not_utf8(),
            ..self.notes.clone()
        }
    }
}
