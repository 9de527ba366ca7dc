//! A store that lost the end of its write-ahead log is noticed: the evidence knows from a second place how far it was.

use crate::evidence::forgery::refused;
use crate::process::failure;
use crate::support::ask::{check_one, verdict};
use crate::support::known::{APPROVED, Known, REFUSED, apply, movement};
use crate::support::web::{client, get, send};
use crate::support::{BRAND, Gateway, izingate, serve};
use izingate::api::proto::DeactivateBrandRequest;
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

/// The key with its length that every batch with a revision has.
const REVISION: &[u8] = b"\x08revision";
/// The kind of key that a brand has.
const BRAND_ROW: &[u8] = b"brand/";

/// Drops the last batch of a log that wrote a key, and what is behind it.
fn drop_last(path: &Path, key: &[u8], fill: bool) {
    let mut bytes = fs::read(path).unwrap();
    let (mut at, mut last) = (0, None);
    while at + 7 <= bytes.len() && bytes[at..at + 7] != [0; 7] {
        let end = at + 7 + usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
        if bytes[at..end].windows(key.len()).any(|window| window == key) {
            last = Some(at);
        }
        at = end;
    }
    let last = last.expect("no batch wrote it");
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
        ("cut short", Box::new(|path: &Path| drop_last(path, REVISION, false))),
        ("zeroed at its end", Box::new(|path: &Path| drop_last(path, REVISION, true))),
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

/// Waits until the evidence that is being written has some text.
fn until_on_record(data: &Path, text: &str) {
    let open = || fs::read_dir(data.join("evidence")).unwrap().map(|entry| entry.unwrap().path());
    let has = || {
        let files = open().filter(|path| path.extension().is_some_and(|ending| ending == "open"));
        files
            .filter_map(|path| fs::read(path).ok())
            .any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    while !has() {
        std::thread::yield_now();
    }
}

/// No question came since: the commit of the refusal is recorded all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_refusal_that_nobody_asked_for_stops_the_start() {
    let Known { gateway, dir } = Known::start().await;
    let data = dir.path().join("data");
    let applied = apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await;
    until_on_record(&data, &format!("\"event\":\"committed\",\"revision\":{},", applied.revision));
    gateway.kill();
    drop_last(&logs(&data).pop().unwrap(), REVISION, false);
    assert_eq!(refused(serve(&data)).map(|(code, _)| code), Some("STORE_BEHIND_EVIDENCE".to_owned()));
}

/// A write without a revision decides answers, too: a sender that was taken off.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_change_of_a_brand_stops_the_start() {
    let Known { gateway, dir } = Known::start_with_env(&[("IZINGATE_EVIDENCE_BEFORE_ANSWER", "sure")]).await;
    let data = dir.path().join("data");
    gateway.admin().await.deactivate_brand(DeactivateBrandRequest { brand_code: BRAND }).await.unwrap();
    // What was written before a decision is recorded with it.
    let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "recipient": APPROVED });
    let request = client().post(format!("{}/v1/check", gateway.http)).header("izingate-caller", "sure").json(&asked);
    assert_eq!(send(request).await.json()["decision"], "DENY");
    gateway.kill();
    let log = logs(&data).pop().unwrap();
    let whole = fs::read(&log).unwrap();
    drop_last(&log, BRAND_ROW, false);
    let (code, text) = refused(serve(&data)).unwrap();
    assert!(code == "STORE_BEHIND_EVIDENCE" && text.contains("writes"), "{code}: {text}");
    fs::write(&log, whole).unwrap();
    assert_eq!(refused(serve(&data)), None);
}

/// No command adds to a store that is behind: it would give a revision that was acknowledged to other content, and the next start would
/// see none missing. None answers from it either.
#[tokio::test(flavor = "multi_thread")]
async fn no_command_writes_to_a_store_that_is_behind_or_decides_by_it() {
    let (dir, data) = killed().await;
    let (list, more) = (dir.path().join("list.txt"), dir.path().join("more.csv"));
    fs::write(&list, format!("{APPROVED}\n")).unwrap();
    fs::write(&more, "recipient,type,recipientType,status,consentDate,source\n").unwrap();
    let command = |args: &[&str]| {
        let mut command = izingate();
        command.args(args).arg("--data").arg(&data);
        command
    };
    let (list, more, out) = (list.to_str().unwrap(), more.to_str().unwrap(), dir.path().join("out.csv"));
    let filter = ["filter", list, "--brand", "601234", "--type", "MESAJ", "--out", out.to_str().unwrap()];
    let whole = command(&filter).output().unwrap();
    assert!(fs::read_to_string(&out).unwrap().contains("DENY"), "a store that is whole answers: {whole:?}");
    fs::remove_file(&out).unwrap();
    drop_last(&logs(&data).pop().unwrap(), REVISION, false);
    let behind = (1, "STORE_BEHIND_EVIDENCE".to_owned());
    for args in [
        ["import", "--brand", "601234", more].as_slice(),
        &["brand", "add", "--brand", "601235", "--iys-code", "601235", "--title", "B"],
        &["brand", "deactivate", "--brand", "601234"],
        &["recipient", "close", "--recipient", APPROVED],
        &["recipient", "erase", "--recipient", APPROVED],
        &["brand", "heal", "--brand", "601234", "--vouch"],
        &filter,
    ] {
        assert_eq!(failure(&mut command(args)), behind, "{args:?}");
    }
    assert!(!out.exists());
    assert_eq!(refused(serve(&data)).map(|(code, _)| code), Some(behind.1));
}

