//! One request and its answer: what tokens and calls have in common.

use super::error::{IysError, Why};
use super::figures::Counters;
use super::settings::Settings;
use super::transport::{Body, Transport, TransportError};
use super::{date, envelope};
use crate::iys::error_rate::Conduct;
use crate::iys::rate_limit::{Budget, Metered, Priority};
use crate::iys::usage::Ledger;
use crate::model::time::IysTime;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Method, Request};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// No page of a thousand items is near it.
const LONGEST: usize = 8 << 20;
/// A thousand refused elements fit several times.
const LONGEST_ERROR: usize = 1 << 20;
/// A wait that an answer asks for and that is believed.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Tells the time where İYS does not.
pub(super) type Clock = Arc<dyn Fn() -> IysTime + Send + Sync>;

/// The way to İYS, with everything that counts on it.
pub(super) struct Link {
    pub(super) settings: Settings,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) budget: Arc<Budget>,
    pub(super) conduct: Conduct,
    pub(super) ledger: Option<Ledger>,
    pub(super) counters: Counters,
    pub(super) clock: Clock,
}

/// What is asked.
pub(super) struct Call {
    pub(super) method: Method,
    /// With its query.
    pub(super) path: String,
    pub(super) body: Option<Bytes>,
    pub(super) priority: Priority,
    pub(super) metered: Metered,
}

/// A success; its body is still to be read.
pub(super) struct Answer {
    pub(super) status: u16,
    /// İYS's clock when it answered.
    pub(super) date: Option<IysTime>,
    /// From the request to the head of the answer.
    pub(super) round_trip: Duration,
    pub(super) body: Body,
}

impl Call {
    pub(super) const fn get(path: String, priority: Priority) -> Self {
        Self { method: Method::GET, path, body: None, priority, metered: Metered::No }
    }

    pub(super) fn with_json(method: Method, path: String, body: &serde_json::Value, priority: Priority) -> Self {
        Self { method, path, body: Some(body.to_string().into()), priority, metered: Metered::No }
    }

    pub(super) const fn metered(mut self, metered: Metered) -> Self {
        self.metered = metered;
        self
    }
}

impl Link {
    /// Waits until the request may be sent.
    pub(super) async fn turn(&self, call: &Call) -> Result<(), IysError> {
        self.budget.slow_to(self.conduct.delay(Instant::now()));
        let spent = |wait: Duration| {
            let seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX);
            IysError::hour_spent(call.metered, wait, (self.clock)().plus(seconds))
        };
        self.budget.take(call.priority, call.metered).await.map_err(spent)
    }

    /// A login whose turn it is: remembered before it is sent.
    pub(super) async fn note_login(&self) -> Result<(), IysError> {
        self.counters.logins.fetch_add(1, Ordering::Relaxed);
        let Some(ledger) = &self.ledger else { return Ok(()) };
        ledger.login().await.map_err(|error| IysError::not_noted(error.kind()))
    }

    /// Sends a request whose turn it is. Anything but a 2xx is an error.
    pub(super) async fn send(&self, call: &Call, authorization: Option<&HeaderValue>) -> Result<Answer, IysError> {
        let outcome = self.exchange(call, authorization).await;
        if let Err(error) = &outcome {
            self.counters.failed(error);
        }
        outcome
    }

    async fn exchange(&self, call: &Call, authorization: Option<&HeaderValue>) -> Result<Answer, IysError> {
        let request = self.request(call, authorization)?;
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let response = timeout(self.settings.limits.answer, self.transport.send(request)).await;
        let (head, body) = response.map_err(|_| TransportError::Timeout)??.into_parts();
        let (status, round_trip) = (head.status.as_u16(), sent.elapsed());
        self.conduct.record(status, Instant::now());
        if let Some(ledger) = &self.ledger {
            ledger.answer(status).await;
        }
        if !head.status.is_success() {
            return Err(self.refused(status, &head.headers, body).await);
        }
        Ok(Answer { status, date: date::of(&head.headers), round_trip, body })
    }

    fn request(&self, call: &Call, authorization: Option<&HeaderValue>) -> Result<Request<Bytes>, IysError> {
        let url = format!("{}{}", self.settings.base_url.as_str(), call.path);
        let mut request = Request::builder().method(call.method.clone()).uri(url).header(ACCEPT, "application/json, text/csv");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = call.body.clone().unwrap_or_default();
        request.body(body).map_err(|_| IysError::not_sent("the address of the request is not readable"))
    }

    async fn refused(&self, status: u16, headers: &HeaderMap, body: Body) -> IysError {
        let body = timeout(self.settings.limits.answer, body.collect(LONGEST_ERROR)).await;
        // An error whose body breaks off is still that error, only without its codes.
        let body = body.ok().and_then(Result::ok);
        let envelope = body.map_or_else(envelope::broken, |body| envelope::read(&body));
        let error = IysError::refused(status, envelope, wait_of(headers));
        if error.why() == Some(Why::Clock) {
            self.tell_skew(headers);
        }
        error
    }

    fn tell_skew(&self, headers: &HeaderMap) {
        let (ours, theirs) = ((self.clock)(), date::of(headers));
        let skew = theirs.map(|theirs| i64::from(ours.unix()) - i64::from(theirs.unix()));
        tracing::error!(
            %ours,
            theirs = theirs.map(tracing::field::display),
            skew_seconds = skew,
            "İYS sees our times in the future (H162): set this machine's clock"
        );
    }

    /// Reads a body that is JSON.
    pub(super) async fn json<T: serde::de::DeserializeOwned>(&self, answer: Answer) -> Result<T, IysError> {
        let status = answer.status;
        let outcome = match timeout(self.settings.limits.answer, answer.body.collect(LONGEST)).await {
            Ok(Ok(body)) => {
                serde_json::from_str(&String::from_utf8_lossy(&body)).map_err(|_| IysError::unreadable(status, what_of(&body)))
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(TransportError::Timeout.into()),
        };
        outcome.inspect_err(|error| self.counters.failed(error))
    }
}

/// What stands where JSON should.
fn what_of(body: &[u8]) -> &'static str {
    match body.trim_ascii().first() {
        None => "nothing",
        Some(b'<') => "a page of HTML",
        Some(_) => "not the JSON that was expected, or not all of it",
    }
}

/// `Retry-After` is not documented; a proxy may send it.
fn wait_of(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}
