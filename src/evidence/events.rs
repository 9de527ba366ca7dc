//! Events, which the log says of itself: found without reading every decision, and how they explain files that are gone.

use super::entry::Event;
use super::segment::{
    Body, Broken, Frames, HEADER_LENGTH, Header, NextFrame, Seal, Unreadable, Version, next_frame, open_path, read_file,
    read_sealed, sealed_path,
};
use crate::model::secret::mac::MacKey;
use crate::sys::private_file;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// The numbers of the segments whose files lie in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Of sealed segments.
    pub sealed: BTreeSet<u64>,
    /// Of segments that are being written.
    pub open: BTreeSet<u64>,
    /// Names of the evidence that are no regular files: links, folders.
    pub foreign: Vec<String>,
    /// Names that the evidence does not have.
    pub unknown: Vec<String>,
    /// Of segments behind which torn bytes were cut off.
    pub torn: BTreeSet<u64>,
    /// Files of public keys that signed before.
    pub former: Vec<String>,
}

/// The names beside those of segments and former keys.
const NAMES: [&str; 5] = ["tree", "checkpoint", "signing.key", "signing.lost", "public.key"];

impl Listing {
    /// Lists a folder; an absent one is empty.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let mut listing = Self::default();
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
            read => read?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_file = entry.file_type()?.is_file();
            listing.take(name, is_file);
        }
        listing.foreign.sort();
        listing.unknown.sort();
        Ok(listing)
    }

    fn take(&mut self, name: String, is_file: bool) {
        // What a kill cut short while it was replaced has the ending `new`.
        let known =
            NAMES.contains(&&*name) || is_former_key(&name) || Path::new(&name).extension().is_some_and(|ending| ending == "new");
        let of_segment = |ending| super::segment::number_of(Path::new(&name), ending);
        let number = ["seg", "open", "idx", "torn", "lost"].into_iter().find_map(|ending| Some((ending, of_segment(ending)?)));
        match number {
            Some(_) if !is_file => self.foreign.push(name),
            Some(("seg", number)) => drop(self.sealed.insert(number)),
            Some(("open", number)) => drop(self.open.insert(number)),
            Some(("torn", number)) => drop(self.torn.insert(number)),
            Some(_) => {}
            None if known && !is_file => self.foreign.push(name),
            None if is_former_key(&name) => self.former.push(name),
            None if known => {}
            None => self.unknown.push(name),
        }
    }
}

/// Whether a file is a public key that signed before, with the last note that it signed.
#[must_use]
pub fn is_former_key(name: &str) -> bool {
    name.strip_prefix("former-").and_then(|name| name.strip_suffix(".key")).is_some()
}

/// Sealed segments whose files are gone, by what the log says of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Removed when nothing in them had to be kept any more.
    pub removed: Vec<u64>,
    /// Missing, and accepted by an operator.
    pub accepted: Vec<u64>,
    /// Missing.
    pub missing: Vec<u64>,
    /// The newest removal, for the next segment to repeat.
    pub removal: Option<Removal>,
}

/// Segments were removed: all up to a number in which nothing is later than a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The last of them.
    pub through: u64,
    /// Decisions of that time and before are not kept, in Unix seconds.
    pub until: u32,
}

impl Removal {
    /// The removal that an event tells of.
    #[must_use]
    pub const fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Removed { through, until } => Some(Self { through: *through, until: *until }),
            _ => None,
        }
    }

    /// The event that tells of it.
    #[must_use]
    pub const fn event(self) -> Event {
        Event::Removed { through: self.through, until: self.until }
    }

    /// Whether it is why a segment is gone: an event does not explain the absence of one that had to be kept.
    #[must_use]
    pub const fn explains(&self, seal: &Seal) -> bool {
        seal.number <= self.through && seal.times.1 < self.until
    }
}

/// Says of every segment of a tree whose file is gone why that is.
pub fn explain(folder: &Path, listing: &Listing, seals: &[Seal], key: Option<&MacKey>) -> Result<Gone, Unreadable> {
    let mut gone = Gone::default();
    let absent: Vec<&Seal> = seals.iter().filter(|seal| !listing.sealed.contains(&seal.number)).collect();
    if absent.is_empty() {
        return Ok(gone);
    }
    gone.removal = newest_removal(folder, listing, seals, key)?;
    let removed = |seal: &&&Seal| gone.removal.is_some_and(|removal| removal.explains(seal));
    gone.removed = absent.iter().filter(removed).map(|seal| seal.number).collect();
    let left: Vec<u64> = absent.iter().map(|seal| seal.number).filter(|number| !gone.removed.contains(number)).collect();
    if left.is_empty() {
        return Ok(gone);
    }
    let mut accepted = Vec::new();
    for (number, is_sealed) in segments(listing) {
        let events = beginning(folder, number, is_sealed, key)?.map(|(_, events)| events).unwrap_or_default();
        accepted.extend(events.into_iter().filter_map(|event| match event {
            Event::LossAccepted { missing, .. } => Some(missing),
            _ => None,
        }));
    }
    let is_accepted = |number: &u64| accepted.iter().flatten().any(|(first, last)| (*first..=*last).contains(number));
    (gone.accepted, gone.missing) = left.into_iter().partition(is_accepted);
    Ok(gone)
}

