//! Whole runs against a real gateway: what is right passes, what is wrong does not. The binary lies beside this
//! program.

use crate::args::Args;
use crate::fill;
use crate::gateway::Gateway;
use crate::people::People;
use crate::plan::Run;
use crate::report::Report;
use crate::scenario::Scenario;
use crate::seen::Seen;
use clap::Parser;
use izingate::model::time::IysTime;
use std::path::Path;
use tokio::task::LocalSet;

/// Every kind of question while what it asks about moves.
const ALL: &str = "
about = 'a test'
still = 2_000
moving = 400
seconds = 1
timeout_seconds = 60
load = [
    { kind = 'movements', size = 20, rate = 50, arrivals = 'uniform' },
    { kind = 'unary', rate = 300, about_moving = 0.5 },
    { kind = 'stream', rate = 100, about_moving = 0.5 },
    { kind = 'batch', size = 100, rate = 20, about_moving = 0.5 },
    { kind = 'batch', size = 100, rate = 20, about_moving = 0.5, spelled = true },
    { kind = 'post', rate = 50, about_moving = 0.5 },
    { kind = 'get', rate = 50, about_moving = 0.5 },
]";

fn run(text: &str, folder: &Path) -> Run {
    let run = Args::parse_from(["load", "quick"]).run().unwrap();
    Run { scenario: Scenario::parse(text).unwrap(), folder: folder.to_owned(), ..run }
}

fn report((scenario, seen): (Scenario, Seen)) -> Report {
    Report::new("test", "a machine".to_owned(), scenario, &seen)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, work)
}

#[test]
fn a_right_gateway_passes_on_every_edge_and_every_decision_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(block_on(run(ALL, folder.path()).go()).unwrap());
    assert_eq!(report.problems, [""; 0]);
    let lines = &report.contenders[0].lines;
    assert_eq!(lines.len(), 7);
    for line in lines {
        assert_eq!((line.answered, line.wrong), (line.offered, 0), "{}", line.title);
        assert_eq!(line.compared, if line.title.starts_with("movements") { 0 } else { line.recipients }, "{}", line.title);
    }
    let evidence = report.evidence.as_ref().unwrap();
    assert!(evidence.complete && evidence.recorded == evidence.answered && evidence.answered > 4_000);
    report.write(folder.path()).unwrap();
    for file in ["report.md", "report.json", "latency.svg", "time.svg", "gateway.log"] {
        assert!(folder.path().join(file).metadata().unwrap().len() > 0, "{file}");
    }
}

#[test]
fn answers_are_deferred_until_a_started_gateway_knows() {
    let folder = tempfile::tempdir().unwrap();
    let cold = "about = 'a test'\nplan = 'cold'\nstill = 5_000\nseconds = 2\ntimeout_seconds = 60\nload = [{ kind = 'unary', rate = 500 }]";
    let (scenario, seen) = block_on(run(cold, folder.path()).go()).unwrap();
    assert!(seen.cold.is_some());
    let report = report((scenario, seen));
    assert_eq!(report.problems, [""; 0]);
    let line = &report.contenders[0].lines[0];
    assert_eq!(line.offered, line.answered + line.errors.values().sum::<u64>());
}

#[test]
fn a_gateway_that_knows_something_else_fails_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let half = "about = 'a test'\nstill = 1_000\nseconds = 1\ntimeout_seconds = 60\nload = [{ kind = 'unary', rate = 200 }]";
    let report = block_on(async {
        let mut run = run(half, folder.path());
        let gateway = Gateway::start(&run.binary, &folder.path().join("gateway.log"), "").unwrap();
        // Twice as many as the run believes: its strangers are on record.
        let people = People { still: 2_000, moving: 0, loaded: IysTime::now().minus(86_400) };
        fill::gateway(&gateway.place.listen, &people).await.unwrap();
        (run.elsewhere, run.filled) = (Some(gateway.place.clone()), true);
        report(run.go().await.unwrap())
    });
    let [problem] = report.problems.as_slice() else { panic!("{:?}", report.problems) };
    assert!(problem.starts_with("izingate, unary: ") && problem.contains("answers were wrong: recipient 1"), "{problem}");
    assert!(report.markdown().contains("**FAILED**"));
}
