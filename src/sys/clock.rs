//! The clock of a gateway: the machine's wall clock, and what is safe to say of it when it jumps.
//!
//! A wall clock may be wrong and may be set while the gateway runs. Three readings are kept apart:
//!
//! - [`Clock::now`] is the wall clock: what logs and evidence show.
//! - [`Moment::latest`] never falls: it is the wall clock, or an earlier reading of it plus the time that passed since
//!   (by the clock that no setting changes, `CLOCK_BOOTTIME`), and never before what an earlier process saw by when it
//!   last answered or committed. Ages and ends are reckoned by it, so that data only ever becomes fresh by data.
//! - [`Clock::receipt`] is [`Moment::latest`], or the last commit if that is later: what is received without İYS's date is
//!   dated by it, so that a refusal never ranks below what was on record when it came.
//!
//! A clock that was ahead and was set back leaves [`Moment::latest`] ahead until the wall clock has caught up. Until then
//! data seems older than it is: DEFER, not ALLOW. `izingate clock accept` is the way on for an operator who knows that it was
//! ahead.

use crate::model::time::{IysTime, Moment};
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock; clones are the same one.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    /// The wall clock: time since 1970.
    wall: Box<Read>,
    /// Time since boot, or since any other moment: what no setting of the wall clock changes.
    boot: Box<Read>,
    /// The greatest difference of the two that was seen, in milliseconds.
    ahead: AtomicI64,
    /// The latest reading of an earlier process, in Unix seconds.
    seen: AtomicU32,
    /// The last commit, in Unix seconds.
    committed: AtomicU32,
    jumps: Jumps,
}

type Read = dyn Fn() -> Duration + Send + Sync;

/// Times at which the wall clock was set, as [`Clock::watch`] saw them.
#[derive(Debug, Default)]
pub struct Jumps {
    /// Times that it was set forward.
    pub forward: AtomicU64,
    /// Times that it was set back.
    pub back: AtomicU64,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::with(wall, since_boot)
    }

    /// A clock of which only the wall is read, for tests and simulations: no time passes but on it.
    #[must_use]
    pub fn of(wall: impl Fn() -> IysTime + Send + Sync + 'static) -> Self {
        Self::with(move || Duration::from_secs(wall().unix().into()), || Duration::ZERO)
    }

    fn with(wall: impl Fn() -> Duration + Send + Sync + 'static, boot: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            wall: Box::new(wall),
            boot: Box::new(boot),
            ahead: AtomicI64::new(i64::MIN),
            seen: AtomicU32::new(0),
            committed: AtomicU32::new(0),
            jumps: Jumps::default(),
        }))
    }

    /// The wall clock.
    #[must_use]
    pub fn now(&self) -> IysTime {
        time_of(milliseconds((self.0.wall)()))
    }

    /// The wall clock, and the latest that it can be.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let (wall, boot) = (milliseconds((self.0.wall)()), milliseconds((self.0.boot)()));
        let difference = wall - boot;
        let ahead = self.0.ahead.fetch_max(difference, Ordering::Relaxed).max(difference);
        let seen = IysTime::from_unix(self.0.seen.load(Ordering::Relaxed));
        Moment { now: time_of(wall), latest: time_of(boot + ahead).max(seen) }
    }

    /// The moment at which something is received: [`Moment::latest`] of now, or the last commit if that is later.
    #[must_use]
    pub fn receipt(&self) -> IysTime {
        self.moment().latest.max(IysTime::from_unix(self.0.committed.load(Ordering::Relaxed)))
    }

    /// Notes the latest reading of an earlier process: no later moment is before it.
    pub fn seen(&self, at: IysTime) {
        self.0.seen.fetch_max(at.unix(), Ordering::Relaxed);
    }

    /// Notes a commit: nothing is received before it.
    pub fn committed(&self, at: IysTime) {
        self.0.committed.fetch_max(at.unix(), Ordering::Relaxed);
    }

    /// How often the wall clock was set.
    #[must_use]
    pub fn jumps(&self) -> &Jumps {
        &self.0.jumps
    }

    /// Begins to look for settings of the wall clock.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch { clock: self.clone(), difference: self.difference() }
    }

    /// Wall clock less time since boot, in milliseconds.
    fn difference(&self) -> i64 {
        milliseconds((self.0.wall)()) - milliseconds((self.0.boot)())
    }
}

