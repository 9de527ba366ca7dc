//! `izingate evidence rotate-key`: another key signs from here on.

use super::CommandError;
use crate::cli::args::evidence::RotateArgs;
use crate::config::SecretSource;
use crate::data::data_dir::evidence_path;
use crate::data::evidence::{Beside, EvidenceError};
use crate::data::open::Opened;
use crate::data::{evidence, open};
use crate::evidence::start::accept::change_key;
use std::sync::Arc;

/// Changes the key; what it returns is for standard output.
pub(super) fn rotate(args: &RotateArgs) -> Result<String, CommandError> {
    let secret = SecretSource::load(args.secret_file.as_deref())?;
    let Opened { data, store, keys, .. } = open::existing(&args.data, &secret)?;
    let (node, store) = (store.node()?, Arc::new(store));
    let opening = evidence::offline(node, args.to.clone(), Beside::store(&store, keys.evidence, || 0)?)?;
    let (_, threads, key) = change_key(&evidence_path(data.path()), opening).map_err(EvidenceError::from)?;
    threads.stop();
    Ok(format!(
        "{key}\nKeep it elsewhere, beside the one before: that one still verifies what it signed, and lies in the folder as former-….key.\n"
    ))
}
