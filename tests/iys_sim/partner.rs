//! Lists of brands: a provider's own, and those that a partner was given rights for.

use super::accounts::{Grant, Role};
use super::answer::{Problem, json_response};
use super::brand::Brand;
use super::clock::Moment;
use super::history::paging;
use super::route::{Call, Endpoint};
use super::settings::{CodeStyle, Settings};
use bytes::Bytes;
use http::Response;
use izingate::model::consent::state::Status;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The brands of a provider that the user may see.
pub fn brands(
    brands: &mut BTreeMap<u32, Brand>,
    provider: u32,
    role: &Role,
    settings: &Settings,
    now: Moment,
) -> Response<Bytes> {
    let own = brands.values_mut().filter(|brand| brand.iys_code == provider && role.grant(brand).is_some());
    let list = own.map(|brand| {
        brand.catch_up(now.time());
        let approval = brand.standing.values().filter(|known| known.status == Status::Onay).count();
        let total = brand.standing.len();
        json!({
            "brandCode": code(brand.code, settings.codes, false),
            "name": brand.name,
            "master": brand.is_master(),
            "stats": {
                "consents": {"approval": approval, "rejection": total - approval, "total": total},
                "retailers": {"total": 0},
            },
        })
    });
    json_response(200, &list.collect::<Vec<Value>>())
}

/// What a partner may do, for all brands or those of one provider.
pub fn granted(call: &Call, role: &Role, brands: &BTreeMap<u32, Brand>, settings: &Settings) -> Result<Response<Bytes>, Problem> {
    let Role::Partner { integrator_code, grants } = role else {
        return Err(Problem::new(400, "H363", "Bu servisi kullanabilmek için yetkiniz bulunmamaktadır."));
    };
    if call.path[0].parse() != Ok(*integrator_code) {
        return Err(Problem::no_right("integratorIysCode"));
    }
    let provider = call.path.get(1);
    if provider.is_some() {
        provider_of(call, brands, grants)?;
    }
    let (offset, limit) = paging(call)?;
    let of_provider = |brand: &Brand| provider.is_none_or(|provider| provider.parse() == Ok(brand.iys_code));
    let all = grants.iter().filter(|(_, grant)| **grant != Grant::NONE);
    let all = all.filter_map(|(code, grant)| Some((brands.get(code)?, *grant)));
    let all: Vec<(&Brand, Grant)> = all.filter(|(brand, _)| of_provider(brand)).collect();
    let as_text = call.endpoint == Endpoint::PartnerBrands;
    let page = all.iter().skip(offset).take(limit);
    let list: Vec<Value> = page.map(|(brand, grant)| shown(brand, *grant, settings.codes, as_text)).collect();
    let pagination = json!({"offset": offset, "pageSize": list.len(), "totalCount": all.len()});
    Ok(json_response(200, &json!({"pagination": pagination, "list": list})))
}

fn provider_of(call: &Call, brands: &BTreeMap<u32, Brand>, grants: &BTreeMap<u32, Grant>) -> Result<(), Problem> {
    let known = |code: &u32| brands.get(code).is_some_and(|brand| call.path[1].parse() == Ok(brand.iys_code));
    let any = grants.iter().any(|(code, grant)| *grant != Grant::NONE && known(code));
    if any { Ok(()) } else { Err(Problem::no_right("iysCode")) }
}

fn shown(brand: &Brand, grant: Grant, style: CodeStyle, as_text: bool) -> Value {
    json!({
        "brandCode": code(brand.code, style, as_text),
        "name": brand.name,
        "master": brand.is_master(),
        "title": format!("{} BİLİŞİM ANONİM ŞİRKETİ", brand.name),
        "iysCode": code(brand.iys_code, style, as_text),
        "agreementControl": grant.agreement,
        "MESAJ": grant.mesaj.name(),
        "ARAMA": grant.arama.name(),
        "EPOSTA": grant.eposta.name(),
        "viaControl": false,
    })
}

/// A code as the settings want it; the document's sample of a partner's list has text.
fn code(code: u32, style: CodeStyle, as_text: bool) -> Value {
    match style {
        CodeStyle::Padded => json!(format!("{code:06}")),
        CodeStyle::AsDocumented if as_text => json!(code.to_string()),
        _ => json!(code),
    }
}
