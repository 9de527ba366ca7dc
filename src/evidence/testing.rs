//! What the tests of evidence record.

use super::entry::{Entry, Outcomes};
use crate::check::DecisionId;
use crate::check::question::{Purpose, Scope};
use crate::model::brand::{BrandCode, RetailerCode};
use crate::model::channel::Cell;
use crate::model::time::IysTime;

/// When everything happens.
pub(super) const NOW: IysTime = IysTime::from_unix(1_795_000_000);

/// The id of a number on node 7.
pub(super) const fn id(number: u64) -> DecisionId {
    DecisionId::of(NOW.unix(), 7, number)
}

/// Decisions of a dialer about text messages of brand 601234.
pub(super) fn entry(first: DecisionId, outcomes: Outcomes) -> Entry {
    Entry {
        first,
        asked: NOW,
        caller: "dialer".into(),
        scope: Scope {
            brand: BrandCode::new(601_234).unwrap(),
            cell: Cell::ALL[2],
            retailer: RetailerCode::BRAND,
            purpose: Purpose::Commercial,
        },
        declaration: 0,
        mode: 1,
        revision: 42,
        as_of: None,
        reference: "".into(),
        outcomes,
        before_answer: false,
    }
}
