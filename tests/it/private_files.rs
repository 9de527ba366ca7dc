//! Files and folders of a data directory: their owner's alone, never behind a link; and damage of RocksDB's logs, of which
//! its own reader does not come to an end.

use super::process::failure;
use super::support::known::{APPROVED, movement};
use super::support::web::get;
use super::support::{BRAND, Gateway, add_brand, izingate, run, serve};
use izingate::api::proto::ApplyRequest;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Far beyond what any of these takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A command under the umask of most shells, which keeps nothing from others.
fn loose(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 022 && exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    shell
}

fn done(args: &[&str]) -> Output {
    let mut command = izingate();
    command.args(args);
    let output = loose(&command).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    output
}

/// Everything below a folder, and itself.
fn everything(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    if folder.is_dir() {
        for entry in fs::read_dir(folder).unwrap() {
            all.extend(everything(&entry.unwrap().path()));
        }
    }
    all
}

/// What others could do anything with.
fn open_to_others(folder: &Path) -> Vec<String> {
    let mode = |path: &PathBuf| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
    let loose = everything(folder).into_iter().filter(|path| mode(path) & 0o077 != 0);
    loose.map(|path| format!("{:o} {}", mode(&path), path.display())).collect()
}

async fn apply(gateway: &Gateway, recipient: &str, status: &str) -> u32 {
    let movements = vec![movement(recipient, status, "2026-11-05 10:00:00")];
    let request = ApplyRequest { brand_code: BRAND, movements, ..ApplyRequest::default() };
    gateway.consent().await.apply(request).await.unwrap().into_inner().applied
}

#[tokio::test]
async fn whatever_is_made_is_its_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join("made").join(name);
    fs::create_dir(dir.path().join("made")).unwrap();
    let text = |name: &str| at(name).to_str().unwrap().to_owned();
    let (data, backup) = (text("data"), text("backup"));
    done(&["brand", "add", "--data", &data, "--brand", "601234", "--iys-code", "600000", "--title", "Örnek"]);
    let movements = at("movements.csv");
    fs::write(&movements, "recipient,type,status\n+905321234562,MESAJ,RET\nx,MESAJ,ONAY\n").unwrap();
    let mut import = izingate();
    import.args(["import", "--data", &data, "--brand", "601234"]).arg(&movements);
    assert_eq!(loose(&import).output().unwrap().status.code(), Some(2), "one row is refused");
    let gateway = Gateway::spawn(loose(&serve(&at("data"))), &at("data"));
    assert_eq!(apply(&gateway, APPROVED, "ONAY").await, 1);
    get(&gateway.http, "/v1/check?brandCode=601234&type=MESAJ&recipient=%2B905321234561").await;
    done(&["backup", "--endpoint", &gateway.http, "b"]);
    assert!(gateway.stop().success());
    done(&["backup", "--data", &data, &backup]);
    done(&["restore", "--data", &text("restored"), "--from", &backup]);
    let list = at("list.csv");
    fs::write(&list, "+905321234561\n").unwrap();
    let out = text("out.csv");
    done(&["filter", "--data", &data, "--brand", "601234", "--type", "MESAJ", "--out", &out, list.to_str().unwrap()]);
    done(&["evidence", "dossier", "--data", &data, "--recipient", APPROVED, "--out", &text("dossier.html")]);
    fs::remove_file(&list).unwrap();
    fs::remove_file(&movements).unwrap();
    fs::remove_file(at("data.log")).unwrap();
    for folder in fs::read_dir(dir.path().join("made")).unwrap() {
        assert_eq!(open_to_others(&folder.unwrap().path()), [""; 0]);
    }
    let made = ["data/store", "data/evidence", "data/snapshot", "data/backups/b", "data/LOCK", "data/secret.key", "data/starts"];
    for name in made {
        assert!(at(name).exists(), "{name}");
    }
}

