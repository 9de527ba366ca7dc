//! What a push holds (F§1.6): İYS's list, or a bare list or movement, read by the one reader of movements.

use crate::model::brand::BrandCode;
use crate::model::consent::channel::Channel;
use crate::model::consent::movement::{Context, Movement, Parsed, RawMovement, Refusal};
use crate::model::consent::movement_json::{Body, Element};
use crate::model::consent::{movement, movement_json};
use crate::model::feed::Gap;
use crate::model::time::IysTime;

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
    /// How many elements of the body they are.
    pub(super) rows: u64,
    /// Why each of the others cannot.
    pub(super) refused: Vec<Refusal>,
    /// When what cannot be taken in, and may be a refusal, was registered: from, to.
    pub(super) missed: Option<(IysTime, IysTime)>,
    /// İYS's test records among them.
    pub(super) tests: usize,
}

/// Reads a body that came for a brand and channel. What cannot be read in it was registered after `known_to` at the
/// earliest, up to which everything is on file.
pub(super) fn read(body: &[u8], channel: Channel, context: &Context<'_>, known_to: IysTime) -> Result<Pushed, BadBody> {
    let mut pushed = Pushed::default();
    for element in elements(body)? {
        let Element::Movement(fields, _) = element else {
            pushed.refuse(Refusal::BadLine, &RawMovement::default(), context.now, known_to);
            continue;
        };
        let raw = fields.raw();
        if is_test(&raw) {
            pushed.tests += 1;
            continue;
        }
        match movement::parse(&raw, context).and_then(|parsed| of_channel(parsed, channel)) {
            Ok(parsed) => {
                pushed.rows += 1;
                pushed.movements.extend(parsed.into_movements());
            }
            Err(refusal) => pushed.refuse(refusal, &raw, context.now, known_to),
        }
    }
    Ok(pushed)
}

impl Pushed {
    /// Notes an element that is not taken in, and when it was registered as far as it says so.
    fn refuse(&mut self, refusal: Refusal, raw: &RawMovement<'_>, now: IysTime, known_to: IysTime) {
        self.refused.push(refusal);
        if !refusal.leaves_gap(raw) {
            return;
        }
        let (from, to) = IysTime::parse(raw.created.trim()).map_or((known_to, now), |created| (created, created));
        let (from, to) = (from.min(now), to.max(now).plus(1));
        self.missed = Some(self.missed.map_or((from, to), |(first, last)| (first.min(from), last.max(to))));
    }

    /// The gap that what is missed leaves.
    pub(super) fn gap(&self, brand: BrandCode, found: IysTime) -> Option<Gap> {
        self.missed.map(|(from, to)| Gap { brand, from, to, found })
    }
}

fn of_channel(parsed: Parsed, channel: Channel) -> Result<Parsed, Refusal> {
    if parsed.movement.cell.channel == channel { Ok(parsed) } else { Err(Refusal::InvalidType) }
}

/// The record with which İYS tries every new connection, the same for all. It is nobody's consent.
fn is_test(raw: &RawMovement<'_>) -> bool {
    let date = "2015-05-01 15:00:00";
    BrandCode::parse(raw.brand).is_some_and(|brand| brand.get() == 121_212)
        && raw.recipient.trim().eq_ignore_ascii_case("pushtest@iys.org.tr")
        && raw.channel.trim() == Channel::Eposta.name()
        && (raw.created.trim(), raw.consented.trim()) == (date, date)
}

