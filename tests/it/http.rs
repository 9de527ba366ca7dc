//! The HTTP paths of design §8: whole answers, and every way to ask badly.

use super::support::known::{APPROVED, EMAIL, Known, REFUSED, STRANGER};
use super::support::web::{JSON, Reply, client, get, post, post_json, raw, raw_open, send};
use super::support::{Gateway, izingate};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;
const NDJSON: &str = "application/x-ndjson";

/// An answer without what no test can know; its shape is checked.
fn settled(reply: &Reply) -> Value {
    assert_eq!((reply.status, reply.media.as_str()), (200, JSON), "{reply:?}");
    let mut body = reply.json();
    let id = body["decisionId"].take();
    assert!(id.as_str().is_some_and(|id| id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit())), "{reply:?}");
    assert!(body["asOf"].take().as_str().is_some_and(|time| time.len() == 25 && time.ends_with("+03:00")), "{reply:?}");
    body
}

fn answer(decision: &str, reason: &str, article: &str) -> Value {
    json!({
        "allowed": decision == "ALLOW", "decision": decision, "enforced": true, "reason": reason, "article": article,
        "revision": 1, "asOf": null, "decisionId": null, "reference": null,
    })
}

fn asked(recipient: &str) -> Value {
    json!({ "brandCode": 601_234, "type": "MESAJ", "recipient": recipient })
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

#[tokio::test]
async fn one_question() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    for (query, body, expected) in [
        ("recipient=+905321234561", asked(APPROVED), answer("ALLOW", "APPROVED", "")),
        ("recipient=0532+123+45+61", asked("0532 123 45 61"), answer("ALLOW", "APPROVED", "")),
        ("recipient=0532%2B1234561", asked("0532+1234561"), answer("DENY", "INVALID_RECIPIENT", "")),
        ("recipient=%2B905321234562", asked(REFUSED), answer("DENY", "REFUSED", "9, 11/7")),
        ("recipient=05321234569&", asked(STRANGER), answer("DENY", "NO_RECORD", "5/3, 7/12, 11/7")),
        ("recipient=", asked(""), answer("DENY", "INVALID_RECIPIENT", "")),
        ("recipient=ayse@ornek.com.tr", asked(EMAIL), answer("DENY", "INVALID_RECIPIENT", "")),
        ("recipient=%00", asked("\0"), answer("DENY", "INVALID_RECIPIENT", "")),
        ("recipient=%zz", asked("%zz"), answer("DENY", "INVALID_RECIPIENT", "")),
        (
            "recipient=05321234561&retailerCode=7",
            with(asked(APPROVED), "retailerCode", json!(7)),
            answer("DENY", "RETAILER_NOT_AUTHORISED", ""),
        ),
        (
            "recipient=05321234561&retailerCode=000",
            with(asked(APPROVED), "retailerCode", json!("000")),
            answer("ALLOW", "APPROVED", ""),
        ),
        (
            "recipient=05321234561&purpose=MUAF_6_1",
            with(asked(APPROVED), "purpose", json!("MUAF_6_1")),
            answer("DENY", "DECLARATION_MISSING", "11/8"),
        ),
        (
            "recipient=05321234561&recipientType=TACIR",
            with(asked(APPROVED), "recipientType", json!("TACIR")),
            answer("DENY", "NO_RECORD", "6/6"),
        ),
        (
            "recipient=05321234561&reference=kampanya%201",
            with(asked(APPROVED), "reference", json!("kampanya 1")),
            with(answer("ALLOW", "APPROVED", ""), "reference", json!("kampanya 1")),
        ),
        (
            "recipient=05321234561&reference=kas%C4%B1m+kampanyas%C4%B1+%2B1",
            with(asked(APPROVED), "reference", json!("kasım kampanyası +1")),
            with(answer("ALLOW", "APPROVED", ""), "reference", json!("kasım kampanyası +1")),
        ),
        ("recipient=05321234561&minRevision=1", with(asked(APPROVED), "minRevision", json!(1)), answer("ALLOW", "APPROVED", "")),
        (
            "recipient=05321234561&minRevision=2",
            with(asked(APPROVED), "minRevision", json!(2)),
            answer("DEFER", "REVISION_NOT_REACHED", ""),
        ),
    ] {
        let by_query = get(http, &format!("/v1/check?brandCode=601234&type=MESAJ&{query}")).await;
        assert_eq!(settled(&by_query), expected, "{query}");
        assert_eq!(settled(&post_json(http, "/v1/check", &body).await), expected, "{body}");
    }
    let unknown = with(answer("DENY", "SENDER_NOT_REGISTERED", "11/6"), "asOf", Value::Null);
    let mut reply = get(http, "/v1/check?brandCode=000007&type=MESAJ&recipient=05321234561").await.json();
    reply["decisionId"].take();
    assert_eq!(reply, unknown);
}

