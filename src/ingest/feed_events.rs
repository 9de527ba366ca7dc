//! What feeds say beside their movements: written into the batch, then shown beside the brands.

use crate::index::{Brands, Freshness, StreamFreshness};
use crate::model::feed::Gap;
use crate::model::time::IysTime;
use crate::ports::FeedNote;
use crate::store::{Commit, Store, StoreError};
use std::collections::BTreeMap;

/// Writes notes into a batch, in their order.
pub(super) fn write(store: &Store, commit: &mut Commit<'_>, notes: &[&FeedNote]) -> Result<(), StoreError> {
    let mut gaps: BTreeMap<_, Option<Gap>> = BTreeMap::new();
    for note in notes {
        match note {
            FeedNote::Followed(brand, stream, position) => commit.position(*brand, *stream, position)?,
            FeedNote::Exported(brand, as_of) => {
                // An older one that comes later says nothing new.
                if store.export_cursor(*brand)?.is_none_or(|before| before < *as_of) {
                    commit.export_cursor(*brand, *as_of)?;
                }
                let before = gaps.get(brand).copied().map_or_else(|| store.gap(*brand), Ok)?;
                if let Some(gap) = before {
                    gaps.insert(*brand, gap.without(IysTime::from_unix(0), *as_of));
                }
            }
            FeedNote::Missed(gap) => {
                let before = gaps.get(&gap.brand).copied().map_or_else(|| store.gap(gap.brand), Ok)?;
                gaps.insert(gap.brand, Some(before.map_or(*gap, |before| before.joined(*gap))));
            }
            FeedNote::Healed(gap) => {
                let before = gaps.get(&gap.brand).copied().map_or_else(|| store.gap(gap.brand), Ok)?;
                gaps.insert(gap.brand, before.and_then(|before| before.without(gap.from, gap.to)));
            }
            FeedNote::Pushed(..) => {}
        }
    }
    for (brand, gap) in gaps {
        match gap {
            Some(gap) => commit.gap(&gap)?,
            None => commit.no_gap(brand)?,
        }
    }
    Ok(())
}

/// Makes notes visible, once they are durable.
pub(super) fn show(brands: &Brands, notes: &[&FeedNote]) {
    for note in notes {
        match note {
            FeedNote::Followed(brand, stream, position) => {
                brands.note(*brand, |freshness| freshness.followed(*stream, StreamFreshness::of(position)));
            }
            FeedNote::Pushed(brand, at) => brands.note(*brand, |freshness| freshness.pushed(*at)),
            FeedNote::Exported(brand, as_of) => {
                brands.note(*brand, |freshness| {
                    heal(freshness, Gap { brand: *brand, from: IysTime::from_unix(0), to: *as_of, found: *as_of });
                });
            }
            FeedNote::Missed(gap) => brands.note(gap.brand, |freshness| freshness.add_gap(gap.from, gap.to)),
            FeedNote::Healed(gap) => brands.note(gap.brand, |freshness| heal(freshness, *gap)),
        }
    }
}

/// Of what was missed, what lies in `healed` is missing no more.
fn heal(freshness: &Freshness, healed: Gap) {
    let before = freshness.gap().map(|(from, to)| Gap { from, to, ..healed });
    let left = before.and_then(|before| before.without(healed.from, healed.to));
    freshness.set_gap(left.map(|left| (left.from, left.to)));
}
