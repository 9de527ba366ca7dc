//! What a push holds (F§1.6): İYS's list, or a bare list or movement, read as tolerantly as its other lists.

use crate::feed::iys::{Entry, Item};
use crate::model::brand::BrandCode;
use crate::model::channel::Channel;
use crate::model::movement::{self, Context, Movement, RawMovement, Refusal};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Movements in one push at most: bounds what a body unfolds to in memory.
const MOST: usize = 32_768;

/// Why a body is none of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadBody {
    /// It is not JSON, or neither an object nor a list.
    Malformed,
    /// It lists too many.
    TooMany,
}

/// What came in a push.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pushed {
    /// What can be taken in.
    pub(super) movements: Vec<Movement>,
    /// Why each of the others cannot.
    pub(super) refused: Vec<Refusal>,
    /// İYS's test records among them.
    pub(super) tests: usize,
}

/// Reads a body that came for a brand and channel.
pub(super) fn read(body: &[u8], channel: Channel, context: &Context<'_>) -> Result<Pushed, BadBody> {
    let List { items, others } = listed(body)?;
    let mut pushed = Pushed { refused: vec![Refusal::BadLine; others], ..Pushed::default() };
    for item in &items {
        let raw = item.raw();
        if is_test(&raw) {
            pushed.tests += 1;
            continue;
        }
        match movement::parse(&raw, context).and_then(|taken| of_channel(taken.movement, channel)) {
            Ok(movement) => pushed.movements.push(movement),
            Err(refusal) => pushed.refused.push(refusal),
        }
    }
    Ok(pushed)
}

fn of_channel(movement: Movement, channel: Channel) -> Result<Movement, Refusal> {
    if movement.cell.channel == channel { Ok(movement) } else { Err(Refusal::InvalidType) }
}

/// The record with which İYS tries every new connection, the same for all. It is nobody's consent.
fn is_test(raw: &RawMovement<'_>) -> bool {
    let date = "2015-05-01 15:00:00";
    BrandCode::parse(raw.brand).is_some_and(|brand| brand.get() == 121_212)
        && raw.recipient.trim().eq_ignore_ascii_case("pushtest@iys.org.tr")
        && raw.channel.trim() == Channel::Eposta.name()
        && (raw.created.trim(), raw.consented.trim()) == (date, date)
}

#[derive(Default)]
struct List {
    items: Vec<Item>,
    /// Elements that are no objects.
    others: usize,
}

#[derive(Deserialize)]
struct Envelope {
    list: Option<List>,
}

fn listed(body: &[u8]) -> Result<List, BadBody> {
    let body = body.trim_ascii();
    let malformed = |_| BadBody::Malformed;
    let list = match body.first() {
        // Nothing was said, so nothing can get lost.
        None => List::default(),
        Some(b'{') => match serde_json::from_slice(body).map_err(malformed)? {
            Envelope { list: Some(list) } => list,
            Envelope { list: None } => serde_json::from_slice(body).map_err(malformed)?,
        },
        Some(_) => serde_json::from_slice(body).map_err(malformed)?,
    };
    if list.items.len() + list.others > MOST { Err(BadBody::TooMany) } else { Ok(list) }
}

impl List {
    fn add(&mut self, entry: Entry) {
        match entry.0 {
            Some(item) => self.items.push(item),
            None => self.others += 1,
        }
    }
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("movements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<List, A::Error> {
        let mut list = List::default();
        while list.items.len() + list.others <= MOST {
            let Some(entry) = elements.next_element()? else { return Ok(list) };
            list.add(entry);
        }
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(list)
    }

