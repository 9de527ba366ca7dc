//! What comes in as JSON or in a query.

use crate::api::consent_service::{MOST_MOVEMENTS, too_many_movements};
use crate::api::convert::{check_batch_size, check_reference};
use crate::api::error::{Kind, Problem};
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::fields::Fields;
use crate::model::consent::movement_json;
use crate::model::consent::movement_json::{Body, Element, Shape};
use crate::model::decision::question::{Purpose, Recipients, Scope};
use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A code as İYS writes it: a number, or a zero-padded string (F§1.1).
pub enum Code {
    /// 601234
    Number(u32),
    /// "000100"
    Text(String),
}

/// `POST /v1/check`, and the query of `GET /v1/check` and `GET /v1/explain`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckBody {
    /// The sender.
    pub brand_code: Option<Code>,
    /// As the sender spells it.
    pub recipient: Option<String>,
    /// ARAMA, MESAJ or EPOSTA.
    pub r#type: Option<String>,
    /// BIREYSEL if absent.
    pub recipient_type: Option<String>,
    /// 0 if absent.
    pub retailer_code: Option<Code>,
    /// TICARI if absent.
    pub purpose: Option<String>,
    /// The caller's own mark.
    pub reference: Option<String>,
    /// Wait for this revision.
    pub min_revision: Option<Whole>,
}

/// `POST /v1/check/batch`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchBody {
    brand_code: Option<Code>,
    r#type: Option<String>,
    recipient_type: Option<String>,
    retailer_code: Option<Code>,
    purpose: Option<String>,
    reference: Option<String>,
    min_revision: Option<Whole>,
    recipients: Option<Vec<Spelled>>,
    phones: Option<Vec<Whole>>,
}

/// A whole number from 0 up. Some writers of JSON have no others than `7.0`, which is 7 (RFC 8259, 6).
#[derive(Clone, Copy)]
pub struct Whole(pub u64);

/// An address as its sender spells it.
struct Spelled(String);

/// The recipients of a batch.
pub enum Addresses {
    /// As spelled.
    Spelled(Vec<String>),
    /// Phones as numbers with their country code.
    Phones(Vec<u64>),
}

/// A batch that can be asked.
pub struct Batch {
    /// What is asked.
    pub scope: Scope,
    /// Of whom.
    pub addresses: Addresses,
    /// The caller's own mark.
    pub reference: Option<String>,
    /// Wait for this revision; 0 asks for none.
    pub min_revision: u64,
}

impl Code {
    fn brand(&self) -> Option<BrandCode> {
        match self {
            Self::Number(number) => BrandCode::new(*number),
            Self::Text(text) => BrandCode::parse(text),
        }
    }

    fn retailer(&self) -> Option<RetailerCode> {
        match self {
            Self::Number(number) => Some(RetailerCode::new(*number)),
            Self::Text(text) if text.bytes().all(|byte| byte == b'0') && !text.is_empty() => Some(RetailerCode::BRAND),
            Self::Text(text) => BrandCode::parse(text).map(|code| RetailerCode::new(code.get())),
        }
    }
}

pub(super) fn invalid(field: &str, allowed: &str) -> Problem {
    Problem::new(Kind::InvalidField, format!("{field} must be {allowed}")).of_field(field.to_owned())
}

/// Reads a brand's number of a query or body.
pub fn brand(code: Option<&Code>) -> Result<BrandCode, Problem> {
    let code = code.ok_or_else(|| Problem::missing("brandCode"))?;
    code.brand().ok_or_else(|| invalid("brandCode", "a number above 0"))
}

