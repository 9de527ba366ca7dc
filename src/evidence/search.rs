//! Decisions found: by recipient through the indexes, by id through the seals.
//!
//! What is found was held against the tree: a frame that an index names has the leaf that the authentic index says, and a segment
//! without such an index is read whole against its seal. Where files are missing, the search says so.

use super::entry::Entry;
use super::record::{Record, RecordError};
use super::segment::{Body, Broken, Frame, Seal, Unreadable, frame_at, sealed_path};
use crate::evidence::segment::codec::Decisions;
use crate::evidence::segment::index;
use crate::model::brand::BrandCode;
use crate::model::consent::key::Pseudonym;
use crate::model::decision::id::DecisionId;
use crate::model::time::IysTime;
use crate::sys::private_file;
use std::sync::Arc;

/// Whose decisions, of when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Whose.
    pub recipient: Pseudonym,
    /// Of which brand; none for all.
    pub brand: Option<BrandCode>,
    /// From when on.
    pub from: Option<IysTime>,
    /// Up to when, this moment included.
    pub to: Option<IysTime>,
}

/// A decision on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The segment.
    pub segment: u64,
    /// Where its frame begins in the file.
    pub frame: u64,
    /// When it was written, in Unix milliseconds.
    pub written: u64,
    /// Its id.
    pub id: DecisionId,
    /// The question that it was part of; of a batch, its outcomes are others' too.
    pub entry: Arc<Entry>,
    /// Its place among the outcomes of `entry`.
    pub place: usize,
}

/// What a search brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Every decision, in the order of ids.
    pub found: Vec<Found>,
    /// Segments that were read whole, without their index.
    pub scanned: Vec<u64>,
    /// Segments in which there may be decisions, and whose files were removed when their retention was over, as the log says.
    pub removed: Vec<u64>,
    /// Segments in which there may be decisions, and whose files are missing, which an operator accepted.
    pub accepted: Vec<u64>,
    /// Segments in which there may be decisions, and whose files are missing.
    pub missing: Vec<u64>,
    /// Segments in which there may be decisions, and which are not what was written.
    pub damaged: Vec<u64>,
}

impl Query {
    fn wants(&self, entry: &Entry) -> bool {
        self.brand.is_none_or(|brand| entry.scope.brand == brand)
            && self.from.is_none_or(|from| entry.asked >= from)
            && self.to.is_none_or(|to| entry.asked <= to)
    }

    /// Whether a sealed segment may hold any.
    fn may_be_in(&self, seal: &Seal) -> bool {
        let (earliest, latest) = seal.times;
        seal.decisions > 0 && self.from.is_none_or(|from| latest >= from.unix()) && self.to.is_none_or(|to| earliest <= to.unix())
    }
}

/// Finds every decision about a recipient, in the segment that is being written too.
pub fn find(record: &Record, query: &Query) -> Result<Search, RecordError> {
    let mut search = Search::default();
    for seal in record.seals.iter().filter(|seal| query.may_be_in(seal)) {
        if record.gone.removed.contains(&seal.number) {
            search.removed.push(seal.number);
        } else if record.gone.accepted.contains(&seal.number) {
            search.accepted.push(seal.number);
        } else if !record.has(seal) {
            search.missing.push(seal.number);
        } else {
            take_sealed(record, seal, query, &mut search)?;
        }
    }
    for (number, bytes) in record.unsealed()? {
        for frame in record.frames(&bytes).into_iter().flatten().map_while(Result::ok) {
            take_frame(&frame, number, query, &mut search.found)?;
        }
    }
    search.found.sort_by_key(|found| (found.id.number(), found.id));
    Ok(search)
}

/// Searches a sealed segment. One that is not what was written is noted, and the others are searched all the same.
fn take_sealed(record: &Record, seal: &Seal, query: &Query, search: &mut Search) -> Result<(), RecordError> {
    let before = (search.found.len(), search.scanned.len());
    match search_sealed(record, seal, query, search) {
        Err(RecordError::Faults(_)) => {
            search.found.truncate(before.0);
            search.scanned.truncate(before.1);
            search.damaged.push(seal.number);
            Ok(())
        }
        searched => searched,
    }
}

