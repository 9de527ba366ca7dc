//! Rules for all pages: a short landing page, the purpose first, plain words, and a glossary whose names exist.

use super::{Document, ROOT, document, pages};
use std::fs;
use std::path::Path;

/// Lines of a landing page at most.
const MAX_LINES: usize = 120;
/// Characters of one of its lines at most.
const MAX_WIDTH: usize = 100;

/// Tables that are printed from the code, without title and text; `docs/policy.md` introduces them.
const BARE_TABLES: [&str; 2] = ["docs/policy.en.md", "docs/policy.tr.md"];

/// Words that hide who does something, or what happens.
const REFUSED: [&str; 9] = ["told", "goes on", "on file", "nobody", "let go", "what became of", "so many", "whoever", "anew"];

#[test]
fn landing_pages_are_short_and_narrow() {
    for name in ["README.md", "README.tr.md"] {
        let page = document(name);
        assert!(page.text.lines().count() <= MAX_LINES, "{name}: {} lines", page.text.lines().count());
        let wide: Vec<_> = page.text.lines().filter(|line| line.chars().count() > MAX_WIDTH).collect();
        assert!(wide.is_empty(), "{name}: wider than {MAX_WIDTH}: {wide:#?}");
    }
}

#[test]
fn versions_are_those_of_the_package() {
    let version = env!("CARGO_PKG_VERSION");
    let (series, _) = version.rsplit_once('.').unwrap();
    for (name, word) in [("README.md", "Version"), ("README.tr.md", "Sürüm")] {
        let text = document(name).text;
        assert!(text.contains(&format!("{word} {series}.")), "{name}: not {series}");
        assert!(text.contains(&format!("Rust {} ", env!("CARGO_PKG_RUST_VERSION"))), "{name}: the Rust that a build needs");
        assert!(text.contains(env!("CARGO_PKG_LICENSE").rsplit('-').next().unwrap()), "{name}: licence");
    }
    let sections: Vec<_> = document("CHANGELOG.md").headings().into_iter().filter(|(level, _)| *level == 2).collect();
    let expected = ["[Unreleased]".to_owned(), format!("[{version}]")];
    assert_eq!(sections.iter().take(2).map(|(_, title)| title).collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
}

#[test]
fn pages_say_first_what_they_are_for() {
    for name in pages().iter().filter(|name| name.starts_with("docs/") && !BARE_TABLES.contains(&name.as_str())) {
        let page = document(name);
        let mut lines = page.text.lines();
        assert!(lines.next().is_some_and(|title| title.starts_with("# ")), "{name} has no title");
        let purpose = lines.find(|line| !line.is_empty()).unwrap_or_default();
        let is_prose = purpose.starts_with(|letter: char| letter.is_alphabetic()) && purpose.split_whitespace().count() >= 6;
        assert!(is_prose, "{name} begins with {purpose:?}");
    }
}

#[test]
fn pages_have_plain_words() {
    let mut found = Vec::new();
    let alerts = "deploy/prometheus/alerts.yml".to_owned();
    for name in pages().into_iter().chain([alerts]) {
        let page = document(&name).text.to_lowercase();
        for (line, text) in page.lines().enumerate() {
            found.extend(refused(text).into_iter().map(|word| format!("{name}:{}: {word}", line + 1)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(refused("it is told so, and goes on anew; untold, ongoing"), ["told", "goes on", "anew"]);
}

/// The refused words of a line in small letters.
fn refused(line: &str) -> Vec<&'static str> {
    let is_whole = |(start, word): (usize, &str)| {
        let ends = |edge: Option<char>| edge.is_none_or(|letter| !letter.is_alphanumeric());
        ends(line[..start].chars().next_back()) && ends(line[start + word.len()..].chars().next())
    };
    REFUSED.into_iter().filter(|word| line.match_indices(word).any(is_whole)).collect()
}

#[test]
fn names_of_the_glossary_exist() {
    let glossary = document("docs/glossary.md");
    let contract = fs::read_to_string(Path::new(ROOT).join("proto/izingate/v1/izingate.proto")).unwrap();
    let fields = contract + &document("docs/api.md").text;
    let source = source(&Path::new(ROOT).join("src"));
    let rows = glossary.text.lines().filter(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split(" |").nth(1)).map(str::to_owned);
    let names: Vec<_> = cells.flat_map(|cell| Document::read(&cell).terms()).collect();
    assert!(names.len() > 30, "{names:?}");
    let is_type = |name: &str| ["struct", "enum"].iter().any(|kind| has_word(&source, &format!("{kind} {name}")));
    let unknown: Vec<_> = names.iter().filter(|name| !has_word(&fields, name) && !is_type(name)).collect();
    assert!(unknown.is_empty(), "neither field nor type: {unknown:?}");
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let ends = |edge: Option<char>| edge.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
        ends(text[..start].chars().next_back()) && ends(text[start + word.len()..].chars().next())
    })
}

/// All files below a folder.
fn source(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { source(&path) } else { fs::read_to_string(&path).unwrap_or_default() }).collect()
}
