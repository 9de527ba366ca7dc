//! Segments read back, frame by frame, each held against the chain.

use super::format::{
    CHECK, DECISIONS, EVENT, HEADER_LENGTH, Header, LONGEST, PLAIN, SEAL, SEAL_LENGTH, Seal, check, decisions_leaf, link,
};
use super::{read_file, sealed_path};
use crate::evidence::entry::Event;
use crate::evidence::segment::codec;
use crate::evidence::segment::codec::Decisions;
use crate::evidence::tree::merkle::{Hash, Tree, leaf};
use crate::model::secret::mac::MacKey;
use crate::sys::private_file;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A frame that is as it was written.
pub struct Frame<'a> {
    /// Where it begins in the file.
    pub at: usize,
    /// Its leaf in the tree of the segment's frames.
    pub leaf: Hash,
    /// What it holds.
    pub body: Body<'a>,
}

/// What a frame holds.
pub enum Body<'a> {
    /// Decisions: the columns without zstd, and the recipients.
    Decisions(Vec<u8>, &'a [u8]),
    /// An event: JSON.
    Event(&'a [u8]),
    /// The segment's seal; the file ends behind it.
    Seal(Box<Seal>),
}

/// Where a segment stops being what was written, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {why}")]
pub struct Broken {
    /// Where the frame begins that is not right.
    pub at: usize,
    /// How.
    pub why: &'static str,
}

/// Why a segment cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system said no.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// It is not what was written.
    #[error("{0}: {1}")]
    Broken(PathBuf, Broken),
}

/// The frames of a segment in their order. Ends behind the seal, or with the first thing that is not right.
pub struct Frames<'a> {
    bytes: &'a [u8],
    header: Header,
    at: usize,
    chain: Hash,
    /// The tree over the frames so far.
    tree: Tree,
    ended: bool,
    /// Zeros behind the last frame are no part of it.
    growing: bool,
    /// Key of frames; none for a reader without the secret.
    key: Option<MacKey>,
    zstd: zstd_safe::DCtx<'static>,
}

impl<'a> Frames<'a> {
    /// The frames of a file's bytes.
    pub fn of(bytes: &'a [u8]) -> Result<Self, Broken> {
        let header = bytes.first_chunk().and_then(Header::from_bytes).ok_or(Broken { at: 0, why: "the header is damaged" })?;
        let chain = header.chain();
        let (tree, zstd) = (Tree::default(), zstd_safe::DCtx::create());
        Ok(Self { bytes, header, at: HEADER_LENGTH, chain, tree, ended: false, growing: false, key: None, zstd })
    }

    /// The frames of the bytes of a segment that is being written, which ends with zeros up to a block's boundary.
    pub fn growing(bytes: &'a [u8]) -> Result<Self, Broken> {
        Ok(Self { growing: true, ..Self::of(bytes)? })
    }

    /// Has each frame be authentic under a key. Without one the frames of an authenticated segment are only held against its
    /// seal, if there is one.
    #[must_use]
    pub fn under(self, key: Option<&MacKey>) -> Self {
        Self { key: key.cloned(), ..self }
    }

    /// The segment's header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Behind the last frame that was right.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// The chain up to there.
    #[must_use]
    pub const fn head(&self) -> &Hash {
        &self.chain
    }

    /// Whether a seal says what was read.
    fn is_sealed_by(&self, seal: &Seal) -> bool {
        let Header { node, number, previous, .. } = self.header;
        let of_segment = (seal.node, seal.number, seal.previous) == (node, number, previous);
        let of_frames = (seal.frames, seal.root) == (self.tree.size(), self.tree.root());
        of_segment && of_frames && seal.chain == self.chain && seal.bytes == self.at as u64
    }

    fn is_over(&self) -> bool {
        let rest = &self.bytes[self.at..];
        rest.is_empty() || (self.growing && is_nothing(rest))
    }

