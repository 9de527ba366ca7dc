//! The one owner of the token (F§1.3, F§8.8).
//!
//! Refresh tokens rotate and logins are counted, so only one request for a token is ever under way, and
//! whoever needs one meanwhile waits for it. A failed request is not repeated by the next caller, but
//! after a pause: there is no way into a login loop. The number of requests an hour is kept by the
//! budget, whatever happens here.

mod grant;

use super::codes::HOUR;
use super::error::{Class, IysError, Why};
use super::link::Link;
use crate::iys::hourly_quota::Window;
use crate::sys::backoff::{Backoff, random};
use grant::Granted;
use http::header::HeaderValue;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Between requests for a token that fail: an hour of failures takes about the hour's ten requests, so
/// that there is one when İYS is back.
const PAUSE: Backoff = Backoff { first: Duration::from_secs(15), longest: Duration::from_mins(20) };
/// How often an hour a token is given up because İYS refuses it. A single method that answers 401
/// whatever the token would otherwise use up the logins of all.
const GIVEN_UP: usize = 4;

/// A token that İYS gave.
pub(super) struct Access {
    pub(super) authorization: HeaderValue,
    renew_at: Instant,
    ends_at: Instant,
}

/// Gives the token, and gets another when it is time.
pub(super) struct Tokens {
    current: Mutex<Current>,
    owner: tokio::sync::Mutex<Owner>,
}

struct Current {
    access: Option<Arc<Access>>,
    given_up: Window,
}

/// Held by whoever asks for a token.
#[derive(Default)]
struct Owner {
    refresh: Option<grant::Refresh>,
    failures: u32,
    pause: Option<Pause>,
}

struct Pause {
    until: Instant,
    error: IysError,
}

impl Tokens {
    pub(super) fn new() -> Self {
        let current = Current { access: None, given_up: Window::new(GIVEN_UP, HOUR) };
        Self { current: Mutex::new(current), owner: tokio::sync::Mutex::default() }
    }

    /// A token that holds. One that is about to end serves until another is there.
    pub(super) async fn get(&self, link: &Link) -> Result<Arc<Access>, IysError> {
        let usable = self.usable();
        if let Some(access) = usable.as_ref().filter(|access| Instant::now() < access.renew_at) {
            return Ok(Arc::clone(access));
        }
        let mut owner = match (self.owner.try_lock(), usable) {
            (Ok(owner), _) => owner,
            (Err(_), Some(access)) => return Ok(access),
            (Err(_), None) => self.owner.lock().await,
        };
        if let Some(access) = self.usable().filter(|access| Instant::now() < access.renew_at) {
            return Ok(access);
        }
        owner.renew(link).await.map(|access| self.put(access)).or_else(|error| self.usable().ok_or(error))
    }

    /// The current token, if it holds.
    pub(super) fn usable(&self) -> Option<Arc<Access>> {
        self.current().access.clone().filter(|access| Instant::now() < access.ends_at)
    }

    /// İYS refused this very token. Says whether another is worth asking for.
    pub(super) fn give_up(&self, refused: &Arc<Access>) -> bool {
        let mut current = self.current();
        if !current.access.as_ref().is_some_and(|access| Arc::ptr_eq(access, refused)) {
            return true;
        }
        if current.given_up.take(Instant::now()).is_err() {
            return false;
        }
        current.access = None;
        true
    }

    fn put(&self, access: Access) -> Arc<Access> {
        let access = Arc::new(access);
        self.current().access = Some(Arc::clone(&access));
        access
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Owner {
    async fn renew(&mut self, link: &Link) -> Result<Access, IysError> {
        let now = Instant::now();
        if let Some(pause) = self.pause.as_ref().filter(|pause| now < pause.until) {
            return Err(pause.error.clone().no_token(pause.until - now));
        }
        let outcome = self.grant(link).await;
        match outcome {
            Ok(granted) => {
                self.pause = None;
                self.failures = 0;
                self.refresh = granted.refresh;
                Ok(granted.access)
            }
            Err(error) => Err(self.pause_after(error)),
        }
    }

    /// By the refresh token if there is one, else by password. A refresh token is used once.
    async fn grant(&mut self, link: &Link) -> Result<Granted, IysError> {
        if let Some(refresh) = self.refresh.take().filter(grant::Refresh::holds) {
            match grant::by_refresh(link, &refresh).await {
                Ok(granted) => return Ok(granted),
                // The token endpoint takes nothing for a while, a password neither.
                Err(error) if error.retry_after().is_some() => return Err(error),
                Err(error) => tracing::info!(code = error.code(), "İYS did not renew the token; logging in anew"),
            }
        }
        grant::by_password(link).await
    }

    fn pause_after(&mut self, error: IysError) -> IysError {
        self.failures = self.failures.saturating_add(1);
        let wait = match error.class() {
            Class::Stop => HOUR,
            _ => error.retry_after().unwrap_or(PAUSE.after(self.failures, random())),
        };
        tell(&error, wait);
        let error = error.waiting(wait);
        self.pause = Some(Pause { until: Instant::now() + wait, error: error.clone() });
        error
    }
}

/// One line a failed request; there are few.
fn tell(error: &IysError, wait: Duration) {
    let (code, next_try_in_seconds) = (error.code(), wait.as_secs());
    if error.why() == Some(Why::Credentials) {
        tracing::error!(
            code,
            next_try_in_seconds,
            "İYS refuses the API user's name or password; nothing is asked of it until they are right"
        );
    } else {
        tracing::warn!(code, next_try_in_seconds, "İYS gave no token: {error}");
    }
}
