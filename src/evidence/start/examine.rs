//! Examination of a folder by a start, before it changes anything: every segment that no witness vouches for is read to its last byte, and
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

use crate::evidence::events::{Gone, Listing, explain};
use crate::evidence::fault;
use crate::evidence::fault::Fault;
use crate::evidence::segment::walk::{Last, Walk, walk};
use crate::evidence::segment::{Broken, SEALED_FRAME, Seal, Unreadable, Version, is_nothing, open_path, read_file, sealed_path};
use crate::evidence::tree::archive::{check_tree, own_key, read_checkpoint, read_seals};
use crate::evidence::tree::merkle::Hash;
use crate::evidence::tree::signed_note::{Signer, Verifier};
use crate::model::secret::mac::MacKey;
use crate::ports::EvidenceMark;
use std::path::Path;
use std::{fs, io};

/// Contents of a folder.
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
    /// End of the log by its last segment.
    pub last: Last,
    /// Sealed segments whose files are gone.
    pub gone: Gone,
    /// The first segment whose frames are authenticated; the next one if there is none yet.
    pub authenticated_from: u64,
    /// Faults, the gravest first.
    pub faults: Vec<Fault>,
}

/// Who looks, and with what.
pub struct Witnesses<'a> {
    /// The node.
    pub node: u32,
    /// Authenticates frames.
    pub key: &'a MacKey,
    /// The configured seed of the key that signs; none for one of the folder's own.
    pub signing_key: Option<[u8; 32]>,
    /// Row that the store remembers.
    pub mark: Option<&'a EvidenceMark>,
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
        let configured = match by.signing_key.map_or_else(|| own_key(folder), |key| Ok(Some(key))) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.faults.push(Fault::KeyDamaged(error.to_string()));
                // Only what the store remembers is left to verify by.
                return Ok(by.mark.map(|mark| Verifier::of_node(by.node, mark.public_key)));
            }
            read => read?,
        };
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

    /// Reads the segments that no signature covers, and the last one, which says how the log ended.
    fn read_tail(&mut self, folder: &Path, listing: &Listing, by: &Witnesses<'_>, vouched: u64) -> io::Result<()> {
        let in_tree = self.seals.len() as u64;
        let mut tail = Tail::of(folder, by);
        self.authenticated_from = by.mark.map_or(0, |mark| mark.authenticated_from);
        self.end = self.seals.last().map_or((0, [0; 32]), |seal| (seal.number, seal.end()));
        let remembered = tail.not_met().map_or(u64::MAX, |mark| mark.segment);
        let begin = remembered.min(vouched + 1).min(in_tree).max(1);
        for number in (begin..=in_tree).filter(|number| listing.sealed.contains(number)) {
            self.read_of_tree(number, &mut tail)?;
        }
        let beyond = listing.sealed.range(in_tree + 1..).map(|number| (*number, true));
        let mut unsealed: Vec<(u64, bool)> = beyond.chain(listing.open.iter().map(|number| (*number, false))).collect();
        unsealed.sort_unstable();
        for (number, is_sealed) in unsealed {
            self.read_beyond(number, is_sealed, &mut tail)?;
        }
        if let Some(mark) = tail.not_met() {
            self.faults.push(Fault::FramesMissing(mark.segment, mark.bytes, tail.there.min(mark.bytes)));
        }
        if self.authenticated_from == 0 {
            self.authenticated_from = self.end.0 + 1;
        }
        Ok(())
    }

    /// Reads a segment that is in the tree.
    fn read_of_tree(&mut self, number: u64, tail: &mut Tail<'_>) -> io::Result<()> {
        let path = sealed_path(tail.folder, number);
        let Some(bytes) = self.read(&path)? else { return Ok(()) };
        let walk = match walk(&bytes, false, tail.by.key, tail.by.mark) {
            Ok(walk) => walk,
            Err(broken) => {
                self.faults.push(Fault::broken(&name_of(&path), &broken));
                return Ok(());
            }
        };
        if walk.seal != usize::try_from(number - 1).ok().and_then(|place| self.seals.get(place).copied()) {
            let what =
                walk.broken.as_ref().map_or_else(|| "is not the segment that is in the tree".to_owned(), ToString::to_string);
            self.faults.push(Fault::SegmentBroken(name_of(&path), what));
        }
        self.note(&walk, &path, tail);
        Ok(())
    }

    /// Reads a segment that the tree does not have yet: sealed, or being written.
    fn read_beyond(&mut self, number: u64, is_sealed: bool, tail: &mut Tail<'_>) -> io::Result<()> {
        let path = if is_sealed { sealed_path(tail.folder, number) } else { open_path(tail.folder, number) };
        let Some(bytes) = self.read(&path)? else { return Ok(()) };
        let walk = match walk(&bytes, !is_sealed, tail.by.key, tail.by.mark) {
            Ok(walk) => walk,
            Err(_) if !is_sealed && tail.is_unmade(number, &bytes) => {
                self.unmade.push(number);
                return Ok(());
            }
            Err(broken) => {
                self.faults.push(Fault::broken(&name_of(&path), &broken));
                return Ok(());
            }
        };
        let expected = self.end.0 + 1;
        if number != expected || walk.header.number != number || walk.header.previous != self.end.1 || self.open.is_some() {
            self.faults.push(Fault::OutOfTurn(name_of(&path), expected));
            return Ok(());
        }
        match walk.seal {
            Some(seal) if is_sealed => self.beyond.push(seal),
            _ if is_sealed => {
                let broken = walk.broken.unwrap_or(Broken { at: walk.at, why: "it ends without its seal" });
                self.faults.push(Fault::broken(&name_of(&path), &broken));
                return Ok(());
            }
            _ => self.open = Some(number),
        }
        self.note(&walk, &path, tail);
        Ok(())
    }

    /// The bytes of a segment; none of what can be none, which is a fault.
    fn read(&mut self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match read_file(path) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.faults.push(Fault::SegmentBroken(name_of(path), error.to_string()));
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// Takes over what a segment says, which follows all that were read before.
    fn note(&mut self, walk: &Walk, path: &Path, tail: &mut Tail<'_>) {
        let (number, version) = (walk.header.number, walk.header.version);
        let is_late = self.authenticated_from > 0 && number >= self.authenticated_from;
        if version < tail.version || (version == Version::Chained && is_late) {
            self.faults.push(Fault::NotAuthenticated(name_of(path)));
        }
        if version == Version::Authenticated && self.authenticated_from == 0 {
            self.authenticated_from = number;
        }
        tail.note(walk);
        self.last = walk.last.behind(&self.last);
        self.end = (number, walk.chain);
    }
}

