//! Movements as JSON: the one reader for pushes, pulls, `POST /v1/movements` and NDJSON files.
//!
//! İYS writes `{"list":[{…},…]}`. A bare list and a single movement are read too. The reader is strict where a field
//! could mean two things and tolerant where it cannot: a field that stands twice, in whatever spelling, makes its
//! movement unreadable; a key that İYS may add is passed over; a byte that is not UTF-8 costs the field that holds it.

use super::fields::{FIELDS, Fields, RECIPIENT, STATUS, field_of};
use crate::model::text::fold::folded;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// One element of a list of movements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// The fields of a movement, and the keys beside them that are none of İYS's.
    Movement(Fields, Vec<Box<str>>),
    /// What is no movement, and why.
    Unreadable(&'static str),
}

/// A body of movements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// How the movements are wrapped.
    pub shape: Shape,
    /// At most as many as were asked for.
    pub elements: Vec<Element>,
    /// Elements in the body.
    pub total: usize,
}

/// How movements are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{"list":[…]}`, or with one movement as the list.
    Wrapped,
    /// `[…]`
    List,
    /// `{…}`
    Single,
}

/// The body is no JSON, or neither an object nor a list of objects. The text names the place, never the content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// The UTF-8 byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Keys of İYS's documents beside the fields: nothing here needs them, and a person's name is one (F§8.9).
const OTHERS: [&str; 5] = ["iysCode", "citizenName", "retailerCode", "retailerTitle", "retailerAccessCount"];

/// Reads a body; of a longer one the first `most` elements are kept and the others counted.
///
/// # Errors
/// It is no body of movements at all.
pub fn read(bytes: &[u8], most: usize) -> Result<Body, Malformed> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(MARK).unwrap_or(bytes));
    let mut json = serde_json::Deserializer::from_str(&text);
    let body = BodySeed { most }.deserialize(&mut json).and_then(|body| json.end().map(|()| body));
    body.map_err(|error| Malformed::of(&error))
}

impl Malformed {
    /// serde's text, but for what repeats a value of the body: that may be an address.
    fn of(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        if error.is_data() && !text.starts_with("duplicate field") {
            let (line, column) = (error.line(), error.column());
            return Self(format!("line {line} column {column}: expected {{\"list\":[{{…}}]}}, a list of movements"));
        }
        Self(text)
    }
}

/// Some elements, and how many there were.
type Elements = (Vec<Element>, usize);

fn elements<'de, A: SeqAccess<'de>>(mut list: A, most: usize) -> Result<Elements, A::Error> {
    let mut kept = Vec::new();
    while kept.len() < most {
        let Some(element) = list.next_element()? else {
            let total = kept.len();
            return Ok((kept, total));
        };
        kept.push(element);
    }
    let mut total = kept.len();
    while list.next_element::<IgnoredAny>()?.is_some() {
        total += 1;
    }
    Ok((kept, total))
}

/// Reads a body.
struct BodySeed {
    most: usize,
}

