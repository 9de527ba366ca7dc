//! `izingate evidence prove`.

use super::{CommandError, folder_of, unreadable};
use crate::check::DecisionId;
use crate::cli::evidence::ProveArgs;
use crate::evidence::prove::{ProveError, prove as prove_id};

/// Proves that a decision is on record: JSON.
pub(super) fn prove(args: &ProveArgs) -> Result<String, CommandError> {
    let id = DecisionId::parse(&args.id);
    let id = id.ok_or_else(|| CommandError::refused("INVALID_ID", "a decision's id is 32 hexadecimal digits"))?;
    let folder = folder_of(&args.data)?;
    let proof = prove_id(&folder, id).map_err(|error| match error {
        ProveError::Io(error) => unreadable(&folder)(error),
        ProveError::Unknown(_) => CommandError::refused("UNKNOWN_DECISION", error),
        ProveError::NotSealed(_) => CommandError::refused("NOT_SEALED", error),
        ProveError::Broken(_) => CommandError::refused("EVIDENCE_BROKEN", error),
    })?;
    let json = serde_json::to_string_pretty(&proof).map_err(|error| CommandError::Internal(error.to_string()))?;
    Ok(json + "\n")
}
