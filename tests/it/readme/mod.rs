//! README.md is run as it is written, and README.tr.md says the same.

mod markdown;

use super::support::{Gateway, run, serve};
use clap::Parser;
use izingate::cli::Cli;
pub use markdown::Document;
use markdown::words;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Commands that are not run, and why; `make --dry-run` still has to know them.
const NOT_RUN: [(&str, &str); 2] = [
    ("make run", "it installs, builds and serves for ever; the test serves the same data on ports of its own"),
    ("make test", "this is a part of it"),
];

/// Programs that are no part of a machine that builds izingate; where one is there, it is run.
const NOT_EVERYWHERE: [(&str, &str); 1] = [("grpcurl", "it comes from elsewhere; tests/it/grpc.rs asks the same")];

/// Commands that end with another exit code than 0, which README.md says.
const EXITS: [(&str, i32); 1] = [("izingate import", 2)];

/// Ports that other gateways may hold on this machine.
const PORTS: [&str; 2] = ["127.0.0.1:7070", "127.0.0.1:7071"];

fn document(name: &str) -> Document {
    Document::read(&fs::read_to_string(Path::new(ROOT).join(name)).unwrap())
}

/// A folder that holds what README.md's commands name, with a `cargo` that runs what is built already.
struct Folder {
    dir: tempfile::TempDir,
    gateway: Gateway,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["README.md", "deploy/sample/movements.csv", "deploy/sample/list.csv", "deploy/verify_evidence.py"] {
            let to = dir.path().join(name);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(Path::new(ROOT).join(name), to).unwrap();
        }
        let cargo = dir.path().join("bin/cargo");
        fs::create_dir(cargo.parent().unwrap()).unwrap();
        let built = env!("CARGO_BIN_EXE_izingate");
        let text = format!(
            "#!/bin/sh\n[ \"$*\" != \"${{*#run --release --quiet --locked -- }}\" ] || exit 99\nshift 5\nexec {built} \"$@\"\n"
        );
        fs::write(&cargo, text).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        let data = dir.path().join("data");
        let mut command = serve(&data);
        command.arg("--demo");
        Self { gateway: Gateway::spawn(command, &data), dir }
    }

    fn run(&self, definitions: &str, command: &str) -> Output {
        let ours = [&self.gateway.http, &self.gateway.admin].map(|url| url.trim_start_matches("http://"));
        let script =
            PORTS.iter().zip(ours).fold(format!("{definitions}\n{command}"), |text, (port, our)| text.replace(port, our));
        let path = format!("{}:{}", self.dir.path().join("bin").display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", &script]).current_dir(self.dir.path()).env("PATH", path);
        shell.output().unwrap()
    }
}

/// What a command said, if it did what README.md says.
fn judge(command: &str, output: &Output) -> Result<String, String> {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let expected = EXITS.iter().find(|(start, _)| command.starts_with(start)).map_or(0, |(_, exit)| *exit);
    if output.status.code() != Some(expected) {
        return Err(format!("{command}\nended with {:?}, not {expected}:\n{said}", output.status.code()));
    }
    // A problem of the wire is no failure of curl.
    let is_error = |line: &str| line.starts_with("izingate: ") || line.starts_with("error") || line.contains("about:blank");
    if said.lines().any(is_error) { Err(format!("{command}\nsaid:\n{said}")) } else { Ok(said) }
}

