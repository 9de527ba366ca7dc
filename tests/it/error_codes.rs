//! Every code that a command or a start ends with is in `docs/errors.md`, and every code there is one of the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../docs/errors.md");

/// Where commands and a start take their codes from. Rows of files and lists have codes of their own, in their own pages.
const SOURCES: [&str; 16] = [
    "src/main.rs",
    "src/agi",
    "src/cli",
    "src/config",
    "src/data",
    "src/evidence/fault.rs",
    "src/evidence/start.rs",
    "src/files/error.rs",
    "src/import",
    "src/ingest/bulk/error.rs",
    "src/lists",
    "src/net/endpoint.rs",
    "src/server",
    "src/store/backup.rs",
    "src/store/error.rs",
    "src/api/error.rs",
];

/// What stands before a code in the sources.
const BEFORE: [&str; 6] = ["=> \"", "code: \"", "refused(\"", "CODE: &'static str = \"", "fail(\"", "deferred(\""];

/// Words of that form that are no codes of commands.
const OTHERS: [&str; 3] = ["BAD_LINE", "IYS_KISAMESAJ", "HS_WEB"];

fn read(path: &Path, texts: &mut Vec<String>) {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in &entries {
            read(path, texts);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).unwrap();
        texts.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
    }
}

fn is_code(word: &str) -> bool {
    word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') && !word.starts_with("IZINGATE_")
}

#[test]
fn every_code_of_a_command_says_what_to_do() {
    let mut texts = Vec::new();
    for source in SOURCES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
        assert!(path.exists(), "{source}");
        read(&path, &mut texts);
    }
    let mut given = BTreeSet::new();
    for text in &texts {
        for before in BEFORE {
            let words = text.split(before).skip(1).filter_map(|rest| rest.split('"').next());
            given.extend(words.filter(|word| is_code(word) && !OTHERS.contains(word)));
        }
    }
    assert!(given.contains("PORT_TAKEN") && given.contains("SECRET_MISSING") && given.contains("GATEWAY_FAILED"), "{given:?}");
    let on_page: BTreeSet<&str> = PAGE.split('`').skip(1).step_by(2).filter(|word| is_code(word)).collect();
    let missing: Vec<_> = given.difference(&on_page).collect();
    assert!(missing.is_empty(), "not in docs/errors.md: {missing:?}");
    let (_, commands) = PAGE.split_once("\n## Commands\n").unwrap();
    let rows = commands.lines().filter(|line| line.starts_with("| `")).filter_map(|row| row.split('|').nth(1));
    let told = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    // Some are put together of more than one place, such as a constant.
    let unknown: Vec<_> = told.filter(|code| !texts.iter().any(|text| text.contains(&format!("\"{code}\"")))).collect();
    assert!(unknown.is_empty(), "in docs/errors.md, and no code: {unknown:?}");
}
