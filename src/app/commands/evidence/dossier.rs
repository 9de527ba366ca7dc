//! `izingate evidence dossier`: gathers what the log and the store hold, beside a running gateway too.

use super::find::{query_of, tell_of};
use super::{CommandError, folder_of, unreadable};
use crate::app::open;
use crate::check::policy;
use crate::cli::evidence::DossierArgs;
use crate::evidence::archive::{read_checkpoint, read_seals};
use crate::evidence::dossier::{
    Asked, Complaint, Dossier, EvidenceGap, History, Made, Proof, Recorded, RecordedIn, Segment, Subject, Tree,
};
use crate::evidence::merkle::{self, Hash};
use crate::evidence::search::{Found, Query, Search, find};
use crate::evidence::segment::{Frames, Seal, sealed_path};
use crate::evidence::verify::gaps;
use crate::model::brand::BrandCode;
use crate::model::channel::Cell;
use crate::model::hex::to_hex;
use crate::model::key::RelationKey;
use crate::model::mode::Mode;
use crate::model::time::IysTime;
use crate::ports::HistoryReader;
use crate::store::Store;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

/// Writes the dossier; what it returns says what is in it.
pub(super) fn dossier(args: &DossierArgs) -> Result<String, CommandError> {
    let ending = args.out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !["json", "html", "pdf"].contains(&ending) {
        return Err(CommandError::refused("UNKNOWN_FORMAT", "the file's name ends in .json, .html or .pdf"));
    }
    let query = query_of(&args.whose)?;
    let folder = folder_of(&args.whose.data)?;
    let search = find(&folder, &query).map_err(unreadable(&folder))?;
    tell_of(&search);
    let store = open::read_only(&args.whose.data)?;
    let dossier = gather(args, &query, &search, &store, &folder)?;
    let failed = |error: &dyn std::fmt::Display| CommandError::Internal(error.to_string());
    let bytes = match ending {
        "json" => dossier.to_json().map_err(|error| failed(&error))?.into_bytes(),
        "html" => dossier.to_html(args.lang).into_bytes(),
        _ => dossier.to_pdf(args.lang).map_err(|error| failed(&error))?,
    };
    let unwritten = |error| CommandError::refused("CANNOT_WRITE", format!("{}: {error}", args.out.display()));
    fs::write(&args.out, bytes).map_err(unwritten)?;
    Ok(format!("{} decisions in {}\n", dossier.decisions.len(), args.out.display()))
}

fn gather(args: &DossierArgs, query: &Query, search: &Search, store: &Store, folder: &Path) -> Result<Dossier, CommandError> {
    let titles: HashMap<BrandCode, String> = store.brands()?.into_iter().map(|brand| (brand.code, brand.title)).collect();
    let seals = read_seals(folder).map_err(unreadable(folder))?;
    let decisions: Vec<Recorded> = search.found.iter().filter_map(|found| recorded(found, &titles, seals.len() as u64)).collect();
    let behind: BTreeSet<u64> = decisions.iter().filter_map(|decision| decision.declaration).collect();
    let declarations = store.declarations()?.into_iter().filter(|declaration| behind.contains(&declaration.id)).collect();
    let asked = Asked { brand: query.brand, from: query.from, to: query.to };
    let complaint = args.complaint.map(|asked| Complaint { asked, number: args.complaint_number.clone() });
    let shown = args.whose.recipient.clone().filter(|_| args.show_recipient);
    let made = Made {
        at: IysTime::now(),
        node: format!("{:08x}", store.node()?),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: store.revision()?,
    };
    Ok(Dossier {
        recipient: Subject { pseudonym: query.recipient, shown },
        asked,
        complaint,
        made,
        eves: args.eves,
        histories: histories(store, query, &decisions)?,
        proof: proof(folder, query, search, &seals, &decisions)?,
        decisions,
        declarations,
    })
}

fn recorded(found: &Found, titles: &HashMap<BrandCode, String>, sealed: u64) -> Option<Recorded> {
    let Found { segment, id, entry, place, .. } = found;
    let in_tree = *segment <= sealed;
    Some(Recorded {
        id: *id,
        at: entry.asked,
        caller: entry.caller.to_string(),
        brand: entry.scope.brand,
        brand_title: titles.get(&entry.scope.brand).cloned().unwrap_or_default(),
        retailer: entry.scope.retailer,
        cell: entry.scope.cell,
        purpose: entry.scope.purpose,
        declaration: Some(entry.declaration).filter(|id| *id != 0),
        verdict: policy::recorded(*entry.outcomes.parts().0.get(*place)?, entry.scope.cell)?,
        mode: Mode::from_code(entry.mode).unwrap_or_default(),
        revision: entry.revision,
        as_of: entry.as_of,
        reference: entry.reference.to_string(),
        recorded_in: if in_tree { RecordedIn::Segment(*segment) } else { RecordedIn::Open(*segment) },
    })
}

