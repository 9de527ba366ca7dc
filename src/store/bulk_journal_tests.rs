use super::*;
use crate::model::consent::channel::Cell;
use crate::model::consent::key::{Pseudonym, RelationKey};
use crate::model::consent::record::{CellRecord, Record};
use crate::model::consent::source::SourceCode;
use crate::model::consent::state::Status;
use crate::model::secret::pseudonym::{Pseudonymizer, Secret};
use crate::model::text::hex::to_hex;
use crate::store::codec::{HistoryKey, HistoryValue, encode_history};
use crate::store::{Options, Store, backup};
use tempfile::TempDir;

const NOW: IysTime = IysTime::from_unix(0x6543_2100);

fn brand() -> BrandCode {
    BrandCode::new(7).unwrap()
}

fn relation() -> RelationKey {
    RelationKey::of_brand(Pseudonym(*b"0123456789abcdef"), brand())
}

fn record() -> Record {
    let source = SourceCode::from_stored(6);
    let mut record = Record::default();
    record.set(
        Cell::ALL[2],
        CellRecord {
            status: Status::Ret,
            created: NOW,
            consented: None,
            source,
            transaction: 0,
            received: false,
            ambiguous: false,
        },
    );
    record
}

fn history_key() -> HistoryKey {
    HistoryKey { relation: relation(), cell: Cell::ALL[2], created: NOW, status: Status::Ret, source: SourceCode::from_stored(6) }
}

fn history_value() -> HistoryValue {
    HistoryValue { consented: None, transaction: "".into(), received: false, ambiguous: false, revision: 1, known_since: NOW }
}

fn open(folder: &TempDir) -> Result<Store, StoreError> {
    Store::open(&folder.path().join("store"), &Options::default(), &Pseudonymizer::new(&Secret::from_bytes([7; 32])), 1)
}

/// One movement, staged for revision 1.
fn intent(store: &Store) -> Intent {
    let mut staging = store.stage(1, NOW).unwrap();
    staging.history(&history_key().to_bytes(), &encode_history(&history_value())).unwrap();
    staging.record(&relation(), &record(), record().state(), true).unwrap();
    let mut completion = Completion::default();
    completion.import_cursor(brand(), NOW);
    completion.bulk_position(&BulkPosition { job: 9, movements: 1, applied: 1, unchanged: 0 });
    Intent { staged: staging.finish().unwrap().unwrap(), completion }
}

/// What is on file of the movement: history, consent, the revision's change, cursor, revision.
fn on_file(store: &Store) -> [bool; 5] {
    let change = store.get(Family::Changes, &1_u64.to_be_bytes()).unwrap();
    [
        store.history_values(&[history_key().to_bytes()]).unwrap() == [Some(history_value())],
        store.records(&[relation()]).unwrap() == [Some(record())],
        change.is_some_and(|change| codec::decode_change(&change).unwrap().states == [(relation(), record().state())]),
        store.import_cursor(brand()).unwrap() == Some(NOW),
        store.revision().unwrap() == 1,
    ]
}

fn staged_files(folder: &TempDir) -> usize {
    fs::read_dir(folder.path().join("import")).unwrap().count()
}

/// Breaks off after the intent and `ingested` of its files, does something to the rest, starts again.
fn broken_off(ingested: usize, then: impl FnOnce(&Store, &Intent)) -> (TempDir, Result<Store, StoreError>) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).unwrap();
    let intent = intent(&store);
    store.write_intent(&intent).unwrap();
    for file in &intent.staged.files[..ingested] {
        store.ingest(file.family, &store.staging().join(&file.name)).unwrap();
    }
    assert!(store.has_open_intent().unwrap());
    then(&store, &intent);
    drop(store);
    let opened = open(&folder);
    (folder, opened)
}

fn remove(store: &Store, file: &StagedFile) {
    fs::remove_file(store.staging().join(&file.name)).unwrap();
}

#[test]
fn bytes_are_pinned() {
    let first = (vec![0xAB], 0x0102);
    let file = StagedFile { family: Family::History, name: "1.sst".to_owned(), size: 5, first };
    let completion = Completion(vec![(Family::Cursors, vec![1], vec![2, 3])]);
    let intent = Intent { staged: Staged { revision: 4, files: vec![file] }, completion };
    let files = "0000000102000000\
        05312e737374000000000000000500000001ab0000000000000102";
    assert_eq!(to_hex(&intent.encode()), format!("010000000000000004{files}00000001050000000101000000020203"));
    assert_eq!(Intent::decode(&intent.encode()), Ok(intent));
}

