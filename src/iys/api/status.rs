//! What İYS holds for given recipients at this moment.

use super::brands::Sender;
use crate::iys::client::Iys;
use crate::iys::error::IysError;
use crate::iys::lenient::Text;
use crate::iys::link::Call;
use crate::iys::rate_limit::{Metered, Priority};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::fields::Fields;
use crate::model::consent::movement_json::{Element, NO_FIELD};
use crate::model::time::IysTime;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::Ordering;

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
    /// Which of 1 to 1000 recipients are in ONAY. If İYS refuses some of them, [`IysError::places`] says
    /// which, counted without repetitions.
    pub async fn approved(
        &self,
        of: Sender,
        recipient_type: RecipientType,
        channel: Channel,
        recipients: &[&str],
    ) -> Result<Observation, IysError> {
        // İYS refuses a list that names one twice (H193), so each goes out once.
        let mut asked = HashMap::new();
        let sent: Vec<&str> = recipients.iter().filter(|one| asked.insert(fold(one), **one).is_none()).copied().collect();
        if asked.is_empty() || asked.len() > MOST {
            return Err(IysError::not_sent("a status query takes 1 to 1000 recipients"));
        }
        let path = format!("{}/consents/{recipient_type}/status/{channel}", of.path());
        let body = json!({ "recipients": sent });
        let call = Call::with_json(Method::POST, path, &body, Priority::Background);
        let reply = self.json::<Approved>(&call).await?;
        let at = self.looked_at(&reply);
        let answered = reply.value.ok_or(IysError::unreadable(204, "no list of who is in ONAY"))?;
        Ok(Observation { approved: self.known(asked, answered.list), at })
    }

    /// What is on record for one recipient; none if nothing is.
    pub async fn status(&self, of: Sender, about: Cell, recipient: &str) -> Result<Option<Fields>, IysError> {
        let path = format!("{}/consents/status", of.path());
        let body = json!({ "recipient": recipient, "recipientType": about.recipient_type.name(), "type": about.channel.name() });
        let call = Call::with_json(Method::POST, path, &body, Priority::Urgent).metered(Metered::SingleStatus);
        // What İYS answers for an unknown recipient is not documented; without a status it is no record.
        match self.json::<Option<Element>>(&call).await?.value.flatten() {
            None | Some(Element::Unreadable(NO_FIELD)) => Ok(None),
            Some(Element::Movement(fields, _)) => Ok(Some(fields).filter(|fields| !fields.raw().status.is_empty())),
            Some(Element::Unreadable(_)) => Err(IysError::unreadable(200, "no record, or one that names a field twice")),
        }
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
