//! The change stream out: everything that was committed, in order, once, to whoever takes it.

mod node;
mod program;

use crate::support::rng::Rng;
use izingate::api::proto::ChangeBatch;
use izingate::api::proto::watch_event::Event;
use izingate::api::watch::Limits;
use izingate::ingest::bulk::{Limits as BulkLimits, Records, Sorter};
use izingate::model::address::recipient::Recipient;
use izingate::model::brand::BrandCode;
use izingate::model::consent::channel::{Cell, Channel};
use izingate::model::consent::key::RelationKey;
use izingate::model::consent::movement::{Movement, Reading};
use izingate::model::consent::source::Source;
use izingate::model::consent::state::{State, Status};
use izingate::model::time::IysTime;
use izingate::ports::{ChangePart, ChangePlace, ChangeReader, ChangesError, Erasure, MovementSink};
use node::{AT, CALM, Node, PATIENCE, batch, commit, error, open, pseudonymizer, states, told};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::Code;

const CELL: Cell = Cell::ALL[2];

/// A movement of one of many phones, registered in a second.
fn movement(number: u64, status: Status, second: u32) -> Movement {
    let phone = Recipient::parse_approval(&format!("+90532{number:07}"), Channel::Mesaj).unwrap();
    Movement {
        relation: RelationKey::of_brand(pseudonymizer().recipient(&phone), BrandCode::new(7).unwrap()),
        cell: CELL,
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

/// What batches lead to, taken in their order.
fn replayed(batches: &[ChangeBatch]) -> BTreeMap<Vec<u8>, u32> {
    let changes = batches.iter().flat_map(|batch| &batch.changes);
    changes.map(|change| (change.recipient.clone(), change.state)).collect()
}

fn revisions(batches: &[ChangeBatch]) -> Vec<u64> {
    batches.iter().map(|batch| batch.revision).collect()
}

#[tokio::test]
async fn the_whole_log_from_the_earliest_on() {
    let node = Node::start(CALM).await;
    for movements in [
        vec![movement(1, Status::Onay, 1)],
        vec![movement(1, Status::Ret, 2), movement(2, Status::Onay, 1)],
        // It is new to the history and changes nothing that holds.
        vec![movement(1, Status::Onay, 0)],
    ] {
        node.sink.apply(movements).await.unwrap();
    }
    let (onay, ret) = (State::EMPTY.with(CELL, Status::Onay), State::EMPTY.with(CELL, Status::Ret));
    let [one, two] = [1, 2].map(|number| movement(number, Status::Onay, 0).relation);
    // New relations come first.
    let expected = [vec![(one, onay)], vec![(two, onay), (one, ret)], vec![]];
    let expected: Vec<_> = (1..).zip(&expected).map(|(revision, states)| batch(revision, states, AT, false)).collect();
    assert_eq!(node.watch(0).await.unwrap().through(3).await, expected);
    assert_eq!(node.log(), expected, "it is what is on disk");
    assert_eq!(node.watch(3).await.unwrap().through(3).await, expected[2..]);

    node.prune(2);
    assert_eq!(node.watch(0).await.unwrap().through(3).await, expected[1..], "the earliest that is kept");
}

#[tokio::test]
async fn what_is_committed_arrives() {
    let node = Node::start(CALM).await;
    let (mut from_now, mut from_earliest) = (node.watch(1).await.unwrap(), node.watch(0).await.unwrap());
    for number in 1..=3 {
        let applied = node.sink.apply(vec![movement(number, Status::Onay, 1)]).await.unwrap();
        for watcher in [&mut from_now, &mut from_earliest] {
            let told = watcher.batch().await.unwrap();
            assert_eq!((told.revision, told.changes.len()), (applied.revision, 1));
        }
    }
    node.metric_is("izingate_watchers", "2").await;
    drop((from_now, from_earliest));
    node.metric_is("izingate_watchers", "0").await;
}

#[tokio::test]
async fn each_revision_once_and_in_order_while_many_write() {
    let node = Node::start(CALM).await;
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let sink = node.sink.clone();
        writers.spawn(async move {
            let mut rng = Rng::new(writer);
            for second in 0..100 {
                let status = if rng.below(2) == 0 { Status::Onay } else { Status::Ret };
                let movements = (0..5).map(|_| movement(rng.below(50), status, second)).collect();
                sink.apply(movements).await.unwrap();
            }
        });
    }
    // One begins before, one in the middle of it.
    let mut early = node.watch(0).await.unwrap();
    let early_first = early.batch().await.unwrap();
    let index = node.gateway.parts().checker.index();
    index.revision().reached(50).await;
    let mut late = node.watch(30).await.unwrap();
    let late_first = late.batch().await.unwrap();
    writers.join_all().await;
    let (last, log) = (index.revision().get(), node.log());
    assert_eq!(revisions(&log), (1..=last).collect::<Vec<_>>());
    for (from, first, mut watcher) in [(1, early_first, early), (30, late_first, late)] {
        let told = [vec![first], watcher.through(last).await].concat();
        assert_eq!(told, log[from - 1..], "from {from}");
    }
    for number in 0..50 {
        let relation = movement(number, Status::Onay, 0).relation;
        let told = replayed(&log).get(&relation.pseudonym.0[..]).copied().unwrap_or(0);
        assert_eq!(told, u32::from(index.get(relation.hash()).byte()), "{number}");
    }
}

#[tokio::test]
async fn nothing_is_told_before_it_is_visible() {
    let node = Node::with_log(1..=2, 1, Limits { heartbeat: Duration::from_millis(5), ..CALM }).await;
    let mut watcher = node.watch(2).await.unwrap();
    assert_eq!(watcher.next().await.unwrap(), Event::Batch(batch(2, &states(2, 1), AT, false)));
    commit(&node.store, 3, 1);
    for _ in 0..3 {
        assert_eq!(watcher.next().await.unwrap(), Event::Heartbeat(2), "it is on disk and not visible");
    }
    node.publish(3);
    let mut event = watcher.next().await.unwrap();
    while event == Event::Heartbeat(2) {
        event = watcher.next().await.unwrap();
    }
    assert_eq!(event, Event::Batch(batch(3, &states(3, 1), AT, false)));
    assert_eq!(watcher.next().await.unwrap(), Event::Heartbeat(3));
}

#[tokio::test]
async fn a_silence_is_told() {
    let node = Node::start(Limits { heartbeat: Duration::from_millis(5), ..CALM }).await;
    for from in [0, 1] {
        let mut watcher = node.watch(from).await.unwrap();
        assert_eq!([watcher.next().await.unwrap(), watcher.next().await.unwrap()], [Event::Heartbeat(0), Event::Heartbeat(0)]);
    }
    let node = Node::with_log(1..=5, 1, Limits { heartbeat: Duration::from_millis(5), ..CALM }).await;
    assert_eq!(node.watch(6).await.unwrap().next().await.unwrap(), Event::Heartbeat(5));
    node.prune(6);
    assert_eq!(node.watch(0).await.unwrap().next().await.unwrap(), Event::Heartbeat(5), "nothing is kept, nothing is missing");
}

#[tokio::test]
async fn a_gap_is_told_with_the_revision_behind_it() {
    let gap = |earliest| error(Code::OutOfRange, "WATCH_GAP", Some(("earliest", earliest)));
    let node = Node::with_log((1..=9).filter(|revision| ![5, 6].contains(revision)), 1, CALM).await;
    node.prune(3);
    for (from, comes, earliest) in [(1, vec![], 3), (2, vec![], 3), (3, vec![3, 4], 7), (0, vec![3, 4], 7), (6, vec![], 7)] {
        let (came, end) = node.watch(from).await.unwrap().until_the_end().await;
        assert_eq!((came, told(&end)), (comes, gap(earliest)), "from {from}");
    }
    assert_eq!(revisions(&node.watch(7).await.unwrap().through(9).await), [7, 8, 9]);
    node.prune(10);
    let (came, end) = node.watch(4).await.unwrap().until_the_end().await;
    assert_eq!((came, told(&end)), (vec![], gap(10)), "nothing is left");
}

/// The reader lags, and what it has not read is removed meanwhile.
#[tokio::test]
async fn what_goes_under_a_watcher_is_a_gap() {
    let node = Node::with_log(1..=40, 10_000, CALM).await;
    let mut watcher = node.watch(1).await.unwrap();
    assert_eq!(watcher.batch().await.unwrap().revision, 1);
    node.prune(39);
    let (came, end) = watcher.until_the_end().await;
    assert_eq!(came, (2..).take(came.len()).collect::<Vec<_>>());
    assert!(came.len() < 20, "little is read ahead: {came:?}");
    assert_eq!(told(&end), error(Code::OutOfRange, "WATCH_GAP", Some(("earliest", 39))));
    assert_eq!(revisions(&node.watch(39).await.unwrap().through(40).await), [39, 40]);
}

/// Whoever has heard a part of a batch hears all of the rest, and nothing twice, though an erasure has taken some
/// of it away meanwhile; and then what is left of that.
#[tokio::test]
async fn a_batch_that_loses_a_recipient_keeps_the_places_of_the_others() {
    let node = Node::with_log([1], 25_000, CALM).await.restarted().await;
    let all = states(1, 25_000);
    let [first] = &node.store.changes(ChangePlace::default(), 1, 1).unwrap()[..] else { panic!("one part was asked for") };
    assert_eq!((first.changes.len(), first.more), (10_000, true));
    for (revision, gone) in (2..).zip([5_u64, 10_000, 10_001, 24_999]) {
        let (relation, _) = all[gone as usize];
        let erased = IysTime::from_unix(1_700_000_000);
        let asked = Erasure { recipients: vec![relation.pseudonym], brand: None, erased: Some(erased), reason: None };
        let done = node.sink.erase(asked).await.unwrap();
        assert_eq!((done.revision, done.relations), (revision, 0), "it is in the log alone");
    }
    let rest = node.store.changes(first.end(), 5, usize::MAX).unwrap();
    let heard: Vec<_> = rest.iter().filter(|part| part.place.revision == 1).flat_map(|part| part.changes.clone()).collect();
    assert_eq!(heard, all[10_002..24_999]);
    let emptied: Vec<_> = rest.iter().filter(|part| part.place.revision > 1).flat_map(|part| part.changes.clone()).collect();
    assert_eq!(emptied, [5, 10_000, 10_001, 24_999].map(|gone: usize| (all[gone].0, State::EMPTY)));
    let mut watcher = node.watch(0).await.unwrap();
    let told: usize = watcher.through(5).await.iter().map(|batch| batch.changes.len()).sum();
    assert_eq!(told, 25_000, "four of them in batches of their own");
}

#[tokio::test]
async fn a_revision_of_another_history_is_refused() {
    let node = Node::with_log(1..=4, 1, CALM).await;
    for from in [6, u64::MAX] {
        let refused = node.watch(from).await.err().unwrap();
        assert_eq!(told(&refused), error(Code::OutOfRange, "REVISION_UNKNOWN", Some(("revision", 4))), "{from}");
    }
    let mut next = node.watch(5).await.unwrap();
    commit(&node.store, 5, 1);
    node.publish(5);
    assert_eq!(next.batch().await.unwrap().revision, 5);
}

/// It holds up nobody, and finds everything when it comes again.
#[tokio::test]
async fn a_reader_that_takes_nothing_is_dropped() {
    let node = Node::with_log(1..=30, 10_000, Limits { patience: Duration::from_secs(2), ..CALM }).await;
    let mut slow = node.watch(1).await.unwrap();
    let mut other = node.watch(1).await.unwrap();
    assert_eq!(revisions(&other.through(30).await), (1..=30).collect::<Vec<_>>());
    node.metric_is("izingate_watchers_dropped_total", "1").await;
    commit(&node.store, 31, 1);
    node.publish(31);
    assert_eq!(other.batch().await.unwrap().revision, 31);

    let (came, end) = slow.until_the_end().await;
    let last = came.len() as u64;
    assert_eq!(came, (1..=last).collect::<Vec<_>>());
    assert!(last < 20, "little is kept for it, most of it in its own window: {last}");
    assert_eq!(told(&end), error(Code::ResourceExhausted, "WATCH_TOO_SLOW", None));
    assert_eq!(revisions(&node.watch(last + 1).await.unwrap().through(31).await), (last + 1..=31).collect::<Vec<_>>());
    assert_eq!(node.metric("izingate_watchers_dropped_total"), "1");
}

#[tokio::test]
async fn no_more_watchers_than_there_may_be() {
    let node = Node::start(Limits { watchers: 2, ..CALM }).await;
    let (one, _other) = (node.watch(0).await.unwrap(), node.watch(0).await.unwrap());
    let refused = node.watch(0).await.err().unwrap();
    assert_eq!(told(&refused), error(Code::ResourceExhausted, "TOO_MANY_WATCHERS", None));
    drop(one);
    node.metric_is("izingate_watchers", "1").await;
    assert!(node.watch(0).await.is_ok());
}

#[tokio::test]
async fn the_end_of_the_gateway_ends_its_watchers() {
    let node = Node::with_log(1..=2, 1, CALM).await;
    let mut watcher = node.watch(1).await.unwrap();
    watcher.through(2).await;
    node.draining.cancel();
    let (came, end) = watcher.until_the_end().await;
    assert_eq!((came, told(&end)), (vec![], error(Code::Unavailable, "SHUTTING_DOWN", None)));
    let (came, end) = node.watch(1).await.unwrap().until_the_end().await;
    assert_eq!((came, told(&end)), (vec![], error(Code::Unavailable, "SHUTTING_DOWN", None)), "nobody begins any more");
}

/// No more than four slices are under way, and the import waits with each until the watcher has it: so it
/// gets them while the import goes on.
#[tokio::test]
async fn a_bulk_import_is_told_as_it_goes() {
    const SLICES: u64 = 8;
    const SIZE: u64 = 25_000;
    let node = Node::start(CALM).await;
    let mut watcher = node.watch(1).await.unwrap();
    let (seen, shown) = std::sync::mpsc::channel();
    let (sink, folder) = (node.sink.clone(), node.dir.path().join("import"));
    let import = tokio::task::spawn_blocking(move || {
        let sorter = Sorter::new(folder, BulkLimits { memory: 256 << 20, disk: 0 });
        let mut records = Records::default();
        (0..SLICES * SIZE).for_each(|number| records.push(&movement(number, Status::Onay, 1)));
        sorter.add(&records).unwrap();
        let slices = sorter.finish().unwrap().slices(1, SIZE, 0).unwrap();
        sink.bulk(slices, |slice| while shown.recv_timeout(PATIENCE).expect("the watcher got nothing") < slice.revision {})
    });
    let mut parts = Vec::new();
    for revision in 1..=SLICES {
        parts.extend(watcher.through(revision).await);
        seen.send(revision).unwrap();
    }
    import.await.unwrap().unwrap();
    let shape: Vec<_> = parts.iter().map(|part| (part.revision, part.changes.len(), part.more)).collect();
    let expected = (1..=SLICES).flat_map(|of| [(of, 10_000, true), (of, 10_000, true), (of, 5_000, false)]);
    assert_eq!(shape, expected.collect::<Vec<_>>());
    let log = node.log();
    assert_eq!(joined(parts), log);
    assert_eq!(replayed(&log).len() as u64, node.gateway.parts().checker.index().relations());
}

/// Parts put together to their batches.
fn joined(parts: Vec<ChangeBatch>) -> Vec<ChangeBatch> {
    let mut batches: Vec<ChangeBatch> = Vec::new();
    for part in parts {
        match batches.last_mut().filter(|batch| batch.more) {
            Some(batch) => {
                assert_eq!(batch.revision, part.revision);
                batch.changes.extend(part.changes);
                batch.more = part.more;
            }
            None => batches.push(part),
        }
    }
    batches
}

#[tokio::test]
async fn a_restart_goes_on() {
    let node = Node::start(CALM).await;
    node.sink.apply(vec![movement(1, Status::Onay, 1)]).await.unwrap();
    assert_eq!(revisions(&node.watch(0).await.unwrap().through(1).await), [1]);
    let node = node.restarted().await;
    let mut watcher = node.watch(2).await.unwrap();
    node.sink.apply(vec![movement(1, Status::Ret, 2)]).await.unwrap();
    let ret = State::EMPTY.with(CELL, Status::Ret);
    let expected = batch(2, &[(movement(1, Status::Ret, 2).relation, ret)], AT, false);
    assert_eq!(watcher.batch().await.unwrap(), expected);
}

/// The log in steps of so many bytes.
fn in_steps(log: &impl ChangeReader, through: u64, bytes: usize) -> (Vec<ChangePart>, Result<(), ChangesError>) {
    let (mut parts, mut next) = (Vec::new(), ChangePlace::default());
    loop {
        match log.changes(next, through, bytes) {
            Ok(read) if read.is_empty() => return (parts, Ok(())),
            Ok(read) => parts.extend(read),
            Err(error) => return (parts, Err(error)),
        }
        next = parts.last().unwrap().end();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_the_steps_it_is_the_whole_log(
        sizes in prop::collection::vec(prop::sample::select(vec![0, 1, 9_999, 10_000, 10_001, 20_000, 30_001]), 1..8),
        bytes in prop::sample::select(vec![1_usize, 100_000, 400_000, usize::MAX]),
        through in 0..9_u64,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        (1..).zip(&sizes).for_each(|(revision, size)| commit(&store, revision, *size));
        let through = through.min(sizes.len() as u64);
        let mut expected = Vec::new();
        for (revision, size) in (1..=through).zip(&sizes) {
            let states = states(revision, *size);
            let last = states.len().saturating_sub(1) / ChangePart::MOST_CHANGES;
            for number in 0..=last {
                let change = number * ChangePart::MOST_CHANGES;
                let changes = states[change..states.len().min(change + ChangePart::MOST_CHANGES)].to_vec();
                let place = ChangePlace { revision, change };
                expected.push(ChangePart { place, committed: AT, changes, more: number < last });
            }
        }
        let (parts, end) = in_steps(&store, through, bytes);
        prop_assert!(parts == expected, "in other parts");
        prop_assert_eq!(end, Ok(()));
    }
}