#[test]
fn every_command_of_the_readme() {
    let readme = document("README.md");
    let folder = Folder::new();
    let (mut definitions, mut said) = (String::new(), String::new());
    let mut ran = 0;
    for command in readme.commands() {
        if let Some((name, why)) = NOT_RUN.iter().find(|(name, _)| *name == command) {
            let known = Command::new("make").args(["--dry-run", &name["make ".len()..]]).current_dir(ROOT).output().unwrap();
            assert!(known.status.success(), "{name}: {known:?}");
            println!("not run: {name}: {why}");
        } else if let Some((name, why)) = NOT_EVERYWHERE.iter().find(|(name, _)| command.starts_with(name) && !is_there(name)) {
            println!("not run: {name} is not here: {why}");
        } else if command.starts_with("izingate() {") {
            definitions = command;
        } else {
            said += &judge(&command, &folder.run(&definitions, &command)).unwrap_or_else(|wrong| panic!("{wrong}"));
            ran += 1;
        }
    }
    assert!(ran >= 10, "only {ran} commands in README.md");
    // The page leaves nothing behind that lets refused people through: its refusal is still one.
    let asks_of_a_refusal = readme.commands().into_iter().find(|command| command.contains("\"+90 532 000 10 02\"")).unwrap();
    let again = judge(&asks_of_a_refusal, &folder.run(&definitions, &asks_of_a_refusal)).unwrap();
    assert!(again.contains(r#""allowed":false,"decision":"DENY","enforced":true,"reason":"REFUSED""#), "{again}");
    let metrics = folder.run("", "curl -s http://127.0.0.1:7071/metrics");
    let metrics = String::from_utf8(metrics.stdout).unwrap();
    let left: Vec<_> = metrics.lines().filter(|line| line.starts_with("izingate_brands_not_enforced{")).collect();
    assert!(left.len() == 12 && left.iter().all(|line| line.ends_with(" 0")), "a brand is left in a mode: {left:?}");
    for shown in readme.blocks("json") {
        let shown = shown.trim().trim_end_matches('}').trim_end_matches(['…', ' ', ',']);
        assert!(said.contains(shown), "no command answered {shown}");
    }
    for (name, _) in NOT_RUN.iter().chain(&NOT_EVERYWHERE) {
        assert!(readme.commands().iter().any(|command| command.starts_with(name)), "{name} is not in README.md any more");
    }
    for (start, exit) in EXITS {
        assert!(readme.commands().iter().any(|command| command.starts_with(start)), "{start} is not in README.md any more");
        assert!(readme.text.contains(&format!("exit code {exit}")), "README.md says so");
    }
}

fn is_there(program: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap().status.success()
}

#[test]
fn a_command_that_fails_or_says_an_error_is_noticed() {
    let folder = Folder::new();
    let definitions = "izingate() { cargo run --release --quiet --locked -- \"$@\"; }";
    let judged = |command: &str| judge(command, &folder.run(definitions, command));
    assert!(judged("izingate brand list --data data").unwrap().contains("601234"));
    for wrong in [
        "izingate brand lists --data data",
        "izingate brand add --data data --brand 7 --iys-code 8 --title Yedi",
        "izingate import --endpoint http://127.0.0.1:7070 --brand 601234 nowhere.csv",
        "curl 'http://127.0.0.1:7070/v1/check?brandCode=601234&type=MESAJ'",
        "curl http://127.0.0.1:1",
        "cargo run",
        "false | true",
        "nonsense",
    ] {
        assert!(judged(wrong).is_err(), "{wrong}");
    }
}

/// What the documents tell to type is at least a command line; `…` stands for the arguments of the command above.
#[test]
fn commands_of_the_documents_are_commands() {
    let mut parsed = 0;
    for name in ["docs/operations.md", "docs/evidence.md", "docs/going-live.md"] {
        for command in document(name).commands() {
            let Some(words) = words(&command).filter(|words| words[0] == "izingate" && !command.contains('…')) else {
                continue;
            };
            let words = words.iter().map(String::as_str).take_while(|word| *word != ">");
            assert!(Cli::try_parse_from(words).is_ok(), "{name}: {command}");
            parsed += 1;
        }
    }
    assert!(parsed >= 20, "{parsed}");
}

#[test]
fn links_lead_somewhere() {
    for name in [
        "README.md",
        "README.tr.md",
        "docs/operations.md",
        "docs/evidence.md",
        "docs/http.md",
        "docs/errors.md",
        "docs/going-live.md",
        "deploy/dialers/README.md",
        "examples/clients/README.md",
    ] {
        let path = Path::new(ROOT).join(name);
        let links = document(name).links();
        assert!(!links.is_empty(), "{name}");
        for link in links.iter().filter(|link| !link.contains("://")) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(file.exists(), "{name}: {link}");
            let there = place.is_empty() || headings_of(&file).iter().any(|heading| heading == place);
            assert!(there, "{name}: {link}: {:?}", headings_of(&file));
        }
    }
}

/// The places of a document, as a link names them.
fn headings_of(file: &PathBuf) -> Vec<String> {
    let document = Document::read(&fs::read_to_string(file).unwrap());
    document.headings().iter().map(|(_, text)| markdown::place(text)).collect()
}

#[test]
fn the_turkish_readme_says_the_same() {
    let (english, turkish) = (document("README.md"), document("README.tr.md"));
    let levels = |document: &Document| document.headings().iter().map(|(level, _)| *level).collect::<Vec<_>>();
    assert_eq!(levels(&turkish), levels(&english), "headings");
    assert_eq!(turkish.commands(), english.commands(), "commands");
    for language in ["toml", "json"] {
        assert_eq!(turkish.blocks(language), english.blocks(language), "{language}");
    }
    // Names of commands, fields, settings and files are the same words, wherever they stand in a section.
    for (english, turkish) in english.sections().iter().zip(turkish.sections()) {
        let (ours, theirs) = (english.terms(), turkish.terms());
        let missing: Vec<_> = ours.difference(&theirs).collect();
        let more: Vec<_> = theirs.difference(&ours).collect();
        assert!(missing.is_empty() && more.is_empty(), "{}\nmissing: {missing:?}\nmore: {more:?}", turkish.title());
        assert_eq!(turkish.rows(), english.rows(), "{}: rows of tables and their numbers", turkish.title());
    }
}

#[test]
fn the_example_is_still_refused() {
    // The exit code that EXITS allows is not one of something else.
    let folder = Folder::new();
    let sample = folder.dir.path().join("deploy/sample/movements.csv");
    let arguments = ["import", "--endpoint", &folder.gateway.http, "--brand", "601234", sample.to_str().unwrap()];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(sample.with_extension("csv.rejected.csv").exists());
}
