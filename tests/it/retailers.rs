//! Retailers (bayi): a consent of the brand counts for one only with access; a refusal is one to all.

use crate::process::failure;
use crate::support::ask::verdict;
use crate::support::data::{fresh, inspect};
use crate::support::known::{APPROVED, EMAIL, Known, REFUSED, STRANGER, apply, movement};
use crate::support::web::{get, post_json};
use crate::support::{BRAND, Gateway, izingate, run};
use izingate::api::proto::watch_event::Event;
use izingate::api::proto::{
    Channel, CheckBatchRequest, CheckRequest, CloseLineRequest, PutRetailerAccessRequest, PutRetailerAccessResponse,
    RecipientType, RefreshRetailerAccessRequest, RetailerAccess, WatchRequest,
};
use izingate::model::decision::Verdict;
use izingate::model::time::IysTime;
use serde_json::json;
use std::fs;
use std::path::Path;
use tonic_types::StatusExt;

const RETAILER: u32 = 54_856_321;
const OTHER: u32 = 7;

fn access(retailer: u32, recipient: &str, allowed: bool, at: &str) -> RetailerAccess {
    RetailerAccess {
        brand_code: BRAND,
        retailer_code: retailer,
        recipient: recipient.to_owned(),
        allowed,
        at: IysTime::parse(at).unwrap().unix().into(),
        ..RetailerAccess::default()
    }
}

async fn put(gateway: &Gateway, access: Vec<RetailerAccess>) -> PutRetailerAccessResponse {
    gateway.admin().await.put_retailer_access(PutRetailerAccessRequest { access }).await.unwrap().into_inner()
}

async fn refused(gateway: &Gateway, access: Vec<RetailerAccess>) -> (String, String) {
    let status = gateway.admin().await.put_retailer_access(PutRetailerAccessRequest { access }).await.unwrap_err();
    (status.get_error_details().error_info().unwrap().reason.clone(), status.message().to_owned())
}

/// The reason that every door gives for MESAJ.
async fn reason(gateway: &Gateway, retailer: u32, recipient: &str) -> String {
    let one = CheckRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipient: Some(recipient.to_owned()),
        retailer_code: retailer,
        ..CheckRequest::default()
    };
    let mut client = gateway.permission().await;
    let unary = verdict(&client.check(one.clone()).await.unwrap().into_inner()).1;
    let mut stream = client.check_stream(tokio_stream::iter([one])).await.unwrap().into_inner();
    let streamed = verdict(&stream.message().await.unwrap().unwrap()).1;
    let phone: u64 = recipient.trim_start_matches('+').parse().unwrap();
    let batch = CheckBatchRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        retailer_code: retailer,
        phones: vec![905_000_000_000, phone],
        ..CheckBatchRequest::default()
    };
    let batch = client.check_batch(batch).await.unwrap().into_inner().results;
    let in_batch = Verdict::parts(batch[1]).unwrap().1.name();
    let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "retailerCode": retailer, "recipient": recipient });
    let http = post_json(&gateway.http, "/v1/check", &asked).await.json();
    let many = json!({ "brandCode": BRAND, "type": "MESAJ", "retailerCode": retailer, "recipients": [recipient] });
    let many = post_json(&gateway.http, "/v1/check/batch", &many).await.json();
    let query = format!("/v1/check?brandCode={BRAND}&type=MESAJ&retailerCode={retailer}&recipient={}", &recipient[1..]);
    let got = get(&gateway.http, &query).await.json();
    for other in [&streamed, in_batch, http["reason"].as_str().unwrap()] {
        assert_eq!(other, unary, "{retailer} {recipient}");
    }
    assert_eq!((&many["results"][0]["reason"], &got["reason"]), (&json!(unary), &json!(unary)), "{retailer} {recipient}");
    unary
}

/// What the brand itself, the one retailer and the other hear of the approved, the refused and the unknown.
async fn table(gateway: &Gateway) -> Vec<[String; 3]> {
    let mut table = Vec::new();
    for retailer in [0, RETAILER, OTHER] {
        let mut row = <[String; 3]>::default();
        for (reason_of, recipient) in row.iter_mut().zip([APPROVED, REFUSED, STRANGER]) {
            *reason_of = reason(gateway, retailer, recipient).await;
        }
        table.push(row);
    }
    table
}

const OWN: [&str; 3] = ["APPROVED", "REFUSED", "NO_RECORD"];
const WITHOUT: [&str; 3] = ["RETAILER_NOT_AUTHORISED", "REFUSED", "NO_RECORD"];