#[tokio::test]
async fn what_an_older_version_left_open_to_others_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let gateway = Gateway::start(&data);
    assert_eq!(apply(&gateway, APPROVED, "ONAY").await, 1);
    assert!(gateway.stop().success());
    let loosen = || {
        for path in everything(&data).into_iter().skip(1) {
            let mode = if path.is_dir() { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    loosen();
    let gateway = Gateway::start(&data);
    assert_eq!(open_to_others(&data), [""; 0]);
    assert!(gateway.stop().success());
    loosen();
    done(&["brand", "deactivate", "--data", data.to_str().unwrap(), "--brand", "601234"]);
    assert_eq!(open_to_others(&data), [""; 0]);
}

/// Commands that write to a data directory, and some that only read it.
fn commands(data: &Path) -> Vec<Command> {
    let data = data.to_str().unwrap();
    let lines = [
        vec!["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", data],
        vec!["brand", "add", "--brand", "7", "--iys-code", "8", "--title", "x", "--data", data],
        vec!["brand", "list", "--data", data],
        vec!["inspect", "--data", data],
        vec!["verify", "--data", data],
        vec!["evidence", "verify", "--data", data],
        vec!["evidence", "find", "--recipient", "+905321234561", "--data", data],
        vec!["backup", "--data", data, "/nowhere/backup"],
    ];
    let command = |args: &Vec<&str>| {
        let mut command = izingate();
        command.args(args);
        command
    };
    lines.iter().map(command).collect()
}

/// Moves what has a name away and puts a link to it in its place.
fn put_link(data: &Path, name: &str) -> PathBuf {
    let target = data.with_file_name("elsewhere");
    fs::rename(data.join(name), &target).unwrap();
    symlink(&target, data.join(name)).unwrap();
    target
}

#[tokio::test]
async fn a_link_in_the_data_directory_is_named_and_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let gateway = Gateway::start(&data);
    assert_eq!(apply(&gateway, APPROVED, "ONAY").await, 1);
    assert!(gateway.stop().success());
    for name in ["store", "evidence", "snapshot", "secret.key", "starts", "LOCK"] {
        let target = put_link(&data, name);
        for command in commands(&data) {
            let (shown, named) = (format!("{command:?}"), data.join(name).display().to_string());
            let (_, said) = ended(command);
            assert!(said.contains("izingate: DATA_UNUSABLE: ") && said.contains(&named), "{name}: {shown}: {said}");
        }
        fs::remove_file(data.join(name)).unwrap();
        fs::rename(target, data.join(name)).unwrap();
    }
    // Deeper, and under names that are made and renamed.
    let victim = dir.path().join("victim");
    fs::write(&victim, "kept").unwrap();
    for name in
        ["evidence/checkpoint.new", "evidence/public.new", "starts.new", "snapshot/index.new", "store/000999.log", "import"]
    {
        symlink(&victim, data.join(name)).unwrap();
        let (exit, code) = failure(&mut serve(&data));
        assert_eq!((exit, code.as_str()), (1, "DATA_UNUSABLE"), "{name}");
        fs::remove_file(data.join(name)).unwrap();
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "kept");
    // The directory itself may be one.
    let link = dir.path().join("link");
    symlink(&data, &link).unwrap();
    assert!(Gateway::start(&link).stop().success());
}

#[test]
fn a_list_is_not_written_through_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let at = |name: &str| dir.path().join(name);
    fs::write(at("list.csv"), "+905321234561\n").unwrap();
    fs::write(at("victim"), "kept").unwrap();
    symlink(at("victim"), at("out.csv.partial")).unwrap();
    let (data, out, list) =
        (data.display().to_string(), at("out.csv").display().to_string(), at("list.csv").display().to_string());
    for more in [&["--force"][..], &[]] {
        let args = ["filter", "--data", &data, "--brand", "601234", "--type", "MESAJ", "--out", &out];
        let output = run(&[&args[..], more, &[&list]].concat());
        assert!(!output.status.success(), "{output:?}");
        assert_eq!(fs::read_to_string(at("victim")).unwrap(), "kept", "{more:?}");
    }
}

/// Runs a command that must end; its exit, code and text.
fn ended(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{command:?} does not end");
        }
        std::thread::yield_now();
    }
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

/// A pipe, a link to a device without an end and a length that nobody wrote, in the place of any file: commands that read end, with its name
/// or without need of it.
#[tokio::test]
async fn what_is_no_file_ends_no_command() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    let gateway = Gateway::start(&data);
    assert_eq!(apply(&gateway, APPROVED, "ONAY").await, 1);
    get(&gateway.http, "/v1/check?brandCode=601234&type=MESAJ&recipient=%2B905321234561").await;
    assert!(gateway.stop().success());
    let readers = || commands(&data).into_iter().filter(|command| !command.get_args().any(|arg| arg == "/nowhere/backup"));
    let files = everything(&data).into_iter().filter(|path| path.is_file());
    let files: Vec<PathBuf> = files.filter(|path| !path.ends_with("LOCK") && !path.ends_with("LOG")).collect();
    for path in files {
        let kept = dir.path().join("kept");
        fs::rename(&path, &kept).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        for command in readers() {
            let shown = format!("{command:?}");
            let (exit, said) = ended(command);
            assert!(exit.is_some_and(|exit| exit < 4), "{}: {shown}: {said}", path.display());
        }
        fs::remove_file(&path).unwrap();
        if path.starts_with(data.join("evidence")) {
            symlink("/dev/zero", &path).unwrap();
            for command in readers() {
                let (exit, said) = ended(command);
                assert!(exit.is_some_and(|exit| exit < 4), "{}: {said}", path.display());
            }
            fs::remove_file(&path).unwrap();
        }
        fs::rename(&kept, &path).unwrap();
    }
    for name in ["store/CURRENT", "store/IDENTITY", "evidence/tree", "evidence/checkpoint", "evidence/000000000001.seg"] {
        let whole = fs::read(data.join(name)).unwrap();
        File::options().write(true).open(data.join(name)).unwrap().set_len(6 << 30).unwrap();
        for command in readers() {
            let (exit, said) = ended(command);
            assert!(exit.is_some_and(|exit| exit < 4), "{name}: {said}");
        }
        fs::write(data.join(name), whole).unwrap();
    }
    assert!(Gateway::start(&data).stop().success(), "put back, it is sound");
}

