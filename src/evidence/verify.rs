//! The whole record held against itself: every byte against the chains, every frame against the secret, every segment against the tree,
//! the tree against its signed checkpoint and what the store remembers, every index against its segment. It says what it did not look at.

mod report;

pub use report::{Problem, Report};

use super::entry::Event;
use super::events::{Gone, Listing, explain};
use super::fault::{Fault, Witness, sort};
use super::segment::{Body, Broken, Frames, Header, Seal, Unreadable, Version, open_path, read_file, sealed_path};
use crate::check::policy;
use crate::evidence::segment::index;
use crate::evidence::tree::archive::{Signed, check_tree, hold_against, read_checkpoint, read_public, read_seals};
use crate::evidence::tree::signed_note::Verifier;
use crate::model::secret::mac::MacKey;
use crate::ports::EvidenceMark;
use std::ops::RangeInclusive;
use std::path::Path;
use std::{fs, io};

/// Part of the record to check, and its witnesses.
pub struct Scope<'a> {
    /// The segments whose bytes are read; all seals and the whole tree always are.
    pub segments: RangeInclusive<u64>,
    /// The key that is believed.
    pub key: Verifier,
    /// A checkpoint that was kept elsewhere.
    pub kept: Option<&'a str>,
    /// Authenticates frames; none without the secret.
    pub secret: Option<MacKey>,
    /// Row that the store remembers; none without a store. Read before the folder is.
    pub mark: Option<EvidenceMark>,
}

/// Checks a folder. An error is a folder that cannot be read at all.
pub fn verify(folder: &Path, scope: &Scope<'_>) -> io::Result<Report> {
    let mut check = Check { folder, scope, report: Report::default(), version: Version::Chained, is_at_mark: false };
    // The checkpoint first: a gateway may add to the tree meanwhile.
    let checkpoint = read_checkpoint(folder)?;
    let seals = match read_seals(folder) {
        Ok(seals) => seals,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            check.report.problem("tree", error);
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    let listing = Listing::of(folder)?;
    check.report.segments = seals.len() as u64;
    check.report.unknown.clone_from(&listing.unknown);
    check.report.problems.extend(listing.foreign.iter().cloned().map(|name| Problem::from(Fault::NotAFile(name))));
    check.tree(&seals, checkpoint.as_deref(), &listing)?;
    for seal in &seals {
        match read_file(&sealed_path(folder, seal.number)) {
            Ok(bytes) if scope.segments.contains(&seal.number) => check.segment(&bytes, seal),
            Ok(_) => {}
            // Whether that is explained is seen when everything else was looked at.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => check.report.problem(name(seal.number), error),
        }
    }
    check.beyond(&seals)?;
    check.gone(&seals)?;
    check.torn(&listing);
    check.mark(&seals);
    check.report.problems.dedup();
    Ok(check.report)
}

fn name(number: u64) -> String {
    format!("{number:012}.seg")
}

/// Looks at what a gateway seals meanwhile.
const TURNS: u32 = 10;

/// A check under way.
struct Check<'a> {
    folder: &'a Path,
    scope: &'a Scope<'a>,
    report: Report,
    /// The greatest version of the segments so far.
    version: Version,
    /// Whether the frame that the store remembers was met.
    is_at_mark: bool,
}

/// Frames that were read.
#[derive(Default)]
struct Walked {
    /// Place at which they break.
    broken: Option<Broken>,
    sealed: Option<Seal>,
    decisions: u64,
    /// Parts of which the index of the segment is made.
    heads: index::Heads,
}

