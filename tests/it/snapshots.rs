//! A start from a snapshot and the changes since ends where a scan of the store ends; a snapshot that
//! does not belong to the store is passed over, and said so.

use izingate::index::Index;
use izingate::index::snapshot::SnapshotFile;
use izingate::ingest::{Boot, Origin, Setup, Writer, WriterHandle, snapshot};
use izingate::model::brand::BrandCode;
use izingate::model::consent::channel::Cell;
use izingate::model::consent::key::{Pseudonym, RelationKey};
use izingate::model::consent::movement::{Movement, Reading};
use izingate::model::consent::source::Source;
use izingate::model::consent::state::{State, Status};
use izingate::model::secret::mac::MacKey;
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use izingate::ports::MovementSink;
use izingate::store::{Compression, Options, Store};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const NUMBERS: u64 = 3_000;

fn relation(number: u64) -> RelationKey {
    let pseudonym = Pseudonym(xxhash_rust::xxh3::xxh3_128(&number.to_le_bytes()).to_be_bytes());
    RelationKey::of_brand(pseudonym, BrandCode::new(601_234).unwrap())
}

fn movement(number: u64, status: Status, second: u32) -> Movement {
    Movement {
        relation: relation(number),
        cell: Cell::ALL[2],
        status,
        created: IysTime::from_unix(1_700_000_000 + second),
        consented: None,
        source: Source::parse("HS_WEB").unwrap(),
        transaction: None,
        misformed: false,
        received: false,
        reading: Reading::Only,
    }
}

fn open_store(folder: &Path, secret: u8) -> Store {
    let options =
        Options { compression: Compression::None, cache_bytes: 1 << 20, write_buffer_bytes: 1 << 20, ..Options::default() };
    Store::open(&folder.join("store"), &options, &Pseudonymizer::new(&Secret::from_bytes([secret; 32])), 1).unwrap()
}

/// A store with its writer and index, started as a gateway starts.
struct Node {
    index: Index,
    store: Arc<Store>,
    sink: WriterHandle,
    writer: Writer,
    runtime: Runtime,
    origin: Origin,
    dir: TempDir,
}

impl Node {
    fn fresh() -> Self {
        Self::open(tempfile::tempdir().unwrap(), 7)
    }

    fn open(dir: TempDir, secret: u8) -> Self {
        let boot = Boot::Restore(Some(file_of(&dir)));
        Self::start(dir, secret, boot)
    }

    fn start(dir: TempDir, secret: u8, boot: Boot) -> Self {
        let (store, index) = (Arc::new(open_store(dir.path(), secret)), Index::new(256 << 20).unwrap());
        let (store_of, index_of) = (Arc::clone(&store), index.clone());
        let clock = izingate::sys::clock::Clock::of(|| IysTime::from_unix(1_800_000_000));
        let setup = Setup { store: store_of, index: index_of, queue: 8, observer: Box::new(|_| {}), clock };
        let (writer, sink, booted) = Writer::start(setup, boot).unwrap();
        let runtime = Builder::new_current_thread().build().unwrap();
        let origin = runtime.block_on(booted).unwrap().unwrap();
        Self { index, store, sink, writer, runtime, origin, dir }
    }

    fn apply(&self, movements: Vec<Movement>) {
        self.runtime.block_on(self.sink.apply(movements)).unwrap();
    }

    fn save(&self) -> u64 {
        snapshot::save(&self.store, &self.index, &file_of(&self.dir)).unwrap().0
    }

    fn stop(self) -> TempDir {
        drop((self.sink, self.index));
        self.writer.join();
        self.dir
    }

    fn restarted(self) -> Self {
        Self::open(self.stop(), 7)
    }

    fn states(&self) -> (Vec<State>, u64, u64) {
        let states = (0..NUMBERS).map(|number| self.index.get(relation(number).hash())).collect();
        (states, self.index.relations(), self.index.revision().get())
    }
}

fn file_of(dir: &TempDir) -> SnapshotFile {
    SnapshotFile { path: path_of(dir), key: MacKey::from_bytes([7; 32]) }
}

fn path_of(dir: &TempDir) -> PathBuf {
    dir.path().join("index.snap")
}

