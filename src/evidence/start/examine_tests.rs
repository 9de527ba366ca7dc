use super::*;
use crate::evidence::entry::{Entry, Event, Outcomes};
use crate::evidence::segment::codec::Part;
use crate::evidence::segment::{Header, Open};
use crate::evidence::testing;
use crate::evidence::testing::KEY;
use crate::evidence::tree::archive::Archive;
use crate::model::consent::key::Pseudonym;

const SEED: [u8; 32] = [7; 32];

fn entry(number: u64, count: usize) -> Entry {
    testing::entry(testing::id(number), Outcomes::Many(vec![0x4C; count], vec![Pseudonym([3; 16]); count]))
}

const LEASE: Event = Event::Leased { next: 100, outstanding: 2, to: 200, at: 1_000 };

fn header(version: Version, number: u64, previous: Hash) -> Header {
    Header { version, node: 7, number, previous, made: 500 }
}

/// A segment with a lease and five decisions, as a kill leaves it.
fn killed(folder: &Path, version: Version, number: u64, previous: Hash) -> Open {
    let mut open = Open::begin(folder, &KEY, header(version, number, previous), &[]).unwrap();
    open.event_frame(&LEASE, 1_000).unwrap();
    let entry = entry(100, 5);
    open.decisions_frame(&[Part { entry: &entry, from: 0, to: 5 }], 1_234).unwrap();
    open.commit().unwrap();
    open
}

/// Findings of a start that remembers nothing.
fn found(folder: &Path) -> Found {
    examine(folder, &Witnesses { node: 7, key: &KEY, signing_key: Some(SEED), mark: None }).unwrap()
}

#[test]
fn a_fresh_folder_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("absent")] {
        let fresh = found(&path);
        assert_eq!((fresh.end, fresh.open, fresh.authenticated_from, fresh.faults), ((0, [0; 32]), None, 1, vec![]));
    }
}

#[test]
fn a_kill_leaves_a_gap_that_is_bounded() {
    for version in [Version::Chained, Version::Authenticated] {
        let folder = tempfile::tempdir().unwrap();
        let open = killed(folder.path(), version, 1, [0; 32]);
        let path = open_path(folder.path(), 1);
        let padded = fs::read(&path).unwrap();
        assert_eq!(padded.len(), 4_096, "written in whole blocks");
        let whole = &padded[..usize::try_from(open.bytes()).unwrap()];
        for (torn, zeros) in [(0, 0), (0, 3), (0, 9_000), (1, 0), (40, 0)] {
            fs::write(&path, [whole, &vec![7; torn], &vec![0; zeros]].concat()).unwrap();
            let Found { open, last, faults, .. } = found(folder.path());
            let gap =
                Event::Gap { last_durable: 1_234, at_most: 97, torn: torn as u64 + if torn > 0 { zeros as u64 } else { 0 } };
            assert_eq!((open, last.gap(), last.reached.revision, faults), (Some(1), Some(gap), 42, vec![]));
        }
    }
}

/// A kill at every byte: what was whole is found, and nothing is made up.
#[test]
fn a_kill_at_any_byte_keeps_what_was_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = killed(folder.path(), Version::Authenticated, 1, [0; 32]);
    let before_seal = usize::try_from(open.bytes()).unwrap();
    open.seal().unwrap();
    let whole = fs::read(sealed_path(folder.path(), 1)).unwrap();
    for length in 0..whole.len() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(open_path(folder.path(), 1), &whole[..length]).unwrap();
        let Found { open, unmade, last, faults, .. } = found(folder.path());
        assert_eq!(faults, [], "cut at {length}");
        match open {
            None => assert_eq!((unmade, last), (vec![1], Last::default()), "cut at {length}"),
            Some(number) => {
                let missing = if length >= before_seal { 97 } else { 102 };
                assert_eq!((number, last.missing, last.stopped), (1, missing, false), "cut at {length}");
            }
        }
    }
}

/// The end of a log is its last frame before the seal, whatever texts stand in the frames before.
#[test]
fn only_an_event_closes_a_log() {
    let stopped = r#"{"event":"stopped","at":1}"#;
    let folder = tempfile::tempdir().unwrap();
    let mut open = killed(folder.path(), Version::Authenticated, 1, [0; 32]);
    for (place, text) in (0_u64..).zip([stopped.to_owned(), stopped[1..].to_owned(), format!("{stopped}{stopped}{stopped}")]) {
        for caller in [false, true] {
            let mut entry = testing::entry(testing::id(200 + place), Outcomes::One(0x4C, Pseudonym([3; 16])));
            if caller {
                entry.caller = text.as_str().into();
            } else {
                entry.reference = text.as_str().into();
            }
            let entries = [entry.clone(), Entry { first: testing::id(300 + place), ..entry }];
            let parts: Vec<Part<'_>> = entries.iter().map(|entry| Part { entry, from: 0, to: 1 }).collect();
            open.decisions_frame(&parts, 1_300).unwrap();
            open.commit().unwrap();
            assert!(!found(folder.path()).last.stopped, "{text}");
        }
    }
    let erased = Event::Erased { recipient: stopped.to_owned(), brand: None, at: 1, reason: stopped.to_owned(), revision: 50 };
    open.event_frame(&erased, 1_400).unwrap();
    open.commit().unwrap();
    assert!(!found(folder.path()).last.stopped, "a reason says so");
    open.event_frame(&Event::Stopped { at: 2_000 }, 2_000).unwrap();
    let seal = open.seal().unwrap();
    let Found { beyond, last, faults, .. } = found(folder.path());
    assert_eq!((beyond, last.gap(), last.reached.revision, faults), (vec![seal], None, 50, vec![]));
}

