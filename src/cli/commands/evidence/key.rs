//! `izingate evidence key`.

use super::{CommandError, evidence_of, folder_of, unreadable};
use crate::cli::args::evidence::KeyArgs;
use crate::evidence::tree::archive::{read_checkpoint, read_public};
use crate::evidence::tree::signed_note::Verifier;
use std::path::Path;

/// The public key of a folder.
pub(super) fn read_key(folder: &Path) -> Result<String, CommandError> {
    let path = folder.join("public.key");
    read_public(&path).map_err(unreadable(&path))
}

/// The public key, and the newest checkpoint behind an empty line.
pub(super) fn key(args: &KeyArgs) -> Result<String, CommandError> {
    let folder = folder_of(&args.data)?;
    let key = read_key(&folder)?;
    // A foreign key must not become the witness.
    if let Some((node, mark)) = evidence_of(&args.data, None)?.reader.mark {
        let remembered = Verifier::of_node(node, mark.public_key).to_string();
        if key.trim() != remembered {
            let text =
                format!("{}: the key that signs is {remembered}, and this is another one", folder.join("public.key").display());
            return Err(CommandError::refused("EVIDENCE_KEY", text));
        }
    }
    let checkpoint = read_checkpoint(&folder).map_err(unreadable(&folder))?.unwrap_or_default();
    Ok(format!("{key}\n{checkpoint}"))
}
