//! `izingate evidence export`.

use super::{CommandError, folder_of, unreadable};
use crate::cli::evidence::ExportArgs;
use crate::evidence::export::{ExportError, Report, export as export_segments};

/// Writes sealed segments as Parquet files.
pub(super) fn export(args: &ExportArgs) -> Result<String, CommandError> {
    let folder = folder_of(&args.data)?;
    let numbers = args.from..=args.to;
    let report = export_segments(&folder, &args.out, numbers).map_err(|error| match error {
        ExportError::Io(error) => unreadable(&folder)(error),
        ExportError::Unreadable(_) => CommandError::refused("EVIDENCE_BROKEN", error),
        ExportError::Foreign(_) => CommandError::refused("FOREIGN_FILE", error),
        ExportError::Unwritable(..) => CommandError::refused("EXPORT_FAILED", error),
    })?;
    if !report.gone.is_empty() {
        tracing::warn!(segments = ?report.gone, "are not here any more; izingate evidence verify says whether they were removed");
    }
    let Report { written, decisions, there, gone } = &report;
    Ok(format!("written     {written}\ndecisions   {decisions}\nskipped     {there}\ngone        {}\n", gone.len()))
}
