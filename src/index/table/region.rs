//! The memory of the table: one range of addresses, reserved once, of which only what is used is backed.
//!
//! All of this crate's `unsafe` is here. Everything else works on a checked slice of atomic lines, so a
//! mistake there can give a wrong answer but never undefined behaviour.

use super::slot::SLOTS;
use crate::index::sync::AtomicU64;
use std::io;
use std::ops::Range;

/// A cache line of slots.
#[repr(C, align(64))]
#[derive(Debug)]
pub(super) struct Line(pub(super) [AtomicU64; SLOTS]);

/// Bytes of a line.
pub(super) const LINE_BYTES: usize = size_of::<u64>() * SLOTS;

pub(super) use backing::Region;

#[cfg(not(izingate_loom))]
#[expect(unsafe_code, reason = "mapped memory is seen as a slice of atomics; each block says why that holds")]
#[expect(clippy::cast_ptr_alignment, reason = "the first line is on the border of a huge page")]
mod backing {
    use super::{AtomicU64, LINE_BYTES, Line, Range, SLOTS, io};
    use memmap2::{Advice, MmapMut, MmapOptions, UncheckedAdvice};

    /// Memory is given back in pieces of a huge page.
    const HUGE_PAGE: usize = 2 << 20;

    /// A reserved range of lines.
    #[derive(Debug)]
    pub(in super::super) struct Region {
        map: MmapMut,
        /// Of the first line within the map: on a huge page's border.
        first: usize,
        lines: usize,
        page_lines: usize,
    }

    impl Region {
        /// Reserves room for at least `lines`, rounded up to whole pages, and a page beside them that is
        /// never written. Nothing of it takes memory until it is written.
        pub(in super::super) fn reserve(lines: usize) -> io::Result<Self> {
            let page_lines = HUGE_PAGE / LINE_BYTES;
            let lines = lines.next_multiple_of(page_lines) + page_lines;
            let map = MmapOptions::new().len(lines * LINE_BYTES + HUGE_PAGE).no_reserve_swap().map_anon()?;
            let first = map.as_ptr().align_offset(HUGE_PAGE);
            // Fewer address look-ups; a system without huge pages says no, and that is all right.
            let _ = map.advise(Advice::HugePage);
            // Pseudonyms have no place in a core dump.
            let _ = map.advise(Advice::DontDump);
            Ok(Self { map, first, lines, page_lines })
        }

        /// Every line; those of the last page are always empty.
        pub(in super::super) fn lines(&self) -> &[Line] {
            // SAFETY: the map is `first + lines × 64` bytes long at least and lives as long as `self`;
            // `first` is aligned to 2 MiB, more than a line asks for. Anonymous memory is zeroed, and
            // any bits are valid for atomic integers. The bytes are never touched otherwise: the map is
            // private to this type, which hands out nothing but this shared slice; `release` replaces
            // pages by zeros, which a reader of atomics may see at any time.
            unsafe { std::slice::from_raw_parts(self.map.as_ptr().add(self.first).cast::<Line>(), self.lines) }
        }

        /// Every slot, line by line.
        pub(in super::super) fn slots(&self) -> &[AtomicU64] {
            // SAFETY: as for `lines`; a line is eight slots without anything between or after them.
            unsafe { std::slice::from_raw_parts(self.map.as_ptr().add(self.first).cast::<AtomicU64>(), self.lines * SLOTS) }
        }

        /// Lines in the pieces that [`Region::release`] takes.
        pub(in super::super) const fn page_lines(&self) -> usize {
            self.page_lines
        }