/// The end of a log under examination.
struct Tail<'a> {
    folder: &'a Path,
    by: &'a Witnesses<'a>,
    /// The row that the store remembers, if it names a frame.
    mark: Option<&'a EvidenceMark>,
    /// Whether the frame that it names was met.
    is_at_mark: bool,
    /// Authentic bytes of the segment that it names.
    there: u64,
    /// The greatest version of the segments so far.
    version: Version,
}

impl<'a> Tail<'a> {
    fn of(folder: &'a Path, by: &'a Witnesses<'a>) -> Self {
        let mark = by.mark.filter(|mark| mark.segment > 0);
        // What the store's own checkpoint covers need not be read again to know that the frame it remembers is there.
        let is_at_mark = mark.is_none_or(|mark| mark.segment <= mark.tree_size);
        Self { folder, by, mark, is_at_mark, there: 0, version: Version::Chained }
    }

    /// The row that the store remembers, while the frame that it names was not met.
    fn not_met(&self) -> Option<&'a EvidenceMark> {
        self.mark.filter(|_| !self.is_at_mark)
    }

    /// Returns whether a segment was cut short while it was made, before anything was recorded in it.
    fn is_unmade(&self, number: u64, bytes: &[u8]) -> bool {
        let is_remembered = self.mark.is_some_and(|mark| mark.segment == number);
        !is_remembered && bytes.get(BEGINNING..).is_none_or(is_nothing)
    }

    fn note(&mut self, walk: &Walk) {
        self.version = self.version.max(walk.header.version);
        self.is_at_mark |= walk.is_at_mark;
        if self.mark.is_some_and(|mark| mark.segment == walk.header.number) {
            self.there = self.there.max(walk.at as u64);
        }
    }
}

/// Bytes of a segment in which nothing was recorded yet: header and first events, and some more.
const BEGINNING: usize = 512;

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
