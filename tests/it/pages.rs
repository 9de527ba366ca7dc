//! Lists that are longer than an answer: a page at a time, over every door, and whole in the commands.

use super::support::known::Known;
use super::support::web::get;
use super::support::{BRAND, Gateway, add_brand, run};
use izingate::api::proto::{Brand, GetStateRequest, ListBrandsRequest, PutBrandRequest};
use izingate::config::SecretSource;
use izingate::data::open::existing;
use izingate::model::brand::{Brand as StoredBrand, BrandCode, IysCode};
use serde_json::json;

/// Codes of the brands behind the one that is on file already.
const OTHERS: std::ops::Range<u32> = 700_001..700_008;

async fn with_brands() -> Known {
    let known = Known::start().await;
    let mut admin = known.gateway.admin().await;
    for brand_code in OTHERS {
        let brand = Brand { brand_code, iys_code: 7, title: format!("Marka {brand_code}"), active: true, ..Brand::default() };
        admin.put_brand(PutBrandRequest { brand: Some(brand) }).await.unwrap();
    }
    known
}

fn all() -> Vec<u32> {
    std::iter::once(BRAND).chain(OTHERS).collect()
}

#[tokio::test]
async fn brands_and_their_state_come_a_page_at_a_time() {
    let known = with_brands().await;
    let (mut admin, mut consent) = (known.gateway.admin().await, known.gateway.consent().await);
    let (mut listed, mut shown, mut after_brand_code) = (Vec::new(), Vec::new(), 0);
    for more in [true, true, false] {
        let page = admin.list_brands(ListBrandsRequest { after_brand_code, limit: 3 }).await.unwrap().into_inner();
        let state = consent.get_state(GetStateRequest { after_brand_code, limit: 3 }).await.unwrap().into_inner();
        assert_eq!((page.more, state.more_brands), (more, more), "behind {after_brand_code}");
        listed.extend(page.brands.iter().map(|brand| brand.brand_code));
        shown.extend(state.brands.iter().map(|brand| brand.brand_code));
        let path = format!("/v1/state?afterBrandCode={after_brand_code}&limit=3");
        let page = get(&known.gateway.admin, &path).await.json();
        let codes: Vec<_> = page["brands"].as_array().unwrap().iter().map(|brand| brand["brandCode"].clone()).collect();
        assert_eq!(json!(codes), json!(&shown[shown.len() - codes.len()..]));
        assert_eq!(page["moreBrands"], if more { json!(true) } else { json!(null) });
        after_brand_code = *listed.last().unwrap();
    }
    assert_eq!((&listed, &shown), (&all(), &all()));
    let whole = admin.list_brands(ListBrandsRequest::default()).await.unwrap().into_inner();
    assert_eq!((whole.brands.len(), whole.more), (all().len(), false));
    for (query, code) in [("limit=x", "INVALID_FIELD"), ("limit=1&limit=1", "MALFORMED_QUERY"), ("brand=7", "MALFORMED_QUERY")] {
        assert_eq!(get(&known.gateway.admin, &format!("/v1/state?{query}")).await.problem(), (400, code.to_owned()), "{query}");
    }
}

/// A page of brands is 2,000, and one of their states 10,000.
#[tokio::test]
async fn the_command_walks_all_pages() {
    const COUNT: u32 = 10_500;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let opened = existing(&data, &SecretSource::DataDirectory).unwrap();
    let mut commit = opened.store.begin();
    for code in 1..=COUNT {
        let iys_code = IysCode::new(7).unwrap();
        commit.brand(&StoredBrand::imported(BrandCode::new(code).unwrap(), iys_code, "Marka".to_owned())).unwrap();
    }
    commit.commit().unwrap();
    drop(opened);
    let gateway = Gateway::start(&data);
    let endpoint = gateway.http.clone();
    let said = tokio::task::spawn_blocking(move || run(&["brand", "list", "--endpoint", &endpoint])).await.unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    let codes: Vec<u32> = text.lines().map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    assert_eq!(codes, (1..=COUNT).chain([BRAND]).collect::<Vec<_>>());
    // The longest answers by default are whole pages.
    let page = gateway.admin().await.list_brands(ListBrandsRequest::default()).await.unwrap().into_inner();
    let state = gateway.consent().await.get_state(GetStateRequest::default()).await.unwrap().into_inner();
    assert_eq!((page.brands.len(), page.more, state.brands.len(), state.more_brands), (2_000, true, 10_000, true));
}
