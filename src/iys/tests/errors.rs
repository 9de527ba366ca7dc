//! What follows from each error.

use super::*;
use crate::iys::{Class, Code, Why};

const RETRY: (Class, Option<Why>) = (Class::Retry, None);
const RESYNC: (Class, Option<Why>) = (Class::Resync, None);

const fn stop(why: Why) -> (Class, Option<Why>) {
    (Class::Stop, Some(why))
}

/// The error that one such answer makes of a call.
async fn error_of(answer: Told) -> IysError {
    pull(&Fake::of(vec![answer]).client().trying(1)).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn codes_say_what_to_do() {
    let table = [
        (500, RETRY, "H015 H101 H102 H103 H179 H412 H470 H476"),
        (400, RETRY, "H123"),
        (503, RETRY, "H192"),
        (429, RETRY, "H083 H124 H084 H086 H089"),
        (401, RETRY, "H351"),
        (422, RESYNC, "H501 H502"),
        (400, stop(Why::Credentials), "H250 H252"),
        (403, stop(Why::Rights), "H353 H195 H196"),
        (404, stop(Why::Rights), "H355"),
        (400, stop(Why::Rights), "H363 H176 H522"),
        (403, stop(Why::Subscription), "H520 H521 H524 H586"),
        (422, stop(Why::Subscription), "H525"),
        (404, stop(Why::Subscription), "H437"),
        (422, stop(Why::Request), "H506 H507 H193"),
        (422, stop(Why::Clock), "H162"),
        (404, stop(Why::NotFound), "H001 H018"),
        // Not in the table: the status decides.
        (500, RETRY, "H107"),
        (422, stop(Why::Request), "H999"),
        (403, stop(Why::Rights), "H999"),
    ];
    for (status, expected, codes) in table {
        for code in codes.split(' ') {
            let error = error_of(coded(status, code)).await;
            assert_eq!((error.class(), error.why()), expected, "{code}");
            assert_eq!((error.status(), error.code()), (Some(status), code));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_code_the_status_decides() {
    for (status, expected) in [
        (301, RETRY),
        (400, stop(Why::Request)),
        (401, RETRY),
        (403, stop(Why::Rights)),
        (404, stop(Why::NotFound)),
        (408, RETRY),
        (422, stop(Why::Request)),
        (429, RETRY),
        (500, RETRY),
        (502, RETRY),
        (503, RETRY),
        (504, RETRY),
    ] {
        for body in ["", "{}", "null", r#"{"errors":[]}"#, r#"{"message":"Forbidden"}"#] {
            let error = error_of(told(status, body)).await;
            assert_eq!((error.class(), error.why()), expected, "{status} {body}");
        }
        for body in ["<html><body>502</body></html>", "upstream down", "{\"errors\":[{\"co"] {
            let error = error_of(told(status, body)).await;
            assert_eq!(error.class(), Class::Retry, "{status} {body}: not İYS's own word");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_shape_of_an_error_is_read() {
    for (body, codes) in [
        (r#"{"errors":[{"code":"H353"}]}"#, "H353"),
        (r#"{"errors":[{"code:":"H353","message":"…"}]}"#, "H353"),
        (r#"{"errors":[{"code":353}]}"#, "H353"),
        (r#"{"errors":[{"code":"353"}]}"#, "H353"),
        (r#"{"errors":[{"code":15}]}"#, "H015"),
        (r#"{"errors":{"code":"H353"}}"#, "H353"),
        (r#"{"code":"H353","message":"…"}"#, "H353"),
        (r#"{"code:":"H353"}"#, "H353"),
        (r#"[{"code":"H353"}]"#, "H353"),
        (r#"{"error":"invalid_grant","error_description":"…"}"#, "invalid_grant"),
        (r#"{"error":{"code":"H353"}}"#, "H353"),
        (r#"{"errors":[{"code":"H353"},{"code":"H353"},{"code":"H117"}]}"#, "H353 H117"),
        (r#"{"errors":[{"code":"OTP-ERROR-1"},null,7,"x y",{"code":null},{"code":[1]}]}"#, "OTP-ERROR-1"),
        (r#"{"errors":[{"code":"+905311333449"},{"code":"a@ornek.com"},{"code":"5311333449"}]}"#, ""),
        (r#"{"timestamp":"…","status":500,"error":"Internal Server Error"}"#, ""),
    ] {
        let error = error_of(told(403, body)).await;
        let read: Vec<&str> = error.codes().iter().map(Code::as_str).collect();
        assert_eq!(read.join(" "), codes, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_gravest_of_several_codes_decides() {
    let body = r#"{"errors":[{"code":"H124"},{"code":"H502"},{"code":"H353"}]}"#;
    let error = error_of(told(422, body)).await;
    assert_eq!((error.class(), error.why(), error.code()), (Class::Stop, Some(Why::Rights), "H124"));
    let body = r#"{"errors":[{"code":"H124"},{"code":"H502"}]}"#;
    assert_eq!(error_of(told(422, body)).await.class(), Class::Resync);
}

#[tokio::test(start_paused = true)]
async fn places_of_refused_elements_are_read_from_mixed_locations() {
    let body = r#"{"errors":[
        {"code":"H193","location":["recipients",49],"value":"+905311333449"},
        {"code":"H193","location":["recipients",49]},
        {"code":"H121","location":["recipients","x",3],"index":7},
        {"code":"H121","location":"recipients","index":-1},
        {"code":"H121","location":[1e30, 99999999, null]}]}"#;
    let error = error_of(told(422, body)).await;
    assert_eq!(error.places(), [49, 7, 3]);
    assert!(!format!("{error} {error:?}").contains("905311333449"), "no address of İYS's text is kept");
}

#[tokio::test(start_paused = true)]
async fn waits_are_known_where_they_are() {
    let hour = Duration::from_mins(61);
    for (answer, wait) in [
        (coded(429, "H086"), Some(hour)),
        (coded(429, "H124"), None),
        (coded(429, "H124").retry_after("7"), Some(Duration::from_secs(7))),
        (coded(429, "H086").retry_after("7"), Some(hour)),
        (told(503, "").retry_after("999999999"), Some(Duration::from_hours(1))),
        (told(503, "").retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), None),
    ] {
        assert_eq!(error_of(answer).await.retry_after(), wait);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_arrive_is_worth_another_try() {
    for (answer, code) in [
        (fails(TransportError::Timeout), "TIMEOUT"),
        (fails(TransportError::Connect("refused".to_owned())), "NO_CONNECTION"),
        (fails(TransportError::Broken("reset".to_owned())), "BROKEN"),
        (told(200, "x".repeat((8 << 20) + 1)), "TOO_LONG"),
        (told(204, "").after(Duration::from_mins(2)), "TIMEOUT"),
        (told(200, ""), "UNREADABLE"),
        (told(200, "<html>"), "UNREADABLE"),
        (told(200, r#"{"after":"1_a","list":[{"stat"#), "UNREADABLE"),
    ] {
        let error = error_of(answer).await;
        assert_eq!((error.class(), error.why(), error.code()), (Class::Retry, None, code));
    }
}
