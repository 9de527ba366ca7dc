//! What is shown of the feed: brands' freshness, requests to İYS, pushes from it.

use super::cells::{Counter, Gauge};
use super::labels::{BreakerWord, BudgetWord, PushResult, StandingWord};
use super::page::Page;
use super::series::{self, Series};
use super::top::Top;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is shown of the feed.
pub struct FeedSeries {
    page: Arc<Page>,
    /// The age of the oldest data among brands that follow İYS.
    pub brand_age: Gauge,
    /// Brands that miss something.
    pub brands_with_gap: Gauge,
    /// Brands of which a channel answers STALE.
    pub brands_stale: Gauge,
    /// Brands that are followed.
    pub brands: Gauge,
    counts: [Counter; COUNTS.len()],
    /// Those that occurred.
    errors: Mutex<HashMap<&'static str, Counter>>,
    /// Tasks that do not run.
    pub tasks_down: Gauge,
    /// Requests that wait for their turn.
    pub waiting: Gauge,
    budget: Vec<Gauge>,
    breaker: Vec<Gauge>,
    standing: Vec<Gauge>,
    pushes: Vec<Counter>,
    /// Movements of pushes that are unreadable, or of another brand or channel.
    pub push_unreadable: Counter,
    /// When the receiver's certificate expires.
    pub push_certificate: Gauge,
    /// Brands whose day has a file of another hash.
    pub hash_differs: Gauge,
    oldest: Mutex<Top>,
}

/// By [`FeedCount`].
static COUNTS: [&Series; 11] = [
    &series::FEED_REQUESTS,
    &series::FEED_LOGINS,
    &series::FEED_PAGES,
    &series::FEED_PAGES_FAILED,
    &series::FEED_APPLIED,
    &series::FEED_UNREADABLE,
    &series::FEED_GAPS,
    &series::FEED_DAYS,
    &series::FEED_MISSING,
    &series::FEED_HASHES,
    &series::FEED_ONLY_HERE,
];

/// What is counted of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FeedCount {
    /// Requests to İYS, those for tokens too.
    Requests = 0,
    /// Those for tokens.
    Logins = 1,
    /// Pages of movements.
    Pages = 2,
    /// Pages that did not come.
    PagesFailed = 3,
    /// Movements that were new.
    Applied = 4,
    /// Movements that could not be read.
    Unreadable = 5,
    /// Gaps that were found.
    Gaps = 6,
    /// Days that were held against İYS's file.
    Days = 7,
    /// Movements of such files that were missing.
    Missing = 8,
    /// Files that are not of their hash.
    HashesDiffer = 9,
    /// Movements of such days that are here and not in İYS's file.
    OnlyHere = 10,
}

impl FeedSeries {
    pub(super) fn new(page: &Arc<Page>) -> Self {
        let gauges = |series, words: &[&'static str]| words.iter().map(|word| page.gauge(series, &[word])).collect::<Vec<_>>();
        let gauge = |series| page.gauge(series, &[]);
        page.replace(&series::OLDEST_BRANDS, std::iter::empty());
        Self {
            page: Arc::clone(page),
            brand_age: gauge(&series::BRAND_AGE),
            brands_with_gap: gauge(&series::BRANDS_WITH_GAP),
            brands_stale: gauge(&series::BRANDS_STALE),
            brands: gauge(&series::FEED_BRANDS),
            counts: COUNTS.map(|series| page.counter(series, &[])),
            errors: Mutex::default(),
            tasks_down: gauge(&series::FEED_TASKS_DOWN),
            waiting: gauge(&series::FEED_WAITING),
            budget: gauges(&series::FEED_BUDGET, BudgetWord::WORDS),
            breaker: gauges(&series::FEED_BREAKER, BreakerWord::WORDS),
            standing: gauges(&series::FEED_STANDING, StandingWord::WORDS),
            pushes: PushResult::WORDS.iter().map(|result| page.counter(&series::PUSHES, &[result])).collect(),
            push_unreadable: page.counter(&series::PUSH_UNREADABLE, &[]),
            push_certificate: gauge(&series::PUSH_CERTIFICATE),
            hash_differs: gauge(&series::FEED_HASH_DIFFERS),
            oldest: Mutex::default(),
        }
    }

    /// Shows what was counted, since the start.
    pub fn count(&self, count: FeedCount, total: u64) {
        self.counts[count as usize].show(total);
    }

    /// Shows how many requests to İYS failed so, since the start; the codes are of a table, so they are bounded.
    pub fn errors(&self, code: &'static str, total: u64) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        errors.entry(code).or_insert_with(|| self.page.counter(&series::FEED_ERRORS, &[code])).show(total);
    }

    /// Shows what is left of an hourly limit.
    pub fn budget(&self, budget: BudgetWord, left: u64) {
        self.budget[budget as usize].set_count(left);
    }

    /// Shows what is done with calls.
    pub fn breaker(&self, state: BreakerWord) {
        flag(&self.breaker, state as usize);
    }

    /// Shows how we stand.
    pub fn standing(&self, state: StandingWord) {
        flag(&self.standing, state as usize);
    }

    /// Shows how many calls to the push receiver ended so, since the start.
    pub fn pushes(&self, result: PushResult, total: u64) {
        self.pushes[result as usize].show(total);
    }

    /// Shows the brands whose data is oldest, of these with their ages in seconds.
    pub fn ages(&self, ages: &[(u32, u32)]) {
        let ages: HashMap<u32, f64> = ages.iter().map(|(brand, age)| (*brand, f64::from(*age))).collect();
        let mut oldest = self.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = oldest.choose(&ages, |new, old| new > 1.25 * old + 60.0);
        let rows = shown.iter().map(|brand| (brand.to_string(), ages.get(brand).copied().unwrap_or_default()));
        self.page.replace(&series::OLDEST_BRANDS, rows);
    }
}

/// Exactly one of them is 1.
fn flag(gauges: &[Gauge], state: usize) {
    gauges.iter().enumerate().for_each(|(place, gauge)| gauge.set_flag(place == state));
}
