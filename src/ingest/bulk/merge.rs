//! Sorted buffers and runs as one sorted sequence.

use super::buffer::Buffer;
use super::error::BulkError;
use super::record::Record;
use super::run::{Run, RunReader};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::path::Path;

/// Records of a buffer between one announced and one read.
const AHEAD: usize = 4;

/// A sorted sequence with its first record at hand.
enum Source {
    Buffer(Buffer, usize),
    Run(RunReader),
}

/// The key of a source's first record, as numbers that compare fast, and which source it is. Of equal
/// keys that of the earlier source comes first, so that the order is the same each time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    pseudonym: u128,
    rest: [u8; 18],
    source: usize,
}

/// Every record of some sources, in the order of their keys.
pub(super) struct Merge {
    sources: Vec<Source>,
    heads: BinaryHeap<Reverse<Head>>,
}

impl Source {
    fn head(&self) -> Option<Record<'_>> {
        match self {
            Self::Buffer(buffer, at) => buffer.get(*at),
            Self::Run(reader) => reader.head(),
        }
    }

    fn advance(&mut self) -> Result<(), BulkError> {
        match self {
            Self::Buffer(buffer, at) => {
                *at += 1;
                buffer.announce(*at + AHEAD);
            }
            Self::Run(reader) => reader.advance()?,
        }
        Ok(())
    }
}

impl Head {
    fn of(record: Record<'_>, source: usize) -> Self {
        let key = record.key_bytes();
        let pseudonym = key.first_chunk().map_or(0, |first| u128::from_be_bytes(*first));
        Self { pseudonym, rest: key.last_chunk().copied().unwrap_or_default(), source }
    }
}

impl Merge {
    /// Of sorted buffers.
    pub(super) fn of_buffers(buffers: Vec<Buffer>) -> Self {
        Self::of(buffers.into_iter().map(|buffer| Source::Buffer(buffer, 0)).collect())
    }

    /// Of runs in a folder.
    pub(super) fn of_runs(folder: &Path, runs: &[Run]) -> Result<Self, BulkError> {
        let open = |run| RunReader::open(folder, run).map(Source::Run);
        Ok(Self::of(runs.iter().map(open).collect::<Result<_, _>>()?))
    }

    fn of(sources: Vec<Source>) -> Self {
        let heads = sources.iter().enumerate().filter_map(|(at, source)| source.head().map(|head| Reverse(Head::of(head, at))));
        let heads = heads.collect();
        Self { sources, heads }
    }

    /// The record at hand; none at the end.
    pub(super) fn head(&self) -> Option<Record<'_>> {
        self.heads.peek().and_then(|Reverse(head)| self.sources[head.source].head())
    }

    /// Goes on behind it.
    pub(super) fn advance(&mut self) -> Result<(), BulkError> {
        let Some(mut top) = self.heads.peek_mut() else { return Ok(()) };
        let at = top.0.source;
        self.sources[at].advance()?;
        match self.sources[at].head() {
            Some(head) => top.0 = Head::of(head, at),
            None => drop(PeekMut::pop(top)),
        }
        Ok(())
    }

    /// The buffers, emptied for their next use.
    pub(super) fn into_buffers(self) -> Vec<Buffer> {
        let buffers = self.sources.into_iter().filter_map(|source| match source {
            Source::Buffer(mut buffer, _) => {
                buffer.clear();
                Some(buffer)
            }
            Source::Run(_) => None,
        });
        buffers.collect()
    }
}
