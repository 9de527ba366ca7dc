//! A store that lost the end of its write-ahead log is noticed: the evidence knows from a second place how far it was.

use crate::evidence::forgery::refused;
use crate::process::failure;
use crate::support::ask::{check_one, verdict};
use crate::support::known::{APPROVED, Known, REFUSED, apply, movement};
use crate::support::web::{client, get, send};
use crate::support::{BRAND, Gateway, izingate, serve};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A gateway that acknowledged a refusal, recorded a decision that reflects it, and was killed.
async fn killed() -> (TempDir, PathBuf) {
    let Known { gateway, dir } = Known::start_with_env(&[("IZINGATE_EVIDENCE_BEFORE_ANSWER", "sure")]).await;
    let applied = apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await;
    let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "recipient": APPROVED, "minRevision": applied.revision });
    let request = client().post(format!("{}/v1/check", gateway.http)).header("izingate-caller", "sure").json(&asked);
    assert_eq!(send(request).await.json()["decision"], "DENY");
    gateway.kill();
    let data = dir.path().join("data");
    (dir, data)
}

/// The write-ahead logs, those with something in them.
fn logs(data: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(data.join("store")).unwrap().map(|entry| entry.unwrap().path());
    let logs = files.filter(|path| path.extension().is_some_and(|kind| kind == "log"));
    let mut logs: Vec<_> = logs.filter(|path| path.metadata().unwrap().len() > 0).collect();
    logs.sort();
    logs
}

/// Drops the last record of the newest log.
fn drop_last(path: &Path, fill: bool) {
    let mut bytes = fs::read(path).unwrap();
    let (mut at, mut last) = (0, 0);
    while at + 7 <= bytes.len() && bytes[at..at + 7] != [0; 7] {
        last = at;
        at += 7 + usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
    }
    if fill {
        bytes[last..].fill(0);
    } else {
        bytes.truncate(last);
    }
    fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_the_store_lost_stops_the_start() {
    let (_dir, data) = killed().await;
    let log = logs(&data).pop().unwrap();
    let whole = fs::read(&log).unwrap();
    for (what, damage) in [
        ("removed", Box::new(|path: &Path| fs::remove_file(path).unwrap()) as Box<dyn Fn(&Path)>),
        ("emptied", Box::new(|path: &Path| fs::write(path, "").unwrap())),
        ("cut short", Box::new(|path: &Path| drop_last(path, false))),
        ("zeroed at its end", Box::new(|path: &Path| drop_last(path, true))),
    ] {
        let kept: Vec<_> = fs::read_dir(data.join("store")).unwrap().map(|entry| entry.unwrap().path()).collect();
        let kept: Vec<_> = kept.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())).collect();
        damage(&log);
        let (code, text) = refused(serve(&data)).unwrap_or_else(|| panic!("{what}: it started"));
        assert_eq!(code, "STORE_BEHIND_EVIDENCE", "{what}: {text}");
        assert!(text.contains("restore") && text.contains("accept-loss"), "{what}: the way on is named: {text}");
        fs::remove_dir_all(data.join("store")).unwrap();
        fs::create_dir(data.join("store")).unwrap();
        for (path, bytes) in kept {
            fs::write(path, bytes).unwrap();
        }
    }
    fs::write(&log, whole).unwrap();
    let gateway = Gateway::start(&data);
    let answer = check_one(&mut gateway.permission().await, APPROVED, "MESAJ", 0).await;
    assert_eq!(verdict(&answer).1, "REFUSED", "a kill alone loses nothing");
}

fn accept(data: &Path, of: &str) -> std::process::Command {
    let mut command = izingate();
    command.args(["evidence", "accept-loss", "--of", of, "--reason", "the disk lost it", "--data"]).arg(data);
    command
}

/// The way on without a backup: nothing is ALLOW until somebody vouches, no revision means two things, and it is on record.
#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_loss_is_stale_and_on_record() {
    let (_dir, data) = killed().await;
    drop_last(&logs(&data).pop().unwrap(), false);
    assert_eq!(refused(serve(&data)).map(|(code, _)| code), Some("STORE_BEHIND_EVIDENCE".to_owned()));
    let said = accept(&data, "store").output().unwrap();
    assert!(said.status.success(), "{said:?}");
    let gateway = Gateway::start(&data);
    let mut permission = gateway.permission().await;
    for recipient in [APPROVED, REFUSED] {
        assert_eq!(verdict(&check_one(&mut permission, recipient, "MESAJ", 0).await).1, "STALE", "an import-fed brand too");
    }
    let state = get(&gateway.admin, "/v1/state").await.json();
    assert!(state["revision"].as_u64().unwrap() > 1_000_000, "{state}");
    assert!(!state["brands"][0]["gap"].is_null(), "{state}");
    // Whoever holds the lost revision gets no answer from other content... it is reached, and stale.
    let healed =
        izingate().args(["brand", "heal", "--brand", "601234", "--vouch", "--endpoint", &gateway.http]).output().unwrap();
    assert!(healed.status.success(), "{healed:?}");
    assert_eq!(verdict(&check_one(&mut permission, APPROVED, "MESAJ", 0).await).1, "APPROVED", "somebody vouched");
    assert!(gateway.stop().success());
    let verified = izingate().args(["evidence", "verify", "--data"]).arg(&data).output().unwrap();
    let text = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success() && text.contains("the disk lost it"), "{text}");
    assert_eq!(failure(&mut accept(&data, "store")), (1, "NOTHING_LOST".to_owned()));
}

/// A log that RocksDB itself calls damaged: the error names the way on.
#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_the_log_names_the_way_on() {
    let (_dir, data) = killed().await;
    let log = logs(&data).pop().unwrap();
    let mut bytes = fs::read(&log).unwrap();
    bytes[20] ^= 1;
    fs::write(&log, bytes).unwrap();
    let (code, text) = refused(serve(&data)).unwrap();
    assert!(code == "STORE_DAMAGED" || code == "STORE_BEHIND_EVIDENCE", "{code}: {text}");
    assert!(text.contains("restore") && text.contains("accept-loss"), "{text}");
}