/// The list of files that is in use, and a write-ahead log.
fn logs(store: &Path) -> [PathBuf; 2] {
    let manifest = store.join(fs::read_to_string(store.join("CURRENT")).unwrap().trim_end());
    let log = everything(store).into_iter().find(|path| path.extension().is_some_and(|kind| kind == "log")).unwrap();
    [manifest, log]
}

#[test]
fn damage_of_a_log_ends_with_the_name_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    for path in logs(&data.join("store")) {
        let sound = fs::read(&path).unwrap();
        // A header of a record that ours never have, as garbage has it once in 40 times: RocksDB waits for it for ever.
        for kind in [5, 6, 7, 8, 11, 131] {
            let garbage = [&[1, 2, 3, 4, 9, 0, kind][..], &[7; 30]].concat();
            File::options().append(true).open(&path).unwrap().write_all(&garbage).unwrap();
            for command in commands(&data).into_iter().filter(|command| !command.get_args().any(|arg| arg == "evidence")) {
                let shown = format!("{command:?} {kind} {}", path.display());
                let (exit, said) = ended(command);
                assert!(
                    said.contains("izingate: STORE_DAMAGED: ") && said.contains(&path.display().to_string()),
                    "{shown}: {said}"
                );
                assert_eq!(exit, Some(1), "{shown}");
            }
            fs::write(&path, &sound).unwrap();
        }
    }
    assert!(run(&["brand", "list", "--data", data.to_str().unwrap()]).status.success(), "put back, it is sound");
}

#[test]
fn a_signal_ends_a_gateway_that_still_opens_its_data() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    // So long that it takes minutes to read, and takes no room.
    File::create(data.join("store/000999.log")).unwrap().set_len(1 << 40).unwrap();
    let mut child = serve(&data).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // It has come to the store once it holds the directory.
    while child.try_wait().unwrap().is_none() && !is_held(&data.join("LOCK")) {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begun.elapsed() > PATIENCE => {
                child.kill().unwrap();
                panic!("it is deaf to the signal");
            }
            None => std::thread::yield_now(),
        }
    };
    assert_eq!(status.code(), Some(0));
}

fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_err())
}

/// The file, whose it is and what is missing: without that nobody knows what to change.
#[test]
fn what_may_not_be_used_is_named_with_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    add_brand(&data);
    // Somebody else: root is refused nothing.
    let program = dir.path().join("izingate");
    fs::copy(env!("CARGO_BIN_EXE_izingate"), &program).unwrap();
    for (path, mode) in [(dir.path(), 0o755), (&program, 0o755), (&data, 0o755)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let own = rustix::process::geteuid().as_raw();
    let other = if own == 0 { 65_534 } else { own };
    let said = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.args(args).arg("--data").arg(&data).env_clear();
        if own == 0 {
            command.uid(other).gid(other);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let serve = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "off"];
    let expected = |path: &Path, mode: &str, missing: &str| {
        (
            format!("{} belongs to uid {own}", path.display()),
            format!(", mode {mode}, and this process runs as uid {other}"),
            missing.to_owned(),
        )
    };
    let assert_told = |said: &str, (whose, who, missing): (String, String, String)| {
        assert!(said.contains(&whose) && said.contains(&who) && said.ends_with(&format!("which may not {missing}\n")), "{said}");
        assert!(said.contains("izingate: DATA_UNUSABLE: "), "{said}");
    };
    let lock = data.join("LOCK");
    if own != 0 {
        fs::set_permissions(&lock, fs::Permissions::from_mode(0o0)).unwrap();
        assert_told(&said(&serve), expected(&lock, "0000", "read it"));
        return;
    }
    let store = data.join("store");
    assert_told(&said(&serve), expected(&store, "0700", "enter it"));
    assert_told(&said(&["inspect"]), expected(&store, "0700", "enter it"));
    fs::set_permissions(&store, fs::Permissions::from_mode(0o755)).unwrap();
    assert_told(&said(&serve), expected(&lock, "0600", "read it"));
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    assert_told(&said(&serve), expected(&data, "0700", "enter it"));
}

/// What root makes in the folder of the service's user that user cannot read, and the service would not start again.
#[test]
fn root_works_on_nobody_elses_data() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not root: not run");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    crate::support::add_brand(&data);
    let shown = data.to_str().unwrap();
    std::os::unix::fs::chown(&data, Some(54_321), None).unwrap();
    for command in [&["verify"][..], &["backup", "to"], &["clock", "accept"], &["brand", "heal", "--brand", "601234"]] {
        let output = izingate().args(command).args(["--data", shown]).current_dir(dir.path()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("DATA_OWNER: ") && said.contains("sudo -u '#54321' izingate"), "{command:?}: {said}");
    }
    assert!(!dir.path().join("to").exists());
    std::os::unix::fs::chown(&data, Some(0), None).unwrap();
    assert!(izingate().args(["verify", "--data", shown]).output().unwrap().status.success());
}
