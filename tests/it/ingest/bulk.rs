//! A bulk import leaves what the ordinary writer leaves: the same oracle, the same bytes.

use super::*;
use izingate::ingest::StoreFollower;
use izingate::ingest::bulk::{BulkError, Limits, Records, Slice, Sorted, Sorter};
use izingate::store::codec::BulkPosition;
use std::collections::HashMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn a_bulk_import_ends_in_the_oracles_state(
        before in proptest::collection::vec(any_told(), 0..30),
        movements in proptest::collection::vec(any_movement(), 1..60),
        (seed, memory, size) in (any::<u64>(), any::<bool>(), any::<u64>()),
    ) {
        let truth = Truth::of(&[before.clone(), all_told(&movements)].concat());
        let (bulk, ordinary) = (Node::fresh(), Node::fresh());
        for node in [&bulk, &ordinary] {
            for part in before.chunks(7) {
                node.hand_in(batches(part), true);
            }
        }
        ordinary.deliver(seed, &all_told(&movements));
        let delivered = repeated(seed, &movements);
        // Little memory makes many runs on disk.
        let limits = Limits { memory: if memory { 1 << 20 } else { 2_000 }, disk: 1 << 20 };
        let revision = bulk.index.revision().get();
        let done = bulk.import(&delivered, limits, seed, 1 + size % 9).unwrap();
        prop_assert_eq!(done.movements, delivered.len() as u64);
        prop_assert_eq!(done.applied + done.unchanged, done.movements);

        prop_assert_eq!(&bulk.on_file(), &truth);
        prop_assert_eq!(bulk.in_memory(&truth), truth.states());
        prop_assert_eq!(bulk.bytes_of("consent"), ordinary.bytes_of("consent"));
        prop_assert_eq!(bulk.bytes_of("registry"), ordinary.bytes_of("registry"));
        prop_assert_eq!(bulk.changed_states(), truth.held_states());
        let revisions: Vec<u64> = bulk.bytes_of("changes").keys().map(|key| u64::from_be_bytes(key[..].try_into().unwrap())).collect();
        prop_assert_eq!(revisions, (1..=bulk.index.revision().get()).collect::<Vec<_>>(), "no gap");
        prop_assert_eq!(bulk.index.revision().get() > revision, done.applied > 0);

        let (history, revision) = (bulk.bytes_of("history"), bulk.index.revision().get());
        let again = bulk.import(&delivered, limits, seed.wrapping_add(1), 1 + size % 5).unwrap();
        prop_assert_eq!((again.applied, again.unchanged), (0, done.movements));
        prop_assert_eq!(&bulk.bytes_of("history"), &history, "a repeat changes not even when something was first known");
        prop_assert_eq!(bulk.index.revision().get(), revision);

        let restarted = bulk.restarted();
        prop_assert_eq!(restarted.in_memory(&truth), truth.states());
        prop_assert_eq!(&restarted.on_file(), &truth);
    }
}

/// The movements with repeats, in an order that the seed chooses.
fn repeated(seed: u64, movements: &[Movement]) -> Vec<Movement> {
    let (mut rng, mut delivered) = (Rng::new(seed), movements.to_vec());
    for _ in 0..rng.below(movements.len() as u64 + 1) {
        delivered.push(movements[rng.below(movements.len() as u64) as usize].clone());
    }
    rng.shuffle(&mut delivered);
    delivered
}

/// `count` approvals in one second, each of a phone of its own.
fn approvals(count: u64) -> Vec<Movement> {
    let of = |number: u64| {
        let phone = Recipient::parse_approval(&format!("+90532{number:07}"), Channel::Mesaj).unwrap();
        let approval = movement(0, Cell::ALL[2], Status::Onay, 1, "HS_WEB", None, Some("ff"));
        Movement { relation: RelationKey::of_brand(pseudonymizer().recipient(&phone), approval.relation.brand), ..approval }
    };
    (0..count).map(of).collect()
}

