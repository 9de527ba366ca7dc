//! `POST …/consent/retailers/access/list`: the retailers with access to one consent.

use super::accounts::Grant;
use super::answer::{Problem, json_response};
use super::brand::Brand;
use super::history::paging;
use super::movement::Address;
use super::route::Call;
use super::status::asked;
use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub fn list(brand: &Brand, grant: Grant, call: &Call) -> Result<Response<Bytes>, Problem> {
    let (offset, limit) = paging(call)?;
    let asked = asked(call)?;
    grant.must_read(asked.cell.channel)?;
    let all = brand.retailers.get(&(Address::of(&asked.recipient), asked.cell));
    let page = all.into_iter().flatten().skip(offset).take(limit);
    let list: Vec<Value> = page.map(|code| shown(*code)).collect();
    let pagination = json!({"offset": offset, "pageSize": list.len(), "totalCount": all.map_or(0, BTreeSet::len)});
    Ok(json_response(200, &json!({"pagination": pagination, "list": list})))
}

fn shown(code: u32) -> Value {
    json!({
        "title": format!("Bayi {code} Ticaret"),
        "mersis": "56518556720",
        "alias": "Şişli Mağazası",
        "name": "Adım Soyadım",
        "tckn": "57703411244",
        "mobile": "+905325001111",
        "city": {"name": "ISTANBUL", "code": "1"},
        "town": {"name": "SARIYER", "code": "2"},
        "retailerCode": code,
    })
}
