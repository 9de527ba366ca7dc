//! What a restart must not forget: the logins of the last hour, and how requests fared in the last 24.
//!
//! İYS counts both for the address, not for the process, so a gateway that is started again and again would
//! log in once a start and never be found a bad client. They are kept in a small file, which is replaced as a
//! whole by renaming. A login is on disk before it is sent; of other answers a kill forgets [`EVERY`] at most.
//! There is no secret in it and no address.

use super::codes::HOUR;
use super::link::Clock;
use crate::iys::error_rate::{Bucket, is_failure};
use crate::model::time::IysTime;
use crate::sys::atomic_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Answers from one writing to the next. Ten starts an hour forget fewer than 5,000 a day, and we slow down
/// 10,000 before İYS's rule bites.
const EVERY: u32 = 20;
const VERSION: u32 = 1;
const SECONDS: u32 = 3_600;
const HOURS: u32 = 24;

/// The file and what is in it; clones are the same one.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    path: PathBuf,
    clock: Clock,
    used: Mutex<Used>,
    /// One writing at a time, each of what is known when its turn comes.
    turn: Mutex<()>,
    failing: AtomicBool,
}

#[derive(Default)]
struct Used {
    /// Unix seconds, ascending.
    logins: Vec<u32>,
    /// By the hour since 1970.
    hours: BTreeMap<u32, Bucket>,
    unsaved: u32,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    logins: Vec<u32>,
    /// Hour since 1970, answers, failures among them.
    hours: Vec<(u32, u64, u64)>,
}

impl Ledger {
    /// Reads the file; without one nothing was used. One that cannot be read may hold anything: the hour counts as
    /// spent then, so that no login loop comes of it.
    #[must_use]
    pub fn open(path: PathBuf, logins: usize, clock: impl Fn() -> IysTime + Send + Sync + 'static) -> Self {
        let used = read(&path).unwrap_or_else(|error| {
            let path = path.display();
            tracing::warn!(%path, %error, "what was asked of İYS before cannot be read; the next login is in an hour");
            Used { logins: vec![clock().unix(); logins], ..Used::default() }
        });
        let clock: Clock = Arc::new(clock);
        let (turn, failing) = Default::default();
        Self(Arc::new(Inner { path, clock, used: Mutex::new(used), turn, failing }))
    }

    pub(super) fn clock(&self) -> Clock {
        Arc::clone(&self.0.clock)
    }

    /// How long ago each login of the last hour was, the oldest first. What seems to come from the future, since a
    /// clock was set, was now.
    pub(super) fn logins(&self) -> Vec<Duration> {
        let now = self.now();
        let ages = self.used().logins.iter().map(|at| now.saturating_sub(*at)).collect::<Vec<_>>();
        ages.into_iter().map(|age| Duration::from_secs(age.into())).collect()
    }

    /// How long ago each hour ended, with what there was in it.
    pub(super) fn hours(&self) -> Vec<(Duration, Bucket)> {
        let now = self.now();
        let age = |hour: u32| Duration::from_secs(now.saturating_sub(hour.saturating_add(1).saturating_mul(SECONDS)).into());
        self.used().hours.iter().map(|(hour, bucket)| (age(*hour), *bucket)).collect()
    }

    /// A login is about to be sent: on disk before it is.
    pub(super) async fn login(&self) -> io::Result<()> {
        let now = self.now();
        self.used().login(now);
        self.save().await
    }

    /// Counts an answer.
    pub(super) async fn answer(&self, status: u16) {
        let now = self.now();
        if !self.used().answer(status, now) {
            return;
        }
        let failed = self.save().await.err();
        let before = self.0.failing.swap(failed.is_some(), Ordering::Relaxed);
        if let Some(error) = failed.filter(|_| !before) {
            let path = self.0.path.display();
            tracing::warn!(%path, %error, "what is asked of İYS cannot be kept: a restart would forget it");
        }
    }

    async fn save(&self) -> io::Result<()> {
        let ledger = self.clone();
        tokio::task::spawn_blocking(move || ledger.write()).await.map_err(io::Error::other)?
    }

    fn write(&self) -> io::Result<()> {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let text = self.used().text();
        atomic_file::replace(&self.0.path, text.as_bytes())
    }

