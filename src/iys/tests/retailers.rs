//! Who has access to a consent.

use super::*;
use crate::iys::{Class, Retailers};
use crate::model::brand::retailer::Retailer;
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::time::IysTime;
use serde_json::{Value, json};

const DATE: &str = "Tue, 18 Aug 2020 10:00:00 GMT";
const LATER: &str = "Tue, 18 Aug 2020 10:05:00 GMT";
const ABOUT: Cell = Cell::new(Channel::Mesaj, RecipientType::Tacir);

async fn retailers(iys: &Iys) -> Result<Retailers, IysError> {
    iys.retailers(sender(), ABOUT, "+905321234567").await
}

fn page(codes: impl IntoIterator<Item = u32>, total: Option<u32>) -> String {
    let list: Vec<Value> = codes.into_iter().map(|code| json!({"title": "Bayi", "retailerCode": code})).collect();
    let mut page = json!({ "list": list });
    if let Some(total) = total {
        page["pagination"] = json!({"offset": 0, "pageSize": list.len(), "totalCount": total});
    }
    page.to_string()
}

fn listed(codes: impl IntoIterator<Item = u32>, at: &str) -> Retailers {
    let listed = codes.into_iter().map(|code| Retailer::new(code).unwrap()).collect();
    Retailers { listed, at: IysTime::parse(at).unwrap() }
}

#[tokio::test(start_paused = true)]
async fn one_page_is_told_as_of_iyss_look() {
    let fake = Fake::of(vec![told(200, page([54_856_321, 7], Some(2))).dated(DATE).after(Duration::from_millis(400))]);
    assert_eq!(retailers(&fake.client()).await, Ok(listed([7, 54_856_321], "2020-08-18 12:59:59")));
    let call = &fake.calls()[0];
    let path = "/sps/600001/brands/600002/consent/retailers/access/list?offset=0&limit=100";
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", path));
    let expected = json!({ "recipient": "+905321234567", "recipientType": "TACIR", "type": "MESAJ" });
    assert_eq!(serde_json::from_str::<Value>(&call.body).unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn pages_are_joined_as_of_the_first() {
    for total in [Some(130), None] {
        let answers = vec![told(200, page(1..=100, total)).dated(DATE), told(200, page(101..=130, total)).dated(LATER)];
        let fake = Fake::of(answers);
        assert_eq!(retailers(&fake.client()).await, Ok(listed(1..=130, "2020-08-18 13:00:00")), "{total:?}");
        assert!(fake.calls()[1].path.ends_with("?offset=100&limit=100"), "{:?}", fake.calls()[1]);
    }
    // Pages smaller than asked for, and a list of a full page that does not tell its length.
    let small = Fake::of(vec![told(200, page(1..=2, Some(3))).dated(DATE), told(200, page([3], Some(3))).dated(LATER)]);
    assert_eq!(retailers(&small.client()).await, Ok(listed(1..=3, "2020-08-18 13:00:00")));
    let full = Fake::of(vec![told(200, page(1..=100, None)).dated(DATE), told(200, page([], None)).dated(LATER)]);
    assert_eq!(retailers(&full.client()).await, Ok(listed(1..=100, "2020-08-18 13:00:00")));
    for none in [page([], Some(0)), page([], None)] {
        let none = Fake::of(vec![told(200, none).dated(DATE)]);
        assert_eq!(retailers(&none.client()).await, Ok(listed([], "2020-08-18 13:00:00")));
    }
}

#[tokio::test(start_paused = true)]
async fn codes_may_be_text() {
    let body = r#"{"pagination":{"totalCount":"1"},"list":[{"retailerCode":"00054856321"}]}"#;
    let fake = Fake::of(vec![told(200, body).dated(DATE)]);
    assert_eq!(retailers(&fake.client()).await, Ok(listed([54_856_321], "2020-08-18 13:00:00")));
}

/// Who is not listed would lose access, so what may not be the whole list says nothing of anyone.
#[tokio::test(start_paused = true)]
async fn a_list_that_may_not_be_whole_is_an_error() {
    let cases = [
        vec![told(200, page(1..=100, Some(130))), told(200, page(101..=129, Some(129)))],
        vec![told(200, page(1..=100, Some(130))), told(200, page(1..=100, Some(130)))],
        vec![told(200, page(1..=100, Some(130))), told(200, page([], Some(130)))],
        vec![told(200, page(1..=3, Some(2))), told(200, page(1..=3, Some(2)))],
        vec![told(200, r#"{"list":[{"retailerCode":null}]}"#)],
        vec![told(200, r#"{"list":[{"retailerCode":0}]}"#)],
        vec![told(200, r#"{"list":[{"title":"Bayi"}]}"#)],
        vec![told(200, r#"{"pagination":{"totalCount":0}}"#)],
        vec![told(204, "")],
    ];
    for answers in cases {
        let error = retailers(&Fake::of(answers).client().trying(1)).await.unwrap_err();
        assert_eq!((error.class(), error.code()), (Class::Retry, "UNREADABLE"));
    }
}
