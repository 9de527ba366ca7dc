//! What a start finds in a folder, before it changes anything: every segment that no witness vouches for is read to its last byte, and
//! the whole is held against what the store remembers, in both directions.
//!
//! A kill at any moment leaves an extension of what the store remembers, since that was on disk before it was remembered:
//!
//! | killed between | what a start finds beyond what is remembered |
//! |---|---|
//! | frames synced · the mark with the next batch | more frames behind the remembered one |
//! | a segment sealed, its file renamed · its seal in the tree | a sealed file that the tree lacks |
//! | its seal in the tree · the checkpoint signed | a tree longer than its checkpoint |
//! | the checkpoint signed · the mark kept | a checkpoint over more segments |
//! | the next segment begun · the mark | a segment that is not remembered |
//! | a removal recorded · the files removed | files that the removal covers |
//! | the log closed · the end kept | a sealed segment behind the last remembered frame |
//!
//! So none of these is a fault, and whatever is less than what is remembered is one: no kill leaves it.

use super::archive::{check_tree, own_key, read_checkpoint, read_seals};
use super::entry::Event;
use super::events::{Gone, Listing, Removal, explain};
use super::fault::{self, Fault};
use super::merkle::Hash;
use super::note::{Signer, Verifier};
use super::segment::{Body, Broken, Frames, Header, SEALED_FRAME, Seal, Unreadable, Version, is_nothing, open_path, sealed_path};
use crate::model::mac::MacKey;
use crate::ports::{EvidenceMark, Reached};
use std::fs;
use std::io;
use std::path::Path;

/// What lies in a folder.
#[derive(Debug, Default)]
pub struct Found {
    /// The seals of the tree.
    pub seals: Vec<Seal>,
    /// The seals of the segments that are sealed and not in the tree yet.
    pub beyond: Vec<Seal>,
    /// The segment that was being written, if there is one with anything in it; and what is behind its last authentic frame.
    pub open: Option<u64>,
    /// Segments that were being made when a kill came: nothing was ever recorded in them.
    pub unmade: Vec<u64>,
    /// The chain behind the last frame, and the number of the segment that it is in.
    pub end: (u64, Hash),
    /// What the last segment says of its end.
    pub last: Last,
    /// Sealed segments whose files are gone.
    pub gone: Gone,
    /// The first segment whose frames are authenticated; the next one if there is none yet.
    pub authenticated_from: u64,
    /// What is missing or not what was written, the gravest first.
    pub faults: Vec<Fault>,
}

/// What the frames of a segment say of its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Last {
    /// When it was last written, in Unix milliseconds.
    pub durable: u64,
    /// Decisions that may have been answered and are not on record.
    pub missing: u64,
    /// The last frame before the seal says that the log was closed.
    pub stopped: bool,
    /// How far the store is known to have come.
    pub reached: Reached,
    /// An operator accepted that the store had lost writes: what earlier segments know of those is void.
    loss_accepted: bool,
    /// Bytes behind the last authentic frame.
    pub torn: u64,
    /// The newest removal.
    pub removal: Option<Removal>,
}

/// Who looks, and with what.
pub struct Witnesses<'a> {
    /// The node.
    pub node: u32,
    /// Authenticates frames.
    pub key: &'a MacKey,
    /// The configured seed of the key that signs; none for one of the folder's own.
    pub signing_key: Option<[u8; 32]>,
    /// What the store remembers.
    pub mark: Option<&'a EvidenceMark>,
}

/// A segment that was read frame by frame.
struct Walk {
    header: Header,
    /// Behind the last frame that is right.
    at: usize,
    chain: Hash,
    seal: Option<Seal>,
    last: Last,
    /// Whether a frame ends where the store remembers one, with the chain that it remembers.
    is_at_mark: bool,
    broken: Option<Broken>,
}

