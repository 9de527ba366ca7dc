//! A kill between any two steps of an erasure: the next start finds nothing of it, or sees it through.

use super::*;
use crate::support::rng::Rng;
use izingate::config::SecretSource;
use izingate::data::open::{Opened, existing};
use izingate::index::Index;
use izingate::ingest::{Boot, Setup, Writer};
use izingate::model::consent::erasure::Reason;
use izingate::model::consent::retention::HistoryRetention;
use izingate::ports::Erasure;
use izingate::store::Swept;
use izingate::sys::clock::Clock;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

/// A directory that knows two recipients, has a snapshot of it, and an import that was broken off.
fn knowing_two(dir: &Path) -> std::path::PathBuf {
    let data = fresh(dir.join("data"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let gateway = start_plain(&data);
    let two = [APPROVED, REFUSED].map(|recipient| movement(recipient, "ONAY", "2026-11-02 10:00:00"));
    runtime.block_on(apply(&gateway, two.to_vec()));
    assert!(gateway.stop().success() && data.join("snapshot/index.snap").exists());
    fs::create_dir(data.join("import")).unwrap();
    fs::write(data.join("import/000000.run"), target().0).unwrap();
    data
}

fn target() -> Pseudonym {
    pseudonym(APPROVED, &"5e".repeat(32))
}

/// The writer's half, after which everything ends.
fn writers_half(data: &Path) {
    let Opened { data: _held, store, .. } = existing(data, &SecretSource::DataDirectory).unwrap();
    let store = Arc::new(store);
    let (index, observer) = (Index::default(), Box::new(|_| {}));
    let setup = Setup { store: Arc::clone(&store), index, queue: 1, observer, clock: Clock::system() };
    let (writer, sink, _) = Writer::start(setup, Boot::Skip).unwrap();
    let asked = Erasure {
        recipients: vec![target()],
        brand: None,
        erased: Some(IysTime::parse("2026-11-05 10:00:00").unwrap()),
        reason: Reason::parse("KVKK").ok(),
    };
    let done = tokio::runtime::Runtime::new().unwrap().block_on(sink.erase(asked)).unwrap();
    assert_eq!((done.revision, done.relations, done.movements), (2, 1, 1));
    drop(sink);
    writer.join();
    assert_eq!(store.open_erasures().unwrap().len(), 1);
}

/// After the writer's half: in the next steps the snapshot goes, then the files, then the note.
#[test]
fn a_start_sees_through_what_was_broken_off() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for steps in 0..3 {
        let dir = tempfile::tempdir().unwrap();
        let data = knowing_two(dir.path());
        writers_half(&data);
        if steps > 0 {
            fs::remove_file(data.join("snapshot/index.snap")).unwrap();
        }
        if steps > 1 {
            let Opened { data: _held, store, .. } = existing(&data, &SecretSource::DataDirectory).unwrap();
            store.let_go(&store.open_erasures().unwrap()).unwrap();
        }
        let snapshot = fs::read(data.join("snapshot/index.snap")).ok();
        let gateway = start_plain(&data);
        assert_ne!((fs::read(data.join("snapshot/index.snap")).ok(), steps), (snapshot, 0), "that one is of before");
        assert_eq!(runtime.block_on(reason(&gateway, APPROVED, "MESAJ")), "NO_RECORD", "{steps}");
        assert_eq!(runtime.block_on(reason(&gateway, REFUSED, "MESAJ")), "APPROVED", "{steps}");
        gateway.kill();
        assert_eq!(read_only(&data).unwrap().open_erasures().unwrap(), [], "{steps}");
        assert!(!data.join("import").exists(), "{steps}");
        assert!(verify(&data).ends_with("nothing differs\n"), "{steps}");
    }
}

/// The pass over the history keeps its place by a cell, which is a recipient's.
#[test]
fn the_pass_over_the_history_forgets_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let data = knowing_two(dir.path());
    let (now, keep) = (IysTime::now(), HistoryRetention::SHORTEST);
    let last = [APPROVED, REFUSED].into_iter().max_by_key(|phone| pseudonym(phone, &"5e".repeat(32))).unwrap();
    let sweep = |rows| {
        let Opened { data: _held, store, .. } = existing(&data, &SecretSource::DataDirectory).unwrap();
        store.sweep_history(now, keep, rows).unwrap()
    };
    assert_eq!(sweep(1), Swept { seen: 1, removed: 0, done: false });
    let needles = needles(pseudonym(last, &"5e".repeat(32)));
    let places = || {
        let mut places = Vec::new();
        let each = |family: &'static str, _: &[u8], value: &[u8]| places.extend(needles.find(value).map(|_| family));
        read_only(&data).unwrap().each_entry(each).unwrap();
        places.retain(|family| *family != "changes");
        places
    };
    assert_eq!(places(), ["cursors"]);
    run_erase(&data, last, &["--reason", "KVKK"]);
    assert_eq!(places(), [""; 0]);
    assert_eq!(files_with(&needles, &data).into_iter().filter(|file| !file.contains("MANIFEST")).count(), 1, "the tombstone");
    assert_eq!(sweep(10), Swept { seen: 1, removed: 0, done: true }, "it goes on from there");
}

