//! What is let go and what never is: held against an oracle that knows every movement there ever was.

use crate::support::Gateway;
use crate::support::data::{fresh, import_offline};
use crate::support::rng::Rng;
use izingate::data::open::read_only;
use izingate::index::Index;
use izingate::ingest::merge::replaces;
use izingate::ingest::{Boot, Setup, Writer};
use izingate::model::brand::BrandCode;
use izingate::model::consent::channel::Cell;
use izingate::model::consent::key::{Pseudonym, RelationKey};
use izingate::model::consent::movement::{Movement, Reading};
use izingate::model::consent::record::{CellRecord, Record};
use izingate::model::consent::retention::{DAY, HistoryRetention};
use izingate::model::consent::source::{Source, SourceCode};
use izingate::model::consent::state::{State, Status};
use izingate::model::secret::pseudonym::{Pseudonymizer, Secret};
use izingate::model::time::IysTime;
use izingate::ports::{HistoryReader, MovementSink};
use izingate::store::codec::{Change, HistoryKey, HistoryValue, SWEEP_KEY, decode_sweep};
use izingate::store::{Compression, Options, Store, Swept};
use izingate::sys::clock::Clock;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const KEEP: HistoryRetention = HistoryRetention::SHORTEST;
/// Long after any movement here was taken in.
const NOW: IysTime = day(4_000);

const fn day(number: u32) -> IysTime {
    IysTime::from_unix(1_500_000_000 + number * DAY)
}

fn open(dir: &Path) -> Store {
    let options =
        Options { compression: Compression::None, cache_bytes: 1 << 20, write_buffer_bytes: 1 << 20, ..Options::default() };
    Store::open(&dir.join("store"), &options, &Pseudonymizer::new(&Secret::from_bytes([7; 32])), 1).unwrap()
}

fn relation(number: u8) -> RelationKey {
    RelationKey::of_brand(Pseudonym([number; 16]), BrandCode::new(7).unwrap())
}

/// Every movement there ever was, with when it was first known.
type Ever = BTreeMap<Vec<u8>, (HistoryKey, IysTime)>;

fn current_of(key: &HistoryKey) -> CellRecord {
    CellRecord {
        status: key.status,
        created: key.created,
        consented: None,
        source: key.source,
        transaction: 0,
        received: false,
        ambiguous: false,
    }
}

/// What İYS's list said is outranked by what it said later in the same sense, and by no movement.
fn outranks(one: &HistoryKey, other: &HistoryKey) -> bool {
    let sense = |key: &HistoryKey| key.is_observation().then_some(key.status);
    let same_cell = (one.relation, one.cell, sense(one)) == (other.relation, other.cell, sense(other));
    same_cell && replaces(&current_of(one), Some(&current_of(other)))
}

/// From when on a movement was superseded, as facts and law have it; none if it is current.
fn superseded_at((movement, known): &(HistoryKey, IysTime), ever: &Ever) -> Option<IysTime> {
    let above = ever.values().filter(|(other, _)| outranks(other, movement));
    above.map(|(other, known)| (*known).max(other.created)).min().map(|since| since.max(*known))
}

/// What must still be there at `now`.
fn kept(ever: &Ever, now: IysTime) -> BTreeSet<Vec<u8>> {
    let cutoff = KEEP.cutoff(now);
    let stays = |movement| superseded_at(movement, ever).is_none_or(|at| at > cutoff);
    ever.iter().filter(|(_, movement)| stays(movement)).map(|(key, _)| key.clone()).collect()
}

fn on_file(store: &Store) -> BTreeSet<Vec<u8>> {
    let mut keys = BTreeSet::new();
    let each = |family: &str, key: &[u8], _: &[u8]| {
        if family == "history" {
            keys.insert(key.to_vec());
        }
    };
    store.each_entry(each).unwrap();
    keys
}