/// A gateway that was killed twice: no family of the store but `meta` has anything in its write-ahead log before the refusal.
async fn killed_twice() -> (TempDir, PathBuf) {
    let Known { gateway, dir } = Known::start().await;
    assert!(gateway.stop().success());
    let data = dir.path().join("data");
    Gateway::start(&data).kill();
    let mut command = serve(&data);
    command.env("IZINGATE_EVIDENCE_BEFORE_ANSWER", "sure");
    let gateway = Gateway::spawn(command, &data);
    let applied = apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await;
    let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "recipient": APPROVED, "minRevision": applied.revision });
    let request = client().post(format!("{}/v1/check", gateway.http)).header("izingate-caller", "sure").json(&asked);
    assert_eq!(send(request).await.json()["decision"], "DENY");
    gateway.kill();
    (dir, data)
}

/// Whatever was refused has changed nothing: a log that is put back as the error says is read whole, by every family of the store.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_put_back_after_it_was_missed_is_read_whole() {
    let (dir, data) = killed_twice().await;
    let log = logs(&data).pop().unwrap();
    let whole = fs::read(&log).unwrap();
    let backup = dir.path().join("backup");
    let behind = (1, "STORE_BEHIND_EVIDENCE".to_owned());
    for left in [whole.len() - 1, whole.len() / 2, 0] {
        fs::write(&log, &whole[..left]).unwrap();
        assert_eq!(refused(serve(&data)).map(|(code, _)| code), Some(behind.1.clone()), "{left} bytes left");
        for args in [
            ["verify"].as_slice(),
            &["evidence", "rotate-key"],
            &["backup", backup.to_str().unwrap()],
            &["brand", "add", "--brand", "601235", "--iys-code", "601235", "--title", "B"],
        ] {
            assert_eq!(failure(izingate().args(args).arg("--data").arg(&data)), behind, "{args:?}, {left} bytes left");
        }
    }
    fs::write(&log, whole).unwrap();
    let gateway = Gateway::start(&data);
    let answer = check_one(&mut gateway.permission().await, APPROVED, "MESAJ", 0).await;
    assert_eq!(verdict(&answer).1, "REFUSED");
    assert!(gateway.stop().success());
    let verified = izingate().args(["verify", "--data"]).arg(&data).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// Evidence that is not all there cannot say what the store lost: nothing is added meanwhile, which would hide the loss when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn no_command_adds_to_a_store_whose_evidence_is_not_all_there() {
    let (dir, data) = killed().await;
    let (list, more, away) = (dir.path().join("list.txt"), dir.path().join("more.csv"), dir.path().join("away"));
    fs::write(&list, format!("{APPROVED}\n")).unwrap();
    let columns = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source";
    let row = "2026-11-06 10:00:00,0f3c,+905321234599,BIREYSEL,MESAJ,ONAY,2026-11-06 10:00:00,HS_WEB";
    fs::write(&more, format!("{columns}\n{row}\n")).unwrap();
    let out = dir.path().join("out.csv");
    drop_last(&logs(&data).pop().unwrap(), REVISION, false);
    let open = fs::read_dir(data.join("evidence")).unwrap().map(|entry| entry.unwrap().path());
    let open = open.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "open")).unwrap();
    let whole = fs::read(&open).unwrap();
    let refuse = |what: &str, expected: &str| {
        for args in [
            ["import", "--brand", "601234", more.to_str().unwrap()].as_slice(),
            &["brand", "add", "--brand", "601235", "--iys-code", "601235", "--title", "B"],
            &["recipient", "close", "--recipient", APPROVED],
            &["filter", list.to_str().unwrap(), "--brand", "601234", "--type", "MESAJ", "--out", out.to_str().unwrap()],
        ] {
            let (status, code) = failure(izingate().args(args).arg("--data").arg(&data));
            assert!(status == 1 && expected.split(' ').any(|expected| expected == code), "{what}, {args:?}: {code}");
        }
    };
    fs::rename(data.join("evidence"), &away).unwrap();
    refuse("the folder was moved", "EVIDENCE_MISSING");
    fs::rename(&away, data.join("evidence")).unwrap();
    for at in [0, 3, 70] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&open, damaged).unwrap();
        refuse("a byte was changed", "EVIDENCE_BROKEN EVIDENCE_MISSING");
    }
    fs::remove_file(&open).unwrap();
    refuse("the last segment is gone", "EVIDENCE_MISSING");
    fs::write(&open, whole).unwrap();
    refuse("all is back", "STORE_BEHIND_EVIDENCE");
    assert_eq!(refused(serve(&data)).map(|(code, _)| code), Some("STORE_BEHIND_EVIDENCE".to_owned()));
}