#[test]
fn bytes_that_are_no_intent_are_errors() {
    let file = |name: &str| StagedFile { family: Family::History, name: name.to_owned(), size: 5, first: (vec![1], 2) };
    let intent = |name: &str| {
        let staged = Staged { revision: 4, files: vec![file(name)] };
        Intent { staged, completion: Completion(vec![(Family::Cursors, vec![1], vec![2])]) }.encode()
    };
    let whole = intent("1.sst");
    assert!((0..whole.len()).all(|length| Intent::decode(&whole[..length]).is_err()));
    assert_eq!(Intent::decode(&[&whole[..], &[0]].concat()), Err(InvalidBytes::Length));
    assert_eq!(Intent::decode(&[&[2], &whole[1..]].concat()), Err(InvalidBytes::Version));
    assert_eq!(Intent::decode(&intent("../1.sst")), Err(InvalidBytes::Code), "no file outside of its folder");
}

#[test]
fn a_commit_is_whole_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).unwrap();
    let Intent { staged, completion } = intent(&store);
    store.commit_staged(staged, completion).unwrap();
    assert_eq!((on_file(&store), store.has_open_intent().unwrap(), staged_files(&folder)), ([true; 5], false, 0));
    let position = BulkPosition { job: 9, movements: 1, applied: 1, unchanged: 0 };
    assert_eq!(store.bulk_position().unwrap(), Some(position));
}

#[test]
fn a_start_finishes_what_was_broken_off_at_any_step() {
    for ingested in 0..=3 {
        let (folder, store) = broken_off(ingested, |_, _| ());
        let store = store.unwrap();
        let found = (on_file(&store), store.has_open_intent().unwrap(), staged_files(&folder));
        assert_eq!(found, ([true; 5], false, 0), "{ingested} of 3 files were in");
    }
}

/// A kill between a family's taking a file in and the removal of its first name.
#[test]
fn a_file_that_is_in_and_still_there_is_not_taken_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).unwrap();
    let intent = intent(&store);
    store.write_intent(&intent).unwrap();
    for file in &intent.staged.files {
        let path = store.staging().join(&file.name);
        fs::hard_link(&path, path.with_extension("kept")).unwrap();
        store.ingest(file.family, &path).unwrap();
        fs::rename(path.with_extension("kept"), path).unwrap();
    }
    drop(store);
    assert_eq!((on_file(&open(&folder).unwrap()), staged_files(&folder)), ([true; 5], 0));
}

#[test]
fn files_removed_before_any_was_in_cost_the_batch_and_nothing_else() {
    for lost in 0..3 {
        let (folder, store) = broken_off(0, |store, intent| remove(store, &intent.staged.files[lost]));
        let store = store.unwrap();
        let found = (on_file(&store), store.has_open_intent().unwrap(), staged_files(&folder));
        assert_eq!(found, ([false; 5], false, 0), "file {lost}");
    }
}

#[test]
fn a_file_removed_or_cut_after_another_was_in_opens_nothing_until_it_is_back() {
    for (cut, lost) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).unwrap();
        let intent = intent(&store);
        store.write_intent(&intent).unwrap();
        let [history, ..] = &intent.staged.files[..] else { panic!("no files") };
        store.ingest(history.family, &store.staging().join(&history.name)).unwrap();
        let path = store.staging().join(&intent.staged.files[lost].name);
        let bytes = fs::read(&path).unwrap();
        if cut {
            fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        drop(store);
        let error = open(&folder).err().unwrap();
        assert!(matches!(&error, StoreError::ImportFileLost { path: named } if *named == path), "{error}");
        fs::write(&path, bytes).unwrap();
        assert_eq!(on_file(&open(&folder).unwrap()), [true; 5]);
    }
}

#[test]
fn files_without_an_intent_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).unwrap();
    intent(&store);
    drop(store);
    assert_eq!((on_file(&open(&folder).unwrap()), staged_files(&folder)), ([false; 5], 0));
}

fn back_up(store: &Store, folder: &TempDir) -> Result<u64, &'static str> {
    let made = backup::make(store, &folder.path().join("backup"), NOW, &|| false);
    made.map(|manifest| manifest.revision).map_err(|error| error.code())
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn no_backup_is_made_of_a_part_of_a_batch() {
    for ingested in 0..=3 {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).unwrap();
        let intent = intent(&store);
        store.write_intent(&intent).unwrap();
        for file in &intent.staged.files[..ingested] {
            store.ingest(file.family, &store.staging().join(&file.name)).unwrap();
        }
        assert_eq!(back_up(&store, &folder), Err("IMPORT_UNFINISHED"), "{ingested} of 3 files were in");
        assert_eq!(names(&folder), ["import", "store"], "nothing of it is left");
        drop(store);
        assert_eq!(back_up(&open(&folder).unwrap(), &folder), Ok(1));
    }
}

/// As a copy has it whose list of files is older than the end of its log.
#[test]
fn no_backup_is_made_of_a_batch_without_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).unwrap();
    let intent = intent(&store);
    store.complete(&intent).unwrap();
    assert_eq!((store.has_open_intent().unwrap(), store.revision().unwrap()), (false, 1));
    assert_eq!(back_up(&store, &folder), Err("IMPORT_UNFINISHED"));
}
