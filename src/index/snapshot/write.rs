//! Writing a snapshot, beside the writer of the index and never in its way.

use super::format::{HEAD, Identity, Kind, Preface, SnapshotFile, head, seal};
use crate::index::Index;
use crate::model::secret::mac::MacKey;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Bytes of shards in a block, as soon as there are so many.
const BLOCK: usize = 1 << 20;
/// Bytes between two syncs: one at the end of gigabytes would make the store's own syncs wait.
const SYNC: u64 = 64 << 20;

/// A snapshot that is whole and in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Relations in it.
    pub relations: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Writes the index to its file. Until that is done the file that was there stays as it is; what was begun
/// and could not be finished is removed.
pub fn write(index: &Index, identity: Identity, to: &SnapshotFile) -> io::Result<Written> {
    let SnapshotFile { path, key } = to;
    let unfinished = path.with_extension("new");
    let written = write_new(index, identity, &unfinished, key).and_then(|written| {
        fs::rename(&unfinished, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(written)
    });
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Makes a file for its owner alone, in place of whatever was left: a link there is removed, not followed.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

fn write_new(index: &Index, identity: Identity, path: &Path, key: &MacKey) -> io::Result<Written> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|error| io::Error::other(error.to_string()))?;
    let table = &index.0.table;
    let preface = Preface { identity, shard_bits: table.shard_bits(), nonce };
    let mut out = Out { file: create(path)?, key: preface.block_key(key), blocks: 0, bytes: 0, synced: 0 };
    out.part(&preface.encode(key))?;
    let (mut block, mut relations) = (begin(Kind::Shards), 0);
    for shard in 0..table.shards() {
        relations += table.copy_shard(shard, &mut block);
        if block.len() >= BLOCK {
            out.block(Kind::Shards, &mut block)?;
        }
    }
    out.block(Kind::Shards, &mut block)?;
    // While nobody writes: every batch of which anything was copied is published, and every collision of
    // those is known.
    let (through, collisions) = {
        let writing = index.write();
        (index.revision().get(), writing.shared())
    };
    let mut block = begin(Kind::Collisions);
    for bytes in collisions {
        block.extend((bytes.len() as u32).to_le_bytes());
        block.extend(bytes);
    }
    out.block(Kind::Collisions, &mut block)?;
    let mut block = begin(Kind::End);
    block.extend(u64::to_le_bytes(relations));
    block.extend(through.to_le_bytes());
    out.block(Kind::End, &mut block)?;
    out.file.sync_all()?;
    Ok(Written { relations, bytes: out.bytes })
}

/// A block with room for its head.
fn begin(kind: Kind) -> Vec<u8> {
    let mut block = Vec::with_capacity(BLOCK + BLOCK / 4);
    block.extend(head(kind, 0));
    block
}

struct Out {
    file: File,
    key: MacKey,
    blocks: u64,
    bytes: u64,
    synced: u64,
}

impl Out {
    /// Writes a block and begins the next of its kind.
    fn block(&mut self, kind: Kind, block: &mut Vec<u8>) -> io::Result<()> {
        let length = block.len() - HEAD;
        block[..HEAD].copy_from_slice(&head(kind, length));
        seal(block, &self.key, self.blocks);
        self.part(block)?;
        self.blocks += 1;
        block.truncate(HEAD);
        Ok(())
    }

    fn part(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        if self.bytes - self.synced >= SYNC {
            self.file.sync_data()?;
            self.synced = self.bytes;
        }
        Ok(())
    }
}