#[tokio::test]
async fn a_consent_counts_for_a_retailer_with_access_through_every_door_and_after_every_start() {
    let known = Known::start().await;
    let all = [APPROVED, REFUSED, STRANGER].map(|recipient| access(RETAILER, recipient, true, "2026-11-04 10:00:00"));
    let gone = access(OTHER, APPROVED, false, "2026-11-04 10:00:00");
    assert_eq!(table(&known.gateway).await, [OWN, WITHOUT, WITHOUT]);
    let put_in = put(&known.gateway, [&all[..], &[gone]].concat()).await;
    assert_eq!(put_in, PutRetailerAccessResponse { revision: 2, applied: 16, unchanged: 0 }, "four consents each");
    let expected = [OWN, OWN, WITHOUT];
    assert_eq!(table(&known.gateway).await, expected);
    let Known { gateway, dir } = known;
    gateway.kill();

    let data = dir.path().join("data");
    let gateway = Gateway::start(&data);
    assert_eq!(table(&gateway).await, expected, "killed, without a snapshot");
    assert!(gateway.stop().success());
    verify(&data);
    let gateway = Gateway::start(&data);
    assert_eq!(table(&gateway).await, expected, "from a snapshot");
    put(&gateway, vec![access(OTHER, APPROVED, true, "2026-11-04 10:00:01")]).await;
    gateway.kill();
    verify(&data);
    let gateway = Gateway::start(&data);
    assert_eq!(table(&gateway).await, [OWN, OWN, OWN], "from a snapshot and what came since");
    assert!(gateway.stop().success());
    fs::remove_dir_all(data.join("snapshot")).unwrap();
    verify(&data);
    let gateway = Gateway::start(&data);
    assert_eq!(table(&gateway).await, [OWN, OWN, OWN], "from a scan");
    assert!(gateway.stop().success());
    let counts = inspect(&data);
    assert_eq!((counts["relations"], counts["of retailers"], counts["ONAY"], counts["RET"]), (7, 4, 2, 1));
}

