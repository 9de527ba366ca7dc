//! Which module may import which. The table is the architecture: what answers checks never reaches
//! for the store, and what stores never reaches for the index.

mod scan;

use scan::imports;
use std::path::{Component, Path, PathBuf};

/// A room and what it may import, from the ground up: a room imports only rooms above it in this list. `api::proto` allows only that part.
/// A room may always import itself. `lib.rs` and `main.rs` stand outside.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("sys", &["model"]),
    ("net", &[]),
    ("ports", &["model"]),
    ("index", &["model", "sys::memory"]),
    ("check", &["model", "index"]),
    ("telemetry", &["model"]),
    ("filter", &["model"]),
    ("files", &["model"]),
    ("iys", &["model", "sys"]),
    ("feed", &["model", "sys", "net", "ports", "iys", "files"]),
    ("evidence", &["model", "sys", "ports", "check::policy"]),
    ("dossier", &["model", "ports", "check::policy", "evidence"]),
    ("config", &["model", "net::hosts", "evidence::settings"]),
    ("agi", &["model", "net"]),
    ("api", &["model", "sys", "net", "ports", "index", "check", "telemetry", "filter", "evidence", "config"]),
    ("store", &["model", "sys", "ports"]),
    ("ingest", &["model", "sys", "ports", "index", "store"]),
    ("import", &["model", "sys", "net::endpoint", "files", "api::proto", "store", "ingest"]),
    ("data", &["model", "sys", "ports", "index", "evidence", "config", "store", "ingest"]),
    (
        "lists",
        &[
            "model",
            "sys",
            "net::endpoint",
            "ports",
            "index",
            "check",
            "telemetry",
            "filter",
            "files",
            "evidence",
            "config",
            "api",
            "store",
            "ingest",
            "import",
            "data",
        ],
    ),
    (
        "server",
        &[
            "model",
            "sys",
            "net",
            "ports",
            "index",
            "check",
            "telemetry",
            "iys",
            "feed",
            "evidence",
            "config",
            "api",
            "store",
            "ingest",
            "data",
        ],
    ),
    (
        "cli",
        &[
            "model", "sys", "net", "ports", "index", "check", "filter", "files", "evidence", "dossier", "config", "agi", "api",
            "store", "ingest", "import", "data", "lists", "server",
        ],
    ),
];

#[test]
fn modules_import_only_what_the_table_allows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&source);
    assert!(files.len() > 20, "no sources under {}", source.display());
    let mut broken = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        broken.extend(violations(file.strip_prefix(&source).unwrap(), &text));
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn the_table_keeps_the_two_flows_apart() {
    let allowed = |module: &str| ALLOWED.iter().find(|(name, _)| *name == module).unwrap().1;
    for module in ["check", "api"] {
        assert!(!["store", "feed", "ingest"].iter().any(|other| allowed(module).contains(other)), "{module}");
    }
    assert!(!allowed("store").contains(&"index"));
    assert_eq!(allowed("model"), [""; 0]);
}

#[test]
fn each_row_is_a_room_and_no_arrow_runs_up() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (at, (room, others)) in ALLOWED.iter().enumerate() {
        assert!(source.join(room).is_dir(), "{room} is no room");
        for other in *others {
            let below = ALLOWED[..at].iter().any(|(module, _)| other.split("::").next() == Some(module));
            assert!(below, "{room} imports {other}, which does not stand above it in the table");
        }
    }
}

