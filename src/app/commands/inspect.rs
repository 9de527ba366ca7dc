//! `izingate inspect`.

use super::CommandError;
use crate::app::open;
use crate::cli::inspect::InspectArgs;
use crate::ports::HistoryReader;
use std::fmt::Write;

/// Counts what a data directory holds; what it returns is for standard output.
pub fn inspect(args: &InspectArgs) -> Result<String, CommandError> {
    let store = open::read_only(&args.data)?;
    let census = store.census()?;
    let earliest = store.earliest_revision().map_err(|error| CommandError::Internal(error.to_string()))?;
    let mut text = String::new();
    let rows = [
        ("format", u64::from(store.format()?)),
        ("revision", store.revision()?),
        ("earliest revision", earliest.unwrap_or(0)),
        ("relations", census.relations),
        ("ONAY", census.onay),
        ("RET", census.ret),
        ("stored as +900…", census.misformed),
    ];
    for (name, count) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<20}{count:>14}");
    }
    if store.has_open_intent()? {
        text.push_str("a bulk import is under way or was broken off: these counts may include part of one batch of it\n");
    }
    for brand in store.brands()? {
        let relations = census.by_brand.get(&brand.code.get()).copied().unwrap_or(0);
        let as_of = store.import_cursor(brand.code)?.map_or_else(|| "never".to_owned(), |time| time.to_string());
        let state = if brand.active { "active" } else { "not active" };
        let _ = writeln!(text, "brand {:<14}{relations:>14}  {state}, data as of {as_of}, {}", brand.code, brand.title);
    }
    Ok(text)
}
