//! A disk that takes nothing: what is configured happens, and everybody can see it.

use super::{ask, found, verified};
use crate::support::known::{APPROVED, STRANGER, apply, movement};
use crate::support::web::get;
use crate::support::{BRAND, Gateway, add_brand, serve};
use izingate::api::proto::{Channel, CheckBatchRequest, Decision, Reason};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A gateway of which no file may grow beyond so many kibibytes, until that is lifted.
async fn limited(kibibytes: u32, overload: &str) -> (Gateway, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let inner = serve(&data);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
    command.env("IZINGATE_EVIDENCE_OVERLOAD", overload).env("IZINGATE_EVIDENCE_PATIENCE", "200ms");
    let gateway = Gateway::spawn(command, &data);
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00")]).await;
    limit(&gateway, &(kibibytes * 1024).to_string());
    // More than the limit lets through: evidence alone reaches it, the store's own files are small.
    let batch = CheckBatchRequest {
        brand_code: BRAND,
        channel: Channel::Mesaj.into(),
        recipients: vec![STRANGER.to_owned(); too_many(kibibytes)],
        ..CheckBatchRequest::default()
    };
    gateway.permission().await.check_batch(batch).await.unwrap();
    (gateway, dir)
}

/// Decisions that need twice the room.
const fn too_many(kibibytes: u32) -> usize {
    2 * kibibytes as usize * 1024 / 16
}

/// The largest file that the gateway may write, from now on.
fn limit(gateway: &Gateway, bytes: &str) {
    let id = gateway.id().to_string();
    let set = Command::new("prlimit").args(["--pid", &id, &format!("--fsize={bytes}:unlimited")]).status().unwrap();
    assert!(set.success());
}

async fn reason(gateway: &Gateway, recipient: &str) -> (Decision, Reason) {
    let answer = gateway.permission().await.check(ask(recipient)).await.unwrap().into_inner();
    (answer.decision(), answer.reason())
}

async fn metric(gateway: &Gateway, name: &str) -> f64 {
    let page = get(&gateway.admin, "/metrics").await.text;
    let line = page.lines().find(|line| line.split(' ').next() == Some(name)).map(str::to_owned);
    line.unwrap_or_else(|| panic!("no {name}")).split(' ').nth(1).unwrap().parse().unwrap()
}

/// Asks until the disk has taken nothing for long enough that somebody noticed.
async fn until(gateway: &Gateway, expected: (Decision, Reason)) {
    for _ in 0..20_000 {
        if reason(gateway, APPROVED).await == expected {
            return;
        }
    }
    panic!("{expected:?} never came");
}

async fn until_ready(gateway: &Gateway) {
    while get(&gateway.admin, "/readyz").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn by_default_nothing_unrecorded_is_allowed_out() {
    let (gateway, dir) = limited(256, "defer").await;
    let data = dir.path().join("data");
    until(&gateway, (Decision::Defer, Reason::EvidenceUnavailable)).await;
    assert_eq!(reason(&gateway, STRANGER).await, (Decision::Deny, Reason::NoRecord), "a DENY stays a DENY");
    let readyz = get(&gateway.admin, "/readyz").await;
    assert_eq!((readyz.status, readyz.text.as_str()), (503, "evidence cannot be written\n"));
    while metric(&gateway, "izingate_evidence_failed").await < 1.0 {
        tokio::task::yield_now().await;
    }
    assert!(metric(&gateway, "izingate_evidence_unrecorded_total").await >= 1.0);
    assert!(metric(&gateway, "izingate_evidence_failures_total").await >= 1.0);
    limit(&gateway, "unlimited");
    until_ready(&gateway).await;
    assert_eq!(reason(&gateway, APPROVED).await, (Decision::Allow, Reason::Approved));
    assert!(gateway.stop().success());
    is_whole(&data);
    // What could not be recorded has a place in the record, and is named.
    let (text, _) = verified(&data);
    assert!(text.contains("unrecorded  before segment ") && text.contains("answers between"), "{text}");
    assert!(text.ends_with("everything that is on record is what was written; what is not on record is named above\n"), "{text}");
    // What was answered before the failure was noticed waited in memory, and is on record.
    assert!(found(&data, STRANGER).len() >= too_many(256));
    assert!(!found(&data, APPROVED).is_empty());
}

#[tokio::test]
async fn who_drops_is_answered_and_counted() {
    let (gateway, dir) = limited(256, "drop-and-count").await;
    while get(&gateway.admin, "/readyz").await.status == 200 {
        assert_eq!(reason(&gateway, APPROVED).await, (Decision::Allow, Reason::Approved));
    }
    assert_eq!(reason(&gateway, APPROVED).await, (Decision::Allow, Reason::Approved));
    while metric(&gateway, "izingate_evidence_unrecorded_total").await < 1.0 {
        tokio::task::yield_now().await;
    }
    limit(&gateway, "unlimited");
    until_ready(&gateway).await;
    assert!(gateway.stop().success());
    is_whole(&dir.path().join("data"));
    let (text, _) = verified(&dir.path().join("data"));
    assert!(text.contains("unrecorded  before segment "), "{text}");
}

#[tokio::test]
async fn who_blocks_waits_no_longer_than_patience() {
    let (gateway, _dir) = limited(256, "block").await;
    until(&gateway, (Decision::Defer, Reason::EvidenceUnavailable)).await;
    let waiting = reason(&gateway, APPROVED);
    let lifted = async { limit(&gateway, "unlimited") };
    let (answer, ()) = tokio::join!(waiting, lifted);
    assert!(answer.1 == Reason::Approved || answer.1 == Reason::EvidenceUnavailable, "{answer:?}");
    until_ready(&gateway).await;
    assert_eq!(reason(&gateway, APPROVED).await, (Decision::Allow, Reason::Approved));
}

/// Nothing is to be kept where nothing can be written.
#[test]
fn a_folder_that_cannot_be_used_is_told_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    std::fs::write(data.join("evidence"), b"a file").unwrap();
    let output = serve(&data).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("EVIDENCE_UNUSABLE"), "{text}");
}

fn is_whole(data: &Path) {
    let (text, code) = verified(data);
    assert_eq!(code, Some(0), "{text}");
}
