//! What the writer and the threads that answer do to each other: the lease of numbers, the hand-over, waking.

use super::{Ask, LEASE, Noted, Shared, Wake, lock};
use crate::evidence::entry::Entry;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;

impl Shared {
    pub(in crate::evidence) fn is_half_leased(&self, number: u64) -> bool {
        number.saturating_add(self.ahead.load(Ordering::Relaxed) / 2) >= self.leased.load(Ordering::Relaxed)
    }

    /// What the writer has to lease now: the next number, how many decisions below it may be answered and are not
    /// gathered, and up to which number.
    pub(in crate::evidence) fn lease(&self) -> (u64, u64, u64) {
        // In this order: whoever has a number below it was counted as outstanding before.
        let next = self.ids.next();
        (next, self.outstanding.load(Ordering::SeqCst), next.saturating_add(self.ahead.load(Ordering::Relaxed)))
    }

    /// Has the next lease reach as far as some rounds like one of so many decisions.
    pub(in crate::evidence) fn pace(&self, decisions: u64) {
        self.ahead.store((8 * decisions).clamp(LEASE, 64 * LEASE), Ordering::Relaxed);
    }

    /// Whether so much of the lease is used that the next one is due.
    pub(in crate::evidence) fn is_lease_due(&self) -> bool {
        self.is_half_leased(self.ids.next())
    }

    pub(in crate::evidence) fn set_leased(&self, to: u64) {
        self.leased.store(to, Ordering::Release);
    }

    pub(in crate::evidence) fn leased(&self) -> u64 {
        self.leased.load(Ordering::Acquire)
    }

    /// Takes everything that was handed over; says what was asked for.
    pub(in crate::evidence) fn gather(
        &self,
        entries: &mut Vec<Entry>,
        waiters: &mut Vec<oneshot::Sender<bool>>,
        events: &mut Vec<Noted>,
    ) -> Option<Ask> {
        let asked = self.asked.swap(0, Ordering::AcqRel);
        let held = entries.len();
        for buffer in &self.buffers {
            let mut handed = lock(&buffer.0);
            entries.append(&mut handed.entries);
            waiters.append(&mut handed.waiters);
            handed.bytes = 0;
        }
        let gathered = entries[held..].iter().map(|entry| entry.outcomes.len() as u64).sum();
        self.outstanding.fetch_sub(gathered, Ordering::SeqCst);
        lock(&self.events).iter_mut().for_each(|submitted| events.append(submitted));
        [Ask::Sync, Ask::Frame].into_iter().find(|ask| asked >= *ask as u8)
    }

    /// Nobody writes any more: nothing more is admitted, and who waits for an event hears of it.
    pub(in crate::evidence) fn close(&self) {
        self.failed.store(true, Ordering::Release);
        *lock(&self.events) = None;
        self.buffers.iter().for_each(|buffer| lock(&buffer.0).waiters.clear());
    }

    /// Gives room back.
    pub(in crate::evidence) fn release(&self, bytes: u64) {
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        self.room.notify_waiters();
    }

    pub(in crate::evidence) fn wake(&self, ask: Ask) {
        // One caller a round wakes the writer; the others find it awake.
        if self.asked.fetch_max(ask as u8, Ordering::AcqRel) == 0 {
            drop(lock(&self.wake));
            self.woken.notify_one();
        }
    }

    /// Waits until somebody asks, or for `time`; says whether the log is to end.
    pub(in crate::evidence) fn wait(&self, time: Duration) -> bool {
        let wake = lock(&self.wake);
        let idle = |wake: &mut Wake| !wake.stop && self.asked.load(Ordering::Acquire) == 0;
        let (wake, _) = self.woken.wait_timeout_while(wake, time, idle).unwrap_or_else(PoisonError::into_inner);
        wake.stop
    }
}
