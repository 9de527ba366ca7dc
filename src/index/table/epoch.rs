//! When memory that readers may still look at can be used again.
//!
//! A reader pins the current epoch before it looks at a shard's header and lets go after its last slot.
//! The writer publishes a new header, and what the old one led to is free once every pinned reader has
//! pinned a later epoch: such a reader has seen the new header. Readers never wait for the writer, nor
//! for each other; only the writer ever waits, and only for memory.

use crate::index::sync::{AtomicU64, Ordering, fence};

/// Readers that can be pinned at the same moment; as pins are held for a microsecond by threads that
/// run, this is far more than any machine has cores. Beyond it a reader looks for a free place again.
#[cfg(not(izingate_loom))]
const PLACES: usize = 256;
#[cfg(izingate_loom)]
const PLACES: usize = 2;

/// Nobody is pinned here.
const FREE: u64 = 0;

/// A cache line of its own for each place: readers on other cores never share one.
#[repr(align(128))]
#[derive(Debug)]
struct Padded(AtomicU64);

/// The epoch and who is pinned.
#[derive(Debug)]
pub(super) struct Epochs {
    now: AtomicU64,
    places: Box<[Padded]>,
}

/// A pinned reader; lets go when dropped.
#[derive(Debug)]
pub(super) struct Pin<'a>(&'a AtomicU64);

impl Epochs {
    pub(super) fn new() -> Self {
        Self { now: AtomicU64::new(1), places: (0..PLACES).map(|_| Padded(AtomicU64::new(FREE))).collect() }
    }

    /// Pins the current epoch. Headers are to be read after this.
    #[inline]
    pub(super) fn pin(&self) -> Pin<'_> {
        let mut place = own_place();
        loop {
            let place_of = &self.places[place % PLACES].0;
            // Acquire: a later epoch than a header's end comes with the header that replaced it.
            let now = self.now.load(Ordering::Acquire);
            if place_of.compare_exchange(FREE, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                // Between the pin and the headers: either the writer sees the pin, or we the header.
                fence(Ordering::SeqCst);
                return Pin(place_of);
            }
            place = place.wrapping_add(1);
        }
    }

    /// The current epoch: whoever pins it or an earlier one may see what is being replaced.
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Begins a new epoch, after the headers of what was replaced are published, and tells the earliest
    /// epoch that is still pinned: what was replaced in an earlier one is seen by nobody. For the writer.
    pub(super) fn advance(&self) -> u64 {
        let next = self.now.load(Ordering::Relaxed) + 1;
        // Release: a reader of this epoch sees every header published before.
        self.now.store(next, Ordering::Release);
        fence(Ordering::SeqCst);
        // Acquire: what the reader read happened before we give its memory away.
        let pinned = self.places.iter().map(|place| place.0.load(Ordering::Acquire));
        pinned.filter(|epoch| *epoch != FREE).min().unwrap_or(next)
    }
}

impl Drop for Pin<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.store(FREE, Ordering::Release);
    }
}

/// Where this thread looks for a free place first.
#[cfg(not(izingate_loom))]
#[inline]
fn own_place() -> usize {
    use std::cell::Cell;
    use std::sync::atomic::AtomicUsize;
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    const UNKNOWN: usize = usize::MAX;
    thread_local!(static PLACE: Cell<usize> = const { Cell::new(UNKNOWN) });
    PLACE.with(|place| match place.get() {
        UNKNOWN => {
            let taken = THREADS.fetch_add(1, Ordering::Relaxed) % PLACES;
            place.set(taken);
            taken
        }
        known => known,
    })
}

#[cfg(izingate_loom)]
fn own_place() -> usize {
    0
}

#[cfg(test)]
#[cfg(not(izingate_loom))]
mod tests {
    use super::*;

    #[test]
    fn what_is_pinned_holds_its_epoch_back() {
        let epochs = Epochs::new();
        assert_eq!(epochs.advance(), 2);
        let (early, now) = (epochs.pin(), epochs.now());
        assert_eq!((epochs.advance(), epochs.advance()), (now, now));
        let late = epochs.pin();
        drop(early);
        assert_eq!(epochs.advance(), now + 2);
        drop(late);
        assert_eq!(epochs.advance(), now + 4);
    }

    #[test]
    fn more_readers_than_a_place_each() {
        let epochs = Epochs::new();
        let pins: Vec<Pin<'_>> = (0..PLACES).map(|_| epochs.pin()).collect();
        drop(pins);
        assert_eq!(epochs.advance(), 2);
    }
}
