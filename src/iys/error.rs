//! What can go wrong with a call, and what to do about it.

use super::codes::{self, Verdict};
use super::envelope::Envelope;
use super::transport::TransportError;
use crate::iys::rate_limit::Metered;
use crate::model::time::IysTime;
use std::fmt;
use std::time::Duration;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// It may pass: try again, later.
    Retry,
    /// The position or date is outside İYS's window: what lies between has to come another way.
    Resync,
    /// It will not pass by itself; [`IysError::why`] says what has to be mended.
    Stop,
}

/// What has to be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The API user's name or password.
    Credentials,
    /// The API user's rights on the provider or brand.
    Rights,
    /// The provider's subscription.
    Subscription,
    /// A clock: İYS sees our times in the future.
    Clock,
    /// İYS does not know the provider or brand.
    NotFound,
    /// The request itself: ours to mend.
    Request,
}

/// One of İYS's codes, such as `H353`, or of OAuth's, such as `invalid_grant`. Short, and of letters
/// that no address is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Code(String);

/// Why a call brought nothing. Holds no text of İYS's, which may quote addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IysError {
    problem: Problem,
    verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("İYS answered {status}{}", list(codes))]
    Refused { status: u16, codes: Vec<Code>, places: Vec<usize> },
    #[error("İYS answered {status} with something unreadable: {what}")]
    Unreadable { status: u16, what: &'static str },
    #[error("{0}")]
    Transport(#[from] TransportError),
    #[error("İYS has failed many times in a row; nothing is asked for the moment")]
    Paused,
    #[error("{}, none before {until}", spent(*metered))]
    HourSpent { metered: Metered, until: IysTime },
    #[error("the login cannot be noted on disk, so it is not made: {0}")]
    NotNoted(std::io::ErrorKind),
    #[error("no token is asked for yet, since the last time {0}")]
    NoToken(Box<Problem>),
    #[error("not sent: {0}")]
    NotSent(&'static str),
}

impl Code {
    const LONGEST: usize = 40;

    /// Takes a code; a number is one of İYS's without its letter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self(format!("H{text:0>3}")));
        }
        let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let long_number = text.as_bytes().windows(7).any(|run| run.iter().all(u8::is_ascii_digit));
        let fits = (1..=Self::LONGEST).contains(&text.len()) && letters && !long_number;
        fits.then(|| Self(text.to_owned()))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for IysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)?;
        match self.why() {
            Some(why) if self.status().is_some() => write!(f, ": {}", why.in_words()),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for IysError {}

impl Why {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Credentials => "the API user's name or password is wrong",
            Self::Rights => "the API user has no right to this",
            Self::Subscription => "the provider's subscription does not allow this",
            Self::Clock => "this machine's clock is ahead of İYS's",
            Self::NotFound => "İYS does not know the provider or brand",
            Self::Request => "İYS does not take the request",
        }
    }
}

impl From<TransportError> for IysError {
    fn from(error: TransportError) -> Self {
        Self { problem: error.into(), verdict: codes::UNREADABLE }
    }
}