#[tokio::test]
async fn a_word_for_dialers() {
    let known = Known::start().await;
    let line = async |request: reqwest::RequestBuilder| {
        let reply = send(request.header("accept", "text/plain")).await;
        assert_eq!(reply.media, "text/plain; charset=utf-8", "{reply:?}");
        (reply.status, reply.text)
    };
    let url = |path: &str| format!("{}{path}", known.gateway.http);
    let ask = async |query: &str| line(client().get(url(&format!("/v1/check?{query}")))).await;
    let told = |status: u16, text: &str| (status, text.to_owned());
    for (query, expected) in [
        ("brandCode=601234&type=MESAJ&recipient=05321234561", told(200, "ALLOW APPROVED\n")),
        ("brandCode=601234&type=MESAJ&recipient=+905321234562", told(200, "DENY REFUSED\n")),
        ("brandCode=601234&type=MESAJ&recipient=", told(200, "DENY INVALID_RECIPIENT\n")),
        ("brandCode=601234&type=MESAJ&recipient=05321234561&minRevision=9", told(200, "DEFER REVISION_NOT_REACHED\n")),
        // A problem is a deferral too, whatever the status: `CURL()` does not look at it.
        ("type=MESAJ&recipient=05321234561", told(400, "DEFER MISSING_FIELD\n")),
        ("brandCode=601234&type=SMS&recipient=05321234561", told(400, "DEFER INVALID_FIELD\n")),
        ("brandCode=601234&type=MESAJ&recipient=05321234561&allow=1", told(400, "DEFER MALFORMED_QUERY\n")),
        ("brandCode=601234&type=MESAJ&recipient=%ff", told(400, "DEFER MALFORMED_QUERY\n")),
    ] {
        assert_eq!(ask(query).await, expected, "{query}");
    }
    let post = async |body: &str| line(client().post(url("/v1/check")).header("content-type", JSON).body(body.to_owned())).await;
    let body = json!({ "brandCode": 601_234, "type": "MESAJ", "recipient": APPROVED }).to_string();
    assert_eq!(post(&body).await, told(200, "ALLOW APPROVED\n"));
    assert_eq!(post("{").await, told(400, "DEFER MALFORMED_JSON\n"));
    assert_eq!(line(client().put(url("/v1/check"))).await, told(405, "DEFER METHOD_NOT_ALLOWED\n"));
    assert_eq!(line(client().get(url("/v1/chek"))).await, told(404, "DEFER NOT_FOUND\n"));
}

#[tokio::test]
async fn a_batch_in_the_order_asked() {
    let known = Known::start().await;
    let recipients = [REFUSED, APPROVED, "05321234561", "", STRANGER, APPROVED, "a@ornek.com"];
    let body = json!({ "brandCode": "0601234", "type": "MESAJ", "recipients": recipients, "reference": "r", "minRevision": 1 });
    let result = |decision: &str, reason: &str| json!({ "decision": decision, "reason": reason });
    let (approved, invalid) = (result("ALLOW", "APPROVED"), result("DENY", "INVALID_RECIPIENT"));
    let expected = json!({
        "revision": 1, "asOf": null, "decisionId": null, "reference": "r",
        "counts": { "ALLOW": 3, "DENY": 4, "DEFER": 0 },
        "results": [
            result("DENY", "REFUSED"), &approved, &approved, &invalid, result("DENY", "NO_RECORD"), &approved, &invalid,
        ],
    });
    let http = &known.gateway.http;
    assert_eq!(settled(&post_json(http, "/v1/check/batch", &body).await), expected);
    let none = json!({
        "revision": 1, "asOf": null, "decisionId": null, "reference": null,
        "counts": { "ALLOW": 0, "DENY": 0, "DEFER": 0 }, "results": [],
    });
    let body = json!({ "brandCode": 601_234, "type": "MESAJ", "recipients": [] });
    assert_eq!(settled(&post_json(http, "/v1/check/batch", &body).await), none);
    let body = with(with(body, "recipients", json!([APPROVED])), "minRevision", json!(9));
    let deferred = post_json(http, "/v1/check/batch", &body).await.json();
    assert_eq!(deferred["results"], json!([{ "decision": "DEFER", "reason": "REVISION_NOT_REACHED" }]));
}

