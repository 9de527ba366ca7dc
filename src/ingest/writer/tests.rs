use super::*;
use crate::model::brand::{BrandCode, IysCode};
use crate::model::consent::channel::{Cell, Channel, RecipientType};
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::movement::Reading;
use crate::model::consent::source::Source;
use crate::model::consent::state::{State, Status};
use crate::model::secret::pseudonym::{Pseudonymizer, Secret};
use crate::model::time::IysTime;
use crate::ports::{MovementSink, Registrar, Stall};
use crate::store::Options;
use crate::store::codec::Change;
use tempfile::TempDir;

pub(super) fn setup(dir: &TempDir) -> Setup {
    let secret = Pseudonymizer::new(&Secret::from_bytes([7; 32]));
    let options = Options { cache_bytes: 1 << 20, write_buffer_bytes: 1 << 20, ..Options::default() };
    let store = Arc::new(Store::open(&dir.path().join("store"), &options, &secret, 1).unwrap());
    Setup {
        store,
        index: Index::default(),
        queue: 4,
        observer: Box::new(|_| {}),
        clock: Clock::of(|| IysTime::from_unix(1_794_000_000)),
    }
}

pub(super) fn relation(number: u8) -> RelationKey {
    RelationKey::of_brand(Pseudonym([number; 16]), BrandCode::new(601_234).unwrap())
}

pub(super) fn approval(number: u8) -> Movement {
    Movement {
        relation: relation(number),
        cell: Cell::new(Channel::Mesaj, RecipientType::default()),
        status: Status::Onay,
        created: IysTime::from_unix(1_793_000_000),
        consented: None,
        source: Source::parse("HS_WEB").unwrap(),
        transaction: None,
        misformed: false,
        received: false,
        reading: Reading::Only,
    }
}

/// A thread that was never started, to be driven by hand.
pub(super) fn thread(dir: &TempDir) -> Thread {
    let Setup { store, index, observer, clock, .. } = setup(dir);
    restore(&store, &index, None).unwrap();
    Thread {
        known_sources: HashSet::new(),
        erasures: Erasures::load(&store).unwrap(),
        revision: store.revision().unwrap(),
        stalled: Seldom::default(),
        health: Health::default(),
        unreported: Arc::default(),
        visible: true,
        store,
        index,
        observer,
        clock,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_panicked_says_so_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, handle, booted) = Writer::start(setup(&dir), Boot::Restore(None)).unwrap();
    booted.await.unwrap().unwrap();
    assert_eq!(handle.failure(), None);
    let (reply, answer) = oneshot::channel::<()>();
    let fault = Command::Registry(Box::new(move |_| {
        let _held = reply;
        panic!("a fault of ours");
    }));
    handle.commands.send(fault).await.unwrap_or_else(|_| panic!("it runs"));
    assert!(answer.await.is_err());
    for _ in 0..2 {
        assert_eq!(handle.apply(vec![approval(1)]).await, Err(SinkError::Panicked));
        let refused = handle.revoke(1).await.unwrap_err();
        assert_eq!(refused.code(), "WRITER_PANICKED");
    }
    assert!(handle.is_poisoned() && handle.failure() == Some(SinkError::Panicked));
    drop(handle);
    writer.join();
}

#[test]
fn a_batch_that_was_refused_and_is_durable_after_all_becomes_visible() {
    let dir = tempfile::tempdir().unwrap();
    let mut thread = thread(&dir);
    // As after a sync that failed behind a write that did not.
    let known = thread.store.revision().unwrap();
    let state = State::EMPTY.with(approval(1).cell, Status::Onay);
    let mut commit = thread.store.begin();
    let change = Change { at: thread.clock.receipt(), states: vec![(relation(1), state)], new: 1 };
    commit.revision(known + 1, &change).unwrap();
    let brand = Brand::imported(relation(1).brand, IysCode::new(600_000).unwrap(), "Örnek".to_owned());
    commit.brand(&brand).unwrap();
    commit.commit().unwrap();
    assert_eq!((thread.index.revision().get(), thread.index.relations()), (known, 0));
    thread.health.set(SinkError::Stalled(Stall::WriteFailed));
    let (commands, mut inbox) = mpsc::channel(1);
    drop(commands);
    assert!(thread.receive(&mut inbox).is_none());
    assert_eq!(thread.health.failure(), None, "it takes commands again");
    assert_eq!((thread.revision, thread.index.revision().get(), thread.index.relations()), (known + 1, known + 1, 1));
    assert_eq!(thread.index.brands().get(brand.code).map(|entry| entry.brand.clone()), Some(brand));
}

#[test]
fn a_store_that_comes_back_with_less_than_was_acknowledged_poisons_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let mut thread = thread(&dir);
    thread.revision = 7;
    thread.health.set(SinkError::Stalled(Stall::DiskFull));
    let (commands, mut inbox) = mpsc::channel(1);
    drop(commands);
    assert!(thread.receive(&mut inbox).is_none());
    assert_eq!(thread.health.failure(), Some(SinkError::Poisoned));
}
