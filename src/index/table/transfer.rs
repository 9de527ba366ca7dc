//! A table on its way to a snapshot and back: shards as bytes.

use super::collisions::Shared;
use super::slot::{ASK, slot, state_of, tag_of};
use super::writer::{Full, Spot, TableWriter, recount, spot};
use super::{Table, grow};
use crate::index::sync::Ordering;
use crate::model::consent::state::State;

impl Table {
    pub(in crate::index) const fn shards(&self) -> usize {
        self.shards
    }

    pub(in crate::index) const fn shard_bits(&self) -> u32 {
        64 - self.shift
    }

    /// Appends a shard's relations: their number, then their slots, little-endian. Returns the number.
    /// What is changed meanwhile may be in it or not.
    pub(in crate::index) fn copy_shard(&self, shard: usize, out: &mut Vec<u8>) -> u64 {
        let start = out.len();
        out.extend(0_u32.to_le_bytes());
        let pin = self.epochs.pin();
        for value in self.slots(self.header(shard)).filter(|value| state_of(*value) != State::EMPTY) {
            // Without its `passed` bit: that belongs to the line.
            out.extend(slot(tag_of(value), state_of(value)).to_le_bytes());
        }
        drop(pin);
        let count = (out.len() - start - size_of::<u32>()) / size_of::<u64>();
        out[start..start + size_of::<u32>()].copy_from_slice(&(count as u32).to_le_bytes());
        count as u64
    }

    /// Every place that several relations share.
    pub(in crate::index) fn shared(&self) -> Vec<Vec<u8>> {
        self.collisions.all().into_iter().map(|(place, shared)| shared.encode(place)).collect()
    }
}

impl TableWriter {
    /// Fills an empty shard with the slots of [`Table::copy_shard`].
    pub(in crate::index) fn load_shard(&mut self, table: &Table, shard: usize, bytes: &[u8]) -> Result<(), Full> {
        let slots = bytes.as_chunks().0.iter().map(|slot| u64::from_le_bytes(*slot));
        let count = slots.len() as u64;
        if count == 0 || shard >= table.shards {
            return Ok(());
        }
        self.settle(table, shard, grow::lines_for(count), &slots)?;
        let told_apart = slots.filter(|slot| state_of(*slot) == ASK).count() as u64;
        recount(table, told_apart, count);
        Ok(())
    }

    /// Puts in relations that share a place: [`Table::shared`].
    pub(in crate::index) fn load_shared(&mut self, table: &Table, bytes: &[u8]) -> Result<(), &'static str> {
        let (place, shared) = Shared::decode(bytes).ok_or("its side table cannot be read")?;
        if place.0 >= table.shards {
            return Err("its side table names a shard that there is not");
        }
        // The slot was copied before the relations met, or before there was one.
        if !matches!(spot(table, place), Spot::Taken(..)) {
            self.add(table, place, ASK).map_err(|_| "its side table does not fit")?;
            recount(table, 1, 0);
        }
        if let Spot::Taken(slot, value) = spot(table, place) {
            recount(table, u64::from(state_of(value) != ASK), 0);
            slot.store(super::slot::with_state(value, ASK), Ordering::Relaxed);
        }
        recount(table, 0, shared.relations());
        table.collisions.load(place, shared);
        Ok(())
    }

    /// Forgets every relation.
    pub(in crate::index) fn clear(&mut self, table: &Table) {
        for shard in 0..table.shards {
            let old = table.header(shard);
            table.publish(shard, table.nothing);
            self.used[shard] = 0;
            if old != table.nothing {
                self.log.leave(old.lines);
            }
        }
        while self.log.oldest().is_some() {
            self.log.pass();
        }
        self.log.retire(table.epochs.now());
        self.give_back(table);
        table.collisions.clear();
        table.relations.store(0, Ordering::Relaxed);
    }
}