impl<'de> DeserializeSeed<'de> for BodySeed {
    type Value = Body;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Body, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for BodySeed {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list of movements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Body, A::Error> {
        let (elements, total) = elements(list, self.most)?;
        Ok(Body { shape: Shape::List, elements, total })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Body, A::Error> {
        let (mut single, mut list) = (Collector::default(), None);
        while let Some(key) = entries.next_key::<Key>()? {
            if !matches!(key, Key::List) {
                single.take(key, &mut entries)?;
                continue;
            }
            if list.is_some() {
                return Err(A::Error::duplicate_field("list"));
            }
            list = Some(entries.next_value_seed(ListSeed { most: self.most })?);
        }
        Ok(match list.flatten() {
            // A movement beside a list is one more: passed over, it may be a refusal that is lost.
            Some((mut elements, total)) if single.is_movement() => {
                if elements.len() < self.most {
                    elements.push(single.finish());
                }
                Body { shape: Shape::Wrapped, elements, total: total + 1 }
            }
            Some((elements, total)) => Body { shape: Shape::Wrapped, elements, total },
            None => Body { shape: Shape::Single, elements: vec![single.finish()], total: 1 },
        })
    }
}

/// Reads the value of `list`: elements, one movement without a list around it, or null, which is none.
struct ListSeed {
    most: usize,
}

impl<'de> DeserializeSeed<'de> for ListSeed {
    type Value = Option<Elements>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Elements>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ListSeed {
    type Value = Option<Elements>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of movements")
    }

    fn visit_unit<E>(self) -> Result<Option<Elements>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Option<Elements>, A::Error> {
        elements(list, self.most).map(Some)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Option<Elements>, A::Error> {
        let element = Collector::of(entries)?;
        Ok(Some((vec![element], 1)))
    }
}

/// A key of an object.
enum Key {
    List,
    Field(usize),
    /// One of [`OTHERS`].
    Known,
    Unknown(Box<str>),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(match field_of(key) {
            Some(field) => Key::Field(field),
            None if key == "list" => Key::List,
            None if OTHERS.contains(&key) => Key::Known,
            None if folded(key) == "list" => Key::List,
            None => Key::Unknown(key.into()),
        })
    }
}

/// The fields of one object as they come.
#[derive(Default)]
struct Collector {
    fields: [Option<Text>; FIELDS],
    unknown: Vec<Box<str>>,
    repeated: bool,
}

impl Collector {
    fn of<'de, A: MapAccess<'de>>(mut entries: A) -> Result<Element, A::Error> {
        let mut collector = Self::default();
        while let Some(key) = entries.next_key()? {
            collector.take(key, &mut entries)?;
        }
        Ok(collector.finish())
    }

    fn take<'de, A: MapAccess<'de>>(&mut self, key: Key, entries: &mut A) -> Result<(), A::Error> {
        match key {
            Key::Field(field) => self.repeated |= self.fields[field].replace(entries.next_value()?).is_some(),
            Key::List | Key::Known => drop(entries.next_value::<IgnoredAny>()?),
            Key::Unknown(name) => {
                entries.next_value::<IgnoredAny>()?;
                self.unknown.push(name);
            }
        }
        Ok(())
    }

    /// Whether it is more than what wraps a list: a `brandCode` there is none of a movement.
    fn is_movement(&self) -> bool {
        self.fields[RECIPIENT].is_some() || self.fields[STATUS].is_some()
    }

    fn finish(self) -> Element {
        if self.repeated {
            return Element::Unreadable("a field stands twice in one object");
        }
        if self.fields.iter().all(Option::is_none) {
            return Element::Unreadable(NO_FIELD);
        }
        let fields = self.fields.map(|field| field.unwrap_or_default().0);
        Element::Movement(Fields::new(&fields), self.unknown)
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementVisitor)
    }
}

struct ElementVisitor;

/// Why an object without any of İYS's fields is no movement.
pub const NO_FIELD: &str = "the object has no field of a movement";
const NO_OBJECT: Element = Element::Unreadable("an element is no JSON object");

/// Makes an element that is no object unreadable, whatever it is.
macro_rules! no_object {
    ($($visit:ident: $value:ty),*) => {
        $(fn $visit<E>(self, _: $value) -> Result<Element, E> {
            Ok(NO_OBJECT)
        })*
    };
}

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a movement")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Element, A::Error> {
        Collector::of(entries)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Element, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(NO_OBJECT)
    }

    fn visit_unit<E>(self) -> Result<Element, E> {
        Ok(NO_OBJECT)
    }

    no_object!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

