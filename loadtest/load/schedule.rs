//! When calls are due. It is fixed before the first call is sent and knows nothing of answers: a server that
//! stalls finds as many questions behind the stall as real senders would have put there.

use crate::support::keys::mix;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How calls follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// As those of many senders who know nothing of each other: gaps are exponential.
    #[default]
    Poisson,
    /// Evenly.
    Uniform,
}

/// Moments from the start of a run, in order.
#[derive(Clone, Debug)]
pub struct Schedule {
    arrivals: Arrivals,
    /// Calls a second.
    rate: f64,
    from: f64,
    /// The next, in seconds.
    next: f64,
    until: f64,
    seed: u64,
    drawn: u64,
}

impl Schedule {
    /// `rate` calls a second between two moments; the same seed is the same schedule.
    pub fn new(arrivals: Arrivals, rate: f64, (from, until): (Duration, Duration), seed: u64) -> Self {
        let (from, until) = (from.as_secs_f64(), until.as_secs_f64());
        let mut schedule = Self { arrivals, rate, from, next: from, until, seed, drawn: 0 };
        if arrivals == Arrivals::Poisson {
            schedule.next = schedule.after();
        }
        schedule
    }

    /// When the one after the next is due.
    fn after(&mut self) -> f64 {
        self.drawn += 1;
        match self.arrivals {
            Arrivals::Uniform => self.from + self.drawn as f64 / self.rate,
            Arrivals::Poisson => {
                // In (0, 1], so that its logarithm is finite.
                let drawn = ((mix(self.seed ^ mix(self.drawn)) >> 11) + 1) as f64 / (1_u64 << 53) as f64;
                self.next - drawn.ln() / self.rate
            }
        }
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let due = self.next;
        if due >= self.until {
            return None;
        }
        self.next = self.after();
        Some(Duration::from_secs_f64(due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(12));

    #[test]
    fn a_uniform_schedule_is_even() {
        let due: Vec<Duration> = Schedule::new(Arrivals::Uniform, 4.0, (Duration::ZERO, Duration::from_secs(1)), 1).collect();
        assert_eq!(due, [0, 250, 500, 750].map(Duration::from_millis));
    }

    #[test]
    fn a_poisson_schedule_has_its_rate_and_exponential_gaps() {
        let due: Vec<Duration> = Schedule::new(Arrivals::Poisson, 10_000.0, TEN, 7).collect();
        let gaps: Vec<f64> = due.windows(2).map(|pair| (pair[1].as_secs_f64() - pair[0].as_secs_f64()) * 10_000.0).collect();
        // 100,000 are expected, with a deviation of 316.
        assert!((98_500..101_500).contains(&due.len()), "{}", due.len());
        // Of exponential gaps e⁻¹ are longer than the mean and e⁻³ than three times that.
        let longer = |than: f64| gaps.iter().filter(|gap| **gap > than).count() as f64 / gaps.len() as f64;
        assert!((longer(1.0) - 0.368).abs() < 0.01 && (longer(3.0) - 0.0498).abs() < 0.005);
        assert!(due.is_sorted() && due[0] >= TEN.0 && *due.last().unwrap() < TEN.1);
    }

    #[test]
    fn a_seed_is_a_schedule() {
        let of = |seed| Schedule::new(Arrivals::Poisson, 100.0, TEN, seed).collect::<Vec<_>>();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}
