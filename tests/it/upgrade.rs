//! Data directories of an earlier commit: opened, they answer the same; their evidence verifies, and it is said since when it is
//! authenticated.

use crate::evidence::forgery::refused;
use crate::support::web::{client, send};
use crate::support::{Gateway, izingate, serve};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/data-466644a");
const SECRET: (&str, &str) = ("IZINGATE_SECRET", "0707070707070707070707070707070707070707070707070707070707070707");

fn unpacked(name: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    let archive = Path::new(FIXTURES).join(format!("{name}.tar.gz"));
    assert!(Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(&data).status().unwrap().success());
    (dir, data)
}

fn start(data: &Path) -> Gateway {
    let mut command = serve(data);
    command.envs([SECRET]);
    Gateway::spawn(command, data)
}

/// Answers to each question of the fixture.
async fn answers(gateway: &Gateway) -> String {
    let mut answers = String::new();
    for line in fs::read_to_string(Path::new(FIXTURES).join("answers")).unwrap().lines() {
        let (question, _) = line.split_once(" => ").unwrap();
        let mut parts = question.splitn(3, ' ');
        let (channel, recipient, extra) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap_or_default());
        let recipient = recipient.replace('+', "%2B");
        let url = format!("{}/v1/check?brandCode=601234&type={channel}&recipient={recipient}{extra}", gateway.http);
        let said = send(client().get(url).header("accept", "text/plain")).await.text;
        answers.extend([question, " => ", said.trim(), "\n"]);
    }
    answers
}

fn evidence(data: &Path, args: &[&str]) -> Output {
    izingate().envs([SECRET]).arg("evidence").args(args).arg("--data").arg(data).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The sealed segments, by name.
fn segments(data: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(data.join("evidence")).unwrap().map(|entry| entry.unwrap().path());
    let sealed = files.filter(|path| path.extension().is_some_and(|ending| ending == "seg"));
    sealed.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_data_directory_opens_and_answers_the_same() {
    let expected = fs::read_to_string(Path::new(FIXTURES).join("answers")).unwrap();
    for (name, earlier) in [("ordered", 3), ("killed", 3)] {
        let (_dir, data) = unpacked(name);
        let found = |of: &str| text(&evidence(&data, &["find", "--recipient", of, "--json"])).lines().count();
        let before = (segments(&data), found("+905320001001"));
        assert!(before.1 > 0, "{name}: it is read before it is opened");
        let gateway = start(&data);
        assert_eq!(answers(&gateway).await, expected, "{name}");
        assert!(gateway.stop().success());
        let after = segments(&data);
        assert!(before.0.iter().all(|(file, bytes)| after.get(file) == Some(bytes)), "{name}: what was sealed stays as it is");
        assert!(found("+905320001001") > before.1, "{name}: what was decided before and since");
        let verified = evidence(&data, &["verify"]);
        let said = text(&verified);
        assert_eq!(verified.status.code(), Some(0), "{name}: {said}");
        let since = said.lines().find_map(|line| line.strip_prefix("authentic   not authenticated before 20"));
        let since = since.unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(since.ends_with(&format!(": {earlier} segments of an earlier version")), "{name}: {said}");
        assert_eq!(said.contains("the gateway was killed"), name == "killed", "{name}: {said}");

        // Once more: what there is now is remembered.
        let gateway = start(&data);
        assert_eq!(answers(&gateway).await, expected, "{name}");
        gateway.kill();
        assert!(start(&data).stop().success());
        fs::remove_file(data.join("evidence/000000000001.seg")).unwrap();
        let mut command = serve(&data);
        command.envs([SECRET]);
        assert_eq!(refused(command).map(|(code, _)| code), Some("EVIDENCE_MISSING".to_owned()), "{name}");
    }
}

/// The check of an earlier program before it opens anything: it knew formats up to 3.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_opened_is_of_a_format_that_an_earlier_program_refuses() {
    let (_dir, data) = unpacked("ordered");
    let format = || {
        let output = izingate().arg("inspect").arg("--json").arg("--data").arg(&data).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["format"].as_u64().unwrap()
    };
    assert_eq!(format(), 3);
    assert!(start(&data).stop().success());
    assert!(format() > 3, "{}", format());
}

/// Evidence of an earlier program has a checkpoint, always: one without is refused as it is now.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_checkpoint_stops_the_first_start_too() {
    for name in ["ordered", "killed"] {
        let (_dir, data) = unpacked(name);
        fs::remove_file(data.join("evidence/checkpoint")).unwrap();
        let mut command = serve(&data);
        command.envs([SECRET]);
        assert_eq!(refused(command).map(|(code, _)| code), Some("EVIDENCE_CHECKPOINT".to_owned()), "{name}");
        assert!(!data.join("evidence/checkpoint").exists());
    }
}
