//! The table of relations: hash to packed state.

use crate::model::key::RelationHash;
use crate::model::state::State;
use dashmap::DashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Relations by the hash of their key.
#[derive(Default)]
pub(super) struct Table(DashMap<u128, State, BuildHasherDefault<AlreadyHashed>>);

impl Table {
    pub(super) fn get(&self, hash: RelationHash) -> State {
        self.0.get(&hash.0).map_or(State::EMPTY, |state| *state)
    }

    pub(super) fn set(&self, hash: RelationHash, state: State) {
        self.0.insert(hash.0, state);
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

/// The keys are hashes; hashing them again would only cost time.
#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::channel::Cell;
    use crate::model::state::Status;

    #[test]
    fn holds_the_last_state_set() {
        let table = Table::default();
        let (one, other) = (RelationHash(1 << 90 | 5), RelationHash(5));
        let state = State::EMPTY.with(Cell::ALL[2], Status::Ret);
        table.set(one, State::EMPTY.with(Cell::ALL[2], Status::Onay));
        table.set(one, state);
        assert_eq!((table.get(one), table.get(other), table.len()), (state, State::EMPTY, 1));
    }
}
