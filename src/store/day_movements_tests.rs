use super::*;
use crate::model::consent::channel::Cell;
use crate::model::consent::source::SourceCode;
use crate::model::consent::state::{State, Status};
use crate::model::secret::pseudonym::{Pseudonymizer, Secret};
use crate::store::Options;
use crate::store::codec::{Change, HistoryValue};
use tempfile::TempDir;

const DAY: u32 = 86_400;
const FROM: IysTime = IysTime::from_unix(20_000 * DAY);

fn brand() -> BrandCode {
    BrandCode::new(7).unwrap()
}

fn movement(recipient: u8, after: u32) -> Registered {
    let (recipient, created) = (Pseudonym([recipient; 16]), FROM.plus(after));
    Registered { recipient, cell: Cell::ALL[2], created }
}

/// Commits a batch of these movements.
fn commit(store: &Store, revision: u64, at: IysTime, movements: &[Registered]) {
    let mut batch = store.begin();
    let relation = |recipient| RelationKey::of_brand(recipient, brand());
    for &Registered { recipient, cell, created } in movements {
        let (status, source) = (Status::Ret, SourceCode::from_stored(6));
        let key = HistoryKey { relation: relation(recipient), cell, created, status, source };
        let value = HistoryValue {
            consented: None,
            transaction: "ab12".into(),
            received: false,
            ambiguous: false,
            revision,
            known_since: at,
        };
        batch.history(&key.to_bytes(), &value).unwrap();
    }
    let states = movements.iter().map(|movement| (relation(movement.recipient), State::EMPTY)).collect();
    batch.revision(revision, &Change { at, states, new: 0 }).unwrap();
    batch.commit().unwrap();
}

fn look(store: &Store, bounds: &Bounds) -> Result<HashSet<Registered>, Uncounted> {
    store.registered_between(brand(), FROM, FROM.plus(DAY), bounds, &|| true)
}

/// Three batches: of before, of the day, and of after it.
fn three_batches() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let pseudonymizer = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    let store = Store::open(&folder.path().join("store"), &Options::default(), &pseudonymizer, 1).unwrap();
    commit(&store, 1, FROM.minus(DAY), &[Registered { created: FROM.minus(DAY), ..movement(1, 0) }]);
    commit(&store, 2, FROM.plus(9), &[movement(1, 5), movement(2, 6)]);
    commit(&store, 3, FROM.plus(2 * DAY), &[movement(3, DAY - 1), movement(2, DAY), movement(2, 7)]);
    (folder, store)
}

#[test]
fn a_day_is_found_by_what_changed_since() {
    let (_folder, store) = three_batches();
    let expected = HashSet::from([movement(1, 5), movement(2, 6), movement(2, 7), movement(3, DAY - 1)]);
    assert_eq!(look(&store, &Bounds::default()), Ok(expected));
    let other = BrandCode::new(8).unwrap();
    let of_other = store.registered_between(other, FROM, FROM.plus(DAY), &Bounds::default(), &|| true);
    assert_eq!(of_other, Ok(HashSet::new()));
}

#[test]
fn a_log_that_does_not_reach_back_is_told() {
    let (_folder, store) = three_batches();
    assert_eq!(store.prune_changes(FROM, u64::MAX).unwrap(), 1);
    assert_eq!(look(&store, &Bounds::default()), Err(Uncounted::NotKept));
    let later = store.registered_between(brand(), FROM.plus(DAY), FROM.plus(2 * DAY), &Bounds::default(), &|| true);
    assert_eq!(later.map(|found| found.len()), Ok(1), "from the second batch on it is whole");
}

#[test]
fn more_than_the_bounds_is_told() {
    let (_folder, store) = three_batches();
    for (changes, found, enough) in [(5, 4, true), (4, 4, false), (5, 3, false), (5, 2, false), (5, 1, false)] {
        let outcome = look(&store, &Bounds { changes, found });
        assert_eq!(outcome.map(|_| true).or_else(|why| if why == Uncounted::TooMany { Ok(false) } else { Err(why) }), Ok(enough));
    }
}
