//! A backup is what was known at its revision, whole or not at all, and without the secret.

use crate::process::failure;
use crate::support::ask::{check_one, verdict};
use crate::support::data::{Dump, dump, fresh, inspect};
use crate::support::known::{APPROVED, Known, apply, movement};
use crate::support::rng::Rng;
use crate::support::search::Needles;
use crate::support::web::get;
use crate::support::{BRAND, Gateway, izingate, run, serve};
use izingate::api::proto::{ApplyRequest, BackupRequest, BackupResponse, Movement};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::JoinSet;
use tonic_types::StatusExt;

const SECRET: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
const OTHER_SECRET: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

fn backup(data: &Path, to: &Path) -> Command {
    let mut command = izingate();
    command.arg("backup").arg(to).arg("--data").arg(data);
    command
}

fn restore(from: &Path, data: &Path) -> Command {
    let mut command = izingate();
    command.arg("restore").arg("--from").arg(from).arg("--data").arg(data);
    command
}

/// Runs a command that succeeds; what it printed.
fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn code(code: &str) -> (i32, String) {
    (1, code.to_owned())
}

/// Movements that were taken in, with the revision that made them visible.
type Taken = Vec<(u64, Vec<Movement>)>;

/// A refusal that came after the backup is not in it: whoever restores hears nothing of it, so nothing is allowed on what the backup
/// knows until somebody ends the gaps, or vouches that nothing came.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_after_a_backup_is_missed() {
    let Known { gateway, dir } = Known::start().await;
    let data = dir.path().join("data");
    let made = izingate().arg("backup").arg("first").args(["--endpoint", &gateway.http]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await;
    assert!(gateway.stop().success());
    for (name, nothing_since, answer) in [("default", false, ("DEFER", "STALE")), ("vouched", true, ("ALLOW", "APPROVED"))] {
        let to = dir.path().join(name);
        let mut command = restore(&data.join("backups/first"), &to);
        if nothing_since {
            command.arg("--nothing-since");
        }
        let said = done(&mut command);
        assert_eq!(said.contains("brands answer STALE: what came after "), !nothing_since, "{said}");
        fs::copy(data.join("secret.key"), to.join("secret.key")).unwrap();
        let gateway = Gateway::start(&to);
        let (decision, reason) = verdict(&check_one(&mut gateway.permission().await, APPROVED, "MESAJ", 0).await);
        assert_eq!((decision.as_str(), reason.as_str()), answer, "{name}");
        if !nothing_since {
            let heal = ["brand", "heal", "--brand", &BRAND.to_string(), "--vouch"];
            done(izingate().args(heal).args(["--endpoint", &gateway.http]));
            assert_eq!(verdict(&check_one(&mut gateway.permission().await, APPROVED, "MESAJ", 0).await).0, "ALLOW");
        }
    }
}

/// While movements pour in from several sides, backups are made; each is restored and held against a
/// directory that was told exactly the movements up to its revision.
#[test]
fn a_backup_is_what_was_known_at_its_revision() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let gateway = Gateway::start(&data);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (taken, made) = runtime.block_on(pour_and_back_up(&gateway));
    let last = taken.iter().map(|(revision, _)| *revision).max().unwrap();
    assert!(made.iter().any(|made| made.revision < last), "they were made while it went on");
    for (place, made) in made.iter().enumerate() {
        let from = data.join("backups").join(format!("number-{place}"));
        assert_eq!(Path::new(&made.path), from);
        let restored = dir.path().join(format!("restored-{place}"));
        let said = done(&mut restore(&from, &restored));
        assert!(said.contains(&format!("revision  {}\n", made.revision)) && said.contains("secret"), "{said}");
        let mut held: Vec<_> = fs::read_dir(&restored).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        held.sort();
        assert_eq!(held, ["LOCK", "store"], "no secret, no snapshot, nothing of an import");
        let truth = told(&dir.path().join(format!("told-{place}")), &taken, made.revision);
        dump(&restored).assert_same_state(&truth, &format!("backup {place}"));
        assert_eq!(inspect(&restored)["revision"], made.revision);
    }
    // It is a data directory like any other, once the secret is there.
    let restored = dir.path().join("restored-0");
    assert_eq!(failure(&mut serve(&restored)), code("SECRET_MISSING"));
    fs::copy(data.join("secret.key"), restored.join("secret.key")).unwrap();
    let gateway = Gateway::start(&restored);
    let state = runtime.block_on(get(&gateway.admin, "/v1/state")).json();
    assert_eq!((&state["ready"], state["revision"].as_u64()), (&Value::Bool(true), Some(made[0].revision)));
}

