//! İYS's bad-client rule (F§1.1), watched from our side: of 20,000 requests and more in 24 hours, less
//! than 70 % succeed. A notice follows, and after 96 hours the address is shut out. We slow down before.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Five minutes each, a day in all.
const BUCKETS: usize = 288;
const BUCKET: Duration = Duration::from_mins(5);
/// Half of what the rule needs.
const ENOUGH: u64 = 10_000;
/// Below this share of successes, in percent, we slow down, …
const POOR: u64 = 80;
/// … and below this one strongly.
const BAD: u64 = 75;
/// It has to become better by so much than it was bad, or it would change with every answer.
const MARGIN: u64 = 2;
/// Half of the usual rate and less.
const SLOW: Duration = Duration::from_millis(250);
/// 9,600 a day: with the 10,000 that there were, fewer than the rule needs.
const CRAWL: Duration = Duration::from_secs(9);

/// How we stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Standing {
    /// Well, or too few requests to matter.
    #[default]
    Good,
    /// Under 80 % succeed.
    Poor,
    /// Under 75 % succeed.
    Bad,
}

/// The requests of the last 24 hours.
#[derive(Debug)]
pub struct Conduct(Mutex<Day>);

#[derive(Debug)]
struct Day {
    start: Instant,
    /// The bucket under way, counted from the start.
    at: u64,
    buckets: [Bucket; BUCKETS],
    whole: Bucket,
    standing: Standing,
}

/// Answers that came, and the failures among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Bucket {
    pub(super) requests: u64,
    pub(super) failures: u64,
}

/// Whether the rule counts an answer as a failure.
pub(super) const fn is_failure(status: u16) -> bool {
    matches!(status, 400 | 401 | 403 | 404 | 422)
}

impl Bucket {
    const fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.failures += other.failures;
    }
}

