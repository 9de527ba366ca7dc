//! What İYS holds for given recipients at this moment.

use super::brands::Sender;
use super::budget::{Metered, Priority};
use super::changes::Item;
use super::client::Iys;
use super::error::IysError;
use super::link::Call;
use super::text::Text;
use crate::model::channel::{Cell, Channel, RecipientType};
use crate::model::time::IysTime;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Who of those asked for is in ONAY; the others are in RET or not on record.
#[derive(Clone, PartialEq, Eq)]
pub struct Observation {
    /// As they were asked for.
    pub approved: Vec<String>,
    /// Not after the moment at which İYS looked.
    pub at: IysTime,
}

/// What one query takes.
const MOST: usize = 1000;
/// How far our clock may be ahead of İYS's, where İYS's is not known.
const CLOCK_TOLERANCE: u32 = 60;

#[derive(Deserialize)]
struct Approved {
    list: Vec<Text>,
}

impl fmt::Debug for Observation {
    /// Addresses are in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Observation {{ approved: {} of them, at: {} }}", self.approved.len(), self.at)
    }
}

impl Iys {
    /// Which of 1 to 1000 recipients are in ONAY.
    pub async fn approved(
        &self,
        of: Sender,
        recipient_type: RecipientType,
        channel: Channel,
        recipients: &[&str],
    ) -> Result<Observation, IysError> {
        let asked = fold_all(recipients);
        if asked.is_empty() || asked.len() > MOST {
            return Err(IysError::not_sent("a status query takes 1 to 1000 recipients"));
        }
        // İYS refuses a list that names one twice (H193), so each goes out once.
        let path = format!("{}/consents/{recipient_type}/status/{channel}", of.path());
        let body = json!({ "recipients": asked.values().collect::<Vec<_>>() });
        let call = Call::with_json(Method::POST, path, &body, Priority::Background);
        let reply = self.json::<Approved>(&call).await?;
        let at = looked_at(reply.date, reply.round_trip, self.now());
        let list = reply.value.map_or_else(Vec::new, |approved| approved.list);
        Ok(Observation { approved: self.known(asked, list), at })
    }

    /// What is on record for one recipient; none if nothing is.
    pub async fn status(&self, of: Sender, about: Cell, recipient: &str) -> Result<Option<Item>, IysError> {
        let path = format!("{}/consents/status", of.path());
        let body = json!({ "recipient": recipient, "recipientType": about.recipient_type.name(), "type": about.channel.name() });
        let call = Call::with_json(Method::POST, path, &body, Priority::Urgent).metered(Metered::SingleStatus);
        let item: Option<Item> = self.json(&call).await?.value;
        // What İYS answers for an unknown recipient is not documented; without a status it is no record.
        Ok(item.filter(|item| !item.raw().status.is_empty()))
    }

    /// What İYS lists, as it was asked for. Whom nobody asked for is left out and counted.
    fn known(&self, mut asked: HashMap<String, &str>, list: Vec<Text>) -> Vec<String> {
        let listed = list.len();
        let approved: Vec<String> =
            list.into_iter().filter_map(|Text(recipient)| asked.remove(&fold(&recipient))).map(str::to_owned).collect();
        self.counters().strangers.fetch_add((listed - approved.len()) as u64, Ordering::Relaxed);
        approved
    }
}

/// İYS answers e-mails in lower case, however they were asked for (F§2.2).
fn fold(recipient: &str) -> String {
    recipient.trim().to_ascii_lowercase()
}

fn fold_all<'a>(recipients: &[&'a str]) -> HashMap<String, &'a str> {
    recipients.iter().map(|recipient| (fold(recipient), *recipient)).collect()
}

/// A moment that is not after İYS's look.
///
/// İYS looked after our request left, and answered no later than a round trip after that; its `Date`
/// says when it answered, less the fraction of a second. So the look was not before `Date` minus the
/// round trip, rounded up to whole seconds. An ONAY seen then counts as of this moment: a RET that is
/// registered after the look has a creationDate in the same second or later, and wins (in the same
/// second RET wins). Had the observation carried our time or `Date` itself, it would have outranked a
/// RET registered while the answer was on its way.
fn looked_at(date: Option<IysTime>, round_trip: Duration, now: IysTime) -> IysTime {
    let whole = round_trip.as_secs() + u64::from(round_trip.subsec_nanos() > 0);
    let whole = u32::try_from(whole).unwrap_or(u32::MAX);
    date.unwrap_or_else(|| now.minus(CLOCK_TOLERANCE)).minus(whole)
}
