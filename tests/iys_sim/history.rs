//! `POST …/consents/history`: the movements of one consent, the newest consentDate first.

use super::accounts::Grant;
use super::answer::{Problem, json_response};
use super::brand::{Brand, Stream};
use super::changes::Item;
use super::movement::{Address, Movement};
use super::route::Call;
use super::settings::Settings;
use super::status::asked;
use bytes::Bytes;
use http::Response;
use serde_json::json;
use std::cmp::Reverse;

const MOST: i64 = 100;

pub fn history(brand: &Brand, grant: Grant, call: &Call, settings: &Settings) -> Result<Response<Bytes>, Problem> {
    let (offset, limit) = paging(call)?;
    let asked = asked(call)?;
    grant.must_read(asked.cell.channel)?;
    let address = Address::of(&asked.recipient);
    let all = brand.stream(Stream::Hs).iter().chain(brand.stream(Stream::Iys));
    let mut all: Vec<&Movement> = all.filter(|one| one.cell == asked.cell && one.address == address).collect();
    all.sort_by_key(|movement| Reverse((movement.consented, movement.created)));
    let page = all.iter().skip(offset).take(limit);
    let list: Vec<Item> = page.map(|movement| Item::new(brand.code, movement, settings.empty_consent)).collect();
    let pagination = json!({"totalCount": all.len(), "pageSize": list.len(), "offset": offset});
    Ok(json_response(200, &json!({"list": list, "pagination": pagination})))
}

/// `offset` and `limit` as every list has them: H182, H183, H186, H187.
pub fn paging(call: &Call) -> Result<(usize, usize), Problem> {
    let number = |name: &str, usual| call.asked(name).map_or(Some(usual), |text| text.parse::<i64>().ok());
    let offset = number("offset", 0).filter(|offset| *offset >= 0);
    let offset = offset.ok_or_else(|| Problem::at("offset", "H183", "offset değeri geçerli olmalıdır.", call.asked("offset")))?;
    let limit = number("limit", MOST);
    let limit = match limit {
        Some(0) => Err(("H187", "Limit değerleri sıfır olmamalıdır.")),
        Some(limit) if limit > MOST => Err(("H186", "Sayfalama (pagination) değeri en fazla 100 olabilir.")),
        Some(limit) if limit > 0 => Ok(limit),
        _ => Err(("H182", "limit değeri geçerli olmalıdır.")),
    };
    let limit = limit.map_err(|(code, text)| Problem::at("limit", code, text, call.asked("limit")))?;
    Ok((offset as usize, limit as usize))
}
