//! Tests of how an operator continues: without what is lost, under another key, beside a store that lost its end. All of it is recorded, and the next
//! start goes through.

use super::entry::{Entry, Event, Outcomes};
use super::log::{Log, Size};
use super::record::Reader;
use super::search::{Query, find};
use super::segment::{open_path, sealed_path};
use super::settings::{Durability, Settings};
use super::start::{Opening, StartError, StoreBeside, Threads, start};
use super::testing::{self, KEY, Memory, NOW};
use super::verify::{Report, Scope, verify};
use crate::evidence::start::accept::{Accepted, accept_loss, accept_store_loss, change_key, store_loss};
use crate::evidence::tree::signed_note::Verifier;
use crate::model::consent::key::Pseudonym;
use crate::model::decision::id::DecisionIds;
use crate::ports::{EvidenceMemory, Reached, Recalled};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

const CLOCK: fn() -> u64 = || 1_795_000_000_000;

struct Scene {
    dir: TempDir,
    memory: Arc<Memory>,
    first: u64,
    store: u64,
    writes: u64,
}

impl Scene {
    /// Runs that ended in order, each with a decision.
    async fn of(runs: u64) -> Self {
        let mut scene = Self { dir: tempfile::tempdir().unwrap(), memory: Arc::default(), first: 1, store: 40, writes: 100 };
        for _ in 0..runs {
            let (log, threads) = scene.start().unwrap();
            decide(&log).await;
            threads.stop();
        }
        scene
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("evidence")
    }

    fn opening(&mut self) -> Opening {
        self.first += 10_000_000;
        let at_open = Reached { revision: self.store, writes: self.writes };
        let store = StoreBeside { at_open, now: Arc::new(move || at_open) };
        let opening = testing::opening(Settings::default(), DecisionIds::new(7, self.first), CLOCK);
        Opening { memory: self.memory.clone(), store: Some(store), ..opening }
    }

    fn start(&mut self) -> Result<(Log, Threads), StartError> {
        let opening = self.opening();
        start(&self.folder(), opening)
    }

    /// The code with which a start is refused.
    fn refused(&mut self) -> &'static str {
        match self.start() {
            Ok(_) => "",
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("Way on: "), "{text}");
                error.code()
            }
        }
    }

    fn accept(&mut self) -> Accepted {
        let opening = self.opening();
        accept_loss(&self.folder(), opening, "the disk was replaced").unwrap()
    }

    fn mark(&self) -> crate::ports::EvidenceMark {
        match self.memory.recall().unwrap() {
            Some(Recalled::Mark(mark)) => mark,
            other => panic!("{other:?}"),
        }
    }

    fn verified(&self) -> Report {
        let mark = self.mark();
        let key = Verifier::of_node(7, mark.public_key);
        verify(&self.folder(), &Scope { segments: 1..=u64::MAX, key, kept: None, secret: Some(KEY), mark: Some(mark) }).unwrap()
    }

    /// Number of decisions about everybody's recipient that are found, and the segments that are missing or were accepted to be.
    fn found(&self) -> (usize, Vec<u64>, Vec<u64>) {
        let reader = Reader { key: Some(KEY), mark: Some((7, self.mark())), ..Reader::of(&self.folder()) };
        let query = Query { recipient: Pseudonym([3; 16]), brand: None, from: None, to: None };
        let search = find(&reader.open().unwrap(), &query).unwrap();
        (search.found.len(), search.missing, search.accepted)
    }
}

async fn decide(log: &Log) {
    let admission = log.admit(Durability::BeforeAnswer, Size { entries: 1, decisions: 1, references: 0 }, NOW).await;
    let outcomes = Outcomes::One(0x4C, Pseudonym([3; 16]));
    let entry = |before_answer| [Entry { before_answer, revision: 40, ..testing::entry(admission.id, outcomes) }];
    let ticket = log.record(&admission, entry);
    assert!(log.durable(ticket.unwrap()).await);
}

/// After which segment each loss was accepted, the segments that are missing, and why.
type Losses = Vec<(u64, Vec<(u64, u64)>, String)>;

