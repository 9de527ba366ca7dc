//! What people read is written for people: no value of ours comes into a line of the log, an error or an answer as Rust shows it to
//! programmers (`Gap { last_durable: 1796031281793, … }`).
//!
//! In the log nothing is shown so (`?field`). In texts `{:?}` is there to quote what somebody else wrote, and for the few uses that nobody
//! reads; each is in the table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files whose `{:?}` quote a name or a text: what is shown is a string or a letter, with its control characters escaped.
const QUOTES: &[(&str, &[&str])] = &[
    ("cli/commands/evidence/verify.rs", &["name", "lost", "reason", "to", "from"]),
    ("cli/turkish.rs", &["word"]),
    ("config/reader.rs", &["text"]),
    ("filter/error.rs", &["name", ""]),
    ("filter/table.rs", &[""]),
    ("filter/turkish.rs", &["name", ""]),
    ("store/backup/manifest.rs", &[""]),
    ("store/rocks/log_check.rs", &["name"]),
    ("store/rocks/mod.rs", &["name"]),
    ("api/json/request.rs", &["shown"]),
];
/// Uses that nobody reads: parts of a hash, the settings that `--resume` compares, bounds in a handbook that is held against the code, and
/// a code of gRPC that is spelled as a word.
const UNREAD: &[(&str, &[&str])] = &[
    ("cli/commands/filter.rs", &["name", "", "encoding", "sheet", "language"]),
    ("filter/layout.rs", &["delimiter"]),
    ("import/manifest.rs", &["known", "options"]),
    ("import/remote.rs", &[""]),
    ("telemetry/handbook.rs", &[""]),
    ("api/error/page.rs", &["grpc"]),
];

/// A use of it: the file, and what is shown.
type Use = (String, String);

#[test]
fn nothing_is_dumped_into_the_log() {
    let found: Vec<Use> = sources().iter().flat_map(|(file, text)| log_fields(file, text)).collect();
    assert_eq!(found, [], "show a field with % and a Display, or as a number");
}

#[test]
fn what_is_shown_to_people_is_no_dump() {
    let found: BTreeSet<Use> = sources().iter().flat_map(|(file, text)| formatted(file, text)).collect();
    let named =
        QUOTES.iter().chain(UNREAD).flat_map(|(file, shown)| shown.iter().map(|of| ((*file).to_owned(), (*of).to_owned())));
    let named: BTreeSet<Use> = named.collect();
    let (new, gone) = (found.difference(&named).collect::<Vec<_>>(), named.difference(&found).collect::<Vec<_>>());
    assert!(new.is_empty(), "give these a Display, or name them if they quote a text: {new:?}");
    assert!(gone.is_empty(), "these are not there any more: {gone:?}");
}

#[test]
fn a_dump_is_found() {
    let log =
        "tracing::warn!(\n    brand, ?gap, took = ?begun.elapsed(), %error, \"why?\");\ninfo!(at = 1, \"a ? b\"); f(x?, ?);";
    assert_eq!(log_fields("a.rs", log).iter().map(|(_, of)| of.as_str()).collect::<Vec<_>>(), ["gap", "begun.elapsed"]);
    let text = "format!(\"{gap:?} {:?} {}\", a, b); // {comment:?}\n#[error(\"{0:#?}\")]\nassert_eq!(a, b, \"{c:?}\");\n#[cfg(test)]\nmod tests { \"{x:?}\" }";
    assert_eq!(formatted("a.rs", text).iter().map(|(_, of)| of.as_str()).collect::<Vec<_>>(), ["gap", "", "0"]);
}

/// The fields of the macros of the log that are shown with `?`.
fn log_fields(file: &str, text: &str) -> Vec<Use> {
    let mut found = Vec::new();
    for name in ["trace!(", "debug!(", "info!(", "warn!(", "error!(", "event!("] {
        for call in written(text).split(name).skip(1) {
            let fields = call.split(");").next().unwrap_or_default();
            // The message is the first text, behind all fields.
            let fields = fields.split('"').next().unwrap_or_default();
            for field in fields.split(',').map(str::trim) {
                let shown = field.split_once('=').map_or(field, |(_, value)| value.trim());
                let Some(shown) = shown.strip_prefix('?') else { continue };
                let end = shown.find(|letter: char| !(letter.is_alphanumeric() || "_.".contains(letter)));
                found.push((file.to_owned(), shown[..end.unwrap_or(shown.len())].to_owned()));
            }
        }
    }
    found
}

/// What stands in front of `:?}` and `:#?}` in texts that are not those of a failing assertion.
fn formatted(file: &str, text: &str) -> Vec<Use> {
    let mut found = Vec::new();
    let lines = written(text);
    for line in lines.lines().filter(|line| !line.contains("assert") && !line.contains("panic!(")) {
        for ending in [":?}", ":#?}"] {
            for (at, _) in line.match_indices(ending) {
                let start = line[..at].rfind('{').map_or(at, |start| start + 1);
                found.push((file.to_owned(), line[start..at].to_owned()));
            }
        }
    }
    found
}

/// The text of a source without its tests and comments.
fn written(text: &str) -> String {
    let end = text.find("\nmod tests {").unwrap_or(text.len());
    let code = text[..end].lines().map(|line| line.split("//").next().unwrap_or_default());
    code.map(|line| format!("{line}\n")).collect()
}

/// Every source of the program but tests, by its path below `src`.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    assert!(found.len() > 100, "no sources under {}", root.display());
    let shown = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let named = found.iter().map(|path| (shown(path), fs::read_to_string(path).unwrap()));
    named.filter(|(file, _)| !file.contains("tests") && !file.contains("proto/")).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}
