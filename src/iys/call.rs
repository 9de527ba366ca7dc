//! A call: token, turn, request, answer, and what is done when it fails.

use super::breaker::Permit;
use super::client::Iys;
use super::error::{Class, IysError};
use super::link::{Answer, Call};
use crate::model::time::IysTime;
use crate::sys::backoff;
use crate::sys::backoff::random;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A wait that is longer than this is the caller's matter.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How far our clock may be ahead of İYS's, where İYS does not tell its own.
const CLOCK_TOLERANCE: u32 = 60;

/// An answer that was read.
pub(super) struct Reply<T> {
    /// None for 204.
    pub(super) value: Option<T>,
    /// İYS's clock when it answered.
    pub(super) date: Option<IysTime>,
    /// From the request to the head of the answer.
    pub(super) round_trip: Duration,
}

impl Iys {
    /// Calls and reads the answer as JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<Reply<T>, IysError> {
        self.checked(call, |_: &Reply<T>| Ok(())).await
    }

    /// The same; an answer that `check` finds wanting is tried again.
    pub(super) async fn checked<T: DeserializeOwned>(
        &self,
        call: &Call,
        check: impl Fn(&Reply<T>) -> Result<(), IysError>,
    ) -> Result<Reply<T>, IysError> {
        let mut tries = Tries::new(self.tries);
        loop {
            let checked = |reply| check(&reply).inspect_err(|error| self.counters().failed(error)).map(|()| reply);
            match self.read(call).await.and_then(checked) {
                Ok(reply) => return Ok(reply),
                Err(error) => tries.wait_after(error).await?,
            }
        }
    }

    /// Calls, and leaves the body to be read.
    pub(super) async fn stream(&self, call: &Call) -> Result<Answer, IysError> {
        let mut tries = Tries::new(self.tries);
        loop {
            match self.exchange(call).await {
                Ok((answer, permit)) => {
                    permit.succeeded();
                    return Ok(answer);
                }
                Err(error) => tries.wait_after(error).await?,
            }
        }
    }

    async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<Reply<T>, IysError> {
        let (answer, permit) = self.exchange(call).await?;
        let (date, round_trip) = (answer.date, answer.round_trip);
        if answer.status == 204 {
            permit.succeeded();
            return Ok(Reply { value: None, date, round_trip });
        }
        match self.shared.link.json(answer).await {
            Ok(value) => {
                permit.succeeded();
                Ok(Reply { value: Some(value), date, round_trip })
            }
            Err(error) => {
                settle(permit, error.class());
                Err(error)
            }
        }
    }

    /// One request; two if the token was refused.
    async fn exchange(&self, call: &Call) -> Result<(Answer, Permit<'_>), IysError> {
        let (link, tokens, breaker) = (&self.shared.link, &self.shared.tokens, &self.shared.breaker);
        breaker.check(Instant::now()).map_err(IysError::paused)?;
        let mut repeated = false;
        loop {
            let access = tokens.get(link).await?;
            link.turn(call).await?;
            // The turn may have taken long: meanwhile İYS may have gone down and the token been given up.
            let permit = breaker.admit(Instant::now()).map_err(IysError::paused)?;
            let access = tokens.usable().unwrap_or(access);
            let outcome = link.send(call, Some(&access.authorization)).await;
            let refused = matches!(&outcome, Err(error) if error.status() == Some(401));
            if refused && !repeated && tokens.give_up(&access) {
                repeated = true;
                continue;
            }
            return match outcome {
                Ok(answer) => Ok((answer, permit)),
                Err(error) => {
                    settle(permit, error.class());
                    Err(error)
                }
            };
        }
    }
}

impl Iys {
    /// A moment that is not after İYS's look at its records.
    ///
    /// İYS looked after our request left, and answered no later than a round trip after that; its `Date`
    /// says when it answered, less the fraction of a second. So the look was not before `Date` minus the
    /// round trip, rounded up to whole seconds. An ONAY seen then counts as of this moment: a RET that is
    /// registered after the look has a creationDate in the same second or later, and wins (in the same
    /// second RET wins). Had the observation carried our time or `Date` itself, it would have outranked
    /// a RET registered while the answer was on its way.
    pub(super) fn looked_at<T>(&self, reply: &Reply<T>) -> IysTime {
        let whole = reply.round_trip.as_secs() + u64::from(reply.round_trip.subsec_nanos() > 0);
        let answered = reply.date.unwrap_or_else(|| self.now().minus(CLOCK_TOLERANCE));
        answered.minus(u32::try_from(whole).unwrap_or(u32::MAX))
    }
}

/// Tells the breaker what became of a request that was not answered as it should be.
fn settle(permit: Permit<'_>, class: Class) {
    match class {
        Class::Retry => permit.failed(Instant::now()),
        Class::Resync | Class::Stop => permit.succeeded(),
    }
}

/// The tries that a call has left.
struct Tries {
    left: u32,
    failures: u32,
}

impl Tries {
    const fn new(tries: u32) -> Self {
        Self { left: tries.saturating_sub(1), failures: 0 }
    }

    /// Waits for the next try, or gives the error back if there is none.
    async fn wait_after(&mut self, error: IysError) -> Result<(), IysError> {
        let worth = error.class() == Class::Retry && error.was_sent();
        if !worth || self.left == 0 {
            return Err(error);
        }
        self.left -= 1;
        self.failures += 1;
        let wait = backoff::CALL.after(self.failures, random()).max(error.retry_after().unwrap_or_default());
        if wait > LONGEST_WAIT {
            return Err(error);
        }
        sleep(wait).await;
        Ok(())
    }
}
