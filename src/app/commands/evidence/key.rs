//! `izingate evidence key`.

use super::{CommandError, unreadable};
use crate::app::data_dir::evidence_path;
use crate::cli::evidence::KeyArgs;
use crate::evidence::archive::read_checkpoint;
use std::fs;

/// The public key, and the newest checkpoint behind an empty line.
pub(super) fn key(args: &KeyArgs) -> Result<String, CommandError> {
    let folder = evidence_path(&args.data);
    let key = fs::read_to_string(folder.join("public.key")).map_err(unreadable)?;
    let checkpoint = read_checkpoint(&folder).map_err(unreadable)?.unwrap_or_default();
    Ok(format!("{key}\n{checkpoint}"))
}