async fn pour_and_back_up(gateway: &Gateway) -> (Taken, Vec<BackupResponse>) {
    let ended = Arc::new(AtomicBool::new(false));
    let mut pouring = JoinSet::new();
    for seed in 0..3 {
        pouring.spawn(pour(gateway.consent().await, Rng::new(seed), Arc::clone(&ended)));
    }
    let mut made = Vec::new();
    for place in 0..3 {
        let request = BackupRequest { name: format!("number-{place}") };
        made.push(gateway.admin().await.backup(request).await.unwrap().into_inner());
    }
    ended.store(true, Ordering::Release);
    (pouring.join_all().await.into_iter().flatten().collect(), made)
}

/// Movements of few recipients at random moments, until it is to end.
async fn pour(
    mut client: izingate::api::proto::consent_service_client::ConsentServiceClient<tonic::transport::Channel>,
    mut rng: Rng,
    ended: Arc<AtomicBool>,
) -> Taken {
    let mut taken = Taken::new();
    while !ended.load(Ordering::Acquire) || taken.len() < 20 {
        let movements: Vec<Movement> = (0..100).map(|_| any_movement(&mut rng)).collect();
        let request =
            ApplyRequest { brand_code: BRAND, movements: movements.clone(), export_as_of: 0, ..ApplyRequest::default() };
        let applied = client.apply(request).await.unwrap().into_inner();
        assert_eq!(applied.refused, []);
        taken.push((applied.revision, movements));
    }
    taken
}

fn any_movement(rng: &mut Rng) -> Movement {
    let status = ["ONAY", "RET"][rng.below(2) as usize];
    let created = format!("2025-11-{:02} 10:{:02}:{:02}", 1 + rng.below(28), rng.below(60), rng.below(60));
    movement(&format!("+90532{:07}", rng.below(5_000)), status, &created)
}

/// The state of a directory with the same secret that was told what was taken in up to a revision.
fn told(data: &Path, taken: &Taken, revision: u64) -> Dump {
    let data = fresh(data.to_owned());
    let gateway = Gateway::start(&data);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        for (_, movements) in taken.iter().filter(|(taken, _)| *taken <= revision) {
            apply(&gateway, movements.clone()).await;
        }
    });
    assert!(gateway.stop().success());
    dump(&data)
}

const RELATIONS: u64 = 10_000;

/// A data directory with something in it, and its backup.
fn backed_up() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let gateway = Gateway::start(&data);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let movements = (0..RELATIONS).map(|number| movement(&format!("+90532{number:07}"), "ONAY", "2025-11-02 10:00:00"));
    runtime.block_on(apply(&gateway, movements.collect()));
    assert!(gateway.stop().success());
    let to = dir.path().join("backup");
    let said = done(&mut backup(&data, &to));
    assert!(said.starts_with(&format!("{}\nrevision  1\n", to.display())) && said.contains("The secret is not in it"), "{said}");
    (dir, to)
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

#[test]
fn the_secret_is_not_in_it() {
    let (dir, backup) = backed_up();
    let needles = Needles::new([SECRET.into(), vec![0x5e; 32]]);
    assert!(needles.found_under(&dir.path().join("data")).0.len() == 1, "it is found where it is");
    let (found, size) = needles.found_under(&backup);
    assert!(found.is_empty() && size > 1_000, "{found:?}");
    assert!(!files_under(&backup).iter().any(|path| path.ends_with("secret.key")));
}

/// Whatever byte is flipped, whatever file is short, longer or missing: it is refused, named, and nothing
/// is made of it.
#[test]
fn a_damaged_backup_is_refused_and_the_file_named() {
    let (dir, backup) = backed_up();
    let (mut rng, restored) = (Rng::new(3), dir.path().join("restored"));
    let files = files_under(&backup);
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let whole = fs::read(&file).unwrap();
        let mut damages: Vec<Option<Vec<u8>>> = vec![None, Some([&whole[..], b"x"].concat())];
        if !whole.is_empty() {
            damages.extend((0..3).map(|_| Some(flipped(&whole, rng.below(whole.len() as u64) as usize))));
            damages.extend([0, whole.len() / 2, whole.len() - 1].map(|length| Some(whole[..length].to_vec())));
        }
        for damage in damages {
            // The checkpoint's files are links: what is changed must be a file of its own.
            fs::remove_file(&file).unwrap();
            if let Some(bytes) = &damage {
                fs::write(&file, bytes).unwrap();
            }
            let output = restore(&backup, &restored).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            let name = file.file_name().unwrap().to_str().unwrap().trim_end_matches(".b3");
            assert!(said.starts_with("izingate: BACKUP_DAMAGED: ") && said.contains(name), "{}: {said}", file.display());
            assert_eq!((output.status.code(), restored.exists()), (Some(1), false));
            let _ = fs::remove_file(&file);
            fs::write(&file, &whole).unwrap();
        }
    }
    done(&mut restore(&backup, &restored));
}

