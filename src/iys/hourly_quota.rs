//! At most so many in any hour.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// An exact sliding window: a token bucket would let twice the number into an unlucky hour. Holds one
/// instant each, at most `most` of them and those it was begun with.
pub(super) struct Window {
    most: usize,
    span: Duration,
    /// When each that was taken is forgotten.
    ends: VecDeque<Instant>,
}

impl Window {
    /// At most `most` in any `span`.
    pub(super) const fn new(most: usize, span: Duration) -> Self {
        Self { most, span, ends: VecDeque::new() }
    }

    /// The same, some of which were taken so long ago, the oldest first.
    pub(super) fn after(most: usize, span: Duration, ages: &[Duration], now: Instant) -> Self {
        let left = ages.iter().filter_map(|age| span.checked_sub(*age));
        Self { most, span, ends: left.map(|left| now + left).collect() }
    }

    /// How long until there is room; none if there is.
    pub(super) fn wait(&mut self, now: Instant) -> Option<Duration> {
        while self.ends.front().is_some_and(|end| *end <= now) {
            self.ends.pop_front();
        }
        if self.ends.len() < self.most {
            return None;
        }
        Some(self.ends.front().map_or(self.span, |end| *end - now))
    }

    /// How many there is room for.
    pub(super) fn left(&mut self, now: Instant) -> usize {
        self.wait(now).map_or(self.most.saturating_sub(self.ends.len()), |_| 0)
    }

    /// Takes one, or says how long there is none.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        self.ends.push_back(now + self.span);
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
        assert_eq!([9, 10].map(|at| window.left(start + at * second)), [0, 1]);
        let mut take = |at: u32| window.take(start + at * second);
        assert_eq!([take(10), take(11), take(18)], [Ok(()), Err(7 * second), Ok(())]);
        assert_eq!(Window::new(0, second).take(start), Err(second));
    }

    #[test]
    fn what_was_taken_before_counts() {
        let (second, start) = (Duration::from_secs(1), Instant::now());
        let mut window = Window::after(2, 10 * second, &[11 * second, 9 * second, 4 * second], start);
        let mut take = |at: u32| window.take(start + at * second);
        assert_eq!([take(0), take(1), take(2), take(6)], [Err(second), Ok(()), Err(4 * second), Ok(())]);
    }
}
