//! Requests made before the run, and how their answers are read: one answer byte a recipient, whoever answers.

use crate::drive::Failure;
use crate::people::{BRAND, People, byte};
use crate::scenario::{Kind, Load};
use bytes::Bytes;
use izingate::api::gateway::verdict_names;
use izingate::api::proto::{Channel, CheckBatchRequest, CheckBatchResponse, CheckRequest, CheckResponse};
use izingate::model::consent::state::Status;
use izingate::telemetry::metrics::Outcome;
use prost::Message;
use serde::Deserialize;
use std::sync::LazyLock;

/// Recipients that the calls of a line are about, so many that they do not stay in a cache.
const RECIPIENTS: u64 = 1 << 20;
/// Calls of a line at most.
const MOST: u64 = 1 << 16;
/// So that two lines ask about others.
const SEED: u64 = 0x10AD;

/// Calls ready to be sent.
pub struct Calls {
    ready: Vec<Call>,
    read: fn(&Bytes) -> Option<Answer>,
}

/// A call ready to be sent.
pub struct Call {
    /// The message or request as it goes out.
    pub request: Bytes,
    /// Whom it is about, by their numbers.
    pub asked: Box<[u32]>,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// A byte a recipient: decision << 6 | reason.
    pub bytes: Bytes,
    /// The revision that it reflects; 0 if it does not say.
    pub revision: u64,
}

/// What a call is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For the gateway, and for the no-op server.
    Gateway(Kind),
    /// `GET` or `MGET`.
    Redis,
}

impl Calls {
    /// The calls of a line; the `place` of the line decides whom they are about.
    pub fn of(load: &Load, form: Form, people: &People, place: usize) -> Self {
        // A part of a million is enough.
        #[allow(clippy::cast_sign_loss, reason = "0 to 1")]
        let moving = (load.about_moving * 1e6) as u64;
        let calls = (RECIPIENTS / load.size).clamp(16, MOST);
        let call = |number: u64| {
            let asked: Box<[u32]> =
                (0..load.size).map(|i| people.asked(SEED + place as u64, number * load.size + i, moving) as u32).collect();
            Call { request: request(load, form, &asked), asked }
        };
        Self { ready: (0..calls).map(call).collect(), read: reader(form) }
    }

    /// Call `number`; after the last the first comes again.
    pub fn get(&self, number: u64) -> &Call {
        &self.ready[(number % self.ready.len() as u64) as usize]
    }

    /// Reads an answer.
    pub fn read(&self, answer: &Bytes) -> Result<Answer, Failure> {
        (self.read)(answer).ok_or_else(|| Failure::Code("UNREADABLE_ANSWER".to_owned()))
    }
}

fn request(load: &Load, form: Form, asked: &[u32]) -> Bytes {
    let phones = || asked.iter().map(|i| People::phone(u64::from(*i)));
    let first = phones().next().unwrap_or_default();
    let text = match form {
        Form::Redis => redis(phones()),
        Form::Gateway(Kind::Batch) => {
            let mut batch = CheckBatchRequest { brand_code: BRAND, channel: Channel::Mesaj.into(), ..Default::default() };
            if load.spelled {
                batch.recipients = phones().map(|phone| format!("+{phone}")).collect();
            } else {
                batch.phones = phones().collect();
            }
            return batch.encode_to_vec().into();
        }
        Form::Gateway(Kind::Unary | Kind::Stream) => {
            let recipient = Some(format!("+{first}"));
            let check = CheckRequest { brand_code: BRAND, channel: Channel::Mesaj.into(), recipient, ..Default::default() };
            return check.encode_to_vec().into();
        }
        Form::Gateway(Kind::Post) => {
            let body = format!("{{\"brandCode\":{BRAND},\"recipient\":\"+{first}\",\"type\":\"MESAJ\"}}");
            post("/v1/check", "application/json", &body)
        }
        Form::Gateway(Kind::Get) => {
            let query = format!("brandCode={BRAND}&recipient=%2B{first}&type=MESAJ");
            format!("GET /v1/check?{query} HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n")
        }
        Form::Gateway(Kind::Filter) => {
            let lines: String = phones().map(|phone| format!("+{phone}\n")).collect::<Vec<_>>().concat();
            post(&format!("/v1/filter?brandCode={BRAND}&type=MESAJ"), "text/csv", &lines)
        }
        // Movements are made when they are due.
        Form::Gateway(Kind::Movements) => String::new(),
    };
    text.into_bytes().into()
}

fn post(path: &str, media: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n\r\n{body}")
}

fn redis(phones: impl ExactSizeIterator<Item = u64>) -> String {
    let (keys, command) = (phones.len(), if phones.len() == 1 { "$3\r\nGET" } else { "$4\r\nMGET" });
    let keyed: String = phones.map(|phone| format!("$12\r\n{phone}\r\n")).collect::<Vec<_>>().concat();
    format!("*{}\r\n{command}\r\n{keyed}", keys + 1)
}

const fn reader(form: Form) -> fn(&Bytes) -> Option<Answer> {
    match form {
        Form::Redis => read_redis,
        Form::Gateway(Kind::Batch) => read_batch,
        Form::Gateway(Kind::Post) => read_json,
        Form::Gateway(Kind::Get) => read_text,
        Form::Gateway(Kind::Filter) => read_lines,
        Form::Gateway(_) => read_check,
    }
}