pub(super) fn scope(
    brand_code: Option<&Code>,
    channel: Option<&str>,
    recipient_type: Option<&str>,
    retailer: Option<&Code>,
    purpose: Option<&str>,
) -> Result<Scope, Problem> {
    let channel = channel.ok_or_else(|| Problem::missing("type"))?;
    let channel = Channel::from_name(channel).ok_or_else(|| invalid("type", "ARAMA, MESAJ or EPOSTA"))?;
    let recipient_type = recipient_type.map_or(Some(RecipientType::default()), RecipientType::from_name);
    let recipient_type = recipient_type.ok_or_else(|| invalid("recipientType", "BIREYSEL or TACIR"))?;
    let retailer = retailer.map_or(Some(RetailerCode::BRAND), Code::retailer);
    let purpose = purpose.map_or(Some(Purpose::default()), Purpose::from_name);
    Ok(Scope {
        brand: brand(brand_code)?,
        cell: Cell::new(channel, recipient_type),
        retailer: retailer.ok_or_else(|| invalid("retailerCode", "a number"))?,
        purpose: purpose.ok_or_else(|| invalid("purpose", "TICARI, MUAF_6_1, MUAF_6_2, MUAF_6_4 or KAPSAM_DISI"))?,
    })
}

/// A parameter that a path has not.
#[must_use]
pub fn unknown_parameter(name: &str, known: &[&str]) -> Problem {
    let shown: String = name.chars().filter(|letter| !letter.is_control()).take(40).collect();
    let text = format!("there is no parameter {shown:?} here; there are {}", known.join(", "));
    Problem::new(Kind::MalformedQuery, text).of_field(shown)
}

pub(super) fn given_twice(name: &str) -> Problem {
    Problem::new(Kind::MalformedQuery, format!("{name} is given twice")).of_field(name.to_owned())
}

impl CheckBody {
    /// The parameters of a query, which are the fields of a body.
    pub const PARAMETERS: [&str; 8] =
        ["brandCode", "recipient", "type", "recipientType", "retailerCode", "purpose", "reference", "minRevision"];

    /// What is asked, and the recipient as spelled.
    pub fn question(&self) -> Result<(Scope, &str), Problem> {
        check_reference(self.reference.as_deref().unwrap_or_default())?;
        let scope = scope(
            self.brand_code.as_ref(),
            self.r#type.as_deref(),
            self.recipient_type.as_deref(),
            self.retailer_code.as_ref(),
            self.purpose.as_deref(),
        )?;
        Ok((scope, self.recipient.as_deref().ok_or_else(|| Problem::missing("recipient"))?))
    }

    /// Reads one parameter of a query.
    pub fn set(&mut self, name: &str, value: String) -> Result<(), Problem> {
        let known = match name {
            "brandCode" => self.brand_code.replace(Code::Text(value)).map(|_| ()),
            "recipient" => self.recipient.replace(value).map(|_| ()),
            "type" => self.r#type.replace(value).map(|_| ()),
            "recipientType" => self.recipient_type.replace(value).map(|_| ()),
            "retailerCode" => self.retailer_code.replace(Code::Text(value)).map(|_| ()),
            "purpose" => self.purpose.replace(value).map(|_| ()),
            "reference" => self.reference.replace(value).map(|_| ()),
            "minRevision" => {
                let revision = value.parse().map_err(|_| invalid("minRevision", "a number"))?;
                self.min_revision.replace(Whole(revision)).map(|_| ())
            }
            _ => return Err(unknown_parameter(name, &Self::PARAMETERS)),
        };
        match known {
            Some(()) => Err(given_twice(name)),
            None => Ok(()),
        }
    }
}

impl BatchBody {
    /// What is asked, and of whom.
    pub fn question(self) -> Result<Batch, Problem> {
        check_reference(self.reference.as_deref().unwrap_or_default())?;
        let scope = scope(
            self.brand_code.as_ref(),
            self.r#type.as_deref(),
            self.recipient_type.as_deref(),
            self.retailer_code.as_ref(),
            self.purpose.as_deref(),
        )?;
        let addresses = match (self.recipients, self.phones) {
            (Some(spelled), None) => Addresses::Spelled(spelled.into_iter().map(|address| address.0).collect()),
            (None, Some(phones)) => Addresses::Phones(phones.into_iter().map(|phone| phone.0).collect()),
            (None, None) => return Err(Problem::missing("recipients")),
            (Some(_), Some(_)) => {
                return Err(Problem::new(Kind::InvalidField, "give either recipients or phones, not both").of_field("phones"));
            }
        };
        check_batch_size(addresses.as_recipients().len())?;
        Ok(Batch {
            scope,
            addresses,
            reference: self.reference,
            min_revision: self.min_revision.map_or(0, |revision| revision.0),
        })
    }
}

