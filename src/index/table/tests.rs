use super::slot::ASK;
use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::thread;

/// A megabyte of lines: small enough that the ring is gone round many times.
const SMALL: u64 = 8 << 20;

fn table(shard_bits: u32, bytes: u64) -> (Table, TableWriter) {
    let table = Table::new(shard_bits, 2 * lines_of(bytes)).unwrap();
    let writer = TableWriter::new(&table, bytes);
    (table, writer)
}

/// The hash of a number; uniform as a relation's is.
fn hash(number: u64) -> RelationHash {
    RelationHash(xxhash_rust::xxh3::xxh3_128(&number.to_le_bytes()))
}

const fn state(number: u64) -> State {
    State::from_byte((number % 0xAA) as u8 + 1)
}

/// As where a process locks all of its memory: what is retired stays in use, and the table is full when that takes up its memory.
#[test]
fn a_table_whose_memory_is_not_taken_back_is_full_and_answers_on() {
    const PAGES: u64 = 4 << 20;
    let table = Table::new(2, lines_of(PAGES)).unwrap();
    table.region.lock();
    let mut writer = TableWriter::new(&table, PAGES);
    let filled = (0..1_000_000).find(|number| writer.set(&table, hash(*number), state(*number)).is_err()).unwrap();
    assert!(writer.is_release_failing && writer.log.has_retired(), "{filled}");
    assert!(table.memory().0 <= PAGES + 64);
    assert!(writer.room_for(&table, 1).is_err(), "so that nothing is committed that has no room");
    assert_eq!(contents(&table, 0..filled), (0..filled).map(state).collect::<Vec<_>>());
    writer.set(&table, hash(5), state(6)).unwrap();
    assert_eq!(table.get(hash(5)), state(6), "what is there can still be refused");
}

fn contents(table: &Table, numbers: impl Iterator<Item = u64>) -> Vec<State> {
    let hashes: Vec<RelationHash> = numbers.map(hash).collect();
    let one_by_one: Vec<State> = hashes.iter().map(|hash| table.get(*hash)).collect();
    let mut together = vec![ASK; hashes.len()];
    table.get_many(&hashes, &mut together);
    assert_eq!(one_by_one, together);
    together
}

#[test]
fn holds_what_was_set_and_nothing_else_at_every_size() {
    let (table, mut writer) = table(4, SMALL);
    let mut size = 0;
    for next in [1, 7, 8, 9, 100, 1_000, 10_000, 200_000] {
        for number in size..next {
            writer.insert(&table, hash(number), state(number)).unwrap();
        }
        size = next;
        assert_eq!(contents(&table, 0..size), (0..size).map(state).collect::<Vec<_>>());
        assert_eq!(contents(&table, size..2 * size), vec![State::EMPTY; size as usize]);
        assert_eq!(table.relations(), size);
    }
}

#[test]
fn a_change_is_made_in_place_and_an_erased_relation_is_gone() {
    let (table, mut writer) = table(2, SMALL);
    for number in 0..1_000 {
        writer.set(&table, hash(number), state(number)).unwrap();
    }
    let before = table.memory();
    for number in 0..1_000 {
        writer.set(&table, hash(number), if number % 2 == 0 { State::EMPTY } else { state(number + 1) }).unwrap();
    }
    let expected: Vec<State> = (0..1_000).map(|number| if number % 2 == 0 { State::EMPTY } else { state(number + 1) }).collect();
    assert_eq!((contents(&table, 0..1_000), table.relations(), table.memory()), (expected, 500, before));
    writer.set(&table, hash(9_999), State::EMPTY).unwrap();
    assert_eq!(table.relations(), 500, "what is not there leaves nothing behind when it is erased");
    for number in (0..1_000).step_by(2) {
        writer.insert(&table, hash(number), state(number)).unwrap();
    }
    assert_eq!(table.relations(), 1_000, "and the place of one that was is free again");
}

