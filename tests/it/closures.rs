//! Closed lines (11/9): refused everywhere until something later, and kept in a queue until İYS was told.

use crate::process::failure;
use crate::support::ask::{check_one, verdict};
use crate::support::data::{fresh, import_offline};
use crate::support::known::{APPROVED, EMAIL, Known, REFUSED, STRANGER, apply, movement};
use crate::support::web::get;
use crate::support::{BRAND, Gateway, izingate, run};
use izingate::api::proto;
use izingate::api::proto::{
    Brand, CloseLineRequest, CloseLineResponse, ExplainRequest, HistoryEntry, ListClosuresRequest, MarkClosuresReportedRequest,
    Movement, PendingClosure, PutBrandRequest, Status,
};
use izingate::model::time::IysTime;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tonic_types::StatusExt;

/// Another brand that knows the same recipients.
const OTHER: u32 = 601_235;

fn unix(text: &str) -> i64 {
    IysTime::parse(text).unwrap().unix().into()
}

async fn close(gateway: &Gateway, recipient: &str, at: &str) -> CloseLineResponse {
    let request = CloseLineRequest { recipient: recipient.to_owned(), closed_at: unix(at) };
    gateway.admin().await.close_line(request).await.unwrap().into_inner()
}

/// The queue without when its entries were noted, which is now.
async fn queue(gateway: &Gateway) -> Vec<PendingClosure> {
    let answer = gateway.admin().await.list_closures(ListClosuresRequest::default()).await.unwrap().into_inner();
    let unnoted = |mut closure: PendingClosure| {
        let age = i64::from(IysTime::now().unix()) - std::mem::take(&mut closure.noted_at);
        assert!((0..300).contains(&age), "noted {age} seconds ago");
        closure
    };
    answer.closures.into_iter().map(unnoted).collect()
}

fn pending(id: u64, recipient: &str, closed: &str) -> PendingClosure {
    PendingClosure { id, recipient: recipient.to_owned(), closed_at: unix(closed), noted_at: 0 }
}

async fn reason(gateway: &Gateway, recipient: &str, channel: &str) -> String {
    verdict(&check_one(&mut gateway.permission().await, recipient, channel, 0).await).1
}

#[tokio::test]
async fn a_closed_line_is_refused_for_every_brand_until_something_later() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    let brand = Brand { brand_code: OTHER, iys_code: 600_000, title: "Öteki".to_owned(), active: true, ..Brand::default() };
    gateway.admin().await.put_brand(PutBrandRequest { brand: Some(brand) }).await.unwrap();
    let of_other = |movement: Movement| Movement { brand_code: OTHER.to_string(), ..movement };
    let call = Movement { r#type: "ARAMA".to_owned(), ..movement(APPROVED, "ONAY", "2026-11-02 11:00:00") };
    let request = proto::ApplyRequest { movements: vec![of_other(call.clone())], ..proto::ApplyRequest::default() };
    gateway.consent().await.apply(request).await.unwrap();

    let closed = close(gateway, "0532 123 45 61", "2026-11-04 10:00:00").await;
    assert_eq!(closed, CloseLineResponse { revision: 3, applied: true });
    let mut client = gateway.permission().await;
    let of_other = proto::CheckRequest {
        brand_code: OTHER,
        channel: proto::Channel::Arama.into(),
        recipient: Some(APPROVED.to_owned()),
        min_revision: closed.revision,
        ..proto::CheckRequest::default()
    };
    assert_eq!(client.check(of_other).await.unwrap().into_inner().reason(), proto::Reason::Refused);
    for channel in ["MESAJ", "ARAMA"] {
        assert_eq!(reason(gateway, APPROVED, channel).await, "REFUSED", "{channel}");
    }
    for recipient in [REFUSED, STRANGER] {
        assert_ne!(reason(gateway, recipient, "ARAMA").await, "REFUSED", "another line");
    }
    assert_eq!(reason(gateway, EMAIL, "EPOSTA").await, "APPROVED");

    apply(gateway, vec![movement(APPROVED, "ONAY", "2026-11-04 10:10:00")]).await;
    assert_eq!(reason(gateway, APPROVED, "MESAJ").await, "REFUSED", "not later, by a clock that may be 10 minutes ahead");
    apply(gateway, vec![movement(APPROVED, "ONAY", "2026-11-04 10:10:01")]).await;
    assert_eq!(reason(gateway, APPROVED, "MESAJ").await, "APPROVED");
    assert_eq!(reason(gateway, APPROVED, "ARAMA").await, "REFUSED", "the later approval is of MESAJ alone");
    assert_eq!(close(gateway, APPROVED, "2026-11-04 10:00:00").await, CloseLineResponse { revision: 5, applied: false });
    assert_eq!(reason(gateway, APPROVED, "MESAJ").await, "APPROVED", "what is no news changes nothing");
    assert_eq!(close(gateway, APPROVED, "2026-11-05 10:00:00").await, CloseLineResponse { revision: 6, applied: true });
    assert_eq!(reason(gateway, APPROVED, "MESAJ").await, "REFUSED", "closed again");
}