    fn read(&mut self) -> Result<Frame<'a>, Broken> {
        let at = self.at;
        let broken = |why| Broken { at, why };
        let raw = Whole::of(&self.bytes[at..]).ok_or(broken("the frame is torn or its length is damaged"))?;
        let (leaf, body, shown) = match raw.kind {
            DECISIONS | PLAIN => {
                let (columns, recipients, shown) = raw.decisions(&mut self.zstd).ok_or(broken("the columns are damaged"))?;
                (decisions_leaf(&columns, recipients), Body::Decisions(columns, recipients), shown)
            }
            EVENT => (leaf(&[&[EVENT], raw.body]), Body::Event(raw.body), &raw.bytes[..5]),
            SEAL => {
                let seal = Seal::from_bytes(raw.body).ok_or(broken("the seal is damaged"))?;
                if !self.is_sealed_by(&seal) {
                    return Err(broken("the seal is of other frames than those before it"));
                }
                (leaf(&[&[SEAL], raw.body]), Body::Seal(Box::new(seal)), &raw.bytes[..5])
            }
            _ => return Err(broken("the kind of the frame is damaged")),
        };
        let chain = link(&self.chain, &leaf, &[shown]);
        let written = match check(self.header.version, self.key.as_ref(), &chain) {
            Some(expected) => raw.check == expected,
            // A frame whose end is not there yet.
            None => !is_nothing(raw.check),
        };
        if !written {
            return Err(broken("the frame is not the one that was written here"));
        }
        self.at += raw.bytes.len();
        self.chain = chain;
        if matches!(body, Body::Seal(_)) {
            self.ended = true;
            if !self.is_over() {
                return Err(Broken { at: self.at, why: "there is something behind the seal" });
            }
        } else {
            self.tree.push(leaf);
        }
        Ok(Frame { at, leaf, body })
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended || self.is_over() {
            return None;
        }
        let frame = self.read();
        self.ended |= frame.is_err();
        Some(frame)
    }
}

impl Body<'_> {
    /// The decisions that it holds, if any; none if they cannot be read.
    #[must_use]
    pub fn decisions(&self) -> Option<Decisions> {
        match self {
            Self::Decisions(columns, recipients) => codec::decode(columns, recipients),
            _ => None,
        }
    }

    /// The event that it is, if it is one that this program knows.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        match self {
            Self::Event(json) => serde_json::from_slice(json).ok(),
            _ => None,
        }
    }
}

/// Whether there are zeros alone. No frame begins with four.
#[must_use]
pub fn is_nothing(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// A frame as it lies on disk.
struct Whole<'a> {
    bytes: &'a [u8],
    kind: u8,
    body: &'a [u8],
    check: &'a [u8],
}

impl<'a> Whole<'a> {
    /// The frame at the beginning of bytes; none if it is not whole.
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
        if !(1 + CHECK..=1 + LONGEST + CHECK).contains(&length) {
            return None;
        }
        let whole = bytes.get(..4 + length)?;
        let (body, check) = whole[5..].split_at(length - 1 - CHECK);
        Some(Self { bytes: whole, kind: whole[4], body, check })
    }

    /// Whether it holds decisions.
    const fn has_decisions(&self) -> bool {
        matches!(self.kind, DECISIONS | PLAIN)
    }

    /// Columns as they are on disk, their length without zstd, and the recipients.
    fn split(&self) -> Option<(&'a [u8], usize, &'a [u8])> {
        let mut rest = self.body;
        let length = u32::from_be_bytes(*rest.split_off(..4)?.first_chunk()?) as usize;
        let size = match self.kind {
            PLAIN => length,
            _ => u32::from_be_bytes(*rest.split_off(..4)?.first_chunk()?) as usize,
        };
        let (columns, recipients) = rest.split_at_checked(size)?;
        Some((columns, length, recipients))
    }

    /// Columns without zstd, recipients, and what the chain has of the frame beside its leaf.
    fn decisions(&self, zstd: &mut zstd_safe::DCtx<'_>) -> Option<(Vec<u8>, &'a [u8], &'a [u8])> {
        let (there, length, recipients) = self.split()?;
        if self.kind == PLAIN {
            return Some((there.to_vec(), recipients, &self.bytes[..5 + 4]));
        }
        if length > LONGEST {
            return None;
        }
        let mut columns = vec![0; length];
        let size = zstd.decompress(&mut columns[..], there).ok()?;
        (size == length).then_some((columns, recipients, &self.bytes[..5 + 8 + there.len()]))
    }
}

/// The seal at the end of a sealed segment's file, without a look at the rest.
pub fn unseal(path: &Path, key: Option<&MacKey>) -> Result<Seal, Unreadable> {
    let unreadable = |error| Unreadable::Io(path.to_owned(), error);
    let file = private_file::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let (mut header, mut frame) = ([0; HEADER_LENGTH], [0; SEALED_FRAME]);
    let at = length.saturating_sub(frame.len() as u64);
    let read = file.read_exact_at(&mut header, 0).and_then(|()| file.read_exact_at(&mut frame, at));
    let broken = |why| Unreadable::Broken(path.to_owned(), Broken { at: at as usize, why });
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(broken(NO_SEAL)),
        read => read.map_err(unreadable)?,
    }
    let seal = Whole::of(&frame).filter(|raw| raw.kind == SEAL).and_then(|raw| Seal::from_bytes(raw.body));
    let (Some(header), Some(seal)) = (Header::from_bytes(&header), seal.filter(|seal| seal.bytes == at)) else {
        return Err(broken(NO_SEAL));
    };
    let authentic = check(header.version, key, &seal.end()).is_none_or(|check| check == frame[SEALED_FRAME - CHECK..]);
    if authentic { Ok(seal) } else { Err(broken("the seal is not the one that was written here")) }
}