/// The consents that decisions are about, once each, as the store has them.
fn histories(store: &Store, query: &Query, decisions: &[Recorded]) -> Result<Vec<History>, CommandError> {
    let about: BTreeSet<(BrandCode, Cell)> = decisions.iter().map(|decision| (decision.brand, decision.cell)).collect();
    let tombstones = store.tombstones()?;
    let history = |(brand, cell): (BrandCode, Cell)| {
        let relation = RelationKey::of_brand(query.recipient, brand);
        let cells = store.cells(&relation).map_err(|error| CommandError::refused("STORE_FAILED", error))?;
        let of_it = |tombstone: &&crate::model::erasure::Tombstone| {
            tombstone.recipient == query.recipient && tombstone.brand.is_none_or(|of| of == brand)
        };
        let erased = tombstones.iter().filter(of_it).map(|tombstone| tombstone.erased).max();
        let movements = cells.into_iter().find(|known| known.cell == cell).map(|known| known.history).unwrap_or_default();
        Ok(History { brand, cell, movements, erased })
    };
    about.into_iter().map(history).collect()
}

fn proof(folder: &Path, query: &Query, search: &Search, seals: &[Seal], decisions: &[Recorded]) -> Result<Proof, CommandError> {
    let checkpoint = read_checkpoint(folder).map_err(unreadable(folder))?;
    let size = checkpoint.as_deref().and_then(|note| note.lines().nth(1)?.parse().ok()).unwrap_or(0);
    let leaves: Vec<Hash> = seals.iter().take(size).map(Seal::leaf).collect();
    let number = |decision: &Recorded| match decision.recorded_in {
        RecordedIn::Segment(number) => Some(number),
        RecordedIn::Open(_) => None,
    };
    let numbers: BTreeSet<u64> = decisions.iter().filter_map(number).collect();
    check(folder, seals, &numbers)?;
    let segment = |seal: &Seal| Segment {
        number: seal.number,
        sealed: IysTime::from_unix(seal.times.1),
        hash: to_hex(&seal.leaf()),
        path: merkle::path(&leaves, (seal.number - 1) as usize).iter().map(|hash| to_hex(hash)).collect(),
    };
    let root = to_hex(&merkle::Tree::of(&leaves).root());
    let removed = seals.iter().filter(|seal| search.removed.contains(&seal.number)).map(|seal| seal.times.1).max();
    Ok(Proof {
        segments: seals.iter().filter(|seal| numbers.contains(&seal.number)).map(segment).collect(),
        tree: checkpoint.map(|checkpoint| Tree { size: size as u64, root, checkpoint }),
        gaps: gaps(folder, query.from, query.to).map_err(unreadable(folder))?.into_iter().map(gap).collect(),
        removed_until: removed.map(IysTime::from_unix),
    })
}

/// A dossier says that nothing was touched: it reads every byte of the segments that it names.
fn check(folder: &Path, seals: &[Seal], numbers: &BTreeSet<u64>) -> Result<(), CommandError> {
    for seal in seals.iter().filter(|seal| numbers.contains(&seal.number)) {
        let path = sealed_path(folder, seal.number);
        let bytes = fs::read(&path).map_err(unreadable(&path))?;
        let read =
            Frames::of(&bytes).and_then(|mut frames| frames.try_for_each(|frame| frame.map(drop)).map(|()| *frames.head()));
        if read != Ok(seal.end()) {
            let text = format!("segment {} is not what was written; see izingate evidence verify", seal.number);
            return Err(CommandError::refused("EVIDENCE_BROKEN", text));
        }
    }
    Ok(())
}

/// In whole seconds, outwards.
fn gap((from, to, at_most): (u64, u64, u64)) -> EvidenceGap {
    let second = |time: u64| IysTime::from_unix(u32::try_from(time).unwrap_or(u32::MAX));
    EvidenceGap { from: second(from / 1_000), to: second(to.div_ceil(1_000)), at_most }
}
