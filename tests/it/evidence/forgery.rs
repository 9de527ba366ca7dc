//! The six forgeries of a hostile test, and their neighbours, by somebody who may write `DATA/evidence`, and holds neither the signing
//! key nor the secret, cannot rewrite it unseen. The key lies elsewhere in all of them.

use super::forger::{Pieces, frame_ends, rewrite, segment};
use super::{ask, found, from};
use crate::support::data::fresh;
use crate::support::known::{APPROVED, REFUSED, STRANGER, apply, movement};
use crate::support::web::{post_json, send};
use crate::support::{BRAND, Gateway, izingate, run, serve};
use izingate::evidence::tree::signed_note::Signer;
use izingate::model::text::hex::from_hex;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A data directory whose signing key lies elsewhere.
struct Scene {
    dir: TempDir,
    data: PathBuf,
}

impl Scene {
    /// Three runs that ended in order; in each a decision about three recipients.
    async fn ended() -> Self {
        let scene = Self::fresh();
        for run in 0..3 {
            let gateway = scene.start();
            scene.decide(&gateway, run).await;
            assert!(gateway.stop().success());
        }
        scene
    }

    /// Directory with a fourth run that was killed; a movement was taken in behind its decisions.
    async fn killed() -> Self {
        let scene = Self::ended().await;
        let gateway = scene.start();
        scene.decide(&gateway, 3).await;
        apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-04 10:00:00")]).await;
        gateway.kill();
        scene
    }

    fn fresh() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = fresh(dir.path().join("data"));
        fs::write(dir.path().join("signing.key"), "a7".repeat(32)).unwrap();
        Self { dir, data }
    }

    fn serve(&self) -> Command {
        let mut command = serve(&self.data);
        command.env("IZINGATE_EVIDENCE_SIGNING_KEY_FILE", self.dir.path().join("signing.key"));
        command.env("IZINGATE_EVIDENCE_BEFORE_ANSWER", "sure");
        command
    }

    fn start(&self) -> Gateway {
        Gateway::spawn(self.serve(), &self.data)
    }

    /// Decisions that are on disk when this returns, each in a frame of its own.
    async fn decide(&self, gateway: &Gateway, run: u32) {
        if run == 0 {
            apply(
                gateway,
                vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00"), movement(REFUSED, "RET", "2026-11-02 10:00:00")],
            )
            .await;
        }
        let mut permission = gateway.permission().await;
        for recipient in [APPROVED, REFUSED, STRANGER] {
            permission.check(from("sure", ask(recipient))).await.unwrap();
        }
    }

    fn folder(&self) -> PathBuf {
        self.data.join("evidence")
    }

    /// Pseudonym by which the evidence knows a recipient.
    fn pseudonym(&self, recipient: &str) -> [u8; 16] {
        let found = found(&self.data, recipient);
        from_hex(found[0]["recipient"].as_str().unwrap()).unwrap().try_into().unwrap()
    }

    /// The code with which a start is refused; empty if it goes through.
    fn refused(&self) -> String {
        refused(self.serve()).map(|(code, _)| code).unwrap_or_default()
    }

    /// A copy of the evidence, to be put back later.
    fn copy(&self, name: &str) -> PathBuf {
        let to = self.dir.path().join(name);
        copy(&self.folder(), &to);
        to
    }

    fn put_back(&self, from: &Path) {
        fs::remove_dir_all(self.folder()).unwrap();
        copy(from, &self.folder());
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Code and text with which a start is refused; none if it goes through, and the gateway is ended in order then.
pub fn refused(mut command: Command) -> Option<(String, String)> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut end = None;
    for line in lines {
        if line.contains("ready: everything is in memory") {
            assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        }
        if let Some((code, text)) = line.strip_prefix("izingate: ").and_then(|said| said.split_once(": ")) {
            end = Some((code.to_owned(), text.to_owned()));
        }
    }
    child.wait().unwrap();
    end
}

#[tokio::test(flavor = "multi_thread")]
async fn f1_decisions_cut_out_and_the_checkpoint_removed_stop_the_start() {
    let scene = Scene::ended().await;
    rewrite(&scene.folder(), 2, &scene.pseudonym(REFUSED));
    assert_eq!(scene.refused(), "EVIDENCE_BROKEN", "with the checkpoint there");
    fs::remove_file(scene.folder().join("checkpoint")).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_BROKEN", "the store remembers another tree");
    assert!(!scene.folder().join("checkpoint").exists(), "nothing was signed");
}

