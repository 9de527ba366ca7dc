//! Reading a snapshot: one thread reads and checks, the other fills the table.

use super::format::{HEAD, Identity, Kind, Preface, Reader, SEAL, SnapshotFile, is_sealed, read_head};
use crate::index::table::Full;
use crate::index::{Index, Writing};
use crate::model::secret::mac::MacKey;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Blocks read ahead: of a megabyte each.
const READ_AHEAD: usize = 8;

/// A snapshot that is in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Every batch up to it is there.
    pub revision: u64,
    /// Of later batches, up to this one, parts may be there.
    pub through: u64,
    /// Relations read.
    pub relations: u64,
}

/// Why a snapshot is of no use. The index may hold parts of it and is to be cleared.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// There is none.
    #[error("there is none")]
    Missing,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is damaged, short, forged, of another format or of other data.
    #[error("{0}")]
    Unusable(&'static str),
    /// It does not fit in memory, and neither would the store.
    #[error(transparent)]
    Full(#[from] Full),
}

impl From<&'static str> for Rejected {
    fn from(what: &'static str) -> Self {
        Self::Unusable(what)
    }
}

/// What a snapshot says of itself.
pub fn preface(of: &SnapshotFile) -> Result<Preface, Rejected> {
    read_preface(&mut open(&of.path)?, &of.key)
}

/// Fills `index`, which is empty, from a snapshot of `expected`.
pub fn load(index: &Index, of: &SnapshotFile, expected: &Identity) -> Result<Loaded, Rejected> {
    let mut file = open(&of.path)?;
    let preface = read_preface(&mut file, &of.key)?;
    let identity = preface.identity;
    if identity != *expected {
        return Err("it was taken of other data".into());
    }
    if preface.shard_bits != index.0.table.shard_bits() {
        return Err("it has another number of shards".into());
    }
    let key = preface.block_key(&of.key);
    let (blocks, read) = sync_channel(READ_AHEAD);
    thread::scope(|scope| {
        let reading = scope.spawn(move || read_blocks(&mut file, &key, &blocks));
        let filled = fill(&mut index.write(), &read);
        // Nobody takes blocks any more: a reader that still has some ends.
        drop(read);
        let ended = reading.join().unwrap_or(Err(Rejected::Unusable("reading it failed")));
        // What the reader says comes first: of a damaged file, too few relations are no news.
        let (relations, through) = match (filled, ended) {
            (Err(Rejected::Full(full)), _) => return Err(full.into()),
            (_, Err(damaged)) => return Err(damaged),
            (Err(rejected), Ok(_)) => return Err(rejected),
            (Ok(filled), Ok((relations, _))) if filled != relations => return Err("it holds another number of relations".into()),
            (Ok(_), Ok(end)) => end,
        };
        Ok(Loaded { revision: identity.revision, through, relations })
    })
}

fn open(path: &Path) -> Result<File, Rejected> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Rejected::Missing),
        opened => Ok(opened?),
    }
}

fn read_preface(file: &mut File, key: &MacKey) -> Result<Preface, Rejected> {
    let mut bytes = [0; Preface::LENGTH];
    exact(file, &mut bytes)?;
    Ok(Preface::decode(&bytes, key)?)
}

/// Fills a buffer; a file that ends before is a short one.
fn exact(file: &mut File, bytes: &mut [u8]) -> Result<(), Rejected> {
    file.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Rejected::Unusable("it is cut short"),
        _ => Rejected::Io(error),
    })
}

/// A part of the table, checked.
enum Part {
    Shards(Vec<u8>),
    Collisions(Vec<u8>),
}

/// Reads and checks every block; returns what the end says: relations, and through which revision.
fn read_blocks(file: &mut File, key: &MacKey, parts: &SyncSender<Part>) -> Result<(u64, u64), Rejected> {
    for place in 0.. {
        let (kind, block) = read_block(file, key, place)?;
        let part = match kind {
            Kind::Shards => Part::Shards(block),
            Kind::Collisions => Part::Collisions(block),
            Kind::End => return end_of(file, content(&block)),
        };
        if parts.send(part).is_err() {
            break;
        }
    }
    Err("reading it was given up".into())
}

/// A block with its head and code.
fn read_block(file: &mut File, key: &MacKey, place: u64) -> Result<(Kind, Vec<u8>), Rejected> {
    let mut head = [0; HEAD];
    exact(file, &mut head)?;
    let (kind, length) = read_head(head).ok_or("a block's head is damaged")?;
    let mut block = vec![0; HEAD + length + SEAL];
    block[..HEAD].copy_from_slice(&head);
    exact(file, &mut block[HEAD..])?;
    if is_sealed(&block, key, place) { Ok((kind, block)) } else { Err("a block is damaged".into()) }
}

/// A block without its head and code.
fn content(block: &[u8]) -> &[u8] {
    block.get(HEAD..block.len().saturating_sub(SEAL)).unwrap_or_default()
}

fn end_of(file: &mut File, end: &[u8]) -> Result<(u64, u64), Rejected> {
    let mut reader = Reader(end);
    let (relations, through) = (u64::from_le_bytes(reader.take()?), u64::from_le_bytes(reader.take()?));
    if file.read(&mut [0])? > 0 {
        return Err("something stands behind its end".into());
    }
    Ok((relations, through))
}

/// Puts what is read into the table; returns the relations.
fn fill(writing: &mut Writing<'_>, parts: &Receiver<Part>) -> Result<u64, Rejected> {
    let (mut shard, mut relations) = (0, 0);
    for part in parts {
        match part {
            Part::Shards(block) => {
                let mut reader = Reader(content(&block));
                while !reader.0.is_empty() {
                    let count = u32::from_le_bytes(reader.take()?) as usize;
                    writing.load_shard(shard, reader.slice(count * size_of::<u64>())?)?;
                    (shard, relations) = (shard + 1, relations + count as u64);
                }
            }
            Part::Collisions(block) => load_collisions(writing, Reader(content(&block)))?,
        }
    }
    Ok(relations)
}

fn load_collisions(writing: &mut Writing<'_>, mut reader: Reader<'_>) -> Result<(), Rejected> {
    while !reader.0.is_empty() {
        let length = u32::from_le_bytes(reader.take()?) as usize;
        writing.load_shared(reader.slice(length)?)?;
    }
    Ok(())
}
