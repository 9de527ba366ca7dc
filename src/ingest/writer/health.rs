//! Whether the writer takes anything in, for everybody who asks while it works.

use crate::ports::{SinkError, Stall};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The reason for which the writer takes nothing in, if it does not. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Health(Arc<AtomicU8>);

/// Notes a panic of the thread that drops it.
pub(super) struct NotePanic(Health);

/// Every reason, by its number, from 1: 0 is none.
const REASONS: [SinkError; 5] = [
    SinkError::Stalled(Stall::DiskFull),
    SinkError::Stalled(Stall::NoDescriptors),
    SinkError::Stalled(Stall::WriteFailed),
    SinkError::Poisoned,
    SinkError::Panicked,
];

impl Health {
    pub(super) fn failure(&self) -> Option<SinkError> {
        let number = self.0.load(Ordering::Acquire);
        number.checked_sub(1).and_then(|place| REASONS.get(usize::from(place)).copied())
    }

    /// Takes nothing in from now on. What is no reason of the writer as a whole counts as poisoned.
    pub(super) fn set(&self, reason: SinkError) {
        let place = REASONS.iter().position(|known| *known == reason).unwrap_or(3);
        self.0.store(place as u8 + 1, Ordering::Release);
    }

    /// Takes commands again.
    pub(super) fn recovered(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// Whether the reason may pass, so that it is worth trying to go on.
    pub(super) fn is_stalled(&self) -> bool {
        matches!(self.failure(), Some(SinkError::Stalled(_)))
    }

    /// Returns what notes a panic of this thread: nobody may believe that it still writes.
    pub(super) fn note_panic(&self) -> NotePanic {
        NotePanic(self.clone())
    }
}

impl Drop for NotePanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set(SinkError::Panicked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_as_it_was_set() {
        let health = Health::default();
        assert_eq!((health.failure(), health.is_stalled()), (None, false));
        for reason in REASONS {
            health.set(reason);
            assert_eq!((health.failure(), health.is_stalled()), (Some(reason), matches!(reason, SinkError::Stalled(_))));
        }
        health.set(SinkError::Closed);
        assert_eq!(health.failure(), Some(SinkError::Poisoned));
        health.recovered();
        assert_eq!(health.failure(), None);
    }
}
