//! İYS's error codes that mean something to us (F§1.7): the one table that says what is worth another
//! try. A code outside it is judged by its HTTP status.

use super::error::{Class, Why};
use std::time::Duration;

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) class: Class,
    pub(super) why: Option<Why>,
    pub(super) wait: Option<Duration>,
}

/// An hourly limit: asking again before the hour ends is of no use, and for the token it restarts the
/// hour (F§1.2). A minute more, for clocks that differ.
pub(super) const HOUR: Duration = Duration::from_mins(61);

const RETRY: Verdict = Verdict { class: Class::Retry, why: None, wait: None };
const NEXT_HOUR: Verdict = Verdict { class: Class::Retry, why: None, wait: Some(HOUR) };
const RESYNC: Verdict = Verdict { class: Class::Resync, why: None, wait: None };
const CREDENTIALS: Verdict = stop(Why::Credentials);
const RIGHTS: Verdict = stop(Why::Rights);
const SUBSCRIPTION: Verdict = stop(Why::Subscription);
const CLOCK: Verdict = stop(Why::Clock);
const NOT_FOUND: Verdict = stop(Why::NotFound);
const REQUEST: Verdict = stop(Why::Request);

const fn stop(why: Why) -> Verdict {
    Verdict { class: Class::Stop, why: Some(why), wait: None }
}

/// What cannot be read or does not arrive may do so the next time.
pub(super) const UNREADABLE: Verdict = RETRY;
/// A request that we know to be wrong.
pub(super) const OUR_FAULT: Verdict = REQUEST;

const TABLE: &[(Verdict, &[&str])] = &[
    (RETRY, &["H015", "H101", "H102", "H103", "H123", "H179", "H192", "H412", "H470", "H476"]),
    (RETRY, &["H083", "H124"]),
    // A call sees it only after another token was tried.
    (RETRY, &["H351"]),
    (NEXT_HOUR, &["H084", "H086", "H089"]),
    (RESYNC, &["H501", "H502"]),
    (CREDENTIALS, &["H250", "H251", "H252", "invalid_grant"]),
    (RIGHTS, &["H353", "H355", "H363", "H176", "H195", "H196"]),
    (SUBSCRIPTION, &["H520", "H521", "H524", "H525", "H586", "H437"]),
    // Not a partner's user, who alone has such a subscription.
    (RIGHTS, &["H522"]),
    (CLOCK, &["H162"]),
    (NOT_FOUND, &["H001", "H018", "H031", "H058", "H129", "H268"]),
    (REQUEST, &["H506", "H507", "H512", "H120", "H121", "H122", "H193", "H464", "H530", "H531"]),
];

/// Every code of the table, in its order.
pub(super) fn known() -> impl Iterator<Item = &'static str> {
    TABLE.iter().flat_map(|(_, codes)| codes.iter().copied())
}

pub(super) fn of_code(code: &str) -> Option<Verdict> {
    TABLE.iter().find(|(_, codes)| codes.contains(&code)).map(|(verdict, _)| *verdict)
}

/// The verdict on a status without a code that we know.
pub(super) const fn of_status(status: u16) -> Verdict {
    match status {
        403 => RIGHTS,
        404 => NOT_FOUND,
        401 | 408 | 429 => RETRY,
        400..=499 => REQUEST,
        _ => RETRY,
    }
}
