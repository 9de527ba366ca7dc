//! The exact side table: relations on record that share their 72 bits with an earlier one.
//!
//! Among 10⁹ relations there is such a pair once in ten thousand tables, but then an answer must not be
//! another's. Of the relations behind one place the first keeps it as its default; every further one
//! stands here under its whole hash. The map is immutable and swapped whole.

use super::slot::{Tag, slot, state_of, tag_of};
use crate::model::consent::key::RelationHash;
use crate::model::consent::state::State;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;

/// Relations that share a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    /// The state of the relation that had the place first.
    pub(crate) first: State,
    /// The others, exactly.
    pub(crate) others: Vec<(RelationHash, State)>,
}

/// Where a relation stands: shard and tag.
pub(super) type Place = (usize, Tag);

/// Every place that is shared.
#[derive(Debug, Default)]
pub(super) struct Collisions(ArcSwap<HashMap<Place, Shared>>);

impl Collisions {
    /// The state of a relation whose place is shared.
    #[cold]
    pub(super) fn get(&self, place: Place, hash: RelationHash) -> State {
        let shared = self.0.load();
        shared.get(&place).map_or(State::EMPTY, |shared| shared.of(hash))
    }

    /// Whether a relation stands here under its whole hash.
    pub(super) fn holds(&self, place: Place, hash: RelationHash) -> bool {
        let shared = self.0.load();
        shared.get(&place).is_some_and(|shared| shared.others.iter().any(|(other, _)| *other == hash))
    }

    /// Sets the state of a relation whose place is shared; returns the one before.
    pub(super) fn set(&self, place: Place, hash: RelationHash, state: State) -> State {
        let mut before = State::EMPTY;
        self.change(place, |shared| {
            let own = shared.others.iter_mut().find(|(other, _)| *other == hash);
            let current = own.map_or(&mut shared.first, |(_, current)| current);
            before = std::mem::replace(current, state);
        });
        before
    }

    /// Puts a further relation beside the one that had the place before, whose state is `first` unless
    /// the place is shared already. Returns the relation's state before.
    pub(super) fn add(&self, place: Place, first: State, hash: RelationHash, state: State) -> State {
        if self.holds(place, hash) {
            return self.set(place, hash, state);
        }
        let mut all = (**self.0.load()).clone();
        let shared = all.entry(place).or_insert(Shared { first, others: Vec::new() });
        shared.others.push((hash, state));
        self.0.store(all.into());
        State::EMPTY
    }

    /// Every shared place with what stands there, in the order of places.
    pub(super) fn all(&self) -> Vec<(Place, Shared)> {
        let loaded = self.0.load();
        let mut all: Vec<_> = loaded.iter().map(|(place, shared)| (*place, shared.clone())).collect();
        all.sort_by_key(|(place, _)| *place);
        all
    }

    /// Puts in what a snapshot holds of one place.
    pub(super) fn load(&self, place: Place, shared: Shared) {
        let mut all = (**self.0.load()).clone();
        all.insert(place, shared);
        self.0.store(all.into());
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.0.store(Arc::default());
    }

    fn change(&self, place: Place, change: impl FnOnce(&mut Shared)) {
        let mut all = (**self.0.load()).clone();
        if let Some(shared) = all.get_mut(&place) {
            change(shared);
            self.0.store(all.into());
        }
    }
}

impl Shared {
    /// shard ‖ tag ‖ first ‖ (hash ‖ state)…, little-endian, as a snapshot keeps it.
    pub(super) fn encode(&self, (shard, tag): Place) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend((shard as u32).to_le_bytes());
        bytes.extend(slot(tag, self.first).to_le_bytes());
        for (hash, state) in &self.others {
            bytes.extend(hash.0.to_le_bytes());
            bytes.push(state.byte());
        }
        bytes
    }

    /// The place and what stands there; none if the bytes are not of [`Shared::encode`].
    pub(super) fn decode(bytes: &[u8]) -> Option<(Place, Self)> {
        let (shard, rest) = bytes.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let first = u64::from_le_bytes(*first);
        let (others, left) = rest.as_chunks::<17>();
        let other = |[hash @ .., state]: &[u8; 17]| {
            let hash = hash.first_chunk().map(|hash| u128::from_le_bytes(*hash))?;
            Some((RelationHash(hash), State::from_byte(*state)))
        };
        let others = others.iter().map(other).collect::<Option<_>>()?;
        let place = (u32::from_le_bytes(*shard) as usize, tag_of(first));
        left.is_empty().then_some((place, Self { first: state_of(first), others }))
    }

    /// How many relations with a state stand here.
    pub(super) fn relations(&self) -> u64 {
        let states = self.others.iter().map(|(_, state)| *state).chain([self.first]);
        states.filter(|state| *state != State::EMPTY).count() as u64
    }

    fn of(&self, hash: RelationHash) -> State {
        self.others.iter().find(|(other, _)| *other == hash).map_or(self.first, |(_, state)| *state)
    }
}