fn search_sealed(record: &Record, seal: &Seal, query: &Query, search: &mut Search) -> Result<(), RecordError> {
    let path = sealed_path(record.folder(), seal.number);
    let frames = record.key().and_then(|key| index::look_up(record.folder(), seal, key, query.recipient));
    let Some(frames) = frames else {
        search.scanned.push(seal.number);
        let mut found = Vec::new();
        record.read(seal, |_, frame| take_frame(frame, seal.number, query, &mut found))?;
        search.found.extend(found);
        return Ok(());
    };
    let file = private_file::open(&path).map_err(|error| RecordError::Io(path.clone(), error))?;
    for index::Candidate { at, leaf } in frames {
        let broken = Broken { at: at as usize, why: "the frame is not the one that was written here" };
        let read = frame_at(&file, at).filter(|(found, _)| found.starts_with(&leaf));
        let (_, decisions) = read.ok_or_else(|| Unreadable::Broken(path.clone(), broken))?;
        take(decisions, seal.number, at, query, &mut search.found);
    }
    Ok(())
}

/// Takes the decisions of a frame that the query is after. Those that cannot be read are an error: nothing vanishes.
fn take_frame(frame: &Frame<'_>, segment: u64, query: &Query, found: &mut Vec<Found>) -> Result<(), RecordError> {
    let Body::Decisions(_, recipients) = &frame.body else { return Ok(()) };
    if !recipients.as_chunks::<16>().0.contains(&query.recipient.0) {
        return Ok(());
    }
    take(decoded(frame, segment)?, segment, frame.at as u64, query, found);
    Ok(())
}

fn decoded(frame: &Frame<'_>, segment: u64) -> Result<Decisions, RecordError> {
    let broken = Broken { at: frame.at, why: "holds decisions that cannot be read" };
    let fault = super::fault::Fault::broken(&format!("{segment:012}.seg"), &broken);
    frame.body.decisions().ok_or_else(|| RecordError::Faults(vec![fault]))
}

fn take(decisions: Decisions, segment: u64, frame: u64, query: &Query, found: &mut Vec<Found>) {
    let written = decisions.written;
    for entry in decisions.entries.into_iter().filter(|entry| query.wants(entry)) {
        let (_, recipients) = entry.outcomes.parts();
        let places = recipients.iter().enumerate().filter(|(_, recipient)| **recipient == query.recipient);
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        let entry = Arc::new(entry);
        for place in places {
            let id = entry.first.plus(place as u64);
            found.push(Found { segment, frame, written, id, entry: Arc::clone(&entry), place });
        }
    }
}

/// Result of a look for one decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// The decision.
    pub found: Option<Found>,
    /// Segments in which a decision that is not found may have been, removed when their retention was over, as the log says.
    pub removed: Vec<u64>,
    /// Segments in which a decision that is not found may have been, and whose files are missing.
    pub missing: Vec<u64>,
}

/// Finds a decision by its id.
pub fn by_id(record: &Record, id: DecisionId) -> Result<Sought, RecordError> {
    let may_be_in = |seal: &&Seal| seal.decisions > 0 && seal.times.0 <= id.asked().unix() && id.asked().unix() <= seal.times.1;
    let mut sought = Sought::default();
    for seal in record.seals.iter().filter(may_be_in) {
        if record.gone.removed.contains(&seal.number) {
            sought.removed.push(seal.number);
        } else if !record.has(seal) {
            sought.missing.push(seal.number);
        } else {
            let mut found = None;
            record.read(seal, |_, frame| {
                found = found.take().map_or_else(|| id_in(frame, seal.number, id), |found| Ok(Some(found)))?;
                Ok::<_, RecordError>(())
            })?;
            if found.is_some() {
                return Ok(Sought { found, ..Sought::default() });
            }
        }
    }
    for (number, bytes) in record.unsealed()? {
        for frame in record.frames(&bytes).into_iter().flatten().map_while(Result::ok) {
            if let Some(found) = id_in(&frame, number, id)? {
                return Ok(Sought { found: Some(found), ..Sought::default() });
            }
        }
    }
    Ok(sought)
}

fn id_in(frame: &Frame<'_>, segment: u64, id: DecisionId) -> Result<Option<Found>, RecordError> {
    if !matches!(frame.body, Body::Decisions(..)) {
        return Ok(None);
    }
    let Decisions { written, entries, .. } = decoded(frame, segment)?;
    for entry in entries {
        let place = id.get().wrapping_sub(entry.first.get());
        if place < entry.outcomes.len() as u128 {
            let (frame, place) = (frame.at as u64, place as usize);
            return Ok(Some(Found { segment, frame, written, id, entry: Arc::new(entry), place }));
        }
    }
    Ok(None)
}
