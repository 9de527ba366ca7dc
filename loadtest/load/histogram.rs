//! Durations counted in buckets that grow with them: 128 to a power of two, so that a percentile is right
//! within 0.8 %, from a nanosecond to a minute and beyond, in 16 KB.

use std::time::Duration;

/// Buckets to a power of two, as a power of two.
const FINE: u32 = 7;
/// The greatest power of two that is told apart: 68 s. What lies above counts there.
const MOST: u32 = 36;
const BUCKETS: usize = ((MOST - FINE + 1) << FINE) as usize;

/// How often each duration was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u32>,
    total: u64,
    most: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, most: 0 }
    }
}

impl Histogram {
    /// Counts a duration.
    pub fn note(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let count = &mut self.counts[bucket(nanos)];
        *count = count.saturating_add(1);
        self.total += 1;
        self.most = self.most.max(nanos);
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Self) {
        for (own, other) in self.counts.iter_mut().zip(&other.counts) {
            *own = own.saturating_add(*other);
        }
        self.total += other.total;
        self.most = self.most.max(other.most);
    }

    /// How many were counted.
    pub const fn count(&self) -> u64 {
        self.total
    }

    /// The longest, exactly.
    pub const fn most(&self) -> Duration {
        Duration::from_nanos(self.most)
    }

    /// The duration that this part of all kept to: the upper end of its bucket, and never above the longest.
    pub fn at(&self, part: f64) -> Duration {
        // A part is at most 1, and counts stay far below 2^52.
        #[allow(clippy::cast_sign_loss, reason = "a product of positive numbers")]
        let wanted = ((self.total as f64 * part).ceil() as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            // The last bucket has no end.
            if seen >= wanted && bucket < BUCKETS - 1 {
                return Duration::from_nanos(upper(bucket).min(self.most));
            }
        }
        self.most()
    }
}

const fn bucket(nanos: u64) -> usize {
    let nanos = if nanos >> MOST == 0 { nanos } else { (1 << MOST) - 1 };
    // Below 2^FINE every nanosecond is a bucket of its own.
    let power = (u64::BITS - (nanos | 1).leading_zeros()).saturating_sub(FINE + 1);
    ((power as usize) << FINE) + (nanos >> power) as usize
}

const fn upper(bucket: usize) -> u64 {
    let power = (bucket >> FINE).saturating_sub(1);
    let within = (bucket - (power << FINE)) as u64;
    ((within + 1) << power) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_where_the_next_begins() {
        for at in 0..BUCKETS - 1 {
            assert_eq!((bucket(upper(at)), bucket(upper(at) + 1)), (at, at + 1));
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_right_within_a_bucket() {
        let mut histogram = Histogram::default();
        for micros in 1..=10_000 {
            histogram.note(Duration::from_micros(micros));
        }
        for (part, micros) in [(0.5, 5_000.0), (0.99, 9_900.0), (0.999, 9_990.0), (0.9999, 9_999.0)] {
            let ratio = histogram.at(part).as_secs_f64() * 1e6 / micros;
            assert!((1.0..1.008).contains(&ratio), "{part}: {ratio}");
        }
        assert_eq!((histogram.count(), histogram.at(1.0)), (10_000, Duration::from_millis(10)));
    }

    #[test]
    fn what_is_longer_than_the_last_bucket_is_told_as_the_longest() {
        let mut histogram = Histogram::default();
        histogram.note(Duration::from_millis(1));
        histogram.note(Duration::from_secs(90));
        assert_eq!([0.5, 1.0].map(|part| histogram.at(part).as_millis()), [1, 90_000]);
    }

    #[test]
    fn nothing_has_percentiles_of_nothing() {
        assert_eq!(Histogram::default().at(0.99), Duration::ZERO);
    }

    #[test]
    fn two_are_added() {
        let (mut one, mut other, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for micros in 0..1_000 {
            let part = if micros % 3 == 0 { &mut one } else { &mut other };
            part.note(Duration::from_micros(micros));
            both.note(Duration::from_micros(micros));
        }
        one.add(&other);
        assert_eq!(one, both);
    }
}