        /// Gives the memory of `lines` back, whole pages; they read as zeros from then on.
        ///
        /// # Errors
        /// The system does not take it, or the lines are not whole pages of this region. All of it is as it was.
        pub(in super::super) fn release(&self, lines: Range<usize>) -> io::Result<()> {
            let is_whole = lines.start.is_multiple_of(self.page_lines) && lines.end.is_multiple_of(self.page_lines);
            if !is_whole || lines.start > lines.end || lines.end > self.lines {
                let Range { start, end } = lines;
                let text = format!("lines {start} to {end} are not whole pages of {} lines, of {}", self.page_lines, self.lines);
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
            if lines.is_empty() {
                return Ok(());
            }
            let (offset, length) = (self.first + lines.start * LINE_BYTES, lines.len() * LINE_BYTES);
            // SAFETY: the range lies in the map, and the only view of it is a slice of atomics, for
            // which a page that turns to zeros is a store like any other.
            unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, length) }
        }
    }

    #[cfg(test)]
    impl Region {
        /// Keeps the region in memory, as a process does that locks all of its memory: nothing of it can be given back then.
        pub(in super::super) fn lock(&self) {
            self.map.lock().unwrap();
        }
    }

    /// Asks the processor to fetch what lies at `place`.
    #[inline]
    pub(in super::super) fn prefetch<T>(place: *const T) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a prefetch is a hint; it reads nothing that the program could see and never faults.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(place.cast::<i8>());
        }
        // No stable way to say so elsewhere: the read itself then waits.
        #[cfg(not(target_arch = "x86_64"))]
        let _ = place;
    }
}

/// The same for the model checker, which follows each atomic by itself and knows no mapped memory.
#[cfg(izingate_loom)]
mod backing {
    use super::{AtomicU64, Line, Range, SLOTS, io};
    use crate::index::sync::Ordering;

    const PAGE_LINES: usize = 1;

    #[derive(Debug)]
    pub(in super::super) struct Region {
        lines: Vec<Line>,
        /// A region is used either by lines or by slots.
        slots: Vec<AtomicU64>,
    }

    impl Region {
        pub(in super::super) fn reserve(lines: usize) -> io::Result<Self> {
            let line = |_| Line(std::array::from_fn(|_| AtomicU64::new(0)));
            let slots = (0..lines * SLOTS).map(|_| AtomicU64::new(0)).collect();
            Ok(Self { lines: (0..lines + PAGE_LINES).map(line).collect(), slots })
        }

        pub(in super::super) fn lines(&self) -> &[Line] {
            &self.lines
        }

        pub(in super::super) fn slots(&self) -> &[AtomicU64] {
            &self.slots
        }

        pub(in super::super) const fn page_lines(&self) -> usize {
            PAGE_LINES
        }

        pub(in super::super) fn release(&self, lines: Range<usize>) -> io::Result<()> {
            for slot in self.lines[lines].iter().flat_map(|line| &line.0) {
                slot.store(0, Ordering::Relaxed);
            }
            Ok(())
        }
    }

    pub(in super::super) fn prefetch<T>(_: *const T) {}
}

pub(super) use backing::prefetch;

#[cfg(test)]
#[cfg(not(izingate_loom))]
mod tests {
    use super::*;
    use crate::index::sync::Ordering;

    #[test]
    fn what_is_released_reads_as_zeros() {
        let region = Region::reserve(3 * (2 << 20) / LINE_BYTES).unwrap();
        let page = region.page_lines();
        assert_eq!(region.lines().len(), 4 * page);
        for line in region.lines() {
            line.0[7].store(5, Ordering::Relaxed);
        }
        region.release(page..2 * page).unwrap();
        let left: Vec<u64> =
            [0, page - 1, page, 2 * page - 1, 2 * page].map(|line| region.lines()[line].0[7].load(Ordering::Relaxed)).to_vec();
        assert_eq!(left, [5, 5, 0, 0, 5]);
    }

    #[test]
    fn what_is_no_whole_page_of_it_is_not_released() {
        let region = Region::reserve(1).unwrap();
        let (page, lines) = (region.page_lines(), region.lines().len());
        region.lines()[0].0[0].store(5, Ordering::Relaxed);
        for wrong in [0..page - 1, 1..page, 0..lines + page, lines..lines + page, lines + page..lines + page] {
            assert_eq!(
                region.release(wrong.clone()).map_err(|error| error.kind()),
                Err(io::ErrorKind::InvalidInput),
                "{wrong:?}"
            );
        }
        region.release(page..page).unwrap();
        assert_eq!(region.lines()[0].0[0].load(Ordering::Relaxed), 5);
        region.release(0..page).unwrap();
        assert_eq!(region.lines()[0].0[0].load(Ordering::Relaxed), 0);
    }
}