    /// A movement without a list around it.
    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<List, A::Error> {
        let mut list = List::default();
        list.add(Entry::deserialize(MapAccessDeserializer::new(entries))?);
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::{Pseudonymizer, Secret};
    use crate::model::state::Status;
    use crate::model::time::IysTime;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-02 12:00:00";
    const RET: &str = r#"{"iysCode":600000,"brandCode":601234,"consentDate":"2026-11-02 11:59:58","creationDate":"2026-11-02 11:59:59","source":"IYS_WEB","recipient":"+905321234567","recipientType":"BIREYSEL","status":"RET","type":"MESAJ","transactionId":"9b1f"}"#;
    const TEST: &str = r#"{"iysCode":121212,"brandCode":121212,"consentDate":"2015-05-01 15:00:00","creationDate":"2015-05-01 15:00:00","source":"IYS_MOBIL","recipient":"pushtest@iys.org.tr","recipientType":"BIREYSEL","status":"ONAY","type":"EPOSTA","transactionId":"e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d"}"#;

    fn read(body: &str) -> Result<Pushed, BadBody> {
        let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
        let (brand, now) = (BrandCode::new(601_234), IysTime::parse(NOW).unwrap());
        super::read(body.as_bytes(), Channel::Mesaj, &Context { pseudonymizer: &pseudonymizer, brand, now, export_as_of: None })
    }

    fn ret() -> Movement {
        read(RET).unwrap().movements.remove(0)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the shape of what is read")]
    fn refused(refused: &[Refusal]) -> Result<Pushed, BadBody> {
        Ok(Pushed { refused: refused.to_vec(), ..Pushed::default() })
    }

    #[test]
    fn a_movement_is_read_in_any_wrapping() {
        let expected = Pushed { movements: vec![ret()], ..Pushed::default() };
        assert_eq!(
            (expected.movements[0].status, expected.movements[0].created.to_string()),
            (Status::Ret, "2026-11-02 11:59:59".to_owned())
        );
        let wrapped = [
            format!("{{\"list\":[{RET}]}}"),
            format!("{{\"list\":{RET},\"requestId\":7}}"),
            format!("[{RET}]"),
            format!(" \n{RET}\n"),
            format!("{{\"list\":null,{}", &RET[1..]),
            RET.replace("601234", "\"0601234\"").replace('{', "{\"citizenName\":{\"a\":[1]},"),
            RET.replace("\"brandCode\":601234,", ""),
        ];
        for body in wrapped {
            assert_eq!(read(&body).as_ref(), Ok(&expected), "{body}");
        }
    }

    #[test]
    fn the_test_record_is_dropped_wherever_it_comes() {
        assert_eq!(read(&format!("{{\"list\":[{TEST}]}}")), Ok(Pushed { tests: 1, ..Pushed::default() }));
        let among = format!("[{TEST},{RET},{}]", TEST.replace("121212", "\"121212\""));
        assert_eq!(read(&among), Ok(Pushed { tests: 2, movements: vec![ret()], refused: Vec::new() }));
        for other in [TEST.replace("pushtest@", "ayse@"), TEST.replace("2015-05-01 15", "2015-05-01 16")] {
            assert_eq!(read(&other), refused(&[Refusal::InvalidBrand]), "{other}");
        }
    }

    #[test]
    fn what_is_of_another_brand_or_channel_is_refused_and_the_rest_taken() {
        let [brand, channel] = [RET.replace("601234", "601235"), RET.replace("MESAJ", "ARAMA")];
        let onay = RET.replace("RET", "ONAY").replace("9b1f", "");
        let list = format!("[{brand},{RET},{channel},7,{onay},{{}}]");
        let expected = Pushed {
            movements: vec![ret()],
            refused: vec![
                Refusal::BadLine,
                Refusal::InvalidBrand,
                Refusal::InvalidType,
                Refusal::NotRecordedAtIys,
                Refusal::InvalidStatus,
            ],
            tests: 0,
        };
        assert_eq!(read(&list), Ok(expected));
    }

    #[test]
    fn a_refusal_without_its_identity_blocks_as_of_now() {
        let pushed = read(&RET.replace("2026-11-02 11:59:59", "dün").replace("9b1f", "")).unwrap();
        assert_eq!(pushed.movements[0].created.to_string(), NOW);
    }

    #[test]
    fn a_body_that_is_no_list_is_told_from_an_empty_one() {
        for body in ["", " \r\n", "[]", "{\"list\":[]}", "{\"list\":null}"] {
            let nothing = if body.contains("null") { refused(&[Refusal::InvalidStatus]) } else { refused(&[]) };
            assert_eq!(read(body), nothing, "{body}");
        }
        for body in ["RET", "null", "7", "\"RET\"", "{", "[", "{\"list\":7}", "{\"list\":[", &RET[1..], &format!("{RET}x")] {
            assert_eq!(read(body), Err(BadBody::Malformed), "{body}");
        }
    }

    #[test]
    fn too_many_are_not_taken_in_part() {
        let list = |count: usize| format!("[{}0]", "{},".repeat(count - 1));
        assert_eq!(read(&list(MOST)).map(|pushed| pushed.refused.len()), Ok(MOST));
        assert_eq!(read(&list(MOST + 1)), Err(BadBody::TooMany));
    }

    proptest! {
        #[test]
        fn no_body_panics(body in "[\\[\\]{}:,\"a-z0-9 ]{0,60}|\\PC*") {
            let _ = read(&body);
        }
    }
}
