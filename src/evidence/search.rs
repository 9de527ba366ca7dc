//! Decisions found: by recipient through the indexes, by id through the seals.

use super::archive::read_seals;
use super::codec::Decisions;
use super::entry::Entry;
use super::index;
use super::recover::later;
use super::segment::{Frames, Seal, decisions_at, open_path, raw_frames, sealed_path};
use crate::check::DecisionId;
use crate::model::brand::BrandCode;
use crate::model::key::Pseudonym;
use crate::model::time::IysTime;
use std::fs::{self, File};
use std::io;
use std::path::Path;
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
    /// Up to when.
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
    /// Segments that were looked through without their index.
    pub scanned: Vec<u64>,
    /// Segments in which there may be decisions, and whose files are gone: removed when nothing in them had to be kept.
    pub removed: Vec<u64>,
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
pub fn find(folder: &Path, query: &Query) -> io::Result<Search> {
    let mut search = Search::default();
    let seals = read_seals(folder)?;
    for seal in seals.iter().filter(|seal| query.may_be_in(seal)) {
        search_sealed(folder, seal, query, &mut search)?;
    }
    // Sealed a moment ago, and not in the tree yet.
    // The one that is being written first: it may get its name in between, and is then in both lists.
    let open = later(folder, "open", seals.len() as u64)?;
    let beyond = later(folder, "seg", seals.len() as u64)?;
    for number in beyond.iter().chain(open.iter().filter(|number| !beyond.contains(number))) {
        let path = if beyond.contains(number) { sealed_path(folder, *number) } else { open_path(folder, *number) };
        match fs::read(&path) {
            Ok(bytes) => scan(&bytes, *number, query, &mut search.found),
            // It was sealed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                scan(&fs::read(sealed_path(folder, *number))?, *number, query, &mut search.found);
            }
            Err(error) => return Err(error),
        }
    }
    search.found.sort_by_key(|found| (found.id.number(), found.id));
    Ok(search)
}

fn search_sealed(folder: &Path, seal: &Seal, query: &Query, search: &mut Search) -> io::Result<()> {
    let path = sealed_path(folder, seal.number);
    if !path.exists() {
        search.removed.push(seal.number);
        return Ok(());
    }
    let Some(frames) = index::look_up(folder, seal.number, index::check_of(seal), query.recipient) else {
        search.scanned.push(seal.number);
        scan(&fs::read(&path)?, seal.number, query, &mut search.found);
        return Ok(());
    };
    let file = File::open(&path)?;
    for at in frames {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, format!("{}: byte {at} is no frame", path.display()));
        take(decisions_at(&file, at).ok_or_else(damaged)?, seal.number, at, query, &mut search.found);
    }
    Ok(())
}

/// Looks through a segment's bytes.
fn scan(bytes: &[u8], segment: u64, query: &Query, found: &mut Vec<Found>) {
    let has = |recipients: &[u8]| recipients.as_chunks::<16>().0.contains(&query.recipient.0);
    let places: Vec<usize> = raw_frames(bytes).filter(|frame| has(frame.recipients)).map(|frame| frame.at).collect();
    if places.is_empty() {
        return;
    }
    // The chain is read along: what was torn or changed is not found.
    for frame in Frames::of(bytes).into_iter().flatten().map_while(Result::ok) {
        if places.binary_search(&frame.at).is_ok()
            && let Some(decisions) = frame.body.decisions()
        {
            take(decisions, segment, frame.at as u64, query, found);
        }
    }
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

/// Finds a decision by its id.
pub fn by_id(folder: &Path, id: DecisionId) -> io::Result<Option<Found>> {
    let seals = read_seals(folder)?;
    let may_be_in = |seal: &&Seal| seal.decisions > 0 && seal.times.0 <= id.asked().unix() && id.asked().unix() <= seal.times.1;
    for seal in seals.iter().filter(may_be_in) {
        match fs::read(sealed_path(folder, seal.number)) {
            Ok(bytes) => {
                if let Some(found) = id_in(&bytes, seal.number, id) {
                    return Ok(Some(found));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let open = later(folder, "open", seals.len() as u64)?.into_iter().map(|number| (number, open_path(folder, number)));
    let open: Vec<_> = open.collect();
    let beyond = later(folder, "seg", seals.len() as u64)?.into_iter().map(|number| (number, sealed_path(folder, number)));
    Ok(open.into_iter().chain(beyond).find_map(|(number, path)| id_in(&fs::read(path).ok()?, number, id)))
}

fn id_in(bytes: &[u8], segment: u64, id: DecisionId) -> Option<Found> {
    for frame in Frames::of(bytes).ok()?.map_while(Result::ok) {
        let Some(Decisions { written, entries, .. }) = frame.body.decisions() else { continue };
        for entry in entries {
            let place = id.get().wrapping_sub(entry.first.get());
            if place < entry.outcomes.len() as u128 {
                let (frame, place) = (frame.at as u64, place as usize);
                return Some(Found { segment, frame, written, id, entry: Arc::new(entry), place });
            }
        }
    }
    None
}