fn flipped(whole: &[u8], place: usize) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    bytes[place] ^= 1;
    bytes
}

#[test]
fn a_manifest_that_is_whole_and_wrong_is_refused() {
    let (dir, backup) = backed_up();
    let restored = dir.path().join("restored");
    let text = fs::read_to_string(backup.join("manifest.json")).unwrap();
    for (from, to, expected) in [
        ("\"format\": 1", "\"format\": 2", "BACKUP_FORMAT_NEWER"),
        ("\"revision\": 1", "\"revision\": 2", "BACKUP_DAMAGED"),
        ("\"store/CURRENT\"", "\"../data/secret.key\"", "BACKUP_DAMAGED"),
        ("\"revision\": 1", "\"revision\": -1", "BACKUP_DAMAGED"),
    ] {
        assert!(text.contains(from), "{text}");
        seal(&backup, &text.replace(from, to));
        assert_eq!(failure(&mut restore(&backup, &restored)), code(expected), "{to}");
        assert!(!restored.join("store").exists(), "{to}");
    }
    assert_eq!(failure(&mut restore(&dir.path().join("data"), &restored)), code("BACKUP_DAMAGED"), "no backup at all");
    seal(&backup, &text);
    done(&mut restore(&backup, &restored));
}

/// Writes a manifest with its right checksum.
fn seal(backup: &Path, text: &str) {
    fs::write(backup.join("manifest.json"), text).unwrap();
    let checksum = format!("{}  manifest.json\n", blake3::hash(text.as_bytes()).to_hex());
    fs::write(backup.join("manifest.json.b3"), checksum).unwrap();
}

#[test]
fn the_right_secret_is_told_from_another() {
    let (dir, backup) = backed_up();
    let restored = dir.path().join("restored");
    assert_eq!(failure(restore(&backup, &restored).env("IZINGATE_SECRET", OTHER_SECRET)), code("WRONG_SECRET"));
    assert!(!restored.exists());
    let said = done(restore(&backup, &restored).arg("--secret-file").arg(dir.path().join("data/secret.key")));
    assert!(said.contains("the right one") && !restored.join("secret.key").exists(), "{said}");
}

#[test]
fn only_into_an_empty_directory() {
    let (dir, backup) = backed_up();
    let restored = dir.path().join("restored");
    fs::create_dir(&restored).unwrap();
    fs::write(restored.join("mine"), "mine").unwrap();
    for data in [&restored, &dir.path().join("data")] {
        assert_eq!(failure(&mut restore(&backup, data)), code("DATA_NOT_EMPTY"));
    }
    let left: Vec<_> = fs::read_dir(&restored).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["mine"]);
    fs::remove_file(restored.join("mine")).unwrap();
    done(&mut restore(&backup, &restored));
    assert_eq!(failure(&mut restore(&backup, &restored)), code("DATA_NOT_EMPTY"));
}

/// As a restore that is killed leaves it: neither an old directory nor a fresh one, until it is run again.
#[test]
fn a_restore_that_was_cut_short_is_no_data_directory() {
    let (dir, backup) = backed_up();
    let restored = dir.path().join("restored");
    fs::create_dir_all(restored.join("restoring/store")).unwrap();
    fs::write(restored.join("LOCK"), "").unwrap();
    fs::copy(backup.join("store/CURRENT"), restored.join("restoring/store/CURRENT")).unwrap();
    assert_eq!(failure(&mut serve(&restored)), code("RESTORE_UNFINISHED"));
    assert_eq!(failure(&mut izingate_with(&["inspect", "--data"], &restored)), code("DATA_MISSING"));
    done(&mut restore(&backup, &restored));
    assert!(!restored.join("restoring").exists());
    assert_eq!(inspect(&restored)["relations"], inspect(&dir.path().join("data"))["relations"]);
}

