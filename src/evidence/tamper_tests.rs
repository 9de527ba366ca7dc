//! Whatever is done to the files of a log, `verify` names it.

use super::entry::{Entry, Event, Outcomes};
use super::log::{Log, Size};
use super::search::{Query, Search, by_id, find};
use super::segment;
use super::segment::sealed_path;
use super::settings::{Durability, Settings};
use super::testing::{self, KEY, NOW, record, start};
use super::verify::{Problem, Report, Scope, verify};
use crate::evidence::segment::index;
use crate::evidence::tree::archive::{own_key, read_checkpoint, read_seals, root_of};
use crate::evidence::tree::prove;
use crate::evidence::tree::signed_note::{Signer, Verifier};
use crate::model::brand::BrandCode;
use crate::model::consent::key::Pseudonym;
use crate::model::decision::id::{DecisionId, DecisionIds};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

async fn decide(log: &Log, recipients: &[u8]) -> DecisionId {
    let decisions = recipients.len() as u64;
    let admission = log.admit(Durability::BeforeAnswer, Size { entries: 1, decisions, references: 0 }, NOW).await;
    let entry = |before_answer| {
        let of = recipients.iter().map(|byte| Pseudonym([*byte; 16])).collect();
        let outcomes = Outcomes::Many(vec![0x4C; recipients.len()], of);
        [Entry { before_answer, ..testing::entry(admission.id, outcomes) }]
    };
    let ticket = log.record(&admission, entry).unwrap();
    assert!(log.durable(ticket).await);
    admission.id
}

/// A log of three segments, each with two batches; the id of the first decision of each batch.
async fn log() -> (TempDir, Vec<DecisionId>) {
    let folder = tempfile::tempdir().unwrap();
    let mut ids = Vec::new();
    for run in 0..3 {
        let ids_of_run = DecisionIds::new(7, 1 + run * 10_000_000);
        let (log, threads) = start(folder.path(), Settings::default(), ids_of_run, || 1_795_000_000_000).unwrap();
        ids.push(decide(&log, &[1, 2, 3]).await);
        ids.push(decide(&log, &[2, 9]).await);
        threads.stop();
    }
    (folder, ids)
}

fn key(folder: &Path) -> Verifier {
    Verifier::parse(&fs::read_to_string(folder.join("public.key")).unwrap()).unwrap()
}

fn scope(key: Verifier, kept: Option<&str>) -> Scope<'_> {
    Scope { segments: 1..=u64::MAX, key, kept, secret: Some(KEY), mark: None }
}

fn check(folder: &Path) -> Report {
    verify(folder, &scope(key(folder), None)).unwrap()
}

/// The files that something is wrong with.
fn named(folder: &Path) -> Vec<String> {
    check(folder).problems.into_iter().map(|Problem { file, .. }| file).collect()
}

