//! Faults are caused, and the right alerts fire: a real Prometheus with the real rules, sixty times as fast.

use super::load::Load;
use super::scaled::scaled;
use super::{Prometheus, deployed, free_address, instance, until};
use crate::feed::gateway::{BRANDS, caught_up, filled, prepared, shown, start};
use crate::feed::rig::{IYS_CODE, PASSWORD, USER, world};
use crate::sim::{self, Clock, Endpoint, FaultKind, Settings, Sim, When};
use crate::support::known::movement;
use crate::support::{BRAND, Gateway, add_brand, izingate, run, serve};
use izingate::api::proto::{ApplyRequest, Channel, CheckBatchRequest, CheckRequest};
use izingate::model::time::IysTime;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// `promtool`, on files of `deploy/prometheus`.
fn promtool(args: &[&str]) {
    let output = Command::new("promtool").args(args).current_dir(deployed("prometheus")).output();
    let output = output.expect("promtool is not installed; `make deps-test` does it");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_rules_are_right_by_their_own_tests() {
    promtool(&["check", "config", "prometheus.yml"]);
    promtool(&["test", "rules", "alerts_test.yml"]);
}

/// Every alert has a case in which it fires, and its section in the runbook.
#[test]
fn every_alert_is_tested_and_explained() {
    let read = |path: &str| fs::read_to_string(deployed(path)).unwrap();
    let (rules, tests, runbook) = (read("prometheus/alerts.yml"), read("prometheus/alerts_test.yml"), read("../docs/runbook.md"));
    let alerts: BTreeSet<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let sections: BTreeSet<&str> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(sections, alerts);
    for alert in alerts {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert}");
        let link = format!("runbook_url: \"{{{{ $externalLabels.runbook }}}}#{}\"\n", alert.to_lowercase());
        let rule = rules.split("- alert: ").skip(1).filter(|rule| rule.starts_with(&format!("{alert}\n")));
        for rule in rule {
            let has = |what: &str| rule.contains(&format!("\n          {what}: \""));
            assert!(rule.contains(&link) && has("summary") && has("description"), "{rule}");
        }
    }
}

/// What an alert links to is an address, and its anchor is a heading of the runbook: as Prometheus itself fills it in.
fn assert_leads_to_the_runbook(alert: &Value) {
    let url = alert["annotations"]["runbook_url"].as_str().unwrap();
    let (page, anchor) = url.split_once('#').unwrap();
    let config = fs::read_to_string(deployed("prometheus/prometheus.yml")).unwrap();
    let base = config.lines().find_map(|line| line.trim().strip_prefix("runbook: ")).unwrap();
    assert!(page == base && page.parse::<http::Uri>().unwrap().scheme().is_some(), "{url}");
    let runbook = fs::read_to_string(deployed("../docs/runbook.md")).unwrap();
    let headings: Vec<String> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_lowercase).collect();
    assert!(headings.iter().any(|heading| heading == anchor), "{url}");
    assert!(!alert["annotations"]["description"].as_str().unwrap().contains("{{"), "{alert}");
}

/// The disk is the machine's, which others fill: of that alert only the unit tests tell.
const OF_THE_MACHINE: &str = "IzingateDiskFilling";

/// What goes wrong, and what is to be heard of it.
struct Fault {
    what: &'static str,
    instance: String,
    expected: &'static [&'static str],
}

