//! A real Prometheus that scrapes real gateways: dashboards that show something, alerts that fire when they should.

mod agree;
mod alerts;
mod load;
mod panels;
mod scaled;
mod series;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Far beyond what anything here takes on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(150);

/// Something of `deploy/`.
fn deployed(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path)
}

/// A Prometheus with the configuration of `deploy/`, but for its targets, twice a second, and with these rules; killed
/// when dropped.
struct Prometheus {
    child: Child,
    url: String,
    _dir: TempDir,
}

impl Prometheus {
    fn start(runtime: &Runtime, targets: &[String], rules: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = fs::read_to_string(deployed("prometheus/prometheus.yml")).unwrap();
        let named = targets.iter().map(|target| format!("{target:?}")).collect::<Vec<_>>().join(", ");
        let scraped = config.replace("\"127.0.0.1:7071\"", &named).replace(": 15s", ": 500ms");
        assert!(scraped.contains(&named) && scraped.matches("500ms").count() == 2, "{scraped}");
        fs::write(dir.path().join("prometheus.yml"), scraped).unwrap();
        fs::write(dir.path().join("alerts.yml"), rules).unwrap();
        let address = free_address();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", dir.path().join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()));
        command.arg(format!("--web.listen-address={address}")).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("prometheus is not installed; `make deps-test` does it");
        let prometheus = Self { child, url: format!("http://{address}"), _dir: dir };
        until("Prometheus to be ready", || {
            let ready = runtime.block_on(reqwest::get(format!("{}/-/ready", prometheus.url)));
            ready.is_ok_and(|answer| answer.status().is_success())
        });
        prometheus
    }

    fn get(&self, runtime: &Runtime, path: &str, query: &[(&str, &str)]) -> Value {
        let request = reqwest::Client::new().get(format!("{}{path}", self.url)).query(query);
        let text = runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["status"], "success", "{query:?}: {text}");
        answer["data"].clone()
    }

    /// What an expression is now: its rows.
    fn ask(&self, runtime: &Runtime, expression: &str) -> Vec<Value> {
        self.get(runtime, "/api/v1/query", &[("query", expression)])["result"].as_array().unwrap().clone()
    }

    /// The alerts that are pending or fire, with their labels and annotations.
    fn alerts(&self, runtime: &Runtime) -> Vec<Value> {
        self.get(runtime, "/api/v1/alerts", &[])["alerts"].as_array().unwrap().clone()
    }

    /// The alerts that fire, of each instance.
    fn firing(&self, runtime: &Runtime) -> BTreeSet<(String, String)> {
        let alerts = self.alerts(runtime);
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        let label = |alert: &Value, name: &str| alert["labels"][name].as_str().unwrap_or_default().to_owned();
        firing.map(|alert| (label(alert, "instance"), label(alert, "alertname"))).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address of this machine that was free a moment ago.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// `host:port` of a URL: how Prometheus names an instance.
fn instance(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

/// Waits for something that has to come.
fn until(what: &str, mut come: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !come() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        pause(Duration::from_millis(100));
    }
}

#[expect(clippy::disallowed_methods, reason = "between two looks; nothing passes by it")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
