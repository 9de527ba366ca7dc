//! Which lines of the region belong to which shard: a ring, written at its head, emptied at its tail.
//!
//! ```text
//!   … given back │ retired │ tail: oldest shard … holes of moved shards … newest shard │ head …
//! ```
//! A shard that grows is written anew at the head; its old lines are a hole until the tail passes. The
//! tail moves on by moving the oldest shard to the head. What lies behind the tail is retired: given
//! back, page by page, once no reader can look at it. So memory never falls apart into pieces, and the
//! next shard always finds room that reads as zeros.

use super::region::Region;
use std::collections::VecDeque;
use std::io;

/// Lines of one shard, or of nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Whose; nobody's at the end of the ring, where the next shard did not fit.
    pub(super) shard: Option<u32>,
    /// Where it starts in the region.
    pub(super) offset: usize,
    /// How many.
    pub(super) lines: usize,
}

/// The ring. Positions count lines ever written and never go back.
#[derive(Debug)]
pub(super) struct Log {
    lines: u64,
    page: u64,
    head: u64,
    tail: u64,
    /// Given back up to here, a page's border.
    released: u64,
    /// Lines before the first may be given back once the second is the earliest pinned epoch.
    retired: VecDeque<(u64, u64)>,
    pieces: VecDeque<Piece>,
    holes: u64,
}

impl Log {
    pub(super) fn new(region: &Region) -> Self {
        let page = region.page_lines() as u64;
        // The last page stays empty.
        let lines = region.lines().len() as u64 - page;
        Self { lines, page, head: 0, tail: 0, released: 0, retired: VecDeque::new(), pieces: VecDeque::new(), holes: 0 }
    }

    /// Room for a shard at the head. None if the ring is full: what is retired has to be given back.
    pub(super) fn take(&mut self, shard: u32, lines: usize) -> Option<Piece> {
        let offset = self.head % self.lines;
        let left = self.lines - offset;
        let skip = if (lines as u64) > left { left } else { 0 };
        if self.head + skip + lines as u64 > self.released + self.lines {
            return None;
        }
        if skip > 0 {
            self.pieces.push_back(Piece { shard: None, offset: offset as usize, lines: skip as usize });
            self.head += skip;
            self.holes += skip;
        }
        let piece = Piece { shard: Some(shard), offset: (self.head % self.lines) as usize, lines };
        self.pieces.push_back(piece);
        self.head += lines as u64;
        Some(piece)
    }

    /// The lines of a shard that was written anew elsewhere are a hole now.
    pub(super) const fn leave(&mut self, lines: usize) {
        self.holes += lines as u64;
    }

    /// The oldest piece.
    pub(super) fn oldest(&self) -> Option<Piece> {
        self.pieces.front().copied()
    }

    /// Moves the tail past the oldest piece, which is a hole by now: it was moved or never was a shard's.
    pub(super) fn pass(&mut self) {
        if let Some(piece) = self.pieces.pop_front() {
            self.tail += piece.lines as u64;
            self.holes -= piece.lines as u64;
        }
    }

    /// What lies behind the tail may still be seen by readers of `epoch` and before. Says whether that
    /// makes another whole page.
    pub(super) fn retire(&mut self, epoch: u64) -> bool {
        let up_to = self.tail - self.tail % self.page;
        let last = self.retired.back().map_or(self.released, |(up_to, _)| *up_to);
        if up_to > last {
            self.retired.push_back((up_to, epoch));
        }
        up_to > last
    }

    /// Whether anything is retired and not given back.
    pub(super) fn has_retired(&self) -> bool {
        !self.retired.is_empty()
    }

    /// Gives back what was retired before `pinned`, the earliest epoch that is pinned.
    pub(super) fn release(&mut self, region: &Region, pinned: u64) -> io::Result<()> {
        while let Some(&(up_to, epoch)) = self.retired.front() {
            if epoch >= pinned {
                break;
            }
            self.release_to(region, up_to)?;
            self.retired.pop_front();
        }
        Ok(())
    }

    fn release_to(&mut self, region: &Region, up_to: u64) -> io::Result<()> {
        while self.released < up_to {
            let from = self.released % self.lines;
            let length = (up_to - self.released).min(self.lines - from);
            region.release(from as usize..(from + length) as usize)?;
            self.released += length;
        }
        Ok(())
    }

    /// Lines that are backed by memory: everything not given back, in whole pages.
    pub(super) const fn resident(&self) -> u64 {
        self.head.next_multiple_of(self.page) - self.released
    }

    /// Lines that would be backed if `lines` more were taken.
    pub(super) const fn resident_with(&self, lines: u64) -> u64 {
        (self.head + lines).next_multiple_of(self.page) - self.released
    }

    /// Lines behind the tail that are not given back yet.
    pub(super) const fn retired(&self) -> u64 {
        self.tail - self.released
    }

    /// Lines of a page: what is given back at once.
    pub(super) const fn page_lines(&self) -> u64 {
        self.page
    }

    /// Lines between tail and head that belong to no shard any more.
    pub(super) const fn holes(&self) -> u64 {
        self.holes
    }

    /// Lines of shards.
    pub(super) const fn live(&self) -> u64 {
        self.head - self.tail - self.holes
    }
}
