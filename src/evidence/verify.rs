//! The whole record held against itself: every byte against the chains, every segment against the tree, the tree against
//! its signed checkpoint, every index against its segment.

use super::archive::{read_checkpoint, read_seals};
use super::entry::Event;
use super::index;
use super::merkle::{Hash, Tree};
use super::note::Verifier;
use super::recover::later;
use super::segment::{Body, Frames, Seal, open_path, sealed_path};
use crate::model::time::IysTime;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::Path;

/// What to check, and against what.
pub struct Scope<'a> {
    /// The segments whose bytes are read; all seals and the whole tree always are.
    pub segments: RangeInclusive<u64>,
    /// The key that is believed.
    pub key: Verifier,
    /// A checkpoint that was kept elsewhere.
    pub kept: Option<&'a str>,
}

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Segments in the tree.
    pub segments: u64,
    /// Those whose bytes were read.
    pub read: u64,
    /// Those that were removed when nothing in them had to be kept, and that the log itself says so of.
    pub removed: u64,
    /// Decisions in the segments that were read.
    pub decisions: u64,
    /// Decisions in the segment that is being written.
    pub open: u64,
    /// What the log says may be missing: after the segment of this number.
    pub gaps: Vec<(u64, Event)>,
    /// What is not what was written.
    pub problems: Vec<Problem>,
}

/// Something that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

impl Report {
    fn problem(&mut self, file: impl fmt::Display, what: impl fmt::Display) {
        self.problems.push(Problem { file: file.to_string(), what: what.to_string() });
    }
}

