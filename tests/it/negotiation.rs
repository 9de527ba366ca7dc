//! What a client says of itself in headers, and what it hears where that is not taken: media types, weights, compression,
//! sizes.

use super::support::BRAND;
use super::support::known::{APPROVED, Known};
use super::support::web::{self, JSON, client, raw, send};
use http::Request;
use http_body_util::Full;
use izingate::api::proto::{Channel, CheckRequest};
use serde_json::json;
use tonic::Code;
use tonic_types::StatusExt;

const CHECK: &str = "/izingate.v1.PermissionService/Check";

fn question() -> String {
    format!("/v1/check?brandCode={BRAND}&type=MESAJ&recipient={APPROVED}").replace('+', "%2B")
}

fn check(recipient: &str) -> CheckRequest {
    let recipient = Some(recipient.to_owned());
    CheckRequest { brand_code: BRAND, channel: Channel::Mesaj.into(), recipient, ..CheckRequest::default() }
}

#[tokio::test]
async fn grpc_web_is_refused_in_words_over_both_protocols() {
    let known = Known::start().await;
    for media in ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text", "application/grpcx"] {
        let request = client().post(format!("{}{CHECK}", known.gateway.http)).header("content-type", media).body(vec![0; 5]);
        let reply = send(request).await;
        assert_eq!(reply.problem(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{media}");
        assert_eq!(reply.json()["detail"].as_str().unwrap().contains("gRPC-Web"), media.contains("web"), "{media}");
        let request = Request::post(format!("{}{CHECK}", known.gateway.http)).header("content-type", media);
        let answer = web::h2(&known.gateway, request.body(vec![0; 5].into()).unwrap()).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (415, &"application/problem+json".parse().unwrap())
        );
    }
    // gRPC of other messages is told so as gRPC is.
    let request = Request::post(format!("{}{CHECK}", known.gateway.http)).header("content-type", "application/grpc+json");
    let answer = web::h2(&known.gateway, request.body(vec![0; 5].into()).unwrap()).await;
    let message = answer.headers()["grpc-message"].to_str().unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["grpc-status"].to_str().unwrap()), (200, "3"));
    assert!(message.starts_with("UNSUPPORTED_MEDIA_TYPE"), "{message}");
}

#[tokio::test]
async fn the_form_of_an_answer_is_the_one_that_is_wanted_most() {
    let known = Known::start().await;
    let asked = async |accept: &str| {
        let url = format!("{}{}", known.gateway.http, question());
        let reply = send(client().get(url).header("accept", accept)).await;
        assert!(reply.text.ends_with('\n'), "{reply:?}");
        (reply.status, reply.media)
    };
    let (line, json) = ((200, "text/plain; charset=utf-8".to_owned()), (200, JSON.to_owned()));
    for accept in ["text/plain", "application/json;q=0.5, text/plain", "text/*;q=0.1", "*/*;q=0.5, text/plain"] {
        assert_eq!(asked(accept).await, line, "{accept}");
    }
    for accept in ["text/plain;q=0.5, application/json", "*/*", "text/plain;q=0", "application/json, text/plain, */*"] {
        assert_eq!(asked(accept).await, json, "{accept}");
    }
    // A problem has the same form.
    let url = format!("{}/v1/check?type=MESAJ", known.gateway.http);
    let reply = send(client().get(&url).header("accept", "application/json;q=0.9, text/plain")).await;
    assert_eq!((reply.status, reply.text.as_str()), (400, "DEFER MISSING_FIELD\n"));
    let reply = send(client().get(&url).header("accept", "application/json, text/plain;q=0.9")).await;
    assert_eq!(reply.problem(), (400, "MISSING_FIELD".to_owned()));
    assert_eq!(reply.json()["field"], "brandCode");
}