fn records_of(movements: &[Movement]) -> Records {
    let mut records = Records::default();
    for movement in movements {
        records.push(movement);
    }
    records
}

impl Node {
    fn sorted(&self, movements: &[Movement], limits: Limits) -> Result<Sorted, BulkError> {
        let sorter = Sorter::new(self.dir.path().join("import"), limits);
        for part in movements.chunks(11) {
            sorter.add(&records_of(part))?;
        }
        sorter.finish()
    }

    fn import(&self, movements: &[Movement], limits: Limits, job: u64, size: u64) -> Result<BulkPosition, BulkError> {
        let slices = self.sorted(movements, limits)?.slices(job, size, 0)?;
        let mut done = BulkPosition { job, movements: movements.len() as u64, applied: 0, unchanged: 0 };
        self.sink.bulk(slices, |slice| {
            assert!(self.store.revision().unwrap() >= slice.revision, "durable before it is told");
            done.applied += slice.applied;
            done.unchanged += slice.unchanged;
        })?;
        assert_eq!(self.store.bulk_position().unwrap(), Some(done), "what is told is what is kept");
        Ok(done)
    }
}

#[test]
fn checks_and_ordinary_movements_go_on_between_slices() {
    let node = Node::fresh();
    let late = movement(0, Cell::ALL[0], Status::Ret, 2, "IYS_WEB", None, Some("ab"));
    let ordinary = (0..20).map(|second| Movement { created: IysTime::from_unix(1_700_000_000 + second), ..late.clone() });
    let mut ordinary = ordinary.collect::<Vec<_>>().into_iter();
    let mut told = Vec::new();
    let slices = node.sorted(&approvals(40), Limits { memory: 1 << 20, disk: 0 }).unwrap().slices(5, 2, 0).unwrap();
    // A slice is handed in only after the movement before it is answered, and up to four are under way.
    let slices = slices.inspect(|_| {
        let applied = node.apply(ordinary.next().into_iter().collect());
        assert_eq!(node.index.get(late.relation.hash()), State::EMPTY.with(late.cell, Status::Ret));
        told.push(applied.revision);
    });
    let mut visible = Vec::new();
    node.sink.bulk(slices, |slice| visible.push((slice.revision, node.index.revision().get()))).unwrap();
    assert_eq!((told.len(), visible.len()), (20, 20));
    assert!(visible.iter().all(|(revision, published)| published >= revision), "told once it is visible: {visible:?}");
    let mut all: Vec<u64> = told.iter().copied().chain(visible.iter().map(|(revision, _)| *revision)).collect();
    all.sort_unstable();
    assert_eq!(all, (1..=40).collect::<Vec<_>>(), "one revision each, of slices and movements in turn");
    assert!(
        approvals(40).iter().all(|approval| node.index.get(approval.relation.hash()).get(approval.cell) == Some(Status::Onay))
    );
}

#[test]
fn an_import_goes_on_behind_its_last_slice() {
    for spilled in [true, false] {
        let (whole, node) = (Node::fresh(), Node::fresh());
        let limits = Limits { memory: if spilled { 2_000 } else { 1 << 20 }, disk: 1 << 20 };
        let movements = approvals(50);
        whole.import(&movements, limits, 1, 4).unwrap();
        let sorted = node.sorted(&movements, limits).unwrap();
        assert_eq!(!sorted.runs.is_empty(), spilled);
        let (runs, names) = (sorted.runs.clone(), sorted.names.clone());
        node.sink.bulk(sorted.slices(9, 4, 0).unwrap().take(5), |_| ()).unwrap();
        let node = node.restarted();
        let position = node.store.bulk_position().unwrap().unwrap();
        assert_eq!(position, BulkPosition { job: 9, movements: 20, applied: 20, unchanged: 0 });
        let sorted = if spilled {
            Sorted::of_runs(node.dir.path().join("import"), runs, names, 50)
        } else {
            node.sorted(&movements, limits).unwrap()
        };
        node.sink.bulk(sorted.slices(9, 4, position.movements).unwrap(), |slice| assert_eq!(slice.unchanged, 0)).unwrap();
        let end = BulkPosition { job: 9, movements: 50, applied: 50, unchanged: 0 };
        assert_eq!(node.store.bulk_position().unwrap(), Some(end));
        for family in ["consent", "history", "changes"] {
            assert_eq!(node.bytes_of(family), whole.bytes_of(family), "{family}");
        }
    }
}

