use super::format::{HEAD, SEAL};
use super::{Identity, Loaded, Preface, Rejected, SnapshotFile, Written};
use crate::index::Index;
use crate::model::consent::key::RelationHash;
use crate::model::consent::state::State;
use crate::model::secret::mac::MacKey;
use std::path::{Path, PathBuf};
use std::{fs, io};
use tempfile::TempDir;

const IDENTITY: Identity = Identity { key_id: 1, key_check: [7; 16], node: 9, revision: 42, fingerprint: 5 << 80 };

fn hash(number: u64) -> RelationHash {
    RelationHash(xxhash_rust::xxh3::xxh3_128(&number.to_le_bytes()))
}

const fn state(number: u64) -> State {
    State::from_byte((number % 0xAA) as u8 + 1)
}

/// Two relations that share the 72 bits by which relations are known.
const fn alike(rest: u128) -> RelationHash {
    RelationHash(1 << 100 | rest)
}

fn index(relations: u64) -> Index {
    let index = Index::new(64 << 20).unwrap();
    let mut writing = index.write();
    for number in 0..relations {
        writing.insert(hash(number), state(number)).unwrap();
    }
    drop(writing);
    index.revision().publish(IDENTITY.revision);
    index
}

const KEY: MacKey = MacKey::from_bytes([3; 32]);

fn file(path: &Path) -> SnapshotFile {
    SnapshotFile { path: path.to_owned(), key: KEY }
}

fn write(index: &Index, identity: Identity, path: &Path) -> io::Result<Written> {
    super::write(index, identity, &file(path))
}

fn load(index: &Index, path: &Path, identity: &Identity) -> Result<Loaded, Rejected> {
    super::load(index, &file(path), identity)
}

fn preface(path: &Path) -> Result<Preface, Rejected> {
    super::preface(&file(path))
}

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.snap");
    (dir, path)
}

fn states(index: &Index, numbers: std::ops::Range<u64>) -> Vec<State> {
    let hashes: Vec<RelationHash> = numbers.map(hash).collect();
    let mut states = vec![State::EMPTY; hashes.len()];
    index.get_many(&hashes, &mut states);
    states
}

fn rejected(path: &std::path::Path) -> String {
    load(&Index::new(64 << 20).unwrap(), path, &IDENTITY).unwrap_err().to_string()
}

#[test]
fn the_preface_is_pinned() {
    let preface = Preface { identity: IDENTITY, shard_bits: 17, nonce: [6; 16] };
    let bytes = preface.encode(&KEY);
    let content = crate::model::text::hex::to_hex(&bytes[..bytes.len() - SEAL]);
    let expected = [
        "495a47534e41500a",
        "03000000",
        "11000000",
        "01",
        "07070707070707070707070707070707",
        "09000000",
        "2a00000000000000",
        "00000000000000000000050000000000",
        "06060606060606060606060606060606",
    ];
    assert_eq!(content, expected.concat());
    assert_eq!(crate::model::text::hex::to_hex(&bytes[bytes.len() - SEAL..]), "038b50c7327a8c387d2e07f945efa5db", "its code");
    assert_eq!(Preface::decode(bytes.first_chunk().unwrap(), &KEY), Ok(preface));
}

#[test]
fn what_is_written_is_what_is_loaded() {
    let (_dir, path) = place();
    for relations in [0, 1, 200_000] {
        let index = index(relations);
        let written = write(&index, IDENTITY, &path).unwrap();
        assert_eq!((written.relations, written.bytes), (relations, fs::metadata(&path).unwrap().len()));
        let loaded = Index::new(64 << 20).unwrap();
        assert_eq!(load(&loaded, &path, &IDENTITY).unwrap(), Loaded { revision: 42, through: 42, relations });
        assert_eq!(loaded.relations(), relations);
        assert_eq!(states(&loaded, 0..relations + 1_000), states(&index, 0..relations + 1_000));
    }
}

