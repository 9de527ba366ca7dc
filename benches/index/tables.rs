//! The contenders: our index, three concurrent maps, and memory itself.

use crate::support::Outcome;
use dashmap::DashMap;
use izingate::index::Index;
use izingate::model::consent::key::RelationHash;
use izingate::model::consent::state::State;
use memmap2::{Advice, MmapMut};
use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;

/// A table of states.
pub trait Table: Send + Sync {
    /// Its name in the report.
    fn name(&self) -> &'static str;
    /// The state of a key; 0 if it has none.
    fn get(&self, key: u128) -> u8;
    /// The states of many keys; one by one where there is no better way.
    fn get_many(&self, keys: &[RelationHash], states: &mut [State]) {
        for (state, key) in states.iter_mut().zip(keys) {
            *state = State::from_byte(self.get(key.0));
        }
    }
    /// Looks keys up so that the next is known only when the last state is. Here and not with the
    /// measurements, so that `get` is compiled into it.
    fn dependent(&self, keys: &[RelationHash]) {
        let mut last = 0;
        for key in keys {
            // No state has its highest bit, so the key stays what it is; the processor cannot know. Both
            // halves, since tables differ in which they look at first.
            let twist = u128::from(last >> 7);
            last = self.get(key.0 ^ (twist << 64 | twist));
        }
        black_box(last);
    }
    /// Looks keys up that are all known ahead; the processor may overlap what it can.
    fn independent(&self, keys: &[RelationHash]) {
        black_box(keys.iter().fold(0_u64, |sum, key| sum + u64::from(self.get(key.0))));
    }
    /// Sets states, in the way that suits a writer of many.
    fn set_many(&self, pairs: &mut dyn Iterator<Item = (u128, u8)>) -> Outcome<()>;
    /// Bytes that the table says it holds, if it says so.
    fn memory(&self) -> Option<u64> {
        None
    }
}

/// Changes that ours is handed at once, few enough to stay in a cache.
const AT_ONCE: usize = 1_024;

/// The index of the gateway.
#[derive(Default)]
pub struct Ours(Index);

impl Table for Ours {
    fn name(&self) -> &'static str {
        "izingate"
    }

    fn get(&self, key: u128) -> u8 {
        self.0.get(RelationHash(key)).byte()
    }

    fn get_many(&self, keys: &[RelationHash], states: &mut [State]) {
        self.0.get_many(keys, states);
    }

    fn set_many(&self, pairs: &mut dyn Iterator<Item = (u128, u8)>) -> Outcome<()> {
        let mut writer = self.0.write();
        let mut changes = Vec::with_capacity(AT_ONCE);
        loop {
            changes.clear();
            changes.extend(pairs.take(AT_ONCE).map(|(key, state)| (RelationHash(key), State::from_byte(state))));
            if changes.is_empty() {
                return Ok(());
            }
            writer.set_many(&changes)?;
        }
    }

    fn memory(&self) -> Option<u64> {
        Some(self.0.memory().used)
    }
}

/// Keys are hashes already: every rival is spared to hash them again, as ours is.
#[derive(Default)]
pub struct AlreadyHashed(u64);

type Unhashed = BuildHasherDefault<AlreadyHashed>;

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

/// `DashMap`: shards behind locks.
#[derive(Default)]
pub struct Dash(DashMap<u128, u8, Unhashed>);

impl Table for Dash {
    fn name(&self) -> &'static str {
        "DashMap"
    }

    fn get(&self, key: u128) -> u8 {
        self.0.get(&key).map_or(0, |state| *state)
    }

    fn set_many(&self, pairs: &mut dyn Iterator<Item = (u128, u8)>) -> Outcome<()> {
        for (key, state) in pairs {
            self.0.insert(key, state);
        }
        Ok(())
    }
}

/// papaya: reads without locks. Its guard is held for a whole batch, as its documentation advises.
#[derive(Default)]
pub struct Papaya(papaya::HashMap<u128, u8, Unhashed>);

impl Table for Papaya {
    fn name(&self) -> &'static str {
        "papaya"
    }

    fn get(&self, key: u128) -> u8 {
        self.0.pin().get(&key).copied().unwrap_or_default()
    }

    fn get_many(&self, keys: &[RelationHash], states: &mut [State]) {
        let map = self.0.pin();
        for (state, key) in states.iter_mut().zip(keys) {
            *state = State::from_byte(map.get(&key.0).copied().unwrap_or_default());
        }
    }

    fn set_many(&self, pairs: &mut dyn Iterator<Item = (u128, u8)>) -> Outcome<()> {
        let map = self.0.pin();
        for (key, state) in pairs {
            map.insert(key, state);
        }
        Ok(())
    }
}

/// scc: a lock a bucket.
#[derive(Default)]
pub struct Scc(scc::HashMap<u128, u8, Unhashed>);

impl Table for Scc {
    fn name(&self) -> &'static str {
        "scc"
    }

    fn get(&self, key: u128) -> u8 {
        self.0.read_sync(&key, |_, state| *state).unwrap_or_default()
    }

    fn set_many(&self, pairs: &mut dyn Iterator<Item = (u128, u8)>) -> Outcome<()> {
        for (key, state) in pairs {
            self.0.upsert_sync(key, state);
        }
        Ok(())
    }
}

/// What no table can beat: one read of one random cache line in as many bytes, on huge pages. The line
/// is chosen by the key, so it takes the same keys as everybody; whatever is there is the answer.
pub struct Raw(MmapMut);

const LINE: usize = 64;

impl Raw {
    /// Memory of `bytes`, every page of it touched.
    pub fn new(bytes: u64) -> Outcome<Self> {
        let mut memory = MmapMut::map_anon((bytes as usize).next_multiple_of(LINE).max(LINE))?;
        // Not on every kernel; the report says what the machine has.
        let _ = memory.advise(Advice::HugePage);
        memory.fill(1);
        Ok(Self(memory))
    }
}

impl Table for Raw {
    fn name(&self) -> &'static str {
        "raw read"
    }

    fn get(&self, key: u128) -> u8 {
        let lines = self.0.len() / LINE;
        let line = (((key >> 64) * lines as u128) >> 64) as usize;
        self.0[line * LINE]
    }

    fn set_many(&self, _: &mut dyn Iterator<Item = (u128, u8)>) -> Outcome<()> {
        Err("memory takes no keys".into())
    }
}
