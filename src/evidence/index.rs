//! The index of a sealed segment: in which frames a recipient is. It is made from the segment and can be made again.
//!
//! ```text
//! "IZEX" ‖ version 1 ‖ bits b ‖ segment u64 ‖ check of its seal u64 ‖ frames u32 ‖ entries u32
//! frames      where each begins, u32
//! buckets     where each begins among the entries, u32, 2^b and the end
//! entries     16 bits of the pseudonym behind the b of the bucket, frame u24: in the order of frames
//! xxh3-64 of all before
//! ```
//!
//! Numbers are big-endian. A bucket has some 4,000 entries, so a look-up reads 20 kB; a frame that it names wrongly (one of
//! 65,000 for each entry of a bucket) is read for nothing. A recipient that is in a frame twice stands there twice.

use super::segment::{Raw, Seal, raw_frames, sealed_path};
use crate::disk::blocks::Blocks;
use crate::model::key::Pseudonym;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

const HEAD: usize = 4 + 1 + 1 + 8 + 8 + 4 + 4;
const ENTRY: usize = 5;
/// Entries in a bucket, about: few buckets, so that the places where an index grows stay in the processor's cache.
const BUCKET: usize = 4_096;
const MOST_BITS: u32 = 16;

/// The index of a segment.
#[must_use]
pub fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:012}.idx"))
}

/// What an index is made of: the first 32 bits of every recipient, frame by frame. Gathered while a segment is written, so
/// that nobody reads it again; 4 bytes a decision, 30 MB for a segment of the usual size.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heads {
    heads: Vec<u32>,
    /// Where each frame of decisions begins in the file, and where its heads end.
    frames: Vec<(u32, u32)>,
}

impl Heads {
    /// Those of a segment's bytes.
    #[must_use]
    pub fn of(segment: &[u8]) -> Self {
        let mut heads = Self::default();
        raw_frames(segment).for_each(|Raw { at, recipients }| heads.frame(at as u64, recipients));
        heads
    }

    /// Adds a frame that begins at a place, with its recipients.
    pub fn frame(&mut self, at: u64, recipients: &[u8]) {
        let known = recipients.as_chunks::<16>().0.iter().filter(|recipient| **recipient != [0; 16]);
        self.heads.extend(known.map(head_of));
        self.frames.push((at as u32, self.heads.len() as u32));
    }

    /// How many frames there are.
    #[must_use]
    pub const fn frames(&self) -> usize {
        self.frames.len()
    }

    /// Forgets all but the first frames.
    pub fn truncate(&mut self, frames: usize) {
        self.frames.truncate(frames);
        self.heads.truncate(self.frames.last().map_or(0, |(_, end)| *end as usize));
    }

    /// The bytes of the index of a sealed segment.
    fn index(&self, seal: &Seal) -> Blocks {
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
        let base = HEAD + 4 * (frames.len() + starts.len());
        let mut blocks = Blocks::with_room(base + heads.len() * ENTRY + 8);
        blocks.extend(b"IZEX");
        blocks.extend(&[1, bits as u8]);
        blocks.extend(&[number, check].map(u64::to_be_bytes).concat());
        blocks.extend(&[frames.len() as u32, heads.len() as u32].map(u32::to_be_bytes).concat());
        frames.iter().map(|(at, _)| at).chain(&starts).for_each(|number| blocks.extend(&number.to_be_bytes()));
        let (entries, _) = blocks.extend_with(heads.len() * ENTRY).as_chunks_mut::<ENTRY>();
        let (mut next, mut from) = (starts, 0);
        for (frame, (_, end)) in (0_u32..).zip(frames) {
            let [_, f @ ..] = frame.to_be_bytes();
            for head in &heads[from..*end as usize] {
                let place = &mut next[bucket(*head)];
                let [a, b] = rest_of(*head, bits).to_be_bytes();
                entries[*place as usize] = [a, b, f[0], f[1], f[2]];
                *place += 1;
            }
            from = *end as usize;
        }
        let check = xxh3_64(blocks.get());
        blocks.extend(&check.to_be_bytes());
        blocks
    }
}

/// Makes the index of a sealed segment, whole or not at all; reads the segment if nothing was gathered of it.
pub fn build(folder: &Path, seal: &Seal, heads: Option<&Heads>) -> io::Result<()> {
    let bytes = match heads {
        Some(heads) => heads.index(seal),
        None => make(folder, seal)?,
    };
    crate::disk::replace_large(&path(folder, seal.number), bytes)
}

/// The bytes of the index of a sealed segment, from its file.
pub fn make(folder: &Path, seal: &Seal) -> io::Result<Blocks> {
    Ok(Heads::of(&fs::read(sealed_path(folder, seal.number))?).index(seal))
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

/// Where the frames begin that may hold a recipient; none if the index is not there or not that of this segment.
#[must_use]
pub fn look_up(folder: &Path, number: u64, check: u64, recipient: Pseudonym) -> Option<Vec<u64>> {
    let file = File::open(path(folder, number)).ok()?;
    let mut head = [0; HEAD];
    file.read_exact_at(&mut head, 0).ok()?;
    let word = |at: usize| head.get(at..at + 8).and_then(|word| word.try_into().ok()).map(u64::from_be_bytes);
    let bits = u32::from(head[5]);
    if head[..5] != *b"IZEX\x01" || word(6)? != number || word(14)? != check || bits > MOST_BITS {
        return None;
    }
    let (frames, entries) = (word(22)? >> 32, word(22)? & 0xFFFF_FFFF);
    let head = head_of(&recipient.0);
    let buckets = HEAD as u64 + 4 * frames;
    let mut bounds = [0; 8];
    file.read_exact_at(&mut bounds, buckets + 4 * (u64::from(head) >> (32 - bits))).ok()?;
    let bounds = u64::from_be_bytes(bounds);
    let (from, to) = (bounds >> 32, bounds & 0xFFFF_FFFF);
    if from > to || to > entries {
        return None;
    }
    let base = buckets + 4 * ((1 << bits) + 1);
    let mut bucket = vec![0; ((to - from) * ENTRY as u64) as usize];
    file.read_exact_at(&mut bucket, base + from * ENTRY as u64).ok()?;
    let rest = rest_of(head, bits).to_be_bytes();
    let found = bucket.as_chunks::<ENTRY>().0.iter().filter(|entry| entry[..2] == rest);
    let places = found.map(|entry| u64::from(u32::from_be_bytes([0, entry[2], entry[3], entry[4]])));
    let begins = places.map(|frame| {
        let mut at = [0; 4];
        file.read_exact_at(&mut at, HEAD as u64 + 4 * frame.min(frames.saturating_sub(1))).ok()?;
        Some(u64::from(u32::from_be_bytes(at)))
    });
    let mut begins = begins.collect::<Option<Vec<u64>>>()?;
    begins.dedup();
    Some(begins)
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