/// The answer byte of two numbers.
fn packed(decision: i32, reason: i32) -> Option<Bytes> {
    let byte = u8::try_from(decision << 6 | reason).ok()?;
    Some(Bytes::copy_from_slice(&[byte]))
}

static NAMES: LazyLock<Vec<Outcome>> = LazyLock::new(verdict_names);

/// The answer byte of two names.
fn named(decision: &str, reason: &str) -> Option<u8> {
    let found = NAMES.iter().find(|outcome| (outcome.1, outcome.3) == (decision, reason))?;
    Some(found.0 << 6 | found.2)
}

/// The names of an answer byte.
pub fn names(byte: u8) -> String {
    let found = NAMES.iter().find(|outcome| outcome.0 << 6 | outcome.2 == byte);
    found.map_or_else(|| format!("byte {byte}"), |outcome| format!("{} {}", outcome.1, outcome.3))
}

fn read_check(answer: &Bytes) -> Option<Answer> {
    let answer = CheckResponse::decode(answer.clone()).ok()?;
    Some(Answer { bytes: packed(answer.decision, answer.reason)?, revision: answer.revision })
}

fn read_batch(answer: &Bytes) -> Option<Answer> {
    let answer = CheckBatchResponse::decode(answer.clone()).ok()?;
    Some(Answer { bytes: answer.results, revision: answer.revision })
}

#[derive(Deserialize)]
struct JsonAnswer<'a> {
    decision: &'a str,
    reason: &'a str,
    revision: u64,
}

fn read_json(answer: &Bytes) -> Option<Answer> {
    let answer: JsonAnswer<'_> = serde_json::from_slice(answer).ok()?;
    let byte = named(answer.decision, answer.reason)?;
    Some(Answer { bytes: Bytes::copy_from_slice(&[byte]), revision: answer.revision })
}

fn read_text(answer: &Bytes) -> Option<Answer> {
    let (decision, reason) = std::str::from_utf8(answer).ok()?.trim_end().split_once(' ')?;
    Some(Answer { bytes: Bytes::copy_from_slice(&[named(decision, reason)?]), revision: 0 })
}

/// Lines that end with decision and reason; a heading says what they are and is none.
fn read_lines(answer: &Bytes) -> Option<Answer> {
    let lines = std::str::from_utf8(answer).ok()?.lines().filter(|line| !line.ends_with("decision,reason"));
    let byte = |line: &str| {
        let mut fields = line.rsplit(',');
        let (reason, decision) = (fields.next()?, fields.next()?);
        named(decision, reason)
    };
    let bytes: Option<Vec<u8>> = lines.map(byte).collect();
    Some(Answer { bytes: bytes?.into(), revision: 0 })
}

/// Redis keeps a digit of the ones on record.
fn read_redis(answer: &Bytes) -> Option<Answer> {
    let bulks = answer.split(|byte| *byte == b'$').skip(1);
    let status = |bulk: &[u8]| match bulk.get(3) {
        _ if bulk.starts_with(b"-1") => Some(Status::Yok),
        Some(b'1') => Some(Status::Onay),
        Some(b'2') => Some(Status::Ret),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = bulks.map(|bulk| status(bulk).map(byte)).collect();
    Some(Answer { bytes: bytes?.into(), revision: 0 })
}

/// The digit that Redis keeps of a status.
pub const fn digit(status: Status) -> char {
    match status {
        Status::Onay => '1',
        Status::Ret => '2',
        Status::Yok => '0',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [u8; 3] {
        [byte(Status::Onay), byte(Status::Ret), byte(Status::Yok)]
    }

    fn read(form: Form, answer: &'static str) -> Option<Vec<u8>> {
        reader(form)(&Bytes::from_static(answer.as_bytes())).map(|answer| answer.bytes.to_vec())
    }

    #[test]
    fn answers_are_read_whoever_gives_them() {
        let [onay, ret, yok] = all();
        let redis = "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n";
        assert_eq!(read(Form::Redis, redis), Some(vec![onay, ret, yok]));
        assert_eq!(read(Form::Gateway(Kind::Get), "DENY REFUSED\n"), Some(vec![ret]));
        let lines = "+905320001001,ALLOW,APPROVED\n+905320001002,DENY,NO_RECORD\n";
        assert_eq!(read(Form::Gateway(Kind::Filter), lines), Some(vec![onay, yok]));
        let json = r#"{"allowed":false,"decision":"DENY","enforced":true,"reason":"REFUSED","revision":7}"#;
        let answer = read_json(&Bytes::from_static(json.as_bytes()));
        assert_eq!(answer, Some(Answer { bytes: Bytes::copy_from_slice(&[ret]), revision: 7 }));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        assert_eq!(read(Form::Redis, "-ERR unknown\r\n$9\r\n"), None);
        assert_eq!(read(Form::Gateway(Kind::Get), "MAYBE\n"), None);
        assert_eq!(read(Form::Gateway(Kind::Filter), "+905320001001,ALLOW,APPROVED\nbroken off"), None);
        assert_eq!(read(Form::Gateway(Kind::Post), "{}"), None);
    }
}