#[test]
fn what_erased_relations_took_comes_back_as_shards_move() {
    let (table, mut writer) = table(4, SMALL);
    for number in 0..3_000_000 {
        writer.set(&table, hash(number), state(number)).unwrap();
        writer.set(&table, hash(number), if number % 100 == 0 { state(number) } else { State::EMPTY }).unwrap();
    }
    assert_eq!(table.relations(), 30_000);
    assert_eq!(contents(&table, (0..3_000_000).step_by(100)), (0..3_000_000).step_by(100).map(state).collect::<Vec<_>>());
}

#[test]
fn memory_follows_the_relations_without_jumps() {
    let (table, mut writer) = table(8, 64 << 20);
    let mut worst: f64 = 0.0;
    for number in 0..3_000_000 {
        writer.set(&table, hash(number), state(number)).unwrap();
        // Two pages more or less are what they are.
        let bytes = table.memory().0.saturating_sub(4 << 20);
        if number > 1_000_000 {
            worst = worst.max(bytes as f64 / number as f64);
        }
    }
    assert!(worst < 10.5, "{worst} bytes a relation");
}

#[test]
fn a_full_table_says_so_and_loses_nothing() {
    let limit = 4 * SMALL;
    let (table, mut writer) = table(4, limit);
    let room = (0..1_000_000).find(|more| writer.room_for(&table, *more * 1_000).is_err()).unwrap() * 1_000;
    let filled = (0..10_000_000).find(|number| writer.set(&table, hash(*number), state(*number)).is_err()).unwrap();
    assert!(room > 2_000_000 && filled > room - 1_000, "what was said to have room had it: {room}, {filled}");
    assert!(table.memory().0 <= limit + 128);
    let error = writer.set(&table, hash(filled), state(filled)).unwrap_err();
    assert_eq!(error, Full { relations: table.relations() + 1, limit });
    assert_eq!(contents(&table, 0..filled), (0..filled).map(state).collect::<Vec<_>>());
    writer.set(&table, hash(5), state(6)).unwrap();
    assert_eq!(table.get(hash(5)), state(6), "what is there can still be refused");
}

/// Relations that a table of 2^17 shards takes for the same.
fn alike(rest: u128) -> RelationHash {
    RelationHash(0xABCD_0123_4567_89AB_CDEF << 48 | rest)
}

#[test]
fn relations_that_share_72_bits_are_told_apart() {
    let (table, mut writer) = table(SHARD_BITS, SMALL);
    let [one, two, three] = [1, 2, 3];
    let of = |table: &Table| [one, two, three].map(|rest| table.get(alike(rest)));
    writer.insert(&table, alike(one), state(1)).unwrap();
    writer.insert(&table, alike(two), state(2)).unwrap();
    writer.insert(&table, alike(three), state(3)).unwrap();
    assert_eq!((of(&table), table.relations()), ([state(1), state(2), state(3)], 3));
    writer.set(&table, alike(two), state(22)).unwrap();
    writer.set(&table, alike(one), state(11)).unwrap();
    writer.insert(&table, alike(three), state(33)).unwrap();
    assert_eq!((of(&table), table.relations()), ([state(11), state(22), state(33)], 3));
    writer.set(&table, alike(one), State::EMPTY).unwrap();
    assert_eq!((of(&table), table.relations()), ([State::EMPTY, state(22), state(33)], 2));
    let mut together = [ASK; 3];
    table.get_many(&[one, two, three].map(alike), &mut together);
    assert_eq!(together, of(&table));
}

#[test]
fn collisions_survive_the_growth_of_their_shard() {
    let (table, mut writer) = table(SHARD_BITS, SMALL);
    writer.insert(&table, alike(1), state(1)).unwrap();
    writer.insert(&table, alike(2), state(2)).unwrap();
    for number in 0..2_000_u128 {
        let other_tag = RelationHash(alike(0).0 ^ (number + 1) << 100);
        writer.set(&table, other_tag, state(9)).unwrap();
    }
    assert_eq!([1, 2].map(|rest| table.get(alike(rest))), [state(1), state(2)]);
}

