//! Data of an earlier program, which took an approval that a sweep saw for a movement: it is told apart, and a refusal that
//! it hid is one again.

use super::*;
use izingate::ingest::verify::compare;
use izingate::store::codec::{HistoryValue, encode_history};

/// A directory whose only relation holds these movements and then, as its current movement, the listing.
fn earlier(movements: &[Movement], listing: &Movement) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open_store(dir.path());
    let mut commit = store.begin();
    for movement in movements {
        commit.history(&key(movement).to_bytes(), &value(movement)).unwrap();
    }
    commit.history(&key(listing).to_earlier_bytes(), &value(listing)).unwrap();
    let mut record = Record::default();
    record.set(listing.cell, CellRecord::of(listing));
    commit.record(&listing.relation, &record).unwrap();
    commit.commit().unwrap();
    dir
}

fn key(movement: &Movement) -> HistoryKey {
    let Movement { relation, cell, created, status, ref source, .. } = *movement;
    HistoryKey { relation, cell, created, status, source: source.code() }
}

fn value(movement: &Movement) -> HistoryValue {
    let Movement { consented, received, reading, .. } = *movement;
    let ambiguous = reading.is_ambiguous();
    let (transaction, revision, known_since) = (id_of(movement).into(), 1, movement.created);
    HistoryValue { consented, transaction, received, ambiguous, revision, known_since }
}

fn of(status: Status, second: u32, source: &str, transaction: Option<&str>) -> Movement {
    movement(0, Cell::ALL[2], status, second, source, None, transaction)
}

fn listing(second: u32) -> Movement {
    Movement { source: Source::SWEEP, ..of(Status::Onay, second, "", None) }
}

#[test]
fn a_refusal_that_a_sweep_hid_is_one_again() {
    let approval = of(Status::Onay, 1, "HS_WEB", Some("ab"));
    let own = of(Status::Ret, 2, "IYS_WEB", Some("ff"));
    // Recorded without İYS's identity, as programs of formats up to 3 did and as they do since.
    let nameless = of(Status::Ret, 2, "LOCAL_RET", None);
    let received = received(of(Status::Ret, 0, "HS_WEB", None));
    for (movements, expected) in [
        (vec![], Status::Onay),
        (vec![approval.clone()], Status::Onay),
        (vec![approval.clone(), own], Status::Onay),
        (vec![approval.clone(), nameless], Status::Ret),
        (vec![approval.clone(), received], Status::Ret),
    ] {
        let node = Node::open(earlier(&movements, &listing(4)));
        let held = |node: &Node| node.index.get(approval.relation.hash()).get(approval.cell);
        assert_eq!(held(&node), Some(expected), "{movements:?}");
        // What came late does not take the place of what was hidden, and what comes later does.
        node.apply(vec![of(Status::Onay, 0, "HS_WEB", Some("cd"))]);
        assert_eq!(held(&node), Some(expected), "{movements:?}");
        node.apply(vec![of(Status::Ret, 3, "HS_WEB", None)]);
        assert_eq!(held(&node), Some(Status::Ret));
        assert!(compare(&node.store, &node.index, |difference| panic!("{difference}")).unwrap().is_equal());
        node.apply(vec![of(Status::Onay, 5, "HS_WEB", Some("ef")), listing(6)]);
        assert_eq!(held(&node), Some(Status::Onay));
        let again = node.restarted();
        assert_eq!(held(&again), Some(Status::Onay));
        assert!(compare(&again.store, &again.index, |difference| panic!("{difference}")).unwrap().is_equal());
    }
}

#[test]
fn an_erasure_takes_the_rows_of_an_earlier_program_too() {
    let (before, after) = (received(of(Status::Ret, 0, "HS_WEB", None)), listing(4));
    let node = Node::open(earlier(std::slice::from_ref(&before), &after));
    let erased = |second| Told::Erased(before.relation.pseudonym, None, time(second));
    node.hand_in(batches(&[erased(3)]), true);
    assert_eq!(node.index.get(before.relation.hash()), State::EMPTY.with(before.cell, Status::Onay), "the list since then");
    assert_eq!(node.bytes_of("history").into_values().collect::<Vec<_>>(), [encode_history(&value(&after))]);
    node.hand_in(batches(&[erased(4)]), true);
    assert_eq!((node.bytes_of("history").len(), node.bytes_of("consent").len()), (0, 0));
    assert_eq!(node.index.get(before.relation.hash()), State::EMPTY);
}
