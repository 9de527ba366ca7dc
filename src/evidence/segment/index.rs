//! The index of a sealed segment: in which frames a recipient is. It is made from the segment and can be made again.
//!
//! ```text
//! "IZEX" ‖ version 2 ‖ bits b ‖ segment u64 ‖ check of its seal u64 ‖ frames u32 ‖ entries u32
//! frames      where each begins, u32 ‖ the first 8 bytes of its leaf
//! buckets     where each begins among the entries, u32, 2^b and the end
//! entries     16 bits of the pseudonym behind the b of the bucket, frame u24: in the order of frames
//! codes       for each 4,096 bytes of all before, the first 8 bytes of a code of segment ‖ check ‖ their length ‖ place ‖ them
//! ```
//!
//! Numbers are big-endian. The codes are keyed BLAKE3 under the key of the evidence: an index that was changed, cut, or belongs to
//! another segment is of no use, and the segment is read instead. So no index can hide a decision, and the leaf says of each frame
//! that it names whether it is the one that was written. A bucket has some 4,000 entries, so a look-up reads some 30 kB; a frame
//! that it names wrongly (one of 65,000 for each entry of a bucket) is read for nothing. A recipient that is in a frame twice
//! stands there twice. An index of version 1, which had no codes, is made again.

use crate::evidence::segment::{Body, Seal, Unreadable, read_sealed};
use crate::evidence::tree::merkle::Hash;
use crate::model::consent::key::Pseudonym;
use crate::model::secret::mac::MacKey;
use crate::sys::aligned_buffer::Blocks;
use crate::sys::private_file;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const VERSION: u8 = 2;
const HEAD: usize = 4 + 1 + 1 + 8 + 8 + 4 + 4;
const FRAME: usize = 4 + 8;
const ENTRY: usize = 5;
/// Entries in a bucket, about: few buckets, so that the places where an index grows stay in the processor's cache.
const BUCKET: usize = 4_096;
const MOST_BITS: u32 = 16;
/// Bytes that one code is of.
const PAGE: usize = 4_096;
const CODE: usize = 8;

/// The index of a segment.
#[must_use]
pub fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:012}.idx"))
}

/// Whether a segment has an index of this version; whether it is authentic is seen when it is asked.
#[must_use]
pub fn is_there(folder: &Path, number: u64) -> bool {
    let mut head = [0; 5];
    let read = private_file::open(&path(folder, number)).and_then(|file| file.read_exact_at(&mut head, 0));
    read.is_ok() && head == *b"IZEX\x02"
}

/// Whether a segment has an index of version 1, which has no codes.
#[must_use]
pub fn is_earlier(folder: &Path, number: u64) -> bool {
    let mut head = [0; 5];
    let read = private_file::open(&path(folder, number)).and_then(|file| file.read_exact_at(&mut head, 0));
    read.is_ok() && head == *b"IZEX\x01"
}

/// Whether every page of the index of a segment has the code that it has to have.
#[must_use]
pub fn is_authentic(folder: &Path, seal: &Seal, key: &MacKey) -> bool {
    let (Ok(body), Ok(file)) = (body_of(folder, seal.number), private_file::open(&path(folder, seal.number))) else {
        return false;
    };
    let pages = Pages { key, segment: (seal.number, check_of(seal)), length: body.len() as u64 };
    pages.read(&file, 0, body.len()).is_some()
}

/// What an index is made of: the first 32 bits of every recipient, frame by frame. Gathered while a segment is written, so
/// that nobody reads it again; 4 bytes a decision, 30 MB for a segment of the usual size.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heads {
    heads: Vec<u32>,
    /// Each frame of decisions.
    frames: Vec<HeadsOfFrame>,
}

/// A frame of decisions, for an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HeadsOfFrame {
    /// Its first byte in the file.
    at: u32,
    /// The byte behind its heads.
    end: u32,
    leaf: [u8; 8],
}

impl Heads {
    /// Those of a sealed segment, every byte of which is held against its seal.
    pub fn of(folder: &Path, seal: &Seal, key: Option<&MacKey>) -> Result<Self, Unreadable> {
        let mut heads = Self::default();
        read_sealed(folder, seal, key, |_, frame| {
            if let Body::Decisions(_, recipients) = &frame.body {
                heads.frame(frame.at as u64, &frame.leaf, recipients);
            }
            Ok::<_, Unreadable>(())
        })?;
        Ok(heads)
    }

