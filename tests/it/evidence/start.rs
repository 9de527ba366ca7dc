//! A start that fails leaves no gap in the record: the log is opened last, and closed on every way out.

use super::forgery::refused;
use super::verified;
use crate::support::known::{APPROVED, Known};
use crate::support::web::get;
use crate::support::{Gateway, serve};
use std::fs;
use std::path::Path;

fn no_gap(data: &Path, what: &str) {
    let gateway = Gateway::start(data);
    let log = fs::read_to_string(&gateway.log).unwrap();
    assert!(!log.contains("was not closed"), "{what}: {log}");
    assert!(gateway.stop().success());
    let (text, code) = verified(data);
    assert!(code == Some(0) && !text.contains("gap"), "{what}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_makes_no_gap() {
    let Known { gateway, dir } = Known::start().await;
    assert!(gateway.stop().success());
    let data = dir.path().join("data");
    let empty = dir.path().join("password");
    fs::write(&empty, "").unwrap();
    let iys = |file: &Path| {
        let mut command = serve(&data);
        command.envs([
            ("IZINGATE_IYS_USERNAME", "user"),
            ("IZINGATE_IYS_IYS_CODE", "600000"),
            ("IZINGATE_IYS_PASSWORD_FILE", file.to_str().unwrap()),
        ]);
        command
    };
    let (code, text) = refused(iys(&empty)).unwrap();
    assert_eq!(code, "IYS_PASSWORD_MISSING", "{text}");
    no_gap(&data, "an empty password file");
    let (code, text) = refused(iys(dir.path())).unwrap();
    assert_eq!(code, "IYS_FILE_UNREADABLE", "{text}");
    no_gap(&data, "a folder for a password");
}

/// A boot that fails behind the evidence's opening: there is no memory for what is stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_boot_that_fails_makes_no_gap() {
    let Known { gateway, dir } = Known::start().await;
    assert!(gateway.stop().success());
    let data = dir.path().join("data");
    let consent = fs::read_dir(data.join("store")).unwrap().map(|entry| entry.unwrap().path());
    let tables: Vec<_> = consent.filter(|path| path.extension().is_some_and(|kind| kind == "sst")).collect();
    fs::remove_file(data.join("snapshot/index.snap")).unwrap();
    // A block of every table is damaged: boot meets one when it scans, and the registry is read before.
    let mut failed = 0;
    for table in tables {
        let whole = fs::read(&table).unwrap();
        let mut damaged = whole.clone();
        damaged[8..24].fill(0xAA);
        fs::write(&table, damaged).unwrap();
        failed += u32::from(refused(serve(&data)).is_some());
        fs::write(&table, whole).unwrap();
    }
    assert!(failed > 0, "no damage was met");
    no_gap(&data, "a damaged table");
    let gateway = Gateway::start(&data);
    assert_eq!(get(&gateway.http, &format!("/v1/check?brandCode=601234&type=MESAJ&recipient={APPROVED}")).await.status, 200);
}
