//! `izingate evidence …`: reads the record of decisions, beside a running gateway too.

mod dossier;
mod export;
mod find;
mod key;
mod prove;
mod verify;

use super::CommandError;
use crate::cli::evidence::EvidenceCommand;
use std::io;

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

/// The stable code of evidence that is not there or cannot be read.
const UNREADABLE: &str = "EVIDENCE_UNREADABLE";

fn unreadable(error: io::Error) -> CommandError {
    CommandError::refused(UNREADABLE, error)
}