    /// Adds a frame that begins at a place, with its recipients.
    pub fn frame(&mut self, at: u64, leaf: &Hash, recipients: &[u8]) {
        let known = recipients.as_chunks::<16>().0.iter().filter(|recipient| **recipient != [0; 16]);
        self.heads.extend(known.map(head_of));
        let leaf = *leaf.first_chunk().unwrap_or(&[0; 8]);
        self.frames.push(HeadsOfFrame { at: at as u32, end: self.heads.len() as u32, leaf });
    }

    /// How many frames there are.
    #[must_use]
    pub const fn frames(&self) -> usize {
        self.frames.len()
    }

    /// Forgets all but the first frames.
    pub fn truncate(&mut self, frames: usize) {
        self.frames.truncate(frames);
        self.heads.truncate(self.frames.last().map_or(0, |frame| frame.end as usize));
    }

    /// The bytes of the index of a sealed segment.
    #[must_use]
    pub fn index(&self, seal: &Seal, key: &MacKey) -> Blocks {
        let mut blocks = self.body(seal);
        push_codes(&mut blocks, key, (seal.number, check_of(seal)));
        blocks
    }

    /// Builds an index without the codes, which take a key to make.
    #[must_use]
    pub fn body(&self, seal: &Seal) -> Blocks {
        let bits = (self.heads.len() / BUCKET).next_power_of_two().ilog2().min(MOST_BITS);
        self.write(bits, seal.number, check_of(seal))
    }

    fn write(&self, bits: u32, number: u64, check: u64) -> Blocks {
        let Self { heads, frames } = self;
        let buckets = 1_usize << bits;
        let bucket = |head: u32| (u64::from(head) >> (32 - bits)) as usize;
        let mut starts = vec![0_u32; buckets + 1];
        for head in heads {
            starts[bucket(*head) + 1] += 1;
        }
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let length = HEAD + FRAME * frames.len() + 4 * starts.len() + heads.len() * ENTRY;
        let mut blocks = Blocks::with_room(length + length.div_ceil(PAGE) * CODE);
        blocks.extend(b"IZEX");
        blocks.extend(&[VERSION, bits as u8]);
        blocks.extend(&[number, check].map(u64::to_be_bytes).concat());
        blocks.extend(&[frames.len() as u32, heads.len() as u32].map(u32::to_be_bytes).concat());
        for HeadsOfFrame { at, leaf, .. } in frames {
            blocks.extend(&at.to_be_bytes());
            blocks.extend(leaf);
        }
        for start in &starts {
            blocks.extend(&start.to_be_bytes());
        }
        let (entries, _) = blocks.extend_with(heads.len() * ENTRY).as_chunks_mut::<ENTRY>();
        let (mut next, mut from) = (starts, 0);
        for (frame, HeadsOfFrame { end, .. }) in (0_u32..).zip(frames) {
            let [_, f @ ..] = frame.to_be_bytes();
            for head in &heads[from..*end as usize] {
                let place = &mut next[bucket(*head)];
                let [a, b] = rest_of(*head, bits).to_be_bytes();
                entries[*place as usize] = [a, b, f[0], f[1], f[2]];
                *place += 1;
            }
            from = *end as usize;
        }
        blocks
    }
}

/// Makes the index of a sealed segment, whole or not at all; reads the segment if nothing was gathered of it.
pub fn build(folder: &Path, seal: &Seal, heads: Option<&Heads>, key: &MacKey) -> Result<(), Unreadable> {
    let bytes = match heads {
        Some(heads) => heads.index(seal, key),
        None => Heads::of(folder, seal, Some(key))?.index(seal, key),
    };
    let path = path(folder, seal.number);
    crate::sys::atomic_file::replace_large(&path, bytes).map_err(|error| Unreadable::Io(path, error))
}

/// What an index names its segment by.
#[must_use]
pub fn check_of(seal: &Seal) -> u64 {
    u64::from_be_bytes(*seal.leaf().first_chunk().unwrap_or(&[0; 8]))
}

/// The first 32 bits of a pseudonym.
const fn head_of(recipient: &[u8; 16]) -> u32 {
    u32::from_be_bytes([recipient[0], recipient[1], recipient[2], recipient[3]])
}

/// The 16 bits behind those of the bucket.
const fn rest_of(head: u32, bits: u32) -> u16 {
    ((head as u64) << bits >> 16) as u16
}

fn push_codes(blocks: &mut Blocks, key: &MacKey, segment: (u64, u64)) {
    let pages = Pages { key, segment, length: blocks.len() as u64 };
    let codes: Vec<[u8; CODE]> = (0..).zip(blocks.get().chunks(PAGE)).map(|(place, page)| pages.code(place, page)).collect();
    for code in codes {
        blocks.extend(&code);
    }
}

/// The bytes before the codes, page by page.
struct Pages<'a> {
    key: &'a MacKey,
    /// Number of the segment and check of its seal.
    segment: (u64, u64),
    length: u64,
}

