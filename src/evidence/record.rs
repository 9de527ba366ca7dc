//! View of a folder on which a reader may rely: the tree held against its signed checkpoint and against what the store remembers, before a
//! word of it is believed; then each segment against its seal, and files that are gone against the events that may explain it.
//!
//! Works beside a running gateway, and changes nothing. Who has no secret reads the same, and relies on seals alone: what no
//! seal covers yet is then not authenticated.

use super::entry::Event;
use super::events::{Gone, Listing, beginning, explain, read_unsealed};
use super::fault::{self, Fault};
use super::segment::{Frame, Frames, Header, Seal, Unreadable, Version, read_sealed, sealed};
use crate::evidence::tree::archive::{check_tree, read_checkpoint, read_public, read_seals};
use crate::evidence::tree::signed_note::Verifier;
use crate::model::secret::mac::MacKey;
use crate::model::time::IysTime;
use crate::ports::EvidenceMark;
use std::io;
use std::path::{Path, PathBuf};

/// Who reads, and with what.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// The folder.
    pub folder: PathBuf,
    /// Authenticates frames and indexes; none without the secret.
    pub key: Option<MacKey>,
    /// The node, and what its store remembers; none without a store. Read before the folder is: that only grows.
    pub mark: Option<(u32, EvidenceMark)>,
}

/// A folder whose tree is the one that was signed.
pub struct Record {
    reader: Reader,
    /// The seals of the tree.
    pub seals: Vec<Seal>,
    /// The signed checkpoint; none where nothing was ever sealed.
    pub checkpoint: Option<String>,
    /// The key whose checkpoints are believed; none where nothing was ever sealed.
    pub verifier: Option<Verifier>,
    /// Segments in the tree that the checkpoint was signed over.
    pub signed: u64,
    /// Sealed segments whose files are gone.
    pub gone: Gone,
    listing: Listing,
}

/// What segments begin with, and the numbers of those whose beginnings are damaged.
type Beginnings = (Vec<(Header, Vec<Event>)>, Vec<u64>);

/// Reason for which a folder is not believed.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The system said no.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// Something is missing or not what was written, the gravest first.
    #[error("{}", fault::listed(.0))]
    Faults(Vec<Fault>),
}

impl From<Unreadable> for RecordError {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Io(path, error) => Self::Io(path, error),
            Unreadable::Broken(path, broken) => {
                let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
                Self::Faults(vec![Fault::broken(&name, &broken)])
            }
        }
    }
}

