//! The pages that are run as they are written, links and command lines of all pages, and the Turkish pages beside the English ones.

mod house;
mod markdown;

use super::support::{Gateway, run, serve};
use clap::Parser;
use izingate::cli::Cli;
pub use markdown::Document;
use markdown::words;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Pages whose commands are run, in this order on one gateway.
const RUN: [&str; 4] = ["README.md", "docs/quickstart.md", "docs/lists.md", "docs/policy.md"];

/// Pages that exist in English and Turkish and say the same.
const PAIRS: [(&str, &str); 2] = [("README.md", "README.tr.md"), ("docs/quickstart.md", "docs/quickstart.tr.md")];

/// Commands that are not run, and why; `make --dry-run` still has to know them.
const NOT_RUN: [(&str, &str); 3] = [
    ("make run", "it installs, builds and serves for ever; the test serves the same data on ports of its own"),
    ("make test", "this is a part of it"),
    ("make package", "it builds the program once more, with what packages need"),
];

/// How commands begin that change the machine.
const INSTALLS: [&str; 2] = ["sudo apt install ./target/package/", "pip install target/package/"];

/// Programs that are no part of a machine that builds izingate; where one is there, it is run.
const NOT_EVERYWHERE: [(&str, &str); 1] = [("grpcurl", "it comes from elsewhere; tests/it/grpc.rs asks the same")];

/// Commands that end with another exit code than 0, which their page says.
const EXITS: [(&str, i32); 1] = [("izingate import", 2)];

/// Ports that other gateways may hold on this machine.
const PORTS: [&str; 2] = ["127.0.0.1:7070", "127.0.0.1:7071"];

fn document(name: &str) -> Document {
    Document::read(&fs::read_to_string(Path::new(ROOT).join(name)).unwrap())
}

/// A folder that holds what the commands of the pages name, with a `cargo` that runs what is built already.
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

