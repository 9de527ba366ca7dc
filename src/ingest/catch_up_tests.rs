use super::super::restore::restore;
use super::*;
use crate::index::BRANDS_COPIED;
use crate::model::brand::{Brand, BrandCode, IysCode};
use crate::model::consent::channel::Cell;
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::record::Record;
use crate::model::consent::state::{State, Status};
use crate::model::feed::Gap;
use crate::model::secret::pseudonym::{Pseudonymizer, Secret};
use crate::model::time::IysTime;
use crate::store::codec::{Change, encode_change};
use crate::store::{Commit, Options};
use tempfile::TempDir;

const THEN: IysTime = IysTime::from_unix(1_795_000_000);

fn code() -> BrandCode {
    BrandCode::new(601_234).unwrap()
}

/// A store with a brand that misses something, and an index that follows it.
struct Followed {
    folder: TempDir,
    primary: Store,
    follower: StoreFollower,
    index: Index,
}

fn followed() -> Followed {
    let folder = tempfile::tempdir().unwrap();
    let (path, pseudonymizer) = (folder.path().join("store"), Pseudonymizer::new(&Secret::from_bytes([7; 32])));
    let primary = Store::open(&path, &Options::default(), &pseudonymizer, 1).unwrap();
    commit(&primary, |batch| {
        batch.brand(&Brand::imported(code(), IysCode::new(7).unwrap(), "Örnek".to_owned()))?;
        batch.gap(&Gap { brand: code(), from: THEN, to: THEN.plus(60), found: THEN.plus(60) })
    });
    let follower = follow(&folder, &primary);
    let index = follower.index.clone();
    Followed { folder, primary, follower, index }
}

/// A follower that begins now.
fn follow(folder: &TempDir, primary: &Store) -> StoreFollower {
    let own = tempfile::tempdir_in(folder.path()).unwrap().keep();
    let store = Store::open_following(&folder.path().join("store"), &own, &Options::default()).unwrap();
    assert!(store.revision().unwrap() == primary.revision().unwrap());
    StoreFollower::fill(store, Index::new(64 << 20).unwrap(), None).unwrap().0
}

