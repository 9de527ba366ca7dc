//! `izingate evidence dossier`: gathers what the log and the store hold, beside a running gateway too.

use super::sources::{Source, Sources};
use super::{CommandError, refused};
use crate::check::policy;
use crate::cli::args::evidence::DossierArgs;
use crate::data::open;
use crate::dossier::{
    AbsentChain, AcceptedLoss, Asked, BrandOnRecord, Chain, Company, Complaint, Data, Dossier, EvidenceGap, History, Made,
    MissingSegment, Proof, Recorded, RecordedIn, Segment, Subject, Tree, Unrecorded,
};
use crate::evidence::reach::UnrecordedAnswers;
use crate::evidence::record::{LogGap, Loss, Record};
use crate::evidence::search::{Found, Query};
use crate::evidence::segment::Seal;
use crate::evidence::tree::merkle;
use crate::evidence::tree::merkle::Hash;
use crate::model::brand::BrandCode;
use crate::model::brand::mode::Mode;
use crate::model::consent::channel::Cell;
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::text::hex::to_hex;
use crate::model::time::IysTime;
use crate::ports::HistoryReader;
use crate::store::Store;
use crate::sys::atomic_file::replace;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

/// Writes the dossier; what it returns says what is in it. Where something that was asked for is not on record, that stands in the dossier,
/// and is an error all the same: it must not be handed on unread.
pub(super) fn dossier(args: &DossierArgs) -> Result<String, CommandError> {
    let ending = args.out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !["json", "html", "pdf"].contains(&ending) {
        return Err(CommandError::refused("UNKNOWN_FORMAT", "the file's name ends in .json, .html or .pdf"));
    }
    if !args.force && args.out.exists() {
        let text = format!("{} exists; name another file, or give --force to replace it", args.out.display());
        return Err(CommandError::refused("OUTPUT_EXISTS", text));
    }
    let mut sources = Sources::search(&args.whose)?;
    sources.check_segments()?;
    let stores = std::mem::take(&mut sources.stores).into_iter();
    // One that is damaged says why.
    let stores = stores.map(|(folder, store)| store.map_or_else(|| open::read_only(&folder), Ok));
    let stores = stores.collect::<Result<Vec<Store>, _>>()?;
    let dossier = gather(args, &sources, &stores)?;
    let failed = |error: &dyn std::fmt::Display| CommandError::Internal(error.to_string());
    let bytes = match ending {
        "json" => dossier.to_json().map_err(|error| failed(&error))?.into_bytes(),
        "html" => dossier.to_html(args.lang).into_bytes(),
        _ => dossier.to_pdf(args.lang).map_err(|error| failed(&error))?,
    };
    let unwritten = |error| CommandError::refused("CANNOT_WRITE", format!("{}: {error}", args.out.display()));
    // For its owner alone, whatever was there: it may show the address.
    replace(&args.out, &bytes).map_err(unwritten)?;
    let mut text: String = sources.chains.iter().map(Source::line).collect();
    let count = dossier.decisions.len();
    let _ = writeln!(text, "{count} {} in {}", if count == 1 { "decision" } else { "decisions" }, args.out.display());
    sources.or_incomplete(text)
}

fn gather(args: &DossierArgs, sources: &Sources, stores: &[Store]) -> Result<Dossier, CommandError> {
    let titles = stores.iter().map(titles).collect::<Result<Vec<_>, _>>()?;
    let decisions = sources.found().into_iter().map(|(chain, found)| {
        let source = &sources.chains[chain];
        recorded(found, chain, &titles[source.store], source.record.seals.len() as u64).ok_or_else(|| unknown(found))
    });
    let decisions = decisions.collect::<Result<Vec<Recorded>, _>>()?;
    let whose = &args.whose;
    let asked = Asked {
        brand: whose.brand,
        from: whose.from,
        to: whose.to,
        channels: whose.channels.clone(),
        ids: whose.ids.clone(),
        only_allowed: whose.only_allowed,
        message_at: args.message_at,
    };
    let complaint = args.complaint.map(|asked| Complaint { asked, number: args.complaint_number.clone() });
    let shown = whose.recipient.clone().filter(|_| args.show_recipient);
    let main = sources.chains.first();
    let node = main.map_or_else(String::new, |source| source.node.clone());
    let data = stores.iter().enumerate().map(|(place, store)| data(place, store, sources, &decisions));
    let chains = sources.chains.iter().enumerate().map(|(place, source)| chain(place, source, &titles[source.store], &decisions));
    let absent = sources
        .absent
        .iter()
        .map(|noted| AbsentChain { node: format!("{:08x}", noted.node), folder: noted.folder.display().to_string() });
    Ok(Dossier {
        recipient: Subject { pseudonym: main.map_or(Pseudonym([0; 16]), |source| source.query.recipient), shown },
        asked,
        complaint,
        company: Company { title: args.company.clone(), mersis: args.mersis.clone(), contact: args.contact.clone() },
        made: Made { at: IysTime::now(), node, version: env!("CARGO_PKG_VERSION").to_owned() },
        eves: args.eves,
        left_out: sources.left_out,
        stores: data.collect::<Result<_, _>>()?,
        chains: chains.collect::<Result<_, _>>()?,
        absent: absent.collect(),
        decisions,
    })
}

