//! Warnings about a disk that fails again and again: the first at once, the others every ten minutes.

use std::time::{Duration, Instant};

/// From one warning to the next of the same trouble.
const PAUSE: Duration = Duration::from_mins(10);

/// Says when a warning that comes with every try is due.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seldom(Option<Instant>);

impl Seldom {
    /// Whether a warning is due at `now`; if it is, the next one is a pause later.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.0.is_none_or(|last| now >= last + PAUSE);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }

    /// Notes that the trouble is over: the next one is warned of at once.
    pub fn end(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_due_at_once_and_the_others_after_a_pause() {
        let (mut seldom, start) = (Seldom::default(), Instant::now());
        let due: Vec<bool> = [0, 5, 599, 600, 601, 1_200].map(|second| seldom.is_due(start + Duration::from_secs(second))).into();
        assert_eq!(due, [true, false, false, true, false, true]);
        seldom.end();
        assert!(seldom.is_due(start), "another trouble");
    }
}