/// Every segment with a file, and whether it is sealed, in order.
fn segments(listing: &Listing) -> Vec<(u64, bool)> {
    let sealed = listing.sealed.iter().map(|number| (*number, true));
    let open = listing.open.difference(&listing.sealed).map(|number| (*number, false));
    let mut segments: Vec<_> = sealed.chain(open).collect();
    segments.sort_unstable();
    segments
}

/// The newest removal that the log tells of. Every authenticated segment repeats it at its beginning, so most often one is read.
pub(super) fn newest_removal(
    folder: &Path,
    listing: &Listing,
    seals: &[Seal],
    key: Option<&MacKey>,
) -> Result<Option<Removal>, Unreadable> {
    for (number, is_sealed) in segments(listing).into_iter().rev() {
        let path = if is_sealed { sealed_path(folder, number) } else { open_path(folder, number) };
        let (version, events) = match events_of(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) => {
                // One that is being made has no header yet.
                if !is_sealed {
                    continue;
                }
                return Err(Unreadable::Broken(path, Broken { at: 0, why: "the header is damaged" }));
            }
            read => read.map_err(|error| Unreadable::Io(path.clone(), error))?,
        };
        let found = if events.iter().any(|event| Removal::of(event).is_some()) {
            // What was found so counts only once the segment is seen to be what was written.
            authentic_removal(folder, number, seals, key)?
        } else {
            None
        };
        if found.is_some() || (version == Version::Authenticated && is_sealed) {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The last removal of a segment that is what was written: up to its seal, or frame by frame where the secret is given.
fn authentic_removal(folder: &Path, number: u64, seals: &[Seal], key: Option<&MacKey>) -> Result<Option<Removal>, Unreadable> {
    let mut found = None;
    let place = usize::try_from(number - 1).unwrap_or(usize::MAX);
    if let Some(seal) = seals.get(place) {
        read_sealed(folder, seal, key, |_, frame| {
            found = frame.body.event().as_ref().and_then(Removal::of).or(found);
            Ok::<_, Unreadable>(())
        })?;
        return Ok(found);
    }
    let Some(bytes) = read_unsealed(folder, number)? else { return Ok(None) };
    let Ok(frames) = Frames::growing(&bytes) else { return Ok(None) };
    // Without the secret, what no seal covers cannot be authenticated.
    if frames.header().version == Version::Authenticated && key.is_none() {
        return Ok(None);
    }
    for frame in frames.under(key).map_while(Result::ok) {
        found = frame.body.event().as_ref().and_then(Removal::of).or(found);
    }
    Ok(found)
}

/// The bytes of a segment that the tree does not have: it may be sealed at any moment.
pub(super) fn read_unsealed(folder: &Path, number: u64) -> Result<Option<Vec<u8>>, Unreadable> {
    for path in [open_path(folder, number), sealed_path(folder, number)] {
        match read_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            read => return read.map(Some).map_err(|error| Unreadable::Io(path, error)),
        }
    }
    Ok(None)
}

/// Bytes that hold a segment's header and first events.
const FIRST_FRAMES: u64 = 64 << 10;

/// The header of a segment and the events that it begins with; none if it was removed meanwhile, or is being made.
pub(super) fn beginning(
    folder: &Path,
    number: u64,
    is_sealed: bool,
    key: Option<&MacKey>,
) -> Result<Option<Beginning>, Unreadable> {
    let path = if is_sealed { sealed_path(folder, number) } else { open_path(folder, number) };
    let read = |most: u64| {
        let mut bytes = Vec::new();
        private_file::open(&path)?.take(most).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(bytes)
    };
    let mut most = FIRST_FRAMES;
    loop {
        let start = match read(most) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| Unreadable::Io(path.clone(), error))?,
        };
        match first_events(&start, key) {
            Ok(found) => return Ok(Some(found)),
            // A frame that is longer than what was read.
            Err(_) if start.len() as u64 == most => most = u64::MAX,
            // What is being written may end anywhere.
            Err((_, Some(found))) if !is_sealed => return Ok(Some(found)),
            Err(_) if !is_sealed => return Ok(None),
            Err((broken, _)) => return Err(Unreadable::Broken(path, broken)),
        }
    }
}

type Beginning = (Header, Vec<Event>);

/// The events before the first decision; of what is broken before that, those up to there.
fn first_events(start: &[u8], key: Option<&MacKey>) -> Result<Beginning, (Broken, Option<Beginning>)> {
    let frames = Frames::growing(start).map_err(|broken| (broken, None))?.under(key);
    let (header, mut events) = (*frames.header(), Vec::new());
    for frame in frames {
        match frame {
            Ok(frame) if matches!(frame.body, Body::Event(_)) => events.extend(frame.body.event()),
            Ok(_) => break,
            Err(broken) => return Err((broken, Some((header, events)))),
        }
    }
    Ok((header, events))
}

/// The version of a segment's file and its events in their order, by the lengths of its frames alone: nothing is authenticated.
fn events_of(path: &Path) -> io::Result<(Version, Vec<Event>)> {
    let mut file = BufReader::with_capacity(1 << 20, private_file::open(path)?);
    let mut header = [0; HEADER_LENGTH];
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the header is damaged");
    file.read_exact(&mut header)?;
    let header = Header::from_bytes(&header).ok_or_else(damaged)?;
    let mut events = Vec::new();
    loop {
        match next_frame(&mut file)? {
            NextFrame::Event(event) => events.push(event),
            NextFrame::Other => {}
            NextFrame::End => return Ok((header.version, events)),
        }
    }
}
