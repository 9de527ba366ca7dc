//! What comes in as JSON or in a query.

use crate::check::question::{Purpose, Scope};
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::channel::{Cell, Channel, RecipientType};
use crate::model::movement::RawMovement;
use crate::wire::convert::{check_batch_size, check_reference};
use crate::wire::status::{Kind, Problem};
use serde::Deserialize;
use serde_json::Value;

/// A code as İYS writes it: a number, or a zero-padded string (F§1.1).
#[derive(Deserialize)]
#[serde(untagged)]
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
    pub min_revision: Option<u64>,
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
    min_revision: Option<u64>,
    recipients: Option<Vec<String>>,
}

/// A batch that can be asked.
pub struct Batch {
    /// What is asked.
    pub scope: Scope,
    /// Of whom.
    pub recipients: Vec<String>,
    /// The caller's own mark.
    pub reference: Option<String>,
    /// Wait for this revision; 0 asks for none.
    pub min_revision: u64,
}

/// An item of a push; fields that İYS may add are ignored.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct PushItem {
    creation_date: Text,
    transaction_id: Text,
    recipient: Text,
    recipient_type: Text,
    r#type: Text,
    status: Text,
    consent_date: Text,
    source: Text,
    brand_code: Text,
}

/// A field of an item. What is no text is kept as its JSON, for the rules to refuse or leave out by
/// field: a RET must not be lost because a date beside it is a number.
#[derive(Default)]
struct Text(String);

/// The body of a push.
#[derive(Deserialize)]
pub struct PushBody {
    list: Vec<Value>,
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        }))
    }
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
    Problem::new(Kind::InvalidField, format!("{field} must be {allowed}"))
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

impl CheckBody {
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
            "recipient" => self.recipient.replace(as_meant(value)).map(|_| ()),
            "type" => self.r#type.replace(value).map(|_| ()),
            "recipientType" => self.recipient_type.replace(value).map(|_| ()),
            "retailerCode" => self.retailer_code.replace(Code::Text(value)).map(|_| ()),
            "purpose" => self.purpose.replace(value).map(|_| ()),
            "reference" => self.reference.replace(value).map(|_| ()),
            "minRevision" => {
                let revision = value.parse().map_err(|_| invalid("minRevision", "a number"))?;
                self.min_revision.replace(revision).map(|_| ())
            }
            _ => return Err(Problem::new(Kind::MalformedQuery, "unknown parameter; see the README for those that there are")),
        };
        match known {
            Some(()) => Err(Problem::new(Kind::MalformedQuery, format!("{name} is given twice"))),
            None => Ok(()),
        }
    }
}

/// In a query `+` may stand for a blank or for itself. In an e-mail it is a label's; in a phone it is
/// itself in front and a blank elsewhere.
fn as_meant(recipient: String) -> String {
    match recipient.char_indices().nth(1) {
        Some((second, _)) if !recipient.contains('@') => {
            let (first, rest) = recipient.split_at(second);
            format!("{first}{}", rest.replace('+', " "))
        }
        _ => recipient,
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
        let recipients = self.recipients.ok_or_else(|| Problem::missing("recipients"))?;
        check_batch_size(recipients.len())?;
        Ok(Batch { scope, recipients, reference: self.reference, min_revision: self.min_revision.unwrap_or(0) })
    }
}

impl PushItem {
    /// An item; none if it is not an object.
    #[must_use]
    pub fn of(value: Value) -> Option<Self> {
        if value.is_object() { serde_json::from_value(value).ok() } else { None }
    }

    /// The fields as they came.
    #[must_use]
    pub fn raw(&self) -> RawMovement<'_> {
        RawMovement {
            created: &self.creation_date.0,
            transaction: &self.transaction_id.0,
            recipient: &self.recipient.0,
            recipient_type: &self.recipient_type.0,
            channel: &self.r#type.0,
            status: &self.status.0,
            consented: &self.consent_date.0,
            source: &self.source.0,
            brand: &self.brand_code.0,
        }
    }
}

/// The items of a body in push shape or of lines of JSON, each of which may be a body itself.
pub fn push_items(body: &[u8], lines: bool) -> Result<Vec<Option<PushItem>>, Problem> {
    if !lines {
        let malformed = |error: serde_json::Error| Problem::new(Kind::MalformedJson, json_error(&error));
        let body: PushBody = serde_json::from_slice(body).map_err(malformed)?;
        return Ok(body.list.into_iter().map(PushItem::of).collect());
    }
    let mut items = Vec::new();
    for line in body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        match serde_json::from_slice::<Value>(line) {
            Ok(Value::Object(mut object)) => match object.remove("list") {
                Some(Value::Array(list)) => items.extend(list.into_iter().map(PushItem::of)),
                _ => items.push(PushItem::of(Value::Object(object))),
            },
            _ => items.push(None),
        }
    }
    Ok(items)
}

/// What is wrong with a body: serde's text, which names fields and places, cut before any value that it
/// repeats at length.
#[must_use]
pub fn json_error(error: &serde_json::Error) -> String {
    error.to_string().chars().take(200).collect()
}
