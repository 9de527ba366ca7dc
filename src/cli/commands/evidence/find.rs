//! `izingate evidence find`.

use super::CommandError;
use super::sources::Sources;
use crate::check::policy;
use crate::cli::args::evidence::FindArgs;
use crate::evidence::search::Found;
use crate::model::brand::mode::Mode;
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use serde_json::json;
use std::fmt::Write;

/// Every decision about a recipient, a line each, below the records that were searched and how far each reaches.
pub(super) fn find(args: &FindArgs) -> Result<String, CommandError> {
    let sources = Sources::search(&args.whose)?;
    let found = sources.found();
    let shown = if args.json {
        let line = |(chain, found): &(usize, &Found)| json_line(found, &sources.chains[*chain].node);
        found.iter().map(line).collect()
    } else {
        table(&sources, &found)
    };
    sources.or_incomplete(shown)
}

fn table(sources: &Sources, found: &[(usize, &Found)]) -> String {
    let mut text: String = sources.chains.iter().map(super::sources::Source::line).collect();
    text.push('\n');
    if !found.is_empty() {
        let heads = ("time", "id", "brand", "type", "decision");
        let (time, id, brand, cell, decision) = heads;
        let _ = writeln!(text, "{time:<25}  {id:<32}  {brand:>10}  {cell:<15}  {decision:<8}  reason, caller, reference");
    }
    text.extend(found.iter().map(|(_, found)| text_line(found)));
    // Writing to a string does not fail.
    let _ = match found.len() {
        0 => write!(text, "no decision is on record"),
        1 => write!(text, "1 decision"),
        many => write!(text, "{many} decisions"),
    };
    if sources.left_out > 0 {
        let _ = write!(text, "; {} more of the period are left out by --brand, --type, --id or --only-allowed", sources.left_out);
    }
    text.push('\n');
    text
}

fn text_line(found: &Found) -> String {
    let Found { id, entry, place, .. } = found;
    let outcome = policy::recorded(entry.outcomes.parts().0[*place], entry.scope.cell);
    let (decision, reason) = outcome.map_or(("?", "?"), |outcome| (outcome.decision.name(), outcome.reason.name()));
    let mut line = format!(
        "{}  {id}  {:>10}  {:<6} {:<8}  {decision:<8}  {reason}",
        entry.asked.rfc3339(),
        entry.scope.brand,
        entry.scope.cell.channel,
        entry.scope.cell.recipient_type,
    );
    if outcome.is_some_and(|outcome| !outcome.enforced) {
        let _ = write!(line, " (not enforced, mode {})", Mode::from_code(entry.mode).map_or("?", Mode::name));
    }
    let _ = write!(line, ", {}", if entry.caller.is_empty() { "-" } else { &*entry.caller });
    if !entry.reference.is_empty() {
        let _ = write!(line, ", {}", entry.reference.escape_debug());
    }
    line.push('\n');
    line
}

fn json_line(found: &Found, record: &str) -> String {
    let Found { segment, id, entry, place, written, .. } = found;
    let (bytes, recipients) = entry.outcomes.parts();
    let (outcome, recipient) = (policy::recorded(bytes[*place], entry.scope.cell), recipients[*place]);
    let line = json!({
        "decisionId": id.to_string(),
        "time": entry.asked.rfc3339(),
        "caller": &*entry.caller,
        "brandCode": entry.scope.brand.get(),
        "retailerCode": entry.scope.retailer.get(),
        "type": entry.scope.cell.channel.name(),
        "recipientType": entry.scope.cell.recipient_type.name(),
        "recipient": to_hex(&recipient.0),
        "purpose": entry.scope.purpose.name(),
        "declarationId": entry.declaration,
        "decision": outcome.map(|outcome| outcome.decision.name()),
        "reason": outcome.map(|outcome| outcome.reason.name()),
        "enforced": outcome.map(|outcome| outcome.enforced),
        "refusalOnRecord": outcome.map(|outcome| outcome.refusal_on_record),
        "mode": Mode::from_code(entry.mode).map(Mode::name),
        "revision": entry.revision,
        "asOf": entry.as_of.map(IysTime::rfc3339),
        "reference": &*entry.reference,
        "batch": entry.outcomes.len(),
        "record": record,
        "segment": segment,
        "writtenAt": IysTime::from_unix(u32::try_from(written / 1_000).unwrap_or(u32::MAX)).rfc3339(),
    });
    format!("{line}\n")
}