#[tokio::test]
async fn what_is_learned_later_is_closed_from_the_start() {
    let known = Known::start().await;
    let (by_apply, by_import) = (STRANGER, "+905321234570");
    for recipient in [by_apply, by_import] {
        assert!(close(&known.gateway, recipient, "2026-11-04 10:00:00").await.applied);
        assert_eq!(reason(&known.gateway, recipient, "MESAJ").await, "NO_RECORD", "nothing is known of it but the closure");
    }
    apply(&known.gateway, vec![movement(by_apply, "ONAY", "2026-11-02 10:00:00")]).await;
    assert_eq!(reason(&known.gateway, by_apply, "MESAJ").await, "REFUSED");
    let Known { gateway, dir } = known;
    gateway.kill();

    let (data, file) = (dir.path().join("data"), dir.path().join("day.csv"));
    let header = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source";
    let row = |recipient: &str, at: &str| format!("{at},ab12,{recipient},BIREYSEL,MESAJ,ONAY,,HS_WEB");
    let rows = [row(by_import, "2026-11-02 10:00:00"), row(APPROVED, "2026-11-02 10:00:00")];
    fs::write(&file, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    assert_eq!(import_offline(&data, &[&file]).code, 0);
    let gateway = Gateway::start(&data);
    for (recipient, expected) in [(by_apply, "REFUSED"), (by_import, "REFUSED"), (APPROVED, "APPROVED")] {
        assert_eq!(reason(&gateway, recipient, "MESAJ").await, expected, "{recipient}");
    }
    apply(&gateway, vec![movement(by_import, "ONAY", "2026-11-04 10:10:01")]).await;
    assert_eq!(reason(&gateway, by_import, "MESAJ").await, "APPROVED", "something later");
}

#[tokio::test]
async fn the_closure_is_part_of_the_explanation() {
    let known = Known::start().await;
    close(&known.gateway, APPROVED, "2026-11-04 10:00:00").await;
    let request = ExplainRequest {
        brand_code: BRAND,
        channel: proto::Channel::Mesaj.into(),
        recipient: Some(APPROVED.to_owned()),
        ..ExplainRequest::default()
    };
    let explained = known.gateway.permission().await.explain(request).await.unwrap().into_inner();
    let text = explained.cells.iter().find(|cell| cell.channel() == proto::Channel::Mesaj).unwrap();
    assert_eq!(text.status(), Status::Ret);
    let closure = HistoryEntry {
        status: Status::Ret.into(),
        creation_date: unix("2026-11-04 10:00:00"),
        source: "LINE_CLOSED".to_owned(),
        revision: 2,
        known_since: text.history[0].known_since,
        ..HistoryEntry::default()
    };
    assert_eq!((&text.history[0], text.history.len()), (&closure, 2));
}

#[tokio::test]
async fn a_closure_stays_in_the_queue_until_it_is_reported() {
    let known = Known::start().await;
    let gateway = &known.gateway;
    close(gateway, APPROVED, "2026-11-04 10:00:00").await;
    close(gateway, "0532 123 45 69", "2026-11-03 10:00:00").await;
    close(gateway, APPROVED, "2026-11-04 09:00:00").await;
    close(gateway, APPROVED, "2026-11-05 10:00:00").await;
    let [first, stranger, again] = [
        pending(2, APPROVED, "2026-11-04 10:00:00"),
        pending(3, STRANGER, "2026-11-03 10:00:00"),
        pending(4, APPROVED, "2026-11-05 10:00:00"),
    ];
    assert_eq!(queue(gateway).await, [first, stranger.clone(), again.clone()], "one for each that was news");
    gauge_becomes(gateway, 3).await;
    let mark = async |gateway: &Gateway, ids: &[u64]| {
        let request = MarkClosuresReportedRequest { ids: ids.to_vec() };
        gateway.admin().await.mark_closures_reported(request).await.unwrap().into_inner().marked
    };
    for (after_id, limit, expected) in
        [(0, 2, &[2, 3][..]), (3, 2, &[4]), (4, 2, &[]), (u64::MAX, 0, &[]), (0, 0, &[2, 3, 4]), (2, u32::MAX, &[3, 4])]
    {
        let page = gateway.admin().await.list_closures(ListClosuresRequest { after_id, limit }).await.unwrap().into_inner();
        let ids: Vec<u64> = page.closures.iter().map(|closure| closure.id).collect();
        assert_eq!(ids, expected, "{after_id} {limit}");
    }
    assert_eq!(mark(gateway, &[2, 2, 1, 99]).await, 1);
    assert_eq!((mark(gateway, &[2]).await, mark(gateway, &[]).await), (0, 0));
    let Known { gateway, dir } = known;
    gateway.kill();

    let gateway = Gateway::start(&dir.path().join("data"));
    assert_eq!(queue(&gateway).await, [stranger, again.clone()]);
    gauge_becomes(&gateway, 2).await;
    assert_eq!(mark(&gateway, &[3]).await, 1);
    assert!(!close(&gateway, STRANGER, "2026-11-03 10:00:00").await.applied, "it is known, and İYS was told");
    assert_eq!(queue(&gateway).await, [again]);
    assert_eq!(mark_too_many(&gateway).await, "BATCH_TOO_LARGE");
}

async fn mark_too_many(gateway: &Gateway) -> String {
    let request = MarkClosuresReportedRequest { ids: vec![4; 10_001] };
    code(&gateway.admin().await.mark_closures_reported(request).await.unwrap_err())
}

fn code(status: &tonic::Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

/// Gauges are set each second.
async fn gauge_becomes(gateway: &Gateway, closures: u32) {
    let (line, begun) = (format!("izingate_closures_unreported {closures}\n"), Instant::now());
    while !get(&gateway.admin, "/metrics").await.text.contains(&line) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{line}");
    }
}

#[tokio::test]
async fn only_phones_have_lines_and_none_is_closed_in_the_future() {
    let known = Known::start().await;
    let mut admin = known.gateway.admin().await;
    let soon = i64::from(IysTime::now().unix()) + 300;
    for (recipient, closed_at) in
        [(EMAIL, 0), ("", 0), ("+90532", 0), (APPROVED, -1), (APPROVED, soon + 900), (APPROVED, 1 << 33)]
    {
        let request = CloseLineRequest { recipient: recipient.to_owned(), closed_at };
        let status = admin.close_line(request).await.unwrap_err();
        assert_eq!(code(&status), "INVALID_FIELD", "{recipient:?} {closed_at}");
        assert!(!status.message().contains("ayse"), "{status}");
    }
    assert_eq!(queue(&known.gateway).await, []);
    // Another clock may be a little ahead.
    let request = CloseLineRequest { recipient: APPROVED.to_owned(), closed_at: soon };
    assert!(admin.close_line(request).await.unwrap().into_inner().applied);
}

fn told(args: &[&str], data: &Path) -> String {
    let output = izingate().arg("recipient").args(args).arg("--data").arg(data).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_commands_do_the_same_online_and_offline() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let close = ["close", "--recipient", "0532 123 45 61", "--at", "2026-11-04 10:00:00"];
    assert!(told(&close, &data).starts_with("closed; "));
    assert_eq!(told(&close, &data), "was closed already\nrevision  1\n");
    let csv = told(&["closures", "--csv", "-"], &data);
    let noted = csv.lines().nth(1).unwrap().rsplit(',').next().unwrap().to_owned();
    assert_eq!(csv, format!("id,recipient,closedAt,notedAt\n1,+905321234561,2026-11-04 10:00:00,{noted}\n"));
    assert!(IysTime::parse(&noted).is_ok());

    let gateway = Gateway::start(&data);
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00")]).await;
    assert_eq!(reason(&gateway, APPROVED, "MESAJ").await, "REFUSED");
    let online = |args: &[&str]| {
        let output = run(&[&["recipient"], args, &["--endpoint", &gateway.http]].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(online(&["close", "--recipient", STRANGER]).starts_with("closed; "));
    let file = dir.path().join("closures.csv");
    assert!(online(&["closures", "--csv", file.to_str().unwrap()]).starts_with("2 closures in "));
    assert!(fs::read_to_string(&file).unwrap().starts_with(&csv), "the first is as it was offline");
    let table = online(&["closures"]);
    assert!(table.contains("+905321234561") && table.contains(STRANGER) && table.lines().count() == 3, "{table}");
    // What is not there is named, and is no success: it may be a number that was mistyped.
    let reported = |ids: &[&str], place: [&str; 2]| {
        let output = run(&[&["recipient", "reported"], ids, &place].concat());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let unknown = |shown: &str, ids: &str| {
        let error = format!("izingate: UNKNOWN_CLOSURE: no closure waits under {ids}; see izingate recipient closures\n");
        (Some(3), shown.to_owned(), error)
    };
    let place = ["--endpoint", &*gateway.http];
    assert_eq!(reported(&["12", "9"], place), unknown("0 of 2 forgotten\n", "9, 12"));
    assert_eq!(reported(&["7", "1", "1"], place), unknown("1 of 2 forgotten\n", "7"));
    assert!(gateway.stop().success());
    let place = ["--data", data.to_str().unwrap()];
    assert_eq!(reported(&["3", "1"], place), unknown("1 of 2 forgotten\n", "1"));
    assert_eq!(told(&["closures"], &data).lines().count(), 1, "the head alone");
    let mut future = izingate();
    future.args(["recipient", "close", "--recipient", STRANGER, "--at", "2099-01-01 00:00:00", "--data"]).arg(&data);
    assert_eq!(failure(&mut future), (1, "INVALID_FIELD".to_owned()));
    let mut none = izingate();
    none.args(["recipient", "closures", "--data"]).arg(dir.path().join("none"));
    assert_eq!(failure(&mut none), (1, "DATA_MISSING".to_owned()));
}