/// Examines a folder. Nothing in it is changed.
pub fn examine(folder: &Path, by: &Witnesses<'_>) -> io::Result<Found> {
    let mut found = Found::default();
    let listing = Listing::of(folder)?;
    found.faults.extend(listing.foreign.iter().cloned().map(Fault::NotAFile));
    // In this order: the tree may not be shorter than its checkpoint.
    let checkpoint = read_checkpoint(folder)?;
    match read_seals(folder) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => found.faults.push(Fault::TreeDamaged(error.to_string())),
        read => found.seals = read?,
    }
    let verifier = found.check_key(folder, by)?;
    let vouched =
        verifier.map_or(0, |verifier| check_tree(&found.seals, checkpoint.as_deref(), &verifier, by.mark, &mut found.faults));
    found.check_files(folder, &listing, by)?;
    found.read_tail(folder, &listing, by, vouched)?;
    found.last.removal = found.last.removal.or(found.gone.removal);
    fault::sort(&mut found.faults);
    Ok(found)
}

impl Found {
    /// The key whose checkpoints are believed; none while there is none.
    fn check_key(&mut self, folder: &Path, by: &Witnesses<'_>) -> io::Result<Option<Verifier>> {
        let configured = by.signing_key.map_or_else(|| own_key(folder), |key| Ok(Some(key)))?;
        let configured = configured.and_then(|seed| Signer::of_node(by.node, &seed)).map(|signer| signer.verifier());
        let remembered = by.mark.map(|mark| Verifier::of_node(by.node, mark.public_key));
        match (&remembered, &configured) {
            (Some(before), Some(now)) if before != now => {
                self.faults.push(Fault::KeyChanged(before.to_string(), now.to_string()));
            }
            (Some(_), None) => self.faults.push(Fault::KeyMissing("signing.key".to_owned())),
            (None, None) if !self.seals.is_empty() || folder.join("checkpoint").exists() => {
                self.faults.push(Fault::KeyMissing("signing.key".to_owned()));
            }
            _ => {}
        }
        Ok(remembered.or(configured))
    }

    /// The files of the segments that are in the tree: there, and as long as they were when they were sealed.
    fn check_files(&mut self, folder: &Path, listing: &Listing, by: &Witnesses<'_>) -> io::Result<()> {
        match explain(folder, listing, &self.seals, Some(by.key)) {
            Ok(gone) => self.gone = gone,
            Err(Unreadable::Broken(path, broken)) => self.faults.push(Fault::broken(&name_of(&path), &broken)),
            Err(Unreadable::Io(_, error)) => return Err(error),
        }
        self.faults.extend(stretches(&self.gone.missing).into_iter().map(|(first, last)| Fault::SegmentsMissing(first, last)));
        for seal in self.seals.iter().filter(|seal| listing.sealed.contains(&seal.number)) {
            let path = sealed_path(folder, seal.number);
            let (length, sealed) = (fs::metadata(&path)?.len(), seal.bytes + SEALED_FRAME as u64);
            if length != sealed {
                let what = format!("has {length} bytes, and was sealed with {sealed}");
                self.faults.push(Fault::SegmentBroken(name_of(&path), what));
            }
        }
        Ok(())
    }

