//! What one address consented to, or a thousand; and adding a consent.

use super::accounts::{Grant, Right};
use super::answer::{Issue, Problem, json_response};
use super::brand::{Brand, Registration};
use super::changes::consent_date;
use super::clock::Moment;
use super::movement::{Address, digest};
use super::route::Call;
use super::settings::{Settings, UnknownAddress};
use bytes::Bytes;
use http::Response;
use izingate::model::consent::channel::{Cell, Channel, RecipientType};
use izingate::model::consent::state::Status;
use izingate::model::text::hex::to_hex;
use izingate::model::time::IysTime;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

const MOST: usize = 1000;
const LONGEST_PHONE: usize = 15;
const TYPES: &str = "İzin tipi (type) için uygun değerler: ARAMA, MESAJ, EPOSTA";
const RECIPIENT_TYPES: &str = "Alıcı tipi (recipientType) için uygun değerler: BIREYSEL, TACIR";

/// Whom a query is about.
pub struct Asked {
    pub recipient: String,
    pub cell: Cell,
}

/// Reads `{recipient, recipientType, type}`; every wrong field is named.
pub fn asked(call: &Call) -> Result<Asked, Problem> {
    let body: Map<String, Value> = serde_json::from_slice(&call.body).map_err(|_| Problem::bad_json())?;
    let mut issues = Vec::new();
    let missing = |field: &str, code, text: &str| Issue::new(code, text).at([json!(field)]);
    let text = |field: &str| body.get(field).and_then(Value::as_str);
    let channel = match text("type") {
        None => Err(missing("type", "H111", "İzin tipi (type) bulunamadı.")),
        Some(name) => Channel::from_name(name).ok_or_else(|| missing("type", "H117", TYPES).value(name)),
    };
    let kind = match text("recipientType") {
        None => Err(missing("recipientType", "H170", "Alıcı tipi (recipientType) bulunamadı.")),
        Some(name) => RecipientType::from_name(name).ok_or_else(|| missing("recipientType", "H116", RECIPIENT_TYPES).value(name)),
    };
    let recipient = match (text("recipient"), &channel) {
        (None, _) => Err(missing("recipient", "H114", "Alıcı (recipient) bulunamadı.")),
        (Some(recipient), Ok(channel)) => {
            address_issue(recipient, *channel).map_or(Ok(recipient), |issue| Err(issue.at([json!("recipient")])))
        }
        (Some(recipient), Err(_)) => Ok(recipient),
    };
    match (recipient, channel, kind) {
        (Ok(recipient), Ok(channel), Ok(kind)) => Ok(Asked { recipient: recipient.to_owned(), cell: Cell::new(channel, kind) }),
        (recipient, channel, kind) => {
            issues.extend([recipient.err(), channel.err(), kind.err()].into_iter().flatten());
            Err(Problem::of(422, issues))
        }
    }
}

/// What is wrong with an address, if anything.
fn address_issue(text: &str, channel: Channel) -> Option<Issue> {
    let is_mail = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let digits = text.strip_prefix('+').unwrap_or_default();
    let is_phone = digits.len() >= 7 && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let issue = match channel.takes_phones() {
        false if is_mail => return None,
        false => Issue::new("H120", "Alıcı (recipient) kabul edilemedi. Geçerli bir eposta adresi giriniz."),
        true if text.starts_with('+') && digits.len() > LONGEST_PHONE => {
            Issue::new("H166", "Alıcı için telefon numaraları 15 karakterden uzun olmamalıdır.")
        }
        true if is_phone => return None,
        true => Issue::new("H121", E164),
    };
    Some(issue.value(text))
}

const E164: &str = "Alıcı (recipient) için E164 uluslararası([+][country code][area code][local phone number]) formata uygun \
bir telefon numarası girilmelidir. (örn. +905992000000)";

pub fn single(brand: &Brand, grant: Grant, call: &Call, settings: &Settings) -> Result<Response<Bytes>, Problem> {
    let asked = asked(call)?;
    grant.must_read(asked.cell.channel)?;
    let Some(known) = brand.standing(&asked.recipient, asked.cell) else { return unknown(settings) };
    let address = Address::of(&asked.recipient);
    let mut body = json!({
        "creationDate": known.created.to_string(),
        "source": known.source.name(),
        "recipient": address.to_string(),
        "recipientType": asked.cell.recipient_type.name(),
        "status": known.status.name(),
        "type": asked.cell.channel.name(),
        "retailerAccessCount": 0,
        "transactionId": to_hex(&digest(brand.code, &address, asked.cell.channel, known.created)),
    });
    if let Some(date) = consent_date(known.consented, settings.empty_consent) {
        body["consentDate"] = date;
    }
    Ok(json_response(200, &body))
}

/// The document names no answer for this.
fn unknown(settings: &Settings) -> Result<Response<Bytes>, Problem> {
    match settings.unknown_address {
        UnknownAddress::NotFound => Err(Problem::new(404, "H404", "İzin bulunamadı.")),
        UnknownAddress::Empty => Ok(json_response(200, &json!({}))),
    }
}