/// Takes movements in as the writer does: with the record that they lead to, in one batch.
fn take(store: &Store, ever: &mut Ever, movements: &[HistoryKey], now: IysTime) {
    let mut commit = store.begin();
    for key in movements {
        let bytes = key.to_bytes();
        if ever.contains_key(&bytes[..]) {
            continue;
        }
        ever.insert(bytes.to_vec(), (*key, now));
        commit
            .history(
                &bytes,
                &HistoryValue {
                    consented: None,
                    transaction: "".into(),
                    received: false,
                    ambiguous: false,
                    revision: 1,
                    known_since: now,
                },
            )
            .unwrap();
        let mut record = Record::default();
        for (other, _) in ever.values().filter(|(other, _)| other.relation == key.relation) {
            if other.is_observation() {
                record.observe(other.cell, other.status, other.created);
            } else if replaces(&current_of(other), record.get(other.cell)) {
                record.set(other.cell, current_of(other));
            }
        }
        commit.record(&key.relation, &record).unwrap();
    }
    commit.commit().unwrap();
}

/// Takes a pass to its end; what it removed.
fn pass(store: &Store, now: IysTime, rows: u64) -> u64 {
    let mut removed = 0;
    loop {
        let swept = store.sweep_history(now, KEEP, rows).unwrap();
        removed += swept.removed;
        if swept.done {
            return removed;
        }
    }
}

/// Few of everything, so that movements meet others in their cell and second.
fn any_movement() -> impl Strategy<Value = HistoryKey> {
    let sweep = Source::SWEEP.code().get();
    let of_source = |status| (0..3_u32).prop_map(move |source| (status, source));
    let what = prop_oneof![
        3 => of_source(Status::Onay),
        3 => of_source(Status::Ret),
        1 => Just((Status::Onay, sweep)),
        1 => Just((Status::Yok, sweep)),
    ];
    (1..3_u8, 2..4_usize, 0..8_u32, what).prop_map(|(who, cell, created, (status, source))| HistoryKey {
        relation: relation(who),
        cell: Cell::ALL[cell],
        created: day(created * 250),
        status,
        source: SourceCode::from_stored(source),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Batches come in over years, with steps of a pass between them; whatever is taken away was due then,
    /// and after a whole pass exactly what must stay is there.
    #[test]
    fn what_must_stay_stays_and_the_rest_goes(
        batches in prop::collection::vec((prop::collection::vec(any_movement(), 1..12), 0..500_u32, any::<bool>()), 1..10),
        rows in 1..9_u64,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (mut store, mut ever, mut number) = (open(dir.path()), Ever::new(), 0);
        for (movements, days, restart) in batches {
            number += days;
            take(&store, &mut ever, &movements, day(number));
            store.sweep_history(day(number), KEEP, rows).unwrap();
            prop_assert!(on_file(&store).is_superset(&kept(&ever, day(number))), "day {}", number);
            if restart {
                drop(store);
                store = open(dir.path());
            }
        }
        // The pass under way may have gone by what became due behind it; the next one sees it all.
        pass(&store, day(number), rows);
        pass(&store, day(number), rows);
        prop_assert_eq!(on_file(&store), kept(&ever, day(number)));
        pass(&store, NOW, rows);
        prop_assert_eq!(on_file(&store), kept(&ever, NOW));
        prop_assert_eq!(pass(&store, NOW, u64::MAX), 0, "what is left is left");
    }
}

fn movement(created: u32, status: Status) -> HistoryKey {
    HistoryKey { relation: relation(1), cell: Cell::ALL[2], created: day(created), status, source: SourceCode::from_stored(6) }
}

#[test]
fn three_years_are_counted_from_what_superseded_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut ever) = (open(dir.path()), Ever::new());
    let (onay, ret, late) = (movement(0, Status::Onay), movement(100, Status::Ret), movement(50, Status::Onay));
    take(&store, &mut ever, &[onay], day(1));
    // İYS registered it on day 100, we heard of it on day 200: until then we answered by the approval.
    take(&store, &mut ever, &[ret], day(200));
    // Superseded before we heard of it at all.
    take(&store, &mut ever, &[late], day(300));
    let bytes = |keys: &[HistoryKey]| keys.iter().map(|key| key.to_bytes().to_vec()).collect::<BTreeSet<_>>();
    for (now, stay) in [
        (day(100 + 1096), &[onay, ret, late][..]),
        (day(199 + 1096), &[onay, ret, late]),
        (day(200 + 1096), &[ret, late]),
        (day(299 + 1096), &[ret, late]),
        (day(300 + 1096), &[ret]),
        (day(20_000), &[ret]),
    ] {
        pass(&store, now, 10);
        assert_eq!(on_file(&store), bytes(stay), "{now}");
    }
}

