use super::super::series::{ALL, Kind, Series};
use super::*;
use crate::model::brand::mode::Mode;
use crate::model::consent::channel::Channel;
use std::collections::BTreeSet;
use std::time::Duration;

const OUTCOMES: &[Outcome] = &[(1, "ALLOW", 1, "APPROVED"), (2, "DENY", 7, "REFUSED"), (2, "DENY", 8, "NO_RECORD")];

/// The lines of one series that are not zero, in order.
fn lines(metrics: &Metrics, name: &str) -> Vec<String> {
    let page = metrics.render();
    let of_series = page.lines().filter(|line| line.starts_with(name) && !line.ends_with(" 0"));
    let mut lines: Vec<String> = of_series.map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn checks_are_counted_by_edge_channel_decision_and_reason() {
    let metrics = Metrics::new(OUTCOMES);
    metrics.answers.checks(Edge::GrpcUnary, Channel::Mesaj).add(1, 1, 1);
    metrics.answers.checks(Edge::GrpcUnary, Channel::Mesaj).add(1, 1, 1);
    metrics.answers.checks(Edge::HttpBatch, Channel::Eposta).add(2, 7, 500);
    metrics.answers.checks(Edge::GrpcStream, Channel::Arama).add(2, 8, 1);
    assert_eq!(
        lines(&metrics, "izingate_checks_total"),
        [
            r#"izingate_checks_total{edge="grpc_stream",channel="ARAMA",decision="DENY",reason="NO_RECORD"} 1"#,
            r#"izingate_checks_total{edge="grpc_unary",channel="MESAJ",decision="ALLOW",reason="APPROVED"} 2"#,
            r#"izingate_checks_total{edge="http_batch",channel="EPOSTA",decision="DENY",reason="REFUSED"} 500"#,
        ]
    );
}

#[test]
fn what_a_mode_let_through_is_counted_by_mode() {
    let mut outcomes = OUTCOMES.to_vec();
    outcomes.extend([(1, "ALLOW", 7, "REFUSED"), (1, "ALLOW", 8, "NO_RECORD")]);
    let metrics = Metrics::new(&outcomes);
    metrics.answers.not_enforced(Channel::Mesaj, Mode::Shadow, 7, 3);
    metrics.answers.not_enforced(Channel::Arama, Mode::Advise, 8, 1);
    // Neither of these lets anything through.
    metrics.answers.not_enforced(Channel::Mesaj, Mode::Enforce, 7, 1);
    metrics.answers.not_enforced(Channel::Mesaj, Mode::Shadow, 1, 1);
    assert_eq!(
        lines(&metrics, "izingate_checks_not_enforced_total"),
        [
            r#"izingate_checks_not_enforced_total{channel="ARAMA",mode="advise",reason="NO_RECORD"} 1"#,
            r#"izingate_checks_not_enforced_total{channel="MESAJ",mode="shadow",reason="REFUSED"} 3"#,
        ]
    );
    let zeros = metrics.render().lines().filter(|line| line.starts_with("izingate_checks_not_enforced_total{")).count();
    assert_eq!(zeros, Channel::ALL.len() * 2 * 2, "every one stands there from the start");
}

#[test]
fn no_check_goes_uncounted() {
    let metrics = Metrics::new(OUTCOMES);
    let series = metrics.answers.checks(Edge::Http, Channel::Arama);
    for (decision, reason) in [(0, 0), (1, 7), (3, 63), (4, 1), (255, 255), (1, 64)] {
        series.add(decision, reason, 1);
    }
    let other = r#"izingate_checks_total{edge="http",channel="ARAMA",decision="OTHER",reason="OTHER"} 6"#;
    assert_eq!(lines(&metrics, "izingate_checks_total"), [other]);
}

#[test]
fn every_pair_stands_at_zero_from_the_start() {
    let page = Metrics::new(OUTCOMES).render();
    let zeros = page.lines().filter(|line| line.starts_with("izingate_checks_total{") && line.ends_with(" 0")).count();
    assert_eq!(zeros, Edge::ALL.len() * Channel::ALL.len() * (OUTCOMES.len() + 1));
}

#[test]
fn times_fall_into_buckets_below_a_millisecond() {
    let metrics = Metrics::new(OUTCOMES);
    for nanos in [900, 1_000, 1_001, 200_000, 450_000, 3_000_000_000] {
        metrics.answers.checks(Edge::GrpcBatch, Channel::Mesaj).took(Some(Duration::from_nanos(nanos)));
    }
    metrics.answers.checks(Edge::GrpcBatch, Channel::Eposta).took(None);
    let page = metrics.render();
    let bucket = |le: &str, n: u64| format!("izingate_check_seconds_bucket{{edge=\"grpc_batch\",le=\"{le}\"}} {n}\n");
    for (le, n) in [("0.000001", 2), ("0.000002", 3), ("0.00015", 3), ("0.0002", 4), ("0.0005", 5), ("1", 5), ("+Inf", 6)] {
        assert!(page.contains(&bucket(le, n)), "{le}\n{page}");
    }
    assert!(page.contains("izingate_check_seconds_count{edge=\"grpc_batch\"} 6\n"));
    assert!(page.contains("izingate_check_seconds_sum{edge=\"grpc_batch\"} 3.000652901\n"));
}

#[test]
fn refused_calls_gauges_and_movements() {
    let metrics = Metrics::new(OUTCOMES);
    metrics.answers.refused(Edge::HttpGet, "UNKNOWN_FIELD");
    metrics.answers.refused(Edge::HttpGet, "UNKNOWN_FIELD");
    metrics.ingest.movements(MovementResult::Unchanged, 3);
    metrics.index.revision.set(42.0);
    metrics.index.holds(80, 800);
    metrics.process.connections.up();
    metrics.process.connections.up();
    metrics.process.connections.down();
    let names = ["izingate_errors", "izingate_ingest_m", "izingate_revision", "izingate_connections", "izingate_index_load"];
    let all: Vec<String> = names.iter().chain(&["izingate_build_info"]).flat_map(|name| lines(&metrics, name)).collect();
    assert_eq!(
        all,
        [
            r#"izingate_errors_total{edge="http_get",code="UNKNOWN_FIELD"} 2"#,
            r#"izingate_ingest_movements_total{result="unchanged"} 3"#,
            "izingate_revision 42",
            "izingate_connections 1",
            "izingate_index_load_ratio 0.8",
            concat!(r#"izingate_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
        ]
    );
}

#[test]
fn every_series_of_the_table_is_shown_with_its_help_and_type_and_no_other_is() {
    let metrics = Metrics::new(&[OUTCOMES, &[(1, "ALLOW", 7, "REFUSED")]].concat());
    // These come with the first of their kind.
    metrics.answers.refused(Edge::GrpcUnary, "BATCH_TOO_LARGE");
    metrics.feed.errors("H015", 1);
    let page = metrics.render();
    for Series { name, help, kind, .. } in ALL {
        assert!(page.contains(&format!("# HELP {name} {help}\n# TYPE {name} {}\n", kind.name())), "{name}\n{page}");
    }
    let shown: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert_eq!(shown, ALL.iter().map(|series| series.name).collect());
}

#[test]
fn names_say_what_they_count() {
    for Series { name, kind, unit, .. } in ALL {
        assert_eq!(*kind == Kind::Counter, name.ends_with("_total"), "{name}");
        let bare = name.trim_end_matches("_total");
        let ending = match unit {
            super::super::series::Unit::Count => "",
            super::super::series::Unit::Seconds => "_seconds",
            super::super::series::Unit::Bytes => "_bytes",
            super::super::series::Unit::Ratio => "_ratio",
        };
        assert!(bare.ends_with(ending), "{name}");
    }
}

#[test]
fn each_has_its_own_series() {
    let (one, other) = (Metrics::new(OUTCOMES), Metrics::new(OUTCOMES));
    one.process.ready.set_flag(true);
    assert_eq!(lines(&one, "izingate_ready"), ["izingate_ready 1"]);
    assert_eq!(lines(&other, "izingate_ready"), [""; 0]);
}

#[test]
fn what_others_count_is_shown_as_it_was_counted() {
    let metrics = Metrics::new(OUTCOMES);
    for (result, total) in PushResult::ALL.iter().zip([7, 5, 3, 1]) {
        metrics.feed.pushes(*result, total);
        metrics.feed.pushes(*result, total);
    }
    metrics.feed.push_unreadable.show(2);
    metrics.feed.errors("H015", 4);
    metrics.feed.errors("H015", 4);
    assert_eq!(
        [lines(&metrics, "izingate_push"), lines(&metrics, "izingate_feed_errors_total")].concat(),
        [
            "izingate_push_unreadable_total 2",
            r#"izingate_pushes_total{result="failed"} 1"#,
            r#"izingate_pushes_total{result="full"} 3"#,
            r#"izingate_pushes_total{result="taken"} 7"#,
            r#"izingate_pushes_total{result="unauthorised"} 5"#,
            r#"izingate_feed_errors_total{code="H015"} 4"#,
        ]
    );
}

#[test]
fn ten_thousand_brands_make_no_more_series_than_the_top() {
    let metrics = Metrics::new(OUTCOMES);
    let none = metrics.render().lines().count();
    for look in 1..=50_u32 {
        let asked: Vec<(u32, u64)> = (1..=10_000).map(|brand| (brand, u64::from(look * brand))).collect();
        metrics.answers.brands(&asked);
        let ages: Vec<(u32, u32)> = (1..=10_000).map(|brand| (brand, 3_600 + (brand * 7 + look) % 600)).collect();
        metrics.feed.ages(&ages);
        assert_eq!(metrics.render().lines().count(), none + 2 * super::super::top::SHOWN);
    }
    assert_eq!(
        lines(&metrics, r#"izingate_brand_checks_total{brand="10000"}"#),
        [r#"izingate_brand_checks_total{brand="10000"} 500000"#]
    );
}

#[test]
fn a_silent_one_counts_no_answers() {
    let metrics = Metrics::silent(OUTCOMES);
    let stopwatch = metrics.answers.start();
    let series = metrics.answers.checks(Edge::GrpcUnary, Channel::Mesaj);
    series.add(1, 1, 1);
    series.took(stopwatch.elapsed());
    assert_eq!(lines(&metrics, "izingate_check"), [""; 0]);
}

/// `UPDATE_METRICS=1` writes it anew.
#[test]
fn the_page_for_people_is_printed_from_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
    let page = super::super::handbook::markdown();
    if std::env::var_os("UPDATE_METRICS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page);
}
