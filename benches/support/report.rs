//! The report: every benchmark leaves a section, and the page is put together of those that there are.
//! It lies in `target/bench-report/` of the repository, wherever the build itself goes.

use super::machine;
use super::{Outcome, svg::Chart};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// One section of the report.
pub struct Section {
    /// Its file name without ending; sections stand in the order of their names.
    name: &'static str,
    text: String,
}

impl Section {
    /// A section with its title.
    pub fn new(name: &'static str, title: &str) -> Self {
        Self { name, text: format!("## {title}\n\n") }
    }

    /// A paragraph.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(self.text, "{text}\n");
    }

    /// A table.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let _ = writeln!(self.text, "| {} |", head.join(" | "));
        let _ = writeln!(self.text, "|{}", "---|".repeat(head.len()));
        for row in rows {
            let _ = writeln!(self.text, "| {} |", row.join(" | "));
        }
        self.text.push('\n');
    }

    /// A chart, in a file of its own.
    pub fn chart(&mut self, file: &str, chart: &Chart) -> Outcome<()> {
        let file = format!("{}-{file}.svg", self.name);
        fs::write(folder()?.join(&file), chart.svg())?;
        let _ = writeln!(self.text, "![{}]({file})\n", chart.title());
        Ok(())
    }

    /// Writes the section, and the page of all sections. Says on the terminal what the section says.
    pub fn finish(self) -> Outcome<()> {
        let (folder, sections) = (folder()?, folder()?.join("sections"));
        fs::create_dir_all(&sections)?;
        let taken = format!("<sub>{}</sub>\n\n", machine::describe());
        fs::write(sections.join(self.name).with_extension("md"), format!("{}{taken}", self.text))?;
        print!("\n{}{taken}", self.text);
        let mut found: Vec<PathBuf> = fs::read_dir(&sections)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
        found.sort();
        let texts: Vec<String> = found.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
        fs::write(folder.join("report.md"), format!("{HEAD}{}", texts.concat()))?;
        println!("written to {}", folder.join("report.md").display());
        Ok(())
    }
}

const HEAD: &str = "# izingate: benchmarks\n\n\
    Every figure stands beside its rival, measured in the same run: contenders take turns round by round, a figure \
    is the median of its rounds and a ratio the median of the rounds' ratios. The small line under a section is the \
    machine that it was taken on.\n\n";

fn folder() -> Outcome<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-report");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// `20_000_000` as `20 M`, for people.
pub fn short(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{} k", number / 1_000),
        _ => format!("{} M", number / 1_000_000),
    }
}

/// Reads `20M`, `1B`, `500k` or `1000`.
pub fn number(text: &str) -> Outcome<u64> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "B" | "G" => 1_000_000_000,
        _ => return Err(format!("{text}: a number is written 1000, 500k, 20M or 1B").into()),
    };
    Ok(digits.parse::<u64>().map_err(|error| format!("{text}: {error}"))? * unit)
}

/// A setting of the environment as a number.
pub fn setting(name: &str, default: u64) -> Outcome<u64> {
    std::env::var(name).map_or(Ok(default), |text| number(&text))
}

/// A rate for people: `8.31 M/s`.
pub fn rate(per_second: f64) -> String {
    match per_second {
        rate if rate >= 1e6 => format!("{:.2} M/s", rate / 1e6),
        rate if rate >= 1e4 => format!("{:.1} k/s", rate / 1e3),
        rate => format!("{rate:.0} /s"),
    }
}

/// A ratio for people, with whether it keeps to a bar.
pub fn judged(ratio: f64, bar: f64, at_most: bool) -> String {
    let kept = if at_most { ratio <= bar } else { ratio >= bar };
    format!("**{ratio:.2} ×** ({} {bar} ×: {})", if at_most { "≤" } else { "≥" }, if kept { "kept" } else { "missed" })
}

/// Bytes for people: `1.2 GB`.
pub fn size(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes >= 1e9 => format!("{:.2} GB", bytes / 1e9),
        bytes => format!("{:.1} MB", bytes / 1e6),
    }
}

/// Whether seconds keep to a bar, for people.
pub fn within(seconds: f64, bar: f64) -> String {
    format!("≤ {bar} s: {}", if seconds <= bar { "kept" } else { "missed" })
}