fn verify(data: &Path) {
    let output = run(&["verify", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn the_latest_moment_holds_and_in_its_second_no_access() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let at = |second: u32, allowed| access(RETAILER, APPROVED, allowed, &format!("2026-11-04 10:00:0{second}"));
    for (told, expected) in [
        (vec![at(2, true)], "APPROVED"),
        (vec![at(1, false), at(2, true)], "APPROVED"),
        (vec![at(2, false)], "RETAILER_NOT_AUTHORISED"),
        (vec![at(2, true)], "RETAILER_NOT_AUTHORISED"),
        (vec![at(4, true), at(3, false)], "APPROVED"),
    ] {
        put(gateway, told.clone()).await;
        assert_eq!(reason(gateway, RETAILER, APPROVED).await, expected, "{told:?}");
    }
    let again = put(gateway, vec![at(4, true), at(1, false)]).await;
    assert_eq!((again.applied, again.unchanged), (0, 8));
    let now = put(gateway, vec![RetailerAccess { at: 0, ..at(1, false) }]).await;
    assert_eq!((now.applied, now.revision), (4, again.revision + 1));
    assert_eq!(reason(gateway, RETAILER, APPROVED).await, "RETAILER_NOT_AUTHORISED", "as of now");
}

#[tokio::test]
async fn access_is_of_the_consents_that_are_named() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let tacir = proto_movement_of_a_merchant();
    apply(gateway, vec![tacir]).await;
    let of_calls = RetailerAccess { channel: Channel::Arama.into(), ..access(RETAILER, APPROVED, true, "2026-11-04 10:00:00") };
    assert_eq!(put(gateway, vec![of_calls]).await.applied, 2);
    assert_eq!(reason(gateway, RETAILER, APPROVED).await, "RETAILER_NOT_AUTHORISED", "it is of ARAMA");
    let mut of_merchants = access(RETAILER, APPROVED, true, "2026-11-04 10:00:00");
    of_merchants.recipient_type = RecipientType::Tacir.into();
    assert_eq!(
        put(gateway, vec![of_merchants.clone()]).await,
        PutRetailerAccessResponse { revision: 4, applied: 1, unchanged: 1 }
    );
    assert_eq!(reason(gateway, RETAILER, APPROVED).await, "RETAILER_NOT_AUTHORISED", "it is of TACIR");
    let asked =
        json!({ "brandCode": BRAND, "type": "MESAJ", "retailerCode": RETAILER, "recipient": APPROVED, "recipientType": "TACIR" });
    assert_eq!(post_json(&gateway.http, "/v1/check", &asked).await.json()["reason"], "APPROVED");
    assert_eq!(put(gateway, vec![access(RETAILER, EMAIL, true, "2026-11-04 10:00:00")]).await.applied, 2);
    let asked = json!({ "brandCode": BRAND, "type": "EPOSTA", "retailerCode": RETAILER, "recipient": EMAIL });
    assert_eq!(post_json(&gateway.http, "/v1/check", &asked).await.json()["reason"], "APPROVED");
}

fn proto_movement_of_a_merchant() -> izingate::api::proto::Movement {
    izingate::api::proto::Movement { recipient_type: "TACIR".to_owned(), ..movement(APPROVED, "ONAY", "2026-11-02 10:00:00") }
}

#[tokio::test]
async fn a_refusal_and_a_closed_line_stand_above_access_and_leave_it_as_it_is() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let as_of = get(&gateway.admin, "/v1/state").await.json()["brands"][0]["asOf"].clone();
    put(gateway, vec![access(RETAILER, APPROVED, true, "2026-11-04 10:00:00")]).await;
    assert_eq!(get(&gateway.admin, "/v1/state").await.json()["brands"][0]["asOf"], as_of, "the brand's data is no younger");
    apply(gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await;
    assert_eq!(reason(gateway, RETAILER, APPROVED).await, "REFUSED");
    apply(gateway, vec![movement(APPROVED, "ONAY", "2026-11-06 10:00:00")]).await;
    assert_eq!(reason(gateway, RETAILER, APPROVED).await, "APPROVED");
    let closed_at = IysTime::parse("2026-11-07 10:00:00").unwrap().unix().into();
    let line = CloseLineRequest { recipient: APPROVED.to_owned(), closed_at };
    gateway.admin().await.close_line(line).await.unwrap();
    assert_eq!(reason(gateway, RETAILER, APPROVED).await, "REFUSED");
    put(gateway, vec![access(OTHER, APPROVED, true, "2026-11-04 10:00:00")]).await;
    apply(gateway, vec![movement(APPROVED, "ONAY", "2026-11-08 10:00:00")]).await;
    for retailer in [RETAILER, OTHER] {
        assert_eq!(reason(gateway, retailer, APPROVED).await, "APPROVED", "{retailer} was never closed");
    }
    let Known { gateway, dir } = known;
    assert!(gateway.stop().success());
    verify(&dir.path().join("data"));
}

#[tokio::test]
async fn whoever_watches_is_told_of_access() {
    let known = Known::start().await;
    put(&known.gateway, vec![access(RETAILER, APPROVED, true, "2026-11-04 10:00:00")]).await;
    let of_texts = RetailerAccess { channel: Channel::Mesaj.into(), ..access(RETAILER, APPROVED, false, "2026-11-05 10:00:00") };
    put(&known.gateway, vec![of_texts]).await;
    let request = WatchRequest { from_revision: 2 };
    let mut stream = known.gateway.consent().await.watch(request).await.unwrap().into_inner();
    for (revision, state) in [(2, 0b0101_0101), (3, 0b1010_0101)] {
        let event = stream.message().await.unwrap().unwrap().event;
        let Some(Event::Batch(batch)) = event else { panic!("{event:?}") };
        let [change] = &batch.changes[..] else { panic!("{batch:?}") };
        let told = (batch.revision, change.brand_code, change.retailer_code, change.state);
        assert_eq!(told, (revision, BRAND, RETAILER, state));
    }
}

#[tokio::test]
async fn a_call_is_read_as_a_whole_and_names_what_is_wrong() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let good = access(RETAILER, APPROVED, true, "2026-11-04 10:00:00");
    let soon = i64::from(IysTime::now().unix()) + 300;
    let cases = [
        (RetailerAccess { brand_code: 0, ..good.clone() }, "MISSING_FIELD"),
        (RetailerAccess { brand_code: 9, ..good.clone() }, "UNKNOWN_BRAND"),
        (RetailerAccess { retailer_code: 0, ..good.clone() }, "MISSING_FIELD"),
        (RetailerAccess { recipient: String::new(), ..good.clone() }, "INVALID_FIELD"),
        (RetailerAccess { recipient: "ayse@".to_owned(), ..good.clone() }, "INVALID_FIELD"),
        (RetailerAccess { channel: Channel::Eposta.into(), ..good.clone() }, "INVALID_FIELD"),
        (RetailerAccess { channel: 9, ..good.clone() }, "INVALID_FIELD"),
        (RetailerAccess { recipient_type: 9, ..good.clone() }, "INVALID_FIELD"),
        (RetailerAccess { at: -1, ..good.clone() }, "INVALID_FIELD"),
        (RetailerAccess { at: soon + 900, ..good.clone() }, "INVALID_FIELD"),
    ];
    for (bad, code) in cases {
        let (told, message) = refused(gateway, vec![good.clone(), bad.clone()]).await;
        assert_eq!(told, code, "{bad:?}");
        assert!(message.contains("access 1: ") && !message.contains("ayse") && !message.contains("532"), "{message}");
    }
    assert_eq!(refused(gateway, vec![good.clone(); 10_001]).await.0, "BATCH_TOO_LARGE");
    assert_eq!(reason(gateway, RETAILER, APPROVED).await, "RETAILER_NOT_AUTHORISED", "nothing was taken in");
    assert_eq!(put(gateway, Vec::new()).await, PutRetailerAccessResponse { revision: 1, applied: 0, unchanged: 0 });
    let most = put(gateway, vec![RetailerAccess { at: soon, ..good }; 10_000]).await;
    assert_eq!((most.revision, most.applied, most.unchanged), (2, 4, 39_996), "another clock may be a little ahead");
    let request = RefreshRetailerAccessRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipient: APPROVED.to_owned(),
        ..RefreshRetailerAccessRequest::default()
    };
    let status = gateway.admin().await.refresh_retailer_access(request).await.unwrap_err();
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "FEED_NOT_CONFIGURED");
}