#[tokio::test]
async fn a_batch_has_a_limit() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    let batch = |size: usize| json!({ "brandCode": 601_234, "type": "MESAJ", "recipients": vec![APPROVED; size] });
    let full = post_json(http, "/v1/check/batch", &batch(100_000)).await.json();
    assert_eq!(full["counts"], json!({ "ALLOW": 100_000, "DENY": 0, "DEFER": 0 }));
    assert_eq!(full["results"].as_array().map(Vec::len), Some(100_000));
    let over = post_json(http, "/v1/check/batch", &batch(100_001)).await;
    assert_eq!(over.problem(), (413, "BATCH_TOO_LARGE".to_owned()));
}

#[tokio::test]
async fn why_and_since_when() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    let mut body = get(http, "/v1/explain?brandCode=601234&type=MESAJ&recipient=0532+123+45+62").await.json();
    for volatile in ["asOf", "decisionId"] {
        assert!(body["check"][volatile].take().is_string());
    }
    let entry = |status: &str, created: &str| {
        json!({
            "status": status, "creationDate": created, "consentDate": "2026-11-01 09:00:00", "source": "HS_WEB",
            "transactionId": "0f3a", "revision": 1, "knownSince": null,
        })
    };
    for entry in body["cells"][0]["history"].as_array_mut().unwrap() {
        assert!(entry["knownSince"].take().is_string());
    }
    let expected = json!({
        "check": answer("DENY", "REFUSED", "9, 11/7"),
        "explanation": {
            "en": "The recipient has refused messages of this brand on this channel.",
            "tr": "Alıcı bu markanın bu kanaldaki iletilerini reddetti.",
        },
        "mode": "enforce",
        "cells": [{
            "type": "MESAJ", "recipientType": "BIREYSEL", "status": "RET",
            "history": [entry("RET", "2026-11-03 10:00:00"), entry("ONAY", "2026-11-02 10:00:00")],
        }],
    });
    assert_eq!(body, expected);
    let stranger = get(http, "/v1/explain?brandCode=601234&type=MESAJ&recipient=05321234569").await.json();
    assert_eq!((&stranger["check"]["reason"], &stranger["cells"]), (&json!("NO_RECORD"), &json!([])));
    let invalid = get(http, "/v1/explain?brandCode=601234&type=MESAJ&recipient=nobody").await.json();
    assert_eq!((&invalid["check"]["reason"], &invalid["cells"]), (&json!("INVALID_RECIPIENT"), &json!([])));
}

fn item(recipient: &str, status: &str) -> Value {
    json!({
        "recipient": recipient, "type": "MESAJ", "recipientType": "BIREYSEL", "status": status, "source": "HS_WEB",
        "creationDate": "2026-11-05 10:00:00", "consentDate": "2026-11-05 09:00:00", "transactionId": "0f3b",
        "aFieldOfTomorrow": 1,
    })
}

