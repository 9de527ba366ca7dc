use super::super::archive::{Archive, read_seals};
use super::super::codec::Part;
use super::super::entry::{Entry, Outcomes};
use super::super::segment::Header;
use super::super::testing;
use super::*;
use crate::model::key::Pseudonym;

fn entry(number: u64, count: usize) -> Entry {
    testing::entry(testing::id(number), Outcomes::Many(vec![0x4C; count], vec![Pseudonym([3; 16]); count]))
}

const LEASE: Event = Event::Leased { next: 100, outstanding: 2, to: 200, at: 1_000 };

fn header(number: u64, previous: Hash) -> Header {
    Header { node: 7, number, previous, made: 500 }
}

/// A segment with a lease and five decisions, as a kill leaves it.
fn killed(folder: &Path, number: u64, previous: Hash) -> Open {
    let mut open = Open::begin(folder, header(number, previous), &[]).unwrap();
    open.event_frame(&LEASE, 1_000).unwrap();
    let entry = entry(100, 5);
    open.decisions_frame(&[Part { entry: &entry, from: 0, to: 5 }], 1_234).unwrap();
    open.commit().unwrap();
    open
}

fn start(folder: &Path) -> Recovered {
    let (mut archive, seals) = Archive::open(folder, 7, None).unwrap();
    recover(folder, &mut archive, &seals).unwrap()
}

#[test]
fn a_fresh_folder_begins_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = Recovered { next: 1, previous: [0; 32], gap: None, sealed: vec![] };
    assert_eq!(start(folder.path()), fresh);
}

#[test]
fn a_kill_leaves_a_gap_that_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let open = killed(folder.path(), 1, [0; 32]);
    let path = open_path(folder.path(), 1);
    let padded = fs::read(&path).unwrap();
    assert_eq!(padded.len(), 4_096, "written in whole blocks");
    let whole = &padded[..usize::try_from(open.bytes()).unwrap()];
    for (torn, zeros) in [(0, 0), (0, 3), (0, 9_000), (1, 0), (40, 0)] {
        let bytes = [whole, &vec![7; torn], &vec![0; zeros]].concat();
        let _ = fs::remove_file(sealed_path(folder.path(), 1));
        for name in ["tree", "checkpoint"] {
            let _ = fs::remove_file(folder.path().join(name));
        }
        fs::write(&path, bytes).unwrap();
        let recovered = start(folder.path());
        let gap = Event::Gap { last_durable: 1_234, at_most: 97, torn: torn as u64 };
        let kept = fs::read(folder.path().join("000000000001.torn")).unwrap_or_default();
        assert_eq!(kept.len(), torn, "what was cut off is kept");
        let previous = read_seals(folder.path()).unwrap()[0].end();
        assert_eq!(recovered, Recovered { next: 2, previous, gap: Some(gap), sealed: vec![1] });
    }
    let again = start(folder.path());
    assert_eq!((again.next, again.sealed), (2, vec![]), "the gap stays until the next segment says so");
    assert!(again.gap.is_some());
}

/// A kill at every byte: what was whole is kept, and nothing is made up.
#[test]
fn a_kill_at_any_byte_keeps_what_was_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = killed(folder.path(), 1, [0; 32]);
    let before_seal = usize::try_from(open.bytes()).unwrap();
    open.seal().unwrap();
    let whole = fs::read(sealed_path(folder.path(), 1)).unwrap();
    for length in 0..whole.len() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(open_path(folder.path(), 1), &whole[..length]).unwrap();
        let recovered = start(folder.path());
        let seals = read_seals(folder.path()).unwrap();
        if seals.is_empty() {
            let fresh = Recovered { next: 1, previous: [0; 32], gap: None, sealed: vec![] };
            assert_eq!(recovered, fresh, "cut at {length}");
            continue;
        }
        let expected = if length >= before_seal { 5 } else { 0 };
        assert_eq!((seals[0].decisions, recovered.next), (expected, 2), "cut at {length}");
        assert!(fs::read(sealed_path(folder.path(), 1)).unwrap().len() <= whole.len());
        let bytes = fs::read(sealed_path(folder.path(), 1)).unwrap();
        assert!(Frames::of(&bytes).unwrap().all(|frame| frame.is_ok()), "cut at {length}");
    }
}

#[test]
fn an_ordered_end_leaves_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = killed(folder.path(), 1, [0; 32]);
    open.event_frame(&Event::Stopped { at: 2_000 }, 2_000).unwrap();
    let seal = open.seal().unwrap();
    let ended = Recovered { next: 2, previous: seal.end(), gap: None, sealed: vec![1] };
    assert_eq!(start(folder.path()), ended);
}

#[test]
fn a_segment_that_is_missing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    killed(folder.path(), 2, [0; 32]).seal().unwrap();
    let (mut archive, seals) = Archive::open(folder.path(), 7, None).unwrap();
    let refused = recover(folder.path(), &mut archive, &seals);
    assert!(matches!(refused, Err(RecoverError::OutOfTurn(1))), "{refused:?}");
}