fn izingate_with(args: &[&str], data: &Path) -> Command {
    let mut command = izingate();
    command.args(args).arg(data);
    command
}

#[test]
fn killed_restores_leave_nothing_that_serves() {
    let (dir, backup) = backed_up();
    let restored = dir.path().join("restored");
    let (mut rng, mut cut) = (Rng::new(5), 0);
    for round in 0..20 {
        let mut child = restore(&backup, &restored).stdout(std::process::Stdio::null()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && !restored.exists() {
            std::thread::yield_now();
        }
        (0..rng.below(200_000)).for_each(|_| std::hint::spin_loop());
        child.kill().unwrap();
        child.wait().unwrap();
        if restored.join("store").exists() {
            assert_eq!(inspect(&restored)["relations"], RELATIONS, "round {round}");
        } else if restored.join("restoring").exists() {
            cut += 1;
            assert_eq!(failure(&mut serve(&restored)), code("RESTORE_UNFINISHED"), "round {round}");
        }
        fs::remove_dir_all(&restored).unwrap();
    }
    assert!(cut > 0, "no kill came while it was copied");
}

/// The gateway writes where its configuration says and nowhere else, whatever a caller asks for.
#[tokio::test]
async fn a_caller_does_not_choose_where() {
    let known = Known::start().await;
    let root = known.data().join("backups");
    let asked = |name: &str| {
        let (admin, name) = (known.gateway.admin(), name.to_owned());
        async move {
            let refused = admin.await.backup(BackupRequest { name }).await.map_err(|status| status.get_error_details());
            refused.map(tonic::Response::into_inner).map_err(|details| details.error_info().unwrap().reason.clone())
        }
    };
    let outside = dir_path(&known.dir.path().join("elsewhere"));
    for name in ["", ".", "..", "../x", "/tmp/x", "a/b", ".x", "a b", &outside, &dir_path(&root)] {
        assert_eq!(asked(name).await, Err("BACKUP_OUTSIDE_ROOT".to_owned()), "{name}");
    }
    assert!(!root.exists() && !Path::new(&outside).exists());
    let made = asked("monday").await.unwrap();
    assert_eq!((Path::new(&made.path), made.revision), (&*root.join("monday"), 1));
    assert_eq!(asked("monday").await, Err("BACKUP_EXISTS".to_owned()));
    let in_full = asked(&dir_path(&root.join("tuesday"))).await.unwrap();
    assert_eq!(in_full.revision, 1);
    let url = known.gateway.http.clone();
    let (said, refused) = tokio::task::spawn_blocking(move || {
        let ask = |name: &str| run(&["backup", name, "--endpoint", &url]);
        (ask("wednesday"), ask("/tmp/x"))
    })
    .await
    .unwrap();
    assert!(said.status.success() && String::from_utf8(said.stdout).unwrap().contains("The secret is not in it"));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("BACKUP_OUTSIDE_ROOT"));
    assert_eq!(failure(&mut backup(&known.data(), &known.dir.path().join("b"))), code("DATA_IN_USE"));
    let mut names: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["monday", "tuesday", "wednesday"], "and nothing unfinished beside them");
}

fn dir_path(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn what_a_backup_that_was_cut_short_left_is_removed_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let to = dir.path().join("backups");
    fs::create_dir(&to).unwrap();
    done(&mut backup(&data, &to.join("first")));
    let manifest: Value = serde_json::from_str(&fs::read_to_string(to.join("first/manifest.json")).unwrap()).unwrap();
    let own = to.join(format!(".second.{:08x}.partial", manifest["node"].as_u64().unwrap()));
    let of_another = to.join(".second.00000001.partial");
    for left in [&own, &of_another] {
        fs::create_dir_all(left.join("store")).unwrap();
    }
    done(&mut backup(&data, &to.join("third")));
    assert_eq!((own.exists(), of_another.exists()), (false, true));
    assert_eq!(failure(&mut backup(&data, &to.join("third"))), code("BACKUP_EXISTS"));
    assert_eq!(failure(&mut backup(&data, &dir.path().join("nowhere/b"))), code("BACKUP_FAILED"));
    assert_eq!(failure(&mut backup(&dir.path().join("nowhere"), &to.join("x"))), code("DATA_MISSING"));
}