#[tokio::test]
async fn movements_as_a_push_or_as_lines() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    let push = json!({ "list": [
        with(item(STRANGER, "ONAY"), "brandCode", json!(601_234)),
        with(item(STRANGER, "ONAY"), "brandCode", json!("0601234")),
        item(STRANGER, "ONAY"),
        with(item(STRANGER, "ONAY"), "brandCode", json!(7)),
        with(item(STRANGER, "BELKI"), "brandCode", json!(601_234)),
        "no item", ["no", "item"],
    ]});
    let refused = |index: u32, code: &str, detail: &str| json!({ "index": index, "code": code, "detail": detail });
    let unreadable = "the line is not readable or has not the columns of the header";
    let expected = json!({
        "revision": 2, "applied": 1, "unchanged": 1, "asOfNow": 0,
        "refused": [
            refused(2, "INVALID_BRAND", "brandCode is missing, not a number, or not the brand of this file or call"),
            refused(3, "UNKNOWN_BRAND", "the brand is not known here; add it first"),
            refused(4, "INVALID_STATUS", "status is not ONAY or RET"),
            refused(5, "BAD_LINE", unreadable),
            refused(6, "BAD_LINE", unreadable),
        ],
    });
    assert_eq!(post_json(http, "/v1/movements", &push).await.json(), expected);

    let lines = format!("{}\r\n\n{}\n{{broken\n\u{0}\n[]", item(APPROVED, "RET"), json!({ "list": [item(REFUSED, "ONAY")] }));
    let mut bytes = lines.into_bytes();
    bytes.extend(b"\n{\"recipient\":\"\xff\"}");
    let report = post(http, "/v1/movements?brandCode=601234", "application/x-ndjson", bytes).await.json();
    let expected = json!({
        "revision": 3, "applied": 2, "unchanged": 0, "asOfNow": 0,
        "refused": [
            refused(2, "BAD_LINE", unreadable),
            refused(3, "BAD_LINE", unreadable),
            refused(4, "INVALID_STATUS", "status is not ONAY or RET"),
        ],
    });
    assert_eq!(report, expected);
    for (recipient, decision) in [(STRANGER, "ALLOW"), (APPROVED, "DENY"), (REFUSED, "ALLOW")] {
        let body = with(asked(recipient), "minRevision", json!(3));
        assert_eq!(post_json(http, "/v1/check", &body).await.json()["decision"], decision, "{recipient}");
    }
}

#[tokio::test]
async fn a_refusal_is_never_lost_to_what_stands_beside_it() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    let ret = json!({
        "recipient": APPROVED, "type": "MESAJ", "status": "RET",
        "creationDate": 20_261_105, "consentDate": {}, "transactionId": [], "source": true,
    });
    let push = json!({ "list": [ret] });
    let report = post_json(http, "/v1/movements?brandCode=601234", &push).await.json();
    assert_eq!(report, json!({ "revision": 2, "applied": 1, "unchanged": 0, "asOfNow": 1, "refused": [] }));
    assert_eq!(settled(&post_json(http, "/v1/check", &asked(APPROVED)).await)["reason"], "REFUSED");
}

/// Whoever looks at the status alone does not take a refusal for recorded of which nothing was.
#[tokio::test]
async fn movements_of_which_none_is_taken_are_no_success() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    let told = async |query: &str, media: &str, body: String| {
        let reply = post(http, &format!("/v1/movements{query}"), media, body).await;
        let codes = reply.json()["refused"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect::<Value>();
        json!([reply.status, reply.json()["applied"], reply.json()["unchanged"], codes])
    };
    let ret = item(APPROVED, "RET");
    for (query, codes) in [("?brandCode=999", "UNKNOWN_BRAND"), ("", "INVALID_BRAND")] {
        let unknown = json!([422, 0, 0, [codes]]);
        assert_eq!(told(query, JSON, json!({ "list": [ret] }).to_string()).await, unknown, "{query}");
        assert_eq!(told(query, NDJSON, ret.to_string()).await, unknown, "{query}");
    }
    assert_eq!(settled(&post_json(http, "/v1/check", &asked(APPROVED)).await)["decision"], "ALLOW");
    // What is empty has lost nothing; one that is taken, or that is on file already, makes it a success whose refused are to be read.
    let query = "?brandCode=601234";
    assert_eq!(told(query, JSON, "{\"list\":[]}".to_owned()).await, json!([200, 0, 0, []]));
    let beside = json!({ "list": [ret, item(APPROVED, "x")] }).to_string();
    assert_eq!(told(query, JSON, beside.clone()).await, json!([200, 1, 0, ["INVALID_STATUS"]]));
    assert_eq!(told(query, JSON, beside).await, json!([200, 0, 1, ["INVALID_STATUS"]]));
}

