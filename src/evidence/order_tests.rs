//! A kill at any moment is never taken for a forgery, and whatever is less than what is remembered always is: the folder as it is
//! at every moment at which something is remembered, against everything that was remembered at any moment.

use super::entry::{Entry, Outcomes};
use super::log::{Log, Size};
use super::segment::{SEAL_LENGTH, open_path, sealed_path};
use super::settings::{Durability, Settings};
use super::start::{Opening, start};
use super::testing::{self, KEY, Memory, NOW};
use crate::evidence::start::examine::{Found, Witnesses, examine};
use crate::evidence::tree::archive::read_checkpoint;
use crate::model::consent::key::Pseudonym;
use crate::model::decision::id::DecisionIds;
use crate::ports::{EvidenceMark, EvidenceMemory, MemoryError, Recalled};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const SEED: [u8; 32] = [7; 32];

/// A memory that copies the folder each time that something is offered to it.
struct Witness {
    folder: PathBuf,
    copies: TempDir,
    seen: Mutex<Vec<EvidenceMark>>,
}

impl Witness {
    fn copy(&self, moment: usize) -> PathBuf {
        self.copies.path().join(moment.to_string())
    }
}

impl EvidenceMemory for Witness {
    fn recall(&self) -> Result<Option<Recalled>, MemoryError> {
        Ok(self.seen.lock().unwrap().last().copied().map(Recalled::Mark))
    }

    fn offer(&self, mark: &EvidenceMark) {
        let mut seen = self.seen.lock().unwrap();
        copy(&self.folder, &self.copy(seen.len()));
        seen.push(*mark);
    }

    fn keep(&self) -> Result<(), MemoryError> {
        Ok(())
    }
}

/// Copies a folder as it is at one moment, as a kill leaves it: again, if a file gets another name meanwhile.
pub(super) fn copy(from: &Path, to: &Path) {
    loop {
        fs::create_dir(to).unwrap();
        let listed = names(from);
        let copied = listed.iter().all(|name| fs::copy(from.join(name), to.join(name)).is_ok());
        if copied && names(from) == listed {
            return;
        }
        fs::remove_dir_all(to).unwrap();
    }
}

fn names(folder: &Path) -> BTreeSet<OsString> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

async fn decide(log: &Log) {
    let recipients: Vec<Pseudonym> = (0..100).map(|byte| Pseudonym([byte; 16])).collect();
    let admission = log.admit(Durability::BeforeAnswer, Size { entries: 1, decisions: 100, references: 0 }, NOW).await;
    let outcomes = Outcomes::Many(vec![0x4C; 100], recipients);
    let ticket = log.record(&admission, |before_answer| [Entry { before_answer, ..testing::entry(admission.id, outcomes) }]);
    assert!(log.durable(ticket.unwrap()).await);
}

fn opening(first: u64, memory: Arc<dyn EvidenceMemory>) -> Opening {
    let settings = Settings { segment_bytes: 6_000, key: Some(SEED), ..Settings::default() };
    Opening { memory, ..testing::opening(settings, DecisionIds::new(7, first), || 1_795_000_000_000) }
}

/// Three runs with some segments each, and the folder at every moment.
async fn runs() -> (TempDir, Arc<Witness>) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("evidence");
    let witness = Witness { folder: folder.clone(), copies: tempfile::tempdir().unwrap(), seen: Mutex::default() };
    let witness = Arc::new(witness);
    for run in 0..3 {
        let (log, threads) = start(&folder, opening(1 + run * 10_000_000, witness.clone())).unwrap();
        for _ in 0..9 {
            decide(&log).await;
        }
        threads.stop();
    }
    (dir, witness)
}

