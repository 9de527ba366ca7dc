//! Every panel of every dashboard shows something of a gateway under load, and so does every series that an alert is
//! about. `UPDATE_PICTURES=1` plots the panels from the same data, into `docs/img`.

use super::load::Load;
use super::series::assert_of_the_table;
use super::{PATIENCE, Prometheus, deployed, free_address, instance, pause};
use crate::feed::gateway::{BRANDS, caught_up, filled, prepared, shown, start};
use crate::sim::{Clock, Endpoint, Fault, FaultKind, Sim, When};
use crate::support::web::get;
use crate::support::{Gateway, run};
use izingate::telemetry::series::ALL;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// A brand that is import-fed, whose messages nothing stops.
const OWN: u32 = 601_300;

/// A gateway that follows a simulated İYS and has a brand of its own, under load.
struct Scene {
    sim: Sim,
    gateway: Gateway,
    stop: CancellationToken,
}

impl Scene {
    fn set(runtime: &Runtime, dir: &Path, growth: u64) -> Self {
        let sim = runtime.block_on(Sim::start(filled(23), Clock::real()));
        let (data, config) = prepared(dir, &sim.base_url);
        let gateway = start(&data, &config);
        caught_up(runtime, &gateway);
        let own = OWN.to_string();
        let brand = ["--brand", &own, "--iys-code", "600000", "--title", "Özel"];
        let added = run(&[&["brand", "add", "--endpoint", &gateway.http][..], &brand].concat());
        assert!(added.status.success(), "{added:?}");
        let shadow = ["--brand", &own, "--type", "MESAJ", "--mode", "shadow"];
        let set = run(&[&["brand", "mode", "--endpoint", &gateway.http][..], &shadow].concat());
        assert!(set.status.success(), "{set:?}");
        let known = shown(&sim, BRANDS[0]).into_keys().map(|(recipient, ..)| recipient).filter(|one| one.starts_with("+905"));
        let (http, known, stop) = (gateway.http.clone(), known.collect(), CancellationToken::new());
        let load = Load { http, fed: BRANDS.to_vec(), known, own: OWN, growth };
        runtime.spawn(load.run(stop.clone()));
        // İYS fails now and then.
        sim.with(|world, _| world.add_fault(Fault::new(Endpoint::Changes, FaultKind::Busy, When::Percent(10))));
        Self { sim, gateway, stop }
    }
}

fn dashboards() -> Vec<PathBuf> {
    let folder = fs::read_dir(deployed("grafana/dashboards")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 3);
    files
}

/// `panels.py` over what was scraped in the last `seconds`.
fn panels(prometheus: &Prometheus, what: &str, seconds: u64, more: &[&str]) -> Output {
    let mut command = Command::new("python3");
    command.arg(deployed("grafana/panels.py")).args([what, "--prometheus", &prometheus.url, "--rate", "5s"]);
    command.args(["--span", &seconds.to_string(), "--step", if seconds < 60 { "1" } else { "2" }]);
    command.args(more).args(dashboards()).output().unwrap()
}

#[test]
fn no_panel_is_empty_and_every_series_is_of_the_table() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let scene = Scene::set(&runtime, dir.path(), 20);
    let rules = fs::read_to_string(deployed("prometheus/alerts.yml")).unwrap();
    let prometheus = Prometheus::start(&runtime, &[instance(&scene.gateway.admin)], &rules);
    let begun = Instant::now();
    let checked = loop {
        let checked = panels(&prometheus, "check", 20, &[]);
        if checked.status.success() || begun.elapsed() > PATIENCE / 2 {
            break checked;
        }
        pause(Duration::from_secs(1));
    };
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert_of_the_table(&runtime.block_on(get(&scene.gateway.admin, "/metrics")).text);
    assert_rules_are_about_something(&runtime, &prometheus, &rules);
    scene.stop.cancel();
    assert!(scene.gateway.stop().success());
}

/// Every rule is evaluated without an error, and every series in it is there.
fn assert_rules_are_about_something(runtime: &Runtime, prometheus: &Prometheus, rules: &str) {
    let groups = prometheus.get(runtime, "/api/v1/rules", &[])["groups"].clone();
    let evaluated: Vec<_> = groups.as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    assert_eq!(evaluated.len(), rules.matches("expr:").count());
    for rule in evaluated {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
    let words = rules.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.starts_with("izingate_"));
    let mut names: Vec<&str> = words.collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let bare = name.trim_end_matches("_bucket").trim_end_matches("_count");
        assert!(ALL.iter().any(|series| series.name == bare), "{name} is not in the table");
        assert!(!prometheus.ask(runtime, &format!("count({name})")).is_empty(), "{name} is not there");
    }
}

/// Without a gateway nothing is shown, and the check says so.
#[test]
fn an_empty_panel_is_told() {
    let runtime = Runtime::new().unwrap();
    let prometheus = Prometheus::start(&runtime, &[free_address()], "");
    let checked = panels(&prometheus, "check", 20, &[]);
    let (said, told) = (String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(!checked.status.success() && told.contains("senders: Decisions: nothing: sum by (decision)"), "{told}");
    let counts: Vec<&str> = said.trim().split(' ').collect();
    assert_eq!((counts[0], counts[1], counts[3..].join(" ")), (counts[2], "queries,", "of them empty".to_owned()), "{said}");
}

/// Four minutes of a gateway's life: it grows, İYS fails for a while, and comes back.
#[test]
#[ignore = "plots the pictures of the README: four minutes, with UPDATE_PICTURES=1"]
fn pictures() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let scene = Scene::set(&runtime, dir.path(), 900);
    let prometheus = Prometheus::start(&runtime, &[instance(&scene.gateway.admin)], "");
    pause(Duration::from_secs(110));
    scene.sim.with(|world, _| world.add_fault(Fault::anywhere(FaultKind::ServerError, When::Always)));
    pause(Duration::from_secs(50));
    scene.sim.with(|world, _| world.clear_faults());
    pause(Duration::from_secs(80));
    let img = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/img");
    let chosen = [
        ("senders", ["Decisions", "Reasons not to send", "Recipients by edge", "Busiest brands", "p50 by edge", "p99 by edge"]),
        (
            "freshness",
            [
                "Age of the oldest brands, STALE at 3 h",
                "Pages of İYS's streams",
                "Failed requests to İYS by code",
                "Movements from İYS's streams",
                "Movements taken in, by result",
                "Time until movements are in force",
            ],
        ),
        (
            "capacity",
            [
                "Relations in the index",
                "Share of the index that is filled",
                "Store: files, log and memory",
                "Decisions recorded",
                "Evidence that is not on disk yet",
                "Memory of the process",
            ],
        ),
    ];
    let titles: Vec<&str> = chosen.iter().flat_map(|(_, titles)| titles).flat_map(|title| ["--panel", *title]).collect();
    let out = if std::env::var_os("UPDATE_PICTURES").is_some() { img.as_path() } else { dir.path() };
    fs::create_dir_all(out).unwrap();
    let plotted = panels(&prometheus, "plot", 240, &[&["--out", out.to_str().unwrap()], &titles[..]].concat());
    assert!(plotted.status.success(), "{}", String::from_utf8_lossy(&plotted.stderr));
    for (name, titles) in chosen {
        let picture = fs::read_to_string(out.join(format!("{name}.svg"))).unwrap();
        assert!(titles.iter().all(|title| picture.contains(title)) && picture.len() < 200_000, "{name}: {}", picture.len());
    }
    scene.stop.cancel();
}