#[tokio::test]
async fn the_admin_port() {
    let known = Known::start().await;
    let admin = &known.gateway.admin;
    for path in ["/livez", "/readyz"] {
        let reply = get(admin, path).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, "ok\n"), "{path}");
    }
    let mut state = get(admin, "/v1/state").await.json();
    let brand = &mut state["brands"][0];
    assert!(brand["asOf"].take().is_string() && brand["ageSeconds"].take().as_u64().is_some_and(|age| age < 60));
    let brand = json!({ "brandCode": 601_234, "active": true, "asOf": null, "ageSeconds": null, "fed": false, "streams": [],
        "lastPush": null, "gap": null, "stale": [] });
    let expected = json!({ "ready": true, "revision": 1, "earliestRevision": 1, "relations": 3, "brands": [brand], "feeds": [] });
    assert_eq!(state, expected);

    settled(&post_json(&known.gateway.http, "/v1/check", &asked(APPROVED)).await);
    post(&known.gateway.http, "/v1/check", JSON, "{").await;
    let metrics = get(admin, "/metrics").await;
    assert!(metrics.media.starts_with("text/plain; version=0.0.4"), "{}", metrics.media);
    let counted =
        |parts: &[&str]| metrics.text.lines().any(|line| parts.iter().all(|part| line.contains(part)) && !line.ends_with(" 0"));
    assert!(counted(&["APPROVED", "ALLOW"]) && counted(&["MALFORMED_JSON"]), "{}", metrics.text);

    assert_eq!(get(admin, "/v1/check").await.problem(), (404, "ADMIN_PORT".to_owned()));
    let wrong_method = post(admin, "/readyz", JSON, "{}").await;
    assert_eq!(wrong_method.problem(), (405, "METHOD_NOT_ALLOWED".to_owned()));
}

/// Where the node stands and what it answers: both the same after whatever it was sent.
async fn standing(known: &Known) -> (Value, Value) {
    let state = get(&known.gateway.admin, "/v1/state").await.json();
    let answer = settled(&post_json(&known.gateway.http, "/v1/check", &asked(APPROVED)).await);
    (json!([state["revision"], state["relations"], state["brands"][0]["active"]]), answer)
}

