//! `izingate recipient erase`.

use super::existing;
use crate::api::admin_service::forms;
use crate::api::proto::EraseRecipientRequest;
use crate::cli::args::recipient::EraseArgs;
use crate::cli::commands::{CommandError, remote, writing_shared};
use crate::data::data_dir::evidence_path;
use crate::data::evidence;
use crate::data::evidence::{Beside, EvidenceError, RecordedErasures};
use crate::data::open::{OpenError, Opened};
use crate::evidence::start::start;
use crate::model::brand::BrandCode;
use crate::model::consent::erasure::Reason;
use crate::model::consent::movement::CLOCK_TOLERANCE;
use crate::ports::{Erased, Erasure, RecipientEraser};
use crate::server::erase::{Eraser, Snapshot};
use std::path::Path;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// Erases; what it returns is for standard output.
pub(super) fn erase(args: &EraseArgs) -> Result<String, CommandError> {
    let Erased { revision, relations, movements } = match &args.target.data {
        Some(data) => offline(args, data)?,
        None => online(args)?,
    };
    let backups = "backups made before still hold it: they are yours to let go\n";
    Ok(format!("erased    {relations} relations, {movements} movements\nrevision  {revision}\n{backups}"))
}

fn online(args: &EraseArgs) -> Result<Erased, CommandError> {
    let request = EraseRecipientRequest {
        recipient: args.recipient.to_iys(),
        brand_code: args.brand.map_or(0, BrandCode::get),
        erased_at: args.at.map_or(0, |at| at.unix().into()),
        reason: args.reason.as_ref().map_or("", Reason::as_str).to_owned(),
    };
    let done = remote(&args.target, async |mut client| client.erase_recipient(request).await)?;
    Ok(Erased { revision: done.revision, relations: done.relations, movements: done.movements })
}

fn offline(args: &EraseArgs, data: &Path) -> Result<Erased, CommandError> {
    let Opened { data: held, store, pseudonymizer, keys, clock, .. } = existing(data, args.secret_file.as_deref())?;
    if args.at.is_some_and(|at| at > clock.receipt().plus(CLOCK_TOLERANCE)) {
        return Err(CommandError::refused("INVALID_FIELD", "nobody is erased up to a moment in the future"));
    }
    if let Some(brand) = args.brand
        && !store.brands()?.iter().any(|on_file| on_file.code == brand)
    {
        return Err(CommandError::UnknownBrand(brand));
    }
    let snapshot = Snapshot::At(held.snapshot().map_err(OpenError::from)?);
    let recipients = forms(&pseudonymizer, &args.recipient);
    let asked = Erasure { recipients, brand: args.brand, erased: args.at, reason: args.reason.clone() };
    // An erasure is itself evidence.
    let (node, store) = (store.node()?, Arc::new(store));
    let beside = Beside::store(&store, keys.evidence, || 0)?;
    let started = start(&evidence_path(held.path()), evidence::offline(node, None, beside)?).map_err(EvidenceError::from)?;
    let (log, threads) = started;
    let done = writing_shared(store, |sink, store| async move {
        let erasures = Arc::new(RecordedErasures(log));
        Eraser::new(store, sink, snapshot, erasures, TaskTracker::new()).erase(asked).await
    });
    threads.stop();
    Ok(done??)
}
