//! What a start finds: the last segment read to its last whole frame, sealed if it was not, and what may be missing.

use super::archive::Archive;
use super::entry::Event;
use super::merkle::Hash;
use super::segment::{
    self, Body, Broken, Frames, HEADER_LENGTH, Open, Seal, Unreadable, is_nothing, number_of, open_path, sealed_path,
};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the log goes on.
#[derive(Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The number of the next segment.
    pub next: u64,
    /// The chain at the end of the last one.
    pub previous: Hash,
    /// What may be missing; none after an ordered end.
    pub gap: Option<Event>,
    /// Segments that were sealed and may have no index yet.
    pub sealed: Vec<u64>,
}

/// Why the log does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A segment is not what was written.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The segment that was being written is damaged at its beginning.
    #[error("{}: is damaged at its beginning, and decisions are behind it; keep a copy, and move it away to go on without them", .0.display())]
    Damaged(PathBuf),
    /// A segment that is in the tree is not there, or one is there out of turn.
    #[error("segment {0} is missing or out of turn; see izingate evidence verify")]
    OutOfTurn(u64),
}

/// Bytes of a segment in which nothing was recorded yet: header and first events, and some more.
const BEGINNING: usize = 512;

/// What the frames of a segment say of its end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Last {
    /// When it was last written.
    durable: u64,
    /// Decisions that may have been answered and are not on record.
    missing: u64,
    stopped: bool,
}

/// Brings a folder into the state that an ordered end leaves: every segment sealed and in the tree.
pub fn recover(folder: &Path, archive: &mut Archive, seals: &[Seal]) -> Result<Recovered, RecoverError> {
    let mut last = seals.last().copied();
    let mut sealed = Vec::new();
    for number in later(folder, "seg", archive.size())? {
        let seal = segment::sealed(folder, number)?;
        join(archive, &seal, number)?;
        sealed.push(number);
        last = Some(seal);
    }
    let open = later(folder, "open", 0)?;
    let mut torn = 0;
    for number in open {
        if let Some((seal, rest)) = finish(folder, number)? {
            join(archive, &seal, number)?;
            sealed.push(number);
            (last, torn) = (Some(seal), rest);
        }
    }
    let Some(seal) = last else { return Ok(Recovered { next: 1, previous: [0; 32], gap: None, sealed }) };
    let path = sealed_path(folder, seal.number);
    let gap = if ends_in_order(&path, &seal) { None } else { gap(&path, torn)? };
    Ok(Recovered { next: seal.number + 1, previous: seal.end(), gap, sealed })
}

/// The numbers of a folder's segments of an ending, above `than`, in order.
pub(super) fn later(folder: &Path, ending: &str, than: u64) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        numbers.extend(number_of(&entry?.path(), ending).filter(|number| *number > than));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn join(archive: &mut Archive, seal: &Seal, number: u64) -> Result<(), RecoverError> {
    if seal.number != number || number != archive.size() + 1 {
        return Err(RecoverError::OutOfTurn(archive.size() + 1));
    }
    Ok(archive.add(seal)?)
}

/// Seals a segment that was being written; none if nothing was ever acknowledged in it. With it how many torn bytes were
/// cut off.
fn finish(folder: &Path, number: u64) -> Result<Option<(Seal, u64)>, RecoverError> {
    let path = open_path(folder, number);
    let bytes = fs::read(&path)?;
    let whole = Frames::growing(&bytes).ok().filter(|frames| frames.header().number == number);
    // Without its first frame it was cut short while it was made; more than that was damaged later, and is not made away with.
    let Some(Some(Ok(_))) = whole.map(|mut frames| frames.next()) else {
        if bytes.get(BEGINNING..).is_some_and(|rest| !is_nothing(rest)) {
            return Err(RecoverError::Damaged(path));
        }
        fs::remove_file(&path)?;
        return Ok(None);
    };
    let mut open = Open::resume(folder, &bytes)?;
    let rest = bytes.get(open.bytes() as usize..).filter(|rest| !is_nothing(rest)).unwrap_or_default();
    if !rest.is_empty() {
        // What a kill tore off mid-write, or what was damaged: whoever looks into it finds it here.
        fs::write(folder.join(format!("{number:012}.torn")), rest)?;
    }
    Ok(Some((open.seal()?, rest.len() as u64)))
}

/// Whether the last frame before the seal says that the log was closed. Whoever checks evidence reads the chain; here it
/// only saves the reading of a segment.
fn ends_in_order(path: &Path, seal: &Seal) -> bool {
    use std::os::unix::fs::FileExt;
    let mut tail = [0; 64];
    let at = seal.bytes.saturating_sub(tail.len() as u64);
    let read = fs::File::open(path).and_then(|file| file.read_exact_at(&mut tail, at));
    let stopped = br#"{"event":"stopped""#;
    read.is_ok() && at >= HEADER_LENGTH as u64 && tail.windows(stopped.len()).any(|window| window == stopped)
}

/// What may be missing behind a segment.
fn gap(path: &Path, torn: u64) -> Result<Option<Event>, RecoverError> {
    let bytes = fs::read(path)?;
    let broken = |broken| Unreadable::Broken(path.to_owned(), broken);
    let last = Frames::of(&bytes).and_then(last_of).map_err(broken)?;
    let Last { durable, missing, stopped } = last;
    Ok((!stopped).then_some(Event::Gap { last_durable: durable, at_most: missing, torn }))
}

fn last_of(frames: Frames<'_>) -> Result<Last, Broken> {
    let mut last = Last { durable: frames.header().made, ..Last::default() };
    for frame in frames {
        match frame?.body {
            Body::Seal(_) => {}
            body @ Body::Event(_) => last.event(body.event().as_ref()),
            body @ Body::Decisions(..) => {
                last.stopped = false;
                let Some(decisions) = body.decisions() else { continue };
                last.durable = decisions.written;
                // Each of them was outstanding, or has a number of the lease.
                let on_record = decisions.entries.iter().map(|entry| entry.outcomes.len() as u64).sum();
                last.missing = last.missing.saturating_sub(on_record);
            }
        }
    }
    Ok(last)
}

impl Last {
    fn event(&mut self, event: Option<&Event>) {
        self.stopped = matches!(event, Some(Event::Stopped { .. }));
        match event {
            Some(Event::Leased { next, outstanding, to, at }) => {
                self.missing = to.saturating_sub(*next) + outstanding;
                self.durable = self.durable.max(*at);
            }
            Some(Event::Started { at, .. } | Event::Stopped { at }) => self.durable = self.durable.max(*at),
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "recover_tests.rs"]
mod tests;
