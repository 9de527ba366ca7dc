//! What is counted of answers.

use super::cells::{Counter, Gauge, Histogram};
use super::labels::{Edge, ModeEnd};
use super::page::Page;
use super::series::{BRAND_CHECKS, BRANDS_NOT_ENFORCED, CHECK_BOUNDS, CHECK_SECONDS, CHECKS, ERRORS, NOT_ENFORCED};
use super::top::Busiest;
use crate::model::brand::mode::Mode;
use crate::model::consent::channel::Channel;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A decision and a reason that occur together: (decision code, name, reason code, name).
pub type Outcome = (u8, &'static str, u8, &'static str);

/// The number of the decision to send.
const ALLOW: u8 = 1;

/// What is counted of answers.
pub struct Answers {
    page: Arc<Page>,
    /// Whether anything is.
    counts: bool,
    /// By edge, then by channel.
    checks: Vec<[CheckSeries; Channel::ALL.len()]>,
    /// By channel: the mode and the low six bits of the answer byte; those of no row are not there.
    not_enforced: [Vec<(Mode, u8, Counter)>; Channel::ALL.len()],
    /// By channel, then by mode and end.
    brands_not_enforced: [Vec<(Mode, ModeEnd, Gauge)>; Channel::ALL.len()],
    /// Those that occurred: an error is not on the way of an answer.
    errors: Mutex<HashMap<(Edge, &'static str), Counter>>,
    busiest: Mutex<Busiest>,
}

/// The checks of one edge and channel.
pub struct CheckSeries {
    /// By the answer byte, decision << 6 | reason.
    counters: Box<[Counter; 256]>,
    /// Of the edge.
    seconds: Histogram,
    counts: bool,
}

/// How long an answer takes.
#[derive(Clone, Copy)]
pub struct Stopwatch(Option<Instant>);

impl Answers {
    pub(super) fn new(page: &Arc<Page>, outcomes: &[Outcome], counts: bool) -> Self {
        let of_edge = |edge: &Edge| {
            let seconds = page.histogram(&CHECK_SECONDS, &[edge.name()], CHECK_BOUNDS);
            Channel::ALL.map(|channel| CheckSeries::new(page, *edge, channel, outcomes, seconds.clone(), counts))
        };
        page.replace(&BRAND_CHECKS, [("other".to_owned(), 0.0)].into_iter());
        Self {
            page: Arc::clone(page),
            counts,
            checks: Edge::ALL.iter().map(of_edge).collect(),
            not_enforced: Channel::ALL.map(|channel| not_enforced(page, channel, outcomes)),
            brands_not_enforced: Channel::ALL.map(|channel| brands_not_enforced(page, channel)),
            errors: Mutex::default(),
            busiest: Mutex::default(),
        }
    }

    /// Begins to measure.
    #[must_use]
    pub fn start(&self) -> Stopwatch {
        Stopwatch(self.counts.then(Instant::now))
    }

    /// The checks of an edge and channel.
    #[must_use]
    pub fn checks(&self, edge: Edge, channel: Channel) -> &CheckSeries {
        &self.checks[edge as usize][channel as usize]
    }

    /// Counts `n` recipients that a mode let through; the reason is that of the row that would have stopped them.
    pub fn not_enforced(&self, channel: Channel, mode: Mode, reason: u8, n: u64) {
        let of_channel = self.not_enforced[channel as usize].iter();
        for (_, _, counter) in of_channel.filter(|series| (series.0, series.1) == (mode, reason)) {
            counter.add(n);
        }
    }

    /// Shows how many brands let messages through: each by its channel, its mode and the end of that.
    pub fn brands_not_enforced(&self, brands: &[(Channel, Mode, ModeEnd)]) {
        for (channel, of_channel) in Channel::ALL.into_iter().zip(&self.brands_not_enforced) {
            for (mode, end, gauge) in of_channel {
                gauge.set_count(brands.iter().filter(|brand| **brand == (channel, *mode, *end)).count() as u64);
            }
        }
    }