#[test]
fn the_last_listing_and_the_last_absence_of_a_cell_stay_and_so_does_what_no_movement_outranks() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut ever) = (open(dir.path()), Ever::new());
    let seen = |created, status| HistoryKey { source: Source::SWEEP.code(), ..movement(created, status) };
    let [first, second] = [1, 3].map(|created| seen(created, Status::Onay));
    let [gone, still_gone] = [0, 2].map(|created| seen(created, Status::Yok));
    let refusal = movement(0, Status::Ret);
    take(&store, &mut ever, &[refusal, first, second, gone, still_gone], day(4));
    pass(&store, NOW, 1);
    let stay = [refusal, second, still_gone].map(|key| key.to_bytes().to_vec());
    assert_eq!(on_file(&store), stay.into());
}

/// Listings among the movements, as an earlier program wrote them.
#[test]
fn rows_of_an_earlier_program_are_told_apart_and_go_by_their_own_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let [first, second] = [10, 20].map(|created| HistoryKey { source: Source::SWEEP.code(), ..movement(created, Status::Onay) });
    let refusal = movement(5, Status::Ret);
    let known = |known_since| HistoryValue {
        consented: None,
        transaction: "".into(),
        received: true,
        ambiguous: false,
        revision: 1,
        known_since,
    };
    let rows = [refusal.to_bytes(), first.to_earlier_bytes(), second.to_earlier_bytes()];
    let (mut commit, mut record) = (store.begin(), Record::default());
    for row in &rows {
        commit.history(row, &known(day(30))).unwrap();
    }
    record.set(second.cell, current_of(&second));
    commit.record(&second.relation, &record).unwrap();
    commit.commit().unwrap();
    assert_eq!(pass(&store, NOW, 1), 1);
    assert_eq!(on_file(&store), [rows[0].to_vec(), rows[2].to_vec()].into());
    let record = store.records(&[second.relation]).unwrap().pop().flatten().unwrap();
    let held = record.get(second.cell).map(|current| (current.status, current.received));
    assert_eq!((held, record.observed(second.cell, Status::Onay)), (Some((Status::Ret, true)), Some(day(20))));
    assert_eq!(record.status(second.cell), Some(Status::Ret), "it is what the sweep had hidden");
}

#[test]
fn what_consent_holds_stays_whatever_the_history_says() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut ever) = (open(dir.path()), Ever::new());
    let (held, later) = (movement(0, Status::Onay), movement(1, Status::Ret));
    take(&store, &mut ever, &[held, later], day(1));
    let mut record = Record::default();
    record.set(held.cell, current_of(&held));
    let mut commit = store.begin();
    commit.record(&held.relation, &record).unwrap();
    commit.commit().unwrap();
    assert_eq!((pass(&store, NOW, 10), on_file(&store).len()), (0, 2));
}

