//! The revision: which committed batches a check sees.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// A number that grows by one with every committed batch, and a way to wait for it.
pub struct Revision {
    /// What a check reads: no lock.
    published: AtomicU64,
    waiters: watch::Sender<u64>,
}

impl Default for Revision {
    fn default() -> Self {
        Self { published: AtomicU64::new(0), waiters: watch::Sender::new(0) }
    }
}

impl Revision {
    /// The latest published revision. Acquire: with it come the states of its batch.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    /// Publishes `revision`, after every state of its batch is set. For the writer and for boot.
    pub fn publish(&self, revision: u64) {
        self.published.store(revision, Ordering::Release);
        self.waiters.send_replace(revision);
    }

    /// Waits until `revision` is published. Never resolves if it never is: bound it by a deadline.
    pub async fn reached(&self, revision: u64) {
        // An error means that the sender is gone, and we hold it.
        let _ = self.waiters.subscribe().wait_for(|published| *published >= revision).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn waiters_wake_at_their_revision_and_not_before() {
        let revision = Arc::new(Revision::default());
        let waiting = tokio_test_join(&revision, 2);
        revision.publish(1);
        assert!(!waiting.is_finished());
        revision.publish(3);
        waiting.await.unwrap();
        assert_eq!(revision.get(), 3);
        revision.reached(3).await;
    }

    fn tokio_test_join(revision: &Arc<Revision>, wanted: u64) -> tokio::task::JoinHandle<()> {
        let revision = Arc::clone(revision);
        #[expect(clippy::disallowed_methods, reason = "the test owns and awaits it")]
        tokio::task::spawn(async move { revision.reached(wanted).await })
    }
}
