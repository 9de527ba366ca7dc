//! Commands by which an operator continues where a start refuses; and that readers do not believe what is refused.

use super::forgery::refused;
use super::{ask, found, from, verified};
use crate::process::failure;
use crate::support::known::{APPROVED, Known, REFUSED, apply, movement};
use crate::support::{Gateway, izingate, run, serve};
use izingate::evidence::tree::signed_note::Signer;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Two ended runs with a decision about REFUSED in each.
async fn ended() -> (TempDir, PathBuf) {
    let Known { gateway, dir } = Known::start().await;
    let data = dir.path().join("data");
    decide(gateway).await;
    decide(Gateway::start(&data)).await;
    (dir, data)
}

async fn decide(gateway: Gateway) {
    let mut permission = gateway.permission().await;
    permission.check(from("crm", ask(REFUSED))).await.unwrap();
    drop(permission);
    assert!(gateway.stop().success());
}

fn evidence(data: &Path, args: &[&str]) -> Command {
    let mut command = izingate();
    command.arg("evidence").args(args).arg("--data").arg(data);
    command
}

fn code(data: &Path) -> String {
    refused(serve(data)).map(|(code, _)| code).unwrap_or_default()
}

fn done(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The operator moves the folder away, on purpose or not: the start says so, the command records it, dossiers of the time say it.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_moved_away_is_accepted_and_stands_in_dossiers() {
    let (dir, data) = ended().await;
    fs::rename(data.join("evidence"), dir.path().join("away")).unwrap();
    let (code, text) = refused(serve(&data)).unwrap();
    assert_eq!(code, "EVIDENCE_MISSING", "{text}");
    assert!(text.contains("there were 2") && text.contains("evidence accept-loss --of evidence"), "{text}");
    let empty = failure(&mut evidence(&data, &["accept-loss", "--of", "evidence", "--reason", " "]));
    assert_eq!(empty, (1, "INVALID_FIELD".to_owned()));
    let said = done(evidence(&data, &["accept-loss", "--of", "evidence", "--reason", "taken away for an audit"]));
    assert!(said.contains("lost        tree: has 0 segments"), "{said}");
    decide(Gateway::start(&data)).await;
    assert_eq!(found(&data, REFUSED).len(), 1);
    let out = dir.path().join("dossier.json");
    done(evidence(&data, &["dossier", "--recipient", REFUSED, "--out", out.to_str().unwrap()]));
    let dossier: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(dossier["records"][0]["evidence"]["acceptedLosses"][0]["reason"], "taken away for an audit", "{dossier}");
    let (text, code) = verified(&data);
    assert!(code == Some(0) && text.contains("taken away for an audit"), "{text}");
    let again = failure(&mut evidence(&data, &["accept-loss", "--of", "evidence", "--reason", "again"]));
    assert_eq!(again, (1, "NOTHING_LOST".to_owned()));
}

/// A key that a power cut or a hand damaged is one that is missing: the way on that is named works.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_key_is_one_that_is_missing() {
    for damage in ["", "x", "\0\0\0\0"] {
        let (_dir, data) = ended().await;
        let path = data.join("evidence/signing.key");
        fs::write(&path, damage).unwrap();
        let (code, text) = refused(serve(&data)).unwrap();
        assert!(code == "EVIDENCE_KEY" && text.contains("rotate-key"), "{damage:?}: {code}: {text}");
        done(evidence(&data, &["rotate-key"]));
        assert_eq!(fs::read_to_string(path.with_extension("lost")).unwrap(), damage, "it may be mended one day");
        decide(Gateway::start(&data)).await;
        let (text, code) = verified(&data);
        assert!(code == Some(0) && text.contains("everything is what was written"), "{text}");
    }
}