impl Addresses {
    /// The recipients that are asked about.
    #[must_use]
    pub fn as_recipients(&self) -> Recipients<'_> {
        match self {
            Self::Spelled(spelled) => Recipients::Spelled(spelled),
            Self::Phones(phones) => Recipients::Packed(phones),
        }
    }
}

impl<'de> Deserialize<'de> for Spelled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(SpelledVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CodeVisitor)
    }
}

struct CodeVisitor;

impl Visitor<'_> for CodeVisitor {
    type Value = Code;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a code: a whole number, or its digits as text")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Code, E> {
        u32::try_from(number).map(Code::Number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Code, E> {
        let code = whole(number).and_then(|number| u32::try_from(number).ok());
        code.map(Code::Number).ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Code, E> {
        Ok(Code::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Code, E> {
        Ok(Code::Text(text))
    }
}

/// The whole number that a number with a point or an exponent is; none for any other, and beyond the numbers that are
/// exact.
fn whole(number: f64) -> Option<u64> {
    const EXACT: f64 = (1_u64 << 53) as f64;
    #[expect(clippy::cast_sign_loss, reason = "it is from 0 up")]
    (number.fract() == 0.0 && (0.0..=EXACT).contains(&number)).then_some(number as u64)
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(WholeVisitor)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0 up")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole, E> {
        whole(number).map(Whole).ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}

struct SpelledVisitor;

impl Visitor<'_> for SpelledVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address as text (numbers go into phones, with their country code)")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

/// The movements of a body in push shape, or of lines of JSON, each of which may be a body itself: for each element its
/// fields, or none if it is no movement.
///
/// # Errors
/// The body, or all that is in it, cannot be read, or it holds too many.
pub fn movements(body: &[u8], lines: bool) -> Result<Vec<Option<Fields>>, Problem> {
    let mut items =
        Movements { kept: Vec::new(), total: 0, first_reason: None, each: if lines { "lines" } else { "items of list" } };
    if !lines {
        let body = movement_json::read(body, MOST_MOVEMENTS).map_err(malformed)?;
        if body.shape != Shape::Wrapped {
            return Err(Problem::new(Kind::MalformedJson, "the body has no list; send {\"list\":[{…}]}, or lines of JSON"));
        }
        items.add(body);
        return items.checked();
    }
    for line in body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        match movement_json::read(line, MOST_MOVEMENTS.saturating_sub(items.kept.len())) {
            Ok(body) => items.add(body),
            Err(malformed) => items.add_unreadable(malformed.to_string()),
        }
    }
    items.checked()
}

/// Movements of a call, as many as it may have; the others are counted.
struct Movements {
    kept: Vec<Option<Fields>>,
    total: usize,
    /// Why the first one that cannot be read cannot.
    first_reason: Option<String>,
    /// What they are called.
    each: &'static str,
}

impl Movements {
    fn add(&mut self, body: Body) {
        self.total += body.total;
        for element in body.elements {
            match element {
                Element::Movement(fields, _) => self.kept.push(Some(fields)),
                Element::Unreadable(reason) => self.keep_unreadable(reason.to_owned()),
            }
        }
    }

    fn add_unreadable(&mut self, reason: String) {
        self.total += 1;
        if self.kept.len() < MOST_MOVEMENTS {
            self.keep_unreadable(reason);
        }
    }

    fn keep_unreadable(&mut self, reason: String) {
        self.kept.push(None);
        self.first_reason.get_or_insert(reason);
    }

    /// Refuses too many, and those of which none can be read: their sender would take them for done.
    fn checked(self) -> Result<Vec<Option<Fields>>, Problem> {
        if self.total > MOST_MOVEMENTS {
            return Err(too_many_movements(self.total));
        }
        if let Some(reason) = self.first_reason.filter(|_| self.kept.iter().all(Option::is_none)) {
            let detail = format!("none of the {} {} can be read; the first: {reason}", self.total, self.each);
            return Err(Problem::new(Kind::MalformedJson, detail));
        }
        Ok(self.kept)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn malformed(error: movement_json::Malformed) -> Problem {
    Problem::new(Kind::MalformedJson, error.to_string())
}