/// A copy of a log, to be spoilt.
fn copy(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_touched_is_whole() {
    let (folder, _) = log().await;
    let authenticated_since = Some(1_795_000_000_000);
    assert_eq!(check(folder.path()), Report { segments: 3, read: 3, decisions: 15, authenticated_since, ..Report::default() });
    assert!((1..4).all(|number| index::path(folder.path(), number).exists()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flipped_byte_of_every_segment_is_named() {
    let (folder, _) = log().await;
    for number in 1..4 {
        let path = sealed_path(folder.path(), number);
        let whole = fs::read(&path).unwrap();
        let expected = path.file_name().unwrap().to_str().unwrap().to_owned();
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1 << (place % 8);
            fs::write(&path, &changed).unwrap();
            let named = named(folder.path());
            assert!(named.contains(&expected), "byte {place} of {expected}: {named:?}");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(named(folder.path()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_reordered_or_cut_is_named() {
    let (folder, _) = log().await;
    let seg = |number| format!("{number:012}.seg");
    for number in 1..4 {
        let copy = copy(folder.path());
        fs::remove_file(sealed_path(copy.path(), number)).unwrap();
        assert_eq!(named(copy.path()), [seg(number)], "dropped");
    }
    for (one, other) in [(1, 2), (2, 3), (1, 3)] {
        let copy = copy(folder.path());
        let (a, b) = (sealed_path(copy.path(), one), sealed_path(copy.path(), other));
        let (of_a, of_b) = (fs::read(&a).unwrap(), fs::read(&b).unwrap());
        fs::write(&a, of_b).unwrap();
        fs::write(&b, of_a).unwrap();
        assert_eq!(named(copy.path()), [seg(one), seg(other)], "reordered");
    }
    let last = fs::read(sealed_path(folder.path(), 3)).unwrap();
    for length in [0, 1, 57, 58, last.len() / 2, last.len() - 1] {
        let copy = copy(folder.path());
        fs::write(sealed_path(copy.path(), 3), &last[..length]).unwrap();
        assert_eq!(named(copy.path()), [seg(3)], "cut at {length}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_the_checkpoint_and_the_indexes_are_checked() {
    let (folder, _) = log().await;
    let files = ["checkpoint", "tree", "000000000002.idx"].map(|name| folder.path().join(name));
    for path in files {
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            fs::write(&path, &changed).unwrap();
            // The line break behind the signature says nothing.
            let silent = path.ends_with("checkpoint") && place + 1 == whole.len();
            assert!(silent || !named(folder.path()).is_empty(), "byte {place} of {}", path.display());
        }
        fs::write(&path, &whole).unwrap();
    }
    let missing = |name: &str| {
        let copy = copy(folder.path());
        fs::remove_file(copy.path().join(name)).unwrap();
        named(copy.path())
    };
    assert_eq!(missing("checkpoint"), ["checkpoint"]);
    assert_eq!(missing("tree")[0], "tree");
    let (other, _) = log().await;
    let foreign = scope(key(other.path()), None);
    assert_eq!(verify(folder.path(), &foreign).unwrap().problems.len(), 1, "the key is of another node");
}

/// Whoever holds the key and the files can write another history, but not past a checkpoint that lies elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_was_kept_shows_a_history_that_was_written_anew() {
    let (folder, _) = log().await;
    let kept = read_checkpoint(folder.path()).unwrap().unwrap();
    let key = key(folder.path());
    let forged = tempfile::tempdir().unwrap();
    fs::copy(folder.path().join("signing.key"), forged.path().join("signing.key")).unwrap();
    let (log, threads) = start(forged.path(), Settings::default(), DecisionIds::new(7, 1), || 1_795_000_000_000).unwrap();
    decide(&log, &[5]).await;
    threads.stop();
    let with = |kept| verify(forged.path(), &scope(key.clone(), kept)).unwrap().problems;
    assert_eq!(with(None), [], "nothing in the folder tells");
    assert_eq!(with(Some(&kept)).len(), 1);
    let grown = verify(folder.path(), &scope(key.clone(), Some(&kept)));
    assert_eq!(grown.unwrap().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_found_with_and_without_an_index() {
    let (folder, ids) = log().await;
    let query = |byte| Query { recipient: Pseudonym([byte; 16]), brand: None, from: None, to: None };
    let found = |query: &Query| find(&record(folder.path()), query).unwrap();
    let of_two: Vec<DecisionId> = ids.iter().enumerate().map(|(place, id)| id.plus(u64::from(place % 2 == 0))).collect();
    let ids_of = |query: &Query| found(query).found.into_iter().map(|found| found.id).collect::<Vec<_>>();
    assert_eq!((ids_of(&query(2)), found(&query(2)).scanned), (of_two.clone(), vec![]));
    assert_eq!(ids_of(&query(77)), []);
    let other = Query { brand: BrandCode::new(5), ..query(2) };
    assert_eq!(ids_of(&other), []);
    let later = Query { from: Some(NOW.plus(1)), ..query(2) };
    assert_eq!(ids_of(&later), []);
    fs::remove_file(index::path(folder.path(), 2)).unwrap();
    fs::write(index::path(folder.path(), 3), b"nonsense").unwrap();
    assert_eq!((ids_of(&query(2)), found(&query(2)).scanned), (of_two.clone(), vec![2, 3]));
    for id in of_two {
        assert_eq!(by_id(&record(folder.path()), id).unwrap().found.map(|found| found.id), Some(id));
    }
    assert_eq!(by_id(&record(folder.path()), DecisionId::of(1_795_000_000, 7, 999)).unwrap().found, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_written_is_found_and_not_proved() {
    let folder = tempfile::tempdir().unwrap();
    let (log, threads) = start(folder.path(), Settings::default(), DecisionIds::new(7, 1), || 1_795_000_000_000).unwrap();
    let id = decide(&log, &[4]).await;
    let query = Query { recipient: Pseudonym([4; 16]), brand: None, from: None, to: None };
    assert_eq!(find(&record(folder.path()), &query).unwrap().found.len(), 1);
    let unsealed = prove::prove(&record(folder.path()), id);
    assert!(matches!(unsealed, Err(prove::ProveError::NotSealed(_))), "{unsealed:?}");
    threads.stop();
    assert!(prove::prove(&record(folder.path()), id).is_ok());
    assert_eq!(segment::sealed(folder.path(), 1, Some(&KEY)).unwrap().decisions, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_segments_go_whole_and_their_seals_stay() {
    let (folder, _) = log().await;
    let four_years_on = || 1_795_000_000_000 + 4 * 366 * 86_400 * 1_000;
    let (log, threads) = start(folder.path(), Settings::default(), DecisionIds::new(7, 90_000_000), four_years_on).unwrap();
    drop(log);
    threads.stop();
    assert!((1..4).all(|number| sealed_path(folder.path(), number).exists()), "a clock that is years ahead is not enough");
    // What is on record of that time is; a start without a decision is no reason to remove what it wrote.
    let (_, threads) = start(folder.path(), Settings::default(), DecisionIds::new(7, 99_000_000), four_years_on).unwrap();
    while sealed_path(folder.path(), 3).exists() {
        tokio::task::yield_now().await;
    }
    threads.stop();
    let there: Vec<PathBuf> = (1..6).map(|number| sealed_path(folder.path(), number)).filter(|path| path.exists()).collect();
    assert_eq!(there, [4, 5].map(|number| sealed_path(folder.path(), number)));
    let report = check(folder.path());
    assert_eq!((report.segments, report.read, report.removed, report.problems), (5, 2, 3, vec![]));
    let query = Query { recipient: Pseudonym([2; 16]), brand: None, from: None, to: None };
    assert_eq!(find(&record(folder.path()), &query).unwrap(), Search { removed: vec![1, 2, 3], ..Search::default() });
    // Whatever else is taken away is not covered by it.
    fs::remove_file(sealed_path(folder.path(), 4)).unwrap();
    assert_eq!(named(folder.path()), ["000000000004.seg"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_reported() {
    let (folder, _) = log().await;
    let killed = fs::read(sealed_path(folder.path(), 3)).unwrap();
    let frames = segment::Frames::of(&killed).unwrap().under(Some(&KEY));
    let stopped = frames.map_while(Result::ok).find(|frame| matches!(frame.body.event(), Some(Event::Stopped { .. })));
    let copy = copy(folder.path());
    fs::remove_file(sealed_path(copy.path(), 3)).unwrap();
    fs::remove_file(index::path(copy.path(), 3)).unwrap();
    fs::write(segment::open_path(copy.path(), 3), &killed[..stopped.unwrap().at]).unwrap();
    let tree = fs::read(copy.path().join("tree")).unwrap();
    fs::write(copy.path().join("tree"), &tree[..tree.len() - segment::SEAL_LENGTH]).unwrap();
    let before = read_seals(copy.path()).unwrap();
    let node = Signer::of_node(7, &own_key(copy.path()).unwrap().unwrap()).unwrap();
    fs::write(copy.path().join("checkpoint"), node.sign(2, &root_of(&before))).unwrap();
    let (_, threads) = start(copy.path(), Settings::default(), DecisionIds::new(7, 90_000_000), || 1_795_000_100_000).unwrap();
    threads.stop();
    let report = check(copy.path());
    let gaps = report.gaps();
    let Event::Gap { last_durable, at_most, torn } = gaps[0].1 else { panic!("{report:?}") };
    assert_eq!((gaps[0].0, last_durable, torn), (3, 1_795_000_000_000, 0));
    assert_eq!(at_most, (1 << 20) - 5, "as many as were leased, less those on record");
    assert_eq!(report.problems, []);
}
