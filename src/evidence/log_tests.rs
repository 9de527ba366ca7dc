use super::super::entry::Outcomes;
use super::super::segment::{Body, Frames, sealed, sealed_path};
use super::super::start::Threads;
use super::super::testing::{self, KEY, NOW, start};
use super::*;
use crate::evidence::segment::codec::MOST_DECISIONS;
use crate::model::consent::key::Pseudonym;
use std::fs;
use std::path::Path;

fn open(folder: &Path, settings: Settings, first: u64) -> (Log, Threads) {
    start(folder, settings, DecisionIds::new(7, first), || 1_795_000_000_000).unwrap()
}

fn entry(admission: &Admission, before_answer: bool) -> Entry {
    let count = usize::try_from(admission.decisions).unwrap();
    let outcomes = match count {
        1 => Outcomes::One(0x4C, Pseudonym([1; 16])),
        count => Outcomes::Many(vec![0x4C; count], vec![Pseudonym([2; 16]); count]),
    };
    Entry { before_answer, ..testing::entry(admission.id, outcomes) }
}

const fn size(decisions: u64) -> Size {
    Size { entries: 1, decisions, references: 0 }
}

async fn decide(log: &Log, class: Durability, decisions: u64) -> (Admission, Option<Ticket>) {
    let admission = log.admit(class, size(decisions), NOW).await;
    let ticket = log.record(&admission, |before_answer| [entry(&admission, before_answer)]);
    (admission, ticket)
}

/// Every id on record, and every event, in the order of the log.
fn read(folder: &Path) -> (Vec<DecisionId>, Vec<Event>) {
    let (mut ids, mut events) = (Vec::new(), Vec::new());
    for number in 1.. {
        let Ok(bytes) = fs::read(sealed_path(folder, number)) else { break };
        for frame in Frames::of(&bytes).unwrap().under(Some(&KEY)) {
            match frame.unwrap().body {
                Body::Seal(seal) => assert_eq!(*seal, sealed(folder, number, Some(&KEY)).unwrap()),
                body @ Body::Event(_) => events.push(body.event().unwrap()),
                body @ Body::Decisions(..) => {
                    let decisions = body.decisions().unwrap();
                    assert!(decisions.entries.iter().map(|entry| entry.outcomes.len()).sum::<usize>() <= MOST_DECISIONS);
                    let of =
                        |entry: &Entry| (0..entry.outcomes.len() as u64).map(|place| entry.first.plus(place)).collect::<Vec<_>>();
                    ids.extend(decisions.entries.iter().flat_map(of));
                }
            }
        }
    }
    (ids, events)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_handed_over_is_on_record_once() {
    let folder = tempfile::tempdir().unwrap();
    let (log, threads) = open(folder.path(), Settings::default(), 1);
    let mut expected = Vec::new();
    for decisions in [1, 1, 3, 5_000, 1, MOST_DECISIONS as u64] {
        let (admission, ticket) = decide(&log, Durability::Interval, decisions).await;
        assert!(admission.recordable && ticket.is_none());
        expected.extend((0..decisions).map(|place| admission.id.plus(place)));
    }
    let (off, _) = decide(&log, Durability::Off, 1).await;
    assert!(off.recordable);
    let (admission, ticket) = decide(&log, Durability::BeforeAnswer, 1).await;
    assert!(log.durable(ticket.unwrap()).await);
    expected.push(admission.id);
    assert!(log.note(Event::Removed { through: 1, until: 5 }).await);
    drop(log.clone());
    threads.stop();
    let (ids, events) = read(folder.path());
    assert_eq!(ids, expected);
    assert!(
        matches!(
            &events[..],
            [Event::Started { .. }, Event::Leased { next: 1, outstanding: 0, .. }, Event::Removed { .. }, Event::Stopped { .. }]
        ),
        "{events:?}"
    );
    assert!(!log.note(Event::Removed { through: 1, until: 5 }).await, "nobody writes any more");
    assert!(!log.admit(Durability::Interval, size(1), NOW).await.recordable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    for first in [1, 10_000_000, 20_000_000] {
        let (log, threads) = open(folder.path(), Settings::default(), first);
        decide(&log, Durability::Interval, 1).await;
        threads.stop();
    }
    let (ids, events) = read(folder.path());
    assert_eq!(ids.iter().map(|id| id.number()).collect::<Vec<_>>(), [1, 10_000_000, 20_000_000]);
    assert!(!events.iter().any(|event| matches!(event, Event::Gap { .. })), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_sealed_by_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { segment_bytes: 40_000, ..Settings::default() };
    let (log, threads) = open(folder.path(), settings, 1);
    for _ in 0..6 {
        let (_, ticket) = decide(&log, Durability::BeforeAnswer, 2_000).await;
        assert!(log.durable(ticket.unwrap()).await);
    }
    threads.stop();
    assert_eq!(read(folder.path()).0.len(), 12_000);
    let sealed = log.figures().sealed.load(Ordering::Relaxed);
    assert!(sealed >= 4, "{sealed}");
    assert_eq!(crate::evidence::tree::archive::read_seals(folder.path()).unwrap().len() as u64, sealed);
}

/// Nobody writes: what is handed over stays, so that the room runs out.
fn stuck(overload: Overload) -> Log {
    let settings = Settings { overload, buffer_bytes: 2_000, patience: Duration::from_millis(20), ..Settings::default() };
    Log::new(settings, DecisionIds::new(7, 1), LEASE)
}

#[tokio::test(start_paused = true)]
async fn when_the_room_runs_out_the_configuration_decides() {
    for (overload, recordable) in [(Overload::Defer, false), (Overload::DropAndCount, true), (Overload::Block, false)] {
        let log = stuck(overload);
        for _ in 0..10 {
            assert!(decide(&log, Durability::Interval, 1).await.0.recordable);
        }
        let (admission, ticket) = decide(&log, Durability::Interval, 1).await;
        assert!(admission.recordable == recordable && ticket.is_none(), "{overload:?}");
        log.unrecorded(&admission, Durability::Interval);
        assert_eq!(log.figures().unrecorded.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn who_blocks_goes_on_when_there_is_room() {
    let log = stuck(Overload::Block);
    for _ in 0..10 {
        decide(&log, Durability::Interval, 1).await;
    }
    let waiting = log.admit(Durability::Interval, size(1), NOW);
    let room = async {
        tokio::task::yield_now().await;
        log.0.release(1_000);
    };
    let (admission, ()) = tokio::join!(waiting, room);
    assert!(admission.recordable);
}

#[tokio::test(start_paused = true)]
async fn numbers_beyond_the_lease_are_not_recordable() {
    let log = Log::new(Settings::default(), DecisionIds::new(7, 1), 3);
    let recordable = [log.admit(Durability::Interval, size(2), NOW).await, log.admit(Durability::Interval, size(1), NOW).await];
    assert_eq!(recordable.map(|admission| admission.recordable), [true, false]);
    let (next, outstanding, to) = log.0.lease();
    assert_eq!((next, outstanding, to), (4, 2, 4 + LEASE));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_hangs_is_waited_for_no_longer_than_patience() {
    let log = stuck(Overload::Defer);
    let (_, ticket) = decide(&log, Durability::BeforeAnswer, 1).await;
    assert!(!log.durable(ticket.unwrap()).await);
}