fn elements(body: &[u8]) -> Result<Vec<Element>, BadBody> {
    // Nothing was said, so nothing can get lost.
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let Body { elements, total, .. } = movement_json::read(body, MOST).map_err(|_| BadBody::Malformed)?;
    if total > MOST { Err(BadBody::TooMany) } else { Ok(elements) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::consent::channel::RecipientType;
    use crate::model::consent::movement::CLOCK_TOLERANCE;
    use crate::model::consent::state::Status;
    use crate::model::secret::pseudonym::{Pseudonymizer, Secret};
    use proptest::prelude::*;

    const NOW: &str = "2026-11-02 12:00:00";
    const KNOWN_TO: &str = "2026-11-02 10:00:00";
    const RET: &str = r#"{"iysCode":600000,"brandCode":601234,"consentDate":"2026-11-02 11:59:58","creationDate":"2026-11-02 11:59:59","source":"IYS_WEB","recipient":"+905321234567","recipientType":"BIREYSEL","status":"RET","type":"MESAJ","transactionId":"9b1f"}"#;
    const TEST: &str = r#"{"iysCode":121212,"brandCode":121212,"consentDate":"2015-05-01 15:00:00","creationDate":"2015-05-01 15:00:00","source":"IYS_MOBIL","recipient":"pushtest@iys.org.tr","recipientType":"BIREYSEL","status":"ONAY","type":"EPOSTA","transactionId":"e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d"}"#;

    fn read(body: &str) -> Result<Pushed, BadBody> {
        let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
        let (brand, now) = (BrandCode::new(601_234), IysTime::parse(NOW).unwrap());
        let context = Context { pseudonymizer: &pseudonymizer, brand, now, export_as_of: None };
        super::read(body.as_bytes(), Channel::Mesaj, &context, at(KNOWN_TO))
    }

    fn at(text: &str) -> IysTime {
        IysTime::parse(text).unwrap()
    }

    fn ret() -> Movement {
        read(RET).unwrap().movements.remove(0)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the shape of what is read")]
    fn refused(refused: &[Refusal]) -> Result<Pushed, BadBody> {
        let missed = (!refused.is_empty()).then(|| (at(KNOWN_TO), at(NOW).plus(1)));
        Ok(Pushed { refused: refused.to_vec(), missed, ..Pushed::default() })
    }

    #[test]
    fn a_movement_is_read_in_any_wrapping() {
        let expected = Pushed { movements: vec![ret()], rows: 1, ..Pushed::default() };
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
        assert_eq!(read(&among), Ok(Pushed { tests: 2, movements: vec![ret()], rows: 1, ..Pushed::default() }));
        for other in [TEST.replace("pushtest@", "ayse@"), TEST.replace("2015-05-01 15", "2015-05-01 16")] {
            let expected = Pushed { refused: vec![Refusal::InvalidBrand], ..Pushed::default() };
            assert_eq!(read(&other), Ok(expected), "an approval that cannot be read is nothing missed: {other}");
        }
    }

    #[test]
    fn what_is_of_another_brand_or_channel_is_refused_and_the_rest_taken() {
        let [brand, channel] = [RET.replace("601234", "601235"), RET.replace("MESAJ", "ARAMA")];
        let onay = RET.replace("RET", "ONAY").replace("9b1f", "");
        let list = format!("[{brand},{RET},{channel},7,{onay},{{}}]");
        let expected = Pushed {
            movements: vec![ret()],
            rows: 1,
            refused: vec![
                Refusal::InvalidBrand,
                Refusal::InvalidType,
                Refusal::BadLine,
                Refusal::NotRecordedAtIys,
                Refusal::BadLine,
            ],
            missed: Some((at(KNOWN_TO), at(NOW).plus(1))),
            tests: 0,
        };
        assert_eq!(read(&list), Ok(expected));
    }

    #[test]
    fn a_refusal_without_its_identity_blocks_as_of_now() {
        let pushed = read(&RET.replace("2026-11-02 11:59:59", "dün").replace("9b1f", "")).unwrap();
        let [movement] = &pushed.movements[..] else { panic!("{pushed:?}") };
        assert_eq!((movement.date(), movement.created, movement.received), (at(NOW), at(NOW).plus(CLOCK_TOLERANCE), true));
    }

    #[test]
    fn what_may_be_a_refusal_and_is_not_taken_in_leaves_a_gap() {
        let missed = |body: &str| read(body).unwrap().missed;
        let of_its_second = Some((at("2026-11-02 11:59:59"), at(NOW).plus(1)));
        assert_eq!(missed(&RET.replace("\"RET\"", "\"BELKI\"")), of_its_second);
        assert_eq!(missed(&RET.replace("+905321234567", "x")), of_its_second, "a refusal of nobody who can be known");
        assert_eq!(
            missed(&RET.replace("\"RET\"", "\"BELKI\"").replace("2026-11-02 11:59:59", "dün")),
            Some((at(KNOWN_TO), at(NOW).plus(1)))
        );
        assert_eq!(
            missed(&RET.replace('{', "{\"status\":\"ONAY\",")),
            Some((at(KNOWN_TO), at(NOW).plus(1))),
            "a status that stands twice"
        );
        let onay = RET.replace("\"RET\"", "\"ONAY\"");
        assert_eq!(missed(&onay.replace("+905321234567", "x")), None, "an approval of nobody who can be known");
        let ahead = onay.replace("2026-11-02 11:59:59", "2026-11-02 12:30:00");
        assert_eq!(missed(&ahead), Some((at(NOW), at("2026-11-02 12:30:01"))), "an approval that is still to count");
    }

    #[test]
    fn a_refusal_whose_recipient_type_cannot_be_read_blocks_every_type() {
        for kind in ["ESNAF", "KURUMSAL", "7"] {
            let pushed = read(&RET.replace("BIREYSEL", kind)).unwrap();
            let types: Vec<_> = pushed.movements.iter().map(|movement| movement.cell.recipient_type).collect();
            assert_eq!((pushed.rows, types), (1, RecipientType::ALL.to_vec()), "{kind}");
        }
        for kind in ["BİREYSEL", "Bireysel", " bireysel\u{200b}"] {
            assert_eq!(read(&RET.replace("BIREYSEL", kind)), read(RET), "{kind}");
        }
    }

    #[test]
    fn a_body_that_is_no_list_is_told_from_an_empty_one() {
        for body in ["", " \r\n", "[]", "{\"list\":[]}", "{\"list\":null}"] {
            let nothing = if body.contains("null") { refused(&[Refusal::BadLine]) } else { refused(&[]) };
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