type Titles = HashMap<BrandCode, String>;

fn titles(store: &Store) -> Result<Titles, CommandError> {
    Ok(store.brands()?.into_iter().map(|brand| (brand.code, brand.title)).collect())
}

/// What a store holds of the decisions that rest on it.
fn data(place: usize, store: &Store, sources: &Sources, decisions: &[Recorded]) -> Result<Data, CommandError> {
    let rests_on = |decision: &&Recorded| sources.chains[decision.chain].store == place;
    let decisions: Vec<&Recorded> = decisions.iter().filter(rests_on).collect();
    let behind: BTreeSet<u64> = decisions.iter().filter_map(|decision| decision.declaration).collect();
    let recipient = sources.chains.iter().find(|source| source.store == place).map(|source| source.query.recipient);
    Ok(Data {
        node: format!("{:08x}", store.node()?),
        revision: store.revision()?,
        histories: recipient.map_or(Ok(Vec::new()), |recipient| histories(store, recipient, &decisions))?,
        declarations: store.declarations()?.into_iter().filter(|declaration| behind.contains(&declaration.id)).collect(),
    })
}

fn chain(place: usize, source: &Source, titles: &Titles, decisions: &[Recorded]) -> Result<Chain, CommandError> {
    let decisions: Vec<&Recorded> = decisions.iter().filter(|decision| decision.chain == place).collect();
    let about: BTreeSet<BrandCode> = decisions.iter().map(|decision| decision.brand).chain(source.query.brand).collect();
    let on_record = |brand: BrandCode| {
        let reach = source.record.brand_reach(brand).map_err(refused)?;
        let title = titles.get(&brand).cloned().unwrap_or_default();
        Ok::<_, CommandError>(BrandOnRecord { brand, title, decided: reach.map(|reach| (reach.first, reach.last)) })
    };
    Ok(Chain {
        kind: source.kind,
        end: source.end,
        node: source.node.clone(),
        folder: source.folder.display().to_string(),
        store: source.store,
        key: source.record.verifier.as_ref().map(ToString::to_string),
        reach: source.reach_in_words(),
        brands: about.into_iter().map(on_record).collect::<Result<_, _>>()?,
        proof: proof(source, &decisions)?,
    })
}

/// A dossier must not be shorter than the record.
fn unknown(found: &Found) -> CommandError {
    let text = format!("decision {} in segment {} says what this program does not know", found.id, found.segment);
    CommandError::refused("EVIDENCE_BROKEN", text)
}

fn recorded(found: &Found, chain: usize, titles: &Titles, sealed: u64) -> Option<Recorded> {
    let Found { segment, id, entry, place, .. } = found;
    let in_tree = *segment <= sealed;
    Some(Recorded {
        id: *id,
        at: entry.asked,
        chain,
        caller: entry.caller.to_string(),
        brand: entry.scope.brand,
        brand_title: titles.get(&entry.scope.brand).cloned().unwrap_or_default(),
        retailer: entry.scope.retailer,
        cell: entry.scope.cell,
        purpose: entry.scope.purpose,
        declaration: Some(entry.declaration).filter(|id| *id != 0),
        verdict: policy::recorded(*entry.outcomes.parts().0.get(*place)?, entry.scope.cell)?,
        mode: Mode::from_code(entry.mode)?,
        revision: entry.revision,
        as_of: entry.as_of,
        reference: entry.reference.to_string(),
        recorded_in: if in_tree { RecordedIn::Segment(*segment) } else { RecordedIn::Open(*segment) },
    })
}

