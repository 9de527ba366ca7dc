//! A machine's clock that is set while the gateway runs, and between two runs: no age falls by it, no refusal ranks lower.

use super::dates::received;
use super::ways::{object, onay, phone, reason, with};
use crate::support::data::fresh;
use crate::support::web::{get, post_json};
use crate::support::{Gateway, izingate, serve};
use izingate::model::time::IysTime;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A wall clock for one process, which a file sets.
struct Clock {
    file: PathBuf,
    library: PathBuf,
}

impl Clock {
    fn new(dir: &Path) -> Self {
        let clock = Self { file: dir.join("clock"), library: dir.join("clock.so") };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/refusals/clock.c");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&clock.library).arg(source).output().unwrap();
        assert!(built.status.success(), "{built:?}");
        fs::write(&clock.file, 0_i64.to_ne_bytes()).unwrap();
        clock
    }

    /// Sets it so many seconds ahead of the system's, or behind it.
    fn set(&self, ahead: i64) {
        let file = File::options().write(true).open(&self.file).unwrap();
        file.write_all_at(&ahead.to_ne_bytes(), 0).unwrap();
    }

    fn of<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("TEST_CLOCK", &self.file).env("LD_PRELOAD", &self.library)
    }
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

struct Bench {
    clock: Clock,
    data: PathBuf,
    _dir: TempDir,
}

impl Bench {
    /// A brand whose data is of an import so many seconds ago.
    fn new(age: i64, max_age: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = fresh(dir.path().join("data"));
        let clock = Clock::new(dir.path());
        let place = data.to_str().unwrap();
        let brand = ["brand", "add", "--data", place, "--brand", "601234", "--iys-code", "600000", "--title", "Örnek"];
        assert!(izingate().args(brand).args(["--max-age", max_age]).output().unwrap().status.success());
        let file = dir.path().join("rows.csv");
        fs::write(&file, super::ways::csv(&[onay(&phone(1))])).unwrap();
        clock.set(-age);
        let mut import = izingate();
        let imported = clock.of(&mut import).args(["import", "--brand", "601234", "--data", place]).arg(file).output().unwrap();
        assert!(imported.status.success(), "{imported:?}");
        clock.set(0);
        Self { clock, data, _dir: dir }
    }

    fn start(&self) -> Gateway {
        let mut command = serve(&self.data);
        self.clock.of(&mut command);
        Gateway::spawn(command, &self.data)
    }
}

/// The value of a series.
async fn series(gateway: &Gateway, name: &str) -> f64 {
    let page = get(&gateway.admin, "/metrics").await.text;
    page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or_else(|| panic!("{name}:\n{page}"))
}

async fn until(gateway: &Gateway, name: &str, expected: impl Fn(f64) -> bool) {
    while !expected(series(gateway, name).await) {
        tokio::task::yield_now().await;
    }
}

async fn ready(gateway: &Gateway) -> Value {
    get(&gateway.admin, "/v1/state").await.json()["brands"][0]["stale"].clone()
}

const STALE: &str = "STALE";

#[tokio::test]
async fn stale_does_not_end_because_a_clock_was_set_back() {
    let bench = Bench::new(4 * HOUR, "3h");
    let gateway = bench.start();
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE);
    bench.clock.set(-DAY);
    until(&gateway, "izingate_clock_jumps_total{direction=\"back\"}", |jumps| jumps > 0.5).await;
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE);
    assert_eq!(ready(&gateway).await, json!(["ARAMA", "MESAJ", "EPOSTA"]));
    assert!((86_390.0..86_410.0).contains(&series(&gateway, "izingate_clock_behind_seconds").await));
    bench.clock.set(0);
    until(&gateway, "izingate_clock_jumps_total{direction=\"forward\"}", |jumps| jumps > 0.5).await;
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE);
    let log = fs::read_to_string(&gateway.log).unwrap();
    assert!(log.contains("the machine's clock was set back") && log.contains("the machine's clock was set forward"), "{log}");
}

#[tokio::test]
async fn an_age_that_a_clock_gave_is_not_taken_back_by_it() {
    let bench = Bench::new(HOUR, "3h");
    let gateway = bench.start();
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, "APPROVED");
    bench.clock.set(3 * HOUR);
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE);
    bench.clock.set(0);
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE, "it may have been right when it was ahead");
}