#[tokio::test]
async fn the_command_does_the_same_online_and_offline() {
    let dir = tempfile::tempdir().unwrap();
    let (data, list) = (fresh(dir.path().join("data")), dir.path().join("list.csv"));
    fs::write(&list, format!("adres;ad\n{APPROVED};Ayşe\n\n0532 123 45 69;x\n")).unwrap();
    let noted = |place: [&str; 2], more: &[&str]| {
        let args = ["retailer", "access", "--brand", "601234", "--retailer", "54856321"];
        run(&[&args[..], &place, more].concat())
    };
    let text = |output: std::process::Output| (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap());
    let offline = ["--data", data.to_str().unwrap()];
    let done = "addresses  3\napplied    4  consents\nunchanged  0  consents\ninvalid    1  number 1\nrevision   1\n";
    let of_texts = ["--type", "MESAJ", "--at", "2026-11-04 10:00:00", "--allow", list.to_str().unwrap()];
    assert_eq!(text(noted(offline, &of_texts)), (2, done.to_owned()));

    let gateway = Gateway::start(&data);
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00")]).await;
    assert_eq!(reason(&gateway, RETAILER, APPROVED).await, "APPROVED");
    let online = ["--endpoint", &gateway.http];
    let repeated = "addresses  3\napplied    0  consents\nunchanged  4  consents\ninvalid    1  number 1\nrevision   2\n";
    assert_eq!(text(noted(online, &of_texts)), (2, repeated.to_owned()));
    let given = ["--revoke", "--recipient", "0532 123 45 61", "--recipient", EMAIL];
    let revoked = "addresses  2\napplied    6  consents\nunchanged  0  consents\ninvalid    0\nrevision   3\n";
    assert_eq!(text(noted(online, &given)), (0, revoked.to_owned()));
    assert_eq!(reason(&gateway, RETAILER, APPROVED).await, "RETAILER_NOT_AUTHORISED");
    assert_eq!(reason(&gateway, 0, APPROVED).await, "APPROVED");
    assert!(gateway.stop().success());

    let mut future = izingate();
    future.args(["retailer", "access", "--brand", "601234", "--retailer", "7", "--allow", "--at", "2099-01-01 00:00:00"]);
    future.args(["--recipient", STRANGER, "--data"]).arg(&data);
    assert_eq!(failure(&mut future), (1, "INVALID_FIELD".to_owned()));
    for (brand, file, code) in [("9", list.as_path(), "UNKNOWN_BRAND"), ("601234", Path::new("none"), "FILE_UNREADABLE")] {
        let mut command = izingate();
        command.args(["retailer", "access", "--brand", brand, "--retailer", "7", "--allow", "--data"]).arg(&data).arg(file);
        assert_eq!(failure(&mut command), (1, code.to_owned()));
    }
}