fn found(folder: &Path, mark: Option<&EvidenceMark>) -> Found {
    examine(folder, &Witnesses { node: 7, key: &KEY, signing_key: Some(SEED), mark }).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_moment_extends_what_was_remembered_before_and_nothing_after() {
    let (_dir, witness) = runs().await;
    let seen = witness.seen.lock().unwrap().clone();
    assert!(seen.len() > 30 && seen.last().unwrap().ended > 0 && seen.last().unwrap().tree_size > 6, "{}", seen.len());
    let mut refused = 0;
    for moment in 0..seen.len() {
        let folder = witness.copy(moment);
        assert_eq!(found(&folder, None).faults, [], "moment {moment}, nothing remembered");
        for (remembered, mark) in seen.iter().enumerate() {
            let faults = found(&folder, Some(mark)).faults;
            if remembered <= moment {
                assert_eq!(faults, [], "moment {moment}, remembered {remembered}");
            } else if remembered > moment + 1 {
                // At the next the other thread may just wait to say what is there already.
                let is_news = (mark.segment, mark.bytes, mark.tree_size) > {
                    let now = &seen[moment + 1];
                    (now.segment, now.bytes, now.tree_size)
                };
                assert!(!is_news || !faults.is_empty(), "moment {moment}, remembered {remembered}: {mark:?}");
                refused += u32::from(is_news);
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

/// The steps between two moments, made by hand from the end of a run: each is what a kill leaves.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_seal_is_no_fault() {
    let (_dir, witness) = runs().await;
    let seen = witness.seen.lock().unwrap().clone();
    let last = witness.copy(seen.len() - 1);
    let size = fs::read(last.join("tree")).unwrap().len();
    let number = seen.last().unwrap().tree_size;
    // What was remembered before the last segment was sealed.
    let before: Vec<&EvidenceMark> =
        seen.iter().filter(|mark| mark.segment == number && mark.ended == 0 && mark.tree_size < number).collect();
    let checkpoint = (0..seen.len()).rev().map(|moment| witness.copy(moment)).find_map(|folder| {
        let note = read_checkpoint(&folder).unwrap()?;
        note.contains(&format!("\n{}\n", number - 1)).then_some(note)
    });
    assert!(!before.is_empty() && checkpoint.is_some());
    let steps = tempfile::tempdir().unwrap();
    let step = |name: &str| {
        let folder = steps.path().join(name);
        copy(&last, &folder);
        folder
    };
    let unsigned = step("in the tree, not signed");
    fs::write(unsigned.join("checkpoint"), checkpoint.as_ref().unwrap()).unwrap();
    let torn = step("torn in the tree");
    let lone = step("sealed, not in the tree");
    let unnamed = step("sealed, not renamed");
    for folder in [&torn, &lone, &unnamed] {
        fs::write(folder.join("checkpoint"), checkpoint.as_ref().unwrap()).unwrap();
        let tree = fs::read(folder.join("tree")).unwrap();
        let cut = if folder == &torn { 40 } else { SEAL_LENGTH };
        fs::write(folder.join("tree"), &tree[..size - cut]).unwrap();
    }
    fs::rename(sealed_path(&unnamed, number), open_path(&unnamed, number)).unwrap();
    let unindexed = step("no index");
    // It may not have been made yet when this was copied.
    let _ = fs::remove_file(crate::evidence::segment::index::path(&unindexed, number));
    let beginning = step("the next one being made");
    fs::write(open_path(&beginning, number + 1), b"").unwrap();
    let half = step("the next one half made");
    fs::write(open_path(&half, number + 1), &fs::read(sealed_path(&half, number)).unwrap()[..58]).unwrap();
    for folder in [unsigned, torn, lone, unnamed, unindexed, beginning, half] {
        let what = folder.file_name().unwrap().to_owned();
        for mark in &before {
            assert_eq!(found(&folder, Some(mark)).faults, [], "{}", what.display());
        }
        let memory = Arc::new(Memory::of(Some(Recalled::Mark(**before.last().unwrap()))));
        let (_, threads) =
            start(&folder, opening(90_000_000, memory.clone())).unwrap_or_else(|error| panic!("{}: {error}", what.display()));
        threads.stop();
        let Some(Recalled::Mark(mark)) = memory.recall().unwrap() else { panic!("nothing is remembered") };
        assert_eq!((mark.tree_size, mark.segment, mark.ended > 0), (number + 1, number + 1, true), "{}", what.display());
        assert_eq!(found(&folder, Some(&mark)).faults, [], "{}", what.display());
    }
}