#[test]
fn what_stands_in_another_ones_place_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    killed(folder.path(), Version::Authenticated, 2, [0; 32]).seal().unwrap();
    assert_eq!(found(folder.path()).faults, [Fault::OutOfTurn("000000000002.seg".to_owned(), 1)]);
    let other = tempfile::tempdir().unwrap();
    killed(other.path(), Version::Authenticated, 1, [9; 32]);
    assert_eq!(found(other.path()).faults, [Fault::OutOfTurn("000000000001.open".to_owned(), 1)], "it follows another one");
    let both = tempfile::tempdir().unwrap();
    let seal = killed(both.path(), Version::Authenticated, 1, [0; 32]).seal().unwrap();
    killed(both.path(), Version::Authenticated, 2, seal.end());
    fs::copy(open_path(both.path(), 2), open_path(both.path(), 1)).unwrap();
    assert_eq!(found(both.path()).faults, [Fault::OutOfTurn("000000000001.open".to_owned(), 1)]);
}

/// A segment of the version that anybody can make, behind one that only the holder of the secret makes.
#[test]
fn no_earlier_version_follows_a_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let earlier = killed(folder.path(), Version::Chained, 1, [0; 32]).seal().unwrap();
    let later = killed(folder.path(), Version::Authenticated, 2, earlier.end()).seal().unwrap();
    let clean = found(folder.path());
    assert_eq!((clean.authenticated_from, clean.faults), (2, vec![]));
    killed(folder.path(), Version::Chained, 3, later.end());
    assert_eq!(found(folder.path()).faults, [Fault::NotAuthenticated("000000000003.open".to_owned())]);
    // With nothing authenticated beside it the store remembers that there was.
    let alone = tempfile::tempdir().unwrap();
    killed(alone.path(), Version::Chained, 1, [0; 32]);
    assert_eq!(found(alone.path()).faults, []);
    let mark = EvidenceMark { authenticated_from: 1, ..EvidenceMark::default() };
    let witnesses = Witnesses { node: 7, key: &KEY, signing_key: Some(SEED), mark: Some(&mark) };
    let faults = examine(alone.path(), &witnesses).unwrap().faults;
    assert!(faults.contains(&Fault::NotAuthenticated("000000000001.open".to_owned())), "{faults:?}");
}

#[test]
fn links_and_folders_are_no_files_of_the_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("x"), "x").unwrap();
    for name in ["tree", "checkpoint", "000000000001.seg", "000000000001.torn", "checkpoint.new", "public.key"] {
        let path = folder.path().join(name);
        std::os::unix::fs::symlink(elsewhere.path().join("x"), &path).unwrap();
        let listed = Listing::of(folder.path()).unwrap();
        assert_eq!(listed.foreign, [name], "a link");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(Listing::of(folder.path()).unwrap().foreign, [name], "a folder");
        fs::remove_dir(&path).unwrap();
    }
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let listed = Listing::of(folder.path()).unwrap();
    assert_eq!((listed.foreign, listed.unknown), (vec![], vec!["notes.txt".to_owned()]));
}

#[test]
fn a_tree_without_its_files_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = Archive::resume(folder.path(), Signer::of_node(7, &SEED).unwrap(), &[]).unwrap();
    let mut previous = [0; 32];
    for number in 1..=3 {
        let seal = killed(folder.path(), Version::Authenticated, number, previous).seal().unwrap();
        archive.add(&seal).unwrap();
        previous = seal.end();
    }
    archive.sign().unwrap();
    assert_eq!(found(folder.path()).faults, []);
    let path = sealed_path(folder.path(), 1);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert!(matches!(&found(folder.path()).faults[..], [Fault::SegmentBroken(name, _)] if name == "000000000001.seg"));
    for number in [1, 2] {
        fs::remove_file(sealed_path(folder.path(), number)).unwrap();
    }
    assert_eq!(found(folder.path()).faults, [Fault::SegmentsMissing(1, 2)]);
}
