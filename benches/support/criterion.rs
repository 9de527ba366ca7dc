//! What criterion measured, for the report.

use super::Outcome;
use super::report::Section;
use super::svg::Chart;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes a section of criterion's last figures of a group: the first in `names` is what the others are
/// held against.
pub fn section(name: &'static str, title: &str, groups: &[(&str, Vec<&str>)]) -> Outcome<()> {
    let mut section = Section::new(name, title);
    section.say("Taken by criterion, one after the other; times are for one item of a call. The first of a group is what the others are held against.");
    let mut bars = Vec::new();
    let mut rows = Vec::new();
    for (group, functions) in groups {
        let figures: Vec<(String, f64)> = functions
            .iter()
            .filter_map(|function| Some(((*function).to_owned(), nanos(group, function)? / items(function))))
            .collect();
        for (function, nanos) in &figures {
            let against = figures.first().map_or(1.0, |(_, first)| nanos / first);
            rows.push(vec![(*group).to_owned(), function.clone(), format!("{nanos:.1} ns"), format!("{against:.2} ×")]);
        }
        bars.push(((*group).to_owned(), figures));
    }
    section.table(&["group", "what", "time", "against the first"], &rows);
    section.chart("times", &Chart::Bars { title: format!("{title}, ns"), groups: bars })?;
    section.finish()
}

/// How many items a function named `what/count` takes at once; its time is shown for one of them.
fn items(function: &str) -> f64 {
    function.rsplit('/').next().and_then(|count| count.parse().ok()).unwrap_or(1.0)
}

/// The median of a function, if it was ever measured.
fn nanos(group: &str, function: &str) -> Option<f64> {
    let path: PathBuf = [group, function].iter().flat_map(|part| part.split('/')).map(file_name).collect();
    let text = fs::read_to_string(home().join(path).join("new/estimates.json")).ok()?;
    serde_json::from_str::<serde_json::Value>(&text).ok()?["median"]["point_estimate"].as_f64()
}

/// Where criterion keeps its figures.
fn home() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).join("criterion")
}

/// Criterion's way to make a file name: what a file system may not take becomes `_`, cut at 64 bytes.
fn file_name(text: &str) -> String {
    let mut name = text.replace(['?', '"', '/', '\\', '*', '<', '>', ':', '|', '^'], "_");
    while name.len() > 64 {
        name.pop();
    }
    name
}
