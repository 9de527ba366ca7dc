//! How long to wait before another try.

use std::time::Duration;

/// Doubling waits between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Before the first repetition.
    pub first: Duration,
    /// Never more.
    pub longest: Duration,
}

/// Between the tries of one call.
pub const CALL: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(10) };

impl Backoff {
    /// The wait after `failures` in a row, somewhere between half of it and all of it as `random` says:
    /// those who failed together shall not come back together.
    #[must_use]
    pub fn after(self, failures: u32, random: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        whole / 2 + (whole / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
    }
}

/// Four random bytes; where the system has none, the wait is merely not spread.
#[must_use]
pub fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_are_spread() {
        let full: Vec<u128> = [1, 2, 3, 5, 6, 100].map(|failures| CALL.after(failures, u32::MAX).as_millis()).into();
        assert_eq!(full, [500, 1000, 2000, 8000, 10_000, 10_000]);
        assert_eq!(CALL.after(1, 0), Duration::from_millis(250));
        assert_eq!(CALL.after(0, 0), Duration::from_millis(250));
        let middle = CALL.after(1, u32::MAX / 2);
        assert!(middle > CALL.after(1, 0) && middle < CALL.after(1, u32::MAX), "{middle:?}");
    }
}