#[test]
fn a_pass_begins_each_day_and_goes_on_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut ever) = (open(dir.path()), Ever::new());
    assert!(store.sweep_is_due(NOW).unwrap(), "there was none yet");
    let movements: Vec<_> = (0..6).map(|created| movement(created, Status::Onay)).collect();
    let others = movements.iter().map(|movement| HistoryKey { relation: relation(2), ..*movement });
    take(&store, &mut ever, &[movements.clone(), others.collect()].concat(), day(9));
    assert_eq!(store.sweep_history(NOW, KEEP, 1).unwrap(), Swept { seen: 6, removed: 5, done: false });
    drop(store);
    let store = open(dir.path());
    assert!(store.sweep_is_due(NOW).unwrap(), "it is under way");
    assert_eq!(store.sweep_history(NOW, KEEP, 1).unwrap(), Swept { seen: 6, removed: 5, done: true });
    assert!(!store.sweep_is_due(NOW.plus(DAY - 1)).unwrap());
    assert!(store.sweep_is_due(NOW.plus(DAY)).unwrap());
    assert!(store.sweep_is_due(NOW.minus(DAY)).unwrap(), "a clock that was a day ahead ends no passes");
}

/// A writer that takes movements in as fast as it can, and passes beside it for which everything that is
/// superseded is due at once: the worst that can happen.
#[test]
fn beside_the_writer_nothing_current_goes() {
    let dir = tempfile::tempdir().unwrap();
    let (store, index) = (Arc::new(open(dir.path())), Index::default());
    let setup = Setup {
        store: Arc::clone(&store),
        index: index.clone(),
        queue: 8,
        observer: Box::new(|_| {}),
        clock: Clock::of(|| day(2_000)),
    };
    let (writer, sink, booted) = Writer::start(setup, Boot::Restore(None)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(booted).unwrap().unwrap();

    let ended = Arc::new(AtomicBool::new(false));
    let sweeper = std::thread::spawn({
        let (store, ended) = (Arc::clone(&store), Arc::clone(&ended));
        move || {
            let mut removed = 0;
            while !ended.load(Ordering::Acquire) {
                removed += store.sweep_history(NOW, KEEP, 16).unwrap().removed;
            }
            removed
        }
    });
    let (mut rng, mut latest) = (Rng::new(1), BTreeMap::new());
    for _ in 0..400 {
        let movements: Vec<Movement> = (0..50).map(|_| random_movement(&mut rng)).collect();
        for movement in &movements {
            let new = CellRecord::of(movement);
            let current = latest.entry((movement.relation, movement.cell)).or_insert(new);
            if replaces(&new, Some(current)) {
                *current = new;
            }
        }
        runtime.block_on(sink.apply(movements)).unwrap();
    }
    ended.store(true, Ordering::Release);
    let removed = sweeper.join().unwrap();
    assert!(removed > 100, "the passes had their turn: {removed}");

    pass(&store, NOW, 16);
    pass(&store, NOW, 16);
    let current = latest.iter().map(|((relation, cell), current)| {
        let CellRecord { created, status, source, .. } = *current;
        HistoryKey { relation: *relation, cell: *cell, created, status, source }.to_bytes().to_vec()
    });
    assert_eq!(on_file(&store), current.collect());
    let mut found = BTreeMap::new();
    let each = |relation, record: Record| found.extend(record.cells().map(|(cell, current)| ((relation, cell), *current)));
    store.each_record(each).unwrap();
    assert_eq!(found, latest);
    drop((sink, index));
    writer.join();
}

fn random_movement(rng: &mut Rng) -> Movement {
    let status = if rng.below(2) == 0 { Status::Onay } else { Status::Ret };
    Movement {
        relation: relation(1 + rng.below(20) as u8),
        cell: Cell::ALL[rng.below(4) as usize],
        status,
        created: day(rng.below(1_900) as u32),
        consented: None,
        source: Source::parse(["HS_WEB", "IYS_WEB"][rng.below(2) as usize]).unwrap(),
        transaction: None,
        misformed: false,
        received: false,
        reading: Reading::Only,
    }
}

/// A change log with one batch a day, of revisions 1 to 10.
fn ten_days(dir: &Path) -> Store {
    let store = open(dir);
    for revision in 1..=10_u32 {
        let mut commit = store.begin();
        let states = vec![(relation(1), State::from_byte(0x10))];
        commit.revision(revision.into(), &Change { at: day(revision), states, new: 0 }).unwrap();
        commit.commit().unwrap();
    }
    store
}

#[test]
fn the_change_log_is_cut_at_the_front_and_never_above_the_floor() {
    for (keep_from, floor, removed) in [
        (day(0), 10, 0),
        (day(100), 0, 0),
        (day(100), 1, 0),
        (day(5), 10, 4),
        (day(5), 3, 2),
        // A snapshot of the last revision there is: its own batch stays, so there is always an earliest.
        (day(100), 10, 9),
        (day(100), 11, 10),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = ten_days(dir.path());
        assert_eq!(store.prune_changes(keep_from, floor).unwrap(), removed, "{keep_from}, {floor}");
        let earliest = (removed < 10).then_some(removed + 1);
        assert_eq!(store.earliest_revision(), Ok(earliest));
        assert_eq!(store.prune_changes(keep_from, floor).unwrap(), 0);
        drop(store);
        let store = open(dir.path());
        assert_eq!((store.earliest_revision(), store.revision().unwrap()), (Ok(earliest), 10));
    }
}

#[test]
fn what_is_on_disk_in_files_is_cut_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = ten_days(dir.path());
    store.flush().unwrap();
    assert_eq!(store.prune_changes(day(8), 10).unwrap(), 7);
    store.flush().unwrap();
    assert_eq!(store.prune_changes(day(9), 10).unwrap(), 1);
    assert_eq!(store.earliest_revision(), Ok(Some(9)));
}