#[test]
fn relations_that_share_a_place_stay_apart() {
    let (_dir, path) = place();
    let index = index(1_000);
    for rest in 0..3 {
        index.write().insert(alike(rest), state(50 + rest as u64)).unwrap();
    }
    write(&index, IDENTITY, &path).unwrap();
    let loaded = Index::new(64 << 20).unwrap();
    load(&loaded, &path, &IDENTITY).unwrap();
    assert_eq!([0, 1, 2].map(|rest| loaded.get(alike(rest))), [state(50), state(51), state(52)]);
    assert_eq!(loaded.relations(), 1_003);
    loaded.write().set(alike(1), State::EMPTY).unwrap();
    assert_eq!([0, 1, 2].map(|rest| loaded.get(alike(rest))), [state(50), State::EMPTY, state(52)]);
}

#[test]
fn a_snapshot_under_a_writer_holds_all_that_was_published_before() {
    let (_dir, path) = place();
    let index = index(50_000);
    let written = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for number in 50_000..150_000 {
                index.write().insert(hash(number), state(number)).unwrap();
            }
            index.revision().publish(43);
        });
        let written = write(&index, IDENTITY, &path).unwrap();
        writing.join().unwrap();
        written
    });
    assert!((50_000..=150_000).contains(&written.relations));
    let loaded = Index::new(64 << 20).unwrap();
    assert_eq!(load(&loaded, &path, &IDENTITY).unwrap().revision, 42);
    assert_eq!(states(&loaded, 0..50_000), states(&index, 0..50_000));
    // Setting what came after again brings the same end, whatever of it was there.
    for number in 50_000..150_000 {
        loaded.write().set(hash(number), state(number)).unwrap();
    }
    assert_eq!((states(&loaded, 0..160_000), loaded.relations()), (states(&index, 0..160_000), 150_000));
}

#[test]
fn there_may_be_none() {
    let (_dir, path) = place();
    assert!(matches!(load(&Index::default(), &path, &IDENTITY), Err(Rejected::Missing)));
}

#[test]
fn a_foreign_one_is_refused() {
    let (_dir, path) = place();
    let others = [
        Identity { key_id: 2, ..IDENTITY },
        Identity { key_check: [8; 16], ..IDENTITY },
        Identity { node: 8, ..IDENTITY },
        Identity { revision: 41, ..IDENTITY },
        Identity { fingerprint: 0, ..IDENTITY },
    ];
    for other in others {
        write(&index(10), other, &path).unwrap();
        assert_eq!(preface(&path).unwrap().identity, other);
        assert_eq!(rejected(&path), "it was taken of other data");
    }
    for (bytes, said) in
        [(&b"IZGSNAP\n\x01\0\0\0"[..], "it has another format version"), (b"PK\x03\x04", "it is no snapshot of an index")]
    {
        let mut padded = bytes.to_vec();
        padded.resize(1_000, 0);
        fs::write(&path, padded).unwrap();
        assert_eq!(rejected(&path), said);
    }
}

/// Where each part of a snapshot starts, and where the last one ends.
fn borders(bytes: &[u8]) -> Vec<usize> {
    let mut borders = vec![0, Preface::LENGTH];
    while let Some(head) = bytes.get(borders[borders.len() - 1]..).and_then(|rest| rest.first_chunk::<HEAD>()) {
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        borders.push(borders[borders.len() - 1] + HEAD + length + SEAL);
    }
    borders
}

#[test]
fn a_short_one_is_refused_wherever_it_ends() {
    let (_dir, path) = place();
    write(&index(200_000), IDENTITY, &path).unwrap();
    let whole = fs::read(&path).unwrap();
    let borders = borders(&whole);
    assert!(borders.len() > 5 && borders.last() == Some(&whole.len()), "{borders:?}");
    for border in &borders[..borders.len() - 1] {
        for end in [*border, *border + 1, *border + HEAD + 1] {
            fs::write(&path, &whole[..end]).unwrap();
            assert_eq!(rejected(&path), "it is cut short", "{end}");
        }
    }
    fs::write(&path, [&whole[..], b"\0"].concat()).unwrap();
    assert_eq!(rejected(&path), "something stands behind its end");
}

