use super::super::restore::restore;
use super::*;
use crate::model::brand::{Brand, BrandCode, IysCode};
use crate::model::channel::Cell;
use crate::model::feed::Gap;
use crate::model::key::{Pseudonym, RelationKey};
use crate::model::secret::{Pseudonymizer, Secret};
use crate::model::state::{State, Status};
use crate::model::time::IysTime;
use crate::store::codec::Change;
use crate::store::{Commit, Options};
use tempfile::TempDir;

const THEN: IysTime = IysTime::from_unix(1_795_000_000);

fn code() -> BrandCode {
    BrandCode::new(601_234).unwrap()
}

/// A store with a brand that misses something, and an index that follows it.
struct Followed {
    _folder: TempDir,
    primary: Store,
    follower: Store,
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
    let follower = Store::open_following(&path, &folder.path().join("own"), &Options::default()).unwrap();
    let index = Index::new(64 << 20).unwrap();
    restore(&follower, &index, None).unwrap();
    Followed { _folder: folder, primary, follower, index }
}

fn commit(store: &Store, put: impl FnOnce(&mut Commit<'_>) -> Result<(), StoreError>) {
    let mut batch = store.begin();
    put(&mut batch).unwrap();
    batch.commit().unwrap();
}

/// A new relation with an approval, in a batch of its own.
fn approved(batch: &mut Commit<'_>, revision: u64) -> Result<(), StoreError> {
    let state = State::EMPTY.with(Cell::ALL[2], Status::Onay);
    let relation = RelationKey::of_brand(Pseudonym([u8::try_from(revision).unwrap(); 16]), code());
    batch.revision(revision, &Change { at: THEN, states: vec![(relation, state)], new: 1 })
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
    let world = followed();
    assert_eq!(world.known(), (None, Some((THEN, THEN.plus(60)))));
    commit(&world.primary, |batch| {
        batch.no_gap(code())?;
        batch.import_cursor(code(), THEN.plus(60))?;
        approved(batch, 1)
    });
    assert_eq!(catch_up(&world.follower, &world.index).unwrap(), 1);
    assert_eq!((world.known(), world.index.relations()), ((Some(THEN.plus(60)), None), 1));
    assert_eq!(catch_up(&world.follower, &world.index).unwrap(), 1, "nothing is new");
}

/// Whoever cannot have the data must not have how fresh it is: it would be taken for fresh without it.
#[test]
fn a_brand_is_not_fresher_than_the_data_that_came() {
    let world = followed();
    commit(&world.primary, |batch| approved(batch, 1));
    commit(&world.primary, |batch| {
        batch.no_gap(code())?;
        batch.import_cursor(code(), THEN.plus(60))?;
        approved(batch, 2)
    });
    assert_eq!(world.primary.prune_changes(THEN.plus(1), 2).unwrap(), 1);
    assert!(matches!(catch_up(&world.follower, &world.index), Err(CatchUpError::NewStart(_))));
    assert_eq!(world.known(), (None, Some((THEN, THEN.plus(60)))));
    assert_eq!(world.index.revision().get(), 0);
}
