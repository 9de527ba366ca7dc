use super::*;

#[test]
fn json_lines_hold_an_item_or_a_push_body() {
    let text = r#"{"iysCode":601,"brandCode":601234,"consentDate":"2026-10-31 23:59:59","creationDate":"2026-11-01 10:20:30","source":"IYS_WEB","recipient":"+905321234567","recipientType":"BIREYSEL","status":"ONAY","type":"MESAJ","transactionId":"ab12"}

{"list":[{"brandCode":"0601234","recipient":"a@ornek.com","type":"EPOSTA","status":"RET","consentDate":null,"citizenName":"Ayşe"},{"recipient":"b@ornek.com","status":"RET","type":"EPOSTA"}]}
{"list":[]}
{"recipient":"\u0061\"b","status":"RET","source":{"x":[1]},"consentDate":[],"type":true,"transactionId":1.5}
"#;
    let expected = [
        "1: 2026-11-01 10:20:30,ab12,+905321234567,BIREYSEL,MESAJ,ONAY,2026-10-31 23:59:59,IYS_WEB,601234",
        "3: ,,a@ornek.com,,EPOSTA,RET,,,0601234",
        "3: ,,b@ornek.com,,EPOSTA,RET,,,",
        "5: ,1.5,a\"b,,true,RET,[],{},",
    ];
    assert_eq!(read("push.ndjson", text.as_bytes()), rows(&expected));
    assert_eq!(read("push.ndjson.gz", &gzip(text.replace('\n', "\r\n").as_bytes())), rows(&expected));
}

#[test]
fn a_bad_json_line_or_item_costs_itself_only() {
    let deep = "[".repeat(500);
    let long = format!("{{\"recipient\":\"{}\"}}", "x".repeat(MAX_LINE));
    let good = r#"{"recipient":"a@b.cc"}"#;
    let text = format!(
        "{good}\n[{good}]\n{{\"recipient\":\n{deep}\n{long}\n{{\"list\":[1,{good},{{\"a\":1}}]}}\n{{\"list\":{good}}}\n\
         {{\"status\":\"RET\",\"status\":\"ONAY\"}}\n{good}{good}\n{{\"list\":[{good}],\"list\":[]}}\n{good}"
    );
    let expected = [
        "1: ,,a@b.cc,,,,,,",
        "2: ,,a@b.cc,,,,,,",
        "3! the line is not a JSON object",
        "4! the line is not a JSON object",
        "5! the line is longer than 1 MiB",
        "6: ,,a@b.cc,,,,,,",
        "6! an element is no JSON object",
        "6! the object has no field of a movement",
        "7: ,,a@b.cc,,,,,,",
        "8! a field stands twice in one object",
        "9! the line is not a JSON object",
        "10! the line is not a JSON object",
        "11: ,,a@b.cc,,,,,,",
    ];
    let folder = TempDir::new().unwrap();
    assert_eq!(read_in_batches(&write(&folder, "push.ndjson", text.as_bytes()), 100), rows(&expected));
    assert_eq!(read("push.ndjson", b"{\"recipient\":\"\xff\"}\n"), rows(&["1: ,,\u{fffd},,,,,,"]));
    assert_eq!(read("push.ndjson", b"\n"), (vec![], Some("EMPTY_FILE")));
}