impl IysError {
    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.verdict.class
    }

    /// What has to be mended, for [`Class::Stop`].
    #[must_use]
    pub const fn why(&self) -> Option<Why> {
        self.verdict.why
    }

    /// How long another try is known to be of no use.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.verdict.wait
    }

    /// The HTTP status, if İYS answered.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match &self.problem {
            Problem::Refused { status, .. } | Problem::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// İYS's codes, in its order.
    #[must_use]
    pub fn codes(&self) -> &[Code] {
        match &self.problem {
            Problem::Refused { codes, .. } => codes,
            _ => &[],
        }
    }

    /// The places in a list that was sent of the elements that İYS refused it for, in its order.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        match &self.problem {
            Problem::Refused { places, .. } => places,
            _ => &[],
        }
    }

    /// One stable word: İYS's first code, or ours where there is none.
    #[must_use]
    pub fn code(&self) -> &str {
        match &self.problem {
            Problem::Refused { codes, .. } => codes.first().map_or("HTTP_STATUS", Code::as_str),
            Problem::Unreadable { .. } => "UNREADABLE",
            Problem::Transport(TransportError::Connect(_)) => "NO_CONNECTION",
            Problem::Transport(TransportError::Timeout) => "TIMEOUT",
            Problem::Transport(TransportError::Broken(_)) => "BROKEN",
            Problem::Transport(TransportError::TooLong(_)) => "TOO_LONG",
            Problem::Paused => "PAUSED",
            Problem::HourSpent { .. } => "HOUR_SPENT",
            Problem::NotNoted(_) => "NOT_NOTED",
            Problem::NoToken(_) => "NO_TOKEN",
            Problem::NotSent(_) => "NOT_SENT",
        }
    }

    /// Whether it came of a request: it was sent, and the answer or its absence is the error.
    pub(super) const fn was_sent(&self) -> bool {
        matches!(&self.problem, Problem::Refused { .. } | Problem::Unreadable { .. } | Problem::Transport(_))
    }

    /// An answer that is an error.
    pub(super) fn refused(status: u16, envelope: Envelope, retry_after: Option<Duration>) -> Self {
        let Envelope { codes, places, foreign } = envelope;
        // A page that is not İYS's own says nothing about the request.
        let of_status = if foreign { codes::UNREADABLE } else { codes::of_status(status) };
        let mut verdict = codes.iter().filter_map(|code| codes::of_code(code.as_str())).max_by_key(gravity).unwrap_or(of_status);
        verdict.wait = verdict.wait.max(retry_after);
        Self { problem: Problem::Refused { status, codes, places }, verdict }
    }

    /// A success that is none.
    pub(super) const fn unreadable(status: u16, what: &'static str) -> Self {
        Self { problem: Problem::Unreadable { status, what }, verdict: codes::UNREADABLE }
    }

    /// The breaker is open.
    pub(super) const fn paused(wait: Duration) -> Self {
        Self { problem: Problem::Paused, verdict: Verdict { wait: Some(wait), ..codes::UNREADABLE } }
    }

    /// An hourly limit is used up.
    pub(super) const fn hour_spent(metered: Metered, wait: Duration, until: IysTime) -> Self {
        Self { problem: Problem::HourSpent { metered, until }, verdict: Verdict { wait: Some(wait), ..codes::UNREADABLE } }
    }

    /// A login that would be forgotten by a restart.
    pub(super) const fn not_noted(kind: std::io::ErrorKind) -> Self {
        Self { problem: Problem::NotNoted(kind), verdict: codes::UNREADABLE }
    }

    /// There is no token because of this error, and none is asked for yet.
    pub(super) fn no_token(self, wait: Duration) -> Self {
        Self { problem: Problem::NoToken(Box::new(self.problem)), verdict: Verdict { wait: Some(wait), ..self.verdict } }
    }

    /// A request that İYS would refuse.
    pub(super) const fn not_sent(what: &'static str) -> Self {
        Self { problem: Problem::NotSent(what), verdict: codes::OUR_FAULT }
    }

    /// The same, with what its place says about it.
    pub(super) const fn stopping(mut self, why: Why) -> Self {
        self.verdict.class = Class::Stop;
        self.verdict.why = Some(why);
        self
    }

    /// The same, with a wait.
    pub(super) const fn waiting(mut self, wait: Duration) -> Self {
        self.verdict.wait = Some(wait);
        self
    }
}

/// Of several errors in one answer, the one that asks for the most.
const fn gravity(verdict: &Verdict) -> u8 {
    match verdict.class {
        Class::Retry => 0,
        Class::Resync => 1,
        Class::Stop => 2,
    }
}

const fn spent(metered: Metered) -> &'static str {
    match metered {
        Metered::Login => "this hour's logins are spent, those of before a restart among them",
        Metered::SingleStatus => "this hour's queries of a single status are spent",
        Metered::History => "this hour's queries of a history are spent",
        Metered::No => "this hour's requests are spent",
    }
}

fn list(codes: &[Code]) -> String {
    codes.iter().flat_map(|code| [" ", code.as_str()]).collect()
}