impl Pages<'_> {
    fn code(&self, place: u64, page: &[u8]) -> [u8; CODE] {
        let about = [self.segment.0, self.segment.1, self.length, place].map(u64::to_be_bytes).concat();
        *self.key.mac(&[&about, page]).first_chunk().unwrap_or(&[0; CODE])
    }

    /// Bytes from a place on; none if they are not there, or a page that they are on is not authentic.
    fn read(&self, file: &File, at: u64, length: usize) -> Option<Vec<u8>> {
        if length == 0 {
            return Some(Vec::new());
        }
        let end = at.checked_add(length as u64).filter(|end| *end <= self.length)?;
        let (first, last) = (at / PAGE as u64, end.div_ceil(PAGE as u64));
        let begin = first * PAGE as u64;
        let mut bytes = vec![0; (self.length.min(last * PAGE as u64) - begin) as usize];
        let mut codes = vec![0; (last - first) as usize * CODE];
        file.read_exact_at(&mut bytes, begin).ok()?;
        file.read_exact_at(&mut codes, self.length + first * CODE as u64).ok()?;
        let mut pages = (first..).zip(bytes.chunks(PAGE)).zip(codes.as_chunks::<CODE>().0);
        let authentic = pages.all(|((place, page), code)| self.code(place, page) == *code);
        let from = (at - begin) as usize;
        if authentic { bytes.get(from..from + length).map(<[u8]>::to_vec) } else { None }
    }
}

/// A frame that may hold a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its first byte in the segment's file.
    pub at: u64,
    /// The first bytes of its leaf.
    pub leaf: [u8; 8],
}

/// The frames that may hold a recipient, in their order; none if the index is not there, not that of this segment, or not
/// authentic.
#[must_use]
pub fn look_up(folder: &Path, seal: &Seal, key: &MacKey, recipient: Pseudonym) -> Option<Vec<Candidate>> {
    look_up_by(folder, (seal.number, check_of(seal)), key, recipient)
}

fn look_up_by(folder: &Path, segment: (u64, u64), key: &MacKey, recipient: Pseudonym) -> Option<Vec<Candidate>> {
    let file = private_file::open(&path(folder, segment.0)).ok()?;
    let mut head = [0; HEAD];
    file.read_exact_at(&mut head, 0).ok()?;
    let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (bits, frames, entries) = (u32::from(head[5]), u64::from(word(22)), u64::from(word(26)));
    if head[..5] != *b"IZEX\x02" || bits > MOST_BITS {
        return None;
    }
    let buckets = HEAD as u64 + FRAME as u64 * frames;
    let base = buckets + 4 * ((1 << bits) + 1);
    let pages = Pages { key, segment, length: base + entries * ENTRY as u64 };
    // What was read of the head counts only now that it is authentic.
    pages.read(&file, 0, HEAD).filter(|authentic| *authentic == head)?;
    let head = head_of(&recipient.0);
    let bounds = pages.read(&file, buckets + 4 * (u64::from(head) >> (32 - bits)), 8)?;
    let bound = |at: usize| Some(u64::from(u32::from_be_bytes(*bounds.get(at..)?.first_chunk()?)));
    let (from, to) = (bound(0)?, bound(4)?);
    if from > to || to > entries {
        return None;
    }
    let bucket = pages.read(&file, base + from * ENTRY as u64, ((to - from) * ENTRY as u64) as usize)?;
    let rest = rest_of(head, bits).to_be_bytes();
    let found = bucket.as_chunks::<ENTRY>().0.iter().filter(|entry| entry[..2] == rest);
    let mut places: Vec<u64> = found.map(|entry| u64::from(u32::from_be_bytes([0, entry[2], entry[3], entry[4]]))).collect();
    places.dedup();
    let candidate = |place: u64| {
        let frame = pages.read(&file, HEAD as u64 + FRAME as u64 * place, FRAME)?;
        let (at, leaf) = frame.split_first_chunk()?;
        Some(Candidate { at: u64::from(u32::from_be_bytes(*at)), leaf: leaf.try_into().ok()? })
    };
    places.into_iter().map(candidate).collect()
}

/// The bytes of an index that is there, without its codes.
pub fn body_of(folder: &Path, number: u64) -> io::Result<Vec<u8>> {
    let mut bytes = crate::evidence::segment::read_file(&path(folder, number))?;
    // As many codes as there are pages before them.
    let codes = bytes.len().div_ceil(PAGE + CODE) * CODE;
    bytes.truncate(bytes.len().saturating_sub(codes));
    Ok(bytes)
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