    fn now(&self) -> u32 {
        (self.0.clock)().unix()
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.0.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    fn login(&mut self, now: u32) {
        self.logins.retain(|at| Duration::from_secs(now.saturating_sub(*at).into()) < HOUR);
        self.logins.push(now);
    }

    /// Says whether it is time to write.
    fn answer(&mut self, status: u16, now: u32) -> bool {
        let hour = now / SECONDS;
        self.hours = self.hours.split_off(&hour.saturating_sub(HOURS));
        let bucket = self.hours.entry(hour).or_default();
        bucket.requests += 1;
        bucket.failures += u64::from(is_failure(status));
        self.unsaved += 1;
        let due = self.unsaved >= EVERY;
        if due {
            self.unsaved = 0;
        }
        due
    }

    fn text(&self) -> String {
        let hours = self.hours.iter().map(|(hour, bucket)| (*hour, bucket.requests, bucket.failures)).collect();
        let stored = Stored { version: VERSION, logins: self.logins.clone(), hours };
        // Numbers alone: there is nothing in it that could fail.
        serde_json::to_string(&stored).unwrap_or_default()
    }
}

fn read(path: &Path) -> io::Result<Used> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Used::default()),
        read => read?,
    };
    let stored: Stored = serde_json::from_slice(&text)?;
    let sound = stored.version == VERSION && stored.hours.iter().all(|(_, requests, failures)| failures <= requests);
    if !sound {
        return Err(io::Error::new(ErrorKind::InvalidData, "not written by this version"));
    }
    let mut logins = stored.logins;
    logins.sort_unstable();
    let hours = stored.hours.into_iter().map(|(hour, requests, failures)| (hour, Bucket { requests, failures }));
    Ok(Used { logins, hours: hours.collect(), unsaved: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    const NOW: u32 = 1_762_765_200;

    /// A ledger whose time is the test's.
    fn open(path: &Path, now: u32) -> (Ledger, Arc<AtomicU32>) {
        let clock = Arc::new(AtomicU32::new(now));
        let told = Arc::clone(&clock);
        (Ledger::open(path.to_owned(), 10, move || IysTime::from_unix(told.load(Ordering::Relaxed))), clock)
    }

    fn ages(ledger: &Ledger) -> Vec<u64> {
        ledger.logins().iter().map(Duration::as_secs).collect()
    }

    #[tokio::test]
    async fn the_file_is_pinned_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("iys-usage.json");
        let (ledger, clock) = open(&path, NOW);
        for status in [[200; 15], [403; 15]].concat() {
            ledger.answer(status).await;
        }
        clock.fetch_add(1_800, Ordering::Relaxed);
        ledger.login().await.unwrap();
        let text = r#"{"version":1,"logins":[1762767000],"hours":[[489657,30,15]]}"#;
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        let (ledger, _) = open(&path, NOW + 2 * SECONDS);
        assert_eq!(ages(&ledger), [5_400]);
        assert_eq!(ledger.hours(), [(Duration::from_hours(1), Bucket { requests: 30, failures: 15 })]);
        assert!(!path.with_extension("new").exists());
    }

    #[tokio::test]
    async fn what_is_old_is_dropped_and_what_is_of_the_future_is_of_now() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("iys-usage.json");
        let (ledger, clock) = open(&path, NOW);
        ledger.login().await.unwrap();
        ledger.answer(200).await;
        assert_eq!(ages(&open(&path, NOW - 500).0), [0]);
        clock.fetch_add(25 * SECONDS, Ordering::Relaxed);
        ledger.login().await.unwrap();
        ledger.answer(200).await;
        assert_eq!((ages(&ledger), ledger.hours().len()), (vec![0], 1));
    }

    #[test]
    fn one_that_cannot_be_read_is_an_hour_that_is_spent() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("iys-usage.json");
        for text in ["", "{}", r#"{"version":2,"logins":[],"hours":[]}"#, r#"{"version":1,"logins":[],"hours":[[1,1,2]]}"#] {
            fs::write(&path, text).unwrap();
            assert_eq!(ages(&open(&path, NOW).0), [0; 10], "{text}");
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(ages(&open(&path, NOW).0), [0; 0]);
    }
}