/// Ends the readers, also when the writer panics.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Set(u64, u8),
    Many(u64, u64, u8),
    Erase(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let number = 0..4_000_u64;
    prop_oneof![
        (number.clone(), 1..0xAA_u8).prop_map(|(number, byte)| Step::Set(number, byte)),
        (number.clone(), 1..600_u64, 1..0xAA_u8).prop_map(|(from, count, byte)| Step::Many(from, count, byte)),
        number.prop_map(Step::Erase),
    ]
}

proptest! {
    /// Against a map, with readers at work all the while: each answer is one that was right between the
    /// moments before and after it was asked for.
    #[test]
    fn agrees_with_a_map_under_readers(steps in proptest::collection::vec(step(), 1..120), bits in 1..5_u32) {
        let (table, mut writer) = table(bits, SMALL);
        let mut model: BTreeMap<u64, State> = BTreeMap::new();
        let mut ever: HashSet<(u64, u8)> = HashSet::new();
        for step in &steps {
            match *step {
                Step::Set(number, byte) => drop(ever.insert((number, byte))),
                Step::Many(from, count, byte) => ever.extend((from..from + count).map(|number| (number, byte))),
                Step::Erase(_) => {}
            }
        }
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for seed in 0..2_u64 {
                let (table, done, ever) = (&table, &done, &ever);
                scope.spawn(move || read_until(table, done, ever, seed));
            }
            let _stop = Stop(&done);
            for step in &steps {
                apply(&table, &mut writer, &mut model, step);
            }
        });
        let expected: Vec<State> = (0..5_000).map(|number| model.get(&number).copied().unwrap_or_default()).collect();
        prop_assert_eq!(contents(&table, 0..5_000), expected);
        prop_assert_eq!(table.relations(), model.len() as u64);
    }
}

fn apply(table: &Table, writer: &mut TableWriter, model: &mut BTreeMap<u64, State>, step: &Step) {
    let mut set = |number: u64, byte: u8| {
        let state = State::from_byte(byte);
        writer.set(table, hash(number), state).unwrap();
        if byte == 0 {
            model.remove(&number)
        } else {
            model.insert(number, state)
        };
        assert_eq!(table.get(hash(number)), state, "what was set is seen at once");
    };
    match *step {
        Step::Set(number, byte) => set(number, byte),
        Step::Many(from, count, byte) => (from..from + count).for_each(|number| set(number, byte)),
        Step::Erase(number) => set(number, 0),
    }
}

/// A reader sees only what was set for that very relation at some time.
fn read_until(table: &Table, done: &AtomicBool, ever: &HashSet<(u64, u8)>, seed: u64) {
    let mut states = [State::EMPTY; 97];
    let mut from = seed * 1_000;
    while !done.load(Ordering::Acquire) {
        let numbers: Vec<u64> = (0..states.len() as u64).map(|step| (from + step * 41) % 5_000).collect();
        let hashes: Vec<RelationHash> = numbers.iter().map(|number| hash(*number)).collect();
        table.get_many(&hashes, &mut states);
        for (number, state) in numbers.iter().zip(states) {
            assert!(state == State::EMPTY || ever.contains(&(*number, state.byte())), "{number}: {state:?}");
        }
        from += 13;
    }
}

/// One relation never changes while its shard is moved again and again: no reader ever misses it.
#[test]
fn a_relation_at_rest_is_never_missed() {
    let (table, mut writer) = table(1, 64 << 20);
    let at_rest: Vec<u64> = (0..64).collect();
    for number in &at_rest {
        writer.set(&table, hash(*number), state(*number)).unwrap();
    }
    let expected: Vec<State> = at_rest.iter().map(|number| state(*number)).collect();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    assert_eq!(contents(&table, at_rest.iter().copied()), expected);
                }
            });
        }
        let _stop = Stop(&done);
        for number in 64..300_000 {
            writer.set(&table, hash(number), state(number)).unwrap();
        }
    });
}

#[test]
fn a_place_is_72_bits() {
    let (table, _) = table(SHARD_BITS, SMALL);
    assert_eq!(table.place(alike(1)), table.place(alike(2)));
    assert_ne!(table.place(alike(1)), table.place(alike(1 << 47)));
}
