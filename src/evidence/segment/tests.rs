use super::*;
use crate::evidence::entry::{Entry, Event, Outcomes};
use crate::evidence::segment::codec::Part;
use crate::evidence::testing::{self, KEY};
use crate::evidence::tree::merkle::Tree;
use crate::model::consent::key::Pseudonym;
use crate::model::secret::mac::MacKey;
use crate::model::text::hex::to_hex;
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
    Header { version: Version::Authenticated, node: 7, number, previous: [5; 32], made: 1_795_000_000_000 }
}

/// Numbers and sizes of frames: the first, with its reference, is made smaller by zstd, the others are not.
const SIZES: [(u64, usize); 3] = [(100, 3), (200, 60), (300, 1)];

/// A sealed segment of three frames of decisions and an event.
fn segment(folder: &Path, version: Version) -> (Vec<u8>, Seal) {
    let mut open = Open::begin(folder, &KEY, Header { version, ..header(3) }, &[]).unwrap();
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
    let (bytes, seal) = segment(folder.path(), Version::Authenticated);
    let mut frames = Frames::of(&bytes).unwrap().under(Some(&KEY));
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
    let unsealed = [Some(&KEY), None].map(|key| unseal(&sealed_path(folder.path(), 3), key).unwrap());
    assert_eq!((unsealed, Seal::from_bytes(&seal.to_bytes())), ([seal, seal], Some(seal)));
    let file = fs::File::open(sealed_path(folder.path(), 3)).unwrap();
    for (frame, (number, count)) in read[1..4].iter().zip(SIZES) {
        let (leaf, decisions) = frame_at(&file, frame.at as u64).unwrap();
        assert_eq!((leaf, decisions.entries), (frame.leaf, vec![entry(number, count)]));
    }
    assert_eq!(frame_at(&file, 1), None);
}

/// The bytes of both versions: what is read for ever, and what is written.
#[test]
fn bytes_are_pinned() {
    let folder = tempfile::tempdir().unwrap();
    let [chained, authenticated] = [Version::Chained, Version::Authenticated].map(|version| {
        let (bytes, seal) = segment(folder.path(), version);
        (to_hex(&bytes[..HEADER_LENGTH]), bytes.len(), to_hex(&bytes[bytes.len() - 8..]), to_hex(&seal.end()[..8]))
    });
    let header = |version: u8| format!("495a4556{version:02x}01000000070000000000000003{}000001a1ee565e00", "05".repeat(32));
    assert_eq!(chained, (header(1), 1_611, "382422334326841c".to_owned(), "382422334326841c".to_owned()));
    assert_eq!(authenticated, (header(2), 1_611, "9c7c3a4650059172".to_owned(), "8726f090366a5027".to_owned()));
}

#[test]
fn every_flipped_byte_and_every_cut_shows() {
    let folder = tempfile::tempdir().unwrap();
    for version in [Version::Chained, Version::Authenticated] {
        let (bytes, seal) = segment(folder.path(), version);
        let is_whole = |bytes: &[u8]| {
            let Ok(frames) = Frames::of(bytes) else { return false };
            let mut frames = frames.under(Some(&KEY));
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
}

/// Without the key no frame can be made that passes for written; without the key a reader still sees whether a seal is of its frames.
#[test]
fn a_frame_is_authentic_under_its_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, seal) = segment(folder.path(), Version::Authenticated);
    let first = |bytes: &[u8], key: Option<&MacKey>| Frames::of(bytes).unwrap().under(key).next().unwrap().map(|frame| frame.at);
    let other = MacKey::from_bytes([6; 32]);
    let broken = Broken { at: HEADER_LENGTH, why: "the frame is not the one that was written here" };
    assert_eq!((first(&bytes, Some(&KEY)), first(&bytes, None)), (Ok(HEADER_LENGTH), Ok(HEADER_LENGTH)));
    assert_eq!(first(&bytes, Some(&other)), Err(broken));
    // The header says that it is of the version that anybody can make; the chain is not that of its seal any more.
    let mut downgraded = bytes.clone();
    downgraded[4] = 1;
    assert_eq!(first(&downgraded, Some(&KEY)), Err(broken));
    let read = |key| Frames::of(&bytes).unwrap().under(key).last().unwrap().map(|frame| matches!(frame.body, Body::Seal(_)));
    assert_eq!([read(None), read(Some(&KEY))], [Ok(true), Ok(true)]);
    let mut changed = bytes;
    changed[HEADER_LENGTH + 10] ^= 1;
    let last = Frames::of(&changed).unwrap().last().unwrap();
    assert_eq!(last.err().map(|broken| broken.at as u64), Some(seal.bytes), "the seal is of other frames");
}

#[test]
fn what_failed_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = Open::begin(folder.path(), &KEY, header(3), &[]).unwrap();
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
    use super::format::{CHECK, SEAL, check, link};
    use crate::evidence::tree::merkle::leaf;
    let folder = tempfile::tempdir().unwrap();
    let (bytes, seal) = segment(folder.path(), Version::Chained);
    let mut frames = Frames::of(&bytes).unwrap();
    frames.next().unwrap().unwrap();
    let (at, chain) = (frames.at(), *frames.head());
    let length = ((1 + SEAL_LENGTH + CHECK) as u32).to_be_bytes();
    let forge = |seal: Seal| {
        let body = seal.to_bytes();
        let end = link(&chain, &leaf(&[&[SEAL], &body]), &[&length, &[SEAL]]);
        [&bytes[..at], &length, &[SEAL], &body, &check(Version::Chained, None, &end).unwrap()].concat()
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
