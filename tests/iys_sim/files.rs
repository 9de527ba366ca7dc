//! A finished day: its file, its hash, its summary.

use super::accounts::Grant;
use super::answer::{Issue, Problem, json_response, nothing, response};
use super::brand::{Brand, Stream};
use super::clock::Moment;
use super::movement::Movement;
use super::route::Call;
use super::settings::{Settings, Written};
use bytes::Bytes;
use http::Response;
use izingate::model::consent::channel::{Channel, RecipientType};
use izingate::model::consent::state::Status;
use izingate::model::text::hex::to_hex;
use izingate::model::time::IysTime;
use serde_json::{Value, json};
use sha2::{Digest, Sha384};
use std::fmt::Write as _;

const DAY: u32 = 86_400;
/// Türkiye's days begin three hours before those of UTC.
const OFFSET: u32 = 3 * 3600;
const BACK: u32 = 7;
const HEADER: &str = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n";

/// A day in Türkiye, as days since 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Day(u32);

impl Day {
    const fn of(time: IysTime) -> Self {
        Self((time.unix() + OFFSET) / DAY)
    }

    const fn begins(self) -> IysTime {
        IysTime::from_unix(self.0 * DAY - OFFSET)
    }

    const fn ends(self) -> IysTime {
        self.begins().plus(DAY)
    }
}

/// The day of the path: H501 and H502.
fn day(call: &Call, now: Moment) -> Result<Day, Problem> {
    let text = &call.path[2];
    let time = IysTime::parse(&format!("{text} 00:00:00"));
    let time =
        time.map_err(|_| Problem::at("reportDate", "H501", "Tarih formatı yyyy-aa-gg şeklinde olmalıdır.", text.as_str()))?;
    if Day::of(time).0 + BACK < Day::of(now.time()).0 {
        return Err(Problem::at("reportDate", "H502", "reportDate alanı en fazla 7 gün önce olabilir.", text.as_str()));
    }
    Ok(Day::of(time))
}

/// Whether the day's file has been made.
fn is_ready(day: Day, settings: &Settings, now: Moment) -> bool {
    Moment::from_time(day.ends()).plus(settings.day_file_lag) <= now
}

/// The day's movements of both streams by creationDate and transactionId.
fn movements(brand: &Brand, day: Day) -> Vec<&Movement> {
    let of_day = |stream| {
        let all = brand.stream(stream);
        let first = all.partition_point(|movement| movement.created < day.begins());
        let end = all.partition_point(|movement| movement.created < day.ends());
        &all[first..end]
    };
    let mut both: Vec<&Movement> = of_day(Stream::Hs).iter().chain(of_day(Stream::Iys)).collect();
    both.sort_by_key(|movement| movement.place());
    both
}

/// The day's file; none if nothing happened.
fn content(brand: &Brand, day: Day, settings: &Settings) -> Option<String> {
    let mut movements = movements(brand, day);
    if settings.same_second_is_one_line {
        // The document leaves open which of them is shown; here it is the one that holds.
        movements.sort_by_key(|movement| (movement.place(), movement.cell, movement.status == Status::Onay));
        movements.dedup_by_key(|movement| (movement.place(), movement.cell));
    }
    if movements.is_empty() {
        return None;
    }
    let mut text = HEADER.to_owned();
    for movement in movements {
        let consented = movement.consented.map(|time| time.to_string()).unwrap_or_default();
        let id = movement.transaction(brand.code);
        let of_document = Written {
            recipient_type: movement.cell.recipient_type.name(),
            channel: movement.cell.channel.name(),
            status: movement.status.name(),
        };
        let written = settings.refusals.filter(|_| movement.status == Status::Ret).unwrap_or(of_document);
        let Written { recipient_type, channel, status } = written;
        let (created, address, source) = (movement.created, &movement.address, movement.source.name());
        let _ = writeln!(text, "{created},{id},{address},{recipient_type},{channel},{status},{consented},{source}");
    }
    Some(text)
}

pub fn day_file(brand: &Brand, grant: Grant, call: &Call, settings: &Settings, now: Moment) -> Result<Response<Bytes>, Problem> {
    grant.must_agree()?;
    let day = day(call, now)?;
    let content = is_ready(day, settings, now).then(|| content(brand, day, settings)).flatten();
    Ok(content.map_or_else(nothing, |text| response(200, "text/csv", text)))
}

pub fn agreement(brand: &Brand, grant: Grant, call: &Call, settings: &Settings, now: Moment) -> Result<Response<Bytes>, Problem> {
    grant.must_agree()?;
    let day = day(call, now)?;
    let Some(content) = content(brand, day, settings) else { return Ok(nothing()) };
    let ready = is_ready(day, settings, now);
    let body = json!({
        "processStatus": if ready { "completed" } else { "inprogress" },
        "hashValue": if ready { to_hex(&Sha384::digest(&content)) } else { String::new() },
        "hashMethod": settings.hash_label,
        "agreementStatus": brand.agreed.contains(&day.0),
    });
    Ok(json_response(200, &body))
}

pub fn agree(brand: &mut Brand, grant: Grant, call: &Call, settings: &Settings, now: Moment) -> Result<Response<Bytes>, Problem> {
    grant.must_agree()?;
    let day = day(call, now)?;
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| Problem::bad_json())?;
    if body["agreementStatus"] != json!(true) {
        let issue = Issue::new("H512", "false kabul edilemedi. İzin verilen değerler: true");
        return Err(Problem::of(422, vec![issue.at([json!("agreementStatus")])]));
    }
    if !is_ready(day, settings, now) || content(brand, day, settings).is_none() {
        return Ok(nothing());
    }
    brand.agreed.insert(day.0);
    Ok(json_response(200, &json!({"agreementCaptured": true})))
}

pub fn summary(brand: &Brand, grant: Grant, call: &Call, now: Moment) -> Result<Response<Bytes>, Problem> {
    grant.must_agree()?;
    let day = day(call, now)?;
    let text = call.path[3].as_str();
    let kind = RecipientType::from_name(text);
    let wrong = || Problem::at("recipientType", "H116", "Alıcı tipi (recipientType) için uygun değerler: BIREYSEL, TACIR", text);
    let kind = kind.ok_or_else(wrong)?;
    let stats = Channel::ALL.map(|channel| {
        let of = |name, stream| {
            let all = brand.stream(stream).iter().filter(|one| one.created >= day.begins() && one.created < day.ends());
            let all: Vec<_> = all.filter(|one| one.cell.channel == channel && one.cell.recipient_type == kind).collect();
            let approval = all.iter().filter(|movement| movement.status == Status::Onay).count();
            let (rejection, total) = (all.len() - approval, all.len());
            json!({"source": name, "approval": approval, "rejection": rejection, "pending": 0, "total": total})
        };
        json!({"type": channel.name(), "consents": [of("HS", Stream::Hs), of("IYS", Stream::Iys)]})
    });
    Ok(json_response(200, &json!({ "changeStats": stats })))
}
