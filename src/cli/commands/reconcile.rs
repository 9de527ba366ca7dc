//! `izingate reconcile`.

use super::{CommandError, connect, endpoint, runtime};
use crate::api::proto::ReconcileRequest;
use crate::api::proto::admin_service_client::AdminServiceClient;
use crate::cli::args::reconcile::ReconcileArgs;
use serde_json::Value;
use std::fmt::Write as _;

/// What is printed of a report, in this order; the recipients are for `--json`.
const NAMES: [&str; 12] = [
    "outcome",
    "brandCode",
    "date",
    "movements",
    "missing",
    "unreadable",
    "onlyHere",
    "onlyHereUncounted",
    "bytes",
    "hash",
    "agreedHash",
    "confirmed",
];

/// Holds a day against İYS's file; what it returns is for standard output, with the exit code: 3 if something
/// differed.
pub fn reconcile(args: &ReconcileArgs) -> Result<(String, u8), CommandError> {
    let request = ReconcileRequest { brand_code: args.brand.get(), date: args.date.clone() };
    let report = runtime()?.block_on(async {
        let mut client = AdminServiceClient::new(connect(&endpoint(args.endpoint.as_ref())?).await?);
        Ok::<_, CommandError>(client.reconcile(request).await?.into_inner().report)
    })?;
    let read: Value = serde_json::from_str(&report).map_err(|error| CommandError::Gateway(error.to_string()))?;
    let only_here = read["onlyHere"].as_u64().unwrap_or(0);
    let code = match read["outcome"].as_str() {
        Some("AGREES" | "NO_FILE") if only_here == 0 => 0,
        _ => 3,
    };
    if args.json {
        return Ok((report + "\n", code));
    }
    Ok((table(&read, only_here), code))
}

fn table(report: &Value, only_here: u64) -> String {
    let mut text = String::new();
    for (name, value) in NAMES.into_iter().filter_map(|name| Some((name, report.get(name)?))) {
        let value = match value {
            Value::Null => "not counted".to_owned(),
            Value::String(value) if value.is_empty() => continue,
            Value::String(value) => value.clone(),
            value => value.to_string(),
        };
        let _ = writeln!(text, "{name:<17}  {value}");
    }
    if only_here > 0 {
        let remark = "movements that İYS's file does not have stay: none is ever unlearned; --json names recipients by pseudonym";
        let _ = writeln!(text, "\n{remark}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_reads_in_lines() {
        let report =
            json!({ "outcome": "AGREES", "movements": 4, "onlyHere": 1, "onlyHereRecipients": ["9f"], "onlyHereUncounted": "" });
        let expected = "outcome            AGREES\nmovements          4\nonlyHere           1\n\n";
        let shown = table(&report, 1);
        assert!(shown.starts_with(&format!("{expected}movements that İYS's file does not have stay")), "{shown}");
        let report = json!({ "onlyHere": null, "onlyHereUncounted": "too many" });
        assert_eq!(table(&report, 0), "onlyHere           not counted\nonlyHereUncounted  too many\n");
    }
}