#[test]
fn killed_erasures() {
    let (mut rng, mut broken_off, mut done) = (Rng::new(7), 0, 0);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // The first one ends by itself and says how long that takes here; kills fall into it and shortly behind it.
    let mut whole = Duration::ZERO;
    for round in 0..12 {
        let dir = tempfile::tempdir().unwrap();
        let data = knowing_two(dir.path());
        let mut command = izingate();
        command.args(["recipient", "erase", "--reason", "KVKK", "--recipient", APPROVED, "--data"]).arg(&data);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let moment = Duration::from_micros(rng.below(1 + whole.as_micros() as u64 * 3 / 2));
        if round == 0 {
            let begin = Instant::now();
            assert!(child.wait().unwrap().success());
            whole = begin.elapsed();
        } else {
            // Until a deadline, without an event: a kill comes when nobody expects it.
            let (_nobody, events) = channel::<()>();
            assert_eq!(events.recv_timeout(moment), Err(RecvTimeoutError::Timeout));
            broken_off += u32::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let gateway = start_plain(&data);
        let expected = match runtime.block_on(reason(&gateway, APPROVED, "MESAJ")).as_str() {
            "NO_RECORD" => Vec::new(),
            "APPROVED" => vec!["consent", "history", "changes"],
            other => panic!("round {round}: {other}"),
        };
        gateway.kill();
        let open = read_only(&data).unwrap().open_erasures().unwrap();
        assert_eq!((held(&data), open), (expected.clone(), Vec::new()), "round {round}, {moment:?}");
        if expected.is_empty() {
            done += 1;
            let gateway = start_plain(&data);
            assert!(gateway.stop().success());
            assert_only_the_tombstone_or_its_list(&data);
        }
        assert!(verify(&data).ends_with("nothing differs\n"), "round {round}, {moment:?}");
    }
    assert!(broken_off > 0 && done > 0, "{broken_off} of 12 were under way, {done} were done");
}

/// The families that hold the recipient beside its tombstone, once for each entry.
fn held(data: &Path) -> Vec<&'static str> {
    let (needles, mut held) = (needles(target()), Vec::new());
    let each = |family: &'static str, key: &[u8], value: &[u8]| {
        if family != "recipients" && needles.find(key).or_else(|| needles.find(value)).is_some() {
            held.push(family);
        }
    };
    read_only(data).unwrap().each_entry(each).unwrap();
    held
}

/// The gateway is killed while it erases a recipient and takes in movements of before of the same one: while the log is read, between that
/// and the batch, or behind it. What was acknowledged is erased, and what was not is there as it was.
#[test]
fn killed_erasures_under_traffic() {
    let (mut rng, runtime) = (Rng::new(11), tokio::runtime::Runtime::new().unwrap());
    let registered = |number: usize| {
        let created = format!("2026-11-03 10:{:02}:{:02}", number / 60, number % 60);
        let movements = vec![movement(APPROVED, ["ONAY", "RET"][number % 2], &created)];
        ApplyRequest { brand_code: BRAND, movements, export_as_of: 0, ..ApplyRequest::default() }
    };
    for round in 0..6 {
        let dir = tempfile::tempdir().unwrap();
        let data = fresh(dir.path().join("data"));
        let gateway = start_plain(&data);
        let (mut consent, mut admin) = runtime.block_on(async { (gateway.consent().await, gateway.admin().await) });
        for number in 0..40 {
            runtime.block_on(consent.apply(registered(number))).unwrap();
        }
        let traffic = runtime.spawn(async move {
            for number in 40..3_000 {
                if consent.apply(registered(number)).await.is_err() {
                    return;
                }
            }
        });
        let mut erasing = runtime.spawn(async move { admin.erase_recipient(asked(APPROVED, "KVKK")).await.is_ok() });
        let mut acknowledged = false;
        if round == 0 {
            acknowledged = runtime.block_on(&mut erasing).unwrap();
            assert!(acknowledged);
        } else {
            let (_nobody, events) = channel::<()>();
            assert_eq!(events.recv_timeout(Duration::from_micros(rng.below(60_000))), Err(RecvTimeoutError::Timeout));
        }
        gateway.kill();
        runtime.block_on(traffic).unwrap();
        if round > 0 {
            acknowledged = runtime.block_on(erasing).unwrap();
        }
        let gateway = start_plain(&data);
        let erased = runtime.block_on(reason(&gateway, APPROVED, "MESAJ")) == "NO_RECORD";
        gateway.kill();
        assert!(erased || !acknowledged, "round {round}");
        // One tombstone for each form of the address: all or none.
        let (tombstones, held_now) = (read_only(&data).unwrap().tombstones().unwrap().len(), held(&data));
        assert_eq!((tombstones, held_now.is_empty()), (if erased { 2 } else { 0 }, erased), "round {round}: {held_now:?}");
        run_erase(&data, APPROVED, &["--reason", "KVKK"]);
        assert_eq!(held(&data), [""; 0], "round {round}");
        assert!(verify(&data).ends_with("nothing differs\n"), "round {round}");
    }
}

/// The one tombstone is also the first key of its file, which the list of files names.
fn assert_only_the_tombstone_or_its_list(data: &Path) {
    let files = files_with(&needles(target()), data);
    let tombstone = |file: &String| is_of_kind(file, "sst") || file.contains("MANIFEST");
    assert!(files.iter().all(tombstone) && files.iter().filter(|file| is_of_kind(file, "sst")).count() == 1, "{files:?}");
}
