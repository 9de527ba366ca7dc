//! Schemathesis against a gateway: requests made up from the document, as it allows and as it does not, and every answer held
//! against it.

use super::demo;
use std::path::Path;
use std::process::Command;

/// `make api-test` installs it.
#[test]
#[ignore = "needs Schemathesis: make api-test"]
fn schemathesis_finds_no_answer_that_the_document_does_not_have() {
    let program = std::env::var_os("SCHEMATHESIS").expect("SCHEMATHESIS is its path; make api-test sets it");
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/openapi");
    let (gateway, dir) = demo();
    for (port, choice) in [(&gateway.http, "--exclude-tag"), (&gateway.admin, "--include-tag")] {
        let mut command = Command::new(&program);
        command.arg("--config-file").arg(settings.join("schemathesis.toml"));
        command.args(["run", &format!("{}/openapi.json", gateway.http), "--url", port, choice, "admin", "--no-color"]);
        command.env("SCHEMATHESIS_HOOKS", "schemathesis_bodies").env("PYTHONPATH", &settings);
        let ended = command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(dir.path()).status().unwrap();
        assert!(ended.success(), "{port}: {ended}");
    }
    assert!(gateway.stop().success());
    let log = std::fs::read_to_string(dir.path().join("data.log")).unwrap();
    let faults: Vec<_> = log.lines().filter(|line| line.contains("\"level\":\"ERROR\"") || line.contains("panicked")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
