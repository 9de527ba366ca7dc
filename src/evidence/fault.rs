//! Faults, which are all that is not as it was written: one list for the start, which refuses, for the commands that read, and for `verify`.

use super::segment::Broken;
use crate::evidence::tree::signed_note::NoteError;
use crate::ports::Reached;
use std::fmt;

/// Something that is missing or not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The tree cannot be read, or its records do not follow one another.
    TreeDamaged(String),
    /// The tree is not the one that a witness knows.
    TreeDiffers(Witness, u64),
    /// A file of a segment is not what was written.
    SegmentBroken(String, String),
    /// A file of a segment stands where another one belongs.
    OutOfTurn(String, u64),
    /// A segment of an earlier version stands behind authenticated ones.
    NotAuthenticated(String),
    /// A file of this name is no regular file.
    NotAFile(String),
    /// The tree has fewer segments than a witness knows: expected, found.
    TreeShort(Witness, u64, u64),
    /// The files of sealed segments are gone, and no event says that their retention was over: first and last.
    SegmentsMissing(u64, u64),
    /// Frames that were on disk are not there: segment, and bytes of it that were written and that are there and authentic.
    FramesMissing(u64, u64, u64),
    /// There is no checkpoint beside sealed segments.
    CheckpointMissing(u64),
    /// The checkpoint is not one that the key signed.
    CheckpointForeign(NoteError, String),
    /// The key that signed the checkpoints is not there.
    KeyMissing(String),
    /// The file of the key that signs holds none: what is wrong with it.
    KeyDamaged(String),
    /// Another key is configured than the one that signed the checkpoints: the one before, and the one now.
    KeyChanged(String, String),
    /// The store has not reached what the evidence knows that it had: store, evidence.
    StoreBehind(Reached, Reached),
}

/// Who knows how large the tree was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Count that the store remembers.
    Store,
    /// The checkpoint in the folder.
    Checkpoint,
    /// A checkpoint that was kept elsewhere.
    Kept,
}

impl Fault {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TreeDamaged(_)
            | Self::TreeDiffers(..)
            | Self::SegmentBroken(..)
            | Self::OutOfTurn(..)
            | Self::NotAuthenticated(_)
            | Self::NotAFile(_) => "EVIDENCE_BROKEN",
            Self::TreeShort(..) | Self::SegmentsMissing(..) | Self::FramesMissing(..) => "EVIDENCE_MISSING",
            Self::CheckpointMissing(_) | Self::CheckpointForeign(..) => "EVIDENCE_CHECKPOINT",
            Self::KeyMissing(_) | Self::KeyDamaged(_) | Self::KeyChanged(..) => "EVIDENCE_KEY",
            Self::StoreBehind(..) => "STORE_BEHIND_EVIDENCE",
        }
    }

    /// The graver, the less.
    fn rank(&self) -> usize {
        let codes = ["EVIDENCE_BROKEN", "EVIDENCE_MISSING", "EVIDENCE_CHECKPOINT", "EVIDENCE_KEY"];
        codes.iter().position(|code| *code == self.code()).unwrap_or(codes.len())
    }

    /// A broken file of a segment.
    #[must_use]
    pub fn broken(file: &str, broken: &Broken) -> Self {
        Self::SegmentBroken(file.to_owned(), broken.to_string())
    }

    /// The file that it is about.
    #[must_use]
    pub fn file(&self) -> String {
        match self {
            Self::TreeDamaged(_) | Self::TreeDiffers(..) | Self::TreeShort(..) => "tree".to_owned(),
            Self::SegmentBroken(file, _)
            | Self::OutOfTurn(file, _)
            | Self::NotAuthenticated(file)
            | Self::NotAFile(file)
            | Self::KeyMissing(file) => file.clone(),
            Self::SegmentsMissing(first, last) if first == last => format!("{first:012}.seg"),
            Self::SegmentsMissing(first, last) => format!("{first:012}.seg to {last:012}.seg"),
            Self::FramesMissing(segment, ..) => format!("segment {segment}"),
            Self::CheckpointMissing(_) | Self::CheckpointForeign(..) => "checkpoint".to_owned(),
            Self::KeyDamaged(_) | Self::KeyChanged(..) => "signing.key".to_owned(),
            Self::StoreBehind(..) => "store".to_owned(),
        }
    }

    /// Fault in words.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::TreeDamaged(why) | Self::SegmentBroken(_, why) | Self::KeyDamaged(why) => why.clone(),
            Self::TreeDiffers(by, size) => format!("its first {size} segments are not those that {by}"),
            Self::OutOfTurn(_, expected) => format!("is out of turn: segment {expected} is expected there"),
            Self::NotAuthenticated(_) => "is of a version that is not authenticated, and segments before it are".to_owned(),
            Self::NotAFile(_) => "is no regular file".to_owned(),
            Self::TreeShort(by, expected, found) => format!("has {found} segments, and there were {expected} that {by}"),
            Self::SegmentsMissing(..) => "is missing, and no event says that it was removed with its retention over".to_owned(),
            Self::FramesMissing(_, expected, 0) => format!("is missing; {expected} bytes of it were written"),
            Self::FramesMissing(_, expected, found) if expected == found => {
                format!("is not what was written up to byte {expected}")
            }
            Self::FramesMissing(_, expected, found) => {
                format!("was written up to byte {expected}, and is authentic up to byte {found} only")
            }
            Self::CheckpointMissing(segments) => format!("is missing beside {segments} sealed segments"),
            Self::CheckpointForeign(why, key) => format!("{why} ({key})"),
            Self::KeyMissing(_) => "the key that signed the checkpoints is missing".to_owned(),
            Self::KeyChanged(before, now) => format!("checkpoints were signed by key {before}, and the configured one is {now}"),
            Self::StoreBehind(store, evidence) => format!(
                "is at revision {} with {} writes, and the evidence knows of revision {} and {} writes: acknowledged data is lost",
                store.revision, store.writes, evidence.revision, evidence.writes
            ),
        }
    }
}

/// Puts the gravest first.
pub fn sort(faults: &mut [Fault]) {
    faults.sort_by_key(Fault::rank);
}

/// Faults that one text names.
const NAMED: usize = 5;

/// Faults in one line.
#[must_use]
pub fn listed(faults: &[Fault]) -> String {
    let mut named: Vec<String> = faults.iter().take(NAMED).map(Fault::to_string).collect();
    if faults.len() > NAMED {
        named.push(format!("and {} more", faults.len() - NAMED));
    }
    named.join("; ")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file(), self.what())
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Store => "the store remembers",
            Self::Checkpoint => "the checkpoint was signed over",
            Self::Kept => "the checkpoint that was kept was signed over",
        })
    }
}