const NO_SEAL: &str = "there is no seal at the end";

/// Bytes of a seal's frame.
pub(in crate::evidence) const SEALED_FRAME: usize = 4 + 1 + SEAL_LENGTH + CHECK;

/// The seal of a segment of a folder.
pub fn sealed(folder: &Path, number: u64, key: Option<&MacKey>) -> Result<Seal, Unreadable> {
    unseal(&sealed_path(folder, number), key)
}

/// Reads every byte of a sealed segment, which must lead to this seal, and hands over each frame. What was handed over counts only
/// if all of it was read without an error.
pub fn read_sealed<E: From<Unreadable>>(
    folder: &Path,
    seal: &Seal,
    key: Option<&MacKey>,
    mut each: impl FnMut(&Header, &Frame<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let path = sealed_path(folder, seal.number);
    let broken = |broken| Unreadable::Broken(path.clone(), broken);
    let bytes = read_file(&path).map_err(|error| Unreadable::Io(path.clone(), error))?;
    let mut frames = Frames::of(&bytes).map_err(broken)?.under(key);
    let header = *frames.header();
    if header.number != seal.number {
        return Err(broken(Broken { at: 0, why: "it holds another segment" }).into());
    }
    let mut end = None;
    for frame in frames.by_ref() {
        let frame = frame.map_err(broken)?;
        if let Body::Seal(sealed) = &frame.body {
            end = Some(**sealed);
        }
        each(&header, &frame)?;
    }
    match end {
        None => Err(broken(Broken { at: frames.at(), why: "it ends without its seal: it was cut short" }).into()),
        Some(sealed) if sealed != *seal => {
            Err(broken(Broken { at: frames.at(), why: "it is not the segment that is in the tree" }).into())
        }
        Some(_) => Ok(()),
    }
}

/// The leaf and the decisions of the frame at a place of a file, without a look at the chain: a caller that has the leaf from
/// elsewhere compares it.
#[must_use]
pub fn frame_at(file: &File, at: u64) -> Option<(Hash, Decisions)> {
    let mut length = [0; 4];
    file.read_exact_at(&mut length, at).ok()?;
    let size = u32::from_be_bytes(length) as usize;
    if size > 1 + LONGEST + CHECK {
        return None;
    }
    let mut bytes = vec![0; 4 + size];
    file.read_exact_at(&mut bytes, at).ok()?;
    let raw = Whole::of(&bytes).filter(Whole::has_decisions)?;
    let (columns, recipients, _) = raw.decisions(&mut zstd_safe::DCtx::create())?;
    Some((decisions_leaf(&columns, recipients), codec::decode(&columns, recipients)?))
}

/// Frame that [`next_frame`] took.
pub(in crate::evidence) enum NextFrame {
    /// An event.
    Event(Event),
    /// Anything else, or an event that cannot be read.
    Other,
    /// Nothing: the frames end, or are broken.
    End,
}

/// Takes the next frame off a segment's file, by its length alone.
pub(in crate::evidence) fn next_frame(file: &mut BufReader<File>) -> io::Result<NextFrame> {
    let mut head = [0; 5];
    if !is_filled(file.read_exact(&mut head))? {
        return Ok(NextFrame::End);
    }
    let [a, b, c, d, kind] = head;
    let length = u32::from_be_bytes([a, b, c, d]);
    if !(1 + CHECK..=1 + LONGEST + CHECK).contains(&(length as usize)) {
        return Ok(NextFrame::End);
    }
    if kind != EVENT {
        file.seek_relative(i64::from(length) - 1)?;
        return Ok(NextFrame::Other);
    }
    let mut body = vec![0; length as usize - 1];
    if !is_filled(file.read_exact(&mut body))? {
        return Ok(NextFrame::End);
    }
    body.truncate(body.len() - CHECK);
    Ok(serde_json::from_slice(&body).map_or(NextFrame::Other, NextFrame::Event))
}

/// Whether all was there that was to be read.
fn is_filled(read: io::Result<()>) -> io::Result<bool> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}
