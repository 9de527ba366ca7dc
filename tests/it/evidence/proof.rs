//! A proof convinces somebody who has only the public key: a script that shares no code with the gateway accepts what was
//! written, and nothing else.

use super::found;
use crate::support::known::{APPROVED, Known, REFUSED};
use crate::support::web::{client, post_json, send};
use crate::support::{BRAND, Gateway, run};
use izingate::evidence::tree::signed_note::Signer;
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/verify_evidence.py");
const MUTATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/mutate_proof.py");

/// A stopped gateway's record of three segments: a question of a caller, the second of a batch, nothing.
struct Record {
    dir: TempDir,
    question: String,
    second: String,
}

impl Record {
    async fn make() -> Self {
        let Known { gateway, dir } = Known::start().await;
        let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "recipient": REFUSED, "reference": "güz \"7\"\u{1b}[2J" });
        let request = client().post(format!("{}/v1/check", gateway.http)).header("izingate-caller", "crm").json(&asked);
        let question = id_of(&send(request).await.json());
        // Frames of their own, so that a path leads up from among several.
        for _ in 0..3 {
            post_json(&gateway.http, "/v1/check", &asked).await;
        }
        assert!(gateway.stop().success());

        let gateway = Gateway::start(&dir.path().join("data"));
        let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "recipients": ["x", APPROVED, REFUSED] });
        let first = id_of(&post_json(&gateway.http, "/v1/check/batch", &asked).await.json());
        let second = format!("{:032x}", u128::from_str_radix(&first, 16).unwrap() + 1);
        assert!(gateway.stop().success());
        assert!(Gateway::start(&dir.path().join("data")).stop().success());
        Self { dir, question, second }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn evidence(&self, args: &[&str]) -> String {
        let output = run(&[&["evidence"], args, &["--data", self.data().to_str().unwrap()]].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn proof(&self, id: &str) -> Value {
        serde_json::from_str(&self.evidence(&["prove", id])).unwrap()
    }

    /// Name, hash and key.
    fn key(&self) -> String {
        self.evidence(&["key"]).lines().next().unwrap().to_owned()
    }

    /// A file with a proof.
    fn file(&self, proof: &Value) -> PathBuf {
        let path = self.dir.path().join("proof.json");
        fs::write(&path, proof.to_string()).unwrap();
        path
    }

    /// What the script says of a proof under a key.
    fn verified(&self, proof: &Value, key: &str) -> Output {
        Command::new("python3").arg(SCRIPT).arg(self.file(proof)).arg(key).output().unwrap()
    }

    /// Of which parts the script says that they do not hold.
    fn refused(&self, proof: &Value, key: &str) -> Vec<String> {
        let output = self.verified(proof, key);
        assert_eq!((output.status.code(), output.stdout), (Some(1), Vec::new()));
        let part = |line: &str| line.strip_prefix("NOT PROVED  ").unwrap().split_once(": ").unwrap().0.to_owned();
        String::from_utf8(output.stderr).unwrap().lines().map(part).collect()
    }

    /// A decision as a search shows it.
    fn found(&self, recipient: &str, id: &str) -> Value {
        found(&self.data(), recipient).into_iter().find(|found| found["decisionId"] == id).unwrap()
    }
}

fn id_of(answer: &Value) -> String {
    answer["decisionId"].as_str().unwrap().to_owned()
}

/// What the script prints of a decision that a search found.
fn shown(found: &Value, segment: u64, key: &str) -> String {
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    let number = |name: &str| found[name].as_u64().unwrap().to_string();
    let yes = |name: &str| if found[name].as_bool().unwrap() { "yes" } else { "no" }.to_owned();
    let quoted = |name: &str| found[name].to_string();
    let lines = [
        ("decisionId", text("decisionId")),
        ("time", text("time")),
        ("caller", quoted("caller")),
        ("brandCode", number("brandCode")),
        ("retailerCode", number("retailerCode")),
        ("type", text("type")),
        ("recipientType", text("recipientType")),
        ("recipient", text("recipient")),
        ("purpose", text("purpose")),
        ("declarationId", "none".to_owned()),
        ("decision", text("decision")),
        ("reason", text("reason")),
        ("enforced", yes("enforced")),
        ("refusalOnRecord", yes("refusalOnRecord")),
        ("mode", text("mode")),
        ("revision", number("revision")),
        ("asOf", found["asOf"].as_str().unwrap_or("unknown").to_owned()),
        ("reference", quoted("reference")),
        ("writtenAt", text("writtenAt")),
    ];
    let mut shown = String::new();
    for (name, value) in lines {
        writeln!(shown, "{name:<16} {value}").unwrap();
    }
    let name = key.split('+').next().unwrap();
    writeln!(shown, "proved: this decision is in segment {segment} of the 3 that {name} signed").unwrap();
    shown
}

fn key_file(dir: &Path, key: &str) -> PathBuf {
    let path = dir.join("known.key");
    fs::write(&path, format!("{key}\n")).unwrap();
    path
}

#[tokio::test]
async fn what_was_written_is_proved() {
    let record = Record::make().await;
    let key = record.key();
    let in_file = key_file(record.dir.path(), &key);
    for (id, recipient, segment) in [(&record.question, REFUSED, 1), (&record.second, APPROVED, 2)] {
        let found = record.found(recipient, id);
        assert_eq!(found["segment"], segment);
        let proof = record.proof(id);
        for key_as_given in [key.as_str(), in_file.to_str().unwrap()] {
            let output = record.verified(&proof, key_as_given);
            assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
            assert_eq!(String::from_utf8(output.stdout).unwrap(), shown(&found, segment, &key));
        }
        let mutated = Command::new("python3").args([MUTATIONS, SCRIPT]).arg(record.file(&proof)).arg(&key).output().unwrap();
        let text = String::from_utf8(mutated.stdout).unwrap();
        let refused = text.strip_suffix(" refused\n").and_then(|count| count.parse::<u32>().ok());
        assert!(mutated.status.success() && refused.is_some_and(|count| count > 2_000), "{text}{:?}", mutated.stderr);
    }
}

#[tokio::test]
async fn what_does_not_hold_is_named() {
    let record = Record::make().await;
    let (proof, key) = (record.proof(&record.question), record.key());
    let other = record.proof(&record.second);
    assert!(!proof["framePath"].as_array().unwrap().is_empty() && proof["treePath"].as_array().unwrap().len() == 2, "{proof}");
    for (name, from_other, parts) in [
        ("format", false, &["proof"][..]),
        ("decisionId", true, &["decision", "seal"]),
        ("segment", true, &["seal"]),
        ("columns", true, &["decision", "frame"]),
        ("recipients", true, &["decision", "frame"]),
        ("frame", false, &["frame"]),
        ("framePath", false, &["frame"]),
        ("seal", true, &["frame", "seal", "tree"]),
        ("leaf", true, &["seal", "tree"]),
        ("treePath", true, &["tree"]),
        ("checkpoint", false, &["checkpoint"]),
    ] {
        let mut changed = proof.clone();
        changed[name] = match (&proof[name], from_other) {
            (_, true) => other[name].clone(),
            (Value::Number(_), false) => json!(1_000),
            (Value::Array(_), false) => json!(["00".repeat(32)]),
            (value, false) => json!(value.as_str().unwrap().replacen('i', "j", 1)),
        };
        assert_eq!(record.refused(&changed, &key), parts, "{name}");
    }
    let stranger = |name: &str| Signer::new(name.to_owned(), &[7; 32]).unwrap().verifier().to_string();
    let name = key.split('+').next().unwrap();
    assert_eq!(record.refused(&proof, &stranger(name)), ["checkpoint"]);
    assert_eq!(record.refused(&proof, &stranger("izingate-00000000")), ["checkpoint"]);
    assert_eq!(record.refused(&proof, "no key"), ["key"]);
    assert_eq!(record.refused(&json!([proof]), &key), ["proof"]);
    let called_wrongly = Command::new("python3").arg(SCRIPT).output().unwrap();
    assert_eq!(called_wrongly.status.code(), Some(2));
}