fn losses(report: &Report) -> Losses {
    let loss = |(after, event): &(u64, Event)| match event {
        Event::LossAccepted { missing, reason, .. } => Some((*after, missing.clone(), reason.clone())),
        _ => None,
    };
    report.notes.iter().filter_map(loss).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_segment_is_accepted_and_stays_known_as_missing() {
    let mut scene = Scene::of(3).await;
    assert_eq!(scene.found(), (3, vec![], vec![]));
    fs::remove_file(sealed_path(&scene.folder(), 2)).unwrap();
    assert_eq!((scene.refused(), scene.found()), ("EVIDENCE_MISSING", (2, vec![2], vec![])));
    scene.accept().threads.stop();
    assert_eq!(scene.refused(), "");
    assert_eq!(scene.found(), (2, vec![], vec![2]), "it does not pass for removed with its retention over");
    let report = scene.verified();
    assert_eq!(
        (losses(&report), report.accepted, report.problems),
        (vec![(3, vec![(2, 2)], "the disk was replaced".to_owned())], vec![2], vec![])
    );
    let opening = scene.opening();
    let again = accept_loss(&scene.folder(), opening, "again");
    assert!(matches!(again, Err(StartError::NothingLost(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_gone_or_old_is_accepted() {
    for older in [false, true] {
        let mut scene = Scene::of(2).await;
        let kept = scene.dir.path().join("older");
        super::order_tests::copy(&scene.folder(), &kept);
        let (log, threads) = scene.start().unwrap();
        decide(&log).await;
        threads.stop();
        fs::remove_dir_all(scene.folder()).unwrap();
        if older {
            fs::rename(&kept, scene.folder()).unwrap();
        }
        assert_eq!(scene.refused(), "EVIDENCE_MISSING");
        let accepted = scene.accept();
        assert!(
            accepted.aside.is_none() && accepted.lost.iter().any(|lost| lost.contains("there were 3")),
            "{:?}",
            accepted.lost
        );
        accepted.threads.stop();
        assert_eq!((scene.refused(), scene.found().0), ("", if older { 2 } else { 0 }));
        assert_eq!(scene.verified().problems, []);
        assert_eq!(losses(&scene.verified()).len(), 1);
    }
}

/// A tree that contradicts a witness is kept, and nothing of it is signed again.
#[tokio::test(flavor = "multi_thread")]
async fn a_tree_that_contradicts_is_moved_aside_as_a_whole() {
    let mut scene = Scene::of(3).await;
    let path = scene.folder().join("tree");
    let mut tree = fs::read(&path).unwrap();
    let place = tree.len() - 100;
    tree[place] ^= 1;
    fs::write(&path, &tree).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_BROKEN");
    let accepted = scene.accept();
    let aside = accepted.aside.clone().unwrap();
    accepted.threads.stop();
    assert_eq!(fs::read(aside.join("evidence/tree")).unwrap(), tree);
    assert_eq!((scene.refused(), scene.found()), ("", (0, vec![], vec![])));
    assert_eq!(scene.verified().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_what_was_written_are_set_aside() {
    let mut scene = Scene::of(2).await;
    let (log, threads) = scene.start().unwrap();
    decide(&log).await;
    // As a kill leaves it, and then damaged at its beginning.
    let path = open_path(&scene.folder(), 3);
    let mut bytes = fs::read(&path).unwrap();
    let mark = scene.mark();
    threads.stop();
    fs::remove_file(sealed_path(&scene.folder(), 3)).unwrap();
    let tree = fs::read(scene.folder().join("tree")).unwrap();
    fs::write(scene.folder().join("tree"), &tree[..tree.len() - super::segment::SEAL_LENGTH]).unwrap();
    let signer = crate::evidence::tree::signed_note::Signer::of_node(
        7,
        &crate::evidence::tree::archive::own_key(&scene.folder()).unwrap().unwrap(),
    )
    .unwrap();
    let seals = crate::evidence::tree::archive::read_seals(&scene.folder()).unwrap();
    fs::write(scene.folder().join("checkpoint"), signer.sign(2, &crate::evidence::tree::archive::root_of(&seals))).unwrap();
    scene.memory = Arc::new(Memory::of(Some(Recalled::Mark(mark))));
    bytes[70] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_BROKEN");
    scene.accept().threads.stop();
    assert_eq!(fs::read(path.with_extension("lost")).unwrap(), bytes);
    assert_eq!((scene.refused(), scene.found().0, scene.verified().problems), ("", 2, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_gone_stops_the_start_until_it_is_accepted() {
    for note in [None, Some("x")] {
        let mut scene = Scene::of(2).await;
        let path = scene.folder().join("checkpoint");
        match note {
            None => fs::remove_file(&path).unwrap(),
            Some(note) => fs::write(&path, note).unwrap(),
        }
        assert_eq!(scene.refused(), "EVIDENCE_CHECKPOINT");
        assert_eq!(fs::read_to_string(&path).ok().as_deref(), note, "nothing was signed");
        scene.accept().threads.stop();
        assert_eq!((scene.refused(), scene.found().0, scene.verified().problems), ("", 2, vec![]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_changes_by_command_alone() {
    let mut scene = Scene::of(2).await;
    let before = fs::read_to_string(scene.folder().join("public.key")).unwrap();
    let note = fs::read_to_string(scene.folder().join("checkpoint")).unwrap();
    let own = fs::read(scene.folder().join("signing.key")).unwrap();
    fs::write(scene.folder().join("signing.key"), "b".repeat(64)).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_KEY", "a key that somebody put there");
    fs::remove_file(scene.folder().join("signing.key")).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_KEY", "a lost key is not replaced");
    fs::write(scene.folder().join("signing.key"), own).unwrap();
    assert_eq!(scene.refused(), "");

    let opening = scene.opening();
    let (_, threads, after) = change_key(&scene.folder(), opening).unwrap();
    threads.stop();
    let before = Verifier::parse(&before).unwrap();
    assert_ne!(before, after);
    let (log, threads) = scene.start().unwrap();
    decide(&log).await;
    threads.stop();
    let report = scene.verified();
    let changed = report.notes.iter().filter(|(_, event)| matches!(event, Event::KeyChanged { from, to, .. } if *from == before.to_string() && *to == after.to_string()));
    assert_eq!((changed.count(), report.problems), (1, vec![]));
    // Who has the key before still verifies what it signed.
    let by = |key: &Verifier, kept| Scope { segments: 1..=u64::MAX, key: key.clone(), kept, secret: Some(KEY), mark: None };
    let old = verify(&scene.folder(), &by(&before, Some(&note))).unwrap();
    assert_eq!((old.problems, old.signed_before), (vec![], Some(3)));
    let stranger = Verifier::of_node(7, [9; 32]);
    assert_eq!(verify(&scene.folder(), &by(&stranger, None)).unwrap().problems.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_lost_its_end_stops_the_start() {
    let mut scene = Scene::of(2).await;
    scene.store = 39;
    assert_eq!(scene.refused(), "STORE_BEHIND_EVIDENCE");
    // That evidence is lost, too, is no way around it.
    fs::remove_file(sealed_path(&scene.folder(), 1)).unwrap();
    assert_eq!(scene.refused(), "EVIDENCE_MISSING");
    scene.accept().threads.stop();
    assert_eq!(scene.refused(), "STORE_BEHIND_EVIDENCE");
    let opening = scene.opening();
    let loss = store_loss(&scene.folder(), &opening).unwrap();
    assert_eq!((loss.store.revision, loss.evidence.revision), (39, 40));
    let (_, threads) = accept_store_loss(&scene.folder(), opening, loss, 1_000, "the log was lost").unwrap();
    threads.stop();
    assert_eq!(scene.refused(), "STORE_BEHIND_EVIDENCE", "until the store continues there");
    scene.store = 1_000;
    assert_eq!(scene.refused(), "");
    // What no revision tells of is noticed as well; what was accepted to be lost is void.
    scene.writes = 99;
    assert_eq!(scene.refused(), "STORE_BEHIND_EVIDENCE");
    let opening = scene.opening();
    let loss = store_loss(&scene.folder(), &opening).unwrap();
    let (_, threads) = accept_store_loss(&scene.folder(), opening, loss, 2_000, "again").unwrap();
    threads.stop();
    scene.store = 2_000;
    assert_eq!(scene.refused(), "");
    let opening = scene.opening();
    assert!(matches!(store_loss(&scene.folder(), &opening), Err(StartError::NothingLost(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_store_remembers_nothing_and_says_so() {
    for with_evidence in [false, true] {
        let mut scene = Scene::of(2).await;
        scene.memory = Arc::new(Memory::of(Some(Recalled::Restored { revision: 40, at: 1_795_000_000 })));
        if !with_evidence {
            fs::remove_dir_all(scene.folder()).unwrap();
        }
        assert_eq!(scene.refused(), "");
        let report = scene.verified();
        let restored = report.notes.iter().filter(|(_, event)| matches!(event, Event::Restored { revision: 40, .. }));
        assert_eq!((restored.count(), report.problems), (1, vec![]));
        assert_eq!(scene.found().0, if with_evidence { 2 } else { 0 });
    }
}

/// A count of a folder's files is believed as far as it can be true.
#[test]
fn a_reason_is_no_longer_than_a_record_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let memory = Arc::new(Memory::of(Some(Recalled::Mark(crate::ports::EvidenceMark { tree_size: 3, ..Default::default() }))));
    let opening = testing::opening(Settings { key: Some([0; 32]), ..Settings::default() }, DecisionIds::new(7, 1), CLOCK);
    let key = *crate::evidence::tree::signed_note::Signer::of_node(7, &[0; 32]).unwrap().verifier().key();
    let mark = crate::ports::EvidenceMark { tree_size: 3, public_key: key, ..Default::default() };
    let opening = Opening { memory: Arc::new(Memory::of(Some(Recalled::Mark(mark)))), ..opening };
    drop(memory);
    let accepted = accept_loss(&dir.path().join("evidence"), opening, &"ğ".repeat(9_000)).unwrap();
    accepted.threads.stop();
    let record = Reader { key: Some(KEY), ..Reader::of(Path::new(&dir.path().join("evidence"))) }.open().unwrap();
    let losses = record.losses(None, None).unwrap();
    assert_eq!(losses.iter().map(|loss| loss.reason.chars().count()).collect::<Vec<_>>(), [500]);
}
