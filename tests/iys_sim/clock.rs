//! Moments and the clock that a server runs on.

use izingate::model::time::IysTime;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Türkiye time is three hours ahead of UTC.
const OFFSET: u32 = 3 * 3600;

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The moment of `YYYY-MM-DD HH:mm:ss`, Türkiye time.
    pub fn at(text: &str) -> Self {
        Self::from_time(IysTime::parse(text).expect("a time"))
    }

    pub const fn from_time(time: IysTime) -> Self {
        Self(time.unix() as u64 * 1000)
    }

    pub const fn millis(self) -> u64 {
        self.0
    }

    /// The second that the moment lies in.
    pub const fn time(self) -> IysTime {
        IysTime::from_unix((self.0 / 1000) as u32)
    }

    pub const fn plus(self, duration: Duration) -> Self {
        Self(self.0 + duration.as_millis() as u64)
    }

    pub const fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.as_millis() as u64))
    }

    /// As a clock shows it that is so many milliseconds ahead, or behind if negative.
    pub const fn skewed(self, by: i64) -> Self {
        Self(self.0.saturating_add_signed(by))
    }

    /// As the `Date` header shows it (RFC 7231).
    pub fn http_date(self) -> String {
        let time = self.time();
        let utc = time.minus(OFFSET).to_string();
        let weekday = WEEKDAYS[(time.unix() / 86_400 % 7) as usize];
        let month = MONTHS[utc[5..7].parse::<usize>().expect("a month") - 1];
        format!("{weekday}, {} {month} {} {} GMT", &utc[8..10], &utc[..4], &utc[11..])
    }
}

/// A clock that runs, at the world's pace or faster, or stands and is moved by hand. Clones share it.
#[derive(Clone)]
pub struct Clock(Arc<Mutex<State>>);

struct State {
    at: Moment,
    running: Option<Running>,
}

#[derive(Clone, Copy)]
struct Running {
    since: Instant,
    speed: f64,
}

impl Clock {
    /// The system's clock.
    pub fn real() -> Self {
        Self::running(Duration::ZERO, 1.0)
    }

    /// Starts so far behind the system's time and runs `speed` times as fast.
    #[expect(clippy::disallowed_methods, reason = "the clock of a tool that runs beside the gateway")]
    pub fn running(behind: Duration, speed: f64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as u64;
        let at = Moment(now).minus(behind);
        Self(Arc::new(Mutex::new(State { at, running: Some(Running { since: Instant::now(), speed }) })))
    }

    /// Stands at a moment.
    pub fn fixed(at: Moment) -> Self {
        Self(Arc::new(Mutex::new(State { at, running: None })))
    }

    pub fn now(&self) -> Moment {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.running {
            Some(running) => state.at.plus(running.since.elapsed().mul_f64(running.speed)),
            None => state.at,
        }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.at = state.at.plus(by);
    }

    pub fn is_running(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).running.is_some()
    }
}