/// Checks a folder. An error is a folder that cannot be read at all.
pub fn verify(folder: &Path, scope: &Scope<'_>) -> io::Result<Report> {
    let mut report = Report::default();
    // The checkpoint first: a gateway may add to the tree meanwhile.
    let checkpoint = read_checkpoint(folder)?;
    let seals = match read_seals(folder) {
        Ok(seals) => seals,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            report.problem("tree", error);
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    report.segments = seals.len() as u64;
    check_tree(&seals, checkpoint.as_deref(), scope, &mut report);
    let mut removed = Vec::new();
    let mut missing = Vec::new();
    for seal in &seals {
        check_turn(&seals, seal, &mut report);
        let path = sealed_path(folder, seal.number);
        match fs::read(&path) {
            Ok(_) if !scope.segments.contains(&seal.number) => {}
            Ok(bytes) => check_segment(folder, &bytes, seal, &mut report, &mut removed),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !scope.segments.contains(&seal.number) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(seal.number),
            Err(error) => report.problem(path.display(), error),
        }
    }
    check_beyond(folder, &seals, &mut report, &mut removed)?;
    for number in missing {
        let told = removed.iter().any(|range: &RangeInclusive<u64>| range.contains(&number));
        if told {
            report.removed += 1;
        } else {
            // Of a part of the log, the part that says so may not have been read.
            report.problem(name(number), "is missing, and no segment that was read says that it was removed");
        }
    }
    report.problems.dedup();
    Ok(report)
}

fn name(number: u64) -> String {
    format!("{number:012}.seg")
}

/// The tree against its checkpoint, and against one that was kept elsewhere.
fn check_tree(seals: &[Seal], checkpoint: Option<&str>, scope: &Scope<'_>, report: &mut Report) {
    let leaves: Vec<Hash> = seals.iter().map(Seal::leaf).collect();
    // Every start signs one, also over no segment at all.
    if checkpoint.is_none() {
        report.problem("checkpoint", "is missing");
    }
    let notes = [("checkpoint", checkpoint), ("the checkpoint that was kept", scope.kept)];
    for (file, note) in notes.into_iter().filter_map(|(file, note)| Some((file, note?))) {
        let opened = match scope.key.open(note) {
            Ok(opened) => opened,
            Err(error) => {
                report.problem(file, error);
                continue;
            }
        };
        let size = usize::try_from(opened.size).unwrap_or(usize::MAX);
        match leaves.get(..size) {
            None => report.problem("tree", format!("has {} segments, and {file} was signed over {size}", leaves.len())),
            Some(signed) if Tree::of(signed).root() != opened.root => {
                report.problem("tree", format!("its first {size} segments are not those that {file} was signed over"));
            }
            // The one that was added last may not be signed yet.
            Some(_) if file == "checkpoint" && size + 1 < leaves.len() => {
                report.problem(file, format!("was signed over {size} of {} segments", leaves.len()));
            }
            Some(_) => {}
        }
    }
}

/// Of every gap that touches a period: when it began and ended, in Unix milliseconds, and how many decisions can be missing.
/// It is told in the first frames of the segment behind it, so no more of each is read.
pub fn gaps(folder: &Path, from: Option<IysTime>, to: Option<IysTime>) -> io::Result<Vec<(u64, u64, u64)>> {
    let mut found = Vec::new();
    let sealed = later(folder, "seg", 0)?.into_iter().map(|number| sealed_path(folder, number));
    let open = later(folder, "open", 0)?.into_iter().map(|number| open_path(folder, number));
    for path in sealed.chain(open) {
        let mut start = Vec::new();
        match File::open(&path).and_then(|file| file.take(FIRST_FRAMES).read_to_end(&mut start)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read?,
        };
        let Ok(frames) = Frames::of(&start) else { continue };
        let made = frames.header().made;
        for frame in frames.map_while(Result::ok) {
            let Some(Event::Gap { last_durable, at_most, .. }) = frame.body.event() else { continue };
            let touches = from.is_none_or(|from| made >= u64::from(from.unix()) * 1_000)
                && to.is_none_or(|to| last_durable <= u64::from(to.unix()) * 1_000 + 999);
            if touches {
                found.push((last_durable, made, at_most));
            }
        }
    }
    Ok(found)
}

/// Bytes that hold a segment's header and first events.
const FIRST_FRAMES: u64 = 4_096;

/// A seal against the one before it.
fn check_turn(seals: &[Seal], seal: &Seal, report: &mut Report) {
    let before = usize::try_from(seal.number).ok().and_then(|number| seals.get(number.checked_sub(2)?));
    if seal.previous != before.map_or([0; 32], Seal::end) {
        report.problem("tree", format!("segment {} does not follow the one before it", seal.number));
    }
}

/// A segment's bytes against its seal in the tree, and its index against it.
fn check_segment(folder: &Path, bytes: &[u8], seal: &Seal, report: &mut Report, removed: &mut Vec<RangeInclusive<u64>>) {
    let file = name(seal.number);
    report.read += 1;
    let frames = match Frames::of(bytes) {
        Ok(frames) => frames,
        Err(broken) => return report.problem(file, broken),
    };
    if frames.header().number != seal.number {
        return report.problem(file, format!("holds segment {}", frames.header().number));
    }
    let mut sealed = None;
    for frame in frames {
        match frame.map(|frame| frame.body) {
            Err(broken) => return report.problem(file, broken),
            Ok(Body::Seal(read)) => sealed = Some(*read),
            Ok(body @ Body::Event(_)) => told(&body, seal.number, report, removed),
            Ok(body @ Body::Decisions(..)) => match body.decisions() {
                Some(decisions) => {
                    report.decisions += decisions.entries.iter().map(|entry| entry.outcomes.len() as u64).sum::<u64>();
                }
                None => report.problem(&file, "holds decisions that cannot be read"),
            },
        }
    }
    match sealed {
        None => return report.problem(file, "ends without its seal: it was cut short"),
        Some(sealed) if sealed != *seal => return report.problem(file, "is not the segment that is in the tree"),
        Some(_) => {}
    }
    let index = index::path(folder, seal.number);
    match (fs::read(&index), index::make(folder, seal)) {
        (Ok(there), Ok(made)) if there == made.get() => {}
        // It is made after the segment is sealed, and again when it is missing.
        (Err(error), _) if error.kind() == io::ErrorKind::NotFound => {}
        _ => report.problem(format!("{:012}.idx", seal.number), "is not the index of its segment"),
    }
}

/// What the log says of itself.
fn told(body: &Body<'_>, number: u64, report: &mut Report, removed: &mut Vec<RangeInclusive<u64>>) {
    match body.event() {
        Some(Event::Removed { through, .. }) => removed.push(1..=through),
        Some(gap @ Event::Gap { .. }) => report.gaps.push((number - 1, gap)),
        _ => {}
    }
}

/// Looks at what a gateway seals meanwhile.
const TURNS: u32 = 10;

/// Segments that the tree does not have: the one that is being written, and one that was sealed a moment ago or by a kill.
fn check_beyond(folder: &Path, seals: &[Seal], report: &mut Report, removed: &mut Vec<RangeInclusive<u64>>) -> io::Result<()> {
    let (mut next, mut end) = (seals.len() as u64 + 1, seals.last().map_or([0; 32], Seal::end));
    // A gateway may seal while this is read: then what is being written now follows what is read in the next turn.
    for turn in 0..TURNS {
        for number in later(folder, "seg", next - 1)? {
            let bytes = fs::read(sealed_path(folder, number))?;
            match super::segment::sealed(folder, number) {
                Ok(seal) if number == next && seal.number == number && seal.previous == end => {
                    (next, end) = (next + 1, seal.end());
                    check_segment(folder, &bytes, &seal, report, removed);
                }
                Ok(_) => report.problem(name(number), "is not in the tree"),
                Err(error) => report.problem(name(number), error),
            }
        }
        let Some(number) = later(folder, "open", 0)?.pop() else { return Ok(()) };
        // It was sealed meanwhile.
        let Ok(bytes) = fs::read(open_path(folder, number)) else { continue };
        let file = format!("{number:012}.open");
        let frames = match Frames::growing(&bytes) {
            Ok(frames) => frames,
            Err(broken) => {
                report.problem(file, broken);
                return Ok(());
            }
        };
        let follows = number == next && frames.header().previous == end;
        if !follows && number > next && turn + 1 < TURNS {
            continue;
        }
        if !follows {
            report.problem(file, "does not follow the last segment");
        }
        // What is torn at its end is being written, or was cut off by a kill: the next start says so.
        for frame in frames.map_while(Result::ok) {
            told(&frame.body, number, report, removed);
            let entries = frame.body.decisions().map(|decisions| decisions.entries).unwrap_or_default();
            report.open += entries.iter().map(|entry| entry.outcomes.len() as u64).sum::<u64>();
        }
        return Ok(());
    }
    Ok(())
}
