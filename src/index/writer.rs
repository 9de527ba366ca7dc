//! Writing to the index: states of relations, one by one or many at once.

use super::table::{Full, Table, TableWriter};
use crate::model::consent::key::RelationHash;
use crate::model::consent::state::State;
use std::sync::MutexGuard;

/// The one writer; another one waits until this one is dropped. Readers see each change at once.
pub struct Writing<'a> {
    table: &'a Table,
    writer: MutexGuard<'a, TableWriter>,
}

impl<'a> Writing<'a> {
    pub(super) const fn new(table: &'a Table, writer: MutexGuard<'a, TableWriter>) -> Self {
        Self { table, writer }
    }

    /// Sets the state of a relation; puts it in if it is not there.
    ///
    /// # Errors
    /// There is no room for a further relation. Nothing is changed; one that is there always can be.
    pub fn set(&mut self, hash: RelationHash, state: State) -> Result<(), Full> {
        self.writer.set(self.table, hash, state)
    }

    /// Puts in a relation that was not on record before: told apart from every other, should it share
    /// the bits with one by which relations are known.
    ///
    /// # Errors
    /// As [`Writing::set`].
    pub fn insert(&mut self, hash: RelationHash, state: State) -> Result<(), Full> {
        self.writer.insert(self.table, hash, state)
    }

    /// [`Writing::set`] for many, in their order.
    ///
    /// # Errors
    /// As [`Writing::set`]; those before are set.
    pub fn set_many(&mut self, states: &[(RelationHash, State)]) -> Result<(), Full> {
        self.many(states, TableWriter::set)
    }

    /// [`Writing::insert`] for many, in their order.
    ///
    /// # Errors
    /// As [`Writing::set`]; those before are put in.
    pub fn insert_many(&mut self, states: &[(RelationHash, State)]) -> Result<(), Full> {
        self.many(states, TableWriter::insert)
    }

    /// Whether `more` relations have room.
    ///
    /// # Errors
    /// They have not.
    pub fn room_for(&self, more: u64) -> Result<(), Full> {
        self.writer.room_for(self.table, more)
    }

    /// Fills an empty shard with what [`Table::copy_shard`] left of it.
    pub(super) fn load_shard(&mut self, shard: usize, slots: &[u8]) -> Result<(), Full> {
        self.writer.load_shard(self.table, shard, slots)
    }

    /// Puts in relations that share a place, as [`Writing::shared`] gave them.
    pub(super) fn load_shared(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        self.writer.load_shared(self.table, bytes)
    }

    /// Every place that several relations share.
    pub(super) fn shared(&self) -> Vec<Vec<u8>> {
        self.table.shared()
    }

    /// Forgets every relation: for a start that found out that what it read was of no use.
    pub fn clear(&mut self) {
        self.writer.clear(self.table);
    }

    fn many(
        &mut self,
        states: &[(RelationHash, State)],
        change: fn(&mut TableWriter, &Table, RelationHash, State) -> Result<(), Full>,
    ) -> Result<(), Full> {
        for (number, (hash, state)) in states.iter().enumerate() {
            self.table.look_ahead(|ahead| states.get(number + ahead).map(|(hash, _)| *hash));
            change(&mut self.writer, self.table, *hash, *state)?;
        }
        Ok(())
    }
}
