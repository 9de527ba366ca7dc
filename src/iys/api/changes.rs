//! The change stream of one brand (F§1.6).

use super::brands::Sender;
use super::cursor::Cursor;
use crate::iys::call::Reply;
use crate::iys::client::Iys;
use crate::iys::error::IysError;
use crate::iys::lenient::{Text, present};
use crate::iys::link::Call;
use crate::iys::rate_limit::Priority;
use crate::model::consent::fields::Fields;
use crate::model::consent::movement_json::Element;
use crate::model::feed::Stream;
use crate::model::time::IysTime;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::sync::atomic::Ordering;

/// Some of a stream, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The movements as they came.
    pub items: Vec<Fields>,
    /// Elements of the list that are no movement, or name a field twice.
    pub bad: usize,
    /// Where the next page begins; none where the position stays: there was nothing.
    pub next: Option<Cursor>,
    /// Not after the moment at which İYS looked, by its own clock.
    pub at: IysTime,
}

/// What İYS gives at most, and without being told.
const LIMIT: usize = 1000;

#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    after: Text,
    // An answer without one is no page: "nothing new" is what a brand's data is called fresh by.
    #[serde(deserialize_with = "present")]
    list: Option<Vec<Element>>,
}

impl Iys {
    /// The movements after a position, or those of the last seven days from their start. The last 60
    /// minutes are never among them.
    pub async fn changes(&self, of: Sender, stream: Stream, after: Option<&Cursor>) -> Result<Page, IysError> {
        let after =
            after.map_or_else(String::new, |cursor| format!("&after={}", utf8_percent_encode(cursor.as_str(), NON_ALPHANUMERIC)));
        let path = format!("{}/consents/changes?source={}&limit={LIMIT}{after}", of.path(), stream.name());
        let call = Call::get(path, Priority::Normal);
        let reply = self.checked(&call, complete).await?;
        let at = self.looked_at(&reply);
        let page = reply.value.map_or(Page { items: Vec::new(), bad: 0, next: None, at }, |answered| page(answered, at));
        self.counters().unreadable.fetch_add(page.bad as u64, Ordering::Relaxed);
        Ok(page)
    }
}

/// A page that does not say where the next begins would be read again and again, or lost.
fn complete(reply: &Reply<Answered>) -> Result<(), IysError> {
    let wanting = |answered: &Answered| {
        answered.list.as_ref().is_some_and(|list| !list.is_empty()) && Cursor::parse(&answered.after.0).is_err()
    };
    if reply.value.as_ref().is_some_and(wanting) {
        return Err(IysError::unreadable(200, "a page that does not say where the next begins"));
    }
    Ok(())
}

fn page(answered: Answered, at: IysTime) -> Page {
    let list = answered.list.unwrap_or_default();
    let all = list.len();
    let fields = |element| match element {
        Element::Movement(fields, _) => Some(fields),
        Element::Unreadable(_) => None,
    };
    let items: Vec<Fields> = list.into_iter().filter_map(fields).collect();
    let bad = all - items.len();
    Page { items, bad, next: Cursor::parse(&answered.after.0).ok(), at }
}