pub fn multi(
    brand: &Brand,
    grant: Grant,
    call: &Call,
    settings: &Settings,
    numbers: &mut u64,
) -> Result<Response<Bytes>, Problem> {
    let (kind, channel) = (call.path[2].as_str(), call.path[3].as_str());
    let kind = RecipientType::from_name(kind).ok_or_else(|| Problem::at("recipientType", "H116", RECIPIENT_TYPES, kind))?;
    let channel = Channel::from_name(channel).ok_or_else(|| Problem::at("type", "H117", TYPES, channel))?;
    grant.must_read(channel)?;
    let recipients = recipients(call, channel)?;
    let asked = Cell::new(channel, kind);
    let approved = |one: &&String| brand.standing(one, asked).is_some_and(|known| known.status == Status::Onay);
    let list: Vec<&String> = recipients.iter().filter(approved).collect();
    Ok(json_response(200, &json!({"requestId": request_id(numbers, settings), "list": list})))
}

fn recipients(call: &Call, channel: Channel) -> Result<Vec<String>, Problem> {
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| Problem::bad_json())?;
    let refuse = |code, text: &str| Problem::of(422, vec![Issue::new(code, text).at([json!("recipients")])]);
    let Some(list) = body.get("recipients") else { return Err(refuse("H168", "Alıcı listesi (recipients) bulunamadı.")) };
    let Some(list) = list.as_array() else { return Err(refuse("H478", "Alıcı listesi (recipients) liste olmalıdır.")) };
    if list.is_empty() {
        return Err(refuse("H164", "Alıcı listesi (recipients) kabul edilemedi. Liste boş olmamalıdır."));
    }
    if list.len() > MOST {
        return Err(refuse("H125", "Alıcı listesi (recipients) uzunluğu en fazla 1000 olmalıdır."));
    }
    let mut seen = HashSet::new();
    let mut issues = Vec::new();
    for (place, one) in list.iter().enumerate() {
        let text = one.as_str().unwrap_or_default();
        if !seen.insert(text) {
            let issue = Issue::new("H193", "Alıcı (recipient) değeri liste içinde tekrarlanamaz.").value(text);
            issues.push(issue.at([json!("recipients"), json!(place)]));
        } else if text.contains('@') == channel.takes_phones() {
            let form = if channel.takes_phones() { "telefon" } else { "e-posta" };
            let text_of = format!("İzin tipi (type) {channel} için, alıcı (recipient) {form} formatında olmalıdır.");
            issues.push(Issue::new("H464", text_of).value(text).at([json!("recipient")]));
        } else if let Some(issue) = address_issue(text, channel) {
            issues.push(issue.at([json!("recipients"), json!(place)]));
        }
    }
    if !issues.is_empty() {
        return Err(Problem::of(422, issues));
    }
    Ok(list.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect())
}

/// A UUID, or 32 hex digits.
fn request_id(numbers: &mut u64, settings: &Settings) -> String {
    *numbers += 1;
    let hex = to_hex(&Sha256::digest(numbers.to_be_bytes())[..16]);
    if settings.hex_request_ids {
        return hex;
    }
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// `POST …/consents`: the provider's own write.
pub fn add(brand: &mut Brand, grant: Grant, call: &Call, settings: &Settings, now: Moment) -> Result<Response<Bytes>, Problem> {
    let asked = asked(call)?;
    if grant.right(asked.cell.channel) != Right::Write {
        return Err(Problem::no_right("type"));
    }
    let body: Map<String, Value> = serde_json::from_slice(&call.body).map_err(|_| Problem::bad_json())?;
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    let status = Status::from_name(text("status"));
    let status =
        status.ok_or_else(|| Problem::at("status", "H115", "Durum (status) için uygun değerler: ONAY, RET", text("status")))?;
    let source = Some(text("source")).filter(|source| source.starts_with("HS_"));
    let source = source.ok_or_else(|| Problem::at("source", "H119", "İzin kaynağı (source) kabul edilemedi.", text("source")))?;
    let consented = Some(text("consentDate")).filter(|date| !date.is_empty()).map(IysTime::parse).transpose();
    let wrong_date = |_| {
        let text_of = "İzin tarihi yyyy-mm-dd hh:mm:ss formatında olmalıdır.";
        Problem::at("consentDate", "H158", text_of, text("consentDate"))
    };
    let (consented, recipient) = (consented.map_err(wrong_date)?, asked.recipient.as_str());
    let movement = Registration { brand: brand.code, recipient, cell: asked.cell, status, source, consented, created: None };
    if settings.record_rules {
        brand.check(&movement, now)?;
    }
    let movement = brand.record(&movement, now.time());
    let body = json!({"transactionId": movement.transaction(brand.code), "creationDate": movement.created.to_string()});
    Ok(json_response(200, &body))
}
