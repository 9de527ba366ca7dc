use super::*;
use crate::evidence::entry::Outcomes;
use crate::evidence::log::Size;
use crate::evidence::segment::{Body, Frames, open_path};
use crate::evidence::settings::{Durability, Settings};
use crate::evidence::testing;
use crate::evidence::testing::{KEY, NOW};
use crate::model::consent::key::Pseudonym;
use crate::model::decision::id::DecisionIds;
use crate::ports::{EvidenceMark, NoMemory, Reached};
use std::path::Path;
use std::sync::mpsc::channel;

const WRITTEN: u64 = 1_795_000_000_000;
const ALLOW: u8 = 0x4C;

/// A writer without its thread.
fn writer(folder: &Path) -> Writer {
    let log = Log::new(Settings::default(), DecisionIds::new(7, 1), 1 << 20);
    let header = Header { version: Version::Authenticated, node: 7, number: 1, previous: [0; 32], made: WRITTEN };
    Writer {
        log,
        open: Open::begin(folder, &KEY, header, &[]).unwrap(),
        keeper: channel().0,
        remembered: Arc::new(Remembered::new(EvidenceMark::default(), Arc::new(NoMemory))),
        store: None,
        committed: Reached::default(),
        removal: None,
        clock: || WRITTEN,
        entries: Vec::new(),
        framed: 0,
        events: Vec::new(),
        vouched: WRITTEN,
        waiters: Vec::new(),
        slowest: Duration::ZERO,
        rotation: Rotation::None,
        unrecorded: Unnamed::default(),
    }
}

/// Hands a decision over.
async fn decide(log: &Log, durability: Durability) {
    let admission = log.admit(durability, Size { entries: 1, decisions: 1, references: 0 }, NOW).await;
    let outcomes = Outcomes::One(ALLOW, Pseudonym([1; 16]));
    let ticket = log.record(&admission, |before_answer| [Entry { before_answer, ..testing::entry(admission.id, outcomes) }]);
    assert_eq!(ticket.is_some(), durability == Durability::BeforeAnswer);
}

/// How many decisions each frame on disk has.
fn on_disk(folder: &Path) -> Vec<usize> {
    let bytes = std::fs::read(open_path(folder, 1)).unwrap();
    let bodies = Frames::growing(&bytes).unwrap().map_while(Result::ok).map(|frame| frame.body);
    bodies.filter(|body| matches!(body, Body::Decisions(..))).map(|body| body.decisions().unwrap().entries.len()).collect()
}

#[tokio::test]
async fn what_is_handed_over_is_framed_little_by_little_and_synced_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let log = writer.log.clone();
    for decisions in [3, 2] {
        for _ in 0..decisions {
            decide(&log, Durability::Interval).await;
        }
        assert!(!writer.step(false).unwrap());
        assert!(on_disk(folder.path()).is_empty());
    }
    decide(&log, Durability::Interval).await;
    assert!(writer.step(true).unwrap());
    assert_eq!((on_disk(folder.path()), log.status().waiting), (vec![3, 2, 1], 0));
}

#[tokio::test]
async fn who_waits_for_the_disk_does_not_wait_for_the_pause() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    decide(&writer.log.clone(), Durability::BeforeAnswer).await;
    assert!(writer.step(false).unwrap());
    assert_eq!(on_disk(folder.path()), [1]);
}

/// Enough for a frame asks for one, without anybody's waiting for the disk.
#[tokio::test]
async fn a_frame_is_asked_for_once_there_is_enough_for_one() {
    let log = Log::new(Settings::default(), DecisionIds::new(7, 1), 1 << 20);
    let (mut entries, mut waiters, mut events) = (Vec::new(), Vec::new(), Vec::new());
    let mut asked = Vec::new();
    for decisions in [100, 200, 0] {
        for _ in 0..decisions {
            decide(&log, Durability::Interval).await;
        }
        asked.push(log.0.gather(&mut entries, &mut waiters, &mut events));
    }
    assert_eq!(asked, [None, Some(Ask::Frame), None]);
}

#[tokio::test]
async fn after_a_failure_everything_is_framed_again_as_what_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let log = writer.log.clone();
    decide(&log, Durability::Interval).await;
    assert!(!writer.step(false).unwrap());
    writer.fail(&io::Error::other("the disk takes nothing"));
    assert_eq!(writer.framed, 0);
    assert!(writer.step(true).unwrap());
    assert_eq!(on_disk(folder.path()), [1]);
}

#[test]
fn the_window_is_for_gathering_but_for_what_the_disk_needs() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let pauses = [0, 1, 5, 20, 400].map(|slowest| {
        writer.slowest = Duration::from_millis(slowest);
        writer.pause().as_millis()
    });
    assert_eq!(pauses, [45, 45, 40, 25, 25]);
}