#[tokio::test]
async fn bad_bodies() {
    let known = Known::start().await;
    let before = standing(&known).await;
    let http = &known.gateway.http;
    let deep = "[".repeat(200_000);
    let check = |name: &str, value: Value| with(asked(APPROVED), name, value).to_string();
    let lacking = |name: &str| {
        let mut body = asked(APPROVED);
        body.as_object_mut().unwrap().remove(name);
        body.to_string()
    };
    let (bad, missing, invalid) = ((400, "MALFORMED_JSON"), (400, "MISSING_FIELD"), (400, "INVALID_FIELD"));
    let cases: Vec<(&str, Vec<u8>, (u16, &str))> = vec![
        ("/v1/check", b"".to_vec(), bad),
        ("/v1/check", b"{".to_vec(), bad),
        ("/v1/check", b"null".to_vec(), bad),
        ("/v1/check", b"{} {}".to_vec(), bad),
        ("/v1/check", b"\xef\xbb\xbf{}".to_vec(), missing),
        ("/v1/check", deep.clone().into_bytes(), bad),
        ("/v1/check", format!("{{\"recipient\":{deep}").into_bytes(), bad),
        ("/v1/check", b"{\"recipient\":\"\xff\"}".to_vec(), bad),
        ("/v1/check", b"{\"recipient\":\"\\ud800\"}".to_vec(), bad),
        ("/v1/check", b"{\"recipient\":\"a\",\"recipient\":\"b\"}".to_vec(), bad),
        ("/v1/check", format!("[601234,\"{APPROVED}\",\"MESAJ\",null,null,null,null,null]").into_bytes(), bad),
        ("/v1/check", check("recipient", json!(905_321_234_561_u64)).into(), bad),
        ("/v1/check", check("recipient", json!([APPROVED])).into(), bad),
        ("/v1/check", check("brandCode", json!(-1)).into(), bad),
        ("/v1/check", check("brandCode", json!(601_234.5)).into(), bad),
        ("/v1/check", check("minRevision", json!(-1)).into(), bad),
        ("/v1/check", check("recipients", json!([])).into(), bad),
        ("/v1/check", check("brandcode", json!(1)).into(), bad),
        ("/v1/check", lacking("recipient").into(), missing),
        ("/v1/check", lacking("brandCode").into(), missing),
        ("/v1/check", lacking("type").into(), missing),
        ("/v1/check", check("recipient", Value::Null).into(), missing),
        ("/v1/check", check("brandCode", json!(0)).into(), invalid),
        ("/v1/check", check("brandCode", json!("601234x")).into(), invalid),
        ("/v1/check", check("type", json!("mesaj")).into(), invalid),
        ("/v1/check", check("recipientType", json!("")).into(), invalid),
        ("/v1/check", check("purpose", json!("COMMERCIAL")).into(), invalid),
        ("/v1/check", check("retailerCode", json!("x")).into(), invalid),
        ("/v1/check", check("reference", json!("r".repeat(129))).into(), invalid),
        ("/v1/check/batch", lacking("recipient").into(), missing),
        ("/v1/check/batch", b"{\"recipients\":[1]}".to_vec(), bad),
        ("/v1/check/batch", asked(APPROVED).to_string().into(), bad),
        ("/v1/movements", b"{}".to_vec(), bad),
        ("/v1/movements", b"{\"list\":{}}".to_vec(), bad),
        ("/v1/movements", b"[[]]".to_vec(), bad),
        ("/v1/movements", format!("{{\"list\":{deep}").into_bytes(), bad),
    ];
    for (path, body, (status, code)) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert_eq!(post(http, path, JSON, body).await.problem(), (status, code.to_owned()), "{path} {shown}");
    }
    let over = json!({ "list": vec![json!({}); 10_001] });
    assert_eq!(post_json(http, "/v1/movements", &over).await.problem(), (413, "BATCH_TOO_LARGE".to_owned()));
    assert_eq!(standing(&known).await, before);
}