/// The value of a field. What is neither text nor number becomes a text that no field takes, so that the rules for
/// movements decide what it costs: a RET survives an unreadable `source`, an ONAY does not.
#[derive(Default)]
struct Text(Cow<'static, str>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned().into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
        Ok(Text(number.to_string().into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
        Ok(Text(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Text, E> {
        Ok(Text(number.to_string().into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Text, E> {
        Ok(Text(if value { "true" } else { "false" }.into()))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Text, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text("[]".into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Text, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text("{}".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::consent::fields::NAMES;

    const RET: &str = r#"{"recipient":"+905320001001","type":"MESAJ","status":"RET"}"#;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(&NAMES.map(|name| pairs.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)))
    }

    fn ret() -> Element {
        Element::Movement(fields(&[("recipient", "+905320001001"), ("type", "MESAJ"), ("status", "RET")]), Vec::new())
    }

    fn body(text: &str) -> Result<Body, Malformed> {
        read(text.as_bytes(), 10)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the shape of what is read")]
    fn of(shape: Shape, elements: Vec<Element>) -> Result<Body, Malformed> {
        let total = elements.len();
        Ok(Body { shape, elements, total })
    }

    #[test]
    fn movements_are_read_in_every_wrapping() {
        assert_eq!(body(&format!("{{\"list\":[{RET}],\"requestId\":7}}")), of(Shape::Wrapped, vec![ret()]));
        assert_eq!(body(&format!("{{\"list\":{RET}}}")), of(Shape::Wrapped, vec![ret()]));
        assert_eq!(body(&format!(" \n[{RET},{RET}]\n")), of(Shape::List, vec![ret(), ret()]));
        assert_eq!(body(RET), of(Shape::Single, vec![ret()]));
        assert_eq!(body(&format!("\u{feff}{RET}")), of(Shape::Single, vec![ret()]), "a byte order mark before it");
        assert_eq!(body(&format!("{{\"list\":null,{}", &RET[1..])), of(Shape::Single, vec![ret()]));
        assert_eq!(body("{\"list\":[]}"), of(Shape::Wrapped, vec![]));
    }

    #[test]
    fn no_movement_is_passed_over_whatever_stands_beside_the_list() {
        assert_eq!(body(&format!("{{\"LİST\":[{RET}]}}")), of(Shape::Wrapped, vec![ret()]));
        assert!(body(&format!("{{\"list\":[],\"List\":[{RET}]}}")).is_err(), "a name that stands twice");
        assert_eq!(body(&format!("{{\"list\":[],{}", &RET[1..])), of(Shape::Wrapped, vec![ret()]));
        assert_eq!(body(&format!("{{\"list\":[{RET}],{}", &RET[1..])), of(Shape::Wrapped, vec![ret(), ret()]));
        assert_eq!(body(&format!("{{\"brandCode\":601234,\"list\":[{RET}]}}")), of(Shape::Wrapped, vec![ret()]));
    }

    #[test]
    fn a_field_that_stands_twice_makes_its_movement_unreadable() {
        let twice = Element::Unreadable("a field stands twice in one object");
        for more in [r#""status":"ONAY""#, r#""Status":"RET""#, r#""sta\u0074us":"RET""#, r#""recipient ":"x""#] {
            let text = format!("[{{{more},{},{RET}]", &RET[1..]);
            assert_eq!(body(&text), of(Shape::List, vec![twice.clone(), ret()]), "{more}");
        }
        assert!(body(&format!("{{\"list\":[{RET}],\"list\":[]}}")).is_err());
    }

    #[test]
    fn a_key_that_is_nearly_a_field_is_that_field_and_others_are_named() {
        let text = r#"{"recipient":"a@b.cc","type":"EPOSTA","status":"ONAY","recipient_type":"TACIR","citizenName":"A","note":{"x":[1]}}"#;
        let expected = fields(&[("recipient", "a@b.cc"), ("type", "EPOSTA"), ("status", "ONAY"), ("recipientType", "TACIR")]);
        assert_eq!(body(text), of(Shape::Single, vec![Element::Movement(expected, vec!["note".into()])]));
    }

    #[test]
    fn values_become_text_and_nothing_unreadable_becomes_a_default() {
        let text = r#"{"brandCode":601234,"recipient":905320001001,"type":null,"status":true,"recipientType":["TACIR"],"source":{},"consentDate":1.5}"#;
        let expected = fields(&[
            ("brandCode", "601234"),
            ("recipient", "905320001001"),
            ("status", "true"),
            ("recipientType", "[]"),
            ("source", "{}"),
            ("consentDate", "1.5"),
        ]);
        assert_eq!(body(text), of(Shape::Single, vec![Element::Movement(expected, Vec::new())]));
    }

    #[test]
    fn a_byte_that_is_not_utf8_costs_its_field_alone() {
        let name = [RET.trim_end_matches('}').as_bytes(), b",\"citizenName\":\"Ay\xfee\"}"].concat();
        assert_eq!(read(&name, 10), of(Shape::Single, vec![ret()]));
        let source = [RET.trim_end_matches('}').as_bytes(), b",\"source\":\"IYS\xff\"}"].concat();
        let Ok(Body { elements, .. }) = read(&source, 10) else { panic!("the body is read") };
        assert!(matches!(&elements[..], [Element::Movement(fields, _)] if fields.raw().source == "IYS\u{fffd}"));
    }

    #[test]
    fn what_is_no_movement_is_one_element_and_the_others_stand() {
        let unreadable = |why| Element::Unreadable(why);
        let no_object = unreadable("an element is no JSON object");
        let text = format!("[7,null,\"RET\",[],true,1.5,{{}},{RET}]");
        let mut elements = vec![no_object; 6];
        elements.extend([unreadable("the object has no field of a movement"), ret()]);
        assert_eq!(body(&text), of(Shape::List, elements));
    }

    #[test]
    fn more_than_was_asked_for_is_counted_and_not_kept() {
        let text = format!("{{\"list\":[{}]}}", [RET; 12].join(","));
        assert_eq!(body(&text), Ok(Body { shape: Shape::Wrapped, elements: vec![ret(); 10], total: 12 }));
    }

    #[test]
    fn what_is_no_body_is_an_error_that_names_no_content() {
        let deep = "[".repeat(100_000);
        for text in
            ["", "RET", "null", "7", "\"05320001001\"", "{", "[", "{\"list\":7}", "{\"list\":[", &format!("{RET}x"), &deep]
        {
            let error = body(text).expect_err(text).to_string();
            assert!(!error.contains("0532"), "{error}");
        }
    }
}