/// A folder in the place of a file is named.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_the_place_of_a_file_is_named_and_accepted() {
    for name in ["tree", "checkpoint"] {
        let (_dir, data) = ended().await;
        fs::remove_file(data.join("evidence").join(name)).unwrap();
        fs::create_dir(data.join("evidence").join(name)).unwrap();
        let (code, text) = refused(serve(&data)).unwrap();
        assert!(code == "EVIDENCE_BROKEN" && text.contains(&format!("{name}: is no regular file")), "{code}: {text}");
        done(evidence(&data, &["accept-loss", "--of", "evidence", "--reason", "a folder"]));
        assert_eq!(self::code(&data), "", "{name}");
    }
}

/// A reader beside it believes no more than a start does.
#[tokio::test(flavor = "multi_thread")]
async fn readers_believe_the_key_and_the_tree_that_the_store_remembers() {
    let (dir, data) = ended().await;
    let folder = data.join("evidence");
    let genuine = fs::read_to_string(folder.join("checkpoint")).unwrap();
    let size = genuine.lines().nth(1).unwrap().parse().unwrap();
    let root = izingate::evidence::tree::archive::root_of(&izingate::evidence::tree::archive::read_seals(&folder).unwrap());
    let foreign = Signer::new(genuine.lines().next().unwrap().to_owned(), &[9; 32]).unwrap();
    fs::write(folder.join("checkpoint"), foreign.sign(size, &root)).unwrap();
    fs::write(folder.join("public.key"), format!("{}\n", foreign.verifier())).unwrap();
    let out = dir.path().join("dossier.json");
    for args in [
        &["find", "--recipient", REFUSED][..],
        &["dossier", "--recipient", REFUSED, "--out", out.to_str().unwrap()],
        &["prove", "6b0d5d83937a8ddc18eccf1020813f2e"],
        &["export", "--out", dir.path().join("parquet").to_str().unwrap()],
    ] {
        assert_eq!(failure(&mut evidence(&data, args)), (1, "EVIDENCE_CHECKPOINT".to_owned()), "{args:?}");
    }
    assert_eq!(failure(&mut evidence(&data, &["key"])), (1, "EVIDENCE_KEY".to_owned()));
    let (text, code) = verified(&data);
    assert!(code == Some(3) && text.contains("PROBLEM     checkpoint: "), "{text}");
    assert!(!out.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_rotated_by_command() {
    let (dir, data) = ended().await;
    let before = done(evidence(&data, &["key"]));
    let proof = |id: &str| done(evidence(&data, &["prove", id]));
    let first = found(&data, REFUSED)[0]["decisionId"].as_str().unwrap().to_owned();
    let old_proof = proof(&first);
    let file = dir.path().join("new.key");
    fs::write(&file, "c".repeat(64)).unwrap();
    let mut configured = serve(&data);
    configured.env("IZINGATE_EVIDENCE_SIGNING_KEY_FILE", &file);
    assert_eq!(refused(configured).map(|(code, _)| code), Some("EVIDENCE_KEY".to_owned()), "rotation is a command");
    let said = done(evidence(&data, &["rotate-key", "--to", file.to_str().unwrap()]));
    assert_eq!(code(&data), "EVIDENCE_KEY", "the key before signs no more");
    let mut configured = serve(&data);
    configured.env("IZINGATE_EVIDENCE_SIGNING_KEY_FILE", &file);
    decide(Gateway::spawn(configured, &data)).await;
    let after = done(evidence(&data, &["key"]));
    assert_eq!(said.lines().next(), after.lines().next());
    let (text, code) = verified(&data);
    assert!(code == Some(0) && text.contains("signs since"), "{text}");
    // The key before verifies what it signed, for its holder and for third parties with a proof.
    let kept = dir.path().join("kept");
    fs::write(&kept, &before).unwrap();
    let key_before = before.lines().next().unwrap();
    let old = run(&[
        "evidence",
        "verify",
        "--data",
        data.to_str().unwrap(),
        "--key",
        key_before,
        "--checkpoint",
        kept.to_str().unwrap(),
    ]);
    let text = String::from_utf8(old.stdout).unwrap();
    assert!(old.status.success() && text.contains("key         signed the first 2 segments"), "{text}");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/verify_evidence.py");
    for (proof, key) in [(old_proof, key_before), (proof(&first), after.lines().next().unwrap())] {
        let path = dir.path().join("proof.json");
        fs::write(&path, proof).unwrap();
        assert!(Command::new("python3").arg(script).arg(&path).arg(key).status().unwrap().success());
    }
    // One of the folder's own again.
    done(evidence(&data, &["rotate-key"]));
    assert_eq!(crate::evidence::accept::code(&data), "");
}

/// A reader without the secret reads what seals cover.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_secret_seals_are_what_a_reader_relies_on() {
    let Known { gateway, dir } = Known::start().await;
    let data = dir.path().join("data");
    decide(gateway).await;
    let pseudonym = found(&data, REFUSED)[0]["recipient"].as_str().unwrap().to_owned();
    let gateway = Gateway::start(&data);
    apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await;
    fs::rename(data.join("secret.key"), dir.path().join("secret.key")).unwrap();
    let output = evidence(&data, &["find", "--pseudonym", &pseudonym, "--json"]).output().unwrap();
    let (shown, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(
        output.status.success() && shown.lines().count() == 1 && said.contains("without an index that is authentic"),
        "{said}"
    );
    assert_eq!(failure(&mut evidence(&data, &["find", "--recipient", REFUSED])), (1, "SECRET_MISSING".to_owned()));
    let (text, code) = verified(&data);
    assert!(code == Some(0) && text.contains("authentic   not checked: without the secret"), "{text}");
    fs::rename(dir.path().join("secret.key"), data.join("secret.key")).unwrap();
    let (text, code) = verified(&data);
    assert!(code == Some(0) && text.contains("authentic   every frame, under the secret"), "{text}");
    gateway.kill();
}

/// A part that was read is no whole.
#[tokio::test(flavor = "multi_thread")]
async fn verify_says_what_it_did_not_read() {
    let (_dir, data) = ended().await;
    let of = |args: &[&str]| done(evidence(&data, &[&["verify"], args].concat()));
    assert!(of(&[]).ends_with("everything is what was written\n"));
    assert!(of(&["--from", "2"]).ends_with("the other segments were held against the tree by their seals alone\n"));
    fs::write(data.join("evidence/notes.txt"), "mine").unwrap();
    assert!(of(&[]).contains("unknown     \"notes.txt\" is none of the evidence's files\n"));
    fs::write(data.join("evidence/000000000002.torn"), "x").unwrap();
    let (text, code) = verified(&data);
    assert!(code == Some(3) && text.contains("000000000002.torn: has 1 bytes, and the log says of no kill"), "{text}");
}

/// The record beside a list has no store: its loss is accepted under the secret that is given.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_beside_a_list_is_accepted_under_the_secret() {
    let (dir, data) = ended().await;
    let (list, record) = (dir.path().join("list.txt"), dir.path().join("record"));
    fs::write(&list, format!("{REFUSED}\n")).unwrap();
    let filter = || {
        let mut command = izingate();
        command.arg("filter").arg(&list).args(["--brand", "601234", "--type", "MESAJ", "--force", "--out"]);
        command.arg(dir.path().join("out.csv")).arg("--evidence").arg(&record).arg("--data").arg(&data);
        command
    };
    done(filter());
    done(filter());
    fs::remove_file(record.join("evidence/000000000001.seg")).unwrap();
    assert_eq!(failure(&mut filter()), (1, "EVIDENCE_MISSING".to_owned()));
    let secret = data.join("secret.key");
    let accept = ["accept-loss", "--of", "evidence", "--reason", "a disk", "--secret-file", secret.to_str().unwrap()];
    assert!(done(evidence(&record, &accept)).contains("000000000001.seg"));
    done(filter());
    let verified = done(evidence(&record, &["verify", "--secret-file", secret.to_str().unwrap()]));
    assert!(verified.contains("a disk"), "{verified}");
}
