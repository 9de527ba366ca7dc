//! Newline-delimited JSON: on each line an item as İYS pushes it, or a whole push body `{"list":[…]}`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::lines::{Found, Lines};
use super::row::{FIELDS, NAMES};
use super::{Batch, FileError, Row, Source};

/// A file of JSON lines.
pub(super) struct Ndjson {
    lines: Lines,
    empty: bool,
}

impl Ndjson {
    pub(super) const fn new(lines: Lines) -> Self {
        Self { lines, empty: true }
    }
}

impl Source for Ndjson {
    fn read_line(&mut self, batch: &mut Batch) -> Result<bool, FileError> {
        match self.lines.next()? {
            Found::End if self.empty => return Err(FileError::Empty { file: self.lines.file() }),
            Found::End => return Ok(false),
            Found::TooLong(line) => batch.push_bad(line, "the line is longer than 1 MiB"),
            Found::Line(_, bytes) if bytes.trim_ascii().is_empty() => return Ok(true),
            Found::Line(line, bytes) => read_json(line, bytes, batch),
        }
        self.empty = false;
        Ok(true)
    }
}

fn read_json(line: u64, bytes: &[u8], batch: &mut Batch) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return batch.push_bad(line, "the line is not UTF-8");
    };
    let Ok(Node::Object(mut fields)) = serde_json::from_str(text) else {
        return batch.push_bad(line, "the line is not a JSON object");
    };
    let Some(at) = fields.iter().position(|(name, _)| name == "list") else {
        return read_item(line, Node::Object(fields), batch);
    };
    let list = fields.swap_remove(at).1;
    let repeated = fields.iter().any(|(name, _)| name == "list");
    match list {
        Node::List(items) if !repeated => items.into_iter().for_each(|item| read_item(line, item, batch)),
        _ => batch.push_bad(line, "list is not one JSON array"),
    }
}

/// One bad item of a push body costs itself, not the items beside it.
fn read_item(line: u64, item: Node<'_>, batch: &mut Batch) {
    match fields_of(item) {
        Ok(fields) => batch.push(Row::new(line, &fields)),
        Err(detail) => batch.push_bad(line, detail),
    }
}

fn fields_of(item: Node<'_>) -> Result<[Cow<'_, str>; FIELDS], &'static str> {
    let Node::Object(members) = item else {
        return Err("an item is not a JSON object");
    };
    let mut fields: [Option<Cow<'_, str>>; FIELDS] = Default::default();
    for (name, value) in members {
        let Some(field) = NAMES.iter().position(|known| *known == name) else { continue };
        if fields[field].replace(value.into_text()).is_some() {
            return Err("a field stands twice in one object");
        }
    }
    if fields.iter().all(Option::is_none) {
        return Err("the object has no field of a movement");
    }
    Ok(fields.map(Option::unwrap_or_default))
}

/// A JSON value of one line. Its size is bounded by the line's, its depth by `serde_json`.
enum Node<'a> {
    Absent,
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// The value as a field. What is neither text nor number becomes a text that no field takes, so
    /// that the rules for movements, and not their spelling in JSON, decide what it costs: a RET
    /// survives an unreadable `source`, an ONAY does not.
    fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Absent => Cow::Borrowed(""),
            Self::Text(text) => text,
            Self::List(_) => Cow::Borrowed("[]"),
            Self::Object(_) => Cow::Borrowed("{}"),
        }
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Absent)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Text(value.to_string().into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Text(value.to_string().into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Text(value.to_string().into()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node<'de>, A::Error> {
        let mut object = Vec::new();
        while let Some((name, value)) = members.next_entry::<Node<'de>, Node<'de>>()? {
            object.push((name.into_text(), value));
        }
        Ok(Node::Object(object))
    }
}
