//! `izingate evidence prove`.

use super::{CommandError, record_of, refused};
use crate::cli::args::evidence::ProveArgs;
use crate::evidence::tree::prove::{ProveError, prove as prove_id};
use crate::model::decision::id::DecisionId;

/// Proves that a decision is on record: JSON.
pub(super) fn prove(args: &ProveArgs) -> Result<String, CommandError> {
    let id = DecisionId::parse(&args.id);
    let id = id.ok_or_else(|| CommandError::refused("INVALID_ID", "a decision's id is 32 hexadecimal digits"))?;
    let record = record_of(&args.data, args.secret_file.as_deref())?;
    let proof = prove_id(&record, id).map_err(|error| match error {
        ProveError::Record(error) => refused(error),
        ProveError::Unknown(_) | ProveError::Removed(..) => CommandError::refused("UNKNOWN_DECISION", error),
        ProveError::NotSealed(_) => CommandError::refused("NOT_SEALED", error),
        ProveError::Missing(..) => {
            CommandError::Incomplete { shown: String::new(), code: "EVIDENCE_MISSING", message: error.to_string() }
        }
    })?;
    let json = serde_json::to_string_pretty(&proof).map_err(|error| CommandError::Internal(error.to_string()))?;
    Ok(json + "\n")
}
