//! At most so many in any hour.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// An exact sliding window: a token bucket would let twice the number into an unlucky hour. Holds one
/// instant each, at most `most` of them.
pub(super) struct Window {
    most: usize,
    span: Duration,
    taken: VecDeque<Instant>,
}

impl Window {
    /// At most `most` in any `span`.
    pub(super) const fn new(most: usize, span: Duration) -> Self {
        Self { most, span, taken: VecDeque::new() }
    }

    /// How long until there is room; none if there is.
    pub(super) fn wait(&mut self, now: Instant) -> Option<Duration> {
        while self.taken.front().is_some_and(|oldest| *oldest + self.span <= now) {
            self.taken.pop_front();
        }
        if self.taken.len() < self.most {
            return None;
        }
        Some(self.taken.front().map_or(self.span, |oldest| *oldest + self.span - now))
    }

    /// Takes one, or says how long there is none.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        self.taken.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_span_holds_more() {
        let (second, start) = (Duration::from_secs(1), Instant::now());
        let mut window = Window::new(2, 10 * second);
        let mut take = |at: u32| window.take(start + at * second);
        assert_eq!([take(0), take(8), take(9)], [Ok(()), Ok(()), Err(second)]);
        assert_eq!([take(10), take(11), take(18)], [Ok(()), Err(7 * second), Ok(())]);
        assert_eq!(Window::new(0, second).take(start), Err(second));
    }
}