    /// Reads the segments that nobody vouches for, and the last one, which says how the log ended.
    fn read_tail(&mut self, folder: &Path, listing: &Listing, by: &Witnesses<'_>, vouched: u64) -> io::Result<()> {
        let in_tree = self.seals.len() as u64;
        let mark = by.mark.filter(|mark| mark.segment > 0);
        // What the store's own checkpoint covers need not be read again to know that the frame it remembers is there.
        let mut is_at_mark = mark.is_none_or(|mark| mark.segment <= mark.tree_size);
        let mut there = 0;
        let mut version = Version::Chained;
        self.authenticated_from = by.mark.map_or(0, |mark| mark.authenticated_from);
        self.end = self.seals.last().map_or((0, [0; 32]), |seal| (seal.number, seal.end()));
        let remembered = mark.filter(|_| !is_at_mark).map_or(u64::MAX, |mark| mark.segment);
        let begin = remembered.min(vouched + 1).min(in_tree);
        for number in begin.max(1)..=in_tree {
            if !listing.sealed.contains(&number) {
                continue;
            }
            let path = sealed_path(folder, number);
            let walk = match walk(&fs::read(&path)?, false, by) {
                Ok(walk) => walk,
                Err(broken) => {
                    self.faults.push(Fault::broken(&name_of(&path), &broken));
                    continue;
                }
            };
            if walk.seal != usize::try_from(number - 1).ok().and_then(|place| self.seals.get(place).copied()) {
                let what =
                    walk.broken.map_or_else(|| "is not the segment that is in the tree".to_owned(), |broken| broken.to_string());
                self.faults.push(Fault::SegmentBroken(name_of(&path), what));
            }
            self.note(&walk, &path, &mut version);
            is_at_mark |= walk.is_at_mark;
            there = there.max(if Some(number) == mark.map(|mark| mark.segment) { walk.at as u64 } else { 0 });
        }
        let beyond = listing.sealed.range(in_tree + 1..).map(|number| (*number, true));
        let mut unsealed: Vec<(u64, bool)> = beyond.chain(listing.open.iter().map(|number| (*number, false))).collect();
        unsealed.sort_unstable();
        for (number, is_sealed) in unsealed {
            let path = if is_sealed { sealed_path(folder, number) } else { open_path(folder, number) };
            let bytes = fs::read(&path)?;
            let walk = match walk(&bytes, !is_sealed, by) {
                Ok(walk) => walk,
                // It was cut short while it was made, before anything was recorded in it.
                Err(_)
                    if !is_sealed
                        && bytes.get(BEGINNING..).is_none_or(is_nothing)
                        && mark.is_none_or(|mark| mark.segment != number) =>
                {
                    self.unmade.push(number);
                    continue;
                }
                Err(broken) => {
                    self.faults.push(Fault::broken(&name_of(&path), &broken));
                    continue;
                }
            };
            let expected = self.end.0 + 1;
            if number != expected || walk.header.number != number || walk.header.previous != self.end.1 || self.open.is_some() {
                self.faults.push(Fault::OutOfTurn(name_of(&path), expected));
                continue;
            }
            match walk.seal {
                Some(seal) if is_sealed => self.beyond.push(seal),
                _ if is_sealed => {
                    let broken = walk.broken.unwrap_or(Broken { at: walk.at, why: "it ends without its seal" });
                    self.faults.push(Fault::broken(&name_of(&path), &broken));
                    continue;
                }
                _ => self.open = Some(number),
            }
            self.note(&walk, &path, &mut version);
            is_at_mark |= walk.is_at_mark;
            there = there.max(if Some(number) == mark.map(|mark| mark.segment) { walk.at as u64 } else { 0 });
        }
        if let Some(mark) = mark.filter(|_| !is_at_mark) {
            self.faults.push(Fault::FramesMissing(mark.segment, mark.bytes, there.min(mark.bytes)));
        }
        if self.authenticated_from == 0 {
            self.authenticated_from = self.end.0 + 1;
        }
        Ok(())
    }

    fn note(&mut self, walk: &Walk, path: &Path, version: &mut Version) {
        let number = walk.header.number;
        let is_late = self.authenticated_from > 0 && number >= self.authenticated_from;
        if walk.header.version < *version || (walk.header.version == Version::Chained && is_late) {
            self.faults.push(Fault::NotAuthenticated(name_of(path)));
        }
        if walk.header.version == Version::Authenticated && self.authenticated_from == 0 {
            self.authenticated_from = number;
        }
        *version = walk.header.version.max(*version);
        // An earlier segment of those that were read may know more than one that was begun without the store.
        let mut reached = self.last.reached.joined(walk.last.reached);
        if walk.last.loss_accepted {
            reached.writes = walk.last.reached.writes;
        }
        self.last = Last { reached, removal: walk.last.removal.or(self.last.removal), ..walk.last };
        self.end = (number, walk.chain);
    }
}

/// Bytes of a segment in which nothing was recorded yet: header and first events, and some more.
const BEGINNING: usize = 512;