#[test]
fn a_forbidden_import_is_caught() {
    for (file, text, expected) in [
        ("check/mod.rs", "\nuse crate::store::Store;", "src/check/mod.rs:2: check must not import crate::store::Store"),
        (
            "check/policy.rs",
            "use crate::{\n model::key,\n ingest::{Writer},\n};",
            "src/check/policy.rs:3: check must not import crate::ingest::Writer",
        ),
        ("api/grpc.rs", "fn f() { crate::feed::start() }", "src/api/grpc.rs:1: api must not import crate::feed::start"),
        ("api/http/mod.rs", "use super::super::store as s;", "src/api/http/mod.rs:1: api must not import crate::store"),
        ("store.rs", "use super::index;", "src/store.rs:1: store must not import crate::index"),
        (
            "store/rocks.rs",
            "mod tests { use super::super::super::index::Table; }",
            "src/store/rocks.rs:1: store must not import crate::index::Table",
        ),
        ("model/key_tests.rs", "use super::super::super::check;", "src/model/key_tests.rs:1: model must not import crate::check"),
        ("import/mod.rs", "use crate::api::{proto, http};", "src/import/mod.rs:1: import must not import crate::api::http"),
        ("import/mod.rs", "use crate::api;", "src/import/mod.rs:1: import must not import crate::api"),
        ("check/mod.rs", "pub use crate::*;", "src/check/mod.rs:1: check must not import crate::*"),
        ("config.rs", "use crate::nowhere::X;", "src/config.rs:1: config must not import crate::nowhere::X"),
    ] {
        assert_eq!(violations(Path::new(file), text), [expected], "{text}");
    }
}

#[test]
fn a_module_outside_the_table_is_an_error() {
    let expected = "src/ledger/mod.rs: module ledger is not in the table of tests/it/imports.rs";
    assert_eq!(violations(Path::new("ledger/mod.rs"), ""), [expected]);
    assert_eq!(violations(Path::new("cli.rs"), "use crate::ledger;"), ["src/cli.rs:1: cli must not import crate::ledger"]);
}

#[test]
fn an_allowed_import_passes() {
    for (file, text) in [
        ("check/mod.rs", "use crate::{model::{key, state}, index::Table}; use super::check::policy;"),
        ("check/policy.rs", "use super::decision; mod tests { use super::super::decision; use super::*; }"),
        ("model/key_tests.rs", "use super::super::brand; use super::*;"),
        ("import/mod.rs", "use crate::api::proto::Movement; use crate::api::proto;"),
        (
            "store/rocks.rs",
            "// use crate::index;\n/* crate::index /* nested */ crate::index */ const A: &str = \"use crate::index\";",
        ),
        (
            "store/rocks.rs",
            "const A: &str = r#\"crate::index \" \"#; const B: char = '\"'; fn f<'a>(_: &'a str) -> char { '\\'' } pub(crate) fn g() {}",
        ),
        ("main.rs", "use crate::nowhere;"),
        ("server/mod.rs", "use crate::store; use crate::iys::Iys;"),
    ] {
        assert_eq!(violations(Path::new(file), text), [""; 0], "{text}");
    }
}

/// What a file under `src` breaks, each with its line.
fn violations(file: &Path, text: &str) -> Vec<String> {
    let module = module_of(file);
    let Some(own) = module.first() else { return Vec::new() };
    let shown = Path::new("src").join(file);
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| name == own) else {
        return vec![format!("{}: module {own} is not in the table of tests/it/imports.rs", shown.display())];
    };
    let forbidden = imports(&module, text).into_iter().filter(|import| import.path[0] != *own && !fits(allowed, &import.path));
    forbidden.map(|i| format!("{}:{}: {own} must not import crate::{}", shown.display(), i.line, i.path.join("::"))).collect()
}

fn fits(allowed: &[&str], path: &[String]) -> bool {
    let in_table = ALLOWED.iter().any(|(name, _)| *name == path[0]);
    let starts = |entry: &&str| entry.split("::").enumerate().all(|(at, part)| path.get(at).is_some_and(|own| own == part));
    in_table && allowed.iter().any(starts)
}

/// The module that a file under `src` is; empty for `lib.rs` and `main.rs`. By the habit of this
/// crate `key_tests.rs` is the module `key::tests`.
fn module_of(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for component in file.with_extension("").components() {
        if let Component::Normal(part) = component {
            parts.push(part.to_string_lossy().into_owned());
        }
    }
    match parts.pop() {
        Some(last) if last == "mod" || (parts.is_empty() && (last == "lib" || last == "main")) => {}
        Some(last) => match last.strip_suffix("_tests") {
            Some(tested) => parts.extend([tested.to_owned(), "tests".to_owned()]),
            None => parts.push(last),
        },
        None => {}
    }
    parts
}

/// Every `.rs` file under a directory, in order.
fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
