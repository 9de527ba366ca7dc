//! A store that cannot be written or read: what is refused with which code, what is answered meanwhile, and that it passes
//! by itself when the cause is gone, with nothing lost that was acknowledged.

use super::support::ask::check_one;
use super::support::known::movement;
use super::support::web::{JSON, get, post};
use super::support::{BRAND, Gateway, add_brand, izingate, run};
use izingate::api::proto::{ApplyRequest, ApplyResponse, GetStateRequest, Movement};
use serde_json::json;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tonic_types::StatusExt;

const APPROVED: &str = "+905321234561";
/// Far beyond what a recovery takes.
const PATIENCE: Duration = Duration::from_secs(40);

/// A data directory whose store lies on a file system of its own, of so many MiB, seen by no other process.
struct SmallDisk {
    /// Holds the file system.
    holder: Child,
    dir: TempDir,
}

impl SmallDisk {
    /// None where this process may not mount anything; that is an error where CI says so.
    fn mount(mebibytes: u32) -> Option<Self> {
        let may = Command::new("unshare").args(["-m", "true"]).output();
        if !may.is_ok_and(|output| output.status.success()) {
            assert!(std::env::var_os("CI").is_none(), "this test mounts a file system (unshare -m)");
            let _ = writeln!(std::io::stderr(), "NOT RUN: this process may not mount a file system");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("data/store");
        fs::create_dir_all(&store).unwrap();
        let mount = format!("mount -t tmpfs -o size={mebibytes}m store \"$1\" && echo mounted && exec cat");
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", &mount, "sh"]).arg(&store).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().unwrap();
        let mut said = [0; 8];
        holder.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
        Some(Self { holder, dir })
    }

    fn start(&self) -> Gateway {
        let data = self.dir.path().join("data");
        let mut command = Command::new("nsenter");
        command.args(["-m", "-t", &self.holder.id().to_string(), "--"]).arg(izingate().get_program());
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json", "--data"]).arg(&data);
        command.env("IZINGATE_STORE_WRITE_BUFFER_BYTES", "1048576");
        Gateway::spawn(command, &data)
    }

    /// Takes all the room that is left.
    fn fill(&self) -> PathBuf {
        let store = self.dir.path().join("data/store");
        let path = PathBuf::from(format!("/proc/{}/root{}", self.holder.id(), store.join("filler").display()));
        let mut file = File::create(&path).unwrap();
        let mut block = vec![7; 64 << 10];
        while !block.is_empty() {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn put_brand(gateway: &Gateway) {
    let output =
        run(&["brand", "add", "--endpoint", &gateway.http, "--brand", "601234", "--iys-code", "600000", "--title", "Örnek"]);
    assert!(output.status.success(), "{output:?}");
}

fn approvals(from: u32, count: u32) -> Vec<Movement> {
    (from..from + count).map(|number| movement(&format!("+90530{number:07}"), "ONAY", "2026-11-02 10:00:00")).collect()
}

/// Applies movements; the code of the refusal.
async fn apply(gateway: &Gateway, movements: Vec<Movement>) -> Result<ApplyResponse, (tonic::Code, String)> {
    let request = ApplyRequest { brand_code: BRAND, movements, ..ApplyRequest::default() };
    let answer = gateway.consent().await.apply(request).await;
    answer.map(tonic::Response::into_inner).map_err(|status| (status.code(), status.get_details_error_info().unwrap().reason))
}

async fn ready(gateway: &Gateway) -> (u16, String) {
    let reply = get(&gateway.admin, "/readyz").await;
    (reply.status, reply.text)
}

async fn becomes_ready(gateway: &Gateway) {
    let begun = Instant::now();
    while ready(gateway).await.0 != 200 {
        assert!(begun.elapsed() < PATIENCE, "{}", fs::read_to_string(&gateway.log).unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn allowed(gateway: &Gateway, recipient: &str) -> bool {
    check_one(&mut gateway.permission().await, recipient, "MESAJ", 0).await.allowed
}

/// Hands in movements, a thousand at a time, until they are refused: from which on, and why. Some fit into what RocksDB
/// laid aside for its log.
async fn until_refused(gateway: &Gateway, round: u32, acknowledged: &mut Vec<u32>) -> (u32, (tonic::Code, String)) {
    for from in (round * 1_000_000..).step_by(1_000).take(200) {
        match apply(gateway, approvals(from, 1_000)).await {
            Ok(_) => acknowledged.push(from),
            Err(error) => return (from, error),
        }
    }
    panic!("the disk is full");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_passes_by_itself_and_loses_nothing_that_was_acknowledged() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let mut gateway = disk.start();
    put_brand(&gateway);
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00")]).await.unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..4_u32 {
        let filler = disk.fill();
        let (from, error) = until_refused(&gateway, round, &mut acknowledged).await;
        assert_eq!(error, (tonic::Code::Unavailable, "DISK_FULL".to_owned()), "round {round}");
        assert_eq!(ready(&gateway).await, (503, "disk full\n".to_owned()));
        let body = json!({ "list": [{ "recipient": APPROVED, "type": "MESAJ", "status": "RET", "brandCode": BRAND }] });
        let told = reqwest::Client::new().post(format!("{}/v1/movements", gateway.http)).header("content-type", JSON);
        let told = told.body(body.to_string()).send().await.unwrap();
        assert_eq!((told.status().as_u16(), &told.headers()["retry-after"]), (503, &"1".parse().unwrap()));
        assert!(allowed(&gateway, APPROVED).await, "checks are answered");
        if round == 2 {
            // A kill while it is full: a start needs room, too.
            gateway.kill();
            fs::remove_file(filler).unwrap();
            gateway = disk.start();
        } else {
            fs::remove_file(filler).unwrap();
            becomes_ready(&gateway).await;
            let log = fs::read_to_string(&gateway.log).unwrap();
            assert!(log.contains("the store was opened again"), "{log}");
        }
        // What was refused is tried again, as it was told to be.
        apply(&gateway, approvals(from, 1_000)).await.unwrap();
        acknowledged.push(from);
    }
    // A refusal is in force at once again.
    let ret = apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await.unwrap();
    assert!(ret.applied == 1 && !allowed(&gateway, APPROVED).await);
    // What is acknowledged is visible, and what is visible is on the disk: after a kill it is the same.
    for killed in [false, true] {
        if killed {
            gateway.kill();
            gateway = disk.start();
        }
        let state = gateway.consent().await.get_state(GetStateRequest::default()).await.unwrap().into_inner();
        assert_eq!(state.revision, ret.revision, "killed: {killed}");
        for from in &acknowledged {
            assert!(allowed(&gateway, &format!("+90530{:07}", from + 999)).await, "{from}, killed: {killed}");
        }
        assert!(!allowed(&gateway, APPROVED).await, "killed: {killed}");
    }
}

/// Sets the limit of open files of a running process.
fn limit_files(gateway: &Gateway, files: &str) {
    let set = Command::new("prlimit").args(["--pid", &gateway.id().to_string(), &format!("--nofile={files}:")]).status().unwrap();
    assert!(set.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_want_of_descriptors_passes_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let mut command = super::support::serve(&data);
    command.env("IZINGATE_STORE_WRITE_BUFFER_BYTES", "1048576").env("IZINGATE_LIMITS_CONNECTIONS", "64");
    let gateway = Gateway::spawn(command, &data);
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00")]).await.unwrap();
    // Connections that are open already need no further descriptor.
    let (mut consent, mut permission) = (gateway.consent().await, gateway.permission().await);
    let request = |from| ApplyRequest { brand_code: BRAND, movements: approvals(from, 10_000), ..ApplyRequest::default() };
    limit_files(&gateway, "3");
    let mut refused = None;
    for call in 0..40 {
        if let Err(status) = consent.apply(request(call * 10_000)).await {
            refused = Some(status);
            break;
        }
    }
    let status = refused.expect("no file can be opened");
    let code = status.get_details_error_info().unwrap().reason;
    assert_eq!((status.code(), code.as_str()), (tonic::Code::Unavailable, "NO_DESCRIPTORS"));
    assert!(check_one(&mut permission, APPROVED, "MESAJ", 0).await.allowed, "checks are answered");
    limit_files(&gateway, "20000");
    becomes_ready(&gateway).await;
    consent.apply(request(5_000_000)).await.unwrap();
    let ret = apply(&gateway, vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")]).await.unwrap();
    assert!(ret.applied == 1 && !allowed(&gateway, APPROVED).await);
    assert!(gateway.stop().success());
}

/// Turns a byte of the first block of every sorted file around, which holds the first entries.
fn damage(store: &Path) {
    for entry in fs::read_dir(store).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "sst") {
            let mut file = File::options().read(true).write(true).open(&path).unwrap();
            let mut byte = [0];
            file.seek(SeekFrom::Start(9)).unwrap();
            file.read_exact(&mut byte).unwrap();
            file.seek(SeekFrom::Start(9)).unwrap();
            file.write_all(&[!byte[0]]).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_reading_refuses_one_call_and_poisons_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let gateway = Gateway::start(&data);
    apply(&gateway, vec![movement(APPROVED, "ONAY", "2026-11-02 10:00:00")]).await.unwrap();
    // What is in memory is written to sorted files at the end.
    assert!(gateway.stop().success());
    let gateway = Gateway::start(&data);
    let ret = || vec![movement(APPROVED, "RET", "2026-11-05 10:00:00")];
    damage(&data.join("store"));
    for _ in 0..2 {
        assert_eq!(apply(&gateway, ret()).await, Err((tonic::Code::Internal, "STORE_FAILED".to_owned())));
        assert_eq!(ready(&gateway).await.0, 200);
    }
    let body = json!({ "list": [{ "recipient": APPROVED, "type": "MESAJ", "status": "RET", "brandCode": BRAND }] });
    let told = post(&gateway.http, "/v1/movements", JSON, body.to_string()).await;
    assert_eq!(told.problem(), (500, "STORE_FAILED".to_owned()));
    // Of whom nothing is stored, nothing damaged is read.
    assert_eq!(apply(&gateway, approvals(0, 10)).await.unwrap().applied, 10);
    assert!(allowed(&gateway, APPROVED).await, "and the answer is what it was");
    damage(&data.join("store"));
    assert_eq!(apply(&gateway, ret()).await.unwrap().applied, 1, "once it can be read");
    assert!(!allowed(&gateway, APPROVED).await);
}
