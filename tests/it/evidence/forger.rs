//! Forger who may write the files of the evidence and has no key: every chain, seal and tree is rebuilt from the
//! format's description alone, and shares no code with the gateway but the Merkle tree.

use izingate::evidence::tree::merkle::{Hash, Tree};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

const HEADER: usize = 58;
const SEAL: usize = 173;
const CHECK: usize = 8;
const TITLE: &[u8] = b"izingate evidence tree 1\n";

/// A segment in pieces: its header, and kind and body of each frame but the seal.
#[derive(Clone)]
pub struct Pieces {
    pub header: [u8; HEADER],
    pub frames: Vec<(u8, Vec<u8>)>,
    /// The bytes of the seal that it had.
    seal: Option<Vec<u8>>,
}

impl Pieces {
    pub fn of(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let (header, mut rest) = bytes.split_first_chunk().unwrap();
        let (mut frames, mut seal) = (Vec::new(), None);
        while let Some(length) =
            rest.first_chunk().map(|length| u32::from_be_bytes(*length) as usize).filter(|length| *length > 0)
        {
            let (kind, body) = (rest[4], &rest[5..4 + length - CHECK]);
            match kind {
                3 => seal = Some(body.to_vec()),
                _ => frames.push((kind, body.to_vec())),
            }
            rest = &rest[4 + length..];
        }
        Self { header: *header, frames, seal }
    }

    /// The frames of decisions about a recipient, by the 16 bytes of its pseudonym.
    pub fn cut_out(&mut self, pseudonym: &[u8; 16]) -> usize {
        let before = self.frames.len();
        self.frames.retain(|(kind, body)| !matches!(kind, 1 | 4) || !recipients(*kind, body).contains(pseudonym));
        before - self.frames.len()
    }

    pub fn event(&mut self, json: &str) {
        self.frames.push((2, json.as_bytes().to_vec()));
    }

    pub fn follow(&mut self, end: Hash) {
        self.header[18..50].copy_from_slice(&end);
    }

    /// The file of a segment that is being written, up to a boundary of 4,096 bytes.
    pub fn open(&self) -> Vec<u8> {
        let mut bytes = self.chained().bytes;
        bytes.resize(bytes.len().next_multiple_of(4_096), 0);
        bytes
    }

    /// The file of a sealed segment, its seal, and the chain behind it.
    pub fn sealed(&self) -> (Vec<u8>, Vec<u8>, Hash) {
        let Chained { mut bytes, chain, tree, decisions } = self.chained();
        let mut seal = self.seal.clone().unwrap();
        seal[13..21].copy_from_slice(&tree.size().to_be_bytes());
        seal[21..29].copy_from_slice(&decisions.to_be_bytes());
        seal[69..101].copy_from_slice(&self.header[18..50]);
        seal[101..133].copy_from_slice(&chain);
        seal[133..165].copy_from_slice(&tree.root());
        seal[165..173].copy_from_slice(&(bytes.len() as u64).to_be_bytes());
        let length = ((1 + SEAL + CHECK) as u32).to_be_bytes();
        let end = sha256(&[&[2], &chain, &sha256(&[&[0, 3], &seal]), &length, &[3]]);
        bytes.extend([&length[..], &[3], &seal, &end[..CHECK]].concat());
        (bytes, seal, end)
    }

    fn chained(&self) -> Chained {
        let mut bytes = self.header.to_vec();
        let (mut chain, mut tree, mut decisions) = (sha256(&[&[3], &self.header]), Tree::default(), 0);
        for (kind, body) in &self.frames {
            let length = ((1 + body.len() + CHECK) as u32).to_be_bytes();
            let (leaf, shown) = match kind {
                1 | 4 => {
                    decisions += recipients(*kind, body).len() as u64;
                    leaf_of_decisions(*kind, body)
                }
                _ => (sha256(&[&[0, *kind], body]), 0),
            };
            chain = sha256(&[&[2], &chain, &leaf, &length, &[*kind], &body[..shown]]);
            tree.push(leaf);
            bytes.extend([&length[..], &[*kind], body, &chain[..CHECK]].concat());
        }
        Chained { bytes, chain, tree, decisions }
    }
}

struct Chained {
    bytes: Vec<u8>,
    chain: Hash,
    tree: Tree,
    decisions: u64,
}

/// Columns without zstd, how many bytes of the body stand before the recipients, and the recipients.
fn split(kind: u8, body: &[u8]) -> (Vec<u8>, usize, &[u8]) {
    let number = |at: usize| u32::from_be_bytes(*body[at..].first_chunk().unwrap()) as usize;
    let length = number(0);
    if kind == 4 {
        return (body[4..4 + length].to_vec(), 4 + length, &body[4 + length..]);
    }
    let size = number(4);
    let mut columns = vec![0; length];
    zstd_safe::decompress(&mut columns[..], &body[8..8 + size]).unwrap();
    (columns, 8 + size, &body[8 + size..])
}

fn recipients(kind: u8, body: &[u8]) -> Vec<[u8; 16]> {
    split(kind, body).2.as_chunks().0.to_vec()
}

/// The leaf, and how many bytes of the body the chain has beside it.
fn leaf_of_decisions(kind: u8, body: &[u8]) -> (Hash, usize) {
    let (columns, before, recipients) = split(kind, body);
    let leaf = sha256(&[&[0, 1], &(columns.len() as u32).to_be_bytes(), &columns, recipients]);
    (leaf, if kind == 4 { 4 } else { before })
}

fn sha256(pieces: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().into()
}

/// Ends of the frames of a segment that is being written, but for the last.
pub fn frame_ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = vec![HEADER];
    while let Some(length) = bytes[ends[ends.len() - 1]..].first_chunk().map(|length| u32::from_be_bytes(*length) as usize) {
        if length == 0 {
            break;
        }
        ends.push(ends[ends.len() - 1] + 4 + length);
    }
    ends.pop();
    ends
}

pub fn segment(folder: &Path, number: u64, ending: &str) -> PathBuf {
    folder.join(format!("{number:012}.{ending}"))
}

/// Takes every decision about a recipient out of a sealed segment, and makes all that follows fit: the later segments, the
/// indexes (removed: they can be made again) and the tree.
pub fn rewrite(folder: &Path, number: u64, pseudonym: &[u8; 16]) {
    let tree = fs::read(folder.join("tree")).unwrap();
    let records = tree.strip_prefix(TITLE).unwrap();
    let mut seals: Vec<Vec<u8>> = records.chunks(SEAL).map(<[u8]>::to_vec).collect();
    let mut end = None;
    for number in number..=seals.len() as u64 {
        let path = segment(folder, number, "seg");
        let mut pieces = Pieces::of(&path);
        match end {
            None => assert!(pieces.cut_out(pseudonym) > 0, "there is something to hide"),
            Some(end) => pieces.follow(end),
        }
        let (bytes, seal, behind) = pieces.sealed();
        fs::write(&path, bytes).unwrap();
        seals[number as usize - 1] = seal;
        end = Some(behind);
        let _ = fs::remove_file(segment(folder, number, "idx"));
    }
    fs::write(folder.join("tree"), [TITLE, &seals.concat()].concat()).unwrap();
}
