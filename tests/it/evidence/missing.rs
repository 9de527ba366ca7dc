//! Evidence that is not there is said to be missing, unless the log itself says why: no reader sees "removed when its retention was
//! over" of a segment that somebody deleted.

use super::forger::segment;
use super::{ask, from};
use crate::support::known::{APPROVED, Known, REFUSED};
use crate::support::{Gateway, izingate};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Two ended runs with a decision about REFUSED in each, the second's id, and the file of the first is gone.
async fn without_the_first() -> (tempfile::TempDir, PathBuf, String) {
    let Known { gateway, dir } = Known::start().await;
    let data = dir.path().join("data");
    let mut gateway = gateway;
    let mut ids = Vec::new();
    for recipient in [REFUSED, APPROVED] {
        let mut permission = gateway.permission().await;
        for recipient in [REFUSED, recipient] {
            ids.push(permission.check(from("crm", ask(recipient))).await.unwrap().into_inner().decision_id);
        }
        assert!(gateway.stop().success());
        gateway = Gateway::start(&data);
    }
    assert!(gateway.stop().success());
    fs::remove_file(segment(&data.join("evidence"), 1, "seg")).unwrap();
    (dir, data, ids.remove(0))
}

fn evidence(data: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = izingate().arg("evidence").args(args).arg("--data").arg(data).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn is_missing(code: Option<i32>, said: &str) {
    assert_eq!(code, Some(3), "{said}");
    let line =
        said.lines().find_map(|line| line.strip_prefix("izingate: EVIDENCE_MISSING: ")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("000000000001.seg") && !said.contains("nothing in them had to be kept"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn find_shows_what_there_is_and_says_what_is_missing() {
    let (_dir, data, _) = without_the_first().await;
    let (code, shown, said) = evidence(&data, &["find", "--recipient", REFUSED, "--json"]);
    assert_eq!(shown.lines().count(), 1, "{shown}");
    is_missing(code, &said);
    let (code, _, said) = evidence(&data, &["find", "--recipient", "0532 999 99 99"]);
    is_missing(code, &said);
    let later = ["find", "--recipient", REFUSED, "--from", "2099-01-01"];
    let (code, _, said) = evidence(&data, &later);
    assert!(
        code == Some(3) && said.contains("PERIOD_NOT_ON_RECORD") && !said.contains(".seg"),
        "what is missing cannot be of that time: {said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_segment_takes_no_other_with_it() {
    let Known { gateway, dir } = Known::start().await;
    let data = dir.path().join("data");
    let mut gateway = gateway;
    for _ in 0..2 {
        gateway.permission().await.check(from("crm", ask(REFUSED))).await.unwrap();
        assert!(gateway.stop().success());
        gateway = Gateway::start(&data);
    }
    assert!(gateway.stop().success());
    let path = segment(&data.join("evidence"), 1, "seg");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let out = dir.path().join("dossier.json");
    let (code, _, said) = evidence(&data, &["dossier", "--recipient", REFUSED, "--out", out.to_str().unwrap()]);
    assert!(code == Some(3) && said.contains("EVIDENCE_BROKEN: 000000000001.seg may hold"), "{code:?} {said}");
    let dossier: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    let damaged = &dossier["records"][0]["evidence"]["missingSegments"][0];
    assert_eq!((&damaged["segment"], &damaged["damaged"]), (&1.into(), &true.into()), "{dossier}");
    assert!(dossier["decisions"].as_array().unwrap().iter().any(|found| found["segment"] == 2), "{dossier}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_says_in_words_what_is_missing() {
    let (dir, data, _) = without_the_first().await;
    for ending in ["json", "html", "pdf"] {
        let out = dir.path().join(format!("dossier.{ending}"));
        let (code, _, said) =
            evidence(&data, &["dossier", "--recipient", REFUSED, "--lang", "en", "--out", out.to_str().unwrap()]);
        is_missing(code, &said);
        let bytes = fs::read(&out).unwrap();
        if ending == "json" {
            let dossier: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(dossier["records"][0]["evidence"]["missingSegments"][0]["segment"], 1, "{dossier}");
            assert_eq!(dossier["records"][0]["evidence"]["removedUntil"], Value::Null, "{dossier}");
        }
        if ending == "html" {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains("Segment 1 is missing") && !text.contains("retention is over"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_and_an_export_say_what_is_missing() {
    let (dir, data, id) = without_the_first().await;
    let (code, shown, said) = evidence(&data, &["prove", &id]);
    assert_eq!(shown, "");
    is_missing(code, &said);
    let (code, shown, said) = evidence(&data, &["export", "--out", dir.path().join("parquet").to_str().unwrap()]);
    is_missing(code, &said);
    assert!(shown.contains("written     2\n") && shown.contains("missing     1\n"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_names_what_is_missing_wherever_it_looked() {
    let (_dir, data, _) = without_the_first().await;
    for range in [&[][..], &["--from", "2"], &["--from", "2", "--to", "2"]] {
        let (code, shown, _) = evidence(&data, &[&["verify"], range].concat());
        assert!(code == Some(3) && shown.contains("PROBLEM     000000000001.seg: is missing"), "{range:?}: {shown}");
    }
}
