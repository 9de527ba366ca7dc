//! The command `izingate evidence accept-loss`: has a gateway start without what is lost, and records that.

use super::CommandError;
use crate::cli::args::evidence::{AcceptArgs, LossOf};
use crate::config::SecretSource;
use crate::data::data_dir::{DataDir, DataDirError, evidence_path, store_path};
use crate::data::evidence::{Beside, EvidenceError};
use crate::data::open::{Keys, OpenError, Opened};
use crate::data::{evidence, open};
use crate::evidence::start::accept::{Accepted, StoreLoss, accept_loss, accept_store_loss, store_loss};
use crate::evidence::start::{Opening, StartError};
use crate::lists::offline::node_of;
use crate::model::time::IysTime;
use crate::server::jobs::snapshots;
use crate::store::{Store, StoreError};
use std::fmt::Write;
use std::sync::Arc;

/// Does what is asked; what it returns is for standard output.
pub(super) fn accept(args: &AcceptArgs) -> Result<String, CommandError> {
    if args.reason.trim().is_empty() {
        return Err(CommandError::refused("INVALID_FIELD", "a reason says why: it is recorded, and stands in dossiers"));
    }
    let secret = SecretSource::load(args.secret_file.as_deref())?;
    match args.of {
        LossOf::Evidence if store_path(&args.data).join("CURRENT").exists() => {
            let Opened { data, store, keys, .. } = open::as_found(&args.data, &secret)?;
            of_evidence(args, &data, opening(&Arc::new(store), &keys)?)
        }
        // The record of a list, which has no store beside it.
        LossOf::Evidence => {
            let keys = open::keys(&args.data, &secret)?;
            let data = DataDir::take(&args.data).map_err(OpenError::from)?;
            let node = node_of(&data).map_err(OpenError::from)?;
            let opening = evidence::offline(node, None, Beside::nothing(keys.evidence))?;
            of_evidence(args, &data, opening)
        }
        LossOf::Store => {
            let (opened, damaged) = match open::as_found(&args.data, &secret) {
                Err(OpenError::Store(StoreError::Damaged { .. })) => (open::behind_damage(&args.data, &secret)?, true),
                opened => (opened?, false),
            };
            let Opened { data, store, keys, .. } = opened;
            of_store(args, (&data, &Arc::new(store), &keys), damaged)
        }
    }
}

fn opening(store: &Arc<Store>, keys: &Keys) -> Result<Opening, CommandError> {
    let beside = Beside::store(store, keys.evidence.clone(), || 0)?;
    Ok(evidence::offline(store.node()?, None, beside)?)
}

fn of_evidence(args: &AcceptArgs, data: &DataDir, opening: Opening) -> Result<String, CommandError> {
    let folder = evidence_path(data.path());
    let accepted = accept_loss(&folder, opening, &args.reason).map_err(EvidenceError::from)?;
    let Accepted { threads, lost, aside, .. } = accepted;
    threads.stop();
    let mut text = String::new();
    for lost in lost {
        let _ = writeln!(text, "lost        {lost}");
    }
    if let Some(aside) = aside {
        let _ = writeln!(text, "moved to    {}", aside.display());
    }
    text.push_str("recorded; the next start continues without it, and dossiers of the time say so\n");
    Ok(text)
}

/// Revisions between the last that the evidence knows and the one that a store continues with, at least: far more than a gateway commits
/// in the moments of which no record is left.
const AHEAD: u64 = 1 << 20;

fn of_store(
    args: &AcceptArgs,
    (data, store, keys): (&DataDir, &Arc<Store>, &Keys),
    damaged: bool,
) -> Result<String, CommandError> {
    let folder = evidence_path(data.path());
    let loss = match store_loss(&folder, &opening(store, keys)?) {
        // What was behind the damage is dropped, and the evidence knows of none of it.
        Err(StartError::NothingLost(_)) if damaged => {
            StoreLoss { store: store.reached_at_open()?, evidence: store.reached_at_open()? }
        }
        loss => loss.map_err(EvidenceError::from)?,
    };
    let revision = (loss.evidence.revision / AHEAD + 2) * AHEAD;
    // Recorded first: a store that is killed before it continues is refused again, and this is done again.
    let started = accept_store_loss(&folder, opening(store, keys)?, loss, revision, &args.reason);
    let (_, threads) = started.map_err(EvidenceError::from)?;
    let snapshot = data.snapshot().map_err(OpenError::from)?;
    snapshots::forget(&snapshot).map_err(|source| OpenError::from(DataDirError::Unusable { path: snapshot.clone(), source }))?;
    let gaps = store.accept_loss(revision, IysTime::now())?;
    // So that no start reads a damaged log again.
    store.flush()?;
    threads.stop();
    let StoreLoss { store, evidence } = loss;
    let mut text = format!(
        "store       revision {}, {} writes\nevidence    revision {}, {} writes\ncontinues   revision {revision}\n",
        store.revision, store.writes, evidence.revision, evidence.writes
    );
    for gap in gaps {
        let from = if gap.from.unix() == 0 { "the beginning".to_owned() } else { gap.from.to_string() };
        let _ = writeln!(text, "brand       {} misses what came from {from} to {}", gap.brand, gap.to);
    }
    text.push_str(
        "recorded; every brand answers STALE until its data was taken in again and its gap is ended: izingate brand heal --brand CODE\n",
    );
    Ok(text)
}
