//! An erasure whose change log was read beside the writer ends as one that was read by the writer itself.

use super::tests::{approval, relation, setup, thread};
use super::*;
use crate::model::brand::BrandCode;
use crate::model::consent::erasure::Reason;
use crate::model::consent::key::RelationKey;
use crate::model::consent::movement::Movement;
use crate::model::consent::state::State;
use crate::ports::MovementSink;
use crate::store::codec::Change;
use proptest::prelude::*;
use std::ops::ControlFlow::Continue;

/// Whom everything is about in the end: bytes that come by no chance.
const TARGET: u8 = 0xC7;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// An approval of this person for this brand.
    Approve(u8, u32),
    /// Erases this person for a brand or for every one.
    Erase(u8, Option<u32>),
    /// Removes the batches before this one.
    Prune(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let (person, brand) = (prop_oneof![Just(TARGET), Just(1), Just(2)], 7..9_u32);
    prop_oneof![
        6 => (person.clone(), brand.clone()).prop_map(|(person, brand)| Step::Approve(person, brand)),
        2 => (person, proptest::option::of(brand)).prop_map(|(person, brand)| Step::Erase(person, brand)),
        1 => (0..20_u64).prop_map(Step::Prune),
    ]
}

/// Family, key and value.
type Entry = (&'static str, Vec<u8>, Vec<u8>);

/// The moment of the step of a number.
fn at(number: usize) -> IysTime {
    IysTime::from_unix(1_793_000_000 + number as u32)
}

fn of(person: u8, brand: u32, number: usize) -> Movement {
    let relation = RelationKey { brand: BrandCode::new(brand).unwrap(), ..relation(person) };
    Movement { relation, created: at(number), ..approval(person) }
}

fn erasure(person: u8, brand: Option<u32>, number: usize) -> Erasure {
    let brand = brand.map(|brand| BrandCode::new(brand).unwrap());
    Erasure { recipients: vec![relation(person).pseudonym], brand, erased: Some(at(number)), reason: Reason::parse("KVKK").ok() }
}

fn take_in(thread: &mut Thread, movement: Movement) {
    let (reply, _) = oneshot::channel();
    let submission = Submission { movements: vec![movement], notes: Vec::new(), reply, handed: Instant::now() };
    thread.commit_movements(&[submission]).unwrap();
}

fn step(thread: &mut Thread, number: usize, step: Step) {
    match step {
        Step::Approve(person, brand) => take_in(thread, of(person, brand, number)),
        Step::Erase(person, brand) => drop(thread.erase(&erasure(person, brand, number), LogScan::default()).unwrap()),
        Step::Prune(floor) => drop(thread.store.prune_changes(IysTime::from_unix(u32::MAX), floor).unwrap()),
    }
}

/// Every entry of the store and every state of the index after these steps and an erasure of the target, for which the log was read
/// before this step.
fn erased_at_the_end(steps: &[Step], read_before: usize) -> (Vec<Entry>, Vec<State>) {
    let dir = tempfile::tempdir().unwrap();
    let mut thread = thread(&dir);
    let (asked, mut scan) = (erasure(TARGET, None, steps.len()), LogScan::default());
    for (number, one) in steps.iter().enumerate() {
        if number == read_before {
            thread.store.scan_changes(&mut scan, |relation| asked.concerns(relation)).unwrap();
        }
        step(&mut thread, number, *one);
    }
    thread.erase(&asked, scan).unwrap();
    let mut entries = Vec::new();
    thread.store.each_entry(|family, key, value| entries.push((family, key.to_vec(), value.to_vec()))).unwrap();
    let relations = [TARGET, 1, 2].into_iter().flat_map(|person| [7, 8].map(|brand| of(person, brand, 0).relation));
    (entries, relations.map(|relation| thread.index.get(relation.hash())).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_comes_in_behind_the_reading_is_erased_too(steps in proptest::collection::vec(any_step(), 1..25), read_before: prop::sample::Index) {
        let early = erased_at_the_end(&steps, read_before.index(steps.len()));
        // A kill between the reading and the batch leaves nothing of the reading: the next erasure reads anew.
        prop_assert_eq!(&early, &erased_at_the_end(&steps, usize::MAX));
        let names = |bytes: &[u8]| bytes.windows(16).any(|bytes| bytes == [TARGET; 16]);
        let named: Vec<_> = early.0.iter().filter(|(_, key, value)| names(key) || names(value)).map(|(family, ..)| *family).collect();
        prop_assert!(named.iter().all(|family| *family == "recipients"), "{:?}", named);
    }
}

/// The writer reads what came in behind the reading, and the batches that tell of the recipient: not the log.
#[test]
fn the_writer_reads_no_more_than_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let mut thread = thread(&dir);
    for number in 0..300 {
        take_in(&mut thread, of(if number % 100 == 50 { TARGET } else { 1 }, 7, number));
    }
    let (asked, mut scan) = (erasure(TARGET, None, 400), LogScan::default());
    let concerns = |relation: &RelationKey| asked.concerns(relation);
    assert_eq!(thread.store.scan_changes(&mut scan, concerns).unwrap(), 300);
    assert_eq!(thread.store.scan_changes(&mut scan, concerns).unwrap(), 0, "nothing is new");
    take_in(&mut thread, of(2, 7, 300));
    take_in(&mut thread, of(TARGET, 8, 301));
    let found = |scan| {
        let untold = thread.store.changes_without(scan, concerns).unwrap();
        (untold.rows.into_iter().map(|(revision, _)| revision).collect::<Vec<_>>(), untold.read)
    };
    let told = vec![51, 151, 251, 302];
    assert_eq!((found(scan), found(LogScan::default())), ((told.clone(), 2 + 4), (told, 302 + 4)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_while_the_writer_does_something_else() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, handle, booted) = Writer::start(setup(&dir), Boot::Restore(None)).unwrap();
    booted.await.unwrap().unwrap();
    handle.apply(vec![of(TARGET, 7, 0), of(1, 7, 0)]).await.unwrap();
    let (go_on, held) = std::sync::mpsc::channel::<()>();
    let busy = Command::Registry(Box::new(move |_| assert!(held.recv().is_err())));
    handle.commands.send(busy).await.unwrap_or_else(|_| panic!("it runs"));
    let asked = erasure(TARGET, None, 9);
    let scan = handle.scan_for(&asked).await.unwrap();
    drop(go_on);
    assert_eq!(handle.apply(vec![of(TARGET, 8, 1)]).await.unwrap().revision, 2);
    let (reply, answer) = oneshot::channel();
    handle.commands.send(Command::Erase(asked, scan, reply)).await.unwrap_or_else(|_| panic!("it runs"));
    assert_eq!(answer.await.unwrap(), Ok(Erased { revision: 3, relations: 2, movements: 2 }));
    let mut told = Vec::new();
    let each = |revision, change: Change| {
        told.extend(change.states.into_iter().map(|of| (revision, of)));
        Continue(())
    };
    handle.store.each_change_after(0, each).unwrap();
    let state = State::EMPTY.with(approval(1).cell, crate::model::consent::state::Status::Onay);
    let emptied = [7, 8].map(|brand| (3, (of(TARGET, brand, 0).relation, State::EMPTY)));
    assert_eq!(told, [&[(1, (of(1, 7, 0).relation, state))], &emptied[..]].concat());
    drop(handle);
    writer.join();
}
