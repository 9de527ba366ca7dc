//! `izingate evidence export`.

use super::{CommandError, or_missing, record_of, refused};
use crate::cli::args::evidence::ExportArgs;
use crate::dossier::export::{ExportError, Report, export as export_segments};
use crate::evidence::tree::prove::files;

/// Writes sealed segments as Parquet files.
pub(super) fn export(args: &ExportArgs) -> Result<String, CommandError> {
    let record = record_of(&args.data, args.secret_file.as_deref())?;
    let report = export_segments(&record, &args.out, args.from..=args.to).map_err(|error| match error {
        ExportError::Record(error) => refused(error),
        ExportError::Foreign(_) => CommandError::refused("FOREIGN_FILE", error),
        ExportError::Unwritable(..) => CommandError::refused("EXPORT_FAILED", error),
    })?;
    let Report { written, decisions, there, removed, accepted, missing } = &report;
    if !accepted.is_empty() {
        tracing::warn!(segments = %files(accepted), "are missing, which an operator accepted");
    }
    let (removed, gone) = (removed.len(), accepted.len() + missing.len());
    let text = format!(
        "written     {written}\ndecisions   {decisions}\nskipped     {there}\nremoved     {removed}\nmissing     {gone}\n"
    );
    or_missing(text, missing)
}