impl Conduct {
    /// Nothing was sent yet.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        let buckets = [Bucket::default(); BUCKETS];
        Self(Mutex::new(Day { start: now, at: 0, buckets, whole: Bucket::default(), standing: Standing::Good }))
    }

    /// What was sent so long ago counts too.
    pub(super) fn after(past: &[(Duration, Bucket)], now: Instant) -> Self {
        let conduct = Self::new(now);
        let mut day = conduct.day();
        for (age, bucket) in past {
            let passed = (age.as_secs() / BUCKET.as_secs()) as usize;
            if passed >= BUCKETS {
                continue;
            }
            day.buckets[(BUCKETS - passed) % BUCKETS].add(*bucket);
            day.whole.add(*bucket);
        }
        drop(day);
        conduct
    }

    /// Counts an answer.
    pub fn record(&self, status: u16, now: Instant) {
        let failure = u64::from(is_failure(status));
        let mut day = self.day();
        day.advance(now);
        let (at, answer) = ((day.at % BUCKETS as u64) as usize, Bucket { requests: 1, failures: failure });
        day.buckets[at].add(answer);
        day.whole.add(answer);
        day.judge();
    }

    /// The least time from one request to the next.
    pub fn delay(&self, now: Instant) -> Duration {
        match self.standing(now) {
            Standing::Good => Duration::ZERO,
            Standing::Poor => SLOW,
            Standing::Bad => CRAWL,
        }
    }

    /// How we stand.
    pub fn standing(&self, now: Instant) -> Standing {
        let mut day = self.day();
        day.advance(now);
        day.judge();
        day.standing
    }

    fn day(&self) -> MutexGuard<'_, Day> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Day {
    /// Forgets what is a day old.
    fn advance(&mut self, now: Instant) {
        let at = now.saturating_duration_since(self.start).as_secs() / BUCKET.as_secs();
        let passed = at.saturating_sub(self.at).min(BUCKETS as u64);
        for step in 1..=passed {
            let place = ((self.at + step) % BUCKETS as u64) as usize;
            let old = std::mem::take(&mut self.buckets[place]);
            self.whole.requests -= old.requests;
            self.whole.failures -= old.failures;
        }
        self.at = self.at.max(at);
    }

    /// One line when it changes.
    fn judge(&mut self) {
        let Bucket { requests, failures } = self.whole;
        let share = (requests - failures) * 100;
        let level = |margin| match requests {
            ..ENOUGH => Standing::Good,
            _ if share < (BAD + margin) * requests => Standing::Bad,
            _ if share < (POOR + margin) * requests => Standing::Poor,
            _ => Standing::Good,
        };
        let standing = self.standing.max(level(0)).min(level(MARGIN));
        if standing == self.standing {
            return;
        }
        self.standing = standing;
        let percent = share / requests.max(1);
        if standing == Standing::Good {
            tracing::info!(requests, percent, "few enough of our requests to İYS fail; back to the usual rate");
        } else {
            tracing::warn!(
                requests,
                percent,
                "too many of our requests to İYS fail: under 70 % of 20,000 in 24 hours it shuts the address out; slowing down"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(conduct: &Conduct, now: Instant, successes: u32, failures: u32) {
        (0..successes).for_each(|_| conduct.record(200, now));
        (0..failures).for_each(|_| conduct.record(403, now));
    }

    #[test]
    fn it_slows_down_before_the_rule_bites() {
        let now = Instant::now();
        let delay_of = |successes, failures| {
            let conduct = Conduct::new(now);
            record(&conduct, now, successes, failures);
            conduct.delay(now)
        };
        assert_eq!(delay_of(0, 9_999), Duration::ZERO, "too few to matter");
        assert_eq!(delay_of(8_000, 2_000), Duration::ZERO);
        assert_eq!(delay_of(7_999, 2_001), SLOW);
        assert_eq!(delay_of(7_500, 2_500), SLOW);
        assert_eq!(delay_of(7_499, 2_501), CRAWL);
    }

    #[test]
    fn only_the_counted_statuses_are_failures() {
        let now = Instant::now();
        for (status, standing) in
            [(400, Standing::Bad), (401, Standing::Bad), (403, Standing::Bad), (404, Standing::Bad)].into_iter().chain([
                (422, Standing::Bad),
                (200, Standing::Good),
                (204, Standing::Good),
                (429, Standing::Good),
                (500, Standing::Good),
            ])
        {
            let conduct = Conduct::new(now);
            (0..ENOUGH).for_each(|_| conduct.record(status, now));
            assert_eq!(conduct.standing(now), standing, "{status}");
        }
    }

    #[test]
    fn it_becomes_better_only_by_a_margin() {
        let (now, conduct) = (Instant::now(), Conduct::new(Instant::now()));
        record(&conduct, now, 7_999, 2_001);
        record(&conduct, now, 1_000, 0);
        assert_eq!(conduct.standing(now), Standing::Poor, "81.8 %");
        record(&conduct, now, 200, 0);
        assert_eq!(conduct.standing(now), Standing::Good, "82.1 %");
        record(&conduct, now, 0, 200);
        assert_eq!(conduct.standing(now), Standing::Good, "80.6 %");
    }

    #[test]
    fn a_day_later_it_is_forgotten() {
        let start = Instant::now();
        let conduct = Conduct::new(start);
        record(&conduct, start, 0, 12_000);
        let day = BUCKET * BUCKETS as u32;
        assert_eq!(conduct.standing(start + day - Duration::from_secs(1)), Standing::Bad);
        assert_eq!(conduct.standing(start + day), Standing::Good);
        record(&conduct, start + 30 * day, 10_000, 0);
        assert_eq!(conduct.standing(start + 30 * day), Standing::Good);
    }

    #[test]
    fn what_was_before_counts_until_it_is_a_day_old() {
        let (now, hour) = (Instant::now(), Duration::from_hours(1));
        let bad = Bucket { requests: 12_000, failures: 12_000 };
        for (age, left) in [(0, 24), (1, 23), (23, 1)] {
            let conduct = Conduct::after(&[(age * hour, bad)], now);
            assert_eq!(conduct.standing(now), Standing::Bad, "{age}");
            assert_eq!(conduct.standing(now + left * hour - Duration::from_secs(1)), Standing::Bad, "{age}");
            assert_eq!(conduct.standing(now + left * hour), Standing::Good, "{age}");
        }
        assert_eq!(Conduct::after(&[(24 * hour, bad)], now).standing(now), Standing::Good);
    }

    #[test]
    fn crawling_never_reaches_the_number_of_the_rule() {
        let (mut now, conduct) = (Instant::now(), Conduct::new(Instant::now()));
        let mut sent = std::collections::VecDeque::new();
        for _ in 0..60_000 {
            conduct.record(403, now);
            sent.push_back(now);
            while now - sent[0] >= Duration::from_hours(24) {
                sent.pop_front();
            }
            assert!(sent.len() < 20_000);
            now += conduct.delay(now).max(Duration::from_millis(105));
        }
    }
}
