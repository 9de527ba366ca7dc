//! The table under the model checker: every order in which a reader and the writer can meet.
//!
//! Tables here are a line or two, so that a handful of insertions make a shard move, its old lines be
//! given back and used again.

use super::*;
use crate::model::consent::key::RelationHash;
use loom::sync::Arc;
use loom::thread;

const ONE: State = State::from_byte(1);
const TWO: State = State::from_byte(2);

/// A relation of the first shard, in the line at `part` of 256 of it.
const fn relation(part: u8) -> RelationHash {
    RelationHash((part as u128) << 120 | 1 << 80)
}

fn table(lines: usize) -> (Arc<Table>, TableWriter) {
    let table = Table::new(1, lines).unwrap();
    let writer = TableWriter::new(&table, (lines * LINE_BYTES) as u64);
    (Arc::new(table), writer)
}

fn fill(table: &Table, writer: &mut TableWriter, parts: impl IntoIterator<Item = u8>) {
    for part in parts {
        writer.set(table, relation(part), ONE).unwrap();
    }
}

/// A batch is visible as a whole to whoever has seen its revision.
#[test]
fn what_is_published_is_seen() {
    loom::model(|| {
        let (table, mut writer) = table(4);
        let revision = Arc::new(AtomicU64::new(0));
        let reader = {
            let (table, revision) = (Arc::clone(&table), Arc::clone(&revision));
            thread::spawn(move || {
                let seen = revision.load(Ordering::Acquire);
                let state = table.get(relation(3));
                assert!(seen == 0 || state == ONE);
                assert!(state == ONE || state == State::EMPTY);
            })
        };
        writer.set(&table, relation(3), ONE).unwrap();
        revision.store(1, Ordering::Release);
        reader.join().unwrap();
    });
}

/// A change is seen whole and never goes back.
#[test]
fn an_overwrite_is_seen_once_and_for_all() {
    loom::model(|| {
        let (table, mut writer) = table(4);
        fill(&table, &mut writer, [3]);
        let reader = {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                let (first, second) = (table.get(relation(3)), table.get(relation(3)));
                assert!([(ONE, ONE), (ONE, TWO), (TWO, TWO)].contains(&(first, second)));
            })
        };
        writer.set(&table, relation(3), TWO).unwrap();
        reader.join().unwrap();
    });
}

/// A relation is found in the old lines or in the new ones, and a change after the move is not lost to a
/// reader that knows of it.
#[test]
fn a_shard_moves_under_a_reader() {
    loom::model(|| {
        let (table, mut writer) = table(6);
        fill(&table, &mut writer, 1..=7);
        let revision = Arc::new(AtomicU64::new(0));
        let reader = {
            let (table, revision) = (Arc::clone(&table), Arc::clone(&revision));
            thread::spawn(move || {
                let seen = revision.load(Ordering::Acquire);
                let state = table.get(relation(5));
                assert!(if seen == 0 { state == ONE || state == TWO } else { state == TWO });
            })
        };
        // The eighth does not fit a line of its own any more.
        writer.set(&table, relation(200), ONE).unwrap();
        writer.set(&table, relation(5), TWO).unwrap();
        revision.store(1, Ordering::Release);
        reader.join().unwrap();
    });
}

/// Old lines are given back and filled by another shard while a reader may still hold their header: it
/// must never see the other's slots nor miss its own.
#[test]
fn lines_are_used_again_under_a_reader() {
    loom::model(|| {
        let (table, mut writer) = table(3);
        fill(&table, &mut writer, 1..=3);
        let reader = {
            let table = Arc::clone(&table);
            thread::spawn(move || assert_eq!(table.get(relation(3)), ONE))
        };
        // The same shard round and round a ring of three lines.
        for _ in 0..3 {
            writer.sweep(&table).unwrap();
        }
        reader.join().unwrap();
        assert_eq!(table.get(relation(3)), ONE);
    });
}