/// Sees when the wall clock is set.
pub struct Watch {
    clock: Clock,
    difference: i64,
}

/// Seconds by which a wall clock that was set differs at least; less is what a clock that is slewed gains or loses.
const SET: i64 = 2;

impl Watch {
    /// Looks again; says by how many seconds the clock was set since the last look, back if negative.
    pub fn look(&mut self) -> Option<i64> {
        let difference = self.clock.difference();
        let step = (difference - self.difference) / 1_000;
        if step.abs() < SET {
            return None;
        }
        self.difference = difference;
        let Jumps { forward, back } = self.clock.jumps();
        if step > 0 { forward } else { back }.fetch_add(1, Ordering::Relaxed);
        Some(step)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one wall clock of the gateway")]
fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Times of the next 300 million years.
fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

fn time_of(milliseconds: i64) -> IysTime {
    IysTime::from_unix(u32::try_from(milliseconds / 1_000).unwrap_or(if milliseconds < 0 { 0 } else { u32::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock whose wall and boot time are set by hand, in seconds.
    fn clock() -> (Clock, impl Fn(u64, u64)) {
        let (wall, boot) = (Arc::new(AtomicU64::new(1_000_000)), Arc::new(AtomicU64::new(50)));
        let read = |of: &Arc<AtomicU64>| {
            let of = Arc::clone(of);
            move || Duration::from_secs(of.load(Ordering::Relaxed))
        };
        let clock = Clock::with(read(&wall), read(&boot));
        let set = move |wall_time, boot_time| {
            wall.store(wall_time, Ordering::Relaxed);
            boot.store(boot_time, Ordering::Relaxed);
        };
        (clock, set)
    }

    fn moment(now: u32, latest: u32) -> Moment {
        Moment { now: IysTime::from_unix(now), latest: IysTime::from_unix(latest) }
    }

    #[test]
    fn the_latest_reading_never_falls_and_passes_with_time() {
        let (clock, set) = clock();
        assert_eq!(clock.moment(), moment(1_000_000, 1_000_000));
        set(913_600, 60);
        assert_eq!(clock.moment(), moment(913_600, 1_000_010));
        set(1_000_020, 70);
        assert_eq!(clock.moment(), moment(1_000_020, 1_000_020));
        set(2_000_000, 71);
        assert_eq!(clock.moment(), moment(2_000_000, 2_000_000), "a clock that was behind is believed");
    }

    #[test]
    fn nothing_is_received_before_the_last_commit_and_no_age_is_less_than_an_earlier_process_knew() {
        let (clock, _) = clock();
        clock.committed(IysTime::from_unix(1_000_500));
        clock.committed(IysTime::from_unix(7));
        assert_eq!((clock.receipt(), clock.moment()), (IysTime::from_unix(1_000_500), moment(1_000_000, 1_000_000)));
        clock.seen(IysTime::from_unix(1_000_400));
        clock.seen(IysTime::from_unix(7));
        assert_eq!((clock.receipt(), clock.moment()), (IysTime::from_unix(1_000_500), moment(1_000_000, 1_000_400)));
    }

    #[test]
    fn a_clock_that_is_set_is_seen_and_one_that_is_slewed_is_not() {
        let (clock, set) = clock();
        let mut watch = clock.watch();
        let mut after = |wall: u64, boot: u64| {
            set(wall, boot);
            watch.look()
        };
        assert_eq!([after(1_000_001, 51), after(1_000_003, 52), after(1_000_000, 60)], [None, None, Some(-10)]);
        assert_eq!([after(1_000_005, 65), after(1_001_005, 65)], [None, Some(1_000)]);
        let Jumps { forward, back } = clock.jumps();
        assert_eq!((forward.load(Ordering::Relaxed), back.load(Ordering::Relaxed)), (1, 1));
    }

    #[test]
    fn the_machines_clock_agrees_with_itself() {
        let Moment { now, latest } = Clock::system().moment();
        assert!(now.unix() > 1_700_000_000 && latest.unix() - now.unix() <= 1);
    }
}
