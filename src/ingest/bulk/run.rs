//! Sorted records on disk: a run.
//!
//! `IZRUN` ‖ version ‖ key id, then blocks: length (u32) ‖ xxh3-64 of the records ‖ the records, and at
//! the end a block of length 0. A record is never cut. A reader verifies every block.

use super::error::BulkError;
use super::record::Record;
use crate::model::secret::pseudonym::KEY_ID;
use crate::sys::atomic_file::create_new;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

const HEAD: [u8; 7] = [b'I', b'Z', b'R', b'U', b'N', 1, KEY_ID];
/// Bytes of a block after which it ends; also what a reader holds of a run.
const BLOCK: usize = 256 << 10;

/// A run that is whole and synced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its file's name.
    pub name: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Records in it.
    pub records: u64,
    /// xxh3-64 over the checksums of its blocks.
    pub checksum: u64,
}

/// A run being written.
pub(super) struct RunWriter {
    path: PathBuf,
    file: File,
    block: Vec<u8>,
    checksums: Vec<u8>,
    bytes: u64,
    records: u64,
}

/// A run being read.
pub(super) struct RunReader {
    path: PathBuf,
    file: BufReader<File>,
    block: Vec<u8>,
    at: usize,
    records: u64,
}

impl RunWriter {
    /// Begins a run; replaces a file of that name. Only its owner may read it.
    pub(super) fn create(path: PathBuf) -> Result<Self, BulkError> {
        let file = create_new(&path).map_err(|error| BulkError::spill(&path, error))?;
        let mut run = Self { path, file, block: Vec::with_capacity(BLOCK + 256), checksums: Vec::new(), bytes: 0, records: 0 };
        run.write(&HEAD)?;
        Ok(run)
    }

    /// Adds a record; they come in order.
    pub(super) fn push(&mut self, record: Record<'_>) -> Result<(), BulkError> {
        self.block.extend_from_slice(record.bytes());
        self.records += 1;
        if self.block.len() >= BLOCK { self.end_block() } else { Ok(()) }
    }

    /// Bytes written so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ends the run and syncs it.
    pub(super) fn finish(mut self) -> Result<Run, BulkError> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        self.end_block()?;
        self.file.sync_all().map_err(|error| BulkError::spill(&self.path, error))?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Run { name, bytes: self.bytes, records: self.records, checksum: xxh3_64(&self.checksums) })
    }

    fn end_block(&mut self) -> Result<(), BulkError> {
        let block = std::mem::take(&mut self.block);
        let checksum = xxh3_64(&block).to_be_bytes();
        self.checksums.extend(checksum);
        self.write(&(block.len() as u32).to_be_bytes())?;
        self.write(&checksum)?;
        self.write(&block)?;
        self.block = block;
        self.block.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BulkError> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| BulkError::spill(&self.path, error))
    }
}

impl RunReader {
    /// Opens a run and reads its first block.
    pub(super) fn open(folder: &Path, run: &Run) -> Result<Self, BulkError> {
        let path = folder.join(&run.name);
        let file = File::open(&path).map_err(|error| BulkError::spill(&path, error))?;
        let mut reader =
            Self { path, file: BufReader::with_capacity(64 << 10, file), block: Vec::new(), at: 0, records: run.records };
        if reader.read::<{ HEAD.len() }>()? != HEAD {
            return Err(BulkError::Damaged { path: reader.path });
        }
        reader.next_block()?;
        Ok(reader)
    }

    /// The record at hand; none at the end.
    pub(super) fn head(&self) -> Option<Record<'_>> {
        Record::first(&self.block[self.at..]).map(|(record, _)| record)
    }

    /// Goes on behind the record at hand.
    pub(super) fn advance(&mut self) -> Result<(), BulkError> {
        let length = self.head().map_or(0, |record| record.bytes().len());
        self.at += length;
        self.records = self.records.saturating_sub(u64::from(length > 0));
        if self.at == self.block.len() && length > 0 {
            return self.next_block();
        }
        // Behind a record and not at the block's end there is another one.
        if self.head().is_none() && length > 0 { Err(self.damaged()) } else { Ok(()) }
    }

    fn next_block(&mut self) -> Result<(), BulkError> {
        let length = u32::from_be_bytes(self.read()?) as usize;
        let checksum = u64::from_be_bytes(self.read()?);
        if length > BLOCK + 256 {
            return Err(self.damaged());
        }
        self.block.resize(length, 0);
        self.at = 0;
        self.file.read_exact(&mut self.block).map_err(|error| BulkError::spill(&self.path, error))?;
        let sound = xxh3_64(&self.block) == checksum && (length > 0) == (self.records > 0);
        if sound && (length == 0 || self.head().is_some()) { Ok(()) } else { Err(self.damaged()) }
    }

    fn read<const N: usize>(&mut self) -> Result<[u8; N], BulkError> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(|error| BulkError::spill(&self.path, error))?;
        Ok(bytes)
    }

    fn damaged(&self) -> BulkError {
        BulkError::Damaged { path: self.path.clone() }
    }
}
