//! The table of series as a page for people.

use super::series::{ALL, BATCH_BOUNDS, CHECK_BOUNDS, Series, Unit, Values};
use std::fmt::Write;
use std::time::Duration;

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Ratio => "ratio",
        }
    }
}

impl Values {
    /// For people.
    fn describe(&self) -> String {
        match self {
            Self::Of(words) => words().iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" "),
            Self::Code => "a stable code of the gateway's errors; those that occurred".to_owned(),
            Self::IysCode => "a known code of İYS, `other`, or ours where it did not answer; those that occurred".to_owned(),
            Self::Brand(most) => format!("brand codes, {most} rows at most"),
            Self::Version => "the version".to_owned(),
        }
    }
}

/// The table as a page for people: `docs/metrics.md`.
#[must_use]
pub fn markdown() -> String {
    // Writing to a string does not fail.
    let mut page = String::from(
        "# Metrics\n\nThis page lists every series of `/metrics` on the admin port. It is printed from the source; \
         `UPDATE_METRICS=1 cargo test --lib telemetry` writes it.\n\n\
         No series is labelled by recipient or caller; by brand only two are, for the twenty that matter most. A counter \
         starts at 0 with the process, except `izingate_starts_total`, which belongs to the data directory.\n\n\
         | series | kind | unit | labels | what it says |\n|---|---|---|---|---|\n",
    );
    for Series { name, kind, unit, labels, help } in ALL {
        let labels = labels.iter().map(|label| format!("`{}`", label.name)).collect::<Vec<_>>().join(" ");
        let _ = writeln!(page, "| `{name}` | {} | {} | {labels} | {help} |", kind.name(), unit.name());
    }
    page += "\n## Labels\n\n| label | of | values |\n|---|---|---|\n";
    let mut seen: Vec<(&str, String)> = Vec::new();
    for label in ALL.iter().flat_map(|series| series.labels) {
        let row = (label.name, label.values.describe());
        if seen.contains(&row) {
            continue;
        }
        let of = ALL.iter().filter(|other| other.labels.iter().any(|own| (own.name, own.values.describe()) == row));
        let of = if of.clone().count() > 2 {
            "several".to_owned()
        } else {
            of.map(|one| format!("`{}`", one.name)).collect::<Vec<_>>().join(" ")
        };
        let _ = writeln!(page, "| `{}` | {of} | {} |", row.0, row.1);
        seen.push(row);
    }
    page += "\n## Buckets\n\n";
    for (name, bounds) in [("izingate_check_seconds", CHECK_BOUNDS), ("izingate_ingest_…_seconds", BATCH_BOUNDS)] {
        let bounds = bounds.iter().map(|nanos| format!("{:?}", Duration::from_nanos(*nanos))).collect::<Vec<_>>();
        let _ = writeln!(page, "`{name}`: {}.\n", bounds.join(", "));
    }
    page.trim_end().to_owned() + "\n"
}