/// The consents that decisions are about, once each, as the store has them.
fn histories(store: &Store, recipient: Pseudonym, decisions: &[&Recorded]) -> Result<Vec<History>, CommandError> {
    let about: BTreeSet<(BrandCode, Cell)> = decisions.iter().map(|decision| (decision.brand, decision.cell)).collect();
    let tombstones = store.tombstones()?;
    let history = |(brand, cell): (BrandCode, Cell)| {
        let relation = RelationKey::of_brand(recipient, brand);
        let cells = store.cells(&relation).map_err(|error| CommandError::refused("STORE_FAILED", error))?;
        let of_it = |tombstone: &&crate::model::consent::erasure::Tombstone| {
            tombstone.recipient == recipient && tombstone.brand.is_none_or(|of| of == brand)
        };
        let erased = tombstones.iter().filter(of_it).map(|tombstone| tombstone.erased).max();
        let movements = cells.into_iter().find(|known| known.cell == cell).map(|known| known.history).unwrap_or_default();
        Ok(History { brand, cell, movements, erased })
    };
    about.into_iter().map(history).collect()
}

fn proof(source: &Source, decisions: &[&Recorded]) -> Result<Proof, CommandError> {
    let Source { record, query, search, .. } = source;
    let seals = &record.seals;
    let leaves: Vec<Hash> = seals.iter().take(usize::try_from(record.signed).unwrap_or(usize::MAX)).map(Seal::leaf).collect();
    let number = |decision: &&Recorded| match decision.recorded_in {
        RecordedIn::Segment(number) => Some(number),
        RecordedIn::Open(_) => None,
    };
    let numbers: BTreeSet<u64> = decisions.iter().filter_map(number).collect();
    let segment = |seal: &Seal| Segment {
        number: seal.number,
        sealed: IysTime::from_unix(seal.times.1),
        hash: to_hex(&seal.leaf()),
        path: merkle::path(&leaves, (seal.number - 1) as usize).iter().map(|hash| to_hex(hash)).collect(),
    };
    let root = to_hex(&merkle::Tree::of(&leaves).root());
    let removed = seals.iter().filter(|seal| search.removed.contains(&seal.number)).map(|seal| seal.times.1).max();
    let is_gone =
        |seal: &&Seal| [&search.missing, &search.accepted, &search.damaged].iter().any(|lost| lost.contains(&seal.number));
    let missing = |seal: &Seal| MissingSegment {
        number: seal.number,
        from: IysTime::from_unix(seal.times.0),
        to: IysTime::from_unix(seal.times.1),
        decisions: seal.decisions,
        accepted: search.accepted.contains(&seal.number),
        damaged: search.damaged.contains(&seal.number),
    };
    Ok(Proof {
        segments: seals.iter().filter(|seal| numbers.contains(&seal.number)).map(segment).collect(),
        tree: record.checkpoint.clone().map(|checkpoint| Tree { size: record.signed, root, checkpoint }),
        gaps: gaps(record, query)?,
        unrecorded: record.unrecorded(query.from, query.to).map_err(refused)?.into_iter().map(unrecorded).collect(),
        removed_until: removed.map(IysTime::from_unix),
        missing: seals.iter().filter(is_gone).map(missing).collect(),
        losses: record.losses(query.from, query.to).map_err(refused)?.into_iter().map(loss).collect(),
    })
}

fn loss(Loss { since, at, lost, reason }: Loss) -> AcceptedLoss {
    let second = |time: u64| IysTime::from_unix(u32::try_from(time / 1_000).unwrap_or(u32::MAX));
    AcceptedLoss { from: (since > 0).then(|| second(since)), at: second(at), lost, reason }
}

fn gaps(record: &Record, query: &Query) -> Result<Vec<EvidenceGap>, CommandError> {
    let gaps = record.gaps(query.from, query.to).map_err(refused)?;
    let gap = |gap: LogGap| {
        let busiest_second = record.busiest_second_before(gap.number).map_err(refused)?;
        let (from, to) = outwards(gap.from, gap.to);
        Ok(EvidenceGap { from, to, at_most: gap.at_most, busiest_second })
    };
    gaps.into_iter().map(gap).collect()
}

fn unrecorded(answers: UnrecordedAnswers) -> Unrecorded {
    let (from, to) = outwards(answers.from, answers.to);
    Unrecorded { from, to, decisions: answers.decisions }
}

/// A time in Unix milliseconds in whole seconds, outwards.
fn outwards(from: u64, to: u64) -> (IysTime, IysTime) {
    let second = |time: u64| IysTime::from_unix(u32::try_from(time).unwrap_or(u32::MAX));
    (second(from / 1_000), second(to.div_ceil(1_000)))
}
