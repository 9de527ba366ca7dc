//! `izingate evidence …`: reads the record of decisions, beside a running gateway too; and continues where a start refuses.

mod accept;
mod dossier;
mod export;
mod find;
mod key;
mod prove;
mod rotate;
mod sources;
mod verify;

use super::CommandError;
use crate::cli::args::evidence::EvidenceCommand;
use crate::config::SecretSource;
use crate::data::data_dir::{evidence_path, refuse_links};
use crate::data::open;
use crate::data::open::{Evidence, OpenError};
use crate::evidence::record::{Record, RecordError};
use crate::evidence::tree::prove::files;
use std::io;
use std::path::{Path, PathBuf};

/// Does what is asked; what it returns is for standard output, with the exit code.
pub fn evidence(command: &EvidenceCommand) -> Result<(String, u8), CommandError> {
    match command {
        EvidenceCommand::Verify(args) => verify::verify(args),
        EvidenceCommand::Prove(args) => prove::prove(args).map(|text| (text, 0)),
        EvidenceCommand::Key(args) => key::key(args).map(|text| (text, 0)),
        EvidenceCommand::Find(args) => find::find(args).map(|text| (text, 0)),
        EvidenceCommand::Dossier(args) => dossier::dossier(args).map(|text| (text, 0)),
        EvidenceCommand::Export(args) => export::export(args).map(|text| (text, 0)),
        EvidenceCommand::AcceptLoss(args) => accept::accept(args).map(|text| (text, 0)),
        EvidenceCommand::RotateKey(args) => rotate::rotate(args).map(|text| (text, 0)),
    }
}

/// Opens a reader of the evidence of a data directory.
fn evidence_of(data: &Path, secret_file: Option<&str>) -> Result<Evidence, CommandError> {
    refuse_links(data).map_err(OpenError::from)?;
    Ok(open::evidence(data, &SecretSource::load(secret_file)?)?)
}

/// The record of a data directory, held against its witnesses.
fn record_of(data: &Path, secret_file: Option<&str>) -> Result<Record, CommandError> {
    evidence_of(data, secret_file)?.reader.open().map_err(refused)
}

/// Texts of errors of evidence that is not what was written.
fn refused(error: RecordError) -> CommandError {
    match error {
        RecordError::Io(path, error) => unreadable(&path)(error),
        RecordError::Faults(faults) => {
            let code = faults.first().map_or("EVIDENCE_BROKEN", |fault| fault.code());
            CommandError::refused(code, RecordError::Faults(faults))
        }
    }
}

/// Ends a command that did what it could: files of sealed segments are missing, and nothing on record says why. A reader must not take what
/// is shown for all there is.
fn or_missing(shown: String, missing: &[u64]) -> Result<String, CommandError> {
    if missing.is_empty() {
        return Ok(shown);
    }
    let message = format!(
        "{} may hold decisions that were asked for, and are missing: no event says that they were removed; see izingate evidence verify",
        files(missing)
    );
    Err(CommandError::Incomplete { shown, code: "EVIDENCE_MISSING", message })
}

/// The evidence's folder of a data directory.
fn folder_of(data: &Path) -> Result<PathBuf, CommandError> {
    refuse_links(data).map_err(OpenError::from)?;
    Ok(evidence_path(data))
}

/// The stable code of evidence that is not there or cannot be read.
const UNREADABLE: &str = "EVIDENCE_UNREADABLE";

/// The error for a path that the system does not let us read.
fn unreadable(path: &Path) -> impl Fn(io::Error) -> CommandError + Copy {
    move |error| CommandError::refused(UNREADABLE, format!("{}: {error}", path.display()))
}