#[test]
fn a_flipped_bit_is_noticed_wherever_it_is() {
    let (_dir, path) = place();
    write(&index(20_000), IDENTITY, &path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let near_borders = borders(&bytes).into_iter().flat_map(|border| border.saturating_sub(SEAL)..border + HEAD);
    let anywhere = (0..200_usize).map(|step| step * 7_919 * 13);
    let places: Vec<usize> = near_borders.chain(anywhere).map(|place| place % bytes.len()).collect();
    for place in places {
        bytes[place] ^= 1 << (place % 8);
        fs::write(&path, &bytes).unwrap();
        assert!(load(&Index::new(64 << 20).unwrap(), &path, &IDENTITY).is_err(), "{place}");
        bytes[place] ^= 1 << (place % 8);
    }
    fs::write(&path, &bytes).unwrap();
    assert!(load(&Index::new(64 << 20).unwrap(), &path, &IDENTITY).is_ok());
}

/// Somebody who does not hold the secret: whatever is written, and whatever of another genuine file, it is not believed.
#[test]
fn a_forged_one_is_refused() {
    let (_dir, path) = place();
    write(&index(300_000), IDENTITY, &path).unwrap();
    let whole = fs::read(&path).unwrap();
    let other = SnapshotFile { key: MacKey::from_bytes([4; 32]), ..file(&path) };
    super::write(&index(10), IDENTITY, &other).unwrap();
    assert_eq!(rejected(&path), "its preface is damaged, or was not written under this secret");
    // States turned in place, and the sum that version 1 had put behind them.
    let mut forged = whole.clone();
    let borders = borders(&forged);
    for byte in &mut forged[borders[1] + HEAD + 4..borders[2] - SEAL] {
        *byte ^= u8::from(*byte == 0x20) * 0x30;
    }
    let sum = xxhash_rust::xxh3::xxh3_64_with_seed(&forged[borders[1]..borders[2] - SEAL], 0).to_le_bytes();
    forged[borders[2] - SEAL..borders[2] - SEAL + 8].copy_from_slice(&sum);
    fs::write(&path, &forged).unwrap();
    assert_eq!(rejected(&path), "a block is damaged");
    // A block of another snapshot of the same data, at its own place.
    write(&index(299_999), IDENTITY, &path).unwrap();
    let mixed = fs::read(&path).unwrap();
    let [of_whole, of_mixed] = [&whole, &mixed].map(|bytes| super::tests::borders(bytes));
    let taken = [&mixed[..of_mixed[1]], &whole[of_whole[1]..of_whole[2]], &mixed[of_mixed[2]..]].concat();
    fs::write(&path, taken).unwrap();
    assert_eq!(rejected(&path), "a block is damaged");
}

#[test]
fn blocks_in_another_order_are_refused() {
    let (_dir, path) = place();
    write(&index(300_000), IDENTITY, &path).unwrap();
    let whole = fs::read(&path).unwrap();
    let borders = borders(&whole);
    let block = |number: usize| &whole[borders[number]..borders[number + 1]];
    let swapped = [block(0), block(2), block(1), &whole[borders[3]..]].concat();
    fs::write(&path, swapped).unwrap();
    assert_eq!(rejected(&path), "a block is damaged");
}

#[test]
fn what_cannot_be_written_leaves_the_old_one_and_nothing_else() {
    let (dir, path) = place();
    write(&index(10), IDENTITY, &path).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::create_dir(path.with_extension("new")).unwrap();
    assert!(write(&index(20), IDENTITY, &path).is_err());
    assert_eq!(fs::read(&path).unwrap(), whole);
    fs::remove_dir(path.with_extension("new")).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn after_a_refused_one_a_cleared_index_is_as_new() {
    let (_dir, path) = place();
    write(&index(200_000), IDENTITY, &path).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    let index = Index::new(64 << 20).unwrap();
    assert!(load(&index, &path, &IDENTITY).is_err());
    index.write().clear();
    assert_eq!((index.relations(), states(&index, 0..1_000)), (0, vec![State::EMPTY; 1_000]));
    index.write().insert(hash(1), state(1)).unwrap();
    assert_eq!((index.relations(), states(&index, 0..3)), (1, vec![State::EMPTY, state(1), State::EMPTY]));
}