impl Reader {
    /// A reader without the secret and without a store.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), key: None, mark: None }
    }

    /// Reads the tree of the folder.
    pub fn open(self) -> Result<Record, RecordError> {
        let failed = |error| RecordError::Io(self.folder.clone(), error);
        // In this order: the tree may not be shorter than its checkpoint, nor the files fewer than the tree has.
        let checkpoint = read_checkpoint(&self.folder).map_err(failed)?;
        let seals = match read_seals(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(RecordError::Faults(vec![Fault::TreeDamaged(error.to_string())]));
            }
            read => read.map_err(failed)?,
        };
        let mut faults = Vec::new();
        let mark = self.mark.as_ref().map(|(_, mark)| mark);
        let mut signed = 0;
        let verifier = self.verifier(&mut faults, !seals.is_empty() || checkpoint.is_some())?;
        if let Some(verifier) = &verifier {
            let vouched = check_tree(&seals, checkpoint.as_deref(), verifier, mark, &mut faults);
            signed = checkpoint.as_deref().and_then(|note| verifier.open(note).ok()).map_or(0, |opened| opened.size);
            self.check_unsigned(&seals, vouched, &mut faults)?;
        }
        let listing = Listing::of(&self.folder).map_err(failed)?;
        if let Some(mark) = mark.filter(|mark| mark.segment > mark.tree_size.max(seals.len() as u64)) {
            // Whether it holds what is remembered is seen when it is read.
            let has = |listing: &Listing| listing.open.contains(&mark.segment) || listing.sealed.contains(&mark.segment);
            // It may have got its name as a sealed one while the folder was listed.
            let is_there = has(&listing) || has(&Listing::of(&self.folder).map_err(failed)?);
            faults.extend((!is_there).then_some(Fault::FramesMissing(mark.segment, mark.bytes, 0)));
        }
        if !faults.is_empty() {
            fault::sort(&mut faults);
            return Err(RecordError::Faults(faults));
        }
        let gone = explain(&self.folder, &listing, &seals, self.key.as_ref())?;
        Ok(Record { reader: self, seals, checkpoint, verifier, signed, gone, listing })
    }

    /// The key whose checkpoints are believed: the one that the store remembers, or the one in the folder.
    fn verifier(&self, faults: &mut Vec<Fault>, is_needed: bool) -> Result<Option<Verifier>, RecordError> {
        if let Some((node, mark)) = &self.mark {
            return Ok(Some(Verifier::of_node(*node, mark.public_key)));
        }
        let path = self.folder.join("public.key");
        match read_public(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                faults.extend(is_needed.then(|| Fault::KeyMissing("public.key".to_owned())));
                Ok(None)
            }
            Err(error) => Err(RecordError::Io(path, error)),
            Ok(text) => match Verifier::parse(&text) {
                Ok(verifier) => Ok(Some(verifier)),
                Err(error) => Err(RecordError::Faults(vec![Fault::CheckpointForeign(error, "public.key".to_owned())])),
            },
        }
    }

    /// Seals that no signature covers yet must be those of their segments.
    fn check_unsigned(&self, seals: &[Seal], vouched: u64, faults: &mut Vec<Fault>) -> Result<(), RecordError> {
        for seal in seals.iter().skip(usize::try_from(vouched).unwrap_or(usize::MAX)) {
            match sealed(&self.folder, seal.number, self.key.as_ref()) {
                Ok(found) if found == *seal => {}
                Ok(_) => faults.push(Fault::TreeDamaged(format!("segment {} is not the one of its seal", seal.number))),
                Err(Unreadable::Io(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                    faults.push(Fault::SegmentsMissing(seal.number, seal.number));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Record {
    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.reader.folder
    }

    /// Key of frames and indexes; none without the secret.
    #[must_use]
    pub const fn key(&self) -> Option<&MacKey> {
        self.reader.key.as_ref()
    }

    /// The numbers of the sealed segments whose files are there, in order.
    #[must_use]
    pub fn sealed(&self) -> Vec<u64> {
        self.listing.sealed.iter().copied().collect()
    }

    /// Whether the file of a segment of the tree is there.
    #[must_use]
    pub fn has(&self, seal: &Seal) -> bool {
        self.listing.sealed.contains(&seal.number)
    }

    /// Whether a segment is open: it is being written, or whoever wrote it was cut off.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.listing.open.range(self.seals.len() as u64 + 1..).any(|number| !self.listing.sealed.contains(number))
    }

    /// Reads every byte of a sealed segment, which must lead to its seal.
    pub fn read<E: From<Unreadable>>(
        &self,
        seal: &Seal,
        each: impl FnMut(&Header, &Frame<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        read_sealed(&self.reader.folder, seal, self.key(), each)
    }

    /// Number and bytes of every segment that the tree does not have: the one that is being written, and one that was sealed a moment
    /// ago or by a kill. What the store remembers of it is in it.
    pub fn unsealed(&self) -> Result<Vec<(u64, Vec<u8>)>, RecordError> {
        let size = self.seals.len() as u64;
        // Looked for again: one may have been sealed, and the next begun.
        let listing = Listing::of(&self.reader.folder).map_err(|error| RecordError::Io(self.reader.folder.clone(), error))?;
        let mut found = Vec::new();
        for number in listing.sealed.range(size + 1..).chain(listing.open.range(size + 1..)) {
            if found.iter().any(|(other, _)| other == number) {
                continue;
            }
            if let Some(bytes) = read_unsealed(&self.reader.folder, *number)? {
                self.holds_mark(*number, &bytes)?;
                found.push((*number, bytes));
            }
        }
        found.sort_by_key(|(number, _)| *number);
        Ok(found)
    }

    /// The frames of a segment that no seal covers, up to the first that is torn or not authentic.
    #[must_use]
    pub fn frames<'a>(&self, bytes: &'a [u8]) -> Option<Frames<'a>> {
        Some(Frames::growing(bytes).ok()?.under(self.key()))
    }

    /// Whether a segment holds the frame that the store remembers of it.
    fn holds_mark(&self, number: u64, bytes: &[u8]) -> Result<(), RecordError> {
        let mark = self.reader.mark.as_ref().map(|(_, mark)| mark).filter(|mark| mark.segment == number);
        let Some(mark) = mark else { return Ok(()) };
        let mut there = 0;
        if let Some(mut frames) = self.frames(bytes) {
            while let Some(Ok(_)) = frames.next() {
                if frames.at() as u64 == mark.bytes && *frames.head() == mark.chain {
                    return Ok(());
                }
            }
            there = (frames.at() as u64).min(mark.bytes);
        }
        Err(RecordError::Faults(vec![Fault::FramesMissing(number, mark.bytes, there)]))
    }

    /// The header of every segment with a file that can be read, and the events that it begins with, in order.
    pub fn beginnings(&self) -> Result<Vec<(Header, Vec<Event>)>, RecordError> {
        Ok(self.read_beginnings()?.0)
    }

    /// The numbers of sealed segments whose beginnings are not what was written: what happened before them is not known.
    pub fn damaged_beginnings(&self) -> Result<Vec<u64>, RecordError> {
        Ok(self.read_beginnings()?.1)
    }

    fn read_beginnings(&self) -> Result<Beginnings, RecordError> {
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        let sealed = self.listing.sealed.iter().map(|number| (*number, true));
        for (number, is_sealed) in sealed.chain(self.listing.open.difference(&self.listing.sealed).map(|number| (*number, false)))
        {
            let read = match beginning(self.folder(), number, is_sealed, self.key()) {
                Err(Unreadable::Broken(..)) if is_sealed => {
                    damaged.push(number);
                    continue;
                }
                read => read,
            };
            let mut read = read?;
            if read.is_none() && !is_sealed {
                // It was sealed meanwhile.
                read = beginning(self.folder(), number, true, self.key())?;
            }
            found.extend(read);
        }
        Ok((found, damaged))
    }

    /// Whether the frames of a segment of this version are authenticated for this reader.
    #[must_use]
    pub const fn authenticates(&self, version: Version) -> bool {
        matches!(version, Version::Authenticated) && self.reader.key.is_some()
    }

    /// Gaps that touch a period. Each is said in the first frames of the segment behind it, so no more of each is read.
    pub fn gaps(&self, from: Option<IysTime>, to: Option<IysTime>) -> Result<Vec<LogGap>, RecordError> {
        let mut found = Vec::new();
        for (header, events) in self.beginnings()? {
            for event in events {
                let Event::Gap { last_durable, at_most, .. } = event else { continue };
                if touches((last_durable, header.made), from, to) {
                    found.push(LogGap { number: header.number, from: last_durable, to: header.made, at_most });
                }
            }
        }
        Ok(found)
    }

    /// Of every loss that an operator accepted and that touches a period: since when, until when, what was lost, and why.
    pub fn losses(&self, from: Option<IysTime>, to: Option<IysTime>) -> Result<Vec<Loss>, RecordError> {
        let events = self.beginnings()?.into_iter().flat_map(|(_, events)| events);
        let loss = |event| match event {
            Event::LossAccepted { lost, last_durable, reason, at, .. } => Some(Loss { since: last_durable, at, lost, reason }),
            Event::StoreLossAccepted { store, evidence, writes, reason, at, .. } => {
                let lost = format!("the store had lost revisions {store} to {evidence}, and {writes} writes at most");
                Some(Loss { since: 0, at, lost: vec![lost], reason })
            }
            _ => None,
        };
        Ok(events.filter_map(loss).filter(|loss| touches((loss.since, loss.at), from, to)).collect())
    }
}

/// A time at whose end a kill stopped the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogGap {
    /// The segment that begins behind it.
    pub number: u64,
    /// Everything answered until then is on record, in Unix milliseconds.
    pub from: u64,
    /// The begin of the next run, in Unix milliseconds.
    pub to: u64,
    /// Numbers that were leased and are not on record.
    pub at_most: u64,
}

/// A loss that an operator accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Everything answered until then is on record, in Unix milliseconds; 0 if that is not known.
    pub since: u64,
    /// Time at which it was accepted, in Unix milliseconds.
    pub at: u64,
    /// The lost part in words.
    pub lost: Vec<String>,
    /// The operator's reason.
    pub reason: String,
}

pub(super) fn touches((begun, ended): (u64, u64), from: Option<IysTime>, to: Option<IysTime>) -> bool {
    from.is_none_or(|from| ended >= u64::from(from.unix()) * 1_000)
        && to.is_none_or(|to| begun <= u64::from(to.unix()) * 1_000 + 999)
}