#[test]
fn each_fault_fires_its_alert_and_no_other() {
    let runtime = Runtime::new().unwrap();
    let dirs: Vec<TempDir> = (0..15).map(|_| tempfile::tempdir().unwrap()).collect();
    let dir = |place: usize| dirs[place].path();
    let stop = CancellationToken::new();

    let (well, sim) = following(&runtime, dir(0));
    let (cut_off, gone) = following(&runtime, dir(1));
    let known = shown(&sim, BRANDS[0]).into_keys().map(|(recipient, ..)| recipient).filter(|one| one.starts_with("+905"));
    let load = Load { http: well.http.clone(), fed: BRANDS.to_vec(), known: known.collect(), own: BRANDS[1], growth: 5 };
    runtime.spawn(load.run(stop.clone()));
    let stale = import_fed(dir(2), &["--max-age", "60m"]);
    let (gapped, _other) = never_loaded(&runtime, dir(3));
    let full = limited(dir(4), &[]);
    let slow = limited(dir(5), &[("IZINGATE_EVIDENCE_OVERLOAD", "block"), ("IZINGATE_EVIDENCE_PATIENCE", "20ms")]);
    let poisoned = limited(dir(6), &[]);
    let plain = import_fed(dir(7), &[]);
    let dropping =
        limited(dir(9), &[("IZINGATE_EVIDENCE_OVERLOAD", "drop-and-count"), ("IZINGATE_EVIDENCE_BUFFER_BYTES", LEAST_BUFFER)]);
    let lax = not_enforced(dir(10));
    let closed = with_a_closure(dir(11));
    let (differing, _day) = of_another_hash(&runtime, dir(12));
    let (expiring, _pushing) = with_an_old_certificate(&runtime, dir(13));
    let without_snapshots = without_snapshots(&runtime, dir(14));
    let (looping, down) = (free_address(), free_address());

    let fault = |what, instance: &str, expected| Fault { what, instance: instance.to_owned(), expected };
    let faults = [
        fault("nothing: it follows İYS, under load", &instance(&well.admin), &[]),
        fault("nothing: a brand that is import-fed, with no age rule", &instance(&plain.admin), &[]),
        fault("İYS is gone", &instance(&cut_off.admin), &["IzingateFeedStopped"]),
        fault("a brand with an age rule that was never imported", &instance(&stale.admin), &["IzingateBrandStale"]),
        fault("a brand that follows İYS and was never loaded", &instance(&gapped.admin), &["IzingateBrandGap"]),
        fault("the disk takes no evidence", &instance(&full.admin), &["IzingateEvidenceAtRisk"]),
        fault(
            "the same where callers wait for room",
            &instance(&slow.admin),
            // What it is asked is a DENY, which goes out unrecorded.
            &["IzingateDecisionsUnrecorded", "IzingateEvidenceAtRisk", "IzingateLatencyBudgetBurn"],
        ),
        fault("the store could not write", &instance(&poisoned.admin), &["IzingateStorePoisoned"]),
        fault(
            "the disk takes no evidence, and decisions go out",
            &instance(&dropping.admin),
            &["IzingateDecisionsUnrecorded", "IzingateEvidenceAtRisk"],
        ),
        fault("a brand is left in shadow, another one's end is planned", &instance(&lax.admin), &["IzingateBrandNotEnforced"]),
        fault("a line was closed two days ago", &instance(&closed.admin), &["IzingateClosuresUnreported"]),
        fault("İYS's file of a day is cut short", &instance(&differing.admin), &["IzingateDayHashDiffers"]),
        fault("the push certificate expires in ten days", &instance(&expiring.admin), &["IzingatePushCertificateExpires"]),
        fault("the folder of the snapshot is gone", &instance(&without_snapshots.admin), &["IzingateSnapshotFailed"]),
        fault("it is killed again and again", &looping, &["IzingateRestartLoop"]),
        fault("nobody is there", &down, &["IzingateDown"]),
    ];
    let rules = scaled(&fs::read_to_string(deployed("prometheus/alerts.yml")).unwrap());
    let targets: Vec<String> = faults.iter().map(|fault| fault.instance.clone()).collect();
    let prometheus = Prometheus::start(&runtime, &targets, &rules);

    drop(gone);
    fill_evidence(&runtime, &full);
    fill_evidence(&runtime, &slow);
    fill_evidence(&runtime, &dropping);
    for http in [&slow.http, &dropping.http] {
        runtime.spawn(asking(http.clone(), stop.clone()));
    }
    poison(&runtime, &poisoned);
    let begun = Instant::now();
    let mut seen = BTreeSet::new();
    let mut loops = Loop::new(dir(8), &looping);
    let expected = expected(&faults);
    // Each of them has fired, and the slowest `for` has passed twice over.
    until("every alert", || {
        loops.turn();
        seen.extend(prometheus.firing(&runtime).into_iter().filter(|(_, alert)| alert != OF_THE_MACHINE));
        seen.is_superset(&expected) && begun.elapsed() > Duration::from_mins(1) || begun.elapsed() > Duration::from_secs(140)
    });
    prometheus.alerts(&runtime).iter().for_each(assert_leads_to_the_runbook);
    let named = |set: &BTreeSet<(String, String)>| {
        let of = |fault: &Fault| {
            let alerts: Vec<&str> = set.iter().filter(|(at, _)| *at == fault.instance).map(|(_, alert)| alert.as_str()).collect();
            format!("{}: {alerts:?}", fault.what)
        };
        faults.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(named(&seen), named(&expected));
    stop.cancel();
}

fn expected(faults: &[Fault]) -> BTreeSet<(String, String)> {
    let of = |fault: &Fault| fault.expected.iter().map(|alert| (fault.instance.clone(), (*alert).to_owned())).collect::<Vec<_>>();
    faults.iter().flat_map(of).collect()
}

/// A gateway that has caught up with its brands.
fn following(runtime: &Runtime, dir: &Path) -> (Gateway, Sim) {
    let sim = runtime.block_on(Sim::start(filled(7), Clock::real()));
    let (data, config) = prepared(dir, &sim.base_url);
    let gateway = start(&data, &config);
    caught_up(runtime, &gateway);
    (gateway, sim)
}

/// A gateway whose brand follows İYS and was never loaded.
fn never_loaded(runtime: &Runtime, dir: &Path) -> (Gateway, Sim) {
    let sim = runtime.block_on(Sim::start(world(Settings::default(), &[BRAND], 3), Clock::real()));
    let data = dir.join("data");
    let mut command = serve(&data);
    command.envs([
        ("IZINGATE_IYS_URL", sim.base_url.as_str()),
        ("IZINGATE_IYS_USERNAME", USER),
        ("IZINGATE_IYS_PASSWORD", PASSWORD),
    ]);
    command.env("IZINGATE_IYS_IYS_CODE", IYS_CODE.to_string()).env("IZINGATE_IYS_PULL_EVERY", "300ms");
    (Gateway::spawn(command, &data), sim)
}

fn import_fed(dir: &Path, more: &[&str]) -> Gateway {
    let data = dir.join("data");
    let brand = ["--brand", "601234", "--iys-code", "600000", "--title", "Örnek"];
    let added = run(&[&["brand", "add", "--data", data.to_str().unwrap()], &brand[..], more].concat());
    assert!(added.status.success(), "{added:?}");
    Gateway::start(&data)
}

/// The least memory that evidence may wait in.
const LEAST_BUFFER: &str = "1048576";

/// A gateway with a brand in shadow, and one that is to be enforced again tomorrow.
fn not_enforced(dir: &Path) -> Gateway {
    let gateway = import_fed(dir, &[]);
    let mode = |kind: &str, more: &[&str]| {
        let brand = ["brand", "mode", "--endpoint", &gateway.http, "--brand", "601234", "--type", kind];
        let set = run(&[&brand[..], more].concat());
        assert!(set.status.success(), "{set:?}");
    };
    let tomorrow = IysTime::now().plus(86_400).to_string();
    mode("MESAJ", &["--mode", "shadow"]);
    mode("ARAMA", &["--mode", "advise"]);
    mode("ARAMA", &["--mode", "enforce", "--from", &tomorrow]);
    gateway
}

/// A gateway that was told of a line that was closed two days ago.
fn with_a_closure(dir: &Path) -> Gateway {
    let gateway = import_fed(dir, &[]);
    let at = IysTime::now().minus(2 * 86_400).to_string();
    let closed = run(&["recipient", "close", "--recipient", "05321234567", "--at", &at, "--endpoint", &gateway.http]);
    assert!(closed.status.success(), "{closed:?}");
    gateway
}

/// A gateway that follows an İYS whose files of days are cut short.
fn of_another_hash(runtime: &Runtime, dir: &Path) -> (Gateway, Sim) {
    let sim = runtime.block_on(Sim::start(filled(7), Clock::real()));
    sim.with(|world, _| world.add_fault(sim::Fault::new(Endpoint::DayFile, FaultKind::Truncated(300), When::Always)));
    let (data, config) = prepared(dir, &sim.base_url);
    let gateway = start(&data, &config);
    caught_up(runtime, &gateway);
    (gateway, sim)
}

/// A gateway whose push receiver has a certificate of ten more days.
fn with_an_old_certificate(runtime: &Runtime, dir: &Path) -> (Gateway, Sim) {
    let sim = runtime.block_on(Sim::start(filled(7), Clock::real()));
    let (data, config) = prepared(dir, &sim.base_url);
    let end = IysTime::now().plus(10 * 86_400).to_string();
    let part = |range: std::ops::Range<usize>| end[range].parse::<u8>().unwrap();
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(end[..4].parse().unwrap(), part(5..7), part(8..10));
    let key = rcgen::KeyPair::generate().unwrap();
    let paths = ["push.pem", "push.key"].map(|name| dir.join(name));
    fs::write(&paths[0], params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(&paths[1], key.serialize_pem()).unwrap();
    let [certificate, key] = paths.map(|path| format!("{:?}", path.to_str().unwrap()));
    let push = format!(
        "[iys.push]\nlisten = \"127.0.0.1:0\"\ncertificate_file = {certificate}\nkey_file = {key}\npublic_url = \"https://push.example.com\"\n"
    );
    fs::write(&config, fs::read_to_string(&config).unwrap() + &push).unwrap();
    let gateway = start(&data, &config);
    caught_up(runtime, &gateway);
    (gateway, sim)
}

/// A gateway that has lost the folder of its snapshot, and has something to write into it.
fn without_snapshots(runtime: &Runtime, dir: &Path) -> Gateway {
    let data = dir.join("data");
    add_brand(&data);
    let mut command = serve(&data);
    command.env("IZINGATE_INDEX_SNAPSHOT_EVERY", "1s");
    let gateway = Gateway::spawn(command, &data);
    fs::remove_dir_all(data.join("snapshot")).unwrap();
    runtime.block_on(async {
        let movements = vec![movement("+905321234567", "ONAY", "2026-11-02 10:00:00")];
        gateway.consent().await.apply(ApplyRequest { brand_code: BRAND, movements, ..ApplyRequest::default() }).await.unwrap();
    });
    gateway
}

/// A gateway that survives a limit of its files.
fn limited(dir: &Path, settings: &[(&str, &str)]) -> Gateway {
    let data = dir.join("data");
    add_brand(&data);
    let inner = serve(&data);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
    command.envs(settings.iter().copied());
    Gateway::spawn(command, &data)
}

fn limit(gateway: &Gateway, kibibytes: u64) {
    let (id, bytes) = (gateway.id().to_string(), kibibytes * 1024);
    let set = Command::new("prlimit").args(["--pid", &id, &format!("--fsize={bytes}:unlimited")]).status().unwrap();
    assert!(set.success());
}

/// From now on its disk takes no more evidence.
fn fill_evidence(runtime: &Runtime, gateway: &Gateway) {
    limit(gateway, 256);
    let (recipients, channel) = (vec!["+905321234569".to_owned(); 32_768], Channel::Mesaj.into());
    let batch = CheckBatchRequest { brand_code: BRAND, channel, recipients, ..CheckBatchRequest::default() };
    runtime.block_on(async { gateway.permission().await.check_batch(batch).await.unwrap() });
}

/// Hands in more than its disk takes.
fn poison(runtime: &Runtime, gateway: &Gateway) {
    limit(gateway, 1_024);
    runtime.block_on(async {
        let mut consent = gateway.consent().await;
        for first in (0..200_000).step_by(2_000) {
            let number = |at: u64| movement(&format!("+90532{at:07}"), "ONAY", "2026-11-02 10:00:00");
            let movements = (first..first + 2_000).map(number).collect();
            if consent.apply(ApplyRequest { brand_code: BRAND, movements, ..ApplyRequest::default() }).await.is_err() {
                return;
            }
        }
        panic!("the limit does not hold");
    });
}

/// Asks one question after the other.
async fn asking(http: String, stop: CancellationToken) {
    let channel = tonic::transport::Channel::from_shared(http).unwrap().connect().await.unwrap();
    let mut client = izingate::api::proto::permission_service_client::PermissionServiceClient::new(channel);
    while !stop.is_cancelled() {
        let (recipient, channel) = (Some("+905321234569".to_owned()), Channel::Mesaj.into());
        let question = CheckRequest { brand_code: BRAND, channel, recipient, ..CheckRequest::default() };
        if client.check(question).await.is_err() {
            return;
        }
    }
}

/// A gateway that is killed a moment after each of its first starts.
struct Loop<'a> {
    dir: &'a Path,
    admin: &'a str,
    running: Option<(Gateway, Instant)>,
    starts: u32,
}

impl<'a> Loop<'a> {
    fn new(dir: &'a Path, admin: &'a str) -> Self {
        add_brand(&dir.join("data"));
        Self { dir, admin, running: None, starts: 0 }
    }

    fn turn(&mut self) {
        let is_due = self.running.as_ref().is_none_or(|(_, since)| since.elapsed() > Duration::from_millis(1_700));
        // For longer than the rule looks back: a slow machine starts it less often.
        if self.starts == 12 || !is_due {
            return;
        }
        if let Some((gateway, _)) = self.running.take() {
            gateway.kill();
        }
        let data = self.dir.join("data");
        let mut command = izingate();
        let ports = ["serve", "--listen", "127.0.0.1:0", "--admin", self.admin, "--log-format", "json", "--data"];
        command.args(ports).arg(&data);
        self.running = Some((Gateway::spawn(command, &data), Instant::now()));
        self.starts += 1;
    }
}