fn commit(store: &Store, put: impl FnOnce(&mut Commit<'_>) -> Result<(), StoreError>) {
    let mut batch = store.begin();
    put(&mut batch).unwrap();
    batch.commit().unwrap();
}

/// A new relation with an approval.
fn approval(revision: u64) -> (RelationKey, Change) {
    let state = State::EMPTY.with(Cell::ALL[2], Status::Onay);
    let relation = RelationKey::of_brand(Pseudonym([u8::try_from(revision).unwrap(); 16]), code());
    (relation, Change { at: THEN, states: vec![(relation, state)], new: 1 })
}

/// The same in a batch of its own.
fn approved(batch: &mut Commit<'_>, revision: u64) -> Result<(), StoreError> {
    batch.revision(revision, &approval(revision).1)
}

/// The same in the change log, where no batch has ended with it yet.
fn noted(batch: &mut Commit<'_>, revision: u64) -> Result<(), StoreError> {
    batch.told_anew(revision, &encode_change(&approval(revision).1))
}

impl Followed {
    /// Up to when the brand's data is known, and what is missing of it.
    fn known(&self) -> (Option<IysTime>, Option<(IysTime, IysTime)>) {
        let entry = self.index.brands().get(code()).unwrap();
        (entry.as_of(), entry.freshness.gap())
    }
}

#[test]
fn what_was_committed_since_is_followed_and_a_gap_that_was_closed_is_gone() {
    let mut world = followed();
    assert_eq!(world.known(), (None, Some((THEN, THEN.plus(60)))));
    commit(&world.primary, |batch| {
        batch.no_gap(code())?;
        batch.import_cursor(code(), THEN.plus(60))?;
        approved(batch, 1)
    });
    assert_eq!(world.follower.catch_up().unwrap(), 1);
    assert_eq!((world.known(), world.index.relations()), ((Some(THEN.plus(60)), None), 1));
    assert_eq!(world.follower.catch_up().unwrap(), 1, "nothing is new");
}

/// Whoever cannot have the data must not have how fresh it is: it would be taken for fresh without it.
#[test]
fn a_brand_is_not_fresher_than_the_data_that_came() {
    let mut world = followed();
    commit(&world.primary, |batch| approved(batch, 1));
    commit(&world.primary, |batch| {
        batch.no_gap(code())?;
        batch.import_cursor(code(), THEN.plus(60))?;
        approved(batch, 2)
    });
    assert_eq!(world.primary.prune_changes(THEN.plus(1), 2).unwrap(), 1);
    assert!(matches!(world.follower.catch_up(), Err(CatchUpError::Hole { missing: 1, committed: 2 })));
    assert_eq!(world.known(), (None, Some((THEN, THEN.plus(60)))));
    assert_eq!(world.index.revision().get(), 0);
}

/// A bulk import hands over the files of a batch before it ends the batch.
#[test]
fn what_is_in_the_log_and_not_committed_waits() {
    let mut world = followed();
    commit(&world.primary, |batch| approved(batch, 1));
    commit(&world.primary, |batch| noted(batch, 2));
    assert_eq!(world.follower.catch_up().unwrap(), 1);
    assert_eq!((world.index.revision().get(), world.index.relations()), (1, 1));
    commit(&world.primary, |batch| approved(batch, 2));
    assert_eq!(world.follower.catch_up().unwrap(), 2);
    assert_eq!((world.index.revision().get(), world.index.relations()), (2, 2));
}

/// The list of files is read before the log, and a log may have gone in between.
#[test]
fn behind_a_hole_nothing_is_taken_until_it_is_gone() {
    let mut world = followed();
    for revision in [1, 3] {
        commit(&world.primary, |batch| approved(batch, revision));
    }
    for _ in 0..2 {
        assert!(matches!(world.follower.catch_up(), Err(CatchUpError::Hole { missing: 2, committed: 3 })));
        assert_eq!((world.index.revision().get(), world.index.relations()), (1, 1));
    }
    commit(&world.primary, |batch| noted(batch, 2));
    assert_eq!((world.follower.catch_up().unwrap(), world.index.relations()), (3, 3));
}

#[test]
fn a_hole_that_stays_ends_it() {
    let world = followed();
    commit(&world.primary, |batch| approved(batch, 2));
    let (_end, ended) = std::sync::mpsc::channel();
    let lost = world.follower.follow_until(&ended, Duration::ZERO).unwrap_err();
    assert_eq!(lost.to_string(), "the change log has no batch 1, and the store is at revision 2");
    let own = tempfile::tempdir_in(world.folder.path()).unwrap();
    let store = Store::open_following(&world.folder.path().join("store"), own.path(), &Options::default()).unwrap();
    let index = Index::new(64 << 20).unwrap();
    commit(&world.primary, |batch| approved(batch, 4));
    assert!(StoreFollower::fill(store, index.clone(), None).is_err() && !index.is_loaded(), "nobody is answered from it");
}

/// A scan beside a bulk import finds what is handed over already, and counts it once.
#[test]
fn what_a_start_saw_before_it_was_committed_is_the_same_relation_later() {
    let world = followed();
    commit(&world.primary, |batch| approved(batch, 1));
    let (relation, _) = approval(2);
    let mut record = Record::default();
    record.closed = Some(THEN);
    commit(&world.primary, |batch| batch.record(&relation, &record));
    let mut follower = follow(&world.folder, &world.primary);
    let found = |follower: &StoreFollower| {
        let index = &follower.index;
        (index.revision().get(), index.relations(), index.get(relation.hash()) == State::EMPTY.with(Cell::ALL[2], Status::Onay))
    };
    assert_eq!(found(&follower), (1, 1, false), "the other one is in the log alone");
    commit(&world.primary, |batch| approved(batch, 2));
    assert_eq!(follower.catch_up().unwrap(), 2);
    assert_eq!(found(&follower), (2, 1, true), "no second relation in its place");
}

/// Counted, not timed: each look puts every brand into a map once.
#[test]
fn a_start_and_a_look_with_many_brands_take_each_of_them_once() {
    const MANY: u32 = 50_000;
    let mut world = followed();
    let brand = |number| Brand::imported(BrandCode::new(number).unwrap(), IysCode::new(7).unwrap(), "Örnek".to_owned());
    commit(&world.primary, |batch| (1..MANY).try_for_each(|number| batch.brand(&brand(number))));
    let copied = |act: &mut dyn FnMut()| {
        let before = BRANDS_COPIED.get();
        act();
        BRANDS_COPIED.get() - before
    };
    let index = Index::new(64 << 20).unwrap();
    let start = copied(&mut || drop(restore(&world.primary, &index, None).unwrap()));
    let look = copied(&mut || assert_eq!(world.follower.catch_up().unwrap(), 0));
    assert_eq!((start, look, index.brands().all().len()), (50_000, 50_000, 50_000));
}