#[test]
fn a_batch_of_a_clock_that_went_ahead_keeps_those_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for (revision, at) in [(1, day(1)), (2, day(50)), (3, day(2)), (4, day(3))] {
        let mut commit = store.begin();
        commit.revision(revision, &Change { at, states: Vec::new(), new: 0 }).unwrap();
        commit.commit().unwrap();
    }
    assert_eq!(store.prune_changes(day(10), 4).unwrap(), 1, "the log has no holes");
    assert_eq!(store.earliest_revision(), Ok(Some(2)));
}

#[test]
fn a_long_log_is_cut_in_bounded_steps() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut commit = store.begin();
    for revision in 1..=2_500 {
        commit.revision(revision, &Change { at: day(1), states: Vec::new(), new: 0 }).unwrap();
    }
    commit.commit().unwrap();
    let steps: Vec<u64> = std::iter::repeat_with(|| store.prune_changes(day(2), 2_401).unwrap()).take(4).collect();
    assert_eq!((steps, store.earliest_revision()), (vec![1_000, 1_000, 400, 0], Ok(Some(2_401))));
}

/// A running gateway does a pass by itself, once everything is in memory, and keeps what it knows.
#[test]
fn a_gateway_sweeps_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let data = fresh(dir.path().join("data"));
    let file = dir.path().join("day.csv");
    let row = |second: u32| format!("2020-11-01 10:20:{second},ab{second},+905321234567,BIREYSEL,MESAJ,ONAY,,HS_WEB\n");
    let header = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n";
    std::fs::write(&file, [header, &row(10), &row(11)].concat()).unwrap();
    assert_eq!(import_offline(&data, &[file]).code, 0);
    let before = on_file(&read_only(&data).unwrap());
    let gateway = Gateway::start(&data);
    let begun = Instant::now();
    while !swept(&data) {
        assert!(begun.elapsed() < Duration::from_secs(30), "no pass was done");
        std::thread::yield_now();
    }
    assert!(gateway.stop().success());
    // Superseded for years at İYS, but known here since today.
    assert_eq!((before.len(), on_file(&read_only(&data).unwrap())), (2, before.clone()));
}

fn swept(data: &Path) -> bool {
    let mut done = false;
    let each = |family: &str, key: &[u8], value: &[u8]| {
        if family == "cursors" && key == SWEEP_KEY {
            done = decode_sweep(value).unwrap().below.is_none();
        }
    };
    read_only(data).unwrap().each_entry(each).unwrap();
    done
}