impl Check<'_> {
    /// The tree against its checkpoint, against what the store remembers, and against checkpoints that were kept.
    fn tree(&mut self, seals: &[Seal], checkpoint: Option<&str>, listing: &Listing) -> io::Result<()> {
        let mut faults = Vec::new();
        let mut former = Vec::new();
        for file in &listing.former {
            let text = read_public(&self.folder.join(file))?;
            let (key, note) = text.split_once("\n\n").unwrap_or((&text, ""));
            match Verifier::parse(key).and_then(|key| Ok((key.clone(), key.open(note)?))) {
                Ok((key, signed)) => former.push((file, key, Signed { size: signed.size, root: signed.root })),
                // It signed nothing that is still here.
                Err(_) if note.is_empty() => {}
                Err(error) => self.report.problem(file, error),
            }
        }
        for (_, _, signed) in &former {
            hold_against(seals, Witness::Kept, signed, &mut faults);
        }
        let opens = checkpoint.is_some_and(|note| self.scope.key.open(note).is_ok());
        let before = former.iter().find(|(_, key, _)| !opens && *key == self.scope.key);
        self.report.signed_before = before.map(|(_, _, signed)| signed.size);
        let mark = self.scope.mark.as_ref();
        let mut of_tree = Vec::new();
        check_tree(seals, checkpoint, &self.scope.key, mark, &mut of_tree);
        if before.is_some() {
            of_tree.retain(|fault| !matches!(fault, Fault::CheckpointForeign(..)));
        }
        // Every start signs one, also over no segment at all.
        if checkpoint.is_none() && !of_tree.iter().any(|fault| matches!(fault, Fault::CheckpointMissing(_))) {
            of_tree.push(Fault::CheckpointMissing(seals.len() as u64));
        }
        faults.extend(of_tree);
        if let Some(kept) = self.scope.kept {
            match self.scope.key.open(kept) {
                Ok(opened) => {
                    hold_against(seals, Witness::Kept, &Signed { size: opened.size, root: opened.root }, &mut faults);
                }
                Err(error) => self.report.problem("the checkpoint that was kept", error),
            }
        }
        // The one that was added last may not be signed yet.
        let signed = checkpoint.and_then(|note| self.scope.key.open(note).ok()).map(|opened| opened.size);
        if let Some(size) = signed.filter(|size| size + 1 < seals.len() as u64) {
            self.report.problem("checkpoint", format!("was signed over {size} of {} segments", seals.len()));
        }
        sort(&mut faults);
        self.report.problems.extend(faults.into_iter().map(Problem::from));
        Ok(())
    }

    /// A segment's bytes against its seal in the tree, and its index against it.
    fn segment(&mut self, bytes: &[u8], seal: &Seal) {
        let file = name(seal.number);
        self.report.read += 1;
        let frames = match Frames::of(bytes) {
            Ok(frames) => frames.under(self.scope.secret.as_ref()),
            Err(broken) => return self.report.problem(file, broken),
        };
        if frames.header().number != seal.number {
            return self.report.problem(file, format!("holds segment {}", frames.header().number));
        }
        let Walked { broken, sealed, decisions, heads } = self.frames(frames, &file);
        if let Some(broken) = broken {
            return self.report.problem(file, broken);
        }
        self.report.decisions += decisions;
        match sealed {
            None => return self.report.problem(file, "ends without its seal: it was cut short"),
            Some(sealed) if sealed != *seal => return self.report.problem(file, "is not the segment that is in the tree"),
            Some(_) => {}
        }
        self.index(seal, &heads);
    }

    /// The index of a segment that is what was written.
    fn index(&mut self, seal: &Seal, heads: &index::Heads) {
        let key = self.scope.secret.as_ref();
        let differs = match index::body_of(self.folder, seal.number) {
            // It is made after the segment is sealed, and again when it is missing or of an earlier version.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Ok(_) if index::is_earlier(self.folder, seal.number) => return,
            Err(_) => true,
            Ok(there) => there != heads.body(seal).get() || key.is_some_and(|key| !index::is_authentic(self.folder, seal, key)),
        };
        if differs {
            self.report.problem(
                format!("{:012}.idx", seal.number),
                "is not the index of its segment; without this file the next start makes it again",
            );
        }
    }

    /// Reads frames to their end, or to where they break.
    fn frames(&mut self, mut frames: Frames<'_>, file: &str) -> Walked {
        let header = *frames.header();
        self.header(&header, file);
        let mut walked = Walked::default();
        let mark = self.scope.mark.as_ref().filter(|mark| mark.segment == header.number);
        while let Some(frame) = frames.next() {
            let frame = match frame {
                Ok(frame) => frame,
                Err(broken) => {
                    walked.broken = Some(broken);
                    break;
                }
            };
            self.is_at_mark |= mark.is_some_and(|mark| (mark.bytes, mark.chain) == (frames.at() as u64, *frames.head()));
            if let Body::Decisions(_, recipients) = &frame.body {
                walked.heads.frame(frame.at as u64, &frame.leaf, recipients);
            }
            match frame.body {
                Body::Seal(read) => walked.sealed = Some(*read),
                body @ Body::Event(_) => match body.event() {
                    Some(event) => self.note(event, header.number),
                    None => self.report.problem(file, format!("byte {}: holds an event that cannot be read", frame.at)),
                },
                body @ Body::Decisions(..) => match body.decisions() {
                    None => self.report.problem(file, format!("byte {}: holds decisions that cannot be read", frame.at)),
                    Some(read) => {
                        for entry in &read.entries {
                            let (outcomes, cell) = (entry.outcomes.parts().0, entry.scope.cell);
                            walked.decisions += outcomes.len() as u64;
                            if outcomes.iter().any(|outcome| policy::recorded(*outcome, cell).is_none()) {
                                self.report.problem(file, format!("byte {}: holds an outcome that is unknown", frame.at));
                            }
                        }
                    }
                },
            }
        }
        walked
    }

    fn header(&mut self, header: &Header, file: &str) {
        let late =
            self.scope.mark.as_ref().is_some_and(|mark| mark.authenticated_from > 0 && header.number >= mark.authenticated_from);
        if header.version < self.version || (late && header.version == Version::Chained) {
            self.report.problems.push(Fault::NotAuthenticated(file.to_owned()).into());
        }
        match header.version {
            Version::Chained => self.report.plain += 1,
            Version::Authenticated if self.report.authenticated_since.is_none() => {
                self.report.authenticated_since = Some(header.made);
            }
            Version::Authenticated => {}
        }
        self.version = self.version.max(header.version);
    }

    /// Reads the events of the log.
    fn note(&mut self, event: Event, number: u64) {
        if matches!(
            event,
            Event::Gap { .. }
                | Event::LossAccepted { .. }
                | Event::StoreLossAccepted { .. }
                | Event::KeyChanged { .. }
                | Event::Restored { .. }
                | Event::Unrecorded { .. }
        ) {
            self.report.notes.push((number - 1, event));
        }
    }

    /// Segments that the tree does not have: the one that is being written, and one that was sealed a moment ago or by a kill.
    fn beyond(&mut self, seals: &[Seal]) -> io::Result<()> {
        let (mut next, mut end) = (seals.len() as u64 + 1, seals.last().map_or([0; 32], Seal::end));
        // A gateway may seal while this is read: then what is being written now follows what is read in the next turn.
        for turn in 0..TURNS {
            let listing = Listing::of(self.folder)?;
            for number in listing.sealed.range(next..).copied().collect::<Vec<_>>() {
                let bytes = match read_file(&sealed_path(self.folder, number)) {
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                        self.report.problem(name(number), error);
                        continue;
                    }
                    read => read?,
                };
                match super::segment::sealed(self.folder, number, self.scope.secret.as_ref()) {
                    Ok(seal) if number == next && seal.number == number && seal.previous == end => {
                        (next, end) = (next + 1, seal.end());
                        self.segment(&bytes, &seal);
                    }
                    Ok(_) => self.report.problem(name(number), "is not in the tree"),
                    Err(error) => self.report.problem(name(number), error),
                }
            }
            let (Some(number), stray) = (listing.open.last().copied(), listing.open.len() > 1) else { return Ok(()) };
            let file = format!("{number:012}.open");
            let bytes = match read_file(&open_path(self.folder, number)) {
                // It was sealed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    self.report.problem(file, error);
                    return Ok(());
                }
                Ok(bytes) => bytes,
            };
            let frames = match Frames::growing(&bytes) {
                Ok(frames) => frames.under(self.scope.secret.as_ref()),
                Err(broken) => {
                    self.report.problem(file, broken);
                    return Ok(());
                }
            };
            let follows = number == next && frames.header().previous == end && frames.header().number == number;
            if (!follows && number > next || stray) && turn + 1 < TURNS {
                continue;
            }
            if !follows {
                self.report.problem(&file, "does not follow the last segment");
            }
            if stray {
                self.report.problem(&file, "is not the only segment that is being written");
            }
            // What is torn at its end is being written, or was cut off by a kill: the next start says so.
            self.report.open += self.frames(frames, &file).decisions;
            return Ok(());
        }
        Ok(())
    }

    /// Segments of the tree whose files are gone.
    fn gone(&mut self, seals: &[Seal]) -> io::Result<()> {
        let listing = Listing::of(self.folder)?;
        let gone = match explain(self.folder, &listing, seals, self.scope.secret.as_ref()) {
            Ok(gone) => gone,
            Err(Unreadable::Io(_, error)) => return Err(error),
            Err(Unreadable::Broken(path, broken)) => {
                self.report.problem(path.file_name().unwrap_or_default().to_string_lossy(), broken);
                let missing = seals.iter().map(|seal| seal.number).filter(|number| !listing.sealed.contains(number));
                Gone { missing: missing.collect(), ..Gone::default() }
            }
        };
        self.report.removed = gone.removed.len() as u64;
        self.report.accepted = gone.accepted;
        let missing = gone.missing.into_iter().map(|number| Problem::from(Fault::SegmentsMissing(number, number)));
        self.report.problems.extend(missing);
        Ok(())
    }

    /// Checks what was cut off behind a kill: as much as the log says.
    fn torn(&mut self, listing: &Listing) {
        for number in &listing.torn {
            let path = self.folder.join(format!("{number:012}.torn"));
            let length = fs::metadata(&path).map_or(0, |found| found.len());
            let gap = self.report.notes.iter().find_map(|(after, event)| match event {
                Event::Gap { torn, .. } if after == number => Some(*torn),
                _ => None,
            });
            // The segment behind it, which says so, may not have been read.
            let was_read = self.scope.segments.contains(&(number + 1));
            if was_read && gap != Some(length) {
                let said = gap.map_or_else(|| "of no kill".to_owned(), |torn| format!("that {torn} were cut off"));
                self.report.problem(format!("{number:012}.torn"), format!("has {length} bytes, and the log says {said}"));
            }
        }
    }

    /// The frame that the store remembers is there: in a segment that its checkpoint covers, or among those that were read.
    fn mark(&mut self, seals: &[Seal]) {
        let Some(mark) = self.scope.mark.as_ref().filter(|mark| mark.segment > mark.tree_size) else { return };
        let in_tree = mark.segment <= seals.len() as u64;
        let was_read = !in_tree || self.scope.segments.contains(&mark.segment);
        if was_read && !self.is_at_mark {
            self.report.problems.push(Fault::FramesMissing(mark.segment, mark.bytes, mark.bytes).into());
        }
    }
}
