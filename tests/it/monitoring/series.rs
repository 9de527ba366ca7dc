//! What a gateway shows is what the table says.

use crate::support::BRAND;
use crate::support::known::{APPROVED, Known, REFUSED};
use crate::support::web::{get, post, post_json};
use izingate::iys::Figures;
use izingate::model::decision::{Decision, Reason};
use izingate::telemetry::series::{ALL, Kind, Label, Series, Values};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

/// Compares a page of `/metrics` with the table: the same series, of the same kind, each with its labels and values of
/// theirs. After a workload that meets everything.
pub fn assert_of_the_table(page: &str) {
    let kinds: BTreeMap<&str, &str> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let table: BTreeMap<&str, &str> = ALL.iter().map(|series| (series.name, series.kind.name())).collect();
    assert_eq!(kinds, table);
    let mut rows: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (series, labels) = parsed(line);
        assert_of_the_labels(series, &labels, line);
        rows.entry(series.name).or_default().insert(format!("{labels:?}"));
    }
    for series in ALL {
        assert!(rows.contains_key(series.name), "{} has no row", series.name);
    }
    let count = page.lines().filter(|line| !line.starts_with('#')).count();
    assert!(count < 1_500, "{count} rows");
    assert_clean(page);
}

/// Has Prometheus' own linter read a page.
pub fn assert_clean(page: &str) {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool is not installed; `make deps-test` does it");
    child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// Questions over every edge, movements and refused calls, without a Prometheus.
#[tokio::test]
async fn promtool_finds_nothing_in_the_page_of_a_gateway_that_has_seen_traffic() {
    let known = Known::start().await;
    let http = &known.gateway.http;
    let question = json!({ "brandCode": BRAND, "type": "MESAJ", "recipient": APPROVED });
    assert_eq!(post_json(http, "/v1/check", &question).await.status, 200);
    assert_eq!(get(http, &format!("/v1/check?brandCode={BRAND}&type=MESAJ&recipient=0532")).await.status, 200);
    assert_eq!(get(http, "/v1/check?brandCode=x").await.status, 400);
    let batch = json!({ "brandCode": BRAND, "type": "MESAJ", "recipients": [APPROVED, REFUSED] });
    assert_eq!(post_json(http, "/v1/check/batch", &batch).await.status, 200);
    assert_eq!(post(http, &format!("/v1/filter?brandCode={BRAND}&type=MESAJ"), "text/csv", "05321234561\n").await.status, 200);
    let page = get(&known.gateway.admin, "/metrics").await.text;
    assert!(page.contains("izingate_checks_total{"), "{page}");
    assert_clean(&page);
}

/// The series of a row and its labels, without the bound of a bucket.
fn parsed(line: &str) -> (&'static Series, Vec<(String, String)>) {
    let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
    let of = |name: &str| ALL.iter().find(|series| series.name == name).copied();
    let part = || ["_bucket", "_sum", "_count"].iter().find_map(|ending| of(name.strip_suffix(ending)?));
    let series = of(name).or_else(|| part().filter(|series| series.kind == Kind::Histogram));
    let series = series.unwrap_or_else(|| panic!("not in the table: {line}"));
    let labels = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(labels, _)| labels);
    let pairs = labels.split(',').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.trim_matches('"').to_owned())
    });
    (series, pairs.filter(|(name, _)| name != "le").collect())
}

fn assert_of_the_labels(series: &Series, labels: &[(String, String)], line: &str) {
    let names: Vec<&str> = labels.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, series.labels.iter().map(|label| label.name).collect::<Vec<_>>(), "{line}");
    for (label, (_, value)) in series.labels.iter().zip(labels) {
        assert!(may_be(label, value), "{line}: {value}");
    }
    // A pair that is none would be a fault of the gateway.
    assert!(!line.contains("\"OTHER\"") || line.ends_with(" 0"), "{line}");
}

fn may_be(label: &Label, value: &str) -> bool {
    match label.values {
        Values::Of(words) => words().contains(&value),
        Values::Code => izingate::api::error::Kind::ALL.iter().any(|kind| kind.code() == value),
        Values::IysCode => Figures::codes().contains(&value),
        Values::Brand(_) => value == "other" || value.parse::<u32>().is_ok(),
        Values::Version => value == env!("CARGO_PKG_VERSION"),
    }
}

/// Whatever the law's decisions become, their words are the labels'.
#[test]
fn decisions_and_reasons_are_the_words_of_the_wire() {
    let words = |name: &str| {
        let label = ALL[0].labels.iter().find(|label| label.name == name).unwrap();
        let Values::Of(words) = label.values else { panic!("{label:?}") };
        words().into_iter().filter(|word| *word != "OTHER").collect::<Vec<_>>()
    };
    assert_eq!(words("decision"), Decision::ALL.map(Decision::name));
    assert_eq!(words("reason"), Reason::ALL.map(Reason::name));
}