    /// Counts a call that was refused; the codes are those of the error table, so they are bounded.
    pub fn refused(&self, edge: Edge, code: &'static str) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || self.page.counter(&ERRORS, &[edge.name(), code]);
        errors.entry((edge, code)).or_insert_with(new).add(1);
    }

    /// Shows the brands that are busiest; `totals` is what each was asked so far.
    pub fn brands(&self, totals: &[(u32, u64)]) {
        // Held until they are shown: of two at once the later one may not be overtaken.
        let mut busiest = self.busiest.lock().unwrap_or_else(PoisonError::into_inner);
        self.page.replace(&BRAND_CHECKS, busiest.note(totals).into_iter());
    }
}

impl CheckSeries {
    fn new(page: &Page, edge: Edge, channel: Channel, outcomes: &[Outcome], seconds: Histogram, counts: bool) -> Self {
        let counter = |decision, reason| page.counter(&CHECKS, &[edge.name(), channel.name(), decision, reason]);
        let named = |byte| outcomes.iter().find(|&&(decision, _, reason, _)| answer_byte(decision, reason) == byte);
        // No check goes uncounted: a pair that is not in the table is shown as OTHER, and is a fault.
        let other = counter("OTHER", "OTHER");
        let counters = std::array::from_fn(|byte| match named(byte) {
            Some((_, decision, _, reason)) => counter(decision, reason),
            None => other.clone(),
        });
        Self { counters: Box::new(counters), seconds, counts }
    }

    /// Counts `n` recipients that got this decision for this reason.
    pub fn add(&self, decision: u8, reason: u8, n: u64) {
        if self.counts {
            self.counters[answer_byte(decision, reason)].add(n);
        }
    }

    /// Notes how long one call took to decide.
    pub fn took(&self, time: Option<Duration>) {
        if let Some(time) = time {
            self.seconds.record(time);
        }
    }
}

impl Stopwatch {
    /// How long it runs; none if nothing is measured.
    #[must_use]
    pub fn elapsed(self) -> Option<Duration> {
        self.0.map(|started| started.elapsed())
    }
}

/// A series for each mode that lets anything through and each reason that one lets through: an ALLOW for a reason
/// that is also another decision's.
fn not_enforced(page: &Page, channel: Channel, outcomes: &[Outcome]) -> Vec<(Mode, u8, Counter)> {
    let stopped = |reason| outcomes.iter().any(|&(decision, _, other, _)| decision != ALLOW && other == reason);
    let let_through = outcomes.iter().filter(|&&(decision, _, reason, _)| decision == ALLOW && stopped(reason));
    let of_mode = |mode: Mode| {
        let_through
            .clone()
            .map(move |&(_, _, reason, name)| (mode, reason, page.counter(&NOT_ENFORCED, &[channel.name(), mode.name(), name])))
    };
    [Mode::Advise, Mode::Shadow].into_iter().flat_map(of_mode).collect()
}

/// A gauge for each mode that lets anything through and each end that it can have.
fn brands_not_enforced(page: &Page, channel: Channel) -> Vec<(Mode, ModeEnd, Gauge)> {
    let gauge =
        |mode: Mode, end: ModeEnd| (mode, end, page.gauge(&BRANDS_NOT_ENFORCED, &[channel.name(), mode.name(), end.name()]));
    let of_mode = |mode| ModeEnd::ALL.iter().map(move |end| gauge(mode, *end));
    [Mode::Advise, Mode::Shadow].into_iter().flat_map(of_mode).collect()
}

/// The byte that answers a recipient; codes beyond their width fall to OTHER by decision 0.
const fn answer_byte(decision: u8, reason: u8) -> usize {
    if decision > 3 || reason > 63 { 0 } else { (decision as usize) << 6 | reason as usize }
}