#[tokio::test]
async fn a_refused_compression_names_what_is_taken() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    for (path, media) in [
        ("/v1/check", JSON),
        ("/v1/check/batch", JSON),
        ("/v1/movements", "application/x-ndjson"),
        (&*format!("/v1/filter?brandCode={BRAND}&type=MESAJ"), "text/csv"),
    ] {
        for (encoding, media, taken) in
            [("gzip", media, Some("identity")), ("Br", media, Some("identity")), ("Identity", "text/html", None)]
        {
            let request =
                client().post(format!("{http}{path}")).header("content-type", media).header("content-encoding", encoding);
            let answer = request.body("x").send().await.unwrap();
            let told = answer.headers().get("accept-encoding").map(|value| value.to_str().unwrap());
            assert_eq!((answer.status().as_u16(), told), (415, taken), "{path} {encoding} {media}");
        }
    }
    let frame: Full<bytes::Bytes> = vec![1, 0, 0, 0, 1, 0].into();
    let request = Request::post(format!("{http}{CHECK}")).header("content-type", "application/grpc").header("te", "trailers");
    let answer = web::h2(&known.gateway, request.header("grpc-encoding", "gzip").body(frame).unwrap()).await;
    let told = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((told("grpc-status"), told("grpc-accept-encoding")), ("12".to_owned(), "identity".to_owned()));
    assert!(told("grpc-message").starts_with("UNIMPLEMENTED:%20Content%20is%20compressed"), "{}", told("grpc-message"));
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused_in_words() {
    let known = Known::start().await;
    let refused = "HEADERS_TOO_LARGE";
    for length in [16 << 10, 40_000, 60_000] {
        let large = "y".repeat(length);
        let url = format!("{}{}", known.gateway.http, question());
        let reply = send(client().get(&url).header("x", &large)).await;
        assert_eq!(reply.problem(), (431, refused.to_owned()), "{length}");
        let answer = web::h2(&known.gateway, Request::get(&url).header("x", &large).body(Full::default()).unwrap()).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (431, &"application/problem+json".parse().unwrap())
        );
        let mut asked = tonic::Request::new(check(APPROVED));
        asked.metadata_mut().insert("x", large.parse().unwrap());
        let status = known.gateway.permission().await.check(asked).await.unwrap_err();
        let reason = status.get_details_error_info().map(|info| info.reason);
        assert_eq!((status.code(), reason.as_deref()), (Code::ResourceExhausted, Some(refused)), "{length}: {status}");
        // A target counts as well.
        let reply = send(client().get(format!("{}/v1/check?x={large}", known.gateway.http)).header("accept", "text/plain")).await;
        assert_eq!((reply.status, reply.text), (431, format!("DEFER {refused}\n")), "{length}");
    }
    // What is larger still is not read, and nobody is there to say more.
    let said = raw(&known.gateway, format!("GET / HTTP/1.1\r\nHost: localhost\r\nx: {}\r\n\r\n", "y".repeat(80_000)).as_bytes());
    assert!(said.starts_with("HTTP/1.1 431 "), "{said}");
}

#[tokio::test]
async fn an_error_names_the_field_that_is_wrong() {
    let known = Known::start().await;
    for (request, expected) in [
        (CheckRequest { brand_code: 0, ..check(APPROVED) }, ("MISSING_FIELD", "brand_code")),
        (CheckRequest { recipient: None, ..check(APPROVED) }, ("MISSING_FIELD", "recipient")),
        (CheckRequest { channel: 9, ..check(APPROVED) }, ("INVALID_FIELD", "channel")),
        (CheckRequest { reference: "r".repeat(129), ..check(APPROVED) }, ("INVALID_FIELD", "reference")),
    ] {
        let status = known.gateway.permission().await.check(request).await.unwrap_err();
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.metadata["field"].as_str()), expected);
    }
    let query = |more: &str| format!("{}{}{more}", known.gateway.http, question());
    let reply = send(client().get(query("&brand=7"))).await;
    assert_eq!(reply.problem(), (400, "MALFORMED_QUERY".to_owned()));
    let text = "there is no parameter \"brand\" here; there are brandCode, recipient, type, recipientType, retailerCode, purpose, \
                reference, minRevision";
    assert_eq!((&reply.json()["detail"], &reply.json()["field"]), (&json!(text), &json!("brand")));
    let twice = send(client().get(query("&type=ARAMA"))).await;
    assert_eq!((&twice.json()["detail"], &twice.json()["field"]), (&json!("type is given twice"), &json!("type")));
    for (path, parameters) in [
        (
            "/v1/filter",
            "brandCode, type, recipientType, retailerCode, purpose, column, emailColumn, delimiter, header, encoding, \
                        duplicates, summary, reference, minRevision",
        ),
        ("/v1/movements", "brandCode"),
    ] {
        let media = if path == "/v1/filter" { "text/csv" } else { JSON };
        let reply = web::post(&known.gateway.http, &format!("{path}?x=1"), media, "{}").await;
        assert_eq!(reply.json()["detail"], format!("there is no parameter \"x\" here; there are {parameters}"), "{path}");
    }
}

#[tokio::test]
async fn a_batch_takes_phones_as_numbers() {
    let known = Known::start().await;
    let batch = async |more: serde_json::Value| {
        let mut body = json!({ "brandCode": BRAND, "type": "MESAJ" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        web::post_json(&known.gateway.http, "/v1/check/batch", &body).await
    };
    let number: u64 = APPROVED.trim_start_matches('+').parse().unwrap();
    let results = batch(json!({ "phones": [number, 5_321_234_561_u64] })).await.json()["results"].clone();
    let expected = json!([
        { "decision": "ALLOW", "reason": "APPROVED" },
        { "decision": "DENY", "reason": "INVALID_RECIPIENT" },
    ]);
    assert_eq!(results, expected);
    let reply = batch(json!({ "recipients": [number] })).await;
    assert_eq!(reply.problem(), (400, "MALFORMED_JSON".to_owned()));
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("expected an address as text (numbers go into phones, with their country code)"), "{detail}");
    let both = batch(json!({ "recipients": [APPROVED], "phones": [number] })).await;
    assert_eq!(both.problem(), (400, "INVALID_FIELD".to_owned()));
}