#[test]
fn no_slice_is_taken_behind_one_that_is_missing() {
    let node = Node::fresh();
    let slices = |job| node.sorted(&approvals(9), Limits { memory: 1 << 20, disk: 0 }).unwrap().slices(job, 3, 0).unwrap();
    let result = node.sink.bulk(slices(1).skip(1), |_| ());
    assert_eq!(result.map_err(|error| error.code()), Err("IMPORT_OUT_OF_TURN"));
    assert_eq!((node.index.revision().get(), node.bytes_of("history").len()), (0, 0));
    node.sink.bulk(slices(2).take(1), |_| ()).unwrap();
    node.sink.bulk([Ok(Slice::single(&records_of(&approvals(1)), 3))].into_iter(), |_| ()).unwrap();
    let result = node.sink.bulk(slices(2).skip(1), |_| ());
    assert_eq!(result.map_err(|error| error.code()), Err("IMPORT_OUT_OF_TURN"), "another import began");
    assert!(!node.sink.is_poisoned());
}

#[test]
fn temporary_files_keep_to_their_bound() {
    let node = Node::fresh();
    let limits = Limits { memory: 2_000, disk: 3_000 };
    assert_eq!(node.sorted(&approvals(200), limits).map(|_| ()).map_err(|error| error.code()), Err("IMPORT_DISK_LIMIT"));
}

/// Every bit of a run, and every length of it.
#[test]
fn a_damaged_run_is_never_taken_for_movements() {
    let node = Node::fresh();
    let sorted = || node.sorted(&approvals(40), Limits { memory: 2_000, disk: 1 << 20 }).unwrap();
    let read = |runs: &[_]| {
        let sorted = Sorted::of_runs(node.dir.path().join("import"), runs.to_vec(), HashMap::new(), 40);
        sorted.slices(1, 100, 0)?.collect::<Result<Vec<_>, _>>().map(|slices| slices.len())
    };
    let runs = sorted().runs;
    let path = node.dir.path().join("import").join(&runs[0].name);
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(read(&runs).unwrap(), 1);
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(read(&runs).map_err(|error| error.code()), Err("IMPORT_RUN_DAMAGED"), "bit {bit}");
    }
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(read(&runs).map_err(|error| error.code()), Err("IMPORT_RUN_DAMAGED"), "cut to {length}");
    }
}

/// It looks again and again, so that it sees the store between any two steps of the writer: files that a family took in before the batch
/// is committed, a log that is let go of.
#[test]
fn a_follower_goes_on_beside_a_bulk_import() {
    let node = Node::fresh();
    let own = tempfile::tempdir().unwrap();
    let store = Store::open_following(&node.dir.path().join("store"), own.path(), &store_options()).unwrap();
    let index = Index::default();
    let (follower, _) = StoreFollower::fill(store, index.clone(), None).unwrap();
    let (end, ended) = mpsc::channel();
    let following = std::thread::spawn(move || follower.follow_until(&ended, Duration::ZERO));
    let movements = approvals(600);
    node.import(&movements, Limits { memory: 1 << 20, disk: 0 }, 1, 4).unwrap();
    let (committed, begun) = (node.index.revision().get(), Instant::now());
    while index.revision().get() < committed && !following.is_finished() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{} of {committed}", index.revision().get());
        std::thread::yield_now();
    }
    drop(end);
    following.join().unwrap().unwrap();
    assert_eq!((committed, index.revision().get(), index.relations()), (150, 150, 600));
    assert!(movements.iter().all(|approval| index.get(approval.relation.hash()).get(approval.cell) == Some(Status::Onay)));
}
