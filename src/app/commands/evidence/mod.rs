//! `izingate evidence …`: reads the record of decisions, beside a running gateway too.

mod dossier;
mod export;
mod find;
mod key;
mod prove;
mod verify;

use super::CommandError;
use crate::app::data_dir::{evidence_path, refuse_links};
use crate::app::open::OpenError;
use crate::cli::evidence::EvidenceCommand;
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
    }
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
