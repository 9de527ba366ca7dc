use super::*;
use crate::evidence::codec::Part;
use crate::evidence::entry::{Entry, Event, Outcomes};
use crate::evidence::merkle::Tree;
use crate::evidence::testing;
use crate::model::key::Pseudonym;
use std::fs;

fn entry(number: u64, count: usize) -> Entry {
    let recipients: Vec<_> = (0..count).map(|place| Pseudonym([place as u8; 16])).collect();
    let outcomes = match recipients[..] {
        [recipient] => Outcomes::One(0x4C, recipient),
        _ => Outcomes::Many(vec![0x4C; count], recipients),
    };
    let reference = if count == 3 { "campaign ".repeat(9) } else { String::new() };
    Entry { reference: reference.into(), ..testing::entry(testing::id(number), outcomes) }
}

fn header(number: u64) -> Header {
    Header { node: 7, number, previous: [5; 32], made: 1_795_000_000_000 }
}

/// Numbers and sizes of frames: the first, with its reference, is made smaller by zstd, the others are not.
const SIZES: [(u64, usize); 3] = [(100, 3), (200, 60), (300, 1)];

/// A sealed segment of three frames of decisions and an event.
fn segment(folder: &Path) -> (Vec<u8>, Seal) {
    let mut open = Open::begin(folder, header(3), &[]).unwrap();
    open.event_frame(&Event::Leased { next: 1, outstanding: 0, to: 900, at: 1_795_000_000_000 }, 1_795_000_000_000).unwrap();
    open.commit().unwrap();
    for (number, count) in SIZES {
        let entry = entry(number, count);
        open.decisions_frame(&[Part { entry: &entry, from: 0, to: count }], 1_795_000_000_500).unwrap();
    }
    let seal = open.seal().unwrap();
    (fs::read(sealed_path(folder, 3)).unwrap(), seal)
}

#[test]
fn a_segment_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, seal) = segment(folder.path());
    let mut frames = Frames::of(&bytes).unwrap();
    assert_eq!(*frames.header(), header(3));
    let read: Vec<_> = frames.by_ref().map(Result::unwrap).collect();
    assert_eq!(read[0].body.event(), Some(Event::Leased { next: 1, outstanding: 0, to: 900, at: 1_795_000_000_000 }));
    let kinds: Vec<u8> = read[1..4].iter().map(|frame| bytes[frame.at + 4]).collect();
    assert_eq!(kinds, [1, 4, 4]);
    let decisions: Vec<_> = read[1..4].iter().map(|frame| frame.body.decisions().unwrap().entries).collect();
    assert_eq!(decisions, SIZES.map(|(number, count)| vec![entry(number, count)]));
    let Body::Seal(last) = &read[4].body else { panic!("no seal") };
    assert_eq!((**last, *frames.head()), (seal, seal.end()));
    let root = Tree::of(read[..4].iter().map(|frame| &frame.leaf)).root();
    let expected = Seal {
        node: 7,
        number: 3,
        frames: 4,
        decisions: 64,
        ids: (entry(100, 1).first, entry(300, 1).first),
        times: (1_795_000_000, 1_795_000_000),
        previous: [5; 32],
        chain: seal.chain,
        root,
        bytes: read[4].at as u64,
    };
    assert_eq!(seal, expected);
    assert_eq!((unseal(&sealed_path(folder.path(), 3)).unwrap(), Seal::from_bytes(&seal.to_bytes())), (seal, Some(seal)));
    let file = fs::File::open(sealed_path(folder.path(), 3)).unwrap();
    for (frame, (number, count)) in read[1..4].iter().zip(SIZES) {
        assert_eq!(decisions_at(&file, frame.at as u64).unwrap().entries, [entry(number, count)]);
    }
    let raw: Vec<_> = raw_frames(&bytes).map(|raw| (raw.at, raw.recipients.len())).collect();
    assert_eq!(raw, [(read[1].at, 48), (read[2].at, 960), (read[3].at, 16)]);
    assert_eq!(decisions_at(&file, 1), None);
}