fn accept(data: &Path, of: &str) -> std::process::Command {
    let mut command = izingate();
    command.args(["evidence", "accept-loss", "--of", of, "--reason", "the disk lost it", "--data"]).arg(data);
    command
}

/// The way on without a backup: nothing is ALLOW until somebody vouches, no revision means two things, and it is recorded.
#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_loss_is_stale_and_on_record() {
    let (_dir, data) = killed().await;
    drop_last(&logs(&data).pop().unwrap(), REVISION, false);
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
    assert_eq!(code, "STORE_DAMAGED", "{text}");
    assert!(text.contains("restore") && text.contains("accept-loss"), "{text}");
    let said = accept(&data, "store").output().unwrap();
    assert!(said.status.success(), "{said:?}");
    for _ in 0..2 {
        let gateway = Gateway::start(&data);
        let answer = check_one(&mut gateway.permission().await, APPROVED, "MESAJ", 0).await;
        assert_ne!(verdict(&answer).0, "ALLOW", "nothing is allowed on what is left");
        gateway.kill();
    }
}

/// Damage of other files than the log names no way on that does not work.
#[tokio::test(flavor = "multi_thread")]
async fn damage_of_other_files_names_the_backup_alone() {
    let Known { gateway, dir } = Known::start().await;
    assert!(gateway.stop().success());
    let data = dir.path().join("data");
    let store = data.join("store");
    let manifest = store.join(fs::read_to_string(store.join("CURRENT")).unwrap().trim_end());
    let sst = fs::read_dir(&store).unwrap().map(|entry| entry.unwrap().path());
    let sst = sst.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "sst")).unwrap();
    for (what, path, damaged) in [
        ("a sorted file is gone", &sst, None),
        ("a sorted file is empty", &sst, Some("")),
        ("the list of files is gone", &manifest, None),
        ("the list of files is empty", &manifest, Some("")),
        ("the name of the list of files is empty", &store.join("CURRENT"), Some("")),
    ] {
        let whole = fs::read(path).unwrap();
        match damaged {
            Some(text) => fs::write(path, text).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let (code, text) = refused(serve(&data)).unwrap_or_else(|| panic!("{what}: it started"));
        assert!(code == "STORE_DAMAGED" && text.contains("izingate restore"), "{what}: {code}: {text}");
        assert!(!text.contains("accept-loss"), "{what}: {text}");
        assert_eq!(failure(&mut accept(&data, "store")), (1, "STORE_DAMAGED".to_owned()), "{what}");
        fs::write(path, whole).unwrap();
    }
    fs::rename(&store, dir.path().join("away")).unwrap();
    let (code, text) = refused(serve(&data)).unwrap();
    assert!(code == "STORE_BEHIND_EVIDENCE" && !text.contains("accept-loss"), "the store is gone: {code}: {text}");
    assert!(!store.exists(), "no other one was begun");
    fs::rename(dir.path().join("away"), &store).unwrap();
    assert_eq!(refused(serve(&data)), None);
}

/// A backup holds no evidence: restored beside none it begins again; beside the evidence of the directory that was backed up it is seen
/// what is lost since.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_held_against_the_evidence_that_is_put_beside_it() {
    let Known { gateway, dir } = Known::start_with_env(&[("IZINGATE_EVIDENCE_BEFORE_ANSWER", "sure")]).await;
    let data = dir.path().join("data");
    let made = izingate().arg("backup").arg("first").args(["--endpoint", &gateway.http]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    assert!(gateway.stop().success());
    let restored = |name: &str| {
        let to = dir.path().join(name);
        let output = izingate()
            .args(["restore", "--nothing-since", "--from"])
            .arg(data.join("backups/first"))
            .arg("--data")
            .arg(&to)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.contains("holds no evidence"), "{said}");
        fs::copy(data.join("secret.key"), to.join("secret.key")).unwrap();
        to
    };
    let beside = |to: &Path| {
        fs::create_dir(to.join("evidence")).unwrap();
        for entry in fs::read_dir(data.join("evidence")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, to.join("evidence").join(path.file_name().unwrap())).unwrap();
        }
    };
    assert_eq!(refused(serve(&restored("alone"))), None, "what the store remembered was of another directory");
    let same = restored("beside evidence that knows no more");
    beside(&same);
    assert_eq!(refused(serve(&same)), None);

    let gateway = Gateway::start(&data);
    apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await;
    assert!(gateway.stop().success());
    let behind = restored("beside evidence that knows more");
    beside(&behind);
    assert_eq!(refused(serve(&behind)).map(|(code, _)| code), Some("STORE_BEHIND_EVIDENCE".to_owned()));
    assert!(accept(&behind, "store").output().unwrap().status.success());
    let gateway = Gateway::start(&behind);
    assert_eq!(verdict(&check_one(&mut gateway.permission().await, APPROVED, "MESAJ", 0).await).1, "STALE");
}
