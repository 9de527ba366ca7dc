//! Ends the gap of a brand: an operator vouches for what is on file, or what nobody vouches for is dropped.
//!
//! What was missed may be a refusal of anything approved up to the gap's end, so every approval of before that
//! is in doubt, be it a movement or what İYS's list said. To drop one is to take in an observation, as of the gap's end, that İYS does not list it. It
//! goes through the writer like a sweep's, and what is known of a cell is a maximum of what was taken in, so
//! whatever else is taken in meanwhile is neither lost nor overridden: a movement of after the gap's end stands
//! above the observation, whichever comes first, and a refusal stays one. The walk sees the store as it was when
//! it began; an approval of before the gap's end that comes in later is what one that comes after the healing
//! is, an import of old data that its operator answers for. A gap that grows meanwhile is not healed by this.

use crate::model::brand::BrandCode;
use crate::model::consent::channel::Cell;
use crate::model::consent::key::RelationKey;
use crate::model::consent::movement::{Movement, Reading};
use crate::model::consent::record::Record;
use crate::model::consent::source::Source;
use crate::model::consent::state::Status;
use crate::model::feed::Gap;
use crate::ports::{BoxFuture, FeedNote, GapHealer, HealRefused, Healed, Healing, MovementSink};
use crate::store::{Store, StoreError};
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

/// Observations in one batch at most.
const BATCH: usize = 10_000;
/// Batches that wait for the writer: with the one being made and the one being taken, some 6 MB.
const WAITING: usize = 2;

/// Heals gaps.
pub struct Healer {
    store: Arc<Store>,
    sink: Arc<dyn MovementSink>,
    /// One at a time: each reads everything.
    turn: Mutex<()>,
}

impl Healer {
    /// A healer over a store and its writer.
    #[must_use]
    pub fn new(store: Arc<Store>, sink: Arc<dyn MovementSink>) -> Self {
        Self { store, sink, turn: Mutex::new(()) }
    }

    async fn heal_now(&self, brand: BrandCode, how: Healing) -> Result<Healed, HealRefused> {
        let _turn = self.turn.lock().await;
        let gap = self.gap(brand).await?.ok_or(HealRefused::NoGap(brand))?;
        let doubtful = match how {
            Healing::Vouch => 0,
            Healing::Count => self.doubtful(gap, false).await?,
            Healing::DropDoubtful => self.doubtful(gap, true).await?,
        };
        if how == Healing::Count && doubtful > 0 {
            return Ok(Healed { gap, doubtful, healed: false });
        }
        self.sink.follow(Vec::new(), vec![FeedNote::Healed(gap)]).await?;
        let healed = self.gap(brand).await?.is_none();
        let (brand, from, to, vouched) = (brand.get(), gap.from, gap.to, how == Healing::Vouch);
        tracing::info!(brand, %from, %to, vouched, doubtful, healed, "an operator ended a gap");
        Ok(Healed { gap, doubtful, healed })
    }

    async fn gap(&self, brand: BrandCode) -> Result<Option<Gap>, HealRefused> {
        let store = Arc::clone(&self.store);
        let read = tokio::task::spawn_blocking(move || store.gap(brand)).await;
        read.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }

    /// Counts the approvals in doubt, and drops them if that is wanted. Whoever stops waiting ends the walk.
    async fn doubtful(&self, gap: Gap, drop_them: bool) -> Result<u64, HealRefused> {
        let (found, mut batches) = mpsc::channel(WAITING);
        let store = Arc::clone(&self.store);
        let walk = tokio::task::spawn_blocking(move || walk(&store, gap, &found));
        let mut count = 0;
        while let Some(batch) = batches.recv().await {
            count += batch.len() as u64;
            if drop_them {
                self.sink.apply(batch).await?;
            }
        }
        walk.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
        Ok(count)
    }
}

impl GapHealer for Healer {
    fn heal(&self, brand: BrandCode, how: Healing) -> BoxFuture<'_, Result<Healed, HealRefused>> {
        Box::pin(self.heal_now(brand, how))
    }
}

fn failed(error: &dyn std::error::Error) -> HealRefused {
    tracing::error!(%error, "the store could not be read for a gap");
    HealRefused::Failed
}

/// Every approval of the gap's brand that is in doubt, as the observation that drops it.
fn walk(store: &Store, gap: Gap, found: &mpsc::Sender<Vec<Movement>>) -> Result<(), StoreError> {
    let mut batch = Vec::new();
    let wanted = || !found.is_closed();
    store.each_record_of(gap.brand, wanted, |relation, record| {
        batch.extend(in_doubt(relation, &record, gap));
        if batch.len() >= BATCH - Cell::ALL.len() {
            // Nobody waits any more: the walk is about to end.
            let _ = found.blocking_send(std::mem::take(&mut batch));
        }
    })?;
    if !batch.is_empty() {
        let _ = found.blocking_send(batch);
    }
    Ok(())
}

fn in_doubt(relation: RelationKey, record: &Record, gap: Gap) -> impl Iterator<Item = Movement> {
    let of_brand = relation.is_of_brand();
    let doubtful = move |cell: &Cell| of_brand && record.approved(*cell).is_some_and(|approved| approved <= gap.to);
    Cell::ALL.into_iter().filter(doubtful).map(move |cell| Movement {
        relation,
        cell,
        status: Status::Yok,
        created: gap.to,
        consented: None,
        source: Source::SWEEP,
        transaction: None,
        misformed: record.misformed,
        received: false,
        reading: Reading::Only,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::consent::key::Pseudonym;
    use crate::model::consent::record::CellRecord;
    use crate::model::time::IysTime;

    const fn at(seconds: u32) -> IysTime {
        IysTime::from_unix(seconds)
    }

    /// A refusal of İYS's own or an approval, if there is a movement, and when the cell was last listed.
    fn record(movement: Option<(Status, u32)>, listed: Option<u32>) -> Record {
        let mut record = Record::default();
        let source = Source::NONE.code();
        let of = |(status, created)| CellRecord {
            status,
            created: at(created),
            consented: None,
            source,
            transaction: 1,
            received: false,
            ambiguous: false,
        };
        record.set(Cell::ALL[2], movement.map(of));
        listed.map(|listed| record.observe(Cell::ALL[2], Status::Onay, at(listed)));
        record
    }

    #[test]
    fn an_approval_by_listing_is_in_doubt_as_one_by_movement_is() {
        let relation = RelationKey::of_brand(Pseudonym([7; 16]), BrandCode::new(7).unwrap());
        let gap = Gap { brand: relation.brand, from: at(10), to: at(20), found: at(30) };
        for (movement, listed, expected) in [
            (Some((Status::Onay, 20)), None, true),
            (Some((Status::Onay, 21)), None, false),
            (None, Some(20), true),
            (None, Some(21), false),
            (Some((Status::Onay, 5)), Some(20), true),
            (Some((Status::Onay, 5)), Some(21), false),
            (Some((Status::Ret, 5)), Some(20), true),
            (Some((Status::Ret, 20)), Some(20), false),
        ] {
            let mut record = record(movement, listed);
            let before = record.status(Cell::ALL[2]);
            let dropped: Vec<Movement> = in_doubt(relation, &record, gap).collect();
            assert_eq!(dropped.len(), usize::from(expected), "{movement:?} {listed:?}");
            for one in dropped {
                assert!(one.is_observation() && record.observe(one.cell, one.status, one.created));
            }
            let left = if expected { movement.map(|(status, _)| status).filter(|status| *status == Status::Ret) } else { before };
            assert_eq!(record.status(Cell::ALL[2]), left, "{movement:?} {listed:?}");
        }
    }
}