/// Reads a segment to its end, or to the first frame that is not authentic.
fn walk(bytes: &[u8], growing: bool, by: &Witnesses<'_>) -> Result<Walk, Broken> {
    let frames = |growing| if growing { Frames::growing(bytes) } else { Frames::of(bytes) };
    let mut reading = frames(growing)?.under(Some(by.key));
    let header = *reading.header();
    let is_marked = by.mark.is_some_and(|mark| mark.segment == header.number);
    let at_mark =
        |at: usize, chain: &Hash| by.mark.is_some_and(|mark| is_marked && mark.bytes == at as u64 && mark.chain == *chain);
    let mut walk = Walk {
        header,
        at: reading.at(),
        chain: *reading.head(),
        seal: None,
        last: Last { durable: header.made, ..Last::default() },
        is_at_mark: false,
        broken: None,
    };
    while let Some(frame) = reading.next() {
        let body = match frame {
            Ok(frame) => frame.body,
            Err(broken) => {
                walk.broken = Some(broken);
                break;
            }
        };
        (walk.at, walk.chain) = (reading.at(), *reading.head());
        walk.is_at_mark |= at_mark(walk.at, &walk.chain);
        match body {
            Body::Seal(seal) => walk.seal = Some(*seal),
            body @ Body::Event(_) => walk.last.event(body.event().as_ref()),
            Body::Decisions(..) => walk.last.stopped = false,
        }
    }
    // Without its first frame it says nothing.
    if walk.chain == *frames(growing)?.head() {
        return Err(walk.broken.unwrap_or(Broken { at: walk.at, why: "there is no frame" }));
    }
    let rest = bytes.get(walk.at..).filter(|rest| !is_nothing(rest)).unwrap_or_default();
    walk.last.torn = rest.len() as u64;
    // What decisions say is needed where the log does not say it itself.
    if !walk.last.stopped || walk.last.reached.revision == 0 {
        let mut decided = frames(growing)?.under(Some(by.key));
        walk.last = Last { torn: walk.last.torn, ..last_of(header.made, &mut decided) };
    }
    Ok(walk)
}

/// What all frames say of the end, decisions too.
fn last_of(made: u64, frames: &mut Frames<'_>) -> Last {
    let mut last = Last { durable: made, ..Last::default() };
    for frame in frames.map_while(Result::ok) {
        match frame.body {
            Body::Seal(_) => {}
            body @ Body::Event(_) => last.event(body.event().as_ref()),
            body @ Body::Decisions(..) => {
                last.stopped = false;
                let Some(decisions) = body.decisions() else { continue };
                last.durable = decisions.written;
                // Each of them was outstanding, or has a number of the lease.
                let on_record = decisions.entries.iter().map(|entry| entry.outcomes.len() as u64).sum();
                last.missing = last.missing.saturating_sub(on_record);
                last.reached.revision =
                    decisions.entries.iter().map(|entry| entry.revision).fold(last.reached.revision, u64::max);
            }
        }
    }
    last
}

impl Last {
    fn event(&mut self, event: Option<&Event>) {
        self.stopped = matches!(event, Some(Event::Stopped { .. }));
        let Some(event) = event else { return };
        self.reached.revision = self.reached.revision.max(event.revision().unwrap_or(0));
        match event {
            Event::Committed { writes, .. } => self.reached.writes = self.reached.writes.max(*writes),
            Event::StoreLossAccepted { .. } => (self.reached.writes, self.loss_accepted) = (0, true),
            _ => {}
        }
        self.removal = Removal::of(event).or(self.removal);
        if let Event::Leased { next, outstanding, to, .. } = event {
            self.missing = to.saturating_sub(*next) + outstanding;
        }
        self.durable = self.durable.max(event.at().unwrap_or(0));
    }

    /// What may be missing behind it; none after an ordered end.
    #[must_use]
    pub const fn gap(&self) -> Option<Event> {
        if self.stopped {
            return None;
        }
        Some(Event::Gap { last_durable: self.durable, at_most: self.missing, torn: self.torn })
    }
}

/// Numbers in a row as first and last of each stretch.
#[must_use]
pub fn stretches(numbers: &[u64]) -> Vec<(u64, u64)> {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match stretches.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => stretches.push((*number, *number)),
        }
    }
    stretches
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
#[path = "examine_tests.rs"]
mod tests;
