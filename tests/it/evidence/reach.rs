//! How far a record reaches, and all records that a question is about: what is not found must not pass for what did not happen.

use super::{ask, from, verified};
use crate::support::known::{APPROVED, Known, REFUSED};
use crate::support::{BRAND, Gateway, izingate, run, serve};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn evidence(data: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = izingate().arg("evidence").args(args).arg("--data").arg(data).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn json_dossier(data: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let out = data.with_extension("dossier.json");
    let out_text = out.to_str().unwrap();
    let (code, ..) = evidence(data, &[&["dossier", "--force", "--recipient", APPROVED, "--out", out_text], args].concat());
    (code, serde_json::from_slice(&fs::read(&out).unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_before_the_record_begins_is_no_clean_bill() {
    let known = Known::start().await;
    known.gateway.permission().await.check(ask(APPROVED)).await.unwrap();
    let data = known.data();
    assert!(known.gateway.stop().success());
    let march = ["--from", "2026-03-03", "--to", "2026-03-04"];
    let (code, shown, said) = evidence(&data, &[&["find", "--recipient", APPROVED][..], &march].concat());
    assert!(code == Some(3) && said.contains("izingate: PERIOD_NOT_ON_RECORD: the record reaches from "), "{said}");
    assert!(shown.starts_with("record of gateway ") && shown.ends_with("no decision is on record\n"), "{shown}");
    let (code, dossier) = json_dossier(&data, &march);
    assert_eq!((code, &dossier["records"][0]["outside"]["whole"]), (Some(3), &Value::Bool(true)), "{dossier}");
    // All that there is was asked for: nothing lies outside.
    let (code, dossier) = json_dossier(&data, &[]);
    assert_eq!((code, &dossier["records"][0]["outside"]), (Some(0), &Value::Null));
    let brand = &dossier["records"][0]["brands"][0];
    assert_eq!((&brand["brandCode"], &brand["firstDecision"]), (&BRAND.into(), &dossier["decisions"][0]["at"]), "{brand}");
    assert_eq!(brand["lastDecision"], brand["firstDecision"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_of_a_kill_names_its_time_and_no_number_of_a_lease() {
    let known = Known::start().await;
    let data = known.data();
    known.gateway.permission().await.check(from("sure", ask(APPROVED))).await.unwrap();
    let page = |out: &Path| {
        let (code, ..) = evidence(&data, &["dossier", "--force", "--recipient", REFUSED, "--out", out.to_str().unwrap()]);
        (code, fs::read_to_string(out).unwrap())
    };
    let out = data.with_extension("html");
    let running = page(&out);
    assert!(running.0 == Some(0) && !running.1.contains("kapatılmadan sona eriyor"), "{}", running.1);
    known.gateway.kill();
    // Before it is started again nothing in the record says so.
    let dead = page(&out);
    assert!(dead.1.contains("kapatılmadan sona eriyor") && !dead.1.contains("bilinen bir boşluk yok"), "{}", dead.1);
    let (_, shown, _) = evidence(&data, &["find", "--recipient", REFUSED]);
    assert!(shown.contains(", not closed: whoever wrote it was killed"), "{shown}");
    let (text, _) = verified(&data);
    assert!(text.contains("not closed  "), "{text}");
    let gateway = Gateway::spawn(serve(&data), &data);
    assert!(gateway.stop().success());
    let log = fs::read_to_string(data.with_extension("log")).unwrap_or_default();
    assert!(!log.contains("Gap {"), "{log}");
    let (code, page) = page(&out);
    assert!(code == Some(0) && page.contains("sonrasında aniden kapandı") && !page.contains("104857"), "{page}");
    let (text, code) = verified(&data);
    assert!(code == Some(0) && text.contains("the gateway was killed some time after") && !text.contains("at most"), "{text}");
    assert!(text.ends_with("what is not on record is named above\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_that_read_nothing_fails() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    crate::support::add_brand(&data);
    let mut command = serve(&data);
    command.env("IZINGATE_EVIDENCE_BEFORE_ANSWER", "payments");
    let gateway = Gateway::spawn(command, &data);
    let output = run(&["evidence", "verify", "--data", data.to_str().unwrap()]);
    let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.code() == Some(3) && said.contains("NOTHING_READ: nothing was read"), "{said}");
    assert!(shown.ends_with("nothing was read\n"), "{shown}");
    // What is being written is authentic under the secret, and is not called more than that.
    gateway.permission().await.check(from("payments", ask(APPROVED))).await.unwrap();
    let (text, code) = verified(&data);
    assert!(code == Some(0) && text.contains("no segment is sealed yet; what is being written is authentic"), "{text}");
    let key = data.join("secret.key");
    fs::rename(&key, data.join("elsewhere")).unwrap();
    assert_eq!(verified(&data).1, Some(3), "without the secret nothing vouches for it");
    fs::rename(data.join("elsewhere"), &key).unwrap();
    assert!(gateway.stop().success());
    assert!(verified(&data).0.ends_with("everything is what was written\n"));
}

fn filter(data: &Path, folder: &Path) -> PathBuf {
    let (list, out) = (folder.join("liste.csv"), folder.join("clean.csv"));
    fs::write(&list, format!("{APPROVED}\n{REFUSED}\n")).unwrap();
    let brand = BRAND.to_string();
    let output = izingate()
        .args(["filter", "--brand", &brand, "--type", "MESAJ", "--data"])
        .arg(data)
        .arg("--out")
        .arg(&out)
        .arg(&list)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    folder.join("clean.csv.evidence")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lists_decided_on_this_data_is_found_beside_the_gateways() {
    let known = Known::start().await;
    let data = known.data();
    known.gateway.permission().await.check(from("dialer", ask(APPROVED))).await.unwrap();
    let record = filter(&data, known.dir.path());
    assert!(known.gateway.stop().success());
    let (code, shown, said) = evidence(&data, &["find", "--recipient", APPROVED]);
    assert_eq!(code, Some(0), "{said}");
    assert!(shown.contains("record of gateway ") && shown.contains("record of list "), "{shown}");
    assert!(
        shown.contains(record.to_str().unwrap()) && shown.contains(", dialer") && shown.contains(", izingate-filter"),
        "{shown}"
    );
    assert!(shown.contains("reason, caller, reference") && shown.ends_with("2 decisions\n"), "{shown}");
    let (_, dossier) = json_dossier(&data, &[]);
    let of: Vec<&Value> = dossier["decisions"].as_array().unwrap().iter().map(|decision| &decision["record"]).collect();
    assert_eq!(of, [0, 1]);
    assert_eq!((&dossier["records"][1]["kind"], &dossier["records"][1]["store"]), (&"list".into(), &0.into()));
    assert_eq!(dossier["decisions"][0]["knownThen"], dossier["decisions"][1]["knownThen"]);
    // One that is moved is missed, and named again it is not.
    let moved = known.dir.path().join("moved.evidence");
    fs::rename(&record, &moved).unwrap();
    let (code, _, said) = evidence(&data, &["find", "--recipient", APPROVED]);
    assert!(code == Some(3) && said.contains("EVIDENCE_MISSING: the record of a list, "), "{said}");
    let (code, shown, _) = evidence(&data, &["find", "--recipient", APPROVED, "--also", moved.to_str().unwrap()]);
    assert!(code == Some(0) && shown.ends_with("2 decisions\n"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_found_by_id_type_and_answer_and_is_called_a_part() {
    let known = Known::start().await;
    let data = known.data();
    let mut permission = known.gateway.permission().await;
    let mut ids = Vec::new();
    for recipient in [APPROVED, APPROVED] {
        ids.push(permission.check(ask(recipient)).await.unwrap().into_inner().decision_id);
    }
    let call = izingate::api::proto::CheckRequest { channel: izingate::api::proto::Channel::Arama.into(), ..ask(APPROVED) };
    ids.push(permission.check(call).await.unwrap().into_inner().decision_id);
    assert!(known.gateway.stop().success());
    let found = |args: &[&str]| {
        let (code, dossier) = json_dossier(&data, args);
        assert_eq!(code, Some(0));
        let found = dossier["decisions"].as_array().unwrap().iter();
        let found: Vec<String> = found.map(|found| found["decisionId"].as_str().unwrap().to_owned()).collect();
        (found, dossier["leftOut"].as_u64().unwrap())
    };
    assert_eq!(found(&[]), (ids.clone(), 0));
    assert_eq!(found(&["--id", &ids[1]]), (vec![ids[1].clone()], 2));
    assert_eq!(found(&["--type", "ARAMA"]), (vec![ids[2].clone()], 2));
    assert_eq!(found(&["--only-allowed"]), (ids[..2].to_vec(), 1));
    assert_eq!(found(&["--brand", "999998"]), (Vec::new(), 3), "a brand that was mistyped hides nothing");
    let (_, shown, _) = evidence(&data, &["find", "--recipient", APPROVED, "--only-allowed"]);
    assert!(
        shown.ends_with("2 decisions; 1 more of the period are left out by --brand, --type, --id or --only-allowed\n"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_is_its_owners_alone_whatever_was_there() {
    let known = Known::start().await;
    let data = known.data();
    assert!(known.gateway.stop().success());
    let out = known.dir.path().join("dossier.pdf");
    fs::write(&out, "an older one").unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o644)).unwrap();
    // By a bare name, too.
    let args = ["evidence", "dossier", "--recipient", APPROVED, "--show-recipient", "--out", "dossier.pdf", "--data"];
    let made = |more: &[&str]| izingate().current_dir(known.dir.path()).args(args).arg(&data).args(more).output().unwrap();
    let refused = made(&[]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("OUTPUT_EXISTS: dossier.pdf exists"), "{refused:?}");
    assert_eq!(fs::read_to_string(&out).unwrap(), "an older one");
    let code = made(&["--force"]).status.code();
    assert_eq!((code, fs::metadata(&out).unwrap().permissions().mode() & 0o777), (Some(0), 0o600));
}

#[test]
fn a_backup_says_that_it_has_no_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    crate::support::add_brand(&data);
    let output = run(&["backup", "--data", data.to_str().unwrap(), dir.path().join("b").to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("The evidence of decisions is not in it"), "{output:?}");
}