#[tokio::test]
async fn bad_types_paths_methods_and_queries() {
    let known = Known::start().await;
    let before = standing(&known).await;
    let http = &known.gateway.http;
    let ask = asked(APPROVED).to_string();
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/x-ndjson", "\u{e7}"] {
        let reply = post(http, "/v1/check", media, ask.clone()).await;
        assert_eq!(reply.problem(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{media}");
    }
    let push = item(APPROVED, "RET").to_string();
    for request in [
        client().post(format!("{http}/v1/movements?brandCode=601234")).body(push),
        client().post(format!("{http}/v1/check")).body(ask),
    ] {
        assert_eq!(send(request).await.problem(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "no type at all");
    }
    for path in ["/", "/v1", "/v1/check/", "/v1/filter2", "/livez", "/metrics", "/izingate.v1.PermissionService"] {
        assert_eq!(get(http, path).await.problem(), (404, "NOT_FOUND".to_owned()), "{path}");
    }
    assert_eq!(get(http, "/izingate.v1.PermissionService/Check").await.problem(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    for (method, path) in [
        ("PUT", "/v1/check"),
        ("OPTIONS", "/v1/check"),
        ("GET", "/v1/check/batch"),
        ("GET", "/v1/movements"),
        ("POST", "/v1/explain"),
    ] {
        let request = client().request(method.parse().unwrap(), format!("{http}{path}"));
        assert_eq!(send(request).await.problem(), (405, "METHOD_NOT_ALLOWED".to_owned()), "{method} {path}");
    }
    let whole = "brandCode=601234&type=MESAJ&recipient=05321234561";
    let query = (400, "MALFORMED_QUERY");
    for (path, (status, code)) in [
        (format!("/v1/check?{whole}&x=1"), query),
        (format!("/v1/check?{whole}&recipient=05321234561"), query),
        (format!("/v1/check?{whole}&reference=%ff"), query),
        (format!("/v1/check?{whole}&%ff=1"), query),
        (format!("/v1/check?{whole}&minRevision=-1"), (400, "INVALID_FIELD")),
        (format!("/v1/check?{whole}&minRevision="), (400, "INVALID_FIELD")),
        (format!("/v1/check?{whole}&reference={}", "r".repeat(129)), (400, "INVALID_FIELD")),
        ("/v1/check".to_owned(), (400, "MISSING_FIELD")),
        ("/v1/explain?brandCode=601234&type=MESAJ".to_owned(), (400, "MISSING_FIELD")),
        (format!("/v1/explain?{whole}&x="), query),
    ] {
        assert_eq!(get(http, &path).await.problem(), (status, code.to_owned()), "{path}");
    }
    for query in ["?brandCode=1&brandCode=1", "?brand=1"] {
        let reply = post(http, &format!("/v1/movements{query}"), JSON, "{\"list\":[]}").await;
        assert_eq!(reply.problem(), (400, "MALFORMED_QUERY".to_owned()), "{query}");
    }
    assert_eq!(standing(&known).await, before);
}

#[tokio::test]
async fn sizes() {
    let known = Known::start().await;
    let before = standing(&known).await;
    let http = &known.gateway.http;
    let huge = "5".repeat(10 * MIB);
    for body in [asked(&huge), with(asked(&huge), "type", json!("EPOSTA"))] {
        let reply = post_json(http, "/v1/check", &body).await;
        assert_eq!(settled(&reply), answer("DENY", "INVALID_RECIPIENT", ""), "a long address is an answer");
    }
    let head = "POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let announced = raw_open(&known.gateway, format!("{head}Content-Length: {}\r\n\r\n{{", 32 * MIB + 1).as_bytes());
    assert!(announced.starts_with("HTTP/1.1 413 ") && announced.contains("BODY_TOO_LARGE"), "{announced}");
    let chunk = format!("{:x}\r\n{}\r\n", MIB, " ".repeat(MIB)).repeat(33);
    let chunked = raw(&known.gateway, format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n").as_bytes());
    assert!(chunked.is_empty() || (chunked.starts_with("HTTP/1.1 413 ") && chunked.contains("BODY_TOO_LARGE")), "{chunked}");
    assert_eq!(standing(&known).await, before);
}

#[tokio::test]
async fn bare_sockets() {
    let known = Known::start().await;
    let before = standing(&known).await;
    let say = |bytes: &[u8]| raw(&known.gateway, bytes);
    let ask =
        "GET /v1/check?brandCode=601234&type=MESAJ&recipient=05321234561 HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n";
    let head = "POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n";
    let body = asked(APPROVED).to_string();

    assert_eq!(say(format!("{ask}\r\n").repeat(20).as_bytes()).matches("\r\n\r\nALLOW APPROVED\n").count(), 20, "pipelined");
    let pieces: Vec<String> = body.chars().map(|letter| format!("1\r\n{letter}\r\n")).collect();
    let pieces = pieces.concat();
    let chunked = say(format!("{head}Transfer-Encoding: chunked\r\n\r\n{pieces}0\r\n\r\n").as_bytes());
    assert!(chunked.contains("\"reason\":\"APPROVED\""), "{chunked}");

    for (bytes, status, code) in [
        (format!("{head}Content-Length: 100\r\n\r\n{body}"), "400", "MALFORMED_JSON"),
        (format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n"), "400", "MALFORMED_JSON"),
        (format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{{"), "400", "MALFORMED_JSON"),
        (format!("{head}Content-Length: 3\r\nContent-Length: 4\r\n\r\n{{}}"), "400", ""),
        (format!("{head}Content-Length: -1\r\n\r\n"), "400", ""),
        ("\0\u{1}garbage\r\n\r\n".to_owned(), "400", ""),
        ("GET /v1/check HTTP/9.9\r\n\r\n".to_owned(), "400", ""),
        (format!("{ask}{}\r\n", "x: y\r\n".repeat(1000)), "431", ""),
        (format!("{ask}x: {}\r\n\r\n", "y".repeat(2 * MIB)), "431", ""),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "y".repeat(100_000)), "431", ""),
    ] {
        let said = say(bytes.as_bytes());
        let shown = &bytes[..bytes.len().min(200)];
        // A flood may be cut off before its answer can be read.
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")) || (bytes.len() > MIB && said.is_empty()), "{shown}: {said}");
        assert!(said.contains(code), "{shown}: {said}");
    }
    for unfinished in ["", "GET", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0garbage that is no frame at all"] {
        say(unfinished.as_bytes());
    }
    assert_eq!(standing(&known).await, before);
}

/// A decision that nobody reads would be on record all the same.
#[tokio::test]
async fn head_asks_nothing() {
    let known = Known::start().await;
    let Gateway { http, admin, .. } = &known.gateway;
    let decisions = async || {
        let page = get(admin, "/metrics").await.text;
        let lines = page.lines().filter(|line| line.starts_with("izingate_checks_total{") && !line.ends_with(" 0"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let head = async |base: &str, path: &str| {
        let response = client().head(format!("{base}{path}")).send().await.unwrap();
        let allowed = response.headers().get("allow").map(|methods| methods.to_str().unwrap().to_owned());
        (response.status().as_u16(), allowed, response.bytes().await.unwrap().len())
    };
    let question = "brandCode=601234&type=MESAJ&recipient=05321234561";
    let asked = format!("/v1/check?{question}");
    assert_eq!(head(http, &asked).await, (405, Some("GET,POST".to_owned()), 0));
    assert_eq!(decisions().await, [""; 0], "nothing was decided");
    assert_eq!(get(http, &asked).await.status, 200);
    assert_eq!(decisions().await.len(), 1);
    // What only reads says the same to both.
    for (base, path) in [
        (http, format!("/v1/explain?{question}")),
        (http, "/v1/explain".to_owned()),
        (http, "/nowhere".to_owned()),
        (http, "/v1/movements".to_owned()),
        (admin, "/livez".to_owned()),
        (admin, "/readyz".to_owned()),
        (admin, "/metrics".to_owned()),
        (admin, "/v1/state".to_owned()),
        (admin, "/nowhere".to_owned()),
    ] {
        let (status, _, length) = head(base, &path).await;
        assert_eq!((status, length), (get(base, &path).await.status, 0), "{path}");
    }
    assert_eq!(decisions().await.len(), 1);
}

/// Who takes one port for the other is told, in the shape in which it was asked.
#[tokio::test]
async fn the_admin_port_says_that_it_is_one() {
    let known = Known::start().await;
    let Gateway { http, admin, .. } = &known.gateway;
    let told = format!(
        "this is the admin port, which has /livez, /readyz, /metrics and /v1/state; checks and commands are answered on {}",
        known.gateway.address()
    );
    for reply in [get(admin, "/v1/check?brandCode=601234").await, post_json(admin, "/v1/check", &asked(APPROVED)).await] {
        assert_eq!(reply.problem(), (404, "ADMIN_PORT".to_owned()));
        assert_eq!(reply.json()["detail"], told);
    }
    let line = send(client().get(format!("{admin}/v1/check")).header("accept", "text/plain")).await;
    assert_eq!((line.status, line.text.as_str()), (404, "DEFER ADMIN_PORT\n"));
    let list = known.dir.path().join("list.csv");
    std::fs::write(&list, "05321234561\n").unwrap();
    let list = list.to_str().unwrap();
    for args in [
        &["check", "--brand", "601234", "--type", "MESAJ", "05321234561"][..],
        &["brand", "list"],
        &["filter", "--brand", "601234", "--type", "MESAJ", "--retry-for", "0", list],
        &["watch"],
        &["recipient", "reported", "1"],
        &["backup", "name"],
    ] {
        let output = izingate().args(args).args(["--endpoint", admin]).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.as_str()), (Some(1), &*format!("izingate: ADMIN_PORT: {told}\n")), "{args:?}");
    }
    assert_eq!(get(http, "/metrics").await.problem(), (404, "NOT_FOUND".to_owned()));
}