#[test]
fn every_flipped_byte_and_every_cut_shows() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, seal) = segment(folder.path());
    let is_whole = |bytes: &[u8]| {
        let Ok(mut frames) = Frames::of(bytes) else { return false };
        frames.by_ref().all(|frame| frame.is_ok()) && *frames.head() == seal.end()
    };
    assert!(is_whole(&bytes));
    for place in 0..bytes.len() {
        for bit in [1, 0x80] {
            let mut changed = bytes.clone();
            changed[place] ^= bit;
            assert!(!is_whole(&changed), "byte {place}");
        }
        assert!(!is_whole(&bytes[..place]), "cut at {place}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(!is_whole(&longer));
}

#[test]
fn what_failed_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = Open::begin(folder.path(), header(3), &[]).unwrap();
    open.event_frame(&Event::Leased { next: 1, outstanding: 0, to: 900, at: 1_795_000_000_000 }, 1_795_000_000_000).unwrap();
    open.commit().unwrap();
    let dropped = entry(100, 3);
    open.decisions_frame(&[Part { entry: &dropped, from: 0, to: 3 }], 1).unwrap();
    open.roll_back();
    let kept = entry(200, 3);
    open.decisions_frame(&[Part { entry: &kept, from: 1, to: 3 }], 2).unwrap();
    let seal = open.seal().unwrap();
    assert_eq!((seal.decisions, seal.ids.0), (2, entry(201, 1).first));
    let bytes = fs::read(sealed_path(folder.path(), 3)).unwrap();
    let decisions = Frames::of(&bytes).unwrap().filter_map(|frame| frame.unwrap().body.decisions());
    let read: Vec<_> = decisions.flat_map(|decisions| decisions.entries).map(|entry| entry.first).collect();
    assert_eq!(read, [entry(201, 1).first]);
    assert!(open.seal().is_ok(), "asked for again");
}

#[test]
fn names_are_numbers() {
    let folder = Path::new("evidence");
    assert_eq!(sealed_path(folder, 17), Path::new("evidence/000000000017.seg"));
    assert_eq!(number_of(&sealed_path(folder, 17), "seg"), Some(17));
    assert_eq!(number_of(&open_path(folder, 17), "open"), Some(17));
    for name in ["17.seg", "000000000017.open", "00000000001x.seg", "000000000017.seg.idx"] {
        assert_eq!(number_of(Path::new(name), "seg"), None, "{name}");
    }
}

/// The chain has no key: whoever changes a segment can make its checks anew, but not the seal that is in the tree.
#[test]
fn a_seal_of_other_frames_shows() {
    use super::format::{CHECK, SEAL, link};
    use crate::evidence::merkle::leaf;
    let folder = tempfile::tempdir().unwrap();
    let (bytes, seal) = segment(folder.path());
    let mut frames = Frames::of(&bytes).unwrap();
    frames.next().unwrap().unwrap();
    let (at, chain) = (frames.at(), *frames.head());
    let length = ((1 + SEAL_LENGTH + CHECK) as u32).to_be_bytes();
    let forge = |seal: Seal| {
        let body = seal.to_bytes();
        let check = link(&chain, &leaf(&[&[SEAL], &body]), &[&length, &[SEAL]]);
        [&bytes[..at], &length, &[SEAL], &body, &check[..CHECK]].concat()
    };
    let short = Seal { chain, frames: 1, bytes: at as u64, ..seal };
    for forged in [forge(seal), forge(Seal { chain, ..seal }), forge(short)] {
        let last = Frames::of(&forged).unwrap().last().unwrap();
        assert_eq!(
            last.err().map(|broken| (broken.at, broken.why)),
            Some((at, "the seal is of other frames than those before it"))
        );
    }
}
