//! Pages of the change stream.

use super::*;
use crate::iys::{Class, Cursor, Page};
use crate::model::consent::fields::Fields;
use crate::model::feed::Stream;
use crate::model::time::IysTime;

const AFTER: &str = "1597740617_632cc155429fdccd7f2be8e9482aa322993ff210c2923fb84e8ed0fb1902ae21";
const DATE: &str = "Tue, 18 Aug 2020 10:00:00 GMT";

fn at() -> IysTime {
    IysTime::parse("2020-08-18 13:00:00").unwrap()
}

/// The page that such a body is read as.
async fn page(body: &str) -> Result<Page, IysError> {
    pull(&Fake::of(vec![told(200, body).dated(DATE)]).client().trying(1)).await
}

/// Every field, in the order of İYS's samples.
fn fields(item: &Fields) -> [String; 9] {
    let raw = item.raw();
    [
        raw.consented,
        raw.created,
        raw.source,
        raw.recipient,
        raw.recipient_type,
        raw.status,
        raw.channel,
        raw.transaction,
        raw.brand,
    ]
    .map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn a_page_is_read_as_documented() {
    let body = format!(
        r#"{{"after":"{AFTER}","list":[
        {{"consentDate":"2018-02-10 09:50:02","creationDate":"2020-02-10 09:50:02","source":"HS_WEB","recipient":"ornek@adiniz.com",
          "recipientType":"BIREYSEL","status":"ONAY","type":"EPOSTA","transactionId":"532c","citizenName":"Ahmet Tuna Yılmaz"}},
        {{"creationDate":"2020-08-18 11:50:17","source":"IYS_AHS_HAT_KAPATMA","recipient":"+905311333449","recipientType":"TACIR",
          "status":"RET","type":"MESAJ","transactionId":"632c","consentDate":null}}]}}"#
    );
    let page = page(&body).await.unwrap();
    assert_eq!((page.next.clone(), page.at, page.bad), (Cursor::parse(AFTER).ok(), at(), 0));
    assert_eq!(
        page.items.iter().map(fields).collect::<Vec<_>>(),
        [
            [
                "2018-02-10 09:50:02",
                "2020-02-10 09:50:02",
                "HS_WEB",
                "ornek@adiniz.com",
                "BIREYSEL",
                "ONAY",
                "EPOSTA",
                "532c",
                ""
            ]
            .map(str::to_owned),
            ["", "2020-08-18 11:50:17", "IYS_AHS_HAT_KAPATMA", "+905311333449", "TACIR", "RET", "MESAJ", "632c", ""]
                .map(str::to_owned),
        ]
    );
    let shown = format!("{page:?}");
    assert!(!shown.contains("ornek") && !shown.contains("90531") && !shown.contains("Tuna"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn the_request_is_as_documented() {
    let fake = Fake::of(vec![told(204, "")]);
    let iys = fake.client();
    let odd = Cursor::parse("a+b&c=/%_d").unwrap();
    iys.changes(sender(), Stream::Hs, None).await.unwrap();
    iys.changes(sender(), Stream::Iys, Some(&odd)).await.unwrap();
    let paths: Vec<(String, String)> = fake.calls().into_iter().map(|asked| (asked.method, asked.path)).collect();
    let root = "/sps/600001/brands/600002/consents/changes";
    assert_eq!(
        paths,
        [
            ("GET".to_owned(), format!("{root}?source=HS&limit=1000")),
            ("GET".to_owned(), format!("{root}?source=IYS&limit=1000&after=a%2Bb%26c%3D%2F%25%5Fd")),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_new_leaves_the_position() {
    let iys = Fake::of(vec![told(204, "").dated(DATE)]).client();
    assert_eq!(pull(&iys).await.unwrap(), Page { items: Vec::new(), bad: 0, next: None, at: at() });
    for body in [r#"{"list":[]}"#, r#"{"after":null,"list":null}"#, r#"{"after":"","list":[]}"#] {
        assert_eq!(page(body).await.unwrap(), Page { items: Vec::new(), bad: 0, next: None, at: at() }, "{body}");
    }
    for body in ["{}", r#"{"after":"5_a"}"#, "[]", "null"] {
        assert_eq!(page(body).await.unwrap_err().code(), "UNREADABLE", "{body}: no page");
    }
    let moved = page(r#"{"after":"5_a","list":[]}"#).await.unwrap();
    assert_eq!(moved.next, Cursor::parse("5_a").ok());
}

#[tokio::test(start_paused = true)]
async fn a_page_without_its_end_is_asked_for_again() {
    for after in ["null", "\"\"", "\"a b\"", "{}"] {
        let bad = format!(r#"{{"after":{after},"list":[{{"status":"RET"}}]}}"#);
        let error = page(&bad).await.unwrap_err();
        assert_eq!((error.class(), error.code()), (Class::Retry, "UNREADABLE"), "{after}");
        let fake = Fake::of(vec![told(200, bad), told(200, r#"{"after":"5_a","list":[{"status":"RET"}]}"#)]);
        assert_eq!(pull(&fake.client()).await.unwrap().items.len(), 1);
    }
    assert_eq!(page(r#"{"list":[{"status":"RET"}]}"#).await.unwrap_err().class(), Class::Retry);
}

#[tokio::test(start_paused = true)]
async fn odd_elements_do_not_hold_up_the_others() {
    let body = r#"{"after":1597740617,"unknown":{"a":[1]},"list":[
        null, 7, -7, 1.5, true, "x", ["y", {"status":"RET"}],
        {"status":"RET","recipient":905311333449,"transactionId":42,"brandCode":600002,"new":{"deep":[{}]},"source":"YENI"},
        {"status":"RET","recipient":"+905311333449","brandCode":"000600002","status":"ONAY"},
        {"status":"ONAY","recipient":"+905311333449","brandCode":"000600002","type":["MESAJ"]},
        {}]}"#;
    let fake = Fake::of(vec![told(200, body)]);
    let iys = fake.client();
    let page = pull(&iys).await.unwrap();
    assert_eq!((page.bad, page.next), (9, Cursor::parse("1597740617").ok()), "a field twice, and no field, are two of them");
    assert_eq!(
        page.items.iter().map(fields).collect::<Vec<_>>(),
        [
            ["", "", "YENI", "905311333449", "", "RET", "", "42", "600002"].map(str::to_owned),
            ["", "", "", "+905311333449", "", "ONAY", "[]", "", "000600002"].map(str::to_owned),
        ]
    );
    assert_eq!(iys.figures().unreadable, 9);
}

#[tokio::test(start_paused = true)]
async fn its_moment_is_not_after_the_look() {
    let slow = told(204, "").dated(DATE).after(Duration::from_millis(2100));
    assert_eq!(pull(&Fake::of(vec![slow]).client()).await.unwrap().at, at().minus(3));
    let fake = Fake::of(vec![told(204, "").after(Duration::from_secs(2))]);
    let budget = Arc::new(crate::iys::rate_limit::Budget::new(&Limits::default()));
    let undated = Iys::with(settings(), fake as Arc<dyn Transport>, budget, at);
    assert_eq!(pull(&undated).await.unwrap().at, at().minus(60 + 2), "our clock may be ahead of İYS's");
}
