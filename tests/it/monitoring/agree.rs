//! Dashboards agree with each other: one load is the same number in every panel, and a colour means one thing.

use super::{Prometheus, deployed, instance, until};
use crate::support::{BRAND, Gateway, add_brand, run, serve};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

/// Whose decisions are on disk before they are answered: none waits while a rate is taken.
const CALLER: &str = "sure";
const OTHER: u32 = 601_300;
/// Recipients of a batch, one a tenth of a second.
const RECIPIENTS: usize = 200;

fn dashboard(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(deployed(&format!("grafana/dashboards/{name}.json"))).unwrap()).unwrap()
}

fn panels(dashboard: &Value) -> Vec<&Value> {
    dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row").collect()
}

/// The first query of a panel, all of its lines together, over five seconds.
fn sum_of(name: &str, title: &str) -> String {
    let dashboard = dashboard(name);
    let panel = panels(&dashboard).into_iter().find(|panel| panel["title"] == title).unwrap_or_else(|| panic!("{title}"));
    let expression = panel["targets"][0]["expr"].as_str().unwrap();
    assert!(expression.contains("[$__rate_interval]"), "{title}: every rate is over the same window: {expression}");
    format!("sum({})", expression.replace("$instance", ".*").replace("$__rate_interval", "5s"))
}

/// Asks the same a tenth of a second after the other, of two brands.
async fn load(http: String, stop: CancellationToken) {
    let client = reqwest::Client::new();
    let mut tick = interval(Duration::from_millis(100));
    for step in 0_u32.. {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let recipients: Vec<String> = (0..RECIPIENTS).map(|number| format!("+90532{number:07}")).collect();
        let brand = if step.is_multiple_of(2) { BRAND } else { OTHER };
        let asked = json!({ "brandCode": brand, "type": "MESAJ", "recipients": recipients });
        let sent = client.post(format!("{http}/v1/check/batch")).header("izingate-caller", CALLER).json(&asked).send().await;
        assert_eq!(sent.unwrap().status(), 200);
    }
}

#[test]
fn one_load_is_the_same_number_in_every_panel() {
    let (runtime, dir) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let data = dir.path().join("data");
    add_brand(&data);
    let mut command = serve(&data);
    command.env("IZINGATE_EVIDENCE_BEFORE_ANSWER", CALLER);
    let gateway = Gateway::spawn(command, &data);
    let other = OTHER.to_string();
    let added = run(&["brand", "add", "--endpoint", &gateway.http, "--brand", &other, "--iys-code", "600000", "--title", "Özel"]);
    assert!(added.status.success(), "{added:?}");
    let stop = CancellationToken::new();
    let loading = runtime.spawn(load(gateway.http.clone(), stop.clone()));
    let prometheus = Prometheus::start(&runtime, &[instance(&gateway.admin)], "");
    let [decided, by_brand, recorded] =
        [sum_of("senders", "Decisions"), sum_of("senders", "Busiest brands"), sum_of("capacity", "Decisions recorded")];
    let number = |expression: &str| {
        let rows = prometheus.ask(&runtime, expression);
        rows.first().and_then(|row| row["value"][1].as_str()?.parse::<f64>().ok())
    };
    until("a rate", || number(&decided).is_some_and(|rate| rate > RECIPIENTS as f64));
    // Seconds in which nothing but the load happens.
    let begun = Instant::now();
    until("a window and more", || begun.elapsed() > Duration::from_secs(15));
    for other in [&by_brand, &recorded] {
        let apart = number(&format!("max_over_time((abs({other} - {decided}) / {decided})[8s:500ms])")).unwrap();
        // A page of metrics has all of one moment, give or take a batch on its way: of the 45 of a window that is some 2 %.
        assert!(apart < 0.06, "{:.1} % apart: {other} and {decided}", apart * 100.0);
    }
    stop.cancel();
    runtime.block_on(loading).unwrap();
}

/// Every colour that a panel gives a line by its name.
fn named(panel: &Value) -> Vec<(&str, &str)> {
    let overrides = panel["fieldConfig"]["overrides"].as_array().unwrap().iter();
    overrides
        .map(|one| {
            let colour = one["properties"][0]["value"]["fixedColor"].as_str().unwrap();
            (one["matcher"]["options"].as_str().unwrap(), colour)
        })
        .collect()
}

#[test]
fn a_colour_means_one_thing_and_green_is_what_may_be_sent() {
    let (mut seen, mut colours) = (BTreeSet::new(), BTreeSet::new());
    for name in ["senders", "freshness", "capacity"] {
        let dashboard = dashboard(name);
        for panel in panels(&dashboard).into_iter().filter(|panel| panel["type"] == "timeseries") {
            let (title, colour) = (panel["title"].as_str().unwrap(), &panel["fieldConfig"]["defaults"]["color"]);
            assert_eq!(*colour, json!({ "fixedColor": "blue", "mode": "shades" }), "{title}: a palette has a green and a red");
            assert!(seen.insert((name, title.to_owned())), "{title} twice in {name}");
            for (line, colour) in named(panel) {
                assert!(line == "ALLOW" || !colour.contains("green"), "{title}: {line} is green");
                if line.len() > 1 {
                    colours.insert((line.to_owned(), colour.to_owned()));
                }
            }
        }
    }
    let lines: BTreeSet<&String> = colours.iter().map(|(line, _)| line).collect();
    assert_eq!(lines.len(), colours.len(), "one name, two colours: {colours:?}");
    let of = |wanted: &str| colours.iter().find(|(line, _)| line == wanted).map(|(_, colour)| colour.as_str());
    assert_eq!(
        ["ALLOW", "DENY", "REFUSED", "DEFER", "STALE"].map(of),
        [Some("green"), Some("orange"), Some("orange"), Some("blue"), Some("blue")]
    );
    for reason in izingate::model::decision::Reason::ALL {
        let enforced = reason.decision() != izingate::model::decision::Decision::Allow;
        assert_eq!(of(reason.name()).is_some(), enforced, "{reason:?} has a colour if it stops anything");
    }
}
