//! What a gateway shows is what the table says.

use izingate::check::decision::{Decision, Reason};
use izingate::feed::iys::Figures;
use izingate::telemetry::series::{ALL, Kind, Label, Series, Values};
use std::collections::{BTreeMap, BTreeSet};

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
        Values::Code => izingate::wire::status::Kind::ALL.iter().any(|kind| kind.code() == value),
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
