//! `izingate evidence find`.

use super::{CommandError, folder_of, unreadable};
use crate::app::open;
use crate::check::policy;
use crate::cli::evidence::{FindArgs, Whose};
use crate::config::SecretSource;
use crate::evidence::search::{Found, Query, Search, find as search};
use crate::model::channel::Channel;
use crate::model::hex::{from_hex, to_hex};
use crate::model::key::Pseudonym;
use crate::model::mode::Mode;
use crate::model::recipient::Recipient;
use crate::model::time::IysTime;
use serde_json::json;
use std::fmt::Write;

/// Every decision about a recipient, a line each.
pub(super) fn find(args: &FindArgs) -> Result<String, CommandError> {
    let query = query_of(&args.whose)?;
    let folder = folder_of(&args.whose.data)?;
    let found = search(&folder, &query).map_err(unreadable(&folder))?;
    tell_of(&found);
    if args.json {
        return Ok(found.found.iter().map(json_line).collect());
    }
    if found.found.is_empty() {
        return Ok("no decision is on record\n".to_owned());
    }
    let heads = format!("{:<25}  {:<32}  {:>10}  {:<15}  decision", "time", "id", "brand", "channel");
    Ok(std::iter::once(heads + "\n").chain(found.found.iter().map(text_line)).collect())
}

/// What a search is after. An address says by itself whether it is a phone or an e-mail.
pub(super) fn query_of(whose: &Whose) -> Result<Query, CommandError> {
    let recipient = match (&whose.recipient, &whose.pseudonym) {
        (Some(address), _) => {
            let channel = if address.contains('@') { Channel::Eposta } else { Channel::Mesaj };
            let invalid = |_| CommandError::refused("INVALID_RECIPIENT", "the address is neither a phone nor an e-mail");
            let recipient = Recipient::parse(address, channel).map_err(invalid)?;
            let secret = SecretSource::load(whose.secret_file.as_deref())?;
            open::pseudonymizer(&whose.data, &secret)?.recipient(&recipient)
        }
        (None, hex) => {
            let bytes = from_hex(hex.as_deref().unwrap_or_default()).and_then(|bytes| bytes.try_into().ok());
            let invalid = || CommandError::refused("INVALID_RECIPIENT", "a pseudonym is 32 hexadecimal digits");
            Pseudonym(bytes.ok_or_else(invalid)?)
        }
    };
    Ok(Query { recipient, brand: whose.brand, from: whose.from, to: whose.to })
}

/// What a reader of the result should know of it.
pub(super) fn tell_of(search: &Search) {
    if !search.scanned.is_empty() {
        tracing::warn!(segments = ?search.scanned, "looked through without an index");
    }
    if !search.removed.is_empty() {
        tracing::warn!(segments = ?search.removed, "were removed when nothing in them had to be kept");
    }
}

fn text_line(found: &Found) -> String {
    let Found { id, entry, place, .. } = found;
    let outcome = policy::recorded(entry.outcomes.parts().0[*place], entry.scope.cell);
    let (decision, reason) = outcome.map_or(("?", "?"), |outcome| (outcome.decision.name(), outcome.reason.name()));
    let mut line = format!(
        "{}  {id}  {:>10}  {:<6} {:<8}  {decision:<5} {reason}",
        entry.asked.rfc3339(),
        entry.scope.brand,
        entry.scope.cell.channel,
        entry.scope.cell.recipient_type,
    );
    if outcome.is_some_and(|outcome| !outcome.enforced) {
        line.push_str(", not enforced");
    }
    if !entry.reference.is_empty() {
        let _ = write!(line, "  {}", entry.reference.escape_debug());
    }
    line.push('\n');
    line
}

fn json_line(found: &Found) -> String {
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
        "segment": segment,
        "writtenAt": IysTime::from_unix(u32::try_from(written / 1_000).unwrap_or(u32::MAX)).rfc3339(),
    });
    format!("{line}\n")
}
