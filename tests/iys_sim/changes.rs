//! `GET …/consents/changes`: the two streams, seven days back, the last hour never shown.

use super::accounts::Grant;
use super::answer::{Problem, json_response, nothing};
use super::brand::{Brand, Stream};
use super::clock::Moment;
use super::faults::FaultKind;
use super::movement::Movement;
use super::route::Call;
use super::settings::{EmptyConsent, OldCursor, Settings};
use bytes::Bytes;
use http::Response;
use izingate::model::consent::state::Status;
use izingate::model::time::IysTime;
use serde::Serialize;
use serde_json::Value;

const MOST: usize = 1000;
const WINDOW: u32 = 7 * 86_400;
const BLIND: u32 = 3600;
/// An epoch of more digits than this holds milliseconds.
const LARGEST_SECONDS: u64 = 99_999_999_999;

#[derive(Serialize)]
struct Page {
    after: String,
    list: Vec<Item>,
}

/// A movement as `changes`, `history` and pushes show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_date: Option<Value>,
    creation_date: String,
    source: &'static str,
    pub recipient: String,
    recipient_type: &'static str,
    status: &'static str,
    #[serde(rename = "type")]
    pub channel: &'static str,
    transaction_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    citizen_name: Option<&'static str>,
}

impl Item {
    pub fn new(brand: u32, movement: &Movement, empty: EmptyConsent) -> Self {
        Self {
            consent_date: consent_date(movement.consented, empty),
            creation_date: movement.created.to_string(),
            source: movement.source.name(),
            recipient: movement.address.to_string(),
            recipient_type: movement.cell.recipient_type.name(),
            status: movement.status.name(),
            channel: movement.cell.channel.name(),
            transaction_id: movement.transaction(brand),
            citizen_name: None,
        }
    }
}

pub fn consent_date(consented: Option<IysTime>, empty: EmptyConsent) -> Option<Value> {
    match (consented, empty) {
        (Some(time), _) => Some(Value::String(time.to_string())),
        (None, EmptyConsent::Text) => Some(Value::String(String::new())),
        (None, EmptyConsent::Null) => Some(Value::Null),
        (None, EmptyConsent::Absent) => None,
    }
}

/// What a call asks for.
struct Asked {
    stream: Stream,
    limit: usize,
    /// The place of the last item seen.
    after: Option<(u32, u64)>,
}

pub fn changes(
    brand: &Brand,
    grant: Grant,
    call: &Call,
    settings: &Settings,
    twist: Option<FaultKind>,
    now: Moment,
) -> Result<Response<Bytes>, Problem> {
    let asked = asked(call)?;
    let (from, until) = (now.time().minus(WINDOW), now.time().minus(BLIND));
    if settings.old_cursor == OldCursor::Error && asked.after.is_some_and(|(second, _)| second < from.unix()) {
        return Err(bad_cursor());
    }
    let stream = brand.stream(asked.stream);
    let first = stream.partition_point(|item| item.created < from || asked.after.is_some_and(|after| item.place() <= after));
    let first = if let Some(FaultKind::Repeated(by)) = twist { first.saturating_sub(by) } else { first };
    let end = stream.partition_point(|item| item.created <= until).max(first);
    let page = page(&stream[first..end], grant, asked.limit, settings.pages_split_pairs);
    let Some(last) = page.last() else { return Ok(nothing()) };
    let after = match (twist, call.asked("after")) {
        (Some(FaultKind::StuckCursor), Some(asked)) => asked.to_owned(),
        _ => cursor(brand.code, last, settings),
    };
    let mut items: Vec<Item> = page.iter().map(|movement| shown(brand.code, movement, settings)).collect();
    twisted(&mut items, twist);
    Ok(json_response(200, &Page { after, list: items }))
}

fn shown(brand: u32, movement: &Movement, settings: &Settings) -> Item {
    let mut item = Item::new(brand, movement, settings.empty_consent);
    if let Some(written) = settings.refusals.filter(|_| movement.status == Status::Ret) {
        (item.recipient_type, item.channel, item.status) = (written.recipient_type, written.channel, written.status);
    }
    item.citizen_name = (item.source == "IYS_WEB_YENI").then_some("Ahmet Tuna Yılmaz");
    item
}

fn twisted(list: &mut Vec<Item>, twist: Option<FaultKind>) {
    match twist {
        Some(FaultKind::Reordered) => list.reverse(),
        Some(FaultKind::Lost) => drop(list.remove(0)),
        Some(FaultKind::Garbled) => list[0].channel = "FAKS",
        _ => {}
    }
}

fn asked(call: &Call) -> Result<Asked, Problem> {
    let stream = match call.asked("source") {
        None | Some("IYS") => Stream::Iys,
        Some("HS") => Stream::Hs,
        Some(other) => return Err(Problem::at("source", "H506", "İzin kaynağı (source) bulunamadı.", other)),
    };
    let limit = match call.asked("limit") {
        None => MOST,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MOST).contains(limit))
            .ok_or_else(|| Problem::at("limit", "H507", "limit alanı için karakter üst sınırı 1000 olmalıdır.", text))?,
    };
    let after = call.asked("after").map(|text| place_of(text).ok_or_else(bad_cursor)).transpose()?;
    Ok(Asked { stream, limit, after })
}

/// The document does not say what a wrong cursor leads to.
fn bad_cursor() -> Problem {
    Problem::new(400, "H098", "Günlük izin değişim sorgulama isteği geçerli olmalıdır.")
}

/// The cursor of an item: `<epoch>_<transactionId>`.
fn cursor(brand: u32, movement: &Movement, settings: &Settings) -> String {
    let zeros = if settings.cursor_millis { "000" } else { "" };
    format!("{}{zeros}_{}", movement.created.unix(), movement.transaction(brand))
}

fn place_of(cursor: &str) -> Option<(u32, u64)> {
    let (epoch, transaction) = cursor.split_once('_')?;
    let epoch: u64 = epoch.parse().ok()?;
    let seconds = if epoch > LARGEST_SECONDS { epoch / 1000 } else { epoch };
    let whole = transaction.len() == 64 && transaction.bytes().all(|byte| byte.is_ascii_hexdigit());
    let order = whole.then(|| u64::from_str_radix(&transaction[..16], 16).ok())??;
    Some((u32::try_from(seconds).ok()?, order))
}

/// The first `limit` movements that the user may see. A page ends before two of one transactionId that
/// it cannot hold both, unless they alone are more than a page.
fn page(visible: &[Movement], grant: Grant, limit: usize, split_pairs: bool) -> Vec<&Movement> {
    let mut seen = visible.iter().filter(|movement| grant.reads(movement.cell.channel));
    let mut page: Vec<&Movement> = seen.by_ref().take(limit).collect();
    let Some(next) = seen.next().filter(|_| !split_pairs) else { return page };
    let whole = page.iter().rposition(|movement| movement.place() != next.place()).map_or(0, |last| last + 1);
    if whole > 0 {
        page.truncate(whole);
        return page;
    }
    page.push(next);
    page.extend(seen.take_while(|movement| movement.place() == next.place()));
    page
}