/// What a command said, if it did what its page says.
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
fn every_command_of_the_pages_works() {
    let folder = Folder::new();
    let (mut definitions, mut ran) = (String::new(), Vec::new());
    for name in RUN {
        let page = document(name);
        let mut said = String::new();
        for command in page.commands() {
            if command.starts_with("izingate() {") {
                definitions = command;
            } else if let Some(why) = left_out(&command) {
                println!("not run: {command}: {why}");
            } else {
                said += &judge(&command, &folder.run(&definitions, &command)).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
                ran.push((name, command));
            }
        }
        for shown in page.blocks("json") {
            let shown = shown.trim().trim_end_matches('}').trim_end_matches(['…', ' ', ',']);
            assert!(said.contains(shown), "{name}: no command answered {shown}");
        }
    }
    assert!(ran.len() >= 17, "only {} commands: {ran:?}", ran.len());
    // The pages leave nothing behind that lets refused people through: the refusal is still one.
    let (_, asks_of_a_refusal) = ran.iter().find(|(_, command)| command.contains("\"+90 532 000 10 02\"")).unwrap();
    let again = judge(asks_of_a_refusal, &folder.run(&definitions, asks_of_a_refusal)).unwrap();
    assert!(again.contains(r#""allowed":false,"decision":"DENY","enforced":true,"reason":"REFUSED""#), "{again}");
    let metrics = folder.run("", "curl -s http://127.0.0.1:7071/metrics");
    let metrics = String::from_utf8(metrics.stdout).unwrap();
    let left: Vec<_> = metrics.lines().filter(|line| line.starts_with("izingate_brands_not_enforced{")).collect();
    assert!(left.len() == 12 && left.iter().all(|line| line.ends_with(" 0")), "a brand is left in a mode: {left:?}");
    for (start, exit) in EXITS {
        let of = ran.iter().find(|(_, command)| command.starts_with(start));
        let (name, _) = of.unwrap_or_else(|| panic!("{start} is on no page any more"));
        assert!(document(name).text.contains(&format!("exit code {exit}")), "{name} does not say exit code {exit}");
    }
}

/// Why a command is not run here; none if it is.
fn left_out(command: &str) -> Option<&'static str> {
    if let Some((name, why)) = NOT_RUN.iter().find(|(name, _)| *name == command) {
        let known = Command::new("make").args(["--dry-run", &name["make ".len()..]]).current_dir(ROOT).output().unwrap();
        assert!(known.status.success(), "{name}: {known:?}");
        return Some(why);
    }
    let missing = NOT_EVERYWHERE.iter().find(|(name, _)| command.starts_with(name) && !is_there(name));
    let installs = INSTALLS.iter().any(|start| command.starts_with(start));
    missing.map(|(_, why)| *why).or_else(|| installs.then_some("it changes the machine; packages are tested where they are made"))
}

#[test]
fn commands_that_are_left_out_are_on_a_page() {
    let commands: Vec<String> = RUN.iter().flat_map(|name| document(name).commands()).collect();
    let starts = NOT_RUN.iter().chain(&NOT_EVERYWHERE).map(|(start, _)| start).chain(&INSTALLS);
    for start in starts {
        assert!(commands.iter().any(|command| command.starts_with(start)), "{start} is on no page any more");
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
    for name in ["docs/operations.md", "docs/feeds.md", "docs/evidence.md", "docs/going-live.md"] {
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

/// Every page for people, relative to the root.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = ["", "docs", "deploy/dialers", "examples/clients"].into_iter().flat_map(pages_of).collect();
    pages.sort();
    assert!(pages.len() > 20, "{pages:?}");
    pages
}

fn pages_of(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(Path::new(ROOT).join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let pages = entries.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.map(|path| path.strip_prefix(ROOT).unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut links = 0;
    for name in pages() {
        let path = Path::new(ROOT).join(&name);
        for link in document(&name).links().iter().filter(|link| !link.contains("://")) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(file.exists(), "{name}: {link}");
            let there = place.is_empty() || headings_of(&file).iter().any(|heading| heading == place);
            assert!(there, "{name}: {link}: {:?}", headings_of(&file));
            links += 1;
        }
    }
    assert!(links > 150, "{links}");
}

#[test]
fn every_page_is_reached_from_the_readme() {
    let (mut reached, mut next) = (BTreeSet::new(), vec![PathBuf::from("README.md")]);
    while let Some(page) = next.pop() {
        let folder = page.parent().unwrap().to_owned();
        if reached.insert(page.clone()) {
            let links = document(page.to_str().unwrap()).links();
            let files = links.iter().filter(|link| !link.contains("://")).map(|link| link.split('#').next().unwrap());
            let pages = files.filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "md"));
            next.extend(pages.map(|file| flattened(&folder.join(file))));
        }
    }
    // Where the description of the API was before.
    let missing: Vec<_> =
        pages().into_iter().filter(|page| page != "docs/http.md" && !reached.contains(Path::new(page))).collect();
    assert!(missing.is_empty(), "no link leads to {missing:?}");
}

/// A path without its steps up.
fn flattened(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut flat, part| {
        if part == Component::ParentDir {
            flat.pop()
        } else {
            flat.push(part);
            true
        };
        flat
    })
}

/// The places of a document, as a link names them.
fn headings_of(file: &PathBuf) -> Vec<String> {
    let document = Document::read(&fs::read_to_string(file).unwrap());
    document.headings().iter().map(|(_, text)| markdown::place(text)).collect()
}

#[test]
fn turkish_pages_say_the_same() {
    for (english, turkish) in PAIRS {
        assert_alike(&document(english), &document(turkish));
    }
}

fn assert_alike(english: &Document, turkish: &Document) {
    let levels = |document: &Document| document.headings().iter().map(|(level, _)| *level).collect::<Vec<_>>();
    assert_eq!(levels(turkish), levels(english), "headings");
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
