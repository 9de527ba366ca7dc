//! `izingate reconcile`.

use super::{CommandError, connect, runtime};
use crate::cli::reconcile::ReconcileArgs;
use crate::wire::proto::ReconcileRequest;
use crate::wire::proto::admin_service_client::AdminServiceClient;
use serde_json::Value;
use std::fmt::Write as _;

/// Holds a day against İYS's file; what it returns is for standard output, with the exit code: 3 if something
/// differed.
pub fn reconcile(args: &ReconcileArgs) -> Result<(String, u8), CommandError> {
    let request = ReconcileRequest { brand_code: args.brand.get(), date: args.date.clone() };
    let report = runtime()?.block_on(async {
        let mut client = AdminServiceClient::new(connect(&args.endpoint).await?);
        Ok::<_, CommandError>(client.reconcile(request).await?.into_inner().report)
    })?;
    let read: Value = serde_json::from_str(&report).map_err(|error| CommandError::Gateway(error.to_string()))?;
    let code = match read["outcome"].as_str() {
        Some("AGREES" | "NO_FILE") => 0,
        _ => 3,
    };
    if args.json {
        return Ok((report + "\n", code));
    }
    let mut text = String::new();
    for (name, value) in read.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(text, "{name:<10}  {value}");
    }
    Ok((text, code))
}
