//! `izingate evidence export`.

use super::CommandError;
use crate::cli::evidence::ExportArgs;

/// Writes sealed segments as Parquet files.
pub(super) fn export(_: &ExportArgs) -> Result<String, CommandError> {
    Err(CommandError::refused("NOT_BUILT", "not built yet"))
}
