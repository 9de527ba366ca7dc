//! Which retailers (bayi) have access to a consent at this moment.

use super::brands::Sender;
use crate::iys::client::Iys;
use crate::iys::error::IysError;
use crate::iys::lenient::Text;
use crate::iys::link::Call;
use crate::iys::rate_limit::Priority;
use crate::model::brand::retailer::Retailer;
use crate::model::consent::channel::Cell;
use crate::model::time::IysTime;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The retailers with access to one consent: all of them, as İYS told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retailers {
    /// Who has access.
    pub listed: BTreeSet<Retailer>,
    /// Not after the moment at which İYS looked.
    pub at: IysTime,
}

/// İYS gives at most 100 a page (H186).
const PAGE: usize = 100;
/// A list is held in memory; no brand has as many retailers.
const MOST: usize = 100_000;

#[derive(Deserialize)]
struct Page {
    list: Vec<Value>,
    #[serde(default)]
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    #[serde(default, rename = "totalCount")]
    total: Text,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "retailerCode")]
    retailer: Text,
}

impl Iys {
    /// Every retailer with access to the consent of one recipient. Who is not in it has none, so a list that
    /// is not whole, or of which a line cannot be read, is an error.
    pub async fn retailers(&self, of: Sender, about: Cell, recipient: &str) -> Result<Retailers, IysError> {
        let body = json!({ "recipient": recipient, "recipientType": about.recipient_type.name(), "type": about.channel.name() });
        let (mut listed, mut told, mut first) = (BTreeSet::new(), None, None);
        let mut offset = 0;
        loop {
            let path = format!("{}/consent/retailers/access/list?offset={offset}&limit={PAGE}", of.path());
            let reply = self.json::<Page>(&Call::with_json(Method::POST, path, &body, Priority::Urgent)).await?;
            // What was given or taken away since the first page was made is later than it.
            let at = *first.get_or_insert_with(|| self.looked_at(&reply));
            let page = reply.value.ok_or(IysError::unreadable(204, "no list of retailers"))?;
            let total = page.pagination.and_then(|pagination| pagination.total.0.parse::<usize>().ok());
            if offset > 0 && total != told {
                return Err(CHANGED);
            }
            told = total;
            offset += page.list.len();
            let before = listed.len();
            for line in &page.list {
                listed.insert(read(line)?);
            }
            let whole = total.map_or(page.list.len() < PAGE, |total| listed.len() == total);
            // A page with nothing new ends a list that does not tell how long it is, or knows no offset.
            let ended = listed.len() == before;
            if whole || (ended && total.is_none()) {
                return Ok(Retailers { listed, at });
            }
            if ended || listed.len() > MOST {
                return Err(CHANGED);
            }
        }
    }
}

/// A retailer may be missing between two pages of a list that changed.
const CHANGED: IysError = IysError::unreadable(200, "a list of retailers that changed while it was read, or is not whole");

fn read(line: &Value) -> Result<Retailer, IysError> {
    let retailer = Listed::deserialize(line).ok().and_then(|listed| Retailer::parse(&listed.retailer.0));
    retailer.ok_or(IysError::unreadable(200, "a retailer without its number"))
}
