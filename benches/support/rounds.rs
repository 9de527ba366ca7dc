//! Rounds that take turns. A shared machine drifts by the minute, so rivals that are measured one after
//! the other are measured on different machines: here every contender runs once a round, each round
//! begins with another one, and what is compared is the median of the rounds.

use std::time::{Duration, Instant};

/// What one contender reached in each round, in the order of the rounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Whose.
    pub name: String,
    /// One value a round.
    pub values: Vec<f64>,
}

impl Series {
    /// A series to fill.
    pub const fn new(name: String) -> Self {
        Self { name, values: Vec::new() }
    }

    /// The middle value; 0 of none.
    pub fn median(&self) -> f64 {
        median(self.values.clone())
    }

    /// The middle of this series' ratios to another's, round by round: what the machine did to both in
    /// a round falls out.
    pub fn against(&self, other: &Self) -> f64 {
        median(self.values.iter().zip(&other.values).map(|(own, other)| own / other).collect())
    }

    /// For people, of a series of seconds: the middle value, with least and greatest.
    pub fn seconds(&self) -> String {
        let (median, (least, greatest)) = (self.median(), self.range());
        if median < 1.0 {
            return format!("{:.0} ms ({:.0}–{:.0})", median * 1e3, least * 1e3, greatest * 1e3);
        }
        format!("{median:.2} s ({least:.2}–{greatest:.2})")
    }

    /// Least and greatest.
    pub fn range(&self) -> (f64, f64) {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        (least, self.values.iter().copied().fold(0.0, f64::max))
    }
}

/// The order of a round: everyone once, each round begun by the next.
pub fn turns(contenders: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..contenders).map(move |turn| (turn + round) % contenders)
}

/// Nanoseconds an operation of `work`, which says how many it did.
pub fn nanos_each(work: impl FnOnce() -> u64) -> f64 {
    let (took, operations) = timed(work);
    took.as_nanos() as f64 / operations as f64
}

/// How long `work` took, and what it came to.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = work();
    (started.elapsed(), result)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