fn movements() -> impl Strategy<Value = Vec<Movement>> {
    let one = (0..NUMBERS, any::<bool>(), 0..100_u32);
    let one = one.prop_map(|(number, ret, second)| movement(number, if ret { Status::Ret } else { Status::Onay }, second));
    proptest::collection::vec(one, 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_batches_before_and_after_a_snapshot_end_alike(
        before in proptest::collection::vec(movements(), 0..4),
        after in proptest::collection::vec(movements(), 0..4),
        offline in any::<bool>(),
    ) {
        let node = Node::fresh();
        for batch in before {
            node.apply(batch);
        }
        let saved = node.save();
        // What an offline import adds is no different from what a gateway does.
        let node = if offline { Node::start(node.stop(), 7, Boot::Skip) } else { node };
        for batch in after {
            node.apply(batch);
        }
        let last = node.store.revision().unwrap();
        let quick = node.restarted();
        prop_assert_eq!(&quick.origin, &Origin::Snapshot { revision: saved, batches: last - saved });
        let ended = quick.states();
        let dir = quick.stop();
        fs::remove_file(path_of(&dir)).unwrap();
        let scanned = Node::open(dir, 7);
        prop_assert_eq!(&scanned.origin, &Origin::Scan);
        prop_assert_eq!(ended, scanned.states());
    }
}

/// A node with a thousand relations, a snapshot, and a change after it.
fn with_snapshot() -> Node {
    let node = Node::fresh();
    node.apply((0..1_000).map(|number| movement(number, Status::Onay, 1)).collect());
    node.save();
    node.apply(vec![movement(5, Status::Ret, 2)]);
    node
}

/// What a start makes of a snapshot that something was done to; the answers are the store's in any case.
fn after(node: Node, harm: impl FnOnce(&Store, &Path)) -> String {
    let (expected, path) = (node.states(), path_of(&node.dir));
    harm(&node.store, &path);
    let again = node.restarted();
    assert_eq!(again.states(), expected);
    match again.origin {
        Origin::Fallback(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_one_is_passed_over() {
    let said = after(with_snapshot(), |_, path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    });
    assert_eq!(said, "a block is damaged");
    let said = after(with_snapshot(), |_, path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    });
    assert_eq!(said, "it is cut short");
    assert_eq!(after(with_snapshot(), |_, path| fs::write(path, "").unwrap()), "it is cut short");
}

#[test]
fn one_of_another_directory_or_secret_is_passed_over() {
    let other = with_snapshot();
    other.apply(vec![movement(7, Status::Ret, 9)]);
    other.save();
    // The same number of batches, but other ones.
    let node = with_snapshot();
    node.apply(vec![movement(8, Status::Ret, 9)]);
    let said = after(node, |_, path| assert!(fs::copy(path_of(&other.dir), path).unwrap() > 0));
    assert_eq!(said, "it was taken of other data");
    let stranger = Node::open(tempfile::tempdir().unwrap(), 8);
    stranger.save();
    let said = after(with_snapshot(), |_, path| assert!(fs::copy(path_of(&stranger.dir), path).unwrap() > 0));
    assert_eq!(said, "it was taken of other data");
}

#[test]
fn one_from_the_future_is_passed_over() {
    let other = with_snapshot();
    other.apply(vec![movement(7, Status::Ret, 9)]);
    other.save();
    let said = after(with_snapshot(), |_, path| assert!(fs::copy(path_of(&other.dir), path).unwrap() > 0));
    assert_eq!(said, "the changes since are not kept any more");
}

#[test]
fn one_whose_changes_are_gone_is_passed_over() {
    let node = with_snapshot();
    node.apply(vec![movement(6, Status::Ret, 3)]);
    let said = after(node, |store, _| {
        assert_eq!(store.prune_changes(IysTime::from_unix(u32::MAX), 3).unwrap(), 2);
    });
    assert_eq!(said, "the changes since are not kept any more");
}

#[test]
fn a_folder_in_its_place_is_passed_over() {
    let said = after(with_snapshot(), |_, path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    });
    assert!(said.starts_with("it cannot be read: "), "{said}");
}

/// Snapshots one after another while movements pour in: each is whole, and a start from it is right.
#[test]
fn taken_while_movements_pour_in() {
    let node = Node::fresh();
    node.apply((0..NUMBERS).map(|number| movement(number, Status::Onay, 0)).collect());
    std::thread::scope(|scope| {
        let saving = scope.spawn(|| (0..5).map(|_| node.save()).collect::<Vec<_>>());
        let mut second = 0;
        while !saving.is_finished() {
            second += 1;
            let status = if second % 2 == 0 { Status::Onay } else { Status::Ret };
            node.apply((0..50).map(|step| movement(u64::from(second) * 7 % NUMBERS + step, status, second)).collect());
        }
        let saved = saving.join().unwrap();
        assert!(saved.is_sorted() && saved[0] >= 1, "{saved:?}");
    });
    let expected = node.states();
    let again = node.restarted();
    assert!(matches!(again.origin, Origin::Snapshot { .. }), "{:?}", again.origin);
    assert_eq!(again.states(), expected);
}