/// A checkpoint that is missing beside sealed segments is one that somebody removed, be the segments untouched.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_missing_stops_the_start() {
    let scene = Scene::ended().await;
    let path = scene.folder().join("checkpoint");
    let whole = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_CHECKPOINT");
    assert!(!path.exists(), "nothing was signed");
    fs::write(&path, whole).unwrap();
    assert_eq!(scene.refused(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn f2_a_checkpoint_of_another_key_stops_the_start() {
    let scene = Scene::ended().await;
    let genuine = fs::read_to_string(scene.folder().join("checkpoint")).unwrap();
    let origin = genuine.lines().next().unwrap().to_owned();
    let (size, root) = (genuine.lines().nth(1).unwrap().parse().unwrap(), [7; 32]);
    let foreign = Signer::new(origin, &[7; 32]).unwrap();
    for note in [foreign.sign(size, &root), "x".to_owned(), String::new(), genuine.replace('\n', "\r\n")] {
        fs::write(scene.folder().join("checkpoint"), &note).unwrap();
        assert_eq!(scene.refused(), "EVIDENCE_CHECKPOINT", "{note:?}");
        assert_eq!(fs::read_to_string(scene.folder().join("checkpoint")).unwrap(), note, "nothing was signed");
    }
    fs::write(scene.folder().join("public.key"), foreign.verifier().to_string()).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_CHECKPOINT", "with the public key that fits");
    fs::write(scene.folder().join("checkpoint"), genuine).unwrap();
    assert_eq!(scene.refused(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn f3_the_open_segment_removed_after_a_kill_stops_the_start() {
    let scene = Scene::killed().await;
    fs::remove_file(segment(&scene.folder(), 4, "open")).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_MISSING");
}

#[tokio::test(flavor = "multi_thread")]
async fn f4_the_open_segment_rewritten_after_a_kill_stops_the_start() {
    let scene = Scene::killed().await;
    let (path, pseudonym) = (segment(&scene.folder(), 4, "open"), scene.pseudonym(REFUSED));
    let whole = fs::read(&path).unwrap();
    let (before, mut pieces) = (Pieces::of(&path), Pieces::of(&path));
    assert_eq!(pieces.cut_out(&pseudonym), 1);
    let untouched = before.frames.iter().zip(&pieces.frames).take_while(|(before, after)| before == after).count();
    pieces.event(r#"{"event":"stopped","at":1795000000000}"#);
    let rebuilt = pieces.open();
    fs::write(&path, &rebuilt).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_BROKEN", "not a frame is authentic");
    // What comes before the cut is left as it was.
    let ends = frame_ends(&whole);
    let kept = ends[untouched];
    fs::write(&path, [&whole[..kept], &rebuilt[kept..]].concat()).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_MISSING", "what is behind the cut is not authentic, and was on disk");
    // Up to the last decision all was synced when the store took a movement in.
    let last = before.frames.iter().rposition(|(kind, _)| *kind != 2).unwrap();
    for end in ends.into_iter().take(last + 1).skip(1) {
        // What is left is authentic, and ends as a kill leaves it.
        fs::write(&path, [&whole[..end], &vec![0; end.next_multiple_of(4_096) - end][..]].concat()).unwrap();
        assert_eq!(scene.refused(), "EVIDENCE_MISSING", "cut at {end}");
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(scene.refused(), "", "a kill alone is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn f5_an_older_copy_of_the_folder_stops_the_start() {
    let scene = Scene::ended().await;
    let older = scene.copy("older");
    let gateway = scene.start();
    scene.decide(&gateway, 3).await;
    assert!(gateway.stop().success());
    let newer = scene.copy("newer");
    scene.put_back(&older);
    assert_eq!(scene.refused(), "EVIDENCE_MISSING");
    scene.put_back(&newer);
    assert_eq!(scene.refused(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn f6_a_folder_that_is_gone_stops_the_start() {
    for scene in [Scene::ended().await, Scene::killed().await] {
        let whole = scene.copy("whole");
        fs::remove_dir_all(scene.folder()).unwrap();
        assert_eq!(scene.refused(), "EVIDENCE_MISSING");
        fs::create_dir_all(scene.folder()).unwrap();
        assert_eq!(scene.refused(), "EVIDENCE_MISSING");
        scene.put_back(&whole);
        assert_eq!(scene.refused(), "");
    }
}

/// A text that a caller chooses stands in the last frame before a kill, at whatever place: it ends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_says_stopped_hides_no_gap() {
    let scene = Scene::fresh();
    let stopped = r#"{"event":"stopped","at":1}"#;
    for reference in [stopped.to_owned(), format!("{stopped}{}", "x".repeat(30)), format!("{}{stopped}", "x".repeat(60))] {
        let gateway = scene.start();
        let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "recipient": REFUSED, "reference": reference });
        let client = crate::support::web::client();
        let request = client.post(format!("{}/v1/check", gateway.http)).header("izingate-caller", "sure").json(&asked);
        assert_eq!(send(request).await.status, 200);
        gateway.kill();
        let gateway = scene.start();
        let page = crate::support::web::get(&gateway.admin, "/metrics").await.text;
        let missing = page.lines().find_map(|line| line.strip_prefix("izingate_evidence_missing_at_most ")).unwrap();
        assert!(missing.parse::<u64>().unwrap() > 1_000_000, "{reference}: {missing}");
        let asked = json!({ "brandCode": BRAND, "type": "MESAJ", "recipients": [REFUSED], "reference": reference });
        post_json(&gateway.http, "/v1/check/batch", &asked).await;
        gateway.kill();
    }
    assert!(scene.start().stop().success());
    let verified = run(&["evidence", "verify", "--data", scene.data.to_str().unwrap()]);
    let text = String::from_utf8(verified.stdout).unwrap();
    assert_eq!(text.matches("the gateway was killed").count(), 6, "{text}");
}

/// An index has no say over what is found: one that is forged or removed hides nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_hides_no_decision() {
    let scene = Scene::ended().await;
    let before = found(&scene.data, REFUSED);
    assert_eq!(before.len(), 3);
    let others = found(&scene.data, STRANGER);
    for number in 1..4 {
        let path = segment(&scene.folder(), number, "idx");
        let whole = fs::read(&path).unwrap();
        // Every entry of the recipient is another's; the checksum, which has no key, is made to fit.
        let mut forged = whole.clone();
        let end = forged.len() - 8;
        let entries = forged[..end].len() - 3 * 5;
        forged[entries..end].iter_mut().for_each(|byte| *byte ^= 0x5A);
        let sum = xxhash_rust::xxh3::xxh3_64(&forged[..end]).to_be_bytes();
        forged[end..].copy_from_slice(&sum);
        fs::write(&path, &forged).unwrap();
        assert_eq!(found(&scene.data, REFUSED), before, "forged index of segment {number}");
        fs::remove_file(&path).unwrap();
        assert_eq!(found(&scene.data, REFUSED), before, "removed index of segment {number}");
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(found(&scene.data, STRANGER), others);
}

/// The record of seals says in which segments to look: one that is forged hides nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_tree_hides_no_decision() {
    let scene = Scene::ended().await;
    let path = scene.folder().join("tree");
    let mut tree = fs::read(&path).unwrap();
    let seal = "izingate evidence tree 1\n".len() + 173;
    // No decision in segment 2, says its seal.
    tree[seal + 21..seal + 29].fill(0);
    fs::write(&path, tree).unwrap();
    for (args, name) in [(vec!["find"], "find"), (vec!["dossier", "--out"], "dossier")] {
        let out = scene.dir.path().join("dossier.json");
        let mut command = izingate();
        command.arg("evidence").args(&args);
        if name == "dossier" {
            command.arg(&out);
        }
        command.args(["--recipient", REFUSED, "--data"]).arg(&scene.data);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains("EVIDENCE_BROKEN"), "{name}: {text}");
    }
}

/// The segment that was being written when a kill came holds what was synced, or is missing something: whatever byte of it is changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_open_segment_hides_no_decision() {
    let scene = Scene::killed().await;
    let path = segment(&scene.folder(), 4, "open");
    let whole = fs::read(&path).unwrap();
    let find = |what: &str| {
        let output = izingate().args(["evidence", "find", "--recipient", REFUSED, "--data"]).arg(&scene.data).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.stdout.is_empty() && text.contains("EVIDENCE_MISSING"), "{what}: {text}");
    };
    for at in [0, 9, frame_ends(&whole)[0] + 1, frame_ends(&whole)[1] + 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, damaged).unwrap();
        find(&format!("byte {at}"));
    }
    fs::write(&path, "").unwrap();
    find("emptied");
    fs::remove_file(&path).unwrap();
    find("removed");
    fs::write(&path, whole).unwrap();
    assert_eq!(found(&scene.data, REFUSED).len(), 4);
}
