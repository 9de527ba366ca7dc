use super::*;

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
    metrics.checks(Edge::GrpcUnary, Channel::Mesaj).add(1, 1, 1);
    metrics.checks(Edge::GrpcUnary, Channel::Mesaj).add(1, 1, 1);
    metrics.checks(Edge::HttpBatch, Channel::Eposta).add(2, 7, 500);
    metrics.checks(Edge::GrpcStream, Channel::Arama).add(2, 8, 1);
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
    metrics.not_enforced(Channel::Mesaj, Mode::Shadow, 7, 3);
    metrics.not_enforced(Channel::Arama, Mode::Advise, 8, 1);
    // Neither of these lets anything through.
    metrics.not_enforced(Channel::Mesaj, Mode::Enforce, 7, 1);
    metrics.not_enforced(Channel::Mesaj, Mode::Shadow, 1, 1);
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
    let series = metrics.checks(Edge::HttpUnary, Channel::Arama);
    for (decision, reason) in [(0, 0), (1, 7), (3, 63), (4, 1), (255, 255), (1, 64)] {
        series.add(decision, reason, 1);
    }
    let other = r#"izingate_checks_total{edge="http_unary",channel="ARAMA",decision="OTHER",reason="OTHER"} 6"#;
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
    let series = metrics.checks(Edge::GrpcBatch, Channel::Mesaj);
    series.took(Duration::from_nanos(900));
    metrics.upkeep();
    series.took(Duration::from_micros(450));
    let page = metrics.render();
    let bucket =
        |le: &str, n: u64| format!("izingate_check_seconds_bucket{{edge=\"grpc_batch\",channel=\"MESAJ\",le=\"{le}\"}} {n}\n");
    for (le, n) in [("0.000001", 1), ("0.0003", 1), ("0.0005", 2), ("1", 2), ("+Inf", 2)] {
        assert!(page.contains(&bucket(le, n)), "{le}\n{page}");
    }
    assert!(page.contains("izingate_check_seconds_count{edge=\"grpc_batch\",channel=\"MESAJ\"} 2\n"));
}

#[test]
fn refused_calls_gauges_and_movements() {
    let metrics = Metrics::new(OUTCOMES);
    metrics.refused(Edge::HttpUnary, "UNKNOWN_FIELD");
    metrics.refused(Edge::HttpUnary, "UNKNOWN_FIELD");
    metrics.movements(MovementResult::Unchanged, 3);
    metrics.revision.set(42.0);
    metrics.connections.increment(2.0);
    metrics.connections.decrement(1.0);
    let mut all = Vec::new();
    for name in [
        "izingate_errors_total",
        "izingate_ingest_movements_total",
        "izingate_revision",
        "izingate_connections",
        "izingate_build_info",
    ] {
        all.extend(lines(&metrics, name));
    }
    assert_eq!(
        all,
        [
            r#"izingate_errors_total{edge="http_unary",code="UNKNOWN_FIELD"} 2"#,
            r#"izingate_ingest_movements_total{result="unchanged"} 3"#,
            "izingate_revision 42",
            "izingate_connections 1",
            concat!(r#"izingate_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
        ]
    );
}

#[test]
fn every_series_has_its_help_and_type() {
    let metrics = Metrics::new(OUTCOMES);
    metrics.refused(Edge::GrpcUnary, "BATCH_TOO_LARGE");
    let page = metrics.render();
    for (series, kind) in [
        (&CHECKS, "counter"),
        (&CHECK_SECONDS, "histogram"),
        (&ERRORS, "counter"),
        (&READY, "gauge"),
        (&REVISION, "gauge"),
        (&RELATIONS, "gauge"),
        (&MOVEMENTS, "counter"),
        (&BATCH_SECONDS, "histogram"),
        (&INGEST_QUEUE, "gauge"),
        (&POISONED, "gauge"),
        (&CLOSURES_UNREPORTED, "gauge"),
        (&BRAND_AGE, "gauge"),
        (&BRANDS_WITH_GAP, "gauge"),
        (&BRANDS_STALE, "gauge"),
        (&CONNECTIONS, "gauge"),
        (&WATCHERS, "gauge"),
        (&WATCHERS_DROPPED, "counter"),
        (&BUILD_INFO, "gauge"),
    ] {
        let Series { name, help, .. } = series;
        assert!(page.contains(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n")), "{name}\n{page}");
    }
}

#[test]
fn each_has_its_own_recorder() {
    let (one, other) = (Metrics::new(OUTCOMES), Metrics::new(OUTCOMES));
    one.ready.set(1.0);
    assert_eq!(lines(&one, "izingate_ready"), ["izingate_ready 1"]);
    assert_eq!(lines(&other, "izingate_ready"), [""; 0]);
}

#[test]
fn pushes_are_shown_as_they_were_counted() {
    let metrics = Metrics::new(OUTCOMES);
    for (result, total) in PushResult::ALL.into_iter().zip([7, 5, 3, 1]) {
        metrics.pushes(result, total);
        metrics.pushes(result, total);
    }
    metrics.push_unreadable.absolute(2);
    assert_eq!(
        lines(&metrics, "izingate_push"),
        [
            "izingate_push_unreadable_total 2",
            r#"izingate_pushes_total{result="failed"} 1"#,
            r#"izingate_pushes_total{result="full"} 3"#,
            r#"izingate_pushes_total{result="taken"} 7"#,
            r#"izingate_pushes_total{result="unauthorised"} 5"#,
        ]
    );
}