/// Data that is later than the clock cannot be dated.
#[tokio::test]
async fn what_cannot_be_dated_is_stale() {
    let bench = Bench::new(HOUR, "3h");
    bench.clock.set(-2 * DAY);
    let gateway = bench.start();
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE);
    assert_eq!(ready(&gateway).await, json!(["ARAMA", "MESAJ", "EPOSTA"]));
}

/// A clock that was ahead accepted an approval of then; what is received after it was set right outranks that one.
#[tokio::test]
async fn a_receipt_is_never_before_the_last_commit() {
    let bench = Bench::new(HOUR, "3d");
    let send = async |gateway: &Gateway, row: &super::ways::Row| {
        let list = json!({ "list": [object(row)] });
        post_json(&gateway.http, "/v1/movements?brandCode=601234", &list).await.json()
    };
    bench.clock.set(DAY);
    let gateway = bench.start();
    let tomorrow = IysTime::now().plus(86_400 + 300).to_string();
    let report = send(&gateway, &with(onay(&phone(2)), "creationDate", &tomorrow)).await;
    assert_eq!(report["applied"], 1, "{report}");
    bench.clock.set(0);
    assert_eq!(send(&gateway, &received(&phone(2))).await["applied"], 1);
    assert_eq!(reason(&gateway, &phone(2), "BIREYSEL").await, STALE, "the brand's data is of tomorrow");
    bench.clock.set(DAY);
    assert_eq!(reason(&gateway, &phone(2), "BIREYSEL").await, "REFUSED", "in the same process");
    bench.clock.set(0);
    let report = send(&gateway, &with(onay(&phone(3)), "creationDate", &tomorrow)).await;
    assert_eq!(report["applied"], 1, "{report}");
    gateway.kill();
    let gateway = bench.start();
    assert_eq!(send(&gateway, &received(&phone(3))).await["applied"], 1);
    bench.clock.set(DAY);
    assert_eq!(reason(&gateway, &phone(3), "BIREYSEL").await, "REFUSED", "in the next process");
}

/// Data that an earlier process found too old is not fresh in the next one, whatever its clock shows.
#[tokio::test]
async fn stale_does_not_end_by_a_restart_under_a_clock_that_was_set_back() {
    let bench = Bench::new(4 * HOUR, "3h");
    let gateway = bench.start();
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE);
    assert!(gateway.stop().success());
    // The data is a minute old by this clock.
    bench.clock.set(60 - 4 * HOUR);
    let gateway = bench.start();
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE);
    let log = fs::read_to_string(&gateway.log).unwrap();
    assert!(log.contains("the machine's clock is behind what it showed before"), "{log}");
}

/// The way on after a clock that was ahead: ages are of the present clock again, and data of that time is to be imported again.
#[tokio::test]
async fn an_operator_has_ages_reckoned_from_the_present_clock_after_one_that_was_ahead() {
    let bench = Bench::new(HOUR, "3h");
    let accept = || {
        let output = bench.clock.of(&mut izingate()).args(["clock", "accept", "--data"]).arg(&bench.data).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, said) = accept();
    assert!(code == Some(1) && said.contains("CLOCK_NOT_AHEAD"), "{code:?} {said}");
    bench.clock.set(400 * DAY);
    let gateway = bench.start();
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE);
    let row = received(&phone(4));
    let sent = json!({ "list": [object(&row)] });
    assert_eq!(post_json(&gateway.http, "/v1/movements?brandCode=601234", &sent).await.json()["applied"], 1);
    assert!(gateway.stop().success());
    bench.clock.set(0);
    let gateway = bench.start();
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE, "it may have been right when it was ahead");
    assert!(gateway.stop().success());
    let (code, said) = accept();
    assert!(code == Some(0) && said.contains("brand     601234 has no known age until its data is imported again"), "{said}");
    let gateway = bench.start();
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, STALE, "nobody knows of when it is");
    let row = with(onay(&phone(2)), "creationDate", &IysTime::now().minus(9).to_string());
    let sent = json!({ "list": [object(&row)] });
    assert_eq!(post_json(&gateway.http, "/v1/movements?brandCode=601234", &sent).await.json()["applied"], 1);
    for (number, expected) in [(1, "APPROVED"), (2, "APPROVED"), (4, "REFUSED")] {
        assert_eq!(reason(&gateway, &phone(number), "BIREYSEL").await, expected, "{number}");
    }
    gateway.kill();
    let gateway = bench.start();
    assert_eq!(reason(&gateway, &phone(1), "BIREYSEL").await, "APPROVED", "in the next process");
}
